"""The tiles that a processor's registers hold.

A tile of R rows of V vectors has R V accumulators, and loads V vectors and R numbers for R V
multiplications. An addition has a latency of four cycles and two can start in each, so that at
least 8 accumulators are needed, and more where loads take as long as the multiplications.
"""

from typing import NamedTuple

from llvmlite import binding

from fusedmlp.kernels.vector import HAS_AVX512, REGISTER


class TileShape(NamedTuple):
    """A tile's vectors and rows."""

    vector_bytes: int
    vectors: int  # in a row
    height: int
    lower: int  # the height of the tile for rows that are left


# For each width of a tile, in the registers of element-wise operations. Each shape costs compile
# time: one of 3 vectors, or one of 4 rows of 3 half vectors, gains less than the machines' noise.
# GFLOP/s of single tiles in float32, of 118 that Zen 4 has:
#   64 bytes: 16 x 1 116, 8 x 2 116, 6 x 4 115; 12 x 1, 12 x 2, 8 x 3, 4 x 4 the same
#   32 bytes, 32 registers: 12 x 1 66, 8 x 1 70 to 87, 12 x 2 99, 6 x 2 115, 4 x 3 113, 6 x 4 116
#   32 bytes, 16 registers (AVX2): 8 x 1 98, 4 x 2 109, 6 x 2 117, 4 x 3 115
#   16 bytes, 16 registers, no FMA: 8 x 1 29, 6 x 2 37
# On Xeons with whole 64-byte FMAs, 6 x 4, 12 x 2 and 24 x 1 reach 175 to 208 of 226.
# aarch64 has 32 registers of 16 bytes, and four multiplications can start in a cycle.
IS_AARCH64 = binding.get_process_triple().startswith(("aarch64", "arm64"))
if REGISTER == 64:
    TILES = {1: TileShape(64, 1, 16, 8), 2: TileShape(64, 2, 8, 4), 4: TileShape(64, 4, 6, 4)}
elif HAS_AVX512:  # in halves: with 64 bytes, the same arithmetic takes half the instructions
    TILES = {
        1: TileShape(32, 1, 8, 4),
        2: TileShape(64, 1, 16, 8),
        4: TileShape(64, 2, 8, 4),
        8: TileShape(64, 4, 6, 4),
    }
elif IS_AARCH64 and REGISTER == 16:
    TILES = {1: TileShape(16, 1, 16, 8), 2: TileShape(16, 2, 8, 4), 4: TileShape(16, 4, 6, 4)}
else:
    TILES = {1: TileShape(REGISTER, 1, 8, 4), 2: TileShape(REGISTER, 2, 6, 4)}
MOST_REGISTERS = max(TILES)
# With 32 registers, the tile of half that width is as fast, and has eight rows.
NEXT_REGISTERS = MOST_REGISTERS // 2 if TILES[MOST_REGISTERS // 2].vectors == 2 else MOST_REGISTERS

# Whether a part of B that several tiles read is copied to one place. In B its rows are far apart,
# perhaps in the same few sets of the cache. A tile of four 64-byte vectors, where the processor
# halves them, multiplies for so long that it need not wait for the second cache: GFLOP/s with and
# without a copy, float32 and float64, 200-30-100 gradient 85 and 97, 48 and 54; 128-512-512
# gradient 106 and 111, 50 and 56; 256-1024-1024 forward 98 and 109, 48 and 53. With AVX2,
# 128-512-512 gradient 105 and 98, 51 and 40, and up to 40 rows the other way: 200-30-100 38 and 48
# in float64. Not measured for whole 64 bytes. Columns that end within a vector are always copied,
# since a vector would read past them.
PACKS = REGISTER == 64 or not HAS_AVX512
