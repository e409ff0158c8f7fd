"""What to warn of before many networks are trained: each thing once."""

from fusedmlp.many.first_weights import FirstWeights
from fusedmlp.many.groups import Group
from fusedmlp.many.sweep import Sweep
from fusedmlp.training.doubts import warnings_of
from fusedmlp.training.request import random_state

# What decides, besides the data and the hidden layers.
LOOKED_AT = ("activation", "output_activation", "loss", "batch_norm", "dtype", "init")


def warnings_of_many(sweep: Sweep, groups: list[Group]) -> list[str]:
    """Return the warnings of the first network of each structure; equal ones are one."""
    found, seen = dict[str, None](), set()
    for group in groups:
        arguments = sweep.arguments[group.combinations[0]]
        options = arguments.options
        key = options["hidden"][:1], tuple(_name(options[name]) for name in LOOKED_AT)
        if key in seen:
            continue
        seen.add(key)
        first = FirstWeights(options, arguments.sizes)
        params = first.params([first.draw(random_state(int(sweep.seeds[0])))])[0]
        texts = warnings_of(arguments.data.samples, options, arguments.sizes, params)
        found |= dict.fromkeys(texts)
    return list(found)


def _name(value: object) -> object:
    """Return what stands for a value in a set: an object that may hold arrays by its id."""
    return value if isinstance(value, str | bool) else id(value)
