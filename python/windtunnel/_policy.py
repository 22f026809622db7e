"""Policies written in Python: the base class, and how a scenario's text becomes an object."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._windtunnel import Decision

#: Classes of this process that an import would not find: those of a notebook or of a function's body.
_known: dict[str, type[Policy]] = {}


class Policy:
    """A scheduler written in Python. Derive from it and write ``decide``.

    The arguments of the constructor must be plain (numbers, text, truth values, or lists of these), because they are
    written into the scenario: every run makes an object of its own from them. A policy decides from the decision and
    from its own state alone, draws with ``decision.random()``, and looks at no clock: then the same scenario and seed
    give the same run on any machine, in any number of processes.

    Attributes
    ----------
    name : str
        The name in results; the name of the class unless it is set, on the class or in ``__init__``.
    orders : sequence of str
        In which orders ``decision.fitting`` will be asked for nodes: ``"tightest"``, ``"loosest"``, ``"rank"``. The
        engine keeps an index for each; other orders work too, with a pass over the nodes each time.

    Examples
    --------
    First come, first served, each task on the node that it fills best:

    >>> import windtunnel
    >>> class Fcfs(windtunnel.Policy):
    ...     def decide(self, decision):
    ...         for job in decision.waiting:
    ...             with decision.attempt() as attempt:
    ...                 for _ in range(job.unstarted):
    ...                     node = next(decision.fitting(job), None)
    ...                     if node is None:
    ...                         attempt.undo()
    ...                         return
    ...                     decision.stage(job, node)
    ...                 decision.start_staged(job)
    >>> results = windtunnel.run("quickstart", policies=[Fcfs()], seeds=1, set={"workload.duration": "6h"})
    >>> results.policies
    ['Fcfs']
    """

    name: str
    orders: tuple[str, ...] = ("tightest",)
    _arguments: dict[str, Any]

    def __init_subclass__(cls, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        if "name" not in cls.__dict__:
            cls.name = cls.__name__

    def __new__(cls, *args: Any, **kwargs: Any) -> Policy:
        self = super().__new__(cls)
        # Which object a run has to make again: the arguments under their names.
        try:
            bound = inspect.signature(cls.__init__).bind(self, *args, **kwargs)
        except (TypeError, ValueError):
            # The constructor is about to say what is wrong with them.
            return self
        arguments = dict(list(bound.arguments.items())[1:])
        for parameter in inspect.signature(cls.__init__).parameters.values():
            if parameter.kind is parameter.VAR_KEYWORD:
                arguments.update(arguments.pop(parameter.name, {}))
            elif parameter.kind is parameter.VAR_POSITIONAL:
                arguments.pop(parameter.name, None)
        self._arguments = arguments
        return self

    def __init__(self) -> None:
        pass

    def decide(self, decision: Decision) -> None:
        """Choose what starts where; called after every instant that changed the queue or the capacity."""
        raise NotImplementedError(f"{type(self).__name__} has no method decide")


def path_of(cls: type[Policy]) -> str:
    """``module:Class``, as a scenario names it."""
    return f"{cls.__module__}:{cls.__qualname__}"


def digest(cls: type[Policy]) -> str | None:
    """The digest of the source of a class and of those that it derives from; ``None`` if there is no source."""
    sha = hashlib.sha256()
    for base in cls.__mro__:
        if base in (Policy, object):
            continue
        try:
            sha.update(inspect.getsource(base).encode())
        except (OSError, TypeError):
            return None
    return sha.hexdigest()[:16]


def known(classes: dict[str, type[Policy]]) -> None:
    """Lets this process find the classes by these paths, should an import not."""
    _known.update(classes)


def find(path: str) -> type[Policy]:
    """The class of that path.

    Raises
    ------
    ValueError
        If there is none, or it is not derived from :class:`Policy`.
    """
    if path in _known:
        return _known[path]
    module, colon, name = path.partition(":")
    if not colon or not module or not name:
        raise ValueError("must be `module:Class`")
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    if not (isinstance(found, type) and issubclass(found, Policy)):
        raise ValueError("must be a class derived from `windtunnel.Policy`")
    return found


def make(path: str, arguments: dict[str, Any], wanted: str | None) -> Policy:
    """The object that a scenario asks for; called by the native half."""
    cls = find(path)
    if wanted is not None and (actual := digest(cls)) not in (None, wanted):
        raise ValueError(f"its source has digest {actual}, not {wanted}: it was changed since")
    made = cls(**arguments)
    if not isinstance(made.name, str) or not made.name:
        raise ValueError(f"its name must be text that is not empty, not {made.name!r}")
    return made


def as_table(policy: Any) -> dict[str, Any]:
    """What stands for a policy in a scenario: of an object its class and arguments, of anything else itself."""
    if isinstance(policy, type) and issubclass(policy, Policy):
        policy = policy()
    if not isinstance(policy, Policy):
        if isinstance(policy, str):
            return {"type": policy}
        if isinstance(policy, dict):
            return policy
        rule = "a policy is an object of a class derived from windtunnel.Policy, a dict or a name"
        raise TypeError(f"{rule}, not {policy!r}")
    cls = type(policy)
    arguments = {name: value for name, value in policy._arguments.items() if value is not None}
    try:
        json.dumps(arguments, allow_nan=False)
    except (TypeError, ValueError) as error:
        text = f"{path_of(cls)} was made with something that a scenario cannot hold ({error}): arguments are numbers, "
        raise TypeError(text + "text, truth values or lists of these") from None
    table: dict[str, Any] = {"type": "python", "class": path_of(cls), "name": policy.name, "params": arguments}
    known({path_of(cls): cls})
    if (found := digest(cls)) is not None:
        table["digest"] = found
    return table


def classes_of(tables: list[Any]) -> list[type[Policy]]:
    """The Python classes that a scenario's policies are made of."""
    paths = [table["class"] for table in tables if isinstance(table, dict) and table.get("type") == "python"]
    return [find(path) for path in dict.fromkeys(paths)]
