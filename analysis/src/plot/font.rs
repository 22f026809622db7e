//! The font of all pictures, and how much room a text takes in it.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, ScaleFont};

/// The family as SVG names it: the bundled font where a viewer has it, then one whose letters are as wide, so that
/// what has room in one has room in the other.
pub(super) const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";

/// DejaVu Sans 2.37; its licence lies beside it.
pub(super) static BYTES: &[u8] = include_bytes!("../../fonts/DejaVuSans.ttf");

static FONT: LazyLock<FontRef<'static>> =
    LazyLock::new(|| FontRef::try_from_slice(BYTES).expect("the bundled file is a font"));

/// Height of the font's lines, as part of the em: ascent and descent.
pub(super) static LINE: LazyLock<f64> = LazyLock::new(|| {
    let em = f64::from(FONT.units_per_em().expect("the bundled font has an em"));
    f64::from(FONT.height_unscaled()) / em
});

/// What stands for letters that were cut away.
const CUT: char = '…';

/// How wide `text` is in the font \[px\], with an em of `size`. Kerning, which only narrows, is left out; a letter that
/// the font lacks, and that a viewer takes from another, counts as one em.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    let font = FONT.as_scaled((size * *LINE) as f32);
    let advance = |c: char| match font.glyph_id(c) {
        ab_glyph::GlyphId(0) => size,
        glyph => f64::from(font.h_advance(glyph)),
    };
    text.chars().map(advance).sum()
}

/// `text` without what no picture can show: control characters become spaces, spaces at the ends go.
pub(super) fn printable(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() || is_banned(c) { ' ' } else { c }).collect();
    text.trim().to_owned()
}

/// Not allowed in XML 1.0 (section 2.2).
fn is_banned(c: char) -> bool {
    matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// `text`, or as much of its beginning and its end as has room in `room` pixels. Names mostly differ at their ends.
pub(crate) fn fit(text: &str, size: f64, room: f64) -> String {
    let text = printable(text);
    if width(&text, size) <= room {
        return text;
    }
    let letters: Vec<char> = text.chars().collect();
    let cut = |kept: usize| {
        let (front, back) = (kept.div_ceil(2), kept / 2);
        let back = &letters[letters.len() - back..];
        letters[..front].iter().chain([&CUT]).chain(back).collect::<String>()
    };
    (0..letters.len()).rev().map(cut).find(|text| width(text, size) <= room).unwrap_or_default()
}

/// `texts` cut to `room`; where that makes two alike, they are numbered.
pub(crate) fn fit_all(texts: &[String], size: f64, room: f64) -> Vec<String> {
    let short: Vec<String> = texts.iter().map(|text| fit(text, size, room)).collect();
    let is_double = |n: usize| {
        short.iter().zip(texts).enumerate().any(|(m, (s, t))| m != n && *s == short[n] && *t != texts[n])
    };
    let numbered = |n: usize| {
        let number = format!("{}: ", n + 1);
        format!("{number}{}", fit(&texts[n], size, (room - width(&number, size)).max(0.0)))
    };
    (0..texts.len()).map(|n| if is_double(n) { numbered(n) } else { short[n].clone() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_the_font() {
        // Advances in the file, of an em of 2048: A 1401, space 651, i 569.
        assert!((width("A i", 20.48) - (14.01 + 6.51 + 5.69)).abs() < 0.01, "{}", width("A i", 20.48));
        assert_eq!(width("", 12.0), 0.0);
    }

    #[test]
    fn names_that_are_too_long_lose_their_middle_and_stay_apart() {
        let long = "a-very-long-name-of-a-policy-with-its-parameters";
        let short = fit(long, 12.0, 100.0);
        assert!(short.starts_with("a-") && short.contains(CUT) && short.ends_with("ers"), "{short}");
        assert!(width(&short, 12.0) <= 100.0);
        let alike =
            ["aaaaaaaaaaaaaaaaaaaaaaa-1-bbbbbbbbbbbbbbbbbb", "aaaaaaaaaaaaaaaaaaaaaaa-2-bbbbbbbbbbbbbbbbbb"];
        let apart = fit_all(&alike.map(str::to_owned), 12.0, 90.0);
        assert!(apart[0] != apart[1] && apart.iter().all(|text| width(text, 12.0) <= 90.0), "{apart:?}");
        assert_eq!(printable("a\u{1}b\n"), "a b");
    }
}
