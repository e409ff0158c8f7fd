"""Python's garbage collection, switched off where it takes time and frees little."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def garbage_collection_off() -> Iterator[None]:
    """Leave garbage where it is for a while.

    Numba makes hundreds of thousands of objects when it compiles, or fills its registries before it
    loads the first kernel, and keeps most of them: one full collection takes 50 ms.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
