"""A limit on time for whatever may hang: a test, or the judging of other people's code."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from typing import Any


class OutOfTime(BaseException):
    """The alarm rang.  No `Exception`, so that nobody's handler takes it for his own."""


def _ring(*_: Any) -> None:
    raise OutOfTime


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise `OutOfTime` when the block takes more time of the processor, however busy that is."""
    before = signal.signal(signal.SIGPROF, _ring)
    signal.setitimer(signal.ITIMER_PROF, max(seconds, 0.01))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.signal(signal.SIGPROF, before)
