//! Tables joined and taken apart.

use bytes::Bytes;

use super::*;
use crate::testing::{Case, every, key};
use crate::{JobTable, Series};

/// The per-job table and the series of a run of so many jobs; every third has two tasks, whose nodes are a list.
fn tables(jobs: u64) -> [Bytes; 2] {
    let folder = tempfile::tempdir().unwrap();
    let [table, series] = ["jobs.parquet", "series.parquet"].map(|name| folder.path().join(name));
    let mut case = Case::new(2, 4);
    for n in 0..jobs {
        case.job(n, 1 + n as u32 % 4, 1 + n % 7);
        case.rows.last_mut().unwrap().0.tasks = if n % 3 == 0 { 2 } else { 1 };
    }
    let key = RunKey { seed: jobs, content: jobs, ..key() };
    case.run(vec![
        Box::new(JobTable::create(&table, &key).unwrap()),
        Box::new(Series::new(&series, &key, every(1))),
    ]);
    [table, series].map(|path| std::fs::read(path).unwrap().into())
}

const ENCODE: [Encode; 2] = [crate::job_table::encoding, crate::series::encoding];

fn join(parts: &[Bytes], encode: Encode) -> Vec<u8> {
    let like = metadata_of(&parts[0]).unwrap();
    let mut join = Join::begin(&like, Path::new("joined"), Vec::new(), encode).unwrap();
    parts.iter().for_each(|part| join.push(part, &metadata_of(part).unwrap()).unwrap());
    join.end().unwrap()
}

/// Rows of the row groups.
fn groups(file: &Bytes) -> Vec<i64> {
    metadata_of(file).unwrap().row_groups().iter().map(|group| group.num_rows()).collect()
}

#[test]
fn small_parts_share_row_groups_and_all_come_out_with_their_bytes() {
    let runs: Vec<[Bytes; 2]> = [3, 20, 0, 4095, 1, 4096, 7, 4200, 2, 2].map(tables).into();
    for (table, encode) in ENCODE.into_iter().enumerate() {
        let parts: Vec<Bytes> = runs.iter().map(|run| run[table].clone()).collect();
        let joined = Bytes::from(join(&parts, encode));
        let rows: Vec<u64> = parts.iter().map(|part| groups(part).iter().sum::<i64>() as u64).collect();
        if table == 0 {
            assert_eq!(groups(&joined), [3 + 20 + 4095 + 1, 4096, 7, 4200, 2 + 2]);
        } else {
            assert!(rows.iter().any(|&rows| rows > 4095) && groups(&joined).len() < parts.len(), "{rows:?}");
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &joined).unwrap();
        let mut unjoin = Unjoin::open(file.path(), encode).unwrap();
        for (n, (part, rows)) in parts.iter().zip(rows).enumerate() {
            assert!(unjoin.take(rows).unwrap() == *part, "part {n} of table {table} has other bytes");
        }
        assert!(unjoin.take(1).is_err());
    }
}

#[test]
fn row_groups_of_many_small_parts_are_of_a_sensible_size() {
    let [table, _] = tables(1000);
    // 131 parts of 1000 rows are the most that have no more than 131,072.
    let joined = Bytes::from(join(&vec![table; 300], ENCODE[0]));
    assert_eq!(groups(&joined), [131_000, 131_000, 38_000]);
    let [table, _] = tables(2);
    let joined = Bytes::from(join(&vec![table; 1000], ENCODE[0]));
    assert_eq!(groups(&joined), [2000]);
}

#[test]
fn a_part_that_does_not_end_where_one_ended_is_refused() {
    let parts: Vec<Bytes> = [3, 5000].map(|jobs| tables(jobs)[0].clone()).into();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), join(&parts, ENCODE[0])).unwrap();
    let open = || Unjoin::open(file.path(), ENCODE[0]).unwrap();
    let refused = |taken: Result<Vec<u8>, SinkError>| {
        let error = taken.unwrap_err().to_string();
        assert!(error.contains("has no part of"), "{error}");
    };
    refused(open().take(4));
    let mut open = open();
    open.take(2).unwrap();
    refused(open.take(2));
}
