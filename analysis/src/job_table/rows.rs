//! Rows of the per-job table, collected column by column.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Float64Array, Int32Array, ListArray, StringArray, UInt16Array, UInt32Array, UInt64Array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, Field, Schema};
use parquet::file::properties::WriterPropertiesBuilder;
use parquet::schema::types::ColumnPath;
use sim_core::{JobView, SimTime, Vocabulary};

use crate::key::RunKey;
use crate::parquet_file::{KeyColumns, properties, with_integers, word_column, word_field};

/// Rows that are handed to the file at once (arbitrary; about a MiB).
pub(super) const BATCH_ROWS: usize = 8192;

/// Words of `final_state`, by key. Few enough to search.
const STATES: [&str; 10] = [
    "completed",
    "failed",
    "killed",
    "timeout",
    "node_lost",
    "rejected",
    "skipped",
    "pending",
    "waiting",
    "running",
];

/// Integers as differences, and no dictionaries but for words: those cost 10 ns per value, and Zstandard
/// squeezes what repeats as well.
pub(crate) fn encoding() -> WriterPropertiesBuilder {
    let mut all = properties();
    let times = ["job_id", "submit_ns", "start_ns", "end_ns", "wait_ns"];
    for column in times.into_iter().chain(["seed", "tasks", "retries", "preemptions"]) {
        all = with_integers(all, column);
    }
    let nodes = ColumnPath::new(vec!["nodes".into(), "list".into(), "element".into()]);
    all.set_column_dictionary_enabled(nodes, false).set_column_dictionary_enabled("cost".into(), false)
}

/// What one row is made of.
pub(super) struct Row<'a> {
    pub(super) job: JobView<'a>,
    pub(super) end: Option<SimTime>,
    pub(super) state: &'static str,
    pub(super) nodes: &'a [u32],
}

/// Integers of which some are missing.
#[derive(Debug, Default)]
struct Optional {
    values: Vec<u64>,
    present: Vec<bool>,
    is_missing_some: bool,
}

impl Optional {
    #[inline]
    fn push(&mut self, value: Option<u64>) {
        self.values.push(value.unwrap_or(0));
        self.present.push(value.is_some());
        self.is_missing_some |= value.is_none();
    }

    fn take(&mut self) -> ArrayRef {
        let nulls = self.is_missing_some.then(|| NullBuffer::from(self.present.as_slice()));
        self.present.clear();
        self.is_missing_some = false;
        Arc::new(UInt64Array::new(ScalarBuffer::from(std::mem::take(&mut self.values)), nulls))
    }
}

/// Names by number, of which only those that occur in a batch are written with it.
#[derive(Debug, Default)]
struct Words {
    numbers: Vec<u32>,
    /// Key of each number in this batch, or -1.
    keys: Vec<i32>,
}

impl Words {
    fn take<'v>(&mut self, name: impl Fn(u32) -> Option<&'v str>) -> ArrayRef {
        let mut words: Vec<&str> = Vec::new();
        let mut used: Vec<u32> = Vec::new();
        let mut column: Vec<Option<i32>> = Vec::with_capacity(self.numbers.len());
        for &number in &self.numbers {
            let n = number as usize;
            if n >= self.keys.len() {
                self.keys.resize(n + 1, -1);
            }
            if self.keys[n] < 0 {
                let Some(word) = name(number) else {
                    column.push(None);
                    continue;
                };
                self.keys[n] = words.len() as i32;
                words.push(word);
                used.push(number);
            }
            column.push(Some(self.keys[n]));
        }
        used.into_iter().for_each(|number| self.keys[number as usize] = -1);
        self.numbers.clear();
        word_column(Int32Array::from(column), StringArray::from(words))
    }
}

/// Columns of rows that are not written yet.
#[derive(Debug)]
pub(super) struct Rows {
    key: KeyColumns,
    job_id: Vec<u64>,
    submit_ns: Vec<u64>,
    start_ns: Optional,
    end_ns: Optional,
    wait_ns: Optional,
    tasks: Vec<u32>,
    nodes: Vec<u32>,
    nodes_to: Vec<i32>,
    state: Vec<i32>,
    retries: Vec<u16>,
    preemptions: Vec<u16>,
    cost: Vec<f64>,
    users: Words,
    tenants: Words,
}

impl Rows {
    pub(super) fn new(key: &RunKey) -> Self {
        Self {
            key: KeyColumns::new(key),
            job_id: Vec::new(),
            submit_ns: Vec::new(),
            start_ns: Optional::default(),
            end_ns: Optional::default(),
            wait_ns: Optional::default(),
            tasks: Vec::new(),
            nodes: Vec::new(),
            nodes_to: vec![0],
            state: Vec::new(),
            retries: Vec::new(),
            preemptions: Vec::new(),
            cost: Vec::new(),
            users: Words::default(),
            tenants: Words::default(),
        }
    }

    pub(super) fn schema(&self) -> Arc<Schema> {
        let node = Field::new("element", DataType::UInt32, false);
        let mut fields = self.key.fields();
        fields.extend([
            Field::new("job_id", DataType::UInt64, false),
            Field::new("submit_ns", DataType::UInt64, false),
            Field::new("start_ns", DataType::UInt64, true),
            Field::new("end_ns", DataType::UInt64, true),
            Field::new("wait_ns", DataType::UInt64, true),
            Field::new("tasks", DataType::UInt32, false),
            Field::new("nodes", DataType::List(Arc::new(node)), false),
            word_field("final_state", false),
            Field::new("retries", DataType::UInt16, false),
            Field::new("preemptions", DataType::UInt16, false),
            Field::new("cost", DataType::Float64, false),
            word_field("user", true),
            word_field("tenant", true),
        ]);
        Arc::new(Schema::new(fields))
    }

    pub(super) fn len(&self) -> usize {
        self.job_id.len()
    }

    #[inline]
    pub(super) fn push(&mut self, row: Row<'_>) {
        let facts = row.job.facts();
        let (submit, start) = (facts.submit.as_ns(), row.job.first_start().map(SimTime::as_ns));
        self.job_id.push(facts.id);
        self.submit_ns.push(submit);
        self.start_ns.push(start);
        self.end_ns.push(row.end.map(SimTime::as_ns));
        self.wait_ns.push(start.map(|start| start - submit));
        self.tasks.push(facts.tasks);
        self.nodes.extend_from_slice(row.nodes);
        self.nodes_to.push(self.nodes.len() as i32);
        let state = STATES.iter().position(|&state| state == row.state);
        self.state.push(state.expect("every end and status has its word") as i32);
        self.retries.push(row.job.retries());
        self.preemptions.push(row.job.preemptions());
        self.cost.push(row.job.cost_micros() as f64 / 1e6);
        self.users.numbers.push(facts.user.0);
        self.tenants.numbers.push(facts.tenant.0);
    }

    /// The columns of all rows, which are forgotten.
    pub(super) fn take(&mut self, words: &Vocabulary) -> Vec<ArrayRef> {
        fn take<T>(column: &mut Vec<T>) -> Vec<T> {
            let empty = Vec::with_capacity(column.len());
            std::mem::replace(column, empty)
        }
        let mut columns = self.key.columns(self.len());
        let node = Arc::new(Field::new("element", DataType::UInt32, false));
        let offsets = OffsetBuffer::new(ScalarBuffer::from(std::mem::replace(&mut self.nodes_to, vec![0])));
        let nodes = Arc::new(UInt32Array::from(take(&mut self.nodes)));
        columns.extend([
            Arc::new(UInt64Array::from(take(&mut self.job_id))) as ArrayRef,
            Arc::new(UInt64Array::from(take(&mut self.submit_ns))),
            self.start_ns.take(),
            self.end_ns.take(),
            self.wait_ns.take(),
            Arc::new(UInt32Array::from(take(&mut self.tasks))),
            Arc::new(ListArray::new(node, offsets, nodes, None)),
            word_column(Int32Array::from(take(&mut self.state)), StringArray::from(STATES.to_vec())),
            Arc::new(UInt16Array::from(take(&mut self.retries))),
            Arc::new(UInt16Array::from(take(&mut self.preemptions))),
            Arc::new(Float64Array::from(take(&mut self.cost))),
            self.users.take(|number| words.users().name(number)),
            self.tenants.take(|number| words.tenants().name(number)),
        ]);
        columns
    }
}
