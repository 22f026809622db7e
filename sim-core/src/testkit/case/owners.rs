//! Whose job it is.

use super::JobBuilder;

impl JobBuilder<'_> {
    /// On whose account it runs.
    #[must_use]
    pub fn tenant(mut self, name: &str) -> Self {
        self.job.tenant = self.case.words.tenant(name);
        self
    }

    /// Who submits it.
    #[must_use]
    pub fn user(mut self, name: &str) -> Self {
        self.job.user = self.case.words.user(name);
        self
    }
}
