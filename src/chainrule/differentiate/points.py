"""Arms of branches that are taken at single points only: ``if x == 0: return 1.0``.

There the arm gives f its value, and says nothing of its slope: that is the limit of the other
arm's.  Where the compared values depend on what is differentiated by, the derivative raises in
that arm instead of returning the slope of a constant.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from chainrule.differentiate.activity import all_steps
from chainrule.differentiate.attempted import divisors, is_plain, looked_up
from chainrule.differentiate.converged import are_iterates, converged
from chainrule.differentiate.following import SIDED, following, truth_in_arm
from chainrule.differentiate.origins import are_kin, sources
from chainrule.differentiate.sorted_entries import are_apart
from chainrule.differentiate.spreads import is_held, spread_out
from chainrule.differentiate.told_equal import divided_by, told_equal
from chainrule.differentiate.told_orders import joined_orders, told_order
from chainrule.differentiate.zeros import (
    SIDES,
    are_chosen,
    asked,
    behind_signs,
    is_cut_off,
    is_imaginary_part,
    zeros_at_most,
)
from chainrule.graph.block import (
    CONSTANT,
    GLOBAL,
    ITEM,
    REFERENCE,
    UNDEFINED,
    Block,
    Graph,
    inside,
    result_number,
)
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, FLOATING, INT, Array, dtype_of
from chainrule.primitives import arithmetic, rounding, sequence
from chainrule.primitives.control import (
    IF,
    LOOP,
    loop_body,
    loop_parts,
    next_states,
    owned_blocks,
    raise_where,
    raised,
    try_blocks,
)
from chainrule.primitives.declare import TABLE, constant_value, is_constant
from chainrule.primitives.effect import RAISE, Verbatim
from chainrule.primitives.functionals import FOUND_ROOT
from chainrule.records import dataclass

UNKNOWN = "no slope is known at this single point"


@dataclass(frozen=True)
class Equal:
    """Values of which some are equal in the arm."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True)
class Cases:
    """What holds depends on a further predicate, as after ``x == 0 or y < 0``."""

    predicate: Node
    then: tuple[Condition, ...]
    orelse: tuple[Condition, ...]


@dataclass(frozen=True)
class Meeting:
    """Two values that a branch before this one has compared the other way round.

    Where they are equal both branches take an arm that is the other's opposite on either side of
    this point: after ``if x >= 1: ...`` the other arm of ``if x > 1: ...``.
    """

    nodes: tuple[Node, ...]


@dataclass(frozen=True)
class Found:
    """Where ``flag`` holds a search has found ``nodes``, which vary, equal to something."""

    flag: Node
    nodes: tuple[Node, ...]


@dataclass(frozen=True)
class Unmoved:
    """A loop stops where ``nodes`` are equal, and its iterates are what they were in the beginning.

    Beside this point the loop goes on, and the slope is that of what it finds.
    """

    iterates: tuple[tuple[Node, Node], ...]
    nodes: tuple[Node, ...]


@dataclass(frozen=True)
class Alike:
    """The entries of ``nodes``, lists or arrays, are equal: where there are several."""

    nodes: tuple[Node, ...]


Condition = Equal | Cases | Meeting | Found | Unmoved | Alike
# What must be true of the compared values for the arm's slope to be in doubt: False, True or a
# node that tells when the derivative runs.
Doubt = Callable[[tuple[Node, ...]], "Node | bool"]


class Points:
    """Finds what is equal in the arms of a graph's branches."""

    def __init__(self, graph: Graph, varied: Container[Node]) -> None:
        self._varied = varied
        # Blocks in which ``left <= right`` is known, and the owners of all blocks.
        self._known: dict[tuple[object, object], list[Block]] = {}
        # The same where it is known unless something else held, as after ``if x > 0 and flag``.
        self._perhaps: dict[tuple[object, object], list[Block]] = {}
        self._owners: dict[Block, Node] = {}
        # Branches by the order that one of their arms knows.
        self._branches: dict[tuple[object, object], list[Node]] = {}
        self._equals: dict[tuple[Node, bool, Block], tuple[Condition, ...]] = {}
        # Loops that enclose a root, whose equation tells all that is felt.
        self._enclosing: set[Node] = set()
        for step in all_steps(graph.body):
            self._owners.update(dict.fromkeys(owned_blocks(step), step))
            if step.op is FOUND_ROOT:
                self._enclosing.add(step.args[0].args[0])
            if step.op is IF:
                for arm, truth in zip(owned_blocks(step), SIDED, strict=True):
                    order = told_order(_of_all(step.args[0], truth), truth)
                    if order is not None:
                        self._known.setdefault(order, []).append(arm)
                        self._branches.setdefault(order, []).append(step)
                    for order in joined_orders(step.args[0], truth):
                        self._perhaps.setdefault(order, []).append(arm)

    def is_varied(self, node: Node) -> bool:
        """Whether a value depends on what is differentiated by."""
        return node in self._varied

    def of(self, node: Node, position: int, results: Iterable[int]) -> tuple[Condition, ...]:
        """What is equal in arm ``position`` of a branch; empty when the arm is wider.

        An arm that raises needs no care, and neither does one that is f's only one, or that
        leaves ``results``, those that a derivative flows through, without a value.
        """
        arms = owned_blocks(node)
        given = arms[position].results
        if node in node.graph.continued or (self._enclosing and self._is_searching(node.block)):
            return ()
        if not all(arm.completes for arm in arms) or all(given[k].op is UNDEFINED for k in results):
            return ()
        told = self._told(node, position, results)
        conditions = self.arm(node, position == 0)
        if told:
            return told
        predicate = asked(node.args[0])
        compared = list(equal_nodes(conditions)) if conditions else [predicate.args]
        iterates = converged(arms[position], compared, self._owners, self._varied)
        if iterates is None or not (conditions or are_iterates(predicate, position == 0, iterates)):
            return conditions or self._met(node, position == 0)
        return (Unmoved(tuple(iterates), tuple(chain(*compared))),) if iterates else ()

    def _is_searching(self, block: Block | None) -> bool:
        """Whether a block is run in a search for a root, which has its slope behind that."""
        while block is not None:
            if self._owners.get(block) in self._enclosing:
                return True
            block = block.parent
        return False

    def arm(self, branch: Node, truth: bool) -> tuple[Condition, ...]:
        """What is equal in an arm of a branch, whatever flows through its results."""
        return self.known_equal(branch.args[0], truth, branch.block)

    def known_equal(self, predicate: Node, truth: bool, block: Block) -> tuple[Condition, ...]:
        return _open(self._equal(predicate, truth, block), following(predicate, truth))

    def before(self, choice: Node) -> tuple[Condition, ...]:
        """What a search has found equal where a choice rests on it."""
        told = choice.graph.found.get(choice)
        if told is None:
            return ()
        return tuple(Found(*each) for each in told.flags if not self._tells_of_search(each[0]))

    def _tells_of_search(self, flag: Node) -> bool:
        own = flag.op is ITEM and flag.args[0] in self._enclosing
        return own or self._is_searching(flag.block)

    def _told(self, choice: Node, position: int, results: Iterable[int]) -> tuple[Condition, ...]:
        """What is equal at the one point where a count takes an arm that leaves a constant."""
        told = choice.graph.found.get(choice)
        given = owned_blocks(choice)[position].results
        if told is None or told.arm != position or all(given[k] in self._varied for k in results):
            return ()
        return tuple(map(Meeting, told.pairs))

    def _met(self, node: Node, truth: bool) -> tuple[Condition, ...]:
        """What is equal at the one point where this arm goes with an arm of a branch before."""
        predicate = node.args[0]
        order = told_order(predicate, truth)
        if order is None or predicate.origin.derivative or not _compared(predicate.args):
            return ()
        before = (
            branch
            for branch in self._branches.get(order[::-1], ())
            if branch.serial < node.serial and branch.block.encloses(node.block)
        )
        if any(self._varies(branch) for branch in before):
            return (Meeting(tuple(predicate.args)),)
        return ()

    def _varies(self, branch: Node) -> bool:
        """Whether both arms of a branch go on, and a derivative may flow through its results."""
        arms = owned_blocks(branch)
        count = len(arms[0].results)
        return all(arm.completes for arm in arms) and any(
            branch.block.item(branch, k) in self._varied for k in range(count)
        )

    def _equal(self, predicate: Node, truth: bool, block: Block) -> tuple[Condition, ...]:
        """What is equal where a predicate, asked in ``block``, has this truth."""
        # Flags that are handed from branch to branch are asked for along all ways to them.
        key = (predicate, truth, block)
        if key not in self._equals:
            self._equals[key] = self._equal_in(*key)
        return self._equals[key]

    def _equal_in(self, predicate: Node, truth: bool, block: Block) -> tuple[Condition, ...]:
        predicate = asked(predicate)
        op = predicate.op
        if predicate.origin.derivative:
            # The cases of a rule are right as they are.
            return ()
        if op is arithmetic.logical_not:
            return self._equal(predicate.args[0], not truth, block)
        told = told_equal(predicate, truth)
        if told:
            return () if are_kin(told) else (Equal(told),)
        spread = spread_out(predicate, truth)
        if spread and not are_chosen(spread):
            return (Alike(spread) if is_held(spread) else Equal(spread),)
        divisor = divided_by(predicate, truth)
        if divisor is not None and divisor.type == FLOAT:
            return (Meeting((divisor, predicate.graph.constant(0))),)
        if (op is arithmetic.equal and truth) or (op is arithmetic.not_equal and not truth):
            return _unless_constant(predicate.args)
        if isinstance(op, Verbatim):
            return _listed(predicate, truth)
        if op.name in (("bitwise_and", "logical_and") if truth else ("bitwise_or", "logical_or")):
            return self._both(predicate.args, truth, block)
        if op is rounding.isclose and truth and is_constant(predicate.args[1], 0):
            # Without an absolute tolerance nothing but 0 is close to 0.
            return _compared(predicate.args)
        order = told_order(predicate, truth)
        blocks = () if order is None else self._known.get(order[::-1], ())
        if any(known.encloses(block) for known in blocks):
            return _compared(predicate.args)
        blocks = () if order is None else self._perhaps.get(order[::-1], ())
        if any(known.encloses(block) for known in blocks) and _compared(predicate.args):
            return (Meeting(tuple(predicate.args)),)
        # What is so of one of an array's entries, at least.
        some = (
            predicate.args[0] if op.name == ("array_any" if truth else "array_all") else predicate
        )
        if some.op in SIDES:
            zeros = zeros_at_most(some, truth)
            return (Equal(zeros),) if zeros else ()
        entries = _of_all(predicate, truth)
        if entries is not predicate:
            return self._equal(entries, truth, block)
        if op is ITEM and predicate.args[0].op is IF:
            return self._joined(predicate, truth)
        if op is ITEM and predicate.args[0].op is LOOP:
            return self._left(predicate) if truth else ()
        if not truth and (predicate.type in (FLOAT, INT) or _has_numbers(predicate)):
            return (Equal(behind_signs((predicate, predicate.graph.constant(0)))),)
        return ()

    def _both(self, predicates: Sequence[Node], truth: bool, block: Block) -> tuple[Condition, ...]:
        """What is equal where each of two predicates has this truth."""
        orders = [told_order(each, truth) for each in predicates]
        if None not in orders and orders[0] == orders[1][::-1]:  # type: ignore[index]
            return _compared(predicates[0].args)
        return tuple(each for one in predicates for each in self._equal(one, truth, block))

    def attempted(self, node: Node, position: int) -> tuple[Condition, ...]:
        """What is equal where block ``position`` of a ``try`` was run to its end.

        The body has found numbers in tables; a handler was run where a divisor is 0.
        """
        blocks = try_blocks(node.params)
        body = blocks[0]
        if not body.completes or not any(block.completes for block in blocks[1:]):
            return ()
        if position == 0:
            found = [nodes for nodes in looked_up(body) if not are_kin(nodes)]
            return tuple(Equal(nodes) for nodes in found if nodes[0] in self._varied)
        handlers = node.params[1]
        assert isinstance(handlers, tuple)
        by, alone = divisors(body, handlers[position - 1][0])
        zero = node.graph.constant(0)
        moving = [each for each in by if each in self._varied]
        if alone:
            return (Equal((*moving, zero)),) if moving else ()
        return tuple(Meeting((each, zero)) for each in moving if is_plain(each, body))

    def _left(self, flag: Node) -> tuple[Condition, ...]:
        """What is equal where the last step of a loop has set a flag.

        A loop that compared its own iterates stopped at convergence: it is the steps that were
        run.  Other values are told by what they come from outside of the loop.
        """
        loop, k = flag.args[0], result_number(flag)
        _, initial, states = loop_parts(loop)
        body = loop_body(loop)
        if not (is_constant(initial[k]) and initial[k].params[0] is False):
            return ()
        found: list[Condition] = []
        for nodes in equal_nodes(self.known_equal(next_states(loop)[k], True, body)):
            outer = sources(nodes, lambda node: node in states or not inside(node, body))
            moving = tuple(node for node in outer if node in self._varied)
            if moving and not any(node in states for node in moving):
                found.append(Equal(moving))
        return tuple(found)

    def _joined(self, item: Node, truth: bool) -> tuple[Condition, ...]:
        """The same for ``and``, ``or`` and flags: results of a branch."""
        branch, k = item.args[0], result_number(item)
        found, possible = list[tuple[Condition, ...]](), list[bool]()
        arms = owned_blocks(branch)
        sure = [
            truth_in_arm(arm.results[k], branch, side)
            for arm, side in zip(arms, SIDED, strict=True)
        ]
        for arm, side, known, other in zip(arms, SIDED, sure, sure[::-1], strict=True):
            if known is not None and known is not truth:
                found.append(())
                continue
            # Beside a point of this side the truth is that of the other, which may be no other.
            first = () if other is truth else self._equal(branch.args[0], side, branch.block)
            second = () if known is not None else self._equal(arm.results[k], truth, arm)
            possible.append(side)
            found.append((*first, *second))
        if len(possible) == 1:
            return found[0] if possible[0] else found[1]
        if not any(found):
            return ()
        return (Cases(branch.args[0], found[0], found[1]),)


def _open(conditions: Iterable[Condition], known: Mapping[Node, bool]) -> tuple[Condition, ...]:
    """The conditions without the cases that are closed where this is known."""
    found: dict[int, Condition] = {}
    for condition in conditions:
        if not isinstance(condition, Cases):
            found[id(condition)] = condition
            continue
        asked, cases = condition.predicate, (condition.then, condition.orelse)
        if asked in known:
            parts = _open(cases[not known[asked]], known)
        else:
            ways = zip(cases, SIDED, strict=True)
            then, orelse = (_open(case, {**known, **following(asked, side)}) for case, side in ways)
            parts = (Cases(asked, then, orelse),) if then or orelse else ()
        found.update((id(part), part) for part in parts)
    return tuple(found.values())


def equal_nodes(conditions: Sequence[Condition]) -> Iterator[tuple[Node, ...]]:
    """The compared values of all cases."""
    for condition in conditions:
        if not isinstance(condition, Cases):
            yield condition.nodes
        else:
            yield from equal_nodes((*condition.then, *condition.orelse))


def _of_all(predicate: Node, truth: bool) -> Node:
    """What is asked of all entries of an array where the predicate has this truth."""
    whole = predicate.op.name == ("array_all" if truth else "array_any")
    return predicate.args[0] if whole else predicate


def _has_numbers(node: Node) -> bool:
    return isinstance(node.type, Array) and dtype_of(node.type) in FLOATING


def _compared(args: Sequence[Node]) -> tuple[Condition, ...]:
    """A value always equals itself, and there is no slope at infinity.

    The imaginary part of a power is 0 wherever that is a real number.
    """
    infinite = any(_number(arg) in (math.inf, -math.inf) for arg in args)
    part = any(map(is_imaginary_part, args))
    same = are_kin(args) and not are_apart(*args)
    if infinite or part or same or is_cut_off(args):
        return ()
    return (Equal(behind_signs(args)),)


def _unless_constant(args: Sequence[Node]) -> tuple[Condition, ...]:
    """What is equal, but for the arms of a branch before that leave a constant to compare."""
    found = _compared(args)
    if not found or not any(is_constant(arg) for arg in args):
        return found
    for arg in args:
        factors = arg.args if arg.op is arithmetic.multiply else (arg,)
        for item in factors:
            if item.op is not ITEM or item.args[0].op is not IF:
                continue
            branch, k = item.args[0], result_number(item)
            results = [arm.results[k] for arm in owned_blocks(branch)]
            fixed = [is_constant(r) and (item is arg or is_constant(r, 0)) for r in results]
            if any(fixed):
                then, orelse = (() if each else found for each in fixed)
                return (Cases(branch.args[0], then, orelse),)
    return found


def _number(node: Node) -> object:
    """The value of a constant or of a global of the user's, or its opposite, else None."""
    if node.op is arithmetic.negative:
        found = _number(node.args[0])
        return -found if isinstance(found, float) else None
    if node.op is GLOBAL:
        module, name = map(str, node.params)
        return node.graph.globals[module, name]
    return node.params[0] if node.op is CONSTANT else None


def _is_no_number(item: Node) -> bool:
    if item.op is REFERENCE:
        return isinstance(item.graph.references[item.params[0]], type)
    return item.op is CONSTANT and not isinstance(item.params[0], (int, float, complex))


def _listed(predicate: Node, truth: bool) -> tuple[Condition, ...]:
    """``x in (0, 1)``, ``table.count(x)``, and comparisons of lists."""
    text = predicate.params[0]
    if text == "_0_.count(_1_)" and truth:
        return (Equal(predicate.args[::-1]),)
    words = ("_0_ in _1_", "_0_ == _1_") if truth else ("_0_ not in _1_", "_0_ != _1_")
    if text not in words:
        return ()
    right = predicate.args[1]
    items = right.args if right.op is sequence.display else (right,)
    if all(map(_is_no_number, items)):
        # What is equal to a word, to None, or to a class, is no number.
        return ()
    return (Equal((predicate.args[0], *items)),)


def itself(node: Node) -> Node:
    """A node, where it has become no other."""
    return node


def refuse_points(
    graph: Graph,
    conditions: Sequence[Condition],
    doubt: Doubt,
    mapped: Callable[[Node], Node] = itself,
) -> bool:
    """Append what raises where the slope of this arm is in doubt; True when it always does.

    ``mapped`` gives what a predicate of the arm has become in ``graph``.
    """
    for condition in conditions:
        if isinstance(condition, Cases):
            arms = []
            for inner in (condition.then, condition.orelse):
                arm = Block(graph, graph.cursor)
                with graph.inside(arm):
                    arm.completes = not refuse_points(graph, inner, doubt, mapped)
                arms.append(arm)
            if any(arm.steps for arm in arms):
                graph.cursor.add(IF, (mapped(condition.predicate),), (*arms, "statement"))
            if not any(arm.completes for arm in arms):
                return True
            continue
        when = doubt(condition.nodes)
        if not isinstance(condition, Equal) and when is not False:
            _refuse_where(graph, _met(condition, mapped), when)
            continue
        if when is True:
            graph.cursor.add(RAISE, (), (raised(graph, UNKNOWN),))
            return True
        if isinstance(when, Node):
            raise_where(when, raised(graph, UNKNOWN))
    return False


def _met(condition: Meeting | Found | Unmoved | Alike, mapped: Callable[[Node], Node]) -> Node:
    """Whether what a condition tells is so where the arm runs."""
    if isinstance(condition, Meeting):
        return anywhere(TABLE["equal"](*map(mapped, condition.nodes)))
    if isinstance(condition, Unmoved):
        unmoved = [TABLE["equal"](*map(mapped, each)) for each in condition.iterates]
        return _joined(unmoved, "and")
    if isinstance(condition, Found):
        return mapped(condition.flag)
    held = mapped(condition.nodes[0])
    count: Node = TABLE["size_of" if isinstance(held.type, Array) else "length"](held)
    found: Node = arithmetic.greater(count, 1)
    return found


def _refuse_where(graph: Graph, met: Node, when: Node | bool) -> None:
    """Append what raises where ``met`` holds and the slope is in doubt."""
    if not isinstance(when, Node):
        raise_where(met, raised(graph, UNKNOWN))
        return
    arm, other = Block(graph, graph.cursor), Block(graph, graph.cursor)
    with graph.inside(arm):
        raise_where(when, raised(graph, UNKNOWN))
    graph.cursor.add(IF, (met,), (arm, other, "statement"))


def anywhere(truth: Node) -> Node:
    """A truth, or whether one of an array of them holds."""
    if not isinstance(truth.type, Array):
        return truth
    found: Node = TABLE["array_any"](truth)
    return found


def nonzero(node: Node) -> Node | bool:
    """Whether a tangent or adjoint is other than 0; where it is no number, it counts as such."""
    while (factor := _scaled_up(node)) is not None:
        node = factor
    if is_constant(node):
        return not is_constant(node, 0)
    return arithmetic.not_equal(node, 0.0) if node.type in (FLOAT, INT) else True


def felt(bar: Node, varied: Container[Node]) -> Node | bool:
    """Whether an adjoint is other than 0 beside the point, too: factors that vary may be 0 there.

    The slope of ``k * (x - 1)`` by x is k, and that of the other arm if k is chosen by ``x == 1``.
    """
    while True:
        if bar.op in (arithmetic.negative, TABLE["to_float"]):
            bar = bar.args[0]
        elif bar.op is arithmetic.multiply:
            rest = [arg for arg in bar.args if arg not in varied]
            if len(rest) == len(bar.args):
                return nonzero(bar)
            if not rest:
                return True
            bar = rest[0]
        else:
            return True if bar in varied else nonzero(bar)


def _scaled_up(node: Node) -> Node | None:
    """The factor of which a number is a multiple that is 0 only where it is; None if none is."""
    if node.op is arithmetic.negative:
        return node.args[0]
    if node.op is arithmetic.multiply and node.type == node.args[1].type == FLOAT:
        scale = constant_value(node.args[0]) if is_constant(node.args[0]) else 0.0
        return node.args[1] if 1.0 <= abs(scale) < math.inf else None
    return None


def either(parts: Sequence[Node | bool]) -> Node | bool:
    """Whether one of ``parts`` holds."""
    if any(part is True for part in parts):
        return True
    nodes = [part for part in parts if isinstance(part, Node)]
    if not nodes:
        return False
    return _joined(nodes, "or")


def _joined(nodes: Sequence[Node], word: str) -> Node:
    """Whether one of several truths holds, or with ``"and"`` every one."""
    result = nodes[0]
    for node in nodes[1:]:
        graph = node.graph
        blocks = [Block(graph, graph.cursor), Block(graph, graph.cursor)]
        first, second = blocks if word == "or" else blocks[::-1]
        first.results, second.results = (result,), (node,)
        result = graph.cursor.item(graph.cursor.add(IF, (result,), (*blocks, word)), 0)
    return result
