//! From a job and its truth to a row of the native format.

use sim_core::{Gang, Job, LabelSet, ModelSet, Names, Retry, SimDuration, SimTime, Truth, Vocabulary};

use super::columns::Column;
use super::row::{LANES, WHENS};

/// A field to write.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Out {
    /// The default: left empty.
    Missing,
    /// A number.
    Number(i128),
    /// Text.
    Text(String),
}

/// The fields of a job, by [`Column`]. Defaults are left out, so that what is read back is equal.
pub(crate) fn cells(job: &Job, truth: &Truth, words: &Vocabulary) -> [Out; Column::COUNT] {
    let mut out = std::array::from_fn(|_| Out::Missing);
    let mut number = |column: Column, value: i128| out[column as usize] = Out::Number(value);
    number(Column::Id, job.id.into());
    number(Column::SubmitNs, job.submit.as_ns().into());
    number(Column::ServiceNs, truth.service().as_ns().into());
    number(Column::Tasks, job.tasks.into());
    if let Some(after) = truth.fails_after() {
        number(Column::FailsAfterNs, after.as_ns().into());
    }
    if let Some(walltime) = job.requested() {
        number(Column::WalltimeNs, walltime.as_ns().into());
    }
    if job.deadline != SimTime::MAX {
        number(Column::DeadlineNs, job.deadline.as_ns().into());
    }
    if let Gang::Elastic { min } = job.gang {
        number(Column::TasksMin, min.into());
    }
    if job.priority != 0 {
        number(Column::Priority, job.priority.into());
    }
    let shape = words.shape_of(job.shape);
    for (column, lane) in LANES {
        if shape.need().get(lane) > 0 {
            number(column, shape.need().get(lane).into());
        }
    }
    if shape.gpu().cards > 0 {
        number(Column::Gpus, shape.gpu().cards.into());
        number(Column::GpuMilli, shape.gpu().milli_each.into());
    }
    let rule = words.constraints_of(job.constraints);
    if let Some(apart) = rule.anti_affinity
        && apart.tasks_max != 1
    {
        number(Column::AntiAffinityMax, apart.tasks_max.into());
    }
    if let Some(spread) = rule.spread {
        number(Column::SpreadSkewMax, spread.skew_max.into());
    }
    extras(job, &mut number);
    texts(job, truth, words, &mut |column, value| {
        if !value.is_empty() {
            out[column as usize] = Out::Text(value);
        }
    });
    out
}

fn extras(job: &Job, number: &mut impl FnMut(Column, i128)) {
    let (retry, checkpoint) = (job.retry(), job.checkpoint());
    if retry.max != Retry::NEVER.max {
        number(Column::RetryMax, retry.max.into());
    }
    if retry.factor_ppm != Retry::NEVER.factor_ppm {
        number(Column::RetryFactorPpm, retry.factor_ppm.into());
    }
    for (column, span, default) in [
        (Column::RetryFirstDelayNs, retry.first_delay, SimDuration::ZERO),
        (Column::RetryDelayMaxNs, retry.delay_max, SimDuration::MAX),
        (Column::CheckpointIntervalNs, checkpoint.interval, SimDuration::MAX),
        (Column::RestartCostNs, checkpoint.restart_cost, SimDuration::ZERO),
    ] {
        if span != default {
            number(column, span.as_ns().into());
        }
    }
}

fn texts(job: &Job, truth: &Truth, words: &Vocabulary, text: &mut impl FnMut(Column, String)) {
    let name = |names: &Names, number: u32| names.name(number).unwrap_or("").to_owned();
    text(Column::User, name(words.users(), job.user.0));
    text(Column::Tenant, name(words.tenants(), job.tenant.0));
    let gang = match job.gang {
        Gang::AllOrNothing => "all-or-nothing",
        Gang::Elastic { .. } => "elastic",
        Gang::Independent => "independent",
    };
    text(Column::Gang, gang.to_owned());
    let services: Vec<String> = truth.task_services().iter().map(|span| span.as_ns().to_string()).collect();
    text(Column::TaskServiceNs, services.join("|"));
    let after: Vec<String> = job
        .after()
        .iter()
        .map(|after| {
            let (word, _) =
                WHENS.into_iter().find(|(_, when)| *when == after.when).expect("all conditions have words");
            format!("{}:{word}", after.job)
        })
        .collect();
    text(Column::After, after.join("|"));
    let models = words.shape_of(job.shape).gpu().models;
    if models != ModelSet::ANY {
        text(Column::GpuModels, names_of(words.gpu_models(), models.0.into()));
    }
    let rule = words.constraints_of(job.constraints);
    let labels = |set: LabelSet| names_of(words.labels(), set.0);
    text(Column::RequireLabels, labels(rule.require));
    text(Column::ForbidLabels, labels(rule.forbid));
    if let Some(key) = rule.key {
        text(Column::AffinityKey, name(words.affinity_keys(), key.0));
    }
    if let Some(apart) = rule.anti_affinity {
        text(Column::AntiAffinity, apart.level.name().to_owned());
    }
    if let Some(spread) = rule.spread {
        text(Column::SpreadOver, spread.over.name().to_owned());
    }
}

/// The names of the bits of a set, separated by `|`.
fn names_of(names: &Names, bits: u128) -> String {
    let members = (0..128).filter(|bit| bits >> bit & 1 == 1).filter_map(|bit| names.name(bit));
    members.collect::<Vec<_>>().join("|")
}
