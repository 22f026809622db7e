//! The engine from outside: one test binary, one file per behaviour.

mod lifecycle;
mod swarm;
