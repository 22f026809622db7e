//! The cluster: what it is made of, and its state while it runs.

mod spec;

pub use spec::{ClusterSpec, GroupSpec, NodeSpec};
