//! The openb trace of Alibaba (2023): pods that share GPUs, and the nodes that they ran on.

use sim_core::registry::{About, Kind, LANE_MAX, Param, Params};
use sim_core::shape::{CARD_MILLI, CARDS_MAX};
use sim_core::{ClusterSpec, GpuNeed, Job, Lane, ModelSet, Resources, Shape, SimTime, Truth, Vocabulary};

use super::node_list::{Kind as NodeKind, NodeList};
use super::number::{SECS_MAX, number_at_end, of_secs};
use super::table::{Cell, Table};
use super::{Notes, Record, Records};
use crate::problem::{Problem, Problems};

/// The reader `openb`.
pub const ABOUT: About = About {
    name: "openb",
    doc: "Pods of Alibaba's GPU cluster as CSV, found by column names: name, cpu_milli, memory_mib, num_gpu, \
          gpu_milli, gpu_spec, creation_time and deletion_time [s], and scheduled_time and qos if they are \
          there. A pod is a job of one task, numbered by the digits at the end of its name; qos is its \
          tenant. It is submitted at its creation and served for the time from its scheduling to its \
          deletion: what it waited in the real cluster is no work, and the simulated cluster makes it wait \
          anew.",
    source: "Weng et al., \"Beware of Fragmentation\", ATC 2023; \
             https://github.com/hkust-adsl/kubernetes-scheduler-simulator (data/csv)",
    params: &[
        Param::required("pods", Kind::Path, "the list of pods"),
        Param::with_default(
            "never_scheduled",
            Kind::Choice(&["drop", "run"]),
            "\"drop\"",
            "what to do with pods that the real cluster never scheduled: leave them out, or serve them for \
             the time from creation to deletion",
        ),
    ],
};

const NEEDED: [&str; 8] =
    ["name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli", "gpu_spec", "creation_time", "deletion_time"];

/// Opens the list of pods that `params` name.
///
/// # Errors
/// If it cannot be opened or a column is missing; lists without times cannot be replayed in time.
pub fn open(params: &Params) -> Result<Box<dyn Records>, Problems> {
    let table = Table::open(params.text("pods"))?;
    let columns = table.positions(NEEDED)?;
    Ok(Box::new(Pods {
        columns,
        qos: table.position("qos"),
        scheduled: table.position("scheduled_time"),
        table,
        run_never_scheduled: params.text("never_scheduled") == "run",
        dropped: 0,
    }))
}

struct Pods {
    table: Table,
    columns: [usize; 8],
    qos: Option<usize>,
    scheduled: Option<usize>,
    run_never_scheduled: bool,
    dropped: u64,
}

impl Records for Pods {
    fn next_record(&mut self, words: &mut Vocabulary) -> Option<Result<Record, Problem>> {
        loop {
            let line = match self.table.advance()? {
                Ok(line) => line,
                Err(problem) => return Some(Err(problem)),
            };
            match self.record(line, words) {
                Ok(Some(record)) => return Some(Ok(record)),
                Ok(None) => self.dropped += 1,
                Err(problem) => return Some(Err(problem)),
            }
        }
    }

    fn dropped(&self) -> Option<(&'static str, u64)> {
        (!self.run_never_scheduled).then_some(("never scheduled", self.dropped))
    }
}

impl Pods {
    /// The record of a row; `None` if it is to be dropped.
    fn record(&self, line: u64, words: &mut Vocabulary) -> Result<Option<Record>, Problem> {
        let cell = Cell { table: &self.table, line };
        let [name, cpu, memory, num_gpu, gpu_milli, gpu_spec, creation, deletion] = self.columns;
        let id = number_at_end(cell.text(name))
            .ok_or_else(|| cell.problem(name, "must end with the number of the pod"))?;
        let mut notes = Notes::NO_USER;
        notes.add(Notes::NO_WALLTIME);
        let created = cell.number(creation, 0, SECS_MAX - 1)?;
        let deleted = cell.number(deletion, 0, SECS_MAX - 1)?;
        let started = match self.scheduled {
            Some(column) if self.table.field(column).is_empty() => {
                if !self.run_never_scheduled {
                    return Ok(None);
                }
                notes.add(Notes::NEVER_SCHEDULED);
                created
            }
            Some(column) => cell.number(column, created, SECS_MAX - 1)?,
            None => created,
        };
        if deleted < started {
            return Err(
                cell.problem(deletion, &format!("must not be before the start of its service, {started}"))
            );
        }
        let need = Resources::ZERO
            .with(Lane::Cpu, cell.number(cpu, 0, LANE_MAX)? as u32)
            .with(Lane::Memory, cell.number(memory, 0, LANE_MAX)? as u32);
        let cards = cell.number(num_gpu, 0, i64::from(CARDS_MAX))? as u16;
        let mut shape = Shape::new(need);
        if cards > 0 {
            let milli = cell.number(gpu_milli, 1, LANE_MAX)?;
            if milli > i64::from(CARD_MILLI) {
                notes.add(Notes::GPU_CLAMPED);
            }
            let models = models(self.table.field(gpu_spec), words)
                .ok_or_else(|| cell.problem(gpu_spec, "must not bring more than 31 distinct GPU models"))?;
            let milli_each = milli.min(i64::from(CARD_MILLI)) as u16;
            shape = shape.with_gpu(GpuNeed { cards, milli_each, models });
        }
        let mut job = Job::new(id, SimTime::ZERO + of_secs(created), words.shape(shape));
        let qos = self.qos.map_or("", |column| self.table.field(column));
        if qos.is_empty() {
            notes.add(Notes::NO_TENANT);
        }
        job.user = words.user("");
        job.tenant = words.tenant(qos);
        Ok(Some(Record { line, job, truth: Truth::runs_for(of_secs(deleted - started)), notes }))
    }
}

/// The set of models that `spec` names, separated by `|`; any model if it is empty.
fn models(spec: &str, words: &mut Vocabulary) -> Option<ModelSet> {
    if spec.is_empty() {
        return Some(ModelSet::ANY);
    }
    let mut set = 0;
    for model in spec.split('|').filter(|model| !model.is_empty()) {
        set |= 1 << words.gpu_model(model)?;
    }
    Some(ModelSet(set))
}

/// The nodes of an openb node list, in the order of the file: one group for each kind of node.
///
/// Columns `sn`, `cpu_milli`, `memory_mib`, `gpu` (cards) and `model`.
///
/// # Errors
/// Everything that is wrong with the file.
pub fn openb_nodes(path: &str) -> Result<ClusterSpec, Problems> {
    let mut table = Table::open(path)?;
    let columns = table.positions(["sn", "cpu_milli", "memory_mib", "gpu", "model"])?;
    let (mut list, mut problems) = (NodeList::default(), Problems::default());
    while let Some(row) = table.advance() {
        match row.and_then(|line| node(&Cell { table: &table, line }, columns)) {
            Err(problem) => problems.push(problem),
            Ok((name, kind)) => list.push(name, kind),
        }
    }
    if problems.0.is_empty() && list.spec.nodes.is_empty() {
        problems.push(Problem::of_file(path, "holds no nodes"));
    }
    problems.or_ok(list.spec)
}

fn node(cell: &Cell<'_>, columns: [usize; 5]) -> Result<(String, NodeKind), Problem> {
    let [name, cpu, memory, cards, model] = columns;
    let capacity = Resources::ZERO
        .with(Lane::Cpu, cell.number(cpu, 0, LANE_MAX)? as u32)
        .with(Lane::Memory, cell.number(memory, 0, LANE_MAX)? as u32);
    let cards = cell.number(cards, 0, i64::from(CARDS_MAX))? as u16;
    let model = cell.text(model).to_owned();
    Ok((cell.text(name).to_owned(), NodeKind { capacity, cards, model }))
}

#[cfg(test)]
mod tests {
    use sim_core::SimDuration;

    use super::*;
    use crate::traces::Reader;
    use crate::traces::testing::{TraceFile, read_all, text};

    const HEAD: &str = "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,\
                        deletion_time,scheduled_time\n";

    fn openb() -> &'static Reader {
        Reader::named("openb").unwrap()
    }

    #[test]
    fn a_pod_is_served_from_its_scheduling_to_its_deletion() {
        let content = format!("{HEAD}openb-pod-0042,12000,16384,1,460,T4|G2,LS,Running,10,100,15\n");
        let (records, problems, words) = read_all(openb(), content, &[]);
        assert!(problems.is_empty(), "{problems:?}");
        let Record { job, truth, .. } = &records[0];
        assert_eq!(
            (job.id, job.submit, truth.service()),
            (42, SimTime::from_secs(10), SimDuration::from_secs(85))
        );
        let gpu = words.shape_of(job.shape).gpu();
        assert_eq!((gpu.cards, gpu.milli_each, gpu.models), (1, 460, ModelSet(0b11)));
        assert_eq!(words.tenants().name(job.tenant.0), Some("LS"));
    }

    #[test]
    fn pods_that_were_never_scheduled_are_dropped_or_run() {
        let content = format!("{HEAD}p-1,1,1,2,1500,,LS,Pending,10,100,\n");
        assert_eq!(read_all(openb(), &content, &[]).0.len(), 0);
        let (records, _, words) = read_all(openb(), &content, &[("never_scheduled", text("run"))]);
        assert_eq!(records[0].truth.service(), SimDuration::from_secs(90));
        assert!(records[0].notes.has(Notes::NEVER_SCHEDULED) && records[0].notes.has(Notes::GPU_CLAMPED));
        assert_eq!(words.shape_of(records[0].job.shape).need().get(Lane::Gpu), 2000);
    }

    #[test]
    fn a_list_without_times_is_refused() {
        let (_, problems, _) =
            read_all(openb(), "name,cpu_milli,memory_mib,num_gpu,gpu_milli\nopenb-1,1,1,0,0\n", &[]);
        assert_eq!(problems.len(), 3);
        assert!(problems[1].rule.contains("creation_time"));
    }

    #[test]
    fn bad_pods_name_column_and_rule() {
        let rows = "p,1,1,0,0,,LS,R,1,2,1\np1,x,1,0,0,,LS,R,1,2,1\np1,1,1,33,1000,,LS,R,1,2,1\n\
                    p1,1,1,1,0,,LS,R,1,2,1\n\
                    p1,1,1,0,0,,LS,R,5,2,5\np1,1,1,0,0,,LS,R,5,9,2\np1,-1,1,0,0,,LS,R,5,9,5\n";
        let (records, problems, _) = read_all(openb(), format!("{HEAD}{rows}"), &[]);
        assert_eq!(records.len(), 0);
        let at: Vec<_> = problems.iter().map(|problem| problem.at.as_str()).collect();
        assert_eq!(
            at,
            [
                "2: name",
                "3: cpu_milli",
                "4: num_gpu",
                "5: gpu_milli",
                "6: deletion_time",
                "7: scheduled_time",
                "8: cpu_milli"
            ]
        );
    }

    #[test]
    fn nodes_keep_their_order_and_share_groups_by_kind() {
        let list =
            "sn,cpu_milli,memory_mib,gpu,model\na,64000,1024,2,T4\nb,32000,1024,0,\nc,64000,1024,2,T4\n";
        let spec = openb_nodes(TraceFile::new(list).path()).unwrap();
        let groups: Vec<_> =
            spec.groups.iter().map(|group| (group.name.as_str(), group.initial, group.max)).collect();
        assert_eq!(groups, [("2xT4-64000m-1024MiB", 2, 2), ("32000m-1024MiB", 1, 1)]);
        assert_eq!(spec.nodes.iter().map(|node| node.group.0).collect::<Vec<_>>(), [0, 1, 0]);
        assert_eq!(spec.nodes[2].gpu_model.as_deref(), Some("T4"));
        assert_eq!(openb_nodes(TraceFile::new("sn,cpu_milli\n").path()).unwrap_err().0.len(), 3);
        let bad = TraceFile::new("sn,cpu_milli,memory_mib,gpu,model\na,x,1,1,\nb,1,1,99,\n");
        assert_eq!(openb_nodes(bad.path()).unwrap_err().0.len(), 2);
    }
}
