//! Policies side by side: table, bars, pairs, and the front of two metrics.

use sim_core::Better;

use super::Page;
use super::content::{Content, Point};
use super::html::{Cell, Html};
use crate::compare::{Comparison, Method, Side, cells, correct, findings, phrase};
use crate::plot::{BarPanel, BarPlot, FrontPlot, Quantity, Spot};
use crate::record::RunRecord;
use crate::store::StoreError;

/// Policies that stand side by side in a table; more of them stand below each other (arbitrary: width of a page).
const ACROSS: usize = 5;
/// Metrics that stand side by side then.
const COLUMNS: usize = 6;

/// The table and its bars.
pub(super) fn table(content: &Content, page: &mut Page) -> Result<(), StoreError> {
    page.body.heading("Comparison");
    if content.metrics.is_empty() {
        page.body.paragraph("No run has any of the metrics that would be shown.");
        return Ok(());
    }
    let everywhere = |_: &Point| true;
    let (points, seeds) = (content.points.len(), content.seeds.len());
    let over = match (points, seeds) {
        (1, 1) => "values of the only seed".to_owned(),
        (1, n) => format!("means over {n} seeds"),
        (p, 1) => format!("means over {p} points, of the only seed"),
        (p, n) => format!("means over {p} points and {n} seeds"),
    };
    tables(content, &mut page.body, &over, everywhere);
    let of_intervals = "± is half of the 95 % interval of the mean over seeds, by Student's t; ";
    let legend =
        format!("{}* marks the best of a metric, where one is.", if seeds > 1 { of_intervals } else { "" });
    page.body.paragraph(&legend);
    let panel = |metric: &Quantity| BarPanel {
        quantity: metric.clone(),
        bars: content.bars(&metric.name, everywhere),
    };
    let plot = BarPlot {
        title: format!("{}: {over}", content.manifest.scenario),
        names: content.labels(),
        panels: content.panels().iter().map(panel).collect(),
        note: if seeds > 1 { "Whiskers: 95 % interval over seeds.".into() } else { String::new() },
    };
    let left_out = content.metrics.len() - content.panels().len();
    let more = match left_out {
        0 => String::new(),
        n => format!(" {n} more metrics are in the table; --metric chooses others."),
    };
    page.figure("comparison", None, plot.draw(), &format!("The policies by metric, {over}.{more}"));
    Ok(())
}

/// The comparison where `is_here`: policies across if they are few, else down.
pub(super) fn tables(content: &Content, html: &mut Html, caption: &str, is_here: impl Fn(&Point) -> bool) {
    let labels = content.labels();
    let columns: Vec<Vec<Cell>> = content
        .metrics
        .iter()
        .map(|metric| content.cells(metric, &content.bars(&metric.name, &is_here)))
        .collect();
    let name = |n: usize| content.metrics[n].name.clone();
    if labels.len() <= ACROSS {
        let mut head = vec!["metric".to_owned()];
        head.extend(labels);
        let row = |(n, cells): (usize, &Vec<Cell>)| {
            let mut row = vec![Cell::plain(name(n))];
            row.extend(cells.iter().cloned());
            row
        };
        let rows: Vec<Vec<Cell>> = columns.iter().enumerate().map(row).collect();
        html.table(caption, &head, &rows);
        return;
    }
    for (part, group) in columns.chunks(COLUMNS).enumerate() {
        let mut head = vec!["policy".to_owned()];
        head.extend((0..group.len()).map(|n| name(part * COLUMNS + n)));
        let row = |(n, label): (usize, &String)| {
            let mut row = vec![Cell::plain(label)];
            row.extend(group.iter().map(|cells| cells[n].clone()));
            row
        };
        let rows: Vec<Vec<Cell>> = labels.iter().enumerate().map(row).collect();
        html.table(caption, &head, &rows);
    }
}

/// Every policy against the first, pair by pair.
pub(super) fn pairs(content: &Content, page: &mut Page) -> Result<(), StoreError> {
    let Some((first, others)) = content.contestants.split_first().filter(|(_, others)| !others.is_empty())
    else {
        return Ok(());
    };
    let metrics: Vec<&str> = content.leading().iter().map(|metric| metric.name.as_str()).collect();
    let folder = content.dir.display().to_string();
    let side = |who: &super::content::Contestant| Side {
        folder: folder.clone(),
        policy: who.label.clone(),
        runs: content.records.iter().filter(|run: &&RunRecord| who.is_of(run)).collect(),
    };
    let head = ["policy", "metric", "pairs", "difference", ""].map(str::to_owned);
    let mut rows = Vec::new();
    let mut comparisons: Vec<Comparison<'_>> =
        others.iter().map(|who| Comparison::new(side(first), side(who), &metrics, Method::Student)).collect();
    correct(&mut comparisons);
    for (who, comparison) in others.iter().zip(&comparisons) {
        for row in comparison.rows.iter().filter(|row| row.point.is_none()) {
            let [_, _, difference, _] = cells(row, &first.label, &who.label);
            let verdict = phrase(row.corrected_verdict(), &first.label, &who.label);
            let pairs = row.difference.map_or(0, |difference| difference.pairs).to_string();
            rows.push(
                [who.label.clone(), row.metric.clone(), pairs, difference, verdict].map(Cell::plain).to_vec(),
            );
        }
    }
    page.body.heading("Pair by pair");
    page.body.paragraph(&format!(
        "Each policy against {}: runs of the same seed at the same point have the same jobs, so that their \
         difference owes less to luck than the two means do. ± is half of the 95 % interval of the mean \
         difference over seeds. Verdicts are corrected after Holm for all differences of the table, so that \
         the chance of any false one is 5 %: an interval without zero alone is not enough.",
        first.label
    ));
    page.body.table(&format!("difference to {}", first.label), &head, &rows);
    page.body.list(&comparisons.iter().flat_map(findings).collect::<Vec<_>>());
    Ok(())
}

/// Two metrics against each other: the first, and the first of what is good to have much of or costs.
pub(super) fn front(content: &Content, page: &mut Page) -> Result<(), StoreError> {
    let judged = || content.metrics.iter().filter(|metric| content.better(&metric.name) != Better::Neither);
    let Some(y) = judged().next() else { return Ok(()) };
    // Against waiting stands what it is bought with, not another word for it; a metric that is the same for all has
    // no front.
    let is_waiting =
        |metric: &&Quantity| ["wait", "jct", "slowdown"].iter().any(|word| metric.name.contains(word));
    let differs = |metric: &&Quantity| {
        let bars = content.bars(&metric.name, |_| true);
        let values = || bars.iter().flatten().map(|bar| bar.value);
        metric.name != y.name && values().any(|value| Some(value) != values().next())
    };
    let other = judged().filter(|metric| is_waiting(metric) != is_waiting(&y)).find(differs);
    let Some(x) = other.or_else(|| judged().find(differs)) else { return Ok(()) };
    let bars = |name: &str| content.bars(name, |_| true);
    let spots: Vec<Spot> = (content.labels().into_iter().zip(bars(&x.name)).zip(bars(&y.name)))
        .filter_map(|((name, x), y)| Some(Spot { name, x: x?, y: y? }))
        .collect();
    if spots.len() < 2 {
        return Ok(());
    }
    let plot = FrontPlot {
        title: format!("{}: {} against {}", content.manifest.scenario, y.name, x.name),
        x: (x.clone(), content.better(&x.name)),
        y: (y.clone(), content.better(&y.name)),
        spots,
        note: "Dashed: policies that no other beats in both. Bars: 95 % intervals over seeds.".into(),
    };
    let front = plot.front();
    let names: Vec<&str> = front.iter().map(|n| plot.spots[*n].name.as_str()).collect();
    let caption = format!(
        "{} against {}. No other policy is better in both than: {}.",
        y.name,
        x.name,
        names.join(", ")
    );
    page.body.heading("What is gained for what");
    page.figure("front", None, plot.draw(), &caption);
    Ok(())
}
