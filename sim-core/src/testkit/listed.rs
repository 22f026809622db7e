//! A workload that is a list.

use std::sync::Arc;

use crate::job::{Job, Truth};
use crate::vocabulary::Vocabulary;
use crate::workload::{Workload, WorkloadError};

/// Jobs in order of submission, from memory. Forks share the list.
#[derive(Clone, Debug)]
pub struct ListedJobs {
    jobs: Arc<[(Job, Truth)]>,
    next: usize,
}

impl ListedJobs {
    /// The jobs of `jobs`, whose ids refer to the vocabulary that the engine is built with.
    pub fn new(mut jobs: Vec<(Job, Truth)>) -> Self {
        jobs.sort_by_key(|(job, _)| job.submit);
        Self { jobs: jobs.into(), next: 0 }
    }
}

impl Workload for ListedJobs {
    fn next_job(&mut self, _words: &mut Vocabulary) -> Result<Option<(Job, Truth)>, WorkloadError> {
        self.next += 1;
        Ok(self.jobs.get(self.next - 1).cloned())
    }

    fn has_dependencies(&self) -> bool {
        self.jobs.iter().any(|(job, _)| !job.after().is_empty())
    }

    fn fork(&self) -> Box<dyn Workload> {
        Box::new(self.clone())
    }
}
