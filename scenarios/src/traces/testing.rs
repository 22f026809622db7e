//! Helpers of the tests of traces: files with given content, parameters with defaults, whole reads.

use std::io::Write;
use std::path::PathBuf;

use sim_core::Vocabulary;
use sim_core::registry::{Kind, Param, Params, Value};
use tempfile::NamedTempFile;

use super::{COMMON_PARAMS, Reader, Record};
use crate::problem::Problem;

/// A file that is gone when it is dropped.
pub(crate) struct TraceFile(NamedTempFile);

impl TraceFile {
    /// A file that holds `bytes`.
    pub(crate) fn new(bytes: impl AsRef<[u8]>) -> Self {
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(bytes.as_ref()).unwrap();
        file.flush().unwrap();
        Self(file)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &str {
        self.0.path().to_str().unwrap()
    }
}

/// Parameters of `reader` for the file at `path`: defaults, then `given`.
pub(crate) fn params(reader: &Reader, path: &str, given: &[(&str, Value)]) -> Params {
    let mut params = Params::default();
    for param in reader.about.params.iter().chain(COMMON_PARAMS) {
        if let Some(value) = default_of(param, path) {
            params.set(param.name, value);
        }
    }
    for (name, value) in given {
        params.set(name, value.clone());
    }
    params
}

fn default_of(param: &Param, path: &str) -> Option<Value> {
    if param.required {
        assert_eq!(param.kind, Kind::Path, "{} is required", param.name);
        return Some(Value::Text(path.to_owned()));
    }
    let text = param.default?;
    Some(match param.kind {
        Kind::Int { .. } => Value::Int(text.parse().unwrap()),
        Kind::Bool => Value::Bool(text == "true"),
        Kind::Float { .. } => Value::Float(text.parse().unwrap()),
        Kind::Memory => Value::Amount(text.parse().unwrap()),
        Kind::Cores => Value::Amount((text.parse::<f64>().unwrap() * 1000.0) as u32),
        _ => Value::Text(text.trim_matches('"').to_owned()),
    })
}

/// A text value.
pub(crate) fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

/// Everything that `reader` finds in a file with this content.
pub(crate) fn read_all(
    reader: &Reader,
    content: impl AsRef<[u8]>,
    given: &[(&str, Value)],
) -> (Vec<Record>, Vec<Problem>, Vocabulary) {
    let file = TraceFile::new(content);
    let mut words = Vocabulary::default();
    let (mut records, mut problems) = (Vec::new(), Vec::new());
    match (reader.open)(&params(reader, file.path(), given)) {
        Err(found) => problems.extend(found.0),
        Ok(mut stream) => {
            while let Some(next) = stream.next_record(&mut words) {
                match next {
                    Ok(record) => records.push(record),
                    Err(problem) => problems.push(problem),
                }
            }
        }
    }
    (records, problems, words)
}

/// The file of that name below `data/`, or `None`, said aloud, where there are no traces.
pub(crate) fn data(name: &str) -> Option<String> {
    let Ok(folder) = std::env::var("WINDTUNNEL_DATA") else {
        println!("skipped: WINDTUNNEL_DATA not set");
        return None;
    };
    let path: PathBuf = [&folder, "data", name].iter().collect();
    Some(path.to_str().unwrap().to_owned())
}
