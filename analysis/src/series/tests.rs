//! Series of a small run, worked out by hand.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float64Type, UInt64Type};

use super::*;
use crate::testing::{Case, cpu, every, key, read_parquet};

#[test]
fn rows_show_the_state_before_their_instant() {
    let mut case = Case::new(2, 4);
    case.cluster.groups[0].price_micros_per_hour = 3_600_000_000;
    case.job(5, 4, 10);
    case.job(5, 2, 22);
    case.job(6, 4, 10);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("series.parquet");
    let mix = vec![(cpu(3), 1_000_000)];
    case.run(vec![Box::new(Series::new(&path, &key(), SeriesOptions { mix, ..every(5) }))]);
    let rows = read_parquet(&path);
    let counts =
        |name: &str| rows.column_by_name(name).unwrap().as_primitive::<UInt64Type>().values().to_vec();
    let ratios = |name: &str| rows.column_by_name(name).unwrap().as_primitive::<Float64Type>().clone();
    // The run ends at 27: the job of 10 s that came at 6 starts at 15.
    assert_eq!(counts("time_ns"), [5, 10, 15, 20, 25, 27].map(|secs: u64| secs * 1_000_000_000));
    assert_eq!(counts("queue"), [0, 1, 1, 0, 0, 0]);
    assert_eq!(counts("running"), [0, 2, 2, 2, 2, 0]);
    assert_eq!(counts("nodes_up"), [2; 6]);
    assert_eq!(ratios("utilization_cpu").values().to_vec(), [0.0, 0.75, 0.75, 0.75, 0.75, 0.0]);
    // Two free cores on one node, too few for three.
    assert_eq!(ratios("fragmentation_cpu").values().to_vec(), [0.0, 1.0, 1.0, 1.0, 1.0, 0.0]);
    // The job that came at 6 waits until 15.
    assert_eq!(ratios("wait_oldest").values().to_vec(), [0.0, 4.0, 9.0, 0.0, 0.0, 0.0]);
    // From the first submission at 5: 6 cores of 8 until 25, then 2.
    assert_eq!(ratios("measured_allocated_cpu").values().to_vec(), [0.0, 30.0, 60.0, 90.0, 120.0, 124.0]);
    assert_eq!(ratios("measured_capacity_cpu").values().to_vec(), [0.0, 40.0, 80.0, 120.0, 160.0, 176.0]);
    // Two nodes at 1 per second.
    assert_eq!(ratios("cost").values().to_vec(), [10.0, 20.0, 30.0, 40.0, 50.0, 54.0]);
    assert_eq!(ratios("cost").null_count(), 0);
}

#[test]
fn a_series_that_cannot_be_written_says_so_at_the_end() {
    let mut case = Case::new(1, 1);
    case.job(0, 1, 10);
    let path = Path::new("/proc/none/series.parquet");
    let mut engine = case.engine(vec![Box::new(Series::new(path, &key(), every(5)))]);
    engine.run(&mut case.policy.clone()).unwrap();
    let error = engine.finish(&mut crate::testing::Numbers::default()).unwrap_err();
    assert_eq!(error.place, "/proc/none/series.parquet");
}

#[test]
fn the_last_integrals_give_the_utilization_of_the_measured_time() {
    for (warmup, cooldown, cut_drain) in
        [(0, 0, false), (7, 0, false), (3, 4, false), (0, 0, true), (90, 80, true)]
    {
        let mut case = Case::new(2, 4);
        // Submissions at 3, 8, 13, .., 98, of 1 to 4 cores for 2 to 12 s.
        for n in 0..20 {
            case.job(3 + 5 * n, 1 + (n % 4) as u32, 2 + n * 7 % 11);
        }
        let secs = SimDuration::from_secs;
        let window = Window { warmup: secs(warmup), cooldown: secs(cooldown), cut_drain };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("series.parquet");
        let metrics = crate::RunMetrics::new(crate::MetricOptions { window, ..Default::default() });
        let series = Series::new(&path, &key(), SeriesOptions { window, ..every(7) });
        let (_, numbers) = case.run(vec![Box::new(metrics), Box::new(series)]);
        let rows = read_parquet(&path);
        let last = |name: &str| {
            let column = rows.column_by_name(name).unwrap().as_primitive::<Float64Type>().clone();
            column.value(column.len() - 1)
        };
        let (allocated, capacity) = (last("measured_allocated_cpu"), last("measured_capacity_cpu"));
        if capacity == 0.0 {
            numbers.expect_none("utilization_cpu");
        } else {
            numbers.expect("utilization_cpu", allocated / capacity);
        }
    }
}

#[test]
fn jobs_that_have_waited_too_long_are_counted_once_their_time_has_run_out() {
    let mut case = Case::new(1, 4);
    // Starts at 0, 30, 60 and 90: waits of 0, 29, 58 and 87 s; the last comes at 80 and waits for 40.
    for submit in [0, 1, 2, 3, 80] {
        case.job(submit, 4, 30);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("series.parquet");
    let options = SeriesOptions { starvation: SimDuration::from_secs(35), ..every(20) };
    case.run(vec![Box::new(Series::new(&path, &key(), options))]);
    let rows = read_parquet(&path);
    let starved = rows.column_by_name("starved").unwrap().as_primitive::<UInt64Type>().values().to_vec();
    // Due at 37 (58 s) and 38 (87 s), then at 115; rows at 20, 40, .., 140 and at the end, 150.
    assert_eq!(starved, [0, 2, 2, 2, 2, 3, 3, 3]);
}

#[test]
fn work_that_is_lost_and_alerts_that_fire_are_told() {
    let mut case = Case::new(1, 4);
    case.job(0, 4, 30);
    case.fails_after(12);
    case.job(1, 4, 9);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("series.parquet");
    let rule = |name: &str, series: &str, threshold| AlertRule {
        name: name.into(),
        series: series.into(),
        threshold,
        above: true,
        increase_over: None,
        hold: SimDuration::ZERO,
    };
    let alerts =
        vec![rule("slow", "wait_oldest", 5.0), rule("waste", "lost_work", 10.0), rule("no", "queue", 9.0)];
    let (_, numbers) =
        case.run(vec![Box::new(Series::new(&path, &key(), SeriesOptions { alerts, ..every(2) }))]);
    // Waits from 1 to 12, more than 5 s in the rows of 8, 10 and 12 (the state before it), not at 14.
    numbers.expect("alert_fired_slow", 1.0);
    numbers.expect("alert_time_slow", 6.0);
    numbers.expect("alert_first_slow", 8.0);
    // 12 s are lost from 12 on, in the rows of 14 to 21, the end.
    numbers.expect("alert_time_waste", 7.0);
    numbers.expect("alert_fired_no", 0.0);
    numbers.expect_none("alert_first_no");
}
