//! What one task asks for, interned so that equal requests share an id.

use std::fmt;

use crate::resources::{Lane, Resources};

/// Milli-units of one whole GPU card.
pub const CARD_MILLI: u16 = 1000;
/// Cards that one node may have: card sets are 32-bit masks.
pub const CARDS_MAX: u32 = 32;

/// A set of GPU models, by their number in the [`Vocabulary`](crate::Vocabulary).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ModelSet(pub u32);

impl ModelSet {
    /// Every model, and cards without one.
    pub const ANY: Self = Self(u32::MAX);

    /// True if cards of `model` are in the set. A card without a model is only in [`ModelSet::ANY`].
    #[inline]
    pub fn admits(self, model: Option<u8>) -> bool {
        match model {
            Some(model) => self.0 >> model & 1 == 1,
            None => self == Self::ANY,
        }
    }
}

/// The GPU cards that one task asks for, all on its node.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct GpuNeed {
    /// Distinct cards.
    pub cards: u16,
    /// Share of each of these cards [milli-cards], 1..=1000.
    pub milli_each: u16,
    /// Models that will do.
    pub models: ModelSet,
}

impl GpuNeed {
    /// No GPU.
    pub const NONE: Self = Self { cards: 0, milli_each: 0, models: ModelSet::ANY };
}

/// What one task asks for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Shape {
    need: Resources,
    gpu: GpuNeed,
}

impl Shape {
    /// A request without GPUs.
    ///
    /// # Panics
    /// If `need` has an amount in the GPU lane: that lane follows from the cards.
    pub fn new(need: Resources) -> Self {
        assert!(
            need.get(Lane::Gpu) == 0,
            "{} gpu milli were asked without a card count",
            need.get(Lane::Gpu)
        );
        Self { need, gpu: GpuNeed::NONE }
    }

    /// This request with `gpu` added; the GPU lane becomes cards x share.
    ///
    /// # Panics
    /// If a share is outside 1..=1000 or there are more cards than a node can have.
    #[must_use]
    pub fn with_gpu(mut self, gpu: GpuNeed) -> Self {
        if gpu.cards == 0 {
            return Self { gpu: GpuNeed::NONE, need: self.need.with(Lane::Gpu, 0) };
        }
        assert!((1..=CARD_MILLI).contains(&gpu.milli_each), "a card share of {} milli", gpu.milli_each);
        assert!(u32::from(gpu.cards) <= CARDS_MAX, "{} cards exceed {CARDS_MAX} of a node", gpu.cards);
        self.need = self.need.with(Lane::Gpu, u32::from(gpu.cards) * u32::from(gpu.milli_each));
        self.gpu = gpu;
        self
    }

    /// Amounts per lane; the GPU lane is the sum over the cards.
    #[inline]
    pub fn need(&self) -> &Resources {
        &self.need
    }

    /// The cards.
    #[inline]
    pub fn gpu(&self) -> GpuNeed {
        self.gpu
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.need)?;
        if self.gpu.cards > 0 {
            write!(f, " on {} card(s) of {} milli", self.gpu.cards, self.gpu.milli_each)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gpu_lane_is_cards_times_share() {
        let gpu = GpuNeed { cards: 2, milli_each: 500, models: ModelSet::ANY };
        let shape = Shape::new(Resources::ZERO.with(Lane::Cpu, 1)).with_gpu(gpu);
        assert_eq!(shape.need().get(Lane::Gpu), 1000);
    }

    #[test]
    fn a_model_set_admits_its_members_only() {
        let set = ModelSet(0b10);
        assert!(set.admits(Some(1)) && !set.admits(Some(0)) && !set.admits(None));
        assert!(ModelSet::ANY.admits(None) && ModelSet::ANY.admits(Some(31)));
    }
}
