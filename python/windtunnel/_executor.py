"""Sweeps by executors: batches of runs as tasks, lost ones sent again, results written as they come."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass
from typing import Any

from . import _policy, _windtunnel
from ._errors import ScenarioError
from ._progress import Progress

#: Tasks that an executor holds at a time, at most: many workers are kept busy, and memory stays bounded (arbitrary).
IN_FLIGHT_MAX = 512

#: Runs per task at most, so that a lost worker costs little (arbitrary).
BATCH_MAX = 32


@dataclass(frozen=True)
class Task:
    """What every task of a sweep is told."""

    text: str
    name: str
    jobs: bool
    log_decisions: bool
    #: Classes of Python policies. The executor's pickling takes them along, by value where it can.
    classes: dict[str, type[_policy.Policy]]


def run_batch(task: Task, ids: list[str]) -> bytes:
    """Does runs of a scenario, in whatever process, and yields their results; called by workers."""
    _policy.known(task.classes)
    return _windtunnel.run_batch(task.text, task.name, ids, task.jobs, task.log_decisions)


@dataclass
class Batch:
    """Runs that go together, and how often they were lost."""

    ids: list[str]
    lost: int = 0


def check(executor: Any) -> None:
    """Refuses what can neither take tasks nor be called for something that can."""
    if not hasattr(executor, "submit") and not callable(executor):
        raise TypeError(f"executor={executor!r}: must be an executor, or a function that makes one")


class Pool:
    """An executor, made anew when it breaks if there is a way to."""

    def __init__(self, executor: Executor | Callable[[], Executor]):
        # Executors of other libraries need not be derived from the standard one.
        # A class of executors has the method too, but makes them.
        is_one = hasattr(executor, "submit") and not isinstance(executor, type)
        self._make: Any = None if is_one else executor
        self._executor: Any = executor if is_one else None

    def submit(self, task: Task, batch: Batch) -> Future[bytes]:
        """The future of a batch; one that has failed already if the executor takes none."""
        for attempt in (1, 2):
            if self._executor is None:
                assert self._make is not None
                self._executor = self._make()
                if not hasattr(self._executor, "submit"):
                    raise TypeError(f"executor={self._make!r}: it made {self._executor!r}, which is no executor")
            try:
                future: Future[bytes] = self._executor.submit(run_batch, task, batch.ids)
                if not isinstance(future, Future):
                    rule = "its submit must return a concurrent.futures.Future"
                    raise TypeError(f"executor={self._executor!r}: {rule}, not {future!r}")
                return future
            except (BrokenExecutor, RuntimeError) as error:
                # A broken pool takes no task any more, and raises either of these.
                if self._make is None or attempt == 2:
                    failed: Future[bytes] = Future()
                    failed.set_exception(error)
                    return failed
                self.close()
        raise AssertionError("the second attempt returns")

    def close(self) -> None:
        """Ends the executor if it was made here."""
        if self._make is not None and hasattr(self._executor, "shutdown"):
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._executor = None


def drive(
    session: _windtunnel.Session,
    executor: Executor | Callable[[], Executor],
    task: Task,
    *,
    batch: int | None,
    retries: int,
    progress: Progress | None,
) -> None:
    """Does all missing runs of a session. Runs that are lost more than ``retries`` times become failures."""
    pool = Pool(executor)
    try:
        # Sweeps that add seeds until an interval is narrow enough ask for more when a round is done.
        while missing := session.missing():
            _round(session, pool, task, _cut(missing, batch), retries, progress)
    finally:
        pool.close()


def _cut(ids: list[str], size: int | None) -> deque[Batch]:
    size = size or max(1, min(BATCH_MAX, len(ids) // 32))
    return deque(Batch(ids[at : at + size]) for at in range(0, len(ids), size))


def _round(
    session: _windtunnel.Session,
    pool: Pool,
    task: Task,
    todo: deque[Batch],
    retries: int,
    progress: Progress | None,
) -> None:
    flying: dict[Future[bytes], Batch] = {}
    try:
        while todo or flying:
            while todo and len(flying) < IN_FLIGHT_MAX:
                batch = todo.popleft()
                flying[pool.submit(task, batch)] = batch
            done, _ = wait(flying, return_when=FIRST_COMPLETED)
            for future in done:
                batch = flying.pop(future)
                error = _outcome(session, future)
                if error is not None:
                    _again(session, batch, error, retries, todo)
            if progress is not None:
                progress(*session.progress())
    finally:
        for future in flying:
            future.cancel()


def _outcome(session: _windtunnel.Session, future: Future[bytes]) -> BaseException | None:
    """Takes the results of a batch; yields what it was lost by, if it was.

    Bad input is raised at once: it would be as bad the next time.
    """
    try:
        session.accept(future.result())
    except ScenarioError:
        raise
    except (Exception, asyncio.CancelledError) as error:
        return error
    return None


def _again(
    session: _windtunnel.Session, batch: Batch, error: BaseException, retries: int, todo: deque[Batch]
) -> None:
    """Sends a lost batch again, run by run, so that one run that ends its worker takes no others with it."""
    lost = batch.lost + 1
    if lost > retries:
        why = f"{type(error).__name__}: {error}".rstrip(": ")
        for run in batch.ids:
            session.lose(run, f"lost {lost} times, the last time by {why}")
    else:
        todo.extend(Batch([run], lost) for run in batch.ids)


def ray_executor(**options: Any) -> Executor:
    """An executor of tasks on a Ray cluster, which is connected to or started if it was not.

    Parameters
    ----------
    **options
        Options of Ray's remote functions, such as ``num_cpus`` or ``resources``.

    Notes
    -----
    Needs the package ``ray``, which this package does not ask for. Ray sends tasks of lost workers again by itself
    (``max_retries``); what is lost all the same is sent again by :func:`sweep`.

    Examples
    --------
    >>> import windtunnel
    >>> windtunnel.sweep("quickstart", executor=windtunnel.ray_executor(num_cpus=1))  # doctest: +SKIP
    """
    import ray  # type: ignore[import-not-found]

    if not ray.is_initialized():
        ray.init()

    class RayExecutor(Executor):
        def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            call = ray.remote(**options)(function) if options else ray.remote(function)
            future: Future[Any] = call.remote(*args, **kwargs).future()
            return future

    return RayExecutor()
