//! From one decision to the next: the order of events.

use crate::controller::ControlDecision;
use crate::engine::core::Core;
use crate::engine::{SimError, Step, Summary};
use crate::event::Event;
use crate::ids::{NodeId, ReservationId, RunId, WakeId};
use crate::queue::{Class, Due};
use crate::time::{SimDuration, SimTime};
use crate::workload::WorkloadError;

/// Instants without any job event after which a run whose stream is over counts as stuck (arbitrary). Timers of
/// controllers and failing nodes could otherwise go on for ever.
const QUIET_MAX: u32 = 100_000;

impl Core {
    pub(crate) fn advance(&mut self) -> Result<Step, SimError> {
        self.woken = false;
        if std::mem::take(&mut self.again) {
            return Ok(Step::Decide);
        }
        loop {
            self.fill_head()?;
            let Some(now) = self.next_instant() else { return Ok(Step::Finished(self.summary())) };
            assert!(now >= self.state.now, "time ran backwards from {} to {now}", self.state.now);
            if now > self.limits.until {
                self.state.now = self.limits.until;
                return Ok(Step::Finished(self.summary()));
            }
            self.state.now = now;
            self.stirred = false;
            self.apply_instant()?;
            self.quiet = if self.stirred { 0 } else { self.quiet + 1 };
            if self.events > self.limits.events_max {
                return Err(SimError::Limit { what: "events", limit: self.limits.events_max });
            }
            if self.woken {
                return Ok(Step::Decide);
            }
        }
    }

    fn summary(&self) -> Summary {
        Summary {
            end: self.state.now,
            events: self.events,
            fingerprint: self.fingerprint.value(),
            submitted: self.state.jobs.submitted(),
            unfinished: self.state.jobs.live() as u64,
        }
    }

    /// The time of the next event, or `None` when nothing more can happen to any job.
    fn next_instant(&mut self) -> Option<SimTime> {
        let arrival = self.head.as_ref().map(|(job, _)| job.submit);
        let over = arrival.is_none() && (self.state.jobs.live() == 0 || self.quiet > QUIET_MAX);
        if over && self.state.jobs.submitted() > 0 {
            return None;
        }
        let pending = self.queue.peek().map(|(time, _)| time);
        match (arrival, pending) {
            (Some(arrival), Some(pending)) => Some(arrival.min(pending)),
            // A stream without any job ends the run once the nodes are up.
            (None, Some(pending)) if self.state.jobs.submitted() == 0 && pending > SimTime::ZERO => None,
            (arrival, pending) => arrival.or(pending),
        }
    }

    fn fill_head(&mut self) -> Result<(), SimError> {
        if self.head.is_some() || (self.exhausted && !self.plugins.workload.reacts()) {
            return Ok(());
        }
        self.head = self.plugins.workload.next_job(&mut self.state.words)?;
        self.exhausted = self.head.is_none();
        if let Some((job, _)) = &self.head
            && job.submit < self.state.now
        {
            return Err(SimError::Workload(WorkloadError {
                source_name: "workload".into(),
                record: self.state.jobs.submitted() + 1,
                reason: format!("job {} is submitted at {}, before {}", job.id, job.submit, self.state.now),
            }));
        }
        Ok(())
    }

    /// Applies every event of this instant: pending ones and arrivals, by class, then first-in-first-out.
    fn apply_instant(&mut self) -> Result<(), SimError> {
        let now = self.state.now;
        loop {
            let pending = self.queue.peek().filter(|&(time, _)| time == now).map(|(_, class)| class);
            let arrives = self.head.as_ref().is_some_and(|(job, _)| job.submit == now);
            if pending.is_some_and(|class| !arrives || class <= Class::Submit) {
                let due = self.queue.pop().expect("an event was seen");
                self.handle(due);
            } else if arrives {
                let (job, truth) = self.head.take().expect("an arrival was seen");
                self.submit(job, truth);
                self.fill_head()?;
            } else {
                return Ok(());
            }
            if let Some(error) = self.error.take() {
                return Err(error);
            }
        }
    }

    fn handle(&mut self, due: Due) {
        let row = due.payload as u32;
        match due.class {
            Class::NodeUp if due.payload >> 32 != 0 => self.window_closes(row),
            Class::NodeUp => self.node_up(NodeId(row)),
            Class::End => self.run_ends(RunId(row)),
            Class::NodeDown if due.payload >> 32 != 0 => self.window_opens(row),
            Class::NodeDown => self.node_down(NodeId(row)),
            Class::PreemptDone => self.preempt_done(RunId(row), due.payload >> 32),
            Class::Submit => self.job_returns(due.payload),
            Class::EstimateExpired => self.estimate_expired(RunId(row)),
            Class::ReservationDue => self.reservation_due(ReservationId(row)),
            Class::Controller => self.control(row as usize),
            Class::Wake => self.emit(Event::Woken(WakeId(row))),
        }
    }

    fn control(&mut self, n: usize) {
        // The controller acts on the engine that owns it, so it is taken out for the time of the call.
        let (mut controller, mut stream) = self.plugins.controllers.remove(n);
        controller.control(&mut ControlDecision { core: self, stream: &mut stream });
        self.plugins.controllers.insert(n, (controller, stream));
        self.schedule_controller(n);
    }

    pub(crate) fn schedule_controller(&mut self, n: usize) {
        let (controller, _) = &self.plugins.controllers[n];
        let period = controller.period();
        assert!(period > SimDuration::ZERO, "controller {} has no period", controller.name());
        self.queue.push(self.state.now.saturating_add(period), Class::Controller, n as u64);
    }

    fn estimate_expired(&mut self, id: RunId) {
        let run = self.state.runs.get(id);
        let (job, ran_for) = (run.job, self.state.now.since(run.start));
        let row = self.state.jobs.row_mut(job);
        // Of tasks that outlive the same estimate, the first has it revised for all.
        if row.estimate.p90 > ran_for {
            let ticket = self.schedule_expiry(id);
            self.state.runs.get_mut(id).expire_ticket = ticket;
            return;
        }
        row.unrevised.get_or_insert_with(|| Box::new(row.estimate));
        row.estimate = self.plugins.predictor.revise(job, &row.facts, row.estimate, ran_for);
        let ticket = self.schedule_expiry(id);
        self.state.runs.get_mut(id).expire_ticket = ticket;
        self.emit(Event::EstimateExpired(job));
    }
}
