"""The flags of the command line, which are made from the types of the options."""

import re
from typing import get_args

import pytest
from numpy.typing import DTypeLike

from fusedmlp.command.flags import with_flags
from fusedmlp.options import OPTIONS, TYPES
from fusedmlp.options.network import HIDDEN_ACTIVATIONS
from tests.command.commands import run

flags = with_flags((), {}, {})


def new_command():
    def command(**options):
        return options

    return command


def test_help_has_every_option():
    shown = " ".join(run("train", "--help-all").stdout.split())
    without = {name for name in OPTIONS if f" --{name.replace('_', '-')} " not in shown}
    set_by_the_command = {"output_activation", "progress"}
    not_printed = {"track_directions", "record_every"}
    data_and_functions = {"sample_weight", "callback", "warm_start"}
    assert without == set_by_the_command | not_printed | data_and_functions
    assert ", ".join(HIDDEN_ACTIVATIONS) in shown
    assert OPTIONS["optimizer"].meaning[:60] in shown


def test_help_speaks_of_flags_not_of_python():
    shown = " ".join(run("train", "--help-all").stdout.split())
    for name in (name for name in OPTIONS if "_" in name and name != "output_activation"):
        assert f" {name} " not in shown
        assert f"{name}=" not in shown
    assert not re.search(r"\b(None|True|False)\b", shown)


def test_an_option_that_no_word_can_give_is_not_left_out_in_silence(monkeypatch):
    monkeypatch.setitem(TYPES, "tol", tuple[float, float])
    with pytest.raises(TypeError, match="no flag can be made for tol"):
        flags(new_command())


@pytest.mark.parametrize("dtype", [DTypeLike, DTypeLike | None])
def test_dtype_is_a_flag_whatever_kind_of_type_numpy_gives_it(monkeypatch, dtype):
    monkeypatch.setitem(TYPES, "dtype", dtype)
    word, info = get_args(flags(new_command()).__annotations__["dtype"])
    assert (word, info.metavar) == (str | None, "WORD")
    assert info.autocompletion("float") == ["float32", "float64"]
