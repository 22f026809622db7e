//! The node table against a scan of its own columns, under random use.

use super::*;
use crate::action::Slot;
use crate::random::Stream;
use crate::shape::ModelSet;

fn cpu_mem(cpu: u32, mem: u32) -> Resources {
    Resources::ZERO.with(Lane::Cpu, cpu).with(Lane::Memory, mem)
}

fn table(nodes: u32, cards: u16) -> NodeTable {
    let mut spec = ClusterSpec::default();
    spec.add_uniform("a", nodes / 2, cpu_mem(8000, 1000), cards);
    spec.add_uniform("b", nodes - nodes / 2, cpu_mem(16_000, 500), 0);
    let mut table = NodeTable::new(&spec, &mut Vocabulary::default());
    for node in table.ids() {
        table.set_state(node, NodeState::Up);
    }
    table
}

/// The order by definition: sort all fitting nodes.
fn by_definition(table: &NodeTable, shape: &Shape, order: FitOrder) -> Vec<NodeId> {
    let mut fitting: Vec<NodeId> = table.ids().filter(|&node| table.fits(node, shape)).collect();
    fitting.sort_by_key(|&node| {
        let free = &table.free()[node.index()];
        let key = match order {
            FitOrder::Rank => 0,
            FitOrder::Tightest(lane) => i64::from(free.get(lane)),
            FitOrder::Loosest(lane) => -i64::from(free.get(lane)),
        };
        (key, table.rank(node))
    });
    fitting
}

#[test]
fn every_order_equals_its_definition_under_random_use() {
    for (nodes, grain, seed) in [(1, 1000, 1), (70, 1000, 2), (200, 1, 3), (5000, 125, 4)] {
        let mut stream = Stream::new(seed, "nodes");
        let mut indexed = table(nodes, 4);
        if seed % 2 == 0 {
            indexed.shuffle_ranks(&mut stream);
        }
        let orders = [FitOrder::Rank, FitOrder::Tightest(Lane::Cpu), FitOrder::Loosest(Lane::Memory)];
        for order in orders {
            indexed.keep_index(order.index());
        }
        let mut placed: Vec<(Slot, Shape)> = Vec::new();
        for step in 0..600 {
            let cpu = (stream.below(8000 / grain) as u32 + 1) * grain as u32;
            let mut shape = Shape::new(cpu_mem(cpu, stream.below(300) as u32));
            if stream.below(4) == 0 {
                shape = shape.with_gpu(GpuNeed { cards: 1, milli_each: 300, models: ModelSet::ANY });
            }
            let order = orders[stream.below(3) as usize];
            if let Some(node) = indexed.fitting(&shape, order).next() {
                let cards = indexed.pick_cards(node, shape.gpu(), CardRule::Tightest).unwrap();
                let slot = Slot { node, cards };
                indexed.take(slot, &shape);
                placed.push((slot, shape));
            }
            if stream.below(3) == 0 && !placed.is_empty() {
                let (slot, shape) = placed.swap_remove(stream.below(placed.len() as u64) as usize);
                indexed.give(slot, &shape, true);
            }
            let flip = NodeId(stream.below(u64::from(nodes)) as u32);
            let up = indexed.state(flip) == NodeState::Up;
            indexed.set_state(flip, if up { NodeState::Down } else { NodeState::Up });
            if step % 20 == 0 {
                for order in orders {
                    let found: Vec<NodeId> = indexed.fitting(&shape, order).collect();
                    assert_eq!(
                        found,
                        by_definition(&indexed, &shape, order),
                        "{order:?} seed {seed} step {step}"
                    );
                }
                let scanned = NodeTable { indexes: Vec::new(), ..indexed.clone() };
                let order = orders[(step / 20) as usize % 3];
                let first: Vec<NodeId> = scanned.fitting(&shape, order).take(9).collect();
                assert_eq!(
                    first,
                    by_definition(&indexed, &shape, order).into_iter().take(9).collect::<Vec<_>>()
                );
            }
        }
    }
}

#[test]
fn totals_follow_the_nodes_that_are_up() {
    let mut table = table(4, 2);
    let shape = Shape::new(cpu_mem(3000, 100));
    table.take(Slot::on(NodeId(0)), &shape);
    assert_eq!(table.free_total()[0], 2 * 8000 + 2 * 16_000 - 3000);
    table.set_state(NodeId(0), NodeState::Down);
    assert_eq!(table.free_total()[0], 8000 + 2 * 16_000);
    table.give(Slot::on(NodeId(0)), &shape, true);
    assert_eq!((table.free_total()[0], table.capacity_up()[0]), (40_000, 40_000));
    table.set_state(NodeId(0), NodeState::Up);
    assert_eq!((table.free_total()[0], table.most_free(Lane::Cpu)), (48_000, 16_000));
}

#[test]
fn cards_are_picked_by_rule() {
    let mut table = table(2, 3);
    let share =
        Shape::new(cpu_mem(1, 1)).with_gpu(GpuNeed { cards: 1, milli_each: 400, models: ModelSet::ANY });
    table.take(Slot { node: NodeId(0), cards: CardSet::NONE.with(1) }, &share);
    assert_eq!(table.cards(NodeId(0)), [1000, 600, 1000]);
    let pick = |rule| table.pick_cards(NodeId(0), share.gpu(), rule).unwrap();
    assert_eq!((pick(CardRule::Lowest), pick(CardRule::Tightest)), (CardSet(0b001), CardSet(0b010)));
    let whole = GpuNeed { cards: 3, milli_each: 1000, models: ModelSet::ANY };
    assert_eq!(table.pick_cards(NodeId(0), whole, CardRule::Lowest), None);
}
