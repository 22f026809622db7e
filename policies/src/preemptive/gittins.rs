//! The Gittins index of queues, from the service that jobs have needed.

/// Samples after which the index is first worked out, and by what it then grows from one time to the next
/// \[percent\]: the work per sample stays bounded (both arbitrary).
const FIRST: usize = 1;
const GROWTH_PERCENT: usize = 20;

/// The service that jobs needed, and the order of queues that follows.
#[derive(Clone, Debug)]
pub(super) struct Learned {
    /// Where each queue begins [unit-ns].
    begins: Vec<u64>,
    /// What jobs needed, ascending up to the last time that the index was worked out [unit-ns].
    samples: Vec<u64>,
    /// Samples at which the index is next worked out; never if they were given.
    next: usize,
    /// The place of each queue: 0 goes first.
    places: Vec<u64>,
}

impl Learned {
    /// Queues that end at `limits`; with what jobs needed in the past, or to be learned.
    pub(super) fn new(limits: &[u64], given: Option<Vec<u64>>) -> Self {
        let begins: Vec<u64> = std::iter::once(0).chain(limits.iter().copied()).collect();
        let places = (0..begins.len() as u64).collect();
        let next = if given.is_some() { usize::MAX } else { FIRST };
        let mut learned = Self { begins, samples: given.unwrap_or_default(), next, places };
        learned.work_out();
        learned
    }

    /// The place of a queue among all.
    pub(super) fn place(&self, queue: u64) -> u64 {
        self.places[queue as usize]
    }

    /// Takes in what one more job needed. True if the places of queues have changed.
    pub(super) fn add(&mut self, service: u64) -> bool {
        if self.next == usize::MAX {
            return false;
        }
        self.samples.push(service);
        if self.samples.len() < self.next {
            return false;
        }
        self.next = self.samples.len() + (self.samples.len() * GROWTH_PERCENT / 100).max(1);
        let before = self.places.clone();
        self.work_out();
        before != self.places
    }

    /// Orders the queues by their index, the highest first, ties to the lower queue.
    fn work_out(&mut self) {
        self.samples.sort_unstable();
        let indexes: Vec<_> = self.begins.iter().map(|&begin| index(&self.samples, begin)).collect();
        let mut order: Vec<usize> = (0..indexes.len()).collect();
        order.sort_by(|&a, &b| indexes[b].compare(&indexes[a]).then(a.cmp(&b)));
        for (place, &queue) in order.iter().enumerate() {
            self.places[queue] = place as u64;
        }
    }
}

/// Completions per service, as a fraction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Ratio {
    jobs: u128,
    service: u128,
}

impl Ratio {
    fn compare(&self, other: &Ratio) -> std::cmp::Ordering {
        // Jobs are at most 2^36, service at most 2^64 for each of them.
        let (ours, theirs) = (self.jobs.checked_mul(other.service), other.jobs.checked_mul(self.service));
        match (ours, theirs) {
            (Some(ours), Some(theirs)) => ours.cmp(&theirs),
            // Beyond 128 bits the last digits decide nothing.
            _ => (self.jobs * (other.service >> 40)).cmp(&(other.jobs * (self.service >> 40))),
        }
    }
}

/// The Gittins index after `attained` service: the supremum over a further service d of P(S - a <= d | S > a) /
/// E[min(S - a, d) | S > a], which is reached at one of the samples. Zero if no sample needed more.
///
/// # Source
/// Gittins, JRSS B 1979; for the distribution of service, Aalto, Ayesta, Righter, Queueing Systems 2009, eq. (1).
/// # Cost
/// O(samples); they are sorted.
fn index(samples: &[u64], attained: u64) -> Ratio {
    let more = &samples[samples.partition_point(|&sample| sample <= attained)..];
    let (mut best, mut spent) = (Ratio { jobs: 0, service: 1 }, 0u128);
    for (n, &sample) in more.iter().enumerate() {
        let further = u128::from(sample - attained);
        spent += further;
        if more.get(n + 1) == Some(&sample) {
            continue;
        }
        let (jobs, longer) = (n as u128 + 1, (more.len() - n - 1) as u128);
        let ratio = Ratio { jobs, service: spent + longer * further };
        if ratio.compare(&best).is_gt() {
            best = ratio;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_is_the_best_chance_per_service() {
        // Of 1, 1, 10: serve for 1: two of three complete for 1 + 1 + 1; for 10: three complete for 12.
        assert_eq!(index(&[1, 1, 10], 0), Ratio { jobs: 2, service: 3 });
        // After 1, only the job of 10 is left: one completes for 9.
        assert_eq!(index(&[1, 1, 10], 1), Ratio { jobs: 1, service: 9 });
        assert_eq!(index(&[1, 1, 10], 10), Ratio { jobs: 0, service: 1 });
    }

    #[test]
    fn queues_go_in_order_where_most_jobs_are_short_and_in_reverse_where_all_are_alike() {
        // 0: 2/3 as above; after 5: 1/5; after 20: none.
        assert_eq!(Learned::new(&[5, 20], Some(vec![1, 10, 1])).places, [0, 1, 2]);
        // All need 10: 1/10 at first, 1/5 after 5; nobody lasts for 20.
        assert_eq!(Learned::new(&[5, 20], Some(vec![10; 4])).places, [1, 0, 2]);
    }

    #[test]
    fn what_was_given_is_not_learned_over() {
        let mut given = Learned::new(&[5], Some(vec![10]));
        assert!(!given.add(1) && given.samples == [10]);
        let mut learned = Learned::new(&[5], None);
        assert_eq!(learned.places, [0, 1]);
        assert!(learned.add(10) && learned.places == [1, 0]);
        // 1, 10: 1/2 at first against 1/5.
        assert!(learned.add(1) && learned.places == [0, 1]);
    }
}
