//! Mean waits of M/M/1, M/M/4, M/D/1 and M/G/1 under first come, first served, against their formulas.
//!
//! Each case is 30 runs with the seeds 1 to 30, chosen before any result was seen. The 99% interval of Student's t
//! over the 30 means has to hold the formula's value, and to be narrow enough to mean something.
//!
//! Runs begin with an empty system, so that the first waits are too short. A single server forgets its start with a
//! relaxation time of `(1 + c2) / 2 / (1 - sqrt(load))^2` services, c2 being the squared coefficient of variation of
//! the service (Cohen, The Single Server Queue, 1982, for M/M/1; an approximation, the diffusion limit, for others):
//! 12 at load 0.5, 90 at 0.8 and 1,560 at 0.95, and 1.5 times that for the lognormal services used here. The first
//! 20,000 jobs are cut at load 0.95: eight relaxation times, after which less than one part in two thousand of the
//! start is left, while the interval is a few parts in a hundred. At the other loads the cut is far longer still.

use sim_core::Dist;

use crate::statistics::{SEEDS, interval};
use crate::waits::Queue;

/// Load, jobs that are cut, jobs, and how wide the half interval may be relative to the theoretical wait.
const LOADS: [(f64, u64, u64, f64); 3] =
    [(0.5, 2_000, 42_000, 0.05), (0.8, 5_000, 85_000, 0.05), (0.95, 20_000, 200_000, 0.1)];

fn expect_mean_waits(name: &str, servers: u32, service: &Dist, theory: impl Fn(f64) -> f64) {
    assert!((service.mean().expect("it has one") - 1.0).abs() < 1e-12, "services are of mean 1");
    for (load, skip, jobs, width) in LOADS {
        let queue = Queue { servers, load, service: service.clone() };
        let means: Vec<f64> = (1..=SEEDS).map(|seed| queue.mean_wait(seed, skip, jobs)).collect();
        let ((mean, half), expected) = (interval(&means), theory(load));
        println!("{name} at load {load}: {mean:.4} +- {half:.4} s, theory {expected:.4} s");
        assert!((mean - expected).abs() <= half, "{name} at {load}: {mean} +- {half} is not {expected}");
        assert!(half <= width * expected, "{name} at {load}: +- {half} of {expected} says too little");
    }
}

/// The wait that Pollaczek and Khinchine give for services of mean 1 and squared coefficient of variation `c2`.
fn pollaczek_khinchine(load: f64, c2: f64) -> f64 {
    load * (1.0 + c2) / 2.0 / (1.0 - load)
}

/// The chance to wait at all, with `servers` servers offered `servers x load` erlangs.
fn erlang_c(servers: u32, load: f64) -> f64 {
    let offered = load * f64::from(servers);
    // Erlang B by its recursion, then C from B.
    let blocked = (1..=servers).fold(1.0, |b, n| offered * b / (f64::from(n) + offered * b));
    blocked / (1.0 - load * (1.0 - blocked))
}

#[test]
fn erlang_c_is_as_tabled() {
    // One server is busy with chance `load`. Two servers: 2 load^2 / (1 + load) = 1/3 at load 1/2.
    assert!((erlang_c(1, 0.7) - 0.7).abs() < 1e-12);
    assert!((erlang_c(2, 0.5) - 1.0 / 3.0).abs() < 1e-12);
}

#[test]
fn mm1_waits_load_over_one_minus_load() {
    expect_mean_waits("M/M/1", 1, &Dist::Exponential { mean: 1.0 }, |load| load / (1.0 - load));
}

#[test]
fn mm4_waits_by_erlang_c() {
    let theory = |load| erlang_c(4, load) / (4.0 * (1.0 - load));
    expect_mean_waits("M/M/4", 4, &Dist::Exponential { mean: 1.0 }, theory);
}

#[test]
fn md1_waits_half_as_long_as_mm1() {
    expect_mean_waits("M/D/1", 1, &Dist::Constant(1.0), |load| pollaczek_khinchine(load, 0.0));
}

#[test]
fn mg1_waits_by_pollaczek_and_khinchine() {
    // Lognormal with c2 = exp(sigma^2) - 1 = 2, hence sigma^2 = ln 3; mean 1 asks for mu = -sigma^2 / 2.
    let variance = 1.098_612_288_668_109_8_f64;
    let service = Dist::LogNormal { mu: -variance / 2.0, sigma: variance.sqrt() };
    expect_mean_waits("M/G/1", 1, &service, |load| pollaczek_khinchine(load, 2.0));
}
