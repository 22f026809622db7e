//! Rules of sharing, on cases worked out by hand.

use sim_core::testkit::{Case, cpu, cpu_mem};
use sim_core::{GpuNeed, ModelSet, Resources, Shape};

use crate::declared::{Given, queue, queues, share, weighted};
use crate::filled::{crowd, fill};

#[test]
fn fifo_gives_the_cluster_to_who_came_first() {
    let jobs = [crowd("a", cpu(1), 5), crowd("b", cpu(1), 5)];
    assert_eq!(fill(queues("fifo", &[]).policy(), cpu(8), &jobs), [5, 3]);
}

#[test]
fn fair_shares_go_by_weight_and_unlisted_tenants_weigh_one() {
    let jobs = ["a", "b", "other"].map(|tenant| crowd(tenant, cpu(1), 20));
    let policy = queues("fair", &weighted(&[("a", 3.0), ("b", 2.0)])).policy();
    // 12 cores by 3 : 2 : 1.
    assert_eq!(fill(policy, cpu(12), &jobs), [6, 4, 2]);
}

#[test]
fn what_one_does_not_want_the_others_share() {
    let jobs = [crowd("a", cpu(1), 2), crowd("b", cpu(1), 20), crowd("c", cpu(1), 20)];
    assert_eq!(fill(queues("fair", &[]).policy(), cpu(12), &jobs), [2, 5, 5]);
}

#[test]
fn drf_equalises_dominant_shares_as_in_the_paper() {
    // Ghodsi et al., NSDI 2011, figure 3: 9 CPUs, 18 GB; A <1, 4>, B <3, 1>. A runs 3 tasks, B 2.
    let jobs = [crowd("a", cpu_mem(1, 4), 20), crowd("b", cpu_mem(3, 1), 20)];
    assert_eq!(fill(queues("drf", &[]).policy(), cpu_mem(9, 18), &jobs), [3, 2]);
    // Fair in processors alone: after 6 and 2, 1 x 6 = 3 x 2, memory is full at 4 x 4 + 2 x 1.
    assert_eq!(fill(queues("fair", &[]).policy(), cpu_mem(9, 18), &jobs), [4, 1]);
}

#[test]
fn weighted_drf_lets_the_heavier_have_twice_the_dominant_share() {
    let policy = || queues("drf", &weighted(&[("a", 2.0), ("b", 1.0)])).policy();
    // Dominant lanes differ: a wants memory, b processors. 2n/18 = 2 x 2m/18 and 2n + m = 18: n = 7.2, m = 3.6.
    let jobs = [crowd("a", cpu_mem(1, 2), 20), crowd("b", cpu_mem(2, 1), 20)];
    assert_eq!(fill(policy(), cpu_mem(18, 18), &jobs), [7, 4]);
    let jobs = [crowd("a", cpu_mem(1, 0), 20), crowd("b", cpu_mem(1, 0), 20)];
    assert_eq!(fill(policy(), cpu(12), &jobs), [8, 4]);
}

#[test]
fn each_level_of_the_tree_shares_by_its_own_rule() {
    let tree = [
        queue("group").with("weight", 1.0).with("share", "fair"),
        queue("a").with("parent", "group").with("weight", 3.0),
        queue("b").with("parent", "group"),
        queue("c").with("weight", 2.0),
    ];
    let jobs = ["a", "b", "c"].map(|tenant| crowd(tenant, cpu(1), 20));
    // A third of 12 cores for the group, 3 : 1 in it; two thirds for c.
    assert_eq!(fill(queues("fair", &tree).policy(), cpu(12), &jobs), [3, 1, 8]);
    // First come first served inside the group: all of its third goes to a.
    let mut tree = tree.to_vec();
    tree[0] = queue("group").with("share", "fifo");
    assert_eq!(fill(queues("fair", &tree).policy(), cpu(12), &jobs), [4, 0, 8]);
}

#[test]
fn capacity_serves_the_queue_furthest_below_its_guarantee() {
    let tree = [
        queue("a").with("guaranteed", 0.5),
        queue("b").with("guaranteed", 0.25),
        queue("c").with("guaranteed", 0.25),
    ];
    let jobs = ["a", "b", "c", "other"].map(|tenant| crowd(tenant, cpu(1), 20));
    assert_eq!(fill(queues("capacity", &tree).policy(), cpu(12), &jobs), [6, 3, 3, 0]);
    // c wants nothing: its quarter goes to the others by 2 : 1, and nothing to who has no guarantee.
    let jobs = ["a", "b", "other"].map(|tenant| crowd(tenant, cpu(1), 20));
    assert_eq!(fill(queues("capacity", &tree).policy(), cpu(12), &jobs), [8, 4, 0]);
}

#[test]
fn priority_adds_that_of_the_queue_to_that_of_the_job() {
    let mut case = Case::new().nodes(1, cpu(1));
    let first = case.job(0, 10).tenant("low").priority(9).add();
    let others = [("low", 3), ("high", 0), ("low", 5), ("high", -2)];
    let jobs = others.map(|(tenant, priority)| case.job(0, 10).tenant(tenant).priority(priority).add());
    let tree = [queue("low").with("order", "priority"), queue("high").with("priority", 4_i64)];
    case.policy(queues("priority", &tree).policy()).run();
    // 9, then 5, 4 + 0, 3, 4 - 2.
    assert_eq!(
        [first, jobs[2], jobs[1], jobs[0], jobs[3]].map(|job| case.start(job)),
        [0.0, 10.0, 20.0, 30.0, 40.0]
    );
}

/// When the low job starts, on one core that a high job arrives for every 10 s, each of which runs for 10 s.
fn wait_of_the_low(rule: Given) -> f64 {
    let mut case = Case::new().nodes(1, cpu(1));
    let low = case.job(0, 10).tenant("low").add();
    for n in 0..60 {
        case.job(10 * n, 10).tenant("high").priority(3).add();
    }
    case.policy(queues(rule, &[]).policy()).run();
    case.start(low)
}

#[test]
fn without_ageing_the_low_starve_and_with_it_their_wait_is_bounded() {
    assert_eq!(wait_of_the_low("priority".into()), 600.0);
    let aged: Given = share("priority", &[("age_every", Given::Seconds(50))]).into();
    // Three levels are worth 150 s: the high job submitted at 150 ties, and the earlier submission wins.
    assert_eq!(wait_of_the_low(aged), 150.0);
}

#[test]
fn usage_that_decays_is_read_at_the_grid_and_halves_in_a_half_life() {
    let mut case = Case::new().nodes(1, cpu(1));
    // a uses the core in [0, 100), b comes later; both have jobs waiting at 100.
    let a = [case.job(0, 100).tenant("a").add(), case.job(1, 100).tenant("a").add()];
    let b = [case.job(50, 100).tenant("b").add(), case.job(51, 100).tenant("b").add()];
    let rule = share("fair", &[("half_life", Given::Seconds(100)), ("calc_period", Given::Seconds(10))]);
    case.policy(queues(rule, &[]).policy()).run();
    // At 100: a has used, b has not. At 200: a 100 s of which the weight is halved, b 100 s fresh. At 300 only b waits.
    assert_eq!([a[0], b[0], a[1], b[1]].map(|job| case.start(job)), [0.0, 100.0, 200.0, 300.0]);
}

fn card() -> Shape {
    let gpu = GpuNeed { cards: 1, milli_each: 1000, models: ModelSet::ANY };
    Shape::new(Resources::ZERO).with_gpu(gpu)
}

/// GPU jobs of `x` and of `y` that start at 10 s, where `y` has a sibling that holds all processors for long.
fn at_the_second_round(rule: &'static str) -> [usize; 2] {
    let mut case = Case::new().gpu_nodes(1, cpu(10), 10);
    let tree = [
        queue("group"),
        queue("processors").with("parent", "group"),
        queue("y").with("parent", "group"),
        queue("x"),
    ];
    for _ in 0..15 {
        case.job(0, 1000).each(cpu(1)).tenant("processors").add();
    }
    let jobs = ["x", "y"].map(|who| [0; 20].map(|_| case.job(0, 10).shape(card()).tenant(who).add()));
    case.policy(queues(rule, &tree).policy()).run();
    jobs.map(|jobs| jobs.iter().filter(|&&job| case.start(job) == 10.0).count())
}

#[test]
fn hdrf_does_not_starve_a_queue_for_the_complementary_share_of_its_sibling() {
    // Bhattacharya et al., SoCC 2013, figure 3, a round later. Plain sums show the group with all processors: it gets
    // no GPU before x has all of them. Rescaled, each has half.
    assert_eq!(at_the_second_round("drf"), [10, 0]);
    assert_eq!(at_the_second_round("hdrf"), [5, 5]);
}

#[test]
fn a_leaf_may_have_an_order_of_its_own() {
    let mut case = Case::new().nodes(1, cpu(1));
    let jobs = [40, 30, 20].map(|walltime| case.job(0, 10).walltime(walltime).tenant("a").add());
    case.policy(queues("fair", &[queue("a").with("order", "sjf")]).policy()).run();
    assert_eq!(jobs.map(|job| case.start(job)), [20.0, 10.0, 0.0]);
}

#[test]
fn heads_skip_or_hold_up_their_queue_or_everything() {
    // 8 cores, 5 of which a holds; a's next wants 4. Behind it a and b have jobs of one core.
    let starts = |head: &'static str| {
        let mut case = Case::new().nodes(1, cpu(8));
        case.job(0, 100).each(cpu(5)).tenant("a").add();
        let jobs = [("a", 4), ("a", 1), ("b", 1)];
        let jobs = jobs.map(|(tenant, cores)| case.job(1, 100).each(cpu(cores)).tenant(tenant).add());
        case.policy(queues("fifo", &[]).with("head", head).policy()).run();
        jobs.map(|job| case.start(job))
    };
    assert_eq!(starts("skip"), [100.0, 1.0, 1.0]);
    assert_eq!(starts("queue"), [100.0, 100.0, 1.0]);
    assert_eq!(starts("block"), [100.0; 3]);
}

#[test]
fn patience_lets_a_large_job_hold_the_others_up() {
    let start = |patience: Option<u64>| {
        let mut case = Case::new().nodes(1, cpu(2));
        // A small job ends every 5 s, so that never both cores are free.
        for n in 0..40 {
            case.job(5 * n, 10).tenant("small").add();
        }
        let large = case.job(1, 10).each(cpu(2)).tenant("large").add();
        let mut policy = queues("fair", &[]);
        if let Some(secs) = patience {
            policy = policy.with("patience", Given::Seconds(secs));
        }
        case.policy(policy.policy()).run();
        case.start(large)
    };
    // The last small one starts at 195 and runs to 205.
    assert_eq!(start(None), 205.0);
    // From 51 on nothing passes it: the job that started at 50 ends at 60.
    assert_eq!(start(Some(50)), 60.0);
}

#[test]
fn jobs_may_enter_the_queue_of_their_user() {
    let mut jobs = [crowd("t", cpu(1), 10), crowd("t", cpu(1), 10)];
    (jobs[0].user, jobs[1].user) = ("ann", "bob");
    let policy = queues("fair", &weighted(&[("ann", 3.0)])).with("by", "user").policy();
    assert_eq!(fill(policy, cpu(8), &jobs), [6, 2]);
}
