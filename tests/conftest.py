"""What pytest is told for all tests."""


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
