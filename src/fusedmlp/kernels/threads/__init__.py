"""Threads that run one kernel together, and the barrier where they wait for each other."""
