"""What one environment and a vector of them have in common: keywords, spaces, seeds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces

from .. import _scenario, _windtunnel

SEEDS = (0, 2**31)


@dataclass(frozen=True)
class Settings:
    """The keywords that say which episodes are played."""

    scenario: _scenario.ScenarioLike
    set: Mapping[str, Any] | None
    slots: int
    reward: str
    policy: str | None
    point: int
    max_steps: int | None
    max_time: float | None
    mask_in_obs: bool
    metrics: bool
    seeds: tuple[int, ...]

    def __post_init__(self) -> None:
        low, high = self.seeds
        if not 0 <= low < high <= 2**63:
            raise ValueError(f"environment: seeds = {self.seeds}: must be (low, high) with 0 <= low < high <= 2**63")

    def episodes(self, number: int, threads: int = 1) -> "_windtunnel.Episodes":
        """Prepare so many episodes; none has begun."""
        loaded, _ = _scenario.load(self.scenario, set=self.set)
        return _windtunnel.Episodes(
            loaded,
            number,
            point=self.point,
            policy=self.policy,
            slots=self.slots,
            reward=self.reward,
            max_steps=self.max_steps,
            max_time=self.max_time,
            metrics=self.metrics,
            threads=threads,
        )

    def observation_space(self) -> spaces.Space:
        """Give the space of one observation: a flat box, or a dict of that and the mask."""
        cluster, job = _windtunnel.env_features()
        rows = cluster + job * self.slots
        box = spaces.Box(
            np.array([row[1] for row in rows], np.float32),
            np.array([row[2] for row in rows], np.float32),
            dtype=np.float32,
        )
        if not self.mask_in_obs:
            return box
        mask = spaces.Box(0, 1, (self.slots + 1,), np.int8)
        return spaces.Dict({"observation": box, "action_mask": mask})

    def action_space(self) -> spaces.Discrete:
        """Give the space of one action: a slot, or waiting."""
        return spaces.Discrete(self.slots + 1)

    def observation(self, seen: np.ndarray, legal: np.ndarray) -> Any:
        """Put an observation together from what was written."""
        if not self.mask_in_obs:
            return seen
        return {"observation": seen, "action_mask": legal.astype(np.int8)}

    def seed(self, seed: int | None, rng: np.random.Generator) -> int:
        """Give the seed of the next episode: the one that is asked for, or a draw."""
        low, high = self.seeds
        return int(rng.integers(low, high)) if seed is None else int(seed)


def check_options(options: Mapping[str, Any] | None) -> None:
    """Refuse options of ``reset``: there are none, and a misspelt one must not pass in silence."""
    if options:
        raise ValueError(f"environment: reset options {sorted(options)}: there are none")
