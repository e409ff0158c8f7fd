"""Ctrl-C at a chosen moment within a call."""

import dis
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType
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


class Places:
    """Ctrl-C at a chosen one of the places where it can come in this thread's Python code.

    CPython looks for signals where a function begins or goes on after a yield, after a call, and at
    the end of a loop's body.

    Parameters
    ----------
    files : sequence of str
        Parts of the paths of the code in question.
    """

    def __init__(self, files: Sequence[str]) -> None:
        self._files, self._left, self.seen = files, 0, 0
        self._after_call = False

    def call(self, function: Callable[[], Any], interrupted_at: int = 0) -> Any:
        """Return function(), which is interrupted at the place with this number; 0: at none."""
        self._left, self.seen = interrupted_at, 0
        sys.settrace(self._enter)
        try:
            return function()
        finally:
            sys.settrace(None)

    def _enter(self, frame: FrameType, _event: str, _: Any) -> Any:
        if not any(part in frame.f_code.co_filename for part in self._files):
            return None
        frame.f_trace_opcodes = True
        return self._look

    def _look(self, frame: FrameType, event: str, _: Any) -> Any:
        if event == "opcode":
            name = dis.opname[frame.f_code.co_code[frame.f_lasti]]
            is_place = self._after_call or name in ("RESUME", "JUMP_BACKWARD")
            self._after_call = name.startswith("CALL")
            if is_place:
                self.seen += 1
                self._left -= 1
                if self._left == 0:  # Python itself ends the tracing then
                    raise KeyboardInterrupt
        return self._look
