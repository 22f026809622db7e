//! Places for tasks as Python gives them: node numbers, with cards or without.

use pyo3::prelude::*;
use sim_core::{CardRule, CardSet, Decision, JobId, NodeId, Refused, Slot};

/// Where one task is to run: a node, whose cards are then picked (those with the least left that have enough), or a
/// node with the numbers of its cards.
#[derive(FromPyObject)]
pub(super) enum Place {
    Node(u32),
    Cards(u32, Vec<u32>),
}

/// Where all tasks are to run. For one task the node alone will do.
#[derive(FromPyObject)]
pub(super) enum Places {
    One(u32),
    All(Vec<Place>),
}

impl Places {
    pub(super) fn list(self) -> Vec<Place> {
        match self {
            Places::One(node) => vec![Place::Node(node)],
            Places::All(places) => places,
        }
    }
}

/// The slot for one more task of the job, as capacity is now.
pub(super) fn slot(cx: &Decision<'_>, job: JobId, place: &Place) -> Result<Slot, Refused> {
    let view = cx.view();
    if view.find(job).is_none() {
        return Err(Refused::NotWaiting(job));
    }
    match place {
        Place::Node(node) => {
            let (node, nodes, shape) = (NodeId(*node), view.nodes(), view.shape(job));
            if node.index() >= nodes.len() {
                return Err(Refused::NoSuchNode(node));
            }
            // Without enough cards the engine says what is missing.
            let cards = nodes.pick_cards(node, shape.gpu(), CardRule::Tightest).unwrap_or(CardSet::NONE);
            Ok(Slot { node, cards })
        }
        Place::Cards(node, cards) => {
            let node = NodeId(*node);
            let out = cards.iter().any(|&card| card >= u32::BITS);
            if out {
                return Err(Refused::WrongCards { job, node });
            }
            Ok(Slot { node, cards: cards.iter().fold(CardSet::NONE, |set, &card| set.with(card)) })
        }
    }
}

/// Stages a task on each place, one after the other, so that each sees those before it; then `act` makes use of them.
///
/// Nothing has changed if that is refused.
pub(super) fn staged(
    cx: &mut Decision<'_>,
    job: JobId,
    places: &[Place],
    act: impl FnOnce(&mut Decision<'_>) -> Result<(), Refused>,
) -> Result<(), Refused> {
    let before = cx.savepoint();
    let stage = |cx: &mut Decision<'_>, place: &Place| {
        let slot = slot(cx, job, place)?;
        cx.stage(job, slot)
    };
    let result = places.iter().try_for_each(|place| stage(cx, place)).and_then(|()| act(cx));
    if result.is_err() {
        cx.roll_back(before);
    }
    result
}

/// Slots for all places, each picked as if the others were taken already, without taking any.
pub(super) fn planned(cx: &mut Decision<'_>, job: JobId, places: &[Place]) -> Result<Vec<Slot>, Refused> {
    places.iter().map(|place| slot(cx, job, place)).collect()
}
