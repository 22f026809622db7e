//! The native half of the Python package `windtunnel`.

mod env;
mod errors;
mod lists;
mod policy;
mod results;
mod scenario;
mod steady;
mod table;

use pyo3::prelude::*;

/// The native half of the package `windtunnel`; import that instead.
#[pymodule]
fn _windtunnel(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    lists::register(module)?;
    policy::register(module)?;
    results::register(module)?;
    scenario::register(module)?;
    steady::register(module)?;
    table::register(module)?;
    env::register(module)
}
