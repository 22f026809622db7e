//! How plug-ins declare themselves: name, parameters, documentation and source, once, as data.
//!
//! Scenario checking, `windtunnel list`, the JSON Schema and the reference pages all read these declarations.

use std::collections::BTreeMap;

use crate::resources::Resources;
use crate::time::SimDuration;

/// The type and range of a parameter's value.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Kind {
    /// A whole number within bounds.
    Int {
        /// Smallest value.
        min: i64,
        /// Largest value.
        max: i64,
    },
    /// A finite number within bounds.
    Float {
        /// Smallest value.
        min: f64,
        /// Largest value.
        max: f64,
    },
    /// `true` or `false`.
    Bool,
    /// Any text.
    Text,
    /// A path; `${NAME}` stands for an environment variable.
    Path,
    /// A span: `"90s"`, `"5m"`, `"2h"`, `"1d"`, or a number of seconds.
    Duration,
    /// An amount of memory: `"64GiB"`, `"512MiB"`, or a number of MiB.
    Memory,
    /// An amount of processor time in cores: `4`, `0.5`, or `"500m"`.
    Cores,
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// One plug-in of a registry: its name, or a table with a `type`.
    Plugin(&'static str),
    /// A table with these keys.
    Table(&'static [Param]),
    /// A list of values of one kind.
    List(&'static Kind),
    /// A table whose keys are free and whose values are of one kind.
    Map(&'static Kind),
    /// One of several kinds, tried in order.
    Either(&'static [Kind]),
}

/// One parameter.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Param {
    /// Its key.
    pub name: &'static str,
    /// Type and range.
    pub kind: Kind,
    /// The value it has when it is absent, as TOML text; `None` if absence means something of its own.
    pub default: Option<&'static str>,
    /// True if it must be given.
    pub required: bool,
    /// What it does, with its unit.
    pub doc: &'static str,
}

impl Param {
    /// A parameter that must be given.
    pub const fn required(name: &'static str, kind: Kind, doc: &'static str) -> Self {
        Self { name, kind, default: None, required: true, doc }
    }

    /// A parameter that may be left out, with no value then.
    pub const fn optional(name: &'static str, kind: Kind, doc: &'static str) -> Self {
        Self { name, kind, default: None, required: false, doc }
    }

    /// A parameter with a default, written as in a scenario file.
    pub const fn with_default(
        name: &'static str,
        kind: Kind,
        default: &'static str,
        doc: &'static str,
    ) -> Self {
        Self { name, kind, default: Some(default), required: false, doc }
    }
}

/// What a plug-in says of itself.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct About {
    /// The name in scenario files.
    pub name: &'static str,
    /// What it does, in a sentence or two.
    pub doc: &'static str,
    /// The paper, section or page that defines it.
    pub source: &'static str,
    /// Its parameters.
    pub params: &'static [Param],
}

/// A checked value.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// Text, a path, or a chosen word.
    Text(String),
    /// A span.
    Duration(SimDuration),
    /// MiB, or milli-cores.
    Amount(u32),
    /// A plug-in's name with its parameters.
    Plugin(String, Params),
    /// A table.
    Table(Params),
    /// A list.
    List(Vec<Value>),
}

/// Checked parameters: every key is known, every value is of its kind, defaults are filled in.
///
/// The typed getters panic on a kind that the declaration does not have: that is a programmer's error.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Params {
    values: BTreeMap<String, Value>,
}

macro_rules! getters {
    ($($(#[$doc:meta])* $name:ident, $opt:ident: $variant:ident -> $type:ty = $convert:expr;)*) => {$(
        $(#[$doc])*
        ///
        /// # Panics
        /// If the parameter is absent or of another kind.
        pub fn $name(&self, name: &str) -> $type {
            self.$opt(name).unwrap_or_else(|| panic!("parameter {name} has no value"))
        }

        $(#[$doc])*
        /// Or `None` if it is absent.
        ///
        /// # Panics
        /// If the parameter is of another kind.
        pub fn $opt(&self, name: &str) -> Option<$type> {
            match self.values.get(name)? {
                Value::$variant(value) => Some($convert(value)),
                other => panic!("parameter {name} is not of the kind asked for: {other:?}"),
            }
        }
    )*};
}

impl Params {
    /// Sets a value.
    pub fn set(&mut self, name: &str, value: Value) {
        self.values.insert(name.to_owned(), value);
    }

    /// The value, if there is one.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// All values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// A table's parameters, if the key is there.
    ///
    /// # Panics
    /// If the parameter is of another kind.
    pub fn table(&self, name: &str) -> Option<&Params> {
        match self.values.get(name)? {
            Value::Table(table) => Some(table),
            other => panic!("parameter {name} is not a table: {other:?}"),
        }
    }

    /// A list's values; empty if the key is absent.
    ///
    /// # Panics
    /// If the parameter is of another kind.
    pub fn list(&self, name: &str) -> &[Value] {
        match self.values.get(name) {
            None => &[],
            Some(Value::List(values)) => values,
            Some(other) => panic!("parameter {name} is not a list: {other:?}"),
        }
    }

    /// A plug-in's name and parameters, if the key is there.
    ///
    /// # Panics
    /// If the parameter is of another kind.
    pub fn plugin(&self, name: &str) -> Option<(&str, &Params)> {
        match self.values.get(name)? {
            Value::Plugin(plugin, params) => Some((plugin, params)),
            other => panic!("parameter {name} is not a plug-in: {other:?}"),
        }
    }

    getters! {
        /// A whole number.
        int, int_opt: Int -> i64 = |value: &i64| *value;
        /// A number.
        float, float_opt: Float -> f64 = |value: &f64| *value;
        /// A truth value.
        bool, bool_opt: Bool -> bool = |value: &bool| *value;
        /// A span.
        duration, duration_opt: Duration -> SimDuration = |value: &SimDuration| *value;
        /// MiB, or milli-cores.
        amount, amount_opt: Amount -> u32 = |value: &u32| *value;
    }

    /// Text, a path, or a chosen word.
    ///
    /// # Panics
    /// If the parameter is absent or of another kind.
    pub fn text(&self, name: &str) -> &str {
        self.text_opt(name).unwrap_or_else(|| panic!("parameter {name} has no value"))
    }

    /// Text, a path, or a chosen word. Or `None` if it is absent.
    ///
    /// # Panics
    /// If the parameter is of another kind.
    pub fn text_opt(&self, name: &str) -> Option<&str> {
        match self.values.get(name)? {
            Value::Text(text) => Some(text),
            other => panic!("parameter {name} is not text: {other:?}"),
        }
    }
}

/// The largest amount of one lane, as a bound for parameters.
pub const LANE_MAX: i64 = u32::MAX as i64;

const _: () = assert!(size_of::<Resources>() == 32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn getters_return_what_was_set() {
        let mut params = Params::default();
        params.set("n", Value::Int(3));
        params.set("who", Value::Text("x".into()));
        assert_eq!((params.int("n"), params.text("who"), params.float_opt("absent")), (3, "x", None));
    }

    #[test]
    #[should_panic(expected = "not of the kind")]
    fn a_getter_of_another_kind_is_a_bug() {
        let mut params = Params::default();
        params.set("n", Value::Int(3));
        let _ = params.float("n");
    }
}
