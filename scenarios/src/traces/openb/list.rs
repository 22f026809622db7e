//! A whole list of pods in memory, for workloads that reorder, repeat or shift it.

use std::collections::BTreeMap;

use sim_core::{ClusterSpec, Job, ShapeId, SimDuration, SimTime, TenantId, Truth, Vocabulary};

use super::pod::{REQUEST, Request, Times};
use crate::problem::{Problem, Problems};
use crate::traces::Notes;
use crate::traces::number::of_secs;
use crate::traces::room::Room;
use crate::traces::table::{Cell, Table};
use crate::traces::translate;
use crate::typical::{Demand, words_of};

/// One pod of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pod {
    /// Its data row, from 0: its place in the file among the rows after the names of the columns.
    pub(crate) row: u32,
    /// When it was submitted; zero if the list was read without times.
    pub(crate) submit: SimTime,
    /// How long it was served; zero if the list was read without times.
    pub(crate) service: SimDuration,
    line: u64,
    kind: u32,
    tenant: TenantId,
}

/// A list of pods with what they ask for.
pub(crate) struct PodList {
    file: String,
    /// Data rows of the file, those of pods that were left out too.
    pub(crate) rows: u32,
    /// In the order of the file.
    pub(crate) pods: Vec<Pod>,
    /// The places in `pods`, in the order of the pods' names.
    pub(crate) by_name: Vec<u32>,
    /// Distinct requests, in the order of the file: a shape, and its models as the file spells them.
    kinds: Vec<(ShapeId, Box<str>)>,
    words: Vocabulary,
}

impl PodList {
    /// The list at `path` without times. Its GPU models are numbered after those of `cluster`.
    ///
    /// # Errors
    /// Everything that is wrong with the file.
    pub(crate) fn read(path: &str, cluster: &ClusterSpec) -> Result<Self, Problems> {
        let table = Table::open(path)?;
        let request = Request::new(table.positions(REQUEST)?, &table);
        Self::collect(table, &request, None, cluster)
    }

    fn collect(
        mut table: Table,
        request: &Request,
        times: Option<&Times>,
        cluster: &ClusterSpec,
    ) -> Result<Self, Problems> {
        let mut list = Self {
            file: table.file().to_owned(),
            rows: 0,
            pods: Vec::new(),
            by_name: Vec::new(),
            kinds: Vec::new(),
            words: words_of(cluster),
        };
        let (mut names, mut known, mut problems) = (Vec::new(), BTreeMap::new(), Problems::default());
        while let Some(row) = table.advance() {
            let pod =
                row.and_then(|line| list.pod(&Cell { table: &table, line }, request, times, &mut known));
            match pod {
                Ok(None) => {}
                Ok(Some(pod)) => {
                    names.push(table.field(request.name).to_owned());
                    list.pods.push(pod);
                }
                Err(problem) => problems.push(problem),
            }
            list.rows += 1;
        }
        if problems.0.is_empty() && list.pods.is_empty() {
            problems.push(Problem::of_file(&list.file, "holds no pods"));
        }
        list.by_name = (0..list.pods.len() as u32).collect();
        // Stable, so that pods of one name stay in the order of the file.
        list.by_name.sort_by(|&a, &b| names[a as usize].cmp(&names[b as usize]));
        problems.or_ok(list)
    }

    fn pod(
        &mut self,
        cell: &Cell<'_>,
        request: &Request,
        times: Option<&Times>,
        known: &mut BTreeMap<(ShapeId, Box<str>), u32>,
    ) -> Result<Option<Pod>, Problem> {
        let (mut submit, mut service) = (SimTime::ZERO, SimDuration::ZERO);
        if let Some(times) = times {
            let Some(stay) = times.stay(cell)? else { return Ok(None) };
            (submit, service) = (SimTime::ZERO + of_secs(stay.created), of_secs(stay.service));
        }
        // What is cut to the whole card needs no mention: nothing else can be meant.
        let shape = request.shape(cell, &mut self.words, &mut Notes::default())?;
        let spec = if shape.gpu().cards > 0 { request.spec(cell) } else { "" };
        let key = (self.words.shape(shape), Box::from(spec));
        let kinds = &mut self.kinds;
        let kind = *known.entry(key).or_insert_with_key(|key| {
            kinds.push(key.clone());
            kinds.len() as u32 - 1
        });
        let tenant = self.words.tenant(request.qos(cell));
        Ok(Some(Pod { row: self.rows, submit, service, line: cell.line, kind, tenant }))
    }

    /// Where it was read from.
    pub(crate) fn file(&self) -> &str {
        &self.file
    }

    /// GPU that a pod asks for: per card, and on all of its cards \[milli-cards\].
    pub(crate) fn gpu_milli(&self, pod: &Pod) -> (u64, u64) {
        let gpu = self.words.shape_of(self.kinds[pod.kind as usize].0).gpu();
        (gpu.milli_each.into(), u64::from(gpu.milli_each) * u64::from(gpu.cards))
    }

    /// Why the pods can never run that fit no node of the empty cluster, each with its line and row.
    pub(crate) fn oversized(&self, cluster: &ClusterSpec) -> Vec<(Problem, u32)> {
        let mut words = self.words.clone();
        let mut room = Room::of(cluster, &mut words);
        let mut found = Vec::new();
        for pod in &self.pods {
            let job = Job::new(u64::from(pod.row), pod.submit, self.kinds[pod.kind as usize].0);
            if let Some(rule) = room.objection(&job, &words) {
                found.push((Problem::new(&self.file, format!("{}: pod", pod.line), "", rule), pod.row));
            }
        }
        found
    }

    /// How often each request is there. Requests are told apart by their models as the file spells them, in which a
    /// model may be named twice.
    pub(crate) fn demand(&self) -> Demand {
        let mut counts = vec![0; self.kinds.len()];
        self.pods.iter().for_each(|pod| counts[pod.kind as usize] += 1);
        let kinds = self.kinds.iter().zip(counts);
        Demand::new(self.words.clone(), kinds.map(|((shape, spec), n)| (*shape, spec.clone(), n)).collect())
    }

    /// The numbers that `words` has for everything in this list; `None` if it has none left for a GPU model.
    ///
    /// New words are numbered in the order of the file, so that every run numbers them alike.
    pub(crate) fn spell(&self, words: &mut Vocabulary) -> Option<Spelled> {
        let shapes = self.kinds.iter().map(|&(shape, _)| translate::shape(shape, &self.words, words));
        let shapes = shapes.collect::<Option<Vec<ShapeId>>>()?;
        let tenants = (0..self.words.tenants().len() as u32).filter_map(|n| self.words.tenants().name(n));
        Some(Spelled { shapes, tenants: tenants.map(|name| words.tenant(name)).collect() })
    }
}

/// A list's words by their numbers in a run.
#[derive(Clone, Debug)]
pub(crate) struct Spelled {
    shapes: Vec<ShapeId>,
    tenants: Vec<TenantId>,
}

impl Spelled {
    /// A pod as a job.
    #[inline]
    pub(crate) fn job(&self, pod: &Pod, id: u64, submit: SimTime, service: SimDuration) -> (Job, Truth) {
        let tenant = self.tenants[pod.tenant.0 as usize];
        let job = Job { tenant, ..Job::new(id, submit, self.shapes[pod.kind as usize]) };
        (job, Truth::runs_for(service))
    }
}
