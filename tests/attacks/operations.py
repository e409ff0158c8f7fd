"""Attack on the public operations: random calls of both implementations, most of them wrong.

Each call is made of the reference and of the kernel, on memory between pages that may not be
touched. Both must raise the same error and change nothing, or change nothing but what they are said
to write, and agree to rounding. An attempt is CALLS calls, since reporting takes as long as one.
"""

import random

import numpy as np

from fusedmlp import kernels, reference
from fusedmlp.plan.operations.requirements import Array
from tests.attacks.campaign import main
from tests.attacks.random_calls import Call

CALLS = 10
TOLERANCE = {"float64": (1e-11, 1e-13), "float32": (1e-4, 1e-5)}


def attempt(number: int) -> None:
    """Make CALLS random calls."""
    dice = random.Random(number)
    with np.errstate(all="ignore"):
        for which in range(CALLS):
            call = Call(dice)
            try:
                compare(call)
            except AssertionError as error:
                raise AssertionError(f"call {which}, {call}: {error}") from None


def compare(call: Call) -> None:
    """Make one call of both implementations; raise AssertionError where they differ."""
    for page in call.pages.values():
        page.remember()
    expected, changed = outcome_of(call, reference)
    for page in call.pages.values():
        page.restore()
    got, changed_too = outcome_of(call, kernels)
    if isinstance(expected, Exception) or isinstance(got, Exception):
        same = type(expected) is type(got) and str(expected) == str(got)
        assert same, f"the reference: {expected!r}, the kernel: {got!r}"
        return
    if call.wild:
        return
    assert_close(call, "returned", got, expected)
    for name, array in changed_too.items():
        assert_close(call, name, array, changed[name])


def outcome_of(call: Call, package):
    """Return what a call returned or raised, and copies of what it may have changed."""
    refused = None
    try:
        returned = call.run(package)
    except (TypeError, ValueError) as error:
        refused = error
    if refused:
        for name, page in call.pages.items():
            assert not page.changed(), f"{package.__name__} raised {refused!r}, changed {name}"
        return refused, {}
    changed = {}
    for name, page in call.pages.items():
        requirement = call.requirements[name]
        assert isinstance(requirement, Array)
        if requirement.written:
            changed[name] = np.array(call.arguments[name])
        if not call.shares_memory:
            strays = page.strays() if requirement.written else page.changed()
            assert not strays, f"{package.__name__} changed memory around or in {name}"
    return returned, changed


def assert_close(call: Call, what: str, got, expected) -> None:
    """Raise AssertionError unless two results agree to rounding."""
    relative, absolute = TOLERANCE["float32" if call.is_single() else "float64"]
    if expected is None or got is None:
        assert expected is got, f"{what}: {got} and {expected}"
        return
    if isinstance(got, int):  # of 64 bits without a sign
        assert got == int(expected), f"{what}: {got} and {expected}"
        return
    if np.asarray(got).dtype.kind == "i":
        assert np.array_equal(got, expected), f"{what}: {got} and {expected}"
        return
    difference = np.abs(np.subtract(got, expected, dtype=np.float64))
    close = (difference <= absolute + relative * np.abs(expected)).all()
    assert close, f"{what}: the kernel {got}, the reference {expected}"


if __name__ == "__main__":
    main("tests.attacks.operations", 100_000)
