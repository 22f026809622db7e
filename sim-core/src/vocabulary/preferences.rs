//! The words of preferences: taints, tags, images, and interned sets of wishes.

use super::{Names, Vocabulary};
use crate::cluster::NodeSpec;
use crate::constraint::{Constraints, LabelSet};
use crate::ids::ConstraintsId;
use crate::preference::{
    Company, Effect, IMAGES_MAX, ImageSet, LikedNodes, Preferences, PreferencesId, SoftSpread, TAGS_MAX,
    TagSet, Taint,
};

impl Vocabulary {
    /// The id of `preferences`; id 0 is "none".
    pub fn preferences(&mut self, preferences: Preferences) -> PreferencesId {
        if let Some(&id) = self.preference_ids.get(&preferences) {
            return id;
        }
        let id = u32::try_from(self.preferences.len()).expect("there are at most 2^32 sets of preferences");
        self.requires_company |= preferences.company.iter().any(|term| term.required);
        self.preferences.push(preferences.clone());
        self.preference_ids.insert(preferences, PreferencesId(id));
        PreferencesId(id)
    }

    /// The preferences behind `id`.
    #[inline]
    pub fn preferences_of(&self, id: PreferencesId) -> &Preferences {
        &self.preferences[id.index()]
    }

    /// All preferences, by id.
    pub fn all_preferences(&self) -> &[Preferences] {
        &self.preferences
    }

    /// True if the tasks of some job may not start near certain others, or only there.
    #[inline]
    pub(crate) fn requires_company(&self) -> bool {
        self.requires_company
    }

    /// The label of nodes with that taint, or `None` beyond the distinct labels that there may be.
    pub fn taint(&mut self, taint: Taint) -> Option<LabelSet> {
        if let Some((_, mark)) = self.taints.iter().find(|(known, _)| *known == taint) {
            return Some(*mark);
        }
        // A label of the user's own has no blank before its key.
        let mark = self.label(&format!(" {}={}:{:?}", taint.key, taint.value, taint.effect))?;
        self.taints.push((taint, mark));
        Some(mark)
    }

    /// Labels of nodes whose taints have this effect on tasks with these preferences: those that they do not bear.
    pub fn repelling(&self, effect: Effect, preferences: PreferencesId) -> LabelSet {
        let own = self.preferences_of(preferences);
        let taints = self.taints.iter().filter(|(taint, _)| taint.effect == effect && !own.bears(taint));
        taints.fold(LabelSet(0), |set, (_, mark)| LabelSet(set.0 | mark.0))
    }

    /// The same constraints with the taints forbidden that the tasks do not tolerate.
    pub(crate) fn without_taints(&mut self, id: ConstraintsId) -> ConstraintsId {
        if self.taints.is_empty() {
            return id;
        }
        let rule = *self.constraints_of(id);
        let repelling = self.repelling(Effect::NoSchedule, rule.preferences);
        self.constraints(Constraints { forbid: LabelSet(rule.forbid.0 | repelling.0), ..rule })
    }

    /// The one-element set of that tag, or `None` beyond [`TAGS_MAX`] distinct ones.
    pub fn tag(&mut self, tag: &str) -> Option<TagSet> {
        let number = self.tags.intern(tag) as usize;
        (number < TAGS_MAX).then(|| TagSet(1 << number))
    }

    /// Names of tags, by bit.
    pub fn tags(&self) -> &Names {
        &self.tags
    }

    /// The number of an image, or `None` beyond [`IMAGES_MAX`] distinct ones. It is of size 0 until a node says more.
    pub fn image(&mut self, name: &str) -> Option<u8> {
        let number = self.images.intern(name) as usize;
        if number >= IMAGES_MAX {
            return None;
        }
        self.image_mib.resize(self.image_mib.len().max(number + 1), 0);
        Some(number as u8)
    }

    /// Names of images, by number.
    pub fn images(&self) -> &Names {
        &self.images
    }

    /// Size of an image \[MiB\].
    pub fn image_mib(&self, image: u8) -> u32 {
        self.image_mib[usize::from(image)]
    }

    /// The images of each node, nothing if no node has any; the largest size that is said of an image counts.
    ///
    /// # Panics
    /// If there are more than [`IMAGES_MAX`]; scenarios check that before.
    pub(crate) fn images_of(&mut self, nodes: &[NodeSpec]) -> Vec<ImageSet> {
        if nodes.iter().all(|node| node.images.is_empty()) {
            return Vec::new();
        }
        let mut number = |(name, mib): &(String, u32)| {
            let image = self.image(name).expect("the scenario has checked the number of images");
            let size = &mut self.image_mib[usize::from(image)];
            *size = (*mib).max(*size);
            image
        };
        let set = |node: &NodeSpec| node.images.iter().fold(0, |set, image| set | 1 << number(image));
        nodes.iter().map(set).map(ImageSet).collect()
    }

    /// The preferences that `id` stands for in another vocabulary, in the words of this one; `None` beyond the
    /// distinct labels, tags or images that there may be.
    pub fn adopt_preferences(&mut self, id: PreferencesId, from: &Vocabulary) -> Option<PreferencesId> {
        let theirs = from.preferences_of(id).clone();
        let mut tags = |set: TagSet| {
            let mut own = TagSet(0);
            for bit in (0..TAGS_MAX as u32).filter(|bit| set.0 >> bit & 1 == 1) {
                own.0 |= self.tag(from.tags.name(bit)?)?.0;
            }
            Some(own)
        };
        let own_tags = tags(theirs.tags)?;
        let mut company = theirs.company;
        for term in &mut company {
            *term = Company { tags: tags(term.tags)?, ..*term };
        }
        let mut spread = theirs.spread;
        for term in &mut spread {
            *term = SoftSpread { tags: tags(term.tags)?, ..*term };
        }
        let mut likes = theirs.likes;
        for term in &mut likes {
            let mut labels = LabelSet(0);
            for bit in (0..128).filter(|bit| term.labels.0 >> bit & 1 == 1) {
                labels.0 |= self.label(from.labels.name(bit)?)?.0;
            }
            *term = LikedNodes { labels, ..*term };
        }
        let mut images = theirs.images;
        for image in &mut images {
            *image = self.image(from.images.name(u32::from(*image))?)?;
        }
        let tolerates = theirs.tolerates;
        Some(self.preferences(Preferences { tags: own_tags, tolerates, likes, company, spread, images }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preference::Toleration;

    #[test]
    fn taints_that_are_not_borne_are_forbidden() {
        let mut words = Vocabulary::default();
        let gpu = words.taint(Taint::parse("gpu=yes:NoSchedule").unwrap()).unwrap();
        let old = words.taint(Taint::parse("old:PreferNoSchedule").unwrap()).unwrap();
        let plain = words.without_taints(ConstraintsId(0));
        assert_eq!(words.constraints_of(plain).forbid, gpu);
        assert_eq!(words.without_taints(plain), plain, "twice is once");
        let tolerates = vec![Toleration::parse("gpu").unwrap()];
        let preferences = words.preferences(Preferences { tolerates, ..Preferences::default() });
        let bearing = words.constraints(Constraints { preferences, ..Constraints::NONE });
        assert_eq!(words.without_taints(bearing), bearing);
        assert_eq!(words.repelling(Effect::PreferNoSchedule, preferences), old);
    }

    #[test]
    fn preferences_stay_though_numbers_change() {
        let (mut from, mut to) = (Vocabulary::default(), Vocabulary::default());
        let _ = (to.tag("x"), to.image("y"), to.label("z=1"));
        let tags = from.tag("web").unwrap();
        let likes = vec![LikedNodes { labels: from.label("disk=ssd").unwrap(), weight: 7 }];
        let images = vec![from.image("nginx").unwrap()];
        let id = from.preferences(Preferences { tags, likes, images, ..Preferences::default() });
        let id = to.adopt_preferences(id, &from).unwrap();
        let own = to.preferences_of(id);
        assert_eq!((own.tags, own.likes[0].labels, &own.images[..]), (TagSet(2), LabelSet(2), &[1][..]));
    }
}
