"""Values on which f does not depend, although it is computed from them: stable softmax.

The maximum that is subtracted before exponentials are taken leaves ``exp(s - m) / sum(exp(s - m))``
and ``m + log(sum(exp(s - m)))`` as they are, whatever it is.  So its adjoint is zero, and nothing
has to be computed of it.  To prove it, ``m`` is moved by a number: each value that is computed from
it then moves by a multiple of it, or is multiplied by a power of its exponential, or stays.

In a loop ``m`` is moved in one step alone: the number would be another in each.  The steps behind
find the states as that one, and those after it, have left them; their own ``m`` stays, for its
adjoint is zero already.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from chainrule.graph.block import ITEM, Block, Graph, result_number
from chainrule.graph.node import Node, Op
from chainrule.graph.types import Array, unit_axes_of
from chainrule.primitives import bounds, sequence
from chainrule.primitives.arithmetic import (
    absolute,
    add,
    divide,
    multiply,
    negative,
    positive,
    power,
    subtract,
)
from chainrule.primitives.arrays.call import axes_of
from chainrule.primitives.arrays.creation import empty, empty_like, zeros, zeros_like
from chainrule.primitives.arrays.indexing import is_whole, new_axes, section, section_set
from chainrule.primitives.arrays.linear_algebra import matmul
from chainrule.primitives.arrays.reductions import array_max, array_min, array_sum, mean
from chainrule.primitives.arrays.shaping import expand_dims, squeeze
from chainrule.primitives.choices import maximum, minimum, where
from chainrule.primitives.control import (
    IF,
    LOOP,
    loop_body,
    loop_parts,
    next_states,
    owned_blocks,
)
from chainrule.primitives.declare import Flat, Primitive, constant_value, is_constant
from chainrule.primitives.elementary import exp, log, sqrt, square
from chainrule.records import dataclass

# These put axes of length 1 into an array.
WIDENING = (section, expand_dims)
# So many subtracted values are tried.
TRIED = 8
# In so many steps behind the one in which a value is moved the states must settle.
STEPS = 3


@dataclass(frozen=True)
class Moved:
    """How a value moves: by ``shift`` times the number, or by its exponential to the ``power``.

    ``along`` tells along which axes the number differs.  What is ``nothing`` is 0, which is any
    multiple of itself.
    """

    shift: float = 0.0
    power: float = 0.0
    along: tuple[bool, ...] = ()
    nothing: bool = False

    @property
    def stays(self) -> bool:
        """Whether the value does not move."""
        return not (self.shift or self.power)


class Unknown(Exception):
    """How a value moves is not known."""


def subtracted(graph: Graph, needed: Collection[Node], results: Iterable[Node]) -> set[Node]:
    """Values subtracted before exponentials on which no result depends."""
    ends = list(results)
    tried: dict[Node, None] = {}
    for step in _steps(graph.body):
        if step.op is exp and step.args[0].op is subtract and step in needed:
            value = step.args[0].args[1]
            tried[value] = None
            while value.op in WIDENING:
                value = value.args[0]
                tried[value] = None
    return {node for node in list(tried)[:TRIED] if node in needed and _leaves(node, graph, ends)}


def _steps(block: Block) -> Iterable[Node]:
    blocks = [block]
    while blocks:
        for step in blocks.pop().steps:
            yield step
            blocks += owned_blocks(step)


def _leaves(node: Node, graph: Graph, results: Sequence[Node]) -> bool:
    """Whether no result moves with ``node``."""
    if is_constant(node):
        return False
    try:
        return all(
            motion.of(result).stays for motion in _motions(node, graph) for result in results
        )
    except Unknown:
        return False


def _motions(node: Node, graph: Graph) -> Iterator[Motion]:
    """What a move of ``node`` does, for each number of steps that follow in the loops around it."""
    loops = _loops_around(node)
    for behind in itertools.product(range(STEPS + 1), repeat=len(loops)):
        motion = Motion(node, dict(zip(loops, behind, strict=True)))
        motion.block(graph.body)
        if not motion.is_settled:
            yield motion


def _loops_around(node: Node) -> list[Node]:
    """The loops in whose steps a value is computed, or is carried from one to the next."""
    found = []
    owner = node.block.owner
    while owner is not None:
        if owner.op is LOOP:
            found.append(owner)
        owner = owner.block.owner
    return found


STILL = Moved()
NOTHING = Moved(nothing=True)
EMPTY = (zeros, zeros_like, empty, empty_like)


class Motion:
    """How each value moves with ``root``."""

    def __init__(self, root: Node, behind: Mapping[Node, int]) -> None:
        along = tuple(not unit for unit in unit_axes_of(root.type))
        self._moved = Moved(1.0, along=along)
        self._known: dict[Node | tuple[Node, int], Moved | None] = {root: self._moved}
        self._root = root
        # How many steps follow the one in which the root is moved, of the loops around it.
        self._behind = behind
        # Whether a step less that follows would have left a loop as it is, too.
        self.is_settled = False

    def of(self, node: Node) -> Moved:
        """The motion of a value.

        Raises
        ------
        Unknown
            Where it is not known.
        """
        key: Node | tuple[Node, int] = node
        if node.op is ITEM and node is not self._root:
            key = (node.args[0], result_number(node))
        found = self._known.get(key, STILL)
        if found is None:
            raise Unknown
        return NOTHING if found is STILL and _is_nothing(node) else found

    def block(self, block: Block) -> None:
        """Follow the steps of a block."""
        for step in block.steps:
            if step is self._root:
                continue
            if step.op is IF:
                self._branch(step)
            elif step in self._behind and self._known[self._root] is self._moved:
                self._loop_around(step)
            elif step.op is LOOP:
                self._loop(step)
            elif owned_blocks(step):
                self._opaque(step)
            else:
                try:
                    found: Moved | None = self._step(step)
                except Unknown:
                    found = None
                if found != STILL or step in self._known:
                    self._known[step] = found

    def _opaque(self, step: Node) -> None:
        """Of what runs in blocks of another kind nothing is known, if it moves."""
        before = len(self._known)
        blocks = owned_blocks(step)
        for owned in blocks:
            self.block(owned)
        if len(self._known) != before:
            raise Unknown
        # What has moved before may be handed on.
        going = [owned for owned in blocks if owned.completes]
        for k, results in enumerate(zip(*(owned.results for owned in going), strict=True), start=1):
            self._set(step, k, results)

    def _branch(self, step: Node) -> None:
        arms = [arm for arm in owned_blocks(step) if arm.completes]
        for arm in owned_blocks(step):
            self.block(arm)
        for k in range(len(arms[0].results) if arms else 0):
            self._set(step, k, [arm.results[k] for arm in arms])

    def _set(self, step: Node, k: int, values: Sequence[Node]) -> None:
        self._known[step, k] = self._common(values)

    def _common(self, values: Sequence[Node]) -> Moved | None:
        """The motion that several values have in common; None where it is not known."""
        try:
            return _one([self.of(value) for value in values])
        except Unknown:
            return None

    def _loop_around(self, step: Node) -> None:
        """A loop in one step of which the root is moved, and those that follow."""
        _, _, parameters = loop_parts(step)
        nexts = next_states(step)
        entering: list[Moved | None] = [STILL] * len(parameters)
        for behind in range(self._behind[step] + 1):
            states = zip(parameters, entering, strict=True)
            self._known.update({key: state for key, state in states if key is not self._root})
            self._known[self._root] = STILL if behind else self._moved
            self._run(step)
            left = [self._common([following]) for following in nexts]
            self.is_settled |= bool(behind) and left == entering
            entering = left
        if self._behind[step] == STEPS and not self.is_settled:
            raise Unknown
        self._known[self._root] = STILL
        self._known.update({(step, k): state for k, state in enumerate(entering)})

    def _run(self, step: Node) -> None:
        """Follow a step of a loop: what it asks before, and its body."""
        for owned in owned_blocks(step):
            if owned is not loop_body(step):
                self.block(owned)
        self.block(loop_body(step))

    def _loop(self, step: Node) -> None:
        _, initial, parameters = loop_parts(step)
        nexts = next_states(step)
        for start, parameter in zip(initial, parameters, strict=True):
            self._known[parameter] = self._common([start])
        # Each round settles or gives up a state.
        for _ in range(3 + len(parameters)):
            self._run(step)
            before = [self._known[parameter] for parameter in parameters]
            for parameter, after in zip(parameters, nexts, strict=True):
                self._known[parameter] = self._common([parameter, after])
            if before == [self._known[parameter] for parameter in parameters]:
                break
        else:
            raise Unknown
        for k, parameter in enumerate(parameters):
            self._known[step, k] = self._known[parameter]

    def _step(self, step: Node) -> Moved:
        moved = [self.of(arg) for arg in step.args]
        if all(each.stays and not each.nothing for each in moved) or isinstance(step.op, Flat):
            return STILL
        if all(each.stays for each in moved):
            zeros_alone = step.op in (add, subtract, negative, *LISTS)
            return NOTHING if zeros_alone and all(each.nothing for each in moved) else STILL
        rule = RULES.get(step.op)
        if rule is not None:
            return rule(step, moved)
        return _arranged(step, moved)


def _is_nothing(node: Node) -> bool:
    return (
        is_constant(node, 0) or node.op in EMPTY or (node.op is sequence.display and not node.args)
    )


def _one(moved: Sequence[Moved]) -> Moved:
    """The motion that several values have in common."""
    found = [each for each in moved if not each.nothing]
    if not found:
        return NOTHING
    if any(each != found[0] for each in found) or (len(found) < len(moved) and found[0].shift):
        raise Unknown
    return found[0]


def _aligned(step: Node, moved: Sequence[Moved]) -> tuple[bool, ...]:
    """Along which axes of a broadcast result the number differs."""
    rank = len(unit_axes_of(step.type))
    found = {(False,) * (rank - len(each.along)) + each.along for each in moved if not each.stays}
    if len(found) != 1:
        raise Unknown
    return found.pop()


def _sum(step: Node, moved: Sequence[Moved]) -> Moved:
    along = _aligned(step, moved)
    sign = -1.0 if step.op is subtract else 1.0
    if any(each.power for each in moved):
        wide = [Moved(each.shift, each.power, along, each.nothing) for each in moved]
        return _one(wide)
    return Moved(moved[0].shift + sign * moved[1].shift, 0.0, along)


def _product(step: Node, moved: Sequence[Moved]) -> Moved:
    sign = -1.0 if step.op is divide else 1.0
    along = _aligned(step, moved)
    x, y = moved
    if not x.shift and not y.shift:
        return Moved(0.0, x.power + sign * y.power, along)
    left, right = step.args
    for first, second, other in ((x, y, right), (y, x, left)):
        if (
            first.shift
            and second.stays
            and is_constant(other)
            and (first is x or step.op is multiply)
        ):
            scale = float(constant_value(other))
            return Moved(first.shift * (scale if step.op is multiply else 1.0 / scale), 0.0, along)
    raise Unknown


def _same(step: Node, moved: Sequence[Moved]) -> Moved:
    return moved[0]


def _negative(step: Node, moved: Sequence[Moved]) -> Moved:
    return Moved(-moved[0].shift, moved[0].power, moved[0].along)


def _scaled(step: Node, moved: Sequence[Moved]) -> Moved:
    """abs, sqrt, square and powers of what is multiplied."""
    x = moved[0]
    if x.shift or not all(each.stays for each in moved[1:]):
        raise Unknown
    if step.op is power:
        if not is_constant(step.args[1]):
            raise Unknown
        exponent = float(constant_value(step.args[1]))
    else:
        exponent = {absolute: 1.0, sqrt: 0.5, square: 2.0}[step.op]  # type: ignore[index]
    return Moved(0.0, x.power * exponent, x.along)


def _exp(step: Node, moved: Sequence[Moved]) -> Moved:
    if moved[0].power:
        raise Unknown
    return Moved(0.0, moved[0].shift, moved[0].along)


def _log(step: Node, moved: Sequence[Moved]) -> Moved:
    if moved[0].shift:
        raise Unknown
    return Moved(moved[0].power, 0.0, moved[0].along)


def _reduced(step: Node, moved: Sequence[Moved]) -> Moved:
    """Sums, means and extremes along axes: the number is the same along these."""
    axis, keepdims, *_ = step.params
    x = moved[0]
    gone = axes_of(axis, len(x.along))
    if any(x.along[k] for k in gone) or (x.shift and step.op is array_sum):
        raise Unknown
    left = tuple(each for k, each in enumerate(x.along) if keepdims or k not in gone)
    return Moved(x.shift, x.power, left)


def _matmul(step: Node, moved: Sequence[Moved]) -> Moved:
    x, y = moved
    if x.shift or not y.stays or x.along[-1] or len(unit_axes_of(step.args[1].type)) > 2:
        raise Unknown
    rank = len(unit_axes_of(step.type))
    return Moved(0.0, x.power, (*x.along[:-1], False)[:rank] if rank else ())


def _new_axes(step: Node, moved: Sequence[Moved]) -> Moved:
    """Axes of length 1 are put in or taken out, and whole axes are kept."""
    x = moved[0]
    rank = len(unit_axes_of(step.type))
    if step.op in WIDENING:
        if step.op is section and not is_whole(step):
            return _arranged(step, moved)
        if step.op is section:
            new = {rank + axis if axis < 0 else axis for axis in new_axes(step)}
        else:
            new = set(axes_of(step.params[0], rank))
        axes = iter(x.along)
        return Moved(x.shift, x.power, tuple(k not in new and next(axes) for k in range(rank)))
    gone = axes_of(step.params[0], len(x.along))
    left = tuple(each for k, each in enumerate(x.along) if k not in gone)
    return Moved(x.shift, x.power, left)


def _arranged(step: Node, moved: Sequence[Moved]) -> Moved:
    """Entries that are arranged anew, or put together, where the number is one for all."""
    op = step.op
    whole = isinstance(op, Primitive) and op.bounds in (bounds.same, bounds.one_of)
    if not (whole or op in LISTS) or any(any(each.along) for each in moved):
        raise Unknown
    if op is sequence.total and moved[0].shift:
        raise Unknown
    rank = len(unit_axes_of(step.type)) if isinstance(step.type, Array) else 0
    values = moved
    if op in (sequence.index, section):
        values = moved[:1]
    elif op in (sequence.index_set, section_set, sequence.append):
        values = (moved[0], moved[-1])
    if not all(each.stays for each in moved if all(each is not value for value in values)):
        raise Unknown
    shapeless = [Moved(each.shift, each.power, (False,) * rank, each.nothing) for each in values]
    return _one(shapeless)


def _choice(step: Node, moved: Sequence[Moved]) -> Moved:
    along = _aligned(step, moved[-2:])
    return _one([Moved(each.shift, each.power, along, each.nothing) for each in moved[-2:]])


LISTS: tuple[Op, ...] = (
    sequence.display,
    sequence.append,
    sequence.index,
    sequence.index_set,
    sequence.total,
    section,
    section_set,
)
RULES = {
    add: _sum,
    subtract: _sum,
    multiply: _product,
    divide: _product,
    negative: _negative,
    positive: _same,
    absolute: _scaled,
    sqrt: _scaled,
    square: _scaled,
    power: _scaled,
    exp: _exp,
    log: _log,
    array_sum: _reduced,
    mean: _reduced,
    array_max: _reduced,
    array_min: _reduced,
    matmul: _matmul,
    section: _new_axes,
    expand_dims: _new_axes,
    squeeze: _new_axes,
    where: _choice,
    maximum: _choice,
    minimum: _choice,
}
