//! Windtunnel's engine.

pub mod action;
pub mod cluster;
pub mod constraint;
pub mod controller;
pub mod decision;
pub mod engine;
pub mod event;
pub mod failure;
mod fingerprint;
pub mod ids;
pub mod job;
pub mod observer;
pub mod policy;
pub mod predictor;
pub mod queue;
pub mod random;
pub mod registry;
pub mod resources;
pub mod shape;
mod tables;
pub mod testkit;
pub mod time;
pub mod view;
pub mod vocabulary;
pub mod workload;

pub use action::{Action, CardSet, Placement, Preempt, Refused, Slot};
pub use cluster::{
    CardRule, ClusterSpec, FitOrder, Fitting, GroupSpec, IndexBy, NodeGroup, NodeSpec, NodeState, NodeTable,
};
pub use constraint::{AffinityKey, Constraints, Domain, LabelSet, Spread};
pub use controller::{ControlDecision, Controller};
pub use decision::{Decision, Note, Trigger};
pub use engine::{Engine, Limits, Parts, SimError, Step, Summary};
pub use event::{End, Event, EventMask};
pub use failure::{Failures, NodeFailures, Outage, Rules};
pub use ids::{
    ConstraintsId, GroupId, JobId, NodeId, RequestId, ReservationId, RunId, ShapeId, TenantId, UserId, WakeId,
};
pub use job::{Checkpoint, Dependency, Extras, Gang, Job, Retry, Truth, When};
pub use observer::{Better, Metric, Observer, ResultSink, SinkError};
pub use policy::{Policy, Ranks, Setup};
pub use predictor::{Estimate, Outcome, Requested, RuntimePredictor};
pub use random::{Dist, Keyed, Stream};
pub use resources::{Lane, Resources};
pub use shape::{GpuNeed, ModelSet, Shape};
pub use tables::{JobStatus, Request, Reservation, Run};
pub use time::{SimDuration, SimTime};
pub use view::{JobView, View};
pub use vocabulary::{Names, Vocabulary};
pub use workload::{Workload, WorkloadError};
