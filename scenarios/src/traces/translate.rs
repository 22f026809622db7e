//! Jobs carried over from one vocabulary to another.

use sim_core::{Constraints, ConstraintsId, GpuNeed, Job, LabelSet, ModelSet, Shape, ShapeId, Vocabulary};

/// The same job, with its words numbered as in `to` instead of `from`; `None` if `to` has no number left for
/// a GPU model or a label.
pub(super) fn translate(job: &Job, from: &Vocabulary, to: &mut Vocabulary) -> Option<Job> {
    let mut job = job.clone();
    job.shape = shape(job.shape, from, to)?;
    job.constraints = constraints(job.constraints, from, to)?;
    job.user = to.user(from.users().name(job.user.0).unwrap_or(""));
    job.tenant = to.tenant(from.tenants().name(job.tenant.0).unwrap_or(""));
    Some(job)
}

pub(super) fn shape(id: ShapeId, from: &Vocabulary, to: &mut Vocabulary) -> Option<ShapeId> {
    let shape = from.shape_of(id);
    let mut gpu = shape.gpu();
    if gpu.models != ModelSet::ANY {
        let mut models = ModelSet(0);
        for bit in (0..31).filter(|bit| gpu.models.0 >> bit & 1 == 1) {
            models.0 |= 1 << to.gpu_model(from.gpu_models().name(bit)?)?;
        }
        gpu = GpuNeed { models, ..gpu };
    }
    let without = Shape::new(shape.need().with(sim_core::Lane::Gpu, 0));
    Some(to.shape(without.with_gpu(gpu)))
}

fn constraints(id: ConstraintsId, from: &Vocabulary, to: &mut Vocabulary) -> Option<ConstraintsId> {
    if id == ConstraintsId(0) {
        return Some(id);
    }
    let rule = *from.constraints_of(id);
    let mut labels = |set: LabelSet| {
        let mut translated = LabelSet::default();
        for bit in (0..128).filter(|bit| set.0 >> bit & 1 == 1) {
            translated.0 |= to.label(from.labels().name(bit)?)?.0;
        }
        Some(translated)
    };
    let (require, forbid) = (labels(rule.require)?, labels(rule.forbid)?);
    let key = match rule.key {
        Some(key) => Some(to.affinity_key(from.affinity_keys().name(key.0)?)),
        None => None,
    };
    let preferences = to.adopt_preferences(rule.preferences, from)?;
    Some(to.constraints(Constraints { require, forbid, key, preferences, ..rule }))
}

#[cfg(test)]
mod tests {
    use sim_core::{Lane, Resources, SimTime};

    use super::*;

    #[test]
    fn names_stay_though_numbers_change() {
        let (mut from, mut to) = (Vocabulary::default(), Vocabulary::default());
        let _ = (to.user("x"), to.gpu_model("A100"), to.label("a=b"), to.affinity_key("k"));
        let models = ModelSet(1 << from.gpu_model("T4").unwrap());
        let gpu = GpuNeed { cards: 1, milli_each: 500, models };
        let shape = from.shape(Shape::new(Resources::ZERO.with(Lane::Cpu, 5)).with_gpu(gpu));
        let mut job = Job::new(1, SimTime::ZERO, shape);
        job.user = from.user("y");
        let require = from.label("c=d").unwrap();
        let key = Some(from.affinity_key("l"));
        job.constraints = from.constraints(Constraints { require, key, ..Constraints::NONE });
        let copy = translate(&job, &from, &mut to).unwrap();
        assert_eq!(to.users().name(copy.user.0), Some("y"));
        assert_eq!(to.shape_of(copy.shape).gpu().models, ModelSet(0b10));
        assert_eq!(to.constraints_of(copy.constraints).require, LabelSet(0b10));
        let back = translate(&copy, &to, &mut from).unwrap();
        assert_eq!(back, job);
    }
}
