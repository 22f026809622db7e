"""The notebooks: kept without outputs, and executed from end to end."""

from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")
pytest.importorskip("matplotlib")

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


def read(path):
    return nbformat.read(path, as_version=4)


def test_there_are_notebooks():
    assert [path.name[:2] for path in NOTEBOOKS] == [f"{n + 1:02}" for n in range(len(NOTEBOOKS))] != []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_kept_without_outputs(path):
    notebook = read(path)
    nbformat.validate(notebook)
    ids = [cell["id"] for cell in notebook.cells]
    assert ids == [f"cell-{n + 1}" for n in range(len(ids))], "ids stay as they are when a notebook is run"
    for cell in notebook.cells:
        assert "outputs" not in cell or cell.outputs == [], f"{cell['id']}: clear the outputs before you commit"
        assert cell.get("execution_count") is None, f"{cell['id']}: clear the outputs before you commit"
        long = [line for line in cell.source.splitlines() if len(line) > 110 and cell.cell_type == "code"]
        assert long == [], f"{cell['id']}: wrap code at 110 columns"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_open_with_a_question_and_end_with_a_figure_and_an_answer(path):
    cells = read(path).cells
    assert cells[0].source.startswith("# ") and "?" in cells[0].source.splitlines()[0]
    assert cells[-1].source.startswith("## The answer")
    assert "plt.show()" in "".join(cell.source for cell in cells[-3:])


def executed(path):
    """Execute a notebook as it is; what a cell raises comes with the cell and its traceback."""
    notebook = read(path)
    nbclient.NotebookClient(notebook, timeout=300).execute()
    return notebook


def figures(notebook):
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return sum("image/png" in output.get("data", {}) for output in outputs)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_run_and_show_a_figure(path):
    assert figures(executed(path)) >= 1


def test_the_notebook_that_reads_a_trace_needs_no_data(monkeypatch):
    monkeypatch.delenv("WINDTUNNEL_DATA", raising=False)
    assert figures(executed(next(path for path in NOTEBOOKS if path.stem == "03-read-a-trace"))) >= 1
