//! Places for tasks as Python gives them: node numbers, with cards or without.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use sim_core::shape::CARD_MILLI;
use sim_core::{CardRule, CardSet, Decision, JobId, NodeId, Refused, Slot, View};

/// Where one task is to run: a node, whose cards are then picked (those with the least left that have enough), or a
/// node with the numbers of its cards.
#[derive(FromPyObject)]
pub(super) enum Place {
    Node(u32),
    Cards(u32, Vec<u32>),
}

/// Where all tasks are to run, in anything that can be iterated over. For one task the node alone will do.
pub(super) struct Places(pub(super) Vec<Place>);

impl<'py> FromPyObject<'_, 'py> for Places {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(node) = given.extract() {
            return Ok(Self(vec![Place::Node(node)]));
        }
        let each = |item: PyResult<Bound<'py, PyAny>>| item?.extract();
        let all = given.try_iter().and_then(|items| items.map(each).collect());
        all.map(Self).map_err(|_| {
            let rule = "must be the number of a node, or for each task such a number or (number, cards)";
            PyTypeError::new_err(format!(
                "nodes={}: {rule}",
                given.repr().map_or_else(|_| "?".into(), |it| it.to_string())
            ))
        })
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

/// Slots for all places, without taking any. Cards that are not named are picked as if the places before were taken and
/// what the job runs on were free; where too few cards have room now, from those that have none.
pub(super) fn planned(cx: &mut Decision<'_>, job: JobId, places: &[Place]) -> Result<Vec<Slot>, Refused> {
    let mut slots: Vec<Slot> = Vec::with_capacity(places.len());
    for place in places {
        let mut slot = slot(cx, job, place)?;
        if matches!(place, Place::Node(_)) {
            slot.cards = cards(cx.view(), job, slot.node, &slots);
        }
        slots.push(slot);
    }
    Ok(slots)
}

/// Cards of the node for one more task beside the slots `taken`; none if it has too few.
fn cards(view: View<'_>, job: JobId, node: NodeId, taken: &[Slot]) -> CardSet {
    let gpu = view.shape(job).gpu();
    let milli = u32::from(gpu.milli_each);
    let on = |slots: &[Slot], card| {
        let there = |slot: &&Slot| slot.node == node && slot.cards.iter().any(|its| its == card);
        milli * slots.iter().filter(there).count() as u32
    };
    let mut open: Vec<(bool, u32, u32)> = Vec::new();
    for (card, &left) in (0..).zip(view.nodes().cards(node)) {
        let own: u32 = view.runs_of(job).map(|run| on(view.run(run).slots(), card)).sum();
        let (left, planned) = (u32::from(left) + own, on(taken, card) + milli);
        if planned <= u32::from(CARD_MILLI) {
            open.push((left < planned, left.saturating_sub(planned), card));
        }
    }
    open.sort_unstable();
    let wanted = usize::from(gpu.cards);
    if open.len() < wanted {
        return CardSet::NONE;
    }
    open[..wanted].iter().fold(CardSet::NONE, |set, &(_, _, card)| set.with(card))
}
