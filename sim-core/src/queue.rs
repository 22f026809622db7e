//! The event queue: a 4-ary heap of packed keys with cancellation.

use crate::time::SimTime;

/// Order of events at one instant, lowest first: capacity returns before demand is counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Class {
    /// A node comes up.
    NodeUp = 0,
    /// An execution ends.
    End = 1,
    /// A node goes down.
    NodeDown = 2,
    /// A preempted execution has let go of its node.
    PreemptDone = 3,
    /// A job comes back into the queue. New submissions, which are not in this queue, have the same rank.
    Submit = 4,
    /// An execution has outlived its estimate.
    EstimateExpired = 5,
    /// A reservation starts.
    ReservationDue = 6,
    /// A controller's period is over.
    Controller = 7,
    /// A policy asked to be woken.
    Wake = 8,
}

impl Class {
    const ALL: [Class; 9] = [
        Class::NodeUp,
        Class::End,
        Class::NodeDown,
        Class::PreemptDone,
        Class::Submit,
        Class::EstimateExpired,
        Class::ReservationDue,
        Class::Controller,
        Class::Wake,
    ];
}

/// A scheduled event, for cancelling it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ticket {
    slot: u32,
    sequence: u32,
}

impl Ticket {
    /// The ticket of nothing: cancelling it does nothing.
    pub const NONE: Self = Self { slot: u32::MAX, sequence: 0 };
}

/// An event that is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Due {
    /// When.
    pub time: SimTime,
    /// Of which class.
    pub class: Class,
    /// Whom it concerns; the meaning depends on the class.
    pub payload: u64,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    // The low half of the key's sequence; 0 marks a cancelled or free slot.
    sequence: u32,
    // In a free slot: the next free one plus 1, or 0.
    payload: u64,
}

/// Children per heap node. Four beat two from a thousand pending events on: cache misses decide, not comparisons.
const ARITY: usize = 4;
const SLOT_BITS: u32 = 24;
const SEQUENCE_BITS: u32 = 36;
/// Events that may be pending at the same time.
pub const PENDING_MAX: usize = 1 << SLOT_BITS;

/// Pending events, ordered by (time, class, sequence).
///
/// A key packs time (64 bits), class (4), sequence (36) and slot (24) into one integer, so that a comparison is one
/// instruction pair and equal times come out first-in-first-out. The payload stays in the slot.
///
/// # Cost
/// `push` and `pop` O(log n); `cancel` O(1), its key is dropped when it surfaces.
#[derive(Clone, Debug, Default)]
pub struct EventQueue {
    heap: Vec<u128>,
    entries: Vec<Entry>,
    // The slot freed last plus 1, or 0: the next event gets it, while it is in the cache.
    free: u32,
    pushed: u64,
    cancelled: usize,
}

#[inline]
fn key(time: SimTime, class: Class, sequence: u64, slot: u32) -> u128 {
    let low = (class as u64) << (SEQUENCE_BITS + SLOT_BITS) | sequence << SLOT_BITS | u64::from(slot);
    u128::from(time.as_ns()) << 64 | u128::from(low)
}

impl EventQueue {
    /// Schedules an event.
    ///
    /// # Panics
    /// Beyond [`PENDING_MAX`] pending or 2^36 scheduled events.
    #[inline]
    pub fn push(&mut self, time: SimTime, class: Class, payload: u64) -> Ticket {
        self.pushed += 1;
        assert!(self.pushed < 1 << SEQUENCE_BITS, "{} events were scheduled in one run", self.pushed);
        // Sequence 0 is kept for free slots; one number in 2^32 is skipped for it.
        self.pushed += u64::from(self.pushed as u32 == 0);
        let entry = Entry { sequence: self.pushed as u32, payload };
        let slot = match self.free.checked_sub(1) {
            Some(slot) => {
                let free = std::mem::replace(&mut self.entries[slot as usize], entry);
                self.free = free.payload as u32;
                slot
            }
            None => {
                assert!(self.entries.len() < PENDING_MAX, "{PENDING_MAX} events are pending");
                self.entries.push(entry);
                (self.entries.len() - 1) as u32
            }
        };
        self.heap.push(key(time, class, self.pushed, slot));
        self.sift_up(self.heap.len() - 1);
        Ticket { slot, sequence: entry.sequence }
    }

    /// Forgets a scheduled event; does nothing if it has come up or was cancelled before.
    #[inline]
    pub fn cancel(&mut self, ticket: Ticket) {
        let Some(entry) = self.entries.get_mut(ticket.slot as usize) else { return };
        if entry.sequence != ticket.sequence || ticket.sequence == 0 {
            return;
        }
        *entry = Entry { sequence: 0, payload: u64::from(self.free) };
        self.free = ticket.slot + 1;
        self.cancelled += 1;
        if self.cancelled > 64 && self.cancelled * 2 > self.heap.len() {
            self.drop_cancelled();
        }
    }

    /// Time and class of the next event.
    #[inline]
    pub fn peek(&mut self) -> Option<(SimTime, Class)> {
        if self.cancelled > 0 {
            self.drop_cancelled_top();
        }
        let &top = self.heap.first()?;
        Some((SimTime::from_ns((top >> 64) as u64), class_of(top)))
    }

    /// Takes the next event out.
    #[inline]
    pub fn pop(&mut self) -> Option<Due> {
        if self.cancelled > 0 {
            self.drop_cancelled_top();
        }
        let &top = self.heap.first()?;
        let slot = slot_of(top);
        let entry = &mut self.entries[slot];
        let payload = entry.payload;
        debug_assert_eq!(entry.sequence, sequence_of(top));
        *entry = Entry { sequence: 0, payload: u64::from(self.free) };
        self.free = slot as u32 + 1;
        self.remove_top();
        Some(Due { time: SimTime::from_ns((top >> 64) as u64), class: class_of(top), payload })
    }

    /// Pending events.
    pub fn len(&self) -> usize {
        self.heap.len() - self.cancelled
    }

    /// True if nothing is pending.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn is_live(&self, key: u128) -> bool {
        self.entries[slot_of(key)].sequence == sequence_of(key)
    }

    fn drop_cancelled_top(&mut self) {
        while let Some(&top) = self.heap.first() {
            if self.is_live(top) {
                return;
            }
            self.cancelled -= 1;
            self.remove_top();
        }
    }

    fn drop_cancelled(&mut self) {
        let mut heap = std::mem::take(&mut self.heap);
        heap.retain(|&key| self.is_live(key));
        self.heap = heap;
        self.cancelled = 0;
        for parent in (0..self.heap.len().div_ceil(ARITY)).rev() {
            self.sift_down(parent);
        }
    }

    #[inline]
    fn remove_top(&mut self) {
        let last = self.heap.pop().expect("the caller has seen a top");
        if self.heap.is_empty() {
            return;
        }
        // Bottom-up: the hole sinks to a leaf along the least children, then `last` rises from there. `last` was a
        // leaf and belongs near the leaves, so this saves a comparison per level.
        let (heap, mut hole) = (&mut self.heap[..], 0);
        loop {
            let first = hole * ARITY + 1;
            if first + ARITY <= heap.len() {
                let (a, b) = (first + usize::from(heap[first + 1] < heap[first]), first + 2);
                let b = b + usize::from(heap[b + 1] < heap[b]);
                let least = if heap[b] < heap[a] { b } else { a };
                heap[hole] = heap[least];
                hole = least;
                continue;
            }
            let Some(least) = (first..heap.len()).min_by_key(|&child| heap[child]) else { break };
            heap[hole] = heap[least];
            hole = least;
        }
        heap[hole] = last;
        self.sift_up(hole);
    }

    #[inline]
    fn sift_up(&mut self, mut at: usize) {
        let heap = &mut self.heap[..];
        let moving = heap[at];
        while at > 0 {
            let parent = (at - 1) / ARITY;
            if heap[parent] <= moving {
                break;
            }
            heap[at] = heap[parent];
            at = parent;
        }
        heap[at] = moving;
    }

    fn sift_down(&mut self, mut at: usize) {
        let heap = &mut self.heap[..];
        loop {
            let first = at * ARITY + 1;
            let children = first..heap.len().min(first + ARITY);
            let Some(least) = children.min_by_key(|&child| heap[child]) else { return };
            if heap[at] <= heap[least] {
                return;
            }
            heap.swap(at, least);
            at = least;
        }
    }
}

#[inline]
fn slot_of(key: u128) -> usize {
    (key as u64 & ((1 << SLOT_BITS) - 1)) as usize
}

#[inline]
fn sequence_of(key: u128) -> u32 {
    (key as u64 >> SLOT_BITS) as u32
}

#[inline]
fn class_of(key: u128) -> Class {
    Class::ALL[(key as u64 >> (SEQUENCE_BITS + SLOT_BITS)) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    fn at(ns: u64) -> SimTime {
        SimTime::from_ns(ns)
    }

    #[test]
    fn one_instant_is_ordered_by_class_then_first_in_first_out() {
        let mut queue = EventQueue::default();
        queue.push(at(5), Class::Wake, 1);
        queue.push(at(5), Class::End, 2);
        queue.push(at(5), Class::End, 3);
        queue.push(at(4), Class::Wake, 4);
        let order: Vec<u64> = std::iter::from_fn(|| queue.pop()).map(|due| due.payload).collect();
        assert_eq!(order, [4, 2, 3, 1]);
    }

    #[test]
    fn behaves_as_a_sorted_list_under_random_use() {
        let mut stream = Stream::new(9, "queue");
        let (mut queue, mut model) = (EventQueue::default(), Vec::new());
        let mut tickets = Vec::new();
        for step in 0..20_000u64 {
            match stream.below(5) {
                0 | 1 => {
                    let time = at(stream.below(1000));
                    tickets.push((queue.push(time, Class::End, step), step));
                    model.push((time, step));
                }
                2 if !tickets.is_empty() => {
                    let (ticket, name) = tickets.swap_remove(stream.below(tickets.len() as u64) as usize);
                    queue.cancel(ticket);
                    model.retain(|&(_, step)| step != name);
                }
                _ => {
                    let least = model.iter().copied().min();
                    model.retain(|&entry| Some(entry) != least);
                    assert_eq!(queue.peek().map(|(time, _)| time), least.map(|(time, _)| time));
                    assert_eq!(queue.pop().map(|due| (due.time, due.payload)), least);
                }
            }
            assert_eq!(queue.len(), model.len());
        }
    }

    #[test]
    fn a_ticket_is_good_once() {
        let mut queue = EventQueue::default();
        let first = queue.push(at(1), Class::End, 1);
        queue.cancel(first);
        queue.push(at(2), Class::End, 2);
        queue.cancel(first);
        queue.cancel(Ticket::NONE);
        assert_eq!(queue.pop().map(|due| due.payload), Some(2));
        assert!(queue.is_empty() && queue.pop().is_none());
    }
}
