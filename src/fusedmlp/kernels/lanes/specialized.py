"""A kernel with the layout and the choices as constants, once a run is worth its compilation.

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

from time import perf_counter
from typing import Any

from numba import config

from fusedmlp.kernels.compilation.cache import kept_on_disk, times_compiled
from fusedmlp.kernels.compilation.jit import compiled
from fusedmlp.kernels.lanes.layout import layer_of
from fusedmlp.kernels.lanes.small_batch import fit_small_batch, train_small_batch

# Seconds on the general kernel, of all runs alike in this process. What takes 0.8 s and saves a
# fifth has paid after 4 s: who waits for as long as that loses at most twice what the best choice
# in hindsight would have. A process that has loaded the general kernel from disk has to compile all
# that a kernel calls, too.
BEFORE_LOADING = 0.1
BEFORE_COMPILING = 4.0
BEFORE_COMPILING_ALL = 14.0


class SpecializedKernel:
    """The kernel of all runs in this process that have the same layout and choices.

    Threads may share it: at worst two of them compile the same kernel.
    """

    def __init__(self, layout, choices):
        self.layout, self.choices = layout, choices
        self.seconds = 0.0  # on the general kernel
        self.kernel: Any = None
        self.worth_it = False

    def fit(self, *run):
        """Train with the general kernel, or with constants once that is worth its compilation."""
        if not config.DISABLE_JIT and self._is_worth_it(run):
            return self.kernel(*run)
        begun, before = perf_counter(), times_compiled(fit_small_batch)
        finite = fit_small_batch(self.layout, self.choices, *run)
        if times_compiled(fit_small_batch) == before:
            self.seconds += perf_counter() - begun
        return finite

    def _is_worth_it(self, run):
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
    def fit_specialized(workspace, plan, rows, state, stop):
        return train_small_batch(layout, choices, workspace, plan, rows, state, stop)

    return fit_specialized
