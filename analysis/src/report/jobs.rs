//! Distributions over jobs: waits, completion times and slowdowns.

use super::Page;
use super::content::Content;
use super::rows::{each_batch, runs_of};
use crate::plot::{Join, Line, LinePanel, LinePlot, Quantity, Spread};
use crate::quantile::Samples;
use crate::store::StoreError;
use crate::table_rows::value;

/// Rows of a distribution that are kept one by one (arbitrary: a megabyte each); beyond, quantiles are within 0.1 %.
const EXACT_MAX: usize = 131_072;

/// What is shown of jobs: name and unit, and what its integers are divided by.
const SHOWN: [(&str, &str, f64); 3] = [("wait", "s", 1e9), ("jct", "s", 1e9), ("slowdown", "1", 1e6)];

/// Levels of a drawn distribution: even steps, and finer ones towards the end, to one in ten thousand.
fn levels() -> [f64; 128] {
    std::array::from_fn(|n| match n {
        0..=99 => n as f64 / 100.0,
        n => 1.0 - libm::pow(10.0, -2.0 - (n - 99) as f64 / 14.0),
    })
}

/// Shares of jobs up to a value, and shares beyond it, where the tail shows.
pub(super) fn distributions(content: &Content, page: &mut Page) -> Result<(), StoreError> {
    let point = content.telling_point();
    let blank = || std::array::from_fn(|_| Samples::exact_up_to(EXACT_MAX));
    let mut samples: Vec<[Samples; 3]> = content.contestants.iter().map(|_| blank()).collect();
    let wanted = ["submit_ns", "start_ns", "end_ns"];
    each_batch(
        content,
        "jobs",
        |name| wanted.contains(&name),
        |batch| {
            let runs = runs_of(batch, content, point)?;
            let [submit, start, end] =
                [batch.integers("submit_ns")?, batch.integers("start_ns")?, batch.integers("end_ns")?];
            for (row, run) in runs.into_iter().enumerate() {
                let (Some((who, _)), Some(start)) = (run, value(start, row)) else { continue };
                let submit = submit.value(row);
                samples[who][0].add(start.saturating_sub(submit));
                let Some(end) = value(end, row) else { continue };
                let (jct, service) = (end.saturating_sub(submit), end.saturating_sub(start));
                samples[who][1].add(jct);
                if service > 0 {
                    samples[who][2].add((u128::from(jct) * 1_000_000 / u128::from(service)) as u64);
                }
            }
            Ok(())
        },
    )?;
    if samples.iter().all(|samples| samples[0].count() == 0) {
        return Ok(());
    }
    let panels = (0..SHOWN.len()).flat_map(|n| [panel(&samples, n, false), panel(&samples, n, true)]);
    let words = content.words(point);
    let here = if words.is_empty() { String::new() } else { format!(", at {words}") };
    let plot = LinePlot {
        title: format!("{}: how jobs fared{here}", content.manifest.scenario),
        names: content.labels(),
        join: Join::Straight,
        panels: panels.collect(),
        note: "Logarithmic, so that jobs with nothing stand at the left edge. All jobs of all seeds that started \
               (wait) or ended; slowdown: from submission to the end, over the time since the first start."
            .into(),
    };
    let note = match words.is_empty() {
        true => String::new(),
        false => format!(
            " Shown is the point where the policies' {} differ most: {words}.",
            content.metrics[0].name
        ),
    };
    page.body.heading("Distributions over jobs");
    let caption =
        "Left: share of jobs up to a value. Right: share of jobs beyond it, where the worst cases show.";
    page.figure("distributions", None, plot.draw(), &format!("{caption}{note}"));
    Ok(())
}

fn panel(samples: &[[Samples; 3]], n: usize, is_tail: bool) -> LinePanel {
    let (name, unit, divisor) = SHOWN[n];
    let line = |(series, samples): (usize, &[Samples; 3])| {
        let levels = levels();
        let values = samples[n].quantiles(levels);
        let mut points: Vec<[f64; 4]> = Vec::new();
        for (value, level) in values.into_iter().flatten().zip(levels) {
            let share = if is_tail { 1.0 - level } else { level };
            let point = [value / divisor, share, share, share];
            // Of equal values the last level tells how many there are.
            match points.last_mut() {
                Some(last) if last[0] == point[0] => *last = point,
                _ => points.push(point),
            }
        }
        // The largest value ends the distribution, and has a share that a tail can show no more.
        if let (Some(largest), false) = (samples[n].max(), is_tail) {
            points.push([largest as f64 / divisor, 1.0, 1.0, 1.0]);
        }
        Line { series, points }
    };
    let lines: Vec<Line> = samples.iter().enumerate().map(line).collect();
    let what = if is_tail { "share of jobs beyond" } else { "share of jobs up to" };
    LinePanel {
        heading: String::new(),
        x: Quantity::new(name, unit),
        x_spread: Spread::Log,
        y: Quantity::new(what, if is_tail { "" } else { "1" }),
        y_spread: if is_tail { Spread::Log } else { Spread::Range(0.0, 1.0) },
        lines,
    }
}
