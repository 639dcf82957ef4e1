"""Times of calls that take turns, so that what else the machine does hits all of them alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any


def interleaved(
    calls: Mapping[str, Callable[..., Any]],
    arguments: tuple[Any, ...],
    rounds: int,
    seconds: float,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, list[float]]:
    """Seconds of one call of each in every round; in a round each is called for ``seconds``."""
    counts: dict[str, int] = {}
    times: dict[str, list[float]] = {name: [] for name in calls}
    for name, call in calls.items():
        call(*arguments)
        started = clock()
        call(*arguments)
        counts[name] = max(1, int(seconds / (clock() - started + 1e-9)))
    for _ in range(rounds):
        for name, call in calls.items():
            again = range(counts[name])
            # What the call before has left of caches and of freed memory is not this one's to pay.
            call(*arguments)
            started = clock()
            for _ in again:
                call(*arguments)
            times[name].append((clock() - started) / counts[name])
    return times
