"""The training of a batch: in lanes where that pays, else one network after the other."""

import numpy as np

from fusedmlp.checks.arrays import Array
from fusedmlp.many.batch import Batch
from fusedmlp.many.first_weights import FirstWeights
from fusedmlp.many.groups import Task
from fusedmlp.many.in_lanes import Drawn, train_in_lanes
from fusedmlp.many.lanes_or_alone import plan_in_lanes
from fusedmlp.many.network_rows import NetworkRows, rows_of
from fusedmlp.many.one_by_one import train_one_by_one
from fusedmlp.training.data import Dataset
from fusedmlp.training.request import draw_seed, random_state
from fusedmlp.training.shared_stop import SharedStop


def train_batch(
    X: Array, y: Array, validation: Dataset | int | None, task: Task, stop: SharedStop
) -> Batch | None:
    """Train the networks of a batch; return None if they are to stop.

    X, y: of all networks. validation: shared by all, or how many rows of its own each holds out.
    """
    # What arrives with a message, or in a file of joblib's, may begin anywhere.
    data = Dataset(np.require(X, requirements="A"), np.require(y, requirements="A"), None)
    share = validation if isinstance(validation, int) else 0
    shared = validation if isinstance(validation, Dataset) else None
    with stop:
        try:
            stop.check()
            return _train(data, shared, share, task, stop)
        except KeyboardInterrupt:
            if stop.asked:
                return None
            raise  # it came to this thread, the main one


def _train(
    data: Dataset, validation: Dataset | None, share: int, task: Task, stop: SharedStop
) -> Batch:
    drawn = _draw(task, share)
    training = drawn.rows[0].training  # all have as many
    rows = len(data.X) if training is None else training.size
    plan = plan_in_lanes(task.options, task.sizes, rows) if task.in_lanes else None
    if plan is None:
        return train_one_by_one(task, data, validation, drawn.rows, stop)
    return train_in_lanes(plan, task.options, data, validation, drawn, stop)


def _draw(task: Task, share: int) -> Drawn:
    """Draw each network's first weights, seed and rows, in the order of `train`."""
    first = FirstWeights(task.options[0], task.sizes)  # whose draws all combinations have in common
    weights, seeds, rows = list[Array](), list[int](), list[NetworkRows]()
    for k, seed in enumerate(task.seeds.tolist()):
        random = random_state(seed)
        weights.append(first.draw(random))
        seeds.append(draw_seed(random))
        rows.append(rows_of(task, k, share, random))
    return Drawn(task.combinations, first.params(weights), np.array(seeds, np.int64), rows)
