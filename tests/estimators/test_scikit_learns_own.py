"""scikit-learn's own tests of its networks, with the names of ours in place of theirs."""

import importlib.util
import re
from pathlib import Path

import pytest

SPEC = importlib.util.find_spec("sklearn.neural_network.tests.test_mlp")
THEIRS = "from sklearn.neural_network import MLPClassifier, MLPRegressor"
OURS = "from fusedmlp import MLPClassifier, MLPRegressor"

source = Path(SPEC.origin).read_text()
assert source.count(THEIRS) == 1
exec(compile(source.replace(THEIRS, OURS), SPEC.origin, "exec"), globals())

# Their own settings let warnings pass, and so must ours here: convergence is not waited for.
pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture
def global_random_seed():
    """The default of scikit-learn's fixture of this name."""
    return 42


def test_all_of_them_are_run():
    names = set(re.findall(r"^def (test_\w+)", source, re.MULTILINE))
    assert len(names) > 40
    assert names <= set(globals())
    assert globals()["MLPClassifier"].__module__.startswith("fusedmlp")
