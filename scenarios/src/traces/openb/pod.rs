//! The fields of a pod in an openb list: what it asks for, and when it was there.

use sim_core::registry::LANE_MAX;
use sim_core::shape::{CARD_MILLI, CARDS_MAX};
use sim_core::{GpuNeed, ModelSet, Shape, Vocabulary};

use crate::problem::Problem;
use crate::traces::Notes;
use crate::traces::number::SECS_MAX;
use crate::traces::table::{Cell, Table};

/// Columns that every list of pods has.
pub(super) const REQUEST: [&str; 5] = ["name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli"];

/// Columns that say when a pod was there.
pub(super) const TIMES: [&str; 2] = ["creation_time", "deletion_time"];

/// Where a list says what its pods ask for.
pub(super) struct Request {
    pub(super) name: usize,
    cpu: usize,
    memory: usize,
    num_gpu: usize,
    gpu_milli: usize,
    gpu_spec: Option<usize>,
    qos: Option<usize>,
}

impl Request {
    /// By the positions of [`REQUEST`]; `gpu_spec` and `qos` need not be there.
    pub(super) fn new([name, cpu, memory, num_gpu, gpu_milli]: [usize; 5], table: &Table) -> Self {
        let (gpu_spec, qos) = (table.position("gpu_spec"), table.position("qos"));
        Self { name, cpu, memory, num_gpu, gpu_milli, gpu_spec, qos }
    }

    /// What the pod of a row asks for. The share of a card is cut to the whole card; a pod without cards has neither
    /// share nor models, whatever is written there.
    pub(super) fn shape(
        &self,
        cell: &Cell<'_>,
        words: &mut Vocabulary,
        notes: &mut Notes,
    ) -> Result<Shape, Problem> {
        let need = cell.resources(self.cpu, self.memory)?;
        let cards = cell.number(self.num_gpu, 0, i64::from(CARDS_MAX))? as u16;
        if cards == 0 {
            return Ok(Shape::new(need));
        }
        let milli = cell.number(self.gpu_milli, 1, LANE_MAX)?;
        if milli > i64::from(CARD_MILLI) {
            notes.add(Notes::GPU_CLAMPED);
        }
        let models = match self.gpu_spec {
            None => ModelSet::ANY,
            Some(column) => models(cell.table.field(column), words)
                .ok_or_else(|| cell.problem(column, "must not bring more than 31 distinct GPU models"))?,
        };
        let milli_each = milli.min(i64::from(CARD_MILLI)) as u16;
        Ok(Shape::new(need).with_gpu(GpuNeed { cards, milli_each, models }))
    }

    /// The models that a row names, as it spells them.
    pub(super) fn spec<'a>(&self, cell: &Cell<'a>) -> &'a str {
        self.gpu_spec.map_or("", |column| cell.table.field(column))
    }

    /// The quality of service of a row, which is its tenant; empty if the list does not say.
    pub(super) fn qos<'a>(&self, cell: &Cell<'a>) -> &'a str {
        self.qos.map_or("", |column| cell.table.field(column))
    }
}

/// The set of models that `spec` names, separated by `|`; any model if it names none.
fn models(spec: &str, words: &mut Vocabulary) -> Option<ModelSet> {
    let mut named = spec.split('|').filter(|model| !model.is_empty()).peekable();
    if named.peek().is_none() {
        return Some(ModelSet::ANY);
    }
    let mut set = 0;
    for model in named {
        set |= 1 << words.gpu_model(model)?;
    }
    Some(ModelSet(set))
}

/// Where a list says when its pods were there.
pub(super) struct Times {
    creation: usize,
    deletion: usize,
    scheduled: Option<usize>,
    run_never_scheduled: bool,
}

/// When a pod was there.
pub(super) struct Stay {
    /// Its submission [s].
    pub(super) created: i64,
    /// From its scheduling to its deletion, or from its creation if it never was scheduled [s].
    pub(super) service: i64,
    /// False if the real cluster never scheduled it.
    pub(super) was_scheduled: bool,
}

impl Times {
    /// By the positions of [`TIMES`]. Pods that were never scheduled are left out unless `run_never_scheduled`.
    pub(super) fn new([creation, deletion]: [usize; 2], table: &Table, run_never_scheduled: bool) -> Self {
        Self { creation, deletion, scheduled: table.position("scheduled_time"), run_never_scheduled }
    }

    /// True if pods that were never scheduled are left out.
    pub(super) fn drops(&self) -> bool {
        !self.run_never_scheduled
    }

    /// When the pod of a row was there; `None` if it is to be left out.
    pub(super) fn stay(&self, cell: &Cell<'_>) -> Result<Option<Stay>, Problem> {
        let created = cell.number(self.creation, 0, SECS_MAX - 1)?;
        let deleted = cell.number(self.deletion, 0, SECS_MAX - 1)?;
        let was_scheduled = self.scheduled.is_none_or(|column| !cell.table.field(column).is_empty());
        if !was_scheduled && !self.run_never_scheduled {
            return Ok(None);
        }
        let started = match self.scheduled {
            Some(column) if was_scheduled => cell.number(column, created, SECS_MAX - 1)?,
            _ => created,
        };
        if deleted < started {
            let rule = format!("must not be before the start of its service, {started}");
            return Err(cell.problem(self.deletion, &rule));
        }
        Ok(Some(Stay { created, service: deleted - started, was_scheduled }))
    }
}
