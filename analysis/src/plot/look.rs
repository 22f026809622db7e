//! The one look of all pictures: colours, dashes, markers and sizes.

use super::ink::{Colour, Ink, Point};

/// Width of a picture \[px\].
pub(crate) const WIDTH: f64 = 760.0;
/// Room at the edges of a picture \[px\].
pub(crate) const MARGIN: f64 = 14.0;
/// Em of titles, of names and labels, and of numbers at axes \[px\].
pub(crate) const TITLE: f64 = 16.0;
pub(crate) const LABEL: f64 = 12.0;
pub(crate) const TICK: f64 = 11.0;

/// Texts, axes, lines of the grid, paper.
pub(crate) const DARK: Colour = (34, 34, 34);
pub(crate) const GREY: Colour = (110, 110, 110);
pub(crate) const LIGHT: Colour = (224, 224, 224);
pub(crate) const WHITE: Colour = (255, 255, 255);

/// Width of lines that show data \[px\].
pub(crate) const STROKE: f64 = 1.75;

/// Colours that stay apart for colour-blind eyes; yellow, which white paper swallows, is left out.
///
/// # Source
/// Okabe and Ito, "Color universal design", 2008.
const COLOURS: [Colour; 7] =
    [(0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167), (0, 0, 0), (230, 159, 0), (86, 180, 233)];

/// Lengths drawn and left out \[px\]. Five, so that with seven colours 35 lines differ; neighbours differ in both.
const DASHES: [&[f64]; 5] = [&[], &[7.0, 3.5], &[2.0, 2.5], &[9.0, 3.0, 2.0, 3.0], &[14.0, 4.0]];

/// Radius of a marker \[px\].
pub(crate) const RADIUS: f64 = 4.0;

/// The colour of the series number `n`.
pub(crate) fn colour(n: usize) -> Colour {
    COLOURS[n % COLOURS.len()]
}

/// Its dashes.
pub(crate) fn dashes(n: usize) -> &'static [f64] {
    DASHES[n % DASHES.len()]
}

/// Draws its marker: one of eight shapes, so that with seven colours 56 series differ.
pub(crate) fn marker(ink: &mut Ink, n: usize, (x, y): Point) {
    let (colour, r) = (colour(n), RADIUS);
    let shape = |points: &[Point]| points.iter().map(|(dx, dy)| (x + dx * r, y + dy * r)).collect::<Vec<_>>();
    let closed = |points: &[Point]| {
        let mut points = shape(points);
        points.push(points[0]);
        points
    };
    let square = [(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)];
    let diamond = [(0.0, -1.25), (1.25, 0.0), (0.0, 1.25), (-1.25, 0.0)];
    match n % 8 {
        0 => ink.circle((x, y), r, colour),
        1 => ink.filled(shape(&square), colour, 1.0),
        2 => ink.filled(shape(&[(0.0, -1.2), (1.1, 0.9), (-1.1, 0.9)]), colour, 1.0),
        3 => ink.filled(shape(&diamond), colour, 1.0),
        4 => {
            ink.path(shape(&[(-0.9, -0.9), (0.9, 0.9)]), colour, STROKE);
            ink.path(shape(&[(-0.9, 0.9), (0.9, -0.9)]), colour, STROKE);
        }
        5 => ink.path(closed(&square), colour, STROKE),
        6 => ink.filled(shape(&[(0.0, 1.2), (1.1, -0.9), (-1.1, -0.9)]), colour, 1.0),
        _ => ink.path(closed(&diamond), colour, STROKE),
    }
}

/// A shade for a value from 0 to 1, light to dark, that grey print keeps in order.
///
/// # Source
/// Corners along cividis: Nuñez, Anderton and Renslow, PLoS ONE 13(7), 2018; reversed and begun at white.
pub(crate) fn shade(value: f64) -> Colour {
    const STOPS: [(f64, f64, f64); 5] = [
        (255.0, 255.0, 255.0),
        (234.0, 209.0, 86.0),
        (164.0, 155.0, 118.0),
        (87.0, 92.0, 109.0),
        (0.0, 32.0, 76.0),
    ];
    let place = value.clamp(0.0, 1.0) * (STOPS.len() - 1) as f64;
    let n = (place as usize).min(STOPS.len() - 2);
    let part = place - n as f64;
    let mix = |a: f64, b: f64| (a + (b - a) * part).round() as u8;
    let (a, b) = (STOPS[n], STOPS[n + 1]);
    (mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
}
