//! Hierarchical DRF: what a queue shows its parent, from the rescaled shares of its children.

use sim_core::View;

use super::share::WHOLE;
use super::tree::Tree;

impl Tree {
    /// Computes anew what rescaling queues show, the deepest first, and moves those that changed.
    ///
    /// # Source
    /// Bhattacharya et al., SoCC 2013, section 4: children that can grow are rescaled to the least of them, blocked
    /// ones add what they hold, and lanes that are used up are left out. A fluid knows a lane that is used up; here it
    /// is one of which less is free, on all nodes together, than a job that did not fit asks for.
    /// # Cost
    /// O(children of rescaling queues x (lanes + their kinds of requests)).
    pub(super) fn rescale(&mut self, view: View<'_>) {
        if self.rescaling.is_empty() {
            return;
        }
        let free = view.nodes().free_total();
        let mut is_used_up = [false; 8];
        for &request in self.blocked.list() {
            let need = view.words().shape_of(view.request(request).shape).need();
            for (lane, is_used_up) in is_used_up.iter_mut().enumerate() {
                *is_used_up |= u64::from(need.0[lane]) > free[lane];
            }
        }
        for n in 0..self.rescaling.len() {
            let node = self.rescaling[n];
            let mut shown = self.shown_by(node);
            for (share, is_used_up) in shown.iter_mut().zip(is_used_up) {
                *share = if is_used_up { 0 } else { *share };
            }
            if self.nodes[node as usize].rescaled != Some(shown) {
                self.nodes[node as usize].rescaled = Some(shown);
                self.rekey(node);
            }
        }
    }

    fn shown_by(&self, node: u32) -> [u64; 8] {
        let children = &self.nodes[node as usize].children;
        // The least dominant share per weight of a child that can grow, as share and weight.
        let mut least: Option<(u128, u128)> = None;
        for &child in children {
            let share = u128::from(self.vector(child).into_iter().max().unwrap_or(0));
            let weight = u128::from(self.nodes[child as usize].weight_ppm);
            if share > 0 && self.is_open(child) && least.is_none_or(|(other, of)| share * of < other * weight)
            {
                least = Some((share, weight));
            }
        }
        let mut sum = [0u64; 8];
        for &child in children {
            let (vector, weight) = (self.vector(child), u128::from(self.nodes[child as usize].weight_ppm));
            let share = u128::from(vector.into_iter().max().unwrap_or(0));
            for (sum, amount) in sum.iter_mut().zip(vector) {
                *sum += match least {
                    // amount * (least / its weight * own weight) / share; a share is below 2^41 and a weight 2^40.
                    Some((to, of)) if share > 0 && self.is_open(child) => {
                        let rescaled = u128::from(amount) * (to * weight) / (of * share);
                        u64::try_from(rescaled).expect("a rescaled share is at most the child's own")
                    }
                    _ => amount,
                };
            }
        }
        sum
    }

    /// Shares per lane of what the child holds, or of what it shows.
    fn vector(&self, child: u32) -> [u64; 8] {
        let child = &self.nodes[child as usize];
        child.rescaled.unwrap_or_else(|| {
            std::array::from_fn(|lane| match self.total[lane] {
                0 => 0,
                total => (u128::from(child.held[lane]) * u128::from(WHOLE) / u128::from(total)) as u64,
            })
        })
    }
}
