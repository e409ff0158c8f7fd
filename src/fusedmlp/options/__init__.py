"""Every option of `fusedmlp.train`, once: its name, default, what it may be, what it means."""

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
