"""The two implementations: the same files, names and signatures."""

import importlib
import inspect
import pkgutil

from fusedmlp import kernels, reference


def signature_of(function):
    return list(inspect.signature(getattr(function, "py_func", function)).parameters)


def test_both_packages_have_the_same_names_and_signatures():
    assert kernels.__all__ == reference.__all__
    for name in reference.__all__:
        assert signature_of(getattr(kernels, name)) == signature_of(getattr(reference, name)), name


def files(package):
    """The files at the top of a package, which are its twins."""
    return [module.name for module in pkgutil.iter_modules(package.__path__) if not module.ispkg]


def test_twins_live_in_files_of_the_same_name_in_the_same_order():
    assert files(kernels) == files(reference)
    found = []
    for name in files(reference):
        twins = [
            importlib.import_module(f"{package.__name__}.{name}")
            for package in (reference, kernels)
        ]
        public = [
            [name for name in vars(twin) if name in reference.__all__ and defined_in(twin, name)]
            for twin in twins
        ]
        assert public[0] == public[1]
        assert public[0], f"{name}.py holds no twin"
        found += public[0]
    assert sorted(found) == reference.__all__


def defined_in(module, name):
    function = getattr(module, name)
    return getattr(function, "py_func", function).__module__ == module.__name__


def test_every_twin_says_what_it_does():
    for package in (kernels, reference):
        for name in package.__all__:
            assert inspect.getdoc(getattr(package, name)), name
