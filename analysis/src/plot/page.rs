//! The parts that all pictures share: title, legend, rows of panels, frames with axes.

use super::axis::Axis;
use super::font::{fit, fit_all, width};
use super::ink::{Anchor, Area, Ink, Point};
use super::look::{DARK, GREY, LABEL, LIGHT, MARGIN, TICK, TITLE, WIDTH};

/// Height of a line of text, as part of its em.
const LEADING: f64 = 1.45;

/// Width of a key in the legend, and room behind it \[px\].
const KEY: f64 = 26.0;
const KEY_GAP: f64 = 6.0;
/// Room between two entries of the legend, and between panels \[px\].
const GAP: f64 = 18.0;

/// A new picture with its title, which takes two lines if one is not enough. Draws from the second value on.
pub(crate) fn titled(title: &str) -> (Ink, f64) {
    let mut ink = Ink::new(WIDTH);
    let mut top = MARGIN;
    for line in wrapped(title, TITLE, WIDTH - 2.0 * MARGIN, 2) {
        ink.text(&line, (MARGIN, top + TITLE), TITLE, Anchor::Start, DARK);
        top += TITLE * LEADING;
    }
    (ink, top + 4.0)
}

/// A note in small letters below everything, and the picture's end.
pub(crate) fn finish(ink: &mut Ink, mut top: f64, note: &str) {
    for line in wrapped(note, TICK, WIDTH - 2.0 * MARGIN, 4) {
        ink.text(&line, (MARGIN, top + TICK), TICK, Anchor::Start, GREY);
        top += TICK * LEADING;
    }
    ink.height = libm::ceil(top + MARGIN);
}

/// `text` in at most `lines` lines, broken at spaces; what is left over is cut.
fn wrapped(text: &str, size: f64, room: f64, lines: usize) -> Vec<String> {
    let mut done: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let is_last = done.len() == lines;
        match done.last_mut() {
            Some(line) if is_last || width(&format!("{line} {word}"), size) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => done.push(word.to_owned()),
        }
    }
    done.iter().map(|line| fit(line, size, room)).collect()
}

/// Names above the panels, in as many rows as they need; `key` draws what stands for one, from the left middle.
pub(crate) fn legend(ink: &mut Ink, top: f64, names: &[String], key: impl Fn(&mut Ink, usize, Point)) -> f64 {
    if names.is_empty() {
        return top;
    }
    let room = WIDTH - 2.0 * MARGIN;
    let names = fit_all(names, LABEL, (room - GAP) / 2.0 - KEY - KEY_GAP);
    let widest = names.iter().map(|name| width(name, LABEL)).fold(0.0, f64::max) + KEY + KEY_GAP + GAP;
    let columns = ((room + GAP) / widest).floor().clamp(1.0, names.len() as f64) as usize;
    for (n, name) in names.iter().enumerate() {
        let x = MARGIN + (n % columns) as f64 * widest;
        let y = top + (n / columns) as f64 * LABEL * LEADING;
        key(ink, n, (x, y + LABEL * 0.62));
        ink.text(name, (x + KEY + KEY_GAP, y + LABEL), LABEL, Anchor::Start, DARK);
    }
    top + names.len().div_ceil(columns) as f64 * LABEL * LEADING + 6.0
}

/// Places for `count` panels of that height, row by row: the areas and where the last row ends.
pub(crate) fn grid(top: f64, count: usize, columns: usize, height: f64) -> (Vec<Area>, f64) {
    let columns = columns.clamp(1, count.max(1));
    let wide = (WIDTH - 2.0 * MARGIN - GAP * (columns - 1) as f64) / columns as f64;
    let area = |n: usize| {
        let left = MARGIN + (n % columns) as f64 * (wide + GAP);
        let top = top + (n / columns) as f64 * (height + GAP);
        Area { left, top, right: left + wide, bottom: top + height }
    };
    ((0..count).map(area).collect(), top + count.div_ceil(columns) as f64 * (height + GAP) - GAP + 8.0)
}

/// A panel with axes: what it shows stands above it, so that no text is turned.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// Where the data are drawn.
    pub(crate) inner: Area,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
}

impl Frame {
    /// Draws heading, grid, ticks and labels of a panel in `outer`; numbers beside it have at least `least` pixels.
    pub(crate) fn draw(ink: &mut Ink, outer: Area, heading: &str, x: Axis, y: Axis, least: f64) -> Self {
        let top = outer.top + LABEL * LEADING + 4.0;
        let foot = TICK * LEADING + LABEL * LEADING + 2.0;
        let bottom = outer.bottom - foot;
        let y_ticks = y.ticks(((bottom - top) / 34.0) as usize, None);
        let y_room = y_ticks.iter().map(|tick| width(&tick.1, TICK)).fold(least, f64::max);
        // Half of a number at an end may stand over the edge of the frame.
        let (mut left, mut right) = (outer.left + y_room + 8.0, outer.right - 12.0);
        let x_ticks = x.ticks(((right - left) / 56.0) as usize, Some(right - left));
        if let (Some(first), Some(last)) = (x_ticks.first(), x_ticks.last()) {
            let half = |tick: &(f64, String)| width(&tick.1, TICK) / 2.0;
            right = right.min(outer.right - half(last) + (1.0 - last.0) * (right - left));
            left = left.max(outer.left + half(first) - first.0 * (right - left));
        }
        let x_ticks = x.ticks(((right - left) / 56.0) as usize, Some(right - left));
        let inner = Area { left, top, right, bottom };
        ink.text(
            &fit(heading, LABEL, outer.width()),
            (outer.left, outer.top + LABEL),
            LABEL,
            Anchor::Start,
            DARK,
        );
        for (place, text) in &y_ticks {
            let at = bottom - place * (bottom - top);
            ink.path(vec![(left, at), (right, at)], LIGHT, 1.0);
            ink.text(text, (left - 6.0, at + TICK * 0.36), TICK, Anchor::End, DARK);
        }
        for (place, text) in &x_ticks {
            let at = left + place * (right - left);
            ink.path(vec![(at, bottom), (at, bottom + 4.0)], DARK, 1.0);
            ink.text(text, (at, bottom + 5.0 + TICK), TICK, Anchor::Middle, DARK);
        }
        ink.path(vec![(left, bottom), (right, bottom)], DARK, 1.0);
        let label = fit(&x.label, LABEL, outer.width());
        let middle = (left + right) / 2.0;
        let half = width(&label, LABEL) / 2.0;
        let middle = middle.min(outer.right - half).max(outer.left + half);
        ink.text(&label, (middle, outer.bottom - LABEL * 0.35), LABEL, Anchor::Middle, DARK);
        Self { inner, x, y }
    }

    /// Where the numbers stand in the picture.
    pub(crate) fn at(&self, x: f64, y: f64) -> Point {
        let Area { left, bottom, .. } = self.inner;
        (left + self.x.place(x) * self.inner.width(), bottom - self.y.place(y) * self.inner.height())
    }
}
