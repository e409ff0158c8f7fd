"""Small full batches: the rows lie in the lanes of vectors."""
