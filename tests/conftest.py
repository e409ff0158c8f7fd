"""What pytest and Hypothesis are told for all tests."""

from hypothesis import settings

# A busy machine may take any time for an example.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_collection_modifyitems(config, items):
    """Leave out what only measures a time, unless `--benchmark-only` asks for it."""
    if config.getoption("benchmark_only"):
        return
    tests, timings = [], []
    for item in items:
        measures = "benchmark" in getattr(item, "fixturenames", ())
        (timings if measures else tests).append(item)
    config.hook.pytest_deselected(items=timings)
    items[:] = tests
