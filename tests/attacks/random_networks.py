"""Random groups: many networks of one structure, their rows and options, all from a number."""

from itertools import count as numbers_from
from typing import Any

import numpy as np

from fusedmlp.kernels.many.lanes import networks_of
from fusedmlp.plan import make_plan
from fusedmlp.plan.codes import Optimizer
from fusedmlp.plan.networks import make_networks, own_numbers, schedule_of, suit_networks
from fusedmlp.training.request import Request, checked
from tests.attacks.random_runs import Draw, random_run
from tests.networks import CLIP_NORM, Group

MOST_WORK = 2e6  # weights times rows of all networks: the reference takes a second for them
WILD_RATE = 100.0  # a learning rate of networks that are meant to diverge
RUNS = 1000  # run numbers that a group may have to try


def random_group(number: int) -> Group:
    """Return the group of this number: its options are those of the first run that suits."""
    draw = Draw(number)
    for run_number in numbers_from(number * RUNS):
        drawn = random_run(run_number)
        try:
            request = checked(drawn.X, drawn.y, drawn.hidden, {**drawn.options, "epochs": 4})
        except ValueError:  # options that contradict each other
            continue
        rows = len(request.data.X)
        plan = make_plan(request.options, request.sizes, rows, request.seed)
        if suit_networks(plan):
            return _group(draw, request, plan)
    raise AssertionError


def _group(draw: Draw, request: Request, plan: Any) -> Group:
    """Return networks near the request's, in all that may be their own."""
    X, y = request.data.X, request.data.y
    lanes, size, random = networks_of(X.dtype), request.params.size, draw.random
    count = min(draw.size(3 * lanes + 2), max(2, int(MOST_WORK / (size * len(X)))))
    own = np.array([own_numbers(request.options)] * count)
    own *= random.uniform(0.5, 1.0, own.shape)
    if draw.chance(0.1):  # some are meant to diverge
        own[:: int(random.integers(1, 4)), 0] = draw.one_of([WILD_RATE, 1e30, 1e300])
    if not plan.plain or plan.all_activations:  # so that few combinations are compiled
        own[-1, CLIP_NORM] = min(own[-1, CLIP_NORM], 1e30)
        plan = plan._replace(all_activations=1)
    rows = None
    if draw.chance(0.4):  # of their own, some of them twice
        rows = random.integers(0, len(X), (count, int(random.integers(1, len(X) + 1))))
        plan = plan._replace(batch_size=min(plan.batch_size, rows.shape[1]))
    networks = make_networks(
        plan,
        own,
        schedule_of(request.options, len(X)),
        (request.params * random.uniform(-1.5, 1.5, (count, size))).astype(X.dtype),
        random.integers(0, 2**63 - 1, count),
        rows,
    )
    networks.learning_rate_factors[:] = random.uniform(0.5, 1.0, count)
    return Group(plan, X, y, networks, request.options)


def uses_velocity(group: Group) -> bool:
    """Whether the steps of the networks use the velocity; else the kernels need not set it."""
    return bool(group.plan.extras.optimizer != Optimizer.SGD or group.plan.momentum)
