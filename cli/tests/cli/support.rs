//! What all tests share: a folder with a small scenario in it, and the program run in that folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A small scenario that uses much: GPUs, gangs, tenants, estimates, failures of tasks and of nodes, a series.
pub const SCENARIO: &str = r#"# Question: is this small scenario run as it should be?
name = "small"

[workload]
type = "synthetic"
jobs = 200
load = 0.8
durations = { type = "exponential", mean = "20m" }
estimates = { type = "factor", mean = 1.5, sigma = 0.3 }
tenants = [{ name = "research", share = 2, users = 3 }, { name = "production", priority = 5 }]
shapes = [
  { weight = 3, cpu = [1, 2], memory = "2GiB" },
  { weight = 1, cpu = 4, memory = "8GiB", gpus = 1, gpu_share = [0.5, 1.0] },
  { weight = 1, cpu = 4, memory = "4GiB", gpus = 2, tasks = 2 },
]

[cluster]
nodes = [
  { name = "cpu", count = 4, cpu = 16, memory = "64GiB", price_per_hour = 1.0 },
  { name = "gpu", count = 3, cpu = 16, memory = "64GiB", gpus = 4, price_per_hour = 8.0 },
]

[[policy]]
order = "fcfs"
place = "first-fit"

[[policy]]
order = "sjf"
place = "best-fit"
head = "skip"

[failures]
task_probability = 0.02
mtbf = { type = "exponential", mean = "10h" }
mttr = { type = "exponential", mean = "30m" }

[measure]
series = "30m"

[sweep]
seeds = 2
"#;

/// Runs of [`SCENARIO`]: two policies, two seeds.
pub const RUNS: usize = 4;

/// A folder of its own, with [`SCENARIO`] as `small.toml`.
pub struct Bench {
    folder: tempfile::TempDir,
}

/// What the program did.
#[derive(Debug)]
pub struct Done {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Bench {
    pub fn new() -> Self {
        let bench = Self { folder: tempfile::tempdir().expect("a temporary folder can be made") };
        bench.write("small.toml", SCENARIO);
        bench
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), text).expect("the test's own folder can be written");
    }

    /// The program, to be run in the folder, without a word of the environment that could change what it does.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_windtunnel"));
        command.current_dir(self.folder.path()).args(arguments).env_remove("WINDTUNNEL_DATA");
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Done {
        Done::of(&self.command(arguments).output().expect("the program can be started"))
    }

    /// Runs the program and expects that it succeeds and says nothing on stderr. Yields what it prints.
    pub fn good(&self, arguments: &[&str]) -> String {
        let done = self.run(arguments);
        assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{arguments:?}: {}", done.stdout);
        done.stdout
    }

    /// Runs `run small.toml --out OUT` with further arguments and expects success.
    pub fn run_small(&self, out: &str, more: &[&str]) -> String {
        self.good(&[&["run", "small.toml", "--out", out], more].concat())
    }

    /// Every file under `name`, hidden ones too, by path. Empty if there is no such folder.
    pub fn files(&self, name: &str) -> BTreeMap<String, Vec<u8>> {
        let root = self.path(name);
        let (mut files, mut folders) = (BTreeMap::new(), vec![root.clone()]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(&root).expect("it lies in the folder");
                    files.insert(name.display().to_string(), std::fs::read(&path).unwrap_or_default());
                }
            }
        }
        files
    }

    /// The files that two runs of one scenario must share to the byte: all but wall times, lock and stamp.
    pub fn results(&self, name: &str) -> BTreeMap<String, Vec<u8>> {
        let mut files = self.files(name);
        files.retain(|name, _| !name.starts_with('.') && name != "wall.json");
        files
    }
}

/// Finished runs of a sweep that is under way: whole entries of the segments (8 bytes of magic, 8 of length, the body,
/// 4 of checksum).
pub fn finished(out: &Path) -> usize {
    let mut count = 0;
    for part in std::fs::read_dir(out.join("parts")).into_iter().flatten().flatten() {
        if part.path().extension().is_none_or(|ending| ending != "runs") {
            continue;
        }
        let (bytes, mut at) = (std::fs::read(part.path()).unwrap_or_default(), 0);
        while let Some(len) = bytes.get(at + 8..at + 16) {
            at += 20 + u64::from_le_bytes(len.try_into().expect("it has eight bytes")) as usize;
            count += usize::from(at <= bytes.len());
        }
    }
    count
}

impl Done {
    pub fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// The folder of shared data, or `None` after saying that the test is skipped.
pub fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("WINDTUNNEL_DATA").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: WINDTUNNEL_DATA not set");
    }
    folder
}

/// The JSON that the program printed.
pub fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"))
}

/// The rows of a Parquet file, in one batch.
pub fn parquet(path: &Path) -> arrow::array::RecordBatch {
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    let file = std::fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).expect("it is a Parquet file");
    let schema = builder.schema().clone();
    let reader = builder.build().expect("its rows can be read");
    let batches = reader.collect::<Result<Vec<_>, _>>().expect("its rows are whole");
    arrow::compute::concat_batches(&schema, &batches).expect("all rows have the same columns")
}
