//! Plots as SVG text: the same bytes for the same numbers, with the viewer's own font.

use std::ops::Range;

use plotters::prelude::*;

/// A line with a band around it.
#[derive(Clone, PartialEq, Debug)]
pub struct Curve {
    /// Its name in the legend.
    pub name: String,
    /// x, y, and the lower and upper edge of the band.
    pub points: Vec<[f64; 4]>,
}

/// A line plot.
#[derive(Clone, PartialEq, Debug)]
pub struct CurvePlot {
    /// Above the plot.
    pub title: String,
    /// What x is, with its unit.
    pub x_label: String,
    /// What y is, with its unit.
    pub y_label: String,
    /// The part of x that is shown.
    pub x: Range<f64>,
    /// The part of y that is shown.
    pub y: Range<f64>,
    /// The corner in which the lines have room for the legend.
    pub legend: Corner,
    /// The lines, in the order of the legend.
    pub curves: Vec<Curve>,
}

/// An upper corner of a plot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Corner {
    /// Left.
    Left,
    /// Right.
    Right,
}

/// Width and height \[px\].
const SIZE: (u32, u32) = (760, 480);

/// Colours that stay apart for colour-blind eyes.
///
/// # Source
/// Okabe and Ito, "Color universal design", 2008.
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 0, 0),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
];

/// The colour of the line number `n`.
fn colour(n: usize) -> RGBColor {
    COLOURS[n % COLOURS.len()]
}

/// Draws the plot.
///
/// # Errors
/// What the drawing library says; with finite numbers nothing is known to fail.
pub fn curves_svg(plot: &CurvePlot) -> Result<String, String> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
        draw(plot, &area).map_err(|error| error.to_string())?;
    }
    Ok(text)
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Failed = Box<dyn std::error::Error>;

fn draw(plot: &CurvePlot, area: &Area<'_>) -> Result<(), Failed> {
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(area)
        .caption(&plot.title, ("sans-serif", 20))
        .margin(14)
        .x_label_area_size(46)
        .y_label_area_size(60)
        .build_cartesian_2d(plot.x.clone(), plot.y.clone())?;
    chart
        .configure_mesh()
        .x_desc(&plot.x_label)
        .y_desc(&plot.y_label)
        .x_label_formatter(&|x| x.to_string())
        .y_label_formatter(&|y| y.to_string())
        .axis_desc_style(("sans-serif", 15))
        .label_style(("sans-serif", 13))
        .light_line_style(WHITE)
        .bold_line_style(RGBColor(225, 225, 225))
        .draw()?;
    for (n, curve) in plot.curves.iter().enumerate() {
        let shown =
            || curve.points.iter().filter(|point| plot.x.contains(&point[0]) || point[0] == plot.x.end);
        let clamp = |y: f64| y.clamp(plot.y.start, plot.y.end);
        let upper = shown().map(|&[x, _, _, high]| (x, clamp(high)));
        let lower = shown().map(|&[x, _, low, _]| (x, clamp(low))).collect::<Vec<_>>().into_iter().rev();
        chart.draw_series([Polygon::new(upper.chain(lower).collect::<Vec<_>>(), colour(n).mix(0.18))])?;
        let line = shown().map(|&[x, y, _, _]| (x, clamp(y)));
        let legend = move |(x, y)| PathElement::new([(x, y), (x + 22, y)], colour(n).stroke_width(3));
        chart
            .draw_series(LineSeries::new(line, colour(n).stroke_width(2)))?
            .label(&curve.name)
            .legend(legend);
    }
    chart
        .configure_series_labels()
        .position(match plot.legend {
            Corner::Left => SeriesLabelPosition::UpperLeft,
            Corner::Right => SeriesLabelPosition::UpperRight,
        })
        .label_font(("sans-serif", 14))
        .background_style(WHITE.mix(0.85))
        .border_style(RGBColor(200, 200, 200))
        .draw()?;
    area.present()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plot_names_its_axes_and_lines_and_is_the_same_each_time() {
        let points = (0..50).map(f64::from).map(|x| [x, x * x, x * x - 1.0, x * x + 1.0]).collect();
        let plot = CurvePlot {
            title: "squares".into(),
            x_label: "x [m]".into(),
            y_label: "area [m2]".into(),
            x: 0.0..40.0,
            y: 0.0..1500.0,
            legend: Corner::Left,
            curves: vec![Curve { name: "square".into(), points }],
        };
        let svg = curves_svg(&plot).unwrap();
        for part in ["squares", "x [m]", "area [m2]", "square", "</svg>"] {
            assert!(svg.contains(part), "{part}");
        }
        assert_eq!(svg, curves_svg(&plot).unwrap());
    }
}
