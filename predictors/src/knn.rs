//! The run times of the most similar jobs of late.

use sim_core::RuntimePredictor;
use sim_core::registry::{About, Kind, Param, Params};

use crate::features::{Features, NUMBERS};
use crate::learner::{self, CORRECT, Learner, Model, SPREAD};

/// The declaration.
pub(crate) const ABOUT: About = About {
    name: "knn",
    doc: "The weighted mean of the run times of the most similar jobs among the last `window` that ended. A \
          job is a vector: user and tenant, logarithms of tasks, cores, cards, memory and requested time, \
          hour of the day, priority; numbers in standard deviations from the mean of the window. With \
          `cosine`, jobs of a similarity above `threshold` count, weighed by it; with `scaled`, the nearest \
          by Euclidean distance d, weighed by 1 / (1 + d). Another user, or tenant, is as far as 2 standard \
          deviations. Without any such job the fallback of all predictors. Guesses are at most what was \
          requested. O(window) per submission, about ten numbers each.",
    source: "Instance-based learning of run times: Kapadia, Fortes and Brodley, Predictive \
             application-performance modeling in a computational-grid environment, HPDC 1999; Smith, \
             Prediction services for distributed computing, IPDPS 2007.",
    params: &[
        Param::with_default(
            "metric",
            Kind::Choice(&["cosine", "scaled"]),
            "\"cosine\"",
            "what similar means",
        ),
        Param::with_default("neighbours", Kind::Int { min: 1, max: 1000 }, "10", "most jobs that count"),
        Param::with_default(
            "threshold",
            Kind::Float { min: -1.0, max: 1.0 },
            "0.7",
            "least cosine similarity of a job that counts; of no effect with `scaled`",
        ),
        Param::with_default(
            "window",
            Kind::Int { min: 1, max: 100_000 },
            "1000",
            "jobs that are remembered, the latest to end",
        ),
        SPREAD,
        CORRECT,
    ],
};

/// The predictor of checked parameters.
pub(crate) fn build(params: &Params) -> Box<dyn RuntimePredictor> {
    let count = |key: &str| usize::try_from(params.int(key)).expect("it was declared to fit");
    let metric = match params.text("metric") {
        "cosine" => Metric::Cosine { threshold: params.float("threshold") },
        _ => Metric::Scaled,
    };
    let model = Knn::new(metric, count("neighbours"), count("window"));
    Box::new(Learner::new(ABOUT.name, model, learner::Options::of(params)))
}

/// Square of the weight of user and tenant in standard deviations (arbitrary; the text above names it).
const SAME: f64 = 4.0;

/// Ends between two looks at means and deviations (arbitrary): a look costs O(window).
const SCALE_EVERY: usize = 50;

#[derive(Clone, Copy, PartialEq, Debug)]
enum Metric {
    Cosine { threshold: f64 },
    Scaled,
}

/// A job that has ended.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Row {
    seen: Features,
    ran_s: f64,
    scaled: Scaled,
}

/// Numbers in standard deviations, and the square of the whole vector's length.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
struct Scaled {
    numbers: [f64; NUMBERS],
    square: f64,
}

#[derive(Clone)]
struct Knn {
    metric: Metric,
    neighbours: usize,
    window: usize,
    rows: Vec<Row>,
    /// The row to be replaced next, once the window is full.
    oldest: usize,
    unscaled: usize,
    means: [f64; NUMBERS],
    /// 1 / standard deviation; zero for numbers that are all alike.
    factors: [f64; NUMBERS],
    /// The best so far of a search, the best first: weight and run time.
    best: Vec<(f64, f64)>,
}

impl Knn {
    fn new(metric: Metric, neighbours: usize, window: usize) -> Self {
        let (means, factors) = ([0.0; NUMBERS], [0.0; NUMBERS]);
        Self {
            metric,
            neighbours,
            window,
            rows: Vec::new(),
            oldest: 0,
            unscaled: 0,
            means,
            factors,
            best: Vec::new(),
        }
    }

    fn scaled(&self, seen: &Features) -> Scaled {
        let mut scaled = Scaled { square: 2.0 * SAME, ..Scaled::default() };
        for (n, number) in scaled.numbers.iter_mut().enumerate() {
            *number = (seen.numbers[n] - self.means[n]) * self.factors[n];
            scaled.square += *number * *number;
        }
        scaled
    }

    /// The weight of a row for the job; `None` if it does not count.
    #[inline]
    fn weight(&self, row: &Row, job: &Features, scaled: &Scaled) -> Option<f64> {
        let same = f64::from(u8::from(row.seen.user == job.user) + u8::from(row.seen.tenant == job.tenant));
        let pairs = row.scaled.numbers.iter().zip(&scaled.numbers);
        match self.metric {
            Metric::Cosine { threshold } => {
                let product = pairs.fold(SAME * same, |sum, (a, b)| sum + a * b);
                let cosine = product / libm::sqrt(row.scaled.square * scaled.square);
                // Weights are positive, whatever the threshold.
                (cosine > threshold && cosine > 0.0).then_some(cosine)
            }
            Metric::Scaled => {
                let square = pairs.fold(SAME * (2.0 - same), |sum, (a, b)| sum + (a - b) * (a - b));
                Some(1.0 / (1.0 + libm::sqrt(square)))
            }
        }
    }

    /// Looks at means and deviations of the window, and scales it anew.
    fn rescale(&mut self) {
        let n = self.rows.len() as f64;
        for at in 0..NUMBERS {
            let numbers = self.rows.iter().map(|row| row.seen.numbers[at]);
            let mean = numbers.clone().sum::<f64>() / n;
            let square = numbers.map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
            // Numbers that are alike but for rounding are alike.
            let is_flat = square <= 1e-18 * (1.0 + mean * mean);
            self.means[at] = mean;
            self.factors[at] = if is_flat { 0.0 } else { 1.0 / libm::sqrt(square) };
        }
        for n in 0..self.rows.len() {
            self.rows[n].scaled = self.scaled(&self.rows[n].seen);
        }
    }
}

impl Model for Knn {
    type Seen = Features;

    fn see(&mut self, job: &Features) -> Features {
        *job
    }

    fn point(&mut self, seen: &Features) -> Option<f64> {
        let scaled = self.scaled(seen);
        let mut best = std::mem::take(&mut self.best);
        best.clear();
        // The latest rows first, so that they win ties.
        let (newer, older) = self.rows.split_at(self.oldest);
        for row in newer.iter().rev().chain(older.iter().rev()) {
            let Some(weight) = self.weight(row, seen, &scaled) else { continue };
            if best.len() == self.neighbours && best[best.len() - 1].0 >= weight {
                continue;
            }
            best.truncate(self.neighbours - 1);
            let at = best.partition_point(|&(other, _)| other >= weight);
            best.insert(at, (weight, row.ran_s));
        }
        let weights: f64 = best.iter().map(|(weight, _)| weight).sum();
        let sum: f64 = best.iter().map(|(weight, ran_s)| weight * ran_s).sum();
        self.best = best;
        (weights > 0.0).then(|| sum / weights)
    }

    fn learn(&mut self, seen: Features, ran_s: f64) {
        let row = Row { seen, ran_s, scaled: self.scaled(&seen) };
        if self.rows.len() < self.window {
            self.rows.push(row);
        } else {
            self.rows[self.oldest] = row;
            self.oldest = (self.oldest + 1) % self.window;
        }
        self.unscaled += 1;
        // Often at the beginning, when every job changes the picture.
        if self.unscaled >= SCALE_EVERY.min(self.rows.len()) {
            self.unscaled = 0;
            self.rescale();
        }
    }
}
