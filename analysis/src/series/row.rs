//! One row of a series, and the signals that can be read off it.

use sim_core::{Lane, SimTime, Vocabulary};

use crate::fragmentation::FRAGMENTED;

/// The state of the cluster at one instant.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    pub(crate) at: SimTime,
    pub(super) free: [u64; 8],
    pub(super) capacity: [u64; 8],
    pub(super) queue: u64,
    pub(super) running: u64,
    pub(super) nodes_up: u64,
    /// Stranded in each of [`FRAGMENTED`], of what is free times the weight of the mix.
    pub(super) stranded: [u64; 2],
    pub(super) mix_weight: u64,
    /// Age of the job that has waited longest since it was submitted \[ns\]; 0 if none waits.
    pub(super) oldest_ns: u64,
    /// Run time so far of executions whose work was lost \[ns\].
    pub(super) lost_ns: u64,
    /// Jobs so far that have waited too long.
    pub(super) starved: u64,
    pub(super) cost: f64,
    /// Allocated and capacity per lane, integrated over the measured time so far [lane unit x ns].
    pub(super) allocated: [u128; 8],
    pub(super) available: [u128; 8],
}

/// A column of a series that an alert can watch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signal {
    /// Allocated share of the capacity that is up.
    Utilization(Lane),
    /// Jobs waiting.
    Queue,
    /// Executions running.
    Running,
    /// Nodes up.
    NodesUp,
    /// Share of the free capacity of number `n` of [`FRAGMENTED`] that typical tasks cannot use.
    Fragmentation(usize),
    /// Age of the job that has waited longest \[s\].
    WaitOldest,
    /// Run time so far of executions whose work was lost \[s\].
    LostWork,
    /// Jobs so far that have waited longer for their first start than `measure.starvation`.
    Starved,
    /// Cost so far [currency units].
    Cost,
}

const NS_PER_SEC: f64 = 1e9;

impl Signal {
    /// The signals of a cluster with capacity in `lanes`, in the order of the columns.
    pub(super) fn all(lanes: &[Lane], is_fragmentation_measured: bool) -> Vec<Self> {
        let mut all: Vec<Self> = lanes.iter().map(|&lane| Self::Utilization(lane)).collect();
        all.extend([Self::Queue, Self::Running, Self::NodesUp]);
        let fragmented = (0..FRAGMENTED.len()).filter(|&n| lanes.contains(&FRAGMENTED[n]));
        all.extend(fragmented.filter(|_| is_fragmentation_measured).map(Self::Fragmentation));
        all.extend([Self::Cost, Self::WaitOldest, Self::LostWork, Self::Starved]);
        all
    }

    /// Its column.
    pub fn name(self, words: &Vocabulary) -> String {
        match self {
            Self::Utilization(lane) => format!("utilization_{}", words.lane_name(lane)),
            Self::Queue => "queue".into(),
            Self::Running => "running".into(),
            Self::NodesUp => "nodes_up".into(),
            Self::Fragmentation(n) => format!("fragmentation_{}", words.lane_name(FRAGMENTED[n])),
            Self::WaitOldest => "wait_oldest".into(),
            Self::LostWork => "lost_work".into(),
            Self::Starved => "starved".into(),
            Self::Cost => "cost".into(),
        }
    }

    /// True for counts, which are written as integers.
    pub(super) fn is_count(self) -> bool {
        matches!(self, Self::Queue | Self::Running | Self::NodesUp | Self::Starved)
    }

    /// True for ratios that have no value while there is nothing to divide by.
    pub(super) fn is_optional(self) -> bool {
        matches!(self, Self::Utilization(_) | Self::Fragmentation(_))
    }

    pub(super) fn count(self, row: &Row) -> u64 {
        match self {
            Self::Queue => row.queue,
            Self::Running => row.running,
            Self::NodesUp => row.nodes_up,
            Self::Starved => row.starved,
            _ => panic!("{self:?} is no count"),
        }
    }

    pub(crate) fn value(self, row: &Row) -> Option<f64> {
        let ratio = |part: u64, whole: f64| (whole > 0.0).then(|| part as f64 / whole);
        match self {
            Self::Utilization(lane) => {
                let capacity = row.capacity[lane.index()];
                ratio(capacity - row.free[lane.index()], capacity as f64)
            }
            Self::Fragmentation(n) => {
                let free = row.free[FRAGMENTED[n].index()] as f64 * row.mix_weight as f64;
                ratio(row.stranded[n], free)
            }
            Self::Queue | Self::Running | Self::NodesUp | Self::Starved => Some(self.count(row) as f64),
            Self::WaitOldest => Some(row.oldest_ns as f64 / NS_PER_SEC),
            Self::LostWork => Some(row.lost_ns as f64 / NS_PER_SEC),
            Self::Cost => Some(row.cost),
        }
    }
}

/// An integral [lane unit x ns] in the unit of users: cores, cards, or the lane's own, times seconds.
pub(super) fn unit_seconds(lane: Lane, integral: u128) -> f64 {
    let per_unit = match lane {
        Lane::Cpu | Lane::Gpu => 1000.0,
        _ => 1.0,
    };
    integral as f64 / (per_unit * NS_PER_SEC)
}
