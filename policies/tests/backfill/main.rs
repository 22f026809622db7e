//! Backfilling: by hand, against plain restatements of the rules, and what promises are worth.

#[path = "../shared/registered.rs"]
mod registered;

mod by_hand;
mod cases;
mod naive;
mod promises;
mod reference;
mod windows;
