"""Constants of one Numba type; each literal 0 or 1 would be a type of its own.

A call with a literal would compile the called function, and all that it calls, once more.
"""

import numpy as np

ZERO = np.intp(0)
NO, YES = np.bool_(False), np.bool_(True)

# Modes of a product or a sum: set the result, add to it, or set it and add a bias.
SET, ADD, ON_BIAS = np.intp(0), np.intp(1), np.intp(2)

# Strides: the same number for each index, or consecutive numbers.
NO_STRIDE, UNIT_STRIDE = np.intp(0), np.intp(1)

# For `all_activations`, which is None in plans with common activations only.
ALL_ACTIVATIONS = np.intp(1)
