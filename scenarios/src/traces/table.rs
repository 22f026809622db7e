//! CSV tables whose columns are found by their names in the first row.

use csv::{ReaderBuilder, StringRecord, Trim};
use sim_core::registry::LANE_MAX;
use sim_core::{Lane, Resources, Vocabulary};

use super::number::within;
use super::source::Lines;
use super::{Record, Records};
use crate::problem::{Problem, Problems};

/// A CSV file that is read row by row. A row is a line: quoted fields may hold commas, but no line breaks.
pub(super) struct Table {
    lines: Lines,
    columns: Vec<String>,
    row: StringRecord,
}

impl Table {
    /// Opens the file at `path` and reads its first row.
    ///
    /// # Errors
    /// If the file cannot be read, has no first row, or names a column twice.
    pub(super) fn open(path: &str) -> Result<Self, Problems> {
        let mut lines = Lines::open(path)?;
        let mut row = StringRecord::new();
        let empty = Problem::of_file(path, "is empty: a first row with column names is needed");
        lines.advance().ok_or(empty.clone())??;
        // Spreadsheets put a byte order mark before the first name.
        split(lines.text().trim_start_matches('\u{feff}'), &mut row);
        let columns: Vec<String> = row.iter().map(str::to_owned).collect();
        if columns.iter().all(String::is_empty) {
            return Err(empty.into());
        }
        let mut problems = Problems::default();
        for (index, name) in columns.iter().enumerate() {
            if columns[..index].contains(name) {
                problems.push(Problem::new(path, "1: column", name, "must be there only once"));
            }
        }
        problems.or_ok(Self { lines, columns, row })
    }

    /// The path that it was opened with.
    pub(super) fn file(&self) -> &str {
        self.lines.file()
    }

    /// The names of the columns, in their order.
    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Where the column of that name is.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    /// Where the columns of these names are.
    ///
    /// # Errors
    /// One problem for each that is not there.
    pub(super) fn positions<const N: usize>(&self, names: [&str; N]) -> Result<[usize; N], Problems> {
        let mut problems = Problems::default();
        let mut positions = [0; N];
        for (position, name) in positions.iter_mut().zip(names) {
            match self.position(name) {
                Some(found) => *position = found,
                None => {
                    let rule = format!("has no column \"{name}\", which is needed");
                    problems.push(Problem::new(self.file(), 1, self.columns.join(","), rule));
                }
            }
        }
        problems.or_ok(positions)
    }

    /// Reads the next row and returns its line; `None` at the end. [`Table::field`] then yields its fields.
    ///
    /// # Errors
    /// If the row has another number of fields than the first one. A broken stream yields one problem and
    /// ends.
    pub(super) fn advance(&mut self) -> Option<Result<u64, Problem>> {
        loop {
            if let Err(problem) = self.lines.advance()? {
                return Some(Err(problem));
            }
            if !self.lines.text().is_empty() {
                split(self.lines.text(), &mut self.row);
                return Some(self.check());
            }
        }
    }

    /// A field of the row last read.
    pub(super) fn field(&self, position: usize) -> &str {
        self.row.get(position).expect("rows have as many fields as there are columns")
    }

    fn check(&self) -> Result<u64, Problem> {
        let (line, found, wanted) = (self.lines.number(), self.row.len(), self.columns.len());
        if found == wanted {
            return Ok(line);
        }
        let rule = if self.lines.is_cut() && found < wanted {
            format!("the file is truncated: its last row has {found} of {wanted} fields")
        } else {
            format!("must have {wanted} fields like the first row, has {found}")
        };
        Err(Problem::new(self.file(), line, "", rule))
    }
}

/// The row that a table has read last, for messages about its fields.
pub(super) struct Cell<'a> {
    /// The table.
    pub(super) table: &'a Table,
    /// The line of the row.
    pub(super) line: u64,
}

impl<'a> Cell<'a> {
    /// The field in that column.
    pub(super) fn text(&self, column: usize) -> &'a str {
        self.table.field(column)
    }

    /// The whole number in that column.
    ///
    /// # Errors
    /// If it is none, or out of bounds.
    pub(super) fn number(&self, column: usize, min: i64, max: i64) -> Result<i64, Problem> {
        within(self.text(column), min, max).map_err(|rule| self.problem(column, &rule))
    }

    /// CPU and memory.
    ///
    /// # Errors
    /// If one of them is no amount.
    pub(super) fn resources(&self, cpu: usize, memory: usize) -> Result<Resources, Problem> {
        let cpu = self.number(cpu, 0, LANE_MAX)? as u32;
        let memory = self.number(memory, 0, LANE_MAX)? as u32;
        Ok(Resources::ZERO.with(Lane::Cpu, cpu).with(Lane::Memory, memory))
    }

    /// A problem of that field.
    pub(super) fn problem(&self, column: usize, rule: &str) -> Problem {
        let at = format!("{}: {}", self.line, self.table.columns()[column]);
        Problem::new(self.table.file(), at, self.text(column), rule)
    }
}

/// A trace format whose records are rows of a table, some of which are left out because a parameter asks for it.
pub(super) trait Rows: Send {
    /// The table.
    fn table(&mut self) -> &mut Table;

    /// The record of the row that the table stands at; `None` if it is to be left out.
    ///
    /// # Errors
    /// The row's first problem.
    fn record(&self, line: u64, words: &mut Vocabulary) -> Result<Option<Record>, Problem>;

    /// Counts a row that was left out.
    fn leave_out(&mut self);

    /// Rows left out so far, with the reason, if a parameter asks for any.
    fn left_out(&self) -> Option<(&'static str, u64)>;
}

impl<R: Rows> Records for R {
    fn next_record(&mut self, words: &mut Vocabulary) -> Option<Result<Record, Problem>> {
        loop {
            let record = self.table().advance()?.and_then(|line| self.record(line, words));
            match record {
                Ok(None) => self.leave_out(),
                record => return record.transpose(),
            }
        }
    }

    fn dropped(&self) -> Option<(&'static str, u64)> {
        self.left_out()
    }
}

/// Splits a line at its commas. Quotes are rare in traces, so only lines that have any pay for the full
/// grammar.
fn split(line: &str, row: &mut StringRecord) {
    row.clear();
    if !line.contains('"') {
        line.split(',').for_each(|field| row.push_field(field.trim()));
        return;
    }
    let mut reader = ReaderBuilder::new().has_headers(false).trim(Trim::All).from_reader(line.as_bytes());
    reader.read_record(row).expect("text in memory can be read, and any text is CSV");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traces::testing::TraceFile;

    fn problems(bytes: &[u8]) -> Vec<String> {
        let file = TraceFile::new(bytes);
        let mut table = match Table::open(file.path()) {
            Ok(table) => table,
            Err(problems) => return problems.0.into_iter().map(|problem| problem.rule).collect(),
        };
        let mut rules = Vec::new();
        while let Some(row) = table.advance() {
            rules.extend(row.err().map(|problem| problem.rule));
        }
        rules
    }

    #[test]
    fn rows_are_read_by_column() {
        let file = TraceFile::new("\u{feff}a, b\r\n1,\"x,y\"\r\n\r\n2,z");
        let mut table = Table::open(file.path()).unwrap();
        let [b, a] = table.positions(["b", "a"]).unwrap();
        assert_eq!(table.advance(), Some(Ok(2)));
        assert_eq!((table.field(a), table.field(b)), ("1", "x,y"));
        assert_eq!(table.advance(), Some(Ok(4)));
        assert_eq!(table.advance(), None);
    }

    #[test]
    fn bad_tables_say_what_is_wrong() {
        assert!(problems(b"")[0].contains("is empty"));
        assert!(problems(b"a,b,a\n")[0].contains("only once"));
        assert!(problems(b"a,b\n1,2\n3")[0].contains("truncated"));
        assert_eq!(problems(b"a,b\n1\n1,2,3\n1,2\n").len(), 2);
        assert_eq!(problems(b"a,b\n\xff,1\n\xff,1\n").len(), 1);
        assert_eq!(problems(b"a,b\n\0,1\n\0,1\n").len(), 1);
        assert_eq!(problems(b"\xff\xfe\x00").len(), 1);
    }

    #[test]
    fn every_missing_column_is_named() {
        let file = TraceFile::new("a\n");
        let missing = Table::open(file.path()).unwrap().positions(["x", "a", "y"]).unwrap_err();
        assert_eq!(missing.0.len(), 2);
    }
}
