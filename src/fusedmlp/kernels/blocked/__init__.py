"""Training by blocks of rows, in one thread or several."""
