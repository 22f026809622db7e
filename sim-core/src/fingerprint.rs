//! A 128-bit fingerprint of the event stream.

/// Digest of all events of a run, in order. Equal runs have equal fingerprints; it resists accidents, not attackers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Fingerprint {
    low: u64,
    high: u64,
}

impl Default for Fingerprint {
    fn default() -> Self {
        // Digits of pi: nothing up the sleeve.
        Self { low: 0x243f_6a88_85a3_08d3, high: 0x1319_8a2e_0370_7344 }
    }
}

#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

impl Fingerprint {
    /// Adds three words. Order matters.
    #[inline]
    pub(crate) fn add(&mut self, time: u64, kind: u64, operand: u64) {
        let word = time.rotate_left(32) ^ kind.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ operand;
        self.low = fold(self.low ^ word, 0xa409_3822_299f_31d1);
        self.high = fold(self.high ^ word.rotate_left(17) ^ self.low, 0x082e_fa98_ec4e_6c89);
    }

    /// The digest.
    pub(crate) fn value(self) -> u128 {
        u128::from(self.high) << 64 | u128::from(self.low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_content_matter() {
        let digest = |words: &[(u64, u64, u64)]| {
            let mut print = Fingerprint::default();
            words.iter().for_each(|&(a, b, c)| print.add(a, b, c));
            print.value()
        };
        assert_ne!(digest(&[(1, 2, 3), (4, 5, 6)]), digest(&[(4, 5, 6), (1, 2, 3)]));
        assert_ne!(digest(&[(1, 2, 3)]), digest(&[(1, 2, 4)]));
        assert_eq!(digest(&[(1, 2, 3)]), digest(&[(1, 2, 3)]));
    }
}
