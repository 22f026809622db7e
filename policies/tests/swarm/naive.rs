//! The list scheduler as one would write it down: sort all that wait, try each in turn.

use policies::list::Head;
use policies::{JobOrder, Placer};
use sim_core::{Decision, Gang, JobId, Policy, Setup, View};

/// No queues, no memory of what did not fit.
pub(crate) struct Naive {
    pub(crate) order: Box<dyn JobOrder>,
    pub(crate) placer: Box<dyn Placer>,
    pub(crate) head: Head,
}

impl Naive {
    /// True if the job, with all its tasks, has started.
    pub(crate) fn start(&mut self, job: JobId, cx: &mut Decision<'_>) -> bool {
        let row = cx.view().job(job);
        let (wanted, gang, least) = (row.unstarted(), row.facts().gang, row.facts().width_min());
        let mut placed = 0;
        let started = cx.attempt(|cx| {
            while placed < wanted {
                let (view, stream) = cx.view_and_rng();
                let Some(slot) = self.placer.place(job, view, stream) else { break };
                cx.stage(job, slot).ok()?;
                placed += 1;
            }
            let enough = if gang == Gang::AllOrNothing { wanted } else { least };
            if placed >= enough { cx.start_staged(job).ok() } else { None }
        });
        started.is_some() && (placed == wanted || gang != Gang::Independent)
    }
}

impl Policy for Naive {
    fn name(&self) -> &str {
        "naive"
    }

    fn setup(&self) -> Setup {
        let mut setup = Setup::default();
        self.placer.setup(&mut setup);
        // Nor does it use an index.
        setup.indexes.clear();
        setup
    }

    fn attach(&mut self, view: View<'_>) {
        self.order.seed(view.draws("order"));
    }

    fn decide(&mut self, cx: &mut Decision<'_>) {
        let view = cx.view();
        let mut waiting: Vec<_> = view.waiting().map(|job| (self.order.key(job, view), job)).collect();
        waiting.sort_unstable();
        for (_, job) in waiting {
            if !self.start(job, cx) && self.head == Head::Block {
                return;
            }
        }
    }

    fn fork(&self) -> Box<dyn Policy> {
        Box::new(Self { order: self.order.fork(), placer: self.placer.fork(), head: self.head })
    }
}
