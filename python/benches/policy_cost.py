"""What a decision costs in Python, beside the native policy that makes the same ones.

    python python/benches/policy_cost.py [REPETITIONS]

Prints a Markdown table. All policies of a block give the same schedule, which is checked by fingerprints; the least
CPU time of all repetitions counts, one thread.
"""

import sys
import time

import windtunnel

SCENARIO = """\
name = "policy-cost"
workload = { type = "synthetic", duration = "30d", load = 0.9, durations = { type = "exponential", mean = "30m" }, \
shapes = [{ cpu = [1, 2, 4], memory = "2GiB" }] }
cluster = { nodes = [{ count = NODES, cpu = 32, memory = "128GiB" }] }
policy = []
"""

NATIVE = {"name": "native", "order": "fcfs", "place": "best-fit"}


class Staging(windtunnel.Policy):
    """Any job: an attempt, a stage per task."""

    def decide(self, decision):
        for job in decision.waiting:
            with decision.attempt() as attempt:
                for _ in range(job.unstarted):
                    node = next(decision.fitting(job), None)
                    if node is None:
                        attempt.undo()
                        return
                    decision.stage(job, node)
                decision.start_staged(job)


class Plain(windtunnel.Policy):
    """Jobs of one task: the first fitting node."""

    def decide(self, decision):
        for job in decision.waiting:
            node = next(decision.fitting(job), None)
            if node is None or not decision.start(job, node):
                return


class Arrays(windtunnel.Policy):
    """Jobs of one task: best fit by NumPy over all nodes, without the engine's index."""

    orders = ()

    def decide(self, decision):
        for job in decision.waiting:
            free = decision.nodes.free
            fits = (free >= job.request).all(axis=1)
            if not fits.any():
                return
            left = free[:, 0].astype("int64")
            left[~fits] = 1 << 40
            decision.start(job, int(left.argmin()))


decisions = 0


class Counting(Plain):
    """Counts the decisions of one run."""

    def decide(self, decision):
        global decisions
        decisions += 1
        super().decide(decision)


def block(nodes: int, repetitions: int) -> None:
    global decisions
    text = SCENARIO.replace("NODES", str(nodes))
    scale = {"workload.duration": f"{1500 // nodes}h"}
    decisions = 0
    windtunnel.run(text, policies=[Counting()], set=scale, threads=1)
    best: dict[str, float] = {}
    prints = set()
    for _ in range(repetitions):
        for policy in (NATIVE, Plain(), Staging(), Arrays()):
            began = time.process_time()
            results = windtunnel.run(text, policies=[policy], set=scale, threads=1)
            spent = time.process_time() - began
            name = results.policies[0]
            best[name] = min(spent, best.get(name, spent))
            prints.update(results.fingerprints["fingerprint"])
    assert len(prints) == 1, "the schedules differ"
    jobs = results.manifest["runs"][0]["submitted"]
    for name, spent in best.items():
        more = "" if name == "native" else f"{(spent - best['native']) / decisions * 1e6:.1f}"
        print(f"| {nodes} | {jobs:,} | {decisions:,} | {name} | {spent:.2f} | {spent / best['native']:.0f} | {more} |")


def main() -> None:
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print("| nodes | jobs | decisions | policy | CPU [s] | x native | more per decision [us] |")
    print("|---|---|---|---|---|---|---|")
    for nodes in (15, 150, 1500):
        block(nodes, repetitions)


if __name__ == "__main__":
    main()
