//! Amounts of eight resources: what nodes have and tasks ask for.

use std::fmt;

/// One dimension of [`Resources`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Lane {
    /// Processor time [milli-cores].
    Cpu,
    /// Main memory \[MiB\].
    Memory,
    /// GPU time, summed over cards [milli-cards].
    Gpu,
    /// Local disk \[GiB\].
    Disk,
    /// Network bandwidth [Mbit/s].
    Net,
    /// The first lane that a scenario names.
    Extra1,
    /// The second lane that a scenario names.
    Extra2,
    /// The third lane that a scenario names.
    Extra3,
}

impl Lane {
    /// All lanes, in the order of their columns.
    pub const ALL: [Lane; 8] =
        [Lane::Cpu, Lane::Memory, Lane::Gpu, Lane::Disk, Lane::Net, Lane::Extra1, Lane::Extra2, Lane::Extra3];

    /// Column number, 0..8.
    #[inline]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The name in metrics and files: `cpu`, `memory`, `gpu`, `disk`, `net`, `extra1`, `extra2`, `extra3`.
    pub const fn name(self) -> &'static str {
        ["cpu", "memory", "gpu", "disk", "net", "extra1", "extra2", "extra3"][self.index()]
    }

    /// The unit of the lane's integers.
    pub const fn unit(self) -> &'static str {
        ["milli", "MiB", "milli", "GiB", "Mbit/s", "units", "units", "units"][self.index()]
    }

    /// The lane of that name.
    pub fn from_name(name: &str) -> Option<Lane> {
        Lane::ALL.into_iter().find(|lane| lane.name() == name)
    }
}

/// Amounts in all eight lanes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Resources(pub [u32; 8]);

impl Resources {
    /// Nothing in any lane.
    pub const ZERO: Self = Self([0; 8]);

    /// The amount in one lane.
    #[inline]
    pub const fn get(&self, lane: Lane) -> u32 {
        self.0[lane.index()]
    }

    /// This, with `lane` set to `amount`.
    #[must_use]
    pub const fn with(mut self, lane: Lane, amount: u32) -> Self {
        self.0[lane.index()] = amount;
        self
    }

    /// True if every lane of `self` is at most that of `room`.
    #[inline]
    pub fn fits_in(&self, room: &Resources) -> bool {
        // Without an early exit the eight comparisons become two vector instructions.
        let mut fits = true;
        for lane in 0..8 {
            fits &= self.0[lane] <= room.0[lane];
        }
        fits
    }

    /// `self + other`, or `None` where a lane would exceed 32 bits.
    pub fn checked_add(&self, other: &Resources) -> Option<Resources> {
        let mut sum = Resources::ZERO;
        for lane in 0..8 {
            sum.0[lane] = self.0[lane].checked_add(other.0[lane])?;
        }
        Some(sum)
    }

    /// Takes `other` away.
    ///
    /// # Panics
    /// If a lane holds less than that: an engine that overcommits is wrong.
    #[inline]
    pub(crate) fn take(&mut self, other: &Resources) {
        assert!(other.fits_in(self), "took {other:?} from {self:?}");
        for lane in 0..8 {
            self.0[lane] -= other.0[lane];
        }
    }

    /// Gives `other` back.
    #[inline]
    pub(crate) fn give(&mut self, other: &Resources) {
        for lane in 0..8 {
            self.0[lane] += other.0[lane];
        }
    }

    /// How many times `self` fits into `room`; `u32::MAX` for a request of nothing.
    pub fn times_in(&self, room: &Resources) -> u32 {
        let mut times = u32::MAX;
        for lane in 0..8 {
            if let Some(here) = room.0[lane].checked_div(self.0[lane]) {
                times = times.min(here);
            }
        }
        times
    }
}

impl fmt::Display for Resources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for lane in Lane::ALL {
            if self.get(lane) > 0 {
                let comma = if first { "" } else { ", " };
                write!(f, "{comma}{} {} {}", lane.name(), self.get(lane), lane.unit())?;
                first = false;
            }
        }
        if first { write!(f, "nothing") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_lane_too_many_does_not_fit() {
        let room = Resources::ZERO.with(Lane::Cpu, 4000).with(Lane::Memory, 1024);
        assert!(room.fits_in(&room));
        assert!(!room.with(Lane::Gpu, 1).fits_in(&room));
        assert_eq!(Resources::ZERO.with(Lane::Cpu, 1500).times_in(&room), 2);
        assert_eq!(Resources::ZERO.times_in(&room), u32::MAX);
    }

    #[test]
    fn lanes_print_with_their_units() {
        let need = Resources::ZERO.with(Lane::Cpu, 500).with(Lane::Memory, 64);
        assert_eq!(need.to_string(), "cpu 500 milli, memory 64 MiB");
        assert_eq!(Resources::ZERO.to_string(), "nothing");
    }
}
