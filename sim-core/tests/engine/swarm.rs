//! Random cases under a policy that does anything: the invariants hold, and every driver sees the same run.

use sim_core::testkit::{Chaos, run_by_steps, swarm_case};
use sim_core::{Engine, Summary};

/// Cases that CI runs; `WINDTUNNEL_SWARM=10000` asks for more.
const SEEDS: u64 = 400;

fn engine(seed: u64) -> Engine {
    swarm_case(seed).engine(seed, Vec::new())
}

fn run(seed: u64) -> Summary {
    engine(seed).run(&mut Chaos::new(seed)).expect("every drawn case is possible")
}

#[test]
fn invariants_hold_in_random_cases_and_drivers_agree() {
    let seeds =
        std::env::var("WINDTUNNEL_SWARM").map_or(SEEDS, |text| text.parse().expect("a number of seeds"));
    let (mut submitted, mut unfinished) = (0, 0);
    for seed in 0..seeds {
        let caught = std::panic::catch_unwind(|| {
            let summary = run(seed);
            assert_eq!(
                summary,
                run_by_steps(engine(seed), Box::new(Chaos::new(seed)), 3 + seed % 17),
                "a fork went another way"
            );
            summary
        });
        let summary = caught.unwrap_or_else(|_| panic!("swarm seed {seed} failed (see above)"));
        submitted += summary.submitted;
        unfinished += summary.unfinished;
    }
    // Most jobs of most cases come to an end, or the swarm would test little.
    assert!(unfinished * 5 < submitted, "{unfinished} of {submitted} jobs were left unfinished");
}
