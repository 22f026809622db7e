//! PodTopologySpread: few tasks of the same kind in the node's domains.

use sim_core::{Domain, JobId, NodeId, Preferences, PreferencesId, SoftSpread, View};

use super::pipeline::Plugin;
use super::taints::preferences;

/// The defaults for tasks with tags and without a wish of their own (systemDefaultConstraints).
const SYSTEM: [(Domain, u32); 2] = [(Domain::Node, 3), (Domain::Zone, 5)];

/// One wish, with the kinds of tasks that it counts.
#[derive(Clone, Debug)]
struct Wish {
    over: Domain,
    skew_max: u32,
    counts: Vec<PreferencesId>,
    /// What one task weighs in this search: the more domains, the more.
    weight: f64,
}

#[derive(Clone, Debug)]
struct Spread {
    system: bool,
    /// By preferences, with the number of kinds that were known.
    wishes: Vec<(usize, Vec<Wish>)>,
    /// Domains that were met, by the number of the search that met them last.
    met: [Vec<u32>; 3],
    search: u32,
}

pub(super) fn build(system: bool) -> Box<dyn Plugin> {
    Box::new(Spread { system, wishes: Vec::new(), met: Default::default(), search: 0 })
}

impl Spread {
    fn wishes(&self, own: &Preferences, all: &[Preferences]) -> Vec<Wish> {
        let system = SYSTEM.map(|(over, skew_max)| SoftSpread { over, skew_max, tags: own.tags });
        let terms: &[SoftSpread] = match (own.spread.is_empty(), self.system && own.tags.0 != 0) {
            (false, _) => &own.spread,
            (true, true) => &system,
            (true, false) => &[],
        };
        let counts = |term: &SoftSpread| {
            let kinds = all.iter().enumerate().filter(|(_, other)| term.tags.selects(other.tags));
            kinds.map(|(n, _)| PreferencesId(n as u32)).collect()
        };
        let wish = |term: &SoftSpread| Wish {
            over: term.over,
            skew_max: term.skew_max,
            counts: counts(term),
            weight: 0.0,
        };
        terms.iter().map(wish).collect()
    }

    /// How many domains of a level the nodes are in.
    fn domains(&mut self, nodes: &[NodeId], level: Domain, view: View<'_>) -> usize {
        if level == Domain::Node {
            return nodes.len();
        }
        self.search += 1;
        let met = &mut self.met[level as usize];
        met.resize(view.nodes().domains(level) as usize, 0);
        let mut count = 0;
        for &node in nodes {
            let last = &mut met[view.nodes().domain(node, level) as usize];
            count += usize::from(*last != self.search);
            *last = self.search;
        }
        count
    }
}

/// How crowded the node's domains are.
fn crowd(wishes: &[Wish], node: NodeId, view: View<'_>) -> i64 {
    let of = |wish: &Wish| {
        let domain = view.nodes().domain(node, wish.over);
        let tasks: u32 = wish.counts.iter().map(|&kind| view.company().count(kind, wish.over, domain)).sum();
        f64::from(tasks) * wish.weight + f64::from(wish.skew_max - 1)
    };
    // In this order, as the kube-scheduler adds them; half a point goes up.
    libm::round(wishes.iter().map(of).fold(0.0, |sum, part| sum + part)) as i64
}

impl Plugin for Spread {
    fn attach(&mut self, _view: View<'_>) {
        self.wishes.clear();
        (self.met, self.search) = (Default::default(), 0);
    }

    /// The sum over the wishes of `tasks in the domain x ln(domains + 2) + (skew - 1)`, rounded; the fewer, the better.
    fn score(&mut self, job: JobId, nodes: &[NodeId], view: View<'_>, column: &mut Vec<i64>) -> Option<i64> {
        let (id, all) = (preferences(job, view), view.words().all_preferences());
        if id == PreferencesId(0) {
            return Some(0);
        }
        if self.wishes.len() <= id.index() {
            self.wishes.resize(id.index() + 1, (0, Vec::new()));
        }
        if self.wishes[id.index()].0 != all.len() {
            self.wishes[id.index()] = (all.len(), self.wishes(&all[id.index()], all));
        }
        let (known, mut wishes) = std::mem::take(&mut self.wishes[id.index()]);
        for wish in &mut wishes {
            wish.weight = libm::log((self.domains(nodes, wish.over, view) + 2) as f64);
        }
        if !wishes.is_empty() {
            column.extend(nodes.iter().map(|&node| crowd(&wishes, node, view)));
        }
        let is_same = wishes.is_empty();
        self.wishes[id.index()] = (known, wishes);
        is_same.then_some(0)
    }

    fn normalize(&self, column: &mut [i64]) {
        let (Some(&least), Some(&most)) = (column.iter().min(), column.iter().max()) else { return };
        for score in column {
            *score = if most == 0 { 100 } else { 100 * (most + least - *score) / most };
        }
    }

    fn fork(&self) -> Box<dyn Plugin> {
        Box::new(self.clone())
    }
}
