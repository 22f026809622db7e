//! Whether jobs could start now: how many tasks of each shape the free capacity holds.

use sim_core::{CardRule, Decision, FitOrder, Shape, ShapeId, View};

use super::line::Row;
use crate::placer::slot_on;

/// What was counted for one shape at the present observation.
#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    /// The observation.
    at: u64,
    /// Tasks that fit; at least so many, unless `all`.
    tasks: u32,
    all: bool,
}

/// Counts that are shared by the jobs of one shape.
///
/// # Cost
/// Per shape, one walk over the nodes that can hold a task, until there is room enough for the widest job that is
/// looked at. Jobs under constraints are tried task by task.
#[derive(Clone, Debug, Default)]
pub(super) struct Room {
    by_shape: Vec<Counted>,
    now: u64,
}

impl Room {
    /// Forgets what was counted: the state is another one.
    pub(super) fn renew(&mut self) {
        self.now += 1;
    }

    /// True if so many tasks of the job as have to start together find room now, on whatever nodes.
    pub(super) fn fits(&mut self, row: &Row, cx: &mut Decision<'_>) -> bool {
        let view = cx.view();
        let bound = row.constrained || !view.windows().is_empty() || !view.reservations().is_empty();
        let held = !view.held(row.job).is_empty();
        if bound || held { try_stage(row, cx) } else { self.holds(row.shape, row.least, view) }
    }

    fn holds(&mut self, id: ShapeId, wanted: u32, view: View<'_>) -> bool {
        let n = id.index();
        if self.by_shape.len() <= n {
            self.by_shape.resize(n + 1, Counted::default());
        }
        let counted = &mut self.by_shape[n];
        if counted.at != self.now || (counted.tasks < wanted && !counted.all) {
            let shape = view.words().shape_of(id);
            let tasks = count(shape, wanted, view);
            *counted = Counted { at: self.now, tasks, all: tasks < wanted };
        }
        counted.tasks >= wanted
    }
}

/// Tasks of the shape that the nodes can hold now; those beyond `enough` need not be counted.
fn count(shape: &Shape, enough: u32, view: View<'_>) -> u32 {
    let nodes = view.nodes();
    let mut tasks = 0u32;
    for node in nodes.fitting(shape, FitOrder::Rank) {
        let by_amount = shape.need().times_in(&nodes.free()[node.index()]);
        tasks = tasks.saturating_add(by_amount.min(by_cards(shape, nodes.cards(node))));
        if tasks >= enough {
            break;
        }
    }
    tasks
}

/// Tasks of the shape for which cards with so much left suffice.
fn by_cards(shape: &Shape, cards: &[u16]) -> u32 {
    let gpu = shape.gpu();
    if gpu.cards == 0 {
        return u32::MAX;
    }
    // A card serves a task once, and as many tasks as its free share allows: so many tasks can be dealt out if the
    // cards, each counted at most once per task, add up.
    let serves = |tasks: u32| {
        let of_card = |&free: &u16| u32::from(free / gpu.milli_each).min(tasks);
        cards.iter().map(of_card).sum::<u32>() >= u32::from(gpu.cards) * tasks
    };
    (1..).take_while(|&tasks| serves(tasks)).last().unwrap_or(0)
}

/// Stages the tasks first fit, and takes them back.
fn try_stage(row: &Row, cx: &mut Decision<'_>) -> bool {
    let mut fits = false;
    cx.attempt(|cx| {
        let held = cx.view().held(row.job).len() as u32;
        for _ in held..row.least {
            let view = cx.view();
            let shape = view.shape(row.job);
            let mut nodes = view.nodes().fitting(shape, FitOrder::Rank);
            let node = nodes.find(|&node| view.admits(row.job, node))?;
            let slot = slot_on(view, shape, node, CardRule::Tightest);
            cx.stage(row.job, slot).ok()?;
        }
        fits = true;
        None::<()>
    });
    fits
}
