//! What is known of a job when it is submitted, as numbers.

use sim_core::{Job, Lane, SimTime, TenantId, UserId, Vocabulary};

/// How many numbers describe a job.
pub const NUMBERS: usize = 8;

/// A job as predictors see it: nothing but what was declared, and when.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Features {
    /// Who submitted it.
    pub user: UserId,
    /// On whose account it runs.
    pub tenant: TenantId,
    /// Number of tasks.
    pub tasks: u32,
    /// In this order: the logarithms of 1 + tasks, 1 + milli-cores, 1 + milli-cards, 1 + MiB (each of all tasks
    /// together) and 1 + requested seconds (0 if none were requested); sine and cosine of the hour of the day in
    /// which it was submitted, the simulation beginning at midnight; the priority.
    pub numbers: [f64; NUMBERS],
}

impl Features {
    /// The features of a job that is submitted at `now`.
    pub fn of(job: &Job, words: &Vocabulary, now: SimTime) -> Self {
        let need = words.shape_of(job.shape).need();
        let total = |lane| libm::log1p(f64::from(job.tasks) * f64::from(need.get(lane)));
        let requested = job.requested().map_or(0.0, |span| libm::log1p(span.as_secs_f64()));
        let hour = 2.0 * std::f64::consts::PI * of_day(now);
        Self {
            user: job.user,
            tenant: job.tenant,
            tasks: job.tasks,
            numbers: [
                libm::log1p(f64::from(job.tasks)),
                total(Lane::Cpu),
                total(Lane::Gpu),
                total(Lane::Memory),
                requested,
                libm::sin(hour),
                libm::cos(hour),
                f64::from(job.priority),
            ],
        }
    }
}

/// The part of the day that is over.
fn of_day(now: SimTime) -> f64 {
    const DAY_NS: u64 = 86_400 * 1_000_000_000;
    (now.as_ns() % DAY_NS) as f64 / DAY_NS as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::{GpuNeed, ModelSet, Resources, Shape, SimDuration};

    #[test]
    fn features_are_those_of_all_tasks_together() {
        let mut words = Vocabulary::default();
        let need = Resources::ZERO.with(Lane::Cpu, 500).with(Lane::Memory, 100);
        let gpu = GpuNeed { cards: 2, milli_each: 1000, models: ModelSet::ANY };
        let shape = words.shape(Shape::new(need).with_gpu(gpu));
        // A quarter past the first day: 6 o'clock, where the sine is 1.
        let now = SimTime::from_secs(86_400 + 86_400 / 4);
        let mut job = Job { tasks: 4, priority: -3, ..Job::new(1, now, shape) };
        let [tasks, cpu, cards, memory, requested, sin, cos, priority] =
            Features::of(&job, &words, now).numbers.map(|x| (x * 1e6).round() / 1e6);
        let log = |x: f64| (libm::log(x + 1.0) * 1e6).round() / 1e6;
        assert_eq!([tasks, cpu, cards, memory], [4.0, 2000.0, 8000.0, 400.0].map(log));
        assert_eq!([requested, sin, cos, priority], [0.0, 1.0, 0.0, -3.0]);
        job.walltime = SimDuration::from_secs(60);
        assert!((Features::of(&job, &words, now).numbers[4] - libm::log(61.0)).abs() < 1e-12);
    }
}
