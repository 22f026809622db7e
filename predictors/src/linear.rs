//! Ridge regression on logarithms.

use linfa::Dataset;
use linfa::traits::Fit;
use linfa_linear::LinearRegression;
use ndarray::{Array1, Array2};
use sim_core::RuntimePredictor;
use sim_core::registry::{About, Kind, Param, Params};

use crate::features::{Features, NUMBERS};
use crate::groups::{BY, Group, Groups};
use crate::learner::{self, CORRECT, Learner, Model, SPREAD};

/// The declaration.
pub(crate) const ABOUT: About = About {
    name: "linear",
    doc: "Linear regression of log(1 + run time) on logarithms of tasks, cores, cards, memory and requested \
          time, hour of the day, priority, and two numbers of the user's history: the mean of log(1 + run \
          time), and that of the last job. Least squares over the last `window` jobs that ended plus `ridge` \
          times the squared weights of standardised features, fitted anew every `refit` ends; before the \
          first fit the fallback of all predictors. Guesses are at most what was requested, and at most \
          twice the longest run time of the window. O(1) per submission; a fit costs O(window x features^2).",
    source: "Hoerl and Kennard, Ridge regression, Technometrics 12, 1970; features as in Gaussier et al., \
             Improving backfilling by using machine learning to predict running times, SC 2015; solved by \
             linfa-linear.",
    params: &[
        BY,
        Param::with_default("refit", Kind::Int { min: 1, max: 1_000_000 }, "100", "ends between two fits"),
        Param::with_default(
            "window",
            Kind::Int { min: 10, max: 100_000 },
            "1000",
            "jobs that a fit looks at",
        ),
        Param::with_default(
            "ridge",
            Kind::Float { min: 1e-6, max: 1e6 },
            "1.0",
            "weight of the squared weights against the squared errors of the window",
        ),
        SPREAD,
        CORRECT,
    ],
};

/// The predictor of checked parameters.
pub(crate) fn build(params: &Params) -> Box<dyn RuntimePredictor> {
    let count = |key: &str| usize::try_from(params.int(key)).expect("it was declared to fit");
    let model = Linear {
        groups: Groups::new(params),
        everyone: History::default(),
        refit: count("refit"),
        window: count("window"),
        ridge: params.float("ridge"),
        rows: Vec::new(),
        oldest: 0,
        unfitted: 0,
        fit: None,
    };
    Box::new(Learner::new(ABOUT.name, model, learner::Options::of(params)))
}

/// Features of a fit: those of the job and two of its user.
const FEATURES: usize = NUMBERS + 2;

#[derive(Clone)]
struct Linear {
    groups: Groups<History>,
    /// What stands for the history of a user without one.
    everyone: History,
    refit: usize,
    window: usize,
    ridge: f64,
    /// Features at submission and log(1 + run time), of the latest jobs to end.
    rows: Vec<([f64; FEATURES], f64)>,
    oldest: usize,
    unfitted: usize,
    fit: Option<Plane>,
}

/// Sum and last of log(1 + run time).
#[derive(Clone, Copy, Default)]
struct History {
    jobs: u32,
    sum: f64,
    last: f64,
}

impl History {
    fn add(&mut self, log: f64) {
        self.jobs = self.jobs.saturating_add(1);
        self.sum += log;
        self.last = log;
    }
}

/// What a fit came to: `base + sum of weights x (feature - mean)`.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Plane {
    base: f64,
    means: [f64; FEATURES],
    weights: [f64; FEATURES],
    /// No guess is above this: lines go on for ever, run times do not.
    top: f64,
}

impl Plane {
    fn at(&self, features: &[f64; FEATURES]) -> f64 {
        let terms = (0..FEATURES).map(|n| self.weights[n] * (features[n] - self.means[n]));
        terms.fold(self.base, |sum, term| sum + term)
    }

    /// The plane through `rows` that least squares and the ridge agree on; `None` if the solver finds none.
    fn through(rows: &[([f64; FEATURES], f64)], ridge: f64) -> Option<Self> {
        let n = rows.len() as f64;
        let base = rows.iter().map(|(_, log)| log).sum::<f64>() / n;
        let (mut means, mut deviations) = ([0.0; FEATURES], [0.0; FEATURES]);
        for at in 0..FEATURES {
            let column = rows.iter().map(|(features, _)| features[at]);
            let mean = column.clone().sum::<f64>() / n;
            means[at] = mean;
            deviations[at] = libm::sqrt(column.map(|x| (x - mean) * (x - mean)).sum::<f64>() / n);
        }
        // Features that are alike but for rounding say nothing, and get the weight 0 from the ridge.
        let is_flat = |at: usize| deviations[at] <= 1e-9 * (1.0 + means[at].abs());
        let scaled = |features: &[f64; FEATURES], at: usize| {
            if is_flat(at) { 0.0 } else { (features[at] - means[at]) / deviations[at] }
        };
        // Ridge regression is least squares with a further row per feature: sqrt(ridge) there, and 0 for the answer.
        let count = rows.len();
        let records = Array2::from_shape_fn((count + FEATURES, FEATURES), |(row, at)| match rows.get(row) {
            Some((features, _)) => scaled(features, at),
            None if row - count == at => libm::sqrt(ridge),
            None => 0.0,
        });
        let targets =
            Array1::from_shape_fn(count + FEATURES, |row| rows.get(row).map_or(0.0, |(_, log)| log - base));
        let solver = LinearRegression::new().with_intercept(false);
        let solved = solver.fit(&Dataset::new(records, targets)).ok()?;
        let mut weights = [0.0; FEATURES];
        for (at, weight) in weights.iter_mut().enumerate() {
            *weight = if is_flat(at) { 0.0 } else { solved.params()[at] / deviations[at] };
        }
        let longest = rows.iter().map(|&(_, log)| log).fold(0.0, f64::max);
        let plane = Self { base, means, weights, top: longest + std::f64::consts::LN_2 };
        plane.weights.iter().all(|weight| weight.is_finite()).then_some(plane)
    }
}

impl Model for Linear {
    type Seen = (Group, [f64; FEATURES]);

    fn see(&mut self, job: &Features) -> Self::Seen {
        let group = self.groups.of(job);
        let history = self.groups.get(group).copied().unwrap_or(self.everyone);
        let mut features = [0.0; FEATURES];
        features[..NUMBERS].copy_from_slice(&job.numbers);
        features[NUMBERS] = history.sum / f64::from(history.jobs.max(1));
        features[NUMBERS + 1] = history.last;
        (group, features)
    }

    fn point(&mut self, (_, features): &Self::Seen) -> Option<f64> {
        let plane = self.fit.as_ref()?;
        Some(libm::expm1(plane.at(features).clamp(0.0, plane.top)))
    }

    fn learn(&mut self, (group, features): Self::Seen, ran_s: f64) {
        let log = libm::log1p(ran_s);
        self.everyone.add(log);
        if let Some(history) = self.groups.enter(group) {
            history.add(log);
        }
        if self.rows.len() < self.window {
            self.rows.push((features, log));
        } else {
            self.rows[self.oldest] = (features, log);
            self.oldest = (self.oldest + 1) % self.window;
        }
        self.unfitted += 1;
        if self.unfitted >= self.refit {
            self.unfitted = 0;
            self.fit = Plane::through(&self.rows, self.ridge).or(self.fit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plane_without_ridge_goes_through_its_points() {
        // log = 2 + 3 x feature 0 - feature 1; the other features are flat.
        let rows: Vec<_> = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (2.0, 5.0)]
            .map(|(a, b)| {
                let mut features = [7.0; FEATURES];
                (features[0], features[1]) = (a, b);
                (features, 2.0 + 3.0 * a - b)
            })
            .into();
        let plane = Plane::through(&rows, 1e-6).unwrap();
        assert!((plane.weights[0] - 3.0).abs() < 1e-5, "{plane:?}");
        assert!((plane.weights[1] + 1.0).abs() < 1e-5, "{plane:?}");
        assert!(plane.weights[2..].iter().all(|&weight| weight == 0.0), "{plane:?}");
        assert!((plane.at(&rows[3].0) - 3.0).abs() < 1e-5);
    }

    #[test]
    fn the_ridge_shrinks_weights_as_the_formula_says() {
        // One feature, standardised to -1 and 1: the weight is sum(xy) / (sum(xx) + ridge) = 2 / (2 + 2).
        let row = |x: f64, y: f64| {
            let mut features = [0.0; FEATURES];
            features[3] = x;
            (features, y)
        };
        let plane = Plane::through(&[row(-1.0, 4.0), row(1.0, 6.0)], 2.0).unwrap();
        assert!((plane.base - 5.0).abs() < 1e-12 && (plane.weights[3] - 0.5).abs() < 1e-12, "{plane:?}");
        // Twice the longest: log(e^6 x 2).
        assert!((plane.top - (6.0 + libm::log(2.0))).abs() < 1e-12);
    }
}
