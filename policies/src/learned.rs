//! What an agent sees and does: waiting jobs in numbered slots, features of each, and the rule of its choices.
//!
//! An agent is asked while a job waits and none is being waited for. It sees the oldest waiting jobs, as many as it has
//! slots, and names one of them: if the job fits it starts, and the agent is asked again at the same time; if not, the
//! job becomes the head, for which all others wait. Or it waits for the next decision. [`Picker`] keeps the slots and
//! does what was chosen, whoever chooses: a driver from outside, or a policy. [`JOB_FEATURES`] and
//! [`CLUSTER_FEATURES`] say what is seen.
//!
//! # Source
//! The choice of one job that then blocks: Zhang, Dai, He, Bao, Xie, RLScheduler, SC 2020. Padded slots and a mask:
//! Mao, Alizadeh, Menache, Kandula, Resource management with deep reinforcement learning, HotNets 2016.

mod features;
mod line;
mod picker;
mod room;

pub use features::{CLUSTER_FEATURES, Feature, JOB_FEATURES, length};
pub use picker::{Done, Picker};
