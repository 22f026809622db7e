//! List policies on random cases: the invariants hold, drivers agree, and short cuts change nothing.

#[path = "../shared/ranked.rs"]
mod ranked;
#[path = "../shared/registered.rs"]
mod registered;

mod invariants;
mod kept_scores;
mod learned;
mod naive;
mod preemptive;
mod profiles;
mod reference;
mod runs;
