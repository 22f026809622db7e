//! The threshold of bounded slowdown of results, out of the scenario that they hold.

use std::collections::BTreeMap;

use sim_core::SimDuration;
use toml::Table;

use super::axes;
use super::declare::MEASURE;
use super::expand::shown;
use crate::file::{apply_set, check_table, parse_toml};
use crate::problem::Problems;
use crate::registries::registries;

/// `measure.tau` at each point of the scenario of that text, by axes and values. Nothing else of it is looked at: its
/// files may be gone.
///
/// # Errors
/// If `file`, whose text it is, is no such scenario.
pub fn thresholds(text: &str, file: &str) -> Result<BTreeMap<Vec<(String, String)>, SimDuration>, Problems> {
    let table = parse_toml(file, text)?;
    let mut problems = Problems::default();
    let mut found = BTreeMap::new();
    for choice in axes::combinations(&table, file)? {
        let mut table = table.clone();
        for (key, value) in &choice.sets {
            problems.0.extend(apply_set(&mut table, &format!("{key}={value}")).err());
        }
        let measure =
            table.get("measure").and_then(toml::Value::as_table).cloned().unwrap_or_else(Table::new);
        let checked = check_table(&measure, MEASURE, "measure", file, registries(), &mut problems);
        if !problems.0.is_empty() {
            return Err(problems);
        }
        let axes = choice.columns.iter().map(|(key, value)| (key.clone(), shown(value))).collect();
        found.insert(axes, checked.duration("tau").max(SimDuration::from_ns(1)));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_those_of_the_points() {
        let secs = |text: &str| -> Vec<u64> {
            let found = thresholds(text, "s.toml").unwrap();
            found.values().map(|tau| tau.as_ns() / 1_000_000_000).collect()
        };
        assert_eq!(secs("name = 'x'\nworkload = { type = 'swf', path = 'gone.swf' }"), [10]);
        assert_eq!(secs("measure = { tau = '1m' }"), [60]);
        let swept = "[measure]\ntau = '1m'\n[[sweep.point]]\nname = 'a'\nset = { 'measure.tau' = '2m' }\n\
                     [[sweep.point]]\nname = 'b'\nset = { 'workload.load' = 0.5 }\n";
        assert_eq!(secs(swept), [120, 60]);
        let point = |name: &str| vec![("point".to_owned(), name.to_owned())];
        let found = thresholds(swept, "s.toml").unwrap();
        assert_eq!(found.keys().cloned().collect::<Vec<_>>(), [point("a"), point("b")]);
        assert!(thresholds("measure = { tau = 'x' }", "s.toml").is_err());
    }
}
