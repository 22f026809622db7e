//! Reference pages of plug-ins, in Markdown.

use std::fmt::Write;

use sim_core::registry::{About, Kind, Param};

use super::wording::expected;

/// One section per plug-in: what it does, its parameters as a table, and where it comes from.
pub fn reference_markdown(entries: &[About]) -> String {
    let mut page = String::new();
    for (n, about) in entries.iter().enumerate() {
        let gap = if n > 0 { "\n" } else { "" };
        let _ = write!(page, "{gap}### `{}`\n\n{}\n", about.name, about.doc);
        if !about.params.is_empty() {
            page.push_str("\n| key | value | default | meaning |\n|---|---|---|---|\n");
            rows(&mut page, about.params, "");
        }
        if !about.source.is_empty() {
            let _ = write!(page, "\nSource: {}\n", about.source);
        }
    }
    page
}

/// A row per key; keys of tables follow their table, by their path from here.
fn rows(page: &mut String, params: &[Param], path: &str) {
    for param in params {
        row(page, param, path);
        nested(page, &param.kind, &format!("{path}{}", param.name));
    }
}

fn nested(page: &mut String, kind: &Kind, path: &str) {
    match kind {
        Kind::Table(params) => rows(page, params, &format!("{path}.")),
        Kind::List(of) => nested(page, of, &format!("{path}[]")),
        Kind::Map(of) => nested(page, of, &format!("{path}.KEY")),
        Kind::Either(kinds) => kinds.iter().for_each(|kind| nested(page, kind, path)),
        _ => {}
    }
}

fn row(page: &mut String, param: &Param, path: &str) {
    let default = match param.default {
        Some(default) => format!("`{default}`"),
        None if param.required => "required".to_owned(),
        None => String::new(),
    };
    // Writing to a string cannot fail, so the results are dropped here and above.
    let _ = writeln!(
        page,
        "| `{path}{}` | {} | {} | {} |",
        param.name,
        cell(&expected(&param.kind)),
        cell(&default),
        cell(param.doc)
    );
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEST_FIT: About = About {
        name: "best-fit",
        doc: "The tightest node.",
        source: "Johnson 1973.",
        params: &[Param::with_default("ties", Kind::Choice(&["rank", "random"]), "\"rank\"", "Who wins.")],
    };

    #[test]
    fn a_page_shows_all_that_is_declared() {
        assert_eq!(
            reference_markdown(&[BEST_FIT]),
            "### `best-fit`\n\nThe tightest node.\n\n| key | value | default | meaning |\n|---|---|---|---|\n\
             | `ties` | one of \"rank\", \"random\" | `\"rank\"` | Who wins. |\n\nSource: Johnson 1973.\n"
        );
    }

    #[test]
    fn keys_of_tables_follow_their_table() {
        const CLASS: Kind = Kind::Table(&[Param::required("cpu", Kind::Cores, "cores")]);
        const SHAPES: &[Param] = &[Param::required("shapes", Kind::List(&CLASS), "classes")];
        let about = About { params: SHAPES, ..BEST_FIT };
        let page = reference_markdown(&[about]);
        assert!(page.contains("| `shapes[].cpu` |"), "{page}");
    }
}
