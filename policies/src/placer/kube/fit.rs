//! NodeResourcesFit: how much of the node would be free, taken, or as a curve says.

use sim_core::registry::{Kind, Param, Params, Value};
use sim_core::{JobId, Lane, NodeId, Resources, View};

use super::pipeline::Plugin;

/// What a task that asks for no cpu counts as [milli-cores] (DefaultMilliCPURequest).
const CPU_MIN: u64 = 100;
/// What a task that asks for no memory counts as \[MiB\] (DefaultMemoryRequest).
const MEMORY_MIN: u64 = 200;

const WEIGHT: Kind = Kind::Int { min: 0, max: 100 };

pub(super) const FIT_RESOURCES: Param = Param::optional(
    "resources",
    Kind::Table(&[
        Param::with_default("cpu", WEIGHT, "0", "weight of cpu"),
        Param::with_default("memory", WEIGHT, "0", "weight of memory"),
        Param::with_default("gpu", WEIGHT, "0", "weight of gpu"),
        Param::with_default("disk", WEIGHT, "0", "weight of disk"),
        Param::with_default("net", WEIGHT, "0", "weight of net"),
        Param::with_default("extra1", WEIGHT, "0", "weight of the first spare resource"),
        Param::with_default("extra2", WEIGHT, "0", "weight of the second spare resource"),
        Param::with_default("extra3", WEIGHT, "0", "weight of the third spare resource"),
    ]),
    "the resources that NodeResourcesFit and BalancedAllocation look at, with their weights for the former; left out: \
     cpu 1, memory 1",
);

pub(super) const SHAPE: Param = Param::optional(
    "shape",
    Kind::List(&Kind::Table(&[
        Param::required("utilization", Kind::Int { min: 0, max: 100 }, "share taken [percent]"),
        Param::required("score", Kind::Int { min: 0, max: 10 }, "score there"),
    ])),
    "points of `requested-to-capacity`, joined by straight lines; left out: 0 at 0 percent, 10 at 100 percent",
);

/// The lanes that are looked at, with their weights.
pub(super) fn lanes(params: &Params) -> Vec<(Lane, u64)> {
    let Some(table) = params.table("resources") else { return vec![(Lane::Cpu, 1), (Lane::Memory, 1)] };
    let weight = |lane: Lane| table.int_opt(lane.name()).unwrap_or(0).unsigned_abs();
    Lane::ALL.into_iter().map(|lane| (lane, weight(lane))).filter(|(_, weight)| *weight > 0).collect()
}

#[derive(Clone, Debug)]
enum Strategy {
    Least,
    Most,
    /// Points of utilization [percent] and score (0 to 100), ascending.
    Curve(Vec<(i64, i64)>),
}

#[derive(Clone, Debug)]
struct Fit {
    strategy: Strategy,
    lanes: Vec<(Lane, u64)>,
}

pub(super) fn build(params: &Params) -> Box<dyn Plugin> {
    let strategy = match params.text("strategy") {
        "least-allocated" => Strategy::Least,
        "most-allocated" => Strategy::Most,
        _ => Strategy::Curve(points(params)),
    };
    Box::new(Fit { strategy, lanes: lanes(params) })
}

fn points(params: &Params) -> Vec<(i64, i64)> {
    let point = |value: &Value| {
        let Value::Table(point) = value else { panic!("a table was declared, and {value:?} was checked") };
        (point.int("utilization"), point.int("score") * 10)
    };
    let mut points: Vec<_> = params.list("shape").iter().map(point).collect();
    if points.is_empty() {
        points = vec![(0, 0), (100, 100)];
    }
    points.sort_by_key(|&(utilization, _)| utilization);
    points
}

/// What the node has of a resource, and what would be taken of it with one more task; tasks count as something in cpu
/// and memory even if they ask for nothing.
fn taken(view: View<'_>, node: NodeId, need: &Resources, lane: Lane) -> (u64, u64) {
    let (all, used) = used(view, node, lane);
    let own = u64::from(need.get(lane));
    let bare = |at: usize, least: u64| {
        u64::from(view.nodes().bare(node)[at]) * least + if own == 0 { least } else { own }
    };
    match lane {
        Lane::Cpu => (all, used + bare(0, CPU_MIN)),
        Lane::Memory => (all, used + bare(1, MEMORY_MIN)),
        _ => (all, used + own),
    }
}

/// What the node has of a resource, and what is taken of it.
#[inline]
pub(super) fn used(view: View<'_>, node: NodeId, lane: Lane) -> (u64, u64) {
    let (all, free) = (&view.nodes().capacity()[node.index()], &view.nodes().free()[node.index()]);
    (u64::from(all.get(lane)), u64::from(all.get(lane) - free.get(lane)))
}

/// LeastAllocated: the free share in percent; 0 without capacity or beyond it.
fn least(all: u64, taken: u64) -> u64 {
    if all == 0 || taken > all { 0 } else { (all - taken) * 100 / all }
}

/// MostAllocated: the taken share in percent, at most 100.
fn most(all: u64, taken: u64) -> u64 {
    taken.min(all) * 100 / all
}

/// The height of the line through `points` at `x`; constant before the first and after the last.
fn height(points: &[(i64, i64)], x: i64) -> i64 {
    let at = points.partition_point(|&(utilization, _)| utilization < x);
    match (at.checked_sub(1).map(|before| points[before]), points.get(at)) {
        (Some((x0, y0)), Some(&(x1, y1))) => y0 + (y1 - y0) * (x - x0) / (x1 - x0),
        (None, Some(&(_, y))) | (Some((_, y)), None) => y,
        (None, None) => 0,
    }
}

impl Fit {
    fn of_node(&self, view: View<'_>, node: NodeId, need: &Resources) -> i64 {
        let (mut sum, mut weights) = (0, 0);
        for &(lane, weight) in &self.lanes {
            let (all, taken) = taken(view, node, need, lane);
            let (score, weight) = match &self.strategy {
                Strategy::Least => (least(all, taken), weight),
                Strategy::Most if all == 0 => (0, 0),
                Strategy::Most => (most(all, taken), weight),
                Strategy::Curve(points) => {
                    let percent = if all == 0 || taken > all { 100 } else { taken * 100 / all };
                    let score = height(points, percent as i64).unsigned_abs();
                    (score, if score > 0 { weight } else { 0 })
                }
            };
            sum += score * weight;
            weights += weight;
        }
        let mean = match self.strategy {
            _ if weights == 0 => 0,
            // Rounded half up, where the others cut.
            Strategy::Curve(_) => (2 * sum + weights) / (2 * weights),
            _ => sum / weights,
        };
        mean as i64
    }
}

impl Plugin for Fit {
    fn score(&mut self, job: JobId, nodes: &[NodeId], view: View<'_>, column: &mut Vec<i64>) -> Option<i64> {
        let need = view.shape(job).need();
        column.extend(nodes.iter().map(|&node| self.of_node(view, node, need)));
        None
    }

    fn fork(&self) -> Box<dyn Plugin> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_is_joined_by_straight_lines_that_cut_towards_zero() {
        let points = [(20, 0), (50, 100), (80, 30)];
        // Between 20 and 50 it rises by 100 in 30: at 30 by 1000/30 = 33. Between 50 and 80 it falls by 70 in 30: at 55
        // by 350/30 = 11, cut towards zero.
        for (x, y) in [(0, 0), (20, 0), (30, 33), (50, 100), (55, 89), (80, 30), (100, 30)] {
            assert_eq!(height(&points, x), y, "at {x}");
        }
    }
}
