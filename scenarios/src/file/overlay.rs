//! `--set K=V`: one value of a scenario replaced from the command line or by a sweep.

use toml::{Table, Value as Toml};

use super::wording::{found, join};
use crate::problem::Problem;

/// What problems call the place where the text came from.
const OPTION: &str = "--set";

/// Replaces or adds one value of `root`.
///
/// `text` is `path=value`. The path is dotted; keys with dots stand in quotes; lists are entered by index, as
/// `policy.0.order` or `policy[0].order`. The value is TOML, and text that is not TOML is a string. Tables
/// that are missing on the way are made; a plug-in that is given by its name alone becomes a table with that
/// `type`.
///
/// # Errors
/// If there is no `=`, the path is empty, or it leads through something that has no keys. `root` may then
/// have gained empty tables on the way.
pub fn apply_set(root: &mut Table, text: &str) -> Result<(), Problem> {
    let (path, value) = split(text)?;
    let Some((last, way)) = path.split_last() else {
        return Err(Problem::new(OPTION, text, "", "must name a key before `=`"));
    };
    let mut walked = String::new();
    let mut here = Place::Root(root);
    for key in way {
        here = here.enter(key, &walked)?;
        walked = join(&walked, key);
    }
    here.assign(last, value, &walked)
}

/// The keys and the value of a `KEY=VALUE` text.
///
/// # Errors
/// If it is not one.
pub fn split_set(text: &str) -> Result<(Vec<String>, Toml), Problem> {
    split(text)
}

/// The keys of a dotted path.
///
/// # Errors
/// If one of them is empty, or a quote has no end.
pub fn path_of(path: &str) -> Result<Vec<String>, Problem> {
    let keys = split(&format!("{path}=")).map(|(keys, _)| keys);
    keys.map_err(|problem| Problem::new(OPTION, path, "", problem.rule))
}

/// A path as a file would write it.
pub fn show_path(keys: &[String]) -> String {
    keys.iter().fold(String::new(), |path, key| join(&path, key))
}

/// Where the walk along the path has come to.
enum Place<'a> {
    Root(&'a mut Table),
    Value(&'a mut Toml),
}

impl<'a> Place<'a> {
    /// The place behind `key`, made if it is not there. `walked` is the path so far, for messages.
    fn enter(self, key: &str, walked: &str) -> Result<Place<'a>, Problem> {
        Ok(Place::Value(match self.open(walked)? {
            Open::Table(table) => table.entry(key).or_insert_with(|| Toml::Table(Table::new())),
            Open::List(list) => element(list, key, walked)?,
        }))
    }

    fn assign(self, key: &str, value: Toml, walked: &str) -> Result<(), Problem> {
        match self.open(walked)? {
            Open::Table(table) => {
                table.insert(key.to_owned(), value);
            }
            Open::List(list) => *element(list, key, walked)? = value,
        }
        Ok(())
    }

    fn open(self, walked: &str) -> Result<Open<'a>, Problem> {
        let value = match self {
            Place::Root(table) => return Ok(Open::Table(table)),
            Place::Value(value) => value,
        };
        if let Toml::String(name) = value {
            // A plug-in without parameters was given by its name alone.
            let mut table = Table::new();
            table.insert("type".to_owned(), Toml::String(std::mem::take(name)));
            *value = Toml::Table(table);
        }
        match value {
            Toml::Table(table) => Ok(Open::Table(table)),
            Toml::Array(list) => Ok(Open::List(list)),
            other => {
                Err(Problem::new(OPTION, walked, &other, format!("is {}: it has no keys", found(other))))
            }
        }
    }
}

/// Something that has keys or indexes.
enum Open<'a> {
    Table(&'a mut Table),
    List(&'a mut Vec<Toml>),
}

fn element<'a>(list: &'a mut [Toml], key: &str, walked: &str) -> Result<&'a mut Toml, Problem> {
    let count = list.len();
    let index = key.parse::<usize>().ok().filter(|&index| index < count);
    match index {
        Some(index) => Ok(&mut list[index]),
        None => {
            let rule = format!("is not an index of this list, which has {count} element(s), counted from 0");
            Err(Problem::new(OPTION, walked, key, rule))
        }
    }
}

/// The keys of the path, and the value.
fn split(text: &str) -> Result<(Vec<String>, Toml), Problem> {
    let wrong = |rule: &str| Problem::new(OPTION, text, "", rule);
    let (mut keys, mut key, mut quoted) = (Vec::new(), String::new(), None);
    // A key in quotes may be empty or hold dots; `ended` says that the key is over although no dot came yet.
    let mut ended = false;
    for (at, c) in text.char_indices() {
        match (quoted, c) {
            (Some(quote), _) if c == quote => (quoted, ended) = (None, true),
            (Some(_), _) => key.push(c),
            (None, '"' | '\'') if key.is_empty() && !ended => quoted = Some(c),
            (None, '=' | '.' | '[' | ']') => {
                key.truncate(key.trim_end().len());
                match (key.is_empty() && !ended, c) {
                    // `policy[0].order`: nothing stands between `]` and the dot, nor between `]` and `=`.
                    (true, '.' | '=' | '[') if text[..at].trim_end().ends_with(']') => {}
                    (true, _) => return Err(wrong("has an empty key")),
                    (false, _) => keys.push(std::mem::take(&mut key)),
                }
                ended = false;
                if c == '=' {
                    return Ok((keys, value_of(&text[at + 1..])));
                }
            }
            (None, c) if c.is_whitespace() && key.is_empty() => {}
            (None, _) if ended && c.is_whitespace() => {}
            (None, _) if ended => return Err(wrong("has text after the closing quote of a key")),
            (None, _) => key.push(c),
        }
    }
    Err(wrong("must be KEY=VALUE"))
}

fn value_of(text: &str) -> Toml {
    let text = text.trim();
    text.parse().unwrap_or_else(|_| Toml::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(start: &str, text: &str) -> Result<Table, String> {
        let mut root: Table = start.parse().unwrap();
        apply_set(&mut root, text).map(|()| root).map_err(|problem| problem.to_string())
    }

    fn check(start: &str, text: &str, end: &str) {
        assert_eq!(set(start, text), Ok(end.parse().unwrap()), "{text}");
    }

    #[test]
    fn values_are_toml_or_else_text() {
        check("", "workload.load=1.1", "workload.load = 1.1");
        check("", "data = /tmp/x y", "data = '/tmp/x y'");
        check("", "seeds=[1, 2]", "seeds = [1, 2]");
        check("", "place={ type = \"fgd\" }", "place = { type = 'fgd' }");
        check("", "name=", "name = ''");
        check("", "expr=a=b", "expr = 'a=b'");
    }

    #[test]
    fn lists_are_entered_by_index() {
        let start = "policy = [{ order = 'fcfs' }, { order = 'sjf' }]\nseeds = [1, 2]";
        for path in ["policy.1.order", "policy[1].order", "policy[1]order"] {
            check(
                start,
                &format!("{path}=lifo"),
                "policy = [{ order = 'fcfs' }, { order = 'lifo' }]\nseeds = [1, 2]",
            );
        }
        check("seeds = [1, 2]", "seeds[0]=9", "seeds = [9, 2]");
        let problem = set(start, "policy.2.order=x").unwrap_err();
        assert_eq!(
            problem,
            "--set: policy = 2: is not an index of this list, which has 2 element(s), counted from 0"
        );
        assert!(set(start, "policy.first.order=x").is_err());
    }

    #[test]
    fn a_plug_in_given_by_name_becomes_a_table() {
        check("order = 'fcfs'", "order.x=1", "order = { type = 'fcfs', x = 1 }");
        check("p = ['a', 'b']", "p.1.x=1", "p = ['a', { type = 'b', x = 1 }]");
    }

    #[test]
    fn keys_with_dots_stand_in_quotes() {
        check("", "sweep.axes.\"workload.load\"=[1]", "[sweep.axes]\n'workload.load' = [1]");
    }

    #[test]
    fn what_has_no_keys_cannot_be_entered() {
        assert_eq!(set("a = 3", "a.b=1").unwrap_err(), "--set: a = 3: is a whole number: it has no keys");
        assert_eq!(set("", "a").unwrap_err(), "--set: a: must be KEY=VALUE");
        assert_eq!(set("", "=1").unwrap_err(), "--set: =1: has an empty key");
        assert_eq!(set("", "a..b=1").unwrap_err(), "--set: a..b=1: has an empty key");
    }

    proptest! {
        #[test]
        fn no_option_panics(text in "[-a-z0-9=.'\"\\[\\] {}]{0,40}") {
            let _ = set("a = 1\nb = 'x'\nc = [{ d = 1 }]", &text);
        }
    }
}
