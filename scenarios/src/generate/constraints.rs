//! Where the tasks of a class may stand: labels, anti-affinity with its density caps, and spread.

use sim_core::constraint::{Apart, Constraints, Domain, LabelSet, Spread};
use sim_core::registry::{Kind, Param, Params};
use sim_core::{ConstraintsId, PreferencesId, Vocabulary};

use super::text;

const DOMAIN: Kind = Kind::Choice(&["node", "rack", "zone"]);

/// The keys of `constraints`.
pub(super) const CONSTRAINTS: &[Param] = &[
    Param::optional(
        "require",
        Kind::List(&Kind::Text),
        "Labels `key=value` that a node must have, all of them.",
    ),
    Param::optional("forbid", Kind::List(&Kind::Text), "Labels that a node must not have, none of them."),
    Param::optional(
        "anti_affinity",
        DOMAIN,
        "No two tasks of this class in one such domain, or no more than `anti_affinity_max`.",
    ),
    Param::with_default(
        "anti_affinity_max",
        Kind::Int { min: 1, max: 1_000_000 },
        "1",
        "Density cap: most tasks of this class in one domain of `anti_affinity` [tasks].",
    ),
    Param::optional("spread_over", DOMAIN, "Tasks of this class are spread evenly over such domains."),
    Param::with_default(
        "skew_max",
        Kind::Int { min: 1, max: 1_000_000 },
        "1",
        "Largest difference between two domains of `spread_over` [tasks].",
    ),
];

/// The constraints of one class, with names instead of numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    require: Vec<String>,
    forbid: Vec<String>,
    anti_affinity: Option<Apart>,
    spread: Option<Spread>,
}

impl Rules {
    pub(super) fn new(params: &Params) -> Self {
        let domain = |key| params.text_opt(key).and_then(Domain::from_name);
        let count = |key| u32::try_from(params.int(key)).expect("it was declared to fit");
        let (tasks_max, skew_max) = (count("anti_affinity_max"), count("skew_max"));
        Self {
            require: params.list("require").iter().map(text).collect(),
            forbid: params.list("forbid").iter().map(text).collect(),
            anti_affinity: domain("anti_affinity").map(|level| Apart { level, tasks_max }),
            spread: domain("spread_over").map(|over| Spread { over, skew_max }),
        }
    }

    /// The id of these rules and preferences. Tasks that carry the affinity key `class` are counted.
    ///
    /// # Errors
    /// The label that is one too many for the vocabulary.
    pub(super) fn intern(
        &self,
        class: &str,
        preferences: PreferencesId,
        words: &mut Vocabulary,
    ) -> Result<ConstraintsId, String> {
        let counts = self.anti_affinity.is_some() || self.spread.is_some();
        let rule = Constraints {
            require: labels(&self.require, words)?,
            forbid: labels(&self.forbid, words)?,
            key: counts.then(|| words.affinity_key(class)),
            anti_affinity: self.anti_affinity,
            spread: self.spread,
            preferences,
        };
        Ok(words.constraints(rule))
    }
}

fn labels(names: &[String], words: &mut Vocabulary) -> Result<LabelSet, String> {
    let mut set = LabelSet(0);
    for name in names {
        set.0 |= words.label(name).ok_or_else(|| format!("label {name} is one label too many"))?.0;
    }
    Ok(set)
}
