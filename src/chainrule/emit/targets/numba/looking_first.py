"""Subscripts that nothing tells to be within are asked for before their loops, all at once.

    n = len(u)                             n = len(u)
    for i in range(1, n - 1):              if n > 2 and len(k) < n - 1:
        u[i] *= k[i]                           raise IndexError("index is out of bounds")
                                           for i in range(1, n - 1):
                                               u[i] *= k[i]

The loop need not look at each entry then.  What is asked holds exactly where one of the steps would
raise: the least or the greatest of the subscripts is beyond the end, and the loops have steps.
Where only the run tells whether a step comes to its subscript, one of the others must have been
asked for that is as far out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from chainrule.emit.targets.numba.subscripts import Subscript, is_within, subscripts_of
from chainrule.graph.block import CONSTANT, ITEM, PARAMETER, Block, Graph
from chainrule.graph.node import Node
from chainrule.graph.types import INT, unit_axes_of
from chainrule.primitives.arithmetic import add, greater, less, multiply, subtract
from chainrule.primitives.arrays.lengths import Key, Length, named, never_negative, number
from chainrule.primitives.arrays.measured import lengths_of
from chainrule.primitives.arrays.shaping import dimension
from chainrule.primitives.control import (
    LOOP,
    TRY,
    both,
    either,
    loop_body,
    loop_parts,
    raise_where,
    step_of,
)
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import mentioned, nodes_of
from chainrule.primitives.effect import DOMAIN, RAISE
from chainrule.primitives.index_ranges import loop_of
from chainrule.records import dataclass

BEYOND = 'raise IndexError("index is out of bounds")'
# Keys that name the length of an axis of a value.
AXES = ("given", "axis", "several")
# More questions than these are not worth the reading.
MOST = 4
Sums = tuple[Length, ...]


def looking_first(graph: Graph, in_file: bool) -> Graph:
    """A copy that asks before its loops; ``graph`` itself where that is of no use."""
    graph.lengths.clear()
    open_ = [each for each in subscripts_of(graph) if not is_within(each, not in_file)]
    if not any(_loops_around(each.step) for each in open_) or not _is_quiet(graph):
        return graph
    checks = _Search(graph).checks(open_)
    if checks is None or len(checks) > MOST:
        return graph
    made = _Asking(graph, checks).run()
    made.looks_first = True
    return made


def _is_quiet(graph: Graph) -> bool:
    """Whether nobody sees how far it came before it raised."""
    steps = nodes_of(graph.body)
    return not graph.overwrites and all(
        step.op is not TRY and (not step.op.effect or step.op in (RAISE, DOMAIN)) for step in steps
    )


def _loops_around(step: Node) -> list[Node]:
    return [owner for owner in step.block.owners() if owner.op is LOOP]


@dataclass(frozen=True, eq=False)
class Check:
    """What is asked before a step: whether all sums are at least 0.

    ``exact`` tells that a subscript is beyond the end where they are, not only nowhere else.
    """

    place: Node
    sums: Sums
    exact: bool


class _Search:
    """The questions that stand for all subscripts of a graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        body = graph.body
        self.values = {node.serial: node for node in (*body.parameters, *mentioned(body))}
        self.values.update((node.serial, node) for node in nodes_of(body))
        # Numbers of the program, those with names first.
        ints = [n for n in self.values.values() if n.type == INT and n.op is not CONSTANT]
        self.ints = sorted(ints, key=lambda node: (node not in graph.names, node.serial))
        self.places: dict[Block, dict[Node, int]] = {}

    def checks(self, subscripts: Sequence[Subscript]) -> list[Check] | None:
        """One after the other as they stand in the text; None where they are not enough."""
        ways = [list(self._ways(each, sums)) for each in subscripts for sums in _beyond(each)]
        steps = [each.step for each in subscripts for _ in _beyond(each)]
        found: list[Check] = []
        for own in ways:
            exact = [check for check in own if check.exact and self._is_known(check)]
            found += exact[-1:]
        kept = self._without_repeated(found)
        for step, own in zip(steps, ways, strict=True):
            if not any(self._is_asked(step, check.sums, kept) for check in own):
                return None
        return sorted(self._joined(kept), key=lambda check: check.place.serial)

    def _ways(self, subscript: Subscript, sums: Sums | None) -> Iterator[Check]:
        """What may be asked before the step, and before each of the loops around it."""
        place, exact = subscript.step, True
        asked = _settled(sums) if sums is not None else None
        if asked is None:
            return
        if not _loops_around(place):
            yield Check(place, asked, exact)
        for owner in subscript.step.block.owners():
            if owner.op is not LOOP or owner.params[0] == "while":
                exact = False
                continue
            further = _somewhere(asked, owner)
            if further is None:
                return
            asked, sure = further
            exact = exact and sure and _runs_through(owner)
            place = owner
            yield Check(place, asked, exact)

    def _is_known(self, check: Check) -> bool:
        """Whether all that is asked can be written there."""
        return all(
            self.word(key, check.place) is not None for sum in check.sums for key, _ in sum.terms
        )

    def word(self, key: Key, place: Node) -> Node | None:
        """The value, or the array whose axis it is, that a key names; None if it is not there."""
        if key[0] == "number" or key[0] in AXES:
            node = self.values.get(key[1])
            if node is not None and self.is_before(node, place):
                return node
        return self.int_of(named(*key), place)

    def int_of(self, length: Length, place: Node) -> Node | None:
        """A number of the function's that this certainly is; first those that have names."""
        equal = (node for node in self.ints if number(node, lengths_of) == length)
        return next((node for node in equal if self.is_before(node, place)), None)

    def is_before(self, node: Node, place: Node) -> bool:
        """Whether a value has been computed where ``place`` stands."""
        anchor = _within(place, node.block)
        if anchor is None:
            return False
        if node.op is PARAMETER:
            return True
        made = node.args[0] if node.op is ITEM else node
        return self._position(made) < self._position(anchor)

    def _position(self, step: Node) -> int:
        block = step.block
        if block not in self.places:
            self.places[block] = {each: k for k, each in enumerate(block.steps)}
        return self.places[block].get(step, -1)

    def _is_asked(self, step: Node, sums: Sums, checks: Sequence[Check]) -> bool:
        return any(
            self._comes_before(check.place, step) and _follow(check.sums, sums) for check in checks
        )

    def _comes_before(self, place: Node, step: Node) -> bool:
        """Whether what stands before ``place`` has been run whenever ``step`` is."""
        anchor = _within(step, place.block)
        if anchor is not None:
            return self._position(place) <= self._position(anchor)
        return any(block.mirrored is place.block for block in step.block.around())

    def _without_repeated(self, checks: Sequence[Check]) -> list[Check]:
        """Those that are not told by others."""
        kept: list[Check] = []
        for check in sorted(checks, key=lambda check: check.place.serial):
            if self._is_asked(check.place, check.sums, kept):
                continue
            kept = [
                each
                for each in kept
                if each.place is not check.place or not _follow(check.sums, each.sums)
            ]
            kept.append(check)
        return kept

    def _joined(self, checks: Sequence[Check]) -> list[Check]:
        """Without those before steps of which a later one asks more: it comes in their place."""
        kept: list[Check] = []
        for check in checks:
            for k, each in enumerate(kept):
                moved = Check(each.place, check.sums, check.exact)
                same = each.place.block is check.place.block and _follow(check.sums, each.sums)
                if same and self._is_known(moved) and self._nothing_raises(each, check):
                    kept[k] = moved
                    break
            else:
                kept.append(check)
        return kept

    def _nothing_raises(self, one: Check, other: Check) -> bool:
        first, last = self._position(one.place), self._position(other.place)
        between = one.place.block.steps[first:last]
        return not any(step.op.effect or step.op is LOOP for step in between)


def _within(step: Node, block: Block) -> Node | None:
    """The step of ``block`` that ``step`` is, or in which it stands."""
    if step.block is block:
        return step
    return next((owner for owner in step.block.owners() if owner.block is block), None)


def _runs_through(loop: Node) -> bool:
    """Whether a loop comes to its end, unless a subscript is beyond one."""
    body = loop_body(loop)
    return body.completes and not loop.params[3] and not any(n.op.effect for n in nodes_of(body))


def _beyond(subscript: Subscript) -> list[Sums | None]:
    """The sums that are at least 0 where there is no such entry; None if that is not told."""
    if subscript.at is None or subscript.at.type != INT:
        return [None]
    place = number(subscript.at, lengths_of)
    whole = lengths_of(subscript.array)[subscript.axis]
    behind = place + whole.times(-1)
    ahead = (place + whole).times(-1) + -1
    found: list[Sums | None] = []
    for sum in (behind, ahead):
        if not never_negative(sum.times(-1) + -1, _indices(subscript.step), lengths_of):
            found.append((sum,))
    return found


def _indices(step: Node) -> list[Node]:
    return [
        loop_body(loop).parameters[0] for loop in _loops_around(step) if loop.params[0] != "while"
    ]


def _somewhere(sums: Sums, loop: Node) -> tuple[Sums, bool] | None:
    """What holds where all are at least 0 in one of the steps of a loop.

    With it, whether it holds there only.
    """
    index, step = loop_body(loop).parameters[0], step_of(loop)
    if loop_of(index) is not loop or not step:
        return None
    start, stop = (number(bound, lengths_of) for bound in loop_parts(loop)[0][:2])
    end = stop + (-1 if step > 0 else 1)
    low, high = (start, end) if step > 0 else (end, start)
    key: Key = ("number", index.serial)
    found, used = [high + low.times(-1)], set()
    for sum in sums:
        count = dict(sum.terms).get(key, 0)
        limit = high if count > 0 else low
        used |= {limit} if count else set()
        found.append(sum + named(*key).times(-count) + limit.times(count))
    settled = _settled(tuple(found))
    exact = len(used) <= 1 and (abs(step) == 1 or used <= {start})
    return None if settled is None else (settled, exact)


def _settled(sums: Sums) -> Sums | None:
    """Without those that always are at least 0 or follow from others; None if one never is."""
    if any(_is_natural(sum.times(-1) + -1) for sum in sums):
        return None
    open_ = [sum for sum in dict.fromkeys(sums) if not _is_natural(sum)]
    return tuple(
        sum
        for sum in open_
        if not any(_is_natural(sum + other.times(-1)) for other in open_ if other is not sum)
    )


def _is_natural(sum: Length) -> bool:
    return never_negative(sum, (), lengths_of)


def _follow(these: Sums, those: Sums) -> bool:
    """Whether these are at least 0 wherever those are."""
    return bool(these) and all(
        any(_is_natural(sum + other.times(-1)) for other in those) for sum in these
    )


Sides = tuple[Any, Node, Node]


def _all(case: Sequence[Sides], lasts: Sequence[Sides]) -> Node:
    """Whether all of the first hold, and one of the last."""
    if not case:
        return _any(lasts)
    (compare, left, right), *others = case
    found: Node = both(compare(left, right), lambda: _all(others, lasts))
    return found


def _any(sides: Sequence[Sides]) -> Node:
    (compare, left, right), *others = sides
    first: Node = compare(left, right)
    return either(first, lambda: _any(others)) if others else first


class _Asking(Copier):
    """A copy with the questions in it."""

    def __init__(self, source: Graph, checks: Sequence[Check]) -> None:
        super().__init__(source)
        self.search = _Search(source)
        # What is asked before a step: in the same case of all of these whether one holds.
        self.before: dict[Node, dict[Sums, list[Length]]] = {}
        for check in checks:
            *case, last = check.sums
            self.before.setdefault(check.place, {}).setdefault(tuple(case), []).append(last)

    def step(self, step: Node) -> None:
        for case, lasts in self.before.get(step, {}).items():
            # The numbers are there before one is compared: tests of them alone stand in one line.
            compared = [self._sides(sum, step) for sum in (*case, *lasts)]
            raise_where(_all(compared[: len(case)], compared[len(case) :]), BEYOND)
        super().step(step)

    def _sides(self, sum: Length, place: Node) -> Sides:
        """``left < right`` or ``left > right``: what is taken off stands on the left."""
        off = Length(0, tuple((key, -count) for key, count in sum.terms if count < 0))
        rest = sum + off
        if off.terms:
            return less, self._sum(off, place), self._sum(rest + 1, place)
        by = rest.constant
        return greater, self._sum(rest + -by, place), self.graph.constant(-1 - by)

    def _sum(self, length: Length, place: Node) -> Node:
        known = self._named(length, place)
        if known is not None:
            return known
        total: Node | None = None
        for key, count in sorted(length.terms, key=lambda term: -term[1]):
            term = self._word(key, place)
            if abs(count) != 1:
                term = multiply(self.graph.constant(abs(count)), term)
            if total is None:
                total = term if count > 0 else subtract(self.graph.constant(0), term)
            else:
                total = add(total, term) if count > 0 else subtract(total, term)
        if total is None:
            return self.graph.constant(length.constant)
        return self._shifted(total, length.constant)

    def _shifted(self, node: Node, by: int) -> Node:
        if by == 0:
            return node
        found: Node = (add if by > 0 else subtract)(node, self.graph.constant(abs(by)))
        return found

    def _named(self, length: Length, place: Node) -> Node | None:
        """A number of the user's that this is, or is so many more or less than."""
        for node in self.search.ints:
            rest = length + number(node, lengths_of).times(-1)
            here = node in self.source.names and rest.known is not None
            if here and self.search.is_before(node, place):
                return self._shifted(self.mapped(node), rest.known or 0)
        return None

    def _word(self, key: Key, place: Node) -> Node:
        named_ = self._named(named(*key), place)
        if named_ is not None:
            return named_
        node = self.search.word(key, place)
        assert node is not None
        if key[0] in AXES and node.type != INT:
            form = "len" if unit_axes_of(node.type) == (False,) else "function"
            return self.graph.cursor.add(dimension, (self.mapped(node),), (key[2], form))
        return self.mapped(node)
