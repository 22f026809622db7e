//! What the nodes did in one run of each policy: a Gantt chart if it is small, else a heat map.

use arrow::array::{Array, UInt32Array};

use super::Page;
use super::content::Content;
use super::rows::{each_batch, runs_of};
use crate::plot::{GanttPlot, HeatPlot, Quantity, Stay};
use crate::store::StoreError;
use crate::table_rows::value;

/// Policies whose nodes are shown (arbitrary: a page each).
const POLICIES: usize = 6;
/// Nodes and stays that a Gantt chart has room for (arbitrary).
const GANTT_NODES: u32 = 32;
const GANTT_STAYS: usize = 400;
/// Rows and columns of a heat map, at most (arbitrary: some pixels each).
const ROWS: u32 = 96;
const COLUMNS: u64 = 240;

/// One run, as its jobs tell it.
#[derive(Default)]
struct Run {
    /// Times that a task of a job was on a node: node, from, to, job. Those of a large run are only added up.
    stays: Vec<Stay>,
    /// Task-nanoseconds per row and column.
    cells: Vec<Vec<f64>>,
    tasks: usize,
    preempted: bool,
}

/// A picture per policy, of its first seed at the point where policies differ most.
pub(super) fn nodes(content: &Content, page: &mut Page) -> Result<(), StoreError> {
    let point = content.telling_point().clone();
    let seed = content.seeds[0];
    let shown = content.contestants.len().min(POLICIES);
    let (nodes, end) = extent(content)?;
    if nodes == 0 || end == 0 {
        return Ok(());
    }
    let per_row = nodes.div_ceil(ROWS);
    let (rows, width) = (nodes.div_ceil(per_row) as usize, end.div_ceil(COLUMNS).max(1));
    let blank = || Run { cells: vec![vec![0.0; end.div_ceil(width) as usize]; rows], ..Run::default() };
    let mut runs: Vec<Run> = (0..shown).map(|_| blank()).collect();
    let wanted = ["job_id", "start_ns", "end_ns", "nodes", "preemptions"];
    each_batch(
        content,
        "jobs",
        |name| wanted.contains(&name),
        |batch| {
            let keys = runs_of(batch, content, &point)?;
            let [jobs, start, end] =
                [batch.integers("job_id")?, batch.integers("start_ns")?, batch.integers("end_ns")?];
            let (lists, preemptions) = (batch.nodes()?, batch.column("preemptions")?);
            for (row, key) in keys.into_iter().enumerate() {
                let Some((who, _)) = key.filter(|(who, of)| *who < shown && *of == seed) else { continue };
                let (Some(from_ns), Some(to_ns)) = (value(start, row), value(end, row)) else { continue };
                let preemptions = preemptions.as_any().downcast_ref::<arrow::array::UInt16Array>();
                let run = &mut runs[who];
                run.preempted |= preemptions.is_some_and(|column| column.value(row) > 0);
                let list = lists.value(row);
                for node in
                    list.as_any().downcast_ref::<UInt32Array>().into_iter().flat_map(|list| list.values())
                {
                    let stay = Stay { node: *node as usize, from_ns, to_ns, job: jobs.value(row) };
                    run.add(stay, per_row, width);
                }
            }
            Ok(())
        },
    )?;
    if runs.iter().all(|run| run.tasks == 0) {
        return Ok(());
    }
    page.body.heading("Nodes");
    let words = content.words(&point);
    let here = if words.is_empty() { String::new() } else { format!(", {words}") };
    let is_small = nodes <= GANTT_NODES && runs.iter().all(|run| run.tasks <= GANTT_STAYS);
    for (n, run) in runs.into_iter().enumerate() {
        let label = &content.contestants[n].label;
        let title = format!("{}: nodes under {label}, seed {seed}{here}", content.manifest.scenario);
        let note = match run.preempted {
            true => {
                "A job that was stopped and started again is shown from its first start to its end, on its last nodes."
            }
            false => "",
        };
        let (picture, what) = if is_small {
            let names = (0..nodes).map(|node| format!("node {node}")).collect();
            (GanttPlot { title, nodes: names, stays: run.stays, note: note.into() }.draw(), "Jobs on nodes")
        } else {
            let cells = means(&run.cells, nodes, per_row, width);
            let plot = HeatPlot {
                title,
                to_s: end as f64 / 1e9,
                nodes: f64::from(nodes),
                quantity: Quantity::new("tasks on a node", ""),
                cells,
                note: note.into(),
            };
            (plot.draw(), "How many tasks the nodes held")
        };
        page.figure("nodes", Some(n + 1), picture, &format!("{what} over time: {label}, seed {seed}{here}."));
    }
    let left_out = content.contestants.len() - shown;
    if left_out > 0 {
        page.body.paragraph(&format!("The other {left_out} policies are left out here."));
    }
    Ok(())
}

/// Nodes that any job was on, and the last end \[ns\], of the runs that are shown.
fn extent(content: &Content) -> Result<(u32, u64), StoreError> {
    let point = content.telling_point();
    let (mut nodes, mut last) = (0, 0);
    each_batch(
        content,
        "jobs",
        |name| ["end_ns", "start_ns", "nodes"].contains(&name),
        |batch| {
            let runs = runs_of(batch, content, point)?;
            let (lists, ends) = (batch.nodes()?, batch.integers("end_ns")?);
            for (row, run) in runs.into_iter().enumerate() {
                if run.is_none_or(|(_, seed)| seed != content.seeds[0]) {
                    continue;
                }
                last = last.max(value(ends, row).unwrap_or(0));
                let list = lists.value(row);
                let highest = list
                    .as_any()
                    .downcast_ref::<UInt32Array>()
                    .and_then(|list| list.values().iter().max().copied());
                nodes = nodes.max(highest.map_or(0, |highest| highest + 1));
            }
            Ok(())
        },
    )?;
    Ok((nodes, last))
}

impl Run {
    fn add(&mut self, stay: Stay, per_row: u32, width: u64) {
        self.tasks += 1;
        let row = &mut self.cells[stay.node / per_row as usize];
        let mut at = stay.from_ns;
        while at < stay.to_ns {
            let column = at / width;
            let until = ((column + 1) * width).min(stay.to_ns);
            row[column as usize] += (until - at) as f64;
            at = until;
        }
        if self.stays.len() <= GANTT_STAYS {
            self.stays.push(stay);
        }
    }
}

/// Task-nanoseconds as tasks per node.
fn means(cells: &[Vec<f64>], nodes: u32, per_row: u32, width: u64) -> Vec<Vec<f64>> {
    let row = |(n, row): (usize, &Vec<f64>)| {
        let first = n as u32 * per_row;
        let held = (nodes - first).min(per_row);
        row.iter().map(|sum| sum / (f64::from(held) * width as f64)).collect()
    };
    cells.iter().enumerate().map(row).collect()
}
