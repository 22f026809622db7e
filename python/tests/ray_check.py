"""A sweep by Ray beside a local one, for an environment that has ``ray``; not part of the suite.

    python python/tests/ray_check.py

One worker process is killed on the way. Ends with an error unless the folders have equal bytes.
"""

import os
import signal
import tempfile
import threading
import time
from pathlib import Path

import ray
import windtunnel
from folders import contents

SWEEP = {"set": {"workload.duration": "2d", "measure.series": "10m"}, "seeds": 10, "jobs": True}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        windtunnel.run("quickstart", out=f"{folder}/local", **SWEEP)
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)

        @ray.remote(max_retries=0)
        def who() -> int:
            time.sleep(0.3)
            return os.getpid()

        pids = set(ray.get([who.remote() for _ in range(4)]))

        def kill() -> None:
            while not any(path.stat().st_size for path in Path(folder, "ray").rglob("*") if path.is_file()):
                time.sleep(0.01)
            os.kill(min(pids), signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        executor = windtunnel.ray_executor(num_cpus=1)
        results = windtunnel.sweep("quickstart", executor=executor, batch=1, out=f"{folder}/ray", **SWEEP)
        killer.join()
        same = contents(f"{folder}/local") == contents(f"{folder}/ray")
        print(f"{ray.__version__=} worker {min(pids)} of {sorted(pids)} killed")
        print(results, f"equal bytes: {same}")
        ray.shutdown()
        if not same or results.failed:
            raise SystemExit(1)


if __name__ == "__main__":
    main()
