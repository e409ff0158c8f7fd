"""Many networks in one call of `train_many`, beside what a user would pick instead.

::

    python -m benchmarks.many

Nothing here may be named ``time_...``, ``track_...`` or the like, nor import a peer before it is
used: asv imports every module of this package, and would run it.
"""
