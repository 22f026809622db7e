//! Alerts: what somebody on call would have been told during a run, and for how long.

use std::collections::VecDeque;

use sim_core::{Metric, ResultSink, SimDuration, SimTime, SinkError, Vocabulary};

use crate::metrics::{ALERT_FIRED, ALERT_FIRST, ALERT_TIME};
use crate::series::{Row, Signal};

/// When an alert fires, as written in a scenario.
#[derive(Clone, PartialEq, Debug)]
pub struct AlertRule {
    /// Its name; unique in a scenario.
    pub name: String,
    /// The column of the series that it watches.
    pub series: String,
    /// The value that must be passed.
    pub threshold: f64,
    /// True: fires above the threshold; false: below it.
    pub above: bool,
    /// Watches how much the column has grown in the time up to each row, instead of its value.
    pub increase_over: Option<SimDuration>,
    /// How long the condition must hold before it fires.
    pub hold: SimDuration,
}

/// The alerts of a run. A condition is looked at in every row of the series, as a monitoring system does at its
/// evaluation interval; a row without a value does not meet it.
#[derive(Clone, Debug)]
pub(crate) struct Alerts {
    watches: Vec<Watch>,
}

#[derive(Clone, Debug)]
struct Watch {
    rule: AlertRule,
    /// `None` if the series has no such column: it never fires.
    signal: Option<Signal>,
    /// Rows within `increase_over`, and the last one before.
    past: VecDeque<(SimTime, f64)>,
    /// The first row of the stretch in which the condition holds.
    holds_since: Option<SimTime>,
    fires_since: Option<SimTime>,
    first: Option<SimTime>,
    fired: u64,
    firing_ns: u64,
}

impl Alerts {
    pub(crate) fn new(rules: Vec<AlertRule>) -> Self {
        let watch = |rule| Watch {
            rule,
            signal: None,
            past: VecDeque::new(),
            holds_since: None,
            fires_since: None,
            first: None,
            fired: 0,
            firing_ns: 0,
        };
        Self { watches: rules.into_iter().map(watch).collect() }
    }

    /// Finds the columns that the rules name.
    pub(crate) fn resolve(&mut self, signals: &[Signal], words: &Vocabulary) {
        for watch in &mut self.watches {
            let named = |signal: &&Signal| signal.name(words) == watch.rule.series;
            watch.signal = signals.iter().find(named).copied();
        }
    }

    /// Takes in a row. Rows come in order of time.
    pub(crate) fn look(&mut self, row: &Row) {
        for watch in &mut self.watches {
            let value = watch.signal.and_then(|signal| signal.value(row));
            watch.look(row.at, value);
        }
    }

    /// Hands over, per alert, how often and how long it fired, and when first.
    pub(crate) fn finish(&mut self, at: SimTime, out: &mut dyn ResultSink) -> Result<(), SinkError> {
        for watch in &mut self.watches {
            watch.stop(at);
            let name = &watch.rule.name;
            let mut put = |metric: &'static Metric, value| out.scalar(metric, name, value);
            put(&ALERT_FIRED, watch.fired as f64)?;
            put(&ALERT_TIME, watch.firing_ns as f64 / 1e9)?;
            if let Some(first) = watch.first {
                put(&ALERT_FIRST, first.as_ns() as f64 / 1e9)?;
            }
        }
        Ok(())
    }
}

impl Watch {
    fn look(&mut self, at: SimTime, value: Option<f64>) {
        let value = match self.rule.increase_over {
            Some(over) => value.and_then(|value| self.increase(at, value, over)),
            None => value,
        };
        let threshold = self.rule.threshold;
        let is_met =
            value.is_some_and(|value| if self.rule.above { value > threshold } else { value < threshold });
        if !is_met {
            self.stop(at);
            return;
        }
        let since = *self.holds_since.get_or_insert(at);
        if self.fires_since.is_none() && at.since(since) >= self.rule.hold {
            self.fires_since = Some(at);
            self.first.get_or_insert(at);
            self.fired += 1;
        }
    }

    /// Growth since the last row that is at least `over` ago; since the first row while there is none.
    fn increase(&mut self, at: SimTime, value: f64, over: SimDuration) -> Option<f64> {
        self.past.push_back((at, value));
        let is_past = |(then, _): &(SimTime, f64)| at.since(*then) >= over;
        while self.past.get(1).is_some_and(is_past) {
            self.past.pop_front();
        }
        self.past.front().map(|(_, before)| value - before)
    }

    fn stop(&mut self, at: SimTime) {
        self.holds_since = None;
        if let Some(since) = self.fires_since.take() {
            self.firing_ns += at.since(since).as_ns();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(rule: AlertRule, values: &[(u64, Option<f64>)]) -> Watch {
        let mut alerts = Alerts::new(vec![rule]);
        let mut watch = alerts.watches.remove(0);
        values.iter().for_each(|&(secs, value)| watch.look(SimTime::from_secs(secs), value));
        watch
    }

    fn above(threshold: f64, hold: u64) -> AlertRule {
        AlertRule {
            name: "a".into(),
            series: "queue".into(),
            threshold,
            above: true,
            increase_over: None,
            hold: SimDuration::from_secs(hold),
        }
    }

    const S: u64 = 1_000_000_000;

    #[test]
    fn an_alert_fires_once_its_condition_has_held_long_enough() {
        let values =
            [(10, 5.0), (20, 6.0), (30, 7.0), (40, 1.0), (50, 9.0), (60, 2.0)].map(|(t, v)| (t, Some(v)));
        // Above 4 at 10, 20 and 30: fires at 30, after 20 s, and is resolved at 40. At 50 it does not last.
        let watch = watch(above(4.0, 20), &values);
        assert_eq!((watch.fired, watch.firing_ns, watch.first), (1, 10 * S, Some(SimTime::from_secs(30))));
    }

    #[test]
    fn the_threshold_itself_does_not_fire_and_rows_without_a_value_resolve() {
        let values = [(10, Some(4.0)), (20, Some(4.5)), (30, None), (40, Some(5.0))];
        let mut watch = watch(above(4.0, 0), &values);
        watch.stop(SimTime::from_secs(55));
        // 20 to 30, and 40 to the end.
        assert_eq!((watch.fired, watch.firing_ns), (2, 25 * S));
    }

    #[test]
    fn growth_is_counted_over_the_time_before_the_row() {
        let rule = AlertRule { increase_over: Some(SimDuration::from_secs(20)), ..above(10.0, 0) };
        let values = [(10, 0.0), (20, 8.0), (30, 12.0), (40, 13.0), (50, 15.0)].map(|(t, v)| (t, Some(v)));
        // Since 20 s before: 0, 8, 12, 5, 3.
        let watch = watch(rule, &values);
        assert_eq!((watch.fired, watch.firing_ns), (1, 10 * S));
    }
}
