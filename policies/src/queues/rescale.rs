//! Hierarchical DRF: what a queue shows its parent, from the rescaled shares of its children.

use super::share::WHOLE;
use super::tree::Tree;

impl Tree {
    /// Computes anew what rescaling queues show, the deepest first, and moves those that changed.
    ///
    /// # Source
    /// Bhattacharya et al., SoCC 2013, section 4: rescaling to the minimum node, ignoring blocked nodes. As there, a
    /// blocked child adds what it holds; unlike there, "blocked" is known from what did not fit when it was last
    /// tried, not from lanes that are used up.
    /// # Cost
    /// O(children of rescaling queues x (lanes + their kinds of requests)).
    pub(super) fn rescale(&mut self) {
        for n in 0..self.rescaling.len() {
            let node = self.rescaling[n];
            let shown = self.shown_by(node);
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
