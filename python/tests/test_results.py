"""What is made of results: comparisons, findings, reports, failed runs."""

import math
import shutil

import polars as pl
import pytest
import windtunnel
from python_policies import BestFit

BASE = "fcfs/first-fit"


@pytest.fixture(scope="module")
def swept():
    axes = {"workload.load": [0.7, 0.95]}
    return windtunnel.run("quickstart", set={"workload.duration": "8h", "sweep.axes": axes}, seeds=6)


def test_p_values_are_those_of_a_paired_t_test_and_corrected_after_holm(swept):
    others = swept.policies[1:]
    found = swept.compare(BASE, others, metrics=["wait_mean"]).filter(pl.col("workload.load").is_null())
    assert found["policy"].to_list() == others
    # Over all points the samples are seeds: each is the mean of its points.
    means = swept.runs.filter(metric="wait_mean").group_by("policy", "seed").agg(pl.col("value").mean())
    means = means.sort("seed")
    for row in found.iter_rows(named=True):
        a, b = (means.filter(policy=policy)["value"] for policy in (BASE, row["policy"]))
        difference = b - a
        effect = difference.mean() / difference.std()
        assert row["effect"] == pytest.approx(effect, rel=1e-9)
        # The interval is the mean -+ t(0.975, 5) standard errors; 2.570581835636314 is in every table of Student's t.
        half = 2.570581835636314 * difference.std() / math.sqrt(6)
        assert row["ci95_high"] == pytest.approx(difference.mean() + half, rel=1e-9)
        assert (row["p"] < 0.05) == (row["ci95_low"] > 0 or row["ci95_high"] < 0)
    # Holm: the smallest of three times 3, the next times 2, and none below the one before.
    ps = sorted(found["p"])
    expected = [min(1, 3 * ps[0])]
    expected.append(max(expected[-1], min(1, 2 * ps[1])))
    expected.append(max(expected[-1], ps[2]))
    assert sorted(found["p_holm"]) == pytest.approx(expected, rel=1e-12)


def test_points_come_first_and_then_all_together(swept):
    found = swept.compare(BASE, "sjf/best-fit/skip", metrics=["wait_mean"])
    assert found["workload.load"].to_list() == ["0.7", "0.95", None]
    assert found["pairs"].to_list() == [6, 6, 12]


def test_the_bootstrap_gives_other_intervals_around_the_same_mean(swept):
    t, *others = (
        swept.compare(BASE, "sjf/best-fit/skip", metrics=["wait_mean"], method=how)
        for how in ("t", "bootstrap-t", "bca")
    )
    for other in others:
        assert t["difference"].equals(other["difference"]) and (t["ci95_low"] != other["ci95_low"]).all()
    with pytest.raises(ValueError, match="must be one of 't', 'bootstrap-t', 'bca'"):
        swept.compare(BASE, "sjf/best-fit/skip", method="normal")


def test_findings_are_sentences_one_per_policy_and_metric(swept):
    told = swept.findings(BASE, swept.policies[1:], metrics=["wait_mean", "wait_p95"])
    assert len(told) == 6 and all("on 6 seeds" in sentence and BASE in sentence for sentence in told)


def test_a_policy_is_compared_to_another_one_or_to_itself_elsewhere(swept, tmp_path):
    other = "sjf/best-fit/skip"
    for a, b, value in [(BASE, BASE, BASE), (BASE, [other, BASE], BASE), (BASE, [other, other], other)]:
        for ask in (swept.compare, swept.findings):
            with pytest.raises(windtunnel.ScenarioError, match="is named twice") as raised:
                ask(a, b, other=windtunnel.load(swept.path))
            assert [(found.key, found.value) for found in raised.value.problems] == [("b", value)]
    with pytest.raises(windtunnel.ScenarioError, match="needs a policy"):
        swept.compare(BASE, [])
    copy = windtunnel.load(shutil.copytree(swept.path, tmp_path / "copy"))
    same = swept.findings(BASE, BASE, other=copy, metrics=["wait_mean"])
    assert len(same) == 1 and same[0].endswith("are equal in wait_mean on 6 seeds")


def test_a_metric_that_no_run_has_is_refused(swept):
    other = swept.policies[1]
    for call in (lambda names: swept.compare(BASE, other, metrics=names), lambda names: swept.report(metrics=names),
                 swept.table):  # fmt: skip
        with pytest.raises(windtunnel.ScenarioError, match="did you mean `wait_mean`") as raised:
            call(["wait_men", "no such"])
        assert [problem.value for problem in raised.value.problems] == ["wait_men", "no such"]


def test_a_table_has_the_metrics_that_are_named_and_those_of_named_families(swept):
    named = ["wait_p95", "wait_mean", "utilization_"]
    metrics = [name for name in swept.table(named).columns if name not in ("policy", "workload.load")]
    assert metrics[:2] == named[:2] and len(metrics) > 2
    assert all(name.startswith("utilization_") for name in metrics[2:])


def flip(path, at):
    """Another bit in the byte that far into the file."""
    data = bytearray(path.read_bytes())
    data[int(len(data) * at)] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("stem", ["runs", "jobs", "series", "loads"])
def test_a_table_that_is_gone_or_has_other_bytes_than_were_written_is_not_read(tmp_path, stem):
    measured = {"workload.duration": "6h", "measure.series": "10m", "measure.arrived_load": [50]}
    windtunnel.run("quickstart", set=measured, seeds=1, jobs=True, out=tmp_path / "r")
    file = tmp_path / "r" / f"{stem}.parquet"
    before = getattr(windtunnel.load(tmp_path / "r"), stem)
    assert before.height > 0
    for at in (0.1, 0.5):
        whole = file.read_bytes()
        flip(file, at)
        with pytest.raises(windtunnel.ScenarioError) as raised:
            getattr(windtunnel.load(tmp_path / "r"), stem)
        assert str(raised.value).startswith(f"{file}: is damaged: its bytes are not those that were written")
        file.write_bytes(whole)
    assert getattr(windtunnel.load(tmp_path / "r"), stem).equals(before)
    file.unlink()
    with pytest.raises(windtunnel.ScenarioError, match="is damaged") as raised:
        getattr(windtunnel.load(tmp_path / "r"), stem)
    assert raised.value.problems[0].file == str(file)


def test_a_manifest_that_is_cut_off_is_damage(tmp_path):
    windtunnel.run("quickstart", set={"workload.duration": "6h"}, seeds=1, out=tmp_path / "r")
    manifest = tmp_path / "r" / "manifest.json"
    manifest.write_bytes(manifest.read_bytes()[:-40])
    for ask in (lambda results: results.policies, lambda results: results.runs):
        with pytest.raises(windtunnel.ScenarioError, match=r"manifest\.json: is damaged"):
            ask(windtunnel.load(tmp_path / "r"))


def test_the_report_is_one_page_in_the_folder(swept, tmp_path):
    page = swept.report()
    assert page == swept.path / "report.html" and "wait_mean" in page.read_text(encoding="utf-8")
    elsewhere = swept.report(tmp_path / "page.html", metrics=["wait_p95"])
    assert elsewhere == tmp_path / "page.html" and elsewhere.is_file()


def test_steady_state_is_told_of_each_run_and_of_all_seeds(tmp_path):
    axes = {"workload.load": [0.5, 0.8]}
    measured = {"workload.duration": "5d", "measure.series": "10m", "sweep.axes": axes}
    results = windtunnel.run("quickstart", set=measured, seeds=3, jobs=True)
    found = results.steady(["wait", "utilization_"], batches=10)
    policies, metrics = len(results.policies), found["metric"].unique().to_list()
    assert "wait" in metrics and len(metrics) > 1 and all(m == "wait" or m.startswith("utilization_") for m in metrics)
    single, together = found.filter(pl.col("seed").is_not_null()), found.filter(pl.col("seed").is_null())
    assert single.height == policies * 2 * 3 * len(metrics) and together.height == policies * 2 * len(metrics)
    assert found.head(single.height).equals(single) and set(together["runs"]) == {3} and set(single["runs"]) == {1}
    # Jobs are told in order of submission, a wait of each that has started: nothing is left out of the mean of all.
    waits = results.jobs.group_by("policy", "workload.load", "seed").agg(pl.col("wait_ns").mean() / 1e9)
    waits = waits.with_columns(pl.col("policy", "workload.load").cast(pl.String), pl.col("seed").cast(pl.UInt64))
    both = single.filter(metric="wait").join(waits, on=["policy", "workload.load", "seed"])
    assert both.height == policies * 2 * 3 and both["mean_all"].to_list() == pytest.approx(both["wait_ns"].to_list())
    steady = single.filter(state="steady").drop_nulls("ci95_low")
    assert steady.height > 0 and (steady["batches"] == 10).all() and (steady["ci95_low"] <= steady["ci95_high"]).all()
    with pytest.raises(windtunnel.ScenarioError, match="did you mean `wait`") as raised:
        results.steady(["wiat"], batches=4)
    assert [problem.file for problem in raised.value.problems] == ["steady", "metrics"]
    for batches in (5.5, True, "20", 2**70):
        with pytest.raises(windtunnel.ScenarioError, match="steady: batches = .*: must be a whole number from 5 to 1000"):
            results.steady(batches=batches)
    without = windtunnel.run("quickstart", set={"workload.duration": "6h"}, seeds=1)
    with pytest.raises(windtunnel.ScenarioError, match=r"jobs\.parquet: is not there"):
        without.steady()


class Broken(BestFit):
    """Fails at its first decision."""

    def decide(self, decision):
        raise LookupError("nothing works")


def test_failed_runs_are_known_after_the_folder_is_loaded(tmp_path):
    small = {"workload.duration": "2h"}
    results = windtunnel.run("quickstart", policies=[..., Broken()], set=small, seeds=2, out=tmp_path / "r")
    assert len(results.failed) == 2 and "nothing works" in results.failed[0].message
    assert windtunnel.load(tmp_path / "r").failed == results.failed
    assert windtunnel.run("quickstart", set=small, seeds=1).failed == []
