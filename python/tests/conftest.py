"""What the tests share: small scenarios."""

import os
import sys
from pathlib import Path

import pytest

# Worker processes find the tests' policies as this one does.
HERE = str(Path(__file__).parent)
sys.path.insert(0, HERE)
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [HERE, os.environ.get("PYTHONPATH")]))

#: Few jobs, so that a run takes milliseconds.
SMALL = {"workload.duration": "6h"}

MULTI_LANE = """\
# Question: jobs of several tasks and lanes
name = "multi-lane"
workload = { type = "synthetic", duration = "1d", load = 0.95, durations = { type = "exponential", mean = "20m" }, \
shapes = [{ weight = 5, cpu = [1, 2], memory = ["1GiB", "6GiB"] }, { weight = 2, cpu = [2, 4], tasks = [2, 3, 8] }, \
{ weight = 1, cpu = 1, gpus = [1, 2], gpu_share = [0.5, 1.0] }] }
cluster = { nodes = [{ count = 6, cpu = 8, memory = "32GiB" }, { count = 3, cpu = 16, memory = "24GiB", gpus = 2 }] }
policy = [{ order = "fcfs", place = "best-fit", name = "native" }]
"""


@pytest.fixture
def small():
    return dict(SMALL)
