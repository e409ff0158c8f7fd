"""fusedmlp: small neural networks, trained at the speed of the processor.

Names are loaded when they are first used: `import fusedmlp` imports neither Numba nor NumPy.
"""

import lazy_loader as _lazy

# The same names as in the stub, whose imports are absolute: after relative ones, editors would
# complete the modules, too.
__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=["kernels", "reference", "tables"],
    submod_attrs={
        "estimators": ["MLPClassifier", "MLPRegressor"],
        "many": ["TrainedMany", "train_many"],
        "storage": ["load", "save"],
        "surface": ["Surface", "error_surface"],
        "trained": ["Trained"],
        "training": ["train"],
        "warming": ["warm_up"],
    },
)

__version__ = "0.1.0"
