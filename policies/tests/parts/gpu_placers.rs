//! Placers of cards, each on a few nodes, worked out by hand.

use std::sync::Arc;

use policies::Prior;
use sim_core::testkit::{Case, cpu};
use sim_core::{CardSet, GpuNeed, Lane, ModelSet, Shape, TypicalTask, TypicalTasks};

use crate::places::single_places;
use crate::registered::policy_knowing;

/// A task of so many cores and cards, with a share of each.
fn task(cores: u32, cards: u16, milli_each: u16) -> Shape {
    Shape::new(cpu(cores)).with_gpu(GpuNeed { cards, milli_each, models: ModelSet::ANY })
}

/// Typical are tasks like these, each as often as the others.
fn knowing(shapes: &[Shape]) -> Prior {
    let kind =
        |shape: &Shape| TypicalTask { cpu_milli: shape.need().get(Lane::Cpu), gpu: shape.gpu(), count: 1 };
    Prior { typical: Arc::new(TypicalTasks::cover(shapes.iter().map(kind), 1_000_000)) }
}

/// Submits the tasks one second after the other; yields the nodes that they got.
fn nodes_of(mut case: Case, prior: &Prior, place: &str, given: &[(&str, &str)], tasks: &[Shape]) -> Vec<u32> {
    for (n, shape) in tasks.iter().enumerate() {
        case.job(n as u64, 1000).shape(*shape).add();
    }
    let end = tasks.len() as u64;
    case.job(end, 1).each(cpu(0)).add();
    case.policy(policy_knowing(prior, "fcfs", place, "block", given));
    single_places(&mut case, end)
}

#[test]
fn fgd_shares_the_card_that_leaves_least_stranded() {
    // Typical tasks want 700 of a card. After the first task 700 and 1000 are left. On the fuller card the second would
    // leave 400, which nobody typical can use; on the other one it leaves 700 and 700, and nothing is stranded.
    let prior = knowing(&[task(1, 1, 700)]);
    for (place, given, card) in [("fgd", &[][..], 1), ("best-fit", &[("lane", "cpu+gpu")][..], 0)] {
        let mut case = Case::new().gpu_nodes(1, cpu(8), 2);
        case.job(0, 1000).shape(task(1, 1, 300)).add();
        let second = case.job(1, 1000).shape(task(1, 1, 300)).add();
        case.job(2, 1).each(cpu(0)).add();
        case.policy(policy_knowing(&prior, "fcfs", place, "block", given));
        let decision = case.decision_at(2);
        let view = decision.view();
        let job = view.unfinished().find(|job| job.facts().id == second).expect("it runs for long");
        let run = view.runs_of(job.id()).next().expect("the second task runs");
        assert_eq!(view.run(run).slots()[0].cards, CardSet::NONE.with(card), "{place}");
    }
}

#[test]
fn fgd_keeps_tasks_without_gpu_off_the_cpu_that_gpus_need() {
    // Node 0 has 4 cores for its 2 cards, node 1 has 8. A typical task wants a card and 4 cores: with 2 cores less,
    // node 0 can serve none.
    let case = || Case::new().gpu_nodes(1, cpu(4), 2).gpu_nodes(1, cpu(8), 2);
    let prior = knowing(&[task(4, 1, 1000)]);
    let tasks = [Shape::new(cpu(2))];
    assert_eq!(nodes_of(case(), &prior, "fgd", &[], &tasks)[0], 1);
}

#[test]
fn fill_gradient_asks_how_many_more_fit_where_fgd_asks_whether_one_does() {
    // A typical task wants a card and 2 cores. Two cores less, and node 0 (4 cores, 2 cards) can serve one instead of
    // two; node 1 (8 cores, 2 cards) still serves two. FGD sees no change on either and takes the first.
    let case = || Case::new().gpu_nodes(1, cpu(4), 2).gpu_nodes(1, cpu(8), 2);
    let (prior, tasks) = (knowing(&[task(2, 1, 1000)]), [Shape::new(cpu(2))]);
    assert_eq!(nodes_of(case(), &prior, "fgd", &[], &tasks)[0], 0);
    assert_eq!(nodes_of(case(), &prior, "fill-gradient", &[], &tasks)[0], 1);
}

#[test]
fn best_fit_compares_cpu_and_gpu_together() {
    // Relative to the largest node (5 cores, 2 cards) a task of 1 core leaves 4/5 + 1/2 on node 0 and 2/5 + 1 on
    // node 1.
    let case = || Case::new().gpu_nodes(1, cpu(5), 1).gpu_nodes(1, cpu(3), 2);
    let tasks = [Shape::new(cpu(1))];
    let prior = Prior::default();
    assert_eq!(nodes_of(case(), &prior, "best-fit", &[("lane", "cpu+gpu")], &tasks)[0], 0);
    assert_eq!(nodes_of(case(), &prior, "best-fit", &[("lane", "cpu")], &tasks)[0], 1);
}

#[test]
fn dot_product_prefers_the_node_with_less_to_give() {
    let case = || Case::new().gpu_nodes(1, cpu(8), 2).gpu_nodes(1, cpu(4), 2);
    let tasks = [task(2, 1, 500)];
    // 2 x 8 + .. against 2 x 4 + .. relative to the largest node.
    assert_eq!(nodes_of(case(), &Prior::default(), "dot-product", &[], &tasks)[0], 1);
}

#[test]
fn gpu_packing_fills_cards_then_nodes() {
    // The first share opens node 0 (all nodes are alike), the second joins its card, a whole card comes from the same
    // node, and only the next one from node 1.
    let case = Case::new().gpu_nodes(2, cpu(8), 2);
    let tasks = [task(1, 1, 500), task(1, 1, 500), task(1, 1, 1000), task(1, 1, 1000)];
    assert_eq!(nodes_of(case, &Prior::default(), "gpu-packing", &[], &tasks)[..4], [0, 0, 0, 1]);
}

#[test]
fn gpu_clustering_keeps_classes_apart_while_it_can() {
    // A share goes to node 0, a whole card to a node without GPU tasks, the next share to its like, the next whole card
    // to its own. Two cards would fit there as well, but node 2 has no GPU tasks yet.
    let case = Case::new().gpu_nodes(3, cpu(8), 4);
    let tasks = [task(1, 1, 500), task(1, 1, 1000), task(1, 1, 500), task(1, 1, 1000), task(1, 2, 1000)];
    assert_eq!(nodes_of(case, &Prior::default(), "gpu-clustering", &[], &tasks)[..5], [0, 1, 0, 1, 2]);
}
