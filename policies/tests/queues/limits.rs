//! Limits: maximum, quota, borrowing, users.

use sim_core::testkit::{Case, cpu};

use crate::declared::{Table, cores, queue, queues};
use crate::filled::{Crowd, crowd, fill};

#[test]
fn a_maximum_is_never_exceeded_though_the_cluster_idles() {
    let tree = [queue("a").with("maximum", 0.25)];
    let jobs = [crowd("a", cpu(1), 20)];
    assert_eq!(fill(queues("fair", &tree).policy(), cpu(12), &jobs), [3]);
    // Nor that of the parent, whatever the children's own.
    let tree = [
        queue("group").with("maximum", 0.5),
        queue("a").with("parent", "group").with("maximum", 0.25),
        queue("b").with("parent", "group"),
    ];
    let jobs = ["a", "b"].map(|tenant| crowd(tenant, cpu(1), 20));
    assert_eq!(fill(queues("fifo", &tree).policy(), cpu(12), &jobs), [3, 3]);
}

#[test]
fn a_quota_counts_what_is_running_and_holds_nobody_else_up() {
    let mut case = Case::new().nodes(1, cpu(8));
    let a = [0; 3].map(|_| case.job(0, 10).each(cpu(2)).tenant("a").add());
    let b = case.job(0, 10).tenant("b").add();
    case.policy(queues("fifo", &[queue("a").with("quota", cores(3))]).with("head", "block").policy()).run();
    // One job of a at a time, though there is room; the blocked head of line is no head for b.
    assert_eq!(a.map(|job| case.start(job)), [0.0, 10.0, 20.0]);
    assert_eq!(case.start(b), 0.0);
}

#[test]
fn tasks_of_an_independent_job_start_as_far_as_the_quota_goes() {
    let mut case = Case::new().nodes(1, cpu(8));
    let job = case.job(0, 10).independent(5).tenant("a").add();
    case.policy(queues("fifo", &[queue("a").with("quota", cores(2))]).policy()).run();
    // Two at a time: 0, 10, and the last in [20, 30).
    assert_eq!(case.end(job).0, 30.0);
}

#[test]
fn a_cohort_borrows_what_its_members_do_not_use() {
    let tree = || {
        vec![
            queue("a").with("quota", cores(4)).with("borrow", true),
            queue("b").with("quota", cores(4)).with("borrow", true),
        ]
    };
    let fill = |tree: &[Table], jobs: &[Crowd]| fill(queues("cohort", tree).policy(), cpu(12), jobs);
    // Alone, a has both quotas, not the 4 cores beyond them.
    assert_eq!(fill(&tree(), &[crowd("a", cpu(1), 20)]), [8]);
    // Together, each its own: what would borrow goes after what does not.
    assert_eq!(fill(&tree(), &["a", "b"].map(|who| crowd(who, cpu(1), 20))), [4, 4]);
    // b wants one only: a borrows three.
    assert_eq!(fill(&tree(), &[crowd("a", cpu(1), 20), crowd("b", cpu(1), 1)]), [7, 1]);
    // a may borrow two at most, or b lends one at most.
    let mut limited = tree();
    limited[0] = limited[0].clone().with("borrow_limit", cores(2));
    assert_eq!(fill(&limited, &[crowd("a", cpu(1), 20)]), [6]);
    let mut lending = tree();
    lending[1] = lending[1].clone().with("lend_limit", cores(1));
    assert_eq!(fill(&lending, &[crowd("a", cpu(1), 20)]), [5]);
    // Who does not borrow lends all the same.
    let lender =
        vec![queue("a").with("quota", cores(4)).with("borrow", true), queue("b").with("quota", cores(4))];
    assert_eq!(fill(&lender, &[crowd("a", cpu(1), 20)]), [8]);
    assert_eq!(fill(&lender, &[crowd("b", cpu(1), 20)]), [4]);
}

#[test]
fn a_member_whose_quota_is_lent_waits_until_it_comes_back() {
    let mut case = Case::new().nodes(1, cpu(12));
    let a = [0; 8].map(|_| case.job(0, 100).tenant("a").add());
    let b = case.job(10, 10).tenant("b").add();
    let tree = ["a", "b"].map(|name| queue(name).with("quota", cores(4)).with("borrow", true));
    case.policy(queues("cohort", &tree).policy()).run();
    assert!(a.iter().all(|&job| case.start(job) == 0.0));
    assert_eq!(case.start(b), 100.0);
}

/// Cores of 12 that each of so many users of one queue gets, each of whom wants them all.
fn of_users(users: usize, limit: f64) -> Vec<usize> {
    const NAMES: [&str; 6] = ["u1", "u2", "u3", "u4", "u5", "u6"];
    let jobs = |user| Crowd { tenant: "q", user, each: cpu(1), jobs: 20 };
    let jobs: Vec<Crowd> = NAMES[..users].iter().map(|user| jobs(user)).collect();
    let tree = [queue("q").with("guaranteed", 1.0).with("user_limit", limit)];
    fill(queues("capacity", &tree).policy(), cpu(12), &jobs)
}

#[test]
fn user_limits_divide_a_queue_as_in_yarn() {
    // minimum-user-limit-percent 25: two users have 50 % each, three 33 %, four and more 25 %.
    assert_eq!(of_users(1, 0.25), [12]);
    assert_eq!(of_users(2, 0.25), [6, 6]);
    assert_eq!(of_users(3, 0.25), [4, 4, 4]);
    assert_eq!(of_users(4, 0.25), [3, 3, 3, 3]);
    assert_eq!(of_users(5, 0.25), [3, 3, 3, 3, 0]);
    // 100 is no limit: first come, first served.
    assert_eq!(of_users(2, 1.0), [12, 0]);
}

/// Cores of 100 that each of so many users of one queue gets, each of whom has so many jobs of one core.
fn beyond(guaranteed: f64, limit: f64, jobs: &[usize]) -> Vec<usize> {
    const NAMES: [&str; 4] = ["u1", "u2", "u3", "u4"];
    let crowds = NAMES.iter().zip(jobs);
    let crowds = crowds.map(|(&user, &jobs)| Crowd { tenant: "q", user, each: cpu(1), jobs });
    let crowds: Vec<Crowd> = crowds.collect();
    let tree = [queue("q").with("guaranteed", guaranteed).with("user_limit", limit)];
    fill(queues("capacity", &tree).policy(), cpu(100), &crowds)
}

#[test]
fn user_limits_let_a_queue_grow_to_the_whole_cluster() {
    // Beyond the guarantee, what is divided grows with each start.
    for guaranteed in [0.0, 0.1] {
        assert_eq!(beyond(guaranteed, 0.5, &[40, 40]), [40, 40]);
        assert_eq!(beyond(guaranteed, 0.5, &[80, 80]), [50, 50]);
        assert_eq!(beyond(guaranteed, 0.25, &[80, 80]), [50, 50]);
        assert_eq!(beyond(guaranteed, 0.25, &[80, 80, 80, 80]), [25, 25, 25, 25]);
        // One wants 20 only; from then on the first of the others may have half of all, those 20 included.
        assert_eq!(beyond(guaranteed, 0.25, &[80, 20, 80]), [50, 20, 30]);
        // Three times a half is more than there is: the first two have it.
        assert_eq!(beyond(guaranteed, 0.5, &[80, 80, 80]), [50, 50, 0]);
        assert_eq!(beyond(guaranteed, 0.5, &[200]), [100]);
    }
}

#[test]
fn tasks_of_one_job_are_limited_like_jobs() {
    for guaranteed in [0.0, 0.1, 1.0] {
        let mut case = Case::new().nodes(1, cpu(100));
        let wide = case.job(0, 10).independent(200).tenant("q").user("u1").add();
        let jobs = [0; 80].map(|_| case.job(0, 1000).tenant("q").user("u2").add());
        let tree = [queue("q").with("guaranteed", guaranteed).with("user_limit", 0.5)];
        case.policy(queues("capacity", &tree).policy()).run();
        // Half of the cluster each, four times over, for u1's 200 tasks of 10 s; then u2's other 30 jobs as well.
        assert_eq!(jobs.iter().filter(|&&job| case.start(job) == 0.0).count(), 50);
        assert_eq!(case.end(wide).0, 40.0, "with {guaranteed}");
    }
    // Alone, an elastic job gets all that it wants.
    let mut case = Case::new().nodes(1, cpu(100));
    let job = case.job(0, 10).elastic(1, 20).tenant("q").user("u1").add();
    let tree = [queue("q").with("user_limit", 0.5)];
    case.policy(queues("capacity", &tree).policy()).run();
    assert_eq!(case.end(job).0, 10.0);
}

#[test]
fn a_user_below_its_limit_starts_a_job_that_exceeds_it() {
    // Of 12 cores, each of two users is left 6: with 5, one more job of 5 starts; with 10, none does. So u1 starts
    // two, u2 one; the queue then holds 15 and would hold 20 after the next start, half of which u2 has not.
    let jobs = ["u1", "u2"].map(|user| Crowd { tenant: "q", user, each: cpu(5), jobs: 3 });
    let tree = [queue("q").with("guaranteed", 0.6).with("user_limit", 0.5)];
    assert_eq!(fill(queues("capacity", &tree).policy(), cpu(20), &jobs), [2, 2]);
}

#[test]
fn a_user_limit_grows_when_others_have_nothing_waiting() {
    let mut case = Case::new().nodes(1, cpu(12));
    let ann = [0; 12].map(|_| case.job(0, 100).tenant("q").user("ann").add());
    let bob = [0; 2].map(|_| case.job(0, 100).tenant("q").user("bob").add());
    let tree = [queue("q").with("guaranteed", 1.0).with("user_limit", 0.25)];
    case.policy(queues("capacity", &tree).policy()).run();
    // Ann is stopped at six; Bob's two start and he waits for nothing any more: she alone is active and has the rest.
    assert_eq!(ann.iter().filter(|&&job| case.start(job) == 0.0).count(), 10);
    assert!(bob.iter().all(|&job| case.start(job) == 0.0));
}

#[test]
fn the_user_limit_factor_bounds_one_user_by_the_guarantee() {
    let tree = |factor| [queue("q").with("guaranteed", 0.25).with("user_limit_factor", factor)];
    let jobs = [Crowd { tenant: "q", user: "u", each: cpu(1), jobs: 20 }];
    assert_eq!(fill(queues("capacity", &tree(1.0)).policy(), cpu(12), &jobs), [3]);
    assert_eq!(fill(queues("capacity", &tree(2.0)).policy(), cpu(12), &jobs), [6]);
}

#[test]
fn users_of_a_queue_may_share_it_fairly() {
    let mut jobs = [crowd("q", cpu(1), 20), crowd("q", cpu(2), 20)];
    (jobs[0].user, jobs[1].user) = ("ann", "bob");
    let fill = |users: &'static str| {
        fill(queues("fair", &[queue("q").with("users", users)]).policy(), cpu(12), &jobs)
    };
    assert_eq!(fill("together"), [12, 0]);
    assert_eq!(fill("fair"), [6, 3]);
}

#[test]
fn contradictions_are_told_together() {
    let tree = [
        queue("a").with("guaranteed", 0.7).with("maximum", 0.5),
        queue("b").with("guaranteed", 0.6).with("parent", "nobody"),
        queue("c").with("parent", "d").with("share", "drf"),
        queue("d").with("parent", "c").with("order", "sjf"),
        queue("a").with("borrow", true),
        queue("e").with("lend_limit", cores(2)).with("user_limit_factor", 2.0),
    ];
    let found = queues("fair", &tree).contradictions();
    for part in [
        "queues[0].maximum = 0.5: must be at least `guaranteed` = 0.7",
        "queues[1].parent = \"nobody\": is not the name of a queue",
        "queues[2].parent = \"d\": leads in a circle",
        "queues[3].order = : is for queues that hold jobs",
        "queues[4].name = \"a\": is the name of another queue",
        "queues[4].borrow = true: needs a `quota`",
        "queues[5].lend_limit.cpu = : has no `quota`",
        "queues[5].user_limit_factor = : is a multiple of `guaranteed`",
    ] {
        assert!(found.iter().any(|told| told.starts_with(part)), "{part} is not in {found:#?}");
    }
    let tree = [
        queue("p").with("guaranteed", 0.5).with("maximum", 0.6),
        queue("x").with("parent", "p").with("guaranteed", 0.4),
        queue("y").with("parent", "p").with("guaranteed", 0.2).with("maximum", 0.8),
        queue("z").with("guaranteed", 0.6),
    ];
    let found = queues("fair", &tree).contradictions();
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(found[0].starts_with("queues[2].maximum = 0.8: must be at most the `maximum` of `p`, 0.6"));
    assert!(
        found[1]
            .starts_with("queues = 1: the cluster has less than its children are guaranteed together, 1.1")
    );
    assert!(found[2].starts_with("queues[0].guaranteed = 0.5: `p` has less than"));
    let found = queues("fair", &[]).with("reclaim", "kill").contradictions();
    assert_eq!(found.len(), 1);
}
