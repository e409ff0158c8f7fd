"""What pytest is told for all tests."""


def pytest_collection_modifyitems(config, items):
    """Leave out what only measures a time, unless `--benchmark-only` asks for it."""
    if config.getoption("benchmark_only"):
        return
    timings = [item for item in items if "benchmark" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=timings)
    items[:] = [item for item in items if item not in set(timings)]
