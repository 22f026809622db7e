//! Random and damaged files: readers answer with problems, never with a panic.

use proptest::prelude::*;
use sim_core::registry::Value;
use sim_core::{ClusterSpec, Lane, Resources, Vocabulary, Workload};

use super::openb::{Orders, PodList};
use super::testing::{TraceFile, params, text};
use super::{Audit, READERS, Reader, TraceWorkload};

/// A good file of each format, to be damaged.
const GOOD: [(&str, &str); 6] = [
    (
        "swf",
        "; MaxProcs: 128\n1 10 -1 60 4 1.5 -1 8 120 2000 1 7 1 -1 3 -1 -1 -1\n\
         2 11 -1 60 4 -1 -1 8 120 2000 1 7 1 -1 3 -1 1 5\n",
    ),
    (
        "openb",
        "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,\
         deletion_time,scheduled_time\n\
         openb-pod-0001,6000,12288,1,460,T4|G2,LS,Running,42,90,43\n\
         openb-pod-0002,6000,1,0,0,,LS,Running,42,90,\n",
    ),
    (
        "philly",
        "timestamp,duration,num_gpus,gpu_time,cluster\n2017-10-09 07:01:55,66.0,12,66.0,11cb48\n\
         2017-10-09 06:13:03,2951.25,1,2951.0,6214e9\n",
    ),
    (
        "dlrm",
        "instance_sn,role,app_name,cpu_request,gpu_request,rdma_request,memory_request,disk_request,\
         max_instance_per_node,creation_time,scheduled_time,deletion_time\n\
         instance_1,HN,app_0,12,1,25,120.0,640.0,8,,,\n\
         instance_2,CN,app_1,64,0,1,937.5,255.0,-1,475.00000000000006,476.0,9000.5\n",
    ),
    (
        "native",
        "id,submit_ns,service_ns,gang,tasks,tasks_min,gpus,gpu_milli,gpu_models,after,task_service_ns,\
         spread_over,spread_skew_max,affinity_key,require_labels,retry_max,deadline_ns\n\
         1,5,7,elastic,4,2,1,500,T4|G2,,,,,,a=b,3,99\n2,6,7,independent,4,,,,,1:ended,5|6,rack,1,k,,,\n",
    ),
    (
        "tiresias",
        "job_id,num_gpu,submit_time,iterations,model_name,duration,interval\n0,1,0,606,vgg19,164,30\n\
         1,8,30,133,vgg11,147.5,23\n",
    ),
];

/// Reads the file in every way that a run would.
fn try_all(reader: &'static Reader, bytes: &[u8], load: bool) {
    let file = TraceFile::new(bytes);
    let mut given =
        vec![("sort", Value::Bool(true)), ("zero_duration", text("run")), ("oversized", text("drop"))];
    if load {
        given.push(("load", Value::Float(0.5)));
    }
    if reader.about.name == "swf" {
        given.extend([("memory", text("requested")), ("dependencies", Value::Bool(true))]);
    }
    let params = params(reader, file.path(), &given);
    let mut cluster = ClusterSpec::default();
    cluster.add_uniform("n", 3, Resources::ZERO.with(Lane::Cpu, 64_000).with(Lane::Memory, 1 << 20), 8);
    if reader.about.name == "openb" {
        for list in [PodList::read(file.path(), &cluster), PodList::read_timed(file.path(), load, &cluster)] {
            let _ =
                list.map(|mut list| (list.take_oversized(&cluster), list.demand().typical_tasks(950_000)));
        }
        let _ = Orders::read(file.path(), 2, &cluster);
    }
    let audit = Audit::of(reader, &params, Some(&cluster));
    let _ = (audit.to_string(), audit.to_json());
    if let Ok(mut workload) = TraceWorkload::new(reader, &params, &audit) {
        let mut words = Vocabulary::default();
        while let Ok(Some(_)) = workload.next_job(&mut words) {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..400), head in 0..4usize) {
        let magic: [&[u8]; 4] = [b"", b"PAR1", &[0x1f, 0x8b, 8, 0], b"id,submit_ns,service_ns\n"];
        let bytes = [magic[head], &bytes].concat();
        for reader in READERS {
            try_all(reader, &bytes, false);
        }
    }

    #[test]
    fn damaged_files_do_no_harm(
        which in 0..GOOD.len(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..6usize, any::<u8>()), 1..6),
        load: bool,
    ) {
        let (name, content) = GOOD[which];
        try_all(Reader::named(name).unwrap(), &damaged(content, &edits), load);
    }

    #[test]
    fn damaged_orders_do_no_harm(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..6usize, any::<u8>()), 1..6),
    ) {
        let bytes = damaged("# by hand\npods 42 0 1 1\nrank 42 2 0 1\npods 43 1 0\n", &edits);
        try_all(Reader::named("openb").unwrap(), &bytes, false);
    }
}

/// What is done to a file: where, how, and with which byte.
type Edit = (prop::sample::Index, usize, u8);

fn damaged(content: &str, edits: &[Edit]) -> Vec<u8> {
    let mut bytes = content.as_bytes().to_vec();
    for &(at, kind, byte) in edits {
        let at = at.index(bytes.len().max(1)).min(bytes.len());
        let numbers: [&[u8]; 4] = [b"-1", b"9007199254740992", b"18446744073709551615", b"0"];
        match kind {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, byte),
            2 if at < bytes.len() => bytes[at] = byte,
            3 if at < bytes.len() => drop(bytes.remove(at)),
            4 => {
                let marks = b"0123456789-|:,. \n\"".iter().copied().cycle();
                drop(bytes.splice(at..at, marks.skip(byte.into()).take(3)));
            }
            _ => {
                // A whole number in the place of another.
                let digits = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                drop(bytes.splice(at..at + digits, numbers[usize::from(byte) % 4].iter().copied()));
            }
        }
    }
    bytes
}

#[test]
fn the_good_files_are_good() {
    for (name, content) in GOOD {
        let file = TraceFile::new(content);
        let reader = Reader::named(name).unwrap();
        let audit = Audit::of(reader, &params(reader, file.path(), &[("sort", Value::Bool(true))]), None);
        assert!(audit.problems.0.is_empty(), "{name}: {}", audit.problems);
    }
}
