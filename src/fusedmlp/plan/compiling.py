"""Whether this process compiles just now, for whoever waits and wants to know.

It is here, and not beside the compiler, since who asks need not have imported that.
"""

_NOW: set[int] = set()  # what is compiled, by the ids of those who compile it


def is_compiling() -> bool:
    """Whether a kernel is being compiled: by this process, or by another that it waits for."""
    return bool(_NOW)


def begin(who: object) -> None:
    """Say that somebody compiles."""
    _NOW.add(id(who))


def end(who: object) -> None:
    """Say that somebody compiles no longer, or never did."""
    _NOW.discard(id(who))
