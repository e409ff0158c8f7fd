"""Random calls of the public operations: right arguments, most of them with something wrong."""

import random
from typing import Any

import numpy as np

from fusedmlp.plan.operations.arguments import shown
from fusedmlp.plan.operations.declarations import OPERATIONS
from fusedmlp.plan.operations.requirements import Array, Code, Real
from tests.attacks.guarded_page import PAGE, GuardedPage

NUMBERS = np.random.default_rng(0).uniform(0.05, 0.95, 8192)
SIGNED = np.random.default_rng(1).normal(size=8192)
POSITIVE = ("outputs", "targets", "squares", "variance", "variances", "row_weights")
PAGES = [GuardedPage() for _ in range(8)]

# Each combination of types is compiled: few of them stand for all.
# The real dtype, the type of real numbers, that of codes, that of keys, and whether what is only
# read is read-only.
VARIANTS = (
    ("float64", float, int, int, False),
    ("float32", np.float32, int, int, False),
    ("float64", float, None, np.uint64, True),
)
WRONG_DTYPES = (
    "float32", "float64", ">f8", ">f4", "float16", "longdouble", "complex128", "int64", "int32",
    "int8", ">i8", "uint64", "bool", "S8", "M8[s]", "i4,f4",
)  # fmt: skip
WRONG_KINDS = (
    None, "text", [1.0, 2.0], [], (), {}, 1, 0.5, np.float64(1), np.array(1.0), b"bytes", object,
)  # fmt: skip
WRONG_NUMBERS = (
    None, "1", [1], np.array(1), np.ones(1), 1j, True, np.True_, np.float16(1), np.longdouble(1),
    0.5, np.nan, np.inf, -1, 99, 2**63, -(2**63) - 1, 2**64, 10**400, -(10**5000),
)  # fmt: skip
WRONG_REALS = (
    None, "1", [1.0], np.array(1.0), np.ones(1), 1j, True, np.True_, np.float16(1),
    np.longdouble(1), 10**400, -(10**400),
)  # fmt: skip
WILD_REALS = (np.nan, np.inf, -np.inf, 1e308, -1e308, 1e-320, -1.0, 0.0, 1.0, 2.0)
EDGES = (0, 1, -1, 2, 10, 11, 65_535, 65_536, 2**32, 2**62, 2**62 + 1, 2**63 - 1, -(2**63))


class Call:
    """A call: the operation's name, its arguments, and what was done to them."""

    def __init__(self, dice: random.Random) -> None:
        self.dice, self.pages = dice, {}
        self.name = dice.choice(NAMES)
        self.requirements = OPERATIONS[self.name]
        self.real, self.number, self.code, self.key, self.read_only = dice.choice(VARIANTS)
        self.sizes = {"dimensions": dice.randint(1, 2)}
        self.wild = False  # numbers for which two right results may differ beyond rounding
        self.shares_memory = False
        self.done: list[str] = []
        pages = iter(PAGES)
        self.arguments = {}
        for name, requirement in self.requirements.items():
            if isinstance(requirement, Array):
                self.pages[name] = next(pages)
                self.arguments[name] = self._array(name, requirement, self._shape(requirement))
            else:
                self.arguments[name] = self._number(name, requirement)
        self.positional = dice.randint(0, len(self.arguments)) if dice.random() < 0.1 else None
        for _ in range(dice.choice((0, 1, 1, 1, 1, 2))):
            self._spoil()
        if self.read_only:
            self._protect_inputs()

    def __str__(self) -> str:
        arrays = {n: a.shape for n, a in self.arguments.items() if isinstance(a, np.ndarray)}
        return f"{self.name} in {self.real} {arrays}, spoilt: {', '.join(self.done) or 'nothing'}"

    def run(self, package):
        """Call one implementation's operation."""
        values = list(self.arguments.values())
        if self.positional is None:
            return getattr(package, self.name)(*values)
        names = list(self.arguments)[self.positional :]
        named = {name: self.arguments[name] for name in names}
        return getattr(package, self.name)(*values[: self.positional], **named)

    def is_single(self) -> bool:
        """Whether any number may be of float32."""
        if self.real == "float32":
            return True
        arrays = (a for a in self.arguments.values() if isinstance(a, np.ndarray))
        return any(array.dtype == np.float32 for array in arrays)

    # What is right

    def _size(self, name: str) -> int:
        if name not in self.sizes:
            most = 9 if self.dice.random() < 0.9 else 20
            self.sizes[name] = self.dice.randint(1, most)
        return self.sizes[name]

    def _shape(self, requirement: Array) -> tuple[int, ...]:
        if requirement.any_shape:
            return tuple(self._size(f"axis {k}") for k in range(self.sizes["dimensions"]))
        if requirement.may_be_empty and self.dice.random() < 0.3:
            return (0,)
        return tuple(
            factor * self._size(name) if name else factor for factor, name in requirement.shape
        )

    def _array(self, name, requirement, shape, order="C", dtype=None, shift=0):
        dtype = dtype or (self.real if requirement.kind == "real" else requirement.kind)
        at_end = self.dice.random() < 0.7
        array = self.pages[name].array(shape, dtype, order, at_end, shift)
        self._fill(name, requirement, array)
        return array

    def _protect_inputs(self) -> None:
        for name, requirement in self.requirements.items():
            array = self.arguments.get(name)
            if isinstance(array, np.ndarray) and getattr(requirement, "written", True) is False:
                self.arguments[name] = array = array.view()
                array.flags.writeable = False

    def _fill(self, name: str, requirement: Array, array: np.ndarray) -> None:
        size, start = array.size, self.dice.randrange(4096)
        if array.dtype.kind not in "if" or not size:
            return
        if array.dtype.kind == "i":
            most = self._size(requirement.indices_of) if requirement.indices_of else 2
            least = -1 if name == "uphill" else 0
            array.flat = [self.dice.randrange(least, most) for _ in range(size)]
            return
        signed = self.dice.random() < 0.5 and name not in POSITIVE
        array.flat = (SIGNED if signed else NUMBERS)[start : start + size]
        if name == "scores" and array.ndim == 1 and size % 2 == 0:
            array[size // 2 :] = NUMBERS[start : start + size // 2]
            for node in range(size // 2 - 1, 0, -1):
                array[node] = array[2 * node] + array[2 * node + 1]

    def _number(self, name, requirement):
        if isinstance(requirement, Code):
            choice = self.dice.choice(list(requirement.choices))
            return choice if self.code is None else self.code(choice)
        if isinstance(requirement, Real):
            return self.number(
                self.dice.uniform(0.6, 0.9) if name == "most_step" else self.dice.uniform(0.05, 0.5)
            )
        value = self.dice.randint(requirement.least, min(requirement.most, 1000))
        if requirement.flag:
            return bool(value) if self.code is None else value
        return self.key(value) if name in ("key", "seed") else value

    # What is wrong

    def _spoil(self) -> None:
        name = self.dice.choice(list(self.requirements))
        requirement = self.requirements[name]
        if self.dice.random() < 0.02:
            self._spoil_number_of_arguments(name)
            return
        if name not in self.arguments:
            return
        if isinstance(requirement, Array):
            ways = (
                self._other_shape, self._other_shape, self._other_dtype, self._other_order,
                self._protected, self._shifted, self._other_kind, self._other_values, self._shared,
            )  # fmt: skip
            way = self.dice.choice(ways)
            way(name, requirement)
            self.done.append(f"{name}: {way.__name__.strip('_')}")
        else:
            self._other_number(name, requirement)

    def _spoil_number_of_arguments(self, name: str) -> None:
        if self.dice.random() < 0.5:
            self.arguments.pop(name, None)
        else:
            self.arguments["more"] = 1
        self.done.append("number of arguments")

    def _other_shape(self, name: str, requirement: Array) -> None:
        shape = list(self._shape(requirement))
        way, axis = self.dice.randrange(7), self.dice.randrange(len(shape))
        if way < 3:
            shape[axis] = max(0, shape[axis] + (-1, 1, self.dice.randint(-9, 9))[way])
        elif way == 3:
            shape[axis] = 0
        elif way == 4:
            shape = shape[::-1]
        elif way == 5:
            shape.insert(axis, self.dice.choice((1, 2)))
        else:
            shape.pop(axis)
        if np.prod(shape, dtype=int) * 8 <= PAGE:
            self.arguments[name] = self._array(name, requirement, tuple(shape))

    def _other_dtype(self, name: str, requirement: Array) -> None:
        dtype = self.dice.choice(WRONG_DTYPES)
        shape = self._shape(requirement)
        if np.prod(shape, dtype=int) * 16 <= PAGE:
            self.arguments[name] = self._array(name, requirement, shape, dtype=dtype)

    def _other_order(self, name: str, requirement: Array) -> None:
        shape, way = self._shape(requirement), self.dice.randrange(4)
        if way == 0:
            self.arguments[name] = self._array(name, requirement, shape, order="F")
            return
        if way == 1:
            self.arguments[name] = self._array(name, requirement, shape)[..., ::-1]
            return
        axis = self.dice.randrange(len(shape))
        wide = tuple(2 * n if k == axis else n for k, n in enumerate(shape))
        if np.prod(wide, dtype=int) * 8 <= PAGE:
            every_other = tuple(slice(None, None, 2 if k == axis else 1) for k in range(len(shape)))
            self.arguments[name] = self._array(name, requirement, wide)[every_other]

    def _protected(self, name: str, requirement: Array) -> None:
        # Only what must be refused: each right read-only argument would be compiled for.
        if requirement.written and isinstance(self.arguments[name], np.ndarray):
            self.arguments[name] = array = self.arguments[name].view()
            array.flags.writeable = False

    def _shifted(self, name: str, requirement: Array) -> None:
        shape = self._shape(requirement)
        shift = self.dice.choice((1, 2, 4, 7, 8))
        self.arguments[name] = self._array(name, requirement, shape, shift=shift)

    def _other_kind(self, name: str, requirement: Array) -> None:  # noqa: ARG002
        self.arguments[name] = self.dice.choice(WRONG_KINDS)

    def _other_values(self, name: str, requirement: Array) -> None:
        """Put a number there that is not finite, or an index that is none."""
        array = self.arguments[name]
        if not isinstance(array, np.ndarray) or not array.size or not array.flags.writeable:
            return
        if array.dtype == np.int64:
            rows = self.sizes.get(requirement.indices_of, 1)
            wrong = self.dice.choice((-1, rows, rows - 1, 2 * rows, 2**62, -(2**63)))
        elif array.dtype in (np.float32, np.float64):
            wrong = self.dice.choice((np.nan, np.inf, -np.inf, 0.0, 1e30))
            self.wild = True
        else:
            return
        array.flat[self.dice.randrange(array.size)] = wrong

    def _shared(self, name: str, requirement: Array) -> None:
        """Use the memory of another array, or some of it."""
        others = [each for each in self.pages if each != name]
        shape = self._shape(requirement)
        dtype = np.dtype(self.real if requirement.kind == "real" else requirement.kind)
        if not others or np.prod(shape, dtype=int) * dtype.itemsize > PAGE // 2:
            return
        other = self.dice.choice(others)
        offset = 8 * self.dice.randint(-2, 2)
        array = self.pages[other].overlapping(shape, dtype, offset)
        if array is not None:
            self.arguments[name], self.wild, self.shares_memory = array, True, True

    def _other_number(self, name: str, requirement: Any) -> None:
        real = isinstance(requirement, Real)
        if self.dice.random() < 0.4:
            wrong = self.dice.choice(WRONG_REALS if real else WRONG_NUMBERS)
        elif real:
            wrong, self.wild = self.number(self.dice.choice(WILD_REALS)), True
        else:
            wrong = self.dice.choice(EDGES)
            self.wild |= name == "rows"
        self.arguments[name] = wrong
        self.done.append(
            f"{name}: {shown(wrong) if isinstance(wrong, int | float) else type(wrong)}"
        )


NAMES = list(OPERATIONS)
