//! Results in the formats of tools that people watch clusters with.

mod perfetto;
mod prometheus;

pub(crate) use perfetto::TRACES;
pub use perfetto::export_perfetto;
pub(crate) use prometheus::OPENMETRICS;
pub use prometheus::export_prometheus;

#[cfg(test)]
mod tests;
