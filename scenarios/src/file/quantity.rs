//! Quantities with units: spans of time, amounts of memory, cores.

use sim_core::SimDuration;
use toml::Value as Toml;

/// Units of time with their length [ns].
const TIME_UNITS: [(&str, f64); 8] = [
    ("ns", 1.0),
    ("us", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("min", 60e9),
    ("m", 60e9),
    ("h", 3600e9),
    ("d", 86_400e9),
];

/// Units of memory with their size [MiB].
const MEMORY_UNITS: [(&str, f64); 4] =
    [("KiB", 1.0 / 1024.0), ("MiB", 1.0), ("GiB", 1024.0), ("TiB", 1024.0 * 1024.0)];

/// What a span looks like, for messages.
pub(super) const DURATION_FORM: &str =
    "a span such as \"90s\", \"5m\", \"2h\", \"1d\" or a number of seconds";
/// What an amount of memory looks like, for messages.
pub(super) const MEMORY_FORM: &str = "an amount of memory such as \"64GiB\", \"512MiB\" or a number of MiB";
/// What an amount of processor time looks like, for messages.
pub(super) const CORES_FORM: &str = "a number of cores such as 4, 0.5 or \"500m\"";

/// A span of time: `"90s"`, `"5m"`, `"2h"`, `"1d"`, `"250ms"`, or a number of seconds; rounded to
/// nanoseconds.
///
/// # Errors
/// The rule that is broken.
pub fn parse_duration(value: &Toml) -> Result<SimDuration, String> {
    let ns = match value {
        // Whole seconds are exact at any size; the product cannot overflow u128.
        Toml::Integer(secs) if *secs >= 0 => {
            let ns = *secs as u128 * 1_000_000_000;
            return u64::try_from(ns).map(SimDuration::from_ns).map_err(|_| too_long());
        }
        Toml::Integer(secs) => *secs as f64 * 1e9,
        Toml::Float(secs) => secs * 1e9,
        Toml::String(text) => {
            let (number, unit) = split(text).ok_or_else(|| format!("must be {DURATION_FORM}"))?;
            number * factor(unit, &TIME_UNITS, "s", DURATION_FORM)?
        }
        _ => return Err(format!("must be {DURATION_FORM}")),
    };
    if ns.is_nan() || ns < 0.0 {
        return Err("must not be negative".to_owned());
    }
    SimDuration::try_from_secs_f64(ns / 1e9).ok_or_else(too_long)
}

fn too_long() -> String {
    "must be at most 584 years".to_owned()
}

/// An amount of memory \[MiB\]: `"64GiB"`, `"512MiB"`, or a number of MiB.
///
/// # Errors
/// The rule that is broken; an amount that is not a whole number of MiB is one.
pub fn parse_memory(value: &Toml) -> Result<u32, String> {
    let mib = match value {
        Toml::Integer(mib) => *mib as f64,
        Toml::Float(mib) => *mib,
        Toml::String(text) => {
            let (number, unit) = split(text).ok_or_else(|| format!("must be {MEMORY_FORM}"))?;
            number * factor(unit, &MEMORY_UNITS, "MiB", MEMORY_FORM)?
        }
        _ => return Err(format!("must be {MEMORY_FORM}")),
    };
    whole(mib, "MiB")
}

/// Processor time [milli-cores]: `4`, `0.5` or `"500m"`.
///
/// # Errors
/// The rule that is broken; an amount that is not a whole number of milli-cores is one.
pub fn parse_cores(value: &Toml) -> Result<u32, String> {
    let milli = match value {
        Toml::Integer(cores) => *cores as f64 * 1000.0,
        Toml::Float(cores) => cores * 1000.0,
        Toml::String(text) => match split(text) {
            Some((number, "")) => number * 1000.0,
            Some((number, "m")) => number,
            _ => return Err(format!("must be {CORES_FORM}")),
        },
        _ => return Err(format!("must be {CORES_FORM}")),
    };
    whole(milli, "milli-cores")
}

/// Splits `"1.5GiB"` into number and unit. Exponents are not understood: `1e3` has the unit `e3`.
fn split(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '+' | '-' | '_')))
        .unwrap_or(text.len());
    let number: f64 = text[..end].replace('_', "").parse().ok()?;
    Some((number, text[end..].trim()))
}

fn factor(unit: &str, units: &[(&str, f64)], plain: &str, form: &str) -> Result<f64, String> {
    let unit = if unit.is_empty() { plain } else { unit };
    let found = units.iter().find(|(name, _)| *name == unit);
    found.map(|(_, factor)| *factor).ok_or_else(|| format!("`{unit}` is not a unit here: must be {form}"))
}

/// Decimal fractions such as 0.1 core are not exact in binary: a millionth of a unit is forgiven.
fn whole(amount: f64, unit: &str) -> Result<u32, String> {
    let rounded = libm::round(amount);
    if amount.is_nan() || rounded < 0.0 {
        return Err("must not be negative".to_owned());
    }
    if rounded > f64::from(u32::MAX) {
        return Err(format!("must be at most {} {unit}", u32::MAX));
    }
    if libm::fabs(amount - rounded) > 1e-6 * rounded.max(1.0) {
        return Err(format!("must be a whole number of {unit}"));
    }
    // In range: checked above.
    Ok(rounded as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Toml {
        Toml::String(text.to_owned())
    }

    #[test]
    fn spans_have_units_or_are_seconds() {
        for (value, ns) in [
            (text("90s"), 90_000_000_000),
            (text("5m"), 300_000_000_000),
            (text("2h"), 7_200_000_000_000),
            (text("1d"), 86_400_000_000_000),
            (text("250ms"), 250_000_000),
            (text("1.5"), 1_500_000_000),
            (Toml::Integer(7), 7_000_000_000),
            (Toml::Float(0.25), 250_000_000),
        ] {
            assert_eq!(parse_duration(&value), Ok(SimDuration::from_ns(ns)), "{value}");
        }
        assert!(parse_duration(&text("5 weeks")).unwrap_err().contains("`weeks` is not a unit"));
        assert!(parse_duration(&text("soon")).is_err());
        assert_eq!(parse_duration(&Toml::Integer(-1)), Err("must not be negative".to_owned()));
        assert!(parse_duration(&Toml::Integer(i64::MAX)).unwrap_err().contains("584"));
        assert!(parse_duration(&Toml::Boolean(true)).is_err());
    }

    #[test]
    fn memory_is_in_mib() {
        assert_eq!(parse_memory(&text("64GiB")), Ok(65_536));
        assert_eq!(parse_memory(&text("1.5 GiB")), Ok(1536));
        assert_eq!(parse_memory(&Toml::Integer(512)), Ok(512));
        assert!(parse_memory(&text("64GB")).unwrap_err().contains("`GB` is not a unit"));
        assert!(parse_memory(&text("1KiB")).unwrap_err().contains("whole number of MiB"));
        assert!(parse_memory(&text("9999999TiB")).unwrap_err().contains("at most"));
    }

    #[test]
    fn cores_are_in_milli() {
        assert_eq!(parse_cores(&Toml::Integer(4)), Ok(4000));
        assert_eq!(parse_cores(&Toml::Float(0.1)), Ok(100));
        assert_eq!(parse_cores(&text("500m")), Ok(500));
        assert_eq!(parse_cores(&text("64")), Ok(64_000));
        assert!(parse_cores(&Toml::Float(0.00001)).is_err());
        assert!(parse_cores(&Toml::Float(f64::NAN)).is_err());
    }
}
