//! The `windtunnel` command: arguments, progress, messages, exit codes.

#![expect(unreachable_pub, reason = "nothing reaches into a binary: `pub` says that other files use it")]

mod args;
mod commands;
mod failure;
mod progress;
mod session;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Run(args) => commands::run::run(&args),
        Command::Merge(args) => commands::merge::merge(&args),
        Command::Compare(args) => commands::compare::compare(&args),
        Command::Steady(args) => commands::steady::steady(&args),
        Command::Report(args) => commands::report::report(&args),
        Command::Check(args) => commands::check::check(&args),
        Command::Tune(args) => commands::tune::tune(&args),
        Command::List(args) => commands::list::list(&args),
        Command::Schema => commands::list::schema(),
        Command::Validate(args) => commands::run::validate(&args),
        Command::Trace(args) => commands::trace::trace(&args),
        Command::Export(args) => commands::export::export(&args),
        Command::Explain(args) => commands::explain::explain(&args),
        Command::Reproduce(args) => commands::reproduce::reproduce(&args),
        Command::Completions(args) => commands::list::completions(&args),
        Command::Man => commands::list::man(),
    };
    session::end();
    failure::exit(result)
}
