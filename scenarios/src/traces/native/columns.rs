//! The columns of the native format: names, types and meanings, once, as data.

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Holds {
    /// Whole numbers from 0 to 2^64 - 1.
    Count,
    /// Whole numbers, negative ones too.
    Signed,
    /// Text.
    Text,
}

macro_rules! columns {
    ($($column:ident $name:literal $holds:ident $doc:literal;)*) => {
        /// A column of the native format.
        #[allow(rustdoc::broken_intra_doc_links, reason = "units stand in brackets, as everywhere")]
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Column {$(
            #[doc = $doc]
            $column,
        )*}

        impl Column {
            /// All columns, in the order in which they are written.
            pub const ALL: &'static [Column] = &[$(Column::$column,)*];
            /// How many there are.
            pub const COUNT: usize = Self::ALL.len();

            /// The name in files.
            pub const fn name(self) -> &'static str {
                [$($name,)*][self as usize]
            }

            /// What it holds.
            pub const fn holds(self) -> Holds {
                [$(Holds::$holds,)*][self as usize]
            }

            /// What it means.
            pub const fn doc(self) -> &'static str {
                [$($doc,)*][self as usize]
            }
        }
    };
}

columns! {
    Id "id" Count "The job's number, unique in the file.";
    SubmitNs "submit_ns" Count "When it is submitted [ns].";
    ServiceNs "service_ns" Count "How long it runs at full width on nodes of speed 1 [ns].";
    FailsAfterNs "fails_after_ns" Count "Service after which every attempt fails [ns]; empty: it does not.";
    TaskServiceNs "task_service_ns" Text "Services of the tasks of an independent job [ns], separated by |.";
    WalltimeNs "walltime_ns" Count "Requested time of one attempt [ns].";
    DeadlineNs "deadline_ns" Count "When it should be done [ns].";
    Tasks "tasks" Count "Number of tasks; default 1.";
    Gang "gang" Text "all-or-nothing (default), elastic or independent.";
    TasksMin "tasks_min" Count "Fewest tasks of an elastic job.";
    User "user" Text "Who submitted it.";
    Tenant "tenant" Text "On whose account it runs.";
    Priority "priority" Signed "Higher is more urgent; default 0.";
    CpuMilli "cpu_milli" Count "Processor time of each task [milli-cores].";
    MemoryMib "memory_mib" Count "Memory of each task [MiB].";
    Gpus "gpus" Count "GPU cards of each task.";
    GpuMilli "gpu_milli" Count "Share of each of these cards, 1 to 1000 [milli-cards]; default 1000.";
    GpuModels "gpu_models" Text "Models that will do, separated by |; empty: any.";
    DiskGib "disk_gib" Count "Disk of each task [GiB].";
    NetMbps "net_mbps" Count "Network bandwidth of each task [Mbit/s].";
    Extra1 "extra1" Count "Amount of the first spare resource.";
    Extra2 "extra2" Count "Amount of the second spare resource.";
    Extra3 "extra3" Count "Amount of the third spare resource.";
    After "after" Text "Jobs to wait for and how they have to end: 12:completed|13:failed|14:ended.";
    RetryMax "retry_max" Count "Further attempts after a failure; default 0.";
    RetryFirstDelayNs "retry_first_delay_ns" Count "Delay before the first of them [ns]; default 0.";
    RetryFactorPpm "retry_factor_ppm" Count "Growth of the delay [parts per million]; default 2000000.";
    RetryDelayMaxNs "retry_delay_max_ns" Count "Longest delay [ns].";
    CheckpointIntervalNs "checkpoint_interval_ns" Count "Service between checkpoints [ns]; empty: none.";
    RestartCostNs "restart_cost_ns" Count "Time that a restart takes [ns]; default 0.";
    RequireLabels "require_labels" Text "Labels key=value that a node must have, separated by |.";
    ForbidLabels "forbid_labels" Text "Labels that a node must not have, separated by |.";
    AffinityKey "affinity_key" Text "The tasks that anti-affinity and spread count: those with the same key.";
    AntiAffinity "anti_affinity" Text "No two such tasks in one node, rack or zone.";
    AntiAffinityMax "anti_affinity_max" Count "As many of them as may stand in one, at least 1; default 1.";
    SpreadOver "spread_over" Text "Such tasks are spread evenly over node, rack or zone.";
    SpreadSkewMax "spread_skew_max" Count "Largest difference between any two of these, at least 1.";
}

impl Column {
    /// The column of that name.
    pub fn named(name: &str) -> Option<Column> {
        Self::ALL.iter().copied().find(|column| column.name() == name)
    }

    /// The name that is most like `name`.
    pub fn nearest(name: &str) -> &'static str {
        let likeness = |known: &str| strsim::jaro_winkler(known, name);
        let names = Self::ALL.iter().map(|column| column.name());
        names.max_by(|a, b| likeness(a).total_cmp(&likeness(b))).expect("there are columns")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_find_their_columns() {
        for &column in Column::ALL {
            assert_eq!(Column::named(column.name()), Some(column));
            assert!(column.doc().ends_with('.'), "{}", column.name());
        }
        assert_eq!(Column::nearest("walltime"), "walltime_ns");
        assert_eq!(Column::nearest("gpu"), "gpus");
    }
}
