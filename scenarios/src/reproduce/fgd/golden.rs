//! The published curves, and the traces and orders that they belong to.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use statrs::statistics::Statistics;

use super::POLICIES;
use super::statistics::CURVES;
use crate::problem::{Problem, Problems};
use crate::reproduce::Options;

/// Allocation, fragmentation amount and fragmentation ratio at one arrived load \[%\].
pub(super) type Triple = [f64; 3];

/// One trace with its published curves.
#[derive(Debug)]
pub(super) struct Golden {
    pub(super) trace: String,
    pub(super) pods: PathBuf,
    pub(super) nodes: PathBuf,
    pub(super) orders: PathBuf,
    /// By policy and seed, then by arrived load; of seeds whose arrival order is known.
    pub(super) curves: Curves,
    /// Mean, standard deviation and number of the published seeds, by policy, then by curve and arrived load.
    pub(super) means: BTreeMap<String, Means>,
}

type Curves = BTreeMap<(String, u64), BTreeMap<u64, Triple>>;
pub(super) type Means = BTreeMap<(usize, u64), [f64; 3]>;

/// Seeds behind `published_means.csv`, which does not say it (section 7 of the reference does).
const PUBLISHED_SEEDS: f64 = 10.0;

/// The golden files below `data`, by trace; none if there is no such folder. What cannot be run is added to
/// `skipped`.
pub(super) fn goldens(
    data: &Path,
    options: &Options,
    skipped: &mut Vec<(String, String)>,
) -> Result<Vec<Golden>, Problems> {
    let folder = data.join("goldens/fgd");
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut files = BTreeMap::new();
    for path in crate::reproduce::rows::files(&folder)? {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let name = name.strip_suffix(".gz").unwrap_or(name);
        if let Some(trace) = name.strip_prefix("expected_").and_then(|rest| rest.strip_suffix(".csv")) {
            // Of a file and its compressed form the plain one counts.
            let is_plain = path.extension().is_some_and(|ending| ending == "csv");
            if is_plain || !files.contains_key(trace) {
                files.insert(trace.to_owned(), path);
            }
        }
    }
    crate::reproduce::unknown("--traces", &options.traces, files.keys().map(String::as_str)).or_ok(())?;
    files.retain(|trace, _| options.traces.is_empty() || options.traces.contains(trace));
    let mut means = read_means(&folder)?;
    let (mut found, mut problems) = (Vec::new(), Problems::default());
    for (trace, path) in files {
        let Some(pods) = either(&data.join(format!("data/openb/openb_pod_list_{trace}.csv"))) else {
            skipped.push((trace.clone(), format!("no openb_pod_list_{trace}.csv in data/openb")));
            continue;
        };
        let Some(nodes) = either(&data.join("data/openb/openb_node_list_gpu_node.csv")) else {
            skipped.push((trace.clone(), "no openb_node_list_gpu_node.csv in data/openb".to_owned()));
            continue;
        };
        let orders = either(&folder.join(format!("orders_{trace}.txt"))).unwrap_or_default();
        match read(&path, skipped).and_then(|curves| Ok((curves, seeds_of(&orders)?))) {
            Ok((mut curves, ordered)) => {
                let means = means.remove(&trace).unwrap_or_else(|| means_of(&curves));
                let unordered =
                    curves.keys().filter(|(policy, seed)| policy != "01-Random" && !ordered.contains(seed));
                let why = "no orders for this seed".to_owned();
                skipped.extend(
                    unordered.map(|(policy, seed)| (format!("{trace}/{policy}/{seed}"), why.clone())),
                );
                curves.retain(|(_, seed), _| ordered.contains(seed));
                found.push(Golden { trace, pods, nodes, orders, curves, means });
            }
            Err(more) => problems.0.extend(more.0),
        }
    }
    problems.or_ok(found)
}

/// The file, plain or compressed.
fn either(path: &Path) -> Option<PathBuf> {
    let compressed = PathBuf::from(format!("{}.gz", path.display()));
    [path.to_owned(), compressed].into_iter().find(|path| path.is_file())
}

fn finite(cell: &str) -> Option<f64> {
    cell.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

fn open(path: &Path) -> Result<Box<dyn Read>, Problem> {
    let file = std::fs::File::open(path);
    let file = file.map_err(|error| Problem::of_file(path.display().to_string(), error.to_string()))?;
    let is_compressed = path.extension().is_some_and(|ending| ending == "gz");
    Ok(if is_compressed { Box::new(GzDecoder::new(file)) } else { Box::new(file) })
}

fn read(path: &Path, skipped: &mut Vec<(String, String)>) -> Result<Curves, Problems> {
    let file = path.display().to_string();
    let mut reader = csv::Reader::from_reader(open(path)?);
    let (mut curves, mut problems) = (Curves::new(), Problems::default());
    let mut unknown = BTreeSet::new();
    for (n, row) in reader.records().enumerate() {
        let row = row.map_err(|error| Problem::new(&file, n + 2, "", error.to_string()))?;
        let number = |column: usize| row.get(column).and_then(finite);
        let whole = |column: usize| row.get(column).and_then(|cell| cell.trim().parse::<u64>().ok());
        let cells = (row.get(0), whole(1), whole(2), number(3), number(4), number(5));
        let (Some(policy), Some(seed), Some(load), Some(alloc), Some(amount), Some(ratio)) = cells else {
            let rule = "must be policy,seed,arrived_load_pct,alloc_pct,frag_amount_pct,frag_ratio_pct";
            problems.push(Problem::new(&file, n + 2, row.iter().collect::<Vec<_>>().join(","), rule));
            continue;
        };
        if !POLICIES.iter().any(|(known, _)| *known == policy) {
            unknown.insert(policy.to_owned());
            continue;
        }
        curves.entry((policy.to_owned(), seed)).or_default().insert(load, [alloc, amount, ratio]);
    }
    let why = |policy: String| (format!("{file}: {policy}"), "no such policy here".to_owned());
    skipped.extend(unknown.into_iter().map(why));
    problems.or_ok(curves)
}

/// The seeds of an orders file that have both an arrival order and ranks; none without a file.
fn seeds_of(path: &Path) -> Result<BTreeSet<u64>, Problem> {
    if path.as_os_str().is_empty() {
        return Ok(BTreeSet::new());
    }
    let mut seen: BTreeMap<u64, u8> = BTreeMap::new();
    for line in BufReader::new(open(path)?).lines() {
        let line = line.map_err(|error| Problem::of_file(path.display().to_string(), error.to_string()))?;
        let mut words = line.split_ascii_whitespace();
        let bit = match words.next() {
            Some("pods") => 1,
            Some("rank") => 2,
            _ => continue,
        };
        if let Some(seed) = words.next().and_then(|word| word.parse().ok()) {
            *seen.entry(seed).or_default() |= bit;
        }
    }
    Ok(seen.into_iter().filter(|&(_, bits)| bits == 3).map(|(seed, _)| seed).collect())
}

/// The published means by trace, from `published_means.csv`; none without that file.
fn read_means(folder: &Path) -> Result<BTreeMap<String, BTreeMap<String, Means>>, Problems> {
    let mut means: BTreeMap<String, BTreeMap<String, Means>> = BTreeMap::new();
    let Some(path) = either(&folder.join("published_means.csv")) else { return Ok(means) };
    let file = path.display().to_string();
    let mut reader = csv::Reader::from_reader(open(&path)?);
    let mut problems = Problems::default();
    for (n, row) in reader.records().enumerate() {
        let row = row.map_err(|error| Problem::new(&file, n + 2, "", error.to_string()))?;
        let number = |column: usize| row.get(column).and_then(finite);
        let load = row.get(3).and_then(|cell| cell.trim().parse::<u64>().ok());
        let curve = CURVES.iter().position(|curve| row.get(2) == Some(curve));
        let cells = (row.get(0), row.get(1), curve, load, number(4), number(5));
        let (Some(trace), Some(policy), Some(curve), Some(load), Some(mean), Some(sd)) = cells else {
            let rule = "must be trace,policy,metric,arrived_load_pct,mean,sd";
            problems.push(Problem::new(&file, n + 2, row.iter().collect::<Vec<_>>().join(","), rule));
            continue;
        };
        let of_policy = means.entry(trace.to_owned()).or_default().entry(policy.to_owned()).or_default();
        of_policy.insert((curve, load), [mean, sd, PUBLISHED_SEEDS]);
    }
    problems.or_ok(means)
}

/// The same from the curves of single runs.
fn means_of(curves: &Curves) -> BTreeMap<String, Means> {
    let mut values: BTreeMap<&str, BTreeMap<(usize, u64), Vec<f64>>> = BTreeMap::new();
    for ((policy, _), curve) in curves {
        let of_policy = values.entry(policy).or_default();
        for (load, triple) in curve {
            (0..3).for_each(|n| of_policy.entry((n, *load)).or_default().push(triple[n]));
        }
    }
    let mean_sd = |values: Vec<f64>| {
        let sd = if values.len() > 1 { (&values).std_dev() } else { 0.0 };
        [(&values).mean(), sd, values.len() as f64]
    };
    let of_policy = |(policy, cells): (&str, BTreeMap<_, Vec<f64>>)| {
        (policy.to_owned(), cells.into_iter().map(|(cell, values)| (cell, mean_sd(values))).collect())
    };
    values.into_iter().map(of_policy).collect()
}
