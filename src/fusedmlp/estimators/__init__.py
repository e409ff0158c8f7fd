"""scikit-learn's estimators, trained by this package."""

from fusedmlp.estimators.classifier import MLPClassifier
from fusedmlp.estimators.regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]
