"""A run by blocks of rows, by one thread or several."""
