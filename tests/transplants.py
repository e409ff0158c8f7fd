"""The reference's steps with other twins in them: the kernels', or its own with noise.

A run may amplify the last digit of one number into all digits of its results: a saturated unit's
derivative, divided by its own size by Adam, is nothing but rounding; relu's slope jumps. Then the
results of kernels and reference say nothing about each other. But each twin that a step calls can
be held to rounding alone, on the arguments that the run gives it; and the reference's steps, with
the results of the kernels' twins in them, must give what the kernels give. `kernels_twins` does
both.
"""

from contextlib import contextmanager
from importlib import import_module
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np

from fusedmlp import kernels, reference
from tests import rounding_of_twins as rounding

UNITS = 16  # of rounding: what two ways to compute the same may differ by


class TwinsDifferError(AssertionError):
    """The results of a kernel and of its twin differ by more than rounding."""


class Twin(NamedTuple):
    """Where the reference's steps call a twin, which arguments it writes, and their rounding.

    A twin that writes none of its arguments returns a number.
    """

    modules: tuple[str, ...]
    written: tuple[int, ...]
    rounding: Any


LAYERS, UPDATES = ("steps.forward_backward",), ("steps.parameter_update",)
DRAWS, LOSSES = ("steps.row_sampling",), ("steps.loss",)
TWINS = {
    "activate": Twin(LAYERS, (1,), rounding.of_activate),
    "forward": Twin(LAYERS, (4,), rounding.of_forward),
    "backpropagate": Twin(LAYERS, (4,), rounding.of_backpropagate),
    "layer_gradient": Twin(LAYERS, (2, 3), rounding.of_layer_gradient),
    "output_delta": Twin(LAYERS, (5,), rounding.of_output_delta),
    "loss": Twin(LOSSES, (), rounding.of_loss),
    "weighted_loss": Twin(LOSSES, (), rounding.of_loss),
    "log_loss_of_sums": Twin(LOSSES, (), rounding.of_log_loss),
    "normalize": Twin(LAYERS, (0, 3, 4, 5), rounding.of_normalize),
    "normalize_backward": Twin(LAYERS, (0, 4, 5), rounding.of_normalize_backward),
    "follow": Twin(("steps.batch_norm",), (3, 4), rounding.of_follow),
    "update": Twin(UPDATES, (0, 2), rounding.of_update),
    "adam": Twin(UPDATES, (0, 2, 3), rounding.of_adam),
    "rmsprop": Twin(UPDATES, (0, 2, 3), rounding.of_rmsprop),
    "rprop": Twin(UPDATES, (0, 2, 3), rounding.of_rprop),
    "penalize": Twin(UPDATES, (1,), rounding.of_penalize),
    "clip_values": Twin(UPDATES, (0,), rounding.exact),
    "clip_norm": Twin(UPDATES, (0,), rounding.of_clip_norm),
    "draw_rows": Twin(DRAWS, (5,), rounding.exact),
    "row_chances": Twin(DRAWS, (3,), rounding.relative),
    "add_squares": Twin(DRAWS, (3,), rounding.of_add_squares),
    "learn_to_sample": Twin(DRAWS, (0, 1), rounding.of_learn_to_sample),
}


@contextmanager
def kernels_twins(names=tuple(TWINS)):
    """Let the reference's steps go on with the results of the kernels' twins.

    TwinsDifferError: the results of two twins differ by more than rounding.
    """

    def with_kernels(name):
        twin, own, compiled = TWINS[name], getattr(reference, name), getattr(kernels, name)

        def call(*arguments):
            theirs = _copied(arguments, twin.written)
            expected = _written(twin, theirs, own(*theirs))
            before = _copied(arguments, twin.written)
            value = compiled(*_for_kernels(name, arguments))
            units = _units(twin, before, expected)
            written = _written(twin, arguments, value)
            for a, b, unit in zip(written, expected, units, strict=True):
                _require_near(name, a, b, unit)
            return value

        return call

    with _replaced({name: with_kernels(name) for name in names}):
        yield


@contextmanager
def noisy_twins(seed):
    """Change each result in the reference's steps by a unit of its rounding, at random."""
    random = np.random.default_rng(seed)

    def with_noise(name):
        twin, own = TWINS[name], getattr(reference, name)

        def call(*arguments):
            before = _copied(arguments, twin.written)
            value = own(*arguments)
            results = _written(twin, arguments, value)
            for array, unit in zip(results, _units(twin, before, results), strict=True):
                if array.dtype.kind == "f":
                    array += unit * random.standard_normal(array.shape)
            return value if twin.written else float(results[0])

        return call

    with _replaced({name: with_noise(name) for name in TWINS}):
        yield


@contextmanager
def _replaced(functions):
    """Replace functions in the modules of the reference that call them, by name."""
    patches = [
        patch.object(import_module(f"fusedmlp.reference.{module}"), name, function)
        for name, function in functions.items()
        for module in TWINS[name].modules
    ]
    for replacement in patches:
        replacement.start()
    try:
        yield
    finally:
        for replacement in patches:
            replacement.stop()


def _copied(arguments, which):
    return [a.copy() if k in which else a for k, a in enumerate(arguments)]


def _written(twin, arguments, value):
    """Return the arrays that a call has written, or the number that it returned as an array."""
    return [arguments[k] for k in twin.written] if twin.written else [np.array(value)]


def _for_kernels(name, arguments):
    """Return arguments of the types that the compiled twin has in the kernels."""
    arguments = [int(a) if isinstance(a, int | np.integer) else a for a in arguments]
    if name == "output_delta":
        arguments[4] = arguments[5].dtype.type(arguments[4])
    elif name == "update":
        arguments[3] = arguments[0].dtype.type(arguments[3])
    return arguments


@np.errstate(all="ignore")
def _units(twin, before, results):
    return twin.rounding(results, *before)


@np.errstate(all="ignore")
def _require_near(name, ours, theirs, unit):
    if ours.dtype.kind == "f":
        unit = unit + np.finfo(ours.dtype).smallest_subnormal
    # Where a term is not finite, a sum is infinite or NaN, as the order of its terms has it.
    same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
    far = ~same & np.isfinite(unit) & ~(np.abs(ours - theirs) <= UNITS * unit)
    if far.any():
        worst = np.unravel_index(np.argmax(np.where(far, np.abs(ours - theirs), 0)), far.shape)
        raise TwinsDifferError(
            f"{name}: {ours[worst]!r} and {theirs[worst]!r} differ by more than {UNITS} units of "
            f"rounding, {np.broadcast_to(unit, far.shape)[worst]!r}"
        )
