"""What Python grants while a large program is worked on."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# Frames that one level of the user's nesting takes here.
RECURSION_LIMIT = 20_000


@contextmanager
def large_programs() -> Iterator[None]:
    """Room for deep nesting, and no search for cycles among nodes that are all in use.

    The collector looks at every node again whenever the graph has grown by some; what is thrown
    away meanwhile is found by the first collection after that.
    """
    limit, collects = sys.getrecursionlimit(), gc.isenabled()
    sys.setrecursionlimit(max(limit, RECURSION_LIMIT))
    gc.disable()
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
        if collects:
            gc.enable()


def held_for_good() -> None:
    """Let the next collections pass over what has been loaded.

    It is taken for old at once: the first of them would look at all of it.
    """
    if gc.get_freeze_count() == 0:
        gc.freeze()
        gc.unfreeze()
