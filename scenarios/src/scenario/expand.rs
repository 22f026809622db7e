//! Axes to points, and points to runs.

use std::collections::BTreeMap;

use sim_core::registry::{Params, Value};
use sim_core::{Limits, Rules, SimDuration, SimTime};
use toml::{Table, Value as Toml};

use super::axes::{self, Choice};
use super::declare::ROOT;
use super::load::bad_label;
use super::{Point, PolicySpec, Scenario, content};
use crate::failures;
use crate::file::{apply_set, check_table};
use crate::measure::Measure;
use crate::problem::{Problem, Problems};
use crate::registries::registries;
use crate::{alerts, cluster, policy_name, windows};

/// One run of a scenario: indexes into its points, policies and seeds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RunSpec {
    /// The point.
    pub point: usize,
    /// The policy of that point.
    pub policy: usize,
    /// The seed.
    pub seed: u64,
}

impl Scenario {
    /// All runs: by point, then policy, then seed.
    pub fn runs(&self) -> Vec<RunSpec> {
        self.runs_of(self.seeds.len())
    }

    /// Those of the first `seeds` seeds.
    pub fn runs_of(&self, seeds: usize) -> Vec<RunSpec> {
        let seeds = &self.seeds[..seeds];
        let mut runs = Vec::new();
        for (point, of) in self.points.iter().enumerate() {
            for policy in 0..of.policies.len() {
                runs.extend(seeds.iter().map(|&seed| RunSpec { point, policy, seed }));
            }
        }
        runs
    }

    /// The id of a run in results: equal ids mean equal runs.
    pub fn id(&self, run: RunSpec) -> String {
        let policy = &self.points[run.point].policies[run.policy];
        analysis::RunKey::id_of(&policy.name, run.seed, self.content(run))
    }

    /// The digest of all that decides the run: see [`analysis::RunKey::content`].
    pub fn content(&self, run: RunSpec) -> u64 {
        content::of_run(&self.points[run.point], run)
    }
}

/// The points of all combinations of what is swept.
pub(super) fn expand(table: &Table, file: &str) -> Result<Vec<Point>, Problems> {
    let (mut points, mut problems) = (Vec::new(), Problems::default());
    let choices = axes::combinations(table, file)?;
    let mut known: BTreeMap<String, Vec<&Choice>> = BTreeMap::new();
    for choice in &choices {
        match point(table, choice, file) {
            Ok((read, point)) => {
                let alike = known.entry(read).or_default();
                if let Some(problem) = axes::same_runs(choice, alike, table, file)
                    && !problems.0.contains(&problem)
                {
                    problems.push(problem);
                }
                alike.push(choice);
                points.push(point);
            }
            Err(found) => {
                // The same mistake shows at every point: it is told once.
                for problem in found.0 {
                    if !problems.0.contains(&problem) {
                        problems.push(problem);
                    }
                }
            }
        }
    }
    problems.or_ok(points)
}

pub(super) fn shown(value: &Toml) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A combination as its keys' declarations read it, as a digest, and the point that it makes.
fn point(table: &Table, choice: &Choice, file: &str) -> Result<(String, Point), Problems> {
    let (given, mut table, mut problems) = (table, table.clone(), Problems::default());
    for (key, value) in &choice.sets {
        if let Err(problem) = apply_set(&mut table, &format!("{key}={value}")) {
            let rule = format!("{} = {}: {}", problem.at, problem.value, problem.rule);
            problems.push(Problem::new(file, axes::place(given, key), value, rule));
        }
    }
    let mut found = Problems::default();
    let root = check_table(&table, ROOT, "", file, registries(), &mut found);
    problems.0.extend(found.0.into_iter().map(|problem| axes::placed(problem, given, choice)));
    let root = problems.or_ok(root)?;
    let plugin = |key: &str| {
        let (name, params) = root.plugin(key).expect("the key is required or has a default");
        (name.to_owned(), params.clone())
    };
    let mut problems = Problems::default();
    let (kind, params) = plugin("cluster");
    let mut cluster = cluster::build(&kind, &params).unwrap_or_else(|found| {
        problems.0.extend(found.0.into_iter().map(|problem| in_file(problem, file)));
        Default::default()
    });
    cluster.windows = windows::build(root.list("windows"), &cluster, file, &mut problems);
    let policies = policies(&root, &plugin("predictor"), file, &mut problems);
    let section = |key: &str| root.table(key).expect("the section has a default");
    let failures = failures::build(section("failures"), &cluster, file, &mut problems);
    let (rules, measure) = (section("rules"), section("measure"));
    let until = measure.duration_opt("until").map_or(SimTime::MAX, |until| SimTime::from_ns(until.as_ns()));
    let series = measure.duration_opt("series").filter(|&every| every > SimDuration::ZERO);
    let alerts = alerts::build(root.list("alert"), series, &cluster, file, &mut problems);
    let read = content::of_params(&root, &[], &["sweep"]);
    let point = Point {
        axes: choice.columns.iter().map(|(key, value)| (key.clone(), shown(value))).collect(),
        workload: plugin("workload"),
        policies,
        rules: Rules {
            kill_at_walltime: rules.bool("kill_at_walltime"),
            requeue_on_node_loss: rules.bool("requeue_on_node_loss"),
            preemption_delay: rules.duration("preemption_delay"),
        },
        failures,
        limits: Limits { until, ..Limits::default() },
        content: content::of_params(&root, ROOT, &["name", "sweep", "policy", "predictor"]),
        measure: Measure {
            warmup: measure.duration("warmup"),
            cooldown: measure.duration("cooldown"),
            drain: measure.bool("drain"),
            starvation: measure.duration("starvation"),
            tau: measure.duration("tau").max(SimDuration::from_ns(1)),
            // Between 1 and a million, as declared.
            typical_coverage_ppm: libm::round(measure.float("typical_coverage") * 1e6) as u32,
            gpu_fragmentation: measure.bool("gpu_fragmentation"),
            arrived_load: measure.list("arrived_load").iter().map(whole).collect(),
            entitled: measure.table("entitled").map(weights),
            quota: measure.table("quota").map(quotas),
            series,
            alerts,
        },
        cluster,
    };
    problems.or_ok((read, point))
}

/// Weights by name.
fn weights(table: &Params) -> Vec<(String, f64)> {
    let weight = |value: &Value| match value {
        Value::Float(weight) => *weight,
        other => panic!("weights are declared as numbers, not {other:?}"),
    };
    table.iter().map(|(name, value)| (name.to_owned(), weight(value))).collect()
}

/// Quotas by name.
fn quotas(table: &Params) -> analysis::Quotas {
    table.iter().map(|(name, _)| (name.to_owned(), policies::queues::amounts(table, name))).collect()
}

fn whole(value: &Value) -> u64 {
    match value {
        Value::Int(number) => number.unsigned_abs(),
        other => panic!("loads are declared as whole numbers, not {other:?}"),
    }
}

/// Problems of a part of the scenario, placed in its file.
pub(crate) fn in_file(problem: Problem, file: &str) -> Problem {
    if problem.file == "scenario" { Problem { file: file.to_owned(), ..problem } } else { problem }
}

/// The policies, each with the predictor it names or else `predictor`.
fn policies(
    root: &Params,
    predictor: &(String, Params),
    file: &str,
    problems: &mut Problems,
) -> Vec<PolicySpec> {
    let mut found: Vec<PolicySpec> = Vec::new();
    for (n, value) in root.list("policy").iter().enumerate() {
        let Value::Plugin(kind, params) = value else { panic!("a policy is declared as a plug-in") };
        let mut params = params.clone();
        let before = problems.0.len();
        super::ranks::resolve(&mut params, &format!("policy[{n}]"), file, &mut problems.0);
        if problems.0.len() > before {
            continue;
        }
        let contradictions = policies::registry::check(kind, &params);
        if !contradictions.is_empty() {
            // It cannot be built, nor named after its parts.
            let place = |key: &str| format!("policy[{n}].{key}");
            let told = contradictions.into_iter().map(|c| Problem::new(file, place(&c.key), c.value, c.rule));
            problems.0.extend(told);
            continue;
        }
        let own = params.plugin("predictor").map(|(name, params)| (name.to_owned(), params.clone()));
        let given = params.text_opt("name");
        problems.0.extend(given.and_then(|name| bad_label(name, format!("policy[{n}].name"), file)));
        let name = given.map_or_else(
            || {
                let with = own.as_ref().map_or(String::new(), |(name, _)| format!("+{name}"));
                policy_name(kind, &params) + &with
            },
            str::to_owned,
        );
        if found.iter().any(|other| other.name == name) {
            let rule = "another policy has this name; give one of them a `name`";
            problems.push(Problem::new(file, format!("policy[{n}].name"), &name, rule));
        }
        let predictor = own.unwrap_or_else(|| predictor.clone());
        let content = content::of_policy(kind, &params, &predictor);
        found.push(PolicySpec { name, kind: kind.clone(), params, predictor, content });
    }
    if root.list("policy").is_empty() {
        problems.push(Problem::new(file, "policy", "[]", "a scenario compares at least one policy"));
    }
    found
}
