//! What is swept: axes, zipped axes and named points, and every combination of them.

use sim_core::registry::{Kind, Param};
use toml::{Table, Value as Toml};

use super::load::bad_label;
use crate::file::{path_of, show_path};
use crate::problem::{Problem, Problems};

pub(super) const AXIS_VALUE: Kind = Kind::Either(&[
    Kind::Int { min: i64::MIN, max: i64::MAX },
    Kind::Float { min: f64::MIN, max: f64::MAX },
    Kind::Bool,
    Kind::Text,
]);

const AXES: Kind = Kind::Map(&Kind::List(&AXIS_VALUE));

const POINT: &[Param] = &[
    Param::required("name", Kind::Text, "the point's name, in the column `point` of results"),
    Param::required("set", Kind::Map(&AXIS_VALUE), "its keys, as dotted paths, each with its value"),
];

/// The keys of `[sweep]` that name points.
pub(super) const PARAMS: [Param; 3] = [
    Param::with_default(
        "axes",
        AXES,
        "{}",
        "swept keys, as dotted paths, each with its values; all combinations are run, also with `zip` and `point`",
    ),
    Param::with_default(
        "zip",
        Kind::Either(&[AXES, Kind::List(&AXES)]),
        "{}",
        "swept keys that go side by side: the first values of all, then the second ones, and so on; a list of such \
         tables for several of them",
    ),
    Param::with_default(
        "point",
        Kind::List(&Kind::Table(POINT)),
        "[]",
        "points by name, each with the keys that make it: `{ name = \"small\", set = { \"workload.jobs\" = 100 } }`",
    ),
];

/// The axis that holds the names of points.
const POINT_AXIS: &str = "point";

/// Keys that do not differ from run to run.
const NO_AXES: [&str; 3] = ["name", "sweep", "tune"];

/// One value of a group of keys that are swept together.
#[derive(Clone, Default, Debug)]
pub(super) struct Choice {
    /// Columns of the results.
    pub columns: Vec<(String, Toml)>,
    /// What is set in the scenario.
    pub sets: Vec<(String, Toml)>,
}

/// All combinations of what `[sweep]` names: points slowest, then axes, then what is zipped, the last one fastest.
///
/// # Errors
/// If lists that go side by side differ in length, or a key is swept twice. `table` is of the declared kinds.
pub(super) fn combinations(table: &Table, file: &str) -> Result<Vec<Choice>, Problems> {
    let mut problems = Problems::default();
    let groups = groups(table, file, &mut problems);
    check_keys(&groups, file, &mut problems);
    let mut all = vec![Choice::default()];
    for group in problems.or_ok(groups)? {
        let longer = all.iter().flat_map(|before| {
            group.choices.iter().map(move |choice| Choice {
                columns: [&before.columns[..], &choice.columns].concat(),
                sets: [&before.sets[..], &choice.sets].concat(),
            })
        });
        all = longer.collect();
    }
    Ok(all)
}

/// Keys that are swept together.
struct Group {
    at: String,
    choices: Vec<Choice>,
}

fn groups(table: &Table, file: &str, problems: &mut Problems) -> Vec<Group> {
    let Some(sweep) = table.get("sweep").and_then(Toml::as_table) else { return Vec::new() };
    let mut groups = Vec::new();
    if let Some(Toml::Array(points)) = sweep.get("point")
        && !points.is_empty()
    {
        groups.push(named(points, file, problems));
    }
    for (key, values) in sweep.get("axes").and_then(Toml::as_table).into_iter().flatten() {
        let at = format!("sweep.axes.{key:?}");
        let values = values.as_array().map_or(&[][..], Vec::as_slice);
        for (n, value) in values.iter().enumerate() {
            if values[..n].contains(value) {
                problems.push(Problem::new(file, &at, value, "is listed twice"));
            }
        }
        let choice = |value: &Toml| {
            let pair = vec![(key.clone(), value.clone())];
            Choice { columns: pair.clone(), sets: pair }
        };
        groups.push(Group { at, choices: values.iter().map(choice).collect() });
    }
    match sweep.get("zip") {
        Some(Toml::Table(zip)) => groups.extend(zipped(zip, "sweep.zip", file, problems)),
        Some(Toml::Array(zips)) => {
            for (n, zip) in zips.iter().enumerate() {
                let zip = zip.as_table().expect("the list is declared to hold tables");
                groups.extend(zipped(zip, &format!("sweep.zip[{n}]"), file, problems));
            }
        }
        _ => {}
    }
    groups
}

/// The points by name.
fn named(points: &[Toml], file: &str, problems: &mut Problems) -> Group {
    let mut choices: Vec<Choice> = Vec::new();
    for (n, point) in points.iter().enumerate() {
        let at = format!("sweep.point[{n}]");
        let name = point.get("name").cloned().unwrap_or_else(|| Toml::String(String::new()));
        problems.0.extend(name.as_str().and_then(|name| bad_label(name, format!("{at}.name"), file)));
        if choices.iter().any(|other| other.columns[0].1 == name) {
            problems.push(Problem::new(file, format!("{at}.name"), &name, "another point has this name"));
        }
        let sets = point.get("set").and_then(Toml::as_table).into_iter().flatten();
        let sets: Vec<(String, Toml)> = sets.map(|(key, value)| (key.clone(), value.clone())).collect();
        check_twice(&sets, &at, file, problems);
        choices.push(Choice { columns: vec![(POINT_AXIS.to_owned(), name)], sets });
    }
    Group { at: "sweep.point".into(), choices }
}

/// A key that is given twice, in two spellings, in one set.
fn check_twice(sets: &[(String, Toml)], at: &str, file: &str, problems: &mut Problems) {
    for (n, (key, _)) in sets.iter().enumerate() {
        if sets[..n].iter().any(|(other, _)| overlap(other, key)) {
            problems.push(Problem::new(file, format!("{at}.set"), key, "is set twice"));
        }
    }
}

/// What goes side by side; nothing of an empty table.
fn zipped(zip: &Table, at: &str, file: &str, problems: &mut Problems) -> Option<Group> {
    let list = |value: &Toml| value.as_array().cloned().unwrap_or_default();
    let columns: Vec<(&String, Vec<Toml>)> = zip.iter().map(|(key, value)| (key, list(value))).collect();
    let (first, values) = columns.first()?;
    for (key, others) in &columns[1..] {
        if others.len() != values.len() {
            let rule = format!(
                "lists that go side by side must be equally long: {first:?} has {}, {key:?} has {}",
                values.len(),
                others.len()
            );
            problems.push(Problem::new(file, format!("{at}.{key:?}"), "", rule));
        }
    }
    let rows = columns.iter().map(|(_, values)| values.len()).min().unwrap_or(0);
    let choice = |row: usize| -> Vec<(String, Toml)> {
        columns.iter().map(|(key, values)| ((*key).clone(), values[row].clone())).collect()
    };
    let choices: Vec<Vec<(String, Toml)>> = (0..rows).map(choice).collect();
    for (row, choice) in choices.iter().enumerate() {
        if choices[..row].contains(choice) {
            problems.push(Problem::new(file, at, "", format!("values {} are listed twice", row + 1)));
        }
    }
    let choices = choices.into_iter().map(|pairs| Choice { columns: pairs.clone(), sets: pairs });
    Some(Group { at: at.to_owned(), choices: choices.collect() })
}

/// No key may be swept by two groups, and every group has a value.
fn check_keys(groups: &[Group], file: &str, problems: &mut Problems) {
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for group in groups {
        if group.choices.is_empty() {
            problems.push(Problem::new(file, &group.at, "[]", "must have at least one value"));
        }
        let mut keys: Vec<&str> = Vec::new();
        for (key, _) in group.choices.iter().flat_map(|choice| &choice.sets) {
            if !keys.contains(&key.as_str()) {
                keys.push(key);
            }
        }
        for key in keys {
            if let Err(problem) = path_of(key) {
                problems.push(Problem { file: file.to_owned(), at: group.at.clone(), ..problem });
                continue;
            }
            if let Some(own) =
                path_of(key).ok().and_then(|path| NO_AXES.into_iter().find(|own| path[0] == *own))
            {
                let rule = format!(
                    "cannot be swept: `{own}` is one for the whole scenario, and says nothing of a single run"
                );
                problems.push(Problem::new(file, &group.at, key, rule));
            }
            if let Some((other, at)) = seen.iter().find(|(other, at)| *at != group.at && overlap(other, key))
            {
                let rule = format!("is swept twice: `{other}` of {at} sets it too");
                problems.push(Problem::new(file, &group.at, key, rule));
            }
            seen.push((key, &group.at));
        }
    }
}

/// Every key that is swept, with the place that sweeps it. `table` is of the declared kinds.
pub(crate) fn swept(table: &Table) -> Vec<(String, String)> {
    let mut keys = Vec::new();
    for group in groups(table, "", &mut Problems::default()) {
        for (key, _) in group.choices.iter().flat_map(|choice| &choice.sets) {
            let key = (group.at.clone(), key.clone());
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    keys
}

/// Where `key` is swept.
pub(super) fn place(table: &Table, key: &str) -> String {
    let (at, _) = swept(table).into_iter().find(|(_, swept)| swept == key).unwrap_or_default();
    match at.as_str() {
        "sweep.point" => format!("{at}.set.{key:?}"),
        at if at.starts_with("sweep.zip") => format!("{at}.{key:?}"),
        _ => at,
    }
}

/// A problem with a value that `choice` sets, at the place that sweeps it; another one as it is.
pub(super) fn placed(problem: Problem, table: &Table, choice: &Choice) -> Problem {
    // `policy[0]` and `policy.0` are one path.
    let at = path_of(&problem.at).unwrap_or_default();
    let sets = |key: &&String| path_of(key).is_ok_and(|path| at.starts_with(&path));
    match choice.sets.iter().map(|(key, _)| key).find(sets) {
        Some(key) => Problem { at: place(table, key), ..problem },
        None => problem,
    }
}

/// What is wrong with a combination that is read like those of `alike`, as `"60m"` like `"1h"`: its runs would be done
/// twice. It is told by the nearest of them.
pub(super) fn same_runs(choice: &Choice, alike: &[&Choice], table: &Table, file: &str) -> Option<Problem> {
    let differ =
        |other: &&&Choice| choice.columns.iter().zip(&other.columns).filter(|(a, b)| a.1 != b.1).count();
    let nearest = alike.iter().min_by_key(differ)?;
    let pairs = choice.columns.iter().zip(&nearest.columns).filter(|(a, b)| a.1 != b.1);
    let (own, others): (Vec<_>, Vec<_>) = pairs.unzip();
    let ([(key, value)], [(_, other)]) = (&own[..], &others[..]) else {
        let phrase = |columns: &[&(String, Toml)]| {
            columns.iter().map(|(key, value)| format!("{key} = {value}")).collect::<Vec<_>>().join(", ")
        };
        let rule = format!("has the same runs as {}", phrase(&others));
        return Some(Problem::new(file, "sweep", phrase(&own), rule));
    };
    let axes = table.get("sweep").and_then(|sweep| sweep.get("axes")).and_then(Toml::as_table);
    let (at, rule) = match key.as_str() {
        POINT_AXIS => ("sweep.point".to_owned(), format!("sets the same values as {other}")),
        key => {
            let list = if axes.is_some_and(|axes| axes.contains_key(key)) { "axes" } else { "zip" };
            (format!("sweep.{list}.{key:?}"), format!("is the same value as {other}"))
        }
    };
    Some(Problem::new(file, at, value, rule))
}

/// True if one of the two keys is the other one or lies within it.
pub(crate) fn overlap(a: &str, b: &str) -> bool {
    let (Ok(a), Ok(b)) = (path_of(a), path_of(b)) else { return false };
    a.iter().zip(&b).all(|(a, b)| a == b)
}

/// Lets `--set KEY=VALUE` replace the values of an axis: a key that is swept alone keeps the one value. `false` if the
/// key is not swept, and is to be set as any other.
///
/// # Errors
/// If the key goes side by side with others or belongs to named points, or if only a part of it is swept: what is meant
/// then cannot be known.
pub(super) fn replace(table: &mut Table, set: &str) -> Result<bool, Problem> {
    let Some((key, _)) = crate::file::split_set(set).ok() else { return Ok(false) };
    let Some(sweep) = table.get_mut("sweep").and_then(Toml::as_table_mut) else { return Ok(false) };
    let path = show_path(&key);
    let fixed = |place: &str| {
        let rule = format!("is swept by {place}, which would override it: change {place} instead");
        Err(Problem::new("--set", &path, "", rule))
    };
    let within = |swept: &str| {
        path_of(swept)
            .is_ok_and(|swept| swept.len() <= key.len() && swept.iter().zip(&key).all(|(a, b)| a == b))
    };
    let tables = |value: Option<&Toml>| match value {
        Some(Toml::Table(table)) => vec![table.clone()],
        Some(Toml::Array(tables)) => tables.iter().filter_map(Toml::as_table).cloned().collect(),
        _ => Vec::new(),
    };
    if tables(sweep.get("zip")).iter().flat_map(Table::keys).any(|swept| within(swept)) {
        return fixed("sweep.zip");
    }
    let points = tables(sweep.get("point"));
    let sets = points.iter().filter_map(|point| point.get("set").and_then(Toml::as_table));
    if sets.flat_map(Table::keys).any(|swept| within(swept)) {
        return fixed("sweep.point");
    }
    let Some(axes) = sweep.get_mut("axes").and_then(Toml::as_table_mut) else { return Ok(false) };
    let Some(swept) = axes.keys().find(|swept| within(swept)).cloned() else { return Ok(false) };
    if path_of(&swept).is_ok_and(|swept| swept.len() < key.len()) {
        return fixed(&format!("sweep.axes.{swept:?}"));
    }
    let (_, value) = crate::file::split_set(set)?;
    axes.insert(swept, Toml::Array(vec![value]));
    Ok(true)
}
