"""Policies for the tests, in a module that worker processes can import."""

import os
import signal

import windtunnel


class BestFit(windtunnel.Policy):
    """First come, first served; each task on the tightest node; the head blocks."""

    def __init__(self, name="python"):
        self.name = name

    def decide(self, decision):
        for job in decision.waiting:
            if not start(decision, job):
                return


def start(decision, job):
    """Starts all that is left of a gang, or as many tasks of another job as there is room for; true if that was all."""
    wanted = job.unstarted
    with decision.attempt() as attempt:
        placed = 0
        while placed < wanted and (node := next(decision.fitting(job), None)) is not None:
            if not decision.stage(job, node):
                break
            placed += 1
        least = wanted if job.gang == "all-or-nothing" else job.width_min
        if placed < least or not decision.start_staged(job):
            attempt.undo()
            return False
    return placed == wanted or job.gang == "elastic"


class Skipping(windtunnel.Policy):
    """First come, first served; jobs that do not fit are passed over."""

    def decide(self, decision):
        for job in decision.waiting:
            start(decision, job)


class Failing(windtunnel.Policy):
    """Raises at the n-th decision."""

    def __init__(self, at=10):
        self.left = at

    def decide(self, decision):
        self.left -= 1
        if self.left == 0:
            raise LookupError("this one has had enough")
        for job in decision.waiting:
            if not start(decision, job):
                return


class Interrupting(windtunnel.Policy):
    """Does nothing, and raises at the n-th decision what is meant to end more than a run."""

    def __init__(self, kind, at=10):
        self.kind = {"KeyboardInterrupt": KeyboardInterrupt, "SystemExit": SystemExit}[kind]
        self.left = at

    def decide(self, decision):
        self.left -= 1
        if self.left == 0:
            raise self.kind("enough now")


class Deadly(BestFit):
    """Ends its process, as a machine that is lost does, unless the file is there already."""

    def __init__(self, name, marker):
        super().__init__(name)
        self.marker = marker

    def decide(self, decision):
        if not os.path.exists(self.marker):
            with open(self.marker, "x"):
                pass
            os.kill(os.getpid(), signal.SIGKILL)
        super().decide(decision)
