"""What a decision costs in Python, beside the native policy that makes the same ones.

    python python/benches/policy_cost.py [REPETITIONS]

Prints a Markdown table. All policies of a block give the same schedule, which is checked by fingerprints; the least time of
all repetitions counts, one thread.
"""

import json
import sys

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


def seconds(results: windtunnel.Results) -> dict[str, float]:
    """Wall time of each policy's run."""
    wall = json.loads((results.path / "wall.json").read_text())["wall_secs"]
    return {run["policy"]: wall[run["id"]] for run in results.manifest["runs"]}


def block(nodes: int, repetitions: int) -> None:
    global decisions
    text = SCENARIO.replace("NODES", str(nodes))
    scale = {"workload.duration": f"{3000 // nodes}h"}
    decisions = 0
    windtunnel.run(text, policies=[Counting()], set=scale, threads=1)
    policies = [NATIVE, Plain(), Staging(), Arrays()]
    best: dict[str, float] = {}
    for _ in range(repetitions):
        results = windtunnel.run(text, policies=policies, set=scale, threads=1)
        assert results.fingerprints["fingerprint"].n_unique() == 1, "the schedules differ"
        for name, secs in seconds(results).items():
            best[name] = min(secs, best.get(name, secs))
    jobs = results.runs.filter(policy="native", metric="jobs")["value"]
    count = f"{int(jobs[0]):,}" if len(jobs) else "?"
    for name, secs in best.items():
        more = (secs - best["native"]) / decisions * 1e6
        per = "" if name == "native" else f"{more:.1f}"
        print(f"| {nodes} | {count} | {decisions:,} | {name} | {secs:.2f} | {secs / best['native']:.1f} | {per} |")


def main() -> None:
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print("| nodes | jobs | decisions | policy | run [s] | x native | more per decision [us] |")
    print("|---|---|---|---|---|---|---|")
    for nodes in (30, 300, 3000):
        block(nodes, repetitions)


if __name__ == "__main__":
    main()
