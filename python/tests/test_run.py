"""Running scenarios and reading what came of them."""

import math
import os
import signal
import subprocess
import sys
import threading
import time

import polars as pl
import pytest
import windtunnel
from conftest import MULTI_LANE
from folders import contents


def test_a_catalog_scenario_runs_and_its_tables_are_frames(small):
    results = windtunnel.run("quickstart", set=small, seeds=2, jobs=True)
    assert results.policies[0] == "fcfs/first-fit"
    assert set(results.runs["seed"]) == {1, 2}
    assert results.jobs.height > 100 and "wait_ns" in results.jobs.columns
    assert results.manifest["complete"] and results.failed == [] and results.resumed == 0
    assert "8 runs of 4 policies" in repr(results)
    assert "<table" in results._repr_html_()


def test_summaries_are_means_over_the_rows_of_runs(small):
    results = windtunnel.run("quickstart", set=small, seeds=3)
    by_hand = results.runs.group_by("policy", "metric").agg(pl.col("value").mean()).sort("policy", "metric")
    summary = results.summary().sort("policy", "metric")
    assert summary["mean"].to_list() == pytest.approx(by_hand["value"].to_list(), rel=1e-12)
    assert set(summary["n"]) <= {1, 2, 3}


def test_comparisons_are_paired(small):
    results = windtunnel.run("quickstart", set=small, seeds=3)
    a, b = results.policies[:2]
    row = results.compare(a, b, metrics=["wait_mean"]).row(0, named=True)
    waits = results.runs.filter(metric="wait_mean")
    mean = {policy: waits.filter(policy=policy)["value"].mean() for policy in (a, b)}
    assert row["difference"] == pytest.approx(mean[b] - mean[a], rel=1e-9, abs=1e-9) and row["pairs"] == 3
    with pytest.raises(ValueError, match='no policy "nobody"'):
        results.compare(a, "nobody")


def test_a_scenario_may_be_a_name_a_path_a_text_or_a_dict(tmp_path, small):
    text = windtunnel.catalog().filter(name="quickstart")["text"][0]
    path = tmp_path / "mine.toml"
    path.write_text(text)
    import tomllib

    forms = ["quickstart", path, str(path), text, tomllib.loads(text)]
    prints = [windtunnel.run(form, set=small, seeds=1).fingerprints["fingerprint"].to_list() for form in forms]
    assert all(one == prints[0] for one in prints)


def test_axes_are_columns(small):
    results = windtunnel.run("quickstart", set={**small, "sweep.axes": {"workload.load": [0.5, 0.9]}}, seeds=1)
    assert set(results.summary()["workload.load"]) == {"0.5", "0.9"}
    assert results.fingerprints.height == 8


def test_series_are_there_if_asked_for(small):
    results = windtunnel.run("quickstart", set={**small, "measure.series": "10m"}, seeds=1)
    assert results.series.height > 100
    with pytest.raises(FileNotFoundError, match="jobs=True"):
        _ = results.jobs


def test_everything_that_is_wrong_is_told_at_once():
    with pytest.raises(windtunnel.ScenarioError) as raised:
        windtunnel.run("quickstart", set={"policy[0].order": "fcsf", "workload.load": -1, "nonsense": 3})
    problems = {problem.key: problem for problem in raised.value.problems}
    assert set(problems) == {"policy[0].order", "workload.load", "nonsense"}
    assert "did you mean `fcfs`" in problems["policy[0].order"].rule
    assert problems["workload.load"].value == "-1" and isinstance(raised.value, ValueError)


def test_a_dict_that_no_file_can_hold_is_refused():
    with pytest.raises(ValueError, match="TOML"):
        windtunnel.run({"name": None})
    with pytest.raises(TypeError, match="name = .*cannot stand in a scenario"):
        windtunnel.run("quickstart", set={"name": object()})


def test_what_toml_has_no_word_for_is_told_with_its_key_and_value():
    told = {"workload.load": math.nan, "cluster.nodes": [{"count": 2**65}], "name": None}
    with pytest.raises(windtunnel.ScenarioError) as raised:
        windtunnel.run("quickstart", set=told, seeds=[1, 2**65])
    found = [(problem.file, problem.key, problem.value) for problem in raised.value.problems]
    assert found == [
        ("seeds", "sweep.seeds[1]", str(2**65)),
        ("set", "workload.load", "nan"),
        ("set", "cluster.nodes[0].count", str(2**65)),
        ("set", "name", "None"),
    ]
    assert "set: workload.load = nan: must be a finite number" in str(raised.value)
    for seeds in (1.5, "5"):
        with pytest.raises(windtunnel.ScenarioError, match="sweep.seeds = "):
            windtunnel.run("quickstart", seeds=seeds)
    with pytest.raises(windtunnel.ScenarioError, match=r"scenario: workload\.load = inf: must be"):
        windtunnel.run({"name": "one", "workload": {"load": math.inf}})


def test_a_results_folder_is_no_file(tmp_path, small):
    file = tmp_path / "file"
    file.write_text("mine", encoding="utf-8")
    for out in (file, file / "below"):
        for executor in (None, lambda: None):
            with pytest.raises(windtunnel.ScenarioError, match="is not a folder") as raised:
                windtunnel.sweep("quickstart", set=small, out=out, executor=executor)
            assert raised.value.problems[0].file == str(file)
    assert file.read_text(encoding="utf-8") == "mine"


def test_a_folder_is_resumed_and_loaded(tmp_path, small):
    first = windtunnel.run("quickstart", set=small, seeds=1, out=tmp_path / "r")
    again = windtunnel.run("quickstart", set=small, seeds=1, out=tmp_path / "r", resume=True)
    assert again.resumed == 4
    assert windtunnel.load(tmp_path / "r").runs.equals(first.runs)
    with pytest.raises(windtunnel.ScenarioError, match="holds no results"):
        windtunnel.load(tmp_path)


def test_threads_change_no_byte(tmp_path, small):
    for threads in (1, 3):
        windtunnel.run("quickstart", set=small, seeds=2, out=tmp_path / str(threads), threads=threads, jobs=True)
    assert contents(tmp_path / "1") == contents(tmp_path / "3")
    with pytest.raises(ValueError, match="threads=0"):
        windtunnel.run("quickstart", threads=0)


def test_progress_is_told_to_the_end(small):
    told = []
    windtunnel.run("quickstart", set=small, seeds=1, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (4, 4)


def test_what_progress_raises_ends_the_sweep(small):
    def stop(done, total):
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        windtunnel.run("quickstart", seeds=100, set={"workload.duration": "1d"}, progress=stop)


def test_the_interpreter_is_free_while_runs_go_on():
    ticks = 0
    done = threading.Event()

    def tick():
        nonlocal ticks
        while not done.wait(0.001):
            ticks += 1

    thread = threading.Thread(target=tick)
    thread.start()
    windtunnel.run("quickstart", seeds=3)
    done.set()
    thread.join()
    assert ticks > 5


def test_ctrl_c_keeps_finished_runs(tmp_path):
    code = (
        "import sys, windtunnel\n"
        "try:\n"
        "    windtunnel.run('quickstart', seeds=500, out=sys.argv[1], progress=lambda *at: print(*at, flush=True))\n"
        "except KeyboardInterrupt:\n"
        "    sys.exit(42)\n"
    )
    out = tmp_path / "r"
    child = subprocess.Popen([sys.executable, "-c", code, str(out)], stdout=subprocess.PIPE, text=True)
    for line in child.stdout:
        if int(line.split()[0]) >= 2:
            break
    os.kill(child.pid, signal.SIGINT)
    child.stdout.read()
    assert child.wait(timeout=60) == 42
    more = windtunnel.run("quickstart", seeds=2, out=tmp_path / "s")
    assert more.resumed == 0
    with pytest.raises(windtunnel.ScenarioError):
        windtunnel.run("quickstart", seeds=500, out=out)


SLOW = """\
import sys, time, windtunnel

class Slow(windtunnel.Policy):
    def decide(self, decision):
        time.sleep(0.002)
        for job in decision.waiting:
            node = next(decision.fitting(job), None)
            if node is not None and job.unstarted == 1:
                decision.start(job, node)

def told(done, total):
    print(time.monotonic(), flush=True)

try:
    windtunnel.run("quickstart", policies=[Slow()], set={"workload.duration": "60d"}, progress=told)
except KeyboardInterrupt:
    sys.exit(42)
"""


def test_ctrl_c_is_heard_between_two_decisions_of_a_slow_policy():
    child = subprocess.Popen([sys.executable, "-c", SLOW], stdout=subprocess.PIPE, text=True)
    child.stdout.readline()
    os.kill(child.pid, signal.SIGINT)
    began = time.monotonic()
    child.stdout.read()
    assert child.wait(timeout=60) == 42
    # A look at signals every 0.1 s, a decision of 2 ms, and the end of the interpreter.
    assert time.monotonic() - began < 3


def test_what_the_package_knows_of_itself_is_frames():
    assert set(windtunnel.list_policies()["name"]) >= {"list", "queues", "python"}
    orders = windtunnel.list_plugins("order")
    assert "fcfs" in orders["name"] and orders["parameters"].dtype == pl.List
    assert "unit" in windtunnel.list_metrics().columns
    assert windtunnel.schema()["type"] == "object"
    questions = windtunnel.catalog()["question"]
    assert questions.str.ends_with("?").all() and not questions.str.starts_with("Question").any()
    with pytest.raises(ValueError, match="kinds are"):
        windtunnel.list_plugins("orders")


def test_validation_reads_everything_and_runs_nothing():
    assert windtunnel.validate(MULTI_LANE, seeds=[4, 7]) == 2
    with pytest.raises(windtunnel.ScenarioError):
        windtunnel.validate("swf", set={"workload.path": "absent.swf"})


def test_the_stubs_name_what_the_native_half_has():
    """The stubs have just the functions that there are, and of classes just the methods and attributes."""
    import ast
    from pathlib import Path

    from windtunnel import _windtunnel

    tree = ast.parse((Path(windtunnel.__file__).parent / "_windtunnel.pyi").read_text())
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and hasattr(_windtunnel, node.name):
            stubbed = {item.name for item in node.body if isinstance(item, ast.FunctionDef)}
            actual = {name for name in vars(getattr(_windtunnel, node.name)) if not name.startswith("__")}
            assert {name for name in stubbed if not name.startswith("__")} == actual, node.name
    native = {name for name, value in vars(_windtunnel).items() if callable(value) and not isinstance(value, type)}
    assert native == functions
