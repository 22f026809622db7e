//! DeepRM's agents, on the shared files and on an episode of three jobs made up here.

use std::path::Path;

use scenarios::reproduce::Options;

use crate::{data, reproduce};

#[test]
fn every_episode_of_the_heuristic_agents_is_reproduced() {
    let Some(data) = data() else { return };
    let found = reproduce("deeprm", &data, &Options::default());
    assert!(found.cases.len() >= 60, "only {} cases", found.cases.len());
    for case in &found.cases {
        assert!(case.is_exact() && case.compared > 7, "{case:?}");
    }
    let few = reproduce("deeprm", &data, &Options { traces: vec!["0.3".into()], ..Options::default() });
    assert!(!few.cases.is_empty() && few.cases.len() < found.cases.len());
}

/// Job 0 takes all of the first resource from 1 to 4; job 1 (length 3) and job 2 (length 1) wait for it. What comes at
/// step 0 is never seen.
const SEQUENCE: &str = "0.5,0,0,2,5,5\n0.5,0,1,3,10,1\n0.5,0,2,3,6,1\n0.5,0,3,1,6,1\n0.5,0,4,0,0,0\n";

fn small(folder: &Path, sequence: &str, golden: &str, jobs: &str) {
    let goldens = folder.join("goldens/deeprm");
    std::fs::create_dir_all(&goldens).unwrap();
    let write = |name: &str, head: &str, text: &str| {
        std::fs::write(goldens.join(name), format!("{head}\n{text}")).unwrap();
    };
    write("deeprm_sequences.csv", "rate,ex,t,len,res0,res1", sequence);
    let head = "rate,ex,agent,total_reward,env_steps,sim_time_end,n_jobs,max_slowdown,mean_slowdown_floor";
    write("deeprm_golden.csv", head, golden);
    write("deeprm_golden_jobs.csv", "rate,ex,agent,job_id,enter,start,finish,len,res0,res1", jobs);
}

#[test]
fn an_episode_of_our_own_is_worked_out() {
    let folder = tempfile::tempdir().unwrap();
    // SJF: job 2 from 4 to 5, job 1 from 5 to 8. Slowdowns 3/3, 6/3, 2/1. Eight steps of time and three starts.
    // Rewards, step by step: from 1 to 3 job 0 is there (-1/3), from 2 to 7 job 1 (-1/3), at 3 and 4 job 2 (-1). Thirds
    // are not exact in binary, so they are summed here in the same order.
    let third = 1.0 / 3.0;
    let (two, three) = (0.0 - third - third, 0.0 - third - third - 1.0);
    let reward: f64 = [-third, two, three, 0.0 - third - 1.0, -third, -third, -third, 0.0].iter().sum();
    let jobs = "0.5,0,SJF,0,1,1,4,3,10,1\n0.5,0,SJF,1,2,5,8,3,6,1\n0.5,0,SJF,2,3,4,5,1,6,1\n";
    let golden = format!("0.5,0,SJF,{reward:?},11,8,3,2.0,{:?}\n0.5,0,Random,0,0,0,0,0,0\n", 5.0 / 3.0);
    small(folder.path(), SEQUENCE, &golden, jobs);
    let found = reproduce("deeprm", folder.path(), &Options::default());
    assert_eq!(found.cases.len(), 1);
    assert!(found.cases[0].is_exact(), "{:?}", found.cases);
    assert_eq!(found.skipped, [("0.5/0/Random".to_owned(), "no such agent here".to_owned())]);
}

#[test]
fn a_shifted_start_and_a_wrong_reward_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let jobs = "0.5,0,SJF,0,1,1,4,3,10,1\n0.5,0,SJF,1,2,7,10,3,6,1\n";
    small(folder.path(), SEQUENCE, "0.5,0,SJF,-1.0,11,8,3,2.0,1.0\n", jobs);
    let found = reproduce("deeprm", folder.path(), &Options::default());
    // The reward, the floor of the slowdown, one job that differs and one that is not there.
    assert_eq!((found.cases[0].differing, found.holds()), (4, false), "{:?}", found.cases);
}

#[test]
fn a_damaged_sequence_names_its_line() {
    let folder = tempfile::tempdir().unwrap();
    small(folder.path(), &SEQUENCE.replace("1,3,10,1", "1,3,11,1"), "0.5,0,SJF,0,0,0,0,0,0\n", "");
    let result =
        scenarios::reproduce::reproduce("deeprm", folder.path(), &Options::default(), &crate::Silent);
    let problems = result.unwrap_err().to_string();
    assert!(problems.contains("deeprm_sequences.csv:3"), "{problems}");
}
