//! The list scheduler: jobs in an order, each placed by a rule, waiting for the head or passing over it.

mod backfill;
mod blocking;
mod skipping;
mod start;

use sim_core::{Decision, Event, FitOrder, JobId, Policy, Setup, View};

use crate::order::JobOrder;
use crate::placer::{Placer, keep_order};
use backfill::Backfilling;
pub use backfill::{BACKFILLS, Backfill};
use blocking::Blocking;
use skipping::Skipping;

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
        Self { name, order, placer, queue }
    }

    /// The scheduler named `order/placer/backfill`: the head of its queue blocks, but may be passed.
    pub fn backfilling(order: Box<dyn JobOrder>, placer: Box<dyn Placer>, backfill: Backfill) -> Self {
        let queue = Backfilling::new(backfill);
        let name = format!("{}/{}{}", order.name(), placer.name(), queue.suffix());
        Self { name, order, placer, queue: Queue::Backfilling(queue) }
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
        if matches!(self.queue, Queue::Backfilling(_)) {
            // Plans look for all nodes with room.
            keep_order(&mut setup, FitOrder::Rank);
        }
        setup
    }

    fn attach(&mut self, view: View<'_>) {
        self.order.seed(view.draws("order"));
        self.placer.attach(view);
        if let Queue::Backfilling(queue) = &mut self.queue {
            queue.attach(view);
        }
        self.enter_all(view);
    }

    fn decide(&mut self, cx: &mut Decision<'_>) {
        let moves = self.order.moves() || matches!(&self.queue, Queue::Backfilling(queue) if queue.moves());
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
        match &mut self.queue {
            Queue::Blocking(queue) => queue.decide(&mut *self.placer, cx),
            Queue::Skipping(queue) => queue.decide(&mut *self.placer, cx),
            Queue::Backfilling(queue) => queue.decide(&mut *self.placer, cx),
        }
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
        })
    }
}
