"""Training on data in chunks: more than fits in memory, or on one machine.

All rows in each step: a list of arrays, or a Dask array, whose chunks stay where they are
(`full_batch.py`). Mini-batches: a stream of chunks, one after another (`stream.py`).
"""
