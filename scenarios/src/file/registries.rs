//! The declarations of all plug-ins, by the name of their registry.

use std::collections::BTreeMap;

use sim_core::registry::About;

/// What may stand where a scenario names a plug-in: `Kind::Plugin("order")` looks in the registry `order`.
#[derive(Clone, Debug, Default)]
pub struct Registries {
    tables: BTreeMap<&'static str, Vec<About>>,
}

impl Registries {
    /// Adds entries to the registry `name`, after those that it has.
    #[must_use]
    pub fn with(mut self, name: &'static str, entries: impl IntoIterator<Item = About>) -> Self {
        let table = self.tables.entry(name).or_default();
        for entry in entries {
            assert!(
                table.iter().all(|known| known.name != entry.name),
                "registry {name} has two entries called {}",
                entry.name
            );
            table.push(entry);
        }
        self
    }

    /// The entries of the registry `name`, in the order in which they were added; none if it is not known.
    pub fn registry(&self, name: &str) -> &[About] {
        self.tables.get(name).map_or(&[], Vec::as_slice)
    }

    /// The entry `plugin` of the registry `name`.
    pub fn find(&self, name: &str, plugin: &str) -> Option<&About> {
        self.registry(name).iter().find(|about| about.name == plugin)
    }

    /// Names of all registries, sorted.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.tables.keys().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FCFS: About = About { name: "fcfs", doc: "Submit order.", source: "folklore", params: &[] };

    #[test]
    fn entries_are_found_by_registry_and_name() {
        let registries = Registries::default().with("order", [FCFS]);
        assert_eq!(registries.find("order", "fcfs"), Some(&FCFS));
        assert_eq!(registries.find("place", "fcfs"), None);
        assert_eq!(registries.names().collect::<Vec<_>>(), ["order"]);
    }

    #[test]
    #[should_panic(expected = "two entries called fcfs")]
    fn names_are_unique_in_a_registry() {
        let _ = Registries::default().with("order", [FCFS, FCFS]);
    }
}
