//! The mean of the last two run times of the same user.

use sim_core::RuntimePredictor;
use sim_core::registry::{About, Params};

use crate::features::Features;
use crate::groups::{BY, Group, Groups};
use crate::learner::{self, CORRECT, Learner, Model, SPREAD};

/// The declaration.
pub(crate) const ABOUT: About = About {
    name: "last-two",
    doc: "The mean of the user's last two run times, at most what was requested; the single one after a \
          first job, and the fallback of all predictors before: the request, else the mean run time of all. \
          A job that outlives the guess is given 1, 5, 15, 30 minutes and so on more. O(1) per job.",
    source: "Tsafrir, Etsion and Feitelson, Backfilling using system-generated predictions rather than user \
             runtime estimates, IEEE TPDS 18(6), 2007.",
    params: &[BY, SPREAD, CORRECT],
};

/// The predictor of checked parameters.
pub(crate) fn build(params: &Params) -> Box<dyn RuntimePredictor> {
    Box::new(Learner::new(ABOUT.name, LastTwo { groups: Groups::new(params) }, learner::Options::of(params)))
}

#[derive(Clone)]
struct LastTwo {
    groups: Groups<Last>,
}

/// The last two run times [s], the latest first.
#[derive(Clone, Copy, Default)]
struct Last(Option<f64>, Option<f64>);

impl Model for LastTwo {
    type Seen = Group;

    fn see(&mut self, job: &Features) -> Group {
        self.groups.of(job)
    }

    fn point(&mut self, group: &Group) -> Option<f64> {
        match *self.groups.get(*group)? {
            Last(Some(last), Some(before)) => Some((last + before) / 2.0),
            Last(last, _) => last,
        }
    }

    fn learn(&mut self, group: Group, ran_s: f64) {
        if let Some(last) = self.groups.enter(group) {
            *last = Last(Some(ran_s), last.0);
        }
    }
}
