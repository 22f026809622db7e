//! Holm's correction: p-values of many comparisons, so adjusted that one false finding among all stays rare.

/// The p-values adjusted, in their order: if those at most alpha are believed, the chance that any of them is
/// false is at most alpha, however they depend on each other.
///
/// The k-th smallest of m is multiplied by m - k + 1; an adjusted value is never below that of a smaller one, nor
/// above 1.
///
/// # Source
/// Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6(2), 1979.
pub fn adjusted(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let (mut adjusted, mut least) = (vec![0.0; p_values.len()], 0.0f64);
    for (k, &n) in order.iter().enumerate() {
        least = least.max((p_values[n] * (p_values.len() - k) as f64).min(1.0));
        adjusted[n] = least;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_is_multiplied_most_and_order_is_kept() {
        // Sorted 0.01, 0.02, 0.03, 0.4 times 4, 3, 2, 1 is 0.04, 0.06, 0.06, 0.4.
        let adjusted = adjusted(&[0.03, 0.01, 0.4, 0.02]);
        for (got, wanted) in adjusted.iter().zip([0.06, 0.04, 0.4, 0.06]) {
            assert!((got - wanted).abs() < 1e-15, "{adjusted:?}");
        }
    }

    #[test]
    fn nothing_is_above_one_and_nothing_below_a_smaller_one() {
        // 0.03 * 3 = 0.09, then max(0.09, 0.031 * 2) = 0.09, then 0.9.
        let found = adjusted(&[0.9, 0.03, 0.031]);
        assert!((found[1] - 0.09).abs() < 1e-15 && found[2] == found[1] && found[0] == 0.9);
        assert_eq!(adjusted(&[0.7, 0.8]), [1.0, 1.0]);
        assert!(adjusted(&[]).is_empty());
    }
}
