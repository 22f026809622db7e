"""The Python of the pages runs as it stands there."""

import re
from pathlib import Path

import pytest
import windtunnel

ROOT = Path(__file__).parents[2]


def snippets(page):
    return re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)


def test_the_readme_of_the_package_runs_from_top_to_bottom(tmp_path, monkeypatch, capsys):
    """A later snippet may use what an earlier one made."""
    monkeypatch.chdir(tmp_path)
    blocks, names = snippets("python/README.md"), {}
    assert len(blocks) >= 3
    for block in blocks:
        exec(compile(block, "python/README.md", "exec"), names)
    assert "wait_mean" in capsys.readouterr().out
    # The policy of the page is one of those that its last results compare.
    assert any("Fcfs" in policy for policy in names["results"].policies)


def test_the_sweep_by_dask_runs_on_a_cluster_in_this_process(tmp_path, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.chdir(tmp_path)
    block = snippets("docs/distributed.md")[0]
    here = block.replace('"tcp://scheduler:8786"', "processes=False, n_workers=1, dashboard_address=None")
    here = here.replace("seeds=100", "seeds=2")
    assert here.count("processes=False") == 1 and here.count("seeds=2") == 1
    exec(compile(here, "docs/distributed.md", "exec"), {"__name__": "__main__"})
    assert len(windtunnel.load(tmp_path / "results/quickstart").fingerprints) == 8


@pytest.mark.parametrize("page", ["README.md", "docs/distributed.md", "docs/environments.md", "python/README.md"])
def test_what_pages_name_of_the_package_is_there(page):
    """Snippets that need a cluster of machines are at least right in names and syntax."""
    for block in snippets(page):
        compile(block, page, "exec")
    text = (ROOT / page).read_text(encoding="utf-8")
    for name in re.findall(r"windtunnel\.([a-zA-Z_]+)\(", text):
        assert hasattr(windtunnel, name), f"{page}: windtunnel.{name}"
