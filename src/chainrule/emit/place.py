"""Where each value is computed."""

from __future__ import annotations

from chainrule.emit.plan import Plan


def place(plan: Plan) -> None:
    """Move derivative computations out of loops and into the arms that use them."""
