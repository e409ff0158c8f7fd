"""The time until a new process trains."""

from benchmarks.common import (
    FIRST_TRAIN,
    FIRST_TRAIN_BATCHES,
    first_train_seconds,
    one_thread,
)

one_thread()

FIRST_CALLS = {"full batch": FIRST_TRAIN, "batches": FIRST_TRAIN_BATCHES}


class Import:
    """The time of an import in a fresh process, and of the one that most of a start goes to."""

    def timeraw_import_fusedmlp(self) -> str:
        """Load the package, without Numba."""
        return "import fusedmlp"

    def timeraw_import_numba(self) -> str:
        """Load Numba, which the first use of a kernel does."""
        return "import numba"


class FirstCall:
    """The time of a process's first `train`; Numba is loaded in it."""

    params = (["compiled", "from disk"], list(FIRST_CALLS))
    param_names = ("machine code", "training")
    unit = "seconds"

    def track_first_train(self, machine_code: str, training: str) -> float:
        """Compile in one process, or load what an earlier one left, in the median of three."""
        cached = machine_code == "from disk"
        processes = 3 if cached else 1
        return first_train_seconds(cached, processes, FIRST_CALLS[training])
