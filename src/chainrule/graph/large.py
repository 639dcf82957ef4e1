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
