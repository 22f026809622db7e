//! The golden files of the Tiresias simulator: schedules, and the clusters that they were made on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::problem::{Problem, Problems};
use crate::reproduce::rows::files;

/// What is compared of each job.
pub(super) const COLUMNS: [&str; 8] =
    ["start_time", "end_time", "executed_time", "JCT", "pending_time", "preempt", "resume", "promote"];

/// The values of [`COLUMNS`] \[s, or times\].
pub(super) type Fate = [f64; COLUMNS.len()];

/// One schedule.
#[derive(Debug)]
pub(super) struct Golden {
    pub(super) path: PathBuf,
    pub(super) name: String,
    pub(super) trace: String,
    pub(super) cluster: String,
    pub(super) policy: String,
}

/// The schedules of a folder, by name; none if there is no such folder.
pub(super) fn find(folder: &Path) -> Result<Vec<Golden>, Problem> {
    let mut found = Vec::new();
    for path in files(folder)? {
        let file = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let Some(name) = file.strip_suffix(".job.csv").map(str::to_owned) else { continue };
        let mut parts = name.rsplitn(3, '.').map(str::to_owned);
        if let (Some(policy), Some(cluster), Some(trace)) = (parts.next(), parts.next(), parts.next()) {
            found.push(Golden { path, name, trace, cluster, policy });
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// The nodes of a cluster file, as the key `nodes` of a scenario.
///
/// # Errors
/// If the file cannot be read, or a column or its number is missing.
pub(super) fn nodes_of(path: &Path) -> Result<String, Problems> {
    const NEEDED: [&str; 5] =
        ["num_switch", "num_node_p_switch", "num_gpu_p_node", "num_cpu_p_node", "mem_p_node"];
    let rows = read_columns(path, NEEDED)?;
    let Some((_, [switches, nodes, gpus, cpu, memory])) = rows.first() else {
        return Err(Problem::new(path.display().to_string(), 2, "", "must describe the cluster").into());
    };
    let count = switches * nodes;
    let each = format!("cpu = {cpu}, memory = \"{memory}GiB\", gpus = {gpus}");
    Ok(format!("[{{ name = \"node\", count = {count}, {each}, rack_size = {nodes} }}]"))
}

/// The schedule of a file, by job.
///
/// # Errors
/// Every row that lacks a number.
pub(super) fn read(path: &Path) -> Result<BTreeMap<u64, Fate>, Problems> {
    let file = path.display().to_string();
    let [a, b, c, d, e, f, g, h] = COLUMNS;
    let rows = read_columns(path, ["job_id", a, b, c, d, e, f, g, h])?;
    let (mut fates, mut problems) = (BTreeMap::new(), Problems::default());
    for (line, values) in rows {
        let fate: Fate = std::array::from_fn(|n| values[n + 1]);
        if fates.insert(values[0] as u64, fate).is_some() {
            problems.push(Problem::new(
                &file,
                format!("{line}: job_id"),
                values[0],
                "must be there only once",
            ));
        }
    }
    problems.or_ok(fates)
}

/// The numbers of some columns, with the line of each row.
fn read_columns<const N: usize>(path: &Path, names: [&str; N]) -> Result<Vec<(usize, [f64; N])>, Problems> {
    let file = path.display().to_string();
    let failed = |error: csv::Error| Problem::of_file(&file, error.to_string());
    let mut reader = csv::Reader::from_path(path).map_err(failed)?;
    let header = reader.headers().map_err(failed)?.clone();
    let mut problems = Problems::default();
    let positions = names.map(|name| {
        let found = header.iter().position(|column| column.trim() == name);
        found.unwrap_or_else(|| {
            let rule = format!("has no column \"{name}\", which is needed");
            problems.push(Problem::new(&file, 1, header.iter().collect::<Vec<_>>().join(","), rule));
            0
        })
    });
    let mut rows = problems.or_ok(Vec::new())?;
    let mut problems = Problems::default();
    for (n, row) in reader.records().enumerate() {
        let row = row.map_err(failed)?;
        let mut values = [0.0; N];
        for (k, &position) in positions.iter().enumerate() {
            let text = row.get(position).unwrap_or("").trim();
            match text.parse::<u64>() {
                Ok(number) => values[k] = number as f64,
                Err(_) => {
                    let rule = "must be a whole number, at least 0";
                    problems.push(Problem::new(&file, format!("{}: {}", n + 2, names[k]), text, rule));
                }
            }
        }
        rows.push((n + 2, values));
    }
    problems.or_ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_at_the_last_points() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.b.n2g4.dlas-gpu-2.job.csv", "a.b.csv", "short.job.csv"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let found = find(folder.path()).unwrap();
        assert_eq!(found.len(), 1);
        let golden = &found[0];
        assert_eq!([&*golden.trace, &*golden.cluster, &*golden.policy], ["a.b", "n2g4", "dlas-gpu-2"]);
    }

    #[test]
    fn damaged_files_name_line_and_column() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.csv");
        std::fs::write(&path, "num_switch,num_node_p_switch,num_gpu_p_node,num_cpu_p_node\n1,2,4,x\n")
            .unwrap();
        assert!(nodes_of(&path).unwrap_err().to_string().contains("mem_p_node"));
        let head = format!("job_id,{}", COLUMNS.join(","));
        std::fs::write(&path, format!("{head}\n1,0,5,5,5,0,0,1,0\n1,0,x,5,5,0,0,1,0\n")).unwrap();
        let problems = read(&path).unwrap_err().to_string();
        assert!(problems.contains("3: end_time"), "{problems}");
    }
}
