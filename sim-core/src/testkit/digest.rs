//! A digest of everything that a decision may change, to see that undo leaves no trace.

use crate::fingerprint::Fingerprint;
use crate::tables::RunState;
use crate::view::View;

/// Digest of nodes, queue, job rows, executions, reservations and targets.
///
/// # Cost
/// O(state): for tests.
pub fn digest(view: View<'_>) -> u128 {
    let (state, mut print) = (view.state, Fingerprint::default());
    for node in state.nodes.ids() {
        for amount in state.nodes.free()[node.index()].0 {
            print.add(u64::from(node.0), u64::from(amount), u64::from(state.nodes.tasks(node)));
        }
        state.nodes.cards(node).iter().for_each(|&card| print.add(u64::from(card), 2, 0));
        print.add(state.nodes.state(node) as u64, 3, 0);
    }
    view.waiting().for_each(|job| print.add(job.sequence(), 5, 0));
    for row in state.jobs.iter() {
        print.add(row.id.sequence(), row.phase as u64, u64::from(row.unstarted));
        print.add(row.done.as_ns(), row.ran.as_ns(), u64::from(row.running));
        print.add(u64::from(row.preemptions), u64::from(row.restarts), row.cost_micros);
        print.add(row.promised.as_ns(), 10, 0);
        let tasks = row.tasks.as_ref();
        for (task, done) in tasks.iter().flat_map(|table| table.todo.iter().zip(&table.done)) {
            print.add(u64::from(*task), 6, done.as_ns());
        }
        view.runs_of(row.id).for_each(|run| print.add(u64::from(run.0), 7, 0));
    }
    for (id, run) in state.runs.iter() {
        print.add(u64::from(id.0), run.job.sequence(), u64::from(run.state == RunState::Stopping));
        print.add(run.segment.as_ns(), run.work.as_ns(), run.overhead.as_ns());
        run.slots.iter().for_each(|slot| print.add(u64::from(slot.node.0), 8, u64::from(slot.cards.0)));
    }
    for reservation in state.reservations.all() {
        print.add(u64::from(reservation.id.0), reservation.job.sequence(), reservation.start.as_ns());
    }
    if let Some(lists) = &state.residents {
        let mut listed: Vec<_> = lists
            .iter()
            .zip(state.nodes.ids())
            .flat_map(|(list, node)| list.iter().map(move |run| (*run, node)))
            .collect();
        let mut held: Vec<_> = state
            .runs
            .iter()
            .flat_map(|(id, run)| run.slots.iter().map(move |slot| (id, slot.node)))
            .collect();
        listed.sort_unstable();
        held.sort_unstable();
        assert_eq!(listed, held, "the lists of executions per node");
    }
    state.groups.iter().for_each(|group| print.add(u64::from(group.target), 9, 0));
    print.value()
}
