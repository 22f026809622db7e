//! What the tasks of a class would rather have: taints that they bear, labels, company, an even spread, images.

use sim_core::constraint::{Domain, LabelSet};
use sim_core::registry::{Kind, Param, Params, Value};
use sim_core::{Company, LikedNodes, Preferences, PreferencesId, SoftSpread, TagSet, Toleration, Vocabulary};

use super::{problem, text};
use crate::problem::Problems;

const DOMAIN: Kind = Kind::Choice(&["node", "rack", "zone"]);
const WEIGHT: Kind = Kind::Int { min: 1, max: 100 };
const TEXTS: Kind = Kind::List(&Kind::Text);

const TERM: &[Param] = &[
    Param::required("tags", TEXTS, "The others: tasks that carry all of these tags."),
    Param::with_default("level", DOMAIN, "\"node\"", "What is shared with them."),
    Param::with_default("weight", WEIGHT, "1", "How much it is wished."),
    Param::with_default("required", Kind::Bool, "false", "Tasks may not start where it does not hold."),
];

/// The keys of `preferences`. Placers other than `kube` and `weighted` look at what is required only.
pub(super) const PREFERENCES: &[Param] = &[
    Param::optional("tags", TEXTS, "What the terms of this and other classes call these tasks."),
    Param::optional(
        "tolerates",
        TEXTS,
        "Taints that do no harm: `key=value`, `key` or `*`, with `:NoSchedule` or `:PreferNoSchedule` for one effect.",
    ),
    Param::optional(
        "likes",
        Kind::List(&Kind::Table(&[
            Param::required("labels", TEXTS, "Labels `key=value`, all of which a node must have."),
            Param::with_default("weight", WEIGHT, "1", "How much such nodes are liked."),
        ])),
        "Nodes that are liked.",
    ),
    Param::optional("near", Kind::List(&Kind::Table(TERM)), "Tasks that are wanted near."),
    Param::optional("away", Kind::List(&Kind::Table(TERM)), "Tasks that are wanted away."),
    Param::optional(
        "spread",
        Kind::List(&Kind::Table(&[
            Param::required("over", DOMAIN, "The domains that tasks are to be spread over."),
            Param::with_default(
                "skew_max",
                Kind::Int { min: 1, max: 1_000_000 },
                "1",
                "Difference between two domains that does no harm [tasks].",
            ),
            Param::optional(
                "tags",
                TEXTS,
                "The tasks that are counted; left out: those with the class's own tags.",
            ),
        ])),
        "Wishes for an even spread; a rule is `constraints.spread_over`.",
    ),
    Param::optional("images", TEXTS, "The image of each container of a task, as nodes name it."),
];

/// The preferences of one class, with names instead of numbers.
#[derive(Clone, Debug)]
pub(super) struct Wishes {
    tags: Vec<String>,
    tolerates: Vec<Toleration>,
    likes: Vec<(Vec<String>, u32)>,
    company: Vec<(Vec<String>, Company)>,
    spread: Vec<(Vec<String>, SoftSpread)>,
    images: Vec<String>,
}

fn tables<'a>(params: &'a Params, key: &str) -> impl Iterator<Item = &'a Params> {
    params.list(key).iter().map(|value| match value {
        Value::Table(table) => table,
        other => panic!("a table was declared, and {other:?} was checked"),
    })
}

fn texts(params: &Params, key: &str) -> Vec<String> {
    params.list(key).iter().map(text).collect()
}

fn domain(params: &Params, key: &str) -> Domain {
    Domain::from_name(params.text(key)).expect("the choice lists levels only")
}

impl Wishes {
    /// The preferences that `params` declare; `at` is their key.
    ///
    /// # Errors
    /// Texts that are no tolerations, and spreads and terms that select nobody.
    pub(super) fn new(params: &Params, at: &str) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let tags = texts(params, "tags");
        let mut tolerates = Vec::new();
        for (n, text) in texts(params, "tolerates").into_iter().enumerate() {
            match Toleration::parse(&text) {
                Some(toleration) => tolerates.push(toleration),
                None => problems.push(problem(format!("{at}.tolerates[{n}]"), text, Toleration::RULE)),
            }
        }
        let mut select = |tags: Vec<String>, at: String| {
            if tags.is_empty() {
                problems.push(problem(at, "[]", "must name a tag"));
            }
            tags
        };
        // Bounded by 100 and a million in the declaration.
        let weight = |table: &Params| table.int("weight") as i32;
        let mut company = Vec::new();
        for (key, sign) in [("near", 1), ("away", -1)] {
            for (n, term) in tables(params, key).enumerate() {
                let tags = select(texts(term, "tags"), format!("{at}.{key}[{n}].tags"));
                let level = domain(term, "level");
                let (weight, required) = (sign * weight(term), term.bool("required"));
                company.push((tags, Company { tags: TagSet(0), level, weight, required }));
            }
        }
        let mut spread = Vec::new();
        for (n, term) in tables(params, "spread").enumerate() {
            let counted = if term.get("tags").is_some() { texts(term, "tags") } else { tags.clone() };
            let counted = select(counted, format!("{at}.spread[{n}].tags"));
            let (over, skew_max) = (domain(term, "over"), term.int("skew_max") as u32);
            spread.push((counted, SoftSpread { over, skew_max, tags: TagSet(0) }));
        }
        let likes =
            tables(params, "likes").map(|term| (texts(term, "labels"), weight(term) as u32)).collect();
        problems.or_ok(Self { tags, tolerates, likes, company, spread, images: texts(params, "images") })
    }

    /// The id of these preferences.
    ///
    /// # Errors
    /// The name that is one too many for the vocabulary.
    pub(super) fn intern(&self, words: &mut Vocabulary) -> Result<PreferencesId, String> {
        let mut preferences = Preferences {
            tags: tags(&self.tags, words)?,
            tolerates: self.tolerates.clone(),
            ..Default::default()
        };
        for (names, weight) in &self.likes {
            let mut labels = LabelSet(0);
            for name in names {
                labels.0 |= words.label(name).ok_or_else(|| format!("label {name} is one label too many"))?.0;
            }
            preferences.likes.push(LikedNodes { labels, weight: *weight });
        }
        for (names, term) in &self.company {
            preferences.company.push(Company { tags: tags(names, words)?, ..*term });
        }
        for (names, term) in &self.spread {
            preferences.spread.push(SoftSpread { tags: tags(names, words)?, ..*term });
        }
        for name in &self.images {
            let image = words.image(name).ok_or_else(|| format!("image {name} is one image too many"))?;
            preferences.images.push(image);
        }
        Ok(words.preferences(preferences))
    }
}

fn tags(names: &[String], words: &mut Vocabulary) -> Result<TagSet, String> {
    let mut set = TagSet(0);
    for name in names {
        set.0 |= words.tag(name).ok_or_else(|| format!("tag {name} is one tag too many"))?.0;
    }
    Ok(set)
}

#[cfg(test)]
mod tests {
    use sim_core::registry::About;

    use super::*;
    use crate::generate::testing;

    const HOLDER: About = About { name: "holder", doc: "", source: "", params: PREFERENCES };

    fn wishes(text: &str) -> Result<Wishes, String> {
        let params = testing::params(&HOLDER, text).unwrap();
        let told = |problems: Problems| problems.0.iter().map(ToString::to_string).collect();
        Wishes::new(&params, "shapes[0].preferences").map_err(told)
    }

    #[test]
    fn names_become_numbers() {
        let wishes = wishes(
            "tags = ['app=web']\ntolerates = ['gpu']\nimages = ['nginx', 'nginx']
             likes = [{ labels = ['disk=ssd', 'gen=2'], weight = 7 }]
             near = [{ tags = ['app=db'], level = 'zone', weight = 3 }]
             away = [{ tags = ['app=web'], required = true }]
             spread = [{ over = 'rack' }]",
        );
        let mut words = Vocabulary::default();
        let id = wishes.unwrap().intern(&mut words).unwrap();
        let own = words.preferences_of(id);
        let (web, db) = (TagSet(1), TagSet(2));
        assert_eq!((own.tags, own.images.len(), own.likes[0].weight), (web, 2, 7));
        let near = Company { tags: db, level: Domain::Zone, weight: 3, required: false };
        let away = Company { tags: web, level: Domain::Node, weight: -1, required: true };
        assert_eq!(own.company, [near, away]);
        assert_eq!(own.spread, [SoftSpread { over: Domain::Rack, skew_max: 1, tags: web }]);
    }

    #[test]
    fn what_selects_nobody_or_tolerates_nothing_is_named() {
        let found = wishes("tolerates = ['gpu:Never']\nnear = [{ tags = [] }]\nspread = [{ over = 'zone' }]");
        let found = found.unwrap_err();
        for key in ["tolerates[0]", "near[0].tags", "spread[0].tags"] {
            assert!(found.contains(&format!("shapes[0].preferences.{key}")), "{key} in {found}");
        }
    }
}
