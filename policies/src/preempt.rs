//! Preemption: running jobs of lower priority make room for one that found none.

mod nodes;
mod planner;
mod room;
mod victims;

use sim_core::registry::{About, Kind, Param, Params};
use sim_core::{Decision, JobId, Preempt, Setup, View};

use crate::placer::Placer;
use planner::Planner;

/// What came of trying to make room.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Made {
    /// Room was made, and the job runs on it: with all its tasks, with the fewest it can do with, or with one more of
    /// its independent tasks.
    Started,
    /// Victims were told to stop and let go after the delay that the rules set; the job is to be tried again then.
    Awaited,
    /// Nobody was stopped.
    Nothing,
}

/// A rule that makes room.
pub trait Preemptor: Send {
    /// The name in results.
    fn name(&self) -> &str;

    /// Adds what the rule needs of the engine.
    fn setup(&self, setup: &mut Setup);

    /// A run begins: what was kept of another is forgotten.
    fn attach(&mut self, view: View<'_>);

    /// Stops others so that the waiting job, for which there was no room, can start; all of a gang or nothing.
    fn make_room(&mut self, job: JobId, placer: &mut dyn Placer, cx: &mut Decision<'_>) -> Made;

    /// A job whose victims have let go, each once: it is to be tried before all others, or the victims, where they come
    /// first in the order, would take their room again for ever.
    fn due(&mut self, view: View<'_>) -> Option<JobId>;

    /// An independent rule in the same state.
    fn fork(&self) -> Box<dyn Preemptor>;
}

const HOW: Param = Param::with_default(
    "how",
    Kind::Choice(&["requeue", "suspend", "kill"]),
    "\"requeue\"",
    "what becomes of a victim: it waits again with the work up to its last checkpoint, waits again with all its work, \
     or ends",
);

const PROTECT_AFTER: Param = Param::optional(
    "protect_after",
    Kind::Int { min: 1, max: 65_535 },
    "a job is no victim any more once so many of its executions were preempted; left out: it may be one for ever",
);

const PERCENT: Param = Param::with_default(
    "percent",
    Kind::Int { min: 1, max: 100 },
    "10",
    "share of the nodes among which the best is chosen: looking for further ones that could make room stops there",
);

const LEAST: Param = Param::with_default(
    "nodes_min",
    Kind::Int { min: 1, max: 10_000_000 },
    "100",
    "as many of these nodes are looked for at least",
);

/// The registered rules.
pub const PREEMPTORS: &[About] = &[
    About { name: "none", doc: "Nothing that runs is stopped.", source: "Windtunnel", params: &[] },
    About {
        name: "kube",
        doc: "By priority: the node whose victims have the lowest highest priority, then the lowest sum of \
              priorities, then are the fewest, then started last. A gang is stopped as a whole, and starts \
              as a whole or stops nobody.",
        source: "Kubernetes, DefaultPreemption (pkg/scheduler/framework/preemption), without disruption budgets.",
        params: &[HOW, PROTECT_AFTER, PERCENT, LEAST],
    },
    About {
        name: "least-lost-work",
        doc: "Jobs of lower priority that lose the least: work since the last checkpoint and the restart cost, in GPU \
              time, then in core time. A gang is stopped as a whole, and starts as a whole or stops nobody.",
        source: "Windtunnel; after the preemption of the least progress in Gandiva (Xiao et al., OSDI 2018) and of \
                 checkpoint-based scheduling.",
        params: &[HOW, PROTECT_AFTER, PERCENT, LEAST],
    },
];

/// Whom a rule would rather stop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Rule {
    Priority,
    LostWork,
}

/// The rule of that name; `None` for `none`.
///
/// # Panics
/// If there is none: names are checked against [`PREEMPTORS`] before.
pub fn build(name: &str, params: &Params) -> Option<Box<dyn Preemptor>> {
    let rule = match name {
        "none" => return None,
        "kube" => Rule::Priority,
        "least-lost-work" => Rule::LostWork,
        _ => panic!("no preemption is called {name}"),
    };
    let how = match params.text("how") {
        "requeue" => Preempt::Requeue,
        "suspend" => Preempt::Suspend,
        _ => Preempt::Kill,
    };
    // Bounded by 65,535 in the declaration.
    let protect_after = params.int_opt("protect_after").map_or(u16::MAX, |times| times as u16);
    let count = |key| params.int(key).unsigned_abs() as usize;
    let judge = victims::Judge::new(rule, how, protect_after);
    let about = PREEMPTORS.iter().find(|about| about.name == name).expect("the name was matched");
    Some(Box::new(Planner::new(about.name, judge, count("percent"), count("nodes_min"))))
}
