"""The network whose file the tests change."""

from tests.cases import EVERYTHING, Case

CASE = Case("", (3, 4, 2), 9, {**EVERYTHING, "batch_norm": True, "track_directions": True})
