from fusedmlp import kernels as kernels
from fusedmlp import reference as reference
from fusedmlp import tables as tables
from fusedmlp.estimators import MLPClassifier as MLPClassifier
from fusedmlp.estimators import MLPRegressor as MLPRegressor
from fusedmlp.many import TrainedMany as TrainedMany
from fusedmlp.many import train_many as train_many
from fusedmlp.storage import load as load
from fusedmlp.storage import save as save
from fusedmlp.surface import Surface as Surface
from fusedmlp.surface import error_surface as error_surface
from fusedmlp.trained import Trained as Trained
from fusedmlp.training import train as train
from fusedmlp.warming import warm_up as warm_up

__version__: str
