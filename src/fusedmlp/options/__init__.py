"""The options of `fusedmlp.train`: name, type, default, check and meaning of each, in one place."""

from fusedmlp.options.documentation import documented
from fusedmlp.options.table import (
    DEFAULTS,
    OPTIONS,
    TYPES,
    Options,
    checked_options,
    require_activation_for_each,
)

__all__ = [
    "DEFAULTS",
    "OPTIONS",
    "TYPES",
    "Options",
    "checked_options",
    "documented",
    "require_activation_for_each",
]
