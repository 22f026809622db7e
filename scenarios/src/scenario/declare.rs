//! The keys of a scenario file.

use policies::queues::AMOUNTS;
use sim_core::registry::{Kind, Param};

use super::{axes, seeds};
use crate::alerts::ALERT;
use crate::windows::WINDOW;

/// The keys of `[sweep]`.
pub(super) const SWEEP: &[Param] = &[seeds::PARAM, axes::PARAMS[0], axes::PARAMS[1], axes::PARAMS[2]];

pub(super) const MEASURE: &[Param] = &[
    Param::with_default(
        "warmup",
        Kind::Duration,
        "\"0s\"",
        "jobs submitted in this time after the first are left out",
    ),
    Param::with_default(
        "cooldown",
        Kind::Duration,
        "\"0s\"",
        "jobs submitted in this time before the last are left out",
    ),
    Param::with_default(
        "drain",
        Kind::Bool,
        "true",
        "measures the time after the last submission too; false ends time-weighted metrics with it",
    ),
    Param::with_default(
        "starvation",
        Kind::Duration,
        "\"1d\"",
        "jobs that wait longer are counted as starving (`starved`)",
    ),
    Param::with_default("tau", Kind::Duration, "\"10s\"", "threshold of bounded slowdown"),
    Param::with_default(
        "typical_coverage",
        Kind::Float { min: 1e-6, max: 1.0 },
        "0.95",
        "part of all tasks that the typical ones cover: the most common kinds by CPU, cards, share and \
         models, against which fragmentation is measured",
    ),
    Param::with_default(
        "gpu_fragmentation",
        Kind::Bool,
        "false",
        "measures FGD's fragmentation: idle GPU by what typical tasks could do with it",
    ),
    Param::with_default(
        "arrived_load",
        Kind::List(&Kind::Int { min: 0, max: 100_000 }),
        "[]",
        "reports GPU allocation and FGD's fragmentation when so many percent of the GPU capacity have been \
         asked for, and writes loads.parquet with a row per percent; empty: neither",
    ),
    Param::optional(
        "entitled",
        Kind::Map(&Kind::Float { min: 1e-6, max: 1e6 }),
        "measures how far tenants are from their weighted max-min shares (`share_deviation_<lane>`): \
         weights by tenant, 1 for the others; `{}`: equal ones",
    ),
    Param::optional(
        "quota",
        Kind::Map(&Kind::Table(AMOUNTS)),
        "measures what tenants hold against these quotas (`quota_use_<lane>:<tenant>`, `quota_exceeded_<lane>`, \
         `quota_unused_while_waiting_<lane>`), by tenant, whatever a policy enforces: `{ tenant = { cpu = 16 } }`",
    ),
    Param::optional("series", Kind::Duration, "writes series.parquet with a row per such interval"),
    Param::optional(
        "until",
        Kind::Duration,
        "ends every run at this time; what is unfinished then is counted",
    ),
];

/// The keys of `[tune]`.
pub(crate) const TUNE: &[Param] = &[
    Param::required("metric", Kind::Text, "what is to become better, over all points and seeds"),
    Param::required(
        "space",
        Kind::Map(&Kind::Either(&[Kind::List(&axes::AXIS_VALUE), Kind::Table(RANGE)])),
        "keys of one policy, as `policy[0].order.tau`, each with a list of choices or a range",
    ),
    Param::with_default(
        "method",
        Kind::Choice(&["random", "halving"]),
        "\"random\"",
        "`random`: every candidate on all training seeds; `halving`: all on a few of them, the better half on twice \
         as many, and so on",
    ),
    Param::with_default("budget", seeds::COUNT, "32", "how many candidates are drawn"),
    Param::with_default(
        "train",
        Kind::Either(&[seeds::COUNT, Kind::List(&seeds::SEED)]),
        "8",
        "training seeds: how many, counted from 1, or a list of them",
    ),
    Param::with_default(
        "validate",
        Kind::Either(&[seeds::COUNT, Kind::List(&seeds::SEED)]),
        "8",
        "seeds on which the best candidate is judged: how many, counted on from the last training seed, or a list",
    ),
];

/// A range of the search.
const RANGE: &[Param] = &[
    Param::required("low", Kind::Float { min: -1e15, max: 1e15 }, "the lowest value"),
    Param::required("high", Kind::Float { min: -1e15, max: 1e15 }, "the highest value"),
    Param::with_default("log", Kind::Bool, "false", "draws its logarithm evenly instead of the value"),
    Param::with_default("integer", Kind::Bool, "false", "draws whole numbers"),
    Param::optional("unit", Kind::Choice(&["s", "m", "h", "d"]), "values are spans of time in this unit"),
];

const RULES: &[Param] = &[
    Param::with_default(
        "kill_at_walltime",
        Kind::Bool,
        "true",
        "stops a job at the end of its requested wall time",
    ),
    Param::with_default(
        "requeue_on_node_loss",
        Kind::Bool,
        "true",
        "a job whose node failed waits again; false: that is a failure and uses up a retry",
    ),
    Param::with_default(
        "preemption_delay",
        Kind::Duration,
        "\"0s\"",
        "from the order to preempt until nodes are free",
    ),
];

const FAILURES: &[Param] = &[
    Param::with_default(
        "task_probability",
        Kind::Float { min: 0.0, max: 1.0 },
        "0.0",
        "chance that one attempt of one task fails, at a uniformly drawn point of its work",
    ),
    Param::optional("mtbf", Kind::Plugin("durations"), "time from repair to the next failure of a node"),
    Param::optional("mttr", Kind::Plugin("durations"), "time to repair a node; goes with `mtbf`"),
    Param::optional(
        "trace",
        Kind::Path,
        "recorded outages instead: a CSV file with columns node, down_s, up_s",
    ),
];

/// The top level of a scenario file.
pub const ROOT: &[Param] = &[
    Param::required("name", Kind::Text, "the scenario's name, also that of its results folder"),
    Param::required("workload", Kind::Plugin("workload"), "the jobs: a trace reader or a generator"),
    Param::required("cluster", Kind::Plugin("cluster"), "the nodes"),
    Param::required(
        "policy",
        Kind::List(&Kind::Plugin("policy")),
        "the policies to compare, the baseline first",
    ),
    Param::with_default("predictor", Kind::Plugin("predictor"), "\"requested\"", "who guesses run times"),
    Param::with_default("sweep", Kind::Table(SWEEP), "{}", "seeds, and keys to sweep"),
    Param::with_default("measure", Kind::Table(MEASURE), "{}", "what is measured"),
    Param::optional("tune", Kind::Table(TUNE), "a search for parameters of a policy, for `windtunnel tune`"),
    Param::with_default("rules", Kind::Table(RULES), "{}", "how the cluster behaves"),
    Param::with_default("failures", Kind::Table(FAILURES), "{}", "what goes wrong"),
    Param::with_default(
        "windows",
        Kind::List(&Kind::Table(WINDOW)),
        "[]",
        "times at which nodes are set aside, known in advance: maintenance, and reservations for tenants",
    ),
    Param::with_default(
        "alert",
        Kind::List(&Kind::Table(ALERT)),
        "[]",
        "what to be told of a run: conditions on its series, with how often and how long each fired as metrics",
    ),
];
