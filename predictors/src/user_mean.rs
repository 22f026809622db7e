//! The mean of all run times of the same user.

use sim_core::RuntimePredictor;
use sim_core::registry::{About, Params};

use crate::features::Features;
use crate::groups::{BY, Group, Groups};
use crate::learner::{self, CORRECT, Learner, Model, SPREAD};

/// The declaration.
pub(crate) const ABOUT: About = About {
    name: "user-mean",
    doc: "The mean of all the user's run times so far, at most what was requested; before a first one the \
          fallback of all predictors: the request, else the mean run time of all. O(1) per job.",
    source: "The simplest of historical predictions: Gibbons, A historical application profiler for use by \
             parallel schedulers, JSSPP 1997; Smith, Foster and Taylor, JSSPP 1998.",
    params: &[BY, SPREAD, CORRECT],
};

/// The predictor of checked parameters.
pub(crate) fn build(params: &Params) -> Box<dyn RuntimePredictor> {
    Box::new(Learner::new(ABOUT.name, UserMean { groups: Groups::new(params) }, learner::Options::of(params)))
}

#[derive(Clone)]
struct UserMean {
    groups: Groups<Sum>,
}

#[derive(Clone, Copy, Default)]
struct Sum {
    jobs: u32,
    ran_s: f64,
}

impl Model for UserMean {
    type Seen = Group;

    fn see(&mut self, job: &Features) -> Group {
        self.groups.of(job)
    }

    fn point(&mut self, group: &Group) -> Option<f64> {
        self.groups.get(*group).map(|sum| sum.ran_s / f64::from(sum.jobs))
    }

    fn learn(&mut self, group: Group, ran_s: f64) {
        if let Some(sum) = self.groups.enter(group) {
            sum.jobs = sum.jobs.saturating_add(1);
            sum.ran_s += ran_s;
        }
    }
}
