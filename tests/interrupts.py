"""Ctrl-C at a chosen moment within a call."""

import signal
from collections.abc import Callable
from typing import Any


class _Alarm:
    within = False  # the call: a late alarm would interrupt the test


def _interrupt(*_: Any) -> None:
    if _Alarm.within:
        raise KeyboardInterrupt


def interrupted(call: Callable[[], Any], seconds: float) -> KeyboardInterrupt | None:
    """Call call(), in which Ctrl-C comes after so many seconds; return its exception, if it did."""
    signal.signal(signal.SIGALRM, _interrupt)
    try:
        _Alarm.within = True
        signal.setitimer(signal.ITIMER_REAL, seconds)
        call()
        _Alarm.within = False
    except KeyboardInterrupt as error:
        _Alarm.within = False
        return error
    return None
