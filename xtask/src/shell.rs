//! Running cargo from the root of the repository, and other programs.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("xtask lies in the repository").to_owned()
}

/// `cargo` with these arguments, in the root: the cargo that runs this task, so that toolchains do not mix.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root()).args(arguments);
    command
}

/// The command as one would type it.
fn shown(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program()).file_stem().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args()).map(|word| word.to_string_lossy());
    format!("`{}`", words.collect::<Vec<_>>().join(" "))
}

/// Runs the command to its end.
///
/// # Errors
/// If it cannot be started or fails.
pub(crate) fn run(mut command: Command) -> Result<(), String> {
    let status =
        command.status().map_err(|error| format!("{} cannot be started: {error}", shown(&command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} failed with {status}", shown(&command))) }
}

/// Runs the command, passes its output through as it comes, and counts the lines that are `wanted`.
///
/// # Errors
/// If it cannot be started or fails.
pub(crate) fn run_counting(mut command: Command, wanted: &str) -> Result<usize, String> {
    let failed = |error: std::io::Error| format!("its output cannot be passed on: {error}");
    let child = command.stdout(Stdio::piped()).spawn();
    let mut child = child.map_err(|error| format!("{} cannot be started: {error}", shown(&command)))?;
    let output = child.stdout.take().expect("stdout was asked for");
    let (mut count, mut out) = (0, std::io::stdout());
    for line in BufReader::new(output).split(b'\n') {
        let line = line.map_err(failed)?;
        count += usize::from(line == wanted.as_bytes());
        out.write_all(&line).and_then(|()| out.write_all(b"\n")).map_err(failed)?;
    }
    let status = child.wait().map_err(failed)?;
    if status.success() { Ok(count) } else { Err(format!("{} failed with {status}", shown(&command))) }
}

/// Runs the command and yields what it prints.
///
/// # Errors
/// If it cannot be started, fails, or prints something that is not text.
pub(crate) fn output(mut command: Command) -> Result<String, String> {
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("{} cannot be started: {error}", shown(&command)))?;
    if !output.status.success() {
        return Err(format!("{} failed with {}", shown(&command), output.status));
    }
    String::from_utf8(output.stdout).map_err(|error| format!("{} printed no text: {error}", shown(&command)))
}
