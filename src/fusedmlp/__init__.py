"""fusedmlp: small neural networks, trained at the speed of the processor.

Names are loaded when they are first used: `import fusedmlp` imports neither Numba nor NumPy.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)

__version__ = "0.1.0"
