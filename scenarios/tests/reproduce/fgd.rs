//! The curves of FGD's experiment, on the shared files and on small ones made up here.

use std::fmt::Write;
use std::path::Path;

use scenarios::reproduce::Options;

use crate::{data, reproduce};

#[test]
fn every_published_curve_is_reproduced() {
    let Some(data) = data() else { return };
    let found = reproduce("fgd", &data, &Options::default());
    assert!(found.cases.len() >= 170, "only {} cases", found.cases.len());
    for case in &found.cases {
        assert!(case.is_exact() && case.compared == 393, "{case:?}");
    }
    // Random agrees in the mean.
    assert!(found.holds() && found.statistical.len() >= 108);
    assert_eq!(found.figures.len(), 3);
}

#[test]
fn orders_of_our_own_agree_in_the_mean() {
    let Some(data) = data() else { return };
    let traces = ["default", "gpuspec33", "multigpu50"].map(str::to_owned).to_vec();
    let found = reproduce("fgd", &data, &Options { traces, own_orders: true, ..Options::default() });
    assert_eq!((found.cases.len(), found.statistical.len()), (0, 3 * 6 * 12));
    let beyond: Vec<_> = found.statistical.iter().filter(|cell| !cell.holds()).collect();
    assert!(found.holds(), "{beyond:?}");
}

/// A folder of the shared layout with two nodes, four pods and made-up curves of one seed.
fn small(folder: &Path, curve: &str) {
    let (openb, goldens) = (folder.join("data/openb"), folder.join("goldens/fgd"));
    std::fs::create_dir_all(&openb).unwrap();
    std::fs::create_dir_all(&goldens).unwrap();
    let nodes = "sn,cpu_milli,memory_mib,gpu,model\nn-0,8000,1000,2,T4\nn-1,8000,1000,2,T4\n";
    std::fs::write(openb.join("openb_node_list_gpu_node.csv"), nodes).unwrap();
    let pods = "name,cpu_milli,memory_mib,num_gpu,gpu_milli\np-0,1000,1,1,500\np-1,1000,1,1,1000\np-2,1000,1,1,500\n\
                p-3,1000,1,2,1000\n";
    std::fs::write(openb.join("openb_pod_list_tiny.csv"), pods).unwrap();
    std::fs::write(goldens.join("orders_tiny.txt"), "pods 7 0 1 2 3 3\nrank 7 1 0\n").unwrap();
    let head = "policy,seed,arrived_load_pct,alloc_pct,frag_amount_pct,frag_ratio_pct\n";
    std::fs::write(goldens.join("expected_tiny.csv"), format!("{head}{curve}")).unwrap();
}

/// Four cards. Half a card at 12.5 %, rounded to 12; a card at 37.5 % (38); half a card at 50 %; two at 100 %; two that
/// do not fit at 150 %. Best fit keeps to the node that it began with.
#[test]
fn another_folder_of_the_same_layout_works() {
    let folder = tempfile::tempdir().unwrap();
    let mut curve = String::new();
    for (load, alloc) in [(12, 12.5), (38, 37.5), (50, 50.0), (100, 100.0), (150, 100.0)] {
        writeln!(curve, "05-BestFit,7,{load},{alloc},0,0").unwrap();
    }
    curve += "05-BestFit,8,12,12.5,0,0\n09-Unheard,7,12,1,1,1\n";
    small(folder.path(), &curve);
    let found = reproduce("fgd", folder.path(), &Options::default());
    assert_eq!(found.cases.len(), 1);
    let case = &found.cases[0];
    assert_eq!((case.name.as_str(), case.compared), ("tiny/best-fit/7", 15));
    // Allocation agrees at every point; the fragmentation of the first three is not zero.
    assert!(case.first.contains("fragmentation"), "{case:?}");
    let reasons: Vec<_> = found.skipped.iter().map(|(_, why)| why.as_str()).collect();
    assert!(
        reasons.contains(&"no orders for this seed") && reasons.contains(&"no such policy here"),
        "{reasons:?}"
    );
}

#[test]
fn means_that_are_far_off_do_not_hold() {
    let folder = tempfile::tempdir().unwrap();
    small(folder.path(), "05-BestFit,7,100,100,0,0\n");
    let means = "trace,policy,metric,arrived_load_pct,mean,sd\ntiny,05-BestFit,alloc_pct,100,50,0.1\n";
    std::fs::write(folder.path().join("goldens/fgd/published_means.csv"), means).unwrap();
    let found = reproduce("fgd", folder.path(), &Options { own_orders: true, ..Options::default() });
    assert_eq!((found.cases.len(), found.statistical.len()), (0, 1));
    assert!(!found.holds(), "{:?}", found.statistical);
}

#[test]
fn a_damaged_curve_names_its_line() {
    let folder = tempfile::tempdir().unwrap();
    small(folder.path(), "05-BestFit,7,12,12.5,0,0\n05-BestFit,7,x,12.5,0,0\n");
    let result = scenarios::reproduce::reproduce("fgd", folder.path(), &Options::default(), &crate::Silent);
    let problems = result.unwrap_err().to_string();
    assert!(problems.contains("expected_tiny.csv:3"), "{problems}");
}
