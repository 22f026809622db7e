//! Curves of small runs, worked out by hand.

use sim_core::{GpuNeed, ModelSet, Resources, TypicalTask};

use super::*;
use crate::testing::{Case, cpu, key, read_parquet};

fn gpu(cards: u16, milli_each: u16) -> GpuNeed {
    GpuNeed { cards, milli_each, models: ModelSet::ANY }
}

/// One node of two cards. Half a card at 0 s, two whole cards at 1 s, which do not fit, one whole card at 2 s.
fn case() -> Case {
    let mut case = Case::new(0, 0);
    case.cluster.add_uniform("g", 1, Resources::ZERO.with(Lane::Cpu, 8000), 2);
    for (at, need) in [(0, gpu(1, 500)), (1, gpu(2, 1000)), (2, gpu(1, 1000))] {
        let shape = case.words.shape(cpu(1).with_gpu(need));
        case.job(at, 1, 100).shape = shape;
    }
    case
}

/// Half of the tasks need a whole card, half need half of one.
fn typical() -> Arc<TypicalTasks> {
    let task = |need| TypicalTask { cpu_milli: 1000, gpu: need, count: 1 };
    Arc::new(TypicalTasks::cover([task(gpu(1, 500)), task(gpu(1, 1000))], 1_000_000))
}

#[test]
fn a_row_per_submission_whether_placed_or_not() {
    let observer = ArrivedLoad::new(typical(), vec![125, 130, 200]);
    let curve = observer.curve();
    let (_, numbers) = case().run(vec![Box::new(observer)]);
    let point = |arrived_load_pct, alloc_pct, frag_amount_pct, frag_ratio_pct| LoadPoint {
        arrived_load_pct,
        alloc_pct,
        frag_amount_pct,
        frag_ratio_pct,
    };
    // After the first: 500 + 1000 idle; whole-card tasks cannot use the 500: 250 of 1500 are stranded. After the
    // third 500 are idle, and half of the tasks cannot use it.
    let expected =
        [point(25, 25.0, 12.5, 16.67), point(125, 25.0, 12.5, 16.67), point(175, 75.0, 12.5, 50.0)];
    let points: Vec<_> = curve.lock().unwrap().iter().copied().filter(|p| expected.contains(p)).collect();
    assert_eq!(points, expected);
    // A percent without rows takes those of its neighbours.
    assert_eq!(curve.lock().unwrap().len(), 3 + 3 + 3);
    numbers.expect("gpu_alloc_pct_at_125", 25.0);
    numbers.expect("fragmentation_ratio_pct_at_125", 16.67);
    // Nothing is near 130 %: it is passed with the state of 125 %. 200 % is never reached.
    numbers.expect("gpu_alloc_pct_at_130", 25.0);
    numbers.expect_none("gpu_alloc_pct_at_200");
}

#[test]
fn the_table_holds_the_points() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loads.parquet");
    case().run(vec![Box::new(ArrivedLoad::new(typical(), Vec::new()).with_table(&path, &key()))]);
    let rows = read_parquet(&path);
    assert_eq!(rows.num_rows(), 9);
    assert!(rows.column_by_name("frag_ratio_pct").is_some());
}

#[test]
fn halves_go_to_the_even_number() {
    assert_eq!(
        [(5, 10), (15, 10), (25, 10), (26, 10), (0, 10)].map(|(a, b)| half_even(a, b)),
        [0, 2, 2, 3, 0]
    );
}
