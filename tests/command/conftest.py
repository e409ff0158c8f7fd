"""Tables that commands read, and a model that one has written."""

import pytest

from tests.command.commands import QUICK, diabetes_table, mixed_table, run, wine_table


@pytest.fixture
def wine(tmp_path):
    return wine_table(tmp_path)


@pytest.fixture
def diabetes(tmp_path):
    return diabetes_table(tmp_path)


@pytest.fixture
def mixed(tmp_path):
    return mixed_table(tmp_path)


@pytest.fixture(scope="session")
def of_wine(tmp_path_factory):
    """A model of the wines, and its table."""
    folder = tmp_path_factory.mktemp("wine")
    table, model = wine_table(folder), folder / "wine.fmlp"
    done = run("train", table, "--target", "target", "--save", model, *QUICK, "--quiet")
    assert done.exit_code == 0, done.output
    return model, table
