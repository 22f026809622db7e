//! The workload of FGD's published runs: pods of openb that arrive one by one and never leave, up to a load.

use std::sync::Arc;

use sim_core::registry::{About, Kind, Param, Params};
use sim_core::{
    ClusterSpec, Job, Lane, NodeId, SimDuration, SimTime, Stream, Truth, Vocabulary, Workload, WorkloadError,
};

use super::{Loaded, problem};
use crate::problem::{Problem, Problems};
use crate::traces::openb::{Orders, PodList, Spelled};
use crate::typical::Demand;

/// The declaration.
pub(super) const ABOUT: About = About {
    name: "openb-inflation",
    doc: "A list of pods in random order that never leave: clones of pods drawn from the list are appended \
          until the next would exceed `load`, or pods are left out at random if the list exceeds it. \
          Columns, by their names: name, cpu_milli, memory_mib, num_gpu and gpu_milli, and gpu_spec and \
          qos (the tenant) if they are there. Pods are submitted one second apart: time means nothing here \
          but order. A pod's job number is its data row, from 0; the n-th clone of it has n x rows more. \
          Pods that no node could hold are submitted as well, and wait for ever or are turned away.",
    source: "Weng et al., \"Beware of Fragmentation\", ATC 2023, section 6; \
             https://github.com/hkust-adsl/kubernetes-scheduler-simulator (data/csv)",
    params: &[
        Param::required("pods", Kind::Path, "the list of pods, CSV, plain or .gz"),
        Param::optional(
            "load",
            Kind::Float { min: 1e-3, max: 1e3 },
            "GPU that all pods ask for, by the GPU of the cluster; 1.3 if neither it nor `orders` is given",
        ),
        Param::optional(
            "orders",
            Kind::Path,
            "instead of `load`: a file with lines `pods SEED ROW ROW ..`, the data rows in the order of \
             their arrival, from 0, and `rank SEED RANK RANK ..`, the rank of each node for ties, nodes \
             sorted by name; ranks of a seed without such a line are drawn",
        ),
    ],
};

/// The load that FGD's published runs go up to [millionths].
const LOAD_PPM: u64 = 1_300_000;

/// Most pods of a run (arbitrary; FGD's have about 11,000).
const PODS_MAX: u128 = 100_000_000;

/// A list of pods, and how much or which of it arrives.
pub(super) struct Inflation {
    list: Arc<PodList>,
    arrivals: Arrivals,
}

enum Arrivals {
    /// Drawn from the places in the list, in the order of names, until this much is asked for \[milli-cards\].
    Drawn { by_name: Vec<u32>, target: u64 },
    /// Prescribed.
    Orders(Orders),
}

impl Inflation {
    /// What checked `params` name.
    ///
    /// # Errors
    /// Everything that is wrong with the files, or a load that cannot be reached.
    pub(super) fn load(params: &Params, cluster: &ClusterSpec) -> Result<Self, Problems> {
        let list = Arc::new(PodList::read(params.text("pods"), cluster)?);
        let load = params.float_opt("load");
        let arrivals = match params.text_opt("orders") {
            None => {
                // Whole millionths, so that the target is the same number everywhere.
                let ppm = load.map_or(LOAD_PPM, |load| libm::round(load * 1e6) as u64);
                let target = target(ppm, &list, cluster);
                let target = target.map_err(|rule| problem("load", ppm as f64 / 1e6, rule))?;
                Arrivals::Drawn { by_name: list.by_name(), target }
            }
            Some(orders) if load.is_none() => Arrivals::Orders(Orders::read(orders, list.rows, cluster)?),
            Some(_) => {
                let rule = "must be left out where `orders` say which pods arrive";
                return Err(problem("load", load.unwrap_or_default(), rule).into());
            }
        };
        Ok(Self { list, arrivals })
    }
}

/// GPU that all pods together may ask for \[milli-cards\], or the rule that is broken.
fn target(load_ppm: u64, list: &PodList, cluster: &ClusterSpec) -> Result<u64, String> {
    let capacity = cluster.capacity()[Lane::Gpu.index()];
    if capacity == 0 {
        return Err("cannot be met: the cluster has no GPU".to_owned());
    }
    let asked: u64 = list.pods.iter().map(|pod| list.gpu_milli(pod).1).sum();
    if asked == 0 {
        return Err("cannot be met: no pod asks for GPU".to_owned());
    }
    let target = u128::from(capacity) * u128::from(load_ppm) / 1_000_000;
    let pods = target * list.pods.len() as u128 / u128::from(asked);
    if pods > PODS_MAX {
        return Err(format!("takes about {pods} pods, more than {PODS_MAX}"));
    }
    Ok(u64::try_from(target).expect("a load of a thousand times all cards fits"))
}

/// Places in the list in the order of their arrival.
///
/// # Source
/// FGD's artifact: sorted by name, shuffled, then tuned to the load. A clone is the last one rejected if its share *per
/// card* would exceed the target, so that one of several cards may overshoot it; clones are not shuffled in.
fn draw(list: &PodList, by_name: &[u32], target: u64, seed: u64) -> Arc<[u32]> {
    let mut order = by_name.to_vec();
    Stream::new(seed, "workload/order").shuffle(&mut order);
    let gpu_milli = |place: u32| list.gpu_milli(&list.pods[place as usize]);
    let mut asked: u64 = order.iter().map(|&place| gpu_milli(place).1).sum();
    if asked > target {
        trim(&mut order, asked - target, |place| gpu_milli(place).1, seed);
    } else if asked < target {
        let mut clones = Stream::new(seed, "workload/clones");
        loop {
            let place = by_name[clones.below(by_name.len() as u64) as usize];
            let (each, all) = gpu_milli(place);
            if asked + each > target {
                break;
            }
            order.push(place);
            asked += all;
        }
    }
    order.into()
}

/// Takes elements of `order` out, each drawn uniformly from those that are left, until `excess` is gone.
fn trim(order: &mut Vec<u32>, excess: u64, milli: impl Fn(u32) -> u64, seed: u64) {
    let (mut stream, mut excess) = (Stream::new(seed, "workload/trim"), excess);
    // The first ones of a shuffle are draws without replacement.
    let mut victims: Vec<u32> = (0..order.len() as u32).collect();
    stream.shuffle(&mut victims);
    let mut stays = vec![true; order.len()];
    for victim in victims {
        if excess == 0 {
            break;
        }
        stays[victim as usize] = false;
        excess = excess.saturating_sub(milli(order[victim as usize]));
    }
    let mut stays = stays.into_iter();
    order.retain(|_| stays.next().expect("there is one for each element"));
}

impl Loaded for Inflation {
    fn workload(&self, seed: u64) -> Result<Box<dyn Workload>, Problems> {
        let order = match &self.arrivals {
            Arrivals::Drawn { by_name, target } => draw(&self.list, by_name, *target, seed),
            Arrivals::Orders(orders) => orders.pods(seed)?,
        };
        Ok(Box::new(Arriving { list: Arc::clone(&self.list), order, next: 0, run: None }))
    }

    fn check_seed(&self, seed: u64) -> Result<(), Problem> {
        match &self.arrivals {
            Arrivals::Drawn { .. } => Ok(()),
            Arrivals::Orders(orders) => orders.pods(seed).map(drop),
        }
    }

    fn node_order(&self, seed: u64) -> Vec<NodeId> {
        match &self.arrivals {
            Arrivals::Drawn { .. } => Vec::new(),
            Arrivals::Orders(orders) => orders.nodes(seed),
        }
    }

    fn demand(&self) -> Demand {
        self.list.demand()
    }
}

/// The stream of one run.
#[derive(Clone)]
struct Arriving {
    list: Arc<PodList>,
    order: Arc<[u32]>,
    next: usize,
    /// The run's words, and how often each pod has come; known after the first job.
    run: Option<(Spelled, Vec<u32>)>,
}

impl Workload for Arriving {
    fn next_job(&mut self, words: &mut Vocabulary) -> Result<Option<(Job, Truth)>, WorkloadError> {
        let Some(&place) = self.order.get(self.next) else { return Ok(None) };
        if self.run.is_none() {
            let spelled = self.list.spell(words)?;
            self.run = Some((spelled, vec![0; self.list.pods.len()]));
        }
        let (spelled, seen) = self.run.as_mut().expect("it was just filled in");
        let pod = &self.list.pods[place as usize];
        let copy = &mut seen[place as usize];
        let id = u64::from(*copy) * u64::from(self.list.rows) + u64::from(pod.row);
        *copy += 1;
        let submit = SimTime::from_secs(self.next as u64);
        self.next += 1;
        Ok(Some(spelled.job(pod, id, submit, SimDuration::MAX)))
    }

    fn may_not_fit(&self) -> bool {
        true
    }

    fn fork(&self) -> Box<dyn Workload> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests;
