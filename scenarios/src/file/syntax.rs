//! TOML text to a table, with the place of a syntax error.

use crate::problem::Problem;

/// The table that `text` writes down.
///
/// # Errors
/// The parser's message at `file:line:column`, both from 1; columns count characters.
pub fn parse_toml(file: &str, text: &str) -> Result<toml::Table, Problem> {
    text.parse::<toml::Table>().map_err(|error| {
        let rule = error.message().trim().replace('\n', "; ");
        match error.span() {
            Some(span) => Problem::new(file, place(text, span.start), "", rule),
            None => Problem::of_file(file, rule),
        }
    })
}

fn place(text: &str, offset: usize) -> String {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    format!("{line}:{column}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syntax_errors_have_line_and_column() {
        let problem = parse_toml("a.toml", "x = 1\ny = = 2\n").unwrap_err();
        assert!(problem.to_string().starts_with("a.toml:2:5: "), "{problem}");
        assert_eq!(parse_toml("a.toml", "x = 1").unwrap()["x"].as_integer(), Some(1));
    }

    #[test]
    fn a_key_given_twice_is_named() {
        let problem = parse_toml("a.toml", "x = 1\nx = 2\n").unwrap_err();
        assert!(problem.to_string().starts_with("a.toml:2:1: duplicate key"), "{problem}");
    }
}
