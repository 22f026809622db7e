//! Numbers of golden files: whole, floating or a digest, compared to the last bit.

use std::fmt;

/// The value of a metric, ours.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Number {
    Whole(u64),
    Float(f64),
    Digest(String),
}

impl Number {
    /// True if `text` is the same: of floats every bit.
    pub(super) fn is(&self, text: &str) -> bool {
        match self {
            Self::Whole(ours) => text.parse() == Ok(*ours),
            Self::Float(ours) => text.parse().is_ok_and(|theirs: f64| theirs.to_bits() == ours.to_bits()),
            Self::Digest(ours) => text == ours,
        }
    }

    /// How far `text` is away; zero where there is no distance.
    pub(super) fn distance(&self, text: &str) -> f64 {
        let ours = match self {
            Self::Whole(ours) => *ours as f64,
            Self::Float(ours) => *ours,
            Self::Digest(_) => return 0.0,
        };
        text.parse().map_or(0.0, |theirs: f64| (ours - theirs).abs())
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(number) => number.fmt(f),
            Self::Float(number) => number.fmt(f),
            Self::Digest(text) => text.fmt(f),
        }
    }
}

/// What differs, of named values as they are written in a golden file: a text for each, and the largest distance.
pub(super) fn differing(
    theirs: &[(String, String)],
    ours: impl Fn(&str) -> Option<Number>,
) -> (Vec<String>, f64) {
    let (mut found, mut largest) = (Vec::new(), 0.0f64);
    for (name, theirs) in theirs {
        match ours(name) {
            Some(number) if number.is(theirs) => {}
            Some(number) => {
                largest = largest.max(number.distance(theirs));
                found.push(format!("{name}: ours {number}, theirs {theirs}"));
            }
            None => found.push(format!("{name}: theirs {theirs}, and there is no such number here")),
        }
    }
    (found, largest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_bit_by_bit() {
        assert!(Number::Float(0.1 + 0.2).is("0.30000000000000004") && !Number::Float(0.1 + 0.2).is("0.3"));
        assert!(Number::Whole(5).is("5") && !Number::Whole(5).is("5.0") && !Number::Whole(5).is("x"));
        assert_eq!(Number::Whole(5).distance("7"), 2.0);
    }
}
