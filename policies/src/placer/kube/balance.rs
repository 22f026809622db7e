//! NodeResourcesBalancedAllocation: the resources of a node are used alike.

use sim_core::registry::Params;
use sim_core::{JobId, Lane, NodeId, Resources, View};

use super::fit::{lanes, used};
use super::pipeline::Plugin;

#[derive(Clone, Debug)]
struct Balance {
    lanes: Vec<Lane>,
}

pub(super) fn build(params: &Params) -> Box<dyn Plugin> {
    Box::new(Balance { lanes: lanes(params).into_iter().map(|(lane, _)| lane).collect() })
}

/// 100 x (1 - standard deviation of the used shares), cut. Of two shares that is half their difference; one alone
/// does not deviate.
///
/// The order of operations is that of the kube-scheduler; all of them are exact or correctly rounded in IEEE 754.
fn balance(shares: &[f64]) -> i64 {
    let deviation = match *shares {
        [one, other] => ((one - other) / 2.0).abs(),
        [] | [_] => 0.0,
        _ => {
            let count = shares.len() as f64;
            let mean = shares.iter().sum::<f64>() / count;
            let squares: f64 = shares.iter().map(|share| (share - mean) * (share - mean)).sum();
            (squares / count).sqrt()
        }
    };
    ((1.0 - deviation) * 100.0) as i64
}

impl Balance {
    fn of_node(&self, view: View<'_>, node: NodeId, need: &Resources) -> i64 {
        let (mut shares, mut count) = ([0.0; 8], 0);
        for &lane in &self.lanes {
            let (all, used) = used(view, node, lane);
            if all > 0 {
                let share = (used + u64::from(need.get(lane))) as f64 / all as f64;
                shares[count] = share.min(1.0);
                count += 1;
            }
        }
        balance(&shares[..count])
    }
}

impl Plugin for Balance {
    fn score(&mut self, job: JobId, nodes: &[NodeId], view: View<'_>, column: &mut Vec<i64>) -> Option<i64> {
        let need = view.shape(job).need();
        column.extend(nodes.iter().map(|&node| self.of_node(view, node, need)));
        None
    }

    fn fork(&self) -> Box<dyn Plugin> {
        Box::new(self.clone())
    }
}
