"""Each verb of a decision, on a few jobs whose times are worked out by hand."""

import numpy as np
import pytest
import windtunnel
from conftest import MULTI_LANE
from python_policies import Failing

S = 10**9

CLUSTER = {"type": "uniform", "nodes": 1, "cpu": 4}


def play(tmp_path, jobs, decide, *, cluster=None):
    """Run jobs, given as dicts of seconds, cores and other columns, under ``decide``; give the results by job number.

    The policy gets the decision, the time [s], and the waiting jobs by number.
    """
    columns = ["id", "submit_ns", "service_ns", "walltime_ns", "tasks", "cpu_milli"]
    rows = []
    for n, job in enumerate(jobs, 1):
        job = {"at": 0, "tasks": 1, "cores": 4, **job}
        span = job.pop("runs")
        row = {"id": n, "submit_ns": job.pop("at") * S, "service_ns": span * S, "walltime_ns": job.pop("asks", span) * S,
               "tasks": job.pop("tasks"), "cpu_milli": job.pop("cores") * 1000, **job}  # fmt: skip
        columns += [key for key in job if key not in columns]
        rows.append(row)
    lines = [",".join(columns)] + [",".join(str(row.get(column, "")) for column in columns) for row in rows]
    path = tmp_path / "jobs.csv"
    path.write_text("\n".join(lines) + "\n")

    class Scripted(windtunnel.Policy):
        def decide(self, decision):
            waiting = {job.id: job for job in decision.waiting}
            decide(decision, round(decision.now), waiting)

    scenario = {
        "name": "verbs",
        "workload": {"type": "native", "path": str(path), "sort": True},
        "cluster": cluster or CLUSTER,
        "policy": [{"order": "fcfs"}],
        "measure": {"warmup": "0s"},
    }
    results = windtunnel.run(scenario, policies=[Scripted()], seeds=1, jobs=True)
    assert results.failed == [], results.failed[0].message
    found = {}
    for row in results.jobs.iter_rows(named=True):
        times = {key: None if row[f"{key}_ns"] is None else row[f"{key}_ns"] / S for key in ("start", "end")}
        found[row["job_id"]] = {**row, **times}
    return found


def refused(answer, kind):
    """Check that an answer is a refusal of that kind, which says why."""
    assert isinstance(answer, windtunnel.Refused) and not answer and answer is not True
    assert answer.kind == kind and answer.reason
    return True


def test_a_reservation_keeps_others_off_and_starts_its_job_by_itself(tmp_path):
    seen = []

    def decide(decision, now, waiting):
        if now == 0:
            assert decision.start(waiting[1], 0) is True
            # Job 1 ends at 100 at the latest; there is a promise from 150 on.
            refused(decision.reserve(waiting[4], 50 * S, 0), "does-not-fit")
            first = decision.reserve(waiting[2], 120 * S, 0)
            second = decision.reserve(waiting[2], 150 * S, 0)
            assert isinstance(second, int) and second != first, "a job has one promise, the last"
            refused(decision.reserve(waiting[4], 160 * S, 0), "reserved")
            third = decision.reserve(waiting[4], 250 * S, 0)
            assert decision.unreserve(third) is True
            refused(decision.unreserve(third), "no-such-reservation")
        elif now == 100:
            refused(decision.reserve(waiting[4], 99 * S, 0), "in-the-past")
            refused(decision.start(waiting[4], 0), "reserved")
            assert decision.start(waiting[3], 0) is True
        elif waiting:
            seen.append((now, sorted(waiting)))
            decision.start(waiting[4], 0)

    jobs = play(tmp_path, [{"runs": 100}, {"runs": 100}, {"runs": 50}, {"runs": 60}], decide)
    assert [jobs[n]["start"] for n in (1, 3, 2, 4)] == [0, 100, 150, 250]
    assert seen[0] == (150, [4]), "the promised job had started when the policy was asked"


def test_a_gang_holds_nodes_until_it_has_all_and_gives_them_back_when_told(tmp_path):
    def decide(decision, now, waiting):
        if now == 0:
            assert decision.start(waiting[1], 0) is True
            assert decision.hold(waiting[2], 1) is True
            assert decision.nodes.free_of("cpu").tolist() == [0, 0]
            refused(decision.hold(waiting[2], [1]), "does-not-fit")
            refused(decision.start_staged(waiting[2]), "wrong-width")
        elif now == 20:
            refused(decision.start(waiting[3], 1), "does-not-fit")
            assert decision.release(waiting[2]) is True
            refused(decision.release(waiting[2]), "holds-nothing")
            assert decision.start(waiting[3], 1) is True
        elif now == 30:
            assert decision.hold(waiting[2], 1) is True
        elif now == 100:
            # One task stands on node 1 already; node 0 is for the other.
            assert decision.start(waiting[2], 0) is True

    rows = [{"runs": 100}, {"runs": 50, "tasks": 2}, {"runs": 10, "at": 20}]
    jobs = play(tmp_path, rows, decide, cluster={**CLUSTER, "nodes": 2})
    assert [(jobs[n]["start"], jobs[n]["end"]) for n in (1, 2, 3)] == [(0, 100), (100, 150), (20, 30)]
    assert sorted(jobs[2]["nodes"]) == [0, 1]


@pytest.mark.parametrize(("how", "end", "state"), [
    # 40 of 100 seconds are done when job 2 comes, for 10.
    ("suspend", 50 + 60, "completed"),
    ("requeue", 50 + 100, "completed"),
    ("kill", 40, "killed"),
])  # fmt: skip
def test_a_job_is_stopped_in_three_ways(tmp_path, how, end, state):
    def decide(decision, now, waiting):
        if now == 40:
            (run,) = decision.running
            assert decision.preempt(run.job, how) is True
            refused(decision.preempt(waiting[2], how), "not-running")
            assert decision.start(waiting[2], 0) is True
        else:
            for job in waiting.values():
                decision.start(job, 0)

    jobs = play(tmp_path, [{"runs": 100}, {"runs": 10, "at": 40}], decide)
    assert (jobs[2]["start"], jobs[2]["end"]) == (40, 50)
    assert (jobs[1]["end"], jobs[1]["final_state"]) == (end, state)


def test_a_job_is_rejected_for_good(tmp_path):
    def decide(decision, now, waiting):
        if 2 in waiting:
            assert decision.reject(waiting[2]) is True
            refused(decision.reject(waiting[2]), "not-waiting")
            refused(decision.start(waiting[2], 0), "not-waiting")
        for n, job in waiting.items():
            assert n == 2 or decision.start(job, 0) is True

    jobs = play(tmp_path, [{"runs": 10}, {"runs": 10}], decide)
    assert (jobs[1]["final_state"], jobs[2]["final_state"]) == ("completed", "rejected")


def test_an_elastic_job_is_given_more_nodes_while_it_runs(tmp_path):
    def decide(decision, now, waiting):
        if now == 0:
            assert decision.start(waiting[1], [0, 0]) is True
            assert decision.wake(100 * S, id=7) is True
        elif now == 100:
            refused(decision.wake(99 * S), "in-the-past")
            (run,) = decision.running
            refused(decision.resize(run.job, [0] * 5), "wrong-width")
            assert decision.resize(run.job, [0] * 4) is True
            (run,) = decision.running
            assert run.nodes == [0, 0, 0, 0]

    job = {"runs": 100, "asks": 500, "tasks": 4, "cores": 1, "gang": "elastic", "tasks_min": 1}
    jobs = play(tmp_path, [job], decide)
    # Half as fast for 100 seconds: half is done, the rest takes 50 seconds on four tasks.
    assert jobs[1]["end"] == 150


def test_a_gang_moves_to_another_node_and_pays_for_the_restart(tmp_path):
    def decide(decision, now, waiting):
        if now == 0:
            refused(decision.resize(waiting[1], 1), "not-running")
            assert decision.start(waiting[1], 0) is True
            assert decision.wake(40 * S) is True
        elif now == 40:
            (run,) = decision.running
            refused(decision.resize(run.job, 7, migrate=True), "no-such-node")
            assert decision.resize(run.job, 1, migrate=True) is True

    rows = [{"runs": 100, "asks": 500, "restart_cost_ns": 10 * S, "checkpoint_interval_ns": 0}]
    jobs = play(tmp_path, rows, decide, cluster={**CLUSTER, "nodes": 2})
    assert (jobs[1]["end"], jobs[1]["nodes"]) == (110, [1])


def test_a_group_is_scaled_and_its_node_boots(tmp_path):
    def decide(decision, now, waiting):
        if now == 0:
            assert decision.nodes.up.tolist() == [True, False]
            assert decision.start(waiting[1], 0) is True
            refused(decision.start(waiting[2], 1), "node-down")
            refused(decision.scale(0, 3), "scale-out-of-range")
            refused(decision.scale(9, 1), "scale-out-of-range")
            (group,) = decision.groups
            assert (group.number, group.name, group.nodes, group.boot_ns) == (0, "group-0", [0, 1], 30 * S)
            assert (group.target, group.min, group.max) == (1, 0, 2)
            assert decision.scale(group.number, 2) is True
            assert decision.groups[0].target == 2 and group.target == 1, "what was asked for is a copy"
        elif 2 in waiting and decision.nodes.up[1]:
            assert decision.start(waiting[2], 1) is True

    group = {"count": 2, "initial": 1, "min": 0, "cpu": 4, "boot": "30s"}
    jobs = play(tmp_path, [{"runs": 100}, {"runs": 100}], decide, cluster={"nodes": [group]})
    assert (jobs[2]["start"], jobs[2]["nodes"]) == (30, [1])


GPUS = {"nodes": [{"count": 1, "cpu": 8, "gpus": 4}]}


def test_cards_of_promises_and_of_moves_are_picked_one_task_after_the_other(tmp_path):
    def decide(decision, now, waiting):
        if now == 0:
            assert decision.start(waiting[1], np.zeros(4, int)) is True, "an array says where as well as a list"
            # Each of its two tasks needs two cards, all of which are taken until 100.
            assert isinstance(decision.reserve(waiting[2], 100 * S, [0, 0]), int)
        elif now == 150:
            assert decision.start(waiting[3], [0]) is True
            assert decision.wake(200 * S) is True
        elif now == 200:
            (run,) = decision.running
            assert decision.resize(run.job, [0, 0, 0, 0]) is True
            assert decision.nodes.cards(0) == [0, 0, 0, 0]

    rows = [
        {"runs": 100, "tasks": 4, "cores": 1, "gpus": 1},
        {"runs": 50, "tasks": 2, "cores": 1, "gpus": 2},
        # A fourth as fast for 50 seconds, then at full width: 50 / 4 + 37.5 = 50.
        {"runs": 50, "asks": 500, "tasks": 4, "cores": 1, "gpus": 1, "gang": "elastic", "tasks_min": 1},
    ]
    jobs = play(tmp_path, rows, decide, cluster=GPUS)
    assert [(jobs[n]["start"], jobs[n]["end"]) for n in (1, 2, 3)] == [(0, 100), (100, 150), (150, 237.5)]


def test_what_makes_no_sense_raises_and_changes_nothing(tmp_path):
    raised = []

    def decide(decision, now, waiting):
        if now == 10:
            with pytest.raises(ValueError, match="has ended"):
                decision.fitting(gone[0])
            raised.append(refused(decision.start(gone[0], 0), "not-waiting"))
        for job in waiting.values():
            for error, match, call in [
                (ValueError, "how=", lambda job=job: decision.preempt(job, "gently")),
                (ValueError, "order", lambda job=job: decision.fitting(job, "longest")),
                (ValueError, "lane", lambda job=job: decision.fitting(job, lane="tea")),
                (TypeError, "nodes='node-0': must be the number", lambda job=job: decision.start(job, "node-0")),
                (TypeError, "nodes=-1: must be the number", lambda job=job: decision.start(job, -1)),
                (TypeError, "nodes=None: must be the number", lambda job=job: decision.start(job, None)),
                (TypeError, "job", lambda: decision.start(1, 0)),
            ]:
                with pytest.raises(error, match=match):
                    call()
                raised.append(error)
            gone.append(job)
            assert decision.nodes.free_of("cpu").tolist() == [4000]
            assert decision.start(job, 0) is True

    gone = []
    jobs = play(tmp_path, [{"runs": 10}, {"runs": 10, "at": 10}], decide)
    assert len(raised) == 15 and jobs[2]["end"] == 20


class RaisesInAnAttempt(Failing):
    """Raises with something staged and something held, in the middle of two attempts."""

    def decide(self, decision):
        if self.left == 1:
            for job in decision.waiting:
                for node in decision.fitting(job):
                    with decision.attempt(), decision.attempt():
                        decision.stage(job, node)
                        raise LookupError("this one has had enough")
        super().decide(decision)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("cls", [Failing, RaisesInAnAttempt])
def test_a_policy_that_raises_in_the_middle_leaves_the_other_runs_whole(tmp_path, cls, threads):
    asked = {"seeds": 3, "jobs": True, "threads": threads}
    alone = windtunnel.run(MULTI_LANE, out=tmp_path / "alone", **asked)
    beside = windtunnel.run(MULTI_LANE, policies=[..., cls(at=30)], out=tmp_path / "beside", **asked)
    assert len(beside.failed) == 3 and all("had enough" in run.message for run in beside.failed)
    assert beside.fingerprints.equals(alone.fingerprints)
    assert beside.runs.equals(alone.runs) and beside.jobs.equals(alone.jobs)
