"""Names of arguments in messages as flags."""

import pytest

from fusedmlp.command.spelling import as_typed
from fusedmlp.options import OPTIONS

NAMES = [*OPTIONS, "hidden", "task", "drop", "numbers", "target"]


@pytest.mark.parametrize(
    ("message", "typed"),
    [
        ("epochs must be at least 1, got 0", "--epochs must be at least 1, got 0"),
        (
            "tol=0.5 must come with patience or learning_rate_schedule 'adaptive', got tol=0.5",
            "--tol 0.5 must come with --patience or --learning-rate-schedule 'adaptive', "
            "got --tol 0.5",
        ),
        ("got hidden=()", "got --hidden none"),
        ("got hidden=(64, 32)", "got --hidden 64,32"),
        ("shuffle=True, got shuffle=False", "--shuffle, got --no-shuffle"),
        ("drop='city' must name a column", "--drop city must name a column"),
        ("drop='the city' must", "--drop 'the city' must"),
        ('drop="it\'s" must', '--drop "it\'s" must'),
        ("with loss 'huber', got loss='log_loss'", "with --loss 'huber', got --loss log_loss"),
        ("the loss of column 'epochs' is the target", "the loss of column 'epochs' is the target"),
        ("column 'batch_size' holds no numbers", "column 'batch_size' holds no numbers"),
        ("below 1e-05=x", "below 1e-05=x"),
        ("momentum in float32 must be below 1", "--momentum in float32 must be below 1"),
    ],
)
def test_what_is_typed(message, typed):
    assert as_typed(message, NAMES) == typed
