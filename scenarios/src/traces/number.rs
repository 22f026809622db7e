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
    let (secs, decimals) = split_at_point(text)?;
    let secs = within(secs, 0, SECS_MAX - 1)? as u64;
    let decimals = decimals.trim_end_matches('0');
    if decimals.len() > 9 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("must be seconds with at most nine decimals".to_owned());
    }
    let ns = format!("{decimals:0<9}").parse::<u64>().expect("nine digits are a number");
    Ok(SimDuration::from_ns(secs * 1_000_000_000 + ns))
}

/// A number that is not negative, in billionths, to the nearest one: `"937.5"` is 937,500,000,000. Files that were
/// written by way of binary fractions have decimals beyond (`475.00000000000006`), which mean nothing.
///
/// # Errors
/// The rule that `text` breaks, with `max` in whole units.
pub(super) fn billionths(text: &str, max: i64) -> Result<u64, String> {
    let (units, decimals) = split_at_point(text)?;
    let units = within(units, 0, max)? as u64;
    if !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("must be a number".to_owned());
    }
    let (kept, beyond) = decimals.split_at(decimals.len().min(9));
    let fraction = format!("{kept:0<9}").parse::<u64>().expect("nine digits are a number");
    let sum = u128::from(units) * BILLION + u128::from(fraction) + u128::from(beyond >= "5");
    if sum > max as u128 * BILLION {
        return Err(format!("must be at most {max}"));
    }
    u64::try_from(sum).map_err(|_| format!("must be at most {SECS_MAX}"))
}

/// Whole units and decimals. The sign is looked at here: `-0` is no negative number, but `-0.5` is.
fn split_at_point(text: &str) -> Result<(&str, &str), String> {
    if text.starts_with('-') {
        return Err(within(text, 0, 0).err().unwrap_or_else(|| "must be at least 0".to_owned()));
    }
    Ok(text.split_once('.').unwrap_or((text, "")))
}

const BILLION: u128 = 1_000_000_000;

/// A number of billionths, as [`billionths`] yields, in parts of `per_unit` to a unit, rounded up: what a request
/// asks for is never understated.
pub(super) fn parts_up(billionths: u64, per_unit: u32) -> u64 {
    let parts = (u128::from(billionths) * u128::from(per_unit)).div_ceil(BILLION);
    u64::try_from(parts).expect("a request has fewer parts than 2^64: it was bounded in units")
}

/// The number in the digits at the end of a name; `None` if there are none, or too many.
pub(super) fn number_at_end(name: &str) -> Option<u64> {
    name[name.trim_end_matches(|c: char| c.is_ascii_digit()).len()..].parse().ok()
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
    fn billionths_are_rounded_to_the_nearest() {
        for (text, found) in [
            ("475.00000000000006", 475_000_000_000),
            ("937.5", 937_500_000_000),
            ("0.9999999995", 1_000_000_000),
            ("7.", 7_000_000_000),
            ("1000", 1_000_000_000_000),
        ] {
            assert_eq!(billionths(text, 1000), Ok(found), "{text}");
        }
        for text in ["", "-1", "-0.5", ".5", "1.5e3", "NaN", "1001", "1000.1", "1.-5"] {
            assert!(billionths(text, 1000).is_err(), "{text}");
        }
        assert!(billionths("18446744073.9", SECS_MAX).is_err());
        assert_eq!((parts_up(937_500_000_000, 1024), parts_up(1, 1024)), (960_000, 1));
    }

    #[test]
    fn names_end_with_their_numbers() {
        assert_eq!(
            [number_at_end("pod-007"), number_at_end("pod"), number_at_end("7x")],
            [Some(7), None, None]
        );
    }

    #[test]
    fn decimals_of_seconds_are_exact() {
        assert_eq!(seconds("66.0"), Ok(SimDuration::from_secs(66)));
        assert_eq!(seconds("0.1"), Ok(SimDuration::from_ns(100_000_000)));
        for text in ["-1", "-0.5", "1.2.3", "1.x", "1.0000000001", "18446744073"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
