"""Episodes on windows of a trace: where they begin, and the native runs that they repeat."""

import os
import pickle
import re
from pathlib import Path

import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium")

from gymnasium.utils.env_checker import check_env  # noqa: E402
from gymnasium.vector import SyncVectorEnv  # noqa: E402
from test_env import BATCH, expect_equal, oldest, play  # noqa: E402

import windtunnel  # noqa: E402

JOBS = 300


@pytest.fixture
def log(tmp_path):
    """A scenario on a log of 300 jobs in the Standard Workload Format, submitted minutes apart."""
    path = tmp_path / "log.swf"
    lines = ["; MaxProcs: 16"]
    for n in range(1, JOBS + 1):
        submit, run_time, procs = 5000 + n * 97 + n % 5, 60 + n * 7919 % 1500, 1 + n * 31 % 8
        lines.append(f"{n} {submit} -1 {run_time} {procs} -1 -1 {procs} 3600 -1 1 {n % 7} 1 -1 -1 -1 -1 -1")
    path.write_text("\n".join(lines) + "\n")
    return {
        "name": "log",
        "workload": {"type": "swf", "path": str(path)},
        "cluster": {"type": "uniform", "nodes": 16, "cpu": 1},
        "policy": [{"name": "fcfs", "order": "fcfs"}],
    }


def native(scenario, start, jobs, seed, policy="fcfs"):
    """Give the fingerprint of the native run of the trace, cut by the keys of the scenario."""
    cut = {"workload.skip": start, "workload.jobs": jobs}
    found = windtunnel.run(scenario, set=cut, seeds=[seed], progress=False).fingerprints
    return found.filter(policy=policy)["fingerprint"].item()


def first_ids(env):
    return env.unwrapped.jobs()[0]["id"]


def test_a_window_leaves_the_fingerprint_of_the_trace_cut_by_its_keys(log):
    env = gymnasium.make(BATCH, scenario=log, window=64, slots=16)
    for seed, options in [(1, {"start": 0}), (1, {"start": 99}), (2, {"start": JOBS - 64}), (3, None), (4, {})]:
        _, info = play(env, oldest, seed=seed, options=options)
        outcome = info["outcome"]
        assert outcome["fingerprint"] == native(log, outcome["start"], 64, seed)
        assert outcome["jobs"] == 64 and outcome["start"] == (options or {}).get("start", outcome["start"])


@pytest.mark.skipif("WINDTUNNEL_DATA" not in os.environ, reason="skipped: WINDTUNNEL_DATA not set")
def test_windows_of_a_recorded_log_do_too():
    env = gymnasium.make(BATCH, scenario="swf", window=256, slots=64)
    for seed in (1, 2):
        _, info = play(env, oldest, seed=seed)
        assert info["outcome"]["fingerprint"] == native("swf", info["outcome"]["start"], 256, seed)


def test_the_seed_says_where_and_resets_without_one_go_on_drawing(log):
    env = gymnasium.make(BATCH, scenario=log, window=20, slots=16)

    def begin(**reset):
        env.reset(**reset)
        return first_ids(env)

    assert [begin(seed=1), begin(), begin()] == [begin(seed=1), begin(), begin()]
    assert len({begin() for _ in range(50)}) > 25
    # Jobs are numbered from 1, starts from 0; the start changes neither the seed nor what comes after.
    assert begin(seed=1, options={"start": 41}) == 42
    after = begin()
    begin(seed=1)
    assert begin() == after


def test_a_native_vector_plays_the_windows_of_gymnasiums_own(log):
    kwargs = {"scenario": log, "window": 12, "slots": 8}
    own = gymnasium.make_vec(BATCH, num_envs=3, **kwargs)
    theirs = SyncVectorEnv([lambda: gymnasium.make(BATCH, **kwargs)] * 3)
    for reset in ({"seed": 5}, {"seed": 6, "options": {"start": 77}}):
        expect_equal(own.reset(**reset), theirs.reset(**reset))
        ends = 0
        for _ in range(80):
            ours = own.step(np.zeros(3, int))
            expect_equal(ours, theirs.step(np.zeros(3, int)))
            ends += int(ours[2].sum())
        assert ends >= 3
    own.reset(options={"start": [3, None, 200]})
    assert [own.jobs(0)[0]["id"], own.jobs(2)[0]["id"]] == [4, 201]


def test_pickles_know_their_window_and_gymnasium_finds_nothing(log):
    env = gymnasium.make(BATCH, scenario=log, window=30, slots=8)
    check_env(env.unwrapped)
    env.reset(seed=9, options={"start": 123})
    env.step(0)
    twin = pickle.loads(pickle.dumps(env))
    assert first_ids(twin) == first_ids(env)
    ends = [env.step(0)[0] for _ in range(10)]
    assert all((one == twin.step(0)[0]).all() for one in ends)


def test_time_is_cut_off_after_the_first_submission(log):
    env = gymnasium.make(BATCH, scenario=log, window=100, slots=8, max_time=600)
    _, first = env.reset(seed=1, options={"start": 150})
    # Job 151.
    assert first["time"] == 5000 + 151 * 97 + 1
    done = False
    while not done:
        *_, terminated, truncated, info = env.step(0)
        done = terminated or truncated
    assert truncated and info["time"] == first["time"] + 600


def test_a_reset_does_not_read_the_trace_again(log):
    env = gymnasium.make(BATCH, scenario=log, window=10, slots=8)
    Path(log["workload"]["path"]).unlink()
    seen = {play(env, oldest, seed=seed)[1]["outcome"]["start"] for seed in range(20)}
    assert len(seen) > 10


def test_bad_windows_and_starts_are_told(log):
    for kwargs, words in [
        ({"scenario": log, "window": 0}, "window = 0: must be more than 0"),
        ({"scenario": log, "window": -1}, "window = -1: must be a whole number, not negative"),
        ({"scenario": log, "window": JOBS + 1}, f"window = {JOBS + 1}: must be at most {JOBS}, the jobs of the trace"),
        ({"scenario": "quickstart", "window": 10}, "window = 10: needs a trace"),
    ]:
        with pytest.raises(ValueError, match=re.escape(words)):
            windtunnel.envs.BatchQueueEnv(**kwargs)
    env = windtunnel.envs.BatchQueueEnv(log, window=100)
    for start, words in [
        (201, "start = 201: must be at most 200: of 300 jobs, windows have 100"),
        (-1, "start = -1: must be a whole number, not negative"),
        (1.5, "start = 1.5: must be a whole number"),
        (True, "start = True: must be a whole number"),
    ]:
        with pytest.raises(ValueError, match=re.escape(words)):
            env.reset(options={"start": start})
    with pytest.raises(ValueError, match="start = 0: needs the option `window`"):
        windtunnel.envs.BatchQueueEnv(log).reset(options={"start": 0})
    with pytest.raises(ValueError, match="2 starts: must be 3"):
        windtunnel.envs.BatchQueueVectorEnv(3, scenario=log, window=10).reset(options={"start": [1, 2]})
