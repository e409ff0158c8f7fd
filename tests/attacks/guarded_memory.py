"""Arrays beside pages that no process may touch: an access out of bounds ends the process."""

import ctypes
import mmap

import numpy as np

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.mmap.restype = ctypes.c_void_p
LIBC.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
LIBC.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
LIBC.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
NO_ACCESS, FAILED = 0, ctypes.c_void_p(-1).value


class GuardedMemory:
    """Memory for copies of arrays; all of it is given back at the end of a `with` block.

    at_end: an array ends where an inaccessible page begins, else it begins where one ends. Arrays
    that end there are aligned to their items only, as those of any caller may be.
    """

    def __init__(self, at_end: bool) -> None:
        self.at_end = at_end
        self._mappings: list[tuple[int, int]] = []

    def __enter__(self) -> "GuardedMemory":
        return self

    def __exit__(self, *_: object) -> None:
        for start, size in self._mappings:
            LIBC.munmap(start, size)
        self._mappings.clear()

    def zeros(self, size: int, dtype: object) -> np.ndarray:
        """Return zeros (size,), as `fusedmlp.plan.aligned_zeros` does."""
        return self.copy(np.zeros(size, dtype))

    def copy(self, array: np.ndarray) -> np.ndarray:
        """Return a copy of an array, of the same type and shape."""
        page = mmap.PAGESIZE
        inside = -(-array.nbytes // page) * page
        start = LIBC.mmap(
            None, inside + 2 * page, NO_ACCESS, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0
        )
        if start == FAILED:
            raise MemoryError
        self._mappings.append((start, inside + 2 * page))
        first = start + page
        if inside and LIBC.mprotect(first, inside, mmap.PROT_READ | mmap.PROT_WRITE):
            raise OSError(ctypes.get_errno(), "mprotect")
        if self.at_end:
            first += inside - array.nbytes
        memory = (ctypes.c_char * array.nbytes).from_address(first)
        guarded = np.frombuffer(memory, array.dtype).reshape(array.shape)
        guarded[...] = array
        return guarded

    def copies(self, fields):
        """Return a named tuple with its arrays, and those of its named tuples, copied."""
        return fields._replace(
            **{
                name: self._copied(value)
                for name, value in fields._asdict().items()
                if isinstance(value, np.ndarray) or hasattr(value, "_asdict")
            }
        )

    def _copied(self, value):
        return self.copy(value) if isinstance(value, np.ndarray) else self.copies(value)
