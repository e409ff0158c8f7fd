"""The options in groups, as documentation and signatures have them: the rarer at the end."""

from fusedmlp.options.control import ControlOptions
from fusedmlp.options.network import NetworkOptions
from fusedmlp.options.regularisation import RegularisationOptions
from fusedmlp.options.steps import StepOptions

TITLES = {
    "Network": NetworkOptions,
    "Steps": StepOptions,
    "Regularisation": RegularisationOptions,
    "Control": ControlOptions,
}
# Constants of one method, and what few runs need.
RARE = frozenset({
    "huber_delta", "batch_norm",
    "learning_rate_final", "warmup_epochs", "power_t", "nesterov", "beta_1", "beta_2", "rho",
    "epsilon", "epsilon_hat", "weight_decay", "eta_minus", "eta_plus", "least_step", "most_step",
    "sampler_rate", "sampler_floor", "search_radius", "evaluations", "shuffle",
    "scale_penalties", "dropconnect", "clip_value",
    "tol", "record_every", "track_directions", "backend",
})  # fmt: skip

Groups = dict[str, list[str]]


def groups(rare: bool) -> Groups:
    """Return the names of the options in each group, the rare ones or the others.

    >>> groups(rare=False)["Regularisation"]
    ['l1', 'l2', 'dropout', 'clip_norm']
    """
    return {
        title: [name for name in options.__annotations__ if (name in RARE) == rare]
        for title, options in TITLES.items()
    }


def in_order() -> list[str]:
    """Return the names of all options: group by group, then the rare ones likewise."""
    return [name for rare in (False, True) for names in groups(rare).values() for name in names]
