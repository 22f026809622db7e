//! Who waited how long, by tenant, and who starved.

use sim_core::{SimDuration, SinkError, View};

use super::report::{NS_PER_SEC, Out};
use super::tenants::TENANTS_MAX;
use crate::metrics as m;

/// Waits of the measured jobs, by tenant.
#[derive(Clone, Debug)]
pub(super) struct Waits {
    starvation_ns: u64,
    starved: u64,
    tenants: Vec<Tenant>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Tenant {
    /// Of jobs that started.
    sum_ns: u128,
    started: u64,
    /// Of all jobs, those that wait still included.
    longest_ns: u64,
    starved: u64,
}

impl Waits {
    /// A wait that is longer than `starvation` counts as starving.
    pub(super) fn new(starvation: SimDuration) -> Self {
        Self { starvation_ns: starvation.as_ns(), starved: 0, tenants: Vec::new() }
    }

    /// A job of tenant `n` waited so long, or has waited so long when the run is over.
    #[inline]
    pub(super) fn add(&mut self, n: u32, wait_ns: u64, started: bool) {
        let n = n as usize;
        if n >= self.tenants.len() {
            self.tenants.resize(n + 1, Tenant::default());
        }
        let tenant = &mut self.tenants[n];
        if started {
            tenant.sum_ns += u128::from(wait_ns);
            tenant.started += 1;
        }
        tenant.longest_ns = tenant.longest_ns.max(wait_ns);
        let starved = u64::from(wait_ns > self.starvation_ns);
        tenant.starved += starved;
        self.starved += starved;
    }

    pub(super) fn report(&self, view: View<'_>, out: &mut Out<'_>) -> Result<(), SinkError> {
        out.put(&m::STARVED, self.starved as f64)?;
        let seen = |tenant: &&Tenant| tenant.started > 0 || tenant.longest_ns > 0;
        if !(2..=TENANTS_MAX).contains(&self.tenants.iter().filter(seen).count()) {
            return Ok(());
        }
        for (n, tenant) in (0..).zip(&self.tenants).filter(|(_, tenant)| seen(tenant)) {
            let name = view.words().tenants().name(n).map_or_else(|| n.to_string(), str::to_owned);
            if tenant.started > 0 {
                let mean_ns = tenant.sum_ns as f64 / tenant.started as f64;
                out.labelled(&m::WAIT_TENANT, &name, mean_ns / NS_PER_SEC)?;
            }
            out.labelled(&m::WAIT_MAX_TENANT, &name, tenant.longest_ns as f64 / NS_PER_SEC)?;
            out.labelled(&m::STARVED_TENANT, &name, tenant.starved as f64)?;
        }
        Ok(())
    }
}
