//! The window of submissions that is replayed, and the length that gives it a load.

use crate::traces::openb::PodList;

/// When pods are submitted in the window, what they ask for, and what there is.
pub(super) struct Window {
    /// Submission of each pod of the list after the start of the window, at most its length [s].
    pub(super) submits_s: Vec<u64>,
    /// Length of the window as it was [s].
    pub(super) length_s: u64,
    /// By pod: GPU that it asks for [milli-cards], and its service [ms].
    work: Vec<(u64, u64)>,
    /// GPU of the cluster [milli-cards].
    capacity: u64,
}

/// A pod of one copy in the unscaled window.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Arrival {
    /// After the start of the window [s].
    pub(super) at_s: u64,
    /// The copy of the trace.
    pub(super) copy: u32,
    /// Its place in the list.
    pub(super) place: u32,
}

/// Lengths between which the load is looked for: a second (arbitrary), and this many times the natural one (arbitrary).
const SHORTEST_MS: u64 = 1000;
const STRETCH_MAX: u64 = 1000;

/// The longest window that is replayed [s]: a hundred years. Stretched as far as may be, it still fits 64 bits of
/// milliseconds.
const LENGTH_MAX_S: u64 = 100 * 366 * 86_400;

/// The last instant that a window may reach [ms], so that nanoseconds fit a time.
const END_MAX_MS: u64 = u64::MAX / 1_000_000 - 1;

/// When a pod is submitted in a window that was scaled from `length_s` to `scaled_ms` [ms].
pub(super) fn scaled(at_s: u64, scaled_ms: u64, length_s: u64) -> u64 {
    // Both fit 64 bits after the division, as `at_s` is less than `length_s`.
    (u128::from(at_s) * u128::from(scaled_ms) / u128::from(length_s)) as u64
}

impl Window {
    /// From the time at which `from_ppm` of the pods had been submitted to the last submission.
    ///
    /// # Errors
    /// The rule that is broken.
    pub(super) fn new(list: &PodList, from_ppm: u64, capacity: u64) -> Result<Self, String> {
        let submit_s = list.pods.iter().map(|pod| pod.submit.as_ns() / 1_000_000_000);
        let mut sorted: Vec<u64> = submit_s.clone().collect();
        sorted.sort_unstable();
        let first = sorted.len() as u64 * from_ppm / 1_000_000;
        let (Some(&first), Some(&last)) = (sorted.get(first as usize), sorted.last()) else {
            return Err("holds no pods to replay".to_owned());
        };
        if first == last {
            return Err(
                "must hold pods that are submitted at different times after `from_quantile`".to_owned()
            );
        }
        if last - first > LENGTH_MAX_S {
            return Err(format!("has submissions over {} s, more than {LENGTH_MAX_S}", last - first));
        }
        let work = |pod| (list.gpu_milli(pod).1, pod.service.as_ns() / 1_000_000);
        let work: Vec<(u64, u64)> = list.pods.iter().map(work).collect();
        if work.iter().all(|&(milli, service_ms)| milli == 0 || service_ms == 0) {
            return Err("holds no pod that uses GPU for any time".to_owned());
        }
        let submits_s = submit_s.map(|at| at.saturating_sub(first)).collect();
        Ok(Self { submits_s, length_s: last - first, work, capacity })
    }

    /// The longest window in which the load is not less than `load_ppm` [ms].
    ///
    /// # Errors
    /// The highest load that can be reached if that is less; the lowest if that is more.
    /// # Cost
    /// O(pods) for each of some 40 steps.
    pub(super) fn scaled_to(&self, arrivals: &[Arrival], load_ppm: u64) -> Result<u64, f64> {
        self.can_reach(arrivals, load_ppm)?;
        let (mut enough, mut too_long) = (SHORTEST_MS, self.longest_ms());
        // A longer window leaves every pod a smaller part of it, so that the load falls.
        while too_long - enough > 1 {
            let middle = enough + (too_long - enough) / 2;
            if self.reaches(arrivals, middle, load_ppm) {
                enough = middle;
            } else {
                too_long = middle;
            }
        }
        Ok(enough)
    }

    /// Whether some window has this load.
    ///
    /// # Errors
    /// As for [`Window::scaled_to`].
    pub(super) fn can_reach(&self, arrivals: &[Arrival], load_ppm: u64) -> Result<(), f64> {
        if !self.reaches(arrivals, SHORTEST_MS, load_ppm) {
            return Err(self.load(arrivals, SHORTEST_MS));
        }
        if self.reaches(arrivals, self.longest_ms(), load_ppm) {
            return Err(self.load(arrivals, self.longest_ms()));
        }
        Ok(())
    }

    fn longest_ms(&self) -> u64 {
        (self.length_s * 1000 * STRETCH_MAX).min(END_MAX_MS)
    }

    fn reaches(&self, arrivals: &[Arrival], scaled_ms: u64, load_ppm: u64) -> bool {
        let offer = u128::from(self.capacity) * u128::from(scaled_ms) * u128::from(load_ppm);
        self.demand(arrivals, scaled_ms) * 1_000_000 >= offer
    }

    /// Offered load of a window of this length.
    pub(super) fn load(&self, arrivals: &[Arrival], scaled_ms: u64) -> f64 {
        self.demand(arrivals, scaled_ms) as f64 / (self.capacity as f64 * scaled_ms as f64)
    }

    /// What all pods ask for within a window of this length [milli-cards x ms].
    fn demand(&self, arrivals: &[Arrival], scaled_ms: u64) -> u128 {
        let of_pod = |arrival: &Arrival| {
            let (milli, service_ms) = self.work[arrival.place as usize];
            let left = scaled_ms - scaled(arrival.at_s, scaled_ms, self.length_s);
            u128::from(milli) * u128::from(service_ms.min(left))
        };
        arrivals.iter().map(of_pod).sum()
    }
}
