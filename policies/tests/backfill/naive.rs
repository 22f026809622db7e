//! Backfilling as one would write it down for counters of free capacity: everything from scratch at every decision.

use sim_core::{Decision, FitOrder, JobId, Policy, Setup, SimDuration, SimTime, Slot, View};

/// Amounts of processors and memory.
type Pair = [u64; 2];

fn add(a: Pair, b: Pair) -> Pair {
    [a[0] + b[0], a[1] + b[1]]
}

fn minus(a: Pair, b: Pair) -> Pair {
    [a[0] - b[0], a[1] - b[1]]
}

fn fits(need: Pair, free: Pair) -> bool {
    need[0] <= free[0] && need[1] <= free[1]
}

/// EASY or conservative backfilling in order of submission.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Naive {
    pub(crate) conservative: bool,
    /// Candidates of EASY: the shortest first.
    pub(crate) sjf: bool,
}

fn need(view: View<'_>, job: JobId) -> Pair {
    let (tasks, need) = (u64::from(view.job(job).facts().tasks), view.shape(job).need().0);
    [u64::from(need[0]) * tasks, u64::from(need[1]) * tasks]
}

fn free(view: View<'_>) -> Pair {
    let total = view.nodes().free_total();
    [total[0], total[1]]
}

/// What runs, by expected end: not before now.
fn running(view: View<'_>) -> Vec<(SimTime, Pair)> {
    let end = |job: JobId, start: SimTime| {
        let walltime = view.job(job).facts().walltime;
        if walltime == SimDuration::MAX {
            SimTime::MAX
        } else {
            start.saturating_add(walltime).max(view.now())
        }
    };
    let runs = view.running();
    let mut runs: Vec<_> =
        runs.map(|(_, run)| (end(run.job(), run.start()), need(view, run.job()))).collect();
    runs.sort_unstable();
    runs
}

fn start(job: JobId, cx: &mut Decision<'_>) {
    for _ in 0..cx.view().job(job).facts().tasks {
        let shape = *cx.view().shape(job);
        let node = cx.view().nodes().fitting(&shape, FitOrder::Rank).next().expect("the counter says so");
        cx.stage(job, Slot::on(node)).expect("it fits");
    }
    cx.start_staged(job).expect("all tasks are staged");
}

/// When `job` could start, and what would be free beside it then.
fn shadow(job: JobId, view: View<'_>) -> (SimTime, Pair) {
    let (mut then, mut at) = (free(view), None);
    if fits(need(view, job), then) {
        at = Some(view.now());
    }
    for (end, held) in running(view) {
        if at.is_some_and(|at| end > at) {
            break;
        }
        then = add(then, held);
        if at.is_none() && fits(need(view, job), then) {
            at = Some(end);
        }
    }
    (at.expect("the job fits on the empty cluster"), minus(then, need(view, job)))
}

/// Starts `other` if that does not delay the job with this shadow.
fn start_beside((at, extra): &mut (SimTime, Pair), other: JobId, cx: &mut Decision<'_>) -> bool {
    let view = cx.view();
    let (wanted, walltime) = (need(view, other), view.job(other).facts().walltime);
    if !fits(wanted, free(view)) {
        return false;
    }
    let short = walltime != SimDuration::MAX && view.now().saturating_add(walltime) <= *at;
    if !short {
        if !fits(wanted, *extra) {
            return false;
        }
        *extra = minus(*extra, wanted);
    }
    start(other, cx);
    true
}

impl Naive {
    fn easy(self, mut waiting: Vec<JobId>, cx: &mut Decision<'_>) {
        while let Some(&head) = waiting.first()
            && fits(need(cx.view(), head), free(cx.view()))
        {
            start(head, cx);
            waiting.remove(0);
        }
        let Some(&head) = waiting.first() else { return };
        let mut plan = shadow(head, cx.view());
        let mut others = waiting.split_off(1);
        if self.sjf {
            others.sort_by_key(|&job| (cx.view().job(job).facts().walltime, job));
        }
        for job in others {
            start_beside(&mut plan, job, cx);
        }
    }

    fn conservative(waiting: &[JobId], cx: &mut Decision<'_>) {
        let now = cx.view().now();
        let total = cx.view().nodes().capacity_up();
        let total = [total[0], total[1]];
        // Claims: from, to, amounts.
        let mut claims: Vec<(SimTime, SimTime, Pair)> =
            running(cx.view()).into_iter().map(|(end, held)| (now, end, held)).collect();
        let mut blocked = None;
        for &job in waiting {
            let (wanted, walltime) = (need(cx.view(), job), cx.view().job(job).facts().walltime);
            let has_room = |at: SimTime| {
                let held = claims.iter().filter(|claim| claim.0 <= at && at < claim.1);
                let held = held.fold([0, 0], |sum, claim| add(sum, claim.2));
                fits(add(wanted, held), total)
            };
            let until = |at: SimTime| if walltime == SimDuration::MAX { SimTime::MAX } else { at + walltime };
            let mut times: Vec<SimTime> = claims.iter().flat_map(|claim| [claim.0, claim.1]).collect();
            times.push(now);
            times.sort_unstable();
            times.retain(|&at| at >= now && at != SimTime::MAX);
            let is_free = |&at: &SimTime| {
                times.iter().filter(|&&step| at <= step && step < until(at)).all(|&step| has_room(step))
            };
            let Some(at) = times.iter().copied().find(is_free) else { continue };
            claims.push((at, until(at), wanted));
            if at > now {
                continue;
            }
            if let Some(plan) = &mut blocked {
                start_beside(plan, job, cx);
            } else if fits(wanted, free(cx.view())) {
                start(job, cx);
            } else {
                blocked = Some(shadow(job, cx.view()));
            }
        }
    }
}

impl Policy for Naive {
    fn name(&self) -> &str {
        "naive"
    }

    fn setup(&self) -> Setup {
        Setup::default()
    }

    fn decide(&mut self, cx: &mut Decision<'_>) {
        let mut waiting: Vec<JobId> = cx.view().waiting().collect();
        waiting.sort_unstable();
        if self.conservative {
            Self::conservative(&waiting, cx);
        } else {
            self.easy(waiting, cx);
        }
    }

    fn fork(&self) -> Box<dyn Policy> {
        Box::new(*self)
    }
}
