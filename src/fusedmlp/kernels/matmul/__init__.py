"""Matrix products (GEMM): packing and micro-kernels."""
