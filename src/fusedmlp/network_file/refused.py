"""The error for a file that is not what `fusedmlp.save` writes."""

LONGEST_REASON = 300  # characters: it may quote the file


class RefusedFileError(ValueError):
    """A file is not what it must be.

    Parameters
    ----------
    requirement : str
        What it must be.
    reason : str
        Why it is not.
    """

    def __init__(self, requirement: str, reason: str) -> None:
        if len(reason) > LONGEST_REASON:
            reason = f"{reason[:LONGEST_REASON]}..."
        super().__init__(requirement, reason)
        self.requirement, self.reason = requirement, reason
