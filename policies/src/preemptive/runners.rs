//! Running jobs by rank, those that rank last first: the candidates for stopping.

use sim_core::{JobId, View};

use super::ledger::Ledger;
use super::rank::Rank;
use crate::order::OrderKey;

/// Amounts of all lanes, summed over tasks.
pub(super) type Amounts = [u64; 8];

/// Moves per job that sorting a list that was in order before may take; beyond, it is sorted from scratch (arbitrary).
const MOVES_MAX: usize = 8;

/// A sorted list, kept from decision to decision, with sums from its beginning on.
#[derive(Clone, Debug, Default)]
pub(super) struct Runners {
    list: Vec<(OrderKey, JobId)>,
    /// What the jobs up to each one hold together; right up to `summed` of them.
    sums: Vec<Amounts>,
    summed: usize,
    /// Keys are those of this decision.
    is_fresh: bool,
}

impl Runners {
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Keys may be out of date from now on, if the rank moves while jobs run.
    pub(super) fn begin(&mut self, rank: &dyn Rank) {
        self.is_fresh &= !rank.moves_while_running();
    }

    /// Keys have to be asked anew.
    pub(super) fn spoil(&mut self) {
        self.is_fresh = false;
    }

    /// Enters a job that runs, or gives it another key.
    pub(super) fn put(&mut self, key: OrderKey, job: JobId, ledger: &mut Ledger) {
        if ledger.of(job).listed == Some(key) {
            return;
        }
        self.remove(job, ledger);
        ledger.of(job).listed = Some(key);
        let at = self.position(key, job);
        self.list.insert(at, (key, job));
        self.summed = self.summed.min(at);
    }

    /// Strikes a job off that runs no more, or changes its width.
    pub(super) fn remove(&mut self, job: JobId, ledger: &mut Ledger) {
        let Some(key) = ledger.of(job).listed.take() else { return };
        let at = self.position(key, job);
        assert_eq!(self.list.get(at), Some(&(key, job)), "a running job stands elsewhere in the list");
        self.list.remove(at);
        self.summed = self.summed.min(at);
    }

    fn position(&self, key: OrderKey, job: JobId) -> usize {
        self.list.partition_point(|&other| other > (key, job))
    }

    /// A key that no job in the list ranks after, by the keys that were last asked for.
    pub(super) fn last(&self) -> Option<OrderKey> {
        self.list.first().map(|&(key, _)| key)
    }

    /// The jobs in order.
    pub(super) fn first(&self, count: usize) -> &[(OrderKey, JobId)] {
        &self.list[..count]
    }

    /// How many jobs rank after this key.
    ///
    /// # Cost
    /// Nothing if there are none by the keys of an earlier decision, as they only improve; else O(running) once per
    /// decision if the rank moves while jobs run.
    pub(super) fn after(
        &mut self,
        key: OrderKey,
        rank: &dyn Rank,
        ledger: &mut Ledger,
        view: View<'_>,
        worsened: bool,
    ) -> usize {
        let may = |list: &[(OrderKey, JobId)]| list.first().is_some_and(|&(last, _)| last > key);
        if !self.is_fresh && (worsened || may(&self.list)) {
            self.refresh(rank, ledger, view);
        }
        if may(&self.list) { self.list.partition_point(|&(other, _)| other > key) } else { 0 }
    }

    fn refresh(&mut self, rank: &dyn Rank, ledger: &mut Ledger, view: View<'_>) {
        for (key, job) in &mut self.list {
            let account = ledger.of(*job);
            account.settle(view.now());
            *key = rank.key(*job, account, view);
            account.listed = Some(*key);
        }
        sort_descending(&mut self.list);
        (self.summed, self.is_fresh) = (0, true);
    }

    /// The fewest jobs, of the first `most`, whose capacity is `enough`, if that of all of them is.
    pub(super) fn least(
        &mut self,
        most: usize,
        view: View<'_>,
        enough: impl Fn(&Amounts) -> bool,
    ) -> Option<usize> {
        if enough(&Amounts::default()) {
            return Some(0);
        }
        let known = self.summed.min(most);
        let found = self.sums[..known].partition_point(|sum| !enough(sum));
        if found < known {
            return Some(found + 1);
        }
        for n in known..most {
            let mut sum = if n == 0 { Amounts::default() } else { self.sums[n - 1] };
            add_holdings(&mut sum, self.list[n].1, view);
            if n < self.sums.len() {
                self.sums[n] = sum;
            } else {
                self.sums.push(sum);
            }
            self.summed = n + 1;
            if enough(&sum) {
                return Some(n + 1);
            }
        }
        None
    }
}

/// Adds what a job holds.
pub(super) fn add_holdings(sum: &mut Amounts, job: JobId, view: View<'_>) {
    let tasks: usize = view.runs_of(job).map(|run| view.run(run).slots().len()).sum();
    for (sum, &need) in sum.iter_mut().zip(&view.shape(job).need().0) {
        *sum += u64::from(need) * tasks as u64;
    }
}

/// Sorts a list that is nearly in order.
fn sort_descending(list: &mut [(OrderKey, JobId)]) {
    let mut moves = list.len() * MOVES_MAX;
    for n in 1..list.len() {
        let mut at = n;
        while at > 0 && list[at - 1] < list[at] {
            list.swap(at - 1, at);
            at -= 1;
        }
        let made = n - at;
        if made > moves {
            list.sort_unstable_by_key(|&entry| std::cmp::Reverse(entry));
            return;
        }
        moves -= made;
    }
}

#[cfg(test)]
mod tests {
    use sim_core::testkit::{Case, cpu};

    use super::*;

    #[test]
    fn lists_end_in_order_however_they_began() {
        let mut case = Case::new().nodes(1, cpu(1));
        case.job(0, 1).add();
        case.decision_at(0);
        let job = case.id(1);
        for step in [1, 7, 19, 100] {
            let mut list: Vec<_> = (0..101).map(|n| (OrderKey(n * step % 101), job)).collect();
            sort_descending(&mut list);
            assert!(list.is_sorted_by(|a, b| a > b), "{step}");
        }
    }
}
