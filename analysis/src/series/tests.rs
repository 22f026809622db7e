//! Series of a small run, worked out by hand.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float64Type, UInt64Type};

use super::*;
use crate::testing::{Case, cpu, key, read_parquet};

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
    case.run(vec![Box::new(Series::new(&path, &key(), SimDuration::from_secs(5), mix))]);
    let rows = read_parquet(&path);
    let counts =
        |name: &str| rows.column_by_name(name).unwrap().as_primitive::<UInt64Type>().values().to_vec();
    let ratios = |name: &str| rows.column_by_name(name).unwrap().as_primitive::<Float64Type>().clone();
    // The run ends at 27: the job of 10 s that came at 6 starts at 15.
    assert_eq!(counts("time_ns"), [5, 10, 15, 20, 25].map(|secs: u64| secs * 1_000_000_000));
    assert_eq!(counts("queue"), [0, 1, 1, 0, 0]);
    assert_eq!(counts("running"), [0, 2, 2, 2, 2]);
    assert_eq!(counts("nodes_up"), [2; 5]);
    assert_eq!(ratios("utilization_cpu").values().to_vec(), [0.0, 0.75, 0.75, 0.75, 0.75]);
    // Two free cores on one node, too few for three.
    assert_eq!(ratios("fragmentation_cpu").values().to_vec(), [0.0, 1.0, 1.0, 1.0, 1.0]);
    // Two nodes at 1 per second.
    assert_eq!(ratios("cost").values().to_vec(), [10.0, 20.0, 30.0, 40.0, 50.0]);
    assert_eq!(ratios("cost").null_count(), 0);
}

#[test]
fn a_series_that_cannot_be_written_says_so_at_the_end() {
    let mut case = Case::new(1, 1);
    case.job(0, 1, 10);
    let path = Path::new("/proc/none/series.parquet");
    let mut engine =
        case.engine(vec![Box::new(Series::new(path, &key(), SimDuration::from_secs(5), Vec::new()))]);
    engine.run(&mut case.policy.clone()).unwrap();
    let error = engine.finish(&mut crate::testing::Numbers::default()).unwrap_err();
    assert_eq!(error.place, "/proc/none/series.parquet");
}
