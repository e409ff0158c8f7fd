"""When a run on few rows gets a kernel of its own, with the layout and the choices as constants.

LLVM then unrolls the loops over layers and short lines, and leaves out what the choices leave out.
The bits stay the same: a run may change kernels between two slices.

4 rows in float64, microseconds an epoch; the kernel compiled where the general one had been, in the
same process (in one that had loaded it from disk: 2.9 s), and loaded from disk:

=======  =======  =========  ========  ======
network  general  constants  compiled  loaded
=======  =======  =========  ========  ======
3-4-1      0.110      0.088    0.85 s    7 ms
3-8-1      0.157      0.129    0.65 s    7 ms
3-32-1     0.475      0.401    0.84 s    8 ms
4-8-8-2    0.360      0.277    0.95 s    9 ms
=======  =======  =========  ========  ======
"""

from functools import lru_cache
from time import perf_counter
from typing import Any

from numba import config

from fusedmlp.kernels.compiled import compiled, kept_on_disk, times_compiled
from fusedmlp.kernels.few import choices_of, fit_few, train_few
from fusedmlp.kernels.few_layout import layer_of, layout_of, put_in_lanes, take_back

# Seconds on the general kernel, of all runs alike in this process. What takes 0.8 s and saves a
# fifth has paid after 4 s: who waits for as long as that loses at most twice what the best choice
# in hindsight would have. A process that has loaded the general kernel from disk has to compile all
# that a kernel calls, too.
BEFORE_LOADING = 0.1
BEFORE_COMPILING = 4.0
BEFORE_COMPILING_ALL = 14.0


def run_few(plan, X, y, state, stop):
    """Do what `fit` does, for a full batch of few rows."""
    sizes, activations = tuple(plan.sizes.tolist()), tuple(plan.activations.tolist())
    alike = _alike(sizes, activations, plan.bias, X.itemsize, choices_of(plan))
    room = put_in_lanes(alike.layout, plan, X, y, state)
    finite = alike.fit(room, plan, len(X), state, stop)
    take_back(alike.layout, room, state)
    return finite


@lru_cache(maxsize=128)
def _alike(sizes, activations, bias, itemsize, choices):
    return _Alike(layout_of(sizes, activations, bias, itemsize), choices)


class _Alike:
    """All runs in this process that one kernel with constants would do for.

    Threads may share it: at worst two of them make the same kernel.
    """

    def __init__(self, layout, choices):
        self.layout, self.choices = layout, choices
        self.seconds = 0.0  # on the general kernel
        self.kernel: Any = None
        self.worth_it = False

    def fit(self, *run):
        """Train with the kernel that is best by now."""
        if not config.DISABLE_JIT and self._has_kernel_for(run):
            return self.kernel(*run)
        begun, before = perf_counter(), times_compiled(fit_few)
        finite = fit_few(self.layout, self.choices, *run)
        if times_compiled(fit_few) == before:
            self.seconds += perf_counter() - begun
        return finite

    def _has_kernel_for(self, run):
        seconds = self.seconds  # which other threads add to
        if self.kernel is None and seconds >= BEFORE_LOADING:
            self.kernel = _with_constants(self.layout, self.choices)
            self.worth_it = kept_on_disk(self.kernel, *run)
        if not self.worth_it:
            has_all = times_compiled(layer_of) > 0
            self.worth_it = seconds >= (BEFORE_COMPILING if has_all else BEFORE_COMPILING_ALL)
        return self.worth_it


def _with_constants(layout, choices):
    """Return a kernel for one layout and choice: what a closure holds is constant to LLVM."""

    @compiled
    def fit_few_alike(room, plan, rows, state, stop):
        return train_few(layout, choices, room, plan, rows, state, stop)

    return fit_few_alike
