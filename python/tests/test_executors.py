"""Sweeps by executors: the same bytes, whoever does the runs and whoever is lost on the way."""

import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest
import windtunnel
from conftest import MULTI_LANE
from folders import contents
from python_policies import BestFit, Deadly, Failing

SPAWN = multiprocessing.get_context("spawn")
SWEEP = {"set": {"workload.duration": "3h", "measure.series": "30m"}, "seeds": 3, "jobs": True}


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """The folder of the sweep, done on one thread of this process."""
    out = tmp_path_factory.mktemp("local") / "r"
    windtunnel.run("quickstart", out=out, threads=1, log_decisions=True, **SWEEP)
    return out


def test_threads_leave_the_bytes_of_a_local_sweep(local, tmp_path):
    told = []
    with ThreadPoolExecutor(2) as executor:
        results = windtunnel.sweep("quickstart", executor=executor, batch=2, out=tmp_path / "r", log_decisions=True,
                                   progress=lambda *at: told.append(at), **SWEEP)  # fmt: skip
    assert contents(results.path) == contents(local)
    assert told[-1] == (12, 12)


def test_processes_leave_the_bytes_of_a_local_sweep(local, tmp_path):
    with ProcessPoolExecutor(2, mp_context=SPAWN) as executor:
        windtunnel.sweep("quickstart", executor=executor, out=tmp_path / "r", log_decisions=True, **SWEEP)
    assert contents(tmp_path / "r") == contents(local)


def test_without_an_executor_a_sweep_is_a_run(local, tmp_path):
    windtunnel.sweep("quickstart", out=tmp_path / "r", log_decisions=True, **SWEEP)
    assert contents(tmp_path / "r") == contents(local)


def test_python_policies_go_to_other_processes(tmp_path):
    policies = [..., BestFit()]
    with ProcessPoolExecutor(1, mp_context=SPAWN) as executor:
        windtunnel.sweep(MULTI_LANE, policies=policies, seeds=2, executor=executor, out=tmp_path / "p")
    windtunnel.run(MULTI_LANE, policies=policies, seeds=2, out=tmp_path / "l")
    assert contents(tmp_path / "p") == contents(tmp_path / "l")


#: Seeds are added until differences of waits are known well enough: more than 4 of them, fewer than 40.
ENOUGH = {
    "set": {"workload.duration": "1d", "workload.load": 0.9},
    "seeds": {"until": "ci95 < 20%", "metric": "wait_mean", "min": 4, "max": 40},
    "jobs": True,
}


@pytest.fixture(scope="module")
def enough(tmp_path_factory):
    """The folder of an adaptive sweep, done on one thread of this process."""
    out = tmp_path_factory.mktemp("enough") / "r"
    results = windtunnel.run("quickstart", out=out, threads=1, **ENOUGH)
    assert 4 < results.fingerprints["seed"].n_unique() < 40, "the case adds seeds, and stops"
    return out


@pytest.mark.parametrize("batch", [None, 1, 7])
@pytest.mark.parametrize("pool", [
    lambda: ThreadPoolExecutor(2),
    lambda: ProcessPoolExecutor(2, mp_context=SPAWN),
], ids=["threads", "processes"])  # fmt: skip
def test_seeds_are_added_by_executors_as_by_a_local_sweep(enough, tmp_path, pool, batch):
    told = []
    with pool() as executor:
        windtunnel.sweep("quickstart", executor=executor, batch=batch, out=tmp_path / "r",
                         progress=lambda *at: told.append(at), **ENOUGH)  # fmt: skip
    assert contents(tmp_path / "r") == contents(enough)
    assert told[-1][0] == told[-1][1] == windtunnel.load(enough).fingerprints.height
    # Work is added as rounds end, and never taken away.
    assert [total for _, total in told] == sorted(total for _, total in told)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_an_adaptive_sweep_that_was_interrupted_is_gone_on_with(enough, tmp_path):
    def stop(done, total):
        if done >= 20:
            raise KeyboardInterrupt

    with ThreadPoolExecutor(1) as executor, pytest.raises(KeyboardInterrupt):
        windtunnel.sweep("quickstart", executor=executor, batch=3, out=tmp_path / "r", progress=stop, **ENOUGH)
    with ThreadPoolExecutor(2) as executor:
        results = windtunnel.sweep("quickstart", executor=executor, out=tmp_path / "r", resume=True, **ENOUGH)
    assert results.resumed >= 18 and contents(tmp_path / "r") == contents(enough)


def test_runs_that_are_lost_each_time_end_an_adaptive_sweep_too(tmp_path):
    executor = Losing(lambda number, ids: any("sjf" in run and "s3" in run for run in ids))
    results = windtunnel.sweep("quickstart", executor=executor, retries=0, batch=1, out=tmp_path / "r", **ENOUGH)
    assert {run.id.split("-s")[-1].split("-")[0] for run in results.failed} >= {"3"}
    assert results.fingerprints.height > 12


def test_a_pool_that_lost_a_process_is_made_anew(tmp_path):
    """A policy ends its process the first time that it is asked: its runs are done all the same."""
    marker = str(tmp_path / "marker")
    policies = [..., Deadly("deadly", marker)]
    made = []

    def pool():
        made.append(ProcessPoolExecutor(2, mp_context=SPAWN))
        return made[-1]

    results = windtunnel.sweep(MULTI_LANE, policies=policies, seeds=3, executor=pool, out=tmp_path / "p")
    assert results.failed == [] and len(made) == 2
    windtunnel.run(MULTI_LANE, policies=policies, seeds=3, out=tmp_path / "l")
    assert contents(tmp_path / "p") == contents(tmp_path / "l")


class Losing(Executor):
    """Does tasks at once, on this thread; loses those that ``loses`` says, by their number."""

    def __init__(self, loses):
        self.loses = loses
        self.sizes = []

    def submit(self, function, /, *args, **kwargs):
        future = Future()
        self.sizes.append(len(args[1]))
        if self.loses(len(self.sizes), args[1]):
            future.set_exception(CancelledError("its worker is gone"))
        else:
            future.set_result(function(*args, **kwargs))
        return future


def test_lost_batches_are_sent_again_run_by_run(local, tmp_path):
    executor = Losing(lambda number, ids: number == 2)
    windtunnel.sweep("quickstart", executor=executor, batch=5, out=tmp_path / "r", log_decisions=True, **SWEEP)
    assert contents(tmp_path / "r") == contents(local)
    assert executor.sizes == [5, 5, 2, 1, 1, 1, 1, 1]


def test_what_is_lost_each_time_is_a_failure_apart(tmp_path):
    executor = Losing(lambda number, ids: any("sjf" in run for run in ids))
    results = windtunnel.sweep("quickstart", executor=executor, batch=4, retries=1, out=tmp_path / "r", **SWEEP)
    assert [run.id.startswith("sjf-best-fit-skip-s") for run in results.failed] == [True] * 3
    assert "lost 2 times, the last time by CancelledError: its worker is gone" in results.failed[0].message
    assert results.fingerprints.height == 9
    again = windtunnel.run("quickstart", out=tmp_path / "r", resume=True, **SWEEP)
    assert again.resumed == 9 and again.failed == []


def test_runs_that_fail_elsewhere_are_failures_here(tmp_path):
    with ThreadPoolExecutor(2) as executor:
        results = windtunnel.sweep(MULTI_LANE, policies=[..., Failing(at=5)], seeds=2, executor=executor)
    assert len(results.failed) == 2 and "had enough" in results.failed[0].message
    assert results.policies == ["native"]


def test_an_interrupted_sweep_is_gone_on_with(local, tmp_path):
    def stop(done, total):
        if done >= 4:
            raise KeyboardInterrupt

    with ThreadPoolExecutor(1) as executor, pytest.raises(KeyboardInterrupt):
        windtunnel.sweep("quickstart", executor=executor, batch=1, out=tmp_path / "r", progress=stop,
                         log_decisions=True, **SWEEP)  # fmt: skip
    results = windtunnel.run("quickstart", out=tmp_path / "r", resume=True, log_decisions=True, **SWEEP)
    assert results.resumed >= 4 and contents(tmp_path / "r") == contents(local)


def test_bad_arguments_are_refused(small):
    with ThreadPoolExecutor(1) as executor:
        for wrong in ({"batch": 0}, {"retries": -1}, {"threads": 2}):
            with pytest.raises(ValueError, match="="):
                windtunnel.sweep("quickstart", executor=executor, **wrong)
        for given in (executor, None):
            with pytest.raises(TypeError, match="unexpected keyword argument 'seed'"):
                windtunnel.sweep("quickstart", executor=given, seed=3)


class Promising(Losing):
    """Takes tasks, and gives nothing to wait for."""

    def submit(self, function, /, *args, **kwargs):
        super().submit(function, *args, **kwargs)


def test_what_is_no_executor_is_refused_and_leaves_no_folder(tmp_path, small):
    for executor, words in [
        (5, "executor=5: must be an executor"),
        (lambda: 7, "it made 7, which is no executor"),
        (Promising(lambda number, ids: False), "must return a concurrent.futures.Future, not None"),
    ]:
        with pytest.raises(TypeError, match=words):
            windtunnel.sweep("quickstart", executor=executor, set=small, seeds=1, out=tmp_path / "r")
        assert not (tmp_path / "r").exists()
    results = windtunnel.sweep("quickstart", executor=ThreadPoolExecutor, set=small, seeds=1, out=tmp_path / "r")
    assert results.fingerprints.height == 4


def test_dask_with_one_of_two_workers_killed_leaves_the_bytes_of_a_local_sweep(tmp_path):
    distributed = pytest.importorskip("distributed")
    sweep = {"set": {"workload.duration": "2d", "measure.series": "10m"}, "seeds": 6, "jobs": True}
    windtunnel.run("quickstart", out=tmp_path / "local", **sweep)
    killed = []

    def kill(cluster, out):
        """Kills a worker once some runs are in the folder."""
        segments = Path(out) / "parts"
        while not (segments.exists() and any(path.stat().st_size for path in segments.rglob("*") if path.is_file())):
            time.sleep(0.01)
        process = cluster.workers[0].process
        killed.append(process.pid)
        os.kill(process.pid, signal.SIGKILL)

    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        killer = threading.Thread(target=kill, args=(cluster, tmp_path / "dask"))
        killer.start()
        executor = client.get_executor()
        results = windtunnel.sweep("quickstart", executor=executor, batch=1, out=tmp_path / "dask", **sweep)
        killer.join()
    assert killed and results.failed == []
    assert contents(tmp_path / "dask") == contents(tmp_path / "local")
