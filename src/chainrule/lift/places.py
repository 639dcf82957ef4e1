"""Where a refusal stands, and the calls that lead there, as the user knows them."""

from __future__ import annotations

import os.path
from collections.abc import Sequence

from chainrule.errors import Position
from chainrule.lift.source import Source

# What is lifted as if the user had written it stands here.
OWN = os.path.join(os.path.dirname(__file__), "")


def told_outside(
    position: Position | None, calls: Sequence[tuple[Source, Position | None]]
) -> tuple[Position | None, tuple[str, ...]]:
    """The place of a refusal, or of the call of what is spelled out here, and the calls before."""
    chain = []
    for source, at in calls:
        if at is None or at.file.startswith(OWN):
            continue
        if source.file.startswith(OWN):
            if position is not None and position.file.startswith(OWN):
                position = at
        else:
            chain.append(f"{source.name} ({at.file}:{at.line})")
    return position, tuple(chain)
