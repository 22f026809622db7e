//! The declaration of the policy `queues` and of the keys of one queue.

use sim_core::registry::{About, Kind, LANE_MAX, Param};

const WHOLE: Kind = Kind::Int { min: 0, max: LANE_MAX };
const PART: Kind = Kind::Float { min: 0.0, max: 1.0 };

/// Amounts per lane; a lane that is left out is not limited.
pub const AMOUNTS: &[Param] = &[
    Param::optional("cpu", Kind::Cores, "cores"),
    Param::optional("memory", Kind::Memory, "memory"),
    Param::optional("gpu", Kind::Float { min: 0.0, max: 4e6 }, "GPU cards"),
    Param::optional("disk", WHOLE, "local disk [GiB]"),
    Param::optional("net", WHOLE, "network [Mbit/s]"),
    Param::optional("extra1", WHOLE, "units of the first spare lane"),
    Param::optional("extra2", WHOLE, "units of the second spare lane"),
    Param::optional("extra3", WHOLE, "units of the third spare lane"),
];

const QUEUE: &[Param] = &[
    Param::required("name", Kind::Text, "its name"),
    Param::with_default("parent", Kind::Text, "\"root\"", "the queue that it is part of"),
    Param::optional(
        "tenants",
        Kind::List(&Kind::Text),
        "whose jobs it holds (users, if `by` says so); default: the tenant of its own name",
    ),
    Param::with_default(
        "weight",
        Kind::Float { min: 1e-6, max: 1e6 },
        "1.0",
        "its weight among its siblings, in steps of 1e-6",
    ),
    Param::with_default(
        "priority",
        Kind::Int { min: -1_000_000, max: 1_000_000 },
        "0",
        "what is added to the priority of its jobs, for the rules above it",
    ),
    Param::optional(
        "share",
        Kind::Plugin("share"),
        "the rule among its children, if it is a parent; default: that of its own parent",
    ),
    Param::optional("order", Kind::Plugin("order"), "the order of its jobs; default: that of the policy"),
    Param::optional(
        "head",
        Kind::Choice(&["queue", "skip"]),
        "whether its other jobs wait for one that does not fit; default: what the policy's `head` says",
    ),
    Param::with_default(
        "guaranteed",
        PART,
        "0.0",
        "the part of the cluster that is kept for it: see the rule `capacity`, and `reclaim`",
    ),
    Param::with_default(
        "maximum",
        PART,
        "1.0",
        "the part of each lane of the cluster that its jobs never exceed",
    ),
    Param::optional(
        "quota",
        Kind::Table(AMOUNTS),
        "amounts that its jobs never exceed, or with `borrow` only as its siblings leave theirs unused",
    ),
    Param::with_default(
        "borrow",
        Kind::Bool,
        "false",
        "may exceed its quota by what is not in use of the quotas of its siblings (its cohort)",
    ),
    Param::optional("borrow_limit", Kind::Table(AMOUNTS), "the most that it borrows; default: all there is"),
    Param::optional(
        "lend_limit",
        Kind::Table(AMOUNTS),
        "the most of its quota that is lent; default: all of it",
    ),
    Param::with_default(
        "users",
        Kind::Choice(&["together", "order", "fair", "drf"]),
        "\"together\"",
        "its users: not told apart; told apart by `user_limit` only, in the queue's order; or the one with \
         the lowest CPU or dominant share first",
    ),
    Param::with_default(
        "user_limit",
        Kind::Float { min: 1e-6, max: 1.0 },
        "1.0",
        "the part of the queue that each of its users is left, if so many have jobs waiting: at 0.25 two \
         users have a half each, three a third, and of five the fifth waits; 1: no limit. It is a part of \
         `guaranteed`, and beyond that of what the queue holds; a user below its limit may exceed it with \
         one job",
    ),
    Param::optional(
        "user_limit_factor",
        Kind::Float { min: 1e-6, max: 1e6 },
        "the limit of a user is at most this multiple of `guaranteed`; default: no limit",
    ),
];

/// The policy.
pub const ABOUT: About = About {
    name: "queues",
    doc: "Sharing among tenants: a tree of queues, walked from the root by the rule of each inner queue to \
          the next job to try; a leaf holds the jobs of its tenants in an order. Tenants that no queue \
          names get a leaf of weight 1 under the root. Before a job starts, limits are checked from its \
          leaf to the root (`maximum`, `quota`, `user_limit`); a job that they refuse waits aside and \
          holds nobody up. Cost per start or end: O(kinds of requests waiting in the leaf x log siblings) \
          on each level.",
    source: "Apache Hadoop YARN, CapacityScheduler and FairScheduler; Kueue; Ghodsi et al., NSDI 2011.",
    params: &[
        Param::with_default(
            "share",
            Kind::Plugin("share"),
            "\"fair\"",
            "the rule among the children of the root",
        ),
        Param::with_default("queues", Kind::List(&Kind::Table(QUEUE)), "[]", "the queues below the root"),
        Param::with_default(
            "by",
            Kind::Choice(&["tenant", "user"]),
            "\"tenant\"",
            "whether a job enters the queue of its tenant or of its user",
        ),
        Param::with_default("order", Kind::Plugin("order"), "\"fcfs\"", "the order of the jobs of a leaf"),
        Param::with_default("place", Kind::Plugin("place"), "\"first-fit\"", "which node a task gets"),
        Param::with_default(
            "head",
            Kind::Choice(&["skip", "queue", "block"]),
            "\"skip\"",
            "what happens if the next job does not fit: jobs with other requests pass it (`skip`), all \
             others of its `queue` wait for it, or all jobs do (`block`). Where jobs pass, a large one may \
             starve: see `patience`",
        ),
        Param::optional(
            "patience",
            Kind::Duration,
            "a job that has waited for so long goes before all others, which then wait until it fits; \
             limits still hold for it, and one that they refuse is given another such span",
        ),
        Param::with_default(
            "reclaim",
            Kind::Choice(&["none", "requeue", "suspend", "kill"]),
            "\"none\"",
            "what is done to running jobs if a queue that is below its guarantee (or borrowable quota) \
             cannot start its next job: the latest started of the queue that exceeds its own the most are \
             stopped so, as far as that makes room for the job and leaves none below its guarantee. Where \
             jobs may pass (see `head`), the next that is within the guarantee is served so",
        ),
    ],
};
