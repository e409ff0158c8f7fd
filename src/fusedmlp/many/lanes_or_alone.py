"""Which networks of a group are trained in the lanes of vectors, and which one by one."""

from typing import Any

import numpy as np

from fusedmlp.plan.blocking import step_flops
from fusedmlp.plan.extras import is_plain
from fusedmlp.plan.networks import suit_networks
from fusedmlp.plan.plan import Plan, make_plan

# Bytes of a network's parameters. Beyond, one alone is about as fast.
MOST_PARAM_BYTES = 6000
LEAST_IN_LANES = 4  # networks of a group
# The division of a group is part of its results, so that it depends on nothing of the machine: it
# is that for two cores and the longest registers.
CORES, REGISTER_BYTES = 2, 64
LEAST_BATCH = 16  # networks in lanes; after each record Python looks at each batch
# What two cores may do more for being done sooner: a caller may have but one, and 16 of 10-32-32-1
# in float32 alone take one core 1.3 times as long as in a register, and two cores 0.65 times.
MOST_WORK = 1.25
# What one alone takes beside the arithmetic of its steps, in additions and multiplications.
FLOPS_OF_A_STEP, FLOPS_OF_A_RUN = 2000, 4_000_000


def plan_in_lanes(options: list[dict[str, Any]], sizes: tuple[int, ...], rows: int) -> Plan | None:
    """Return the plan of networks with these options, or None where one alone is as fast."""
    plan = make_plan({**options[0], "threads": 1}, sizes, rows)
    plan = plan._replace(plain=int(all(map(is_plain, options))))
    small = _param_bytes(plan, options[0]) <= MOST_PARAM_BYTES
    return plan if small and suit_networks(plan) else None


def networks_in_lanes(
    networks: int, options: dict[str, Any], sizes: tuple[int, ...], rows: int, cores: int = CORES
) -> int:
    """Return how many networks of a group are trained in lanes; the others are one by one.

    A register takes as long for one network as for all that it has lanes for. Few networks that
    would have one for themselves are faster alone: of 50 networks 10-32-32-1 in float32, 48 are
    trained in the 16 lanes of three registers.
    cores: 1 where other groups give the cores enough to do.
    """
    lanes = int(REGISTER_BYTES // np.dtype(options["dtype"]).itemsize)
    few = {**options, "epochs": 1, "warmup_epochs": 0}  # epochs decide nothing, and take time
    plan = plan_in_lanes([few], sizes, rows) if networks >= LEAST_IN_LANES else None
    if plan is None:
        return 0
    steps = -(-rows // plan.batch_size)
    flops_of_epoch = step_flops(sizes, rows) + steps * FLOPS_OF_A_STEP
    # In times of the arithmetic of one network's run alone.
    register = lanes / _gain_in_lanes(_param_bytes(plan, options), lanes)
    flops = flops_of_epoch * options["epochs"] + FLOPS_OF_A_RUN
    alone = flops / (step_flops(sizes, rows) * options["epochs"])
    together = max(1, LEAST_BATCH // lanes)  # registers of a batch

    def seconds(registers: int) -> tuple[float, float]:
        """Return the time that all cores take, and the sum of their times.

        Batches share the cores evenly (`jobs_for`), but one has no more than one of them.
        """
        rest = max(0, networks - registers * lanes)
        work = registers * register + rest * alone
        return max(min(registers, together) * register, work / cores), work

    most = -(-networks // lanes)
    divisions = {k: seconds(k) for k in range(max(0, most - 1 - together * cores), most + 1)}
    least = min(work for _, work in divisions.values())
    frugal = [k for k, (_, work) in divisions.items() if work <= MOST_WORK * least]
    return min(networks, lanes * min(frugal, key=divisions.__getitem__))


def _gain_in_lanes(param_bytes: int, lanes: int) -> float:
    """Return how many times as fast a network in a full register is as one alone.

    Measured on a Zen 4, 1,000 rows, full batches and batches of 32 and 256, SGD and Adam, the
    least and the most of the four beside what this gives:

    ==========  =================  =================
    network     float32            float64
    ==========  =================  =================
    3-4-1       2.9 to 3.4 (3.5)   1.9 to 2.7 (2.2)
    8-16-2      2.0 to 2.7 (2.8)   1.6 to 1.9 (1.7)
    10-24-8-1   2.2 to 3.1 (2.2)   1.3 to 1.7 (1.4)
    20-24-2     1.5 to 2.5 (2.1)   1.4 to 1.6 (1.3)
    10-32-32-1  1.1 to 1.4 (1.6)   1.0 to 1.3 (1.2)
    ==========  =================  =================
    """
    return 1 + lanes / 6 / (1 + param_bytes / 1500)


def _param_bytes(plan: Plan, options: dict[str, Any]) -> int:
    return int(plan.extras.scale_offset * np.dtype(options["dtype"]).itemsize)
