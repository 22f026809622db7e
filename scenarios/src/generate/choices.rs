//! Amounts that vary between the jobs of one class: a value, a list, or a range.

use sim_core::registry::{Kind, LANE_MAX, Param, Params, Value};

use super::problem;
use crate::problem::Problem;

/// Values that one list or range may have.
const VALUES_MAX: usize = 4096;

/// `key = { low = .., high = .., step = .. }` in cores.
pub(super) const CORES: Kind = Kind::Either(&[
    Kind::Cores,
    Kind::List(&Kind::Cores),
    Kind::Table(&[
        Param::required("low", Kind::Cores, "Smallest amount."),
        Param::required("high", Kind::Cores, "Largest amount."),
        Param::with_default("step", Kind::Cores, "1", "Difference between two amounts."),
    ]),
]);

/// The same in memory.
pub(super) const MEMORY: Kind = Kind::Either(&[
    Kind::Memory,
    Kind::List(&Kind::Memory),
    Kind::Table(&[
        Param::required("low", Kind::Memory, "Smallest amount."),
        Param::required("high", Kind::Memory, "Largest amount."),
        Param::with_default("step", Kind::Memory, "\"1GiB\"", "Difference between two amounts."),
    ]),
]);

const COUNT: Kind = Kind::Int { min: 0, max: LANE_MAX };

/// The same in whole numbers.
pub(super) const COUNTS: Kind = Kind::Either(&[
    COUNT,
    Kind::List(&COUNT),
    Kind::Table(&[
        Param::required("low", COUNT, "Smallest number."),
        Param::required("high", COUNT, "Largest number."),
        Param::with_default("step", COUNT, "1", "Difference between two numbers."),
    ]),
]);

const SHARE: Kind = Kind::Float { min: 0.001, max: 1.0 };

/// A share of a GPU card, or a list of shares.
pub(super) const SHARES: Kind = Kind::Either(&[SHARE, Kind::List(&SHARE)]);

/// All values that `params[key]` admits, each with the same chance; a list may repeat a value. `at` is the
/// table.
///
/// # Errors
/// An empty list or range, or one that is too long.
pub(super) fn values(params: &Params, key: &str, at: &str) -> Result<Vec<u32>, Problem> {
    let values = match params.get(key) {
        Some(Value::List(values)) => values.iter().map(number).collect(),
        Some(Value::Table(range)) => {
            let bound = |name| range.get(name).map(number).expect("a range has low, high and step");
            let step = bound("step").max(1);
            (bound("low")..=bound("high")).step_by(step as usize).take(VALUES_MAX + 1).collect()
        }
        Some(value) => vec![number(value)],
        None => panic!("`{key}` has a default"),
    };
    match values.len() {
        0 => Err(problem(format!("{at}.{key}"), "", "must hold at least one value")),
        n if n > VALUES_MAX => {
            Err(problem(format!("{at}.{key}"), "", format!("must hold at most {VALUES_MAX} values")))
        }
        _ => Ok(values),
    }
}

/// An amount, a count, or a share in thousandths.
fn number(value: &Value) -> u32 {
    match value {
        Value::Amount(amount) => *amount,
        Value::Int(count) => u32::try_from(*count).expect("counts were declared to fit 32 bits"),
        // Shares are between 0.001 and 1.
        Value::Float(share) => libm::round(share * 1000.0) as u32,
        other => panic!("an amount was declared, and {other:?} was checked"),
    }
}

#[cfg(test)]
mod tests {
    use sim_core::registry::About;

    use super::*;
    use crate::generate::testing;

    const HOLDER: About = About {
        name: "holder",
        doc: "",
        source: "",
        params: &[
            Param::optional("cpu", CORES, ""),
            Param::optional("memory", MEMORY, ""),
            Param::optional("tasks", COUNTS, ""),
            Param::optional("share", SHARES, ""),
        ],
    };

    fn of(key: &str, text: &str) -> Result<Vec<u32>, String> {
        let params = testing::params(&HOLDER, &format!("{key} = {text}")).unwrap();
        values(&params, key, "shapes[0]").map_err(|problem| problem.to_string())
    }

    #[test]
    fn values_lists_and_ranges() {
        assert_eq!(of("cpu", "0.5"), Ok(vec![500]));
        assert_eq!(of("cpu", "[1, 2, '500m']"), Ok(vec![1000, 2000, 500]));
        assert_eq!(of("cpu", "{ low = 1, high = 3 }"), Ok(vec![1000, 2000, 3000]));
        assert_eq!(of("memory", "{ low = '1GiB', high = '2GiB', step = 512 }"), Ok(vec![1024, 1536, 2048]));
        assert_eq!(of("tasks", "{ low = 1, high = 6, step = 2 }"), Ok(vec![1, 3, 5]));
        assert_eq!(of("share", "[0.25, 1]"), Ok(vec![250, 1000]));
    }

    #[test]
    fn empty_and_endless_ones_are_refused() {
        assert!(of("tasks", "{ low = 6, high = 1 }").unwrap_err().contains("at least one"));
        assert!(of("tasks", "{ low = 1, high = 4000000000 }").unwrap_err().contains("at most 4096"));
        assert!(of("cpu", "[]").is_err());
    }
}
