"""Many networks: grids of options, many starts, batches of networks, checkpoints."""

from fusedmlp.many.train_many import train_many as train_many
from fusedmlp.many.trained_many import TrainedMany as TrainedMany
