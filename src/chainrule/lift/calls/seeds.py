"""Names of what a derivative takes besides its function's arguments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def seed_names(transform: str, wrt: Sequence[str], taken: Iterable[str]) -> list[str]:
    """Names of the parameters that a transform adds to a function whose parameters are ``taken``.

    >>> seed_names("jvp", ["x"], ["x", "x_dot"])
    ['x_dot_2']
    """
    wanted = {"jvp": [f"{name}_dot" for name in wrt], "vjp": ["out_bar"]}
    wanted["hvp"] = wanted["jvp"]
    known = set(taken)
    found: list[str] = []
    for name in wanted.get(transform, ()):
        fresh, number = name, 1
        while fresh in known:
            number += 1
            fresh = f"{name}_{number}"
        known.add(fresh)
        found.append(fresh)
    return found
