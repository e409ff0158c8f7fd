from . import kernels as kernels
from . import reference as reference
from .estimators import MLPClassifier as MLPClassifier
from .estimators import MLPRegressor as MLPRegressor
from .many import TrainedMany as TrainedMany
from .many import train_many as train_many
from .storage import load as load
from .storage import save as save
from .surface import Surface as Surface
from .surface import error_surface as error_surface
from .trained import Trained as Trained
from .training import train as train
from .warming import warm_up as warm_up

__version__: str
