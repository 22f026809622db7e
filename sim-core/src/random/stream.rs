//! Named random streams, and stateless draws keyed by entity.

use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// SplitMix64's finaliser: every input bit reaches every output bit.
///
/// # Source
/// Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, mix64 variant 13.
#[inline]
const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// 2^64 divided by the golden ratio, odd: the increment of SplitMix64.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

fn hash_name(seed: u64, name: &str) -> u64 {
    let mut hash = mix(seed.wrapping_add(GOLDEN));
    for byte in name.bytes() {
        hash = mix(hash ^ u64::from(byte)).wrapping_add(GOLDEN);
    }
    mix(hash ^ name.len() as u64)
}

/// A sequence of random numbers that belongs to one consumer, by name.
///
/// Streams of different names are independent, so that a new consumer never shifts another's draws.
/// The generator is PCG XSL 128/64 (MCG), O'Neill 2014.
#[derive(Clone, Debug)]
pub struct Stream {
    generator: Pcg64Mcg,
}

impl Stream {
    /// The stream `name` of the run with `seed`. Names are paths: `workload/arrivals`.
    pub fn new(seed: u64, name: &str) -> Self {
        let (high, low) = (hash_name(seed, name), hash_name(!seed, name));
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&low.to_le_bytes());
        bytes[8..].copy_from_slice(&high.to_le_bytes());
        Self { generator: Pcg64Mcg::from_seed(bytes) }
    }

    /// 64 random bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.generator.next_u64()
    }

    /// Uniform in `0..n`, without bias.
    ///
    /// # Source
    /// Lemire, "Fast random integer generation in an interval", TOMACS 2019.
    /// # Panics
    /// If `n` is 0.
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        assert!(n > 0, "a number below 0 was asked for");
        let mut product = u128::from(self.bits()) * u128::from(n);
        if (product as u64) < n {
            let threshold = n.wrapping_neg() % n;
            while (product as u64) < threshold {
                product = u128::from(self.bits()) * u128::from(n);
            }
        }
        (product >> 64) as u64
    }

    /// Uniform in [0, 1), a multiple of 2^-53.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// Uniform in (0, 1): safe under a logarithm and in inverse distribution functions.
    #[inline]
    pub fn open_unit(&mut self) -> f64 {
        ((self.bits() >> 12) as f64 + 0.5) * (1.0 / 4_503_599_627_370_496.0)
    }

    /// True in `ppm` of a million draws.
    #[inline]
    pub fn chance_ppm(&mut self, ppm: u32) -> bool {
        self.below(1_000_000) < u64::from(ppm)
    }

    /// A random permutation of `items` in place (Fisher-Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }
}

/// Draws that depend on who asks, not on when: the same entity gets the same number under every policy.
#[derive(Clone, Copy, Debug)]
pub struct Keyed {
    key: u64,
}

impl Keyed {
    /// The family of draws `name` of the run with `seed`.
    pub fn new(seed: u64, name: &str) -> Self {
        Self { key: hash_name(seed, name) }
    }

    /// The 64 bits that belong to the entity `(a, b)`.
    #[inline]
    pub fn bits(&self, a: u64, b: u64) -> u64 {
        let first = mix(self.key ^ a.wrapping_mul(GOLDEN));
        mix(first.wrapping_add(b.wrapping_mul(0xd6e8_feb8_6659_fd93)) ^ GOLDEN)
    }

    /// The stream that belongs to the entity `(a, b)`.
    pub fn stream(&self, a: u64, b: u64) -> Stream {
        Stream::new(self.bits(a, b), "keyed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_pinned_for_ever() {
        // Results of published runs depend on these bits: a change here is a breaking change.
        let mut stream = Stream::new(1, "workload/arrivals");
        let drawn = [stream.bits(), stream.bits(), stream.bits()];
        assert_eq!(drawn, PINNED, "{drawn:#x?}");
        assert_eq!(Keyed::new(1, "failures").bits(2, 3), PINNED_KEYED);
    }

    #[test]
    fn names_and_seeds_separate_streams() {
        let first = Stream::new(1, "a").bits();
        assert_ne!(first, Stream::new(1, "b").bits());
        assert_ne!(first, Stream::new(2, "a").bits());
        assert_eq!(first, Stream::new(1, "a").bits());
    }

    #[test]
    fn below_is_uniform_enough() {
        let (mut stream, mut counts) = (Stream::new(7, "t"), [0u32; 7]);
        for _ in 0..70_000 {
            counts[stream.below(7) as usize] += 1;
        }
        // Standard deviation is 93; six of them.
        assert!(counts.iter().all(|&n| n.abs_diff(10_000) < 560), "{counts:?}");
    }

    #[test]
    fn a_shuffle_permutes() {
        let mut items: Vec<u32> = (0..50).collect();
        Stream::new(3, "s").shuffle(&mut items);
        assert_ne!(items, (0..50).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..50).collect::<Vec<_>>());
    }

    const PINNED: [u64; 3] = [0x3a43_3a20_ef85_dcb8, 0xe4ea_8894_83b7_ce90, 0x40f8_fe0a_19a9_ad90];
    const PINNED_KEYED: u64 = 0xa27a_09ae_b94b_e6db;
}
