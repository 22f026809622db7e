//! Bars with intervals: policies side by side, a panel per metric.

use super::Picture;
use super::axis::{Axis, Quantity, Spread, number};
use super::font::{fit_all, width};
use super::ink::{Anchor, Area, Ink};
use super::look::{DARK, GREY, LABEL, LIGHT, TICK, WIDTH, colour, marker};
use super::page::{finish, grid, titled};
use crate::compare::{human, scale_of};

/// A value and its interval.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Bar {
    /// How long it is.
    pub value: f64,
    /// Lower and upper end of the interval.
    pub interval: Option<(f64, f64)>,
}

/// One panel.
#[derive(Clone, PartialEq, Debug)]
pub struct BarPanel {
    /// What it shows.
    pub quantity: Quantity,
    /// One bar per name; `None` for those without a value.
    pub bars: Vec<Option<Bar>>,
}

/// Panels of bars for the same names.
#[derive(Clone, PartialEq, Debug)]
pub struct BarPlot {
    /// Above everything.
    pub title: String,
    /// Whose bars they are.
    pub names: Vec<String>,
    /// The panels.
    pub panels: Vec<BarPanel>,
    /// Below everything; may be empty.
    pub note: String,
}

/// Height of a bar with its gap \[px\].
const ROW: f64 = 19.0;
/// Half of a bar's thickness \[px\].
const HALF: f64 = 6.0;

impl BarPlot {
    /// Draws it, two panels side by side.
    pub fn draw(&self) -> Picture {
        let (mut ink, top) = titled(&self.title);
        let names = fit_all(&self.names, LABEL, WIDTH * 0.19);
        let height = LABEL * 1.45 + 4.0 + self.names.len() as f64 * ROW + TICK * 1.6;
        let (areas, end) = grid(top, self.panels.len(), 2, height);
        for (panel, area) in self.panels.iter().zip(areas) {
            panel.draw(&mut ink, area, &names);
        }
        finish(&mut ink, end, &self.note);
        Picture::new(ink, &self.title)
    }
}

impl BarPanel {
    fn draw(&self, ink: &mut Ink, area: Area, names: &[String]) {
        let bars = || self.bars.iter().flatten();
        let ends = bars().filter_map(|bar| bar.interval).flat_map(|(low, high)| [low, high]);
        let x = Axis::with_intervals(&self.quantity, &Spread::Auto, bars().map(|bar| bar.value), ends);
        let texts: Vec<String> = self.bars.iter().map(|bar| self.value_text(*bar)).collect();
        let text_room = texts.iter().map(|text| width(text, TICK)).fold(0.0, f64::max);
        let name_room = names.iter().map(|name| width(name, LABEL)).fold(0.0, f64::max);
        let inner = Area {
            left: area.left + name_room + 8.0,
            top: area.top + LABEL * 1.45 + 4.0,
            right: area.right - text_room - 10.0,
            bottom: area.bottom - TICK * 1.6,
        };
        let heading = super::font::fit(&x.label, LABEL, area.width());
        ink.text(&heading, (area.left, area.top + LABEL), LABEL, Anchor::Start, DARK);
        let at = |value: f64| inner.left + x.place(value) * inner.width();
        let ticks = x.ticks((inner.width() / 44.0) as usize, Some(inner.width()));
        for (place, text) in ticks {
            let at = inner.left + place * inner.width();
            ink.path(vec![(at, inner.top), (at, inner.bottom)], LIGHT, 1.0);
            ink.text(&text, (at, inner.bottom + TICK * 1.25), TICK, Anchor::Middle, GREY);
        }
        for (n, (bar, name)) in self.bars.iter().zip(names).enumerate() {
            let y = inner.top + (n as f64 + 0.5) * ROW;
            ink.text(name, (inner.left - 8.0, y + LABEL * 0.36), LABEL, Anchor::End, DARK);
            ink.text(&texts[n], (area.right, y + TICK * 0.36), TICK, Anchor::End, DARK);
            let Some(bar) = bar.filter(|bar| bar.value.is_finite()) else { continue };
            if x.is_log() {
                marker(ink, n, (at(bar.value), y));
            } else {
                let (a, b) = (at(0.0), at(bar.value));
                let bar = Area { left: a.min(b), top: y - HALF, right: a.max(b), bottom: y + HALF };
                ink.rect(bar, super::look::WHITE, 1.0);
                ink.rect(bar, colour(n), 0.75);
            }
            if let Some((low, high)) = bar.interval.filter(|(low, high)| low < high) {
                let (from, to) = (at(low), at(high));
                ink.path(vec![(from, y), (to, y)], DARK, 1.25);
                for end in [from, to] {
                    ink.path(vec![(end, y - 3.0), (end, y + 3.0)], DARK, 1.25);
                }
            }
        }
        if !x.is_log() {
            ink.path(vec![(at(0.0), inner.top), (at(0.0), inner.bottom)], DARK, 1.0);
        }
    }

    fn value_text(&self, bar: Option<Bar>) -> String {
        let Some(bar) = bar.filter(|bar| bar.value.is_finite()) else { return "no value".to_owned() };
        let (divisor, suffix) = scale_of(&self.quantity.name, &self.quantity.unit, bar.value);
        // What has too many figures for a line is written as at an axis.
        match bar.value.abs() / divisor {
            size if size >= 1e7 => format!("{}{suffix}", number(bar.value / divisor, None)),
            _ => human::value(&self.quantity.name, &self.quantity.unit, bar.value, None),
        }
    }
}
