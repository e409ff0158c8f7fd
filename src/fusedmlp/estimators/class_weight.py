"""Weights of rows that follow from the weights of their classes."""

from typing import Any

import numpy as np
from sklearn.utils import compute_class_weight, compute_sample_weight


def class_weighted(model: Any, y: Any, sample_weight: Any, incremental: bool) -> Any:
    """Return the rows' weights times those of their classes, or None if there are neither.

    Raises
    ------
    ValueError
        For a class_weight that scikit-learn refuses.
    """
    class_weight = model.class_weight
    if class_weight is None:
        return sample_weight
    if incremental and np.ndim(y) == 1:
        # These rows need not have all classes that class_weight names; others are checked later.
        classes = model.classes_
        known = compute_class_weight(class_weight, classes=classes, y=classes)
        class_weight = dict.fromkeys(np.unique(y), 1.0) | dict(zip(classes, known, strict=True))
    weights = compute_sample_weight(class_weight, y)
    return weights if sample_weight is None else weights * np.asarray(sample_weight)


def require_no_balance(model: Any) -> None:
    """Raise ValueError for a class_weight that wants to see all rows."""
    if model.class_weight == "balanced":
        raise ValueError(
            "class_weight must be a dict or None for partial_fit, which does not see all rows, "
            "got 'balanced'"
        )
