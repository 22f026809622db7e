//! Two metrics against each other, with the front of what nothing else beats in both.

use sim_core::Better;

use super::Picture;
use super::axis::{Axis, Quantity, Spread};
use super::bars::Bar;
use super::look::{DARK, GREY, colour, marker};
use super::page::{Frame, finish, grid, legend, titled};

/// One policy.
#[derive(Clone, PartialEq, Debug)]
pub struct Spot {
    /// Its name.
    pub name: String,
    /// Along x.
    pub x: Bar,
    /// Along y.
    pub y: Bar,
}

/// Policies in the plane of two metrics.
#[derive(Clone, PartialEq, Debug)]
pub struct FrontPlot {
    /// Above everything.
    pub title: String,
    /// What x is, and which of its values are better.
    pub x: (Quantity, Better),
    /// The same of y.
    pub y: (Quantity, Better),
    /// The policies.
    pub spots: Vec<Spot>,
    /// Below everything; may be empty.
    pub note: String,
}

/// From how many times the smallest value on an axis is logarithmic (arbitrary: what is good lies close together).
const WIDE: f64 = 30.0;

impl FrontPlot {
    /// Numbers of the spots that no other spot equals or beats in one metric and beats in the other, along x.
    pub fn front(&self) -> Vec<usize> {
        let cost = |value: f64, better: Better| if better == Better::Higher { -value } else { value };
        let costs: Vec<(f64, f64)> = self
            .spots
            .iter()
            .map(|spot| (cost(spot.x.value, self.x.1), cost(spot.y.value, self.y.1)))
            .collect();
        let beats = |a: (f64, f64), b: (f64, f64)| a.0 <= b.0 && a.1 <= b.1 && a != b;
        let is_beaten = |n: &usize| costs.iter().any(|other| beats(*other, costs[*n]));
        let is_number = |n: &usize| costs[*n].0.is_finite() && costs[*n].1.is_finite();
        let mut front: Vec<usize> = (0..costs.len()).filter(is_number).filter(|n| !is_beaten(n)).collect();
        front.sort_by(|a, b| self.spots[*a].x.value.total_cmp(&self.spots[*b].x.value));
        front
    }

    /// Draws it.
    pub fn draw(&self) -> Picture {
        let (mut ink, top) = titled(&self.title);
        let names: Vec<String> = self.spots.iter().map(|spot| spot.name.clone()).collect();
        let top = legend(&mut ink, top, &names, |ink, n, (x, y)| marker(ink, n, (x + 16.0, y)));
        let (areas, end) = grid(top, 1, 1, 380.0);
        let axis = |of: fn(&Spot) -> Bar, quantity: &Quantity| {
            let values = self.spots.iter().map(move |spot| of(spot).value);
            let (low, high) =
                (values.clone().fold(f64::INFINITY, f64::min), values.clone().fold(0.0, f64::max));
            let is_wide = low > 0.0 && high >= WIDE * low;
            let ends = self.spots.iter().filter_map(move |spot| of(spot).interval);
            let spread = if is_wide { Spread::Log } else { Spread::Linear };
            Axis::with_intervals(quantity, &spread, values, ends.flat_map(|(low, high)| [low, high]))
        };
        let (x, y) = (axis(|spot| spot.x, &self.x.0), axis(|spot| spot.y, &self.y.0));
        let heading = y.label.clone();
        let frame = Frame::draw(&mut ink, areas[0], &heading, x, y, 0.0);
        let front = self.front();
        let places: Vec<_> =
            front.iter().map(|n| frame.at(self.spots[*n].x.value, self.spots[*n].y.value)).collect();
        ink.dashed(&places, &[4.0, 3.0], GREY, 1.25);
        for (n, spot) in self.spots.iter().enumerate() {
            let (x, y) = (spot.x, spot.y);
            if !(x.value.is_finite() && y.value.is_finite()) {
                continue;
            }
            if let Some((low, high)) = x.interval {
                ink.path(vec![frame.at(low, y.value), frame.at(high, y.value)], colour(n), 1.0);
            }
            if let Some((low, high)) = y.interval {
                ink.path(vec![frame.at(x.value, low), frame.at(x.value, high)], colour(n), 1.0);
            }
            marker(&mut ink, n, frame.at(x.value, y.value));
        }
        let area = frame.inner;
        ink.path(vec![(area.left, area.top), (area.left, area.bottom)], DARK, 1.0);
        finish(&mut ink, end, &self.note);
        Picture::new(ink, &self.title)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_is_what_nothing_else_beats_in_both() {
        let at = |x: f64, y: f64| Spot {
            name: format!("{x} {y}"),
            x: Bar { value: x, interval: None },
            y: Bar { value: y, interval: None },
        };
        let mut plot = FrontPlot {
            title: String::new(),
            x: (Quantity::new("wait_mean", "s"), Better::Lower),
            y: (Quantity::new("utilization_cpu", "1"), Better::Higher),
            // The second is worse than the first in both; the last equals the first, so neither beats the other.
            spots: vec![at(2.0, 0.8), at(3.0, 0.7), at(1.0, 0.5), at(f64::NAN, 0.9), at(2.0, 0.8)],
            note: String::new(),
        };
        assert_eq!(plot.front(), [2, 0, 4]);
        plot.y.1 = Better::Lower;
        assert_eq!(plot.front(), [2]);
    }
}
