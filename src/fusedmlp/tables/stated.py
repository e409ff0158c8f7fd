"""What a model's file says of its target and scores: read strictly, or refused."""

import math
from collections.abc import Mapping
from typing import Any

from fusedmlp.tables.scores import MEASURES, MOST_IN_A_MATRIX, Scores
from fusedmlp.tables.target import Classes, Numbers, Target
from fusedmlp.tables.task import NUMBER_LOSSES

LABEL_TYPES = (str, bool, int, float)
MOST_ROWS = 2**60


def target_from_json(said: Any) -> Target:
    """Return the target that `as_json` described.

    Raises
    ------
    ValueError
        If it is none.
    """
    if not isinstance(said, dict) or said.get("task") not in ("classes", "numbers", "counts"):
        raise ValueError("its target must be classes, numbers or counts")
    return _classes(said) if said["task"] == "classes" else _numbers(said)


def _classes(said: dict[str, Any]) -> Classes:
    _require_keys("target", said, {"task", "name", "labels", "shares"})
    labels, shares = said["labels"], said["shares"]
    if not isinstance(labels, list) or len(labels) < 2:
        raise ValueError("its labels must be a list of two or more")
    kinds = {type(label) for label in labels}
    numbers = kinds <= {int, float}
    if not (len(kinds) == 1 or numbers) or not kinds <= set(LABEL_TYPES):
        raise ValueError("its labels must be texts, booleans or numbers")
    if numbers and not all(math.isfinite(label) for label in labels):
        raise ValueError("its labels must be finite")
    if len(set(labels)) != len(labels):
        raise ValueError("its labels must differ")
    right = isinstance(shares, list) and len(shares) == len(labels)
    if not right or not all(_is_number(share) and 0 <= share <= 1 for share in shares):
        raise ValueError("its shares must be a share of the rows for each label")
    if not math.isclose(sum(shares), 1):
        raise ValueError("its shares must have the sum 1")
    return Classes(_text("name", said["name"]), tuple(labels), tuple(map(float, shares)))


def _numbers(said: dict[str, Any]) -> Numbers:
    _require_keys("target", said, {"task", "name", "mean", "deviation", "loss"})
    mean, deviation, loss = said["mean"], said["deviation"], said["loss"]
    if loss not in NUMBER_LOSSES:
        raise ValueError("its loss must be one of numbers")
    if not _is_number(mean) or not _is_number(deviation) or deviation <= 0:
        raise ValueError("its mean and deviation must be numbers, the deviation above 0")
    if loss == "poisson" and mean <= 0:
        raise ValueError("its mean must be above 0")
    return Numbers(_text("name", said["name"]), float(mean), float(deviation), loss, said["task"])


def scores_from_json(said: Any, target: Target) -> Scores:
    """Return the scores of a model with this target.

    Raises
    ------
    ValueError
        If they are none.
    """
    _require_keys("scores", said, set(Scores.__dataclass_fields__))
    held_out = said["held_out"]
    for name in ("training_rows", "held_out_rows"):
        if type(said[name]) is not int or not 0 <= said[name] < MOST_ROWS:
            raise ValueError(f"its {name} must be a whole number")
    if (held_out is None) != (said["held_out_rows"] == 0):
        raise ValueError("its scores must be those of its rows held out")
    return Scores(
        training=_measures("training", said["training"], target),
        held_out=None if held_out is None else _measures("held_out", held_out, target),
        baseline=_measures("baseline", said["baseline"], target),
        confusion=_matrix(said["confusion"], target),
        training_rows=said["training_rows"],
        held_out_rows=said["held_out_rows"],
    )


def _measures(name: str, said: Any, target: Target) -> dict[str, float]:
    own = [
        n for n, measure in MEASURES.items() if measure.of_classes is isinstance(target, Classes)
    ]
    if not isinstance(said, dict) or not said or not said.keys() <= set(own) or own[0] not in said:
        raise ValueError(f"its {name} scores must be measures of its target")
    if not all(_is_number(score) for score in said.values()):
        raise ValueError(f"its {name} scores must be finite numbers")
    return {n: float(score) for n, score in said.items()}


def _matrix(said: Any, target: Target) -> tuple[tuple[int, ...], ...] | None:
    if said is None:
        return None
    size = target.outputs if isinstance(target, Classes) else 0
    lines = said if isinstance(said, list) else []
    if len(lines) != size or not 1 <= size <= MOST_IN_A_MATRIX:
        raise ValueError("its confusion must be a line for each class")
    for line in lines:
        right = isinstance(line, list) and len(line) == size
        if not right or not all(type(n) is int and 0 <= n < MOST_ROWS for n in line):
            raise ValueError("its confusion must be counts of rows for each class")
    return tuple(tuple(line) for line in lines)


def texts_from_json(name: str, said: Any) -> tuple[str, ...]:
    """Return a list of texts.

    Raises
    ------
    ValueError
        If it is none.
    """
    if not isinstance(said, list) or not all(type(text) is str for text in said):
        raise ValueError(f"its {name} must be a list of texts")
    return tuple(_text(name, text) for text in said)


def _text(name: str, said: Any) -> str:
    if type(said) is not str:
        raise ValueError(f"its {name} must be text")
    try:
        said.encode()
    except UnicodeEncodeError:
        raise ValueError(f"its {name} must be text in UTF-8") from None
    return said


def _require_keys(name: str, said: Any, keys: set[str]) -> None:
    if not isinstance(said, Mapping) or said.keys() != keys:
        raise ValueError(f"its {name} must have {', '.join(sorted(keys))}")


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and -1e300 < value < 1e300
