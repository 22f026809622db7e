//! Quirks of Tiresias' simulator, one by one. Every task asks for one card.

use sim_core::testkit::{Case, JobBuilder, cpu};
use sim_core::{GpuNeed, ModelSet, Shape};

use crate::ranked::tiresias;

fn cards(count: u16) -> Case {
    Case::new().gpu_nodes(1, cpu(1), count)
}

fn on_gpus(job: JobBuilder<'_>, gpus: u32) -> u64 {
    let gpu = GpuNeed { cards: 1, milli_each: 1000, models: ModelSet::ANY };
    job.shape(Shape::new(cpu(0)).with_gpu(gpu)).gang(gpus).add()
}

#[test]
fn lpjf_passes_over_the_job_after_one_that_it_starts() {
    let mut case = cards(4);
    let jobs = [10, 5, 7].map(|service| on_gpus(case.job(0, service), 1));
    case.policy(tiresias("lpjf", &[], None)).run();
    // There is room for all three at 0. The second is looked at again when something ends, at 7.
    assert_eq!(jobs.map(|job| case.start(job)), [0.0, 7.0, 0.0]);
}

#[test]
fn a_job_of_several_gpus_falls_late() {
    let mut case = cards(4);
    let wide = on_gpus(case.job(0, 60), 4);
    // A job of one GPU ends at 10 and was there first; until then the wide one waits.
    let mut jobs = vec![on_gpus(case.job(0, 10), 1)];
    jobs.push(on_gpus(case.job(1, 30), 1));
    case.policy(tiresias("dlas-gpu", &[100, 7200], None)).run();
    // The wide job has 100 GPU-seconds at 25; nothing stopped it, so that the jump is foreseen rightly.
    assert_eq!((case.start(jobs[0]), case.start(jobs[1])), (25.0, 25.0));
    // It waits for both, until 55.
    assert_eq!(case.end(wide).0, 90.0);

    let mut case = cards(4);
    let wide = on_gpus(case.job(0, 60), 4);
    // At 12 an event makes the jump (100 - 12) / 4 = 22 s away, rounded down, though 52 GPU-seconds take 13 s.
    let late = on_gpus(case.job(12, 30), 1);
    case.policy(tiresias("dlas-gpu", &[100, 7200], None)).run();
    assert_eq!((case.start(late), case.end(wide).0), (34.0, 90.0));
}

#[test]
fn a_starved_job_returns_to_the_first_queue_and_forgets_its_time() {
    let run = |promote| {
        let mut case = cards(1);
        let long = on_gpus(case.job(0, 100), 1);
        let short: Vec<u64> = [10, 19, 28, 37, 46].map(|at| on_gpus(case.job(at, 9), 1)).into();
        case.policy(tiresias("dlas", &[10, 7200], promote)).run();
        (case.start(short[3]), case.end(long).0)
    };
    assert_eq!(run(None), (37.0, 145.0));
    // Starved at 30; at 37 it goes after the job that arrives then, since it was appended after .. nobody: it was there.
    assert_eq!(run(Some(2)), (47.0, 145.0));
}

#[test]
fn equals_keep_the_order_that_they_had() {
    let mut case = cards(2);
    // At 0 the second, of two GPUs, has less left and stands first; it cannot run while it is not there: it comes at 1.
    let first = on_gpus(case.job(0, 20), 1);
    let wide = on_gpus(case.job(1, 10), 2);
    let third = on_gpus(case.job(2, 30), 1);
    case.policy(tiresias("shortest", &[], None)).run();
    assert_eq!([first, wide, third].map(|job| case.end(job).0), [30.0, 11.0, 41.0]);
}
