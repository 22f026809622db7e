//! The commands, one file each.

pub mod compare;
pub mod explain;
pub mod list;
pub mod merge;
pub mod reproduce;
mod results;
pub mod run;
pub mod trace;
