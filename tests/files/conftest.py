"""A file, and a function that loads one."""

import pytest

import fusedmlp
from tests.files.cases import CASE


@pytest.fixture(name="data", scope="module")
def fixture_data(tmp_path_factory):
    """The bytes of a network's file."""
    path = tmp_path_factory.mktemp("saved") / "network"
    run = fusedmlp.train(*CASE.data(), **CASE.arguments(epochs=11, record_every=4, validation=0.3))
    run.save(path)
    return path.read_bytes()


@pytest.fixture(name="load")
def fixture_load(tmp_path):
    """A function of a file's bytes that loads the network."""

    def load(data):
        (tmp_path / "network").write_bytes(data)
        return fusedmlp.load(tmp_path / "network")

    return load
