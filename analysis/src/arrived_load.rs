//! Curves over arrived load: how much GPU is allocated and how much fragmented once so much was asked for.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use arrow::array::{ArrayRef, Float64Array, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema};
use sim_core::{Event, EventMask, Lane, Observer, ResultSink, SimTime, SinkError, TypicalTasks, View};
use smallvec::SmallVec;

use crate::gpu_fragmentation::GpuFragmentation;
use crate::key::RunKey;
use crate::metrics as m;
use crate::parquet_file::{KeyColumns, PartFile, properties};

/// The means over the jobs that brought the arrived load to one whole percent.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LoadPoint {
    /// GPU asked for so far, placed or not \[% of capacity\].
    pub arrived_load_pct: u64,
    /// GPU allocated \[% of capacity\].
    pub alloc_pct: f64,
    /// Fragmentation \[% of capacity\].
    pub frag_amount_pct: f64,
    /// Fragmentation \[% of idle GPU\].
    pub frag_ratio_pct: f64,
}

/// Rows beyond this arrived load are left out \[%\] (arbitrary: a hundred times the capacity).
const PERCENT_MAX: usize = 10_000;

/// Sums of rows whose arrived load rounds to the same percent.
#[derive(Clone, Copy, Debug, Default)]
struct Bin {
    rows: u64,
    /// Hundredths of a percent.
    alloc: u64,
    /// Percent.
    frag_amount: f64,
    /// Hundredths of a percent.
    frag_ratio: u64,
}

impl Bin {
    fn add(self, other: Self) -> Self {
        Self {
            rows: self.rows + other.rows,
            alloc: self.alloc + other.alloc,
            frag_amount: self.frag_amount + other.frag_amount,
            frag_ratio: self.frag_ratio + other.frag_ratio,
        }
    }
}

/// Records one row per submitted job, at the end of the instant of its submission, and reports means per whole
/// percent of arrived load, half percents going to the even one. A percent without a row takes those of its
/// neighbours; a metric at a load that has no row there either takes the last one before. Nothing is recorded beyond
/// 10,000 %. Allocation and ratio of a row are rounded to 0.01 %, as in the published tables.
///
/// Arrived load counts every GPU asked for, whether the job was placed or not, relative to the nodes that are up.
///
/// # Source
/// The figures of Weng et al., "Beware of fragmentation", USENIX ATC 2023; rounding as in the artifact's analysis.
/// # Cost
/// A few nanoseconds per event, and O(kinds of typical tasks) per node that has changed.
pub struct ArrivedLoad {
    fragmentation: GpuFragmentation,
    loads: Vec<u64>,
    table: Option<(PathBuf, KeyColumns)>,
    curve: Arc<Mutex<Vec<LoadPoint>>>,
    bins: Vec<Bin>,
    at: SimTime,
    arrived: u64,
    /// Arrived GPU after each submission of this instant.
    pending: SmallVec<[u64; 2]>,
    /// Capacity and allocated GPU as last read.
    gpu: [u64; 2],
}

impl ArrivedLoad {
    /// Curves that are reported as metrics at `loads` \[%\].
    pub fn new(typical: Arc<TypicalTasks>, loads: Vec<u64>) -> Self {
        Self {
            fragmentation: GpuFragmentation::new(typical),
            loads,
            table: None,
            curve: Arc::default(),
            bins: Vec::new(),
            at: SimTime::ZERO,
            arrived: 0,
            pending: SmallVec::new(),
            gpu: [0; 2],
        }
    }

    /// Also writes the curves to a Parquet file: the key of the run, then the fields of [`LoadPoint`].
    #[must_use]
    pub fn with_table(mut self, path: &Path, key: &RunKey) -> Self {
        self.table = Some((path.to_owned(), KeyColumns::new(key)));
        self
    }

    /// Where the curve will be when the run is over.
    pub fn curve(&self) -> Arc<Mutex<Vec<LoadPoint>>> {
        Arc::clone(&self.curve)
    }

    /// Makes the rows of the instant that is over.
    fn settle(&mut self) {
        let [capacity, used] = self.gpu;
        if capacity == 0 {
            self.pending.clear();
            return;
        }
        let weight = self.fragmentation.typical().weight().max(1) as f64;
        let fragmented = self.fragmentation.idle().fragmented() as f64 / weight;
        let hundredths = |part: f64, whole: f64| (part * 10_000.0 / whole).round() as u64;
        let idle = capacity - used;
        let row = Bin {
            rows: 1,
            alloc: hundredths(used as f64, capacity as f64),
            frag_amount: fragmented * 100.0 / capacity as f64,
            frag_ratio: if idle == 0 { 0 } else { hundredths(fragmented, idle as f64) },
        };
        for arrived in self.pending.drain(..) {
            let percent = half_even(arrived * 100, capacity) as usize;
            if percent > PERCENT_MAX {
                continue;
            }
            if self.bins.len() <= percent {
                self.bins.resize(percent + 1, Bin::default());
            }
            self.bins[percent] = self.bins[percent].add(row);
        }
    }

    fn points(&self) -> Vec<LoadPoint> {
        let bin = |percent: usize| self.bins.get(percent).copied().unwrap_or_default();
        let point = |percent: usize| {
            let mut sum = bin(percent);
            if sum.rows == 0 {
                sum = bin(percent + 1);
                sum = if percent > 0 { bin(percent - 1).add(sum) } else { sum };
            }
            let rows = sum.rows as f64;
            (sum.rows > 0).then(|| LoadPoint {
                arrived_load_pct: percent as u64,
                alloc_pct: sum.alloc as f64 / 100.0 / rows,
                frag_amount_pct: sum.frag_amount / rows,
                frag_ratio_pct: sum.frag_ratio as f64 / 100.0 / rows,
            })
        };
        let last = if self.bins.is_empty() { 0 } else { self.bins.len() + 1 };
        (0..last).filter_map(point).collect()
    }

    fn write(&self, points: &[LoadPoint]) -> Result<(), SinkError> {
        let Some((path, key)) = &self.table else { return Ok(()) };
        let mut fields = key.fields();
        fields.push(Field::new("arrived_load_pct", DataType::UInt64, false));
        let ratios = ["alloc_pct", "frag_amount_pct", "frag_ratio_pct"];
        fields.extend(ratios.map(|name| Field::new(name, DataType::Float64, false)));
        let mut file = PartFile::create(path, Arc::new(Schema::new(fields)), properties)?;
        let mut columns = key.columns(points.len());
        let loads = points.iter().map(|point| point.arrived_load_pct);
        columns.push(Arc::new(UInt64Array::from_iter_values(loads)));
        let column = |of: fn(&LoadPoint) -> f64| -> ArrayRef {
            Arc::new(Float64Array::from_iter_values(points.iter().map(of)))
        };
        columns.push(column(|point| point.alloc_pct));
        columns.push(column(|point| point.frag_amount_pct));
        columns.push(column(|point| point.frag_ratio_pct));
        file.write(columns)?;
        file.close()
    }
}

/// `part / whole`, rounded to a whole number, halves to the even one.
fn half_even(part: u64, whole: u64) -> u64 {
    let (quotient, rest) = (part / whole, part % whole);
    let up = 2 * rest > whole || (2 * rest == whole && quotient % 2 == 1);
    quotient + u64::from(up)
}

impl Observer for ArrivedLoad {
    fn mask(&self) -> EventMask {
        EventMask::LEVELS.or(EventMask::SUBMITTED)
    }

    fn on_event(&mut self, at: SimTime, event: &Event, view: View<'_>) {
        if at > self.at {
            self.settle();
            self.at = at;
        }
        if let Event::Submitted(job) = *event {
            let tasks = u64::from(view.job(job).facts().tasks);
            self.arrived += u64::from(view.shape(job).need().get(Lane::Gpu)) * tasks;
            self.pending.push(self.arrived);
        }
        let (nodes, gpu) = (view.nodes(), Lane::Gpu.index());
        let capacity = nodes.capacity_up()[gpu];
        self.gpu = [capacity, capacity - nodes.free_total()[gpu]];
        self.fragmentation.follow(nodes);
    }

    fn finish(&mut self, _: SimTime, _: View<'_>, out: &mut dyn ResultSink) -> Result<(), SinkError> {
        self.settle();
        let points = self.points();
        for load in &self.loads {
            // Where single jobs are many percent, the state in which the load was passed.
            let is_reached = points.last().is_some_and(|last| last.arrived_load_pct >= *load);
            let point = points.iter().rev().find(|point| point.arrived_load_pct <= *load);
            let Some(point) = point.filter(|_| is_reached) else { continue };
            let label = load.to_string();
            out.scalar(&m::GPU_ALLOC_PCT_AT, &label, point.alloc_pct)?;
            out.scalar(&m::FRAGMENTATION_AMOUNT_PCT_AT, &label, point.frag_amount_pct)?;
            out.scalar(&m::FRAGMENTATION_RATIO_PCT_AT, &label, point.frag_ratio_pct)?;
        }
        self.write(&points)?;
        *self.curve.lock().expect("nothing panics while holding it") = points;
        Ok(())
    }

    fn fork(&self) -> Option<Box<dyn Observer>> {
        None
    }
}

#[cfg(test)]
mod tests;
