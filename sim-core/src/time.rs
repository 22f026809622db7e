//! Simulated time: instants and spans in whole nanoseconds.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

const NS_PER_SEC: u64 = 1_000_000_000;

/// An instant, in whole nanoseconds since the scenario's origin.
///
/// # Units
/// Nanoseconds in a `u64`: a range of 584 years.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct SimTime(u64);

/// A span, in whole nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct SimDuration(u64);

impl SimTime {
    /// The scenario's origin.
    pub const ZERO: Self = Self(0);
    /// Later than anything that happens: "never".
    pub const MAX: Self = Self(u64::MAX);

    /// The instant `ns` nanoseconds after the origin.
    #[inline]
    pub const fn from_ns(ns: u64) -> Self {
        Self(ns)
    }

    /// The instant `secs` whole seconds after the origin.
    ///
    /// # Panics
    /// If the instant is beyond 584 years.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.checked_mul(NS_PER_SEC).expect("an instant is at most 584 years from the origin"))
    }

    /// Nanoseconds since the origin.
    #[inline]
    pub const fn as_ns(self) -> u64 {
        self.0
    }

    /// Seconds since the origin, for metrics and messages only.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / NS_PER_SEC as f64
    }

    /// The span from `earlier` to here.
    ///
    /// # Panics
    /// If `earlier` is later than `self`.
    #[inline]
    pub fn since(self, earlier: SimTime) -> SimDuration {
        assert!(self >= earlier, "time ran backwards: {} ns is before {} ns", self.0, earlier.0);
        SimDuration(self.0 - earlier.0)
    }

    /// `self + span`, or [`SimTime::MAX`] where that does not fit.
    #[inline]
    pub const fn saturating_add(self, span: SimDuration) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl SimDuration {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// Longer than anything: "without end" or "not known".
    pub const MAX: Self = Self(u64::MAX);

    /// A span of `ns` nanoseconds.
    #[inline]
    pub const fn from_ns(ns: u64) -> Self {
        Self(ns)
    }

    /// A span of `secs` whole seconds.
    ///
    /// # Panics
    /// If the span is beyond 584 years.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.checked_mul(NS_PER_SEC).expect("a span is at most 584 years"))
    }

    /// The span nearest to `secs`, at nanosecond resolution; `None` if negative, not finite or beyond 584 years.
    pub fn try_from_secs_f64(secs: f64) -> Option<Self> {
        let ns = libm::round(secs * NS_PER_SEC as f64);
        // 2^64 is exact in f64, and every f64 below it converts without loss of range.
        (0.0..18_446_744_073_709_551_616.0).contains(&ns).then_some(Self(ns as u64))
    }

    /// Nanoseconds.
    #[inline]
    pub const fn as_ns(self) -> u64 {
        self.0
    }

    /// Seconds, for metrics and messages only.
    #[inline]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / NS_PER_SEC as f64
    }

    /// `self - other`, or zero.
    #[inline]
    pub const fn saturating_sub(self, other: SimDuration) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// `self + other`, or [`SimDuration::MAX`].
    #[inline]
    pub const fn saturating_add(self, other: SimDuration) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// `self * numerator / denominator`, rounded up and saturating.
    ///
    /// # Panics
    /// If `denominator` is zero.
    #[inline]
    pub fn scale_ceil(self, numerator: u64, denominator: u64) -> Self {
        assert!(denominator > 0, "a span was divided by zero");
        if numerator == denominator {
            return self;
        }
        let scaled = (u128::from(self.0) * u128::from(numerator)).div_ceil(u128::from(denominator));
        Self(u64::try_from(scaled).unwrap_or(u64::MAX))
    }

    /// `self * numerator / denominator`, rounded down and saturating.
    ///
    /// # Panics
    /// If `denominator` is zero.
    #[inline]
    pub fn scale_floor(self, numerator: u64, denominator: u64) -> Self {
        assert!(denominator > 0, "a span was divided by zero");
        if numerator == denominator {
            return self;
        }
        let scaled = u128::from(self.0) * u128::from(numerator) / u128::from(denominator);
        Self(u64::try_from(scaled).unwrap_or(u64::MAX))
    }
}

impl Add<SimDuration> for SimTime {
    type Output = SimTime;

    #[inline]
    fn add(self, span: SimDuration) -> SimTime {
        SimTime(self.0.checked_add(span.0).expect("an instant is at most 584 years from the origin"))
    }
}

impl Add for SimDuration {
    type Output = SimDuration;

    #[inline]
    fn add(self, other: SimDuration) -> SimDuration {
        SimDuration(self.0.checked_add(other.0).expect("a span is at most 584 years"))
    }
}

impl AddAssign for SimDuration {
    #[inline]
    fn add_assign(&mut self, other: SimDuration) {
        *self = *self + other;
    }
}

impl Sub for SimDuration {
    type Output = SimDuration;

    #[inline]
    fn sub(self, other: SimDuration) -> SimDuration {
        assert!(self >= other, "a span of {} ns was shortened by {} ns", self.0, other.0);
        SimDuration(self.0 - other.0)
    }
}

impl fmt::Display for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SimDuration(self.0).fmt(f)
    }
}

impl fmt::Display for SimDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (secs, ns) = (self.0 / NS_PER_SEC, self.0 % NS_PER_SEC);
        if ns == 0 {
            return write!(f, "{secs} s");
        }
        let digits = format!("{ns:09}");
        write!(f, "{secs}.{} s", digits.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_scale_with_stated_rounding() {
        let span = SimDuration::from_ns(10);
        assert_eq!(span.scale_ceil(1, 3), SimDuration::from_ns(4));
        assert_eq!(span.scale_floor(1, 3), SimDuration::from_ns(3));
        assert_eq!(SimDuration::MAX.scale_ceil(3, 2), SimDuration::MAX);
    }

    #[test]
    fn seconds_convert_only_when_they_fit() {
        assert_eq!(SimDuration::try_from_secs_f64(1.5), Some(SimDuration::from_ns(1_500_000_000)));
        assert_eq!(SimDuration::try_from_secs_f64(-1.0), None);
        assert_eq!(SimDuration::try_from_secs_f64(f64::NAN), None);
        assert_eq!(SimDuration::try_from_secs_f64(2e10), None);
    }

    #[test]
    fn display_keeps_every_digit_that_counts() {
        assert_eq!(SimDuration::from_ns(1_500_000_000).to_string(), "1.5 s");
        assert_eq!(SimTime::from_secs(7).to_string(), "7 s");
    }
}
