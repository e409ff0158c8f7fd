"""Python's garbage collection, switched off where it takes time and frees little."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def garbage_collection_off() -> Iterator[None]:
    """Leave garbage where it is for a while.

    Numba makes hundreds of thousands of objects when it compiles, or fills its registries before it
    loads the first kernel, and keeps most of them: one full collection takes 50 ms. At the end, all
    of them would be young, and the next object would begin a collection of 0.2 s: they become old
    ones, which Python collects when there are many more of them, or when it is asked to.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        try:
            if gc.get_freeze_count() == 0:  # else somebody froze objects, which are to stay frozen
                _make_all_objects_old()
        finally:  # also where Ctrl-C has come meanwhile
            gc.enable()


def _make_all_objects_old() -> None:
    try:
        gc.freeze()
    finally:
        gc.unfreeze()
