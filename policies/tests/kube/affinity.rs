//! NodeAffinity, InterPodAffinity and ImageLocality.

use sim_core::testkit::Case;
use sim_core::{Company, Domain, LikedNodes, Preferences, TagSet};

use crate::lab::{all, amounts, ask, bench, given, kube, put, put_each, scores};

/// A task that likes these labels by these weights, on nodes with these.
fn liking(nodes: &[&[&str]], terms: &[(&[&str], u32)]) -> Vec<Option<(i64, i64)>> {
    let mut case = bench(&vec![amounts(4000, 4096); nodes.len()]);
    for (node, labels) in case.cluster().nodes.iter_mut().zip(nodes) {
        node.labels.extend(labels.iter().map(|&label| label.to_owned()));
    }
    let mut likes = Vec::new();
    for &(names, weight) in terms {
        let mut labels = sim_core::LabelSet(0);
        names.iter().for_each(|name| labels.0 |= case.words().label(name).unwrap().0);
        likes.push(LikedNodes { labels, weight });
    }
    ask(&mut case, amounts(1000, 1024), Preferences { likes, ..Preferences::default() });
    kube(&mut case, "NodeAffinity")
}

#[test]
fn liked_labels_add_up_and_the_best_node_is_worth_100() {
    let nodes: [&[&str]; 5] = [&["disk=ssd", "gen=new"], &["disk=ssd"], &["gen=new"], &[], &["disk=hdd"]];
    // 5 for the disk, 2 for the generation: 7, 5, 2, 0, 0 of 7: 100, 71, 28, 0, 0.
    let terms: [(&[&str], u32); 2] = [(&["disk=ssd"], 5), (&["gen=new"], 2)];
    assert_eq!(liking(&nodes, &terms), all(&[(7, 100), (5, 71), (2, 28), (0, 0), (0, 0)]));
    // A term of two labels wants both of them: 3 + 1, 1, 0, 0, 0 of 4.
    let terms: [(&[&str], u32); 2] = [(&["disk=ssd", "gen=new"], 3), (&["disk=ssd"], 1)];
    assert_eq!(liking(&nodes, &terms), all(&[(4, 100), (1, 25), (0, 0), (0, 0), (0, 0)]));
}

#[test]
fn a_task_that_likes_nothing_or_what_nobody_has_makes_no_difference() {
    assert_eq!(liking(&[&["disk=ssd"], &[]], &[]), all(&[(0, 0), (0, 0)]));
    assert_eq!(liking(&[&["disk=ssd"], &[]], &[(&["disk=tape"], 100)]), all(&[(0, 0), (0, 0)]));
}

#[test]
fn nodes_that_are_liked_alike_tie_at_100() {
    assert_eq!(liking(&[&["a=1"], &["a=1"]], &[(&["a=1"], 1)]), all(&[(1, 100), (1, 100)]));
}

/// Four nodes, two per zone: 0 and 1 in zone 0, 2 and 3 in zone 1.
fn zones() -> Case {
    let mut case = bench(&[amounts(64_000, 65_536); 4]);
    for (n, node) in case.cluster().nodes.iter_mut().enumerate() {
        node.zone = n as u32 / 2;
    }
    case
}

fn tag(case: &mut Case, name: &str) -> TagSet {
    case.words().tag(name).unwrap()
}

fn near(tags: TagSet, level: Domain, weight: i32) -> Company {
    Company { tags, level, weight, required: false }
}

fn tagged(tags: TagSet) -> Preferences {
    Preferences { tags, ..Preferences::default() }
}

fn company(case: &mut Case, own: TagSet, company: Vec<Company>) -> Vec<Option<(i64, i64)>> {
    ask(case, amounts(1000, 1024), Preferences { tags: own, company, ..Preferences::default() });
    kube(case, "InterPodAffinity")
}

#[test]
fn wanted_company_counts_per_task_and_domain() {
    let mut case = zones();
    let (web, db) = (tag(&mut case, "app=web"), tag(&mut case, "app=db"));
    for node in [0, 0, 2] {
        put(&mut case, node, amounts(100, 100), &tagged(db));
    }
    // 10 per task on the node, 1 per task in the zone: 20 + 2, 2, 10 + 1, 1. From 1 to 22 they differ by 21:
    // 2: 100/21 = 4, 11: 1000/21 = 47.
    let terms = vec![near(db, Domain::Node, 10), near(db, Domain::Zone, 1)];
    let expected = all(&[(22, 100), (2, 4), (11, 47), (1, 0)]);
    assert_eq!(company(&mut case, web, terms), expected);
}

#[test]
fn unwanted_company_counts_against_a_node() {
    let mut case = zones();
    let (web, db) = (tag(&mut case, "app=web"), tag(&mut case, "app=db"));
    put_each(&mut case, &[0, 0, 2], amounts(100, 100), &tagged(db));
    // -20, 0, -10, 0: from -20 to 0.
    let terms = vec![near(db, Domain::Node, -10)];
    assert_eq!(company(&mut case, web, terms), all(&[(-20, 0), (0, 100), (-10, 50), (0, 100)]));
}

#[test]
fn what_running_tasks_want_counts_as_well() {
    let mut case = zones();
    let (web, db) = (tag(&mut case, "app=web"), tag(&mut case, "app=db"));
    let wants = |weight| Preferences { company: vec![near(web, Domain::Node, weight)], ..tagged(db) };
    put(&mut case, 0, amounts(100, 100), &wants(6));
    put(&mut case, 2, amounts(100, 100), &wants(-2));
    // 6, 0, -2, 0: from -2 to 6: 8/8, 2/8, 0, 2/8.
    assert_eq!(company(&mut case, web, vec![]), all(&[(6, 100), (0, 25), (-2, 0), (0, 25)]));
}

#[test]
fn required_nearness_of_running_tasks_counts_by_the_hard_weight() {
    let build = || {
        let mut case = zones();
        let (web, db) = (tag(&mut case, "app=web"), tag(&mut case, "app=db"));
        put(&mut case, 1, amounts(100, 100), &tagged(web));
        let company = vec![Company { required: true, ..near(web, Domain::Node, 1) }];
        put(&mut case, 1, amounts(100, 100), &Preferences { company, ..tagged(db) });
        let company = vec![near(db, Domain::Zone, 2)];
        ask(&mut case, amounts(1000, 1024), Preferences { company, ..tagged(web) });
        case
    };
    // The database on node 1 wants web tasks on its own node: 1, and it is wanted in the zone: 2.
    let expected = all(&[(2, 66), (3, 100), (0, 0), (0, 0)]);
    assert_eq!(kube(&mut build(), "InterPodAffinity"), expected);
    let hard = [("hard_company_weight", sim_core::registry::Value::Int(0))];
    let found = scores(&mut build(), &mut *given("kube", &[], &hard), "InterPodAffinity");
    assert_eq!(found, all(&[(2, 100), (2, 100), (0, 0), (0, 0)]));
}

#[test]
fn company_that_is_not_there_or_nowhere_different_is_worth_0() {
    // Nobody runs.
    let mut case = zones();
    let (web, db) = (tag(&mut case, "app=web"), tag(&mut case, "app=db"));
    assert_eq!(company(&mut case, web, vec![near(db, Domain::Zone, 5)]), all(&[(0, 0); 4]));
    // One in each zone.
    let mut case = zones();
    put_each(&mut case, &[0, 2], amounts(100, 100), &tagged(db));
    assert_eq!(company(&mut case, web, vec![near(db, Domain::Zone, 5)]), all(&[(5, 0); 4]));
}

#[test]
fn the_share_between_the_extremes_is_cut_after_a_division_of_floats() {
    // 0, 29 and 100 tasks' worth: 29/100 is a little below 0.29, and 100 times that below 29.
    let mut case = bench(&[amounts(64_000, 65_536); 3]);
    let (web, db) = (tag(&mut case, "app=web"), tag(&mut case, "app=db"));
    let all_of = |weight| Preferences { company: vec![near(web, Domain::Node, weight)], ..tagged(db) };
    put(&mut case, 1, amounts(100, 100), &all_of(29));
    put(&mut case, 2, amounts(100, 100), &all_of(100));
    assert_eq!(company(&mut case, web, vec![]), all(&[(0, 0), (29, 28), (100, 100)]));
}

#[test]
fn required_company_is_a_filter_that_lets_the_first_of_its_kind_in() {
    let build = |running: &[usize], sign: i32| {
        let mut case = zones();
        let web = tag(&mut case, "app=web");
        let rule = Company { required: true, ..near(web, Domain::Zone, sign) };
        put_each(&mut case, running, amounts(100, 100), &tagged(web));
        let found = company(&mut case, web, vec![rule]);
        found.iter().map(Option::is_some).collect::<Vec<_>>()
    };
    assert_eq!(build(&[], 1), [true; 4], "the first may stand anywhere");
    assert_eq!(build(&[2], 1), [false, false, true, true]);
    assert_eq!(build(&[2], -1), [true, true, false, false]);
}

#[test]
fn tasks_that_run_keep_off_those_that_they_must_be_away_from() {
    let mut case = zones();
    let (web, db) = (tag(&mut case, "app=web"), tag(&mut case, "app=db"));
    let company_of = vec![Company { required: true, ..near(web, Domain::Zone, -1) }];
    put(&mut case, 0, amounts(100, 100), &Preferences { company: company_of, ..tagged(db) });
    let found = company(&mut case, web, vec![]);
    assert_eq!(found, [None, None, Some((0, 0)), Some((0, 0))]);
}

/// Nodes with these images [MiB], and a task of these.
fn with_images(nodes: &[&[(&str, u32)]], images: &[&str]) -> Vec<Option<(i64, i64)>> {
    let mut case = bench(&vec![amounts(4000, 4096); nodes.len()]);
    for (node, images) in case.cluster().nodes.iter_mut().zip(nodes) {
        node.images = images.iter().map(|&(name, mib)| (name.to_owned(), mib)).collect();
    }
    let images = images.iter().map(|name| case.words().image(name).unwrap()).collect();
    ask(&mut case, amounts(1000, 1024), Preferences { images, ..Preferences::default() });
    kube(&mut case, "ImageLocality")
}

#[test]
fn images_count_by_size_and_by_how_many_nodes_hold_them() {
    let a = ("a", 1000);
    // One of two nodes: 1000 x 1/2 = 500 MiB; (500 - 23)/(1000 - 23) = 0.488.
    assert_eq!(with_images(&[&[a], &[]], &["a"]), all(&[(48, 48), (0, 0)]));
    // Both: 1000 MiB each.
    assert_eq!(with_images(&[&[a], &[a]], &["a"]), all(&[(100, 100), (100, 100)]));
    // One of four: 250; 227/977 = 0.232.
    assert_eq!(with_images(&[&[a], &[], &[], &[]], &["a"]), all(&[(23, 23), (0, 0), (0, 0), (0, 0)]));
}

#[test]
fn images_below_the_least_and_beyond_the_most_count_no_further() {
    // 46 x 1/2 = 23 MiB: the threshold itself.
    assert_eq!(with_images(&[&[("a", 46)], &[]], &["a"]), all(&[(0, 0), (0, 0)]));
    // 48 x 1/2 = 24: 1/977 is cut to 0. 66 x 1/2 = 33: 10/977 = 1.02 percent.
    assert_eq!(with_images(&[&[("a", 48)], &[("b", 66)]], &["a"]), all(&[(0, 0), (0, 0)]));
    assert_eq!(with_images(&[&[("a", 48)], &[("b", 66)]], &["b"]), all(&[(0, 0), (1, 1)]));
    // 4000 x 1/2 = 2000: more than 1000 of one container.
    assert_eq!(with_images(&[&[("a", 4000)], &[]], &["a"]), all(&[(100, 100), (0, 0)]));
}

#[test]
fn thresholds_grow_with_the_containers_but_the_least_does_not() {
    let (a, b) = (("a", 1000), ("b", 1000));
    // Two containers: 500 + 1000 against 23 .. 2000: 1477/1977 = 0.747; with b alone 977/1977 = 0.494.
    assert_eq!(with_images(&[&[a, b], &[b]], &["a", "b"]), all(&[(74, 74), (49, 49)]));
    // An image that nobody has counts as a container all the same: 1000 - 23 of 1977.
    assert_eq!(with_images(&[&[b], &[b]], &["b", "none"]), all(&[(49, 49), (49, 49)]));
}

#[test]
fn a_task_without_images_makes_no_difference() {
    assert_eq!(with_images(&[&[("a", 1000)], &[]], &[]), all(&[(0, 0), (0, 0)]));
}
