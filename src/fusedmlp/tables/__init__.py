"""Models of tables: a data frame, or a file, in; classes, numbers or counts out.

Names are loaded when they are first used, as those of `fusedmlp` are.
"""

from importlib.util import find_spec as _find_spec

import lazy_loader as _lazy

_loaded, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "choices": ["Choices"],
        "defaults": ["DEFAULTS"],
        "errors": ["TableError"],
        "files": ["load"],
        "fitting": ["fit"],
        "model": ["TableModel"],
        "reading": ["Read", "read"],
        "recognition": ["Recognised", "recognise"],
        "scores": ["MEASURES", "Scores"],
    },
)


def __getattr__(name: str) -> object:
    if name in __all__ and _find_spec("pandas") is None:
        raise ImportError(
            "fusedmlp.tables must have the package pandas: pip install 'fusedmlp[cli]'"
        )
    return _loaded(name)
