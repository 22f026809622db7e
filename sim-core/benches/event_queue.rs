//! The event queue against the standard library's binary heap: hold model, one command, one table.
//!
//! `cargo bench -p windtunnel-sim-core --bench event_queue`
//!
//! N events are pending; handling one schedules one more at an exponential distance. Both queues hold the same key
//! (time, class, sequence) and the same payload and are measured in turn, round by round, in one process: what counts
//! is the ratio, not the absolute rate. The standard heap is given twice, as a struct with one field per part of the
//! key and with class and sequence packed into one word; the ratio is to the faster of the two.
#![allow(clippy::disallowed_types, reason = "a benchmark needs a clock; the simulator has none")]

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;
use std::time::Instant;

use sim_core::queue::{Class, EventQueue, Ticket};
use sim_core::random::Stream;
use sim_core::{Dist, SimTime};

/// Distances are drawn beforehand, so that no generator is measured. 16 KiB of them stay in the first-level cache.
const DISTANCES: usize = 4096;
/// Mean distance [ns]: large enough for ties to be rare, small enough for 2^32 events to stay below 2^64 ns.
const MEAN_NS: f64 = 1e6;
const ROUNDS: usize = 7;

/// Something that events can be held in.
trait Hold {
    fn schedule(&mut self, time: u64, payload: u64);
    fn next(&mut self) -> (u64, u64);
}

#[derive(Default)]
struct Ours(EventQueue);

impl Hold for Ours {
    #[inline]
    fn schedule(&mut self, time: u64, payload: u64) {
        self.0.push(SimTime::from_ns(time), Class::End, payload);
    }

    #[inline]
    fn next(&mut self) -> (u64, u64) {
        let due = self.0.pop().expect("N events are pending");
        (due.time.as_ns(), due.payload)
    }
}

/// One field per part of the key: what one writes first. 32 bytes.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Plain {
    time: u64,
    class: Class,
    sequence: u64,
    payload: u64,
}

#[derive(Default)]
struct StdPlain(BinaryHeap<Reverse<Plain>>, u64);

impl Hold for StdPlain {
    #[inline]
    fn schedule(&mut self, time: u64, payload: u64) {
        self.1 += 1;
        self.0.push(Reverse(Plain { time, class: Class::End, sequence: self.1, payload }));
    }

    #[inline]
    fn next(&mut self) -> (u64, u64) {
        let Reverse(Plain { time, payload, .. }) = self.0.pop().expect("N events are pending");
        (time, payload)
    }
}

/// Class and sequence in one word. 24 bytes.
#[derive(Default)]
struct StdPacked(BinaryHeap<Reverse<(u64, u64, u64)>>, u64);

impl Hold for StdPacked {
    #[inline]
    fn schedule(&mut self, time: u64, payload: u64) {
        self.1 += 1;
        self.0.push(Reverse((time, (Class::End as u64) << 60 | self.1, payload)));
    }

    #[inline]
    fn next(&mut self) -> (u64, u64) {
        let Reverse((time, _, payload)) = self.0.pop().expect("N events are pending");
        (time, payload)
    }
}

fn distances() -> Vec<u32> {
    let (dist, mut stream) = (Dist::Exponential { mean: MEAN_NS }, Stream::new(1, "bench/distances"));
    (0..DISTANCES).map(|_| dist.sample(&mut stream) as u32).collect()
}

fn fill(queue: &mut impl Hold, pending: u64, distances: &[u32]) {
    for payload in 0..pending {
        // A second, coarse draw: with the table alone the first million events would fall on 4096 instants.
        let time = u64::from(distances[payload as usize % DISTANCES]) + payload % 9973;
        queue.schedule(time, payload);
    }
}

/// Million events per second.
fn hold(queue: &mut impl Hold, events: u64, distances: &[u32]) -> f64 {
    let begin = Instant::now();
    for n in 0..events {
        let (time, payload) = queue.next();
        queue.schedule(time + u64::from(distances[n as usize % DISTANCES]), black_box(payload));
    }
    events as f64 / begin.elapsed().as_secs_f64() / 1e6
}

/// The same for ours, where every tenth event also cancels a pending one and schedules it anew.
fn hold_and_cancel(queue: &mut EventQueue, tickets: &mut [Ticket], events: u64, distances: &[u32]) -> f64 {
    let begin = Instant::now();
    for n in 0..events {
        let due = queue.pop().expect("N events are pending");
        let time = due.time.as_ns() + u64::from(distances[n as usize % DISTANCES]);
        tickets[due.payload as usize] = queue.push(SimTime::from_ns(time), Class::End, due.payload);
        if n % 10 == 0 {
            // A fixed multiplier visits the pending events in no order that the heap knows of.
            let victim = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) % tickets.len() as u64;
            queue.cancel(tickets[victim as usize]);
            tickets[victim as usize] = queue.push(SimTime::from_ns(time), Class::End, victim);
        }
    }
    events as f64 / begin.elapsed().as_secs_f64() / 1e6
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn measure(pending: u64, events: u64, distances: &[u32]) {
    let (mut ours, mut plain, mut packed) = (Ours::default(), StdPlain::default(), StdPacked::default());
    fill(&mut ours, pending, distances);
    fill(&mut plain, pending, distances);
    fill(&mut packed, pending, distances);
    let (mut cancelling, mut tickets) = (EventQueue::default(), Vec::new());
    for payload in 0..pending {
        let time = u64::from(distances[payload as usize % DISTANCES]) + payload % 9973;
        tickets.push(cancelling.push(SimTime::from_ns(time), Class::End, payload));
    }
    let mut rates: [Vec<f64>; 4] = Default::default();
    for round in 0..=ROUNDS {
        let rate = [
            hold(&mut ours, events, distances),
            hold(&mut plain, events, distances),
            hold(&mut packed, events, distances),
            hold_and_cancel(&mut cancelling, &mut tickets, events, distances),
        ];
        // The first round warms up: it brings the times to the hold model's steady state.
        if round > 0 {
            rates.iter_mut().zip(rate).for_each(|(all, rate)| all.push(rate));
        }
    }
    let ratios = (0..ROUNDS).map(|n| rates[0][n] / rates[1][n].max(rates[2][n])).collect();
    let [ours, plain, packed, cancelling] = rates.map(median);
    println!(
        "{pending:>9}  {ours:>8.2}  {plain:>10.2}  {packed:>10.2}  {:>6.2}  {cancelling:>16.2}",
        median(ratios)
    );
}

fn main() {
    // `cargo test --benches` passes no `--bench`: then it is enough to see that it runs.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    let distances = distances();
    println!("Hold model, million events per second, one thread, median of {ROUNDS} rounds.");
    println!("ratio: ours / the faster of the two std heaps. cancel: one more event in ten is cancelled.");
    println!("  pending      ours  std struct  std packed   ratio  ours, 10% cancel");
    for (pending, events) in [(1_000, 4_000_000), (100_000, 2_000_000), (1_000_000, 1_000_000)] {
        measure(pending, if quick { 1000 } else { events }, &distances);
    }
}
