//! The JSON Schema of a scenario file, for editors.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use sim_core::registry::{About, Kind, Param};
use toml::Value as Toml;

use super::registries::Registries;

/// The dialect that the schema is written in.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The JSON Schema (draft 2020-12) of a table with `params`. Each registry that is reached becomes a
/// definition, so that plug-ins may hold plug-ins.
///
/// Schemas are laxer than the checker in one respect: `${NAME}` and units inside of text are not looked into.
pub fn schema(params: &[Param], registries: &Registries) -> Json {
    let mut writer = Writer { registries, definitions: BTreeMap::new() };
    let mut root = writer.table(params, None);
    root["$schema"] = json!(DIALECT);
    if !writer.definitions.is_empty() {
        root["$defs"] =
            Json::Object(writer.definitions.into_iter().map(|(k, v)| (k.to_owned(), v)).collect());
    }
    root
}

/// One schema being written: the definitions that it needs are gathered on the way.
struct Writer<'a> {
    registries: &'a Registries,
    definitions: BTreeMap<&'static str, Json>,
}

impl Writer<'_> {
    /// `plugin` is the name that `type` has to have, if the table is a plug-in's.
    fn table(&mut self, params: &[Param], plugin: Option<&str>) -> Json {
        let mut properties = serde_json::Map::new();
        let mut required: Vec<&str> = Vec::new();
        if let Some(name) = plugin {
            properties.insert("type".to_owned(), json!({ "const": name }));
            required.push("type");
        }
        for param in params {
            properties.insert(param.name.to_owned(), self.property(param));
            if param.required {
                required.push(param.name);
            }
        }
        let mut table = json!({ "type": "object", "properties": properties, "additionalProperties": false });
        if !required.is_empty() {
            table["required"] = json!(required);
        }
        table
    }

    fn property(&mut self, param: &Param) -> Json {
        let mut property = self.kind(&param.kind);
        property["description"] = json!(param.doc);
        if let Some(default) = param.default {
            let value: Toml = default.parse().unwrap_or_else(|error| {
                panic!("the default `{default}` of {} is not TOML: {error}", param.name);
            });
            property["default"] = json_of(&value);
        }
        property
    }

    fn kind(&mut self, kind: &Kind) -> Json {
        match kind {
            Kind::Int { min, max } => {
                let mut schema = json!({ "type": "integer" });
                bound(
                    &mut schema,
                    (*min != i64::MIN).then(|| json!(min)),
                    (*max != i64::MAX).then(|| json!(max)),
                );
                schema
            }
            Kind::Float { min, max } => {
                let mut schema = json!({ "type": "number" });
                bound(
                    &mut schema,
                    (*min > f64::MIN).then(|| json!(min)),
                    (*max < f64::MAX).then(|| json!(max)),
                );
                schema
            }
            Kind::Bool => json!({ "type": "boolean" }),
            Kind::Text | Kind::Path => json!({ "type": "string" }),
            Kind::Duration | Kind::Memory | Kind::Cores => {
                json!({ "oneOf": [{ "type": "number", "minimum": 0 }, { "type": "string" }] })
            }
            Kind::Choice(words) => json!({ "enum": words }),
            Kind::Plugin(registry) => self.reference(registry),
            Kind::Table(params) => self.table(params, None),
            Kind::List(of) => json!({ "type": "array", "items": self.kind(of) }),
            Kind::Map(of) => json!({ "type": "object", "additionalProperties": self.kind(of) }),
            Kind::Either(kinds) => {
                json!({ "anyOf": kinds.iter().map(|kind| self.kind(kind)).collect::<Vec<_>>() })
            }
        }
    }

    fn reference(&mut self, registry: &'static str) -> Json {
        if !self.definitions.contains_key(registry) {
            // The place is taken first: a plug-in of this registry may refer to the registry again.
            self.definitions.insert(registry, Json::Null);
            let registries = self.registries;
            let definition = self.definition(registries.registry(registry));
            self.definitions.insert(registry, definition);
        }
        json!({ "$ref": format!("#/$defs/{registry}") })
    }

    fn definition(&mut self, entries: &[About]) -> Json {
        // A name alone will do only where nothing else is required.
        let plain: Vec<&str> = entries
            .iter()
            .filter(|about| about.params.iter().all(|param| !param.required))
            .map(|about| about.name)
            .collect();
        let mut forms = Vec::new();
        if !plain.is_empty() {
            forms.push(json!({ "type": "string", "enum": plain }));
        }
        for about in entries {
            let mut table = self.table(about.params, Some(about.name));
            table["description"] = json!(about.doc);
            forms.push(table);
        }
        json!({ "oneOf": forms })
    }
}

fn bound(schema: &mut Json, min: Option<Json>, max: Option<Json>) {
    if let Some(min) = min {
        schema["minimum"] = min;
    }
    if let Some(max) = max {
        schema["maximum"] = max;
    }
}

fn json_of(value: &Toml) -> Json {
    match value {
        Toml::String(text) => json!(text),
        Toml::Integer(n) => json!(n),
        Toml::Float(x) => json!(x),
        Toml::Boolean(truth) => json!(truth),
        Toml::Datetime(date) => json!(date.to_string()),
        Toml::Array(values) => Json::Array(values.iter().map(json_of).collect()),
        Toml::Table(table) => {
            Json::Object(table.iter().map(|(key, value)| (key.clone(), json_of(value))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DURATIONS: &[About] = &[
        About { name: "exponential", doc: "Memoryless.", source: "", params: &[] },
        About {
            name: "bounded",
            doc: "Cut.",
            source: "",
            params: &[Param::required("of", Kind::Plugin("durations"), "What is cut.")],
        },
    ];
    const PARAMS: &[Param] = &[
        Param::required("jobs", Kind::Int { min: 1, max: i64::MAX }, "How many."),
        Param::with_default("durations", Kind::Plugin("durations"), "\"exponential\"", "How long."),
        Param::optional("gang", Kind::Choice(&["all", "none"]), "Together?"),
        Param::optional("loads", Kind::List(&Kind::Float { min: 0.0, max: 2.0 }), "Loads."),
    ];

    #[test]
    fn declarations_become_a_schema() {
        let schema = schema(PARAMS, &Registries::default().with("durations", DURATIONS.iter().copied()));
        let forms = json!([
            { "type": "string", "enum": ["exponential"] },
            {
                "type": "object",
                "properties": { "type": { "const": "exponential" } },
                "additionalProperties": false,
                "required": ["type"],
                "description": "Memoryless.",
            },
            {
                "type": "object",
                "properties": {
                    "type": { "const": "bounded" },
                    "of": { "$ref": "#/$defs/durations", "description": "What is cut." },
                },
                "additionalProperties": false,
                "required": ["type", "of"],
                "description": "Cut.",
            },
        ]);
        let durations =
            json!({ "$ref": "#/$defs/durations", "description": "How long.", "default": "exponential" });
        let loads = json!({ "type": "number", "minimum": 0.0, "maximum": 2.0 });
        assert_eq!(
            schema,
            json!({
                "type": "object",
                "properties": {
                    "jobs": { "type": "integer", "minimum": 1, "description": "How many." },
                    "durations": durations,
                    "gang": { "enum": ["all", "none"], "description": "Together?" },
                    "loads": { "type": "array", "items": loads, "description": "Loads." },
                },
                "additionalProperties": false,
                "required": ["jobs"],
                "$schema": DIALECT,
                "$defs": { "durations": { "oneOf": forms } },
            })
        );
    }
}
