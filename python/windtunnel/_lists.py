"""What the package knows of itself, as frames."""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from . import _windtunnel

_PARAMETERS = pl.List(
    pl.Struct({"name": pl.String, "default": pl.String, "required": pl.Boolean, "documentation": pl.String})
)


def list_plugins(kind: str) -> pl.DataFrame:
    """The plug-ins of one kind that a scenario may name.

    Parameters
    ----------
    kind : str
        One of :func:`kinds`, such as ``"policy"``, ``"order"``, ``"place"``, ``"workload"`` or ``"predictor"``.

    Returns
    -------
    polars.DataFrame
        Name, documentation, parameters (a list of name, default, whether it is required, and documentation), source.

    Examples
    --------
    >>> import windtunnel
    >>> "best-fit" in windtunnel.list_plugins("place")["name"]
    True
    """
    table = pl.DataFrame(_windtunnel.registry(kind))
    parameters = [json.loads(text) for text in table["parameters"]]
    return table.with_columns(pl.Series("parameters", parameters, dtype=_PARAMETERS))


def kinds() -> list[str]:
    """The kinds of plug-ins.

    Examples
    --------
    >>> import windtunnel
    >>> {"policy", "order", "place", "workload", "predictor"} <= set(windtunnel.kinds())
    True
    """
    return _windtunnel.registries()


def list_policies() -> pl.DataFrame:
    """The types of policies: :func:`list_plugins` of ``"policy"``.

    Examples
    --------
    >>> import windtunnel
    >>> "list" in windtunnel.list_policies()["name"]
    True
    """
    return list_plugins("policy")


def list_metrics() -> pl.DataFrame:
    """The metrics that runs report: name, unit, whether lower or higher is better, documentation, source.

    Examples
    --------
    >>> import windtunnel
    >>> windtunnel.list_metrics().filter(name="wait_mean")["unit"].item()
    's'
    """
    return pl.DataFrame(_windtunnel.metrics())


def catalog() -> pl.DataFrame:
    """The scenarios that come with the package: name, the question that each asks, and its text.

    Examples
    --------
    >>> import windtunnel
    >>> windtunnel.catalog()["name"][0]
    'quickstart'
    """
    return pl.DataFrame(_windtunnel.catalog_table())


def schema() -> dict[str, Any]:
    """The JSON Schema of scenario files.

    Examples
    --------
    >>> import windtunnel
    >>> {"workload", "cluster", "policy"} <= set(windtunnel.schema()["properties"])
    True
    """
    found: dict[str, Any] = json.loads(_windtunnel.schema())
    return found
