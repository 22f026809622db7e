//! The list scheduler: jobs in an order, each placed by a rule, waiting for the head or passing over it.

mod backfill;
mod blocking;
mod skipping;
pub(crate) mod start;

use sim_core::{Decision, Event, FitOrder, JobId, Policy, Setup, SimTime, View, WakeId};

use crate::order::{Grid, JobOrder};
use crate::placer::{Placer, keep_order};
use crate::preempt::Preemptor;
use backfill::Backfilling;
pub use backfill::{BACKFILLS, Backfill};
pub(crate) use blocking::Blocking;
pub(crate) use skipping::{FREED_MAX, Skipping, may_fit_now, spreads};
pub(crate) use start::{Tried, or_preempt, try_start, try_start_some};

/// What happens while the first job of the order does not fit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Head {
    /// All others wait for it.
    Block,
    /// Others that fit start: list scheduling in the sense of Graham, without any promise to the head.
    Skip,
    /// It is rejected for good, so that nothing ever waits: a loss system.
    Reject,
}

/// A list scheduler put together from an order and a placer.
///
/// # Cost
/// Blocking: O(log waiting) per job, and nothing while the head cannot fit. Skipping: one heap per distinct request;
/// a request that failed is not tried again before capacity returns on a node that could hold one of its tasks.
/// # Source
/// Graham, "Bounds for certain multiprocessing anomalies", BSTJ 1966.
pub struct ListPolicy {
    name: String,
    order: Box<dyn JobOrder>,
    placer: Box<dyn Placer>,
    queue: Queue,
    /// When the order's period began last, and the wake-up that was asked for last.
    grid: Grid,
    woken: SimTime,
    preemptor: Option<Box<dyn Preemptor>>,
}

enum Queue {
    Blocking(Blocking),
    Skipping(Skipping),
    Backfilling(Backfilling),
}

impl ListPolicy {
    /// The scheduler named `order/placer`, with `/skip` or `/reject` added where the head does not block.
    pub fn new(order: Box<dyn JobOrder>, placer: Box<dyn Placer>, head: Head) -> Self {
        let suffix = match head {
            Head::Block => "",
            Head::Skip => "/skip",
            Head::Reject => "/reject",
        };
        let name = format!("{}/{}{suffix}", order.name(), placer.name());
        let queue = match head {
            Head::Block => Queue::Blocking(Blocking::new(false)),
            Head::Reject => Queue::Blocking(Blocking::new(true)),
            Head::Skip => Queue::Skipping(Skipping::default()),
        };
        Self { name, order, placer, queue, grid: Grid::default(), woken: SimTime::ZERO, preemptor: None }
    }

    /// The same scheduler, which stops others for a job that finds no room; `/preempt-RULE` is added to its name.
    #[must_use]
    pub fn preempting(mut self, preemptor: Option<Box<dyn Preemptor>>) -> Self {
        if let Some(preemptor) = &preemptor {
            self.name = format!("{}/preempt-{}", self.name, preemptor.name());
        }
        self.preemptor = preemptor;
        self
    }

    /// The scheduler named `order/placer/backfill`: the head of its queue blocks, but may be passed.
    pub fn backfilling(order: Box<dyn JobOrder>, placer: Box<dyn Placer>, backfill: Backfill) -> Self {
        let queue = Backfilling::new(backfill);
        let name = format!("{}/{}{}", order.name(), placer.name(), queue.suffix());
        let queue = Queue::Backfilling(queue);
        Self { name, order, placer, queue, grid: Grid::default(), woken: SimTime::ZERO, preemptor: None }
    }

    /// Enters every waiting job anew, with the key that it has now.
    fn enter_all(&mut self, view: View<'_>) {
        match &mut self.queue {
            Queue::Blocking(queue) => queue.clear(),
            Queue::Skipping(queue) => queue.clear(),
            Queue::Backfilling(queue) => queue.clear(),
        }
        for job in view.waiting() {
            self.insert(job, view);
        }
    }

    /// Asks to be woken when keys are asked for next, if a job waits that might go first then.
    fn wake(&mut self, cx: &mut Decision<'_>) {
        let now = cx.view().now();
        let Some(at) = self.grid.next(self.order.period(), now) else { return };
        if cx.view().waiting_len() > 0 && at > now && at != self.woken && at != SimTime::MAX {
            self.woken = at;
            cx.wake(WakeId(0), at).expect("it lies ahead");
        }
    }

    fn insert(&mut self, job: JobId, view: View<'_>) {
        let key = self.order.key(job, view);
        match &mut self.queue {
            Queue::Blocking(queue) => queue.insert(key, job),
            Queue::Skipping(queue) => queue.insert(key, job, view.job(job).request()),
            Queue::Backfilling(queue) => queue.insert(key, job, view),
        }
    }
}

impl Policy for ListPolicy {
    fn name(&self) -> &str {
        &self.name
    }

    fn setup(&self) -> Setup {
        let mut setup = Setup::default();
        self.placer.setup(&mut setup);
        if let Some(preemptor) = &self.preemptor {
            preemptor.setup(&mut setup);
        }
        if matches!(self.queue, Queue::Backfilling(_)) {
            // Plans look for all nodes with room.
            keep_order(&mut setup, FitOrder::Rank);
        }
        setup
    }

    fn attach(&mut self, view: View<'_>) {
        self.order.seed(view.draws("order"));
        self.placer.attach(view);
        (self.grid, self.woken) = (Grid::default(), SimTime::ZERO);
        if let Some(preemptor) = &mut self.preemptor {
            preemptor.attach(view);
        }
        if let Queue::Backfilling(queue) = &mut self.queue {
            queue.attach(view);
        }
        self.enter_all(view);
    }

    fn decide(&mut self, cx: &mut Decision<'_>) {
        self.order.observe(cx.trigger().events, cx.view());
        let is_due = self.grid.is_due(self.order.period(), cx.view().now());
        let moves =
            is_due || self.order.moves() || matches!(&self.queue, Queue::Backfilling(queue) if queue.moves());
        for n in 0..cx.trigger().events.len() {
            let event = cx.trigger().events[n];
            if let Queue::Backfilling(queue) = &mut self.queue {
                queue.follow(&event, cx.view());
            }
            // A job may have been queued and ended again since.
            if let Event::Queued(job) = event
                && !moves
                && cx.view().is_waiting(job)
            {
                self.insert(job, cx.view());
            }
        }
        if moves {
            self.enter_all(cx.view());
        }
        if let Some(preemptor) = &mut self.preemptor {
            while let Some(job) = preemptor.due(cx.view()) {
                try_start(&mut *self.placer, job, false, cx);
            }
        }
        match &mut self.queue {
            Queue::Blocking(queue) => queue.decide(&mut *self.placer, &mut self.preemptor, cx),
            Queue::Skipping(queue) => {
                let (placer, preemptor) = (&mut *self.placer, &mut self.preemptor);
                queue.decide(preemptor.is_some(), cx, |job, cx| {
                    let tried = try_start(placer, job, false, cx);
                    or_preempt(preemptor, tried, placer, job, cx)
                });
            }
            Queue::Backfilling(queue) => queue.decide(&mut *self.placer, cx),
        }
        self.wake(cx);
    }

    fn fork(&self) -> Box<dyn Policy> {
        Box::new(Self {
            name: self.name.clone(),
            order: self.order.fork(),
            placer: self.placer.fork(),
            queue: match &self.queue {
                Queue::Blocking(queue) => Queue::Blocking(queue.clone()),
                Queue::Skipping(queue) => Queue::Skipping(queue.clone()),
                Queue::Backfilling(queue) => Queue::Backfilling(queue.fork()),
            },
            grid: self.grid,
            woken: self.woken,
            preemptor: self.preemptor.as_ref().map(|preemptor| preemptor.fork()),
        })
    }
}
