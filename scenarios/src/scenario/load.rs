//! From a file or a catalog name to a scenario: read, overridden, checked, expanded.

use std::path::Path;

use toml::{Table, Value};

use super::axes;
use super::declare::ROOT;
use super::expand::expand;
use super::{Point, Scenario};
use crate::catalog;
use crate::file::{apply_set, check_table, parse_toml};
use crate::problem::{Problem, Problems};
use crate::registries::registries;

/// What the command line changes in a scenario.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Overrides {
    /// `KEY=VALUE` texts, applied in order.
    pub sets: Vec<String>,
    /// Number of seeds, if given.
    pub seeds: Option<u32>,
}

/// The scenario of a file, or of the catalog if `reference` is one of its names.
///
/// # Errors
/// Everything that is wrong with it, for every point of its axes.
pub fn load(reference: &str, overrides: &Overrides) -> Result<Scenario, Problems> {
    let (file, text) = source(reference)?;
    load_text(&text, &file, overrides)
}

/// The scenario of that text; `file` is what problems call it.
///
/// # Errors
/// Everything that is wrong with it, for every point of its axes.
pub fn load_text(text: &str, file: &str, overrides: &Overrides) -> Result<Scenario, Problems> {
    let mut table = parse_toml(file, text)?;
    let mut problems = Problems::default();
    for set in &overrides.sets {
        match axes::replace(&mut table, set) {
            Ok(true) => {}
            Ok(false) => problems.0.extend(apply_set(&mut table, set).err()),
            Err(problem) => problems.push(problem),
        }
    }
    if let Some(seeds) = overrides.seeds {
        let sweep = table.entry("sweep").or_insert_with(|| Value::Table(Table::new()));
        if let Value::Table(sweep) = sweep {
            sweep.insert("seeds".into(), Value::Integer(i64::from(seeds)));
        }
    }
    add_types(&mut table);
    let text_as_meant = toml::to_string(&table).map_err(|error| Problem::of_file(file, error.to_string()))?;
    let checked = check_table(&table, ROOT, "", file, registries(), &mut problems);
    if problems.0.is_empty() {
        problems.0.extend(bad_name(checked.text("name"), file));
    }
    let checked = problems.or_ok(checked)?;
    let seeds = super::seeds::of(&checked, file);
    let points: Result<Vec<Point>, Problems> = expand(&table, file);
    let searched = crate::tune::check(&table, file, points.is_ok());
    let (seeds, replication, points) = match (seeds, points, searched) {
        (Ok((seeds, replication)), Ok(points), Ok(())) => (seeds, replication, points),
        (seeds, points, searched) => {
            let mut problems = Problems(seeds.err().into_iter().collect());
            problems.0.extend(points.err().unwrap_or_default().0);
            problems.0.extend(searched.err().unwrap_or_default().0);
            return Err(problems);
        }
    };
    Ok(Scenario {
        name: checked.text("name").to_owned(),
        question: asked(text, overrides),
        hash: fnv1a(text_as_meant.as_bytes()),
        text: text_as_meant,
        points,
        seeds,
        replication,
    })
}

/// What is wrong with a name that is to be a folder's, too.
fn bad_name(name: &str, file: &str) -> Option<Problem> {
    let is_odd = |c: char| matches!(c, '/' | '\\') || c.is_control();
    let is_bad = name.trim().is_empty() || [".", ".."].contains(&name) || name.contains(is_odd);
    let rule =
        "must be fit for a folder: not empty, not `.` or `..`, and without slashes and control characters";
    is_bad.then(|| Problem::new(file, "name", format!("{name:?}"), rule))
}

/// What is wrong with a name at `place` that is to be a word of tables.
pub(super) fn bad_label(name: &str, place: String, file: &str) -> Option<Problem> {
    let is_bad = name.trim().is_empty() || name.contains(char::is_control);
    let rule =
        "must be fit for a table: not empty, and without control characters such as tabs and ends of lines";
    is_bad.then(|| Problem::new(file, place, format!("{name:?}"), rule))
}

/// The JSON Schema of scenario files.
pub fn schema() -> serde_json::Value {
    crate::file::schema(ROOT, registries())
}

/// Name and text of a scenario: a file if there is one, else an entry of the catalog.
fn source(reference: &str) -> Result<(String, String), Problem> {
    let path = Path::new(reference);
    if path.is_file() || reference.ends_with(".toml") {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Problem::of_file(reference, format!("cannot be read: {error}")))?;
        return Ok((reference.to_owned(), text));
    }
    match catalog::text(reference) {
        Some(text) => Ok((format!("catalog/{reference}.toml"), text.to_owned())),
        None => {
            let nearest = catalog::nearest(reference);
            let rule = format!("is neither a scenario file nor in the catalog; did you mean `{nearest}`?");
            Err(Problem::of_file(reference, rule))
        }
    }
}

/// Fills in the types that may be left out: a policy is a list scheduler, a cluster is made of nodes.
fn add_types(table: &mut Table) {
    if let Some(Value::Table(cluster)) = table.get_mut("cluster") {
        cluster.entry("type").or_insert_with(|| Value::String("nodes".into()));
    }
    if let Some(Value::Array(policies)) = table.get_mut("policy") {
        for policy in policies.iter_mut().filter_map(Value::as_table_mut) {
            policy.entry("type").or_insert_with(|| Value::String("list".into()));
        }
    }
}

/// The comment that opens the file, without its marks.
pub fn question(text: &str) -> String {
    let comment = text.lines().take_while(|line| line.starts_with('#'));
    let words = comment.map(|line| line.trim_start_matches('#').trim());
    words.collect::<Vec<_>>().join(" ").trim_start_matches("Question:").trim().to_owned()
}

/// What the scenario asks. With other values than the file's, only that: what the comment says of its numbers would not
/// be so.
fn asked(text: &str, overrides: &Overrides) -> String {
    let comment = question(text);
    if overrides.sets.is_empty() && overrides.seeds.is_none() {
        comment
    } else {
        analysis::question(&comment).0
    }
}

/// FNV-1a, 64 bits: names scenarios, guards nothing.
pub(crate) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_other_values_only_the_question_is_left_of_the_opening_comment() {
        let text = "# Question: does it pay?\n# It does: by 5 minutes.\nname = 'x'\n";
        let asked = |overrides: Overrides| super::asked(text, &overrides);
        assert_eq!(asked(Overrides::default()), "does it pay? It does: by 5 minutes.");
        assert_eq!(asked(Overrides { seeds: Some(2), ..Overrides::default() }), "Does it pay?");
        let sets = vec!["workload.load=0.5".into()];
        assert_eq!(asked(Overrides { sets, ..Overrides::default() }), "Does it pay?");
    }

    #[test]
    fn the_question_is_the_opening_comment() {
        assert_eq!(question("# Question: does it\n# pay?\nname = 'x'\n# later\n"), "does it pay?");
        assert_eq!(question("name = 'x'\n"), "");
    }

    #[test]
    fn every_problem_of_a_file_is_told_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bad.toml");
        std::fs::write(
            &path,
            "nam = 'x'\nworkload = 'lublin'\ncluster = { nodes = [] }\npolicy = [{ oder = 'sjf' }]\n",
        )
        .unwrap();
        let problems = load(path.to_str().unwrap(), &Overrides::default()).unwrap_err().to_string();
        for part in ["nam = ", "did you mean `name`", "policy[0].oder", "workload.jobs"] {
            assert!(problems.contains(part), "{part} is not in:\n{problems}");
        }
    }

    #[test]
    fn names_are_fit_for_folders() {
        for name in ["", " ", ".", "..", "/abs", "../x", "a/b", "a\\b", "a\nb"] {
            let told = bad_name(name, "s.toml").unwrap().to_string();
            assert!(
                told.starts_with(&format!("s.toml: name = {name:?}: must be fit for a folder")),
                "{told}"
            );
        }
        assert!(["fgd-fig9a", "a b", "..x", "größe"].iter().all(|name| bad_name(name, "s.toml").is_none()));
    }

    #[test]
    fn unknown_scenarios_name_the_nearest() {
        let problems = load("quickstrat", &Overrides::default()).unwrap_err().to_string();
        assert!(problems.contains("`quickstart`"), "{problems}");
    }

    #[test]
    fn contradictions_of_a_policy_are_told_with_those_of_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bad.toml");
        let text = "name = 'x'\nworkload = { type = 'lublin', jobs = 10, load = 0.9 }\n\
                    cluster = { nodes = [{ count = 1, cpu = 4 }] }\n\
                    policy = ['list', { type = 'queues', queues = [\
                    { name = 'a', guaranteed = 0.8 },\
                    { name = 'b', parent = 'c', guaranteed = 0.5, maximum = 0.2 }] }]\n";
        std::fs::write(&path, text).unwrap();
        let problems = load(path.to_str().unwrap(), &Overrides::default()).unwrap_err().to_string();
        for part in [
            "policy[1].queues[1].parent = \"c\": is not",
            "policy[1].queues[1].maximum = 0.2: must be at least",
        ] {
            assert!(problems.contains(part), "{part} is not in:\n{problems}");
        }
    }
}
