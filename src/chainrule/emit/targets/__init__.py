"""Targets: how primitives are spelled, one file each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Target:
    """Where spelled callables may come from: groups of modules, the preferred group first.

    ``spellings`` overrides the dotted name of single primitives; ``decorator`` is put above every
    function, as ``(module, name)``.
    """

    name: str
    modules: tuple[tuple[str, ...], ...]
    spellings: Mapping[str, str] = field(default_factory=dict)
    decorator: tuple[str, str] | None = None
    reads_globals: bool = True

    def spelling(self, name: str, callables: tuple[str, ...]) -> str | None:
        """The dotted name for a primitive of these callables, None when there is none."""
        if name in self.spellings:
            return self.spellings[name]
        for group in self.modules:
            for dotted in callables:
                if dotted.rpartition(".")[0] in group:
                    return dotted
        return None


def target(name: str) -> Target:
    """The target of this name."""
    from chainrule.emit.targets.math import MATH
    from chainrule.emit.targets.numba import NUMBA

    known = {each.name: each for each in (MATH, NUMBA)}
    if name not in known:
        raise ValueError(f"unknown target {name!r}; known are {', '.join(known)}")
    return known[name]
