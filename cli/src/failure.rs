//! How commands fail, and the one place that turns that into exit codes.

use std::io;
use std::process::ExitCode;

use scenarios::problem::{Problem, Problems};

/// Exit code after an interruption: finished runs are kept, `--resume` goes on.
pub const INTERRUPTED: i32 = 130;

/// What a command came to, when not to its end.
#[derive(Debug)]
pub enum Failure {
    /// A gate did not pass; its table was printed. Exit code 1.
    Gate,
    /// Bad input. Exit code 2.
    Input(Problems),
    /// Some runs failed, the others are kept; each with its message. Exit code 3.
    Runs(Vec<String>),
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Self::Input(problems)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Input(problem.into())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            // Whoever read our output has had enough, as `head` does: there is nobody left to tell.
            std::process::exit(0);
        }
        Self::Input(Problem::of_file("stdout", format!("cannot be written: {error}")).into())
    }
}

/// Prints the failure, if any, and yields the exit code.
pub fn exit(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Gate) => ExitCode::from(1),
        Err(Failure::Input(problems)) => {
            eprintln!("{problems}");
            ExitCode::from(2)
        }
        Err(Failure::Runs(messages)) => {
            messages.iter().for_each(|message| eprintln!("{message}"));
            ExitCode::from(3)
        }
    }
}
