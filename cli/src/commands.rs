//! The commands, one file each.

pub mod check;
pub mod compare;
pub mod explain;
pub mod export;
pub mod list;
pub mod merge;
pub mod report;
pub mod reproduce;
mod results;
pub mod run;
pub mod steady;
pub mod trace;
pub mod tune;
