"""help() of train and train_many: a few screens of short lines, every option, the rarer last."""

import inspect
import pydoc

import pytest

import fusedmlp
from fusedmlp.many.grid import REFUSED
from fusedmlp.options import DEFAULTS, OPTIONS
from fusedmlp.options.groups import RARE, in_order

FUNCTIONS = {"train": (fusedmlp.train, ()), "train_many": (fusedmlp.train_many, REFUSED)}
MOST_LINES, MOST_CHARACTERS = 235, 100


@pytest.fixture(params=FUNCTIONS)
def function(request):
    """A documented function."""
    return FUNCTIONS[request.param][0]


@pytest.fixture
def options(function):
    """The options that the function takes."""
    (without,) = (w for f, w in FUNCTIONS.values() if f is function)
    return [name for name in OPTIONS if name not in without]


def test_help_fits_a_few_screens(function):
    lines = pydoc.plain(pydoc.render_doc(function)).splitlines()
    assert len(lines) <= MOST_LINES
    assert max(len(line) for line in lines) <= MOST_CHARACTERS


def test_help_names_every_option_with_its_default_and_meaning(function, options):
    words = " ".join(pydoc.plain(pydoc.render_doc(function)).split())
    own = {"random_state", "threads", "progress"} if function is fusedmlp.train_many else set()
    for name in options:
        meaning = "" if name in own else " ".join(OPTIONS[name].meaning.split())
        assert f" {name} : default {OPTIONS[name].default!r}" in words
        assert meaning in words
    assert "{options}" not in words
    assert "**options" not in words


def test_rare_options_are_at_the_end(function, options):
    common, rare = function.__doc__.split("\nOther Parameters\n")
    for name in options:
        assert f"\n{name} : " in (rare if name in RARE else common)
    keywords = [n for n in inspect.signature(function).parameters if n in OPTIONS]
    assert keywords == [name for name in in_order() if name in options]


def test_every_option_is_in_a_group_once():
    assert sorted(in_order()) == sorted(OPTIONS)
    assert OPTIONS.keys() >= RARE


def test_signatures_have_the_defaults_and_types_by_their_names(function, options):
    signature = inspect.signature(function)
    for name in options:
        assert signature.parameters[name].default == DEFAULTS[name]
        assert f" {name}: " in str(signature).replace("\n", " ")
    assert "activation: Activation | Sequence[Activation] = 'sigmoid'" in str(signature)
    assert str(signature) == signature.format(max_width=80)
    signature.bind([[0.0]], [0.0], epochs=3)
    with pytest.raises(TypeError, match="nosuch"):
        signature.bind([[0.0]], [0.0], nosuch=3)
