//! Pictures of results, as SVG and PNG from one description: the same bytes for the same numbers.
//!
//! A plot is data ([`LinePlot`], [`BarPlot`], [`FrontPlot`], [`GanttPlot`], [`HeatPlot`]); `draw` lays it out as marks,
//! and [`Picture`] writes these through plotters in either format. Widths of texts are those of the bundled font,
//! so that what must have room has it: names are cut in their middle, ticks become fewer, the legend takes more rows.

mod axis;
mod bars;
mod font;
mod ink;
mod lines;
mod look;
mod nodes;
mod page;
mod render;
mod scatter;
#[cfg(test)]
mod tests;

pub use axis::{Quantity, Spread};
pub use bars::{Bar, BarPanel, BarPlot};
use ink::Ink;
pub use lines::{Join, Line, LinePanel, LinePlot};
pub use nodes::{GanttPlot, HeatPlot, Stay};
pub use scatter::{FrontPlot, Spot};

/// A picture that is laid out.
#[derive(Clone, PartialEq, Debug)]
pub struct Picture {
    ink: Ink,
    description: String,
}

impl Picture {
    fn new(ink: Ink, description: &str) -> Self {
        Self { ink, description: description.to_owned() }
    }

    /// What it shows, in words.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The picture as an SVG document.
    pub fn svg(&self) -> String {
        render::svg(&self.ink, &self.description)
    }

    /// The picture as a PNG file of twice its size in pixels.
    pub fn png(&self) -> Vec<u8> {
        render::png(&self.ink)
    }
}
