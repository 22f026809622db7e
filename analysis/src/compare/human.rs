//! Numbers for people: a few digits, and units that fit.

/// `mean`, and `half` of its interval, in a unit that suits the mean.
pub(crate) fn value(metric: &str, unit: &str, mean: f64, half: Option<f64>) -> String {
    let (scale, suffix) = scale(metric, unit, mean);
    let suffix = if unit == "%" { " %" } else { suffix };
    match half.filter(|half| *half > 0.0) {
        Some(half) => format!("{} ±{}{suffix}", digits(mean / scale, 3), digits(half / scale, 2)),
        None => format!("{}{suffix}", digits(mean / scale, 3)),
    }
}

/// A difference with its sign, and half of its interval, zero or not; or both ends, where it is not in the middle.
/// Differences of shares are in percent points.
pub(crate) fn difference(metric: &str, unit: &str, mean: f64, ci95: Option<(f64, f64)>) -> String {
    let half = ci95.map_or(0.0, |(low, high)| (high - low) / 2.0);
    let (scale, suffix) = scale(metric, unit, mean.abs().max(half));
    let suffix = if suffix == " %" || unit == "%" { " pp" } else { suffix };
    let sign = if mean > 0.0 { "+" } else { "" };
    let interval = match ci95 {
        None => String::new(),
        Some((low, high)) if ((low + high) / 2.0 - mean).abs() <= 1e-6 * half => {
            format!(" ±{}", digits(half / scale, 2))
        }
        Some((low, high)) => format!(" ({} .. {})", digits(low / scale, 2), digits(high / scale, 2)),
    };
    format!("{sign}{}{interval}{suffix}", digits(mean / scale, 3))
}

/// A size and the ends of its interval, all in the unit of the size. Shares are in percent points.
pub(super) fn interval(metric: &str, unit: &str, size: f64, ends: (f64, f64)) -> (String, String) {
    let (scale, suffix) = scale(metric, unit, size.abs().max(ends.1.abs()));
    let suffix = if suffix == " %" || unit == "%" { " pp" } else { suffix };
    let text = |value: f64| digits(value / scale, 3);
    (format!("{}{suffix}", text(size)), format!("{} .. {}{suffix}", text(ends.0), text(ends.1)))
}

/// The unit in which a value of that size reads well, as what to divide by and what to write behind.
pub(crate) fn scale(metric: &str, unit: &str, size: f64) -> (f64, &'static str) {
    match unit {
        "s" => span(size),
        // Slowdowns are ratios that may be anything from 1; the others are shares.
        "1" if !metric.contains("slowdown") => (0.01, " %"),
        _ => (1.0, ""),
    }
}

/// The largest unit in which the span is not below 1, except that two minutes, hours and days come before
/// one.
fn span(secs: f64) -> (f64, &'static str) {
    match secs.abs() {
        s if s >= 172_800.0 => (86_400.0, " d"),
        s if s >= 3_600.0 => (3_600.0, " h"),
        s if s >= 120.0 => (60.0, " min"),
        s if s >= 1.0 || s == 0.0 => (1.0, " s"),
        s if s >= 1e-3 => (1e-3, " ms"),
        _ => (1e-6, " us"),
    }
}

/// So many significant digits, or all before the point, and at most three behind it; no trailing zeros. What
/// that would make zero has one digit and an exponent.
pub(super) fn digits(value: f64, significant: i32) -> String {
    if value != 0.0 && value.abs() < 0.0005 {
        return format!("{value:.0e}");
    }
    // A value that would be rounded up to one more digit in front has one less behind: 9.996 is 10.0.
    let suffices = |decimals: i32| {
        value.abs() + 0.5 * 10f64.powi(-decimals - 1) >= 10f64.powi(significant - 1 - decimals)
    };
    let decimals = (0..3).find(|&decimals| suffices(decimals)).unwrap_or(3) as usize;
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_shares_read_well() {
        for (secs, text) in [
            (0.0, "0 s"),
            (0.0021, "2.1 ms"),
            (35.0, "35 s"),
            (119.96, "120 s"),
            (150.0, "2.5 min"),
            (4320.0, "1.2 h"),
            (200_000.0, "2.31 d"),
        ] {
            assert_eq!(value("wait_mean", "s", secs, None), text);
        }
        assert_eq!(value("wait_mean", "s", 4320.0, Some(360.0)), "1.2 ±0.1 h");
        assert_eq!(value("utilization_cpu", "1", 0.8349, None), "83.5 %");
        assert_eq!(value("gpu_alloc_pct_at_60", "%", 59.94, Some(0.1)), "59.9 ±0.1 %");
        assert_eq!(value("bounded_slowdown_mean", "1", 1234.5, Some(0.0)), "1234");
        assert_eq!(value("jobs", "jobs", 12.0, None), "12");
    }

    #[test]
    fn an_interval_needs_fewer_digits_than_its_mean() {
        for (number, three, two) in [
            (0.0, "0", "0"),
            (0.0571, "0.057", "0.057"),
            (0.257, "0.257", "0.26"),
            (1.584, "1.58", "1.6"),
            (9.996, "10", "10"),
            (75.84, "75.8", "76"),
            (118.4, "118", "118"),
            (0.0004, "4e-4", "4e-4"),
        ] {
            assert_eq!((digits(number, 3), digits(number, 2)), (three.into(), two.into()));
        }
    }

    #[test]
    fn differences_have_signs_and_shares_differ_by_points() {
        assert_eq!(difference("wait_mean", "s", -0.02, Some((-35.02, 34.98))), "-0.02 ±35 s");
        assert_eq!(difference("wait_mean", "s", -20.0, Some((-50.0, -10.0))), "-20 (-50 .. -10) s");
        assert_eq!(difference("utilization_cpu", "1", 0.25, Some((0.25, 0.25))), "+25 ±0 pp");
        assert_eq!(difference("gpu_alloc_pct_at_60", "%", -2.5, None), "-2.5 pp");
        assert_eq!(difference("unfinished", "jobs", 0.0, Some((-1.0, 1.0))), "0 ±1");
    }
}
