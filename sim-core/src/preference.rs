//! What tasks would rather have: taints that they bear, labels that they like, company, an even spread, images.

use crate::constraint::{Domain, LabelSet};

/// Distinct tags that the tasks of one scenario may carry.
pub const TAGS_MAX: usize = 64;
/// Distinct container images that one scenario may name.
pub const IMAGES_MAX: usize = 128;

/// Preferences of the tasks of one job, by their number in the [`Vocabulary`](crate::Vocabulary); 0 is "none".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct PreferencesId(pub u32);

impl PreferencesId {
    /// The number as an index into a dense table.
    #[inline]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What tasks are called by the terms of others (the labels of a Kubernetes pod), by their number in the vocabulary.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct TagSet(pub u64);

impl TagSet {
    /// True if tasks with the tags `other` have all of these; the empty set selects nobody.
    #[inline]
    pub const fn selects(self, other: TagSet) -> bool {
        self.0 != 0 && self.0 & !other.0 == 0
    }
}

/// A set of container images, by their number in the vocabulary.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct ImageSet(pub u128);

impl ImageSet {
    /// True if the image of that number is in the set.
    #[inline]
    pub const fn has(self, image: u8) -> bool {
        self.0 >> image & 1 == 1
    }
}

/// What a taint does to tasks that do not tolerate it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Effect {
    /// They may not start on the node. `NoExecute` is read as this: nothing that runs is evicted.
    NoSchedule,
    /// They would rather start elsewhere.
    PreferNoSchedule,
}

impl Effect {
    fn from_name(name: &str) -> Option<Self> {
        match name {
            "NoSchedule" | "NoExecute" => Some(Effect::NoSchedule),
            "PreferNoSchedule" => Some(Effect::PreferNoSchedule),
            _ => None,
        }
    }
}

/// A taint of a node: `key=value:Effect`, or `key:Effect` for an empty value.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Taint {
    /// What it is about.
    pub key: Box<str>,
    /// Its value.
    pub value: Box<str>,
    /// What it does.
    pub effect: Effect,
}

impl Taint {
    /// The rule for [`Taint::parse`], for messages.
    pub const RULE: &'static str = "must be `key=value:Effect` or `key:Effect`, where the effect is NoSchedule, \
                                    PreferNoSchedule or NoExecute";

    /// The taint that `text` describes, if it does.
    pub fn parse(text: &str) -> Option<Self> {
        let (what, effect) = text.rsplit_once(':')?;
        let (key, value) = what.split_once('=').unwrap_or((what, ""));
        let effect = Effect::from_name(effect)?;
        (!key.is_empty()).then(|| Self { key: key.into(), value: value.into(), effect })
    }
}

/// Taints that tasks bear: `*`, `key` (whatever its value) or `key=value`, each for all effects or with `:Effect`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Toleration {
    /// The key; `None` is every key.
    pub key: Option<Box<str>>,
    /// The value; `None` is every value.
    pub value: Option<Box<str>>,
    /// The effect; `None` is every effect.
    pub effect: Option<Effect>,
}

impl Toleration {
    /// The rule for [`Toleration::parse`], for messages.
    pub const RULE: &'static str = "must be `*`, `key` or `key=value`, alone or followed by `:NoSchedule`, \
                                    `:PreferNoSchedule` or `:NoExecute`";

    /// The toleration that `text` describes, if it does.
    pub fn parse(text: &str) -> Option<Self> {
        let (what, effect) = match text.rsplit_once(':') {
            Some((what, effect)) => (what, Some(Effect::from_name(effect)?)),
            None => (text, None),
        };
        let (key, value) = match what.split_once('=') {
            Some((key, value)) => (key, Some(value.into())),
            None => (what, None),
        };
        let is_whole = !key.is_empty() && (key != "*" || value.is_none());
        is_whole.then(|| Self { key: (key != "*").then(|| key.into()), value, effect })
    }

    /// True if tasks with this bear the taint.
    pub fn bears(&self, taint: &Taint) -> bool {
        self.key.as_ref().is_none_or(|key| *key == taint.key)
            && self.value.as_ref().is_none_or(|value| *value == taint.value)
            && self.effect.is_none_or(|effect| effect == taint.effect)
    }
}

/// Nodes with all of these labels are liked by so much (preferred node affinity).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct LikedNodes {
    /// The labels.
    pub labels: LabelSet,
    /// How much, 1 to 100.
    pub weight: u32,
}

/// Where tasks want to stand relative to others (inter-pod affinity and anti-affinity).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Company {
    /// The others: tasks that carry all of these tags.
    pub tags: TagSet,
    /// What is to be shared with them, or not.
    pub level: Domain,
    /// How much it is wished: positive to be near them, negative to be away from them.
    pub weight: i32,
    /// A task may not start where it does not hold. Only the sign of the weight counts then.
    pub required: bool,
}

/// A wish for an even spread (`whenUnsatisfiable: ScheduleAnyway`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SoftSpread {
    /// The level to spread over.
    pub over: Domain,
    /// Difference between two domains that does no harm, at least 1 \[tasks\].
    pub skew_max: u32,
    /// The tasks that are counted: those that carry all of these tags.
    pub tags: TagSet,
}

/// What the tasks of one job would rather have, and what they are to others.
///
/// # Source
/// The notions are those of the Kubernetes scheduler: tolerations, preferred node affinity, inter-pod affinity,
/// topology spread with `ScheduleAnyway`, image locality.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Preferences {
    /// What the terms of others call these tasks.
    pub tags: TagSet,
    /// Taints that they bear.
    pub tolerates: Vec<Toleration>,
    /// Nodes that they like.
    pub likes: Vec<LikedNodes>,
    /// Tasks that they want near or away.
    pub company: Vec<Company>,
    /// How they would spread out.
    pub spread: Vec<SoftSpread>,
    /// The image of each container of a task, by number.
    pub images: Vec<u8>,
}

impl Preferences {
    /// True if a task can only start where certain others stand: the start of one of those may make room for it.
    pub fn needs_company(&self) -> bool {
        self.company.iter().any(|term| term.required && term.weight > 0)
    }

    /// True if one of the tolerations bears the taint.
    pub fn bears(&self, taint: &Taint) -> bool {
        self.tolerates.iter().any(|toleration| toleration.bears(taint))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tolerations_bear_what_they_name() {
        let taint = Taint::parse("gpu=a100:NoSchedule").unwrap();
        let bears = |text: &str| Toleration::parse(text).unwrap().bears(&taint);
        for text in ["*", "gpu", "gpu=a100", "gpu:NoSchedule", "gpu=a100:NoExecute", "*:NoSchedule"] {
            assert!(bears(text), "{text}");
        }
        for text in ["cpu", "gpu=t4", "gpu:PreferNoSchedule", "gpu=", "*:PreferNoSchedule"] {
            assert!(!bears(text), "{text}");
        }
    }

    #[test]
    fn what_is_no_taint_is_refused() {
        for text in ["", "gpu", "gpu=1", "gpu=1:Never", ":NoSchedule", "=1:NoSchedule"] {
            assert_eq!(Taint::parse(text), None, "{text}");
        }
        for text in ["", "=1", "*=1", "gpu:Never"] {
            assert_eq!(Toleration::parse(text), None, "{text}");
        }
        assert_eq!(&*Taint::parse("gpu:NoExecute").unwrap().value, "");
    }

    #[test]
    fn tags_select_those_that_have_them_all() {
        assert!(TagSet(0b01).selects(TagSet(0b11)));
        assert!(!TagSet(0b11).selects(TagSet(0b01)));
        assert!(!TagSet(0).selects(TagSet(0b01)), "no tag selects nobody");
    }
}
