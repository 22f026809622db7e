//! RLScheduler's heuristics, on the shared files and on a trace of four jobs made up here.

use std::path::Path;

use scenarios::reproduce::{Options, Reproduction};

use crate::{data, reproduce};

#[test]
fn every_heuristic_run_and_every_readme_cell_of_the_lublin_traces_is_reproduced() {
    let Some(data) = data() else { return };
    let found = reproduce("rlscheduler", &data, &Options::default());
    for case in found.compared() {
        assert!(case.is_exact() && case.must_be_exact, "{case:?}");
    }
    let named = |part: &str| found.compared().filter(|case| case.name.starts_with(part)).count();
    assert!(named("lublin-1/") >= 200 && named("lublin-2/") >= 80, "{} cases", found.cases.len());
    assert!(named("schedule/") >= 20);
    // Two traces, with backfilling and without, two metrics of five policies each.
    assert_eq!(named("readme/"), 8);
    assert!(found.cases.iter().all(|case| case.name.starts_with("lublin") && case.compared == 12));
    let agents = found.skipped.iter().filter(|(case, _)| case.contains("rl_argmax"));
    assert!(agents.count() >= 2, "what is left out is told");
}

/// Two nodes of two processors. Job 1 takes a node from 10 to 30 s, job 2 (three processors) both nodes, job 3 one.
/// Job 4 runs for no time and is left out, job 5 has no run time and gets 10 s.
const TRACE: &str = "; MaxNodes: 2\n; MaxProcs: 4\n\
    1 10 -1 20 1 -1 -1 -1 -1 -1 1 1 1 1 1 1 -1 -1\n\
    2 12 -1 40 3 -1 -1 -1 -1 -1 1 1 1 1 1 1 -1 -1\n\
    3 14 -1 5 2 -1 -1 -1 -1 -1 1 1 1 1 1 1 -1 -1\n\
    4 15 -1 0 1 -1 -1 -1 -1 -1 1 1 1 1 1 1 -1 -1\n\
    5 16 -1 -1 1 -1 -1 -1 8 -1 1 1 1 1 1 1 -1 -1\n";

fn small(folder: &Path, golden: &str, schedule: &str) {
    let (swf, goldens) = (folder.join("data/swf"), folder.join("goldens/rlscheduler"));
    std::fs::create_dir_all(&swf).unwrap();
    std::fs::create_dir_all(&goldens).unwrap();
    std::fs::write(swf.join("tiny.swf"), TRACE).unwrap();
    let head = "trace,start,len,policy,backfill,metric,value\n";
    std::fs::write(goldens.join("golden.csv"), format!("{head}{golden}")).unwrap();
    if !schedule.is_empty() {
        let head = "order,job_id,submit,start,run,req_time,procs\n";
        std::fs::write(goldens.join("rls_schedule_tiny_0_4_fcfs_bf1.csv"), format!("{head}{schedule}"))
            .unwrap();
    }
}

fn of_small(golden: &str, schedule: &str) -> Reproduction {
    let folder = tempfile::tempdir().unwrap();
    small(folder.path(), golden, schedule);
    reproduce("rlscheduler", folder.path(), &Options::default())
}

/// Job 2 is blocked from 12 s on, its shadow is 30 s. Job 3 ends at 19 s if it starts at 14 s, and so it does; job 5 is
/// expected to take 8 s and would end at 27 s from 19 s on: it starts, runs for 10 s, and ends at 29 s.
const SCHEDULE: &str = "0,1,10,10,20,20,1\n1,3,14,14,5,5,2\n2,5,16,19,10,8,1\n3,2,12,30,40,40,3\n";

#[test]
fn another_trace_is_run_on_the_machine_that_its_header_describes() {
    // Bounded slowdowns: 1, 1, 13 / 10, 58 / 40.
    let mean = 1.0 / 4.0 + 1.0 / 4.0 + 1.3 / 4.0 + 1.45 / 4.0;
    let golden = format!(
        "tiny,0,4,fcfs,1,bsld,{mean:?}\ntiny,0,4,fcfs,1,last_start_time,30\ntiny,0,4,fcfs,1,makespan,60\n\
         tiny,1,2,fcfs,0,sum_wait,38\ntiny,0,4,rl_unheard:of,1,bsld,1.0\nabsent,0,4,fcfs,1,bsld,1.0\n"
    );
    let found = of_small(&golden, SCHEDULE);
    for case in found.compared() {
        assert!(case.is_exact(), "{case:?}");
    }
    let names: Vec<_> = found.compared().map(|case| case.name.as_str()).collect();
    // Of the window of two, job 3 waits from 14 s for the end of job 2 at 52 s.
    assert_eq!(names, ["tiny/0+4/fcfs/backfill", "tiny/1+2/fcfs", "schedule/tiny/0+4/fcfs/backfill"]);
    let reason =
        |name: &str| found.skipped.iter().find(|(case, _)| case == name).map(|(_, why)| why.as_str());
    assert_eq!(reason("absent"), Some("there is no data/swf/absent.swf"));
    assert_eq!(reason("tiny/rl_unheard:of"), Some("a trained agent, which is not here; runs: 1"));
}

#[test]
fn a_wrong_digit_and_a_shifted_start_are_found() {
    let golden = "tiny,0,4,fcfs,1,last_start_time,31\ntiny,0,4,fcfs,1,wait,5.250000000000001\n\
                  tiny,0,4,fcfs,1,unheard,1\ntiny,0,4,fcfs,1,schedule_sha1,00\n";
    let found = of_small(golden, &SCHEDULE.replace("12,30", "12,33"));
    let (metrics, schedule) = (&found.cases[0], &found.further[0]);
    assert_eq!((metrics.differing, metrics.max_abs_diff), (4, 1.0));
    assert_eq!(metrics.first, "last_start_time: ours 30, theirs 31");
    assert_eq!((schedule.differing, schedule.max_abs_diff), (1, 3.0));
    assert!(!found.holds());
}

#[test]
fn damaged_golden_files_name_their_lines() {
    let folder = tempfile::tempdir().unwrap();
    small(folder.path(), "tiny,0,4,fcfs,1,wait,1.0\ntiny,0,x,fcfs,1,wait,1.0\n", "0,1,10,ten,20,20,1\n");
    let result =
        scenarios::reproduce::reproduce("rlscheduler", folder.path(), &Options::default(), &crate::Silent);
    let problems = result.unwrap_err().to_string();
    assert!(problems.contains("golden.csv:3") && problems.contains("bf1.csv:2"), "{problems}");
}

#[test]
fn one_trace_alone_can_be_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    small(folder.path(), "tiny,0,4,fcfs,0,makespan,80\nother,0,4,fcfs,0,makespan,60\n", "");
    let only = |name: &str| Options { traces: vec![name.to_owned()], ..Options::default() };
    let found = reproduce("rlscheduler", folder.path(), &only("tiny"));
    // Without backfilling: job 2 from 30 to 70 s, job 3 and job 5 after it, to 80 s; the first submission is at 10 s.
    assert!(found.cases.len() == 1 && found.skipped.is_empty(), "{found:?}");
    assert!(found.cases[0].first.contains("makespan: ours 70, theirs 80"), "{found:?}");
    let result =
        scenarios::reproduce::reproduce("rlscheduler", folder.path(), &only("unheard"), &crate::Silent);
    let problems = result.unwrap_err().to_string();
    assert!(problems.contains("--traces = unheard") && problems.contains("tiny"), "{problems}");
}
