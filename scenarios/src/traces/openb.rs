//! The openb trace of Alibaba (2023): pods that share GPUs, and the nodes that they ran on.

use sim_core::registry::{About, Kind, Param, Params};
use sim_core::{Job, SimTime, Truth, Vocabulary};

use super::number::{number_at_end, of_secs};
use super::table::{Cell, Rows, Table};
use super::{Notes, Record, Records};
use crate::problem::{Problem, Problems};

mod list;
mod nodes;
mod orders;
mod pod;

pub(crate) use list::{PodList, Spelled};
pub use nodes::openb_nodes;
pub(crate) use orders::Orders;

use pod::{REQUEST, Request, TIMES, Times};

/// The reader `openb`.
pub const ABOUT: About = About {
    name: "openb",
    doc: "Pods of Alibaba's GPU cluster as CSV, found by column names: name, cpu_milli, memory_mib, num_gpu, \
          gpu_milli, creation_time and deletion_time [s], and gpu_spec, scheduled_time and qos if they are \
          there. A pod is a job of one task, numbered by the digits at the end of its name; qos is its \
          tenant. It is submitted at its creation and served for the time from its scheduling to its \
          deletion: what it waited in the real cluster is no work, and the simulated cluster makes it wait \
          anew.",
    source: "Weng et al., \"Beware of Fragmentation\", ATC 2023; \
             https://github.com/hkust-adsl/kubernetes-scheduler-simulator (data/csv)",
    params: &[Param::required("pods", Kind::Path, "the list of pods"), NEVER_SCHEDULED],
};

/// What becomes of pods without a time of scheduling.
pub(crate) const NEVER_SCHEDULED: Param = Param::with_default(
    "never_scheduled",
    Kind::Choice(&["drop", "run"]),
    "\"drop\"",
    "what to do with pods that the real cluster never scheduled: leave them out, or serve them for the time from \
     creation to deletion",
);

/// Opens the list of pods that `params` name.
///
/// # Errors
/// If it cannot be opened or a column is missing; lists without times cannot be replayed in time.
pub fn open(params: &Params) -> Result<Box<dyn Records>, Problems> {
    let table = Table::open(params.text("pods"))?;
    let (request, times) = columns(&table, params.text("never_scheduled") == "run")?;
    Ok(Box::new(Pods { request, times, table, dropped: 0 }))
}

/// Where the fields of a list with times are.
///
/// # Errors
/// One problem for each column that is not there.
fn columns(table: &Table, run_never_scheduled: bool) -> Result<(Request, Times), Problems> {
    let [name, cpu, memory, num_gpu, gpu_milli] = REQUEST;
    let [creation, deletion] = TIMES;
    let found = table.positions([name, cpu, memory, num_gpu, gpu_milli, creation, deletion])?;
    let [name, cpu, memory, num_gpu, gpu_milli, creation, deletion] = found;
    let request = Request::new([name, cpu, memory, num_gpu, gpu_milli], table);
    Ok((request, Times::new([creation, deletion], table, run_never_scheduled)))
}

struct Pods {
    table: Table,
    request: Request,
    times: Times,
    dropped: u64,
}

impl Rows for Pods {
    fn table(&mut self) -> &mut Table {
        &mut self.table
    }

    fn leave_out(&mut self) {
        self.dropped += 1;
    }

    fn left_out(&self) -> Option<(&'static str, u64)> {
        self.times.drops().then_some(("never scheduled", self.dropped))
    }

    fn record(&self, line: u64, words: &mut Vocabulary) -> Result<Option<Record>, Problem> {
        let cell = Cell { table: &self.table, line };
        let id = number_at_end(cell.text(self.request.name))
            .ok_or_else(|| cell.problem(self.request.name, "must end with the number of the pod"))?;
        let mut notes = Notes::NO_USER;
        notes.add(Notes::NO_WALLTIME);
        let Some(stay) = self.times.stay(&cell)? else { return Ok(None) };
        if !stay.was_scheduled {
            notes.add(Notes::NEVER_SCHEDULED);
        }
        let shape = self.request.shape(&cell, words, &mut notes)?;
        let mut job = Job::new(id, SimTime::ZERO + of_secs(stay.created), words.shape(shape));
        let qos = self.request.qos(&cell);
        if qos.is_empty() {
            notes.add(Notes::NO_TENANT);
        }
        job.user = words.user("");
        job.tenant = words.tenant(qos);
        Ok(Some(Record { line, job, truth: Truth::runs_for(of_secs(stay.service)), notes }))
    }
}

#[cfg(test)]
mod tests {
    use sim_core::{Lane, ModelSet, SimDuration};

    use super::*;
    use crate::traces::Reader;
    use crate::traces::testing::{read_all, text};

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
        assert_eq!(problems.len(), 2);
        assert!(problems[0].rule.contains("creation_time"));
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
}
