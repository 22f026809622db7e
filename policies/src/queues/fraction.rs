//! Exact fractions: shares that are compared by their products, without rounding.

use std::cmp::Ordering;

/// `num / den`, never reduced; equal values compare as equal.
#[derive(Clone, Copy, Debug)]
pub struct Fraction {
    num: u128,
    den: u128,
}

impl Fraction {
    /// Nothing.
    pub const ZERO: Self = Self { num: 0, den: 1 };

    /// `num / den`.
    ///
    /// # Panics
    /// If `den` is zero.
    #[inline]
    pub fn new(num: u128, den: u128) -> Self {
        assert!(den > 0, "a share of {num} / 0");
        Self { num, den }
    }

    /// This, times `by`.
    ///
    /// # Panics
    /// If the numerator exceeds 128 bits.
    #[inline]
    #[must_use]
    pub fn times(self, by: u64) -> Self {
        let num = self.num.checked_mul(u128::from(by)).expect("a capacity times a ratio has 128 bits");
        Self::new(num, self.den)
    }

    /// This, divided by `by`.
    ///
    /// # Panics
    /// If `by` is zero or the denominator exceeds 128 bits: capacities are below 2^52 and weights below 2^50.
    #[inline]
    #[must_use]
    pub fn over(self, by: u64) -> Self {
        let den = self.den.checked_mul(u128::from(by)).expect("a capacity times a weight has 128 bits");
        Self::new(self.num, den)
    }
}

impl Ord for Fraction {
    /// By cross products where they have 128 bits, else by whole parts and the reciprocals of what is left (Euclid).
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        if let (Some(left), Some(right)) = (self.num.checked_mul(other.den), other.num.checked_mul(self.den))
        {
            return left.cmp(&right);
        }
        euclid(*self, *other)
    }
}

#[cold]
fn euclid(mut a: Fraction, mut b: Fraction) -> Ordering {
    loop {
        let by_whole = (a.num / a.den).cmp(&(b.num / b.den));
        let (rest_a, rest_b) = (a.num % a.den, b.num % b.den);
        if by_whole != Ordering::Equal || rest_a == 0 || rest_b == 0 {
            return by_whole.then((rest_a > 0).cmp(&(rest_b > 0)));
        }
        // x < y exactly if 1/y < 1/x.
        (a, b) = (Fraction { num: b.den, den: rest_b }, Fraction { num: a.den, den: rest_a });
    }
}

impl PartialOrd for Fraction {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Fraction {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Fraction {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_compare_by_value() {
        assert_eq!(Fraction::new(1, 3), Fraction::new(2, 6));
        assert!(Fraction::new(1, 3) < Fraction::new(334, 1000));
        assert!(Fraction::ZERO < Fraction::new(1, u128::MAX));
        assert_eq!(Fraction::new(6, 4).over(3), Fraction::new(1, 2));
    }

    #[test]
    fn products_beyond_128_bits_compare_exactly() {
        let big = u128::MAX - 1;
        // (n - 1) / n grows with n.
        assert!(Fraction::new(big - 1, big) < Fraction::new(big, big + 1));
        assert!(Fraction::new(big, big - 1) > Fraction::new(big + 1, big));
        assert_eq!(Fraction::new(big, big), Fraction::new(1, 1));
        assert!(Fraction::new(big, 3) < Fraction::new(big, 2));
    }
}
