"""Prints analysis/src/statistics/reference.rs: fixed inputs, and what SciPy 1.17 and rliable 1.2 make of them.

    pip install scipy==1.17.0 rliable==1.2.0 "pandas<3"
    python analysis/tests/reference/statistics.py > analysis/src/statistics/reference.rs && cargo fmt --all
"""

import numpy as np
from rliable import library, metrics
from scipy import special, stats

PAIRED = np.array([3.25, -0.5, 1.75, 2.125, 0.625, 4.5, -1.25, 9.75, 1.0, 2.5, 0.125, 5.375])
WELCH_A = np.array([10.5, 11.25, 9.75, 12.0, 10.0, 11.5, 14.25])
WELCH_B = np.array([12.5, 11.25, 15.0, 13.75, 12.25, 19.5, 10.5, 14.0, 16.25])


def indexes(size, count):
    """The top bits of a linear congruential generator (Knuth's MMIX), in both languages alike."""
    state, found = 1, []
    for _ in range(size * count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        found.append((state >> 33) % size)
    return np.array(found)


def rows(size, count):
    # Sorted, as ours are: sums in another order may differ in their last bit, and then ties are no ties.
    return np.sort(indexes(size, count).reshape(count, size), axis=1)


def scores(shift):
    """8 runs (rows) of 4 tasks."""
    run, task = np.meshgrid(np.arange(8), np.arange(4), indexing="ij")
    return ((run * 5 + task * 3 + shift) % 11) / 8 + task / 4


def warming():
    """400 values that fall from 20 to a level of 5, and go round it."""
    n = np.arange(400)
    return 5 + 15 * 0.5 ** (n // 10) + ((n * 7919) % 101 - 50) / 25


def bca(statistic):
    drawn = statistic(PAIRED[rows(len(PAIRED), 999)], axis=-1)
    whole = statistic(PAIRED, axis=-1)
    z0 = special.ndtri(((drawn < whole).sum() + (drawn <= whole).sum()) / (2 * len(drawn)))
    from scipy.stats import _resampling

    low, high, a = _resampling._bca_interval((PAIRED,), statistic, -1, 0.025, drawn, None, np)
    ends = stats.quantile(drawn, np.array([low, high]))
    return [z0, a, *ends]


def bootstrap_t():
    drawn = PAIRED[rows(len(PAIRED), 999)]
    whole, error = PAIRED.mean(), stats.sem(PAIRED)
    t = (drawn.mean(axis=1) - whole) / stats.sem(drawn, axis=1)
    low, high = stats.quantile(t, np.array([0.025, 0.975]))
    below = ((t < whole / error).sum() + (t <= whole / error).sum()) / (2 * len(t))
    return [whole - high * error, whole - low * error, min(max(2 * min(below, 1 - below), 2 / 1000), 1)]


def iqm(x, axis):
    return stats.trim_mean(x, 0.25, axis=axis)


def mser5(values):
    y = values[: len(values) // 5 * 5].reshape(-1, 5).mean(axis=1)
    error = [np.sum((y[d:] - y[d:].mean()) ** 2) / (len(y) - d) ** 2 for d in range(len(y) - 4)]
    assert np.argmin(error) <= len(y) / 2
    return 5 * int(np.argmin(error))


def batch_means(values):
    y = values[len(values) % 20 :].reshape(20, -1).mean(axis=1)
    interval = stats.ttest_1samp(y, 0).confidence_interval()
    d = y - y.mean()
    return [y.mean(), *interval, np.sum(d[1:] * d[:-1]) / np.sum(d * d)]


def stratified(x):
    """rliable's percentile interval, with the indexes of its bootstrap given: task after task."""
    drawn = indexes(8, 4 * 500).reshape(4, 500, 8)

    class Given(library.StratifiedBootstrap):
        turn = -1

        def update_indices(self):
            self.turn += 1
            return (drawn[:, self.turn, :].T, *self._strata_indices)

    return Given(x).conf_int(metrics.aggregate_iqm, method="percentile", reps=500)[:, 0]


def number(x):
    return repr(float(x))


def array(name, values):
    print(f"pub(super) const {name}: [f64; {len(values)}] = [{', '.join(map(number, values))}];")


paired = stats.ttest_1samp(PAIRED, 0)
welch = stats.ttest_ind(WELCH_B, WELCH_A, equal_var=False)
freedom = len(WELCH_A) + len(WELCH_B) - 2
pooled = np.sqrt(((len(WELCH_A) - 1) * WELCH_A.var(ddof=1) + (len(WELCH_B) - 1) * WELCH_B.var(ddof=1)) / freedom)
correction = special.gamma(freedom / 2) / (np.sqrt(freedom / 2) * special.gamma((freedom - 1) / 2))
x, y = scores(0), scores(4)
taus = [0.25, 0.75, 1.0, 1.5]
generator = np.random.default_rng(1)
by_scipy = stats.bootstrap((PAIRED,), np.mean, n_resamples=199_999, method="BCa", rng=generator).confidence_interval

print("//! Reference values: what SciPy 1.17 and rliable 1.2 make of fixed inputs. Printed by")
print("//! `analysis/tests/reference/statistics.py`.")
print()
array("PAIRED", PAIRED)
array("WELCH_A", WELCH_A)
array("WELCH_B", WELCH_B)
print("/// `scipy.stats.ttest_1samp`: interval and p-value.")
array("PAIRED_T", [*paired.confidence_interval(), paired.pvalue])
print("/// `scipy.stats.ttest_ind(equal_var=False)` of b - a: interval and p-value.")
array("WELCH", [*welch.confidence_interval(), welch.pvalue])
print("/// `scipy.stats.t.ppf(0.975, freedom)`.")
freedoms = [1, 2, 3, 4, 9, 10.5, 19, 29, 49.25, 99, 199, 999, 9999]
quantiles = ", ".join(f"({number(f)}, {number(stats.t.ppf(0.975, f))})" for f in freedoms)
print(f"pub(super) const T_975: [(f64, f64); {len(freedoms)}] = [{quantiles}];")
print("/// z0, a and interval by the arithmetic of `scipy.stats.bootstrap(method=\"BCa\")` on the given resamples.")
array("BCA_MEAN", bca(np.mean))
array("BCA_IQM", bca(iqm))
print("/// Interval and p-value of the studentized bootstrap by its definition, with SciPy, on the given resamples.")
array("BOOTSTRAP_T", bootstrap_t())
print("/// `scipy.stats.bootstrap(method=\"BCa\", n_resamples=199_999)`.")
print(f"pub(super) const BCA_SCIPY: (f64, f64) = ({number(by_scipy.low)}, {number(by_scipy.high)});")
print(f"pub(super) const COHEN_DZ: f64 = {number(PAIRED.mean() / PAIRED.std(ddof=1))};")
print(f"pub(super) const HEDGES_G: f64 = {number(correction * (WELCH_B.mean() - WELCH_A.mean()) / pooled)};")
print("/// `scipy.stats.mannwhitneyu` over the number of pairs.")
u = stats.mannwhitneyu(WELCH_B, WELCH_A).statistic
print(f"pub(super) const A12: f64 = {number(u / len(WELCH_A) / len(WELCH_B))};")
print("/// `rliable.metrics.aggregate_iqm` and `probability_of_improvement`.")
print(f"pub(super) const IQM: f64 = {number(metrics.aggregate_iqm(x))};")
print(f"pub(super) const IMPROVEMENT: f64 = {number(metrics.probability_of_improvement(x, y))};")
print("/// Thresholds with rliable's `score_distributions` and `average_score_distributions`.")
profile = zip(taus, library.score_distributions(x, taus), library.average_score_distributions(x, taus))
steps = ", ".join(f"({number(t)}, {number(a)}, {number(b)})" for t, a, b in profile)
print(f"pub(super) const PROFILE: [(f64, f64, f64); {len(taus)}] = [{steps}];")
low, high = stratified(x)
print("/// rliable's percentile interval of the interquartile mean, its bootstrap given our indexes.")
print(f"pub(super) const IQM_STRATIFIED: (f64, f64) = ({number(low)}, {number(high)});")
print("/// By the definition, with NumPy.")
print(f"pub(super) const MSER5: usize = {mser5(warming())};")
print("/// Mean, `scipy.stats.ttest_1samp` interval and lag-1 autocorrelation of twenty batch means.")
array("BATCH_MEANS", batch_means(warming()[100:]))
print(
    """
/// The top bits of a linear congruential generator (Knuth's MMIX), below `size`.
pub(super) fn indexes(size: usize, count: usize) -> Vec<u32> {
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % size as u64) as u32
    };
    (0..size * count).map(|_| next()).collect()
}

/// Scores of 8 runs at each of 4 points.
pub(super) fn scores_x() -> Vec<Vec<f64>> {
    scores(0)
}

pub(super) fn scores_y() -> Vec<Vec<f64>> {
    scores(4)
}

fn scores(shift: u32) -> Vec<Vec<f64>> {
    let of = |run: u32, task: u32| f64::from((run * 5 + task * 3 + shift) % 11) / 8.0 + f64::from(task) / 4.0;
    (0..4).map(|task| (0..8).map(|run| of(run, task)).collect()).collect()
}

/// 400 values that fall from 20 to a level of 5, and go round it.
pub(super) fn warming() -> Vec<f64> {
    let round = |n: i32| f64::from(n * 7919 % 101 - 50) / 25.0;
    (0..400).map(|n| 5.0 + 15.0 * 0.5f64.powi(n / 10) + round(n)).collect()
}

/// Equal to 1e-9, relative to what is above 1.
#[track_caller]
pub(super) fn close(got: f64, wanted: f64) {
    assert!((got - wanted).abs() <= 1e-9 * wanted.abs().max(1.0), "{got} is not {wanted}");
}"""
)
