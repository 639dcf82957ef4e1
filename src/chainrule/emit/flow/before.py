"""What has certainly been computed where a statement stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from chainrule.emit.plan import Branch, For, Statement, Value, While, defined_by

Side = tuple[Value, bool]


class Before:
    """A walk over statements that keeps the values computed before each.

    They are those of the blocks around, and those of earlier arms on the same tests.
    """

    def __init__(self, values: Iterable[Value]) -> None:
        self.values = dict.fromkeys(values)
        self._sides: dict[Side, None] = {}
        # By the innermost test of arms that are over, all their tests, and what they compute.
        self._arms: dict[Side, list[tuple[set[Side], list[Value]]]] = {}

    def walk(self, statements: list[Statement], visit: Callable[[Statement], None]) -> None:
        """Visit all statements, outer ones first; a visit may change what is inside."""
        for statement in statements:
            visit(statement)
            outside = len(self.values)
            if isinstance(statement, (For, While)):
                self._walk_loop(statement, visit)
            else:
                for position, block in enumerate(statement.blocks()):
                    side = (
                        (statement.test, position == 0) if isinstance(statement, Branch) else None
                    )
                    self._walk_arm(block, side, visit)
                    self._forget(outside)
            self._forget(outside)
            self.values.update(dict.fromkeys(defined_by(statement)))

    def _walk_loop(self, loop: For | While, visit: Callable[[Statement], None]) -> None:
        arms, self._arms = self._arms, {side: list(made) for side, made in self._arms.items()}
        self.values.update(dict.fromkeys(defined_by(loop)))
        for block in loop.blocks():
            self.walk(block, visit)
        # What was computed in another step is not what would be computed now.
        self._arms = arms

    def _walk_arm(
        self, block: list[Statement], side: Side | None, visit: Callable[[Statement], None]
    ) -> None:
        if side is None or side in self._sides:
            self.walk(block, visit)
            return
        self._sides[side] = None
        for sides, values in self._arms.get(side, ()):
            if self._sides.keys() >= sides:
                self.values.update(dict.fromkeys(values))
        begun = len(self.values)
        self.walk(block, visit)
        made = list(self.values)[begun:]
        self._arms.setdefault(side, []).append((set(self._sides), made))
        del self._sides[side]

    def _forget(self, count: int) -> None:
        while len(self.values) > count:
            self.values.popitem()
