"""Loops as a person writes them."""

from __future__ import annotations

from chainrule.emit.plan import Plan


def raise_loops(plan: Plan) -> None:
    """Loops over items instead of indices."""
