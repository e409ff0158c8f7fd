"""Side by side with what a user would pick instead: NumPy, scikit-learn, PyTorch, JAX.

::

    python -m benchmarks.peers

Nothing here may be named ``time_...``, ``track_...`` or the like, nor import a peer before it is
used: asv imports every module of this package, and would run it.
"""
