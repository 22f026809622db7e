//! Numbers in trace files: parsed strictly, with a rule for each way to be wrong.

use sim_core::SimDuration;

/// Whole numbers up to here are exact in every tool that reads traces, as they fit an f64.
pub(super) const EXACT_MAX: i64 = 1 << 53;

/// Seconds up to here fit a [`sim_core::SimTime`]: 584 years.
pub(super) const SECS_MAX: i64 = (u64::MAX / 1_000_000_000) as i64;

/// A whole number in decimal digits, with a minus sign or not.
///
/// # Errors
/// The rule that `text` breaks.
pub(super) fn whole(text: &str) -> Result<i64, String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(match text.parse::<f64>() {
            Ok(number) if number.is_finite() => "must be a whole number".to_owned(),
            _ => "must be a number".to_owned(),
        });
    }
    match text.parse::<i64>() {
        Ok(number) if number.abs() <= EXACT_MAX => Ok(number),
        _ => Err(format!("must be at most {EXACT_MAX}")),
    }
}

/// A whole number within bounds.
///
/// # Errors
/// The rule that `text` breaks.
pub(super) fn within(text: &str, min: i64, max: i64) -> Result<i64, String> {
    let number = whole(text)?;
    if number < min {
        return Err(format!("must be at least {min}"));
    }
    if number > max {
        return Err(format!("must be at most {max}"));
    }
    Ok(number)
}

/// Seconds with at most nine decimals, exactly.
///
/// # Errors
/// The rule that `text` breaks.
pub(super) fn seconds(text: &str) -> Result<SimDuration, String> {
    let (secs, decimals) = text.split_once('.').unwrap_or((text, ""));
    let secs = within(secs, 0, SECS_MAX - 1)? as u64;
    let decimals = decimals.trim_end_matches('0');
    if decimals.len() > 9 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("must be seconds with at most nine decimals".to_owned());
    }
    let ns = format!("{decimals:0<9}").parse::<u64>().expect("nine digits are a number");
    Ok(SimDuration::from_ns(secs * 1_000_000_000 + ns))
}

/// The duration of `secs` whole seconds that were checked against [`SECS_MAX`].
pub(super) fn of_secs(secs: i64) -> SimDuration {
    SimDuration::from_secs(u64::try_from(secs).expect("the number was checked to be non-negative"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_strict() {
        assert_eq!(whole("-17"), Ok(-17));
        for (text, rule) in [
            ("", "number"),
            ("-", "number"),
            ("x", "number"),
            ("1.5", "whole"),
            ("1e3", "whole"),
            ("+1", "whole"),
            ("NaN", "a number"),
            ("9007199254740993", "at most"),
            ("99999999999999999999999", "at most"),
        ] {
            assert!(whole(text).unwrap_err().contains(rule), "{text}: {:?}", whole(text));
        }
    }

    #[test]
    fn decimals_of_seconds_are_exact() {
        assert_eq!(seconds("66.0"), Ok(SimDuration::from_secs(66)));
        assert_eq!(seconds("0.1"), Ok(SimDuration::from_ns(100_000_000)));
        for text in ["-1", "1.2.3", "1.x", "1.0000000001", "18446744073"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
