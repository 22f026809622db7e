//! `merge`: what was typed.

use std::path::PathBuf;

use clap::Args;

/// `merge`
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  windtunnel merge results/all shard-1 shard-2 shard-3 shard-4
  windtunnel merge results/all shard-*          in any order; folders may overlap

The folder OUT has the bytes that the undisturbed sweep would have left, wall.json aside. With
runs missing the exit code is 3: merge again when the other shards are there, or let
`windtunnel run --resume --out OUT` do the rest.")]
pub struct Merge {
    /// The results folder to be made, or to be added to
    pub out: PathBuf,
    /// Results folders of the same scenario: shards, or interrupted sweeps
    #[arg(required = true)]
    pub dirs: Vec<PathBuf>,
}
