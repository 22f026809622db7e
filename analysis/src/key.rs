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
}

/// Characters of a policy's name that go into a run's id (arbitrary).
const SLUG_MAX: usize = 40;

impl RunKey {
    /// A file name for the run: the policy and the seed for the eye, and a hash of the whole key.
    ///
    /// Stable between versions and machines: results of earlier sessions are found by it.
    pub fn id(&self) -> String {
        let plain =
            |c: char| if c.is_ascii_alphanumeric() || c == '.' { c.to_ascii_lowercase() } else { '-' };
        let slug: String = self.policy.chars().take(SLUG_MAX).map(plain).collect();
        // A name that begins with a dot would be hidden.
        format!("{}-s{}-{:016x}", slug.trim_start_matches('.'), self.seed, self.hash())
    }

    fn hash(&self) -> u64 {
        let mut hash = Fnv::default();
        [&self.policy, &self.predictor, &self.information].into_iter().for_each(|text| hash.text(text));
        hash.text(&self.seed.to_string());
        for (axis, value) in &self.axes {
            hash.text(axis);
            hash.text(value);
        }
        hash.0
    }
}

/// FNV-1a with 64 bits. Source: Fowler, Noll and Vo, draft-eastlake-fnv.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    /// Adds a text and an end mark, so that `ab, c` and `a, bc` differ.
    fn text(&mut self, text: &str) {
        for byte in text.bytes().chain([0xff]) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(policy: &str, seed: u64) -> RunKey {
        let axes = vec![("workload.load".into(), "1.3".into())];
        RunKey { policy: policy.into(), predictor: "none".into(), information: "online".into(), seed, axes }
    }

    #[test]
    fn ids_are_file_names_and_never_change() {
        assert_eq!(key("FCFS/best fit", 7).id(), "fcfs-best-fit-s7-a4955b3f2074e4bc");
        assert!(!key("../x", 7).id().contains('/') && !key("../x", 7).id().starts_with('.'));
    }

    #[test]
    fn every_part_of_the_key_counts() {
        let a = key("p", 1);
        let others = [
            key("q", 1),
            key("p", 2),
            RunKey { information: "oracle".into(), ..a.clone() },
            RunKey { axes: vec![("workload.load1".into(), ".3".into())], ..a.clone() },
        ];
        assert!(others.iter().all(|other| other.id() != a.id()));
    }
}
