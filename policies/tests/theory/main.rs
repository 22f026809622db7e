//! What theory says of policies, and what must follow from a change of units or of names.

#[path = "../shared/registered.rs"]
mod registered;

mod jobs;
mod queues;
mod shortest_first;
mod statistics;
mod symmetry;
mod waits;
