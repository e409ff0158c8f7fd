"""How a run is driven: check, plan, run, result."""

from fusedmlp.training.trainer import train

__all__ = ["train"]
