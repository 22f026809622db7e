//! Pictures as SVG and PNG, from the same marks.

use std::io::Cursor;
use std::sync::Once;

use image::{ImageOutputFormat, RgbImage};
use plotters::backend::BitMapBackend;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::font;
use super::ink::{Anchor, Ink, Mark, Point};

/// Coordinates are whole numbers: an SVG is drawn four times as large and shown at its size, so that lines are smooth.
const FINE: f64 = 4.0;

/// A PNG has twice as many pixels as its size, for sharp print and screens; each is the mean of four that are drawn.
const SHARP: u32 = 2;
const SAMPLES: u32 = 2;

/// What a drawing library may say.
type Failed = Box<dyn std::error::Error>;

/// How a format places text: what plotters takes as the size for an em of one, and how far above the base line the
/// point lies at which it is anchored by its top, in em.
///
/// # Source
/// plotters-svg 0.3.7, `draw_text`: the em is size / 1.24, the base line 0.76 em below. plotters 0.3.7, `ab_glyph.rs`:
/// the size is the height of a line, the base line half of that below.
struct TextRule {
    size: f64,
    rise: f64,
}

/// The picture as an SVG document; `description` is its text for those who do not see it.
pub(super) fn svg(ink: &Ink, description: &str) -> String {
    register();
    let size = ((ink.width * FINE) as u32, (ink.height * FINE) as u32);
    let mut text = String::new();
    let rule = TextRule { size: 1.24, rise: 0.76 };
    {
        let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
        draw(ink, &area, FINE, &rule, false).expect("a text can always be drawn to");
    }
    let start = text.find("<svg").and_then(|at| Some(at + text[at..].find('>')? + 1));
    let body = &text[start.expect("plotters opens the document")..];
    let what = font::printable(description);
    let what = what.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"{}\" height=\"{}\" viewBox=\"0 0 {} {}\">\n\
         <title>{what}</title>\n{}\n",
        ink.width,
        ink.height,
        size.0,
        size.1,
        body.trim()
    )
}

/// The picture as a PNG file.
pub(super) fn png(ink: &Ink) -> Vec<u8> {
    register();
    let scale = SHARP * SAMPLES;
    let (width, height) = (ink.width as u32 * SHARP, ink.height as u32 * SHARP);
    let (wide, high) = (width * SAMPLES, height * SAMPLES);
    let mut fine = vec![0; (wide * high * 3) as usize];
    let line = *font::LINE;
    let rule = TextRule { size: line, rise: line / 2.0 };
    {
        let area = BitMapBackend::with_buffer(&mut fine, (wide, high)).into_drawing_area();
        draw(ink, &area, f64::from(scale), &rule, true).expect("memory can always be drawn to");
    }
    let mean = |x: u32, y: u32, channel: u32| {
        let cell = (0..SAMPLES * SAMPLES).map(|n| (x * SAMPLES + n % SAMPLES, y * SAMPLES + n / SAMPLES));
        let sum: u32 = cell.map(|(x, y)| u32::from(fine[((y * wide + x) * 3 + channel) as usize])).sum();
        (sum / (SAMPLES * SAMPLES)) as u8
    };
    let image = RgbImage::from_fn(width, height, |x, y| image::Rgb([0, 1, 2].map(|c| mean(x, y, c))));
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageOutputFormat::Png).expect("an image can be written to memory");
    bytes.into_inner()
}

/// Makes the bundled font known to plotters, once.
fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let known = plotters::style::register_font(font::FAMILY, FontStyle::Normal, font::BYTES);
        assert!(known.is_ok(), "the bundled file is a font");
    });
}

fn draw<B: DrawingBackend>(
    ink: &Ink,
    area: &DrawingArea<B, Shift>,
    scale: f64,
    rule: &TextRule,
    by_segments: bool,
) -> Result<(), Failed>
where
    B::ErrorType: 'static,
{
    area.fill(&WHITE)?;
    let at = |&(x, y): &Point| ((x * scale).round() as i32, (y * scale).round() as i32);
    let rgb = |(r, g, b)| RGBColor(r, g, b);
    for mark in &ink.marks {
        match mark {
            Mark::Path { points, colour, width } => {
                let stroke = ((width * scale).round() as u32).max(1);
                let style = rgb(*colour).stroke_width(stroke);
                let mut points: Vec<(i32, i32)> = points.iter().map(at).collect();
                points.dedup();
                if by_segments {
                    // A broad line as one polygon has holes where it crosses itself.
                    for pair in points.windows(2) {
                        area.draw(&PathElement::new(pair.to_vec(), style))?;
                    }
                    for &joint in points.iter().take(points.len().saturating_sub(1)).skip(1) {
                        area.draw(&Circle::new(joint, stroke as i32 / 2, rgb(*colour).filled()))?;
                    }
                } else {
                    area.draw(&PathElement::new(points, style))?;
                }
            }
            Mark::Filled { points, colour, opacity } => {
                let points: Vec<(i32, i32)> = points.iter().map(at).collect();
                area.draw(&Polygon::new(points, rgb(*colour).mix(*opacity)))?;
            }
            Mark::Text { text, at: place, size, anchor, colour } => {
                let side = match anchor {
                    Anchor::Start => HPos::Left,
                    Anchor::Middle => HPos::Center,
                    Anchor::End => HPos::Right,
                };
                let colour = rgb(*colour);
                let style = TextStyle::from((font::FAMILY, size * scale * rule.size).into_font())
                    .color(&colour)
                    .pos(Pos::new(side, VPos::Top));
                let top = (place.0, place.1 - rule.rise * size);
                area.draw(&Text::new(text.as_str(), at(&top), style))?;
            }
        }
    }
    area.present()?;
    Ok(())
}
