//! The native half of the Python package `windtunnel`.

mod env;

use pyo3::prelude::*;

/// The native half of the package `windtunnel`; import that instead.
#[pymodule]
fn _windtunnel(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    env::register(module)
}
