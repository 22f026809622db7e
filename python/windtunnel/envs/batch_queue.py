"""``windtunnel/BatchQueue-v0``: which waiting job goes next."""

from typing import Any, Unpack

import gymnasium
import numpy as np

from .. import _windtunnel
from .._scenario import ScenarioLike
from ._settings import Keywords, Settings, checked_seed, checked_start, start_of


class BatchQueueEnv(gymnasium.Env):
    """Pick the next job of a batch system.

    An episode is one run of a scenario. Each step names one of the ``slots`` oldest waiting jobs: if it fits it
    starts, and time stands still; if not, all others wait until it has started. The action ``slots`` waits for the
    next event.

    Parameters
    ----------
    scenario
        A name of the catalog, the path of a scenario file, the text of one, or its tables as a dict.
    set
        Dotted keys of the scenario and their values, as ``{"workload.load": 1.1}``.
    slots
        Waiting jobs that are seen at a time, the oldest first; 128 by default.
    reward
        ``jct`` (the default), ``wait``, ``bounded_slowdown`` (at each step), ``jct_mean``, ``wait_mean`` or
        ``bounded_slowdown_mean`` (at the end); all are costs with a minus sign.
    policy
        The policy of the scenario whose placer and predictor serve the agent; the first by default.
    point
        Which combination of the scenario's axes, by number; 0 by default.
    max_steps, max_time
        Steps and simulated time [s] after which an episode is truncated.
    window
        So many consecutive jobs of the scenario's trace are an episode. Where they begin is drawn from the seed, or
        said by ``reset(options={"start": k})``. By default an episode plays the whole trace.
    mask_in_obs
        Observations are dicts of ``observation`` and ``action_mask``.
    metrics
        ``info["outcome"]["metrics"]`` has all metrics that a run of the scenario has.
    seeds
        Episodes that are reset without a seed draw one from ``low`` to ``high - 1``; ``(0, 2**31)`` by default.
    render_mode
        ``ansi`` or ``None``.

    Raises
    ------
    ScenarioError
        If the scenario, its trace, a keyword, or a seed or an option of ``reset`` is not right: with everything that
        is wrong.

    Examples
    --------
    >>> import gymnasium, windtunnel
    >>> env = gymnasium.make("windtunnel/BatchQueue-v0", scenario="quickstart", set={"workload.duration": "2h"})
    >>> observation, info = env.reset(seed=1)
    >>> done = False
    >>> while not done:
    ...     action = info["action_mask"].argmax()  # the oldest job: first come, first served
    ...     observation, reward, terminated, truncated, info = env.step(action)
    ...     done = terminated or truncated
    >>> sorted(info["outcome"])[:3]
    ['bounded_slowdown_mean', 'fingerprint', 'jct_mean']
    """

    metadata = {"render_modes": ["ansi"], "render_fps": 4}

    def __init__(
        self, scenario: ScenarioLike = "quickstart", *, render_mode: str | None = None, **keywords: Unpack[Keywords]
    ):
        self.render_mode = render_mode
        self._settings = Settings(scenario=scenario, render_mode=render_mode, **keywords)
        self._episodes: _windtunnel.Episodes | None = self._settings.episodes(1)
        self._width = self._open().width
        self._slots = self._settings.slots
        self._legal: np.ndarray | None = None
        self.observation_space = self._settings.observation_space()
        self.action_space = self._settings.action_space()

    @property
    def information(self) -> str:
        """What estimates are made of: ``declared``, ``online``, ``oracle`` or ``noisy-oracle``."""
        return self._open().information

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin the episode of that seed, which is the seed of the run; without one, the next of ``np_random``.

        With ``window``, ``options={"start": k}`` plays the jobs from number k of the trace on, counted from 0.
        """
        seed = checked_seed(seed)
        super().reset(seed=seed)
        start = checked_start(start_of(options))
        seen = np.empty(self._width, np.float32)
        legal = np.empty(self._slots + 1, np.bool_)
        row = self._open().reset(0, self._settings.seed(seed, self.np_random), start, seen, legal)
        self._legal = legal
        return self._settings.observation(seen, legal), self._info(row, legal)

    def step(self, action: int) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Pick the job in that slot, or wait."""
        seen = np.empty(self._width, np.float32)
        legal = np.empty(self._slots + 1, np.bool_)
        row = self._open().step(0, int(action), seen, legal)
        self._legal = legal
        info = self._info(row, legal)
        return self._settings.observation(seen, legal), row[0], row[1], row[2], info

    def action_masks(self) -> np.ndarray:
        """Give the legal actions as booleans, as sb3-contrib asks for them."""
        if self._legal is None:
            raise RuntimeError("reset() must be called before action_masks()")
        return self._legal.copy()

    def jobs(self) -> list[dict[str, Any]]:
        """Give the declared facts of the jobs in the slots, for heuristics; times in seconds."""
        return self._open().jobs(0)

    def render(self) -> str | None:
        """Describe the cluster and the first waiting jobs."""
        return self._open().text(0) if self.render_mode == "ansi" else None

    def close(self) -> None:
        """Let go of the episode."""
        self._episodes = None

    def _open(self) -> _windtunnel.Episodes:
        if self._episodes is None:
            raise RuntimeError("the environment is closed")
        return self._episodes

    def _info(self, row: "_windtunnel.Row", legal: np.ndarray) -> dict[str, Any]:
        info = {
            "action_mask": legal.astype(np.int8),
            "dt": row[3],
            "time": row[4],
            "waiting": row[5],
            "running": row[6],
            "invalid": row[7],
        }
        if row[1] or row[2]:
            info["outcome"] = self._open().outcome(0)
        return info

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        episodes = state.pop("_episodes")
        begun = self._legal is not None and episodes is not None
        return {"state": state, "closed": episodes is None, "history": episodes.history(0) if begun else None}

    def __setstate__(self, pickled: dict[str, Any]) -> None:
        self.__dict__.update(pickled["state"])
        self._episodes = None if pickled["closed"] else self._settings.episodes(1)
        if pickled["history"] is not None:
            self._open().replay(0, *pickled["history"])
