"""The comparison of a call's shapes and numbers with the operation's declaration, compiled."""

from functools import reduce
from typing import Any

from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

from fusedmlp.kernels.compilation.byte_order import has_native_bytes
from fusedmlp.plan.operations.declarations import OPERATIONS
from fusedmlp.plan.operations.requirements import Array, Code, Real, Whole

REFUSED = "the arguments do not fit together"  # the door finds out which, and says so
INT = types.int64


def _build(context, builder, requirements, given):
    """Emit the comparisons; given: the type and value of each argument, by name."""
    arrays = {
        name: _Memory(context, builder, requirement, *given[name])
        for name, requirement in requirements.items()
        if isinstance(requirement, Array) and isinstance(given[name][0], types.Array)
    }
    fits: list[Any] = []
    sizes: dict[str, Any] = {}
    for array in arrays.values():
        fits += [array.has_native_bytes(), array.compare(sizes)]
    for name, requirement in requirements.items():
        if not isinstance(requirement, Array):
            fits += _in_range(context, builder, requirement, given, name)
    _refuse_unless(context, builder, fits)
    for array in arrays.values():
        if array.requirement.indices_of:
            written = [other for other in arrays.values() if other.requirement.written]
            _refuse_unless(context, builder, [array.is_apart_from(other) for other in written])
            array.refuse_wrong_indices(sizes[array.requirement.indices_of])


def _refuse_unless(context, builder, fits):
    all_fit = reduce(builder.and_, fits, cgutils.true_bit)
    with cgutils.if_unlikely(builder, builder.not_(all_fit)):
        context.call_conv.return_user_exc(builder, ValueError, (REFUSED,))


class _Memory:
    """An array argument: its requirement, its address and its shape."""

    def __init__(self, context, builder, requirement, array_type, value):
        array = make_array(array_type)(context, builder, value)
        self.context, self.builder, self.requirement = context, builder, requirement
        self.data, self.items, self.object = array.data, array.nitems, array.parent
        self.itemsize = self.items.type(array_type.dtype.bitwidth // 8)
        self.zero = self.items.type(0)
        self.shape = cgutils.unpack_tuple(builder, array.shape, array_type.ndim)

    def compare(self, sizes):
        """Return whether shape and address fit; a size seen first is entered into `sizes`."""
        compare, builder = self.builder.icmp_signed, self.builder
        # Numba takes an array that is not aligned for one that is.
        fits = [compare("==", builder.urem(self.range()[0], self.itemsize), self.zero)]
        if self.requirement.any_shape:
            parts = [(1, str(axis)) for axis in range(len(self.shape))]
        else:
            parts = self.requirement.shape
        for (factor, name), size in zip(parts, self.shape, strict=True):
            constant = size.type(factor)
            if not name:
                fits.append(compare("==", size, constant))
                continue
            if name not in sizes:
                sizes[name] = size if factor == 1 else builder.sdiv(size, constant)
                fits.append(compare(">", sizes[name], self.zero))
            fits.append(compare("==", size, builder.mul(sizes[name], constant)))
        fit = reduce(builder.and_, fits)
        if self.requirement.may_be_empty:
            return builder.or_(compare("==", self.items, self.zero), fit)
        return fit

    def has_native_bytes(self):
        """Return whether the array's numbers have the processor's byte order."""
        return has_native_bytes(self.builder, self.object)

    def is_apart_from(self, other):
        """Return whether another array shares no memory with this one."""
        (begin, end), (other_begin, other_end) = self.range(), other.range()
        below = self.builder.icmp_unsigned("<=", end, other_begin)
        return self.builder.or_(below, self.builder.icmp_unsigned("<=", other_end, begin))

    def range(self):
        """Return the addresses where the array begins and ends."""
        begin = self.builder.ptrtoint(self.data, self.items.type)
        return begin, self.builder.add(begin, self.builder.mul(self.items, self.itemsize))

    def refuse_wrong_indices(self, size):
        """Raise unless all numbers are in 0..size - 1."""
        with cgutils.for_range(self.builder, self.items) as loop:
            index = self.builder.load(self.builder.gep(self.data, [loop.index]))
            # A negative index is a large one without its sign.
            fits = self.builder.icmp_unsigned("<", index, size)
            _refuse_unless(self.context, self.builder, [fits])


def _in_range(context, builder, requirement, given, name):
    """Return the conditions on a number."""
    if isinstance(requirement, Real):
        return _real_in_range(context, builder, requirement, given, name)
    number_type, value = given[name]
    if isinstance(number_type, types.Omitted):  # the default
        return []
    signed = getattr(number_type, "signed", True)
    value = context.cast(builder, value, number_type, INT if signed else types.uint64)
    compare = builder.icmp_signed if signed else builder.icmp_unsigned
    if isinstance(requirement, Code):
        codes = [compare("==", value, value.type(int(code))) for code in requirement.choices]
        return [reduce(builder.or_, codes)]
    assert isinstance(requirement, Whole)
    fits = []
    if signed or requirement.least > 0:
        fits.append(compare(">=", value, value.type(requirement.least)))
    if requirement.most < 2**63 - signed:
        fits.append(compare("<=", value, value.type(requirement.most)))
    return fits


def _real_in_range(context, builder, requirement, given, name):
    def number(bound):
        """Return a bound, or the argument that it names, in float64."""
        if not isinstance(bound, str):
            return context.get_constant(types.float64, bound)
        return context.cast(builder, given[bound][1], given[bound][0], types.float64)

    bounds = {">=": requirement.least, "<=": requirement.most, "<": requirement.below}
    bounds = {sign: bound for sign, bound in bounds.items() if bound is not None}
    if not bounds or isinstance(given[name][0], types.Omitted):
        return []
    value = number(name)
    # Ordered: a comparison with NaN is false.
    return [builder.fcmp_ordered(sign, value, number(bound)) for sign, bound in bounds.items()]


@intrinsic(prefer_literal=True)
def _require_fit(typing_context, operation, *arguments):  # noqa: ARG001
    requirements = OPERATIONS[operation.literal_value]

    def build(context, builder, sig, args):
        values = cgutils.unpack_tuple(builder, args[1], len(arguments))
        pairs = zip(sig.args[1].types, values, strict=True)
        _build(context, builder, requirements, dict(zip(requirements, pairs, strict=True)))
        return context.get_dummy_value()

    return types.void(operation, types.StarArgTuple(arguments)), build


def _require_nothing(operation, *arguments):
    """Accept all: without compilation, the door checks every call in Python."""


# Raise ValueError unless the arguments (operation, *arguments) fit the operation's declaration and
# each other. One intrinsic emits all comparisons: Numba types and compiles no function for them.
require_fit = _require_nothing if config.DISABLE_JIT else _require_fit
