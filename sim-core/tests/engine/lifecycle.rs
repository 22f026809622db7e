//! What becomes of single jobs: every number here is worked out by hand in its comment.

use sim_core::testkit::{Case, cpu, cpu_mem};
use sim_core::{
    Action, Apart, Constraints, Dist, Domain, End, NodeFailures, NodeId, Outage, Preempt, Retry, SimDuration,
    SimTime, Slot, When,
};

fn secs(n: u64) -> SimDuration {
    SimDuration::from_secs(n)
}

#[test]
fn a_gang_waits_until_all_of_it_fits() {
    let mut case = Case::new().nodes(2, cpu(4));
    let small = case.job(0, 10).each(cpu(3)).add();
    let gang = case.job(1, 5).each(cpu(3)).gang(2).add();
    case.run();
    assert_eq!(
        (case.end(small), case.start(gang), case.end(gang)),
        ((10.0, End::Completed), 10.0, (15.0, End::Completed))
    );
}

#[test]
fn a_gang_that_does_not_fit_leaves_no_trace() {
    let mut case = Case::new().nodes(2, cpu(4));
    case.job(0, 10).each(cpu(2)).add();
    let wide = case.job(1, 10).each(cpu(3)).gang(2).add();
    let mut decision = case.decision_at(1);
    let job = decision.view().waiting().next().unwrap();
    let place = [Slot::on(NodeId(1)), Slot::on(NodeId(0))];
    assert!(decision.start(job, &place).is_err());
    assert_eq!(decision.view().nodes().free_total()[0], 6000);
    assert!(case.is_unfinished(wide));
}

#[test]
fn the_end_of_the_wall_time_kills_unless_switched_off() {
    for (kills, end) in [(true, (60.0, End::Timeout)), (false, (100.0, End::Completed))] {
        let mut case = Case::new().nodes(1, cpu(1));
        case.rules.kill_at_walltime = kills;
        let job = case.job(0, 100).walltime(60).add();
        let exact = case.job(0, 10).walltime(10).add();
        case.run();
        assert_eq!(case.end(job), end);
        assert_eq!(case.end(exact).1, End::Completed);
    }
}

#[test]
fn retries_back_off_exponentially_then_give_up() {
    let retry = Retry { max: 2, first_delay: secs(10), factor_ppm: 3_000_000, delay_max: SimDuration::MAX };
    let mut case = Case::new().nodes(1, cpu(1));
    let job = case.job(0, 100).fails_after(5).retry(retry).add();
    case.run();
    // 5 s run, 10 s delay, 5 s run, 30 s delay, 5 s run: 5 + 10 + 5 + 30 + 5.
    assert_eq!(case.end(job), (55.0, End::Failed));
}

#[test]
fn dependencies_release_or_skip_by_the_ending() {
    let mut case = Case::new().nodes(4, cpu(1));
    let good = case.job(0, 10).add();
    let bad = case.job(0, 20).fails_after(7).add();
    let on_success = case.job(0, 1).after(good, When::Completed).add();
    let on_failure = case.job(0, 1).after(bad, When::Failed).add();
    let never = case.job(0, 1).after(good, When::Failed).add();
    let after_never = case.job(0, 1).after(never, When::Completed).add();
    let anyway = case.job(0, 1).after(never, When::Ended).after(bad, When::Ended).add();
    case.run();
    assert_eq!((case.start(on_success), case.start(on_failure)), (10.0, 7.0));
    assert_eq!((case.end(never), case.end(after_never)), ((10.0, End::Skipped), (10.0, End::Skipped)));
    assert_eq!(case.start(anyway), 10.0);
}

#[test]
fn a_job_released_by_a_rejection_is_decided_on_at_once() {
    // Nothing else happens in this run: without a further decision the second job would wait for ever.
    let mut case = Case::new().nodes(1, cpu(1));
    let first = case.job(0, 10).add();
    let second = case.job(0, 5).after(first, When::Ended).add();
    let mut decision = case.decision_at(0);
    let id = decision.view().waiting().next().unwrap();
    decision.apply(&sim_core::Action::Reject { job: id }).unwrap();
    case.commit();
    case.run();
    assert_eq!((case.end(first), case.end(second)), ((0.0, End::Rejected), (5.0, End::Completed)));
}

#[test]
fn speed_and_width_set_the_pace() {
    let mut case = Case::new().nodes(1, cpu(1)).with_each_node(|node| node.speed_ppm = 2_000_000);
    let fast = case.job(0, 10).add();
    case.run();
    assert_eq!(case.end(fast).0, 5.0);

    let mut case = Case::new().nodes(4, cpu(1));
    let elastic = case.job(0, 12).elastic(1, 4).add();
    let mut decision = case.decision_at(0);
    let job = decision.view().waiting().next().unwrap();
    decision.start(job, &[Slot::on(NodeId(0))]).unwrap();
    case.commit();
    case.job(0, 0);
    case.run();
    // 12 s at four tasks is 48 s at one.
    assert_eq!(case.end(elastic).0, 48.0);
}

#[test]
fn preemption_keeps_what_the_checkpoint_kept() {
    for (how, end) in [
        // 25 s done at the stop at 25 s. Requeue keeps two intervals of 10 s: 5 s restart + 80 s left.
        (Preempt::Requeue, (25.0 + 5.0 + 80.0, End::Completed)),
        // Suspend keeps all 25 s: 5 s restart + 75 s left.
        (Preempt::Suspend, (25.0 + 5.0 + 75.0, End::Completed)),
        (Preempt::Kill, (25.0, End::Killed)),
    ] {
        let mut case = Case::new().nodes(1, cpu(1));
        let job = case.job(0, 100).checkpoint(10, 5).add();
        case.job(25, 0).each(cpu(1)).add();
        let mut decision = case.decision_at(25);
        let id = decision.view().running().next().unwrap().1.job();
        decision.preempt(id, how).unwrap();
        if how != Preempt::Kill {
            decision.start(id, &[Slot::on(NodeId(0))]).unwrap();
        }
        case.commit();
        case.run();
        assert_eq!(case.end(job), end, "{how:?}");
    }
}

#[test]
fn a_preemption_delay_holds_the_node_but_not_the_work() {
    let mut case = Case::new().nodes(1, cpu(1));
    case.rules.preemption_delay = secs(7);
    let job = case.job(0, 100).checkpoint(0, 0).add();
    case.job(25, 1).add();
    let mut decision = case.decision_at(25);
    let id = decision.view().running().next().unwrap().1.job();
    decision.preempt(id, Preempt::Requeue).unwrap();
    case.commit();
    case.run();
    // Stopped at 25 with 25 s kept; free at 32. The preempted job is older and goes first: 32 + 75.
    assert_eq!((case.end(job).0, case.start(2)), (107.0, 107.0));
}

#[test]
fn a_node_failure_requeues_and_repair_brings_it_back() {
    let outage = Outage { node: NodeId(0), down: SimTime::from_secs(30), up: SimTime::from_secs(50) };
    for (requeues, end) in [(true, (150.0, End::Completed)), (false, (30.0, End::Failed))] {
        let mut case = Case::new().nodes(1, cpu(1));
        case.failures.nodes = NodeFailures::Trace([outage].into());
        case.rules.requeue_on_node_loss = requeues;
        let job = case.job(0, 100).add();
        case.run();
        assert_eq!(case.end(job), end);
    }
}

#[test]
fn failures_end_with_time() {
    // Up and down for 1e9 s in turns, up to the end of time at 1.8e10 s; a job of twice that is never done.
    let mut case = Case::new().nodes(1, cpu(1));
    let always = Dist::Constant(1e9);
    case.failures.nodes = NodeFailures::Random { time_up: always.clone(), time_down: always };
    let (long, short) = (case.job(0, 2_000_000_000).add(), case.job(1, 500_000_000).add());
    case.run();
    // The long one is first again whenever the node is repaired.
    assert!(case.is_unfinished(long) && case.is_unfinished(short));
}

#[test]
fn independent_tasks_start_and_fail_by_themselves() {
    let mut case = Case::new().nodes(2, cpu(1));
    let job = case.job(0, 10).independent(5).add();
    case.run();
    // Two at a time: three rounds of 10 s.
    assert_eq!((case.start(job), case.end(job)), (0.0, (30.0, End::Completed)));
}

#[test]
fn anti_affinity_and_labels_hold() {
    let mut case = Case::new().nodes(4, cpu(8)).with_each_node(|node| {
        node.rack = u32::from(node.name.ends_with('3'));
        node.labels = if node.name.ends_with('0') { vec![] } else { vec!["disk=ssd".into()] };
    });
    let key = Some(case.words().affinity_key("db"));
    let require = case.words().label("disk=ssd").unwrap();
    let apart =
        Constraints { require, key, anti_affinity: Some(Apart::one_per(Domain::Rack)), ..Constraints::NONE };
    let pair = case.job(0, 10).gang(2).constraints(apart).add();
    let third = case.job(1, 10).constraints(apart).add();
    case.run();
    // Racks 0 and 1 take one task each; a third has to wait for the pair.
    assert_eq!((case.start(pair), case.start(third)), (0.0, 10.0));
}

/// So many tasks of `key` at most on one node.
fn capped(case: &mut Case, key: &str, tasks_max: u32) -> Constraints {
    let key = Some(case.words().affinity_key(key));
    let apart = Apart { level: Domain::Node, tasks_max };
    Constraints { key, anti_affinity: Some(apart), ..Constraints::NONE }
}

#[test]
fn a_density_cap_lets_so_many_tasks_stand_on_one_node() {
    let mut case = Case::new().nodes(2, cpu(8));
    let two = capped(&mut case, "app", 2);
    let wide = case.job(0, 10).gang(3).constraints(two).add();
    let fourth = case.job(1, 30).constraints(two).add();
    let fifth = case.job(2, 10).constraints(two).add();
    let stranger = case.job(3, 10).add();
    case.run();
    // Three tasks and the fourth make two on each node. The fifth waits for the end of the three at 10 s, though
    // twelve of sixteen cores are free; the cap counts its own kind only.
    let starts = [wide, fourth, fifth, stranger].map(|job| case.start(job));
    assert_eq!(starts, [0.0, 1.0, 10.0, 3.0]);
}

#[test]
fn a_gang_wider_than_its_density_cap_admits_is_refused() {
    let mut case = Case::new().nodes(2, cpu(8));
    let two = capped(&mut case, "app", 2);
    let wide = case.job(0, 10).gang(5).constraints(two).add();
    let mut decision = case.decision_at(0);
    let job = decision.view().waiting().next().unwrap();
    // Two on node 0 and three on node 1: one too many.
    let place = [0, 0, 1, 1, 1].map(|node| Slot::on(NodeId(node)));
    assert!(decision.start(job, &place).is_err());
    assert_eq!(decision.view().nodes().free_total()[0], 16_000);
    assert!(case.is_unfinished(wide));
}

#[test]
fn each_task_asks_its_own_density_cap() {
    let mut case = Case::new().nodes(1, cpu(8));
    let (one, three) = (capped(&mut case, "app", 1), capped(&mut case, "app", 3));
    let alone = case.job(0, 10).constraints(one).add();
    let second = case.job(1, 10).constraints(three).add();
    let third = case.job(2, 20).constraints(three).add();
    let alone_again = case.job(3, 1).constraints(one).add();
    case.run();
    // Those that admit three join the first, which was alone when it came. Its like waits for all of them to leave.
    let starts = [alone, second, third, alone_again].map(|job| case.start(job));
    assert_eq!(starts, [0.0, 1.0, 2.0, 22.0]);
}

#[test]
fn a_reservation_keeps_others_out_and_starts_on_time() {
    let mut case = Case::new().nodes(1, cpu(4));
    let promised = case.job(0, 10).each(cpu(4)).walltime(10).add();
    let long = case.job(0, 30).each(cpu(1)).walltime(30).add();
    let short = case.job(0, 20).each(cpu(1)).walltime(20).add();
    let mut decision = case.decision_at(0);
    let ids: Vec<_> = decision.view().waiting().collect();
    let of = |decision: &sim_core::Decision<'_>, number| {
        ids.iter().copied().find(|&id| decision.view().job(id).facts().id == number).unwrap()
    };
    let (first, second, third) = (of(&decision, promised), of(&decision, long), of(&decision, short));
    let place = vec![Slot::on(NodeId(0))];
    decision.reserve(first, SimTime::from_secs(20), &place).unwrap();
    // 30 s would reach beyond the promised start at 20 s; 20 s just ends there.
    assert!(decision.start(second, &place).is_err());
    decision.start(third, &place).unwrap();
    case.commit();
    case.policy(Box::new(Idle));
    case.run();
    assert_eq!((case.start(short), case.start(promised), case.end(promised).0), (0.0, 20.0, 30.0));
    assert!(case.is_unfinished(long));
}

#[derive(Clone, Copy)]
struct Idle;

impl sim_core::Policy for Idle {
    fn name(&self) -> &str {
        "idle"
    }

    fn decide(&mut self, _: &mut sim_core::Decision<'_>) {}

    fn fork(&self) -> Box<dyn sim_core::Policy> {
        Box::new(*self)
    }
}

#[test]
fn memory_counts_as_much_as_processors() {
    let mut case = Case::new().nodes(1, cpu_mem(8, 100));
    case.job(0, 10).each(cpu_mem(1, 60)).add();
    let second = case.job(0, 10).each(cpu_mem(1, 60)).add();
    case.run();
    assert_eq!(case.start(second), 10.0);
}

#[test]
fn a_forked_run_goes_its_own_way() {
    let mut case = Case::new().nodes(1, cpu(1));
    let job = case.job(0, 10).add();
    case.job(0, 10).add();
    let _ = case.decision_at(0);
    let mut fork = case.fork();
    // The fork decides nothing and ends with both jobs unfinished; the case is not touched by that.
    fork.commit();
    assert_eq!(fork.resume(&mut Idle).unwrap().unfinished, 2);
    case.commit();
    assert!(case.is_unfinished(job));
}

#[test]
fn work_done_is_what_was_kept_and_what_runs() {
    let mut case = Case::new().nodes(1, cpu(1));
    case.job(0, 100).checkpoint(10, 5).add();
    case.job(25, 1).add();
    case.job(40, 1).add();
    let mut decision = case.decision_at(25);
    let id = decision.view().running().next().unwrap().1.job();
    assert_eq!(decision.view().work_done(id), SimDuration::from_secs(25));
    // Two checkpoints of 10 s stay.
    decision.preempt(id, Preempt::Requeue).unwrap();
    assert_eq!(decision.view().work_done(id), SimDuration::from_secs(20));
    decision.start(id, &[Slot::on(NodeId(0))]).unwrap();
    case.commit();
    // 15 s later, 5 of which were the restart.
    let decision = case.decision_at(40);
    assert_eq!(decision.view().work_done(id), SimDuration::from_secs(30));
    let (_, run) = decision.view().running().next().unwrap();
    assert_eq!(
        (run.overhead(), run.progress(decision.view().now())),
        (SimDuration::from_secs(5), SimDuration::from_secs(10))
    );

    let mut case = Case::new().nodes(1, cpu(1));
    let tasks = case.job(0, 10).independent(4).add();
    case.job(15, 1).add();
    // One task is done after 10 s, the second half way: 15 s of 4 tasks.
    let decision = case.decision_at(15);
    let id = decision.view().unfinished().find(|job| job.facts().id == tasks).unwrap().id();
    assert_eq!(decision.view().work_done(id), SimDuration::from_ns(3_750_000_000));
}

#[test]
fn work_done_before_a_resize_is_not_forgotten() {
    // 100 s of work at full width 2. 10 s of it until 10 s, then at width 1 another 10 s until 30 s; suspended, it
    // starts again at once at full width, with 80 s left.
    let mut case = Case::new().nodes(3, cpu(1));
    let job = case.job(0, 100).elastic(1, 2).add();
    case.job(10, 1).add();
    case.job(30, 1).add();
    let both = [Slot::on(NodeId(0)), Slot::on(NodeId(1))];
    let mut cx = case.decision_at(10);
    let id = cx.view().unfinished().find(|row| row.facts().id == job).unwrap().id();
    cx.apply(&Action::Resize { job: id, place: vec![both[1]] }).unwrap();
    case.commit();
    let mut cx = case.decision_at(30);
    cx.preempt(id, Preempt::Suspend).unwrap();
    assert_eq!(cx.view().work_done(id), secs(20));
    cx.start(id, &both).unwrap();
    case.commit();
    case.run();
    assert_eq!(case.end(job), (110.0, End::Completed));
}
