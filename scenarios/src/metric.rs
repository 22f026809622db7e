//! Names of metrics in scenario files.

use analysis::{METRICS, metric};
use sim_core::Metric;

use crate::file::suggestion;

/// The metric of that name, which is one number of a run and no family of them.
///
/// # Errors
/// The rule that the name breaks.
pub(crate) fn single(name: &str) -> Result<&'static Metric, String> {
    if name.ends_with('_') && metric(name).is_some() {
        return Err(
            "is a family of metrics: must be one of them, with its own name behind the `_`".to_owned()
        );
    }
    let known = METRICS.iter().map(|metric| metric.name);
    metric(name).ok_or_else(|| format!("is no metric; {}", suggestion(name, known)))
}
