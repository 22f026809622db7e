"""What one environment and a vector of them have in common: keywords, spaces, seeds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np
from gymnasium import spaces

from .. import _scenario, _windtunnel
from .._errors import ScenarioError, refusal

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
        wrong = [(name, getattr(self, name), rule) for name, (is_right, rule) in _RULES.items()
                 if not is_right(getattr(self, name))]  # fmt: skip
        if wrong:
            raise refused(*wrong)

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
        return int(rng.integers(low, high)) if seed is None else seed


def is_whole(value: Any, low: int = 0, high: int = 2**63) -> bool:
    """Tell whether it is a whole number from ``low`` to below ``high``; truth values are none."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool) and low <= value < high


def _is_time(value: Any) -> bool:
    is_number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    # Nanoseconds have 64 bits.
    return is_number and bool(0 <= value < 2**64 / 1e9)


def _is_pair(value: Any) -> bool:
    is_pair = isinstance(value, (tuple, list)) and len(value) == 2 and all(is_whole(one, 0, 2**63 + 1) for one in value)
    return is_pair and bool(value[0] < value[1])


_Rule = tuple[Callable[[Any], bool], str]
_WHOLE = "must be a whole number, not negative and below 2**63"
_COUNT: _Rule = (is_whole, _WHOLE)
_COUNT_OR_NONE: _Rule = (lambda value: value is None or is_whole(value), f"{_WHOLE}, or None")
_TRUTH: _Rule = (lambda value: isinstance(value, (bool, np.bool_)), "must be True or False")

#: What keywords must be whatever the scenario; the native half knows the rest.
_RULES: dict[str, _Rule] = {
    "render_mode": (lambda value: value in (None, "ansi"), "must be None or 'ansi'"),
    "slots": _COUNT,
    "reward": (lambda value: isinstance(value, str), "must be text"),
    "policy": (lambda value: value is None or isinstance(value, str), "must be text, or None"),
    "point": _COUNT,
    "max_steps": _COUNT_OR_NONE,
    "max_time": (lambda value: value is None or _is_time(value), "must be a time in seconds, or None"),
    "window": _COUNT_OR_NONE,
    "mask_in_obs": _TRUTH,
    "metrics": _TRUTH,
    "seeds": (_is_pair, "must be (low, high), whole numbers with 0 <= low < high <= 2**63"),
}


def refused(*wrong: tuple[str, Any, str]) -> ScenarioError:
    """Give the error of keywords or options that are wrong: each as key, value and rule."""
    return refusal([("environment", key, repr(value), rule) for key, value, rule in wrong])


def checked_seed(seed: Any) -> int | None:
    """Refuse what is no seed of a run."""
    if seed is not None and not is_whole(seed, 0, 2**64):
        raise refused(("seed", seed, "must be a whole number, not negative and below 2**64"))
    return None if seed is None else int(seed)


def start_of(options: Mapping[str, Any] | None) -> Any:
    """Give the option ``start`` of ``reset``; a misspelt one must not pass in silence."""
    others = sorted(set(options or {}) - {"start"})
    if others:
        raise refused(("reset options", others, "there is none but 'start'"))
    return (options or {}).get("start")


def checked_start(start: Any) -> int | None:
    """Refuse what is no place in a trace."""
    if start is None:
        return None
    if not is_whole(start):
        raise refused(("start", start, _WHOLE))
    return int(start)
