//! An episode as the environment counts it: steps, rewards and slowdowns over a schedule.

use std::collections::VecDeque;

use super::SLOTS;
use super::sequence::Sequence;
use crate::reproduce::number::Number;

/// Steps after which an episode is over though jobs are left (`parameters.py`, `episode_max_length`).
const STEPS_MAX: u64 = 200;
/// Jobs behind the visible ones (`backlog_size`).
const BACKLOG_MAX: usize = 60;

/// What became of a job [steps].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Times {
    pub(super) enter: u64,
    /// Start and end; `None` if the episode was over before.
    pub(super) ran: Option<(u64, u64)>,
}

/// One episode that is over.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Episode {
    /// By number of the job.
    pub(super) jobs: Vec<Times>,
    /// Starts and steps of time.
    pub(super) env_steps: u64,
    /// The time when it was over.
    pub(super) end: u64,
    pub(super) total_reward: f64,
}

/// The environment's own lists.
struct Lists<'s> {
    sequence: &'s Sequence,
    slots: [Option<usize>; SLOTS],
    backlog: VecDeque<usize>,
    /// Job and end, in the order of the starts.
    running: Vec<(usize, u64)>,
}

impl Lists<'_> {
    fn enter(&mut self, job: usize) {
        if let Some(empty) = self.slots.iter_mut().find(|slot| slot.is_none()) {
            *empty = Some(job);
        } else if self.backlog.len() < BACKLOG_MAX {
            self.backlog.push_back(job);
        }
    }

    fn start(&mut self, job: usize, end: u64) {
        if let Some(slot) = self.slots.iter_mut().find(|slot| **slot == Some(job)) {
            *slot = self.backlog.pop_front();
        }
        self.running.push((job, end));
    }

    /// Drops jobs that have ended. The original takes them out of the list that it is walking along, and so misses the
    /// one behind each: that lingers for a step and more, and costs reward.
    fn drop_ended(&mut self, now: u64) {
        let mut n = 0;
        while n < self.running.len() {
            if self.running[n].1 <= now {
                self.running.remove(n);
            }
            n += 1;
        }
    }

    fn is_empty(&self) -> bool {
        self.running.is_empty() && self.backlog.is_empty() && self.slots.iter().all(Option::is_none)
    }

    /// Minus 1 / length for each job that is there.
    fn reward(&self) -> f64 {
        let running = self.running.iter().map(|(job, _)| *job);
        let jobs = running.chain(self.slots.iter().flatten().copied()).chain(self.backlog.iter().copied());
        jobs.fold(0.0, |sum, job| sum - 1.0 / self.sequence.arrivals[job].len as f64)
    }
}

impl Episode {
    /// Counts the episode of a schedule: number, start and end of each job, in the order of the starts.
    pub(super) fn of(sequence: &Sequence, schedule: &[(usize, u64, u64)]) -> Self {
        let mut lists =
            Lists { sequence, slots: [None; SLOTS], backlog: VecDeque::new(), running: Vec::new() };
        let mut found = Self::default();
        let (mut now, mut schedule) = (0, schedule.iter().peekable());
        loop {
            while let Some(&(job, start, end)) = schedule.next_if(|(_, start, _)| *start == now) {
                lists.start(job, end);
                if let Some(times) = found.jobs.get_mut(job) {
                    times.ran = Some((start, end));
                }
                found.env_steps += 1;
            }
            now += 1;
            found.env_steps += 1;
            lists.drop_ended(now);
            let over = now >= sequence.steps && (lists.is_empty() || now > STEPS_MAX);
            if !over
                && let Some(arrival) = sequence.arrivals.get(found.jobs.len()).filter(|job| job.at == now)
            {
                lists.enter(found.jobs.len());
                found.jobs.push(Times { enter: arrival.at, ran: None });
            }
            found.total_reward += lists.reward();
            if over {
                found.end = now;
                return found;
            }
        }
    }

    /// A number of the golden file, by its name there.
    pub(super) fn number(&self, name: &str, sequence: &Sequence) -> Option<Number> {
        let ran = self.jobs.iter().zip(&sequence.arrivals);
        let ran = || ran.clone().filter_map(|(job, arrival)| Some((job.ran?.1 - job.enter, arrival.len)));
        let slowdowns = || ran().map(|(jct, len)| jct as f64 / len as f64).collect::<Vec<_>>();
        let floors = || ran().map(|(jct, len)| (jct / len) as f64).collect::<Vec<_>>();
        Some(match name {
            "total_reward" => Number::Float(self.total_reward),
            "env_steps" => Number::Whole(self.env_steps),
            "sim_time_end" => Number::Whole(self.end),
            "n_jobs" => Number::Whole(self.jobs.len() as u64),
            "mean_slowdown" => Number::Float(mean(&slowdowns())),
            "max_slowdown" => Number::Float(slowdowns().into_iter().fold(0.0, f64::max)),
            // Under Python 2 whole numbers were divided without remainder.
            "mean_slowdown_floor" => Number::Float(mean(&floors())),
            _ => return None,
        })
    }
}

/// The mean with NumPy's rounding.
fn mean(values: &[f64]) -> f64 {
    pairwise(values) / values.len() as f64
}

/// The sum in NumPy's order: in halves down to 128 values, and those in eight lanes.
fn pairwise(values: &[f64]) -> f64 {
    const LANES: usize = 8;
    const BLOCK: usize = 128;
    if values.len() > BLOCK {
        let half = values.len() / 2 / LANES * LANES;
        return pairwise(&values[..half]) + pairwise(&values[half..]);
    }
    let (eights, rest) = values.as_chunks::<LANES>();
    let mut sum = 0.0;
    if let Some((first, others)) = eights.split_first() {
        let mut lanes = *first;
        for eight in others {
            (0..LANES).for_each(|n| lanes[n] += eight[n]);
        }
        sum =
            ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
    }
    rest.iter().fold(sum, |sum, value| sum + value)
}

#[cfg(test)]
mod tests {
    use super::super::sequence::Arrival;
    use super::*;

    #[test]
    fn an_episode_of_two_jobs_is_counted_by_hand() {
        // Steps 0 to 3. A job of 1 comes at step 1, one of 2 at step 2; both start as they come.
        let arrivals =
            vec![Arrival { at: 1, len: 1, needs: [1, 1] }, Arrival { at: 2, len: 2, needs: [1, 1] }];
        let sequence = Sequence { steps: 4, arrivals };
        let episode = Episode::of(&sequence, &[(0, 1, 2), (1, 2, 4)]);
        assert_eq!(episode.jobs[1], Times { enter: 2, ran: Some((2, 4)) });
        // Steps of time to 1, 2, 3, 4, and two starts.
        assert_eq!((episode.end, episode.env_steps), (4, 6));
        // At 1 the first job is there, -1; at 2 it has ended and the second is there, -1/2; at 3 that runs, -1/2.
        assert_eq!(episode.total_reward, -2.0);
        assert_eq!(episode.number("mean_slowdown", &sequence), Some(Number::Float(1.0)));
    }

    #[test]
    fn a_job_behind_one_that_ends_lingers() {
        // Both run from 1 to 2. At 2 the second is missed; it is dropped at 3 only, so the episode ends there.
        let arrival = |at| Arrival { at, len: 1, needs: [1, 1] };
        let sequence = Sequence { steps: 2, arrivals: vec![arrival(1), arrival(1)] };
        let mut lists = Lists {
            sequence: &sequence,
            slots: [None; SLOTS],
            backlog: VecDeque::new(),
            running: Vec::new(),
        };
        lists.start(0, 2);
        lists.start(1, 2);
        lists.drop_ended(2);
        assert_eq!((lists.running.as_slice(), lists.reward()), ([(1, 2)].as_slice(), -1.0));
        lists.drop_ended(3);
        assert!(lists.is_empty());
    }

    #[test]
    fn sums_are_taken_in_eight_lanes() {
        // 1e16 + 1 is 1e16 in f64. In one row all ones are lost; in lanes those of the other lanes are not.
        let mut values = [1.0; 16];
        values[0] = 1e16;
        // Lanes: 1e16 (+1 lost), and seven of 2: ((1e16 + 2) + 4) + 8.
        assert_eq!(pairwise(&values), 1e16 + 14.0);
        assert_eq!(pairwise(&values[..7]), 1e16);
        assert_eq!(pairwise(&[1.0; 300]), 300.0);
    }
}
