//! Users with habits, for a model that knows none.

use sim_core::registry::{Kind, Param, Params};
use sim_core::{Stream, UserId, Vocabulary};

use super::model::Source;

/// The keys of `users`.
pub(super) const USERS: &[Param] = &[
    Param::required("count", Kind::Int { min: 1, max: 1_000_000 }, "Users, called user-1 and so on."),
    Param::with_default(
        "habit",
        Kind::Float { min: 0.0, max: 1.0 },
        "0.7",
        "Chance that a job is that of the user whose habit its run time is; else any user has submitted it. \
         0: run times say nothing of users, 1: users keep to their habits.",
    ),
];

/// Jobs of the stream from which habits are taken (arbitrary).
const SAMPLE: u64 = 10_000;

/// Who submits the jobs of a stream. Sizes, run times and arrivals stay those of the model: a user is drawn for the
/// job, not the job for the user.
#[derive(Clone, Debug)]
pub(super) struct Users {
    /// Where the range of run times of each user but the first begins \[s\].
    borders: Vec<u64>,
    habit: f64,
    stream: Stream,
    /// Their ids in the run's vocabulary, once named.
    ids: Vec<UserId>,
}

impl Users {
    /// The users that `params` declare for the jobs of `source`: their habits are ranges of run times that hold equal
    /// shares of its first jobs, the shortest for the first user.
    pub(super) fn new(params: &Params, mut source: Source, jobs: u64, seed: u64) -> Self {
        let count = params.int("count").unsigned_abs();
        let mut runs: Vec<u64> = (0..jobs.min(SAMPLE)).map(|_| source.next().run).collect();
        runs.sort_unstable();
        let border = |n: u64| runs[(n * runs.len() as u64 / count) as usize];
        Self {
            borders: (1..count).map(border).collect(),
            habit: params.float("habit"),
            stream: Stream::new(seed, "workload/users"),
            ids: Vec::new(),
        }
    }

    /// Names all users, in order.
    pub(super) fn name(&mut self, words: &mut Vocabulary) {
        self.ids = (1..=self.borders.len() + 1).map(|n| words.user(&format!("user-{n}"))).collect();
    }

    /// The user of a job that runs for `run` seconds.
    pub(super) fn draw(&mut self, run: u64) -> UserId {
        // Both numbers are drawn for every job, so that the choice for one shifts no other.
        let (keeps, any) = (self.stream.unit() < self.habit, self.stream.below(self.ids.len() as u64));
        let own = self.borders.partition_point(|&border| border <= run);
        self.ids[if keeps { own } else { any as usize }]
    }
}
