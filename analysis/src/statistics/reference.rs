//! Reference values: what SciPy 1.17 and rliable 1.2 make of fixed inputs. Printed by
//! `analysis/tests/reference/statistics.py`.

pub(super) const PAIRED: [f64; 12] =
    [3.25, -0.5, 1.75, 2.125, 0.625, 4.5, -1.25, 9.75, 1.0, 2.5, 0.125, 5.375];
pub(super) const WELCH_A: [f64; 7] = [10.5, 11.25, 9.75, 12.0, 10.0, 11.5, 14.25];
pub(super) const WELCH_B: [f64; 9] = [12.5, 11.25, 15.0, 13.75, 12.25, 19.5, 10.5, 14.0, 16.25];
/// `scipy.stats.ttest_1samp`: interval and p-value.
pub(super) const PAIRED_T: [f64; 3] = [0.5168557187425546, 4.358144281257445, 0.01748359771788313];
/// `scipy.stats.ttest_ind(equal_var=False)` of b - a: interval and p-value.
pub(super) const WELCH: [f64; 3] = [0.21283948691746435, 4.922081148003172, 0.03488161392539901];
/// `scipy.stats.t.ppf(0.975, freedom)`.
pub(super) const T_975: [(f64, f64); 13] = [
    (1.0, 12.706204736174694),
    (2.0, 4.302652729749462),
    (3.0, 3.1824463052837078),
    (4.0, 2.7764451051977934),
    (9.0, 2.262157162798205),
    (10.5, 2.2138402929187886),
    (19.0, 2.0930240544083087),
    (29.0, 2.045229642132703),
    (49.25, 2.009317243300027),
    (99.0, 1.9842169515864174),
    (199.0, 1.9719565442517533),
    (999.0, 1.9623414611334493),
    (9999.0, 1.960201263621357),
];
/// z0, a and interval by the arithmetic of `scipy.stats.bootstrap(method="BCa")` on the given resamples.
pub(super) const BCA_MEAN: [f64; 4] =
    [0.06276962995222422, 0.05433603936235927, 1.0484309276626447, 4.7553083715339];
pub(super) const BCA_IQM: [f64; 4] = [-0.12578779918185587, 0.013466906606075203, 0.4375, 3.5181687252040676];
/// Interval and p-value of the studentized bootstrap by its definition, with SciPy, on the given resamples.
pub(super) const BOOTSTRAP_T: [f64; 3] = [0.9386800544809712, 5.384207047788566, 0.002002002002001957];
/// `scipy.stats.bootstrap(method="BCa", n_resamples=199_999)`.
pub(super) const BCA_SCIPY: (f64, f64) = (1.1354166666666667, 4.5625);
pub(super) const COHEN_DZ: f64 = 0.8063510916526884;
pub(super) const HEDGES_G: f64 = 1.046118786291744;
/// `scipy.stats.mannwhitneyu` over the number of pairs.
pub(super) const A12: f64 = 0.8095238095238095;
/// `rliable.metrics.aggregate_iqm` and `probability_of_improvement`.
pub(super) const IQM: f64 = 0.9765625;
pub(super) const IMPROVEMENT: f64 = 0.4921875;
/// Thresholds with rliable's `score_distributions` and `average_score_distributions`.
pub(super) const PROFILE: [(f64, f64, f64); 4] =
    [(0.25, 0.90625, 1.0), (0.75, 0.65625, 0.5), (1.0, 0.4375, 0.5), (1.5, 0.15625, 0.0)];
/// rliable's percentile interval of the interquartile mean, its bootstrap given our indexes.
pub(super) const IQM_STRATIFIED: (f64, f64) = (0.8046875, 1.125);
/// By the definition, with NumPy.
pub(super) const MSER5: usize = 65;
/// Mean, `scipy.stats.ttest_1samp` interval and lag-1 autocorrelation of twenty batch means.
pub(super) const BATCH_MEANS: [f64; 4] =
    [5.002843229165757, 4.927756244695409, 5.077930213636105, -0.6839659894276595];

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
}
