//! The catalog: named scenarios that come with the program.

macro_rules! catalog {
    ($($name:literal),* $(,)?) => {
        &[$(Entry {
            name: $name,
            text: include_str!(concat!("../catalog/", $name, ".toml")),
            golden: include_str!(concat!("../golden/", $name, ".snap")),
        }),*]
    };
}

/// A scenario of the catalog.
struct Entry {
    name: &'static str,
    text: &'static str,
    /// The baseline of its numbers, on a part of its runs.
    golden: &'static str,
}

/// All entries, in the order in which they are listed.
const CATALOG: &[Entry] = catalog![
    "quickstart",
    "swf",
    "nasa",
    "philly",
    "openb",
    "fgd",
    "fgd-ties",
    "fgd-replay",
    "dlrm",
    "scale",
    "tiresias",
    "predictors-nasa",
    "predictors-philly",
    "predictors-lublin",
    "backfill",
    "algorithms",
    "rlscheduler",
    "dl-preemption",
    "kube-scoring",
    "tune-multifactor",
    "order-by-load",
    "weak-scaling",
    "failure-settings",
    "alerts-by-load",
];

/// The text of the scenario of that name.
pub fn text(name: &str) -> Option<&'static str> {
    entry(name).map(|entry| entry.text)
}

/// The baseline of the scenario of that name, for [`gate`](crate::gate).
pub fn golden(name: &str) -> Option<&'static str> {
    entry(name).map(|entry| entry.golden)
}

fn entry(name: &str) -> Option<&'static Entry> {
    CATALOG.iter().find(|entry| entry.name == name)
}

/// All names.
pub fn names() -> impl Iterator<Item = &'static str> {
    CATALOG.iter().map(|entry| entry.name)
}

/// The known name most like `name`.
pub(crate) fn nearest(name: &str) -> &'static str {
    let likeness = |known: &str| (strsim::jaro_winkler(name, known) * 1e6) as u64;
    names().max_by_key(|known| likeness(known)).expect("the catalog is not empty")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_listed_and_opens_with_its_question() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/catalog");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter_map(|name| name.strip_suffix(".toml").map(str::to_owned))
            .collect();
        files.sort();
        let mut listed: Vec<&str> = names().collect();
        listed.sort_unstable();
        assert_eq!(files, listed);
        for Entry { name, text, .. } in CATALOG {
            assert!(text.starts_with("# Question: "), "{name} does not open with its question");
        }
    }
}
