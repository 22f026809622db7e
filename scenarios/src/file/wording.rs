//! Words for kinds and values in messages and reference pages.

use sim_core::registry::Kind;
use toml::Value as Toml;

use super::quantity::{CORES_FORM, DURATION_FORM, MEMORY_FORM};

/// Characters of a value that a message shows.
const SHOWN_MAX: usize = 60;

/// What a value of `kind` looks like, with an article: `a whole number from 1 to 5`.
pub(super) fn expected(kind: &Kind) -> String {
    match kind {
        Kind::Int { min, max } => format!("a whole number{}", range_of_ints(*min, *max)),
        Kind::Float { min, max } => format!("a number{}", range_of_floats(*min, *max)),
        Kind::Bool => "true or false".to_owned(),
        Kind::Text => "text in quotes".to_owned(),
        Kind::Path => "a path in quotes".to_owned(),
        Kind::Duration => DURATION_FORM.to_owned(),
        Kind::Memory => MEMORY_FORM.to_owned(),
        Kind::Cores => CORES_FORM.to_owned(),
        Kind::Choice(words) => {
            format!(
                "one of {}",
                words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ")
            )
        }
        Kind::Plugin(registry) => format!("the name of one of `{registry}`, or a table with a `type`"),
        Kind::Table(_) => "a table".to_owned(),
        Kind::List(of) => format!("a list, each {}", expected(of)),
        Kind::Map(of) => format!("a table with free keys, each {}", expected(of)),
        Kind::Either(kinds) => kinds.iter().map(expected).collect::<Vec<_>>().join("; or "),
    }
}

fn range_of_ints(min: i64, max: i64) -> String {
    match (min == i64::MIN, max == i64::MAX) {
        (true, true) => String::new(),
        (false, true) => format!(" from {min}"),
        (true, false) => format!(" up to {max}"),
        (false, false) => format!(" from {min} to {max}"),
    }
}

fn range_of_floats(min: f64, max: f64) -> String {
    // The ends of f64 stand for "no bound", as infinities do.
    match (min <= f64::MIN, max >= f64::MAX) {
        (true, true) => String::new(),
        (false, true) => format!(" from {min}"),
        (true, false) => format!(" up to {max}"),
        (false, false) => format!(" from {min} to {max}"),
    }
}

/// What a value is, with an article: `a table`.
pub(super) fn found(value: &Toml) -> &'static str {
    match value {
        Toml::String(_) => "text",
        Toml::Integer(_) => "a whole number",
        Toml::Float(_) => "a number with a fraction",
        Toml::Boolean(_) => "a truth value",
        Toml::Datetime(_) => "a date",
        Toml::Array(_) => "a list",
        Toml::Table(_) => "a table",
    }
}

/// The value as a file would write it, cut short.
pub(super) fn shown(value: &Toml) -> String {
    let text = match value {
        Toml::Table(_) => return "{..}".to_owned(),
        Toml::Array(_) => return "[..]".to_owned(),
        other => other.to_string(),
    };
    if text.chars().count() <= SHOWN_MAX {
        return text;
    }
    let start: String = text.chars().take(SHOWN_MAX).collect();
    format!("{start}..")
}

/// `path.key`, with quotes around a key that is not a bare word.
pub(super) fn join(path: &str, key: &str) -> String {
    let bare = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    let key = if bare { key.to_owned() } else { format!("{key:?}") };
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_described_with_their_ranges() {
        assert_eq!(expected(&Kind::Int { min: 1, max: 5 }), "a whole number from 1 to 5");
        assert_eq!(expected(&Kind::Float { min: 0.0, max: f64::INFINITY }), "a number from 0");
        assert_eq!(expected(&Kind::List(&Kind::Bool)), "a list, each true or false");
        assert_eq!(expected(&Kind::Choice(&["a", "b"])), "one of \"a\", \"b\"");
    }

    #[test]
    fn keys_with_dots_are_quoted() {
        assert_eq!(join("sweep.axes", "workload.load"), "sweep.axes.\"workload.load\"");
        assert_eq!(join("", "load"), "load");
    }

    #[test]
    fn long_values_are_cut() {
        assert!(shown(&Toml::String("x".repeat(100))).ends_with(".."));
        assert_eq!(shown(&Toml::Integer(3)), "3");
    }
}
