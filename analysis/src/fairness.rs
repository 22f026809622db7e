//! Jain's index: how evenly something is spread over users or tenants.

/// Mean of a quantity per user or tenant, by its number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Means {
    /// Sum and number of values.
    rows: Vec<(u128, u64)>,
}

impl Means {
    /// Adds a value of number `n`.
    #[inline]
    pub(crate) fn add(&mut self, n: u32, value: u64) {
        let n = n as usize;
        if n >= self.rows.len() {
            self.rows.resize(n + 1, (0, 0));
        }
        self.rows[n].0 += u128::from(value);
        self.rows[n].1 += 1;
    }

    /// Jain's index over all numbers that have a value; `None` if fewer than two have.
    pub(crate) fn jain(&self) -> Option<f64> {
        let means = self.rows.iter().filter(|row| row.1 > 0).map(|row| row.0 as f64 / row.1 as f64);
        let means: Vec<f64> = means.collect();
        (means.len() > 1).then(|| jain(&means)).flatten()
    }
}

/// Jain's fairness index `(sum x)^2 / (n * sum x^2)`: 1 if all are equal, `1/n` if one has everything.
///
/// `None` if there are no values or all of them are zero.
///
/// # Source
/// Jain, Chiu and Hawe, "A quantitative measure of fairness and discrimination", DEC-TR-301, 1984.
pub fn jain(values: &[f64]) -> Option<f64> {
    let sum: f64 = values.iter().sum();
    let squares: f64 = values.iter().map(|x| x * x).sum();
    (squares > 0.0).then(|| sum * sum / (values.len() as f64 * squares))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_shares_are_fair_and_one_taker_is_not() {
        assert_eq!(jain(&[3.0, 3.0, 3.0]), Some(1.0));
        assert_eq!(jain(&[1.0, 0.0, 0.0, 0.0]), Some(0.25));
        // (1 + 3)^2 / (2 * (1 + 9)) = 16 / 20.
        assert_eq!(jain(&[1.0, 3.0]), Some(0.8));
        assert_eq!(jain(&[]), None);
    }

    #[test]
    fn means_count_only_who_has_values() {
        let mut means = Means::default();
        means.add(4, 2);
        assert_eq!(means.jain(), None);
        means.add(1, 4);
        means.add(1, 8);
        // Means 6 and 2: (6 + 2)^2 / (2 * (36 + 4)) = 64 / 80.
        assert_eq!(means.jain(), Some(0.8));
    }
}
