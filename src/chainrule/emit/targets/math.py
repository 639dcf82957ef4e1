"""Plain Python: scalars by :mod:`math`."""

from __future__ import annotations

import ast

from chainrule.emit.plan import Value
from chainrule.emit.targets import Spelling, Target
from chainrule.emit.wording.ties import ties


def _normal_quantile(spelling: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    made = spelling.callable("statistics.NormalDist")
    return spelling.written("_3_(_1_, _2_).inv_cdf(_0_)", *args, made)


TARGET = Target(
    name="math",
    modules=(
        ("math", "cmath", "builtins"),
        ("numpy",),
        ("scipy.special", "scipy.interpolate"),
        ("operator", "statistics", "bisect"),
    ),
    forms={"normal_quantile": _normal_quantile, "ties": ties},
    writes_over=True,
    unpacks=True,
)
