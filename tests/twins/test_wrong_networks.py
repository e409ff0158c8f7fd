"""`fit_networks` and `measure_networks` called with what does not fit: the same refusals."""

import numpy as np
import pytest

from fusedmlp import kernels, reference
from fusedmlp.plan.signals import new_signals
from tests.cases import MINI_BATCH, Case
from tests.networks import CHANGED, copied, group_of

PACKAGES = (kernels, reference)
NETWORKS = 3
CASE = Case("", (3, 4, 2), 6, {**MINI_BATCH, "record_every": 1})
UNSUITABLE = {
    "dropout": {"dropout": 0.25},
    "dropconnect": {"dropconnect": 0.25},
    "batch_norm": {"batch_norm": True},
    "row weights": {"sample_weight": [1.0, 2, 3, 4, 5, 6]},
    "scaled penalties": {"l2": 0.1, "scale_penalties": True},
    "silu": {"activation": "silu"},
    "gelu": {"activation": "gelu"},
    "directions": {"track_directions": True},
    "poisson": {"loss": "poisson", "output_activation": "exp"},
    "aw_sgd": {"optimizer": "aw_sgd"},
    "lbfgs": {"optimizer": "lbfgs"},
}
WRONG_PLAN = "ValueError: plan must be without dropout"


def given_to_fit(**changed):
    """The arguments of `fit_networks`, with others in place of some, or within the networks."""
    group = group_of(CASE, NETWORKS, own_rows=True)
    within = {n: changed.pop(n) for n in group.networks._fields if n in changed}
    given = {"plan": group.plan, "X": group.X, "y": group.y, "networks": group.networks}
    given |= {"active": np.arange(NETWORKS), "begin": 0, "end": 4, "signals": new_signals()}
    if within:
        given["networks"] = group.networks._replace(**within)
    return given | changed


def given_to_measure(**changed):
    """The arguments of `measure_networks`."""
    one = np.zeros((2, NETWORKS, 1))
    changed = {"errors": one[0], "losses": one[1]} | changed
    given = given_to_fit(**changed)
    return {name: given[name] for name in ("plan", "X", "y", "networks", "active")}


CALLS = {"fit_networks": given_to_fit, "measure_networks": given_to_measure}


def refusals(name, given):
    """Return the words of both implementations; what they are given stays as it is."""
    said, before = [], [array.tobytes() for array in given["networks"]]
    for package in PACKAGES:
        with pytest.raises((TypeError, ValueError)) as caught:
            getattr(package, name)(**given)
        said.append(f"{caught.typename}: {caught.value}")
    assert [array.tobytes() for array in given["networks"]] == before
    return said


def require_refusal(given, words, of_measure=True):
    """Require that both implementations of both operations say these words."""
    for name in CALLS if of_measure else ["fit_networks"]:
        said, also = refusals(name, CALLS[name](**given))
        assert said == also
        assert said.startswith(words)
        assert len(said) < 250  # no array is printed


def read_only(array):
    array = array.copy()
    array.flags.writeable = False
    return array


def misaligned(array):
    memory = np.zeros(array.nbytes + 1, np.uint8)[1:]
    return memory.view(array.dtype).reshape(array.shape)


OWN = given_to_fit()["networks"]
FIELDS = OWN._fields


@pytest.mark.parametrize("name", FIELDS)
def test_an_array_of_networks_is_one_that_fits(name):
    array = getattr(OWN, name)
    wrong = [array.astype(array.dtype.newbyteorder()), array[..., None], array[0], array[:0]]
    if array.size:
        wrong.append(misaligned(array))
        wrong.append(np.repeat(array, 3, axis=0)[:6:2])  # not C-ordered
    if name != "schedule":
        wrong += [np.repeat(array, 2, axis=0), array[1:]]
    if array.ndim == 2 and array.size and name != "rows":
        wrong += [np.asfortranarray(array), array[:, :-1].copy(), np.repeat(array, 2, axis=1)]
    if name in CHANGED:
        wrong.append(read_only(array))
    refused = 0
    for change in wrong:
        if name in ("errors", "losses"):
            said, also = refusals("fit_networks", given_to_fit(**{name: change}))
            assert said == also
            assert said.partition(": ")[2].startswith(("networks.errors", "networks.losses"))
        else:
            require_refusal({name: change}, ("TypeError: networks.", "ValueError: networks."))
        refused += 1
    assert refused > 4


@pytest.mark.parametrize("value", [None, [[1.0]], 3])
@pytest.mark.parametrize("name", [*FIELDS, "X", "y", "active"])
def test_what_is_no_array_is_refused(name, value):
    shown = name if name in ("X", "y", "active") else f"networks.{name}"
    words = f"TypeError: {shown} must be a NumPy array, got {type(value).__name__}"
    for operation, given_to in CALLS.items():
        arguments = given_to(**{name: value})
        for package in PACKAGES:
            with pytest.raises(TypeError) as caught:
                getattr(package, operation)(**arguments)
            assert f"TypeError: {caught.value}" == words


@pytest.mark.parametrize("what", UNSUITABLE)
def test_a_plan_that_groups_cannot_have_is_refused(what):
    options = {**CASE.options, **UNSUITABLE[what]}
    if what == "lbfgs":  # which takes neither
        del options["batch_size"], options["learning_rate"]
    plan = group_of(Case("", CASE.sizes, 6, options), NETWORKS).plan
    require_refusal({"plan": plan}, WRONG_PLAN)


def plan_with(**changed):
    return given_to_fit()["plan"]._replace(**changed)


def indices(*numbers):
    return np.array(numbers, np.int64)


MANY = np.zeros((NETWORKS, 6), np.int64)
REFUSED = [
    ({"plan": 1}, "TypeError: plan must be a Plan, got int"),
    ({"plan": plan_with(given_orders=2)}, WRONG_PLAN),
    ({"plan": plan_with(log_loss_cap=36.0)}, WRONG_PLAN),
    ({"plan": plan_with(records_to_wait=1)}, WRONG_PLAN),
    ({"plan": plan_with(seed=-1)}, "ValueError: plan.seed must be in 0..9223372036854775807, got"),
    (
        {"plan": plan_with(extras=plan_with().extras._replace(steps_before=1))},
        WRONG_PLAN,
    ),
    ({"X": np.ones((11, 4))}, "ValueError: X must have shape (rows, n_in) with n_in = 3 as in"),
    ({"y": np.ones((11, 3))}, "ValueError: y must have shape (rows, n_out) with rows = 11 as"),
    ({"y": np.ones((10, 2))}, "ValueError: y must have shape (rows, n_out) with rows = 11 as"),
    ({"y": np.ones((11, 2), np.float32)}, "TypeError: y must have dtype float64, as X has, got"),
    ({"X": np.asfortranarray(np.ones((11, 3)))}, "ValueError: X must be C-ordered"),
    (
        {"params": OWN.params.astype(np.float32)},
        "TypeError: networks.params must have dtype float64, as X has, got float32",
    ),
    (
        {"squares": OWN.params.copy()},
        "ValueError: networks.squares must have shape (networks, 0) with networks = 3",
    ),
    ({"seeds": indices(1, -1, 2)}, "ValueError: networks.seeds must be at least 0, got -1"),
    ({"rows": MANY - 1}, "ValueError: networks.rows must be indices in 0..10, got -1"),
    ({"rows": MANY + 11}, "ValueError: networks.rows must be indices in 0..10, got 11"),
    ({"rows": MANY.astype(np.int32)}, "TypeError: networks.rows must have dtype int64, got int32"),
    ({"rows": MANY[0]}, "ValueError: networks.rows must have 2 dimensions, got shape (6,)"),
    ({"rows": MANY[:, :0].copy()}, "ValueError: networks.rows must have shape (3, rows), or (0, 0"),
    ({"rows": MANY[:0]}, "ValueError: networks.rows must have shape (3, rows), or (0, 0)"),
    ({"rows": MANY[:2]}, "ValueError: networks.rows must have shape (3, rows), or (0, 0)"),
    ({"active": indices(0, 3)}, "ValueError: active must be indices in 0..2, got 3"),
    ({"active": indices(-1)}, "ValueError: active must be indices in 0..2, got -1"),
    ({"active": indices(0, 2, 0)}, "ValueError: active must name no network twice, got 0"),
    ({"active": indices(0)[None]}, "ValueError: active must have 1 dimensions, got shape (1, 1)"),
    ({"active": np.ones(2)}, "TypeError: active must have dtype int64, got float64"),
    ({"active": np.arange(6)[::2]}, "ValueError: active must be C-ordered"),
]


@pytest.mark.parametrize(("given", "words"), REFUSED, ids=[words for _, words in REFUSED])
def test_what_does_not_fit_is_refused_in_the_same_words(given, words):
    require_refusal(given, words)


OF_FIT = [
    ({"begin": 5}, "ValueError: begin must be in 0..4, got 5"),
    ({"begin": -1}, "ValueError: begin must be in 0..4, got -1"),
    ({"begin": 1.0}, "TypeError: begin must be an integer, got float"),
    (
        {"begin": np.arange(100)},
        "TypeError: begin must be an integer, got an array of shape (100,)",
    ),
    ({"end": -1}, "ValueError: end must be in 0..1099511627776, got -1"),
    ({"end": 10**400}, "ValueError: end must be in 0..1099511627776, got an integer of 1329 bits"),
    ({"end": True}, "TypeError: end must be an integer, got bool"),
    ({"end": 5}, "ValueError: networks.errors must have 5 records for 5 epochs, got 4"),
    ({"begin": 4, "end": 5}, "ValueError: networks.errors must have 5 records for 5 epochs, got 4"),
    ({"rows": MANY[:, :2].copy()}, "ValueError: plan.batch_size must be in 1..2, got 3"),
    ({"signals": np.zeros(8)}, "TypeError: signals must have dtype int64, got float64"),
    ({"signals": indices(1)}, "ValueError: signals must have shape (8,), got shape (1,)"),
    ({"signals": read_only(new_signals())}, "ValueError: signals must be writable, got a read-on"),
]


@pytest.mark.parametrize(("given", "words"), OF_FIT, ids=[words for _, words in OF_FIT])
def test_epochs_and_signals_that_do_not_fit_are_refused(given, words):
    require_refusal(given, words, of_measure=False)


def test_another_thing_than_networks_is_refused():
    for name, given_to in CALLS.items():
        given = given_to()
        for package in PACKAGES:
            with pytest.raises(TypeError, match="networks must be Networks, got tuple"):
                getattr(package, name)(**given | {"networks": tuple(given["networks"])})


def test_a_measure_needs_room_for_one_record():
    given = given_to_measure(errors=np.zeros((3, 2)), losses=np.zeros((3, 2)))
    said, also = refusals("measure_networks", given)
    assert said == also
    assert said == "ValueError: networks.errors must have shape (networks, 1), got shape (3, 2)"


@pytest.mark.parametrize("written", ["params", "velocity", "errors", "losses", "diverged"])
@pytest.mark.parametrize("indices", ["rows", "active"])
def test_indices_share_no_memory_with_what_is_written(indices, written):
    """They would be others by the time that they are used."""
    given = given_to_measure() if written in ("errors", "losses") else given_to_fit()
    name = "measure_networks" if written in ("errors", "losses") else "fit_networks"
    networks = given["networks"]
    array = getattr(networks, written)
    if indices == "active":
        given["active"] = array.reshape(-1).view(np.int64)[:1]
        given["active"][:] = 0
    else:
        memory = np.zeros(array.size + 18, array.dtype)
        shared = memory[: array.size].reshape(array.shape)
        rows = memory[array.size - 1 : array.size + 17].view(np.int64).reshape(NETWORKS, 6)
        given["networks"] = networks._replace(**{written: shared, "rows": rows})
    said, also = refusals(name, given)
    shown = "networks.rows" if indices == "rows" else "active"
    assert said == also
    words = f"{shown} must share no memory with networks.{written}, got arrays that overlap"
    assert said == f"ValueError: {words}"


def test_numbers_that_are_not_finite_end_their_networks_alone():
    outcomes = []
    for package in PACKAGES:
        given = given_to_fit()
        given["networks"].numbers[1] = np.nan
        package.fit_networks(**given)
        outcomes.append(given["networks"].diverged.tolist())
    assert outcomes == [[0, 1, 0], [0, 1, 0]]


class Subclass(np.ndarray):
    """An array of another type, which is the array that it is."""


@pytest.mark.parametrize("subclass", [np.matrix, Subclass])
def test_arrays_of_a_subclass_are_the_arrays_that_they_are(subclass):
    for package in PACKAGES:
        plain, given = given_to_fit(), given_to_fit()
        networks = copied(given["networks"])
        given["networks"] = networks._replace(
            **{n: a.view(subclass) for n, a in networks._asdict().items() if a.ndim == 2}
        )
        for call in (plain, given):
            assert package.fit_networks(**call) == NETWORKS
        for ours, theirs in zip(given["networks"], plain["networks"], strict=True):
            np.testing.assert_array_equal(ours, theirs)
