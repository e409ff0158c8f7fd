"""What an import loads, and which names it gives."""

import ast
import importlib

import fusedmlp
from tests.processes import PACKAGE, TRAIN, run_python

STUB = PACKAGE / "__init__.pyi"


def test_import_loads_nothing_heavy():
    loaded = run_python("import sys, fusedmlp; print(*sys.modules)").split()
    assert "fusedmlp" in loaded
    assert not {"numpy", "numba", "sklearn", "scipy", "safetensors"} & set(loaded)


def test_training_loads_numba_but_not_scikit_learn():
    loaded = run_python(TRAIN + "import sys; print(*sys.modules)").split()
    assert "numba" in loaded
    assert not {"sklearn", "safetensors", "rich", "pandas"} & set(loaded)


def test_the_reference_does_without_numba():
    script = TRAIN.replace("random_state=1", "random_state=1, backend='reference'")
    loaded = run_python(script + "import sys; print(*sys.modules)").split()
    assert not {"numba", "sklearn", "scipy"} & set(loaded)


def test_train_is_the_function_whatever_was_imported_first():
    for first in ("fusedmlp.training", "fusedmlp.trained", "fusedmlp.kernels", "fusedmlp.storage"):
        run_python(f"import {first}, fusedmlp; assert callable(fusedmlp.train)")


def test_public_names():
    names = run_python("import fusedmlp; print(*fusedmlp.__all__)").split()
    assert sorted(names) == [
        "MLPClassifier", "MLPRegressor", "Surface", "Trained", "TrainedMany", "error_surface",
        "kernels", "load", "reference", "save", "tables", "train", "train_many",
        "warm_up",
    ]  # fmt: skip


def test_the_stub_has_the_public_names():
    imports = [n for n in ast.parse(STUB.read_text()).body if isinstance(n, ast.ImportFrom)]
    assert sorted(alias.asname for n in imports for alias in n.names) == fusedmlp.__all__
    for node in imports:
        for alias in node.names:
            public = getattr(fusedmlp, alias.name)
            assert public is getattr(importlib.import_module(node.module), alias.name)


def test_dir_has_the_public_names_alone():
    script = TRAIN + "print(*dir(fusedmlp)); print(*fusedmlp.__all__)"
    shown, public = run_python(script).strip().splitlines()[-2:]
    assert shown == public


def test_tables_load_nothing_heavy_until_they_are_used():
    loaded = run_python("import sys, fusedmlp.tables; print(*sys.modules)").split()
    assert not {"numpy", "numba", "pandas", "sklearn"} & set(loaded)


def test_tables_without_pandas_name_the_extra():
    script = (
        "import sys; sys.modules['pandas'] = None\n"
        "from fusedmlp import *\n"
        "try:\n    tables.fit\nexcept ImportError as error:\n    print(error)"
    )
    wanted = "fusedmlp.tables must have the package pandas: pip install 'fusedmlp[cli]'"
    assert run_python(script).strip() == wanted


def test_the_stub_of_tables_has_its_names():
    stub = ast.parse((PACKAGE / "tables" / "__init__.pyi").read_text())
    imports = [node for node in stub.body if isinstance(node, ast.ImportFrom)]
    assert sorted(alias.asname for n in imports for alias in n.names) == fusedmlp.tables.__all__
    for node in imports:
        for alias in node.names:
            public = getattr(fusedmlp.tables, alias.name)
            assert public is getattr(importlib.import_module(node.module), alias.name)
