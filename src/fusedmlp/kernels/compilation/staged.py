"""Integers, arrays and named tuples of machine code, as Python objects with operators.

An intrinsic that computes with them reads like Python and is one operation to Numba: it infers no
types and counts no references to the arrays of a plan or a state, which took 1.1 us of a call and a
second of a first call.
"""

from functools import reduce
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.np.arrayobj import make_array

from fusedmlp.kernels.compilation.byte_order import has_native_bytes

INT = ir.IntType(64)


class Number:
    """An integer of 64 bits, or a bit: what a comparison gives."""

    def __init__(self, builder, value):
        self.builder, self.value = builder, value

    def _with(self, operation, other):
        if isinstance(other, Number):
            other = other.value
        else:
            other = ir.Constant(self.value.type, int(other))
        return Number(self.builder, operation(self.value, other))

    def _compared(self, sign, other):
        compare = self.builder.icmp_signed
        return self._with(lambda a, b: compare(sign, a, b), other)

    def __add__(self, other):
        return self._with(self.builder.add, other)

    def __sub__(self, other):
        return self._with(self.builder.sub, other)

    def __mul__(self, other):
        return self._with(self.builder.mul, other)

    def __and__(self, other):
        return self._with(self.builder.and_, other)

    def __or__(self, other):
        return self._with(self.builder.or_, other)

    def __eq__(self, other):
        return self._compared("==", other)

    def __ge__(self, other):
        return self._compared(">=", other)

    def __gt__(self, other):
        return self._compared(">", other)

    def __le__(self, other):
        return self._compared("<=", other)

    def within(self, least, most):
        """Return whether the number is in least..most."""
        return (self >= least) & (self <= most)

    def is_one_of(self, codes):
        """Return whether the number is one of some integers."""
        return reduce(Number.__or__, [self == code for code in codes])

    def is_true(self):
        """Return whether the number is not 0."""
        return self._with(lambda a, b: self.builder.icmp_signed("!=", a, b), 0)

    def as_int(self):
        """Return 1 or 0 for a bit."""
        return Number(self.builder, self.builder.zext(self.value, INT))

    def choose(self, yes, no):
        """Return `yes` if this bit is set, else `no`."""
        yes, no = (n.value if isinstance(n, Number) else ir.Constant(INT, n) for n in (yes, no))
        return Number(self.builder, self.builder.select(self.value, yes, no))

    def ceiling_of_share(self, other):
        """Return the quotient by a number, rounded up; by 1 if that number is not above 0."""
        divisor = (other > 0).choose(other, 1)
        return (self + divisor - 1)._with(self.builder.sdiv, divisor)


class Memory:
    """An array: its size, its shape and its numbers."""

    def __init__(self, context, builder, array_type, value):
        array = make_array(array_type)(context, builder, value)
        self._builder, self._data, self._object = builder, array.data, array.parent
        self.size = Number(builder, array.nitems)
        shape = cgutils.unpack_tuple(builder, array.shape, array_type.ndim)
        self.shape = [Number(builder, size) for size in shape]

    def is_native(self):
        """Return whether its numbers have the processor's byte order."""
        return Number(self._builder, has_native_bytes(self._builder, self._object))

    def __getitem__(self, place):
        """Return the integer at a place."""
        value = self._builder.load(self._builder.gep(self._data, [place.value]))
        return Number(self._builder, value)


class Fields:
    """A named tuple: its fields are numbers, arrays, named tuples, or None."""

    def __init__(self, context, builder, tuple_type, value):
        self._read = {
            name: (context, builder, tuple_type[place], place, value)
            for place, name in enumerate(tuple_type.fields)
        }

    def arrays(self):
        """Return the fields that are arrays."""
        fields = (getattr(self, name) for name in self._read)
        return [field for field in fields if isinstance(field, Memory)]

    def __getattr__(self, name):
        context, builder, kind, place, value = self._read[name]
        return staged(context, builder, kind, builder.extract_value(value, place))


class Variable:
    """A number that a loop changes."""

    def __init__(self, builder, number):
        self._builder = builder
        self._place = cgutils.alloca_once_value(builder, number.value)

    @property
    def now(self):
        """Return its value."""
        return Number(self._builder, self._builder.load(self._place))

    def set(self, number):
        """Change its value."""
        self._builder.store(number.value, self._place)


def staged(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """Return a value of a Numba type as one of the classes above; None for what they are not."""
    if isinstance(kind, types.Array):
        return Memory(context, builder, kind, value)
    if isinstance(kind, types.BaseNamedTuple):
        return Fields(context, builder, kind, value)
    if isinstance(kind, types.IntEnumMember):
        kind = kind.dtype
    if isinstance(kind, types.Integer | types.Boolean):
        return Number(builder, context.cast(builder, value, kind, types.int64))
    return None
