"""Python's names of arguments in messages, as they are typed on the command line."""

import re
from collections.abc import Iterable


def as_typed(text: str, names: Iterable[str]) -> str:
    """Return a message or a help text with flags in place of the arguments that it names.

    Parameters
    ----------
    text : str
    names : iterable of str
        The arguments that have a flag: the same name with hyphens.

    Examples
    --------
    >>> names = ["batch_size", "momentum", "optimizer", "nesterov"]
    >>> as_typed("batch_size must be at least 1, got 0", names)
    '--batch-size must be at least 1, got 0'
    >>> as_typed("it must come with batch_size=None, got batch_size=32 for 100 rows", names)
    'it must come with --batch-size none, got --batch-size 32 for 100 rows'
    >>> as_typed("nesterov=True must come with momentum > 0, got momentum=0.0", names)
    '--nesterov must come with --momentum > 0, got --momentum 0.0'
    >>> as_typed("None is the momentum of optimizer='adam'", names)
    'none is the momentum of --optimizer adam'
    """
    either = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    value = r"'[^']*'|\"[^\"]*\"|\([^()]*\)|\[[^\[\]]*\]|[\w.+-]*[\w+-]"
    text = re.sub(rf"(?<![\w-])({either})=({value})", _flag_with_value, text)
    # A name that is a word of English too is one only where a message begins, or says what to add.
    known = re.compile(
        rf"(^|with )({either})(?= must| in float| or | [<>]| ')|(?<![\w'-])({either})(?![\w'])"
    )
    return re.sub(r"\bNone\b", "none", known.sub(_flag_alone, text))


def flag(name: str) -> str:
    """Return the flag of an argument.

    >>> flag("batch_size")
    '--batch-size'
    """
    return f"--{name.replace('_', '-')}"


def _flag_with_value(found: re.Match[str]) -> str:
    name, value = found.groups()
    if value == "True":
        return flag(name)
    if value == "False":
        return f"--no-{flag(name)[2:]}"
    if value[0] in "([":
        value = ",".join(item.strip(" '") for item in value[1:-1].split(",") if item.strip())
        value = value or "none"
    word = value[1:-1] if re.fullmatch(r"'\S+'", value) else value
    return f"{flag(name)} {'none' if word == 'None' else word}"


def _flag_alone(found: re.Match[str]) -> str:
    before, first, anywhere = found.groups()
    if first:
        return f"{before}{flag(first)}"
    return flag(anywhere) if "_" in anywhere else str(anywhere)
