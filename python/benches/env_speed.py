"""Steps per second of the environment: single, native vectors, and Gymnasium's vector for contrast.

    python python/benches/env_speed.py

prints the table of ``results/published/environment.md``. Agents take slot 0 always, or draw among the legal actions;
what drawing costs is taken off. Seconds are those of the clock, and of the processors that the process had, all its
threads counted: on a busy machine the latter say more. Each figure is the best of three.
"""

import time

import gymnasium
import numpy as np

import windtunnel  # noqa: F401

BATCH = "windtunnel/BatchQueue-v0"
STEPS = 20_000
SCENARIOS = {
    "quickstart": {"scenario": "quickstart"},
    "lublin, 256 nodes": {"scenario": "backfill", "set": {"sweep.axes": {}}},
}


def draw(rng: np.random.Generator, masks: np.ndarray) -> np.ndarray:
    """Draw a legal action per row."""
    return (rng.random(masks.shape, np.float32) * masks).argmax(axis=1)


class Stopwatch:
    """Seconds by the clock and of the processors, without those that the agent takes."""

    def __init__(self) -> None:
        self.spent = np.zeros(2)
        self.start()

    def start(self) -> None:
        """Go on."""
        self.began = np.array([time.perf_counter(), time.process_time()])

    def stop(self) -> None:
        """Stand still."""
        self.spent += np.array([time.perf_counter(), time.process_time()]) - self.began


def single(env: gymnasium.Env, by_chance: bool, steps: int) -> np.ndarray:
    """Give steps per second of one environment, by the clock and of the processors."""
    rng, action = np.random.default_rng(1), 0
    _, info = env.reset(seed=1)
    watch = Stopwatch()
    for _ in range(steps):
        if by_chance:
            watch.stop()
            action = int(draw(rng, info["action_mask"][None])[0])
            watch.start()
        _, _, terminated, truncated, info = env.step(action)
        if terminated or truncated:
            _, info = env.reset()
    watch.stop()
    return steps / watch.spent


def vector(envs: gymnasium.vector.VectorEnv, by_chance: bool, steps: int) -> np.ndarray:
    """Give steps per second, those of all environments counted."""
    rng, actions = np.random.default_rng(1), np.zeros(envs.num_envs, np.int64)
    _, infos = envs.reset(seed=1)
    watch, rounds = Stopwatch(), steps // envs.num_envs
    for _ in range(rounds):
        if by_chance:
            watch.stop()
            actions = draw(rng, infos["action_mask"])
            watch.start()
        *_, infos = envs.step(actions)
    watch.stop()
    return rounds * envs.num_envs / watch.spent


def main() -> None:
    """Print the table."""
    print("| scenario | slots | agent | environment | steps per second | per second of a processor |")
    print("|---|---|---|---|---|---|")
    for name, kwargs in SCENARIOS.items():
        for slots in (16, 128):
            kinds = {
                "single": lambda: gymnasium.make(BATCH, slots=slots, **kwargs),
                "single, unwrapped": lambda: gymnasium.make(BATCH, slots=slots, **kwargs).unwrapped,
                "SyncVectorEnv of 16": lambda: gymnasium.make_vec(
                    BATCH, 16, vectorization_mode="sync", slots=slots, **kwargs
                ),
                "native vector of 16": lambda: gymnasium.make_vec(BATCH, 16, slots=slots, **kwargs),
                "native vector of 16, one array": lambda: gymnasium.make_vec(
                    BATCH, 16, slots=slots, copy=False, **kwargs
                ),
                "native vector of 16, one array, 2 threads": lambda: gymnasium.make_vec(
                    BATCH, 16, slots=slots, copy=False, threads=2, **kwargs
                ),
            }
            for by_chance in (False, True):
                for kind, make in kinds.items():
                    is_vector = "of 16" in kind
                    measure, steps = (vector, 4 * STEPS) if is_vector else (single, STEPS)
                    clock, processor = np.max([measure(make(), by_chance, steps) for _ in range(3)], axis=0)
                    agent = "by chance" if by_chance else "slot 0"
                    print(f"| {name} | {slots} | {agent} | {kind} | {clock:,.0f} | {processor:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
