"""Many ``windtunnel/BatchQueue-v0`` at once, stepped natively."""

from collections.abc import Sequence
from typing import Any, Unpack

import gymnasium
import numpy as np
from gymnasium.utils import seeding
from gymnasium.vector.utils import batch_space

from .. import _windtunnel
from .._scenario import ScenarioLike
from ._settings import Keywords, Settings, checked_seed, checked_start, is_whole, refused, start_of

try:
    from gymnasium.vector import AutoresetMode
except ImportError:  # Gymnasium 1.0 knows one mode and has no name for it.
    AutoresetMode = None  # type: ignore[assignment, misc]

NEXT_STEP, SAME_STEP, DISABLED = MODES = ("NextStep", "SameStep", "Disabled")
NUMBERS, FLAGS, COUNTS = ("reward", "dt", "time"), ("terminated", "truncated"), ("waiting", "running", "invalid")


class BatchQueueVectorEnv(gymnasium.vector.VectorEnv):
    """A vector of environments, equal step by step to ``SyncVectorEnv`` of as many single ones.

    Parameters
    ----------
    num_envs
        How many.
    threads
        Threads that step them. One is best for short steps.
    copy
        False: observations are written into one array, which the next step overwrites.
    autoreset_mode
        ``NextStep``, ``SameStep`` or ``Disabled``, or Gymnasium's constants.
    scenario, render_mode, **keywords
        As for :class:`BatchQueueEnv`.

    Raises
    ------
    ScenarioError
        As for :class:`BatchQueueEnv`, and if there are no environments.
    ValueError
        If there is no such autoreset mode, or ``reset`` is given too few or too many seeds or starts.
    RuntimeError
        In mode ``Disabled``, if an environment that has ended is stepped.

    Examples
    --------
    >>> import gymnasium, windtunnel
    >>> envs = gymnasium.make_vec("windtunnel/BatchQueue-v0", num_envs=4, set={"workload.duration": "2h"}, slots=16)
    >>> observations, infos = envs.reset(seed=1)
    >>> observations, rewards, terminated, truncated, infos = envs.step(infos["action_mask"].argmax(axis=1))
    >>> rewards.shape, infos["action_mask"].shape
    ((4,), (4, 17))
    """

    metadata: dict[str, Any] = {"render_modes": ["ansi"], "render_fps": 4}

    def __init__(
        self,
        num_envs: int = 1,
        *,
        threads: int = 1,
        copy: bool = True,
        autoreset_mode: Any = NEXT_STEP,
        scenario: ScenarioLike = "quickstart",
        render_mode: str | None = None,
        **keywords: Unpack[Keywords],
    ):
        mode = getattr(autoreset_mode, "value", autoreset_mode)
        if mode not in MODES:
            raise ValueError(f"environment: autoreset_mode = {autoreset_mode!r}: must be one of {', '.join(MODES)}")
        for name, value in (("num_envs", num_envs), ("threads", threads)):
            if not is_whole(value, 1):
                raise refused((name, value, "must be a whole number, at least 1"))
        self.metadata = dict(self.metadata)
        if AutoresetMode is not None:
            self.metadata["autoreset_mode"] = AutoresetMode(mode)
        self.num_envs, self.render_mode, self.copy = num_envs, render_mode, copy
        self._mode, self._threads = mode, threads
        self._settings = Settings(scenario=scenario, render_mode=render_mode, **keywords)
        self._episodes: _windtunnel.Episodes | None = self._settings.episodes(num_envs, threads)
        self._width = self._open().width
        self.single_observation_space = self._settings.observation_space()
        self.single_action_space = self._settings.action_space()
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._rngs: list[np.random.Generator | None] = [None] * num_envs
        self._begun = np.zeros(num_envs, np.bool_)
        self._done: np.ndarray = np.zeros(num_envs, np.bool_)
        self._seen = np.zeros((num_envs, self._width), np.float32)
        self._legal = np.zeros((num_envs, self._settings.slots + 1), np.bool_)

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin an episode in each environment, or in those of ``options["reset_mask"]``.

        With ``window``, ``options["start"]`` says where in the trace: one number for all, or one for each.
        """
        seeds = self._seeds(seed)
        options = dict(options or {})
        chosen = _mask(options.pop("reset_mask"), self.num_envs) if "reset_mask" in options else None
        starts = self._starts(start_of(options))
        self._new_arrays()
        infos: dict[str, Any] = {}
        for i in range(self.num_envs) if chosen is None else np.flatnonzero(chosen):
            infos = self._add_info(infos, self._begin(int(i), seeds[i], starts[i]), int(i))
        return self._settings.observation(self._seen, self._legal), infos

    def step(self, actions: Any) -> tuple[Any, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Step each environment once; those that have ended are reset as the autoreset mode says."""
        active = ~self._done
        if self._mode == DISABLED and self._done.any():
            which = np.flatnonzero(self._done).tolist()
            raise RuntimeError(f"environments {which} have ended: reset them with options={{'reset_mask': ..}}")
        actions = np.ascontiguousarray(actions, np.int64)
        self._new_arrays(active)
        numbers = np.zeros((self.num_envs, len(NUMBERS)))
        flags = np.zeros((self.num_envs, len(FLAGS)), np.bool_)
        counts = np.zeros((self.num_envs, len(COUNTS)), np.int64)
        self._open().step_all(actions, active, self._seen, self._legal, numbers, flags, counts)
        infos = self._infos(numbers, counts)
        for i in np.flatnonzero(self._done):
            infos = self._add_info(infos, self._begin(int(i), None), int(i))
        self._done = flags[:, 0] | flags[:, 1]
        for i in np.flatnonzero(self._done):
            infos = self._ended(int(i), infos)
        return (
            self._settings.observation(self._seen, self._legal),
            np.ascontiguousarray(numbers[:, 0]),
            np.ascontiguousarray(flags[:, 0]),
            np.ascontiguousarray(flags[:, 1]),
            infos,
        )

    def action_masks(self) -> np.ndarray:
        """Give the legal actions of all environments as booleans."""
        return self._legal.copy()

    def jobs(self, index: int) -> list[dict[str, Any]]:
        """Give the declared facts of the jobs in the slots of one environment."""
        return self._open().jobs(index)

    def render(self) -> tuple[str, ...] | None:
        """Describe each environment."""
        if self.render_mode != "ansi":
            return None
        return tuple(self._open().text(i) for i in range(self.num_envs))

    def close_extras(self, **kwargs: Any) -> None:
        """Let go of the episodes."""
        self._episodes = None

    def _open(self) -> _windtunnel.Episodes:
        if self._episodes is None:
            raise RuntimeError("the environment is closed")
        return self._episodes

    def _seeds(self, seed: int | Sequence[int | None] | None) -> list[int | None]:
        if not isinstance(seed, (Sequence, np.ndarray)) or isinstance(seed, str):
            first = checked_seed(seed)
            return [None if first is None else checked_seed(first + i) for i in range(self.num_envs)]
        if len(seed) != self.num_envs:
            raise ValueError(f"environment: {len(seed)} seeds: must be {self.num_envs}, one per environment")
        return [checked_seed(one) for one in seed]

    def _starts(self, start: Any) -> list[int | None]:
        if not isinstance(start, (Sequence, np.ndarray)):
            return [checked_start(start)] * self.num_envs
        if len(start) != self.num_envs:
            raise ValueError(f"environment: {len(start)} starts: must be {self.num_envs}, one per environment")
        return [checked_start(one) for one in start]

    def _begin(self, i: int, seed: int | None, start: int | None = None) -> dict[str, Any]:
        """Reset environment ``i``, write its line, and give its info."""
        rng = self._rngs[i]
        if seed is not None or rng is None:
            rng, _ = seeding.np_random(seed)
            self._rngs[i] = rng
        row = self._open().reset(i, self._settings.seed(seed, rng), start, self._seen[i], self._legal[i])
        self._begun[i], self._done[i] = True, False
        names = ("dt", "time", *COUNTS)
        return {"action_mask": self._legal[i].astype(np.int8), **dict(zip(names, row[3:], strict=True))}

    def _ended(self, i: int, infos: dict[str, Any]) -> dict[str, Any]:
        """Tell what an episode came to, and begin the next if that belongs to the same step."""
        outcome = self._open().outcome(i)
        if self._mode != SAME_STEP:
            return self._add_info(infos, {"outcome": outcome}, i)
        last = {key: infos[key][i] for key in ("dt", "time", *COUNTS)}
        last = {key: value.item() for key, value in last.items()}
        mask = infos["action_mask"][i].copy()
        seen = self._settings.observation(self._seen[i].copy(), self._legal[i])
        final_info = {"action_mask": mask, **last, "outcome": outcome}
        infos = self._add_info(infos, {"final_obs": seen, "final_info": final_info}, i)
        first = self._begin(i, None)
        # The episode that has just begun is what the next action is for.
        return self._add_info(infos, first, i)

    def _infos(self, numbers: np.ndarray, counts: np.ndarray) -> dict[str, Any]:
        columns = [("action_mask", self._legal.astype(np.int8))]
        columns += [(name, np.ascontiguousarray(numbers[:, 1 + n])) for n, name in enumerate(NUMBERS[1:])]
        columns += [(name, np.ascontiguousarray(counts[:, n])) for n, name in enumerate(COUNTS)]
        infos: dict[str, Any] = {}
        for name, column in columns:
            infos[name], infos[f"_{name}"] = column, np.ones(self.num_envs, np.bool_)
        return infos

    def _new_arrays(self, active: np.ndarray | None = None) -> None:
        """Make arrays for a step, unless one array is to serve for all; lines that are not stepped keep theirs."""
        if not self.copy:
            return
        seen, legal = self._seen, self._legal
        self._seen, self._legal = np.empty_like(seen), np.empty_like(legal)
        if active is None:
            self._seen[:], self._legal[:] = seen, legal

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        episodes = state.pop("_episodes")
        histories = [episodes.history(i) if self._begun[i] else None for i in range(self.num_envs)] if episodes else []
        return {"state": state, "closed": episodes is None, "histories": histories}

    def __setstate__(self, pickled: dict[str, Any]) -> None:
        self.__dict__.update(pickled["state"])
        self._episodes = None if pickled["closed"] else self._settings.episodes(self.num_envs, self._threads)
        for i, history in enumerate(pickled["histories"]):
            if history is not None:
                self._open().replay(i, *history)


def _mask(mask: Any, number: int) -> np.ndarray:
    """Check a mask of environments to reset."""
    if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_ or mask.shape != (number,) or not mask.any():
        raise ValueError(f"environment: reset_mask = {mask!r}: must be {number} booleans, at least one of them true")
    return mask
