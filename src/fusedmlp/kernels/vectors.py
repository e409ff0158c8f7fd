"""What the kernels calculate with: compiled vectors, or NumPy's arrays to debug with.

address(array): where the items of a C-ordered array begin; shifted(memory, n): n items further.
load(memory, offset), load_wide: a vector of the items from `offset` on.
load_first(memory, offset, count): only the first `count` of them; the other lanes are 0.
store(memory, offset, vector), store_first(memory, offset, vector, count): the way back.
zeros(memory), zeros_wide(memory): a vector of zeros of the type that is in memory.
at(memory, offset), put(memory, offset, number): one item.
select(mask, yes, no): yes in the lanes where mask is true, no in the others.
power_of_two(shifted): 2**k, given ``k + 1.5 * 2**52`` (``2**23`` in float32).
total(vector): the sum of the lanes. lane_count(memory): lanes of a vector.

Offsets count items; nothing checks them.
"""

from numba import config

from fusedmlp.kernels import simd, simd_numpy

_vectors = simd_numpy if config.DISABLE_JIT else simd

REGISTER = _vectors.REGISTER
WIDE = _vectors.WIDE
address = _vectors.address
at = _vectors.at
lane_count = _vectors.lane_count
load = _vectors.load
load_first = _vectors.load_first
load_wide = _vectors.load_wide
power_of_two = _vectors.power_of_two
put = _vectors.put
select = _vectors.select
shifted = _vectors.shifted
store = _vectors.store
store_first = _vectors.store_first
total = _vectors.total
zeros = _vectors.zeros
zeros_wide = _vectors.zeros_wide
