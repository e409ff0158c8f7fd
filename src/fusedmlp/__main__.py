"""The command `fusedmlp`, which is also `python -m fusedmlp`."""

import io
import sys


def main() -> None:
    """Run the command line; if a package that it needs is missing, exit and say what to install."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # the terminal's encoding may lack a character
    try:
        from fusedmlp.command.app import app

        app()
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("typer", "rich"):
            raise
        sys.exit(
            f"error: the command line needs the package {error.name}, which is not installed: "
            "pip install 'fusedmlp[cli]'"
        )
    except ImportError as error:  # of fusedmlp.tables, which names the extra itself
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
