//! Windtunnel's engine.

pub mod action;
pub mod cluster;
pub mod constraint;
pub mod event;
pub mod ids;
pub mod job;
pub mod random;
pub mod registry;
pub mod resources;
pub mod shape;
pub mod time;
pub mod vocabulary;
pub mod workload;

pub use action::{Action, CardSet, Placement, Preempt, Refused, Slot};
pub use cluster::{ClusterSpec, GroupSpec, NodeSpec};
pub use constraint::{AffinityKey, Constraints, Domain, LabelSet, Spread};
pub use event::{End, Event, EventMask};
pub use ids::{
    ConstraintsId, GroupId, JobId, NodeId, RequestId, ReservationId, RunId, ShapeId, TenantId, UserId, WakeId,
};
pub use job::{Checkpoint, Dependency, Extras, Gang, Job, Retry, Truth, When};
pub use random::{Dist, Keyed, Stream};
pub use resources::{Lane, Resources};
pub use shape::{GpuNeed, ModelSet, Shape};
pub use time::{SimDuration, SimTime};
pub use vocabulary::{Names, Vocabulary};
pub use workload::{Workload, WorkloadError};
