"""What one environment and a vector of them have in common: keywords, spaces, seeds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np
from gymnasium import spaces

from .. import _scenario, _windtunnel

class Keywords(TypedDict, total=False):
    """The keywords of one environment and of a vector of them that say which episodes are played."""

    set: Mapping[str, Any] | None
    slots: int
    reward: str
    policy: str | None
    point: int
    max_steps: int | None
    max_time: float | None
    window: int | None
    mask_in_obs: bool
    metrics: bool
    seeds: tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The same with their defaults, checked."""

    scenario: _scenario.ScenarioLike
    render_mode: str | None
    set: Mapping[str, Any] | None = None
    slots: int = 128
    reward: str = "jct"
    policy: str | None = None
    point: int = 0
    max_steps: int | None = None
    max_time: float | None = None
    window: int | None = None
    mask_in_obs: bool = False
    metrics: bool = False
    seeds: tuple[int, int] = (0, 2**31)

    def __post_init__(self) -> None:
        if self.render_mode not in (None, "ansi"):
            raise ValueError(f"environment: render_mode = {self.render_mode!r}: must be None or 'ansi'")
        low, high = self.seeds
        if not 0 <= low < high <= 2**63:
            raise ValueError(f"environment: seeds = {self.seeds}: must be (low, high) with 0 <= low < high <= 2**63")
        for name in ("slots", "point", "max_steps", "window"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise ValueError(f"environment: {name} = {value}: must not be negative")

    def episodes(self, number: int, threads: int = 1) -> "_windtunnel.Episodes":
        """Prepare so many episodes; none has begun."""
        loaded, _ = _scenario.load(self.scenario, set=self.set)
        options: _windtunnel.EpisodeOptions = {
            "point": self.point,
            "policy": self.policy,
            "slots": self.slots,
            "reward": self.reward,
            "max_steps": self.max_steps,
            "max_time": self.max_time,
            "window": self.window,
            "metrics": self.metrics,
        }
        return _windtunnel.Episodes(loaded, number, options, threads)

    def observation_space(self) -> spaces.Space[Any]:
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


def start_of(options: Mapping[str, Any] | None) -> Any:
    """Give the option ``start`` of ``reset``; a misspelt one must not pass in silence."""
    others = sorted(set(options or {}) - {"start"})
    if others:
        raise ValueError(f"environment: reset options {others}: there is none but 'start'")
    return (options or {}).get("start")


def checked_start(start: Any) -> int | None:
    """Refuse what is no place in a trace."""
    if start is None:
        return None
    if isinstance(start, bool) or not isinstance(start, (int, np.integer)) or start < 0:
        raise ValueError(f"environment: start = {start!r}: must be a whole number, not negative")
    return int(start)
