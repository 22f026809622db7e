//! Windtunnel's policies: choosing among legal actions.
//!
//! A policy of type `list` is put together from parts: an *order* of waiting jobs and a *placer* of tasks, with the
//! choice of waiting for the head of the queue or passing over it. Every part is registered once, with its
//! parameters, its documentation and the source that defines it; scenario files name the parts.
//!
//! ```
//! use policies::{ListPolicy, Prior, list::Head, order, placer};
//! use sim_core::registry::Params;
//! use sim_core::{Policy, testkit::{Case, cpu}};
//!
//! let mut params = Params::default();
//! params.set("ties", sim_core::registry::Value::Text("rank".into()));
//! params.set("lane", sim_core::registry::Value::Text("auto".into()));
//! params.set("cards", sim_core::registry::Value::Text("tightest".into()));
//! let order = order::build("sjf", &Params::default());
//! let policy = ListPolicy::new(order, placer::build("best-fit", &params, &Prior::default()), Head::Block);
//! assert_eq!(policy.name(), "sjf/best-fit");
//!
//! let mut case = Case::new().nodes(1, cpu(1));
//! let long = case.job(0, 100).walltime(100).add();
//! let short = case.job(0, 10).walltime(10).add();
//! case.policy(Box::new(policy)).run();
//! assert_eq!((case.start(short), case.start(long)), (0.0, 10.0));
//! ```

mod check;
pub mod compat;
pub mod gangs;
pub mod host;
pub mod learned;
pub mod list;
pub mod order;
pub mod placer;
pub mod preempt;
pub mod preemptive;
pub mod prior;
pub mod queues;
pub mod registry;

pub use list::ListPolicy;
pub use order::{JobOrder, OrderKey};
pub use placer::Placer;
pub use preempt::Preemptor;
pub use preemptive::Preemptive;
pub use prior::Prior;
