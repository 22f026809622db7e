//! The schedules of Tiresias' simulator, on the shared files and on small ones made up here.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use scenarios::reproduce::Options;
use scenarios::run::engine_of;
use scenarios::scenario::{Overrides, load};
use scenarios::source::Source;
use sim_core::{Event, EventMask, Observer, ResultSink, SimTime, SinkError, View};

use crate::{data, reproduce};

#[test]
fn every_job_of_every_schedule_is_reproduced() {
    let Some(data) = data() else { return };
    let found = reproduce("tiresias", &data, &Options::default());
    assert!(found.cases.len() >= 13, "only {} cases", found.cases.len());
    for case in &found.cases {
        // Eight numbers of each job.
        assert!(case.is_exact() && case.compared >= 480, "{case:?}");
    }
    assert!(found.skipped.iter().all(|(name, _)| name.contains("gittins")), "{:?}", found.skipped);
    let traces = vec!["60_job".to_owned()];
    let some = reproduce("tiresias", &data, &Options { traces, ..Options::default() });
    assert!(!some.cases.is_empty() && some.cases.len() < found.cases.len());
}

/// A folder of the shared layout: two GPUs, three jobs, and a made-up schedule of one policy.
fn small(folder: &Path, policy: &str, rows: &str) {
    let goldens = folder.join("goldens/tiresias");
    std::fs::create_dir_all(&goldens).unwrap();
    let jobs = "0,1,0,1,m,300,0\n1,2,50,1,m,60,0\n2,1,100,1,m,10,0\n";
    let head = "job_id,num_gpu,submit_time,iterations,model_name,duration,interval\n";
    std::fs::write(goldens.join("tiny.csv"), format!("{head}{jobs}")).unwrap();
    let cluster = "num_switch,num_node_p_switch,num_gpu_p_node,num_cpu_p_node,mem_p_node\n1,1,2,8,64";
    std::fs::write(goldens.join("n1g2.csv"), cluster).unwrap();
    let head = "time,job_id,num_gpu,submit_time,start_time,end_time,executed_time,JCT,duration,pending_time,preempt,\
                resume,promote\n";
    std::fs::write(goldens.join(format!("tiny.n1g2.{policy}.job.csv")), format!("{head}{rows}")).unwrap();
}

/// By size the two of one GPU run from the start, the wide one from 300 on; nobody is stopped.
#[test]
fn another_folder_of_the_same_layout_works() {
    let folder = tempfile::tempdir().unwrap();
    let rows = "110,2,1,100,100,110,10,10,10,0,0,1,0\n300,0,1,0,0,300,300,300,300,0,0,1,0\n\
                360,1,2,50,300,360,60,310,60,250,0,1,0\n";
    small(folder.path(), "sjf", rows);
    small(folder.path(), "gandiva", rows);
    small(folder.path(), "sjf-2", rows);
    let found = reproduce("tiresias", folder.path(), &Options::default());
    assert_eq!(found.cases.len(), 1);
    assert!(found.cases[0].is_exact() && found.cases[0].compared == 24, "{:?}", found.cases);
    assert_eq!(found.skipped.len(), 2, "{:?}", found.skipped);
    // By the time left the wide one goes first, at 50, and the short one waits for it: both rows are wrong then.
    small(folder.path(), "shortest", rows);
    let found = reproduce("tiresias", folder.path(), &Options::default());
    assert!(!found.holds(), "{:?}", found.cases);
}

/// The queues are those of `dlas-gpu`; nobody reaches their limits here.
#[test]
fn the_number_at_the_end_of_a_name_promotes() {
    let folder = tempfile::tempdir().unwrap();
    small(folder.path(), "dlas-gpu-1", "300,0,1,0,0,300,300,300,300,0,0,1,0\n");
    let found = reproduce("tiresias", folder.path(), &Options::default());
    // Nobody has had 3,250 GPU-seconds; the two jobs that the file lacks count as different.
    assert_eq!((found.cases[0].compared, found.cases[0].differing), (8, 2), "{:?}", found.cases);
}

/// When each job ended, by its number.
#[derive(Clone, Default)]
struct Ends(Arc<Mutex<BTreeMap<u64, SimTime>>>);

impl Observer for Ends {
    fn mask(&self) -> EventMask {
        EventMask::ENDED
    }

    fn on_event(&mut self, at: SimTime, event: &Event, view: View<'_>) {
        if let Event::Ended { job, .. } = *event {
            self.0.lock().unwrap().insert(view.job(job).facts().id, at);
        }
    }

    fn finish(&mut self, _: SimTime, _: View<'_>, _: &mut dyn ResultSink) -> Result<(), SinkError> {
        Ok(())
    }

    fn fork(&self) -> Option<Box<dyn Observer>> {
        None
    }
}

fn ends(trace: &Path, nodes: &str, policy: &str) -> BTreeMap<u64, SimTime> {
    let sets = vec![
        format!("workload.path={}", trace.display()),
        format!("cluster.nodes={nodes}"),
        format!("policy=[{policy}]"),
    ];
    let scenario = load("tiresias", &Overrides { sets, seeds: None }).unwrap();
    let (point, ends) = (&scenario.points[0], Ends::default());
    let source = Source::prepare(point, 1).unwrap();
    let mut engine = engine_of(point, &point.policies[0], &source, 1, vec![Box::new(ends.clone())]).unwrap();
    engine.run(&mut *point.policies[0].build(&source)).unwrap();
    let found = ends.0.lock().unwrap();
    found.clone()
}

/// Ranks give the simulator's schedules without any of its quirks, but for one: jobs with equal times left do not stop
/// one another here, and it lets the one that it had before in its list go first.
#[test]
fn plain_ranks_end_jobs_when_the_simulator_does() {
    let Some(data) = data() else { return };
    for (trace, nodes) in [
        ("60_job", "[{ count = 2, cpu = 40, gpus = 4 }]"),
        ("philly480_job", "[{ count = 16, cpu = 40, gpus = 8 }]"),
    ] {
        let path = data.join(format!("goldens/tiresias/{trace}.csv"));
        for (rule, rank) in [("sjf", "smallest"), ("shortest", "srpt"), ("shortest-gpu", "srsf")] {
            let theirs = ends(&path, nodes, &format!("{{ type = 'tiresias', rule = '{rule}' }}"));
            let ours = ends(&path, nodes, &format!("{{ type = 'preemptive', rank = '{rank}' }}"));
            let differing = theirs.iter().filter(|&(job, end)| ours[job] != *end).count();
            // One such pair meets in the larger trace, and three more jobs are shifted by it.
            let by_ties = if (trace, rank) == ("philly480_job", "srpt") { 5 } else { 0 };
            assert!(differing <= by_ties, "{trace}, {rank}: {differing} of {} jobs", theirs.len());
        }
    }
}
