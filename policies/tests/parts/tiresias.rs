//! Quirks of Tiresias' simulator, one by one. Every task asks for one card.

use sim_core::testkit::{Case, JobBuilder, cpu};
use sim_core::{GpuNeed, ModelSet, Policy, Shape};

use crate::ranked::{preemptive, tiresias};

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
    // 100 GPU-seconds are there at 25. But the arrival at 12 makes the simulator foresee the jump anew: 100 - 12 s are
    // left of the limit, 22 s on four GPUs.
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
    // Starved at 30; it stands in the first queue when the fourth short job is appended at 37, and goes before it.
    assert_eq!(run(Some(2)), (47.0, 145.0));
}

#[test]
fn equals_keep_the_order_that_they_had() {
    // At 1 the order is short (9 s left), wide (20), long (29); the wide one has no room beside the short one. At 10 it
    // and the long one both have 20 s left: it stands first still. A rank of its own would leave the long one running.
    let turns: [(Box<dyn Policy>, [f64; 3]); 2] = [
        (tiresias("shortest", &[], None), [10.0, 50.0, 30.0]),
        (preemptive("srpt", &[], "suspend", "skip"), [10.0, 30.0, 50.0]),
    ];
    for (policy, ends) in turns {
        let mut case = cards(2);
        let short = on_gpus(case.job(0, 10).walltime(10), 1);
        let long = on_gpus(case.job(0, 30).walltime(30), 1);
        let wide = on_gpus(case.job(1, 20).walltime(20), 2);
        case.policy(policy).run();
        assert_eq!([short, long, wide].map(|job| case.end(job).0), ends);
    }
}
