"""Running scenarios: in this process, or by any executor."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, TypedDict, Unpack

from . import _executor, _scenario, _windtunnel
from ._errors import refusal
from ._progress import Progress, progress_of
from ._results import FailedRun, Results
from ._scenario import ScenarioLike, Seeds


class RunKeywords(TypedDict, total=False):
    """The keywords of :func:`run`."""

    policies: Iterable[Any] | None
    set: Mapping[str, Any] | None
    seeds: Seeds | None
    out: str | os.PathLike[str] | None
    jobs: bool
    log_decisions: bool
    threads: int | None
    resume: bool
    progress: Progress | bool | None


def run(
    scenario: ScenarioLike,
    *,
    policies: Iterable[Any] | None = None,
    set: Mapping[str, Any] | None = None,
    seeds: Seeds | None = None,
    out: str | os.PathLike[str] | None = None,
    jobs: bool = False,
    log_decisions: bool = False,
    threads: int | None = None,
    resume: bool = False,
    progress: Progress | bool | None = None,
) -> Results:
    """Runs a scenario: every policy on every seed at every point of its sweep.

    Parameters
    ----------
    scenario : str, path or dict
        A name of the catalog, the path of a TOML file, the text of one, or its tables as a dict.
    policies : iterable, optional
        The policies to compare, instead of the scenario's own: objects of classes derived from :class:`Policy`, dicts
        with the keys of ``[[policy]]``, or names of types. ``...`` stands for the scenario's own ones.
    set : mapping, optional
        Keys to replace, as dotted paths: ``{"workload.load": 0.9, "policy[0].order": "sjf"}``.
    seeds : int, iterable of int or mapping, optional
        How many seeds, counted from 1, or which; or the keys of ``sweep.seeds`` that add seeds until an interval is
        narrow enough: ``{"until": "ci95 < 1%", "metric": "jct_mean", "max": 200}``.
    out : path, optional
        The results folder. Without one, the results live as long as the object that is returned.
    jobs : bool
        Keeps a row per job.
    log_decisions : bool
        Keeps a log of every decision.
    threads : int, optional
        Runs at a time; one per processor by default. The interpreter is free meanwhile.
    resume : bool
        Keeps the finished runs of ``out``.
    progress : callable or bool, optional
        ``progress(done, total)`` is called now and then. By default a line is shown if this is a terminal.

    Returns
    -------
    Results

    Raises
    ------
    ScenarioError
        If the scenario, a trace or the folder is not right: with everything that is wrong.
    KeyboardInterrupt
        Runs that were finished are kept in ``out``; ``resume=True`` goes on with the others. Also if a policy raised
        it, or a ``SystemExit``.

    Examples
    --------
    >>> import windtunnel
    >>> results = windtunnel.run("quickstart", seeds=2, set={"workload.duration": "6h"})
    >>> results.policies
    ['fcfs/first-fit', 'fcfs/best-fit/skip', 'sjf/best-fit/skip', 'priority/worst-fit/skip']
    >>> waits = results.summary().filter(metric="wait_mean")
    >>> waits.height
    4
    """
    if threads is not None and threads < 1:
        raise ValueError(f"threads={threads}: must be at least 1")
    loaded, _ = _scenario.load(scenario, policies=policies, set=set, seeds=seeds)
    folder, temporary = _folder(out)
    tell, end = progress_of(progress)
    wanted: _windtunnel.Wanted = {"out": folder, "jobs": jobs, "log_decisions": log_decisions, "resume": resume}
    try:
        failed, resumed = loaded.run(wanted, threads, tell)
    finally:
        end()
    return Results(folder, failed=_failed(failed), resumed=resumed, temporary=temporary)


def sweep(
    scenario: ScenarioLike,
    *,
    executor: Executor | Callable[[], Executor] | None = None,
    batch: int | None = None,
    retries: int = 2,
    **keywords: Unpack[RunKeywords],
) -> Results:
    """Runs a scenario by an executor: in other processes, or on other machines.

    Batches of runs are the tasks. Their results are written as they come, so that an interruption costs only what was
    under way, and the folder has the bytes of a local sweep. Workers need this package in the same version, and find
    traces and the modules of Python policies where the scenario names them.

    Parameters
    ----------
    scenario
        As for :func:`run`.
    executor : Executor or callable, optional
        Any executor with the interface of :mod:`concurrent.futures`: ``ThreadPoolExecutor``, ``ProcessPoolExecutor``,
        ``dask.distributed.Client(...).get_executor()``, ``mpi4py.futures.MPIPoolExecutor``, :func:`ray_executor`. A
        function that makes one is called again if the executor breaks, as a process pool does when it loses a process.
        ``None`` runs on the threads of this process.
    batch : int, optional
        Runs per task; by default so many that there are some thirty tasks, but at most 32.
    retries : int
        How often a batch that was lost is sent again, run by run. Runs that are lost each time are failures then.
    **keywords
        ``policies``, ``set``, ``seeds``, ``out``, ``jobs``, ``log_decisions``, ``resume`` and ``progress``, as for
        :func:`run`; without an executor ``threads`` too.

    Returns
    -------
    Results

    Raises
    ------
    ScenarioError, KeyboardInterrupt
        As for :func:`run`.
    ValueError
        If ``batch`` or ``retries`` is too small, or ``threads`` is given beside an executor.
    TypeError
        If ``executor`` is none, or its tasks are no futures.

    Examples
    --------
    >>> import windtunnel
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> with ThreadPoolExecutor(2) as executor:
    ...     results = windtunnel.sweep("quickstart", executor=executor, set={"workload.duration": "3h"})
    >>> len(results.fingerprints)
    12
    """
    if executor is None:
        return run(scenario, **keywords)
    _executor.check(executor)
    for name, value, least in (("batch", batch, 1), ("retries", retries, 0)):
        if value is not None and value < least:
            raise ValueError(f"{name}={value}: must be at least {least}")
    if (threads := keywords.get("threads")) is not None:
        raise ValueError(f"threads={threads}: it is the executor that says how many runs go at a time")
    if unknown := keywords.keys() - RunKeywords.__annotations__.keys():
        raise TypeError(f"sweep() got an unexpected keyword argument {min(unknown)!r}")
    loaded, classes = _scenario.load(
        scenario, policies=keywords.get("policies"), set=keywords.get("set"), seeds=keywords.get("seeds")
    )
    loaded.prepare()
    folder, temporary = _folder(keywords.get("out"))
    jobs, log_decisions = keywords.get("jobs", False), keywords.get("log_decisions", False)
    resume = keywords.get("resume", False)
    session = loaded.open({"out": folder, "jobs": jobs, "log_decisions": log_decisions, "resume": resume})
    task = _executor.Task(loaded.text, loaded.name, jobs, log_decisions, classes)
    tell, end = progress_of(keywords.get("progress"))
    try:
        _executor.drive(session, executor, task, batch=batch, retries=retries, progress=tell)
        failed, resumed = session.assemble()
    finally:
        session.close()
        end()
    return Results(folder, failed=_failed(failed), resumed=resumed, temporary=temporary)


def _folder(out: str | os.PathLike[str] | None) -> tuple[Path, tempfile.TemporaryDirectory[str] | None]:
    if out is not None:
        folder = Path(out)
        if (there := next((path for path in (folder, *folder.parents) if path.exists()), folder)).is_file():
            raise refusal([(str(there), "", "", "is not a folder")])
        return folder, None
    temporary = tempfile.TemporaryDirectory(prefix="windtunnel-")
    return Path(temporary.name) / "results", temporary


def _failed(rows: list[tuple[str, str]]) -> list[FailedRun]:
    return [FailedRun(*row) for row in rows]
