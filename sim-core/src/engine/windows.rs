//! Windows that begin and end.

use crate::cluster::NodeState;
use crate::engine::core::Core;
use crate::event::Event;
use crate::queue::{Class, Ticket};

/// Tells the number of a window from that of a node in the payload of an event.
const IS_WINDOW: u64 = 1 << 32;

impl Core {
    pub(crate) fn schedule_windows(&mut self) {
        for n in 0..self.state.windows.all().len() {
            let (from, to) = (self.state.windows.all()[n].from, self.state.windows.all()[n].to);
            self.queue.push(from, Class::NodeDown, IS_WINDOW | n as u64);
            self.queue.push(to, Class::NodeUp, IS_WINDOW | n as u64);
        }
    }

    /// A window begins: nodes under maintenance go down until it is over.
    pub(crate) fn window_opens(&mut self, n: u32) {
        let window = self.state.windows.all()[n as usize].clone();
        self.emit(Event::Window { window: n, opens: true });
        if !window.is_maintenance() {
            return;
        }
        for &node in &window.nodes {
            if !matches!(self.state.nodes.state(node), NodeState::Up | NodeState::Draining) {
                // It is down or off, or boots: should it come up before the end, it is kept down until then.
                continue;
            }
            let ticket = std::mem::replace(&mut self.outages[node.index()].1, Ticket::NONE);
            self.queue.cancel(ticket);
            if self.fell(node) {
                let ticket = self.queue.push(window.to, Class::NodeUp, u64::from(node.0));
                self.outages[node.index()].1 = ticket;
            }
        }
    }

    /// A window is over: what was set aside may be used again.
    pub(crate) fn window_closes(&mut self, n: u32) {
        let window = self.state.windows.all()[n as usize].clone();
        self.emit(Event::Window { window: n, opens: false });
        if !window.is_maintenance() {
            for &node in &window.nodes {
                self.state.nodes.open_again(node);
            }
            self.freed.extend_from_slice(&window.nodes);
        }
    }
}
