"""The plain Python of the math target under ``@njit``."""

from __future__ import annotations

from chainrule.emit.targets import Target

NUMBA = Target(
    name="numba",
    modules=(("math", "builtins"), ("numpy",), ("operator",)),
    decorator=("numba", "njit"),
    reads_globals=False,
)
