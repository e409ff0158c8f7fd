"""Arguments of one type for Numba, where each literal 0 or 1 is a type of its own.

A call with a literal would compile everything below it once more.
"""

import numpy as np

ZERO = np.intp(0)

# Modes of a product or a sum: set the result, add to it, or set it to the sum with a bias.
SET, ADD, ON_BIAS = np.intp(0), np.intp(1), np.intp(2)

# Strides: the same number each time, the next one.
NO_STRIDE, UNIT_STRIDE = np.intp(0), np.intp(1)

# For `all_activations`, which is None where the common ones will do.
ALL_ACTIVATIONS = np.intp(1)
