"""Plain Python: scalars by :mod:`math`."""

from __future__ import annotations

from chainrule.emit.targets import Target

TARGET = Target(
    name="math",
    modules=(
        ("math", "cmath", "builtins"),
        ("numpy",),
        ("scipy.special", "scipy.interpolate"),
        ("operator", "statistics", "bisect"),
    ),
    writes_over=True,
    unpacks=True,
)
