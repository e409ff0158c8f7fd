"""Matrix products: packing and micro-kernels."""
