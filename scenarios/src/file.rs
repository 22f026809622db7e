//! Scenario files as they are checked: every key against its declaration, every problem of a file at once.
//!
//! A file is parsed to a TOML table ([`parse_toml`]), overlaid with `--set` options ([`apply_set`]) and
//! checked against declared parameters ([`check_table`]). The same declarations yield the JSON Schema
//! ([`schema`]) and the reference pages ([`reference_markdown`]), so that none of them can drift from what is
//! accepted.

mod check;
mod environment;
mod nearest;
mod overlay;
mod quantity;
mod reference;
mod registries;
mod schema;
mod syntax;
mod wording;

pub use check::check_table;
pub use nearest::suggestion;
pub use overlay::{apply_set, path_of, show_path, split_set};
pub use quantity::{parse_cores, parse_duration, parse_memory};
pub use reference::reference_markdown;
pub use registries::Registries;
pub use schema::schema;
pub use syntax::parse_toml;
