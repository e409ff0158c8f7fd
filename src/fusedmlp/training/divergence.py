"""What may help a run that diverged, by its options."""

from collections.abc import Mapping
from typing import Any

BY_THE_GRADIENT = ("sgd", "aw_sgd")  # the optimisers whose steps are as large as the gradient


def advice_for(options: Mapping[str, Any]) -> str:
    """Return what may help a run with these options, checked, after a weight was not finite.

    Examples
    --------
    >>> from fusedmlp.options.table import checked_options
    >>> advice_for(checked_options({"reduction": "mean"}))
    'a learning_rate below 1.0 or clip_norm=1.0 may help'
    """
    if options["optimizer"] == "rprop":
        return f"a most_step below {options['most_step']:g} may help"
    slower = f"a learning_rate below {_shown(options['learning_rate'])}"
    if options["optimizer"] not in BY_THE_GRADIENT:
        return f"{slower} may help"
    clip = [] if options["clip_norm"] is not None else ["clip_norm=1.0"]
    if options["output_activation"] == "exp":  # its gradients grow as the outputs do
        helps = [*clip, f"a learning_rate far below {_shown(options['learning_rate'])}"]
        return f"{' or '.join(helps)} may help"
    summed = options["reduction"] == "sum" and options["batch_size"] != 1
    helps = [slower, *(["reduction='mean'"] if summed else []), *clip]
    return f"{', '.join(helps[:-1])} or {helps[-1]} may help" if helps[1:] else f"{slower} may help"


def _shown(number: float) -> str:
    """Return a number as the options show it, in few digits.

    >>> _shown(1.0), _shown(0.1 + 0.2)
    ('1.0', '0.3')
    """
    return repr(float(f"{number:.3g}"))
