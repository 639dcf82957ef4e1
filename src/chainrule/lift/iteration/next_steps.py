"""What one step of a loop has put into a container must not be written to in the next one.

    for k in range(n):
        x *= a
        rows.append(x)

All rows are one array, which holds in the end what the last step has left in it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from chainrule.graph.node import Node
from chainrule.lift.core import Completion, Flag
from chainrule.lift.iteration.passing import Passing
from chainrule.lift.state import Frame, State, is_as_it_was, same_value
from chainrule.lift.values import BOXES, Either, Fact, Read, Static, View


class NextSteps(Passing):
    """Looks at what a step of a loop hands on to the next one."""

    def step_done(self, completion: Completion, entered: State) -> Completion:
        """Where a name was None, a view that a step binds to it becomes what it sees.

        The next step sees another part: ``previous = row``.
        """
        for key, value in list(self.state.items()):
            named = isinstance(key, tuple) and isinstance(value, View)
            if named and isinstance(entered.get(key), (Static, Either)):
                self.state[key] = self.seen_now(value)
        return completion

    def check_handed_on(self, parameters: Collection[Node], entered: State, left: State) -> None:
        """Refuse what a step writes to and shows others, for whom the next one would write, too."""
        for key, value in left.items():
            # What a name is bound to anew in each step is not what the next one begins with.
            stays = isinstance(key, BOXES) and key in self.state
            if stays and key in self.frozen and not same_value(entered[key], value):
                raise self.unsupported(
                    f"a loop that writes to the {key.noun} again that it has kept elsewhere in the "
                    "step before",
                    "Keep a copy: `kept.append(x.copy())`.",
                )
        self.check_next_step(parameters, entered, left)

    def is_changed(self, before: State) -> bool:
        """Whether names or what they hold are no longer what they were in ``before``."""
        frames: list[Any] = []
        frame: Frame | None = self.frame
        while frame is not None:
            frames.append(frame)
            frame = frame.parent
        for key, value in self.state.items():
            if isinstance(key, (Flag, Fact, Read)):
                continue
            if key in before:
                if not is_as_it_was(before[key], value):
                    return True
            elif isinstance(key, tuple) and (key[0] in frames or key[-1] == "global"):
                return True
        return False
