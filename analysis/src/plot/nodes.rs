//! What nodes did: bars of jobs for few, shades for many.

use super::Picture;
use super::axis::{Axis, Quantity, Spread};
use super::font::{fit, width};
use super::ink::{Anchor, Area};
use super::look::{DARK, GREY, LABEL, TICK, WIDTH, colour, shade};
use super::page::{Frame, finish, grid, titled};

/// A job on a node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stay {
    /// Number of the node.
    pub node: usize,
    /// First instant \[ns\].
    pub from_ns: u64,
    /// Last instant \[ns\].
    pub to_ns: u64,
    /// The job's number, written into its bar if there is room.
    pub job: u64,
}

/// Jobs on nodes over time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GanttPlot {
    /// Above everything.
    pub title: String,
    /// Names of the nodes.
    pub nodes: Vec<String>,
    /// The jobs on them, in any order.
    pub stays: Vec<Stay>,
    /// Below everything; may be empty.
    pub note: String,
}

/// Height of a node's row, or of each of its lanes if jobs share it \[px\].
const ROW: f64 = 16.0;
const LANE: f64 = 11.0;

impl GanttPlot {
    /// Draws it: a row per node, with a lane per job where several share the node.
    pub fn draw(&self) -> Picture {
        let (mut ink, top) = titled(&self.title);
        let mut stays: Vec<&Stay> = self.stays.iter().filter(|stay| stay.node < self.nodes.len()).collect();
        stays.sort_by_key(|stay| (stay.from_ns, stay.job, stay.node, stay.to_ns));
        // The end of the last bar on each lane of each node.
        let mut lanes: Vec<Vec<u64>> = vec![Vec::new(); self.nodes.len()];
        let lane_of = |stay: &&Stay| {
            let lanes = &mut lanes[stay.node];
            let free = lanes.iter().position(|end| *end <= stay.from_ns).unwrap_or(lanes.len());
            if free == lanes.len() {
                lanes.push(0);
            }
            lanes[free] = stay.to_ns;
            free
        };
        let placed: Vec<usize> = stays.iter().map(lane_of).collect();
        let lane = if lanes.iter().any(|lanes| lanes.len() > 1) { LANE } else { ROW };
        let heights: Vec<f64> =
            lanes.iter().map(|lanes| (lanes.len() as f64 * lane).max(ROW) + 4.0).collect();
        let height: f64 = heights.iter().sum();
        let room = self.nodes.iter().map(|name| width(name, TICK)).fold(0.0, f64::max).min(WIDTH * 0.2);
        let (areas, end) = grid(top, 1, 1, height + TICK * 1.6 + LABEL * 1.6);
        let area = areas[0];
        let inner = Area {
            left: area.left + room + 8.0,
            right: area.right - 16.0,
            bottom: area.top + height,
            ..area
        };
        let times = self.stays.iter().flat_map(|stay| [stay.from_ns, stay.to_ns]).map(|ns| ns as f64 / 1e9);
        let x = Axis::new(&Quantity::new("time", "s"), &Spread::FromZero, times);
        for (place, text) in x.ticks(10, Some(inner.width())) {
            let at = inner.left + place * inner.width();
            ink.path(vec![(at, inner.top), (at, inner.bottom + 4.0)], super::look::LIGHT, 1.0);
            ink.text(&text, (at, inner.bottom + 5.0 + TICK), TICK, Anchor::Middle, DARK);
        }
        let middle = (inner.left + inner.right) / 2.0;
        ink.text(&x.label, (middle, area.bottom - LABEL * 0.35), LABEL, Anchor::Middle, DARK);
        let mut tops = vec![inner.top];
        heights.iter().for_each(|height| tops.push(tops[tops.len() - 1] + height));
        for (n, name) in self.nodes.iter().enumerate() {
            let y = (tops[n] + tops[n + 1]) / 2.0 + TICK * 0.36;
            ink.text(&fit(name, TICK, room), (inner.left - 6.0, y), TICK, Anchor::End, DARK);
            ink.path(vec![(inner.left, tops[n + 1]), (inner.right, tops[n + 1])], super::look::LIGHT, 1.0);
        }
        for (stay, number) in stays.iter().zip(placed) {
            let at = |ns: u64| inner.left + x.place(ns as f64 / 1e9) * inner.width();
            let from = tops[stay.node] + 2.0 + number as f64 * lane;
            let bar = Area {
                left: at(stay.from_ns),
                right: at(stay.to_ns),
                top: from + 0.5,
                bottom: from + lane - 0.5,
            };
            let n = (stay.job % 7) as usize;
            ink.rect(bar, colour(n), 0.35);
            let Area { left, top, right, bottom } = bar;
            let edge = vec![(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
            ink.path(edge, colour(n), 0.75);
            let text = stay.job.to_string();
            let size = TICK - 2.0;
            if width(&text, size) + 4.0 <= bar.width() {
                let y = (bar.top + bar.bottom) / 2.0 + size * 0.36;
                ink.text(&text, ((left + right) / 2.0, y), size, Anchor::Middle, DARK);
            }
        }
        finish(&mut ink, end, &self.note);
        Picture::new(ink, &self.title)
    }
}

/// How full many nodes are over time.
#[derive(Clone, PartialEq, Debug)]
pub struct HeatPlot {
    /// Above everything.
    pub title: String,
    /// What time the columns end at \[s\]; they begin at zero.
    pub to_s: f64,
    /// What nodes the rows end at; they begin at zero.
    pub nodes: f64,
    /// What a shade stands for.
    pub quantity: Quantity,
    /// Rows of values, a row per node or group of neighbouring nodes.
    pub cells: Vec<Vec<f64>>,
    /// Below everything; may be empty.
    pub note: String,
}

impl HeatPlot {
    /// Draws it, with a scale of its shades.
    pub fn draw(&self) -> Picture {
        let (mut ink, top) = titled(&self.title);
        let largest =
            self.cells.iter().flatten().copied().filter(|value| value.is_finite()).fold(0.0, f64::max);
        let scale = Axis::new(&self.quantity, &Spread::FromZero, [0.0, largest].into_iter());
        let bar = Area { left: WIDTH / 2.0, top: top + 2.0, right: WIDTH - 40.0, bottom: top + 14.0 };
        let label = fit(&scale.label, LABEL, bar.left - 28.0);
        ink.text(&label, (bar.left - 10.0, top + LABEL), LABEL, Anchor::End, DARK);
        for n in 0..64 {
            let edge = |n: i32| bar.left + bar.width() * f64::from(n) / 64.0;
            ink.rect(
                Area { left: edge(n), right: edge(n + 1), ..bar },
                shade((f64::from(n) + 0.5) / 64.0),
                1.0,
            );
        }
        for (place, text) in scale.ticks(5, Some(bar.width())) {
            let at = bar.left + place * bar.width();
            ink.path(vec![(at, bar.bottom), (at, bar.bottom + 3.0)], DARK, 1.0);
            ink.text(&text, (at, bar.bottom + 4.0 + TICK), TICK, Anchor::Middle, DARK);
        }
        let (areas, end) = grid(bar.bottom + TICK * 1.45 + 12.0, 1, 1, 380.0);
        let x =
            Axis::new(&Quantity::new("time", "s"), &Spread::Range(0.0, self.to_s), [self.to_s].into_iter());
        let y =
            Axis::new(&Quantity::new("node", ""), &Spread::Range(0.0, self.nodes), [self.nodes].into_iter());
        let frame = Frame::draw(&mut ink, areas[0], "nodes by number", x, y, 0.0);
        let Area { left, bottom, .. } = frame.inner;
        for (r, row) in self.cells.iter().enumerate() {
            let high = frame.inner.height() / self.cells.len() as f64;
            let wide = frame.inner.width() / row.len() as f64;
            let (low, up) = (bottom - r as f64 * high, bottom - (r + 1) as f64 * high);
            let mut from = 0;
            // Neighbours of one shade are one rectangle: fewer marks, and no seams between them.
            let tone = |value: f64| shade(libm::round(scale.place(value) * 32.0) / 32.0);
            while from < row.len() {
                let shade = tone(row[from]);
                let to = (from..row.len()).find(|n| tone(row[*n]) != shade).unwrap_or(row.len());
                let cell = Area {
                    left: left + from as f64 * wide,
                    right: left + to as f64 * wide,
                    top: up,
                    bottom: low,
                };
                if row[from].is_finite() && shade != (255, 255, 255) {
                    ink.rect(cell, shade, 1.0);
                }
                from = to;
            }
        }
        let Area { left, top, right, bottom } = frame.inner;
        let edge = vec![(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
        ink.path(edge, GREY, 1.0);
        finish(&mut ink, end, &self.note);
        Picture::new(ink, &self.title)
    }
}
