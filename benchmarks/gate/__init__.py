"""A gate that a regression cannot pass: the working tree beside an earlier commit.

::

    python -m benchmarks.gate

Both are measured in one run and take turns, a process each, on the same core. What looks slower is
measured again in fresh processes, with more rounds, before it counts. docs/benchmarks.md tells how
often this fails a commit that is not slower.

Nothing here may be named ``time_...``, ``track_...`` or the like: asv would run it.
"""
