"""The Gymnasium environments: Gymnasium's own checks, and native runs to compare with."""

import copy
import math
import pickle
import re
import warnings
from pathlib import Path

import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium")

from gymnasium.utils.env_checker import check_env, data_equivalence  # noqa: E402
from gymnasium.vector import SyncVectorEnv  # noqa: E402

import windtunnel  # noqa: E402, F401
from windtunnel import _windtunnel  # noqa: E402

try:
    from gymnasium.vector import AutoresetMode
except ImportError:
    AutoresetMode = None

BATCH = "windtunnel/BatchQueue-v0"
SHORT = {"workload.duration": "4h"}
CLUSTER, JOB = _windtunnel.env_features()
FITS = [row[0] for row in JOB].index("fits")


def make(**kwargs):
    kwargs.setdefault("set", SHORT)
    kwargs.setdefault("slots", 16)
    return gymnasium.make(BATCH, **kwargs)


def play(env, agent, **reset):
    """Play one episode; give the rewards and the last info."""
    observation, info = env.reset(**reset)
    rewards, done = [], False
    while not done:
        observation, reward, terminated, truncated, info = env.step(agent(env, observation, info))
        rewards.append(reward)
        done = terminated or truncated
    return rewards, info


def oldest(env, observation, info):
    return 0


def draws(seed):
    """Give an agent that picks by chance among the legal actions."""
    rng = np.random.default_rng(seed)
    return lambda env, observation, info: int(rng.choice(np.flatnonzero(info["action_mask"])))


@pytest.mark.parametrize("kwargs", [{}, {"mask_in_obs": True}, {"slots": 1}, {"reward": "bounded_slowdown_mean"}])
def test_check_env_finds_nothing(kwargs):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(make(**kwargs).unwrapped)


# One core per node and estimates that all differ, as "scenarios/tests/episode" has them.
CORES = """
name = "cores"
workload = { type = "synthetic", jobs = 300, load = 0.95, estimates = { type = "factor", mean = 2.0, sigma = 0.7 },
  durations = { type = "lognormal", mean = "30m", cv = 2.0 }, shapes = [{ cpu = 1, tasks = [1, 2, 4, 8, 16, 32] }] }
cluster = { type = "uniform", nodes = 64, cpu = 1 }
policy = [{ name = "fcfs", order = "fcfs" }, { name = "sjf", order = "sjf" },
  { name = "committed-sjf", type = "rlscheduler", order = "sjf" }]
"""


@pytest.fixture
def cores(tmp_path):
    path = tmp_path / "cores.toml"
    path.write_text(CORES)
    return str(path)


def native(scenario, policy, seed):
    """Give the fingerprint of a native run, by ``windtunnel.run``."""
    found = windtunnel.run(scenario, seeds=[seed], progress=False).fingerprints
    return found.filter(policy=policy)["fingerprint"].item()


def shortest(env):
    """Give the slot of the shortest job, the oldest of equals."""
    jobs = env.unwrapped.jobs()
    return min(range(len(jobs)), key=lambda slot: jobs[slot]["estimate"])


@pytest.mark.parametrize("seed", [1, 2])
def test_agents_that_do_what_native_policies_do_leave_their_fingerprints(cores, seed):
    env = gymnasium.make(BATCH, scenario=cores, slots=300)

    def if_it_fits(env, observation, info):
        slot = shortest(env)
        return slot if observation[len(CLUSTER) + slot * len(JOB) + FITS] == 1.0 else 300

    def at_any_rate(env, observation, info):
        return shortest(env)

    agents = {"fcfs": oldest, "sjf": if_it_fits, "committed-sjf": at_any_rate}
    for policy, agent in agents.items():
        _, info = play(env, agent, seed=seed)
        assert info["outcome"]["fingerprint"] == native(cores, policy, seed), policy
        assert info["invalid"] == 0


def test_the_slots_are_the_oldest_jobs_and_the_mask_says_which_are_taken():
    env = make(slots=4)
    observation, info = env.reset(seed=3)
    done, full = False, False
    agent = draws(1)
    while not done:
        jobs, mask = env.unwrapped.jobs(), info["action_mask"]
        assert mask.dtype == np.int8 and (env.unwrapped.action_masks() == mask.astype(bool)).all()
        assert mask[:4].tolist() == [1] * len(jobs) + [0] * (4 - len(jobs))
        assert len(jobs) == min(4, info["waiting"])
        assert [job["submit"] for job in jobs] == sorted(job["submit"] for job in jobs)
        assert mask[4] == (info["running"] > 0)
        full |= info["waiting"] > 4
        observation, _, terminated, truncated, info = env.step(agent(env, observation, info))
        assert observation in env.observation_space
        done = terminated or truncated
    assert full and info["invalid"] == 0
    # A mask must not be empty, so at the end it allows what changes nothing.
    assert info["action_mask"].tolist() == [0, 0, 0, 0, 1]


def test_invalid_actions_are_counted_and_wait():
    env = make(slots=4)
    env.reset(seed=1)
    invalid = 0
    for action in [3, 4, 2, 0, 3, 1]:
        invalid += not env.unwrapped.action_masks()[action]
        *_, info = env.step(action)
    assert info["invalid"] == invalid > 0


@pytest.mark.parametrize("reward", [name for name, _ in _windtunnel.env_rewards()])
def test_rewards_add_up_to_the_outcome(reward):
    rewards, info = play(make(reward=reward), draws(5), seed=4)
    outcome = info["outcome"]
    dense = not reward.endswith("_mean")
    expected = outcome[f"{reward}_mean"] * outcome["jobs"] if dense else outcome[reward]
    assert sum(rewards) == pytest.approx(-expected, rel=1e-9)
    assert outcome["unfinished"] == 0


def test_equal_seeds_and_actions_give_equal_episodes_and_other_seeds_others():
    def fingerprint(seed):
        return play(make(), draws(1), seed=seed)[1]["outcome"]["fingerprint"]

    assert fingerprint(1) == fingerprint(1) != fingerprint(2)


def test_resets_without_a_seed_go_through_the_seeds_in_range():
    env = make(seeds=(100, 110), max_steps=1)

    def seeds(first):
        found = [play(env, oldest, seed=first)[1]["outcome"]["seed"]]
        return found + [play(env, oldest)[1]["outcome"]["seed"] for _ in range(5)]

    assert seeds(1) == seeds(1) and seeds(1)[0] == 1
    assert all(100 <= seed < 110 for seed in seeds(1)[1:]) and len({*seeds(1)}) > 2


def test_keys_of_the_scenario_can_be_set():
    low = play(make(set={**SHORT, "workload.load": 0.2}), oldest, seed=1)[1]["outcome"]
    high = play(make(set={**SHORT, "workload.load": 1.5}), oldest, seed=1)[1]["outcome"]
    assert high["jobs"] > 3 * low["jobs"] and high["wait_mean"] > low["wait_mean"]
    arrivals = {"type": "diurnal", "peak_to_mean": 1.1, "peak_hour": 3}
    assert play(make(set={**SHORT, "workload.arrivals": arrivals}), oldest, seed=1)[1]["outcome"]["jobs"] > 0


def test_bad_input_is_told_with_key_value_and_rule():
    for kwargs, words in [
        ({"reward": "profit"}, "reward = \"profit\": must be one of"),
        ({"slots": 0}, "slots = 0: must be from 1"),
        ({"policy": "nobody"}, "policy = \"nobody\""),
        ({"scenario": "quikstart"}, "did you mean `quickstart`"),
        ({"set": {"workload.lod": 1}}, "did you mean `load`"),
        ({"seeds": (5, 5)}, "seeds = (5, 5)"),
        ({"max_time": -1.0}, "max_time = -1"),
        ({"render_mode": "human"}, "render_mode"),
    ]:
        with pytest.raises(ValueError, match=re.escape(words)):
            windtunnel.envs.BatchQueueEnv(**kwargs)
    with pytest.raises(ValueError, match="reset options"):
        make().unwrapped.reset(options={"sed": 1})
    for wrong in ({"seed": 2**64}, {"seed": -1}, {"seed": 1.5}, {"options": {"start": 2**70}}):
        for env in (make().unwrapped, windtunnel.envs.BatchQueueVectorEnv(2, set=SHORT)):
            with pytest.raises(windtunnel.ScenarioError) as raised:
                env.reset(**wrong)
            (problem,) = raised.value.problems
            assert problem.key in ("seed", "start") and "must be a whole number, not negative" in problem.rule
    with pytest.raises(RuntimeError, match="reset"):
        make().unwrapped.step(0)


def test_keywords_of_another_type_or_size_are_told_all_together():
    for name, values in {
        "window": ["5", 5.5, 2**70, True, -1],
        "slots": [1.0, None, 2**70],
        "point": [0.0, "0", -1],
        "max_steps": ["1", 1e3, True],
        "max_time": ["1", math.nan, math.inf, 10**400, True],
        "seeds": [(0.5, 2), (0, 2.5), (True, 5), (1, 2, 3), 7, (-1, 3)],
        "metrics": [1, None],
        "mask_in_obs": ["yes"],
        "policy": [5],
        "reward": [None],
    }.items():
        for value in values:
            with pytest.raises(windtunnel.ScenarioError) as raised:
                windtunnel.envs.BatchQueueEnv(slots=5.5, **{name: value}) if name != "slots" else (
                    windtunnel.envs.BatchQueueEnv(slots=value))  # fmt: skip
            found = {problem.key: problem for problem in raised.value.problems}
            assert set(found) == {"slots", name} and found[name].value == repr(value)
            assert f"environment: {name} = {value!r}: must be " in str(raised.value)
    for name, value in [("num_envs", 0), ("num_envs", 2.0), ("threads", "2"), ("threads", True)]:
        with pytest.raises(windtunnel.ScenarioError, match=f"{name} = .*: must be a whole number, at least 1"):
            windtunnel.envs.BatchQueueVectorEnv(**{name: value})
    numbers = {"slots": np.int64(8), "max_steps": np.uint32(5), "max_time": np.float32(1e4), "point": np.int8(0)}
    assert windtunnel.envs.BatchQueueEnv(set=SHORT, **numbers).action_space.n == 9


@pytest.mark.parametrize("copied", [lambda env: pickle.loads(pickle.dumps(env)), copy.deepcopy])
def test_a_pickled_environment_goes_on_where_it_was(copied):
    env, agent = make(mask_in_obs=True), draws(2)
    observation, info = env.reset(seed=7)
    for _ in range(40):
        observation, _, _, _, info = env.step(agent(env, observation, info))
    twin = copied(env)
    assert (twin.unwrapped.action_masks() == env.unwrapped.action_masks()).all()
    for _ in range(40):
        action = agent(env, observation, info)
        one, other = env.step(action), twin.step(action)
        assert data_equivalence(one, other, exact=True) if AutoresetMode else data_equivalence(one, other)
        observation, info = one[0], one[4]
    assert env.reset()[1]["time"] == twin.reset()[1]["time"]


def test_a_fresh_or_closed_environment_can_be_pickled():
    env = pickle.loads(pickle.dumps(make()))
    env.reset(seed=1)
    env.close()
    env.close()
    with pytest.raises(RuntimeError, match="closed"):
        pickle.loads(pickle.dumps(env)).unwrapped.step(0)


def test_text_shows_the_cluster_and_the_queue():
    env = make(render_mode="ansi")
    env.reset(seed=1)
    for _ in range(30):
        env.step(0)
    text = env.render()
    assert "nodes up" in text and "cpu [" in text and "waiting" in text


def test_wrappers_of_gymnasium_work():
    wrappers = gymnasium.wrappers
    env = wrappers.FlattenObservation(make(mask_in_obs=True))
    env = wrappers.NormalizeObservation(env)
    env = wrappers.NormalizeReward(wrappers.RecordEpisodeStatistics(wrappers.TimeLimit(env, 50)))
    observation, info = env.reset(seed=1)
    assert observation.shape == (len(CLUSTER) + 16 * len(JOB) + 17,)
    for step in range(50):
        observation, reward, terminated, truncated, info = env.step(env.action_space.sample(info["action_mask"]))
        assert np.isfinite(observation).all() and np.isfinite(reward)
    assert truncated and not terminated and info["episode"]["l"] == 50


def test_metrics_of_the_scenario_come_with_the_outcome_if_asked_for():
    kept = {**SHORT, "measure.warmup": "0s"}
    _, info = play(make(metrics=True, set=kept), oldest, seed=1)
    metrics = info["outcome"]["metrics"]
    assert metrics["unfinished"] == 0 and 0 < metrics["utilization_cpu"] < 1
    assert "metrics" not in play(make(), oldest, seed=1)[1]["outcome"]


def vectors(mode, **kwargs):
    """Give a native vector of three, and one of Gymnasium's."""
    kwargs = {"set": {"workload.duration": "10m"}, "slots": 8, **kwargs}
    own = gymnasium.make_vec(
        BATCH, num_envs=3, vectorization_mode="vector_entry_point", autoreset_mode=mode, **kwargs
    )
    options = {"autoreset_mode": mode} if AutoresetMode else {}
    return own, SyncVectorEnv([lambda: gymnasium.make(BATCH, **kwargs)] * 3, **options)


@pytest.mark.parametrize("mask_in_obs", [False, True])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("mode", ["NextStep", "SameStep"] if AutoresetMode else ["NextStep"])
def test_the_native_vector_equals_gymnasiums_step_by_step(mode, threads, mask_in_obs):
    own, theirs = vectors(mode, mask_in_obs=mask_in_obs)
    own = windtunnel.envs.BatchQueueVectorEnv(
        3, set={"workload.duration": "10m"}, slots=8, mask_in_obs=mask_in_obs, threads=threads, autoreset_mode=mode
    )
    assert own.observation_space == theirs.observation_space and own.action_space == theirs.action_space
    expect_equal(own.reset(seed=11), theirs.reset(seed=11))
    rng, ends = np.random.default_rng(1), 0
    for step in range(600):
        actions = rng.integers(0, 9, 3)
        ours = own.step(actions)
        expect_equal(ours, theirs.step(actions))
        ends += int(ours[2].sum())
        if step == 300:
            own = pickle.loads(pickle.dumps(own))
    assert ends >= 3


def expect_equal(one, other, place="step"):
    """Compare what two environments gave, in depth, types included."""
    if isinstance(one, np.ndarray):
        assert one.dtype == other.dtype and one.shape == other.shape, place
        if one.dtype == object:
            expect_equal(list(one), list(other), place)
        else:
            assert (one == other).all(), place
    elif isinstance(one, dict):
        assert sorted(one) == sorted(other), place
        for key in one:
            expect_equal(one[key], other[key], f"{place}[{key!r}]")
    elif isinstance(one, (tuple, list)):
        assert len(one) == len(other), place
        for n, (inner, its) in enumerate(zip(one, other, strict=True)):
            expect_equal(inner, its, f"{place}[{n}]")
    else:
        assert type(one) is type(other) and one == other, place


def test_without_autoreset_ended_environments_are_reset_by_mask():
    own, _ = vectors("Disabled", max_steps=5)
    own.reset(seed=1)
    for _ in range(5):
        *_, truncated, infos = own.step(np.zeros(3, int))
    assert truncated.all() and (infos["outcome"]["jobs"] > 0).all()
    with pytest.raises(RuntimeError, match="reset_mask"):
        own.step(np.zeros(3, int))
    before = own.reset(seed=[None, 4, None], options={"reset_mask": np.array([False, True, False])})[0].copy()
    after, _ = own.reset(seed=[1, None, 3], options={"reset_mask": np.array([True, False, True])})
    assert (before[1] == after[1]).all() and not (before[0] == after[0]).all()
    own.step(np.zeros(3, int))


def test_one_array_serves_for_all_observations_if_asked_for():
    own = gymnasium.make_vec(BATCH, num_envs=2, copy=False, slots=8, set=SHORT)
    first, _ = own.reset(seed=1)
    second, *_ = own.step(np.zeros(2, int))
    assert first is second
    copying = gymnasium.make_vec(BATCH, num_envs=2, slots=8, set=SHORT)
    assert (copying.reset(seed=1)[0] != second).any()
    assert (copying.step(np.zeros(2, int))[0] == second).all()


def test_environments_work_in_spawned_processes():
    theirs = gymnasium.make_vec(
        BATCH, num_envs=2, vectorization_mode="async", vector_kwargs={"context": "spawn"}, slots=8, set=SHORT
    )
    own = gymnasium.make_vec(BATCH, num_envs=2, slots=8, set=SHORT)
    try:
        expect_equal(own.reset(seed=5), theirs.reset(seed=5))
        for _ in range(20):
            expect_equal(own.step(np.zeros(2, int)), theirs.step(np.zeros(2, int)))
    finally:
        theirs.close()
        own.close()


def test_the_page_lists_what_is_observed_and_its_examples_run(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    page = (Path(__file__).parents[2] / "docs" / "environments.md").read_text()
    for name, low, high, doc in CLUSTER + JOB:
        assert f"| `{name}` | {low:g} to {high:g} | {doc} |" in page
    for name, doc in _windtunnel.env_rewards():
        assert f"| `{name}` | {doc} |" in page
    for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(block, {})
    assert "wait" in capsys.readouterr().out


def test_a_scenario_may_be_a_name_a_path_a_text_or_a_dict(tmp_path):
    import tomllib

    text = windtunnel.catalog().filter(name="quickstart")["text"][0]
    path = tmp_path / "mine.toml"
    path.write_text(text)
    forms = ["quickstart", path, str(path), text, tomllib.loads(text)]
    prints = {play(make(scenario=form), oldest, seed=1)[1]["outcome"]["fingerprint"] for form in forms}
    assert len(prints) == 1
    env = pickle.loads(pickle.dumps(make(scenario=tomllib.loads(text))))
    assert play(env, oldest, seed=1)[1]["outcome"]["fingerprint"] in prints


def test_what_is_wrong_with_a_scenario_comes_as_everywhere():
    with pytest.raises(windtunnel.ScenarioError) as raised:
        make(set={"policy[0].order": "fcsf", "workload.load": np.float64(-1.0)})
    assert {problem.key for problem in raised.value.problems} == {"policy[0].order", "workload.load"}
    with pytest.raises(windtunnel.ScenarioError, match="reward"):
        make(reward="profit")
