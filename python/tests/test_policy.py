"""Policies written in Python."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import python_policies
import windtunnel
from conftest import MULTI_LANE
from python_policies import BestFit, Failing, Interrupting, Skipping

NATIVE = {"order": "fcfs", "place": "best-fit", "name": "native"}


def prints(results, policy):
    return results.fingerprints.filter(policy=policy).sort("seed")["fingerprint"].to_list()


@pytest.mark.parametrize(
    ("scenario", "changes"),
    [
        ("quickstart", {"workload.duration": "1d"}),
        (MULTI_LANE, {}),
        ("algorithms", {"workload.duration": "1d"}),
        ("kube-scoring", {"workload.duration": "6h"}),
        ("quickstart", {"workload.duration": "12h", "failures.mtbf": {"type": "exponential", "mean": "6h"},
                        "failures.mttr": {"type": "constant", "value": "30m"}}),
    ],
)  # fmt: skip
def test_a_python_policy_like_best_fit_gives_the_fingerprints_of_the_native_one(scenario, changes):
    results = windtunnel.run(scenario, policies=[NATIVE, BestFit()], set=changes, seeds=[1, 2, 5])
    assert results.failed == []
    assert prints(results, "python") == prints(results, "native")


def test_one_that_passes_over_the_head_does_too():
    native = {**NATIVE, "head": "skip"}
    results = windtunnel.run("quickstart", policies=[native, Skipping()], set={"workload.duration": "1d"}, seeds=2)
    assert prints(results, "Skipping") == prints(results, "native")


def test_a_scenario_file_names_a_class(tmp_path):
    text = MULTI_LANE.replace(
        'policy = [', 'policy = [{ type = "python", class = "python_policies:BestFit", params = { name = "mine" } }, '
    )
    path = tmp_path / "with-python.toml"
    path.write_text(text)
    results = windtunnel.run(path, seeds=2)
    assert results.policies == ["mine", "native"]
    assert prints(results, "mine") == prints(results, "native")
    assert "digest" in results.manifest["text"]


def test_the_scenarios_own_policies_stand_where_the_ellipsis_does():
    results = windtunnel.run(MULTI_LANE, policies=[BestFit("first"), ..., {**NATIVE, "name": "last"}], seeds=1)
    assert results.policies == ["first", "native", "last"]


def test_what_python_raises_is_a_failed_run_with_its_traceback():
    results = windtunnel.run(MULTI_LANE, policies=[..., Failing(at=20)], seeds=2)
    assert results.policies == ["native"] and len(results.failed) == 2
    message = results.failed[0].message
    assert "LookupError: this one has had enough" in message and "python_policies.py" in message


@pytest.mark.parametrize("raised", ["KeyboardInterrupt", "SystemExit"])
def test_what_interrupts_a_policy_interrupts_the_sweep(raised, tmp_path):
    kind = {"KeyboardInterrupt": KeyboardInterrupt, "SystemExit": SystemExit}[raised]
    policies, out = [Interrupting(raised, at=20)], tmp_path / "r"
    with pytest.raises(kind, match="enough now") as interrupted:
        windtunnel.run(MULTI_LANE, policies=policies, seeds=3, out=out)
    assert interrupted.traceback[-1].name == "decide" and not out.exists()
    with ThreadPoolExecutor(1) as executor, pytest.raises(kind, match="enough now"):
        windtunnel.sweep(MULTI_LANE, policies=policies, executor=executor, out=out)
    assert not out.exists()


def test_a_class_that_is_not_there_is_a_problem_of_the_scenario():
    for path, rule in [("nowhere:Policy", "nowhere"), ("python_policies:Absent", "Absent"), ("json:loads", "derived")]:
        with pytest.raises(windtunnel.ScenarioError, match=rule) as raised:
            windtunnel.run("quickstart", policies=[{"type": "python", "class": path, "digest": "0"}])
        assert raised.value.problems[0].key == "policy[0].class"
    with pytest.raises(windtunnel.ScenarioError, match="unexpected keyword"):
        windtunnel.validate(MULTI_LANE, policies=[
            {"type": "python", "class": "python_policies:BestFit", "params": {"nam": "x"}},
        ])  # fmt: skip


def test_a_class_that_was_changed_is_not_taken_for_the_old_one():
    with pytest.raises(windtunnel.ScenarioError, match="it was changed since"):
        windtunnel.run(MULTI_LANE, policies=[
            {"type": "python", "class": "python_policies:BestFit", "digest": "0123456789abcdef"},
        ])  # fmt: skip


def test_arguments_must_fit_into_a_scenario():
    class Held(windtunnel.Policy):
        def __init__(self, what):
            self.what = what

    with pytest.raises(TypeError, match="cannot hold"):
        windtunnel.run(MULTI_LANE, policies=[Held(object())])


def test_refusals_are_values_that_count_as_false():
    seen = []

    class Careless(windtunnel.Policy):
        def decide(self, decision):
            for job in decision.waiting:
                seen.append(decision.start(job, 10_000))
                seen.append(decision.start(job, [0] * (job.tasks + 1)))
                seen.append(decision.preempt(job))
                seen.append(decision.wake(0) if decision.now_ns else None)
                if not python_policies.start(decision, job):
                    return

    results = windtunnel.run(MULTI_LANE, policies=[Careless(), NATIVE], seeds=1)
    assert prints(results, "Careless") == prints(results, "native")
    refused = [answer for answer in seen if answer is not None]
    assert refused and not any(refused)
    assert {answer.kind for answer in refused} >= {"no-such-node", "not-running", "in-the-past"}
    assert "there is no node" in refused[0].reason


def test_attempts_undo_what_their_body_did():
    class Trying(windtunnel.Policy):
        def decide(self, decision):
            for job in decision.waiting:
                before = decision.nodes.free
                with decision.attempt() as outer:
                    with decision.attempt() as inner:
                        python_policies.start(decision, job)
                    outer.undo()
                assert inner.kept and outer.kept is False and not outer
                assert job.is_waiting and np.array_equal(before, decision.nodes.free)
                try:
                    with decision.attempt():
                        python_policies.start(decision, job)
                        raise KeyError
                except KeyError:
                    assert np.array_equal(before, decision.nodes.free)
                if not python_policies.start(decision, job):
                    return

    results = windtunnel.run(MULTI_LANE, policies=[Trying(), NATIVE], seeds=1)
    assert results.failed == [] and prints(results, "Trying") == prints(results, "native")


def test_views_show_what_the_engine_holds():
    checked = []

    class Looking(windtunnel.Policy):
        def decide(self, decision):
            free, capacity = decision.nodes.free, decision.nodes.capacity
            assert free.shape == (len(decision.nodes), 8) and free.dtype == np.uint32
            assert (free <= capacity).all() and decision.nodes.up.all()
            assert np.array_equal(decision.nodes.free_of("memory"), free[:, windtunnel.LANES.index("memory")])
            waiting = list(decision.waiting)
            assert len(waiting) == len(decision.waiting) and waiting == sorted(waiting)
            for job in waiting:
                nodes = list(decision.fitting(job))
                assert all(decision.fits(job, node) for node in nodes)
                need = np.array(job.request, dtype=np.uint32)
                fits = {n for n in range(len(free)) if (need <= free[n]).all()}
                assert job.cards or set(nodes) == fits
                lane = "gpu" if job.cards else "cpu"
                left = decision.nodes.free_of(lane)[nodes]
                assert (np.diff(left.astype(int)) >= 0).all()
                assert nodes[::-1] != nodes or len(nodes) < 2
                assert job.submit_ns <= decision.now_ns and job.submit == pytest.approx(job.submit_ns / 1e9)
                assert job.requested is None or job.requested_ns >= 0
                assert job.need(lane) == job.request[windtunnel.LANES.index(lane)]
                assert isinstance(job.tenant, str) and isinstance(job.priority, int)
            for run in decision.running:
                assert run.job.tasks == len(run.nodes) and run.start_ns <= decision.now_ns
            checked.append(len(waiting))
            for job in waiting:
                if not python_policies.start(decision, job):
                    return

    results = windtunnel.run(MULTI_LANE, policies=[Looking()], seeds=1)
    assert results.failed == [] and max(checked) > 1


def test_a_walk_over_nodes_ends_when_they_change():
    class Walking(windtunnel.Policy):
        def decide(self, decision):
            job = next(iter(decision.waiting), None)
            if job is not None and job.tasks == 1:
                for node in decision.fitting(job):
                    decision.start(job, node)

    results = windtunnel.run(MULTI_LANE, policies=[Walking()], seeds=1)
    assert "nodes changed while they were walked over" in results.failed[0].message


def test_a_decision_is_of_no_use_afterwards():
    kept = []

    class Keeping(windtunnel.Policy):
        def decide(self, decision):
            kept.extend((decision, job) for job in decision.waiting)
            for job in decision.waiting:
                if not python_policies.start(decision, job):
                    return

    windtunnel.run(MULTI_LANE, policies=[Keeping()], seeds=1)
    decision, job = kept[0]
    with pytest.raises(RuntimeError, match="only while `decide` runs"):
        _ = decision.now
    with pytest.raises(RuntimeError):
        _ = job.unstarted
    assert job.tasks >= 1 and job.submit_ns >= 0


def test_chance_comes_from_the_run():
    class Lots(windtunnel.Policy):
        def decide(self, decision):
            for job in decision.waiting:
                nodes = list(decision.fitting(job))
                if job.tasks > len(nodes) or not nodes:
                    return
                if job.tasks == 1:
                    decision.start(job, nodes[int(decision.random() * len(nodes))])
                elif not python_policies.start(decision, job):
                    return

    once, twice = (windtunnel.run(MULTI_LANE, policies=[Lots()], seeds=2, threads=n) for n in (1, 2))
    assert prints(once, "Lots") == prints(twice, "Lots") and len(set(prints(once, "Lots"))) == 2


def test_names_come_from_the_class_unless_they_are_set():
    assert Skipping.name == "Skipping" and BestFit("x").name == "x"
    with pytest.raises(windtunnel.ScenarioError, match="another policy has this name"):
        windtunnel.run(MULTI_LANE, policies=[BestFit(), BestFit()])
