"""Print the lower bounds of pyproject.toml as constraints for pip: `numpy>=2.0` as `numpy==2.0`."""

import tomllib
from pathlib import Path

from packaging.requirements import Requirement

project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
for lines in (project["dependencies"], *project["optional-dependencies"].values()):
    for requirement in map(Requirement, lines):
        if requirement.name != project["name"]:  # an extra may name another extra
            bounds = [s.version for s in requirement.specifier if s.operator == ">="]
            assert len(bounds) == 1, f"{requirement} has no lower bound"
            print(f"{requirement.name}=={bounds[0]}")
