"""A wind tunnel for cluster schedulers.

Runs scenarios of the deterministic cluster simulator Windtunnel from Python, with the results as Polars frames;
policies may be written in Python (:class:`Policy`), sweeps may go to any executor (:func:`sweep`).

>>> import windtunnel
>>> results = windtunnel.run("quickstart", seeds=1, set={"workload.duration": "3h"})
>>> results.runs.height > 0
True
"""

from ._errors import Problem, ScenarioError
from ._executor import ray_executor
from ._lists import catalog, kinds, list_metrics, list_plugins, list_policies, schema
from ._policy import Policy
from ._results import FailedRun, Results, load
from ._run import run, sweep
from ._scenario import validate
from ._traces import generate, inspect
from ._windtunnel import LANES, Decision, Group, Job, Refused, Run, __version__

__all__ = [
    "LANES",
    "Decision",
    "FailedRun",
    "Group",
    "Job",
    "Policy",
    "Problem",
    "Refused",
    "Results",
    "Run",
    "ScenarioError",
    "__version__",
    "catalog",
    "generate",
    "inspect",
    "kinds",
    "list_metrics",
    "list_plugins",
    "list_policies",
    "load",
    "ray_executor",
    "run",
    "schema",
    "sweep",
    "validate",
]

try:
    import gymnasium as _gymnasium  # noqa: F401
except ImportError:
    pass
else:
    from . import envs

    envs.register()
