//! Along the axes of the sweep: lines and a table for each.

use std::collections::BTreeSet;

use super::Page;
use super::content::{Content, Point, Swept};
use super::html::Cell;
use crate::compare::point_text;
use crate::plot::{Join, Line, LinePanel, LinePlot, Quantity, Spread};
use crate::store::StoreError;

/// Values of a second axis that have a panel each (arbitrary).
const FACETS: usize = 8;

/// Axes that go side by side, as one: the first, and the names of the others.
type Together<'a> = (&'a Swept, Vec<&'a str>);

/// The axes, those together of which each value of the one belongs to one value of the other.
fn together(content: &Content) -> Vec<Together<'_>> {
    let mut groups: Vec<Together<'_>> = Vec::new();
    for swept in &content.axes {
        let goes_with = |(first, _): &&mut Together<'_>| {
            let pairs: BTreeSet<_> =
                content.points.iter().map(|point| (of(point, &first.axis), of(point, &swept.axis))).collect();
            pairs.len() == first.values.len() && pairs.len() == swept.values.len()
        };
        match groups.iter_mut().find(goes_with) {
            Some((_, others)) => others.push(&swept.axis),
            None => groups.push((swept, Vec::new())),
        }
    }
    groups
}

/// One section per axis, or axes that go side by side, and the first metric in panels if there are two.
pub(super) fn axes(content: &Content, page: &mut Page) -> Result<(), StoreError> {
    let groups = together(content);
    for (n, (swept, with)) in groups.iter().enumerate() {
        let with = if with.is_empty() { String::new() } else { format!(" with {}", with.join(", ")) };
        page.body.heading(&format!("Along {}{with}", swept.axis));
        let lines = |metric: &Quantity| panel(content, swept, metric, String::new(), |_| true);
        let others = match groups.len() {
            1 => with,
            _ => format!("{with}, means over the points of the other axes"),
        };
        let plot = LinePlot {
            title: format!("{}: along {}{others}", content.manifest.scenario, swept.axis),
            names: content.labels(),
            join: Join::Marked,
            panels: content.leading().iter().map(lines).collect(),
            note: if content.seeds.len() > 1 {
                "Bands: 95 % interval over seeds.".into()
            } else {
                String::new()
            },
        };
        let caption = format!("Metrics along {}{others}.", swept.axis);
        page.figure("axis", Some(n + 1), plot.draw(), &caption);
        for metric in content.leading() {
            table(content, page, swept, metric);
        }
    }
    if let ([(first, _), (second, _)], Some(metric)) = (&groups[..], content.metrics.first())
        && second.values.len() <= FACETS
    {
        let facet = |(value, short): (&String, &String)| {
            let is_here = |point: &Point| of(point, &second.axis) == Some(value);
            panel(content, first, metric, format!("{} = {short}", second.axis), is_here)
        };
        let plot = LinePlot {
            title: format!("{}: {} along both axes", content.manifest.scenario, metric.name),
            names: content.labels(),
            join: Join::Marked,
            panels: second.values.iter().zip(&second.short).map(facet).collect(),
            note: String::new(),
        };
        let caption =
            format!("{} along {}, a panel for each value of {}.", metric.name, first.axis, second.axis);
        page.figure("axes", None, plot.draw(), &caption);
    }
    Ok(())
}

fn of<'a>(point: &'a Point, axis: &str) -> Option<&'a String> {
    point.iter().find(|(name, _)| name == axis).map(|(_, value)| value)
}

/// Lines of all contestants along the axis, of the points that `is_here`.
fn panel(
    content: &Content,
    swept: &Swept,
    metric: &Quantity,
    heading: String,
    is_here: impl Fn(&Point) -> bool,
) -> LinePanel {
    let numbers: Option<Vec<f64>> = swept.values.iter().map(|value| value.parse().ok()).collect();
    let numbers = numbers.filter(|numbers: &Vec<f64>| numbers.iter().all(|number| number.is_finite()));
    let line = |series| {
        let point = |(n, value): (usize, &String)| {
            let at = |point: &Point| of(point, &swept.axis) == Some(value) && is_here(point);
            let bar = content.mean(series, &metric.name, at)?;
            let (low, high) = bar.interval.unwrap_or((bar.value, bar.value));
            Some([numbers.as_ref().map_or(n as f64, |numbers| numbers[n]), bar.value, low, high])
        };
        let mut points: Vec<[f64; 4]> = swept.values.iter().enumerate().filter_map(point).collect();
        points.sort_by(|a, b| a[0].total_cmp(&b[0]));
        Line { series, points }
    };
    let lines = (0..content.contestants.len()).map(line).collect();
    let is_wide = |numbers: &Vec<f64>| {
        let least = numbers.iter().copied().fold(f64::INFINITY, f64::min);
        least > 0.0 && numbers.iter().any(|number| *number >= 30.0 * least)
    };
    let x_spread = match &numbers {
        None => Spread::Words(swept.short.clone()),
        Some(numbers) if is_wide(numbers) => Spread::Log,
        Some(_) => Spread::Linear,
    };
    LinePanel {
        heading,
        x: Quantity::new(&swept.axis, ""),
        x_spread,
        y: metric.clone(),
        y_spread: Spread::Auto,
        lines,
    }
}

fn table(content: &Content, page: &mut Page, swept: &Swept, metric: &Quantity) {
    let mut head = vec![swept.axis.clone()];
    let columns: Vec<Vec<Cell>> = swept
        .values
        .iter()
        .map(|value| {
            let bars = content.bars(&metric.name, |point| of(point, &swept.axis) == Some(value));
            content.cells(metric, &bars)
        })
        .collect();
    // The longer side of the table goes down.
    if content.contestants.len() <= 5 {
        head.extend(content.labels());
        let row = |(short, cells): (&String, &Vec<Cell>)| {
            let mut row = vec![Cell::plain(short)];
            row.extend(cells.iter().cloned());
            row
        };
        let rows: Vec<Vec<Cell>> = swept.short.iter().zip(&columns).map(row).collect();
        page.body.table(&metric.name, &head, &rows);
        return;
    }
    for (part, group) in columns.chunks(6).enumerate() {
        let mut head = vec!["policy".to_owned()];
        let here = |n: usize| point_text(&[(swept.axis.clone(), swept.short[part * 6 + n].clone())]);
        head.extend((0..group.len()).map(here));
        let row = |(n, label): (usize, String)| {
            let mut row = vec![Cell::plain(label)];
            row.extend(group.iter().map(|cells| cells[n].clone()));
            row
        };
        let rows: Vec<Vec<Cell>> = content.labels().into_iter().enumerate().map(row).collect();
        page.body.table(&metric.name, &head, &rows);
    }
}
