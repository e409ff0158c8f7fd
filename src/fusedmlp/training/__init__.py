"""Training: check the arguments, make the plan, run it, return the result."""

from fusedmlp.training.trainer import train

__all__ = ["train"]
