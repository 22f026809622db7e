//! The engine from outside: one test binary, one file per behaviour.

mod holds;
mod lifecycle;
mod swarm;
mod windows;
