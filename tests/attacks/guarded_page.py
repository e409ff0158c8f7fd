"""Memory between two pages that may not be touched: what reads or writes past its end crashes."""

import mmap

import numpy as np

from tests.attacks.guarded_memory import GuardedMemory

PAGE = mmap.PAGESIZE
CANARY = np.frombuffer(bytes(range(1, 256)) * (PAGE // 255 + 1), np.uint8)[:PAGE]


class GuardedPage:
    """One page for one array, which touches the page's end or its beginning.

    The rest of the page holds a pattern; `strays` tells whether any of it was overwritten.
    """

    def __init__(self) -> None:
        self._guarded = GuardedMemory(at_end=True)
        self.bytes = self._guarded.copy(CANARY)
        self._memory = memoryview(self.bytes)
        self._begin, self._end = 0, 0

    def array(self, shape, dtype, order="C", at_end=True, shift=0):
        """Return an array in this page, `shift` bytes away from the page's end or beginning."""
        dtype = np.dtype(dtype)
        size = dtype.itemsize * int(np.prod(shape, dtype=int))
        self._begin = PAGE - size - shift if at_end else shift
        self._end = self._begin + size
        self.bytes[:] = CANARY
        return np.ndarray(shape, dtype, self._memory, self._begin, order=order)

    def overlapping(self, shape, dtype, offset):
        """Return another array, `offset` bytes away from the page's array; None if it leaves."""
        begin, size = self._begin + offset, np.dtype(dtype).itemsize * int(np.prod(shape))
        if begin < 0 or begin + size > PAGE:
            return None
        return np.ndarray(shape, dtype, self._memory, begin)

    def remember(self) -> None:
        """Take the page's contents as those to compare with, and to restore."""
        self._before = self.bytes.tobytes()

    def restore(self) -> None:
        """Put back what was remembered."""
        self.bytes[:] = np.frombuffer(self._before, np.uint8)

    def changed(self) -> bool:
        """Whether any byte of the page differs from what was remembered."""
        return self.bytes.tobytes() != self._before

    def strays(self) -> bool:
        """Whether any byte outside of the array differs from what was remembered."""
        now, before = self.bytes.tobytes(), self._before
        begin, end = self._begin, self._end
        return now[:begin] != before[:begin] or now[end:] != before[end:]
