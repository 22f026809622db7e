//! HTML in which nothing but literals of this program stands unescaped.

use crate::plot::Picture;

/// A piece of HTML.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Html(String);

/// A cell of a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) is_best: bool,
}

impl Cell {
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_best: false }
    }
}

impl Html {
    /// Adds a literal as it stands.
    pub(super) fn raw(&mut self, html: &'static str) -> &mut Self {
        self.0.push_str(html);
        self
    }

    /// Adds text, escaped for content and for quoted attributes alike.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                '\n' | '\t' => self.0.push(c),
                c if c.is_control() => self.0.push('\u{fffd}'),
                c => self.0.push(c),
            }
        }
        self
    }

    /// Adds a name, which may be broken after the signs that join its words.
    fn name(&mut self, name: &str) -> &mut Self {
        const JOINTS: [char; 3] = ['/', '_', '.'];
        for word in name.split_inclusive(JOINTS) {
            self.text(word);
            // Not within a number.
            if word.strip_suffix(JOINTS).is_some_and(|word| word.ends_with(char::is_alphabetic)) {
                self.raw("<wbr>");
            }
        }
        self
    }

    pub(super) fn heading(&mut self, text: &str) -> &mut Self {
        self.raw("<h2>").text(text).raw("</h2>\n")
    }

    pub(super) fn paragraph(&mut self, text: &str) -> &mut Self {
        self.raw("<p>").text(text).raw("</p>\n")
    }

    /// Sentences, one below the other.
    pub(super) fn list(&mut self, sentences: &[String]) -> &mut Self {
        self.raw("<ul>\n");
        for sentence in sentences {
            self.raw("<li>").text(sentence).raw("</li>\n");
        }
        self.raw("</ul>\n")
    }

    /// A picture with its caption.
    pub(super) fn figure(&mut self, picture: &Picture, caption: &str) -> &mut Self {
        self.raw("<figure>\n");
        // Made by the renderer, which escapes what it draws.
        self.0.push_str(&picture.svg());
        self.raw("<figcaption>").text(caption).raw("</figcaption>\n</figure>\n")
    }

    /// A table with heads on its first line and in its first column; the best cells are marked for eyes and ears.
    pub(super) fn table(&mut self, caption: &str, head: &[String], rows: &[Vec<Cell>]) -> &mut Self {
        self.raw("<div class=\"wide\"><table>\n<caption>").text(caption).raw("</caption>\n<thead><tr>");
        for text in head {
            self.raw("<th scope=\"col\">").name(text).raw("</th>");
        }
        self.raw("</tr></thead>\n<tbody>\n");
        for row in rows {
            self.raw("<tr>");
            for (n, cell) in row.iter().enumerate() {
                // Numbers stand to the right, words to the left.
                let is_word = cell.text.starts_with(char::is_alphabetic);
                match (n, cell.is_best) {
                    (0, _) => self.raw("<th scope=\"row\">").name(&cell.text).raw("</th>"),
                    (_, true) => self
                        .raw("<td class=\"best\">")
                        .text(&cell.text)
                        .raw(" <abbr title=\"best\">*</abbr></td>"),
                    (_, false) if is_word => self.raw("<td class=\"word\">").text(&cell.text).raw("</td>"),
                    (_, false) => self.raw("<td>").text(&cell.text).raw("</td>"),
                };
            }
            self.raw("</tr>\n");
        }
        self.raw("</tbody>\n</table></div>\n")
    }

    /// A table of names and what is said of them.
    pub(super) fn words(&mut self, caption: &str, rows: &[Vec<Cell>]) -> &mut Self {
        self.raw("<table class=\"words\">\n<caption>").text(caption).raw("</caption>\n<tbody>\n");
        for row in rows {
            self.raw("<tr><th scope=\"row\">").name(&row[0].text).raw("</th>");
            for cell in &row[1..] {
                self.raw("<td>").text(&cell.text).raw("</td>");
            }
            self.raw("</tr>\n");
        }
        self.raw("</tbody>\n</table>\n")
    }

    /// Text that is shown when asked for, and printed.
    pub(super) fn fold(&mut self, summary: &str, inner: &Html) -> &mut Self {
        self.raw("<details><summary>").text(summary).raw("</summary>\n");
        self.0.push_str(&inner.0);
        self.raw("</details>\n")
    }

    /// The whole document.
    pub(super) fn document(title: &str, body: &Html) -> String {
        let mut page = Html::default();
        page.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        page.raw("<link rel=\"icon\" href=\"data:,\">\n<title>").text(title).raw("</title>\n<style>\n");
        page.raw(include_str!("style.css")).raw("</style>\n</head>\n<body>\n<main>\n");
        page.0.push_str(&body.0);
        page.raw("</main>\n</body>\n</html>\n");
        page.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_outside_is_escaped() {
        let mut html = Html::default();
        let evil = "<script>alert(\"1\")</script> & 'x'\u{1}";
        html.table(
            evil,
            &[evil.into()],
            &[vec![Cell::plain(evil), Cell { text: evil.into(), is_best: true }]],
        );
        html.heading(evil).paragraph(evil).fold(evil, &Html::default());
        let page = Html::document(evil, &html);
        assert!(!page.contains("<script") && !page.contains('\u{1}'), "{page}");
        assert_eq!(
            page.matches("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;").count(),
            8
        );
    }
}
