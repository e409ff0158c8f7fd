"""Views of arrays whose memory stays where it is as long as the view exists."""

import weakref
from typing import Any

import numpy as np
from numpy.typing import NDArray


class _Owner:
    """What an array's view refers to in place of the array.

    NumPy refuses to resize an array that has a weak reference, even with refcheck=False, which
    would free the memory under all views.
    """

    def __init__(self, array: NDArray[Any]) -> None:
        self._array = array
        self._references = []
        base: Any = array
        while isinstance(base, np.ndarray):
            self._references.append(weakref.ref(base))
            base = base.base
        interface = array.__array_interface__
        interface["data"] = interface["data"][0], False  # not read-only
        self.__array_interface__ = interface


def fixed_view(array: NDArray[Any]) -> NDArray[Any]:
    """Return a view with a shape of its own, on memory that cannot be resized while it exists.

    The view is writable even if the array is not: Numba compiles a kernel anew for arrays that are
    read-only. It must not be written to then.
    """
    return np.asarray(_Owner(array))
