//! One metric of all runs that a folder holds.

use std::collections::BTreeMap;

use super::ResultStore;
use super::assemble::Input;
use super::error::StoreError;
use super::manifest::Records;
use super::segment::{Place, Reader};

impl ResultStore {
    /// The values of a metric, by id of the run; runs without it are left out.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn values(&self, metric: &str) -> Result<BTreeMap<String, f64>, StoreError> {
        let mut values = BTreeMap::new();
        let (places, is_complete) = {
            let state = self.state();
            let places: Vec<(String, Place)> =
                state.index.iter().map(|(id, place)| (id.clone(), place.clone())).collect();
            (places, state.complete.is_some())
        };
        let mut input = Input { store: self, reader: Reader::default() };
        for (id, place) in places {
            values.extend(input.head(&place)?.record.value(metric).map(|value| (id, value)));
        }
        if is_complete {
            for record in Records::open(&self.dir)? {
                let record = record?;
                values.extend(record.value(metric).map(|value| (record.key.id(), value)));
            }
        }
        Ok(values)
    }
}
