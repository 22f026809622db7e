//! InterPodAffinity: tasks that the task wants near or away, and those that want it so.
//!
//! Required terms are no scores: the engine filters by them, each term by itself. Of several required nearnesses each
//! may be met by another task, and each makes its own exception for the first task of a group. The kube-scheduler
//! counts for them only tasks that match all of them.

use sim_core::{Domain, JobId, NodeId, Preferences, PreferencesId, View};

use super::pipeline::Plugin;
use super::taints::preferences;

/// What one running task of a kind adds to the nodes of its domain.
#[derive(Clone, Copy, Debug)]
struct Pull {
    of: PreferencesId,
    level: Domain,
    weight: i64,
}

/// What the running tasks of each kind are to a task of each other kind.
#[derive(Clone, Debug)]
struct Company {
    /// What a required term of a running task weighs (hardPodAffinityWeight).
    hard_weight: i64,
    /// By preferences, with the number of kinds that were known.
    pulls: Vec<(usize, Vec<Pull>)>,
}

pub(super) fn build(hard_weight: i64) -> Box<dyn Plugin> {
    Box::new(Company { hard_weight, pulls: Vec::new() })
}

impl Company {
    /// The pulls on a task with preferences `own`.
    fn pulls(&self, own: &Preferences, all: &[Preferences]) -> Vec<Pull> {
        let mut pulls = Vec::new();
        for (n, other) in all.iter().enumerate() {
            let of = PreferencesId(n as u32);
            let preferred = own.company.iter().filter(|term| !term.required && term.tags.selects(other.tags));
            pulls.extend(preferred.map(|term| Pull {
                of,
                level: term.level,
                weight: i64::from(term.weight),
            }));
            for term in other.company.iter().filter(|term| term.tags.selects(own.tags)) {
                // Required nearness of those that run counts a little; their required distance is a filter.
                let weight = match (term.required, term.weight > 0) {
                    (false, _) => i64::from(term.weight),
                    (true, true) => self.hard_weight,
                    (true, false) => 0,
                };
                pulls.push(Pull { of, level: term.level, weight });
            }
        }
        // One look-up per kind and level.
        pulls.sort_by_key(|pull| (pull.of, pull.level as u8));
        pulls.dedup_by(|other, kept| {
            let is_same = (other.of, other.level) == (kept.of, kept.level);
            kept.weight += if is_same { other.weight } else { 0 };
            is_same
        });
        pulls.retain(|pull| pull.weight != 0);
        pulls
    }
}

impl Plugin for Company {
    fn attach(&mut self, _view: View<'_>) {
        self.pulls.clear();
    }

    fn score(&mut self, job: JobId, nodes: &[NodeId], view: View<'_>, column: &mut Vec<i64>) -> Option<i64> {
        let (id, all) = (preferences(job, view), view.words().all_preferences());
        if self.pulls.len() <= id.index() {
            self.pulls.resize(id.index() + 1, (0, Vec::new()));
        }
        if self.pulls[id.index()].0 != all.len() {
            self.pulls[id.index()] = (all.len(), self.pulls(&all[id.index()], all));
        }
        let company = view.company();
        let pulls = &self.pulls[id.index()].1;
        if pulls.iter().all(|pull| company.total(pull.of) == 0) {
            return Some(0);
        }
        column.extend(nodes.iter().map(|&node| {
            let here =
                |pull: &Pull| company.count(pull.of, pull.level, view.nodes().domain(node, pull.level));
            pulls.iter().map(|pull| pull.weight * i64::from(here(pull))).sum::<i64>()
        }));
        None
    }

    /// Between the smallest and the largest; 0 where they do not differ.
    fn normalize(&self, column: &mut [i64]) {
        let (Some(&least), Some(&most)) = (column.iter().min(), column.iter().max()) else { return };
        for score in column {
            *score = if most == least {
                0
            } else {
                // Divided first, in floats, as the kube-scheduler does: 29 of 100 become 28.
                (100.0 * ((*score - least) as f64 / (most - least) as f64)) as i64
            };
        }
    }

    fn fork(&self) -> Box<dyn Plugin> {
        Box::new(self.clone())
    }
}
