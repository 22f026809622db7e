//! Numbers for people: a few digits, and units that fit.

/// `mean`, and `half` of its interval, in a unit that suits the mean.
pub(super) fn value(metric: &str, unit: &str, mean: f64, half: Option<f64>) -> String {
    let (scale, suffix) = match unit {
        "s" => span(mean),
        // Slowdowns are ratios that may be anything from 1; the others are shares.
        "1" if !metric.contains("slowdown") => (0.01, " %"),
        _ => (1.0, ""),
    };
    match half.filter(|half| *half > 0.0) {
        Some(half) => format!("{} ±{}{suffix}", digits(mean / scale), digits(half / scale)),
        None => format!("{}{suffix}", digits(mean / scale)),
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

/// Three significant digits, or all before the point; no trailing zeros.
fn digits(value: f64) -> String {
    let decimals = match value.abs() {
        v if v >= 99.95 => 0,
        v if v >= 9.995 => 1,
        v if v >= 0.9995 || v == 0.0 => 2,
        _ => 3,
    };
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
        assert_eq!(value("bounded_slowdown_mean", "1", 1234.5, Some(0.0)), "1234");
        assert_eq!(value("jobs", "jobs", 12.0, None), "12");
    }
}
