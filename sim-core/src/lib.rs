//! Windtunnel's engine: a cluster, a stream of jobs, and a policy that is asked what to do.
//!
//! # Overview
//!
//! An [`Engine`] is made of [`Parts`]: a [`ClusterSpec`], a [`Workload`] that yields jobs in order of
//! submission, a [`RuntimePredictor`], [`Controller`]s, [`Observer`]s, [`Failures`] and [`Rules`], and a
//! seed. It is a pull machine: nothing happens until a driver calls.
//!
//! * [`Engine::attach`] readies the engine for a [`Policy`], once;
//! * [`Engine::advance`] applies events, instant by instant, until one of them calls for a decision;
//! * [`Engine::decision`] gives the [`Decision`] that is due: a [`View`], the [`Trigger`], and verbs;
//! * [`Engine::commit`] makes it final.
//!
//! [`Engine::run`] is the loop over these. A driver of your own, step by step, gives the same run. After
//! [`Step::Finished`], [`Engine::finish`] lets the observers hand over their results.
//!
//! What a user declares about a [`Job`] and what will become of it ([`Truth`]) are different types; the
//! second stays in the engine. Resources are integers in eight lanes ([`Resources`]), GPUs also cards on
//! their node. Time is a whole number of nanoseconds ([`SimTime`]).
//!
//! # Writing a policy
//!
//! A policy says in its [`Setup`] what wakes it and which fit indexes it needs, and then only decides. Here
//! is first come, first served, each task on the node with the most free processors, all waiting for the head
//! of the queue:
//!
//! ```
//! use sim_core::testkit::{Case, cpu};
//! use sim_core::{CardRule, Decision, FitOrder, IndexBy, JobId, Lane, Policy, Setup, Slot};
//!
//! #[derive(Clone)]
//! struct Spread;
//!
//! impl Policy for Spread {
//!     fn name(&self) -> &str {
//!         "spread"
//!     }
//!
//!     fn setup(&self) -> Setup {
//!         Setup { indexes: vec![IndexBy::Free(Lane::Cpu)], ..Setup::default() }
//!     }
//!
//!     fn decide(&mut self, cx: &mut Decision<'_>) {
//!         let mut waiting: Vec<JobId> = cx.view().waiting().collect();
//!         waiting.sort_unstable(); // ids are in order of submission
//!         for job in waiting {
//!             let started = cx.attempt(|cx| {
//!                 for _ in 0..cx.view().job(job).unstarted() {
//!                     let view = cx.view();
//!                     let (nodes, shape) = (view.nodes(), view.shape(job));
//!                     let mut loosest = nodes.fitting(shape, FitOrder::Loosest(Lane::Cpu));
//!                     let node = loosest.find(|&node| view.admits(job, node))?;
//!                     let cards = nodes.pick_cards(node, shape.gpu(), CardRule::Lowest)?;
//!                     cx.stage(job, Slot { node, cards }).ok()?;
//!                 }
//!                 cx.start_staged(job).ok()
//!             });
//!             if started.is_none() {
//!                 return;
//!             }
//!         }
//!     }
//!
//!     fn fork(&self) -> Box<dyn Policy> {
//!         Box::new(self.clone())
//!     }
//! }
//!
//! // A gang of two tasks takes three of four cores on each node; the next job has to wait for its end.
//! let mut case = Case::new().nodes(2, cpu(4));
//! let gang = case.job(0, 10).each(cpu(3)).gang(2).add();
//! let next = case.job(0, 5).each(cpu(2)).add();
//! case.policy(Box::new(Spread)).run();
//! assert_eq!((case.start(gang), case.start(next)), (0.0, 10.0));
//! ```
//!
//! Every verb checks and applies at once, and later reads of the view see it. [`Decision::stage`] takes the
//! capacity of one task, [`Decision::start_staged`] makes executions of what was staged;
//! [`Decision::attempt`] undoes everything in its closure if that gives `None`, and may be nested: gangs,
//! preempting to make room, and what-if are all attempts. A [`Refused`] action has changed nothing and is no
//! error. An action is also plain data ([`Action`], for [`Decision::apply`]).
//!
//! A policy that keeps a queue of its own fills it in [`Policy::attach`] from the view, and follows
//! [`Event::Queued`] in the trigger. The trigger is history: a job in it may have ended, so ask
//! [`View::is_waiting`] or [`View::find`] before [`View::job`]. Choices by chance use [`Decision::rng`], or
//! [`Keyed`] draws that belong to an entity.
//!
//! # Event ordering guarantees
//!
//! 1. Time never goes back. An *instant* is all events of one time.
//! 2. At one instant events come by class ([`queue::Class`]): nodes come up, executions end, nodes go down,
//!    preempted executions let go, jobs are submitted, estimates expire, reservations fall due, controllers
//!    are called, policies are woken. So capacity returns before demand is counted, and an execution that
//!    ends when its node fails has ended.
//! 3. Within a class, events come in the order in which they were scheduled. Jobs that come back (after a
//!    retry's delay or a hold) come before new ones of that instant; new ones come in the order of the
//!    stream.
//! 4. An event that is scheduled for the present instant while that is being applied belongs to it, and takes
//!    its place by class among those still to come.
//! 5. All events of an instant are applied before one decision. There is one if any of them is in the
//!    policy's [`Setup::wakes_on`]; [`Trigger`] has all events since the last decision, those that do not
//!    wake included.
//! 6. Actions are applied to the state in the order in which they are made; their effects (ends scheduled,
//!    events told) follow at commit, in the same order. Jobs that the decision killed end after these.
//! 7. Events of a commit are in the next trigger but do not call for a decision, except that of a job which the
//!    commit has released for another. What a commit schedules for
//!    the present instant (the end of a job of no length, a wake-up now) is a further round of that instant,
//!    by rules 2 to 5, with a decision of its own.
//! 8. Each event is folded into the fingerprint, told to the observers in their order, told to a workload
//!    that reacts, and kept for the trigger; all see the state just after it. A job's or execution's record
//!    is readable for the last time when its end is told to observers.
//! 9. An estimate is made before [`Event::Submitted`] is told; the predictor learns after [`Event::Ended`]
//!    was. Jobs that waited for this end are released, or skipped, right after.
//! 10. Intervals are half-open: what a task gives back at an instant can be taken at the same instant.
//! 11. An execution that would complete, reach its requested wall time and fail at the same instant
//!     completes; of the other two, the wall time wins.
//!
//! A run is over when the stream has ended and no job is left in the cluster; when nothing is pending any
//! more; at [`Limits::until`]; or when the stream has ended and nothing has happened to any job for 100,000
//! instants. Jobs that are left are counted in [`Summary::unfinished`].
//!
//! # Determinism
//!
//! The same parts and policy give the same events on every machine, whichever driver calls, and after a fork
//! (`Engine: Clone`); [`Engine::fingerprint`] digests them, with times and placements. For this:
//!
//! * state is integers, and products are taken in 128 bits; floats appear in samplers, on a pinned `libm`;
//! * ties between nodes go to the lowest rank (the order of the description, or one drawn from the seed:
//!   [`Ranks`]), ties between jobs to the one submitted first;
//! * each consumer of random numbers has a [`Stream`] with a name, so that a new one shifts nobody's draws,
//!   and fates are [`Keyed`] by entity, so that a task fails alike under every policy;
//! * no hash map is iterated, and there is no clock, thread or address.
//!
//! A plug-in keeps the promise if it decides from its arguments and its own state, and if its `fork` is a
//! true copy.
//!
//! # What a view hides
//!
//! A [`View`] shows what could be known by now: declared facts, estimates, the state of nodes and executions,
//! work done and kept. It does not show:
//!
//! * the [`Truth`] of any job: how long it will run, whether and when it fails;
//! * jobs that are not submitted yet, and whether there are any;
//! * pending events: when an execution will end, when a node will fail or be repaired;
//! * the queue, streams and memory of other plug-ins.
//!
//! [`View::bound`] gives the end of an execution's requested wall time where that is enforced, which is a
//! declared fact.

pub mod action;
pub mod cluster;
pub mod constraint;
pub mod controller;
pub mod decision;
pub mod engine;
pub mod event;
pub mod failure;
mod fingerprint;
pub mod ids;
pub mod job;
pub mod observer;
pub mod policy;
pub mod predictor;
pub mod preference;
pub mod queue;
pub mod random;
pub mod registry;
pub mod resources;
pub mod shape;
mod tables;
pub mod testkit;
pub mod time;
pub mod view;
pub mod vocabulary;
pub mod window;
pub mod workload;

pub use action::{Action, CardSet, Placement, Preempt, Refused, Slot};
pub use cluster::{
    CardRule, Category, ClusterSpec, CompanyTable, FitOrder, Fitting, GroupSpec, Idle, IndexBy, NodeGroup,
    NodeSpec, NodeState, NodeTable, Space, TypicalTask, TypicalTasks, WindowSpec,
};
pub use constraint::{AffinityKey, Apart, Constraints, Domain, LabelSet, Spread};
pub use controller::{ControlDecision, Controller};
pub use decision::{Decision, Note, Savepoint, Trigger};
pub use engine::{Engine, Limits, Parts, SimError, Step, Summary};
pub use event::{End, Event, EventMask};
pub use failure::{Failures, NodeFailures, Outage, Rules};
pub use ids::{
    ConstraintsId, GroupId, JobId, NodeId, RequestId, ReservationId, RunId, ShapeId, TenantId, UserId, WakeId,
};
pub use job::{Checkpoint, Dependency, Extras, Gang, Job, Retry, Truth, When};
pub use observer::{Better, Metric, Observer, ResultSink, SinkError};
pub use policy::{Policy, Ranks, Setup};
pub use predictor::{Estimate, Outcome, Requested, RuntimePredictor};
pub use preference::{
    Company, Effect, ImageSet, LikedNodes, Preferences, PreferencesId, SoftSpread, TagSet, Taint, Toleration,
};
pub use random::{Dist, Keyed, Stream};
pub use resources::{Lane, Resources};
pub use shape::{GpuNeed, ModelSet, Shape};
pub use tables::{JobStatus, Request, Reservation, Run};
pub use time::{SimDuration, SimTime};
pub use view::{JobView, View};
pub use vocabulary::{Names, Vocabulary};
pub use window::Window;
pub use workload::{Workload, WorkloadError};
