"""Choices that rest on what a search has found by equality.

    for i in range(n):
        if table[i] == x:
            k = i
    return values[k] if k >= 0 else interpolated(x)

The arm that uses ``k`` is taken at single points, as is that of ``if x == 0: ...``, though its own
condition does not say so.  What has found the values equal is told to the choice by a flag that
is set where they were.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from chainrule.differentiate.activity import all_steps, varied
from chainrule.differentiate.origins import are_kin, sources
from chainrule.differentiate.points import (
    Equal,
    Points,
    anywhere,
    either,
)
from chainrule.differentiate.zeros import is_imaginary_part, meets_point
from chainrule.graph.block import ITEM, PARAMETER, Block, Graph, Told, result_number
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, FLOAT, INT, Array
from chainrule.primitives import arithmetic, sequence
from chainrule.primitives.bounds import COMPARISONS
from chainrule.primitives.control import (
    IF,
    LOOP,
    TRY,
    both,
    item_sources,
    loop_body,
    loop_parts,
    owned_blocks,
    try_blocks,
)
from chainrule.primitives.copying import Copier
from chainrule.primitives.declare import TABLE, is_constant
from chainrule.primitives.effect import Verbatim
from chainrule.records import dataclass

# On which side of right left is where they are equal and the comparison decides: -1 is below.
SIDES = {
    arithmetic.less: 1,
    arithmetic.less_equal: -1,
    arithmetic.greater: -1,
    arithmetic.greater_equal: 1,
}
COUNTS = (
    arithmetic.add,
    arithmetic.subtract,
    arithmetic.multiply,
    arithmetic.floor_divide,
    arithmetic.remainder,
    arithmetic.negative,
)
MATCHES = ("_0_ in _1_", "_0_ not in _1_", "_0_.count(_1_)")


@dataclass(frozen=True)
class Tie:
    """A comparison whose values are equal where ``key`` tells so, too."""

    key: Node
    comparison: Node


# Where two values were equal: the arm that was taken then, or the truth that tells it.
Match = Block | Node | Tie


@dataclass(frozen=True)
class Notice:
    """What a choice has to be told: where ``moving`` matched, and the steps that hand it on."""

    matches: tuple[Match, ...]
    carriers: frozenset[Node]
    moving: tuple[Node, ...]


class Finder:
    """Finds the choices that rest on equalities which their own conditions do not name."""

    def __init__(self, graph: Graph, inputs: Iterable[Node]) -> None:
        self._graph = graph
        self._varied = varied(graph, inputs)
        self._points = Points(graph, self._varied)
        self._owners: dict[Node, Node] = {}
        # Values that rest on no equality: they are not looked through a second time.
        self._plain: set[Node] = set()

    def notices(self) -> dict[Node, tuple[Notice, ...]]:
        """What has to be told to which choice."""
        if not self._compares():
            return {}
        found: dict[Node, tuple[Notice, ...]] = {}
        for step in all_steps(self._graph.body):
            if step.op is LOOP:
                self._owners.update(dict.fromkeys(loop_body(step).parameters, step))
        for step in all_steps(self._graph.body):
            self._moving: dict[Match, list[Node]] = {}
            for key in self._keys(step):
                self._look(key, step)
            if not self._moving or self._is_told(step, found):
                continue
            noted = self._grouped(step)
            if noted:
                found[step] = noted
        return found

    def _grouped(self, choice: Node) -> tuple[Notice, ...]:
        """A notice for each set of values of which something was found equal.

        Where one of two values stands still, that it was found equal says nothing of the other.
        """
        groups: dict[tuple[Node, ...], dict[Match, list[Node]]] = {}
        for match, moving in self._moving.items():
            carriers = _carriers(match, choice)
            if carriers is not None:
                groups.setdefault(tuple(moving), {})[match] = carriers
        found = []
        for nodes, told in groups.items():
            through = frozenset(itertools.chain.from_iterable(told.values()))
            found.append(Notice(tuple(told), through, nodes))
        return tuple(found)

    def _compares(self) -> bool:
        """Whether anything that varies is compared, or asked for its truth."""
        steps = list(all_steps(self._graph.body))
        branches = (step.args[0] for step in steps if step.op is IF)
        return any(map(self._is_compared, steps)) or any(
            meets_point(predicate, self._varied) for predicate in branches
        )

    def _is_compared(self, node: Node) -> bool:
        """Whether a node tells how something that varies compares."""
        return _compares(node) and any(
            arg in self._varied and not _compares(arg) for arg in node.args
        )

    def _keys(self, step: Node) -> Sequence[Node]:
        """What tells a step which of several values that vary it takes."""
        if step in self._graph.found or step.origin.derivative:
            return ()
        if step.op is IF:
            arms = owned_blocks(step)
            items = (step.block.item(step, k) for k in range(len(arms[0].results)))
            completes = all(arm.completes for arm in arms)
            return step.args[:1] if completes and any(i in self._varied for i in items) else ()
        if step not in self._varied:
            return ()
        if step.op is sequence.index:
            return [key for key in step.args[1:] if not is_constant(key)]
        if step.op is arithmetic.multiply and not isinstance(step.type, Array):
            return [a for a in step.args if a not in self._varied and a.type in (BOOL, INT)]
        return ()

    def _look(self, key: Node, choice: Node) -> None:
        """Note where values that ``key`` rests on were found equal, before the choice."""
        seen = {key}
        stack = [key]
        # Of which truths the condition of a branch is made: the branch itself sees to those.
        self._joined = {key} if choice.op is IF else set()
        self._ordered: dict[Node, None] = {}
        counted = False
        while stack:
            node = stack.pop()
            number = node.type in (FLOAT, INT) or isinstance(node.type, Array)
            if number and node in self._varied and not _compares(node):
                continue
            counted = counted or (node.type is INT and node.op in COUNTS)
            for each in self._behind(node, choice, node in self._joined):
                if each not in seen and each not in self._plain:
                    seen.add(each)
                    stack.append(each)
        if counted and (key.type is INT or key.op in (arithmetic.equal, arithmetic.not_equal)):
            self._tie(key, [*self._ordered, *_around(choice)], choice)
        if not self._moving and not self._ordered:
            self._plain |= seen

    def _tie(self, key: Node, ordered: Sequence[Node], choice: Node) -> None:
        """Note where a count tells one point: it comes from comparisons from both sides.

        After ``if x > table[-1]`` a count of the entries that are ``<= x`` is that of all of them
        at the last entry alone.
        """
        sides: dict[tuple[Node, int], list[Node]] = {}
        for comparison in ordered:
            left, right = comparison.args[:2]
            if comparison.op in SIDES and (left in self._varied) != (right in self._varied):
                turned = 1 if left in self._varied else -1
                moving = left if turned == 1 else right
                sides.setdefault((moving, turned * SIDES[comparison.op]), []).append(comparison)
        for (moving, side), found in sides.items():
            args = [arg for comparison in found for arg in comparison.args]
            if (moving, -side) in sides and all(_is_before(arg, choice) for arg in args):
                for comparison in found:
                    self._note(Tie(key, comparison), comparison.args, choice)
                return

    def _behind(self, node: Node, choice: Node, direct: bool) -> Sequence[Node]:
        """What a value rests on; matches are noted.

        ``direct``: it is the condition of the branch that chooses, or a part of that, as of
        ``x == 0 and y < 0``.
        """
        compared = _of_all(node)
        if compared is not None and self._is_compared(compared):
            if not direct:
                self._note(node, compared.args, choice)
            return ()
        if self._is_compared(node):
            self._ordered[node] = None
            if not direct and _tells_equal(node):
                self._note(node, node.args, choice)
            return ()
        if node.op is ITEM:
            return self._of_item(node, choice)
        if node in self._owners:
            return self._of_state(node)
        if direct and node.op is arithmetic.logical_not:
            self._joined.update(node.args)
        return node.args

    def _of_item(self, item: Node, choice: Node) -> list[Node]:
        owner, k = item.args[0], result_number(item)
        if owner.op is not IF:
            return self._of_loop(owner, k) if owner.op is LOOP else item_sources(item)
        arms = owned_blocks(owner)
        follow = [arm.results[k] for arm in arms]
        if follow[0] is follow[1]:
            return follow
        if item in self._joined and item.type is BOOL:
            self._joined.update((*follow, owner.args[0]))
            return [*follow, owner.args[0]]
        # An arm may be taken at one point only.
        for arm, truth in zip(arms, (True, False), strict=True):
            conditions = self._points.arm(owner, truth)
            equal = [each.nodes for each in conditions if isinstance(each, Equal)]
            if conditions and len(equal) == len(conditions):
                self._note(arm, equal[0], choice)
        predicate = owner.args[0]
        if not self._is_compared(predicate):
            return [*follow, predicate]
        self._ordered[predicate] = None
        return follow

    def _of_loop(self, loop: Node, k: int) -> list[Node]:
        follow = [loop_parts(loop)[1][k], loop_body(loop).results[k]]
        if loop.params[3]:
            follow.append(loop_body(loop).results[-1])
        if isinstance(loop.params[1], Block):
            follow += loop.params[1].results
        return follow

    def _of_state(self, state: Node) -> list[Node]:
        loop = self._owners[state]
        bounds, _, states = loop_parts(loop)
        return self._of_loop(loop, states.index(state)) if state in states else list(bounds)

    def _note(self, match: Match, nodes: Sequence[Node], choice: Node) -> None:
        """Note a match, if what varies in its ``nodes`` is the same for the whole search."""

        def outside(node: Node) -> bool:
            return node.block.encloses(choice.block)

        ends = sources(nodes, lambda node: outside(node) or node.op is PARAMETER)
        moving = [node for node in ends if node in self._varied]
        known = are_kin(nodes) or any(map(is_imaginary_part, nodes))
        if moving and all(map(outside, moving)) and not known:
            self._moving[match] = moving

    def _is_told(self, choice: Node, found: dict[Node, tuple[Notice, ...]]) -> bool:
        """Whether a choice around this one is told of the same."""
        told = filter(None, map(found.get, choice.block.owners()))
        return any(
            set(self._moving) <= {match for notice in around for match in notice.matches}
            for around in told
        )


def _around(choice: Node) -> list[Node]:
    """The comparisons on which it hangs that a choice is come to at all."""
    owners = choice.block.owners()
    return [owner.args[0] for owner in owners if owner.op is IF and owner.args[0].op in SIDES]


def _compares(node: Node) -> bool:
    """Whether a truth or a count tells how values compare."""
    return node.op.name in COMPARISONS or (
        isinstance(node.op, Verbatim) and node.params[0] in MATCHES
    )


def _of_all(node: Node) -> Node | None:
    """The comparison of which it is asked whether all entries are equal; None of others."""
    every = {"array_all": arithmetic.equal, "array_any": arithmetic.not_equal}.get(node.op.name)
    return node.args[0] if every is not None and node.args[0].op is every else None


def _tells_equal(node: Node) -> bool:
    return node.op in (arithmetic.equal, arithmetic.not_equal) or isinstance(node.op, Verbatim)


def _is_before(node: Node, choice: Node) -> bool:
    """Whether a value is there to be asked for where a choice is come to."""
    return node.block.encloses(choice.block) and node.serial < choice.serial


def _carriers(match: Match, choice: Node) -> list[Node] | None:
    """The steps out of which a match must be told to the choice; None where it cannot be."""
    found: list[Node] = []
    if isinstance(match, Tie):
        return found
    block = match if isinstance(match, Block) else match.block
    while not block.encloses(choice.block):
        owner = block.owner
        if owner is None or owner.serial > choice.serial:
            return None
        if owner.op is LOOP and block is owner.params[1] and not _may_be_asked_again(owner):
            return None
        found.append(owner)
        block = owner.block
    if isinstance(match, Node) and match.serial > choice.serial:
        return None
    return found


def _may_be_asked_again(loop: Node) -> bool:
    """Whether the condition that has ended a loop may be computed once more behind it."""
    condition = loop.params[1]
    assert isinstance(condition, Block)
    return not loop.params[3] and not any(step.op.effect for step in all_steps(condition))


class Noting(Copier):
    """A copy in which choices are told, by ``Graph.found``, what a search has found equal.

    The flag of a notice is carried along like a variable of the program's own.
    """

    def __init__(self, source: Graph, notices: dict[Node, tuple[Notice, ...]]) -> None:
        super().__init__(source)
        self._notices = notices
        each = itertools.chain.from_iterable(notices.values())
        self._now: dict[Notice, Node | bool] = dict.fromkeys(each, False)

    def step(self, step: Node) -> None:
        notices = self._notices.get(step)
        told = None if notices is None else self._told(step, notices)
        super().step(step)
        if told is not None:
            self.graph.found[self.map[step]] = told
        for each in self._now:
            if step in each.matches:
                self._meets(each, self._truth(step))

    def _meets(self, notice: Notice, flag: Node | bool) -> None:
        self._now[notice] = either([self._now[notice], flag])

    def _told(self, choice: Node, notices: tuple[Notice, ...]) -> Told:
        ties: list[Tie] = []
        flags: list[tuple[Node, tuple[Node, ...]]] = []
        for notice in notices:
            own = [match for match in notice.matches if isinstance(match, Tie)]
            ties += own
            flag = self._now[notice]
            if choice.op is not IF:
                flag = either([flag, *map(self._tied, own)])
            if isinstance(flag, Node):
                flags.append((flag, tuple(map(self.mapped, notice.moving))))
        pairs: list[tuple[Node, Node]] = []
        for tie in ties if choice.op is IF else ():
            left, right = map(self.mapped, tie.comparison.args)
            pairs.append((left, right))
        arm = 0 if ties and ties[0].key.op is arithmetic.equal else 1
        return Told(tuple(flags), arm, tuple(pairs))

    def _truth(self, match: Node) -> Node:
        """Whether a comparison has found what was looked for."""
        new = self.mapped(match)
        if match.op is arithmetic.not_equal:
            new = TABLE["equal"](*new.args)
        elif match.params[:1] == ("_0_ not in _1_",) or match.op.name == "array_any":
            new = TABLE["not"](new)
        elif new.type is INT:
            new = TABLE["not_equal"](new, 0)
        return anywhere(new)

    def _tied(self, tie: Tie) -> Node:
        """Whether a key tells the one point at which a comparison is a tie."""
        key = self.mapped(tie.key)
        if key.op is not arithmetic.equal:
            key = arithmetic.logical_not(key)
        args = map(self.mapped, tie.comparison.args)
        found: Node = both(key, lambda: anywhere(TABLE["equal"](*args)))
        return found

    def _carried(self, step: Node) -> list[Notice]:
        return [notice for notice in self._now if step in notice.carriers]

    def _node(self, notice: Notice) -> Node:
        now = self._now[notice]
        return now if isinstance(now, Node) else self.graph.constant(now)

    def _handed_out(self, made: Node, notices: Sequence[Notice], first: int) -> None:
        for k, notice in enumerate(notices):
            flag = made.block.item(made, first + k)
            self.graph.names.setdefault(flag, "met")
            self._now[notice] = flag

    def arms(self, node: Node, olds: Sequence[Block], finish: object = None) -> list[Block]:
        before = {notice: self._now[notice] for notice in self._carried(node)}

        def more(position: int, new: Block) -> None:
            for notice, flag in before.items():
                if olds[position] in notice.matches:
                    self._now[notice] = True
                done = olds[position].completes
                new.results += (self._node(notice) if done else self.graph.undefined(),)
                self._now[notice] = flag

        return super().arms(node, olds, more)

    def structured(self, node: Node) -> None:
        super().structured(node)
        if node.op is not LOOP:
            blocks = try_blocks(node.params) if node.op is TRY else owned_blocks(node)
            first = len(blocks[0].results) + (1 if node.op is TRY else 0)
            self._handed_out(self.map[node], self._carried(node), first)

    def loop_copy(self, node: Node) -> Node:
        """A loop whose flags are further states."""
        kind, condition, old, breaks = node.params
        assert isinstance(old, Block)
        carried = self._carried(node)
        if not carried:
            return super().loop_copy(node)
        before = dict(self._now)
        notices = _with_match_in(old, carried)
        asked = _with_match_in(condition, carried) if isinstance(condition, Block) else []
        args = (*map(self.mapped, node.args), *map(self._node, notices))
        new_condition, body = self.open_loop(node)
        states = [body.parameter("met", BOOL) for _ in notices]
        self.graph.names.update(dict.fromkeys(states, "met"))
        self.copy_condition(node, new_condition)
        self._now.update(zip(notices, states, strict=True))
        self.walk(old, body)
        count = len(loop_parts(node)[2])
        results = tuple(map(self.mapped, old.results))
        with self.graph.inside(body):
            body.results = (*results[:count], *map(self._node, notices), *results[count:])
        made = self.replace(node, args, (kind, new_condition, body, breaks))
        self._handed_out(made, notices, count)
        self._now.update({notice: before[notice] for notice in carried if notice not in notices})
        if isinstance(condition, Block) and asked:
            self._ask_again(node, condition)
        return made

    def _ask_again(self, loop: Node, condition: Block) -> None:
        """Behind a loop whose condition compares: what that found when it ended the loop."""
        made = self.map[loop]
        for k, state in enumerate(loop_parts(loop)[2]):
            self.map[state] = made.block.item(made, k)
        for step in condition.steps:
            self.step(step)


def _with_match_in(block: Block, notices: Sequence[Notice]) -> list[Notice]:
    """The notices of what may match in a block, or in one inside it."""
    inside: set[Match] = {block}
    for step in all_steps(block):
        inside |= {step, *owned_blocks(step)}
    return [notice for notice in notices if inside.intersection(notice.matches)]


def with_notices(graph: Graph, inputs: Iterable[Node]) -> Copier | None:
    """A copy in which choices are told what was found equal; None where there are none."""
    notices = Finder(graph, inputs).notices()
    if not notices:
        return None
    copier = Noting(graph, notices)
    copier.run()
    return copier
