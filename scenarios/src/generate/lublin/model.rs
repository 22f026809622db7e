//! Sizes, run times and arrivals of the Lublin-Feitelson model.

use sim_core::Stream;
use sim_core::random::gamma;

use crate::generate::incomplete_gamma::gamma_cdf;

/// The fitted constants of one type of jobs.
///
/// # Source
/// The header of m_lublin99.c (Parallel Workloads Archive); names as there.
#[derive(Debug)]
pub(super) struct Constants {
    /// Name of the type.
    pub(super) name: &'static str,
    serial_prob: f64,
    pow2_prob: f64,
    /// Log2 of the smallest parallel size.
    pub(super) ulow: f64,
    uprob: f64,
    /// Shape and scale of the log of short run times, and of long ones.
    short: (f64, f64),
    long: (f64, f64),
    /// Chance of a short run time: pa * size + pb.
    pa: f64,
    pb: f64,
    /// Shape and scale of the log of gaps.
    aarr: f64,
    barr: f64,
    /// Shape and scale of the daily cycle, in half hours.
    anum: f64,
    bnum: f64,
    /// Multiplies `aarr`: corrects for the gaps of rush hours.
    arar: f64,
}

pub(super) const BATCH: Constants = Constants {
    name: "batch",
    serial_prob: 0.2927,
    pow2_prob: 0.6686,
    ulow: 1.2,
    uprob: 0.875,
    short: (6.57, 0.823),
    long: (639.1, 0.0156),
    pa: -0.003,
    pb: 0.6986,
    aarr: 6.0415,
    barr: 0.8531,
    anum: 6.1271,
    bnum: 5.2740,
    arar: 1.0519,
};

pub(super) const INTERACTIVE: Constants = Constants {
    name: "interactive",
    serial_prob: 0.1541,
    pow2_prob: 0.625,
    ulow: 1.0,
    uprob: 0.705,
    short: (3.8351, 0.6605),
    long: (7.073, 0.6856),
    pa: -0.0118,
    pb: 0.9156,
    aarr: 6.5510,
    barr: 0.6621,
    anum: 8.9186,
    bnum: 3.6680,
    arar: 0.9797,
};

pub(super) const ALL: Constants = Constants {
    name: "all",
    serial_prob: 0.244,
    pow2_prob: 0.576,
    ulow: 0.8,
    uprob: 0.86,
    short: (4.2, 0.94),
    long: (312.0, 0.03),
    pa: -0.0054,
    pb: 0.78,
    aarr: 10.2303,
    barr: 0.4871,
    anum: 8.1737,
    bnum: 3.9631,
    arar: 1.0225,
};

/// Longest run time [ln s]: TOO_MUCH_TIME.
const RUN_LN_MAX: f64 = 12.0;
/// Longest gap [ln s]: TOO_MUCH_ARRIVE_TIME.
const GAP_LN_MAX: f64 = 13.0;
/// Buckets of the day: BUCKETS.
const BUCKETS: usize = 48;
/// Their length: SECONDS_IN_BUCKET.
const BUCKET_SECONDS: f64 = 1800.0;
/// The bucket that the fitted day begins in: CYCLIC_DAY_START.
const DAY_START: usize = 11;

/// Bend and end of the two-stage uniform distribution of log2 sizes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    pub(super) umed: f64,
    pub(super) uhi: f64,
}

/// One job as the model makes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Raw {
    /// Number of its type.
    pub(super) kind: usize,
    /// [s]
    pub(super) submit: u64,
    /// [s]
    pub(super) run: u64,
    /// Processors.
    pub(super) size: u32,
}

/// Jobs of one or two types, merged by arrival.
#[derive(Clone, Debug)]
pub(super) struct Source {
    kinds: Vec<Type>,
    processors: u32,
}

#[derive(Clone, Debug)]
struct Type {
    constants: &'static Constants,
    sizes: Sizes,
    cycle: Cycle,
    size_stream: Stream,
    run_stream: Stream,
}

impl Source {
    /// Sizes beyond `processors`, which only rounding of machines that are no power of two makes, are cut.
    pub(super) fn new(types: &[(&'static Constants, Sizes)], processors: u32, seed: u64) -> Self {
        let kinds = types.iter().map(|&(constants, sizes)| {
            // With one type the streams have the plain names that all generators use.
            let suffix = if types.len() == 1 { String::new() } else { format!("/{}", constants.name) };
            let stream = |name: &str| Stream::new(seed, &format!("workload/{name}{suffix}"));
            let cycle = Cycle::new(constants, stream("arrivals"));
            let (size_stream, run_stream) = (stream("shapes"), stream("durations"));
            Type { constants, sizes, cycle, size_stream, run_stream }
        });
        Self { kinds: kinds.collect(), processors }
    }

    /// Names of the types.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.kinds.iter().map(|kind| kind.constants.name)
    }

    /// The next job: of the type whose next arrival is earliest, ties to the first type.
    pub(super) fn next(&mut self) -> Raw {
        let mut kind = 0;
        for other in 1..self.kinds.len() {
            if self.kinds[other].cycle.next < self.kinds[kind].cycle.next {
                kind = other;
            }
        }
        let chosen = &mut self.kinds[kind];
        // Arrivals are positive and far below 2^64 seconds.
        let submit = chosen.cycle.next as u64;
        chosen.cycle.advance();
        let size = chosen.size().min(self.processors);
        Raw { kind, submit, run: chosen.run(size), size }
    }
}

impl Type {
    fn size(&mut self) -> u32 {
        let (c, stream) = (self.constants, &mut self.size_stream);
        let u = stream.unit();
        if u <= c.serial_prob {
            return 1;
        }
        let (low, high) = if stream.unit() <= c.uprob {
            (c.ulow, self.sizes.umed)
        } else {
            (self.sizes.umed, self.sizes.uhi)
        };
        let log2 = low + (high - low) * stream.unit();
        let log2 = if u <= c.serial_prob + c.pow2_prob { libm::round(log2) } else { log2 };
        // At most 2^32, where the cast saturates.
        libm::round(libm::exp2(log2)) as u32
    }

    fn run(&mut self, size: u32) -> u64 {
        let (c, stream) = (self.constants, &mut self.run_stream);
        let short = (c.pa * f64::from(size) + c.pb).clamp(0.0, 1.0);
        let (shape, scale) = if stream.unit() <= short { c.short } else { c.long };
        loop {
            let ln = scale * gamma(stream, shape);
            if ln <= RUN_LN_MAX {
                // Between 1 and e^12.
                return libm::floor(libm::exp(ln)) as u64;
            }
        }
    }
}

/// Arrivals with a daily cycle. Points are earned by gaps and paid, bucket by bucket, at the bucket's weight:
/// quiet buckets are dear. Points and remainder persist between arrivals, as in the C original.
#[derive(Clone, Debug)]
struct Cycle {
    constants: &'static Constants,
    weights: [f64; BUCKETS],
    stream: Stream,
    bucket: usize,
    points: f64,
    remainder: f64,
    /// The next arrival [s].
    next: f64,
}

impl Cycle {
    fn new(constants: &'static Constants, stream: Stream) -> Self {
        let mut weights = [0.0; BUCKETS];
        let cdf = |x: f64| gamma_cdf(x, constants.anum, constants.bnum);
        for half_hour in DAY_START..DAY_START + BUCKETS {
            let x = half_hour as f64;
            weights[(half_hour - 1) % BUCKETS] = cdf(x + 0.5) - cdf(x - 0.5);
        }
        let mean = weights.iter().sum::<f64>() / BUCKETS as f64;
        let weights = weights.map(|weight| weight / mean);
        let mut cycle =
            Self { constants, weights, stream, bucket: 0, points: 0.0, remainder: 0.0, next: 0.0 };
        cycle.advance();
        cycle
    }

    fn advance(&mut self) {
        let c = self.constants;
        let ln = loop {
            let ln = c.barr * gamma(&mut self.stream, c.aarr * c.arar);
            if ln <= GAP_LN_MAX {
                break ln;
            }
        };
        self.points += libm::exp(ln) / BUCKET_SECONDS;
        while self.points > self.weights[self.bucket] {
            self.points -= self.weights[self.bucket];
            self.bucket = (self.bucket + 1) % BUCKETS;
            self.next += BUCKET_SECONDS;
        }
        let remainder = self.points / self.weights[self.bucket];
        self.next += BUCKET_SECONDS * (remainder - self.remainder);
        self.remainder = remainder;
    }
}
