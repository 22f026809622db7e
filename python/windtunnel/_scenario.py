"""From what a caller names a scenario by to the checked one that the native half runs."""

from __future__ import annotations

import json
import math
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from . import _policy, _windtunnel
from ._errors import refusal

#: A name of the catalog, a path, the text of a scenario file, or the same as a dict.
ScenarioLike = str | os.PathLike[str] | Mapping[str, Any]

#: How many seeds, counted from 1; which; or the keys of ``sweep.seeds`` that say until when to add some.
Seeds = int | Iterable[int] | Mapping[str, Any]


def _plain(value: Any) -> Any:
    """What JSON does not know, in words that it knows."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise TypeError(f"a {type(value).__name__} is no number, text, list or dict")


def _wrong(key: str, value: Any) -> Iterator[tuple[str, str, str]]:
    """What no scenario file can say, wherever in the value: key, value and rule."""
    if isinstance(value, (np.generic, np.ndarray)):
        value = value.tolist()
    if value is None:
        yield key, "None", "must be a value, as TOML has none for this: leave the key out for its default"
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _wrong(f"{key}.{name}" if key else str(name), inner)
    elif isinstance(value, (list, tuple)):
        for n, inner in enumerate(value):
            yield from _wrong(f"{key}[{n}]", inner)
    elif isinstance(value, float) and not math.isfinite(value):
        yield key, repr(value), "must be a finite number"
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        yield key, repr(value), "must be from -2**63 to 2**63 - 1, which are the whole numbers of TOML"


def _json(key: str, value: Any) -> str:
    try:
        return json.dumps(value, default=_plain)
    except TypeError as error:
        raise TypeError(f"{key} = {value!r} cannot stand in a scenario: {error}") from None


def _lines(values: Iterable[tuple[str, str, Any]]) -> list[str]:
    """Keys and values, each with who gave them, as lines of TOML."""
    values = list(values)
    if wrong := [(file, *found) for file, key, value in values for found in _wrong(key, value)]:
        raise refusal(wrong)
    return [f"{key}={_windtunnel.toml_value(_json(key, value))}" for _, key, value in values]


def sets(replaced: Mapping[str, Any] | None) -> list[str]:
    """Keys to replace, each as a line of TOML."""
    return _lines(("set", key, value) for key, value in (replaced or {}).items())


def source(scenario: ScenarioLike) -> tuple[str, str | None]:
    """What problems call it, and its text unless that is for the native half to find."""
    if isinstance(scenario, Mapping):
        if wrong := [("scenario", *found) for found in _wrong("", scenario)]:
            raise refusal(wrong)
        return "scenario", _windtunnel.toml_document(_json("scenario", scenario))
    if isinstance(scenario, os.PathLike):
        path = os.fspath(scenario)
        # Without an ending a path could be taken for a name of the catalog.
        return (path, None) if path.endswith(".toml") else (os.path.join(".", path), None)
    if not isinstance(scenario, str):
        kind = type(scenario).__name__
        raise TypeError(f"a scenario is a name of the catalog, a path, the text of a file or a dict, not {kind}")
    is_text = "\n" in scenario or ("=" in scenario and not os.path.exists(scenario))
    return ("scenario", scenario) if is_text else (scenario, None)


def _policies(policies: Iterable[Any], own: list[Any]) -> list[Any]:
    """What is to stand under ``policy``; ``...`` stands for the scenario's own."""
    tables: list[Any] = []
    for policy in policies:
        tables.extend(own if policy is ... else [_policy.as_table(policy)])
    return tables


def load(
    scenario: ScenarioLike,
    *,
    policies: Iterable[Any] | None = None,
    set: Mapping[str, Any] | None = None,
    seeds: Seeds | None = None,
) -> tuple[_windtunnel.Scenario, dict[str, type[_policy.Policy]]]:
    """The checked scenario, and the classes of its Python policies by their paths."""
    name, text = source(scenario)
    values: list[tuple[str, str, Any]] = []
    if policies is not None:
        policies = list(policies)
        own = tomllib.loads(_windtunnel.Scenario(name, text).text)["policy"] if ... in policies else []
        values.append(("policies", "policy", _policies(policies, own)))
    if seeds is not None:
        is_list = isinstance(seeds, Iterable) and not isinstance(seeds, (str, Mapping))
        values.append(("seeds", "sweep.seeds", list(seeds) if is_list else seeds))
    values.extend(("set", key, value) for key, value in (set or {}).items())
    lines = _lines(values)
    loaded = _windtunnel.Scenario(name, text, lines)
    if '"python"' not in loaded.text and "'python'" not in loaded.text:
        return loaded, {}
    tables = tomllib.loads(loaded.text)["policy"]
    digests = _missing_digests(tables)
    if digests:
        loaded = _windtunnel.Scenario(name, text, lines + digests)
    return loaded, {_policy.path_of(cls): cls for cls in _policy.classes_of(tables)}


def _missing_digests(tables: list[Any]) -> list[str]:
    """What to set so that every Python policy carries the digest of its source."""
    missing = []
    for n, table in enumerate(tables):
        if isinstance(table, dict) and table.get("type") == "python" and "digest" not in table:
            found = _policy.digest(_policy.find(table["class"]))
            if found is not None:
                missing.extend(_lines([("policies", f"policy[{n}].digest", found)]))
    return missing


def validate(
    scenario: ScenarioLike,
    *,
    policies: Iterable[Any] | None = None,
    set: Mapping[str, Any] | None = None,
    seeds: Seeds | None = None,
) -> int:
    """Checks a scenario without running it: every key, and the traces that it names.

    Returns
    -------
    int
        How many runs it has.

    Raises
    ------
    ScenarioError
        With everything that is wrong.

    Examples
    --------
    >>> import windtunnel
    >>> windtunnel.validate("quickstart", seeds=2)
    8
    >>> try:
    ...     windtunnel.validate("quickstart", set={"policy[0].order": "fcsf"})
    ... except windtunnel.ScenarioError as error:
    ...     print(error.problems[0].key, "|", error.problems[0].rule)
    policy[0].order | is not one of `order`; did you mean `fcfs`?
    """
    loaded, _ = load(scenario, policies=policies, set=set, seeds=seeds)
    loaded.prepare()
    return len(loaded)
