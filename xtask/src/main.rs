//! Development tasks: `cargo xtask test`, `bench`, `bless`, `docs`. Needs nothing but cargo.

mod bench;
mod bless;
mod gate;
mod python;
mod reference;
mod shell;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask test     formatting, lints, tests, documentation, Python, notebooks, README; to the first failure
cargo xtask bench    runs the benchmarks; arguments after it go to each of them
cargo xtask bless    writes the golden tables of the catalog anew; arguments after it are the only ones
cargo xtask docs     writes docs/reference from what the program says of itself";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.first().map(String::as_str) {
        Some("test") => gate::test(),
        Some("bench") => bench::bench(&arguments[1..]),
        Some("bless") => bless::bless(&arguments[1..]),
        Some("docs") => reference::write(),
        Some("help" | "--help" | "-h") => {
            println!("{USAGE}");
            Ok(())
        }
        other => Err(format!("`{}` is no task. Tasks are:\n{USAGE}", other.unwrap_or(""))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}
