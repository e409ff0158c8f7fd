"""How Numba compiles the kernels, and where the machine code is kept."""
