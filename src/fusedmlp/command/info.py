"""What the command line tells about this machine, and about the machine code kept on its disk."""

import platform
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer

from fusedmlp import __version__
from fusedmlp.plan.threads import available_threads

PACKAGES = ("NumPy", "Numba", "llvmlite", "SciPy", "scikit-learn")


def info(
    clear_cache: Annotated[
        bool, typer.Option("--clear-cache", help="Remove the machine code that is kept on disk.")
    ] = False,
) -> None:
    """Show versions, the processor, and where machine code is kept; or remove that."""
    if clear_cache:
        _clear_cache()
        return
    lines = {"fusedmlp": __version__, "Python": platform.python_version()}
    lines |= {name: metadata.version(name) for name in PACKAGES}
    lines |= _processor_lines() | _cache_lines()
    width = max(len(name) for name in lines) + 2
    for name, text in lines.items():
        typer.echo(f"{name:{width}}{text}")


def where_kept() -> str:
    """Return where the kernels of this process are kept, or that they are not, and why."""
    from fusedmlp.kernels.compilation.cache import why_not_kept
    from fusedmlp.kernels.compilation.folder import folder_path

    if why := why_not_kept():
        return f"they are not kept on disk: {why}."
    return f"compiled once, they are kept in {folder_path()}."


def _processor_lines() -> dict[str, str]:
    from llvmlite.binding import get_host_cpu_name

    from fusedmlp.kernels.vector import REGISTER

    return {
        "processor": f"{_processor()}; to LLVM, {get_host_cpu_name()}",
        "vector width": f"{REGISTER} bytes: {REGISTER // 4} numbers of float32, {REGISTER // 8} of "
        "float64",
        "threads": str(available_threads()),
    }


def _processor() -> str:
    """Return the processor's name: platform.processor() is empty on most Linux machines."""
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()


def _cache_lines() -> dict[str, str]:
    """Return where machine code is kept and how much; or why none is."""
    from fusedmlp.kernels.compilation.files import is_lock, own_files, why_not_writable
    from fusedmlp.kernels.compilation.folder import folder_path, reason, trusted_folder

    try:
        place = str(folder_path())
        folder = trusted_folder()
        sizes = [s.st_size for path, s in own_files(folder) if not is_lock(path)]
    except OSError as error:
        return {"cache folder": f"none: {reason(error)}"}
    note = f"; nothing can be written there ({why})" if (why := why_not_writable()) else ""
    return {"cache folder": place + note, "cache size": _size(sizes)}


def _size(sizes: list[int]) -> str:
    return f"{len(sizes)} files, {sum(sizes) / 1e6:.1f} MB"


def _clear_cache() -> None:
    """Remove the files, and tell how many; exit with 1 if one is still there."""
    from fusedmlp.kernels.compilation.files import is_lock, own_files
    from fusedmlp.kernels.compilation.folder import reason, trusted_folder

    removed, failures = [], []
    try:
        folder = trusted_folder()
        for path, status in own_files(folder):
            try:
                path.unlink()
                removed += [] if is_lock(path) else [status.st_size]
            except OSError as error:
                failures.append(f"cannot remove {reason(error)}")
    except OSError as error:
        typer.echo(f"error: there is no cache to clear: {reason(error)}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"Removed {_size(removed)}, from {folder}.")
    for failure in failures:
        typer.echo(f"error: {failure}", err=True)
    if failures:
        raise typer.Exit(1)
