//! Lines with bands: sweeps, distributions, time series, learning curves.

use super::Picture;
use super::axis::{Axis, Quantity, Spread};
use super::ink::{Ink, Point};
use super::look::{STROKE, colour, dashes, marker};
use super::page::{Frame, finish, grid, legend, titled};

/// A line with a band around it.
#[derive(Clone, PartialEq, Debug)]
pub struct Line {
    /// Which of the names it belongs to, which gives it its colour, dashes and marker.
    pub series: usize,
    /// x, y, and the lower and upper edge of the band.
    pub points: Vec<[f64; 4]>,
}

/// One panel.
#[derive(Clone, PartialEq, Debug)]
pub struct LinePanel {
    /// Above the panel, before what y is; may be empty.
    pub heading: String,
    /// What x is.
    pub x: Quantity,
    /// How x is spread.
    pub x_spread: Spread,
    /// What y is.
    pub y: Quantity,
    /// How y is spread.
    pub y_spread: Spread,
    /// The lines.
    pub lines: Vec<Line>,
}

/// How points become a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Join {
    /// Straight from point to point.
    Straight,
    /// Straight, with a marker at each point.
    Marked,
    /// Level until the next point.
    Steps,
}

/// Panels of lines under one legend.
#[derive(Clone, PartialEq, Debug)]
pub struct LinePlot {
    /// Above everything.
    pub title: String,
    /// Names of the series, in the order of the legend.
    pub names: Vec<String>,
    /// How points become lines.
    pub join: Join,
    /// The panels.
    pub panels: Vec<LinePanel>,
    /// Below everything; may be empty.
    pub note: String,
}

/// Room for numbers of five figures beside panels that stand below each other \[px\].
const STACKED: f64 = 40.0;

impl LinePlot {
    /// Draws it: one panel per row if there is one or they show time, else two.
    pub fn draw(&self) -> Picture {
        let (mut ink, top) = titled(&self.title);
        let top = legend(&mut ink, top, &self.names, |ink, n, (x, y)| {
            ink.dashed(&[(x, y), (x + 26.0, y)], dashes(n), colour(n), STROKE + 0.5);
            if self.join == Join::Marked {
                marker(ink, n, (x + 13.0, y));
            }
        });
        let (columns, height) = match (self.panels.len(), self.join) {
            (1, _) => (1, 340.0),
            (_, Join::Steps) => (1, 210.0),
            _ => (2, 260.0),
        };
        let (areas, end) = grid(top, self.panels.len(), columns, height);
        // Panels below each other begin at the same place.
        let least = if columns == 1 { STACKED } else { 0.0 };
        for (panel, area) in self.panels.iter().zip(areas) {
            panel.draw(&mut ink, area, self.join, least);
        }
        finish(&mut ink, end, &self.note);
        Picture::new(ink, &self.title)
    }
}

impl LinePanel {
    fn draw(&self, ink: &mut Ink, area: super::ink::Area, join: Join, least: f64) {
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let x = Axis::new(&self.x, &self.x_spread, points().map(|point| point[0]));
        let ends = points().flat_map(|point| point[2..].iter().copied());
        let y = Axis::with_intervals(&self.y, &self.y_spread, points().map(|point| point[1]), ends);
        let heading =
            if self.heading.is_empty() { y.label.clone() } else { format!("{}: {}", self.heading, y.label) };
        let frame = Frame::draw(ink, area, &heading, x, y, least);
        for line in &self.lines {
            band(ink, &frame, line);
        }
        for line in &self.lines {
            let shown = || line.points.iter().filter(|point| frame.x.shows(point[0]) && point[0].is_finite());
            // A gap in the data is a gap in the line.
            let parts = shown().collect::<Vec<_>>();
            for part in parts.split(|point| !point[1].is_finite()).filter(|part| !part.is_empty()) {
                let places: Vec<Point> = part.iter().map(|point| frame.at(point[0], point[1])).collect();
                let path = if join == Join::Steps { stepped(&places) } else { places.clone() };
                ink.dashed(&path, dashes(line.series), colour(line.series), STROKE);
                if join == Join::Marked || places.len() == 1 {
                    places.iter().for_each(|&at| marker(ink, line.series, at));
                }
            }
        }
    }
}

fn band(ink: &mut Ink, frame: &Frame, line: &Line) {
    let is_whole = |point: &&[f64; 4]| frame.x.shows(point[0]) && point.iter().all(|value| value.is_finite());
    let shown: Vec<&[f64; 4]> = line.points.iter().filter(is_whole).collect();
    let has_width = shown.iter().any(|point| point[2] < point[3]);
    if !has_width {
        return;
    }
    if let [only] = shown[..] {
        return ink.path(
            vec![frame.at(only[0], only[2]), frame.at(only[0], only[3])],
            colour(line.series),
            STROKE,
        );
    }
    let upper = shown.iter().map(|point| frame.at(point[0], point[3]));
    let lower = shown.iter().rev().map(|point| frame.at(point[0], point[2]));
    ink.filled(upper.chain(lower).collect(), colour(line.series), 0.16);
}

fn stepped(points: &[Point]) -> Vec<Point> {
    let mut path: Vec<Point> = Vec::with_capacity(points.len() * 2);
    for &(x, y) in points {
        if let Some(&(_, before)) = path.last() {
            path.push((x, before));
        }
        path.push((x, y));
    }
    path
}
