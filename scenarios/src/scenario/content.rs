//! Digests of what decides a run: the values of its keys and the contents of its files.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs::File;
use std::io::Read;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use sha1_smol::Sha1;
use sim_core::registry::{Kind, Param, Params, Value};

use super::{Point, RunSpec};
use crate::registries::registries;

/// Tells the parts of a digest from each other (arbitrary, and in no text).
const END: &[u8] = b"\xff";

/// The digest of the values of `params`. A file stands for its content, wherever it lies.
pub(super) fn of_params(params: &Params, declared: &[Param], without: &[&str]) -> String {
    let mut text = String::new();
    write_params(&mut text, params, declared, without);
    Sha1::from(text).hexdigest()
}

/// The same for a policy and its predictor. The name in results is left out.
pub(super) fn of_policy(kind: &str, params: &Params, predictor: &(String, Params)) -> String {
    let mut text = String::new();
    let plugin =
        |registry, name: &str| registries().find(registry, name).map_or(&[][..], |about| about.params);
    text.push_str(kind);
    write_params(&mut text, params, plugin("policy", kind), &["name", "predictor"]);
    text.push_str(&predictor.0);
    write_params(&mut text, &predictor.1, plugin("predictor", &predictor.0), &[]);
    Sha1::from(text).hexdigest()
}

fn write_params(text: &mut String, params: &Params, declared: &[Param], without: &[&str]) {
    text.push('{');
    for (name, value) in params.iter().filter(|(name, _)| !without.contains(name)) {
        write!(text, "{name:?}=").expect("text can always grow");
        let kind = declared.iter().find(|param| param.name == name).map(|param| &param.kind);
        write_value(text, value, kind);
        text.push(',');
    }
    text.push('}');
}

fn write_value(text: &mut String, value: &Value, kind: Option<&Kind>) {
    let kind = kind.and_then(|kind| kind_of(value, kind));
    match (value, kind) {
        (Value::Text(path), Some(Kind::Path)) => {
            write!(text, "file {}", file_digest(path)).expect("text can always grow");
        }
        (Value::Plugin(name, params), Some(Kind::Plugin(registry))) => {
            text.push_str(name);
            let declared = registries().find(registry, name).map_or(&[][..], |about| about.params);
            write_params(text, params, declared, &[]);
        }
        (Value::Table(params), Some(Kind::Table(declared))) => write_params(text, params, declared, &[]),
        (Value::Table(params), Some(Kind::Map(of))) => {
            text.push('{');
            for (name, value) in params.iter() {
                write!(text, "{name:?}=").expect("text can always grow");
                write_value(text, value, Some(of));
                text.push(',');
            }
            text.push('}');
        }
        (Value::List(values), Some(Kind::List(of))) => {
            text.push('[');
            for value in values {
                write_value(text, value, Some(of));
                text.push(',');
            }
            text.push(']');
        }
        (value, _) => write!(text, "{value:?}").expect("text can always grow"),
    }
}

/// The one of an either-or that the value is of.
fn kind_of<'a>(value: &Value, kind: &'a Kind) -> Option<&'a Kind> {
    let Kind::Either(kinds) = kind else { return Some(kind) };
    let fits = |kind: &&Kind| {
        matches!(
            (value, kind),
            (Value::Text(_), Kind::Path | Kind::Text | Kind::Choice(_))
                | (Value::Plugin(..), Kind::Plugin(_))
                | (Value::Table(_), Kind::Table(_) | Kind::Map(_))
                | (Value::List(_), Kind::List(_))
        )
    };
    kinds.iter().find(fits)
}

/// The digest of a file's content. One that cannot be read has none: whoever reads it says so.
///
/// # Cost
/// Each file is read once, as long as its length and its time of change stay.
fn file_digest(path: &str) -> String {
    type Known = BTreeMap<(String, u64, Option<SystemTime>), String>;
    static KNOWN: Mutex<Known> = Mutex::new(BTreeMap::new());
    let Ok(meta) = std::fs::metadata(path) else { return "unreadable".to_owned() };
    let key = (path.to_owned(), meta.len(), meta.modified().ok());
    // What is in the map is whole after a panic elsewhere, too.
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(digest) = known().get(&key) {
        return digest.clone();
    }
    let Some(digest) = read_digest(path) else { return "unreadable".to_owned() };
    known().insert(key, digest.clone());
    digest
}

fn read_digest(path: &str) -> Option<String> {
    let (mut file, mut sha, mut chunk) = (File::open(path).ok()?, Sha1::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut chunk).ok()? {
            0 => return Some(sha.digest().to_string()),
            read => sha.update(&chunk[..read]),
        }
    }
}

/// The digest of all that decides the run: see [`analysis::RunKey::content`].
pub(super) fn of_run(point: &Point, spec: RunSpec) -> u64 {
    let policy = &point.policies[spec.policy];
    let mut sha = Sha1::new();
    let seed = spec.seed.to_string();
    for part in [env!("CARGO_PKG_VERSION"), &point.content, &policy.name, &policy.content, &seed] {
        sha.update(part.as_bytes());
        sha.update(END);
    }
    // They are columns of the run's rows.
    for (axis, value) in &point.axes {
        sha.update(axis.as_bytes());
        sha.update(END);
        sha.update(value.as_bytes());
        sha.update(END);
    }
    let digest = sha.digest().bytes();
    u64::from_be_bytes(digest[..8].try_into().expect("a digest has 20 bytes"))
}
