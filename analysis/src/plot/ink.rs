//! What a picture is made of: marks in pixels of the default size, before any format is chosen.

use super::font;

/// Red, green, blue.
pub(crate) type Colour = (u8, u8, u8);

/// A point, from the upper left corner \[px\].
pub(crate) type Point = (f64, f64);

/// Which end of a text stands at its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Anchor {
    /// Its left end.
    Start,
    /// Its middle.
    Middle,
    /// Its right end.
    End,
}

/// A rectangle by its edges \[px\].
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Area {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

impl Area {
    pub(crate) fn width(&self) -> f64 {
        self.right - self.left
    }

    pub(crate) fn height(&self) -> f64 {
        self.bottom - self.top
    }
}

/// One mark.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Mark {
    /// A line through points.
    Path { points: Vec<Point>, colour: Colour, width: f64 },
    /// A filled shape; `opacity` from 0 to 1.
    Filled { points: Vec<Point>, colour: Colour, opacity: f64 },
    /// A text on a base line; `size` is that of the em.
    Text { text: String, at: Point, size: f64, anchor: Anchor, colour: Colour },
}

/// Marks in the order in which they are drawn, on white.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Ink {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) marks: Vec<Mark>,
}

/// Dots of a circle (arbitrary: round at the size of a marker).
const CIRCLE: u32 = 16;

impl Ink {
    pub(crate) fn new(width: f64) -> Self {
        Self { width, height: 0.0, marks: Vec::new() }
    }

    pub(crate) fn path(&mut self, points: Vec<Point>, colour: Colour, width: f64) {
        if points.len() > 1 {
            self.marks.push(Mark::Path { points, colour, width });
        }
    }

    /// A path in dashes: lengths drawn and left out in turn \[px\]; none for a whole line.
    pub(crate) fn dashed(&mut self, points: &[Point], dashes: &[f64], colour: Colour, width: f64) {
        if dashes.is_empty() {
            return self.path(points.to_vec(), colour, width);
        }
        let (mut n, mut left) = (0, dashes[0]);
        let mut dash: Vec<Point> = points.first().copied().into_iter().collect();
        for pair in points.windows(2) {
            let (mut from, to) = (pair[0], pair[1]);
            loop {
                let length = ((to.0 - from.0).powi(2) + (to.1 - from.1).powi(2)).sqrt();
                if length <= left {
                    left -= length;
                    dash.push(to);
                    break;
                }
                let part = left / length;
                from = (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part);
                dash.push(from);
                let drawn = std::mem::replace(&mut dash, vec![from]);
                if n % 2 == 0 {
                    self.path(drawn, colour, width);
                }
                n += 1;
                left = dashes[n % dashes.len()];
            }
        }
        if n % 2 == 0 {
            self.path(dash, colour, width);
        }
    }

    pub(crate) fn filled(&mut self, points: Vec<Point>, colour: Colour, opacity: f64) {
        self.marks.push(Mark::Filled { points, colour, opacity });
    }

    pub(crate) fn rect(&mut self, area: Area, colour: Colour, opacity: f64) {
        let Area { left, top, right, bottom } = area;
        self.filled(vec![(left, top), (right, top), (right, bottom), (left, bottom)], colour, opacity);
    }

    pub(crate) fn circle(&mut self, (x, y): Point, radius: f64, colour: Colour) {
        let corner = |n: u32| {
            let angle = std::f64::consts::TAU * f64::from(n) / f64::from(CIRCLE);
            (x + radius * libm::cos(angle), y + radius * libm::sin(angle))
        };
        self.filled((0..CIRCLE).map(corner).collect(), colour, 1.0);
    }

    pub(crate) fn text(&mut self, text: &str, at: Point, size: f64, anchor: Anchor, colour: Colour) {
        let text = font::printable(text);
        if !text.is_empty() {
            self.marks.push(Mark::Text { text, at, size, anchor, colour });
        }
    }
}
