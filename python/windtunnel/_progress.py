"""A line that says how far a sweep has come."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

#: Called with the number of runs that are done, and that of all.
Progress = Callable[[int, int], None]


class Line:
    """Runs done and the time left, on a terminal's stderr. Shows itself after two seconds."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._first: int | None = None
        self._is_shown = False

    def __call__(self, done: int, total: int) -> None:
        spent = time.monotonic() - self._began
        if self._first is None:
            self._first = done
        if spent < 2 or done == self._first:
            return
        left = spent / (done - self._first) * (total - done)
        sys.stderr.write(f"\r{done} of {total} runs, {left:.0f} s left ")
        sys.stderr.flush()
        self._is_shown = True

    def close(self) -> None:
        """Takes the line away."""
        if self._is_shown:
            sys.stderr.write("\r" + " " * 60 + "\r")
            sys.stderr.flush()


def progress_of(progress: Progress | bool | None) -> tuple[Progress | None, Callable[[], None]]:
    """Whom to tell, and what to do in the end."""
    if callable(progress):
        return progress, lambda: None
    is_terminal = sys.stderr.isatty() and sys.stdout.isatty()
    if progress is False or not is_terminal:
        return None, lambda: None
    line = Line()
    return line, line.close
