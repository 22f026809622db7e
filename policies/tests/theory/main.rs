//! What theory says of policies, and what must follow from a change of units or of names.

#[path = "../shared/ranked.rs"]
mod ranked;
#[path = "../shared/registered.rs"]
mod registered;

mod greedy_choice;
mod jobs;
mod queues;
mod shortest_first;
mod srpt;
mod statistics;
mod symmetry;
mod waits;
