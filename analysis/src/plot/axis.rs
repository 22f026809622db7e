//! Axes: what part of the numbers is shown, in which unit, and where the ticks are.

use super::font::width;
use super::look::TICK;
use crate::compare::scale_of;

/// What an axis shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Quantity {
    /// Its name; that of a metric where it is one.
    pub name: String,
    /// Its unit: `s` and `1` become what reads well (h, %).
    pub unit: String,
}

impl Quantity {
    /// A quantity by name and unit.
    pub fn new(name: &str, unit: &str) -> Self {
        Self { name: name.to_owned(), unit: unit.to_owned() }
    }
}

/// How numbers are spread along an axis.
#[derive(Clone, PartialEq, Debug)]
pub enum Spread {
    /// Evenly over what the data span.
    Linear,
    /// Evenly, zero included.
    FromZero,
    /// Evenly over that range.
    Range(f64, f64),
    /// By logarithm if all are positive and the largest is a hundred times the smallest (arbitrary), else evenly and
    /// with zero.
    Auto,
    /// By logarithm; what is not positive stands at the lower end.
    Log,
    /// One place per word; numbers are places from 0.
    Words(Vec<String>),
}

/// From how many times the smallest value on the largest is shown by logarithm (arbitrary).
const WIDE: f64 = 100.0;

/// Decades of a logarithmic axis, at most (arbitrary: what lies below stands at the lower end).
const DECADES_MAX: f64 = 9.0;

/// An axis with data.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Axis {
    /// What it shows, with the unit.
    pub(crate) label: String,
    low: f64,
    high: f64,
    is_log: bool,
    /// What numbers are divided by for their texts.
    divisor: f64,
    words: Option<Vec<String>>,
}

impl Axis {
    /// The axis of `quantity` for `values`; those that are not finite do not count.
    pub(crate) fn new(quantity: &Quantity, spread: &Spread, values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        values.sort_by(f64::total_cmp);
        let first = values.first().copied().unwrap_or(0.0);
        let last = values.last().copied().unwrap_or(1.0);
        let positive = values.iter().copied().find(|value| *value > 0.0);
        let (divisor, label) = label(quantity, first.abs().max(last.abs()));
        let plain = |low, high| Self { label: label.clone(), low, high, is_log: false, divisor, words: None };
        match (spread, positive) {
            (Spread::Words(words), _) => {
                let words = Some(words.clone());
                Self { label: quantity.name.clone(), divisor: 1.0, words, ..plain(0.0, 1.0) }
            }
            (Spread::Range(low, high), _) => plain(*low, *high),
            (Spread::Linear, _) => plain(first, last).rounded(),
            (Spread::Auto, Some(least)) if first > 0.0 && last >= WIDE * least => {
                Self::log(plain(least, last))
            }
            (Spread::Log, Some(least)) => Self::log(plain(least, last)),
            (Spread::FromZero | Spread::Auto | Spread::Log, _) => {
                plain(first.min(0.0), last.max(0.0)).rounded()
            }
        }
    }

    /// The axis for `values` and the ends of their intervals, which alone make it neither negative nor
    /// wider by decades, and no share more than the whole.
    pub(crate) fn with_intervals(
        quantity: &Quantity,
        spread: &Spread,
        values: impl Iterator<Item = f64> + Clone,
        ends: impl Iterator<Item = f64>,
    ) -> Self {
        let by_values = Self::new(quantity, spread, values.clone());
        let least = values.clone().filter(|value| value.is_finite()).fold(f64::INFINITY, f64::min);
        let floor = match () {
            () if by_values.is_log => least / 3.0,
            () if least >= 0.0 => 0.0,
            () => f64::NEG_INFINITY,
        };
        let spread = if by_values.is_log { &Spread::Log } else { spread };
        let spread = if *spread == Spread::Auto { &Spread::FromZero } else { spread };
        let most = values.clone().filter(|value| value.is_finite()).fold(f64::NEG_INFINITY, f64::max);
        let whole = whole(quantity).filter(|whole| most <= *whole).unwrap_or(f64::INFINITY);
        let ends = ends.map(|end| if end.is_nan() { end } else { end.max(floor).min(whole) });
        Self::new(quantity, spread, values.chain(ends))
    }

    /// Widened to whole powers of ten, or a small part of one if it spans little.
    fn log(plain: Self) -> Self {
        let low = plain.low.max(plain.high * libm::pow(10.0, -DECADES_MAX)) / plain.divisor;
        let high = plain.high / plain.divisor;
        let from = libm::floor(libm::log10(low) + 1e-9);
        let to = libm::ceil(libm::log10(high) - 1e-9).max(from + 1.0);
        let edge = |power: f64| libm::pow(10.0, power) * plain.divisor;
        // A tenth of a decade on each side is cut away if nothing is there.
        let cut = |edge: f64, by: f64, is_free: bool| if is_free { edge * by } else { edge };
        let low_edge = cut(edge(from), 2.0, low >= 2.0 * libm::pow(10.0, from) * 1.2);
        let high_edge = cut(edge(to), 0.5, high <= 0.5 * libm::pow(10.0, to) / 1.2);
        let is_narrow = to - from < 1.5;
        let (low_edge, high_edge) = if is_narrow { (edge(from), edge(to)) } else { (low_edge, high_edge) };
        Self { low: low_edge, high: high_edge, is_log: true, ..plain }
    }

    /// Widened to whole steps; of a single value, to both of its sides.
    fn rounded(mut self) -> Self {
        if self.high - self.low <= self.high.abs().max(self.low.abs()) * 1e-12 {
            let half = if self.high == 0.0 { self.divisor } else { self.high.abs() / 2.0 };
            let is_zero = self.high == 0.0;
            (self.low, self.high) = if is_zero { (0.0, half) } else { (self.low - half, self.high + half) };
        }
        let step = step((self.high - self.low) / self.divisor, 8) * self.divisor;
        self.low = libm::floor(self.low / step + 1e-9) * step;
        self.high = libm::ceil(self.high / step - 1e-9) * step;
        self
    }

    /// Where `value` stands: 0 at the lower end, 1 at the upper.
    pub(crate) fn place(&self, value: f64) -> f64 {
        if let Some(words) = &self.words {
            return (value + 0.5) / words.len().max(1) as f64;
        }
        let part = if self.is_log {
            let log = |value: f64| libm::log10(value.max(self.low));
            (log(value) - log(self.low)) / (log(self.high) - log(self.low))
        } else {
            (value - self.low) / (self.high - self.low)
        };
        part.clamp(0.0, 1.0)
    }

    /// True if places are those of logarithms: bars cannot grow from zero then.
    pub(crate) fn is_log(&self) -> bool {
        self.is_log
    }

    /// True if `value` lies on the axis.
    pub(crate) fn shows(&self, value: f64) -> bool {
        // An end that is a multiple of a step may miss the value that it was made for by a rounding.
        let slack = (self.high - self.low) * 1e-9;
        let is_within = value >= self.low - slack && value <= self.high + slack;
        self.words.is_some() || is_within || (self.is_log && value < self.low)
    }

    /// Ticks as place and text, at most about `count` and without two that touch if `room` pixels are what the axis
    /// has from end to end; `None` for one that goes up.
    pub(crate) fn ticks(&self, count: usize, room: Option<f64>) -> Vec<(f64, String)> {
        let mut count = count.max(2);
        loop {
            let ticks = self.about(count, room);
            let has_room = room.is_none_or(|room| {
                ticks.windows(2).all(|pair| {
                    let need = (width(&pair[0].1, TICK) + width(&pair[1].1, TICK)) / 2.0 + TICK * 0.8;
                    (pair[1].0 - pair[0].0) * room >= need
                })
            });
            if has_room || count == 1 {
                return if has_room { ticks } else { ticks.into_iter().take(1).collect() };
            }
            count -= 1;
        }
    }

    fn about(&self, count: usize, room: Option<f64>) -> Vec<(f64, String)> {
        if let Some(words) = &self.words {
            return self.word_ticks(words, count, room);
        }
        let (low, high) = (self.low / self.divisor, self.high / self.divisor);
        let values = if self.is_log { log_ticks(low, high, count) } else { linear_ticks(low, high, count) };
        let decimals = if self.is_log { None } else { Some(decimals(step(high - low, count))) };
        let tick = |value: f64| (self.place(value * self.divisor), number(value, decimals));
        values.into_iter().map(tick).collect()
    }

    fn word_ticks(&self, words: &[String], count: usize, room: Option<f64>) -> Vec<(f64, String)> {
        let every = words.len().div_ceil(count.max(1)).max(1);
        let slot = room.map(|room| room / words.len().max(1) as f64 * every as f64 - TICK);
        let cut = |word: &String| slot.map_or(word.clone(), |slot| super::font::fit(word, TICK, slot));
        let all = words.iter().enumerate().step_by(every);
        all.map(|(n, word)| (self.place(n as f64), cut(word))).collect()
    }
}

/// The most that a share can be; `None` for what is no share.
fn whole(quantity: &Quantity) -> Option<f64> {
    match scale_of(&quantity.name, &quantity.unit, 1.0).1 {
        " %" => Some(1.0),
        _ => quantity.unit.starts_with('%').then_some(100.0),
    }
}

/// What numbers of the quantity are divided by where the largest is `size`, and the label with the unit.
fn label(quantity: &Quantity, size: f64) -> (f64, String) {
    let (mut divisor, suffix) = scale_of(&quantity.name, &quantity.unit, size);
    let mut unit = match (suffix.trim(), quantity.unit.as_str()) {
        ("", "1") => String::new(),
        ("", unit) => unit.to_owned(),
        (suffix, _) => suffix.to_owned(),
    };
    let shown = size / divisor;
    let large = [(1e12, "trillion"), (1e9, "billion"), (1e6, "million")];
    if let Some((by, word)) = large.into_iter().find(|(by, _)| shown >= *by && shown < 1e15) {
        divisor *= by;
        unit = if unit.is_empty() { word.to_owned() } else { format!("{word} {unit}") };
    }
    let label = if unit.is_empty() { quantity.name.clone() } else { format!("{} [{unit}]", quantity.name) };
    (divisor, label)
}

/// The step of 1, 2 or 5 times a power of ten that cuts `span` into at most about `count` parts.
fn step(span: f64, count: usize) -> f64 {
    let rough = (span / count.max(1) as f64).max(f64::MIN_POSITIVE * 1e16);
    let power = libm::pow(10.0, libm::floor(libm::log10(rough)));
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|n| n * power)
        .find(|step| *step >= rough * 0.999)
        .unwrap_or(power * 10.0)
}

fn decimals(step: f64) -> usize {
    libm::ceil(-libm::log10(step) - 1e-9).clamp(0.0, 300.0) as usize
}

fn linear_ticks(low: f64, high: f64, count: usize) -> Vec<f64> {
    let step = step(high - low, count);
    let (from, to) = (libm::ceil(low / step - 1e-9), libm::floor(high / step + 1e-9));
    let steps = (to - from).clamp(0.0, 100.0) as u32;
    (0..=steps).map(|n| (from + f64::from(n)) * step).collect()
}

fn log_ticks(low: f64, high: f64, count: usize) -> Vec<f64> {
    let (from, to) = (libm::floor(libm::log10(low) + 1e-9), libm::ceil(libm::log10(high) - 1e-9));
    let decades = (to - from).max(1.0) as usize;
    let per_decade: &[f64] = match count / decades {
        0 | 1 => &[1.0],
        2 => &[1.0, 3.0],
        _ => &[1.0, 2.0, 5.0],
    };
    let every = decades.div_ceil(count).max(1);
    let powers = (0..=decades).step_by(every).map(|n| libm::pow(10.0, from + n as f64));
    let ticks = powers.flat_map(|power| per_decade.iter().map(move |n| n * power));
    ticks.filter(|tick| *tick >= low * 0.999 && *tick <= high * 1.001).collect()
}

/// A number at a tick: thousands apart, powers of ten for what is very large or small.
pub(crate) fn number(value: f64, decimals: Option<usize>) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e7).contains(&size) {
        let text = format!("{value:.2e}");
        let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{}e{power}", digits.trim_end_matches('0').trim_end_matches('.'));
    }
    let text = match decimals {
        Some(decimals) => format!("{value:.decimals$}"),
        None => format!("{}", (value * 1e6).round() / 1e6),
    };
    let text = if text.trim_start_matches('-').chars().all(|c| c == '0' || c == '.') {
        "0".to_owned()
    } else {
        text
    };
    let (whole, part) =
        text.split_once('.').map_or((text.as_str(), None), |(whole, part)| (whole, Some(part)));
    let mut out = String::new();
    for (n, c) in whole.chars().enumerate() {
        let left = whole.len() - n;
        if n > 0 && left % 3 == 0 && !out.ends_with('-') && whole.len() > 4 {
            out.push(',');
        }
        out.push(c);
    }
    part.map_or(out.clone(), |part| format!("{out}.{part}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(name: &str, unit: &str, spread: &Spread, values: &[f64]) -> (String, Vec<String>) {
        let axis = Axis::new(&Quantity::new(name, unit), spread, values.iter().copied());
        (axis.label.clone(), axis.ticks(5, None).into_iter().map(|tick| tick.1).collect())
    }

    #[test]
    fn ticks_are_round_numbers_in_units_that_suit() {
        let (label, ticks) = texts("wait_mean", "s", &Spread::FromZero, &[3600.0, 15_000.0]);
        assert_eq!((label.as_str(), ticks.join(" ")), ("wait_mean [h]", "0 1 2 3 4 5".to_owned()));
        let (label, ticks) = texts("utilization_cpu", "1", &Spread::FromZero, &[0.2, 0.83]);
        assert_eq!(
            (label.as_str(), ticks.join(" ")),
            ("utilization_cpu [%]", "0 20 40 60 80 100".to_owned())
        );
        let (label, ticks) = texts("events", "events", &Spread::FromZero, &[43_000.0]);
        assert_eq!(
            (label.as_str(), ticks.join(" ")),
            ("events [events]", "0 10,000 20,000 30,000 40,000 50,000".into())
        );
        let (label, _) = texts("jobs", "jobs", &Spread::FromZero, &[2.5e9]);
        assert_eq!(label, "jobs [billion jobs]");
    }

    #[test]
    fn wide_spreads_are_shown_by_logarithm() {
        let (_, ticks) = texts("bounded_slowdown_mean", "1", &Spread::Auto, &[1.0, 900.0]);
        assert_eq!(ticks.join(" "), "1 10 100 1000");
        let (_, ticks) = texts("bounded_slowdown_mean", "1", &Spread::Auto, &[1.0, 9.0]);
        assert_eq!(ticks.join(" "), "0 2 4 6 8 10");
    }

    #[test]
    fn intervals_alone_make_no_wait_negative_and_no_share_more_than_the_whole() {
        let ends = |name: &str, unit: &str, values: &[f64], ends: &[f64]| {
            let (values, ends) = (values.iter().copied(), ends.iter().copied());
            let axis = Axis::with_intervals(&Quantity::new(name, unit), &Spread::Auto, values, ends);
            (axis.low, axis.high)
        };
        assert_eq!(ends("wait_mean", "s", &[1.0, 9.0], &[-6.0, 14.0]), (0.0, 14.0));
        assert_eq!(ends("utilization_cpu", "1", &[0.9], &[0.7, 1.1]), (0.0, 1.0));
        assert_eq!(ends("gpu_alloc_pct_at_60", "%", &[90.0], &[70.0, 110.0]), (0.0, 100.0));
        assert_eq!(ends("cost_change", "currency", &[-2.0], &[-4.0, 1.0]), (-4.0, 1.0));
    }

    #[test]
    fn an_axis_shows_the_values_that_it_was_made_for() {
        // 14 steps of 0.05 are a little more than 0.7.
        for values in [[0.7, 0.85, 1.0], [0.1, 0.2, 0.3], [1e-9, 0.3, 1e9], [-0.7, 0.1, 0.2]] {
            for spread in [Spread::Linear, Spread::FromZero, Spread::Auto] {
                let axis = Axis::new(&Quantity::new("load", ""), &spread, values.into_iter());
                assert!(values.iter().all(|value| axis.shows(*value)), "{values:?} {spread:?} {axis:?}");
            }
        }
    }

    #[test]
    fn odd_data_have_an_axis_too() {
        let odd: [&[f64]; 8] = [
            &[],
            &[0.0],
            &[f64::NAN],
            &[5.0, 5.0],
            &[-3.0, -3.0],
            &[1e-300, 2e-300],
            &[-1e300, 1e300],
            &[f64::INFINITY, 2.0],
        ];
        for values in odd {
            for spread in [Spread::Linear, Spread::FromZero, Spread::Auto, Spread::Log] {
                let axis = Axis::new(&Quantity::new("x", "s"), &spread, values.iter().copied());
                let ticks = axis.ticks(5, Some(400.0));
                assert!(!ticks.is_empty() && ticks.len() < 13, "{values:?} {spread:?}: {ticks:?}");
                assert!(ticks.iter().all(|tick| (-1e-6..=1.000_001).contains(&tick.0)), "{ticks:?}");
                assert!(values.iter().all(|value| value.is_nan() || axis.place(*value).is_finite()));
            }
        }
    }
}
