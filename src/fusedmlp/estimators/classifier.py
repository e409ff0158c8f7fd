"""MLPClassifier: scikit-learn's, trained by this package."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
from sklearn.base import _fit_context
from sklearn.neural_network import MLPClassifier as TheirClassifier
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import _check_partial_fit_first_call, type_of_target
from sklearn.utils.validation import validate_data

from fusedmlp.estimators.base import CONSTRAINTS, FusedMLP
from fusedmlp.estimators.class_weight import class_weighted, require_no_balance
from fusedmlp.estimators.held_out import given_rows
from fusedmlp.estimators.labels import encoded
from fusedmlp.estimators.quick_step import quick_step
from fusedmlp.estimators.settings import keep_parameters
from fusedmlp.estimators.several_starts import fit_starts, goes_on
from fusedmlp.estimators.start_seeds import Seed


class MLPClassifier(FusedMLP, TheirClassifier):  # type: ignore[misc]
    """A feed-forward network for classes: scikit-learn's `MLPClassifier`, trained in compiled code.

    With the same ``random_state`` its weights are scikit-learn's, to rounding, for "sgd" and
    "adam"; what scikit-learn has not is keyword-only and off. No row's loss is recorded as more
    than 36 (16 in float32), as there.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default (100,)
        Units of each hidden layer.
    activation : str or sequence of str, default "relu"
        Activation of the hidden layers: "identity", "logistic", "tanh" or "relu"; also
        "leaky_relu", "elu", "softplus", "silu" or "gelu", or a sequence with one for each layer.
    solver : {"lbfgs", "sgd", "adam"}, default "adam"
        Optimiser: SciPy's L-BFGS-B, gradient descent, or Adam (Kingma and Ba, 2015).
    alpha : float, default 0.0001
        L2 penalty, at least 0: half of it times the sum of the squared weights is added to the loss
        of a step, divided by the step's rows.
    batch_size : int or "auto", default "auto"
        Rows of a step of "sgd" and "adam"; "auto" is ``min(200, rows)``.
    learning_rate : {"constant", "invscaling", "adaptive"}, default "constant"
        Schedule of "sgd": constant; divided by ``(t_ + 1) ** power_t`` after each epoch; or divided
        by 5 whenever the run would stop for want of progress, until it is at most 1e-6.
    learning_rate_init : float, default 0.001
        First learning rate of "sgd" and "adam", above 0.
    power_t : float, default 0.5
        Exponent of "invscaling", at least 0.
    max_iter : int, default 200
        Most epochs of "sgd" and "adam", most iterations of "lbfgs".
    shuffle : bool, default True
        Whether each epoch of "sgd" and "adam" visits the rows in a new random order.
    random_state : int, RandomState or None, default None
        Seed of the first weights, the order of rows, the rows held out, and masks.
    tol : float, default 0.0001
        Progress is a loss lower (a validation score higher) by this much, at least 0; for "lbfgs",
        the largest component of the gradient at which it stops.
    verbose : bool, default False
        Whether to print each epoch's loss.
    warm_start : bool, default False
        Whether `fit` goes on from the parameters and the optimiser's moments of the last `fit`.
        (scikit-learn begins with new moments.)
    momentum : float, default 0.9
        Momentum of "sgd", 0 to 1.
    nesterovs_momentum : bool, default True
        Whether it is Nesterov's.
    early_stopping : bool, default False
        Whether to hold out rows, stop when their score makes no progress in n_iter_no_change
        epochs, and restore the best parameters. Not for "lbfgs".
    validation_fraction : float, default 0.1
        Share of the rows to hold out for early_stopping, at least 0 and below 1.
    beta_1, beta_2 : float, default 0.9 and 0.999
        Decay rates of the moments of "adam", at least 0 and below 1.
    epsilon : float, default 1e-8
        Added to the root that "adam" divides by, above 0.
    n_iter_no_change : int, default 10
        Epochs without progress after which "sgd" and "adam" stop.
    max_fun : int, default 15000
        Most evaluations of the loss by "lbfgs".
    class_weight : dict, "balanced" or None, default None
        Weight of each class, which multiplies sample_weight; "balanced" is
        ``rows / (classes * rows of the class)``.
    dropout : float, default 0
        Share of the hidden units that a step leaves out, for each row, at most 0.999.
    dropconnect : float, default 0
        Share of the weights that a step leaves out, at most 0.999.
    batch_norm : bool, default False
        Whether hidden layers use batch normalisation (Ioffe and Szegedy, 2015). coefs_ and
        intercepts_ are then not the whole network.
    l1 : float, default 0
        L1 penalty, at least 0, divided by the step's rows as alpha is.
    clip_norm : float or None, default None
        Largest norm of a step's gradient, above 0; a longer one is scaled down.
    scoring : str, callable or None, default None
        Score of early_stopping: the accuracy; "loss" is the validation loss; or one of
        scikit-learn's scorers, given the rows' weights if it takes sample_weight.
    callback : callable or None, default None
        Called with the estimator after each epoch of "sgd" and "adam"; a true result stops the run.
    progress : bool, default False
        Whether `fit` shows how far it is: epochs, or with n_starts starts.
    threads : int or None, default None
        Threads that share a step's work; None is as many as pay. The results have the same bits.
    backend : {"kernels", "reference"}, default "kernels"
        Compiled code, or NumPy.
    n_starts : int, default 1
        Networks that `fit` trains, at least 1, each from other first weights and as alone with its
        random_state: as many at once as joblib is told (``joblib.parallel_config``), else as there
        are cores, but within a job of joblib's as joblib chooses, which is mostly one. With
        threads=None, those that run at once have a thread each; the bits do not depend on it.
        callback is called for each, perhaps from several threads; verbose prints a score for each;
        Ctrl-C keeps the best so far. Not with warm_start, `set_callbacks` or `partial_fit`: after
        ``set_params(n_starts=1)`` these go on with the best.
    combine : {"best", "average"}, default "best"
        Whether to keep the start with the highest score, or to predict the mean of all's
        probabilities.

    Attributes
    ----------
    coefs_, intercepts_ : list of ndarray, (n_in, n_out) and (n_out,)
        Weights and biases of each layer: predictions use what is written into them.
    loss_ : float
        Loss of the last epoch, with penalties, before its updates.
    loss_curve_, validation_loss_curve_ : list of float
        Loss of each epoch; mean loss, without penalties, of the rows held out, if there are any.
    best_loss_ : float or None
        Lowest loss; None with early_stopping.
    validation_scores_ : list of float, or None
    best_validation_score_ : float or None
        With early_stopping.
    n_iter_, t_ : int
        Epochs of the last `fit`; rows visited in all.
    n_features_in_, n_layers_, n_outputs_ : int
        Columns of X; layers, the input among them; units of the last layer.
    feature_names_in_ : ndarray of str
        Where X has names.
    out_activation_ : str
    start_random_states_ : list
        With n_starts above 1, as the rest: random_state of each start. The first is the
        estimator's own (a RandomState as it was before `fit`), the others follow from it.
    start_scores_ : ndarray (n_starts,)
        best_validation_score_ of each with early_stopping (each holds out rows of its own, so that
        X_val compares better); else the score, as `scoring` names it, on X_val; without any,
        -loss_. -inf stands for weights that are not finite.
    best_start_ : int
        The start with the highest score, whose coefs_, loss_curve_ and so on the estimator has.
    estimators_ : list of MLPClassifier
        With combine="average": the fitted starts whose weights are finite. They predict:
        what is written into the estimator's own coefs_ changes nothing.
    classes_ : ndarray (classes,), or list of them
        The labels.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from fusedmlp import MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier(solver="lbfgs", max_iter=1000, random_state=1).fit(X, y)
    >>> model.predict(X[[0, 60, 120]]).tolist()
    [0, 1, 2]
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **TheirClassifier._parameter_constraints,
        **CONSTRAINTS,
        "class_weight": [StrOptions({"balanced"}), dict, None],
    }

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: str | Sequence[str] = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Seed = None,
        tol: float = 1e-4,
        verbose: bool = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        class_weight: Any = None,
        dropout: float = 0,
        dropconnect: float = 0,
        batch_norm: bool = False,
        l1: float = 0,
        clip_norm: float | None = None,
        scoring: Any = None,
        callback: Callable[[Any], Any] | None = None,
        progress: bool = False,
        threads: int | None = None,
        backend: str = "kernels",
        n_starts: int = 1,
        combine: str = "best",
    ) -> None:
        super().__init__()
        keep_parameters(self, locals())

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> "MLPClassifier":
        """Train from new first weights, or with warm_start from the last ones.

        Parameters
        ----------
        X : array-like or sparse matrix (rows, n_features)
            Sparse rows become dense.
        y : array-like (rows,) or (rows, outputs)
            Labels of any kind; for several labels a row, columns of 0 and 1.
        sample_weight : array-like (rows,), or None
            Weight of each row.
        X_val, y_val, sample_weight_val : as X, y and sample_weight, or None
            Rows for validation, which are not trained on: early_stopping holds out no others.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For data that scikit-learn's refuses, for weights (of all starts) that are no longer
            finite, and for n_starts above 1 with warm_start or `set_callbacks`.
        """
        validation = given_rows(X_val, y_val, sample_weight_val)
        if self.n_starts > 1:
            fit_starts(self, MLPClassifier, (X, y, sample_weight), validation)
            return self
        sample_weight = class_weighted(self, y, sample_weight, incremental=False)
        self._fit(X, y, sample_weight, validation=validation)
        return self

    @available_if(goes_on)
    def partial_fit(
        self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None
    ) -> "MLPClassifier":
        """Train for one epoch over these rows, and go on from the last call.

        As in scikit-learn, what `set_params` changes of the optimiser has no effect until `fit`.

        Parameters
        ----------
        X, y, sample_weight : as for `fit`
        classes : array-like (classes,), or None
            All labels that any call will have: needed in the first.

        Returns
        -------
        self
        """
        if sample_weight is None and classes is None and quick_step(self, X, y):
            return self
        self._partial_fit(X, y, sample_weight, classes)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def _partial_fit(self, X: Any, y: Any, sample_weight: Any, classes: Any) -> None:
        require_no_balance(self)
        if _check_partial_fit_first_call(self, classes):
            several = type_of_target(y).startswith("multilabel")
            self._label_binarizer = LabelBinarizer().fit(y if several else classes)
        sample_weight = class_weighted(self, y, sample_weight, incremental=True)
        self._fit(X, y, sample_weight, incremental=True)

    def _validate_input(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, Any]:
        """Check data as scikit-learn does; plain labels of a first fit are encoded here."""
        plain = encoded(y) if reset and not incremental else None
        if plain is None or len(y) != getattr(X, "shape", (None,))[0]:
            checked: tuple[Any, Any] = super()._validate_input(X, y, incremental, reset)
            return checked
        X = validate_data(
            self, X, accept_sparse=["csr", "csc"], dtype=(np.float64, np.float32), reset=True
        )
        self._label_binarizer, targets = plain
        self.classes_ = self._label_binarizer.classes_
        return X, targets
