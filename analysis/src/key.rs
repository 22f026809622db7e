//! What tells one run of a scenario from the others.

/// The identity of a run within a scenario.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RunKey {
    /// The policy, by its name in the scenario.
    pub policy: String,
    /// The predictor of run times.
    pub predictor: String,
    /// What the policy could know: `online`, or `oracle` if the predictor looked at the truth.
    pub information: String,
    /// The seed of all random streams.
    pub seed: u64,
    /// The point of the sweep: axis and value, in the order of the scenario file.
    pub axes: Vec<(String, String)>,
    /// Digest of all that decides the run: the scenario at this point, the policy, the seed, the contents of the
    /// files that are read, and the version of the program.
    pub content: u64,
}

/// Characters of a policy's name that go into a run's id (arbitrary).
const SLUG_MAX: usize = 40;

impl RunKey {
    /// A file name for the run: the policy and the seed for the eye, and the digest of its content.
    ///
    /// Equal ids mean equal runs, on any machine: results of earlier sessions are found by it.
    pub fn id(&self) -> String {
        Self::id_of(&self.policy, self.seed, self.content)
    }

    /// The id of a run of that policy, seed and content.
    pub fn id_of(policy: &str, seed: u64, content: u64) -> String {
        let plain =
            |c: char| if c.is_ascii_alphanumeric() || c == '.' { c.to_ascii_lowercase() } else { '-' };
        let slug: String = policy.chars().take(SLUG_MAX).map(plain).collect();
        // A name that begins with a dot would be hidden.
        format!("{}-s{}-{:016x}", slug.trim_start_matches('.'), seed, content)
    }

    /// The seed in an id; `None` if that is no id.
    pub fn seed_of(id: &str) -> Option<u64> {
        let (before, _) = id.rsplit_once('-')?;
        before.rsplit_once("-s")?.1.parse().ok()
    }

    /// The digest that ends an id; `None` if that is no id.
    pub(crate) fn content_of(id: &str) -> Option<u64> {
        u64::from_str_radix(id.rsplit_once('-')?.1, 16).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(policy: &str, seed: u64) -> RunKey {
        RunKey { policy: policy.into(), seed, content: 0xa495_5b3f_2074_e4bc, ..crate::testing::key() }
    }

    #[test]
    fn ids_are_file_names_that_say_policy_and_seed() {
        assert_eq!(key("FCFS/best fit", 7).id(), "fcfs-best-fit-s7-a4955b3f2074e4bc");
        assert!(!key("../x", 7).id().contains('/') && !key("../x", 7).id().starts_with('.'));
        assert_eq!(RunKey::seed_of(&key("sjf-s3-x", 7).id()), Some(7));
        assert_eq!(RunKey::seed_of("sjf-7"), None);
        assert_eq!(RunKey::content_of(&key("a-b", 7).id()), Some(0xa495_5b3f_2074_e4bc));
    }
}
