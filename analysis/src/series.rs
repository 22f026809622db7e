//! Time series of a run on a fixed grid, streamed to a Parquet file.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema};
use sim_core::{Event, EventMask, Lane, Observer, ResultSink, Shape, SimDuration, SimTime, SinkError, View};

use crate::fragmentation::{FRAGMENTED, Fragmentation};
use crate::key::RunKey;
use crate::parquet_file::{KeyColumns, ParquetFile, properties, with_integers};

/// Rows that are handed to the file at once (arbitrary).
const BATCH_ROWS: usize = 8192;

/// Writes one row per instant of the grid `every, 2 * every, ...`: `policy, predictor, seed`, one column per
/// axis, `time_ns`, `utilization_<lane>` for each lane in which some node has capacity (null while no node is
/// up), `queue` (jobs waiting), `running` (executions), `nodes_up`, `fragmentation_<lane>` for the CPU and
/// GPU lanes among them if a mix was given (null while nothing is free), `cost` (currency units so far).
///
/// A row shows the state just before its instant, so that what happens at the instant itself is in the next
/// row. Rows are written when time passes their instant; a quiet stretch repeats the last state. The last row
/// is that of the last instant of the grid within the run.
///
/// # Order
/// By time.
/// # Cost
/// A few nanoseconds per event, and one row per instant of the grid.
pub struct Series {
    every: SimDuration,
    next: SimTime,
    key: KeyColumns,
    target: Target,
    last: Levels,
    lanes: Vec<Lane>,
    fragmentation: Fragmentation,
    rows: Rows,
    is_priced: bool,
}

enum Target {
    /// The columns depend on the cluster, which is seen at the first event.
    Waiting(std::path::PathBuf),
    Open(Box<ParquetFile>),
    Failed(SinkError),
    Closed,
}

/// The state since `at`.
#[derive(Clone, Copy, Debug, Default)]
struct Levels {
    at: SimTime,
    free: [u64; 8],
    capacity: [u64; 8],
    queue: u64,
    running: u64,
    nodes_up: u64,
    stranded: [u64; 2],
    cost_micros: u128,
}

#[derive(Debug, Default)]
struct Rows {
    time_ns: Vec<u64>,
    utilization: Vec<Vec<Option<f64>>>,
    queue: Vec<u64>,
    running: Vec<u64>,
    nodes_up: Vec<u64>,
    fragmentation: [Vec<Option<f64>>; 2],
    cost: Vec<f64>,
}

impl Series {
    /// A series in a new file at `path` for the run `key`, with the typical mix of tasks for fragmentation
    /// (empty: not measured; see [`Fragmentation`]). The file is made at the first event.
    ///
    /// # Panics
    /// If `every` is zero.
    pub fn new(path: &Path, key: &RunKey, every: SimDuration, mix: Vec<(Shape, u32)>) -> Self {
        assert!(every > SimDuration::ZERO, "the grid of the series has no width");
        Self {
            every,
            next: SimTime::ZERO.saturating_add(every),
            key: KeyColumns::new(key),
            target: Target::Waiting(path.to_owned()),
            last: Levels::default(),
            lanes: Vec::new(),
            fragmentation: Fragmentation::new(mix),
            rows: Rows::default(),
            is_priced: false,
        }
    }

    fn open(&mut self, view: View<'_>) {
        let Target::Waiting(path) = &self.target else { return };
        let has = |lane: &Lane| view.nodes().capacity().iter().any(|capacity| capacity.get(*lane) > 0);
        self.lanes = Lane::ALL.into_iter().filter(has).collect();
        self.rows.utilization = vec![Vec::new(); self.lanes.len()];
        self.is_priced = view.groups().iter().any(|group| group.price_micros_per_hour > 0);
        let named = |family: &str, lane: Lane| {
            Field::new(format!("{family}_{}", view.words().lane_name(lane)), DataType::Float64, true)
        };
        let count = |name: &str| Field::new(name, DataType::UInt64, false);
        let mut fields = self.key.fields();
        fields.push(count("time_ns"));
        fields.extend(self.lanes.iter().map(|&lane| named("utilization", lane)));
        fields.extend(["queue", "running", "nodes_up"].map(count));
        fields.extend(self.fragmented().map(|(_, lane)| named("fragmentation", lane)));
        fields.push(Field::new("cost", DataType::Float64, false));
        let properties = with_integers(properties(), "time_ns");
        self.target = match ParquetFile::create(path, Arc::new(Schema::new(fields)), properties) {
            Ok(file) => Target::Open(Box::new(file)),
            Err(error) => Target::Failed(error),
        };
    }

    /// Lanes whose fragmentation is written, with their number in [`FRAGMENTED`].
    fn fragmented(&self) -> impl Iterator<Item = (usize, Lane)> + use<'_> {
        let is_measured = !self.fragmentation.is_empty();
        let lanes = FRAGMENTED.into_iter().enumerate();
        lanes.filter(move |(_, lane)| is_measured && self.lanes.contains(lane))
    }

    /// Writes the rows of the grid up to `at`.
    fn pass(&mut self, at: SimTime, view: View<'_>) {
        let cost_now = if self.is_priced { view.cost_micros() } else { 0 };
        while self.next <= at {
            self.row(self.next, at, cost_now);
            self.next = self.next.saturating_add(self.every);
            if self.rows.time_ns.len() >= BATCH_ROWS {
                self.flush();
            }
            if self.next == SimTime::MAX {
                return;
            }
        }
    }

    fn row(&mut self, instant: SimTime, now: SimTime, cost_now: u128) {
        let (last, rows) = (&self.last, &mut self.rows);
        rows.time_ns.push(instant.as_ns());
        for (column, lane) in rows.utilization.iter_mut().zip(&self.lanes) {
            let (free, capacity) = (last.free[lane.index()], last.capacity[lane.index()]);
            column.push((capacity > 0).then(|| (capacity - free) as f64 / capacity as f64));
        }
        rows.queue.push(last.queue);
        rows.running.push(last.running);
        rows.nodes_up.push(last.nodes_up);
        for (n, lane) in FRAGMENTED.iter().enumerate() {
            let free = last.free[lane.index()] as f64 * self.fragmentation.weight() as f64;
            rows.fragmentation[n].push((free > 0.0).then(|| last.stranded[n] as f64 / free));
        }
        // Prices change at events only, so cost is linear between them.
        let whole = now.since(last.at).as_ns().max(1);
        let part = instant.as_ns().saturating_sub(last.at.as_ns());
        let more = (cost_now - last.cost_micros) as f64 * (part as f64 / whole as f64);
        rows.cost.push((last.cost_micros as f64 + more) / 1e6);
    }

    fn flush(&mut self) {
        let fragmented: Vec<usize> = self.fragmented().map(|(n, _)| n).collect();
        let rows = &mut self.rows;
        let mut columns = self.key.columns(rows.time_ns.len());
        let counts = |column: &mut Vec<u64>| Arc::new(UInt64Array::from(std::mem::take(column))) as ArrayRef;
        let ratios =
            |column: &mut Vec<Option<f64>>| Arc::new(Float64Array::from(std::mem::take(column))) as ArrayRef;
        columns.push(counts(&mut rows.time_ns));
        columns.extend(rows.utilization.iter_mut().map(ratios));
        columns.extend([&mut rows.queue, &mut rows.running, &mut rows.nodes_up].map(counts));
        columns.extend(fragmented.into_iter().map(|n| ratios(&mut rows.fragmentation[n])));
        rows.fragmentation.iter_mut().for_each(Vec::clear);
        columns.push(Arc::new(Float64Array::from(std::mem::take(&mut rows.cost))));
        if let Target::Open(file) = &mut self.target
            && let Err(error) = file.write(columns)
        {
            self.target = Target::Failed(error);
        }
    }

    fn read(&mut self, at: SimTime, view: View<'_>) {
        let (nodes, last) = (view.nodes(), &mut self.last);
        (last.free, last.capacity) = (*nodes.free_total(), *nodes.capacity_up());
        (last.queue, last.nodes_up) = (view.waiting_len() as u64, u64::from(nodes.up()));
        last.stranded = self.fragmentation.stranded();
        if at > last.at && self.is_priced {
            last.cost_micros = view.cost_micros();
        }
        last.at = at;
    }
}

impl Observer for Series {
    fn mask(&self) -> EventMask {
        EventMask::LEVELS.or(EventMask::SCALED)
    }

    fn on_event(&mut self, at: SimTime, event: &Event, view: View<'_>) {
        if matches!(self.target, Target::Waiting(_)) {
            self.open(view);
        }
        if self.next <= at {
            self.pass(at, view);
        }
        match event {
            Event::Started { .. } => self.last.running += 1,
            Event::RunEnded { .. } | Event::Preempted { .. } => self.last.running -= 1,
            _ => {}
        }
        if !self.fragmentation.is_empty() {
            self.fragmentation.follow(view.nodes());
        }
        self.read(at, view);
    }

    fn finish(&mut self, at: SimTime, view: View<'_>, _out: &mut dyn ResultSink) -> Result<(), SinkError> {
        self.open(view);
        if self.next <= at {
            self.pass(at, view);
        }
        if !self.rows.time_ns.is_empty() {
            self.flush();
        }
        match std::mem::replace(&mut self.target, Target::Closed) {
            Target::Open(file) => file.close(),
            Target::Failed(error) => Err(error),
            Target::Waiting(_) | Target::Closed => Ok(()),
        }
    }

    fn fork(&self) -> Option<Box<dyn Observer>> {
        None
    }
}

#[cfg(test)]
mod tests;
