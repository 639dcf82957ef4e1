"""Which values live in one arm of a choice only: where it is not chosen they are not felt.

``u = sqrt(x)`` may be no number where ``where(x > 0, u * u, 0.0)`` does not choose it.  The adjoint
of ``u`` is 0 there, and 0 times a slope that is no number would be no number: what is used by
one arm alone is walked back inside that arm, for choices by ``where`` and by ``if`` alike.
"""

from __future__ import annotations

import functools
import heapq
from collections.abc import Callable, Container, Generator, Iterable, Iterator, Sequence

from chainrule.differentiate.activity import all_steps
from chainrule.differentiate.carrying import carrying_args
from chainrule.graph.block import ITEM, PARAMETER, Graph
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, Array, unit_axes_of
from chainrule.graph.types import Sequence as SequenceType
from chainrule.primitives import sequence
from chainrule.primitives.arrays.indexing import section, section_set
from chainrule.primitives.arrays.measured import may_repeat
from chainrule.primitives.bounds import bounds_of
from chainrule.primitives.choices import where
from chainrule.primitives.control import IF, item_sources, owned_blocks, state_sources
from chainrule.primitives.cost import mentioned
from chainrule.primitives.declare import REAL, Flat, Primitive, constant_value, is_constant
from chainrule.primitives.nothing import is_nothing_guarded

# What hands an adjoint on as it is, or minus it.
WITHOUT_SLOPES = ("add", "subtract", "negative", "index", "to_float")

Side = bool | None
"""The truth of a choice for which a value is used; None where it is used in any case."""


def is_choice(node: Node) -> bool:
    """Whether a node chooses one of two values by one truth."""
    return (
        node.op is where
        and not isinstance(node.type, Array)
        and not isinstance(node.args[0].type, Array)
        and not is_constant(node.args[0])
    )


Arm = tuple[Node, bool]
"""A choice, or its predicate, and the truth for which it takes an arm."""


class Uses:
    """Who uses the values that the steps of one block compute, and for which truth."""

    def __init__(
        self, steps: Sequence[Node], active: Callable[[Node], bool], felt: Iterable[Node]
    ) -> None:
        """``felt`` are values that have an adjoint from elsewhere: results of the function."""
        self.steps = steps
        self._active = active
        self._position = {step: k for k, step in enumerate(steps)}
        self._users: dict[Node, list[tuple[Node, Side]]] = {}
        # The choice whose arm is being walked back, and its truth.
        self.at: Arm | None = None
        # Steps that were walked back inside an arm: the predicate and its truth.
        self.walked: dict[Node, Arm] = {}
        for step in steps:
            for node, side in _uses(step):
                self._users.setdefault(node, []).append((step, side))
        for result in dict.fromkeys((*(steps[0].block.results if steps else ()), *felt)):
            self._users.setdefault(result, []).append((result, None))

    def candidates(self, nodes: set[Node]) -> Generator[Node, bool, None]:
        """Steps that may be walked back now, last first; sent True, their arguments follow."""
        # Of many nodes few stand in one block, or the other way round.
        waiting = sorted([-self._position[node] for node in self._position.keys() & nodes])
        while waiting:
            step = self.steps[-heapq.heappop(waiting)]
            if isinstance(step.op, Primitive) and self._active(step) and step not in self.walked:
                found = yield step
                for arg in step.args if found else ():
                    if arg in self._position and -self._position[arg] not in waiting:
                        heapq.heappush(waiting, -self._position[arg])

    def felt_in(self, node: Node, arm: Arm, found: Container[Node]) -> bool | None:
        """Whether this block uses ``node`` in the arm that is walked back alone.

        None without a use.  ``arm`` is the innermost arm that is walked back.
        """
        assert self.at is not None
        choice, side = self.at
        felt = None
        for user, used_for in self._users.get(node, ()):
            if user in found or self.walked.get(user) == arm:
                felt = True
            elif is_choice(user) or user.op is IF:
                # What comes before the choice is walked back after it.
                earlier = self._position[user] < self._position[choice]
                if earlier or (user.args[0], used_for) != (choice.args[0], side):
                    return False
                felt = felt or user is choice
            elif user is node or self._active(user) or owned_blocks(user):
                return False
        return felt

    def arms_of(self, node: Node) -> list[Arm]:
        """The arms by which alone a value is felt; empty where it is felt in any case."""
        found: dict[Arm, None] = {}
        for user, used_for in self._users.get(node, ()):
            if user in self.walked:
                found[self.walked[user]] = None
            elif used_for is not None and _goes_on(user):
                found[user.args[0], used_for] = None
            elif user is node or self._active(user) or owned_blocks(user):
                return []
        own = all(predicate.block is self.steps[0].block for predicate, _ in found)
        both = any((predicate, not side) in found for predicate, side in found)
        return [] if both or not own else list(found)

    @functools.cached_property
    def masks(self) -> dict[Node, tuple[Arm, ...]]:
        """Of arrays, the masks and their truth under which alone they are felt."""
        if not any(_masks(step) for step in self.steps):
            return {}
        found: dict[Node, tuple[Arm, ...]] = {}
        for step in reversed(self.steps):
            users = self._users.get(step, ())
            if not (isinstance(step.type, Array) and self._active(step)):
                continue
            shared: tuple[Arm, ...] | None = None
            for user, _ in users:
                if user is step or owned_blocks(user) or self._active(user):
                    own = _masks_of_use(step, user, found)
                    shared = own if shared is None else tuple(c for c in shared if c in own)
            if shared:
                found[step] = shared
        choices = {step.args[0] for step in self.steps if _masks(step) and step.op is where}
        # What subscripts leave out has an adjoint of 0: it is hidden where 0 times a slope may be
        # no number.
        return {
            step: tuple(arm for arm in arms if arm[0] in choices or _needs_a_mask(step))
            for step, arms in found.items()
        }


def hidden_entries(graph: Graph, active: Container[Node]) -> set[Node]:
    """Steps whose slopes may be no number, for entries of arrays that are chosen among.

    Such an entry is not felt where it is not chosen: its adjoint is 0 there.  Slopes are those by
    ``active`` values.
    """
    entries = _entries_chosen(graph)
    found: set[Node] = set()
    wild: set[Node] = set()
    for step in all_steps(graph.body) if entries else ():
        if may_be_steep(step) or any(arg in wild for arg in step.args):
            wild.add(step)
            if step in entries and _has_wild_slope(step, wild, active):
                found.add(step)
    return found


def _has_wild_slope(step: Node, wild: Container[Node], active: Container[Node]) -> bool:
    """Whether a partial may be no number: those of sums are 1, of products the other factors."""
    if may_be_steep(step):
        return True
    name = step.op.name
    if name == "multiply":
        left, right = step.args
        return (left in wild and right in active) or (right in wild and left in active)
    return name not in WITHOUT_SLOPES and isinstance(step.op, Primitive)


def _entries_chosen(graph: Graph) -> set[Node]:
    """Numbers that stand in arrays and lists whose entries are chosen among."""
    found: set[Node] = set()
    seen: set[tuple[Node, bool]] = set()
    stack: list[tuple[Node, bool]] = []
    for step in all_steps(graph.body):
        if step.op is IF:
            chosen = [each for arm in owned_blocks(step) for each in arm.results]
            stack += [(each, False) for each in chosen if each.op is sequence.index]
        elif step.op is section_set and "m" in str(step.params[0]):
            stack.append((step.args[0], False))
        elif _takes_some(step):
            stack += [(arg, False) for arg in step.args if isinstance(arg.type, Array)]
    while stack:
        node, stands = entry = stack.pop()
        if entry in seen:
            continue
        seen.add(entry)
        if stands and node.type is FLOAT:
            found.add(node)
        if node.op is PARAMETER and node.block.owner is not None:
            stack += [(each, stands) for each in state_sources(node, node.block.owner)]
        elif node.op is ITEM and owned_blocks(node.args[0]):
            stack += [(each, stands) for each in item_sources(node)]
        else:
            holds = isinstance(node.type, (Array, SequenceType)) and not _is_entrywise(node)
            for arg in carrying_args(node):
                stack.append((arg, stands or (holds and arg.type is FLOAT)))
    return found


def _takes_some(step: Node) -> bool:
    """Whether an operation takes some entries of an array, and not all."""
    op = step.op
    if not isinstance(op, Primitive) or isinstance(op, Flat):
        return False
    named = op.name.startswith("nan") or op.name.endswith("_where")
    return op is section or op.chooses or named


def _is_entrywise(node: Node) -> bool:
    return isinstance(node.op, Primitive) and node.op.broadcasts


def only_in(levels: Sequence[Uses], choice: Node, side: bool) -> dict[Node, Uses]:
    """Steps before ``choice`` that nothing but its arm ``side`` uses, last first.

    ``levels`` are the blocks that are being walked back, outer ones first: a step of an outer
    block may be used by an arm in an arm of that block.
    """
    innermost = levels[-1]
    before, innermost.at = innermost.at, (choice, side)
    arm = (choice.args[0], side)
    found: dict[Node, Uses] = {}
    nodes = {node for node, used_for in _uses(choice) if used_for is side}
    inner: list[Uses] = []
    for level in reversed(levels):
        if level.at is None:
            break
        inner.append(level)
        steps = level.candidates(nodes)
        step = next(steps, None)
        while step is not None:
            felt = [each.felt_in(step, arm, found) for each in inner]
            only = False not in felt and True in felt
            if only:
                found[step] = level
                nodes.update(step.args)
            try:
                step = steps.send(only)
            except StopIteration:
                step = None
    innermost.at = before
    return found


def _masks_of_use(node: Node, user: Node, found: dict[Node, tuple[Arm, ...]]) -> tuple[Arm, ...]:
    """The masks under which one user of an array feels it."""
    op = user.op
    if op is section and user is not node and user.args[0] is node and _masks(user):
        return ((user.args[1], True),)
    if user is node or user.type != node.type or not (isinstance(op, Primitive) and op.broadcasts):
        return ()
    if may_repeat(user, node):
        # Its masks are those of the entries that are made of it.
        return ()
    before = found.get(user, ())
    if op is where and user.args[1] is not user.args[2] and not is_nothing_guarded(user):
        return (*before, (user.args[0], user.args[1] is node))
    return before


def _masks(step: Node) -> bool:
    """Whether a step takes entries of arrays by one mask for all of them."""
    if step.op is section:
        whole = unit_axes_of(step.args[-1].type) == unit_axes_of(step.args[0].type)
        return str(step.params[0]) == "m" and whole
    return step.op is where and isinstance(step.type, Array)


def _needs_a_mask(step: Node) -> bool:
    """Whether 0 times a partial may be no number; infinite slopes of roots are looked after."""
    factors = [arg for arg in step.args if unit_axes_of(arg.type)]
    if step.op.name == "multiply":
        return not all(bounds_of(factor).finite for factor in factors)
    if step.op.name == "divide":
        divisor = step.args[1] if step.args[1] in factors else None
        return divisor is not None and not bounds_of(divisor).divides
    return may_be_steep(step) and step.op.name not in ("sqrt", "power")


def _goes_on(choice: Node) -> bool:
    """Whether both arms of a choice come to their end."""
    return all(block.completes for block in owned_blocks(choice))


def _uses(step: Node) -> Iterator[tuple[Node, Side]]:
    if is_choice(step):
        yield step.args[1], True
        yield step.args[2], False
        return
    for arg in step.args:
        yield arg, None
    blocks = owned_blocks(step)
    for k, block in enumerate(blocks):
        side = k == 0 if step.op is IF else None
        for node in mentioned(block):
            yield node, side


def may_be_steep(node: Node) -> bool:
    """Whether the slope of an operation may be infinite or no number at a finite place."""
    op = node.op
    if not isinstance(op, Primitive):
        return False
    if op.name in ("divide", "power") and is_constant(node.args[1]):
        number = constant_value(node.args[1])
        return not (number >= 1.0 if op.name == "power" else number != 0.0)
    return op.name in ("divide", "power") or any(each is not REAL for each in op.domain)
