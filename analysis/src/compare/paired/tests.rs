//! Tests of comparisons in pairs, with numbers worked out by hand.

use super::*;
use crate::testing::record;

/// Half an interval of three samples with variance 1: `t(2, 0.975) * sqrt(1 / 3)`, t = 4.302653.
const HALF: f64 = 2.484_138;

fn run(policy: &str, seed: u64, load: &str, wait: f64) -> RunRecord {
    let mut run = record(policy, seed, wait);
    run.key.axes[0].1 = load.into();
    run
}

/// Waits of three seeds at loads 0.5 and 0.9.
fn side(policy: &str, low: [f64; 3], high: [f64; 3]) -> Vec<RunRecord> {
    let at = |load: &'static str, waits: [f64; 3]| {
        (1..).zip(waits).map(move |(seed, wait)| run(policy, seed, load, wait)).collect::<Vec<_>>()
    };
    [at("0.5", low), at("0.9", high)].concat()
}

/// Differences 2, 1, 3 at 0.5 and -10, -11, -9 at 0.9.
fn sides() -> (Vec<RunRecord>, Vec<RunRecord>) {
    let a = side("a", [10.0, 20.0, 30.0], [100.0, 100.0, 100.0]);
    (a, side("b", [12.0, 21.0, 33.0], [90.0, 89.0, 91.0]))
}

fn compare<'a>(a: &'a [RunRecord], b: &'a [RunRecord]) -> Comparison<'a> {
    let side = |folder: &str, runs: &'a [RunRecord]| Side {
        folder: folder.into(),
        policy: runs[0].key.policy.clone(),
        runs: runs.iter().collect(),
    };
    Comparison::new(side("out/a", a), side("out/b", b), &["wait_mean"], Method::Student)
}

#[track_caller]
fn expect(row: &PairedRow, pairs: u64, samples: u64, mean: f64, half: f64, verdict: Verdict) {
    let difference = row.difference.unwrap();
    assert_eq!((difference.pairs, difference.samples), (pairs, samples), "{row:?}");
    let (low, high) = difference.ci95.unwrap();
    assert!((difference.mean - mean).abs() < 1e-9, "{row:?}");
    assert!((low - mean + half).abs() < 1e-5 && (high - mean - half).abs() < 1e-5, "{row:?}");
    assert_eq!(difference.verdict(row.better), verdict);
}

#[test]
fn points_are_compared_pair_by_pair_and_all_points_seed_by_seed() {
    let (a, b) = sides();
    let comparison = compare(&a, &b);
    assert_eq!((comparison.pairs, comparison.only_a, comparison.only_b), (6, 0, 0));
    let [low, high, all] = &comparison.rows[..] else { panic!("{:?}", comparison.rows) };
    assert_eq!(low.point, Some(vec![("workload.load".into(), "0.5".into())]));
    // 2, 1, 3: mean 2, variance 1; 2 - 2.48 < 0.
    expect(low, 3, 3, 2.0, HALF, Verdict::Unclear);
    assert_eq!((low.difference.unwrap().mean_a, low.difference.unwrap().mean_b), (20.0, 22.0));
    // -10, -11, -9: variance 1, and less waiting is better.
    expect(high, 3, 3, -10.0, HALF, Verdict::FavoursB);
    // Means over both points: (2 - 10) / 2, (1 - 11) / 2, (3 - 9) / 2, which is -4, -5, -3.
    assert_eq!(all.point, None);
    expect(all, 6, 3, -4.0, HALF, Verdict::FavoursB);
    assert_eq!((all.difference.unwrap().mean_a, all.difference.unwrap().mean_b), (60.0, 56.0));
}

#[test]
fn the_other_way_round_the_same_side_is_favoured() {
    let (a, b) = sides();
    expect(&compare(&b, &a).rows[2], 6, 3, 4.0, HALF, Verdict::FavoursA);
}

#[test]
fn runs_pair_whatever_their_order() {
    let (a, mut b) = sides();
    b.reverse();
    assert_eq!(compare(&a, &b).rows, compare(&a, &sides().1).rows);
}

#[test]
fn runs_without_a_counterpart_are_counted() {
    let (mut a, mut b) = sides();
    a.remove(0);
    b.push(run("b", 4, "0.9", 1.0));
    let comparison = compare(&a, &b);
    assert_eq!((comparison.pairs, comparison.only_a, comparison.only_b), (5, 0, 2));
    let [low, high, all] = &comparison.rows[..] else { panic!("{:?}", comparison.rows) };
    assert_eq!((low.missing_a, low.missing_b, low.difference.unwrap().pairs), (1, 0, 2));
    assert_eq!((high.missing_a, high.difference.unwrap().pairs), (1, 3));
    // Seed 1 lacks a pair at 0.5: seeds 2 and 3 remain, with -5 and -3. t(1, 0.975) = 12.706205, times
    // sqrt(2 / 2).
    assert_eq!((all.missing_a, all.seeds_left_out), (2, 1));
    expect(all, 4, 2, -4.0, 12.706_205, Verdict::Unclear);
    let text = paired_text(&comparison);
    assert!(text.contains("2 runs of b have no counterpart") && text.contains("2 of 3"), "{text}");
    assert!(text.contains("4, 2 missing, without 1 seed"), "{text}");
}

#[test]
fn a_metric_that_one_run_lacks_is_counted() {
    let (a, mut b) = sides();
    b[3].metrics.clear();
    let comparison = compare(&a, &b);
    assert_eq!((comparison.pairs, comparison.only_a, comparison.only_b), (6, 0, 0));
    assert_eq!((comparison.rows[1].missing_a, comparison.rows[1].missing_b), (0, 1));
    assert_eq!(comparison.rows[2].seeds_left_out, 1);
}

#[test]
fn a_point_without_a_pair_has_a_row_without_numbers() {
    let (a, mut b) = sides();
    b.truncate(3);
    let comparison = compare(&a, &b);
    assert_eq!((comparison.rows[1].difference, comparison.rows[1].missing_b), (None, 3));
    // All points are those that have pairs.
    expect(&comparison.rows[2], 3, 3, 2.0, HALF, Verdict::Unclear);
}

#[test]
fn a_single_pair_has_no_interval() {
    let (a, b) = ([run("a", 1, "0.5", 10.0)], [run("b", 1, "0.5", 7.0)]);
    let comparison = compare(&a, &b);
    let difference = comparison.rows[0].difference.unwrap();
    assert_eq!((difference.mean, difference.ci95), (-3.0, None));
    assert_eq!(difference.verdict(Better::Lower), Verdict::NoInterval);
    assert!(paired_text(&comparison).contains("no interval"));
}

#[test]
fn equal_values_are_not_told_apart_and_constant_differences_are() {
    let equal = Difference::of(&[(1.0, 1.0), (2.0, 2.0)], Method::Student).unwrap();
    assert_eq!(equal.verdict(Better::Lower), Verdict::Equal);
    let shifted = Difference::of(&[(1.0, 2.0), (2.0, 3.0)], Method::Student).unwrap();
    assert_eq!((shifted.ci95, shifted.verdict(Better::Lower)), (Some((1.0, 1.0)), Verdict::FavoursA));
    assert_eq!(shifted.verdict(Better::Higher), Verdict::FavoursB);
    assert_eq!(shifted.verdict(Better::Neither), Verdict::Differs);
}

#[test]
fn the_default_metrics_are_those_of_both_sides_that_are_not_zero() {
    let (mut a, b) = sides();
    let more = |name: &str| crate::MetricValue { name: name.into(), unit: "jobs".into(), value: 0.0 };
    a[0].metrics.push(more("unfinished"));
    let runs = |side: &'static [RunRecord]| side.iter().collect::<Vec<_>>();
    let (a, b): (&'static [RunRecord], &'static [RunRecord]) = (a.leak(), b.leak());
    assert_eq!(default_metrics(&runs(a), &runs(b)), ["wait_mean"]);
}

#[test]
fn the_table_names_points_by_what_tells_them_apart() {
    let (a, b) = sides();
    let expected = "\
b against a, 6 pairs of equal seed and point

metric     workload.load  pairs      a     b  difference
wait_mean  0.5                3   20 s  22 s   +2 ±2.5 s  unclear
           0.9                3  100 s  90 s  -10 ±2.5 s  b is better
           all                6   60 s  56 s   -4 ±2.5 s  b is better
";
    assert_eq!(paired_text(&compare(&a, &b)), expected);
}

#[test]
fn folders_are_compared_under_one_policy() {
    let (a, b) = sides();
    let b: Vec<RunRecord> = b
        .into_iter()
        .map(|mut run| {
            run.key.policy = "a".into();
            run
        })
        .collect();
    let text = paired_text(&compare(&a, &b));
    assert!(text.starts_with("a: out/b against out/a, 6 pairs of equal seed and point\n"), "{text}");
    assert!(text.contains("b is better"), "{text}");
    assert!(paired_text(&compare(&a, &a)).contains("0 ±0 s  equal"));
}

#[test]
fn csv_and_json_say_the_same() {
    let a = [run("a", 1, "0.5", 1.0), run("a", 2, "0.5", 2.0)];
    let b = [run("b", 1, "0.5", 2.0), run("b", 2, "0.5", 3.0)];
    let mut comparisons = [compare(&a, &b)];
    correct(&mut comparisons);
    let expected = "folder_a,policy_a,folder_b,policy_b,workload.load,scope,metric,unit,pairs,samples,\
                    seeds_left_out,missing_a,missing_b,mean_a,mean_b,difference,ci95_low,ci95_high,verdict,\
                    p,p_holm,verdict_holm,cohen_dz,hedges_g,chance_above\n\
                    out/a,a,out/b,b,0.5,point,wait_mean,s,2,2,0,0,0,1.5,2.5,1,1,1,a,0,0,a,,G,0.875\n\
                    out/a,a,out/b,b,,all,wait_mean,s,2,2,0,0,0,1.5,2.5,1,1,1,a,0,0,a,,G,0.875\n";
    // Without spread the p-value is 0, and there is no d_z. The pooled deviation is sqrt(1/2), and the correction for
    // two degrees of freedom 1 / gamma(1/2) = 1 / sqrt(pi). Of four pairs B is above in 3.5.
    let g = comparisons[0].rows[0].difference.unwrap().effect.hedges_g.unwrap();
    assert!((g - (2.0 / std::f64::consts::PI).sqrt()).abs() < 1e-12, "{g}");
    assert_eq!(paired_csv(&comparisons), expected.replace("G", &g.to_string()));
    let row = serde_json::json!({
        "metric": "wait_mean", "unit": "s", "params": { "workload.load": 0.5 }, "pairs": 2, "samples": 2,
        "seeds_left_out": 0, "missing_a": 0, "missing_b": 0, "mean_a": 1.5, "mean_b": 2.5, "difference": 1.0,
        "ci95_low": 1.0, "ci95_high": 1.0, "verdict": "a", "p": 0.0, "p_holm": 0.0, "verdict_holm": "a",
        "cohen_dz": null, "hedges_g": g, "chance_above": 0.875,
    });
    let report = paired_json("0.1.0", &comparisons);
    assert_eq!(report["comparisons"][0]["rows"][0], row);
    assert_eq!(report["comparisons"][0]["rows"][1]["params"], serde_json::Value::Null);
    assert_eq!(report["comparisons"][0]["pairs"], 2);
}

/// Waits of five seeds at one load, and those of B so much longer or shorter.
fn five(changes: [f64; 5]) -> (Vec<RunRecord>, Vec<RunRecord>) {
    let waits = [100.0, 120.0, 90.0, 110.0, 80.0];
    let side = |policy: &str, changes: [f64; 5]| {
        let runs = (1..).zip(waits.iter().zip(changes));
        runs.map(|(seed, (wait, change))| run(policy, seed, "0.5", wait + change)).collect()
    };
    (side("a", [0.0; 5]), side("b", changes))
}

#[test]
fn findings_say_who_beats_whom_and_how_sure_that_is() {
    let (a, b) = five([-10.0, -11.0, -9.0, -10.5, -9.5]);
    let mut comparisons = [compare(&a, &b)];
    assert_eq!(correct(&mut comparisons), 1);
    // Mean -10, variance 0.625: d_z = -12.6, half width t(4, 0.975) * sqrt(0.125) = 0.98; 10 of a mean of 100.
    assert_eq!(
        findings(&comparisons[0]),
        ["b beats a in wait_mean by 10 s, 10 % (95% CI 9.02 .. 11 s) on 5 seeds; p < 0.0001, d_z = -13"]
    );
    let (a, b) = five([-10.0, 11.0, -9.0, 10.5, -2.5]);
    let mut comparisons = [compare(&a, &b)];
    correct(&mut comparisons);
    let found = findings(&comparisons[0]);
    assert!(
        found[0].starts_with("no difference shown in wait_mean between b and a: 0 s (95% CI -"),
        "{found:?}"
    );
}

#[test]
fn what_is_significant_alone_may_not_be_so_among_many() {
    // p = 0.02 or so alone; of ten such comparisons the smallest must be below 0.005.
    let (a, b) = five([-4.0, -1.0, -3.0, -6.0, -2.0]);
    let mut comparisons: Vec<_> = (0..10).map(|_| compare(&a, &b)).collect();
    assert_eq!(correct(&mut comparisons), 10);
    let row = &comparisons[0].rows[1];
    let p = row.difference.unwrap().p.unwrap();
    assert!((0.005..0.05).contains(&p) && (row.p_holm.unwrap() - 10.0 * p).abs() < 1e-12, "{p}");
    assert_eq!(row.difference.unwrap().verdict(row.better), Verdict::FavoursB);
    assert_eq!(row.corrected_verdict(), Verdict::Unclear);
}

#[test]
fn profiles_are_of_ratios_in_which_more_is_better() {
    // Waits halved at every seed of two points: the score is 2 everywhere.
    let a = side("a", [10.0, 20.0, 30.0], [100.0, 80.0, 120.0]);
    let b = side("b", [5.0, 10.0, 15.0], [50.0, 40.0, 60.0]);
    let found = profiles(&compare(&a, &b));
    assert_eq!(found.len(), 1);
    let one = &found[0];
    assert_eq!((one.points, one.pairs, one.left_out, one.by_seed), (2, 6, 0, true));
    assert_eq!((one.iqm, one.iqm_ci95), (2.0, Some((2.0, 2.0))));
    // At 0.5, of 5, 10, 15 against 10, 20, 30: 5 is below all, 10 below two and equal to one, 15 below two, so 7.5 of
    // 9; at 0.9 all of 50, 40, 60 are below 100, 80, 120.
    assert!((one.improvement - (7.5 / 9.0 + 1.0) / 2.0).abs() < 1e-12, "{}", one.improvement);
    let at = |threshold: f64| one.steps.iter().find(|step| step.0 == threshold).unwrap();
    assert_eq!((at(1.25).1, at(1.25).2, at(2.0).1), (1.0, 1.0, 0.0));
}
