//! Rules that compare what the children hold: fair shares of one lane, of the dominant one, and of guarantees.

use std::sync::Arc;

use sim_core::registry::{About, Kind, Param, Params};
use sim_core::{Lane, SimDuration};

use super::{Child, Decay, Key, ShareRule};
use crate::order::OrderKey;
use crate::queues::fraction::Fraction;

pub(super) const FAIR: About = About {
    name: "fair",
    doc: "Max-min fairness in one lane: the child that holds the least per weight goes first. With \
          `half_life`, what counts is decayed usage, read off every `calc_period`: a unit held for a \
          second some time ago counts 2^-(age / half_life). Between two readings starts do not change the \
          order then.",
    source: "Demers, Keshav, Shenker, SIGCOMM 1989 (weighted max-min); Kay and Lauder, A fair share \
             scheduler, CACM 1988 (decayed usage).",
    params: &[
        Param::with_default(
            "lane",
            Kind::Choice(&["cpu", "memory", "gpu", "disk", "net", "extra1", "extra2", "extra3"]),
            "\"cpu\"",
            "the resource that is shared",
        ),
        Param::optional("half_life", Kind::Duration, "counts decayed usage instead of what is held now"),
        Param::with_default(
            "calc_period",
            Kind::Duration,
            "\"5m\"",
            "time between two readings of decayed usage",
        ),
    ],
};

pub(super) const DRF: About = About {
    name: "drf",
    doc: "Dominant resource fairness: the child with the lowest dominant share per weight goes first. The \
          dominant share is the largest, over all lanes, of what the child holds / the capacity of nodes \
          that are up.",
    source: "Ghodsi et al., Dominant Resource Fairness, NSDI 2011, Algorithm 1 and section 4.3 (weights).",
    params: &[],
};

pub(super) const HDRF: About = About {
    name: "hdrf",
    doc: "Hierarchical DRF: as `drf` among its children. To its parent the queue shows the sum of its \
          children's shares: those of children that can grow rescaled to the least dominant share per \
          weight among them, those of blocked ones (without a job that could start now) as they are, and \
          none of lanes that are used up. In units of 2^-40, rounded down. Costs O(queues) per start.",
    source: "Bhattacharya et al., Hierarchical Scheduling for Diverse Datacenter Workloads, SoCC 2013, section 4.",
    params: &[],
};

pub(super) const CAPACITY: About = About {
    name: "capacity",
    doc: "The child with the lowest used / guaranteed ratio goes first, used being its dominant share of \
          the cluster; children without a guarantee come after all others, the lowest share first.",
    source: "Apache Hadoop YARN, CapacityScheduler with DominantResourceCalculator.",
    params: &[],
};

pub(super) fn build(name: &str, params: &Params) -> Arc<dyn ShareRule> {
    match name {
        "drf" => Arc::new(Dominant { about: &DRF }),
        "hdrf" => Arc::new(Dominant { about: &HDRF }),
        "capacity" => Arc::new(Capacity),
        _ => {
            let lane = Lane::from_name(params.text("lane")).expect("the choice lists lanes only").index();
            let half_life = params.duration_opt("half_life").filter(|&span| span > SimDuration::ZERO);
            let period = params.duration("calc_period").max(SimDuration::from_ns(1));
            let decay = half_life.map(|span| Decay { lane, half_life: span.as_secs_f64(), period });
            Arc::new(Fair { lane, decay })
        }
    }
}

/// The largest share over the lanes; a lane of which nothing is up counts for nothing.
#[inline]
pub(in crate::queues) fn dominant(held: &[u64; 8], total: &[u64; 8]) -> Fraction {
    let (mut num, mut den) = (0, 1);
    for lane in 0..8 {
        if held[lane] > 0 && total[lane] > 0 {
            let (here, whole) = (u128::from(held[lane]), u128::from(total[lane]));
            if here * den > num * whole {
                (num, den) = (here, whole);
            }
        }
    }
    Fraction::new(num, den)
}

/// One whole in the units of rescaled shares.
pub(in crate::queues) const WHOLE: u64 = 1 << 40;

struct Fair {
    lane: usize,
    decay: Option<Decay>,
}

impl ShareRule for Fair {
    fn name(&self) -> &str {
        if self.decay.is_some() { "fair-usage" } else { FAIR.name }
    }

    #[inline]
    fn key(&self, child: &Child<'_>) -> Key {
        if self.decay.is_some() {
            let OrderKey(class) = OrderKey::float(child.usage / child.weight_ppm as f64);
            return Key { class, share: Fraction::ZERO, order: 0 };
        }
        Key::share(Fraction::new(u128::from(child.held[self.lane]), u128::from(child.weight_ppm)))
    }

    fn decay(&self) -> Option<Decay> {
        self.decay
    }
}

struct Dominant {
    about: &'static About,
}

impl ShareRule for Dominant {
    fn name(&self) -> &str {
        self.about.name
    }

    #[inline]
    fn key(&self, child: &Child<'_>) -> Key {
        let share = match child.rescaled {
            Some(rescaled) => {
                let most = rescaled.iter().max().copied().unwrap_or(0);
                Fraction::new(u128::from(most), u128::from(WHOLE))
            }
            None => dominant(child.held, child.total),
        };
        Key::share(share.over(child.weight_ppm))
    }

    fn rescales(&self) -> bool {
        self.about.name == HDRF.name
    }
}

struct Capacity;

impl ShareRule for Capacity {
    fn name(&self) -> &str {
        CAPACITY.name
    }

    #[inline]
    fn key(&self, child: &Child<'_>) -> Key {
        let share = dominant(child.held, child.total);
        match child.guaranteed_ppm {
            0 => Key { class: 1, share, order: 0 },
            guaranteed => Key::share(share.over(guaranteed)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dominant_share_is_the_largest_over_lanes_that_exist() {
        let mut total = [0; 8];
        (total[0], total[1]) = (9_000, 18);
        let mut held = [0; 8];
        (held[0], held[1]) = (1_000, 4);
        // 1/9 of the processors, 4/18 of the memory.
        assert_eq!(dominant(&held, &total), Fraction::new(2, 9));
        held[2] = 5;
        assert_eq!(dominant(&held, &total), Fraction::new(2, 9));
    }
}
