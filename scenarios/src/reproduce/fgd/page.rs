//! What people see of the comparison: a table, and the paper's figures 7 and 9.

use std::collections::BTreeMap;
use std::fmt::Write;

use analysis::plot::{Join, Line, LinePanel, LinePlot, Quantity, Spread};
use statrs::statistics::{Data, Median, OrderStatistics};

use super::golden::Triple;
use super::runs::{Outcome, TOLERANCE_PP, compare};
use super::{SHOWN, groups};
use crate::reproduce::{Figure, Statistical};

/// Means over seeds per trace and policy at the shown loads, ours beside the published, and what does not agree.
pub(super) fn table(outcomes: &[Outcome<'_>], statistical: &[Statistical]) -> String {
    let mut text = String::new();
    for (n, name) in [(0, "GPU allocated [% of capacity]"), (2, "fragmentation [% of idle GPU]")] {
        one_table(&mut text, outcomes, n, name);
    }
    let largest = outcomes.iter().filter_map(compare).map(|case| case.max_abs_diff).fold(0.0, f64::max);
    let _ = writeln!(
        text,
        "largest difference of a point of a deterministic run: {largest:.6} percentage points; up to {TOLERANCE_PP:.3} \
         are rounding"
    );
    let beyond: Vec<&Statistical> = statistical.iter().filter(|cell| !cell.holds()).collect();
    let within = statistical.len() - beyond.len();
    let _ = writeln!(
        text,
        "means over seeds: {within} of {} cells are within max(0.2, 3 standard errors) of the published mean; chance \
         alone puts about one in 400 beyond three standard errors",
        statistical.len()
    );
    for cell in beyond {
        let Statistical { name, ours, theirs, sd, limit } = cell;
        let _ =
            writeln!(text, "    {name}: ours {ours:.3}, theirs {theirs:.3}, sd {sd:.3}, limit {limit:.3}");
    }
    text
}

fn one_table(text: &mut String, outcomes: &[Outcome<'_>], n: usize, name: &str) {
    let loads = SHOWN.map(|load| format!("{:^23}", format!("at {load} %"))).join(" ");
    let _ = writeln!(text, "{name}\n{:<13} {:<15} {loads}", "", "");
    let columns = format!("{:>7} {:>7} {:>7}", "ours", "theirs", "diff");
    let _ = writeln!(text, "{:<13} {:<15} {}", "trace", "policy", [columns.as_str(); SHOWN.len()].join(" "));
    for group in groups(outcomes) {
        let spec = group[0].spec;
        let _ = write!(text, "{:<13} {:<15}", spec.golden.trace, spec.policy);
        for load in SHOWN {
            let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
            let at = |curve: &BTreeMap<u64, Triple>| curve.get(&load).map(|triple| triple[n]);
            let ours = mean(group.iter().filter_map(|outcome| at(&outcome.ours)).collect());
            let theirs: Vec<f64> = group.iter().filter_map(|outcome| at(outcome.spec.theirs?)).collect();
            let published = spec.golden.means.get(spec.published).and_then(|means| means.get(&(n, load)));
            let theirs =
                if spec.theirs.is_some() { mean(theirs) } else { published.map_or(f64::NAN, |m| m[0]) };
            let _ = write!(text, " {ours:>7.2} {theirs:>7.2} {:>7.3}", ours - theirs);
        }
        text.push('\n');
    }
    text.push('\n');
}

/// A figure of the paper.
struct Sketch {
    number: &'static str,
    what: &'static str,
    unit: &'static str,
    /// The value that it shows.
    of: fn(&Triple) -> f64,
    x_from: f64,
    y_to: f64,
}

const FIGURES: [Sketch; 3] = [
    Sketch {
        number: "7a",
        what: "fragmentation ratio",
        unit: "% of idle GPU",
        of: |triple| triple[2],
        x_from: 0.0,
        y_to: 100.0,
    },
    Sketch {
        number: "7b",
        what: "fragmentation amount",
        unit: "% of capacity",
        of: |triple| triple[1],
        x_from: 0.0,
        y_to: 20.0,
    },
    Sketch {
        number: "9a",
        what: "unallocated GPU",
        unit: "% of capacity",
        of: |triple| 100.0 - triple[0],
        x_from: 80.0,
        y_to: 25.0,
    },
];

/// The paper's figures for the trace `default`, or the first if it is not there; none without runs.
pub(super) fn figures(outcomes: &[Outcome<'_>]) -> Vec<Figure> {
    let traces = || outcomes.iter().map(|outcome| outcome.spec.golden.trace.as_str());
    let Some(trace) = traces().find(|trace| *trace == "default").or_else(|| traces().next()) else {
        return Vec::new();
    };
    let mut of_trace = groups(outcomes);
    of_trace.retain(|group| group[0].spec.golden.trace == trace);
    FIGURES.iter().map(|sketch| figure(sketch, trace, &of_trace)).collect()
}

fn figure(sketch: &Sketch, trace: &str, groups: &[&[Outcome<'_>]]) -> Figure {
    let Sketch { number, what, unit, of, x_from, y_to } = *sketch;
    let line = |(series, group): (usize, &&[Outcome<'_>])| Line { series, points: quartiles(group, of) };
    let plot = LinePlot {
        title: format!("{what}, trace {trace}: median and quartiles of seeds"),
        names: groups.iter().map(|group| group[0].spec.policy.to_owned()).collect(),
        join: Join::Straight,
        panels: vec![LinePanel {
            heading: String::new(),
            x: Quantity::new("GPU asked for so far", "% of capacity"),
            x_spread: Spread::Range(x_from, 130.0),
            y: Quantity::new(what, unit),
            y_spread: Spread::Range(0.0, y_to),
            lines: groups.iter().enumerate().map(line).collect(),
        }],
        note: String::new(),
    };
    let svg = plot.draw().svg();
    let caption = format!("Figure {number} of the paper: {what}, trace {trace}");
    Figure { name: format!("fgd-figure-{number}"), caption, svg }
}

/// Load, median, lower and upper quartile over the seeds of a group.
fn quartiles(group: &[Outcome<'_>], of: fn(&Triple) -> f64) -> Vec<[f64; 4]> {
    let mut by_load: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for (load, triple) in group.iter().flat_map(|outcome| &outcome.ours) {
        by_load.entry(*load).or_default().push(of(triple));
    }
    let point = |(load, values): (u64, Vec<f64>)| {
        let mut values = Data::new(values);
        [load as f64, values.median(), values.lower_quartile(), values.upper_quartile()]
    };
    by_load.into_iter().map(point).collect()
}
