"""Training on small full batches, one row in each vector lane."""
