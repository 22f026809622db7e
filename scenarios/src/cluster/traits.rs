//! Taints and container images of nodes.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::constraint::LABELS_MAX;
use sim_core::preference::IMAGES_MAX;
use sim_core::registry::{Kind, Param, Params, Value};
use sim_core::{NodeSpec, Taint};

use super::text;
use crate::problem::{Problem, Problems};

pub(super) const TAINTS: Param = Param::with_default(
    "taints",
    Kind::List(&Kind::Text),
    "[]",
    "taints, `key=value:NoSchedule`, that keep tasks away which do not tolerate them; `:PreferNoSchedule` is for the \
     placer `kube`, `:NoExecute` is read as NoSchedule",
);

pub(super) const IMAGES: Param = Param::optional(
    "images",
    Kind::Map(&Kind::Memory),
    "container images that each node holds from the start, with their sizes, for the placers `kube` and `weighted`",
);

/// The taints of a group of nodes, whose key is `at`.
pub(super) fn taints(group: &Params, at: &str, problems: &mut Problems) -> Vec<Taint> {
    let mut taints = Vec::new();
    for (n, taint) in group.list("taints").iter().map(text).enumerate() {
        match Taint::parse(&taint) {
            Some(taint) => taints.push(taint),
            None => problems.push(Problem::new("scenario", format!("{at}.taints[{n}]"), taint, Taint::RULE)),
        }
    }
    taints
}

/// The images of a group of nodes, with their sizes \[MiB\].
pub(super) fn images(group: &Params) -> Vec<(String, u32)> {
    let Some(images) = group.table("images") else { return Vec::new() };
    let size = |value: &Value| match value {
        Value::Amount(mib) => *mib,
        other => panic!("a size was declared, and {other:?} was checked"),
    };
    images.iter().map(|(name, value)| (name.to_owned(), size(value))).collect()
}

/// What contradicts between nodes: too many words, or two sizes of one image.
pub(super) fn check(nodes: &[NodeSpec], problems: &mut Problems) {
    let (mut labels, mut taints) = (BTreeSet::new(), BTreeSet::new());
    let mut sizes: BTreeMap<&str, u32> = BTreeMap::new();
    for node in nodes {
        labels.extend(node.labels.iter());
        taints.extend(node.taints.iter().map(|taint| format!("{taint:?}")));
        for (name, mib) in &node.images {
            let known = *sizes.entry(name).or_insert(*mib);
            if known != *mib {
                let rule = format!("must be of one size; another group says {known} MiB");
                problems.push(Problem::new(
                    "scenario",
                    "cluster.nodes.images",
                    format!("{name} = {mib} MiB"),
                    rule,
                ));
                return;
            }
        }
    }
    let many = labels.len() + taints.len();
    if many > LABELS_MAX {
        let rule = format!("there must be at most {LABELS_MAX} distinct labels and taints");
        problems.push(Problem::new("scenario", "cluster.nodes", many, rule));
    }
    if sizes.len() > IMAGES_MAX {
        let rule = format!("there must be at most {IMAGES_MAX} distinct images");
        problems.push(Problem::new("scenario", "cluster.nodes", sizes.len(), rule));
    }
}

#[cfg(test)]
mod tests {
    use crate::cluster::{CLUSTERS, build};
    use crate::generate::testing;

    fn cluster(text: &str) -> Result<sim_core::ClusterSpec, String> {
        let about = CLUSTERS.iter().find(|about| about.name == "nodes").unwrap();
        let params = testing::params(about, text).unwrap();
        build("nodes", &params).map_err(|problems| problems.0.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn nodes_have_taints_and_images() {
        let spec = cluster(
            "nodes = [{ count = 2, cpu = 4, taints = ['gpu=yes:NoSchedule', 'old:PreferNoSchedule'],
             images = { nginx = '512MiB', 'registry/db:1' = '2GiB' } }]",
        );
        let node = &spec.unwrap().nodes[1];
        assert_eq!((node.taints.len(), &*node.taints[0].value), (2, "yes"));
        assert_eq!(node.images, [("nginx".to_owned(), 512), ("registry/db:1".to_owned(), 2048)]);
    }

    #[test]
    fn what_is_no_taint_is_named() {
        let found =
            cluster("nodes = [{ count = 1, cpu = 4, taints = ['a:NoSchedule', 'gpu'] }]").unwrap_err();
        assert!(
            found.contains("cluster.nodes[0].taints[1]") && found.contains("key=value:Effect"),
            "{found}"
        );
    }

    #[test]
    fn an_image_has_one_size() {
        let found = cluster(
            "nodes = [{ count = 1, cpu = 4, images = { a = '1GiB' } },
             { count = 1, cpu = 4, images = { a = '2GiB' } }]",
        );
        assert!(found.unwrap_err().contains("must be of one size"));
    }

    #[test]
    fn labels_and_taints_are_counted_before_a_run() {
        let labels: Vec<String> = (0..120).map(|n| format!("'k={n}'")).collect();
        let taints: Vec<String> = (0..9).map(|n| format!("'k={n}:NoSchedule'")).collect();
        let group = format!(
            "{{ count = 1, cpu = 1, labels = [{}], taints = [{}] }}",
            labels.join(","),
            taints.join(",")
        );
        assert!(cluster(&format!("nodes = [{group}]")).unwrap_err().contains("at most 128 distinct labels"));
    }
}
