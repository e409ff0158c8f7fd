"""Elementary functions of vectors: exp, log, sigmoid, tanh, softmax, SiLU and GELU."""
