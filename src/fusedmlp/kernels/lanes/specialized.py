"""Kernels with the layout and the choices as constants, compiled once that pays off.

LLVM then unrolls the loops over layers and short lines, and removes what the choices do not need.
The results have the same bits: a run may change kernels between two slices.

4 rows in float64: microseconds an epoch with the general kernel and with constants; seconds to
compile the kernel in a process that has compiled the general one (2.9 s in one that has loaded it
from disk), and to load it from disk:

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

from fusedmlp.kernels.blocked.fits import fit_fits
from fusedmlp.kernels.compilation.cache import kept_on_disk, times_compiled
from fusedmlp.kernels.compilation.door import behind_door
from fusedmlp.kernels.compilation.require_fit import REFUSED
from fusedmlp.kernels.lanes.layout import layer_of
from fusedmlp.kernels.lanes.small_batch import fit_small_batch, train_small_batch

# Thresholds, in seconds that this process has spent in the general kernel on a layout and choices.
# A compilation of 0.8 s that saves a fifth pays off after 4 s: a run that compiles only then loses
# at most twice as much time as the best choice in hindsight would. A process that has loaded the
# general kernel from disk also has to compile all functions that a kernel calls.
BEFORE_LOADING = 0.01
BEFORE_COMPILING = 4.0
BEFORE_COMPILING_ALL = 14.0


class SpecializedKernel:
    """The kernel of all runs in this process that have the same layout and choices.

    Threads may share it: at worst, two of them compile the same kernel.
    """

    def __init__(self, layout, choices):
        self.layout, self.choices = layout, choices
        self.seconds = 0.0  # spent in the general kernel
        self.kernel: Any = None
        self.worth_it = False

    def fit(self, *run):
        """Train with the general kernel, or with constants once compiling them pays off."""
        if not config.DISABLE_JIT and self._pays_off(run):
            return self.kernel(*run)
        start, compiled_before = perf_counter(), times_compiled(fit_small_batch)
        finite = fit_small_batch(self.layout, self.choices, *run)
        if times_compiled(fit_small_batch) == compiled_before:
            self.seconds += perf_counter() - start
        return finite

    def _pays_off(self, run):
        seconds = self.seconds  # read once: other threads add to it
        if self.kernel is None and seconds >= BEFORE_LOADING:
            self.kernel = _with_constants(self.layout, self.choices)
            self.worth_it = kept_on_disk(self.kernel, *run)
        if not self.worth_it:
            compiled_here = times_compiled(layer_of) > 0
            self.worth_it = seconds >= (BEFORE_COMPILING if compiled_here else BEFORE_COMPILING_ALL)
        return self.worth_it


def _with_constants(layout, choices):
    """Return a kernel for one layout and choices, which are constants as closure variables."""

    @behind_door
    def fit_specialized(workspace, plan, X, y, state, stop):
        if not fit_fits(plan, None, X, y, state, stop):
            raise ValueError(REFUSED)
        return train_small_batch(layout, choices, workspace, plan, X.shape[0], state, stop)

    return fit_specialized
