//! The native format as CSV.

use sim_core::Vocabulary;

use super::columns::Column;
use super::locate;
use super::row::{Cell, Row};
use crate::problem::{Problem, Problems};
use crate::traces::table::Table;
use crate::traces::{Record, Records};

/// Opens the CSV file at `path`.
pub(super) fn open(path: &str) -> Result<Box<dyn Records>, Problems> {
    let table = Table::open(path)?;
    let positions = locate(path, table.columns())?;
    Ok(Box::new(NativeTable { table, positions }))
}

struct NativeTable {
    table: Table,
    positions: [Option<usize>; Column::COUNT],
}

impl Records for NativeTable {
    fn next_record(&mut self, words: &mut Vocabulary) -> Option<Result<Record, Problem>> {
        let line = match self.table.advance()? {
            Ok(line) => line,
            Err(problem) => return Some(Err(problem)),
        };
        let cells =
            self.positions.map(|position| match position.map(|position| self.table.field(position)) {
                None | Some("") => Cell::Missing,
                Some(text) => Cell::Text(text),
            });
        Some(Row { file: self.table.file(), line, cells }.record(words))
    }
}

#[cfg(test)]
mod tests {
    use crate::traces::Reader;
    use crate::traces::testing::read_all;

    fn rules(content: &str) -> Vec<String> {
        let (_, problems, _) = read_all(Reader::named("native").unwrap(), content, &[]);
        problems
            .iter()
            .map(|problem| format!("{} = {}: {}", problem.at, problem.value, problem.rule))
            .collect()
    }

    #[test]
    fn three_columns_are_enough() {
        let (records, problems, _) =
            read_all(Reader::named("native").unwrap(), "service_ns,id,submit_ns\n5,1,2\n", &[]);
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!((records[0].job.tasks, records[0].truth.service().as_ns()), (1, 5));
    }

    #[test]
    fn unknown_and_missing_columns_are_named() {
        let rules = rules("id,submit_ns,walltime\n");
        assert_eq!(rules.len(), 2);
        assert!(rules[0].contains("walltime: is no column of this format; the nearest is \"walltime_ns\""));
        assert!(rules[1].contains("service_ns: is needed"));
    }

    #[test]
    fn bad_fields_name_column_and_rule() {
        for (column, value, rule) in [
            ("tasks", "0", "at least 1"),
            ("tasks", "x", "whole number"),
            ("walltime_ns", "-1", "at least 0"),
            ("deadline_ns", "18446744073709551615", "at most"),
            ("gang", "both", "must be all-or-nothing"),
            ("gang", "elastic", "is needed by gang"),
            ("tasks_min", "1", "needs gang"),
            ("cpu_milli", "4294967296", "at most"),
            ("gpus", "33", "at most 32"),
            ("gpu_milli", "1001", "at most 1000"),
            ("after", "3", "must be number:completed"),
            ("after", "3:maybe", "must be number:completed"),
            ("anti_affinity", "shelf", "node, rack or zone"),
            ("anti_affinity", "rack", "is needed by anti_affinity"),
            ("anti_affinity_max", "0", "at least 1"),
            ("anti_affinity_max", "2", "needs anti_affinity"),
            ("spread_over", "rack", "is needed by spread_over"),
            ("spread_skew_max", "2", "needs spread_over"),
            ("task_service_ns", "1|2", "needs gang = independent"),
            ("priority", "3000000000", "at most"),
        ] {
            let found = rules(&format!("id,submit_ns,service_ns,{column}\n1,0,1,{value}\n"));
            assert_eq!(found.len(), 1, "{column} = {value}");
            assert!(found[0].starts_with("2: ") && found[0].contains(rule), "{column} = {value}: {found:?}");
        }
        assert!(rules("id,submit_ns,service_ns\n,0,1\n")[0].contains("must not be empty"));
    }
}
