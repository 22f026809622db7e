//! Windows: times at which nodes are set aside, for maintenance or for the jobs of some tenants.

use std::sync::Arc;

use crate::cluster::WindowSpec;
use crate::ids::{NodeId, TenantId};
use crate::time::SimTime;
use crate::vocabulary::Vocabulary;

/// A time from which some nodes are set aside, known to everybody from the start.
///
/// Without tenants it is a maintenance window: at `from` its nodes go down, and what still runs there is lost as in a
/// failure; at `to` they come up again. With tenants it is a reservation in advance: from `from` to `to` only their
/// jobs may start there, and nobody who runs already is stopped.
///
/// In both cases a job whose declared wall time would reach into a window that is not open to it cannot start on the
/// nodes. A job that declares none cannot while the window lasts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Window {
    /// The beginning.
    pub from: SimTime,
    /// The end, after `from`.
    pub to: SimTime,
    /// The nodes, ascending.
    pub nodes: Box<[NodeId]>,
    /// Whose jobs may start there; none: maintenance.
    pub tenants: Box<[TenantId]>,
}

impl Window {
    /// True if the nodes are down in the window.
    pub fn is_maintenance(&self) -> bool {
        self.tenants.is_empty()
    }

    /// True if jobs of the tenant may start there.
    pub fn admits(&self, tenant: TenantId) -> bool {
        self.tenants.contains(&tenant)
    }

    /// True if an execution from `start` to `end` would stand in the window; one without end counts as its start.
    fn meets(&self, start: SimTime, end: SimTime) -> bool {
        start < self.to && (self.from <= start || (self.from < end && end != SimTime::MAX))
    }
}

/// All windows of a run, in order of their beginnings, and those of each node.
#[derive(Clone, Debug, Default)]
pub(crate) struct WindowTable {
    all: Arc<[Window]>,
    /// Numbers in `all`, by node; empty if there are no windows.
    of_node: Arc<[Vec<u32>]>,
}

impl WindowTable {
    /// The windows of a cluster of `nodes` nodes.
    ///
    /// # Panics
    /// If a window ends before it begins, or names a node that there is not; scenarios check that before.
    pub(crate) fn new(specs: &[WindowSpec], nodes: usize, words: &mut Vocabulary) -> Self {
        if specs.is_empty() {
            return Self::default();
        }
        let mut all: Vec<Window> = specs.iter().map(|spec| window(spec, words)).collect();
        all.sort_by_key(|window| (window.from, window.to));
        let mut of_node = vec![Vec::new(); nodes];
        for (n, window) in all.iter().enumerate() {
            assert!(window.from < window.to, "a window from {} to {}", window.from, window.to);
            window.nodes.iter().for_each(|node| of_node[node.index()].push(n as u32));
        }
        Self { all: all.into(), of_node: of_node.into() }
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) fn all(&self) -> &[Window] {
        &self.all
    }

    /// True if a job of the tenant that is to run from `start` to `end` meets no window of the node closed to it.
    pub(crate) fn are_open(&self, node: NodeId, tenant: TenantId, start: SimTime, end: SimTime) -> bool {
        let Some(windows) = self.of_node.get(node.index()) else { return true };
        windows
            .iter()
            .map(|&n| &self.all[n as usize])
            .all(|window| !window.meets(start, end) || window.admits(tenant))
    }

    /// When the maintenance that the node is in at `now` will be over.
    pub(crate) fn maintained_until(&self, node: NodeId, now: SimTime) -> Option<SimTime> {
        let windows = self.of_node.get(node.index())?.iter().map(|&n| &self.all[n as usize]);
        let here = windows.filter(|window| window.is_maintenance() && window.from <= now && now < window.to);
        here.map(|window| window.to).max()
    }
}

fn window(spec: &WindowSpec, words: &mut Vocabulary) -> Window {
    let mut nodes = spec.nodes.clone();
    nodes.sort_unstable();
    nodes.dedup();
    let tenants = spec.tenants.iter().map(|name| words.tenant(name)).collect();
    Window { from: spec.from, to: spec.to, nodes: nodes.into(), tenants }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(tenants: &[&str]) -> WindowTable {
        let spec = WindowSpec {
            from: SimTime::from_secs(100),
            to: SimTime::from_secs(200),
            nodes: vec![NodeId(1)],
            tenants: tenants.iter().map(|name| (*name).to_owned()).collect(),
        };
        WindowTable::new(&[spec], 2, &mut Vocabulary::default())
    }

    #[test]
    fn a_job_must_be_out_before_a_window_or_start_after_it() {
        let table = table(&[]);
        let open = |node, start, end| {
            table.are_open(NodeId(node), TenantId(0), SimTime::from_secs(start), SimTime::from_secs(end))
        };
        assert!(open(1, 0, 100) && !open(1, 0, 101), "half-open: an end at 100 is in time");
        assert!(!open(1, 199, 300) && open(1, 200, 300));
        assert!(open(0, 150, 160), "the other node is not concerned");
    }

    #[test]
    fn a_job_without_wall_time_is_kept_out_only_while_the_window_lasts() {
        let table = table(&[]);
        let open = |start| table.are_open(NodeId(1), TenantId(0), SimTime::from_secs(start), SimTime::MAX);
        assert!(open(99) && !open(100) && !open(199) && open(200));
    }

    #[test]
    fn a_reservation_is_open_to_its_tenants_and_no_maintenance() {
        let table = table(&["a"]);
        let now = SimTime::from_secs(150);
        assert!(table.are_open(NodeId(1), TenantId(0), now, SimTime::MAX));
        assert!(!table.are_open(NodeId(1), TenantId(1), now, SimTime::MAX));
        assert_eq!(table.maintained_until(NodeId(1), now), None);
    }
}
