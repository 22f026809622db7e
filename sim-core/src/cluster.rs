//! The cluster: what it is made of, and its state while it runs.

mod affinity;
mod changes;
mod company;
mod fitting;
mod groups;
mod index;
mod nodes;
mod spec;
mod typical;

pub(crate) use affinity::AffinityTable;
pub use company::CompanyTable;
pub use fitting::{FitOrder, Fitting};
pub use groups::NodeGroup;
pub use index::IndexBy;
pub use nodes::{CardRule, NodeState, NodeTable};
pub use spec::{ClusterSpec, GroupSpec, NodeSpec, WindowSpec};
pub use typical::{Category, Idle, Space, TypicalTask, TypicalTasks};
