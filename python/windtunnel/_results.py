"""Results folders as Polars frames."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypedDict, Unpack

import polars as pl

from . import _windtunnel
from ._errors import refusal


@dataclass(frozen=True)
class FailedRun:
    """A run that has no result.

    Attributes
    ----------
    id : str
        The run's id in the results folder: policy, seed, and a digest.
    message : str
        Why it failed. Of a policy written in Python, the traceback.

    Examples
    --------
    >>> import windtunnel
    >>> class Lazy(windtunnel.Policy):
    ...     pass
    >>> results = windtunnel.run("quickstart", policies=[Lazy()], seeds=1, set={"workload.duration": "2h"})
    >>> "NotImplementedError: Lazy has no method decide" in results.failed[0].message
    True
    """

    id: str
    message: str


class HowCompared(TypedDict, total=False):
    """The keywords of :meth:`Results.compare`."""

    other: Results | None
    metrics: Sequence[str] | None
    method: Literal["t", "bootstrap-t", "bca"]


class Results:
    """The results of a scenario: a folder, read when it is asked for.

    Made by :func:`run`, :func:`sweep` and :func:`load`.

    Attributes
    ----------
    path : pathlib.Path
        The folder. If none was named it is a temporary one, which goes when this object does.
    failed : list of FailedRun
        Runs without a result, kept apart from the others.
    resumed : int
        Runs that an earlier call had done.

    Raises
    ------
    ScenarioError
        By whatever reads a table: if a file has other bytes than were written, by the checksums in ``manifest.json``.

    Examples
    --------
    >>> import windtunnel
    >>> results = windtunnel.run("quickstart", seeds=2, jobs=True, set={"workload.duration": "6h"})
    >>> results.runs.columns[-3:], results.jobs.height > 0, len(results.failed)
    (['metric', 'unit', 'value'], True, 0)
    """

    def __init__(
        self,
        path: Path,
        *,
        failed: list[FailedRun] | None = None,
        resumed: int = 0,
        temporary: tempfile.TemporaryDirectory[str] | None = None,
    ):
        self.path = path
        self.failed = failed or []
        self.resumed = resumed
        self._temporary = temporary

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """The manifest: the scenario's text and digest, versions, and the fingerprint of every run."""
        return _read_json(self.path / "manifest.json")

    @property
    def name(self) -> str:
        """The scenario's name."""
        return str(self.manifest["scenario"])

    @property
    def policies(self) -> list[str]:
        """Names of the policies, the baseline first."""
        return list(dict.fromkeys(run["policy"] for run in self.manifest["runs"]))

    @property
    def fingerprints(self) -> pl.DataFrame:
        """The digest of the events of every run: equal runs have equal ones."""
        heads = [
            {"policy": run["policy"], "seed": run["seed"], **run["params"], "fingerprint": run["fingerprint"]}
            for run in self.manifest["runs"]
        ]
        return pl.DataFrame(heads)

    @cached_property
    def runs(self) -> pl.DataFrame:
        """One row per run and metric."""
        return self._read("runs")

    @cached_property
    def jobs(self) -> pl.DataFrame:
        """One row per job and run. Needs ``jobs=True``."""
        return self._read("jobs", "run it with jobs=True")

    @cached_property
    def series(self) -> pl.DataFrame:
        """One row per run and interval. Needs ``measure.series`` in the scenario."""
        return self._read("series", 'set={"measure.series": "10m"} asks for it')

    @cached_property
    def loads(self) -> pl.DataFrame:
        """One row per run and percent of arrived load. Needs ``measure.arrived_load`` in the scenario."""
        return self._read("loads", 'set={"measure.arrived_load": [50, 100]} asks for it')

    def _read(self, stem: str, how: str = "") -> pl.DataFrame:
        # Runs whose columns differ are in files of their own: series.parquet, series-2.parquet, ..
        files = _windtunnel.table_files(self.path, stem)
        if not files:
            raise FileNotFoundError(f"{self.path} has no {stem}.parquet" + (f": {how}" if how else ""))
        frames = [pl.read_parquet(file) for file in files]
        return frames[0] if len(frames) == 1 else pl.concat(frames, how="diagonal")

    def summary(self) -> pl.DataFrame:
        """Means over seeds of every metric, with 95 % intervals by Student's t.

        Examples
        --------
        >>> import windtunnel
        >>> results = windtunnel.run("quickstart", seeds=2, set={"workload.duration": "6h"})
        >>> summary = results.summary()
        >>> summary.columns[:3], summary["n"].max()
        (['policy', 'predictor', 'information'], 2)
        """
        return pl.DataFrame(_windtunnel.summary(self.path))

    def compare(
        self,
        a: str,
        b: str | Sequence[str],
        *,
        other: Results | None = None,
        metrics: Sequence[str] | None = None,
        method: Literal["t", "bootstrap-t", "bca"] = "t",
    ) -> pl.DataFrame:
        """What changes from policy ``a`` to policy ``b``, in pairs of runs with equal seed and point.

        Parameters
        ----------
        a, b : str
            The baseline, and what is compared to it; ``b`` may be several.
        other : Results, optional
            Where the runs of ``b`` are; by default where those of ``a`` are.
        metrics : list of str, optional
            Full names, or families that end in ``_``; by default those of the text table.
        method : str
            How intervals and p-values are made: by Student's t (``"t"``), by the studentized bootstrap
            (``"bootstrap-t"``), for differences with a long tail, or by the bias-corrected and accelerated bootstrap
            (``"bca"``), which is for many seeds: of a handful it makes intervals that are too short.

        Returns
        -------
        polars.DataFrame
            Per policy of ``b``, metric and point, then over all points (axes are null): pairs, both means, the mean
            difference ``b - a``, its 95 % interval, its p-value alone (``p``) and after Holm (``p_holm``), Cohen's d_z
            (``effect``), and the verdict after the correction. Rows over all points are corrected together, and so
            are those at points.

        Examples
        --------
        >>> import windtunnel
        >>> results = windtunnel.run("quickstart", seeds=3, set={"workload.duration": "6h"})
        >>> found = results.compare("fcfs/first-fit", results.policies[1:], metrics=["wait_mean"])
        >>> found["pairs"].to_list(), "p_holm" in found.columns
        ([3, 3, 3], True)
        """
        return pl.DataFrame(_windtunnel.compare(self._question(a, b, other, metrics, method)))

    def findings(self, a: str, b: str | Sequence[str], **how: Unpack[HowCompared]) -> list[str]:
        """What :meth:`compare` finds over all points, in sentences: who beats whom, by how much, and how sure that is.

        Parameters
        ----------
        a, b, **how
            As for :meth:`compare`: ``other``, ``metrics`` and ``method``.

        Returns
        -------
        list of str
            One sentence per policy of ``b`` and metric; "no difference shown" where there is none to be seen.
        """
        return _windtunnel.findings(self._question(a, b, **how))

    def _question(
        self,
        a: str,
        b: str | Sequence[str],
        other: Results | None = None,
        metrics: Sequence[str] | None = None,
        method: str = "t",
    ) -> _windtunnel.Question:
        return {
            "folder_a": self.path,
            "a": a,
            "folder_b": (self if other is None else other).path,
            "b": [b] if isinstance(b, str) else list(b),
            "metrics": None if metrics is None else list(metrics),
            "method": method,
        }

    def steady(self, metrics: Sequence[str] | None = None, *, batches: int = 20) -> pl.DataFrame:
        """Where the warm-up of each run ends (by MSER-5), and what it comes to after that (by batch means).

        Parameters
        ----------
        metrics : list of str, optional
            Metrics of jobs such as ``wait``, columns of the series such as ``queue``, or families that end in ``_``; by
            default ``wait``, ``jct``, ``bounded_slowdown``, ``queue`` and ``utilization_``.
        batches : int
            Batches of the interval of a run, from 5 to 1000.

        Returns
        -------
        polars.DataFrame
            One row per run and metric, then one per policy, point and metric over all seeds, whose ``seed`` is null:
            values that are left out of each run (``cut``), the time until then (``warmup_s``), the mean of all values
            (``mean_all``) and of those after it (``mean``) with its 95 % interval (of a run that of its ``batch_mean``,
            which leaves out what does not fill all batches), and the ``state``: ``steady``, ``not steady`` or ``too short``. ``dependent`` counts runs whose batches depend on each other (``lag1``): their
            intervals are too narrow.

        Raises
        ------
        ScenarioError
            If there is no table of jobs, which ``jobs=True`` asks for, or no such metric; if a table is damaged.

        Examples
        --------
        >>> import windtunnel
        >>> results = windtunnel.run("quickstart", seeds=2, jobs=True, set={"workload.duration": "5d"})
        >>> found = results.steady(["wait"])
        >>> found["seed"].to_list()[-5:], found["runs"].to_list()[-5:]
        ([2, None, None, None, None], [1, 2, 2, 2, 2])
        """
        if not isinstance(batches, int) or isinstance(batches, bool) or abs(batches) >= 2**63:
            raise refusal([("steady", "batches", repr(batches), "must be a whole number from 5 to 1000")])
        return pl.DataFrame(_windtunnel.steady(self.path, list(metrics or []), batches))

    def report(self, out: str | os.PathLike[str] | None = None, *, metrics: Sequence[str] | None = None) -> Path:
        """Writes a page with tables and pictures that needs no other file; the pictures also go to files of their own.

        Parameters
        ----------
        out : path, optional
            The page; by default ``report.html`` in the folder. Pictures are in ``plots`` in the folder.
        metrics : list of str, optional
            Full names, or families that end in ``_``; by default those of the text table.

        Returns
        -------
        pathlib.Path
            The page.
        """
        return Path(_windtunnel.report(self.path, out, None if metrics is None else list(metrics)))

    def table(self, metrics: Sequence[str] | None = None) -> pl.DataFrame:
        """Means over seeds, one row per policy and point and one column per metric.

        Parameters
        ----------
        metrics : list of str, optional
            Full names, or families that end in ``_``; by default a few that are usual.

        Raises
        ------
        ScenarioError
            If no run has such a metric.
        """
        summary = self.summary()
        named = _windtunnel.covered_metrics(self.path, list(metrics)) if metrics else []
        shown = named or [name for name in _SHOWN if name in set(summary["metric"])]
        fixed = ("predictor", "information", "metric", "unit", "mean", "ci95_low", "ci95_high", "n")
        keys = [column for column in summary.columns if column not in fixed]
        rows = summary.filter(pl.col("metric").is_in(shown))
        wide = rows.pivot(on="metric", index=keys, values="mean", aggregate_function="first", maintain_order=True)
        return wide.select(keys + [name for name in shown if name in wide.columns])

    def __repr__(self) -> str:
        runs = len(self.manifest["runs"])
        failed = f", {len(self.failed)} failed" if self.failed else ""
        return f"Results({self.name}: {runs} runs of {len(self.policies)} policies{failed}; in {self.path})"

    def _repr_html_(self) -> str:
        from html import escape

        return f"<p>{escape(repr(self))}</p>{self.table()._repr_html_()}"


#: Columns of the table, if there are such metrics.
_SHOWN = [
    "wait_mean",
    "wait_p95",
    "bounded_slowdown_mean",
    "jct_mean",
    "makespan",
    "utilization_cpu",
    "utilization_gpu",
]


def load(path: str | os.PathLike[str]) -> Results:
    """The results of an earlier run.

    Parameters
    ----------
    path : path
        A folder that :func:`run`, :func:`sweep` or ``windtunnel run`` has written.

    Raises
    ------
    ScenarioError
        If it holds no results.

    Examples
    --------
    >>> import tempfile, windtunnel
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = windtunnel.run("quickstart", seeds=1, out=folder + "/r", set={"workload.duration": "2h"})
    ...     windtunnel.load(folder + "/r").fingerprints.equals(made.fingerprints)
    True
    """
    folder = Path(path)
    if not (folder / "manifest.json").is_file():
        rule = "holds no results" if folder.is_dir() else "is not a folder"
        raise refusal([(str(folder), "", "", rule)])
    return Results(folder, failed=_failed(folder))


def _failed(folder: Path) -> list[FailedRun]:
    """The runs that the folder lists as failed."""
    listed = folder / "failed.json"
    if not listed.exists():
        return []
    runs = _read_json(listed)["failed"]
    return [FailedRun(run["id"], run["message"]) for run in runs]


def _read_json(path: Path) -> dict[str, Any]:
    """What a JSON file of a results folder holds."""
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise refusal([(str(path), "", "", f"is damaged: {error}")]) from None
    return found
