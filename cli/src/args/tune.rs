//! `tune`: what was typed.

use std::path::PathBuf;

use clap::Args;

use super::TextFormat;

/// `tune`
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  windtunnel tune tune-multifactor
  windtunnel tune my.toml --set tune.budget=100 --set tune.method=halving
  windtunnel tune my.toml --resume              go on after an interruption

The scenario's [tune] section says what to search for:

  [tune]
  metric = \"bounded_slowdown_mean\"
  space = { \"policy[0].order.tau\" = { low = 1, high = 1000, log = true },
            \"policy[0].head\" = [\"block\", \"skip\"] }
  budget = 32           # candidates
  train = 8             # seeds 1 to 8
  validate = 8          # seeds 9 to 16, for the best candidate alone

The best of many candidates on some seeds is so partly by luck. What counts is what it gains over
the policy as the scenario has it on the held-out seeds; both are printed.")]
pub struct Tune {
    /// A scenario file with a section `tune`, or a name of the catalog
    pub scenario: String,
    /// Overrides a key: a dotted path and a TOML value, or text; repeatable
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
    /// The folder for the results of its runs; default: results/tune-NAME, after what was named
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Keeps the finished runs of the folder and does the others
    #[arg(long)]
    pub resume: bool,
    /// How the outcome is printed
    #[arg(long, value_enum, default_value = "table")]
    pub format: TextFormat,
    /// Runs at a time; default: one per processor
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}
