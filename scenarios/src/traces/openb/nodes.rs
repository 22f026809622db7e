//! The node lists of openb: nodes with their cards, grouped by kind.

use sim_core::ClusterSpec;
use sim_core::shape::CARDS_MAX;

use crate::problem::{Problem, Problems};
use crate::traces::node_list::{Kind, NodeList};
use crate::traces::table::{Cell, Table};

/// The nodes of an openb node list, in the order of the file: one group for each kind of node.
///
/// Columns `sn`, `cpu_milli`, `memory_mib`, `gpu` (cards) and `model`.
///
/// # Errors
/// Everything that is wrong with the file.
pub fn openb_nodes(path: &str) -> Result<ClusterSpec, Problems> {
    let mut table = Table::open(path)?;
    let columns = table.positions(["sn", "cpu_milli", "memory_mib", "gpu", "model"])?;
    let (mut list, mut problems) = (NodeList::default(), Problems::default());
    while let Some(row) = table.advance() {
        match row.and_then(|line| node(&Cell { table: &table, line }, columns)) {
            Err(problem) => problems.push(problem),
            Ok((name, kind)) => list.push(name, kind),
        }
    }
    if problems.0.is_empty() && list.spec.nodes.is_empty() {
        problems.push(Problem::of_file(path, "holds no nodes"));
    }
    problems.or_ok(list.spec)
}

fn node(cell: &Cell<'_>, columns: [usize; 5]) -> Result<(String, Kind), Problem> {
    let [name, cpu, memory, cards, model] = columns;
    let capacity = cell.resources(cpu, memory)?;
    let cards = cell.number(cards, 0, i64::from(CARDS_MAX))? as u16;
    Ok((cell.text(name).to_owned(), Kind { capacity, cards, model: cell.text(model).to_owned() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traces::testing::TraceFile;

    #[test]
    fn nodes_keep_their_order_and_share_groups_by_kind() {
        let list =
            "sn,cpu_milli,memory_mib,gpu,model\na,64000,1024,2,T4\nb,32000,1024,0,\nc,64000,1024,2,T4\n";
        let spec = openb_nodes(TraceFile::new(list).path()).unwrap();
        let groups: Vec<_> =
            spec.groups.iter().map(|group| (group.name.as_str(), group.initial, group.max)).collect();
        assert_eq!(groups, [("2xT4-64000m-1024MiB", 2, 2), ("32000m-1024MiB", 1, 1)]);
        assert_eq!(spec.nodes.iter().map(|node| node.group.0).collect::<Vec<_>>(), [0, 1, 0]);
        assert_eq!(spec.nodes[2].gpu_model.as_deref(), Some("T4"));
        assert_eq!(openb_nodes(TraceFile::new("sn,cpu_milli\n").path()).unwrap_err().0.len(), 3);
        let bad = TraceFile::new("sn,cpu_milli,memory_mib,gpu,model\na,x,1,1,\nb,1,1,99,\n");
        assert_eq!(openb_nodes(bad.path()).unwrap_err().0.len(), 2);
    }
}
