//! Tests of writers.

use sim_core::registry::Value;
use sim_core::{
    Apart, Checkpoint, Constraints, ConstraintsId, Dependency, Domain, Extras, Gang, GpuNeed, Lane, ModelSet,
    Resources, Retry, Shape, SimDuration, SimTime, Spread, When,
};

use super::*;
use crate::traces::testing::{TraceFile, data, params, text};
use crate::traces::translate::translate;
use crate::traces::{Reader, Record};

fn read(reader: &str, path: &Path, given: &[(&str, Value)]) -> (Vec<Record>, Vocabulary) {
    let reader = Reader::named(reader).unwrap();
    let mut words = Vocabulary::default();
    let mut stream = (reader.open)(&params(reader, path.to_str().unwrap(), given)).unwrap();
    let mut records = Vec::new();
    while let Some(next) = stream.next_record(&mut words) {
        records.push(next.unwrap());
    }
    (records, words)
}

fn write_all(format: Format, path: &Path, jobs: &[(Job, Truth)], words: &Vocabulary) -> Written {
    let mut sink = create(format, path).unwrap();
    for (job, truth) in jobs {
        sink.write(job, truth, words).unwrap();
    }
    sink.finish().unwrap()
}

/// Jobs that between them have every declaration.
fn jobs(words: &mut Vocabulary) -> Vec<(Job, Truth)> {
    let ns = SimDuration::from_ns;
    let models = ModelSet(1 << words.gpu_model("T4").unwrap() | 1 << words.gpu_model("A100").unwrap());
    let gpu = GpuNeed { cards: 2, milli_each: 250, models };
    let need = Resources([1500, 2000, 0, 3, 4, 5, 6, 7]);
    let shape = words.shape(Shape::new(need).with_gpu(gpu));
    let mut rich = Job::new(u64::MAX, SimTime::from_ns(u64::MAX - 1), shape);
    rich.tasks = 9;
    rich.gang = Gang::Elastic { min: 2 };
    rich.walltime = ns(77);
    rich.deadline = SimTime::from_ns(99);
    rich.user = words.user("ann, \"the\" first");
    rich.tenant = words.tenant("ü");
    rich.priority = i32::MIN;
    rich.constraints =
        words.constraints(Constraints { require: words.clone().label("a=b").unwrap(), ..Constraints::NONE });
    let require = words.label("a=b").unwrap();
    let forbid = words.label("c=d").unwrap();
    let key = Some(words.affinity_key("web"));
    let spread = Some(Spread { over: Domain::Zone, skew_max: 3 });
    let anti_affinity = Some(Apart { level: Domain::Rack, tasks_max: 7 });
    rich.constraints =
        words.constraints(Constraints { require, forbid, key, anti_affinity, spread, ..Constraints::NONE });
    let all = [(1, When::Completed), (2, When::Failed), (3, When::Ended)];
    rich.extras = Some(Box::new(Extras {
        after: all.map(|(job, when)| Dependency { job, when }).to_vec(),
        retry: Retry { max: 3, first_delay: ns(1), factor_ppm: 5, delay_max: ns(6) },
        checkpoint: Checkpoint { interval: ns(0), restart_cost: ns(8) },
    }));
    let plain = words.shape(Shape::new(Resources::ZERO.with(Lane::Cpu, 1000)));
    let mut tasks = Job::new(5, SimTime::ZERO, plain);
    (tasks.tasks, tasks.gang) = (3, Gang::Independent);
    tasks.constraints = words.constraints(Constraints {
        key,
        anti_affinity: Some(Apart::one_per(Domain::Node)),
        ..Constraints::NONE
    });
    (tasks.user, tasks.tenant) = (words.user(""), words.tenant(""));
    let truth = Truth::runs_for(ns(4)).failing_after(ns(0)).with_task_services(vec![ns(1), ns(2)]);
    vec![(rich, Truth::runs_for(ns(u64::MAX - 1))), (tasks, truth)]
}

#[test]
fn the_native_format_keeps_every_field() {
    let mut words = Vocabulary::default();
    let mut expected = jobs(&mut words);
    let folder = tempfile::tempdir().unwrap();
    let mut from = words;
    for (step, format) in [Format::Csv, Format::Parquet, Format::Csv].into_iter().enumerate() {
        let path = folder.path().join(format!("{step}"));
        assert_eq!(write_all(format, &path, &expected, &from), Written { jobs: 2, lost: Vec::new() });
        let (records, words) = read("native", &path, &[]);
        for ((job, truth), record) in expected.iter().zip(&records) {
            // Numbers of words may differ; the words may not.
            let carried = translate(&record.job, &words, &mut from).unwrap();
            assert_eq!((&carried, &record.truth), (job, truth));
        }
        expected = records.into_iter().map(|record| (record.job, record.truth)).collect();
        from = words;
    }
    let texts = ["0", "2"].map(|step| std::fs::read(folder.path().join(step)).unwrap());
    assert_eq!(texts[0], texts[1]);
    assert_ne!(expected[0].0.constraints, ConstraintsId(0));
}

#[test]
fn swf_survives_the_native_format() {
    let lines = "1 10 -1 60 8 -1 -1 8 120 2048 -1 7 -1 -1 3 -1 -1 -1\n\
                 2 15 -1 6 1 -1 -1 1 -1 -1 -1 -1 -1 -1 -1 -1 1 -1\n";
    let source = TraceFile::new(lines);
    let given = [
        ("memory", text("requested")),
        ("dependencies", Value::Bool(true)),
        ("missing_walltime", text("none")),
    ];
    let folder = tempfile::tempdir().unwrap();
    let (native, swf) = (folder.path().join("a.parquet"), folder.path().join("b.swf"));
    let pairs = |records: Vec<Record>| records.into_iter().map(|r| (r.job, r.truth)).collect::<Vec<_>>();
    let (records, words) = read("swf", Path::new(source.path()), &given);
    write_all(Format::Parquet, &native, &pairs(records), &words);
    let (records, words) = read("native", &native, &[]);
    assert_eq!(write_all(Format::Swf, &swf, &pairs(records), &words).lost, []);
    let written = std::fs::read_to_string(swf).unwrap();
    assert_eq!(
        written.lines().filter(|line| !line.starts_with(';')).collect::<Vec<_>>(),
        lines.lines().collect::<Vec<_>>()
    );
}

#[test]
fn what_swf_cannot_say_is_counted() {
    let mut words = Vocabulary::default();
    let jobs = jobs(&mut words);
    let folder = tempfile::tempdir().unwrap();
    let written = write_all(Format::Swf, &folder.path().join("x.swf"), &jobs, &words);
    assert_eq!(written.lost.len(), 11);
    assert!(written.lost.contains(&("a gang that is not all-or-nothing", 2)));
}

#[test]
fn a_file_that_cannot_be_made_is_a_problem_and_nothing_half_written_stays() {
    let problem = create(Format::Csv, Path::new("/no/such/folder/x.csv")).err().unwrap();
    assert!(problem.to_string().starts_with("/no/such/folder/x.csv: cannot be written"));
    let folder = tempfile::tempdir().unwrap();
    drop(create(Format::Csv, &folder.path().join("x.csv")).unwrap());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn formats_are_known_by_name_and_path() {
    assert_eq!(Format::of_path(Path::new("a/b.parquet")), Some(Format::Parquet));
    assert_eq!(Format::of_path(Path::new("a/b")), None);
}

#[test]
fn a_real_log_survives_all_formats() {
    let Some(path) = data("swf/NASA-iPSC-1993-3.1-cln.swf.gz") else { return };
    let (records, words) = read("swf", Path::new(&path), &[]);
    let jobs: Vec<_> = records.into_iter().map(|record| (record.job, record.truth)).collect();
    let folder = tempfile::tempdir().unwrap();
    for (name, reader, format) in
        [("a", "native", Format::Csv), ("b", "native", Format::Parquet), ("c", "swf", Format::Swf)]
    {
        let path = folder.path().join(name);
        assert_eq!(write_all(format, &path, &jobs, &words).lost, []);
        let (again, other) = read(reader, &path, &[]);
        assert_eq!(again.len(), jobs.len());
        for (record, (job, truth)) in again.iter().zip(&jobs) {
            assert_eq!(
                (&translate(&record.job, &other, &mut words.clone()).unwrap(), &record.truth),
                (job, truth)
            );
        }
    }
}
