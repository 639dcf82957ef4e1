"""Functions that were lifted a moment ago: another derivative of one begins with the same graph.

A graph is the right one for as long as generated code is: while what shaped it is what it was
(:mod:`chainrule.graph.guard`), and for arguments of the same kinds.  No pass changes the graph that
it is given, so that several may begin with it.
"""

from __future__ import annotations

import threading
import types
from collections.abc import Hashable, Mapping
from typing import Any

from chainrule.graph.traits import has
from chainrule.lift.lifted import Lifted, Transform
from chainrule.lift.lifter import lift
from chainrule.primitives.custom import rules_given
from chainrule.transforms.kinds import PLAIN, kind_key

# How many are kept.
MOST = 4


class _Lift:
    """A function as it was lifted."""

    def __init__(self, lifted: Lifted) -> None:
        self.lifted = lifted
        self.guards = dict(lifted.graph.guards)
        self.functions = dict(lifted.graph.functions)

    def stands(self, arguments: Mapping[str, Any]) -> bool:
        """Whether it would be lifted in the same way now, for these arguments."""
        return all(
            guard.holds(guard.expected, arguments)
            for guard in self.guards.values()
            if guard.concerns(arguments)
        )

    def again(self) -> Lifted:
        """The same, without what a derivative of it has added to what it rests on."""
        graph = self.lifted.graph
        # The graphs of functions kept apart share these.
        for now, then in ((graph.guards, self.guards), (graph.functions, self.functions)):
            now.clear()
            now.update(then)  # type: ignore[arg-type]
        return self.lifted


class _Kept(threading.local):
    """What was lifted, the latest last: each thread works on graphs of its own."""

    def __init__(self) -> None:
        self.lifts: dict[Hashable, _Lift] = {}


_KEPT = _Kept()


def lifted_once(
    function: Any,
    arguments: Mapping[str, Any] | None,
    kinds: Mapping[str, str] | None,
    wrt: tuple[str, ...],
    transform: Transform,
    unrolled: bool,
) -> Lifted:
    """The graph of a function, as by :func:`chainrule.lift.lifter.lift`."""
    given = arguments or {}
    # What captures variables, and objects, would be kept alive here.
    plain = type(function) is types.FunctionType and function.__closure__ is None
    if not plain or kinds or not all(map(_is_plain, given.values())):
        return lift(function, arguments, kinds, wrt, transform, unrolled)
    layout = None if arguments is None else tuple((k, kind_key(v)) for k, v in arguments.items())
    asked = wrt
    if all(name in given for name in wrt):
        # An int that is not differentiated by may be what it is in this call.
        asked = tuple(name for name in wrt if type(given[name]) in (bool, int))
    key = (function, function.__code__, layout, asked, unrolled, rules_given())
    lifts = _KEPT.lifts
    kept = lifts.pop(key, None)
    if kept is None or not kept.stands(given):
        kept = _Lift(lift(function, arguments, kinds, wrt, transform, unrolled))
    lifts[key] = kept
    if len(lifts) > MOST:
        del lifts[next(iter(lifts))]
    return kept.again()


def _is_plain(value: Any) -> bool:
    """Whether a value is a number, a text, an array, or a container of these."""
    kind = type(value)
    if kind in (list, tuple):
        return all(map(_is_plain, value))
    if kind is dict:
        return all(map(_is_plain, value.values()))
    return value is None or kind in (*PLAIN, str, bytes) or has(value, "dtype", "shape")
