"""What goes wrong with the user's words and data: one line on standard error, and an exit code."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

from fusedmlp.command.say import fail, say
from fusedmlp.command.spelling import as_typed

WRONG_DATA, WRONG_WORDS = 1, 2
INTERRUPTED = 130  # as shells say it of a process that Ctrl-C ended


@contextmanager
def explained(
    context: typer.Context, code: int = WRONG_DATA, quiet: bool = False
) -> Iterator[None]:
    """Print errors and warnings in a line each, with flags for arguments; exit after an error.

    Parameters
    ----------
    context : typer.Context
        Of the command, whose parameters are the flags.
    code : int
        The exit code: 1 where data or training are to blame, 2 where the words are.
    quiet : bool
        Whether warnings are not printed.
    """
    names = [parameter.name for parameter in context.command.params if parameter.name]

    def explain(message: Warning | str, *_: object, **__: object) -> None:
        if not quiet:
            say(Console(stderr=True), f"warning: {as_typed(str(message), names)}")

    with warnings.catch_warnings():
        warnings.showwarning = explain
        try:
            yield
        except BrokenPipeError:  # whoever read the output has enough: typer ends in silence
            raise
        except KeyboardInterrupt:
            fail("interrupted", INTERRUPTED)
        except MemoryError:
            fail("not enough memory", code)
        except OSError as error:
            place = f": {error.filename}" if error.filename else ""
            fail(f"{error.strerror or error}{place}", code)
        except TypeError as error:
            if code != WRONG_WORDS:
                raise
            fail(as_typed(str(error), names), code)
        except (ValueError, ImportError) as error:
            if isinstance(error, ModuleNotFoundError):
                raise
            fail(as_typed(str(error), names), code)
