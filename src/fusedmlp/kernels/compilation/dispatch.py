"""Dispatch on an integer code, made from a table of functions."""

from fusedmlp.kernels.compilation.jit import inner

NO_CODE = -1


def dispatch(functions, otherwise):
    """Return a function (code, *arguments) that calls the function with that code.

    functions: a dict from codes to compiled functions (*arguments) with the same return type.
    otherwise: a compiled function (code, *arguments) for any other code.
    """
    cases = [(int(code), function) for code, function in functions.items()]
    choose = otherwise
    for first in reversed(range(0, len(cases), 4)):
        choose = _four_branches(cases[first : first + 4], choose)
    return choose


def _four_branches(cases, others):
    """Return a function of four branches: one for each branch added 0.2 s to a first call."""
    unused = [(NO_CODE, cases[0][1])] * (4 - len(cases))
    (code_1, call_1), (code_2, call_2), (code_3, call_3), (code_4, call_4) = cases + unused

    @inner
    def choose(code, *arguments):
        if code == code_1:
            return call_1(*arguments)
        if code == code_2:
            return call_2(*arguments)
        if code == code_3:
            return call_3(*arguments)
        if code == code_4:
            return call_4(*arguments)
        return others(code, *arguments)

    return choose
