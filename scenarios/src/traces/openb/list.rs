//! A whole list of pods in memory, for workloads that reorder, repeat or shift it.

use std::collections::BTreeMap;

use sim_core::{ClusterSpec, Job, ShapeId, SimDuration, SimTime, TenantId, Truth, Vocabulary, WorkloadError};

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
    /// Names by row.
    names: Vec<Box<str>>,
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

    /// The list at `path` with its times, which it must have.
    ///
    /// # Errors
    /// Everything that is wrong with the file.
    pub(crate) fn read_timed(
        path: &str,
        run_never_scheduled: bool,
        cluster: &ClusterSpec,
    ) -> Result<Self, Problems> {
        let table = Table::open(path)?;
        let (request, times) = super::columns(&table, run_never_scheduled)?;
        Self::collect(table, &request, Some(&times), cluster)
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
            names: Vec::new(),
            kinds: Vec::new(),
            words: words_of(cluster),
        };
        let (mut known, mut problems) = (BTreeMap::new(), Problems::default());
        while let Some(row) = table.advance() {
            let pod =
                row.and_then(|line| list.pod(&Cell { table: &table, line }, request, times, &mut known));
            match pod {
                Ok(pod) => {
                    list.names.push(table.field(request.name).into());
                    list.pods.extend(pod);
                }
                Err(problem) => problems.push(problem),
            }
            list.rows += 1;
        }
        if problems.0.is_empty() && list.pods.is_empty() {
            let dropped =
                if list.rows > 0 { format!(": all {} are left out", list.rows) } else { String::new() };
            problems.push(Problem::of_file(&list.file, format!("holds no pods{dropped}")));
        }
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

    /// The places in `pods`, in the order of the names; pods of one name stay in the order of the file.
    pub(crate) fn by_name(&self) -> Vec<u32> {
        let mut places: Vec<u32> = (0..self.pods.len() as u32).collect();
        let name = |place: u32| &self.names[self.pods[place as usize].row as usize];
        places.sort_by(|&a, &b| name(a).cmp(name(b)));
        places
    }

    /// GPU that a pod asks for: per card, and on all of its cards \[milli-cards\].
    pub(crate) fn gpu_milli(&self, pod: &Pod) -> (u64, u64) {
        let gpu = self.words.shape_of(self.kinds[pod.kind as usize].0).gpu();
        (gpu.milli_each.into(), u64::from(gpu.milli_each) * u64::from(gpu.cards))
    }

    /// Takes the pods out that fit no node of the empty cluster; what is said of each names its line.
    pub(crate) fn take_oversized(&mut self, cluster: &ClusterSpec) -> Problems {
        let mut words = self.words.clone();
        let (mut room, mut found) = (Room::of(cluster, &mut words), Problems::default());
        let (file, kinds) = (&self.file, &self.kinds);
        self.pods.retain(|pod| {
            let job = Job::new(u64::from(pod.row), pod.submit, kinds[pod.kind as usize].0);
            let objection = room.objection(&job, &words);
            let fits = objection.is_none();
            found.0.extend(objection.map(|rule| Problem::new(file, format!("{}: pod", pod.line), "", rule)));
            fits
        });
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

    /// The numbers that `words` has for everything in this list. New words are numbered in the order of the file, so
    /// that every run numbers them alike.
    ///
    /// # Errors
    /// If there is no number left for a GPU model.
    pub(crate) fn spell(&self, words: &mut Vocabulary) -> Result<Spelled, WorkloadError> {
        let shapes = self.kinds.iter().map(|&(shape, _)| translate::shape(shape, &self.words, words));
        let shapes = shapes.collect::<Option<Vec<ShapeId>>>().ok_or_else(|| WorkloadError {
            source_name: self.file.clone(),
            record: 0,
            reason: "brings more GPU models than one run can have".to_owned(),
        })?;
        let tenants = (0..self.words.tenants().len() as u32).filter_map(|n| self.words.tenants().name(n));
        Ok(Spelled { shapes, tenants: tenants.map(|name| words.tenant(name)).collect() })
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
