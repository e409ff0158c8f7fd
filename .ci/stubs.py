"""Write the stubs of `fusedmlp.train` and `train_many`, with every option, for type checkers.

    python .ci/stubs.py            writes them
    python .ci/stubs.py --check    fails if one is not up to date

Types, defaults and meanings are those of the table in fusedmlp.options.
"""

import inspect
import json
import re
import sys
import textwrap
from pathlib import Path
from typing import Literal, get_args, get_origin

import fusedmlp
from fusedmlp.options.documentation import parameter_text
from fusedmlp.options.type_names import ALIASES, NUMPYS, type_text

PACKAGE = Path(fusedmlp.__file__).parent
WIDTH = 100  # of a line
HEADER = "# Made from the options by `python .ci/stubs.py`; do not edit."
IMPORTS = {
    "training": """
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

from numpy.random import Generator, RandomState
from numpy.typing import ArrayLike, DTypeLike, NDArray

from fusedmlp.trained import Trained
from fusedmlp.training.control import Record
from fusedmlp.training.trainer import DataInChunks
""",
    "many": """
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import Any, Literal, TypeAlias

from numpy.random import Generator, RandomState
from numpy.typing import ArrayLike, DTypeLike, NDArray

from fusedmlp.many.trained_many import TrainedMany as TrainedMany
""",
}


def stubs():
    """Return the text of each stub by its path."""
    functions = {"training": fusedmlp.train, "many": fusedmlp.train_many}
    return {
        PACKAGE / folder / "__init__.pyi": "\n".join(
            [HEADER, IMPORTS[folder], *_aliases(), "", _function(function)]
        )
        for folder, function in functions.items()
    }


def _aliases():
    """Return the definitions of the types of the options."""
    for name, of in ALIASES.items():
        names = {**{other: alias for other, alias in ALIASES.items() if other != name}, **NUMPYS}
        if get_origin(of) is Literal:
            values = "".join(f"    {json.dumps(value)},\n" for value in get_args(of))
            yield f"{name}: TypeAlias = Literal[\n{values}]"
            continue
        text = _double_quoted(type_text(of, names))
        line = f"{name}: TypeAlias = {text}"
        yield line if len(line) <= WIDTH else f"{name}: TypeAlias = (\n    {text}\n)"


def _function(function):
    """Return the definition of a function, a line for each parameter, and its docstring."""
    signature = inspect.signature(function)
    lines, keywords = [], False
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not keywords:
            lines.append("    *,")
            keywords = True
        lines.append(f"    {_double_quoted(parameter_text(parameter))},")
    doc = textwrap.indent(inspect.cleandoc(function.__doc__), "    ")
    returned = type_text(signature.return_annotation)
    head = "\n".join([f"def {function.__name__}(", *lines, f") -> {returned}:"])
    return f'{head}\n    """{doc.lstrip()}\n    """\n'


def _double_quoted(text):
    return re.sub(r"'(\w*)'", r'"\1"', text)


def main():
    """Write the stubs, or check them."""
    check, old = "--check" in sys.argv[1:], []
    for path, text in stubs().items():
        if check and path.read_text() != text:
            old.append(str(path))
        elif not check:
            path.write_text(text)
    if old:
        sys.exit(f"not up to date: {', '.join(old)}; run python .ci/stubs.py")


if __name__ == "__main__":
    main()
