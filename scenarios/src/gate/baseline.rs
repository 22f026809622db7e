//! Baseline files: the numbers of a scenario as sorted text, made to be read in a diff.
//!
//! A few lines of comment, then tab-separated columns: policy, point, metric, unit, and one column per seed. A number
//! has as many digits as tell it from every other one.

use std::collections::BTreeMap;

use analysis::RunRecord;

use super::{RUN, RowKey};
use crate::problem::{Problem, Problems};
use crate::scenario::Overrides;

/// How a baseline begins; the number is that of its format.
const OPENING: &str = "# windtunnel baseline, format ";

/// The format that is written. A change of columns or of the meaning of a cell is a new one.
const FORMAT: u32 = 1;

/// A cell without a value.
const NONE: &str = "-";

const COLUMNS: [&str; 4] = ["policy", "point", "metric", "unit"];

/// The numbers of a scenario, and how it was run to get them.
#[derive(Clone, PartialEq, Debug)]
pub struct Baseline {
    /// The scenario's name.
    pub scenario: String,
    /// What was changed in the scenario.
    pub overrides: Overrides,
    /// The seeds, in order.
    pub seeds: Vec<u64>,
    /// Values by row, one for each seed; `None` where a run does not have it.
    pub rows: BTreeMap<RowKey, Row>,
}

/// The values of one row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// Unit of the values.
    pub unit: String,
    /// A value for each seed.
    pub values: Vec<Option<String>>,
}

impl Baseline {
    /// The numbers of `records`.
    pub fn of(scenario: &str, overrides: &Overrides, records: &[RunRecord]) -> Self {
        let mut seeds: Vec<u64> = records.iter().map(|record| record.key.seed).collect();
        seeds.sort_unstable();
        seeds.dedup();
        let mut rows: BTreeMap<RowKey, Row> = BTreeMap::new();
        for record in records {
            let key = &record.key;
            let at = seeds.iter().position(|seed| *seed == key.seed).expect("it is the seed of a record");
            let point: Vec<String> = key.axes.iter().map(|(axis, value)| format!("{axis}={value}")).collect();
            let mut set = |metric: &str, unit: &str, value: String| {
                let row =
                    RowKey { policy: key.policy.clone(), point: point.join("; "), metric: metric.to_owned() };
                let blank = || Row { unit: unit.to_owned(), values: vec![None; seeds.len()] };
                rows.entry(row).or_insert_with(blank).values[at] = Some(value);
            };
            set(&format!("{RUN}fingerprint"), "", record.fingerprint_hex());
            set(&format!("{RUN}events"), "events", record.events.to_string());
            set(&format!("{RUN}submitted"), "jobs", record.submitted.to_string());
            set(&format!("{RUN}end"), "ns", record.end_ns.to_string());
            for metric in &record.metrics {
                set(&metric.name, &metric.unit, metric.value.to_string());
            }
        }
        Self { scenario: scenario.to_owned(), overrides: overrides.clone(), seeds, rows }
    }

    /// The file.
    pub fn text(&self) -> String {
        let mut text = format!("{OPENING}{FORMAT}\n# scenario: {}\n", self.scenario);
        for set in &self.overrides.sets {
            text += &format!("# set: {set}\n");
        }
        if let Some(seeds) = self.overrides.seeds {
            text += &format!("# seeds: {seeds}\n");
        }
        let mut out = csv::WriterBuilder::new().delimiter(b'\t').from_writer(Vec::new());
        let mut write = |line: Vec<&str>| out.write_record(line).expect("memory can always be written to");
        let seeds: Vec<String> = self.seeds.iter().map(|seed| format!("seed {seed}")).collect();
        write(COLUMNS.into_iter().chain(seeds.iter().map(String::as_str)).collect());
        for (key, row) in &self.rows {
            let mut line = vec![key.policy.as_str(), &key.point, &key.metric, &row.unit];
            line.extend(row.values.iter().map(|value| value.as_deref().unwrap_or(NONE)));
            write(line);
        }
        let bytes = out.into_inner().expect("memory can always be written to");
        text + &String::from_utf8(bytes).expect("text in, text out")
    }

    /// Reads a baseline; `file` is what it is called in messages.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(file: &str, text: &str) -> Result<Self, Problems> {
        let header: Vec<&str> = text.lines().take_while(|line| line.starts_with('#')).collect();
        let format = header.first().and_then(|line| line.strip_prefix(OPENING));
        if format != Some(&FORMAT.to_string()) {
            let rule = match format {
                Some(other) => format!("is of format {other}, and this program reads format {FORMAT}"),
                None => format!("is no baseline: it does not begin with `{OPENING}{FORMAT}`"),
            };
            return Err(Problem::of_file(file, rule).into());
        }
        let mut problems = Problems::default();
        let (mut scenario, mut overrides) = (String::new(), Overrides::default());
        for (n, line) in header.iter().enumerate().skip(1) {
            match line.trim_start_matches('#').trim().split_once(": ") {
                Some(("scenario", name)) => scenario = name.to_owned(),
                Some(("set", set)) => overrides.sets.push(set.to_owned()),
                Some(("seeds", count)) if count.parse::<u32>().is_ok_and(|count| count > 0) => {
                    overrides.seeds = count.parse().ok();
                }
                _ => {
                    let rule = "must be `scenario: NAME`, `set: KEY=VALUE` or `seeds: N`";
                    problems.push(Problem::new(file, n + 1, line, rule));
                }
            }
        }
        let body: String = text.split_inclusive('\n').skip(header.len()).collect();
        let (seeds, rows) = table(file, header.len(), &body, &mut problems);
        if problems.0.is_empty() && rows.is_empty() {
            problems.push(Problem::of_file(file, "holds no numbers"));
        }
        problems.or_ok(Self { scenario, overrides, seeds, rows })
    }
}

/// Seeds and rows of the table that follows `above` lines.
fn table(file: &str, above: usize, body: &str, problems: &mut Problems) -> (Vec<u64>, BTreeMap<RowKey, Row>) {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(b'\t')
        .has_headers(false)
        .flexible(true)
        .from_reader(body.as_bytes());
    let (mut seeds, mut rows) = (Vec::new(), BTreeMap::new());
    for (n, record) in reader.records().enumerate() {
        let line = above + n + 1;
        let cells: Vec<String> = match record {
            Ok(record) => record.iter().map(str::to_owned).collect(),
            Err(error) => {
                problems.push(Problem::new(file, line, "", error.to_string()));
                return (seeds, rows);
            }
        };
        if n == 0 {
            let named: Option<Vec<u64>> = (cells.len() > COLUMNS.len() && cells[..COLUMNS.len()] == COLUMNS)
                .then(|| cells[COLUMNS.len()..].iter().map(|cell| cell.strip_prefix("seed ")?.parse().ok()))
                .and_then(Iterator::collect);
            let Some(named) = named else {
                let rule = "must be the columns policy, point, metric, unit, and `seed N` for each seed";
                problems.push(Problem::new(file, line, cells.join(" "), rule));
                return (seeds, rows);
            };
            seeds = named;
            continue;
        }
        let Ok([policy, point, metric, unit]) =
            <[String; 4]>::try_from(cells.iter().take(4).cloned().collect::<Vec<_>>())
        else {
            problems.push(Problem::new(file, line, cells.join(" "), "must have a cell for every column"));
            continue;
        };
        let values = &cells[4..];
        if values.len() != seeds.len() {
            let rule = format!("must have a value for each of {} seeds", seeds.len());
            problems.push(Problem::new(file, line, format!("{} values", values.len()), rule));
            continue;
        }
        let values: Vec<Option<String>> =
            values.iter().map(|value| (value != NONE).then(|| value.clone())).collect();
        let is_number = |value: &String| value.parse::<f64>().is_ok_and(f64::is_finite);
        if let Some(odd) =
            values.iter().flatten().find(|value| metric != super::FINGERPRINT && !is_number(value))
        {
            problems.push(Problem::new(file, line, odd, format!("must be a number or `{NONE}`")));
        }
        let key = RowKey { policy, point, metric };
        let name = format!("{} {}", key.policy, key.metric);
        if rows.insert(key, Row { unit, values }).is_some() {
            problems.push(Problem::new(file, line, name, "stands there twice"));
        }
    }
    (seeds, rows)
}
