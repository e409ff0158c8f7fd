"""When the kernel of many networks is compiled for one shape.

Nanoseconds a network-epoch, 4 rows, one thread of a Zen 4, for any sizes and for a shape:

=======  ===============  ===============
network  float64          float32
=======  ===============  ===============
3-1      15, 5            6, 2.4
3-4-1    47, 22           22, 9
3-32-1   239, 172         98, 74
=======  ===============  ===============

(20 sigmoids take 12 and 4 of those of 3-4-1.) The results have the same bits, so that a run may
change kernels. It compiles in 3.5 s, or 8 s in a process that has loaded the other kernel from
disk, and loads from disk in 20 ms.
"""

from itertools import pairwise
from time import perf_counter
from typing import Any

from numba import config

from fusedmlp.kernels.compilation.cache import kept_on_disk, times_compiled
from fusedmlp.kernels.many.lanes import GROUP_BYTES
from fusedmlp.kernels.many.layout import BLOCK_BYTES
from fusedmlp.kernels.many.shape import Shape, Sizes
from fusedmlp.kernels.many.training_loop import train_networks
from fusedmlp.kernels.vector import STACK_BYTES
from fusedmlp.plan.codes import Activation

# Products of a pass over the batch: with more, storing and loading are a small part of a step.
MOST_PRODUCTS = 512
# Seconds that this process has spent on a shape in the kernel for any sizes.
BEFORE_LOADING = 0.02
BEFORE_COMPILING = 12.0


class ShapeChoice:
    """The choice for all runs in this process with the same shape, dtype and kind of plan.

    Threads may share it: at worst, two of them look for the same file.
    """

    def __init__(self, shape: Shape) -> None:
        self.shape, self.seconds = shape, 0.0
        self.looked, self.chosen = False, False

    def shape_for(self, run: tuple[Any, ...]) -> Shape | None:
        """Return the shape if its kernel is at hand, or pays off; run: the other arguments."""
        if not self.chosen and self.seconds >= BEFORE_LOADING and not self.looked:
            self.looked = True
            plan, *others = run
            self.chosen = kept_on_disk(train_networks, plan, self.shape, *others)
        if self.seconds >= BEFORE_COMPILING:
            self.chosen = True
        return self.shape if self.chosen else None


_CHOICES: dict[Any, ShapeChoice] = {}


def train_with_shape(*run: Any) -> int:
    """Train networks, by the kernel for any sizes or the one for their shape.

    run: the arguments of `train_networks`, but for the shape.
    """
    plan, others = run[0], run[1:]
    choice = None if config.DISABLE_JIT else _choice_for(plan, *others[:3])
    if choice is None:
        return int(train_networks(plan, None, *others))
    shape = choice.shape_for(run)
    begun, compiled_before = perf_counter(), times_compiled(train_networks)
    done = int(train_networks(plan, shape, *others))
    if shape is None and times_compiled(train_networks) == compiled_before:
        choice.seconds += perf_counter() - begun
    return done


def _choice_for(plan: Any, X: Any, y: Any, networks: Any) -> ShapeChoice | None:  # noqa: ARG001
    """Return the choice for a run, or None if its batches are not whole, small and shallow."""
    rows = networks.rows.shape[1] if networks.rows.size else len(X)
    activations = tuple(plan.activations.tolist())
    shape = Sizes(tuple(plan.sizes.tolist()), int(plan.bias), rows, activations, int(plan.loss))
    whole = plan.batch_size == rows and not plan.shuffle  # no order of the rows is drawn
    if not whole or not _is_small(shape) or Activation.SOFTMAX in activations[:-1]:
        return None
    key = shape, X.dtype.name, plan.extras is None
    if key not in _CHOICES:
        _CHOICES[key] = ShapeChoice(Shape(shape))
    return _CHOICES[key]


def _is_small(shape: Sizes) -> bool:
    """Whether there are few products and layers, and room for the batch."""
    products = shape.rows * sum(n * m for n, m in pairwise(shape.sizes))
    outputs = 2 * sum(shape.sizes[1:]) + 2 * shape.sizes[-1]
    one_block = shape.rows * (shape.sizes[0] + outputs) * GROUP_BYTES <= BLOCK_BYTES
    deltas_fit = shape.rows * GROUP_BYTES <= STACK_BYTES
    return products <= MOST_PRODUCTS and len(shape.sizes) <= 3 and one_block and deltas_fit
