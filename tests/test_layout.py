"""The layout: imports run one way, down the list of subpackages, and never in a circle."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import fusedmlp

PACKAGE = Path(fusedmlp.__file__).parent
ROOT = Path(__file__).parents[1]
LONGEST = 300  # lines of a file

# From the top down: a file imports from its own level or from lower ones. A folder stands for all
# files below it that are not named themselves.
LEVELS = [
    ["__main__"],
    ["command"],
    ["tables"],
    ["storage", "surface", "warming", "estimators", "many"],
    ["training"],
    ["trained"],
    ["network_file", "backends"],
    ["reference/__init__", "kernels/__init__"],
    ["reference/networks", "kernels/networks"],
    ["reference/fit", "reference/surface", "kernels/fit", "kernels/surface"],
    ["reference/steps", "kernels/lanes", "kernels/many"],
    ["kernels/blocked"],
    ["reference", "kernels"],  # the other twins
    ["kernels/matmul", "kernels/functions"],
    ["kernels/threads"],
    ["kernels/vector"],
    ["kernels/compilation"],
    ["options"],
    ["plan"],
    ["helper_threads"],
    ["background", "checks", "notebook"],
    ["forks", "ctrl_c"],
]


def source_files():
    """Each file of the package by its path without suffix, but for the lazy public names."""
    files = {p.relative_to(PACKAGE).with_suffix("").as_posix(): p for p in PACKAGE.rglob("*.py")}
    del files["__init__"]
    return files


FILES = source_files()


def level_of(name):
    """The number of a file's level, by the longest folder that names it."""
    depth, number = max(
        (len(folder), number)
        for number, level in enumerate(LEVELS)
        for folder in level
        if f"{name}/".startswith(f"{folder}/")
    )
    assert depth > 0
    return number


def imported_by(name):
    """The files that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(FILES[name].read_text())):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            # What is imported may be a file itself.
            modules = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for module in modules:
            path = module.removeprefix("fusedmlp.").replace(".", "/")
            if module.startswith("fusedmlp."):
                found |= {path, f"{path}/__init__"} & set(FILES)
    return found - {name}


IMPORTS = {name: imported_by(name) for name in FILES}


@pytest.mark.parametrize("name", sorted(FILES))
def test_imports_run_down(name):
    upward = [other for other in IMPORTS[name] if level_of(other) < level_of(name)]
    assert not upward


def test_imports_never_run_in_a_circle():
    TopologicalSorter(IMPORTS).prepare()  # raises a CycleError that names the files


def test_the_two_implementations_know_neither_each_other_nor_options():
    allowed = {
        "reference": ("reference", "plan"),
        "kernels": ("kernels", "plan", "helper_threads", "background", "forks", "ctrl_c"),
    }
    for name, others in IMPORTS.items():
        folder = name.partition("/")[0]
        if folder in allowed:
            assert all(other.startswith(allowed[folder]) for other in others), name


def test_the_public_names_are_used_by_the_command_line_alone():
    users = [
        name
        for name, path in FILES.items()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import) and "fusedmlp" in [alias.name for alias in node.names]
    ]
    assert set(users) == {"command/app", "command/digits"}


@pytest.mark.parametrize("folder", ["src", "tests", "benchmarks"])
def test_no_file_is_long(folder):
    lengths = {p: len(p.read_text().splitlines()) for p in (ROOT / folder).rglob("*.py")}
    assert not {str(path): length for path, length in lengths.items() if length > LONGEST}
