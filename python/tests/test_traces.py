"""Traces, audited and written."""

import numpy as np
import polars as pl
import pytest
import windtunnel

# Two jobs of 10 s on 2 of 4 processors, 100 s apart, and one that is wider than the machine.
SWF = """\
; MaxProcs: 4
1 0 0 10 2 -1 -1 2 20 -1 1 1 1 -1 1 -1 -1 -1
2 100 0 10 2 -1 -1 2 20 -1 1 2 1 -1 1 -1 -1 -1
3 200 0 10 8 -1 -1 8 20 -1 1 2 1 -1 1 -1 -1 -1
"""


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log.swf"
    path.write_text(SWF)
    return path


def test_an_audit_of_a_file_tells_load_and_impossible_jobs(log):
    audit = windtunnel.inspect(log)
    assert (audit["jobs"], audit["users"], audit["header"]["max_procs"]) == (2, 2, 4)
    assert audit["impossible"] == 1 and audit["impossible_first"][0]["id"] == 3
    assert audit["span_s"] == 100 and audit["lanes"]["cpu"]["capacity"] == 4000
    assert windtunnel.inspect(str(log), reader="swf", set={"sort": True}) == windtunnel.inspect(log)


def test_scenarios_are_held_against_their_own_cluster(log):
    scenario = {
        "name": "s",
        "workload": {"type": "swf", "path": log, "missing_walltime": "run-time"},
        "cluster": {"type": "uniform", "nodes": np.int64(8), "cpu": 1},
        "policy": [{"order": "fcfs"}],
    }
    assert windtunnel.inspect(scenario)["impossible"] == 0
    assert windtunnel.inspect(scenario, set={"cluster.nodes": 6})["impossible"] == 1
    with pytest.raises(ValueError, match="reader='swf'"):
        windtunnel.inspect(scenario, reader="swf")


def test_what_cannot_be_audited_is_told(tmp_path):
    with pytest.raises(windtunnel.ScenarioError, match="is a generator"):
        windtunnel.inspect("quickstart")
    with pytest.raises(windtunnel.ScenarioError, match="absent.swf"):
        windtunnel.inspect(tmp_path / "absent.swf")
    with pytest.raises(windtunnel.ScenarioError, match="must be one of"):
        windtunnel.inspect("log", reader="swv")


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_generated_jobs_are_those_that_runs_see(tmp_path, ending):
    out, small = tmp_path / f"jobs.{ending}", {"workload.duration": "6h"}
    written = windtunnel.generate("quickstart", out, seed=3, set=small)
    assert written["lost"] == {}
    of_runs = windtunnel.run("quickstart", set={**small, "measure.warmup": "0s"}, seeds=[3], jobs=True).jobs
    of_runs = of_runs.filter(pl.col("policy").cast(pl.String) == "fcfs/first-fit")
    kept = pl.read_csv(out) if ending == "csv" else pl.read_parquet(out)
    assert written["jobs"] == kept.height == of_runs.height > 100
    assert kept["submit_ns"].to_list() == of_runs["submit_ns"].sort().to_list()
    assert windtunnel.inspect(out)["jobs"] == kept.height


def test_what_a_format_cannot_say_is_counted(tmp_path):
    written = windtunnel.generate("quickstart", tmp_path / "jobs.swf", set={"workload.duration": "6h"})
    assert written["jobs"] > 100 and sum(written["lost"].values()) > 0


def test_bad_outputs_and_inputs_are_refused(tmp_path):
    with pytest.raises(windtunnel.ScenarioError, match="must end in .csv"):
        windtunnel.generate("quickstart", tmp_path / "jobs.txt")
    with pytest.raises(windtunnel.ScenarioError, match="did you mean"):
        windtunnel.generate("quickstart", tmp_path / "jobs.csv", set={"workload.lod": 1})
    assert list(tmp_path.iterdir()) == []
