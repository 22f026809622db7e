//! Curves of runs: utilization and queue over time, allocation and fragmentation over arrived load.

use std::collections::BTreeMap;

use super::Page;
use super::content::Content;
use super::rows::{each_batch, runs_of};
use crate::compare::mean_ci95;
use crate::plot::{Join, Line, LinePanel, LinePlot, Quantity, Spread};
use crate::store::StoreError;

/// Steps of a curve at most (arbitrary: two pixels each); more instants are put together as means.
const STEPS: u64 = 320;

/// A curve: at each x, seeds and their values.
type Curve = BTreeMap<u64, Vec<(u64, f64)>>;

/// Curves by column and contestant.
type Curves = BTreeMap<(String, usize), Curve>;

/// Utilization, queue, running, and what else the series has.
pub(super) fn series(content: &Content, page: &mut Page) -> Result<(), StoreError> {
    let point = content.telling_point();
    let is_wanted = |name: &str| {
        name == "queue"
            || name == "time_ns"
            || name.starts_with("utilization_")
            || name.starts_with("fragmentation_")
    };
    let curves = read(content, "series", "time_ns", &is_wanted)?;
    if curves.is_empty() {
        return Ok(());
    }
    let unit = |name: &str| if name == "queue" { "jobs" } else { "1" };
    let panels: Vec<LinePanel> = columns(&curves, &["utilization_", "queue", "fragmentation_"])
        .into_iter()
        .map(|name| LinePanel {
            heading: String::new(),
            x: Quantity::new("time", "s"),
            x_spread: Spread::FromZero,
            y: Quantity::new(&name, unit(&name)),
            y_spread: if name == "queue" { Spread::FromZero } else { Spread::Range(0.0, 1.0) },
            lines: lines(content, &curves, &name, 1e-9),
        })
        .collect();
    let words = content.words(point);
    let here = if words.is_empty() { String::new() } else { format!(", at {words}") };
    let plot = LinePlot {
        title: format!("{}: over time{here}", content.manifest.scenario),
        names: content.labels(),
        join: Join::Steps,
        panels,
        note: if content.seeds.len() > 1 { "Lines: means over seeds.".into() } else { String::new() },
    };
    page.body.heading("Over time");
    page.figure(
        "over-time",
        None,
        plot.draw(),
        &format!("Utilization, queue and fragmentation over time{here}."),
    );
    Ok(())
}

/// Curves over how much GPU was asked for.
pub(super) fn loads(content: &Content, page: &mut Page) -> Result<(), StoreError> {
    let curves = read(content, "loads", "arrived_load_pct", &|name: &str| name.ends_with("_pct"))?;
    if curves.is_empty() {
        return Ok(());
    }
    let known = [
        ("alloc_pct", "GPU allocated", "% of capacity"),
        ("frag_amount_pct", "fragmentation", "% of capacity"),
        ("frag_ratio_pct", "fragmentation ratio", "% of idle GPU"),
    ];
    let panel = |(column, name, unit): (&str, &str, &str)| LinePanel {
        heading: String::new(),
        x: Quantity::new("GPU asked for so far", "% of capacity"),
        x_spread: Spread::FromZero,
        y: Quantity::new(name, unit),
        y_spread: Spread::FromZero,
        lines: lines(content, &curves, column, 1.0),
    };
    let words = content.words(content.telling_point());
    let here = if words.is_empty() { String::new() } else { format!(", at {words}") };
    let plot = LinePlot {
        title: format!("{}: allocation and fragmentation against load{here}", content.manifest.scenario),
        names: content.labels(),
        join: Join::Straight,
        panels: known.into_iter().map(panel).collect(),
        note: if content.seeds.len() > 1 { "Bands: 95 % interval over seeds.".into() } else { String::new() },
    };
    page.body.heading("Against arrived load");
    let caption = format!("GPU allocated and fragmented as more and more is asked for{here}.");
    page.figure("arrived-load", None, plot.draw(), &caption);
    Ok(())
}

/// The wanted columns of the table at the telling point, by contestant and x.
fn read(
    content: &Content,
    stem: &str,
    x: &str,
    is_wanted: &dyn Fn(&str) -> bool,
) -> Result<Curves, StoreError> {
    let point = content.telling_point();
    let mut curves = Curves::new();
    each_batch(
        content,
        stem,
        |name| name == x || is_wanted(name),
        |batch| {
            let (runs, at) = (runs_of(batch, content, point)?, batch.integers(x)?);
            for name in batch.named("").into_iter().filter(|name| name != x && is_wanted(name)) {
                let values = batch.numbers(&name)?;
                let mut last: Option<(usize, &mut Curve)> = None;
                for (row, run) in runs.iter().enumerate() {
                    let Some((who, seed)) = *run else { continue };
                    if last.as_ref().is_none_or(|(n, _)| *n != who) {
                        last = Some((who, curves.entry((name.clone(), who)).or_default()));
                    }
                    if let Some((_, curve)) = &mut last
                        && values[row].is_finite()
                    {
                        curve.entry(at.value(row)).or_default().push((seed, values[row]));
                    }
                }
            }
            Ok(())
        },
    )?;
    Ok(curves)
}

/// Names of the columns, those of each family together.
fn columns(curves: &Curves, families: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = curves.keys().map(|(name, _)| name.clone()).collect();
    names.dedup();
    let of =
        |family: &&str| names.iter().filter(|name| name.starts_with(*family)).cloned().collect::<Vec<_>>();
    families.iter().flat_map(of).collect()
}

/// Means over seeds with their intervals, in at most [`STEPS`] steps of equal length; x is multiplied by `scale`.
fn lines(content: &Content, curves: &Curves, name: &str, scale: f64) -> Vec<Line> {
    let last = curves.values().filter_map(|curve| curve.keys().next_back()).max().copied().unwrap_or(0);
    let width = last.div_ceil(STEPS).max(1);
    let line = |series: usize| {
        let curve = curves.get(&(name.to_owned(), series))?;
        // Of each step and seed the sum and number of values.
        let mut steps: BTreeMap<u64, BTreeMap<u64, (f64, u32)>> = BTreeMap::new();
        for (at, values) in curve {
            // Rows show what was before their instant.
            let step = steps.entry(at.saturating_sub(1) / width).or_default();
            for (seed, value) in values {
                let (sum, n) = step.entry(*seed).or_default();
                (*sum, *n) = (*sum + value, *n + 1);
            }
        }
        let mut points = Vec::new();
        for (step, seeds) in steps {
            let means: Vec<f64> = seeds.values().map(|(sum, n)| sum / f64::from(*n)).collect();
            let (mean, interval) = mean_ci95(&means);
            let (low, high) = interval.filter(|_| scale == 1.0).unwrap_or((mean, mean));
            let at = if width == 1 { step + 1 } else { step * width };
            points.push([at as f64 * scale, mean, low, high]);
        }
        Some(Line { series, points })
    };
    (0..content.contestants.len()).filter_map(line).collect()
}
