//! From a row of the native format to a job and its truth.

use std::borrow::Cow;

use sim_core::shape::{CARD_MILLI, CARDS_MAX};
use sim_core::{
    Apart, Checkpoint, Constraints, ConstraintsId, Dependency, Domain, Extras, Gang, GpuNeed, Job, LabelSet,
    Lane, ModelSet, Resources, Retry, Shape, SimDuration, SimTime, Spread, Truth, Vocabulary, When,
};

use super::columns::Column;
use crate::problem::Problem;
use crate::traces::{Notes, Record};

/// One field.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Cell<'a> {
    /// Empty, or its column is not there.
    Missing,
    /// A number of a typed column.
    Number(i128),
    /// Text, which may spell a number.
    Text(&'a str),
}

/// One row, with its place for messages.
pub(super) struct Row<'a> {
    pub(super) file: &'a str,
    pub(super) line: u64,
    pub(super) cells: [Cell<'a>; Column::COUNT],
}

/// Whether a job waits for another, with the word in files.
pub(super) const WHENS: [(&str, When); 3] =
    [("completed", When::Completed), ("failed", When::Failed), ("ended", When::Ended)];

/// Columns of the lanes that are plain amounts.
pub(super) const LANES: [(Column, Lane); 7] = [
    (Column::CpuMilli, Lane::Cpu),
    (Column::MemoryMib, Lane::Memory),
    (Column::DiskGib, Lane::Disk),
    (Column::NetMbps, Lane::Net),
    (Column::Extra1, Lane::Extra1),
    (Column::Extra2, Lane::Extra2),
    (Column::Extra3, Lane::Extra3),
];

/// Times and spans: the largest number is kept for "never".
const NS_MAX: u64 = u64::MAX - 1;

impl Row<'_> {
    /// The record of this row.
    ///
    /// # Errors
    /// The first field that breaks a rule.
    pub(super) fn record(&self, words: &mut Vocabulary) -> Result<Record, Problem> {
        let shape = self.shape(words)?;
        let mut job = Job::new(
            self.needed(Column::Id, u64::MAX)?,
            SimTime::from_ns(self.needed(Column::SubmitNs, NS_MAX)?),
            words.shape(shape),
        );
        let mut notes = Notes::NONE;
        job.tasks = self.count(Column::Tasks, 1, u32::MAX.into())?.map_or(1, |tasks| tasks as u32);
        job.gang = self.gang(job.tasks)?;
        if let Some(ns) = self.count(Column::WalltimeNs, 0, NS_MAX)? {
            job.walltime = SimDuration::from_ns(ns);
        } else {
            notes.add(Notes::NO_WALLTIME);
        }
        if let Some(ns) = self.count(Column::DeadlineNs, 0, NS_MAX)? {
            job.deadline = SimTime::from_ns(ns);
        }
        let (user, tenant) = (self.text(Column::User), self.text(Column::Tenant));
        for (name, note) in [(&user, Notes::NO_USER), (&tenant, Notes::NO_TENANT)] {
            if name.is_empty() {
                notes.add(note);
            }
        }
        (job.user, job.tenant) = (words.user(&user), words.tenant(&tenant));
        job.priority =
            self.number(Column::Priority, i32::MIN.into(), i32::MAX.into())?.map_or(0, |value| value as i32);
        job.constraints = self.constraints(words)?;
        job.extras = self.extras()?;
        Ok(Record { line: self.line, truth: self.truth(&job)?, job, notes })
    }

    fn truth(&self, job: &Job) -> Result<Truth, Problem> {
        let mut truth = Truth::runs_for(SimDuration::from_ns(self.needed(Column::ServiceNs, NS_MAX)?));
        if let Some(ns) = self.count(Column::FailsAfterNs, 0, NS_MAX)? {
            truth = truth.failing_after(SimDuration::from_ns(ns));
        }
        let list = self.text(Column::TaskServiceNs);
        if list.is_empty() {
            return Ok(truth);
        }
        if job.gang != Gang::Independent {
            return Err(self.problem(Column::TaskServiceNs, "needs gang = independent"));
        }
        let mut services = Vec::new();
        for part in list.split('|') {
            let ns = part.parse::<u64>().ok().filter(|&ns| ns <= NS_MAX);
            let rule = "must be whole nanoseconds, separated by |";
            services.push(SimDuration::from_ns(ns.ok_or_else(|| self.problem(Column::TaskServiceNs, rule))?));
        }
        if services.len() > job.tasks as usize {
            return Err(self.problem(Column::TaskServiceNs, "must not name more tasks than the job has"));
        }
        Ok(truth.with_task_services(services))
    }

    fn gang(&self, tasks: u32) -> Result<Gang, Problem> {
        let min = self.count(Column::TasksMin, 1, u64::from(tasks))?;
        let gang = match (self.text(Column::Gang).as_ref(), min) {
            ("elastic", Some(min)) => Gang::Elastic { min: min as u32 },
            ("elastic", None) => return Err(self.problem(Column::TasksMin, "is needed by gang = elastic")),
            (_, Some(_)) => return Err(self.problem(Column::TasksMin, "needs gang = elastic")),
            ("" | "all-or-nothing", None) => Gang::AllOrNothing,
            ("independent", None) => Gang::Independent,
            _ => return Err(self.problem(Column::Gang, "must be all-or-nothing, elastic or independent")),
        };
        Ok(gang)
    }

    fn shape(&self, words: &mut Vocabulary) -> Result<Shape, Problem> {
        let mut need = Resources::ZERO;
        for (column, lane) in LANES {
            need = need.with(lane, self.count(column, 0, u32::MAX.into())?.unwrap_or(0) as u32);
        }
        let cards = self.count(Column::Gpus, 0, CARDS_MAX.into())?.unwrap_or(0) as u16;
        let milli = self.count(Column::GpuMilli, if cards > 0 { 1 } else { 0 }, CARD_MILLI.into())?;
        let mut models = ModelSet::ANY;
        let named = self.text(Column::GpuModels);
        if !named.is_empty() {
            models = ModelSet(0);
            for model in named.split('|') {
                let number = words.gpu_model(model);
                let rule = "must not bring more than 31 distinct GPU models";
                models.0 |= 1 << number.ok_or_else(|| self.problem(Column::GpuModels, rule))?;
            }
        }
        let milli_each = milli.map_or(CARD_MILLI, |milli| milli as u16);
        Ok(Shape::new(need).with_gpu(GpuNeed { cards, milli_each, models }))
    }

    fn extras(&self) -> Result<Option<Box<Extras>>, Problem> {
        let mut extras = Extras { after: self.after()?, ..Extras::default() };
        let retry = &mut extras.retry;
        retry.max =
            self.count(Column::RetryMax, 0, u16::MAX.into())?.map_or(Retry::NEVER.max, |max| max as u16);
        let factor = self.count(Column::RetryFactorPpm, 0, u32::MAX.into())?;
        retry.factor_ppm = factor.map_or(Retry::NEVER.factor_ppm, |factor| factor as u32);
        let checkpoint = &mut extras.checkpoint;
        for (column, slot) in [
            (Column::RetryFirstDelayNs, &mut retry.first_delay),
            (Column::RetryDelayMaxNs, &mut retry.delay_max),
            (Column::CheckpointIntervalNs, &mut checkpoint.interval),
            (Column::RestartCostNs, &mut checkpoint.restart_cost),
        ] {
            if let Some(ns) = self.count(column, 0, NS_MAX)? {
                *slot = SimDuration::from_ns(ns);
            }
        }
        let plain =
            extras.after.is_empty() && extras.retry == Retry::NEVER && extras.checkpoint == Checkpoint::NONE;
        Ok((!plain).then(|| Box::new(extras)))
    }

    fn after(&self) -> Result<Vec<Dependency>, Problem> {
        let text = self.text(Column::After);
        let mut after = Vec::new();
        for part in text.split('|').filter(|_| !text.is_empty()) {
            let parsed = part.split_once(':').and_then(|(job, when)| {
                let (_, when) = WHENS.into_iter().find(|(word, _)| *word == when)?;
                Some(Dependency { job: job.parse().ok()?, when })
            });
            let rule = "must be number:completed, number:failed or number:ended, separated by |";
            after.push(parsed.ok_or_else(|| self.problem(Column::After, rule))?);
        }
        Ok(after)
    }

    fn constraints(&self, words: &mut Vocabulary) -> Result<ConstraintsId, Problem> {
        let mut rule = Constraints {
            require: self.labels(Column::RequireLabels, words)?,
            forbid: self.labels(Column::ForbidLabels, words)?,
            ..Constraints::NONE
        };
        let key = self.text(Column::AffinityKey);
        rule.key = (!key.is_empty()).then(|| words.affinity_key(&key));
        let apart = self.domain(Column::AntiAffinity)?;
        let tasks_max = self.count(Column::AntiAffinityMax, 1, u32::MAX.into())?;
        if apart.is_none() && tasks_max.is_some() {
            return Err(self.problem(Column::AntiAffinityMax, "needs anti_affinity"));
        }
        let tasks_max = tasks_max.map_or(1, |tasks| tasks as u32);
        rule.anti_affinity = apart.map(|level| Apart { level, tasks_max });
        let over = self.domain(Column::SpreadOver)?;
        let skew = self.count(Column::SpreadSkewMax, 1, u32::MAX.into())?;
        rule.spread = match (over, skew) {
            (None, None) => None,
            (Some(over), Some(skew)) => Some(Spread { over, skew_max: skew as u32 }),
            (Some(_), None) => return Err(self.problem(Column::SpreadSkewMax, "is needed by spread_over")),
            (None, Some(_)) => return Err(self.problem(Column::SpreadSkewMax, "needs spread_over")),
        };
        if rule.key.is_none() && (rule.anti_affinity.is_some() || rule.spread.is_some()) {
            return Err(self.problem(Column::AffinityKey, "is needed by anti_affinity and spread_over"));
        }
        Ok(words.constraints(rule))
    }

    fn labels(&self, column: Column, words: &mut Vocabulary) -> Result<LabelSet, Problem> {
        let text = self.text(column);
        let mut set = LabelSet::default();
        for label in text.split('|').filter(|label| !label.is_empty()) {
            let one = words
                .label(label)
                .ok_or_else(|| self.problem(column, "must not bring more than 128 labels"))?;
            set.0 |= one.0;
        }
        Ok(set)
    }

    fn domain(&self, column: Column) -> Result<Option<Domain>, Problem> {
        let name = self.text(column);
        if name.is_empty() {
            return Ok(None);
        }
        Domain::from_name(&name).map(Some).ok_or_else(|| self.problem(column, "must be node, rack or zone"))
    }

    /// Text, empty if it is missing.
    fn text(&self, column: Column) -> Cow<'_, str> {
        match self.cells[column as usize] {
            Cell::Missing => Cow::Borrowed(""),
            Cell::Number(number) => Cow::Owned(number.to_string()),
            Cell::Text(text) => Cow::Borrowed(text),
        }
    }

    fn number(&self, column: Column, min: i128, max: i128) -> Result<Option<i128>, Problem> {
        let number = match self.cells[column as usize] {
            Cell::Missing | Cell::Text("") => return Ok(None),
            Cell::Number(number) => number,
            Cell::Text(text) => text.parse().map_err(|_| self.problem(column, "must be a whole number"))?,
        };
        if number < min {
            return Err(self.problem(column, &format!("must be at least {min}")));
        }
        if number > max {
            return Err(self.problem(column, &format!("must be at most {max}")));
        }
        Ok(Some(number))
    }

    fn count(&self, column: Column, min: u64, max: u64) -> Result<Option<u64>, Problem> {
        Ok(self.number(column, min.into(), max.into())?.map(|number| number as u64))
    }

    fn needed(&self, column: Column, max: u64) -> Result<u64, Problem> {
        self.count(column, 0, max)?.ok_or_else(|| self.problem(column, "must not be empty"))
    }

    fn problem(&self, column: Column, rule: &str) -> Problem {
        Problem::new(self.file, format!("{}: {}", self.line, column.name()), self.text(column), rule)
    }
}
