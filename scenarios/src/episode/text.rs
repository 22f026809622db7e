//! An episode as text: the time, the cluster and the first waiting jobs.

use std::fmt::Write as _;

use policies::learned::Picker;
use sim_core::{Lane, SimDuration, View};

use super::Episode;

/// Jobs that are listed (arbitrary: a screen holds them).
const LISTED_MAX: usize = 10;

impl Episode {
    /// The episode as a few lines for people.
    pub fn text(&self) -> String {
        let view = self.engine.view();
        let mut text = format!(
            "t = {} | {} of {} nodes up | {} running | {} waiting{}\n",
            span(view.now().since(sim_core::SimTime::ZERO)),
            view.nodes().up(),
            view.nodes().len(),
            view.running_len(),
            view.waiting_len(),
            if self.end.is_some() { " | over" } else { "" },
        );
        text.push_str(&lanes(view));
        list(&self.picker, view, self.setting.options.slots, &mut text);
        text
    }
}

/// One bar per lane that the cluster has: what is taken of the nodes that are up.
fn lanes(view: View<'_>) -> String {
    const WIDTH: u64 = 30;
    let mut text = String::new();
    for lane in Lane::ALL {
        let (all, free) = (view.nodes().capacity_up()[lane.index()], view.nodes().free_total()[lane.index()]);
        if all == 0 {
            continue;
        }
        let taken = all - free;
        let filled = (taken * WIDTH).div_ceil(all) as usize;
        let bar = format!("{}{}", "#".repeat(filled), ".".repeat(WIDTH as usize - filled));
        let percent = 100.0 * taken as f64 / all as f64;
        writeln!(text, "{:>8} [{bar}] {percent:5.1} %", lane.name()).expect("a string takes all");
    }
    text
}

fn list(picker: &Picker, view: View<'_>, slots: usize, text: &mut String) {
    let shown = (0..slots.min(LISTED_MAX)).map_while(|slot| Some((slot, picker.job(slot)?)));
    for (n, (slot, job)) in shown.enumerate() {
        if n == 0 {
            text.push_str("slot       job      waited    estimate  tasks  each\n");
        }
        let row = view.job(job);
        let (waited, estimate) = (view.now().since(row.queued()), row.estimate().p50);
        let estimate = if estimate == SimDuration::MAX { "?".to_owned() } else { span(estimate) };
        let (id, tasks) = (row.facts().id, row.unstarted());
        writeln!(
            text,
            "{slot:>4} {id:>9} {:>11} {estimate:>11} {tasks:>6}  {}",
            span(waited),
            view.shape(job)
        )
        .expect("a string takes all");
    }
    let more = view.waiting_len().saturating_sub(LISTED_MAX);
    if more > 0 {
        writeln!(text, "and {more} more").expect("a string takes all");
    }
}

/// `1d 02:03:04`.
fn span(span: SimDuration) -> String {
    let secs = span.as_ns() / 1_000_000_000;
    let (days, rest) = (secs / 86_400, secs % 86_400);
    let clock = format!("{:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60);
    if days > 0 { format!("{days}d {clock}") } else { clock }
}
