//! Pods of openb that come and go as they did, several copies of the trace at once, brought to a load.

use std::sync::Arc;

use sim_core::registry::{About, Kind, Param, Params};
use sim_core::{
    ClusterSpec, Job, Lane, SimDuration, SimTime, Stream, Truth, Vocabulary, Workload, WorkloadError,
};

use super::{Loaded, problem};
use crate::problem::{Problem, Problems};
use crate::traces::openb::{NEVER_SCHEDULED, PodList, Spelled};
use crate::typical::Demand;

mod window;

use window::{Arrival, Window};

/// The declaration.
pub(super) const ABOUT: About = About {
    name: "openb-replay",
    doc: "Pods of Alibaba's GPU cluster with their times, as the reader `openb` reads them, at a load that \
          the trace itself does not have: its window of submissions, from a quantile of them to the last, \
          is copied so many times, each copy is shifted around the window by an offset drawn from the \
          seed, and all gaps are scaled by one factor until the load of the window is `load`. That is the \
          sum over pods of GPU x (service, or what is left of the window if that is less), by GPU of the \
          cluster x length of the window. Services are not scaled. A pod's job number is its data row, \
          from 0; copy n has n x rows more.",
    source: "Weng et al., \"Beware of Fragmentation\", ATC 2023; \
             https://github.com/hkust-adsl/kubernetes-scheduler-simulator (data/csv)",
    params: &[
        Param::required("pods", Kind::Path, "the list of pods, CSV with times, plain or .gz"),
        Param::required("load", Kind::Float { min: 1e-3, max: 1e3 }, "offered load of GPU in the window"),
        Param::with_default("copies", Kind::Int { min: 1, max: 100_000 }, "16", "copies of the trace"),
        Param::with_default(
            "from_quantile",
            Kind::Float { min: 0.0, max: 0.99 },
            "0.01",
            "the window begins when this part of all pods had been submitted; these are submitted at its \
             start. Of openb's pods 1 % came in the first 116 of 149 days",
        ),
        Param::optional(
            "service_max",
            Kind::Duration,
            "cuts longer services to this span. Half of the work of openb is in pods that serve for 50 \
             days and more: as services are not scaled, such pods pile up, and the load grows throughout \
             the window",
        ),
        NEVER_SCHEDULED,
        Param::with_default(
            "oversized",
            Kind::Choice(&["refuse", "drop"]),
            "\"refuse\"",
            "what to do with pods that do not fit the cluster even when it is empty",
        ),
    ],
};

/// Most pods of a run (arbitrary; they take 16 bytes each).
const PODS_MAX: u64 = 50_000_000;

/// A list of pods with its window.
pub(super) struct Replay {
    list: Arc<PodList>,
    window: Window,
    load_ppm: u64,
    copies: u32,
    notices: Vec<String>,
}

impl Replay {
    /// What checked `params` name.
    ///
    /// # Errors
    /// Everything that is wrong with the list, or a load that cannot be reached.
    pub(super) fn load(params: &Params, cluster: &ClusterSpec) -> Result<Self, Problems> {
        let run_never_scheduled = params.text("never_scheduled") == "run";
        let mut list = PodList::read_timed(params.text("pods"), run_never_scheduled, cluster)?;
        let never_scheduled = u64::from(list.rows) - list.pods.len() as u64;
        let oversized = list.take_oversized(cluster);
        if params.text("oversized") == "refuse" && !oversized.0.is_empty() {
            let advice = |found: Problem| {
                let rule = format!("{}; oversized = \"drop\" leaves such pods out", found.rule);
                Problem { rule, ..found }
            };
            return Err(Problems(oversized.0.into_iter().map(advice).collect()));
        }
        let service_max = params.duration_opt("service_max").unwrap_or(SimDuration::MAX);
        let mut cut = 0;
        for pod in list.pods.iter_mut().filter(|pod| pod.service > service_max) {
            pod.service = service_max;
            cut += 1;
        }
        let copies = u32::try_from(params.int("copies")).expect("the declaration bounds it");
        let pods = list.pods.len() as u64 * u64::from(copies);
        if pods > PODS_MAX {
            let rule = format!("makes {pods} pods, more than {PODS_MAX}");
            return Err(problem("copies", copies, rule).into());
        }
        let capacity = cluster.capacity()[Lane::Gpu.index()];
        if capacity == 0 {
            let rule = "cannot be met: the cluster has no GPU";
            return Err(problem("load", params.float("load"), rule).into());
        }
        // Whole millionths, so that the window is the same everywhere.
        let ppm = |key: &str| libm::round(params.float(key) * 1e6) as u64;
        let window = Window::new(&list, ppm("from_quantile"), capacity)
            .map_err(|rule| Problem::of_file(list.file(), rule))?;
        let mut notices = vec![format!("{pods} jobs: {copies} copies of {} pods", list.pods.len())];
        let dropped = oversized.0.len();
        notices
            .extend((never_scheduled > 0).then(|| format!("  {never_scheduled} left out: never scheduled")));
        notices.extend((dropped > 0).then(|| format!("  {dropped} left out: oversized")));
        notices.extend((cut > 0).then(|| format!("  {cut} services cut to {service_max}")));
        Ok(Self { list: Arc::new(list), window, load_ppm: ppm("load"), copies, notices })
    }

    /// All pods of a run in the order of their submission in the unscaled window.
    fn arrivals(&self, seed: u64) -> Vec<Arrival> {
        let mut offsets = Stream::new(seed, "workload/offsets");
        let copies = (0..self.copies).flat_map(|copy| {
            let offset = offsets.below(self.window.length_s);
            let shifted = move |(place, at): (usize, &u64)| {
                let at_s = (at + offset) % self.window.length_s;
                Arrival { at_s, copy, place: place as u32 }
            };
            self.window.submits_s.iter().enumerate().map(shifted)
        });
        let mut arrivals: Vec<Arrival> = copies.collect();
        arrivals.sort_unstable();
        arrivals
    }

    fn unreachable(&self, reachable: f64) -> Problem {
        let load = self.load_ppm as f64 / 1e6;
        let rule = if load > reachable {
            let copies = (f64::from(self.copies) * load / reachable).ceil() as u64 + 1;
            format!(
                "cannot be reached: {} copies of the pods that are submitted in the window ask for at most \
                 {reachable:.3} of the cluster, however short it is; copies = {copies} would do",
                self.copies
            )
        } else {
            format!(
                "cannot be reached: {} copies ask for at least {reachable:.6} of the cluster",
                self.copies
            )
        };
        problem("load", load, rule)
    }
}

impl Loaded for Replay {
    fn workload(&self, seed: u64) -> Result<Box<dyn Workload>, Problems> {
        let arrivals = self.arrivals(seed);
        let scaled_ms = self.window.scaled_to(&arrivals, self.load_ppm);
        let scaled_ms = scaled_ms.map_err(|reachable| self.unreachable(reachable))?;
        Ok(Box::new(Replaying {
            list: Arc::clone(&self.list),
            arrivals: arrivals.into(),
            length_s: self.window.length_s,
            scaled_ms,
            next: 0,
            spelled: None,
        }))
    }

    fn check_seed(&self, seed: u64) -> Result<(), Problem> {
        let can = self.window.can_reach(&self.arrivals(seed), self.load_ppm);
        can.map_err(|reachable| self.unreachable(reachable))
    }

    fn notices(&self) -> Vec<String> {
        self.notices.clone()
    }

    fn demand(&self) -> Demand {
        self.list.demand()
    }
}

/// The stream of one run.
#[derive(Clone)]
struct Replaying {
    list: Arc<PodList>,
    arrivals: Arc<[Arrival]>,
    /// Length of the window as it was and as it is in the run.
    length_s: u64,
    scaled_ms: u64,
    next: usize,
    /// The run's words, known after the first job.
    spelled: Option<Spelled>,
}

impl Workload for Replaying {
    fn next_job(&mut self, words: &mut Vocabulary) -> Result<Option<(Job, Truth)>, WorkloadError> {
        let Some(arrival) = self.arrivals.get(self.next) else { return Ok(None) };
        if self.spelled.is_none() {
            self.spelled = Some(self.list.spell(words)?);
        }
        let spelled = self.spelled.as_ref().expect("it was just filled in");
        let pod = &self.list.pods[arrival.place as usize];
        let id = u64::from(arrival.copy) * u64::from(self.list.rows) + u64::from(pod.row);
        let at =
            SimDuration::from_ns(window::scaled(arrival.at_s, self.scaled_ms, self.length_s) * 1_000_000);
        self.next += 1;
        Ok(Some(spelled.job(pod, id, SimTime::ZERO.saturating_add(at), pod.service)))
    }

    fn fork(&self) -> Box<dyn Workload> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests;
