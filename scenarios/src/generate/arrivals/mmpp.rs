//! Markov-modulated Poisson arrivals: a rate that jumps between a few levels.

use sim_core::Stream;
use sim_core::random::exponential;
use sim_core::registry::{About, Kind, Param, Params, Value};

use super::super::{problem, seconds};
use super::SECONDS_PER_HOUR;
use crate::problem::Problem;

/// The declaration.
pub(super) const ABOUT: About = About {
    name: "mmpp",
    doc: "A Markov chain stays in each state for an exponential time; jobs arrive at the rate of its state. \
          Simulated exactly, by competing exponentials; it starts in its stationary distribution.",
    source: "Fischer and Meier-Hellstern, The Markov-modulated Poisson process cookbook, 1993.",
    params: &[
        Param::required(
            "rates_per_hour",
            Kind::List(&Kind::Float { min: 0.0, max: 1e15 }),
            "Rate in each state [jobs per hour]; only their relations count where `load` is given.",
        ),
        Param::required("mean_sojourn", Kind::List(&Kind::Duration), "Mean stay in each state."),
        Param::with_default(
            "switch",
            Kind::Choice(&["cyclic", "uniform"]),
            "\"cyclic\"",
            "Which state is next: the following one, or any other with equal chance.",
        ),
    ],
};

#[derive(Clone, Debug)]
pub(super) struct Mmpp {
    /// Rate of arrivals by state [1/s].
    arrive: Vec<f64>,
    /// Rate of leaving by state [1/s].
    leave: Vec<f64>,
    uniform: bool,
    /// `None` before the first gap.
    state: Option<usize>,
}

impl Mmpp {
    pub(super) fn new(params: &Params) -> Result<Self, Problem> {
        let arrive: Vec<f64> = params
            .list("rates_per_hour")
            .iter()
            .map(|value| match value {
                Value::Float(rate) => rate / SECONDS_PER_HOUR,
                other => panic!("a number was declared, and {other:?} was checked"),
            })
            .collect();
        let sojourns: Vec<f64> = params.list("mean_sojourn").iter().map(seconds).collect();
        if sojourns.len() != arrive.len() || arrive.is_empty() {
            let rule = format!("must have as many elements as `rates_per_hour`, which has {}", arrive.len());
            return Err(problem("arrivals.mean_sojourn", format!("{} element(s)", sojourns.len()), rule));
        }
        if sojourns.contains(&0.0) {
            return Err(problem("arrivals.mean_sojourn", 0, "must be above 0"));
        }
        if arrive.iter().all(|&rate| rate == 0.0) {
            return Err(problem("arrivals.rates_per_hour", "", "must hold a rate above 0"));
        }
        let leave = sojourns.iter().map(|stay| 1.0 / stay).collect();
        Ok(Self { arrive, leave, uniform: params.text("switch") == "uniform", state: None })
    }

    /// Both ways of switching visit all states equally often, so that the share of a state is that of its
    /// stay.
    pub(super) fn mean_rate(&self) -> f64 {
        let stays: f64 = self.leave.iter().map(|rate| 1.0 / rate).sum();
        self.arrive.iter().zip(&self.leave).map(|(arrive, leave)| arrive / leave).sum::<f64>() / stays
    }

    pub(super) fn scale(&mut self, factor: f64) {
        self.arrive.iter_mut().for_each(|rate| *rate *= factor);
    }

    #[inline]
    pub(super) fn gap(&mut self, stream: &mut Stream) -> f64 {
        let mut state = self.state.unwrap_or_else(|| self.stationary(stream));
        let mut gap = 0.0;
        loop {
            let (arrive, leave) = (self.arrive[state], self.leave[state]);
            gap += exponential(stream) / (arrive + leave);
            if stream.unit() * (arrive + leave) < arrive {
                self.state = Some(state);
                return gap;
            }
            state = self.next_state(state, stream);
        }
    }

    fn next_state(&self, state: usize, stream: &mut Stream) -> usize {
        let states = self.arrive.len();
        if self.uniform && states > 2 {
            let other = stream.below(states as u64 - 1) as usize;
            return if other < state { other } else { other + 1 };
        }
        (state + 1) % states
    }

    fn stationary(&self, stream: &mut Stream) -> usize {
        let stays: f64 = self.leave.iter().map(|rate| 1.0 / rate).sum();
        let mut left = stream.unit() * stays;
        for (state, rate) in self.leave.iter().enumerate() {
            left -= 1.0 / rate;
            if left < 0.0 {
                return state;
            }
        }
        self.leave.len() - 1
    }
}
