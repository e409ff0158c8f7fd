"""The flags of the command line, which are made from the types of the options."""

from typing import get_args

import pytest
from numpy.typing import DTypeLike
from typer.testing import CliRunner

from fusedmlp.command.app import app
from fusedmlp.command.flags import with_flags
from fusedmlp.options import OPTIONS, TYPES
from fusedmlp.options.network import HIDDEN_ACTIVATIONS


def new_command():
    def command(**options):
        return options

    return command


def test_help_has_every_option(monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    result = CliRunner().invoke(app, ["train", "--help"])
    assert result.exit_code == 0
    without = set(OPTIONS)
    for name, option in OPTIONS.items():
        flag = "--" + name.replace("_", "-")
        if f"{flag} " in result.stdout:
            without.remove(name)
            assert option.meaning[:40] in result.stdout
    set_by_the_command = {"output_activation", "loss", "huber_delta", "progress"}
    not_printed = {"track_directions", "record_every"}
    data_and_functions = {"sample_weight", "callback", "warm_start"}
    assert without == set_by_the_command | not_printed | data_and_functions
    assert "float32|float64" in result.stdout
    assert "|".join(HIDDEN_ACTIVATIONS) in result.stdout
    assert "classes|numbers" in result.stdout


def test_an_option_that_no_word_can_give_is_not_left_out_in_silence(monkeypatch):
    monkeypatch.setitem(TYPES, "tol", tuple[float, float])
    with pytest.raises(TypeError, match="no flag can be made for tol"):
        with_flags(new_command())


@pytest.mark.parametrize("dtype", [DTypeLike, DTypeLike | None])
def test_dtype_is_a_flag_whatever_kind_of_type_numpy_gives_it(monkeypatch, dtype):
    monkeypatch.setitem(TYPES, "dtype", dtype)
    word, info = get_args(with_flags(new_command()).__annotations__["dtype"])
    assert (word, info.metavar) == (str, "float32|float64")
