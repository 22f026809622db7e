//! Every metric, declared once.

use sim_core::{Better, Metric};

macro_rules! metrics {
    ($($ident:ident = $name:literal [$unit:literal] $better:ident, $doc:expr, $source:expr;)*) => {
        $(
            #[doc = $doc]
            pub static $ident: Metric =
                Metric { name: $name, unit: $unit, better: Better::$better, doc: $doc, source: $source };
        )*

        /// All metrics, in the order of tables.
        pub static METRICS: &[&Metric] = &[$(&$ident),*];
    };
}

const COUNT: &str = "plain count or ratio";
const FEITELSON: &str = "Feitelson et al., Theory and practice in parallel job scheduling, JSSPP 1997";
const FGD: &str = "Weng et al., Beware of fragmentation, USENIX ATC 2023, section 3 and figures 7 and 9";
const KOENKER: &str = "Koenker and Bassett, Regression quantiles, Econometrica 46, 1978";
const PROMISED: &str = "Mu'alem and Feitelson, IEEE TPDS 2001, section 2: reservations as upper bounds";
const JAIN: &str =
    "Jain, Chiu and Hawe, A quantitative measure of fairness and discrimination, DEC-TR-301, 1984";

metrics! {
    JOBS = "jobs" ["jobs"] Neither,
        "Jobs submitted inside the measured window; the seven endings and `unfinished` add up to it.",
        COUNT;
    COMPLETED = "completed" ["jobs"] Higher,
        "Measured jobs that did all their work.",
        COUNT;
    FAILED = "failed" ["jobs"] Lower,
        "Measured jobs that failed with no attempt left, node losses included.",
        COUNT;
    KILLED = "killed" ["jobs"] Lower,
        "Measured jobs that a policy or a controller stopped for good.",
        COUNT;
    TIMEOUT = "timeout" ["jobs"] Lower,
        "Measured jobs stopped at the end of their requested wall time.",
        COUNT;
    REJECTED = "rejected" ["jobs"] Lower,
        "Measured jobs that a policy refused to run.",
        COUNT;
    SKIPPED = "skipped" ["jobs"] Lower,
        "Measured jobs that a dependency ruled out.",
        COUNT;
    UNFINISHED = "unfinished" ["jobs"] Lower,
        "Measured jobs that had not ended when the run was over.",
        COUNT;
    SUCCESS_RATE = "success_rate" ["1"] Higher,
        "Share of completed jobs among the measured jobs that ended.",
        COUNT;
    RETRIES = "retries" ["attempts"] Lower,
        "Attempts of measured jobs that failed and were repeated.",
        COUNT;
    RETRY_SUCCESS_RATE = "retry_success_rate" ["1"] Higher,
        "Share of completed jobs among the measured jobs that ended after at least one retry.",
        COUNT;
    PREEMPTIONS = "preemptions" ["times"] Lower,
        "Times that executions of measured jobs were preempted.",
        COUNT;
    LOST_WORK = "lost_work" ["s"] Lower,
        "Run time of executions of measured jobs that failed, timed out, lost a node, or were killed or \
         requeued, whatever their width. Work that a checkpoint kept is counted too, so it is an upper \
         bound for jobs with checkpoints; suspended executions lose nothing.",
        COUNT;
    PREEMPTION_OVERHEAD = "preemption_overhead" ["s"] Lower,
        "What preemption cost measured jobs, whatever their width: restarts, during which nodes are held and \
         no work is done, whether after a preemption or a failure; and work that preempted executions had \
         done and that was not kept. Of a task of an independent job that is not suspended, all its time \
         counts as such.",
        "Gu et al., Tiresias, NSDI 2019, section 5, for the cost of preemption";
    WAIT_MEAN = "wait_mean" ["s"] Lower,
        "From submission to the first start, time spent on dependencies included; mean of measured jobs \
         that started.",
        FEITELSON;
    WAIT_P50 = "wait_p50" ["s"] Lower,
        "From submission to the first start, time spent on dependencies included; median of measured jobs \
         that started.",
        FEITELSON;
    WAIT_P95 = "wait_p95" ["s"] Lower,
        "From submission to the first start, time spent on dependencies included; 95th percentile of \
         measured jobs that started.",
        FEITELSON;
    WAIT_P99 = "wait_p99" ["s"] Lower,
        "From submission to the first start, time spent on dependencies included; 99th percentile of \
         measured jobs that started.",
        FEITELSON;
    WAIT_MAX = "wait_max" ["s"] Lower,
        "From submission to the first start, time spent on dependencies included; maximum of measured \
         jobs that started.",
        FEITELSON;
    JCT_MEAN = "jct_mean" ["s"] Lower,
        "Job completion time: from submission to the end; mean of measured jobs that ran and ended, in \
         whatever way.",
        FEITELSON;
    JCT_P50 = "jct_p50" ["s"] Lower,
        "Job completion time: from submission to the end; median of measured jobs that ran and ended, in \
         whatever way.",
        FEITELSON;
    JCT_P95 = "jct_p95" ["s"] Lower,
        "Job completion time: from submission to the end; 95th percentile of measured jobs that ran and \
         ended, in whatever way.",
        FEITELSON;
    JCT_P99 = "jct_p99" ["s"] Lower,
        "Job completion time: from submission to the end; 99th percentile of measured jobs that ran and \
         ended, in whatever way.",
        FEITELSON;
    JCT_MAX = "jct_max" ["s"] Lower,
        "Job completion time: from submission to the end; maximum of measured jobs that ran and ended, in \
         whatever way.",
        FEITELSON;
    SLOWDOWN_MEAN = "slowdown_mean" ["1"] Lower,
        "jct / service, where service is the time in which at least one execution of the job held its \
         nodes; jobs with no service time are left out; mean of measured jobs that ran and ended.",
        FEITELSON;
    SLOWDOWN_P50 = "slowdown_p50" ["1"] Lower,
        "jct / service, where service is the time in which at least one execution of the job held its \
         nodes; jobs with no service time are left out; median of measured jobs that ran and ended.",
        FEITELSON;
    SLOWDOWN_P95 = "slowdown_p95" ["1"] Lower,
        "jct / service, where service is the time in which at least one execution of the job held its \
         nodes; jobs with no service time are left out; 95th percentile of measured jobs that ran and \
         ended.",
        FEITELSON;
    SLOWDOWN_P99 = "slowdown_p99" ["1"] Lower,
        "jct / service, where service is the time in which at least one execution of the job held its \
         nodes; jobs with no service time are left out; 99th percentile of measured jobs that ran and \
         ended.",
        FEITELSON;
    SLOWDOWN_MAX = "slowdown_max" ["1"] Lower,
        "jct / service, where service is the time in which at least one execution of the job held its \
         nodes; jobs with no service time are left out; maximum of measured jobs that ran and ended.",
        FEITELSON;
    BOUNDED_SLOWDOWN_MEAN = "bounded_slowdown_mean" ["1"] Lower,
        "max(1, jct / max(service, tau)), tau = 10 s unless the scenario says otherwise; mean of measured \
         jobs that ran and ended.",
        FEITELSON;
    BOUNDED_SLOWDOWN_P50 = "bounded_slowdown_p50" ["1"] Lower,
        "max(1, jct / max(service, tau)), tau = 10 s unless the scenario says otherwise; median of \
         measured jobs that ran and ended.",
        FEITELSON;
    BOUNDED_SLOWDOWN_P95 = "bounded_slowdown_p95" ["1"] Lower,
        "max(1, jct / max(service, tau)), tau = 10 s unless the scenario says otherwise; 95th percentile \
         of measured jobs that ran and ended.",
        FEITELSON;
    BOUNDED_SLOWDOWN_P99 = "bounded_slowdown_p99" ["1"] Lower,
        "max(1, jct / max(service, tau)), tau = 10 s unless the scenario says otherwise; 99th percentile \
         of measured jobs that ran and ended.",
        FEITELSON;
    BOUNDED_SLOWDOWN_MAX = "bounded_slowdown_max" ["1"] Lower,
        "max(1, jct / max(service, tau)), tau = 10 s unless the scenario says otherwise; maximum of \
         measured jobs that ran and ended.",
        FEITELSON;
    MAKESPAN = "makespan" ["s"] Lower,
        "From the first submission to the last end of a job, of the whole run whatever the window.",
        "Graham et al., Optimization and approximation in deterministic sequencing and scheduling, \
         1979";
    THROUGHPUT = "throughput" ["jobs/h"] Higher,
        "Measured jobs that completed, per hour of the measured window.",
        COUNT;
    UTILIZATION = "utilization_" ["1"] Higher,
        "Allocated / capacity of the lane on nodes that are up, each integrated over the measured window.",
        COUNT;
    UTILIZATION_TENANT = "utilization_tenant_" ["1"] Neither,
        "The share of one tenant, as `<lane>:<tenant>`: what its executions held / capacity of nodes that \
         are up, each integrated over the measured window. Only in runs with 2 to 64 tenants.",
        COUNT;
    QUEUE_MEAN = "queue_mean" ["jobs"] Lower,
        "Jobs waiting for a start, averaged over the time of the measured window.",
        COUNT;
    QUEUE_MAX = "queue_max" ["jobs"] Lower,
        "Most jobs waiting for a start between two instants, in the whole run whatever the window.",
        COUNT;
    FRAGMENTATION = "fragmentation_" ["1"] Lower,
        "Stranded / free capacity of the lane, each integrated over the measured window: the share of \
         free capacity, on nodes that are up, that a task drawn from the typical mix cannot use because \
         it does not fit on that node.",
        "Weng et al., Beware of fragmentation, USENIX ATC 2023, section 3, at the grain of nodes";
    GPU_FRAGMENTATION_RATIO = "gpu_fragmentation_ratio" ["1"] Lower,
        "FGD's fragmentation / idle GPU on nodes that are up, each integrated over the measured window: \
         everything but the category `q3_satisfied` of `gpu_idle_`.",
        FGD;
    GPU_FRAGMENTATION_AMOUNT = "gpu_fragmentation_amount" ["1"] Lower,
        "FGD's fragmentation / GPU capacity of nodes that are up, each integrated over the measured \
         window.",
        FGD;
    GPU_IDLE = "gpu_idle_" ["1"] Neither,
        "The share of idle GPU in one of FGD's seven categories, each integrated over the measured \
         window: what a typical task, each kind as often as it occurs, could do with it. Whole cards that \
         are too full for a task that fits elsewhere on the node are booked to `q2_lack_gpu`.",
        FGD;
    GPU_ALLOC_PCT_AT = "gpu_alloc_pct_at_" ["%"] Higher,
        "GPU allocated / capacity when so many percent of the capacity have been asked for, as a mean over \
         the submissions that brought it there, of the whole run.",
        FGD;
    FRAGMENTATION_AMOUNT_PCT_AT = "fragmentation_amount_pct_at_" ["%"] Lower,
        "FGD's fragmentation / GPU capacity when so many percent of the capacity have been asked for, of \
         the whole run.",
        FGD;
    FRAGMENTATION_RATIO_PCT_AT = "fragmentation_ratio_pct_at_" ["%"] Lower,
        "FGD's fragmentation / idle GPU when so many percent of the capacity have been asked for, of the \
         whole run.",
        FGD;
    LARGEST_HOLE = "largest_hole_" ["1"] Lower,
        "1 - largest free amount on one node / total free amount, averaged over samples taken at the \
         first event at or after each instant of the sampling grid inside the measured window; samples \
         with nothing free are left out.",
        COUNT;
    DEADLINE_MISSES = "deadline_misses" ["jobs"] Lower,
        "Measured jobs with a deadline that did not complete by it.",
        COUNT;
    DEADLINE_MISS_RATE = "deadline_miss_rate" ["1"] Lower,
        "Missed deadlines / measured jobs whose deadline is decided: the job has ended or the deadline \
         has passed.",
        COUNT;
    FAIRNESS_USERS = "fairness_jain_users" ["1"] Higher,
        "Jain's index (sum x)^2 / (n sum x^2) over users, x the mean bounded slowdown of the user's \
         measured jobs; 1 if all fare alike, 1/n if one bears it all. Left out with fewer than two users.",
        JAIN;
    FAIRNESS_TENANTS = "fairness_jain_tenants" ["1"] Higher,
        "Jain's index over tenants, as for users.",
        JAIN;
    SHARE_DEVIATION = "share_deviation_" ["1"] Lower,
        "Of one lane: |held - entitled| of a tenant as a part of the capacity that is up, averaged over \
         the time of the measured window and over the tenants that hold something or have a job waiting \
         for it. Entitled is the weighted max-min share: who has a job waiting that asks for the lane \
         demands without end, who has none demands what it holds. Weights by `measure.entitled`, without \
         which it is left out, as with fewer than 2 or more than 64 tenants.",
        "Max-min shares: Bertsekas and Gallager, Data Networks, 1992, section 6.5; the mean deviation is ours";
    WAIT_TENANT = "wait_tenant_" ["s"] Lower,
        "From submission to the first start; mean of the measured jobs of one tenant that started. Only in \
         runs with 2 to 64 tenants.",
        FEITELSON;
    WAIT_MAX_TENANT = "wait_max_tenant_" ["s"] Lower,
        "The longest wait of a measured job of one tenant, those that had not started at the end of the run included. \
         Only in runs with 2 to 64 tenants.",
        FEITELSON;
    STARVED = "starved" ["jobs"] Lower,
        "Measured jobs that waited longer than `measure.starvation`, those that had not started at the end of the run \
         included.",
        COUNT;
    STARVED_TENANT = "starved_tenant_" ["jobs"] Lower,
        "The jobs of `starved` that belong to one tenant. Only in runs with 2 to 64 tenants.",
        COUNT;
    COST = "cost" ["currency"] Lower,
        "Price of all nodes that were not off, over the whole run whatever the window.",
        COUNT;
    COST_PER_JOB = "cost_per_job" ["currency"] Lower,
        "Cost of the whole run / jobs that completed in the whole run.",
        COUNT;
    NODE_HOURS = "node_hours" ["h"] Lower,
        "Nodes that were up, integrated over the measured window.",
        COUNT;
    PREDICTION_UNKNOWN = "prediction_unknown" ["jobs"] Lower,
        "Measured jobs that completed and of which nothing was predicted; the other metrics of predictions leave \
         them out.",
        COUNT;
    PREDICTION_MAE = "prediction_mae" ["s"] Lower,
        "Mean absolute error of the estimate at submission (its median), against the work that the job did in \
         service time; of measured jobs that completed and had one.",
        COUNT;
    PREDICTION_ACCURACY = "prediction_accuracy" ["1"] Higher,
        "The smaller of estimate and actual run time / the larger: 1 for a perfect one; mean over the jobs of \
         `prediction_mae`.",
        "Tsafrir, Etsion and Feitelson, IEEE TPDS 18(6), 2007";
    PREDICTION_PINBALL_P50 = "prediction_pinball_p50" ["s"] Lower,
        "Pinball loss of the estimated median: half of what it was too short or too long; mean over the jobs of \
         `prediction_mae`.",
        KOENKER;
    PREDICTION_PINBALL_P90 = "prediction_pinball_p90" ["s"] Lower,
        "Pinball loss of the estimated 90th percentile: 0.9 x what it was too short, 0.1 x what it was too long; \
         mean over the jobs of `prediction_mae`.",
        KOENKER;
    PREDICTION_OVER_PCT = "prediction_over_pct" ["%"] Neither,
        "Share of the jobs of `prediction_mae` whose estimated median was longer than the actual run time.",
        COUNT;
    PREDICTION_UNDER_PCT = "prediction_under_pct" ["%"] Neither,
        "Share of the jobs of `prediction_mae` whose estimated median was shorter than the actual run time.",
        COUNT;
    PREDICTION_P90_COVERAGE_PCT = "prediction_p90_coverage_pct" ["%"] Neither,
        "Share of the jobs of `prediction_mae` that ran no longer than the estimated 90th percentile: 90 where it is \
         one.",
        KOENKER;
    PROMISES = "promises" ["jobs"] Neither,
        "Measured jobs that the policy told a start while they waited; only the first promise counts. Left out, as \
         those that follow, where there was none.",
        PROMISED;
    PROMISES_BROKEN_PCT = "promises_broken_pct" ["%"] Lower,
        "Share of promises of jobs that have started later than promised, or have not started and are overdue.",
        PROMISED;
    PROMISE_DELAY_MEAN = "promise_delay_mean" ["s"] Lower,
        "From the promised to the first start, 0 if that was earlier; mean of measured jobs that were promised one \
         and have started.",
        PROMISED;
    PROMISE_EARLY_MEAN = "promise_early_mean" ["s"] Higher,
        "From the first start to the promised one, 0 if that was earlier; mean of measured jobs that were promised \
         one and have started.",
        PROMISED;
    QUOTA_USE = "quota_use_" ["1"] Neither,
        "Of one quota, as `<lane>:<tenant>`: what the tenant's executions held / its quota, averaged over \
        the time of the measured window; above 1 where more was held than the quota. Quotas by \
        `measure.quota`, without which it is left out, as in runs with more than 64 tenants; 0 for a tenant \
        without a job.",
        COUNT;
    QUOTA_EXCEEDED = "quota_exceeded_" ["1"] Lower,
        "Quota accuracy of one lane: the sum over tenants of max(0, held - quota), averaged over the time of \
        the measured window, / the sum of their quotas in the lane; 0 if no quota was ever exceeded. What \
        one tenant leaves unused does not make up for what another exceeds. Tenants without a quota in the \
        lane do not count.",
        COUNT;
    QUOTA_UNUSED = "quota_unused_while_waiting_" ["1"] Lower,
        "Of one lane: the sum over tenants of max(0, quota - held), each counted only while a job of the \
        tenant that asks for the lane is waiting, averaged over all the time of the measured window, / the \
        sum of their quotas in the lane; 0 if every tenant that waited had its quota. A job that does not \
        fit into what is left of a quota counts as waiting like any other.",
        COUNT;
    ALERT_FIRED = "alert_fired_" ["times"] Lower,
        "How often an alert of the scenario fired, in the whole run, warm-up and drain included.",
        COUNT;
    ALERT_TIME = "alert_time_" ["s"] Lower,
        "How long an alert of the scenario was firing in all, to the step of `measure.series`.",
        COUNT;
    ALERT_FIRST = "alert_first_" ["s"] Neither,
        "When an alert of the scenario fired first; left out if it never did.",
        COUNT;
}

/// The metric that a full name belongs to: `wait_mean`, or `utilization_cpu` of `utilization_`.
pub fn metric(name: &str) -> Option<&'static Metric> {
    let exact = METRICS.iter().find(|metric| metric.name == name);
    // The longest family first: `utilization_tenant_cpu:a` is no lane of `utilization_`.
    let families =
        METRICS.iter().filter(|metric| metric.name.ends_with('_') && name.starts_with(metric.name));
    exact.or_else(|| families.max_by_key(|metric| metric.name.len())).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_every_declaration_is_complete() {
        for (n, metric) in METRICS.iter().enumerate() {
            assert!(METRICS[..n].iter().all(|other| other.name != metric.name), "{} twice", metric.name);
            assert!(!metric.unit.is_empty() && metric.doc.ends_with('.') && !metric.source.is_empty());
        }
    }

    #[test]
    fn full_names_find_their_family() {
        assert_eq!(metric("utilization_cpu"), Some(&UTILIZATION));
        assert_eq!(metric("utilization_tenant_cpu:a"), Some(&UTILIZATION_TENANT));
        assert_eq!(metric("wait_mean"), Some(&WAIT_MEAN));
        assert_eq!(metric("no_such"), None);
    }
}
