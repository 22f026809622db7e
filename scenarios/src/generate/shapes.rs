//! Classes of jobs: what their tasks ask for, how many there are, and how long they run.

use sim_core::registry::{Kind, LANE_MAX, Param, Params};
use sim_core::shape::CARDS_MAX;
use sim_core::{
    ConstraintsId, Dist, Gang, GpuNeed, Lane, ModelSet, PreferencesId, Resources, Shape, ShapeId, Stream,
    Vocabulary,
};

use super::choices::{self, CORES, COUNTS, MEMORY, SHARES};
use super::constraints::{CONSTRAINTS, Rules};
use super::preferences::{PREFERENCES, Wishes};
use super::{dist_from, problem, text};
use crate::problem::{Problem, Problems};

const LANE: Kind = Kind::Int { min: 0, max: LANE_MAX };

/// The keys of one class.
pub(super) const CLASS: &[Param] = &[
    Param::with_default(
        "weight",
        Kind::Float { min: 0.0, max: 1e9 },
        "1.0",
        "Share of the jobs, by the sum.",
    ),
    Param::with_default("cpu", CORES, "1", "Cores per task; a list or range is drawn from uniformly."),
    Param::with_default("memory", MEMORY, "0", "Memory per task; a list or range is drawn from uniformly."),
    Param::with_default("gpus", COUNTS, "0", "GPU cards per task, on one node."),
    Param::with_default("gpu_share", SHARES, "1.0", "Share of each of these cards."),
    Param::optional("gpu_models", Kind::List(&Kind::Text), "Models that will do; any if it is left out."),
    Param::with_default("disk", LANE, "0", "Local disk per task [GiB]."),
    Param::with_default("net", LANE, "0", "Network bandwidth per task [Mbit/s]."),
    Param::with_default("extra1", LANE, "0", "First lane that the scenario names, per task."),
    Param::with_default("extra2", LANE, "0", "Second lane that the scenario names, per task."),
    Param::with_default("extra3", LANE, "0", "Third lane that the scenario names, per task."),
    Param::with_default("tasks", COUNTS, "1", "Tasks per job; a list or range is drawn from uniformly."),
    Param::with_default(
        "gang",
        Kind::Choice(&["all-or-nothing", "elastic", "independent"]),
        "\"all-or-nothing\"",
        "How the tasks belong together.",
    ),
    Param::optional(
        "tasks_min",
        LANE,
        "Fewest tasks that an elastic job makes progress with; 1 if left out.",
    ),
    Param::with_default(
        "priority",
        Kind::Int { min: -1_000_000, max: 1_000_000 },
        "0",
        "Added to the tenant's priority; higher is more urgent.",
    ),
    Param::optional(
        "tenant",
        Kind::Text,
        "The tenant of its jobs, one of `tenants`; drawn by share if left out.",
    ),
    Param::optional("constraints", Kind::Table(CONSTRAINTS), "Where its tasks may stand."),
    Param::optional("preferences", Kind::Table(PREFERENCES), "What its tasks would rather have."),
    Param::optional(
        "durations",
        Kind::Plugin("durations"),
        "Durations of this class, instead of the workload's.",
    ),
];

/// Combinations of lists that one class may have: their interned ids are kept.
const COMBINATIONS_MAX: usize = 65_536;

/// No id yet.
const UNKNOWN: ShapeId = ShapeId(u32::MAX);

/// One class of jobs, ready to be drawn from.
#[derive(Clone, Debug)]
pub(super) struct Class {
    pub(super) weight: f64,
    pub(super) durations: Dist,
    pub(super) priority: i32,
    /// The name of its tenant, if that is not drawn.
    pub(super) tenant_name: Option<String>,
    /// The number of that tenant, once it is looked up.
    pub(super) tenant: Option<usize>,
    /// Every combination, each with the same chance.
    shapes: Vec<Shape>,
    /// Their ids in the run's vocabulary, once they have been used.
    ids: Vec<ShapeId>,
    tasks: Vec<u32>,
    gang: Gang,
    models: Vec<String>,
    rules: Rules,
    wishes: Option<Wishes>,
    /// Known once names have numbers.
    pub(super) constraints: ConstraintsId,
}

impl Class {
    /// The class that `params` declare. `at` is its key; `durations` are those of the workload.
    ///
    /// # Errors
    /// Every rule between its parameters that is broken.
    pub(super) fn new(params: &Params, at: &str, durations: Option<&Dist>) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let mut values = |key| {
            choices::values(params, key, at).unwrap_or_else(|problem| {
                problems.push(problem);
                vec![1]
            })
        };
        let (cpu, memory) = (values("cpu"), values("memory"));
        let (cards, shares, tasks) = (values("gpus"), values("gpu_share"), values("tasks"));
        let mut note = |problem: Option<Problem>| problems.0.extend(problem);
        let combinations = cpu.len() * memory.len() * cards.len() * shares.len();
        let rule = format!("its lists must not have more than {COMBINATIONS_MAX} combinations");
        note((combinations > COMBINATIONS_MAX).then(|| problem(at, combinations, rule)));
        let many = cards.iter().find(|&&cards| cards > CARDS_MAX);
        note(many.map(|many| problem(format!("{at}.gpus"), many, format!("must be at most {CARDS_MAX}"))));
        note(tasks.contains(&0).then(|| problem(format!("{at}.tasks"), 0, "must be at least 1")));
        let gang = gang_of(params, at, &tasks).map_err(|problem| note(Some(problem)));
        let own = params
            .plugin("durations")
            .map(|(name, inside)| dist_from(name, inside, &format!("{at}.durations")));
        let durations = match (own, durations) {
            (Some(own), _) => own.map_err(|problem| note(Some(problem))),
            (None, Some(durations)) => Ok(durations.clone()),
            (None, None) => {
                note(Some(problem(format!("{at}.durations"), "", "is required where the workload has none")));
                Err(())
            }
        };
        let wishes =
            params.table("preferences").map(|wishes| Wishes::new(wishes, &format!("{at}.preferences")));
        let wishes = wishes.transpose().unwrap_or_else(|more| {
            problems.0.extend(more.0);
            None
        });
        let (Ok(gang), Ok(durations), true) = (gang, durations, problems.0.is_empty()) else {
            return Err(problems);
        };
        let shapes = combine(params, &cpu, &memory, &cards, &shares);
        let models = params.list("gpu_models").iter().map(text).collect();
        let priority = i32::try_from(params.int("priority")).expect("it was declared to fit");
        let (weight, ids) = (params.float("weight"), vec![UNKNOWN; shapes.len()]);
        let rules = params.table("constraints").map(Rules::new).unwrap_or_default();
        let constraints = ConstraintsId(0);
        let tenant_name = params.text_opt("tenant").map(str::to_owned);
        Ok(Self {
            weight,
            durations,
            priority,
            tenant_name,
            tenant: None,
            shapes,
            ids,
            tasks,
            gang,
            models,
            rules,
            wishes,
            constraints,
        })
    }

    /// Turns the names of GPU models and labels into their numbers. `name` is that of the class.
    ///
    /// # Errors
    /// The model or label that is one too many for the vocabulary.
    pub(super) fn name_words(&mut self, name: &str, words: &mut Vocabulary) -> Result<(), String> {
        let preferences = self.wishes.as_ref().map_or(Ok(PreferencesId(0)), |wishes| wishes.intern(words))?;
        self.constraints = self.rules.intern(name, preferences, words)?;
        if self.models.is_empty() {
            return Ok(());
        }
        let mut set = ModelSet(0);
        for name in &self.models {
            let number =
                words.gpu_model(name).ok_or_else(|| format!("GPU model {name} is one model too many"))?;
            set.0 |= 1 << number;
        }
        for shape in &mut self.shapes {
            *shape = shape.with_gpu(GpuNeed { models: set, ..shape.gpu() });
        }
        Ok(())
    }

    /// A shape, a number of tasks, and how they belong together. Nothing is drawn where there is no choice.
    #[inline]
    pub(super) fn draw(&mut self, stream: &mut Stream, words: &mut Vocabulary) -> (ShapeId, u32, Gang) {
        let at = pick(self.shapes.len(), stream);
        let tasks = self.tasks[pick(self.tasks.len(), stream)];
        if self.ids[at] == UNKNOWN {
            self.ids[at] = words.shape(self.shapes[at]);
        }
        (self.ids[at], tasks, self.gang)
    }

    /// The exact mean of what a job asks for in each lane, over all its tasks.
    pub(super) fn mean_need(&self) -> [f64; 8] {
        let tasks = self.tasks.iter().map(|&tasks| f64::from(tasks)).sum::<f64>() / self.tasks.len() as f64;
        let mut mean = [0.0; 8];
        for shape in &self.shapes {
            for (sum, &amount) in mean.iter_mut().zip(&shape.need().0) {
                *sum += f64::from(amount);
            }
        }
        mean.map(|sum| sum / self.shapes.len() as f64 * tasks)
    }
}

#[inline]
fn pick(count: usize, stream: &mut Stream) -> usize {
    if count == 1 { 0 } else { stream.below(count as u64) as usize }
}

fn gang_of(params: &Params, at: &str, tasks: &[u32]) -> Result<Gang, Problem> {
    let fewest = tasks.iter().copied().min().unwrap_or(1);
    let min = params.int_opt("tasks_min");
    match (params.text("gang"), min) {
        ("elastic", min) => match u32::try_from(min.unwrap_or(1)) {
            Ok(min) if (1..=fewest).contains(&min) => Ok(Gang::Elastic { min }),
            _ => {
                let rule = format!("must be between 1 and the fewest tasks, which are {fewest}");
                Err(problem(format!("{at}.tasks_min"), min.unwrap_or(1), rule))
            }
        },
        (_, Some(min)) => Err(problem(format!("{at}.tasks_min"), min, "is for `gang = \"elastic\"` only")),
        ("independent", None) => Ok(Gang::Independent),
        _ => Ok(Gang::AllOrNothing),
    }
}

fn combine(params: &Params, cpu: &[u32], memory: &[u32], cards: &[u32], shares: &[u32]) -> Vec<Shape> {
    let lane = |key| u32::try_from(params.int(key)).expect("lanes were declared to fit 32 bits");
    let base = Resources::ZERO
        .with(Lane::Disk, lane("disk"))
        .with(Lane::Net, lane("net"))
        .with(Lane::Extra1, lane("extra1"))
        .with(Lane::Extra2, lane("extra2"))
        .with(Lane::Extra3, lane("extra3"));
    let mut shapes = Vec::new();
    for &cpu in cpu {
        for &memory in memory {
            let need = base.with(Lane::Cpu, cpu).with(Lane::Memory, memory);
            for &cards in cards {
                for &share in shares {
                    // At most 32 cards and 1000 thousandths: checked before.
                    let (cards, milli_each) = (cards as u16, share as u16);
                    shapes.push(Shape::new(need).with_gpu(GpuNeed {
                        cards,
                        milli_each,
                        models: ModelSet::ANY,
                    }));
                }
            }
        }
    }
    shapes
}
