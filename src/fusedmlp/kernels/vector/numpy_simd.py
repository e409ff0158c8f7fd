"""NumPy arrays instead of `simd`'s vectors and addresses, for ``NUMBA_DISABLE_JIT=1``."""

import numpy as np

HAS_AVX512 = USES_AVX512_MATH = False
REGISTER = 32
WIDE = 2
STACK_BYTES = 16384
LINE = 0


def address(array):
    if not array.flags.c_contiguous:
        raise TypeError(f"an array must be C-ordered, got strides {array.strides}")
    return array.reshape(-1)


def first_line(array):
    return address(array)


def as_float64(memory):
    return memory[: memory.nbytes // 8 * 8 // memory.itemsize].view(np.float64)


def shifted(memory, items):
    return memory[items:]


def stack_buffer(memory):
    return np.empty(STACK_BYTES // memory.itemsize, memory.dtype)


def transpose_tile(source, source_stride, target, target_stride):
    for r in range(lane_count(source)):
        for j in range(lane_count(source)):
            target[j * target_stride + r] = source[r * source_stride + j]


def transpose_tile_of_rows(source, row_stride, rows, target, target_stride):
    for r in range(lane_count(source)):
        for j in range(lane_count(source)):
            target[j * target_stride + r] = source[rows[r] * row_stride + j]


def lane_count(memory):
    return REGISTER // memory.itemsize


def at(memory, offset):
    return memory[offset]


def put(memory, offset, scalar):
    memory[offset] = scalar


def load(memory, offset):
    return memory[offset : offset + lane_count(memory)].copy()


def load_wide(memory, offset):
    return memory[offset : offset + WIDE * lane_count(memory)].copy()


def not_moved(number):
    return number


def load_first(memory, offset, count):
    vector = zeros(memory)
    count = min(count, vector.size)
    vector[:count] = memory[offset : offset + count]
    return vector


def load_first_wide(memory, offset, count):
    vector = zeros_wide(memory)
    count = min(count, vector.size)
    vector[:count] = memory[offset : offset + count]
    return vector


def store(memory, offset, vector):
    memory[offset : offset + vector.size] = vector


def store_first(memory, offset, vector, count):
    count = min(count, vector.size)
    memory[offset : offset + count] = vector[:count]


def column_height(memory):
    return REGISTER // 4


def load_column(memory, offset, stride, count):
    rows = np.minimum(np.arange(REGISTER // 4), count - 1)
    return memory[offset + rows * stride]


def store_column(memory, offset, stride, vector, count):
    memory[offset + np.arange(min(count, vector.size)) * stride] = vector[:count]


def load_packed_column(memory, offset):
    return memory[offset : offset + REGISTER // 4].copy()


def keep_first(vector, count):
    return np.where(np.arange(vector.size) < count, vector, 0)


def to_float64(vector):
    return vector.astype(np.float64)


def zeros(memory):
    return np.zeros(lane_count(memory), memory.dtype)


def zeros_wide(memory):
    return np.zeros(WIDE * lane_count(memory), memory.dtype)


def select(mask, yes, no):
    return np.where(mask, yes, no)


def fma(a, b, c):
    return a * b + c


def concatenate(low, high):
    return np.concatenate([low, high])


def split(wide):
    return np.split(wide, 2)


def relu(vector):
    return np.maximum(vector, 0)


def power_of_two(shifted):
    if shifted.dtype == np.float64:
        return ((shifted.view(np.int64) << 52) + (1023 << 52)).view(np.float64)
    return ((shifted.view(np.int32) << 23) + np.int32(127 << 23)).view(np.float32)


def any_lane(vector):
    return (vector != 0).any()


def sum_lanes(vector):
    return vector.sum()


def maximum(a, b):
    return np.where(a > b, a, b)


def max_lane(vector):
    return vector.max()


def absolute(vector):
    return np.abs(vector)


def sqrt(vector):
    return np.sqrt(vector)


def copysign(size, sign):
    return np.copysign(size, sign)


def dot_products(vector, memory, offset):
    lanes = lane_count(memory)
    rows = memory[offset : offset + lanes * lanes].reshape(lanes, lanes)
    return (vector * rows).sum(axis=1)


def numpy_tile(shape, height):
    """Return the function that `make_tile` generates, on arrays."""

    def tile(A, B, initial, C, depth, last, whole, count):
        width = (shape.vectors - 1) * (shape.vector_bytes // C.data.itemsize) + last
        for r in range(min(height, count)):
            start = r * initial.row_stride
            sums = initial.data[start : start + width].copy()
            for k in range(depth):
                row = B.data[k * B.row_stride : k * B.row_stride + width]
                sums += A.data[r * A.row_stride + k * A.k_stride] * row
            C.data[r * C.row_stride : r * C.row_stride + width] = sums

    return tile


def numpy_tile_of_networks(rows, columns):
    """Return the function that `kernels.many.tiles` generates, on arrays."""

    def tile(A, B, initial, C, depth):
        for r in range(rows):
            for c in range(columns):
                total = _vector_of(initial, r, c).copy()
                for k in range(depth):
                    total += _vector_of(A, r, k) * _vector_of(B, k, c)
                _vector_of(C, r, c)[:] = total

    return tile


def _vector_of(matrix, row, column):
    first = row * matrix.by_row + column * matrix.by_column
    return matrix.start[first : first + lane_count(matrix.start)]
