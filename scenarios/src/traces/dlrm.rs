//! Instances of Alibaba's disaggregated recommendation models, with density caps (published 2025).

use sim_core::registry::{About, Kind, LANE_MAX, Param, Params};
use sim_core::shape::{CARD_MILLI, CARDS_MAX};
use sim_core::{
    Apart, Constraints, ConstraintsId, Domain, GpuNeed, Job, Lane, ModelSet, Resources, Shape, SimDuration,
    SimTime, Truth, Vocabulary,
};

use super::number::{SECS_MAX, billionths, number_at_end, parts_up};
use super::table::{Cell, Rows, Table};
use super::{Notes, Record, Records};
use crate::problem::{Problem, Problems};

/// The reader `dlrm`.
pub const ABOUT: About = About {
    name: "dlrm",
    doc: "Inference instances of Alibaba's GPU-disaggregated recommendation models as CSV, found by column \
          names: instance_sn, role, app_name, cpu_request [cores], gpu_request [cards], rdma_request \
          [percent of one RDMA network card], memory_request and disk_request [GiB], max_instance_per_node \
          (-1: no cap), creation_time, scheduled_time and deletion_time [s from the start of the trace]. \
          Limits are not read: they are equal to the requests, except that of the disk. An instance is a \
          job of one task, numbered by the digits at the end of its name; app_name is its tenant, and the \
          tasks that its cap counts are those of the same app_name. The share of the network card goes to \
          the lane `net`, in percent points instead of Mbit/s: a node with one card has a `net` of 100. An \
          instance is submitted at its creation and served for the time from its scheduling to its \
          deletion, as what it waited in the real cluster is no work. A time left out (or NaN) is outside \
          the trace: without creation_time, the instance was there before and is submitted at 0, where it \
          is served from too if scheduled_time is left out as well; without deletion_time it is served \
          until the last time that the file names. Both cut the service short. One that was created but \
          never scheduled is served from its creation. Amounts are rounded up to whole units.",
    source: "Yang et al., \"GPU-Disaggregated Serving for Deep Learning Recommendation Models at Scale\", \
             NSDI 2025; https://github.com/alibaba/clusterdata/tree/master/cluster-trace-gpu-v2025",
    params: &[
        Param::required("instances", Kind::Path, "the list of instances, plain or gzip"),
        Param::with_default(
            "role",
            Kind::Choice(&["all", "hn", "cn"]),
            "\"all\"",
            "which instances: those on GPU nodes (hn, heterogeneous nodes), those on CPU nodes (cn), or all",
        ),
        Param::with_default(
            "density_caps",
            Kind::Bool,
            "true",
            "holds at most max_instance_per_node instances of one app_name on a node; if false, any number",
        ),
    ],
};

const NEEDED: [&str; 12] = [
    "instance_sn",
    "role",
    "app_name",
    "cpu_request",
    "gpu_request",
    "rdma_request",
    "memory_request",
    "disk_request",
    "max_instance_per_node",
    "creation_time",
    "scheduled_time",
    "deletion_time",
];

/// Opens the list of instances that `params` name, after one pass over it for its last time.
///
/// # Errors
/// If it cannot be opened or a column is missing.
pub fn open(params: &Params) -> Result<Box<dyn Records>, Problems> {
    let path = params.text("instances");
    let table = Table::open(path)?;
    let columns = table.positions(NEEDED)?;
    let [.., creation, scheduled, deletion] = columns;
    Ok(Box::new(Instances {
        end_ns: last_time(path, [creation, scheduled, deletion])?,
        table,
        columns,
        role: match params.text("role") {
            "hn" => Some("HN"),
            "cn" => Some("CN"),
            _ => None,
        },
        density_caps: params.bool("density_caps"),
        dropped: 0,
    }))
}

/// The latest of all times in these columns; 0 if there is none. What is no time is left to the reader's own pass.
fn last_time(path: &str, columns: [usize; 3]) -> Result<u64, Problems> {
    let (mut table, mut last) = (Table::open(path)?, 0);
    while let Some(row) = table.advance() {
        let Ok(line) = row else { continue };
        let cell = Cell { table: &table, line };
        for column in columns {
            if let Ok(Some(time)) = time_ns(&cell, column) {
                last = time.max(last);
            }
        }
    }
    Ok(last)
}

struct Instances {
    table: Table,
    columns: [usize; 12],
    end_ns: u64,
    role: Option<&'static str>,
    density_caps: bool,
    dropped: u64,
}

impl Rows for Instances {
    fn table(&mut self) -> &mut Table {
        &mut self.table
    }

    fn leave_out(&mut self) {
        self.dropped += 1;
    }

    fn left_out(&self) -> Option<(&'static str, u64)> {
        self.role.map(|_| ("of the other role", self.dropped))
    }

    fn record(&self, line: u64, words: &mut Vocabulary) -> Result<Option<Record>, Problem> {
        let cell = Cell { table: &self.table, line };
        let [name, role, app, ..] = self.columns;
        if !["HN", "CN"].contains(&cell.text(role)) {
            return Err(cell.problem(role, "must be HN or CN"));
        }
        if self.role.is_some_and(|wanted| wanted != cell.text(role)) {
            return Ok(None);
        }
        let id = number_at_end(cell.text(name))
            .ok_or_else(|| cell.problem(name, "must end with the number of the instance"))?;
        if cell.text(app).is_empty() {
            return Err(cell.problem(app, "must not be empty: its instances count for the density cap"));
        }
        let (submit_ns, service_ns, mut notes) = self.times(&cell)?;
        let shape = words.shape(self.shape(&cell)?);
        let mut job = Job::new(id, SimTime::from_ns(submit_ns), shape);
        job.constraints = self.constraints(&cell, words)?;
        (job.user, job.tenant) = (words.user(""), words.tenant(cell.text(app)));
        notes.add(Notes::NO_USER);
        notes.add(Notes::NO_WALLTIME);
        let truth = Truth::runs_for(SimDuration::from_ns(service_ns));
        Ok(Some(Record { line, job, truth, notes }))
    }
}

impl Instances {
    /// Submission, service, and which of the times were outside the trace \[ns\].
    fn times(&self, cell: &Cell<'_>) -> Result<(u64, u64, Notes), Problem> {
        let [.., creation, scheduled, deletion] = self.columns;
        let mut notes = Notes::NONE;
        let created = time_ns(cell, creation)?;
        let submit = created.unwrap_or(0);
        let start = match (created, time_ns(cell, scheduled)?) {
            (_, Some(start)) if start < submit => {
                return Err(cell.problem(scheduled, "must not be before creation_time"));
            }
            (_, Some(start)) => start,
            (Some(_), None) => {
                notes.add(Notes::NEVER_SCHEDULED);
                submit
            }
            (None, None) => 0,
        };
        if created.is_none() {
            notes.add(Notes::BEFORE_TRACE);
        }
        let end = time_ns(cell, deletion)?.unwrap_or_else(|| {
            notes.add(Notes::AFTER_TRACE);
            self.end_ns
        });
        if end < start {
            return Err(cell.problem(deletion, "must not be before the start of its service"));
        }
        Ok((submit, end - start, notes))
    }

    fn shape(&self, cell: &Cell<'_>) -> Result<Shape, Problem> {
        let [_, _, _, cpu, gpu, rdma, memory, disk, ..] = self.columns;
        let amount = |column, per_unit: u32, max| {
            let given = billionths(cell.text(column), max).map_err(|rule| cell.problem(column, &rule))?;
            Ok(parts_up(given, per_unit) as u32)
        };
        let need = Resources::ZERO
            .with(Lane::Cpu, amount(cpu, 1000, LANE_MAX / 1000)?)
            .with(Lane::Memory, amount(memory, 1024, LANE_MAX / 1024)?)
            .with(Lane::Disk, amount(disk, 1, LANE_MAX)?)
            .with(Lane::Net, amount(rdma, 1, 100)?);
        let cards = cell.number(gpu, 0, i64::from(CARDS_MAX))? as u16;
        let gpu = GpuNeed { cards, milli_each: CARD_MILLI, models: ModelSet::ANY };
        Ok(if cards > 0 { Shape::new(need).with_gpu(gpu) } else { Shape::new(need) })
    }

    fn constraints(&self, cell: &Cell<'_>, words: &mut Vocabulary) -> Result<ConstraintsId, Problem> {
        let [_, _, app, .., cap, _, _, _] = self.columns;
        let tasks_max = match cell.number(cap, -1, u32::MAX.into())? {
            0 => return Err(cell.problem(cap, "must be at least 1, or -1 for no cap")),
            -1 => None,
            cap => Some(cap as u32).filter(|_| self.density_caps),
        };
        let Some(tasks_max) = tasks_max else { return Ok(ConstraintsId(0)) };
        let key = Some(words.affinity_key(cell.text(app)));
        let anti_affinity = Some(Apart { level: Domain::Node, tasks_max });
        Ok(words.constraints(Constraints { key, anti_affinity, ..Constraints::NONE }))
    }
}

/// A time; `None` if it is outside the trace \[ns\].
fn time_ns(cell: &Cell<'_>, column: usize) -> Result<Option<u64>, Problem> {
    match cell.text(column) {
        "" | "NaN" => Ok(None),
        text => {
            let time = billionths(text, SECS_MAX - 1).map_err(|rule| cell.problem(column, &rule))?;
            Ok(Some(time))
        }
    }
}

#[cfg(test)]
mod tests {
    use sim_core::registry::Value;

    use super::*;
    use crate::traces::Reader;
    use crate::traces::testing::{read_all, text};

    /// With the columns that are not read left out.
    const HEAD: &str = "instance_sn,role,app_name,cpu_request,gpu_request,rdma_request,memory_request,disk_request,\
                        max_instance_per_node,creation_time,scheduled_time,deletion_time\n";

    fn read(rows: &str, given: &[(&str, Value)]) -> (Vec<Record>, Vec<Problem>, Vocabulary) {
        read_all(Reader::named("dlrm").unwrap(), format!("{HEAD}{rows}"), given)
    }

    #[test]
    fn an_instance_asks_for_five_resources_and_a_place_of_its_own() {
        let (records, problems, words) = read(
            "instance_7,HN,web,12,1,25,937.5,640.5,4,10,15,100\ninstance_8,HN,web,12,1,25,937.5,640.5,-1,10,15,100",
            &[],
        );
        assert!(problems.is_empty(), "{problems:?}");
        let Record { job, truth, .. } = &records[0];
        assert_eq!((job.id, job.submit, job.tasks), (7, SimTime::from_secs(10), 1));
        assert_eq!(truth.service(), SimDuration::from_secs(85));
        let shape = words.shape_of(job.shape);
        let amounts = [Lane::Cpu, Lane::Memory, Lane::Disk, Lane::Net].map(|lane| shape.need().get(lane));
        assert_eq!((amounts, shape.gpu().cards), ([12_000, 960_000, 641, 25], 1));
        let rule = words.constraints_of(job.constraints);
        assert_eq!(rule.anti_affinity, Some(Apart { level: Domain::Node, tasks_max: 4 }));
        assert_eq!(words.affinity_keys().name(rule.key.unwrap().0), Some("web"));
        assert_eq!(words.tenants().name(job.tenant.0), Some("web"));
        assert_eq!(records[1].job.constraints, ConstraintsId(0));
    }

    #[test]
    fn times_left_out_are_outside_the_trace() {
        // The last time of the file is 200 s. Created, scheduled and deleted at .. and so submitted at, serving for:
        let cases = [
            ("10,20,200", 10, 180, Notes::NONE),
            (",,", 0, 200, Notes::BEFORE_TRACE),
            (",,30", 0, 30, Notes::BEFORE_TRACE),
            ("NaN,5,30", 0, 25, Notes::BEFORE_TRACE),
            ("10,20.0,NaN", 10, 180, Notes::AFTER_TRACE),
            ("10,,50", 10, 40, Notes::NEVER_SCHEDULED),
        ];
        let rows = cases.map(|(times, ..)| format!("i1,CN,a,1,0,0,1,1,-1,{times}\n"));
        let (records, problems, _) = read(&rows.concat(), &[]);
        assert!(problems.is_empty(), "{problems:?}");
        for (record, (times, submit, service, note)) in records.iter().zip(cases) {
            let found = (record.job.submit, record.truth.service());
            assert_eq!(found, (SimTime::from_secs(submit), SimDuration::from_secs(service)), "{times}");
            assert!(record.notes.has(note), "{times}");
        }
        let notes = |note| records.iter().filter(|record| record.notes.has(note)).count();
        assert_eq!((notes(Notes::BEFORE_TRACE), notes(Notes::AFTER_TRACE)), (3, 2));
    }

    #[test]
    fn one_role_can_be_read_alone_and_caps_can_be_lifted() {
        let rows = "i1,HN,a,1,1,0,1,1,2,1,1,9\ni2,CN,a,1,0,0,1,1,2,1,1,9\ni3,CN,a,1,0,0,1,1,2,1,1,9\n";
        for (role, ids) in [("all", vec![1, 2, 3]), ("hn", vec![1]), ("cn", vec![2, 3])] {
            let (records, ..) = read(rows, &[("role", text(role))]);
            assert_eq!(records.iter().map(|record| record.job.id).collect::<Vec<_>>(), ids, "{role}");
        }
        let (records, ..) = read(rows, &[("density_caps", Value::Bool(false))]);
        assert!(records.iter().all(|record| record.job.constraints == ConstraintsId(0)));
    }

    #[test]
    fn bad_instances_name_column_and_rule() {
        let bad = [
            ("i,HN,a,1,1,1,1,1,1,1,1,1", "instance_sn"),
            ("i1,GN,a,1,1,1,1,1,1,1,1,1", "role"),
            ("i1,HN,,1,1,1,1,1,1,1,1,1", "app_name"),
            ("i1,HN,a,-1,1,1,1,1,1,1,1,1", "cpu_request"),
            ("i1,HN,a,1,0.5,1,1,1,1,1,1,1", "gpu_request"),
            ("i1,HN,a,1,1,101,1,1,1,1,1,1", "rdma_request"),
            ("i1,HN,a,1,1,1,4194304,1,1,1,1,1", "memory_request"),
            ("i1,HN,a,1,1,1,1,,1,1,1,1", "disk_request"),
            ("i1,HN,a,1,1,1,1,1,0,1,1,1", "max_instance_per_node"),
            ("i1,HN,a,1,1,1,1,1,1,x,1,1", "creation_time"),
            ("i1,HN,a,1,1,1,1,1,1,2,1,3", "scheduled_time"),
            ("i1,HN,a,1,1,1,1,1,1,2,3,2", "deletion_time"),
        ];
        let rows = bad.map(|(row, _)| format!("{row}\n")).concat();
        let (records, problems, _) = read(&rows, &[]);
        assert_eq!(records.len(), 0);
        let at: Vec<_> = problems.iter().map(|problem| problem.at.clone()).collect();
        let expected: Vec<_> =
            bad.iter().enumerate().map(|(n, (_, column))| format!("{}: {column}", n + 2)).collect();
        assert_eq!(at, expected);
        let (_, problems, _) = read_all(Reader::named("dlrm").unwrap(), "instance_sn,role\n", &[]);
        assert_eq!(problems.len(), 10);
    }
}
