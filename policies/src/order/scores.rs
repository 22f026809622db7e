//! Orders by a score of run time, size and time: F1 to F4, WFP3, UNICEP, and the smallest area.

use sim_core::registry::{About, Params};
use sim_core::{JobId, Lane, View};

use super::classic::LANE;
use super::{JobOrder, OrderKey};

const LEARNT: &str = "Carastan-Santos, de Camargo, Obtaining dynamic scheduling policies with simulation and machine \
                      learning, SC 2017.";
const TANG: &str = "Tang, Lan, Desai, Buettner, Fault-aware, utility-based job scheduling on Blue Gene/P systems, \
                    CLUSTER 2009; the form of Carastan-Santos, de Camargo, SC 2017, who write UNICEF for UNICEP.";
const REPOSITORY: &str =
    "github.com/DIR-LAB/deep-batch-scheduler, as of 2021; Zhang et al., RLScheduler, SC 2020.";

/// The registered orders. In all of them r is the estimated run time \[s\], n the size, s the submission \[s since
/// the scenario's origin\], w the time waited so far \[s\].
pub(super) const ORDERS: &[About] = &[
    About {
        name: "f1",
        doc: "F1: log10(r) n + 870 log10(s), the lowest first. s is the time of submission as the workload has it: \
              that of the trace, as in RLScheduler, not counted from the first job that is simulated. The \
              score is not free of units, so the origin of time and the unit of size matter.",
        source: LEARNT,
        params: &[LANE],
    },
    About {
        name: "f2",
        doc: "F2: sqrt(r) n + 25600 log10(s), the lowest first; as f1.",
        source: LEARNT,
        params: &[LANE],
    },
    About {
        name: "f3",
        doc: "F3: r n + 6860000 log10(s), the lowest first; as f1.",
        source: LEARNT,
        params: &[LANE],
    },
    About {
        name: "f4",
        doc: "F4: r sqrt(n) + 530000 log10(s), the lowest first; as f1.",
        source: LEARNT,
        params: &[LANE],
    },
    About {
        name: "wfp3",
        doc: "WFP3: (w / r)^3 n, the highest first, asked anew at every decision.",
        source: TANG,
        params: &[LANE],
    },
    About {
        name: "unicep",
        doc: "UNICEP: w / (r log2 n), the highest first, asked anew at every decision. For n = 1 the logarithm is \
              taken a little above it, so that jobs of one processor go before all others.",
        source: TANG,
        params: &[LANE],
    },
    About {
        name: "wfp3-rlscheduler",
        doc: "WFP3 as RLScheduler's repository has it: for w stands -1 - s, since it reads the start of a job that has \
              none. So the latest submission goes first, and keys are fixed.",
        source: REPOSITORY,
        params: &[LANE],
    },
    About {
        name: "unicep-rlscheduler",
        doc: "UNICEP as RLScheduler's repository has it: for w stands -1 - s, since it reads the start of a job that \
              has none. So the latest submission goes first, and keys are fixed.",
        source: REPOSITORY,
        params: &[LANE],
    },
    About {
        name: "smallest-area",
        doc: "Smallest area first: r n, the estimated run time times the size. Unknown times come last.",
        source: "SAF in Carastan-Santos, de Camargo, Trystram, Zrigui, One can only gain by replacing EASY \
                 backfilling, CCGrid 2019.",
        params: &[LANE],
    },
];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Formula {
    F1,
    F2,
    F3,
    F4,
    Wfp3,
    Unicep,
    Area,
}

/// What stands for the time waited.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Waited {
    /// The time since submission.
    Truly,
    /// That of a job whose start is noted as -1.
    UntilMinusOne,
}

#[derive(Clone, Copy, Debug)]
struct Score {
    name: &'static str,
    formula: Formula,
    waited: Waited,
    lane: Lane,
}

pub(super) fn build(name: &str, params: &Params) -> Option<Box<dyn JobOrder>> {
    let (formula, waited) = match name {
        "f1" => (Formula::F1, Waited::Truly),
        "f2" => (Formula::F2, Waited::Truly),
        "f3" => (Formula::F3, Waited::Truly),
        "f4" => (Formula::F4, Waited::Truly),
        "wfp3" => (Formula::Wfp3, Waited::Truly),
        "unicep" => (Formula::Unicep, Waited::Truly),
        "wfp3-rlscheduler" => (Formula::Wfp3, Waited::UntilMinusOne),
        "unicep-rlscheduler" => (Formula::Unicep, Waited::UntilMinusOne),
        "smallest-area" => (Formula::Area, Waited::Truly),
        _ => return None,
    };
    let lane = Lane::from_name(params.text("lane")).expect("the choice lists lanes only");
    let name = ORDERS.iter().find(|about| about.name == name)?.name;
    Some(Box::new(Score { name, formula, waited, lane }))
}

/// Keeps divisors off zero, as in RLScheduler's repository.
const TINY: f64 = 1e-15;
/// Stands for times of zero under a logarithm, as in RLScheduler's repository [s].
const LOG_OF_ZERO: f64 = 0.1;
/// Stands for a run time of zero under a fraction bar [s]: the resolution of time.
const SHORTEST: f64 = 1e-9;

impl Formula {
    /// The score, of which the lowest goes first. Operations stand in the order of RLScheduler's repository, so that
    /// they round alike.
    fn score(self, r: f64, n: f64, s: f64, w: f64) -> f64 {
        let log10 = |x: f64| libm::log10(if x > 0.0 { x } else { LOG_OF_ZERO });
        match self {
            Self::F1 => log10(r) * n + 870.0 * log10(s),
            Self::F2 => libm::sqrt(r) * n + 25_600.0 * log10(s),
            Self::F3 => r * n + 6_860_000.0 * log10(s),
            Self::F4 => r * libm::sqrt(n) + 530_000.0 * log10(s),
            Self::Wfp3 => -libm::pow(w / r.max(SHORTEST), 3.0) * n,
            Self::Unicep => -(w + TINY) / (libm::log2(n + TINY) * r.max(SHORTEST)),
            Self::Area => r * n,
        }
    }
}

/// Seconds, exact where they are whole.
fn secs(ns: u64) -> f64 {
    const NS_PER_SEC: u64 = 1_000_000_000;
    (ns / NS_PER_SEC) as f64 + (ns % NS_PER_SEC) as f64 / NS_PER_SEC as f64
}

/// Tasks x request in whole units of the lane: cores, cards, MiB. Less than one counts as one: the scores were made
/// for whole processors, and logarithms change their sign at one.
fn size(tasks: u32, need: u32, lane: Lane) -> f64 {
    let amount = u64::from(tasks) * u64::from(need);
    let units = if matches!(lane, Lane::Cpu | Lane::Gpu) { 1000.0 } else { 1.0 };
    (amount as f64 / units).max(1.0)
}

impl JobOrder for Score {
    fn name(&self) -> &str {
        self.name
    }

    fn key(&self, job: JobId, view: View<'_>) -> OrderKey {
        let row = view.job(job);
        let facts = row.facts();
        let (r, s) = (secs(row.estimate().p50.as_ns()), secs(facts.submit.as_ns()));
        let n = size(facts.tasks, view.shape(job).need().get(self.lane), self.lane);
        let w = match self.waited {
            Waited::Truly => secs(view.now().since(facts.submit).as_ns()),
            Waited::UntilMinusOne => -1.0 - s,
        };
        OrderKey::float(self.formula.score(r, n, s, w))
    }

    fn moves(&self) -> bool {
        matches!(self.formula, Formula::Wfp3 | Formula::Unicep) && self.waited == Waited::Truly
    }

    fn fork(&self) -> Box<dyn JobOrder> {
        Box::new(*self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_learnt_scores_are_those_of_the_paper() {
        // r = 100 s, n = 4, s = 1000 s: log10 r = 2, sqrt r = 10, log10 s = 3, sqrt n = 2.
        let of = |formula: Formula| formula.score(100.0, 4.0, 1000.0, 7.0);
        assert_eq!(of(Formula::F1), 2.0 * 4.0 + 870.0 * 3.0);
        assert_eq!(of(Formula::F2), 10.0 * 4.0 + 25_600.0 * 3.0);
        assert_eq!(of(Formula::F3), 100.0 * 4.0 + 6_860_000.0 * 3.0);
        assert_eq!(of(Formula::F4), 100.0 * 2.0 + 530_000.0 * 3.0);
        assert_eq!(of(Formula::Area), 400.0);
        // log10 of a tenth is -1.
        assert_eq!(Formula::F1.score(0.0, 4.0, 0.0, 0.0), -4.0 - 870.0);
    }

    #[test]
    fn waiting_raises_wfp3_and_unicep() {
        // (20 / 10)^3 x 4 = 32; 20 / (10 log2 4) = 1. Highest first, so the sign is turned.
        assert_eq!(Formula::Wfp3.score(10.0, 4.0, 0.0, 20.0), -32.0);
        // What keeps its divisor off zero shows in the last digit.
        assert!((Formula::Unicep.score(10.0, 4.0, 0.0, 20.0) + 1.0).abs() < 1e-15);
        // A job of one processor goes before any other that has waited.
        assert!(Formula::Unicep.score(1e6, 1.0, 0.0, 1.0) < Formula::Unicep.score(1.0, 2.0, 0.0, 1e6));
        // Nothing waited and nothing asked for is a number all the same.
        assert_eq!(Formula::Wfp3.score(0.0, 1.0, 0.0, 0.0), 0.0);
    }

    #[test]
    fn sizes_are_whole_processors() {
        assert_eq!(size(3, 2000, Lane::Cpu), 6.0);
        assert_eq!(size(1, 250, Lane::Gpu), 1.0);
        assert_eq!(size(2, 300, Lane::Memory), 600.0);
        assert_eq!(size(2, 0, Lane::Cpu), 1.0);
    }

    #[test]
    fn whole_seconds_are_exact() {
        // 2^53 ns are 104 days; beyond, nanoseconds alone would be rounded before the division.
        assert_eq!(secs(123_456_789_000_000_000), 123_456_789.0);
        assert_eq!(secs(1_500_000_000), 1.5);
    }
}
