//! Fair share: decayed usage of tenants and their users, and the factor that follows from it.

use rustc_hash::FxHashMap;
use sim_core::{SimDuration, SimTime, TenantId, UserId, Vocabulary};

/// One user on the account of one tenant.
#[derive(Clone, Copy, Debug)]
struct User {
    tenant: usize,
    meter: Meter,
    factor: f64,
}

/// A tenant with users seen so far.
#[derive(Clone, Debug)]
struct Tenant {
    shares: f64,
    users: Vec<usize>,
}

/// What is held, and what it has come to.
#[derive(Clone, Copy, Debug, Default)]
struct Meter {
    /// Lane units.
    held: u64,
    /// Decayed usage up to `at` [lane units x s].
    amount: f64,
    at: SimTime,
}

/// Usage by tenant and user, in a tree of two levels below the root.
///
/// # Source
/// Slurm: classic fair share F = 2^(-U_E / S / d), with normalised shares S of the cluster, usage normalised by that
/// of all, and U_E = U_A + (U_parent - U_A) x S / (shares of all siblings); Fair Tree: siblings in falling order of
/// S / U among them, depth first, and rank / number of users as factor. Ties in Fair Tree: equal levels have equal
/// rank.
#[derive(Clone, Debug)]
pub(super) struct FairShare {
    declared: Vec<(String, f64)>,
    half_life: f64,
    /// The damping of the classic factor; `None`: Fair Tree.
    damping: Option<f64>,
    tenants: Vec<Tenant>,
    users: Vec<User>,
    /// By number of the tenant: its place in `tenants`. Looked up, never iterated, like the next.
    tenant_ids: FxHashMap<TenantId, usize>,
    user_ids: FxHashMap<(TenantId, UserId), usize>,
    /// When factors were computed.
    read: SimTime,
}

impl FairShare {
    pub(super) fn new(declared: Vec<(String, f64)>, half_life: f64, damping: Option<f64>) -> Self {
        Self {
            declared,
            half_life,
            damping,
            tenants: Vec::new(),
            users: Vec::new(),
            tenant_ids: FxHashMap::default(),
            user_ids: FxHashMap::default(),
            read: SimTime::ZERO,
        }
    }

    /// The number of the user's account. A new one has used nothing: its factor is that of the lowest usage.
    pub(super) fn account(&mut self, tenant: TenantId, user: UserId, words: &Vocabulary) -> usize {
        if let Some(&n) = self.user_ids.get(&(tenant, user)) {
            return n;
        }
        let of = self.tenant_ids.get(&tenant).copied().unwrap_or_else(|| {
            let name = words.tenants().name(tenant.0).unwrap_or("");
            let declared = self.declared.iter().find(|(declared, _)| declared == name);
            self.tenants
                .push(Tenant { shares: declared.map_or(1.0, |(_, shares)| *shares), users: Vec::new() });
            self.tenant_ids.insert(tenant, self.tenants.len() - 1);
            self.tenants.len() - 1
        });
        let n = self.users.len();
        self.users.push(User { tenant: of, meter: Meter::default(), factor: 1.0 });
        self.tenants[of].users.push(n);
        self.user_ids.insert((tenant, user), n);
        n
    }

    /// The account holds so much more from now on.
    pub(super) fn hold(&mut self, account: usize, more: i64, now: SimTime) {
        let half_life = self.half_life;
        let meter = &mut self.users[account].meter;
        *meter = Meter { amount: meter.at_time(now, half_life), at: now, ..*meter };
        meter.held = meter.held.checked_add_signed(more).expect("an account gives back what it holds");
    }

    /// The factor, as computed last.
    pub(super) fn factor(&self, tenant: TenantId, user: UserId) -> f64 {
        self.user_ids.get(&(tenant, user)).map_or(1.0, |&n| self.users[n].factor)
    }

    /// Computes all factors anew if a period has begun since, from usage up to its begin.
    pub(super) fn read(&mut self, now: SimTime, period: SimDuration) {
        let grid = SimTime::from_ns(now.as_ns() / period.as_ns() * period.as_ns());
        if grid <= self.read {
            return;
        }
        self.read = grid;
        let usage: Vec<f64> =
            self.users.iter().map(|user| user.meter.at_time(grid, self.half_life)).collect();
        let factors = match self.damping {
            Some(damping) => self.classic(&usage, damping),
            None => self.fair_tree(&usage),
        };
        for (user, factor) in self.users.iter_mut().zip(factors) {
            user.factor = factor;
        }
    }

    fn classic(&self, usage: &[f64], damping: f64) -> Vec<f64> {
        let all: f64 = usage.iter().sum();
        let shares: f64 = self.tenants.iter().map(|tenant| tenant.shares).sum();
        let part = |of: f64| if all > 0.0 { of / all } else { 0.0 };
        let users = self.users.iter().zip(usage);
        users
            .map(|(user, &own)| {
                let tenant = &self.tenants[user.tenant];
                let of_tenant = part(tenant.users.iter().map(|&n| usage[n]).sum());
                let among = 1.0 / tenant.users.len() as f64;
                let normal = tenant.shares / shares * among;
                // The tenant's effective usage is its own: nothing is above it.
                let effective = part(own) + (of_tenant - part(own)) * among;
                libm::exp2(-effective / normal / damping)
            })
            .collect()
    }

    fn fair_tree(&self, usage: &[f64]) -> Vec<f64> {
        let of_tenant = |tenant: &Tenant| tenant.users.iter().map(|&n| usage[n]).sum::<f64>();
        let all: f64 = usage.iter().sum();
        let shares: f64 = self.tenants.iter().map(|tenant| tenant.shares).sum();
        let level = |shares: f64, used: f64, of: f64| {
            if used > 0.0 { shares / (used / of) } else { f64::INFINITY }
        };
        let tenants = self.tenants.iter();
        let tenants = tenants.map(|tenant| level(tenant.shares / shares, of_tenant(tenant), all));
        let mut tenants: Vec<(f64, usize)> = tenants.enumerate().map(|(n, level)| (level, n)).collect();
        tenants.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let (mut factors, mut rank, count) = (vec![1.0; usage.len()], usage.len(), usage.len() as f64);
        // Tenants of equal level are merged: their users are ranked together.
        for group in tenants.chunk_by(|a, b| a.0 == b.0) {
            let of_group = group.iter().flat_map(|&(_, n)| {
                let tenant = &self.tenants[n];
                let all = of_tenant(tenant);
                let own = 1.0 / tenant.users.len() as f64;
                tenant.users.iter().map(move |&user| (level(own, usage[user], all), user))
            });
            let mut users: Vec<(f64, usize)> = of_group.collect();
            users.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            for equals in users.chunk_by(|a, b| a.0 == b.0) {
                equals.iter().for_each(|&(_, user)| factors[user] = rank as f64 / count);
                rank -= equals.len();
            }
        }
        factors
    }
}

impl Meter {
    /// Usage at a time not before the last change: the old decays, what is held adds up.
    fn at_time(&self, time: SimTime, half_life: f64) -> f64 {
        let span = SimTime::from_ns(time.as_ns().max(self.at.as_ns())).since(self.at).as_secs_f64();
        let kept = libm::exp2(-span / half_life);
        self.amount * kept + self.held as f64 * half_life / core::f64::consts::LN_2 * (1.0 - kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tenants a (2 shares) with users 0 and 1, b (1 share) with user 2, that have used 30, 10 and 60.
    fn three(damping: Option<f64>) -> (FairShare, [f64; 3]) {
        let mut words = Vocabulary::default();
        let (a, b) = (words.tenant("a"), words.tenant("b"));
        let mut fair = FairShare::new(vec![("a".into(), 2.0)], 100.0, damping);
        for (n, tenant) in [a, a, b].into_iter().enumerate() {
            fair.account(tenant, UserId(n as u32), &words);
        }
        (fair, [30.0, 10.0, 60.0])
    }

    #[test]
    fn classic_fair_share_is_that_of_the_formula() {
        let (fair, usage) = three(Some(1.0));
        let factors = fair.classic(&usage, 1.0);
        // S = 1/3, 1/3, 1/3. U_E = .3 + (.4 - .3) / 2 = .35, .1 + .3 / 2 = .25, .6: F = 2^-(3 U_E).
        for (factor, effective) in factors.iter().zip([0.35, 0.25, 0.6]) {
            assert!((factor - libm::exp2(-3.0 * effective)).abs() < 1e-12, "{factors:?}");
        }
        // Twice the damping: the square root.
        let damped = fair.classic(&usage, 2.0);
        assert!((damped[2] * damped[2] - factors[2]).abs() < 1e-12);
        assert_eq!(fair.classic(&[0.0; 3], 1.0), [1.0; 3]);
    }

    #[test]
    fn fair_tree_ranks_depth_first() {
        let (fair, usage) = three(None);
        // a: (2/3) / .4 > b: (1/3) / .6. In a: .5 / .75 < .5 / .25. So user 1, 0, 2: 3/3, 2/3, 1/3.
        assert_eq!(fair.fair_tree(&usage), [2.0 / 3.0, 1.0, 1.0 / 3.0]);
        // Nobody has used anything: all are first.
        assert_eq!(fair.fair_tree(&[0.0; 3]), [1.0; 3]);
        // However little b's user has used within b, a's tenant goes first.
        assert_eq!(fair.fair_tree(&[40.0, 0.0, 60.0]), [2.0 / 3.0, 1.0, 1.0 / 3.0]);
    }

    #[test]
    fn usage_loses_half_in_a_half_life() {
        let mut meter = Meter { held: 0, amount: 80.0, at: SimTime::ZERO };
        assert!((meter.at_time(SimTime::from_secs(200), 100.0) - 20.0).abs() < 1e-12);
        // Held for ever, it tends to held x half-life / ln 2.
        meter.held = 1;
        let limit = 100.0 / core::f64::consts::LN_2;
        assert!((meter.at_time(SimTime::from_secs(10_000), 100.0) - limit).abs() < 1e-9);
    }
}
