//! Episodes beside the native runs that they repeat.

mod agents;
mod endings;
mod native;
mod rewards;
