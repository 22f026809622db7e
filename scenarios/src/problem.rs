//! What is wrong with an input: place, value and rule, all of a file at once.

use std::fmt;

use thiserror::Error;

/// One thing that is wrong with an input.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// The file, or the command-line option, that holds it.
    pub file: String,
    /// Where in it: a line (`17`), a key (`policy.order`), or empty for the file as a whole.
    pub at: String,
    /// What was found there; empty if something is missing or the rule says it all.
    pub value: String,
    /// The rule that it breaks.
    pub rule: String,
}

impl Problem {
    /// `file:at = value: rule`.
    pub fn new(
        file: impl Into<String>,
        at: impl fmt::Display,
        value: impl fmt::Display,
        rule: impl Into<String>,
    ) -> Self {
        Self { file: file.into(), at: at.to_string(), value: value.to_string(), rule: rule.into() }
    }

    /// A problem with the file as a whole.
    pub fn of_file(file: impl Into<String>, rule: impl Into<String>) -> Self {
        Self::new(file, "", "", rule)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if !self.at.is_empty() {
            let separator = if self.at.starts_with(|c: char| c.is_ascii_digit()) { ":" } else { ": " };
            write!(f, "{separator}{}", self.at)?;
        }
        if !self.value.is_empty() {
            write!(f, " = {}", self.value)?;
        }
        write!(f, ": {}", self.rule)
    }
}

/// All that is wrong with an input. Nothing was done with it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Error)]
pub struct Problems(pub Vec<Problem>);

/// Problems that are printed in full; the rest is counted.
const SHOWN_MAX: usize = 20;

impl Problems {
    /// `Ok(value)` if nothing is wrong.
    ///
    /// # Errors
    /// The problems, if there are any.
    pub fn or_ok<T>(self, value: T) -> Result<T, Problems> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }

    /// Adds one.
    pub fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.0.iter().take(SHOWN_MAX).enumerate() {
            let newline = if n > 0 { "\n" } else { "" };
            write!(f, "{newline}{problem}")?;
        }
        if self.0.len() > SHOWN_MAX {
            write!(f, "\nand {} more", self.0.len() - SHOWN_MAX)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_reads_place_value_rule() {
        let key = Problem::new("gpu.toml", "policy.tau_s", -5, "must be > 0");
        assert_eq!(key.to_string(), "gpu.toml: policy.tau_s = -5: must be > 0");
        let line = Problem::new("a.swf", "17: run time (field 4)", -7, "must be >= 0");
        assert_eq!(line.to_string(), "a.swf:17: run time (field 4) = -7: must be >= 0");
        assert_eq!(Problem::of_file("a.swf", "is empty").to_string(), "a.swf: is empty");
    }

    #[test]
    fn long_lists_are_counted() {
        let problems = Problems((0..25).map(|n| Problem::new("f", n, "", "bad")).collect());
        assert!(problems.to_string().ends_with("and 5 more"));
    }
}
