"""Compilation of the kernels by Numba, and the on-disk cache."""
