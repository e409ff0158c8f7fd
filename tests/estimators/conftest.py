"""What pytest is told for the tests of the estimators."""

import signal

import pytest


@pytest.fixture
def ctrl_c_is_heeded():
    """Also where the shell that runs the tests in its background ignores it for them."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
