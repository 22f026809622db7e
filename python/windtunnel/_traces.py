"""Traces: audited before they are trusted, and written by generators."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from . import _scenario, _windtunnel
from ._scenario import ScenarioLike


def inspect(
    target: ScenarioLike, *, reader: str | None = None, set: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Audits a trace: load, peak demand, impossible jobs, gaps, missing fields. Nothing is run.

    Parameters
    ----------
    target : str, path or dict
        A trace file, or a scenario with a trace, which is held against that scenario's cluster.
    reader : str, optional
        The file's format, if its name and header do not tell: a name of ``list_plugins("workload")``.
    set : mapping, optional
        Keys of the reader, or of the scenario.

    Returns
    -------
    dict
        What ``windtunnel trace inspect --format json`` prints: times in seconds, demand in units x hours. What is
        wrong with the trace is listed under ``problems``.

    Raises
    ------
    ScenarioError
        If the trace cannot be read at all, or ``target`` is neither.

    Examples
    --------
    >>> import tempfile, windtunnel
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     log = Path(folder) / "log.swf"
    ...     written = windtunnel.generate("backfill", log, set={"workload.jobs": 100})
    ...     windtunnel.inspect(log)["jobs"]
    100
    """
    name, text = _scenario.source(target)
    if text is None:
        audit = _windtunnel.inspect(name, reader, _scenario.sets(set))
    elif reader is not None:
        raise ValueError(f"reader={reader!r}: a scenario names its reader itself, under workload.type")
    else:
        audit = _windtunnel.inspect_scenario(name, _scenario.load(target, set=set)[0])
    found: dict[str, Any] = json.loads(audit)
    return found


def generate(
    scenario: ScenarioLike, out: str | os.PathLike[str], *, seed: int = 1, set: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Writes the jobs of a scenario's workload to a file, in the order of submission.

    Parameters
    ----------
    scenario : str, path or dict
        As for :func:`run`. Of a scenario with axes, the first point counts.
    out : path
        The file to write: ``.csv``, ``.parquet`` (both hold all of a job) or ``.swf``.
    seed : int
        The seed: the jobs are those that runs of this seed see.
    set : mapping, optional
        Keys of the scenario to replace.

    Returns
    -------
    dict
        ``jobs``, how many were written; ``lost``, of how many jobs the format could not say what.

    Raises
    ------
    ScenarioError
        If the scenario is not right, or the file cannot be written.

    Examples
    --------
    >>> import tempfile, windtunnel
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     windtunnel.generate("backfill", folder + "/jobs.parquet", set={"workload.jobs": 100})
    {'jobs': 100, 'lost': {}}
    """
    loaded, _ = _scenario.load(scenario, set=set)
    jobs, lost = _windtunnel.generate(loaded, os.fspath(out), seed)
    return {"jobs": jobs, "lost": dict(lost)}
