"""How fast fusedmlp is, and from commit to commit.

asv's suites are in operations.py, training.py and starting.py, and docs/benchmarks.md tells how to
run them::

    asv machine --yes
    asv run --quick --python=same

The gate, which a slower commit does not pass, is in gate/::

    python -m benchmarks.gate

The tables are printed by programs of their own, from the root of the repository::

    python -m benchmarks.seeds
    python -m benchmarks.first_call
    python -m benchmarks.accuracy

`pytest tests/benchmarks --benchmark-only` sets each kernel beside its NumPy twin.
"""

import sys
from pathlib import Path

# asv imports this package alone, without its parent directory, and the cases are in tests/.
_ROOT = str(Path(__file__).resolve().parents[1])
if _ROOT not in sys.path:
    sys.path.insert(0, _ROOT)
