"""What may be wrong with an input, as exceptions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with an input.

    Attributes
    ----------
    file : str
        The file, or what stands for one.
    key : str
        Where in it: a dotted key, a line, or empty for the file as a whole.
    value : str
        What was found there; empty if something is missing.
    rule : str
        The rule that it breaks.

    Examples
    --------
    >>> import windtunnel
    >>> try:
    ...     windtunnel.validate("quickstart", set={"workload.load": -1.0})
    ... except windtunnel.ScenarioError as error:
    ...     print(error.problems[0].key, error.problems[0].value)
    workload.load -1.0
    """

    file: str
    key: str
    value: str
    rule: str


class ScenarioError(ValueError):
    """A scenario, a trace or a results folder is not right. Nothing was done with it.

    Attributes
    ----------
    problems : list of Problem
        Everything that is wrong, not only the first thing.

    Examples
    --------
    >>> import windtunnel
    >>> try:
    ...     windtunnel.validate("quickstart", set={"workload.load": -1.0, "policy[0].order": "fcsf"})
    ... except windtunnel.ScenarioError as error:
    ...     print(len(error.problems))
    2
    """

    def __init__(self, text: str, rows: list[tuple[str, str, str, str]]):
        super().__init__(text, rows)
        self.text = text
        self.problems = [Problem(*row) for row in rows]

    def __str__(self) -> str:
        return self.text


def refusal(rows: list[tuple[str, str, str, str]]) -> ScenarioError:
    """The error of problems that were found on this side: each as file, key, value and rule."""

    def line(file: str, key: str, value: str, rule: str) -> str:
        return f"{file}" + (f": {key}" if key else "") + (f" = {value}" if value else "") + f": {rule}"

    return ScenarioError("\n".join(line(*row) for row in rows), rows)
