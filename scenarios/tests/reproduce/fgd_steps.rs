//! Every placement of one published run of FGD, and its end, digit for digit.

use std::sync::{Arc, Mutex};

use analysis::{GpuFragmentation, Scalars};
use flate2::read::GzDecoder;
use scenarios::run::engine_of;
use scenarios::scenario::{Overrides, load};
use scenarios::source::Source;
use sim_core::{Event, EventMask, Lane, Observer, ResultSink, SimTime, SinkError, View};

use crate::data;

/// A row of the golden file: pod, node or -1, arrived, used, fragmented [hundredths of a milli-card], ratio [0.01 %].
type Row = (u64, i64, u64, u64, u64, u64);

/// Makes the rows.
struct Steps {
    pods: u64,
    fragmentation: GpuFragmentation,
    arrived: u64,
    pending: Option<(u64, i64)>,
    rows: Arc<Mutex<Vec<Row>>>,
    end: Arc<Mutex<[f64; 7]>>,
    used: u64,
}

impl Steps {
    fn settle(&mut self, view: View<'_>) {
        let Some((pod, node)) = self.pending.take() else { return };
        let idle = self.fragmentation.idle();
        let weight = self.fragmentation.typical().weight() as f64;
        let fragmented = idle.fragmented() as f64 / weight;
        let all = view.nodes().capacity_up()[Lane::Gpu.index()] - self.used;
        let row = (
            pod,
            node,
            self.arrived,
            self.used,
            (fragmented * 100.0).round() as u64,
            (fragmented * 10_000.0 / all as f64).round() as u64,
        );
        self.rows.lock().unwrap().push(row);
    }
}

impl Observer for Steps {
    fn mask(&self) -> EventMask {
        EventMask::SUBMITTED.or(EventMask::STARTED)
    }

    fn on_event(&mut self, _: SimTime, event: &Event, view: View<'_>) {
        match *event {
            Event::Submitted(job) => {
                self.settle(view);
                self.arrived += u64::from(view.shape(job).need().get(Lane::Gpu));
                // A clone of a pod has the number of the pod plus a multiple of the length of the list.
                self.pending = Some((view.job(job).facts().id % self.pods, -1));
            }
            Event::Started { run, .. } => {
                let node = view.run(run).slots()[0].node;
                self.pending.as_mut().unwrap().1 = i64::from(node.0);
            }
            _ => {}
        }
        let gpu = Lane::Gpu.index();
        self.used = view.nodes().capacity_up()[gpu] - view.nodes().free_total()[gpu];
        self.fragmentation.follow(view.nodes());
    }

    fn finish(&mut self, _: SimTime, view: View<'_>, _: &mut dyn ResultSink) -> Result<(), SinkError> {
        self.settle(view);
        let weight = self.fragmentation.typical().weight() as f64;
        *self.end.lock().unwrap() = self.fragmentation.idle().by_category.map(|part| part as f64 / weight);
        Ok(())
    }

    fn fork(&self) -> Option<Box<dyn Observer>> {
        None
    }
}

/// A number with at most two decimals, in hundredths.
fn hundredths(text: &str) -> u64 {
    (text.parse::<f64>().unwrap() * 100.0).round() as u64
}

#[test]
fn every_placement_of_fgd_on_the_default_trace_is_the_published_one() {
    let Some(data) = data() else { return };
    let file = std::fs::File::open(data.join("goldens/fgd/steps_default_FGD_seed42.csv.gz")).unwrap();
    let mut reader = csv::Reader::from_reader(GzDecoder::new(file));
    let parse = |row: csv::StringRecord| -> Row {
        let whole = |n: usize| row[n].parse().unwrap();
        (whole(1), row[2].parse().unwrap(), whole(3), whole(4), hundredths(&row[5]), hundredths(&row[6]))
    };
    let theirs: Vec<Row> = reader.records().map(|row| parse(row.unwrap())).collect();
    assert_eq!(theirs.len(), 10_866);

    let orders = data.join("goldens/fgd/orders_default.txt.gz");
    let sets = vec![format!("workload.orders={}", orders.display()), "sweep.seeds=[42]".to_owned()];
    let scenario = load("fgd", &Overrides { sets, seeds: None }).unwrap();
    let point = &scenario.points[0];
    let source = Source::prepare(point, 42).unwrap();
    let (rows, end) = (Arc::default(), Arc::default());
    let steps = Steps {
        pods: 8152,
        fragmentation: GpuFragmentation::new(source.typical()),
        arrived: 0,
        pending: None,
        rows: Arc::clone(&rows),
        end: Arc::clone(&end),
        used: 0,
    };
    let policy = point.policies.iter().find(|policy| policy.name == "fgd").unwrap();
    let mut engine = engine_of(point, policy, &source, 42, vec![Box::new(steps)]).unwrap();
    engine.run(&mut *policy.build(&source)).unwrap();
    engine.finish(&mut Scalars::default()).unwrap();
    let view = engine.view();

    for (step, (ours, theirs)) in rows.lock().unwrap().iter().zip(&theirs).enumerate() {
        let (place, fragmentation) = ((ours.0, ours.1, ours.2, ours.3), ours.4.abs_diff(theirs.4));
        assert_eq!(place, (theirs.0, theirs.1, theirs.2, theirs.3), "step {step}");
        // They sum in double precision, we in whole numbers: the second decimal may round the other way.
        assert!(fragmentation <= 1 && ours.5.abs_diff(theirs.5) <= 1, "step {step}: {ours:?} {theirs:?}");
    }
    assert_eq!(rows.lock().unwrap().len(), theirs.len());

    // The end of the run as the artifact's README prints it: CPU, and idle GPU by category [thousands of milli].
    let free = view.nodes().free_total();
    assert_eq!(view.nodes().capacity_up()[Lane::Cpu.index()] - free[Lane::Cpu.index()], 89_928_302);
    assert_eq!(free[Lane::Gpu.index()], 6_212_000 - 5_919_410);
    let printed = end.lock().unwrap().map(|milli: f64| (milli / 10.0).round() / 100.0);
    assert_eq!(printed, [138.43, 85.86, 1.23, 27.28, 6.06, 33.73, 0.0]);
}
