"""What arrays are broadcast to, as a class that is lifted like one of the user's own."""

from __future__ import annotations

import numpy as np

# The methods below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"


class Broadcast:
    """``np.broadcast`` of arrays: the shape that they have together."""

    def __init__(self, *args):
        self.whole = np.asarray(np.broadcast_arrays(*args)[0])

    @property
    def shape(self):
        """The lengths of the axes."""
        return self.whole.shape

    @property
    def size(self):
        """How many entries there are."""
        return self.whole.size

    @property
    def ndim(self):
        """How many axes there are."""
        return self.whole.ndim

    @property
    def nd(self):
        """The same under its old name."""
        return self.whole.ndim
