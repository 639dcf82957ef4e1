"""Which of the functions that are called are worth a function of their own in the module.

While a function is lifted, its calls are inlined, and what each of them has added is noted.  A
function that has added much, and has done so several times, is kept apart when all is lifted once
more.  What counts is what is left in the end: the calls in an unrolled loop are as many as its
steps, those in a branch that is never taken are none.

One function is what is called with arguments of the same kinds and the same static values; where
it is a constant at every call, an argument is written inside.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import field

from chainrule.graph.block import Block, Graph
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, Array, Type
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.values import TupleValue, Value
from chainrule.primitives.control import owned_blocks
from chainrule.primitives.cost import counts, nodes_of
from chainrule.primitives.declare import constant_value, is_constant
from chainrule.records import dataclass

# What takes fewer operations is inlined however often it is called: such a derivative is read, and
# simplified, best where it stands, and a call with its tuple of results takes about as long as ten
# operations.
LARGE = 50
# So many operations are not to be written again: a function of 50 is kept apart from the fourth
# call on, one of 150 from the second.
SAVED = 150
# A loop or a branch takes lines of its own, in the derivative for a second time.
STRUCTURE = 8
# Second derivatives take a sweep for each input, in whatever direction they are asked for.
MOST_INPUTS = 8
MOST_SWEEPS = 3
# Within one lifting the code of a function is repeated from so many places: calls that double at
# each of many levels come to an end that way.
MOST_INLINED = 32


@dataclass(eq=False)
class Use:
    """One inlined call.

    Attributes
    ----------
    key:
        What is called, with the kinds of its arguments.
    numbers:
        The arguments; None for one that is no number.
    around:
        The inlined call in which it stands.
    block, steps:
        Where it was inlined, and what it has added there.
    size:
        How many operations of these are left in the end; none where the call is not.
    outputs:
        How many floats it is known to return.
    """

    key: Hashable
    numbers: tuple[Node | None, ...]
    around: Use | None
    block: Block
    steps: list[Node] = field(default_factory=list)
    size: int = 0
    outputs: int = 0

    @property
    def depth(self) -> int:
        """How many inlined calls are around it."""
        return sum(1 for _ in self.enclosing())

    def enclosing(self) -> Iterator[Use]:
        """The inlined calls around it, from the inside."""
        use = self.around
        while use is not None:
            yield use
            use = use.around


class Repeated:
    """What is kept apart by its size, and the inlined calls of the lifting that is under way."""

    def __init__(self) -> None:
        # By key the numbers that are written inside, by their places.
        self.apart: dict[Hashable, frozenset[int]] = {}
        # What cannot be kept apart.
        self.inlined: set[Hashable] = set()
        self.uses: list[Use] = []
        # The chains of calls in which each was met.
        self.chains: dict[Hashable, set[Hashable]] = {}
        self.more = False

    def meet(self, use: Use, chain: Hashable) -> None:
        """Note where a call stands; what is called from very many places is kept apart at once."""
        chains = self.chains.setdefault(use.key, set())
        chains.add(chain)
        if len(chains) > MOST_INLINED and use.key not in {*self.inlined, *self.apart}:
            same = [each for each in self.uses if each.key == use.key]
            self.apart[use.key] = _constants([*same, use])
            self.more = True

    def reject(self, key: Hashable) -> None:
        """Inline the calls of what cannot be kept apart."""
        self.apart.pop(key, None)
        self.inlined.add(key)

    def decide(self, graph: Graph) -> bool:
        """Whether more is to be kept apart than was while ``graph`` was lifted."""
        uses, self.uses = self.uses, []
        left = _steps_left(graph)
        by_key: dict[Hashable, list[Use]] = {}
        for use in uses:
            steps = left.get(use.block, frozenset())
            use.size = sum(size_of(step) for step in use.steps if step in steps)
            if use.size and use.key not in self.inlined:
                by_key.setdefault(use.key, []).append(use)
        chosen = _chosen(by_key)
        wide = {key for key in chosen if _is_wide(by_key[key])}
        narrow = {key: use for key, use in chosen.items() if key not in wide}
        if wide and narrow == _chosen({k: found for k, found in by_key.items() if k not in wide}):
            # What would be rejected where it is called does not have to be lifted to tell so.
            self.inlined |= wide
            chosen = narrow
        for key in _large_by_themselves(chosen):
            self.apart[key] = _constants(by_key[key])
        more, self.more = bool(chosen) or self.more, False
        return more


def _chosen(by_key: Mapping[Hashable, list[Use]]) -> dict[Hashable, Use]:
    """What is large and called often: one use of each, which stands for all."""
    chosen: dict[Hashable, Use] = {}
    # Outer calls first: what is called inside of one function only is part of it.
    for key in sorted(by_key, key=lambda key: max(use.depth for use in by_key[key])):
        found = [use for use in by_key[key] if _counts_among(use, chosen)]
        if found and is_worth_it(max(use.size for use in found), len(found)):
            chosen[key] = max(found, key=lambda use: use.size)
    return chosen


def _is_wide(uses: Sequence[Use]) -> bool:
    """Whether certainly no call is narrow (:func:`is_narrow`): it takes or returns more floats."""
    constant = _constants(uses)
    return all(
        inputs > MOST_INPUTS or (use.outputs > 1 and min(inputs, use.outputs) > MOST_SWEEPS)
        for use in uses
        for inputs in [sum(_is_float(n) for k, n in enumerate(use.numbers) if k not in constant)]
    )


def _is_float(value: object) -> bool:
    return isinstance(value, Node) and value.type == FLOAT


def numbers_in(value: Value) -> int:
    """How many floats a value is, or holds in tuples."""
    if isinstance(value, TupleValue):
        return sum(map(numbers_in, value.items))
    return int(_is_float(value))


def is_worth_it(size: int, times: int) -> bool:
    """Whether what takes ``size`` operations and is called so often is kept apart."""
    return size >= LARGE and size * (times - 1) >= SAVED


def is_narrow(args: Sequence[Node], results: Sequence[Type], most_inputs: int) -> bool:
    """Whether value and slopes together are about as cheap as the code where it is called.

    All slopes of one number are one walk back; of several they are a sweep for each argument,
    which the adjoints of all results in one walk back are not.
    """
    if any(isinstance(type, (Array, SequenceType)) for type in results):
        return False
    inputs = sum(arg.type == FLOAT for arg in args)
    outputs = sum(type == FLOAT for type in results)
    return inputs <= most_inputs and (outputs < 2 or min(inputs, outputs) <= MOST_SWEEPS)


def _steps_left(graph: Graph) -> dict[Block, frozenset[Node]]:
    """The steps of every block of what was lifted."""
    pending = [graph.body]
    pending += [each.lifted.graph.body for each in graph.functions.values() if each.lifted]
    left: dict[Block, frozenset[Node]] = {}
    while pending:
        block = pending.pop()
        left[block] = frozenset(block.steps)
        for step in block.steps:
            pending.extend(owned_blocks(step))
    return left


def size_of(step: Node) -> int:
    """Operations of a step and of the blocks inside it, with what loops and branches take."""
    inside = (node for block in owned_blocks(step) for node in nodes_of(block))
    return sum(STRUCTURE if owned_blocks(node) else counts(node) for node in (step, *inside))


def _counts_among(use: Use, chosen: Mapping[Hashable, Use]) -> bool:
    """Whether a call is still there when what is chosen is a function of its own."""
    around = next((each for each in use.enclosing() if each.key in chosen), None)
    return around is None or chosen[around.key] is around


def _large_by_themselves(chosen: Mapping[Hashable, Use]) -> list[Hashable]:
    """What is large without those that it calls and are kept apart as well."""
    own = {key: use.size for key, use in chosen.items()}
    for use in chosen.values():
        around = next((each for each in use.enclosing() if each.key in chosen), None)
        if around is not None:
            own[around.key] -= use.size
    return [key for key, size in own.items() if size >= LARGE]


def _constants(uses: Sequence[Use]) -> frozenset[int]:
    """The places of numbers that are one constant in all calls."""
    columns = zip(*(use.numbers for use in uses), strict=True)
    return frozenset(k for k, column in enumerate(columns) if _is_one_constant(column))


def _is_one_constant(column: Sequence[Node | None]) -> bool:
    values = [
        constant_value(node) if node is not None and is_constant(node) else None for node in column
    ]
    return None not in values and len({(type(value), repr(value)) for value in values}) == 1
