//! The machinery around the state: pending events, plug-ins, the decision in progress.

use smallvec::SmallVec;

use crate::action::{Preempt, Slot};
use crate::cluster::{NodeGroup, NodeTable};
use crate::controller::Controller;
use crate::decision::Note;
use crate::engine::state::{Meter, State};
use crate::engine::{Limits, Parts, SimError};
use crate::event::{Event, EventMask};
use crate::failure::{Failures, NodeFailures};
use crate::fingerprint::Fingerprint;
use crate::ids::{GroupId, JobId, NodeId, ReservationId, RunId, WakeId};
use crate::job::{Job, Truth};
use crate::observer::Observer;
use crate::predictor::RuntimePredictor;
use crate::queue::{Class, EventQueue, Ticket};
use crate::random::{Keyed, Stream};
use crate::tables::{
    DependencyTable, JobTable, Links, Phase, RequestTable, Reservation, ReservationTable, RunTable, WaitQueue,
};
use crate::time::{SimDuration, SimTime};
use crate::view::View;
use crate::window::{Window, WindowTable};
use crate::workload::Workload;

/// What a preemption changed in the job's row, for undo.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowBefore {
    pub(crate) task_done: SimDuration,
    pub(crate) phase: Phase,
    pub(crate) restarts: bool,
    pub(crate) preemptions: u16,
    pub(crate) unstarted: u32,
    pub(crate) done: SimDuration,
    pub(crate) ran: SimDuration,
    pub(crate) queued: SimTime,
    pub(crate) cost_micros: u64,
}

/// One applied action, with what it takes to undo it. Events are scheduled and told at commit, in this order.
#[derive(Clone, Debug)]
pub(crate) enum Applied {
    /// The capacity of one task was taken; the slot is on top of `staged`.
    Staged,
    /// The slots staged last for a job became held ones.
    Held { job: JobId, slots: usize },
    /// Held slots of a job became staged ones again, below those that were staged since.
    Unheld { job: JobId, slots: usize },
    /// Held slots were given back.
    Released { job: JobId, slots: Vec<Slot> },
    /// An execution was made of staged slots. `left`: by this its job left the queue, there.
    Started { job: JobId, run: RunId, left: Option<Links> },
    /// An execution was stopped and its capacity freed. `queued`: its job entered the queue by this.
    Preempted { job: JobId, run: RunId, how: Preempt, before: RowBefore, queued: bool },
    /// An execution was told to stop.
    Stopping { job: JobId, run: RunId, how: Preempt },
    /// A waiting job left the queue to be ended: rejected, or killed while some of its tasks still waited.
    Withdrawn { job: JobId, rejected: bool, left: Links },
    /// An execution got other slots; the old ones with the segment they ended.
    Relocated { job: JobId, run: RunId, before: Box<Segment> },
    /// A reservation was made.
    Reserved { id: ReservationId },
    /// A reservation was given up.
    Unreserved { reservation: Box<Reservation> },
    /// A group has another target.
    Scaled { group: GroupId, before: u32 },
    /// A wake-up was asked for.
    Wake { id: WakeId, at: SimTime },
    /// The job was told for the first time when it would start.
    Promised { job: JobId },
}

/// A part of an execution with one placement.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) slots: SmallVec<[Slot; 2]>,
    pub(crate) start: SimTime,
    pub(crate) overhead: SimDuration,
    pub(crate) work: SimDuration,
    pub(crate) rate: (u64, u64),
    /// Work that the job had done before the segment.
    pub(crate) done: SimDuration,
}

/// The boxed parts of a run.
pub(crate) struct Plugins {
    pub(crate) workload: Box<dyn Workload>,
    pub(crate) predictor: Box<dyn RuntimePredictor>,
    pub(crate) controllers: Vec<(Box<dyn Controller>, Stream)>,
    pub(crate) observers: Vec<(EventMask, Box<dyn Observer>)>,
}

impl Clone for Plugins {
    fn clone(&self) -> Self {
        let observers = self.observers.iter();
        Self {
            workload: self.workload.fork(),
            predictor: self.predictor.fork(),
            controllers: self
                .controllers
                .iter()
                .map(|(plug, stream)| (plug.fork(), stream.clone()))
                .collect(),
            observers: observers.filter_map(|(mask, plug)| Some((*mask, plug.fork()?))).collect(),
        }
    }
}

/// An engine without its public face.
#[derive(Clone)]
pub(crate) struct Core {
    pub(crate) state: State,
    pub(crate) queue: EventQueue,
    pub(crate) plugins: Plugins,
    /// Kinds of events that some observer wants.
    pub(crate) observed: EventMask,
    /// The next job of the stream.
    pub(crate) head: Option<(Job, Truth)>,
    pub(crate) exhausted: bool,
    pub(crate) dependencies: Option<DependencyTable>,
    pub(crate) failures: Failures,
    pub(crate) task_fate: Keyed,
    pub(crate) node_fate: Keyed,
    /// Failures so far, and the pending next change, per node.
    pub(crate) outages: Vec<(u32, Ticket)>,
    pub(crate) limits: Limits,
    pub(crate) ranks_shuffled: bool,
    /// The seeded order of nodes, if it is prescribed, until it is set.
    pub(crate) node_order: Vec<NodeId>,
    pub(crate) wakes_on: EventMask,
    pub(crate) policy_stream: Stream,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) events: u64,
    /// The first thing that makes going on pointless.
    pub(crate) error: Option<SimError>,
    // The decision in progress, and what led to it.
    pub(crate) journal: Vec<Applied>,
    pub(crate) staged: Vec<(JobId, Slot)>,
    pub(crate) trigger: Vec<Event>,
    pub(crate) freed: Vec<NodeId>,
    pub(crate) woken: bool,
    pub(crate) committing: bool,
    /// A commit has queued jobs that the policy does not know of: it is asked again at this instant.
    pub(crate) again: bool,
    pub(crate) explains: bool,
    pub(crate) notes: Vec<Note>,
    /// Instants since the last one at which anything happened to a job.
    pub(crate) quiet: u32,
    pub(crate) stirred: bool,
}

impl Core {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { cluster, mut words, workload, predictor, controllers, observers, .. } = parts;
        let nodes = NodeTable::new(&cluster, &mut words);
        let windows = WindowTable::new(&cluster.windows, nodes.len(), &mut words);
        let groups = cluster.groups.iter().enumerate().map(|(n, spec)| {
            let id = GroupId::from_index(n);
            NodeGroup::new(id, spec, nodes.ids().filter(|&node| nodes.group(node) == id).collect())
        });
        let groups: Vec<NodeGroup> = groups.collect();
        let dependencies = workload.has_dependencies().then(DependencyTable::default);
        let stream_of =
            |plug: &dyn Controller| Stream::new(parts.seed, &format!("controller/{}", plug.name()));
        let explains = observers.iter().any(|plug| plug.wants_decisions());
        let mut core = Self {
            outages: vec![(0, Ticket::NONE); nodes.len()],
            state: State {
                now: SimTime::ZERO,
                seed: parts.seed,
                words,
                nodes,
                groups,
                jobs: JobTable::default(),
                requests: RequestTable::default(),
                waiting: WaitQueue::default(),
                runs: RunTable::default(),
                reservations: ReservationTable::default(),
                windows,
                held: Default::default(),
                affinity: Default::default(),
                residents: None,
                meter: Meter::default(),
                rules: parts.rules,
            },
            queue: EventQueue::default(),
            observed: observers.iter().fold(EventMask::NONE, |all, plug| all.or(plug.mask())),
            plugins: Plugins {
                workload,
                predictor,
                controllers: controllers
                    .into_iter()
                    .map(|plug| {
                        let stream = stream_of(&*plug);
                        (plug, stream)
                    })
                    .collect(),
                observers: observers.into_iter().map(|plug| (plug.mask(), plug)).collect(),
            },
            head: None,
            exhausted: false,
            dependencies,
            failures: parts.failures,
            task_fate: Keyed::new(parts.seed, "failures/tasks"),
            node_fate: Keyed::new(parts.seed, "failures/nodes"),
            limits: parts.limits,
            ranks_shuffled: false,
            node_order: cluster.node_order,
            wakes_on: EventMask::SCHEDULING,
            policy_stream: Stream::new(parts.seed, "policy"),
            fingerprint: Fingerprint::default(),
            events: 0,
            error: None,
            journal: Vec::new(),
            staged: Vec::new(),
            trigger: Vec::new(),
            freed: Vec::new(),
            woken: false,
            committing: false,
            again: false,
            explains,
            notes: Vec::new(),
            quiet: 0,
            stirred: false,
        };
        core.begin();
        core
    }

    /// Switches the first nodes on and sets the clocks of controllers and recorded outages.
    fn begin(&mut self) {
        let maintained = self.state.windows.all().iter().any(Window::is_maintenance);
        if self.failures.nodes != NodeFailures::Never || maintained {
            self.state.keep_residents();
        }
        for group in 0..self.state.groups.len() {
            let on = self.state.groups[group].target as usize;
            for n in 0..on {
                let node = self.state.groups[group].nodes[n];
                self.charge(node, true);
                self.queue.push(SimTime::ZERO, Class::NodeUp, u64::from(node.0));
            }
        }
        for n in 0..self.plugins.controllers.len() {
            self.schedule_controller(n);
        }
        self.schedule_recorded_outages();
        self.schedule_windows();
    }

    #[inline]
    pub(crate) fn view(&self) -> View<'_> {
        View { state: &self.state }
    }

    /// Something has happened: it is counted, told and remembered for the next decision.
    #[inline]
    pub(crate) fn emit(&mut self, event: Event) {
        let (kind, a, b) = event.words();
        self.fingerprint.add(self.state.now.as_ns(), kind, a << 8 | b);
        self.events += 1;
        let mask = event.mask();
        if self.observed.meets(mask) {
            let view = View { state: &self.state };
            for (wanted, observer) in &mut self.plugins.observers {
                if wanted.meets(mask) {
                    observer.on_event(self.state.now, &event, view);
                }
            }
        }
        if self.plugins.workload.reacts() {
            self.plugins.workload.observe(self.state.now, &event);
        }
        self.trigger.push(event);
        self.woken |= !self.committing && self.wakes_on.meets(mask);
        let of_jobs = !EventMask::NODE_UP
            .or(EventMask::NODE_DOWN)
            .or(EventMask::WOKEN)
            .or(EventMask::WINDOW)
            .meets(mask);
        self.stirred |= of_jobs;
    }

    /// Adds the placement of an execution to the fingerprint.
    pub(crate) fn print_placement(&mut self, run: RunId) {
        for slot in &self.state.runs.get(run).slots {
            self.fingerprint.add(u64::from(slot.node.0), 1 << 16, u64::from(slot.cards.0));
        }
    }
}
