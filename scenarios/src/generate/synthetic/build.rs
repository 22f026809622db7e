//! From checked parameters to a synthetic stream.

use sim_core::registry::{Params, Value};
use sim_core::{ClusterSpec, Dist, SimTime, Stream};

use super::{Draws, Initial, Synthetic};
use crate::generate::arrivals::Arrivals;
use crate::generate::estimates::Estimate;
use crate::generate::extras::{Slack, extras};
use crate::generate::load::rate_for;
use crate::generate::residual::Residual;
use crate::generate::shapes::Class;
use crate::generate::tenants::Tenants;
use crate::generate::weighted::Weighted;
use crate::generate::{dist_from, dist_mean, problem};
use crate::problem::{Problem, Problems};

impl Synthetic {
    /// The stream for checked `params`; `load` refers to the capacity of all nodes of `cluster`.
    ///
    /// # Errors
    /// Every rule between the parameters that is broken.
    pub fn new(params: &Params, cluster: &ClusterSpec, seed: u64) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let load = params.float_opt("load");
        let (name, inside) = params.plugin("arrivals").expect("it has a default");
        let stream = Stream::new(seed, "workload/arrivals");
        let arrivals = note(Arrivals::new(name, inside, load.is_some(), stream), &mut problems);
        let mut classes = classes(params, &mut problems);
        let tenants = note(Tenants::new(params.list("tenants")), &mut problems);
        let slack = note(Slack::new(params), &mut problems);
        if params.get("jobs").is_none() && params.get("duration").is_none() {
            problems.push(problem(
                "jobs",
                "",
                "is required where `duration` is not given: the stream has to end",
            ));
        }
        let (Some(mut arrivals), Some(tenants), Some(slack)) = (arrivals, tenants, slack) else {
            return Err(problems);
        };
        for (n, class) in classes.iter_mut().enumerate() {
            let Some(name) = &class.tenant_name else { continue };
            class.tenant = tenants.find(name);
            if class.tenant.is_none() {
                let rule = "is not the name of one of `tenants`";
                problems.push(problem(format!("shapes[{n}].tenant"), name, rule));
            }
        }
        let classes = problems.or_ok(classes)?;
        let weights: Vec<f64> = classes.iter().map(|class| class.weight).collect();
        if let Some(load) = load {
            let work = mean_work(&classes, &weights)?;
            arrivals.set_mean_rate(rate_for(load, &cluster.capacity(), &work)?);
        }
        let initial = if params.bool("warm") {
            Some(Initial::new(&classes, &weights, arrivals.mean_rate(), seed)?)
        } else {
            None
        };
        let (name, inside) = params.plugin("estimates").expect("it has a default");
        let end = params.duration_opt("duration").map(|span| SimTime::ZERO.saturating_add(span));
        let residents = initial.as_ref().map_or(0, |start| start.left);
        Ok(Self {
            arrivals,
            mix: Weighted::new(&weights),
            classes,
            tenants,
            estimate: Estimate::new(name, inside),
            slack,
            fails: params.float("fails"),
            extras: extras(params),
            jobs_max: params
                .int_opt("jobs")
                .map_or(u64::MAX, |jobs| jobs.unsigned_abs().saturating_add(residents)),
            end: end.unwrap_or(SimTime::MAX),
            draws: Draws::new(seed, "workload"),
            initial,
            now: SimTime::ZERO,
            yielded: 0,
            named: false,
        })
    }
}

fn note<T>(result: Result<T, Problem>, problems: &mut Problems) -> Option<T> {
    result.map_err(|problem| problems.push(problem)).ok()
}

fn classes(params: &Params, problems: &mut Problems) -> Vec<Class> {
    let common: Option<Dist> = params
        .plugin("durations")
        .and_then(|(name, inside)| note(dist_from(name, inside, "durations"), problems));
    let mut classes = Vec::new();
    for (n, value) in params.list("shapes").iter().enumerate() {
        let Value::Table(class) = value else { panic!("a table was declared, and {value:?} was checked") };
        match Class::new(class, &format!("shapes[{n}]"), common.as_ref()) {
            Ok(class) => classes.push(class),
            Err(more) => problems.0.extend(more.0),
        }
    }
    if problems.0.is_empty() && classes.iter().map(|class| class.weight).sum::<f64>() <= 0.0 {
        problems.push(problem("shapes", "", "must hold a class with a weight above 0"));
    }
    classes
}

/// The mean of (amount x service) of one job, by lane. Exact, but for bounded durations, which are
/// integrated.
fn mean_work(classes: &[Class], weights: &[f64]) -> Result<[f64; 8], Problem> {
    let sum: f64 = weights.iter().sum();
    let mut work = [0.0; 8];
    for (class, weight) in classes.iter().zip(weights) {
        let service = dist_mean(&class.durations)
            .ok_or_else(|| problem("durations", "", "must have a finite mean where `load` is given"))?;
        for (lane, need) in work.iter_mut().zip(class.mean_need()) {
            *lane += weight / sum * need * service;
        }
    }
    Ok(work)
}

impl Initial {
    /// By Little's law, `rate` x mean service jobs are in a system in which nobody waits.
    fn new(classes: &[Class], weights: &[f64], rate: f64, seed: u64) -> Result<Self, Problem> {
        let sum: f64 = weights.iter().sum();
        let (mut residuals, mut running) = (Vec::new(), Vec::new());
        for (class, weight) in classes.iter().zip(weights) {
            let mean = dist_mean(&class.durations);
            let residual = Residual::of(&class.durations);
            let (Some(mean), Some(residual)) = (mean, residual) else {
                return Err(problem("warm", true, "needs durations with a finite mean above 0"));
            };
            running.push(rate * weight / sum * mean);
            residuals.push(residual);
        }
        // Casts saturate; the number of jobs is bounded by `jobs`, or by patience.
        let left = libm::round(running.iter().sum()) as u64;
        Ok(Self { left, mix: Weighted::new(&running), residuals, draws: Draws::new(seed, "workload/warm") })
    }
}
