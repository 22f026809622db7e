//! A TOML table against declared parameters: kinds, bounds, defaults, plug-ins.

use sim_core::registry::{About, Kind, Param, Params, Value};
use toml::{Table, Value as Toml};

use super::environment::{substitute, variable};
use super::nearest::suggestion;
use super::quantity::{parse_cores, parse_duration, parse_memory};
use super::registries::Registries;
use super::wording::{expected, found, join, shown};
use crate::problem::{Problem, Problems};

/// The parameters that `table` gives, with defaults filled in. Whatever is wrong is added to `problems`, all
/// of it; the result is then of no use, because keys with a problem are left out.
///
/// `path` is where the table stands in the file: empty for the root, else a dotted path.
///
/// # Panics
/// If a default in `params` is not TOML: a declaration is wrong.
pub fn check_table(
    table: &Table,
    params: &[Param],
    path: &str,
    file: &str,
    registries: &Registries,
    problems: &mut Problems,
) -> Params {
    Checker { file, registries, problems }.table(table, params, path, false)
}

/// One checking of one file: where to look plug-ins up, and what has been found wrong so far.
struct Checker<'a> {
    file: &'a str,
    registries: &'a Registries,
    problems: &'a mut Problems,
}

impl Checker<'_> {
    fn report(&mut self, at: &str, value: &str, rule: impl Into<String>) {
        self.problems.push(Problem::new(self.file, at, value, rule));
    }

    /// `typed` says that the table belongs to a plug-in, whose name stands in `type`.
    fn table(&mut self, table: &Table, params: &[Param], path: &str, typed: bool) -> Params {
        let mut checked = Params::default();
        for (key, value) in table {
            let is_known = params.iter().any(|param| param.name == key) || (typed && key == "type");
            if !is_known {
                let known = params.iter().map(|param| param.name);
                self.report(
                    &join(path, key),
                    &shown(value),
                    format!("unknown key; {}", suggestion(key, known)),
                );
            }
        }
        for param in params {
            let at = join(path, param.name);
            let value = match (table.get(param.name), param.default) {
                (Some(value), _) => self.value(value, &param.kind, &at),
                (None, Some(default)) => {
                    let value: Toml = default.parse().unwrap_or_else(|error| {
                        panic!("the default `{default}` of {at} is not TOML: {error}");
                    });
                    self.value(&value, &param.kind, &at)
                }
                (None, None) if param.required => {
                    self.report(&at, "", format!("is required: {}", param.doc));
                    None
                }
                (None, None) => None,
            };
            if let Some(value) = value {
                checked.set(param.name, value);
            }
        }
        checked
    }

    /// The value, or `None` after its problems were reported.
    fn value(&mut self, value: &Toml, kind: &Kind, at: &str) -> Option<Value> {
        match self.judge(value, kind, at) {
            Ok(value) => value,
            Err(rule) => {
                self.report(at, &shown(value), rule);
                None
            }
        }
    }

    /// The value; `Ok(None)` if problems inside it have been reported; the rule that it breaks itself.
    fn judge(&mut self, value: &Toml, kind: &Kind, at: &str) -> Result<Option<Value>, String> {
        if !matches!(kind, Kind::Either(_)) && !admits(kind, value) {
            return Err(format!("is {}: must be {}", found(value), expected(kind)));
        }
        Ok(match (kind, value) {
            (Kind::Int { min, max }, Toml::Integer(n)) => Some(Value::Int(bounded_int(*n, *min, *max)?)),
            (Kind::Float { min, max }, Toml::Integer(n)) => {
                Some(Value::Float(bounded(*n as f64, *min, *max)?))
            }
            (Kind::Float { min, max }, Toml::Float(x)) => Some(Value::Float(bounded(*x, *min, *max)?)),
            (Kind::Bool, Toml::Boolean(truth)) => Some(Value::Bool(*truth)),
            (Kind::Text | Kind::Path, Toml::String(text)) => Some(Value::Text(substitute(text, variable)?)),
            (Kind::Duration, _) => Some(Value::Duration(parse_duration(value)?)),
            (Kind::Memory, _) => Some(Value::Amount(parse_memory(value)?)),
            (Kind::Cores, _) => Some(Value::Amount(parse_cores(value)?)),
            (Kind::Choice(words), Toml::String(word)) => {
                if !words.contains(&word.as_str()) {
                    return Err(format!("is not a choice here; {}", suggestion(word, words.iter().copied())));
                }
                Some(Value::Text(word.clone()))
            }
            (Kind::Plugin(registry), _) => self.plugin(value, registry, at),
            (Kind::Table(params), Toml::Table(table)) => {
                self.whole(|checker| Some(Value::Table(checker.table(table, params, at, false))))
            }
            (Kind::Map(of), Toml::Table(table)) => self.whole(|checker| checker.map(table, of, at)),
            (Kind::List(of), Toml::Array(values)) => self.whole(|checker| checker.list(values, of, at)),
            (Kind::Either(kinds), _) => return self.either(value, kinds, at),
            _ => unreachable!("`admits` has seen {value} as {kind:?}"),
        })
    }

    /// What `make` gives, or `None` if it reported a problem.
    fn whole(&mut self, make: impl FnOnce(&mut Self) -> Option<Value>) -> Option<Value> {
        let before = self.problems.0.len();
        let made = make(self);
        if self.problems.0.len() == before { made } else { None }
    }

    fn map(&mut self, table: &Table, of: &Kind, at: &str) -> Option<Value> {
        let mut checked = Params::default();
        for (key, value) in table {
            if let Some(value) = self.value(value, of, &join(at, key)) {
                checked.set(key, value);
            }
        }
        Some(Value::Table(checked))
    }

    fn list(&mut self, values: &[Toml], of: &Kind, at: &str) -> Option<Value> {
        let checked =
            values.iter().enumerate().map(|(n, value)| self.value(value, of, &format!("{at}[{n}]")));
        // Collected without stopping at the first `None`, so that every element is looked at.
        let checked: Vec<Option<Value>> = checked.collect();
        checked.into_iter().collect::<Option<Vec<Value>>>().map(Value::List)
    }

    /// The first kind that the value is of. If none is, the problems of the first whose TOML type fits.
    fn either(&mut self, value: &Toml, kinds: &[Kind], at: &str) -> Result<Option<Value>, String> {
        let mut first = None;
        for kind in kinds.iter().filter(|kind| admits(kind, value)) {
            let mut problems = Problems::default();
            let mut trial = Checker { file: self.file, registries: self.registries, problems: &mut problems };
            let checked = trial.value(value, kind, at);
            if problems.0.is_empty() {
                return Ok(checked);
            }
            first.get_or_insert(problems);
        }
        match first {
            Some(problems) => {
                self.problems.0.extend(problems.0);
                Ok(None)
            }
            None => {
                let forms = kinds.iter().map(expected).collect::<Vec<_>>().join("; or ");
                Err(format!("is {}: must be {forms}", found(value)))
            }
        }
    }

    fn plugin(&mut self, value: &Toml, registry: &str, at: &str) -> Option<Value> {
        let empty = Table::new();
        let (name, table, name_at) = match value {
            Toml::String(name) => (name.as_str(), &empty, at.to_owned()),
            Toml::Table(table) => {
                let name_at = join(at, "type");
                match table.get("type") {
                    Some(Toml::String(name)) => (name.as_str(), table, name_at),
                    Some(other) => {
                        self.report(
                            &name_at,
                            &shown(other),
                            format!("is {}: must be text in quotes", found(other)),
                        );
                        return None;
                    }
                    None => {
                        self.report(&name_at, "", format!("is required: the name of one of `{registry}`"));
                        return None;
                    }
                }
            }
            _ => unreachable!("`admits` has seen {value} as a plug-in"),
        };
        let Some(about) = self.registries.find(registry, name) else {
            let known = self.registries.registry(registry).iter().map(|about: &About| about.name);
            let rule = format!("is not one of `{registry}`; {}", suggestion(name, known));
            self.report(&name_at, &format!("{name:?}"), rule);
            return None;
        };
        let params = about.params;
        self.whole(|checker| Some(Value::Plugin(name.to_owned(), checker.table(table, params, at, true))))
    }
}

/// True if values of that TOML type may be of `kind`.
fn admits(kind: &Kind, value: &Toml) -> bool {
    match kind {
        Kind::Int { .. } => value.is_integer(),
        Kind::Float { .. } => value.is_integer() || value.is_float(),
        Kind::Bool => value.is_bool(),
        Kind::Text | Kind::Path | Kind::Choice(_) => value.is_str(),
        Kind::Duration | Kind::Memory | Kind::Cores => {
            value.is_integer() || value.is_float() || value.is_str()
        }
        Kind::Plugin(_) => value.is_str() || value.is_table(),
        Kind::Table(_) | Kind::Map(_) => value.is_table(),
        Kind::List(_) => value.is_array(),
        Kind::Either(kinds) => kinds.iter().any(|kind| admits(kind, value)),
    }
}

fn bounded_int(n: i64, min: i64, max: i64) -> Result<i64, String> {
    if (min..=max).contains(&n) {
        return Ok(n);
    }
    Err(format!("must be {}", expected(&Kind::Int { min, max })))
}

fn bounded(x: f64, min: f64, max: f64) -> Result<f64, String> {
    if !x.is_finite() {
        return Err("must be finite".to_owned());
    }
    if (min..=max).contains(&x) {
        return Ok(x);
    }
    Err(format!("must be {}", expected(&Kind::Float { min, max })))
}

#[cfg(test)]
mod tests;
