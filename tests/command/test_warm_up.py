"""The command `warm-up`: what it compiles for, and what it says."""

import sys

from typer.testing import CliRunner

from fusedmlp.command.app import app


def warm_up(monkeypatch, *words, error=None):
    """Run the command; return its result, and the dtypes that were to be compiled for."""
    asked = []

    def compile_nothing(dtypes):
        asked.append(dtypes)
        if error is not None:
            raise error

    module = sys.modules["fusedmlp.command.warm_up"]
    monkeypatch.setattr(module, "compile_ahead", compile_nothing)
    return CliRunner().invoke(app, ["warm-up", *words]), asked


def test_both_dtypes_or_one_are_compiled_for(monkeypatch):
    done, asked = warm_up(monkeypatch)
    assert done.exit_code == 0, done.output
    assert asked == [("float32", "float64")]
    assert "Kernels ready in " in done.output
    assert warm_up(monkeypatch, "--dtype", "float32")[1] == [("float32",)]
    assert warm_up(monkeypatch, "--dtype", "float16")[0].exit_code == 2


def test_what_cannot_be_kept_is_an_error(monkeypatch):
    done, _ = warm_up(monkeypatch, error=RuntimeError("the disk is full"))
    assert done.exit_code == 1
    assert "error: the disk is full" in done.output
