//! The distribution function of the gamma distribution.

/// Terms after which the expansions have converged for every shape below 1e6: they need about 10 *
/// sqrt(shape).
const TERMS_MAX: u32 = 20_000;

/// P(X <= x) for a gamma variate X of that shape and scale.
///
/// # Source
/// The regularised lower incomplete gamma function: its power series below `shape + 1`, Lentz's continued
/// fraction of the complement above (Abramowitz and Stegun 6.5.29 and 6.5.31).
pub(super) fn gamma_cdf(x: f64, shape: f64, scale: f64) -> f64 {
    let z = x / scale;
    if z <= 0.0 {
        return 0.0;
    }
    let front = libm::exp(shape * libm::log(z) - z - libm::lgamma(shape));
    if z < shape + 1.0 { series(z, shape) * front } else { 1.0 - fraction(z, shape) * front }
}

fn series(z: f64, shape: f64) -> f64 {
    let mut term = 1.0 / shape;
    let mut sum = term;
    for n in 1..TERMS_MAX {
        term *= z / (shape + f64::from(n));
        sum += term;
        if term < sum * f64::EPSILON {
            break;
        }
    }
    sum
}

fn fraction(z: f64, shape: f64) -> f64 {
    // Lentz's method divides by these: a zero is replaced by something that is small but not subnormal.
    const TINY: f64 = 1e-300;
    let nonzero = |value: f64| if libm::fabs(value) < TINY { TINY } else { value };
    let mut b = z + 1.0 - shape;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / nonzero(b);
    let mut product = d;
    for n in 1..TERMS_MAX {
        let n = f64::from(n);
        let a = -n * (n - shape);
        b += 2.0;
        d = 1.0 / nonzero(a * d + b);
        c = nonzero(b + a / c);
        product *= d * c;
        if libm::fabs(d * c - 1.0) < f64::EPSILON {
            break;
        }
    }
    product
}

#[cfg(test)]
mod tests {
    use statrs::distribution::{ContinuousCDF, Gamma};

    use super::*;

    #[test]
    fn it_agrees_with_an_independent_library() {
        for (shape, scale) in [(0.3, 2.0), (1.0, 1.0), (8.1737, 3.9631), (312.0, 0.03), (6.1271, 5.274)] {
            let theirs = Gamma::new(shape, 1.0 / scale).unwrap();
            for k in 1..200 {
                let x = shape * scale * f64::from(k) / 50.0;
                let (ours, theirs) = (gamma_cdf(x, shape, scale), theirs.cdf(x));
                assert!((ours - theirs).abs() < 1e-10, "shape {shape}, x {x}: {ours} is not {theirs}");
            }
        }
        assert_eq!(gamma_cdf(-1.0, 2.0, 1.0), 0.0);
    }
}
