"""A notebook, run cell by cell in Jupyter's own kernel: pages, progress, and what is printed."""

import sys

import nbclient
import nbformat
import pytest

from tests.processes import ROOT

PREPARE = """
import warnings
warnings.simplefilter("error")
import fusedmlp
X, y = [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], [0, 1, 1, 0]
quick = {"epochs": 400, "random_state": 1, "backend": "reference"}
"""
CELLS = {
    "run": "run = fusedmlp.train(X, y, **quick)\nrun",
    "surface": "fusedmlp.error_surface(run, X, y, (0, 0, 0), (0, 1, 0), points=9)",
    "many": "fusedmlp.train_many(X, y, starts=3, **quick)",
    "progress": "_ = fusedmlp.train(X, y, progress=True, patience=400, tol=0.0, **quick)",
    "of many": "_ = fusedmlp.train_many(X, y, starts=3, progress=True, **quick)",
    "compiling": """
import time
from fusedmlp.plan import compiling
from fusedmlp.training.display import Shown, displayed
shown = Shown(7, "epoch {} of {}")
with displayed(shown):
    compiling.begin(shown)
    time.sleep(0.6)
""",
}


@pytest.fixture(scope="module")
def outputs():
    """The outputs of each cell."""
    cells = [nbformat.v4.new_code_cell(PREPARE)]
    cells += [nbformat.v4.new_code_cell(source) for source in CELLS.values()]
    notebook = nbformat.v4.new_notebook(cells=cells)
    client = nbclient.NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
    )
    client.execute()
    assert not notebook.cells[0].outputs
    return dict(zip(CELLS, (cell.outputs for cell in notebook.cells[1:]), strict=True))


@pytest.mark.parametrize("name", ["run", "surface", "many"])
def test_an_object_is_a_page(outputs, name):
    (output,) = outputs[name]
    assert output.output_type == "execute_result"
    assert output.data["text/html"].startswith("<div><strong>")
    assert "<svg" in output.data["text/html"]
    assert output.data["text/plain"].startswith("<")
    assert "\n" not in output.data["text/plain"]


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("progress", "epoch 400 of 400  loss 0.", "epochs/s"),
        ("of many", "network 3 of 3  lowest loss 0.", "networks/s"),
        ("compiling", "epoch 0 of 7  compiling", "seconds"),
    ],
)
def test_progress_is_one_line_below_the_cell(outputs, name, start, end):
    (output,) = outputs[name]
    assert output.output_type == "display_data"
    text = output.data["text/plain"]
    assert text.startswith(start)
    assert text.endswith(end)
    assert text.isprintable()


def test_the_kernel_is_of_this_python():
    from jupyter_client.kernelspec import KernelSpecManager

    command = KernelSpecManager().get_kernel_spec("python3").argv[0]
    assert command in (sys.executable, "python", "python3")
