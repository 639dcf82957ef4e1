"""What is certain of values at a place, beyond what holds for all arguments.

f has divided by a value, or taken its logarithm; a branch around has asked for its sign; an arm
that raises was not taken.  So guards that can never fire are left out.

Python's numbers raise where they are divided by zero, NumPy's give infinities and nan: where f may
choose something else afterwards, these tell nothing by it.  A number of NumPy's may also be handed
in where f is written for Python's: so what only a division shows settles a guard only where the
code that is left divides by the same value.  It then gives no finite number there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Sequence

from chainrule.graph.block import ITEM, Block, result_number
from chainrule.graph.node import Node, Op
from chainrule.graph.types import FLOAT, Array
from chainrule.primitives import arithmetic, bounds
from chainrule.primitives.bounds import Bounds, bounds_of, combined, parts_of
from chainrule.primitives.control import IF, owned_blocks
from chainrule.primitives.declare import NONZERO as NOT_ZERO
from chainrule.primitives.declare import REAL, Primitive, constant_value, is_constant
from chainrule.primitives.literals import truth_of_literals
from chainrule.records import dataclass, replace

# A value is not zero if the value it is made of, by one of these, is not.
THROUGH = {"negative", "positive", "absolute", "sqrt", "cbrt", "to_float", "square"}
# They are zero where their argument is, and nowhere else: a square underflows.
ZERO_ALIKE = {"absolute", "sqrt", "cbrt"}
OPERATORS = (arithmetic.divide, arithmetic.floor_divide, arithmetic.remainder, arithmetic.power)
# Comparisons: whether the left side is the greater one, and whether the sides differ.
ORDERINGS: dict[Op, tuple[bool, bool]] = {
    arithmetic.greater: (True, True),
    arithmetic.greater_equal: (True, False),
    arithmetic.less: (False, True),
    arithmetic.less_equal: (False, False),
}
# So many values are looked at for one answer.
LOOKED_AT = 16
NONZERO = Bounds(nonzero=True)
# The quotient of a smaller constant may underflow.
SMALLEST = 1e-10


@dataclass(frozen=True)
class Fact:
    """Bounds that hold in ``block``; a division alone does not make them ``sure``."""

    block: Block
    bounds: Bounds
    sure: bool


class Facts:
    """Facts as a walk over a graph comes upon them; ``quiet`` numbers tell nothing."""

    def __init__(self, quiet: Collection[Node] = ()) -> None:
        self._quiet = quiet
        self._known: dict[Node, dict[Block, list[Fact]]] = {}
        self._truths: dict[Node, list[tuple[Block, bool]]] = {}
        # The arms that an earlier branch on the same truth has run.
        self._run: dict[tuple[Node, bool], list[Block]] = {}
        self._before: dict[Block, list[Block]] = {}
        self._reach: dict[Block, frozenset[Block]] = {}
        # Exponents of powers that are not zero, by their bases.
        self._exponents: dict[Node, list[tuple[Node, Block]]] = {}
        self._looking, self._left = False, 0
        # How many facts there are, and what was asked since the last of them, with its answer.
        self._learned = 0
        self._answers: dict[tuple[Node, Block, bool], Bounds] = {}
        self._parts: dict[Node, tuple[Node, ...]] = {}
        self._answered = 0
        # Whether there are facts that divisions show.
        self._unsure = False

    # --- what is learned ---------------------------------------------------------------------

    def learn(self, step: Node, block: Block, mapped: Callable[[Node], Node | None]) -> None:
        """Take in what evaluating ``step`` without an exception shows."""
        op = step.op
        if not isinstance(op, Primitive) or not (op.strict or op is arithmetic.power):
            return
        if step.params:
            return
        sure = op not in OPERATORS
        if not sure and any(arg in self._quiet for arg in step.args):
            return
        if op is arithmetic.power:
            domains = (NOT_ZERO if _exponent(step) < 0 else REAL, REAL)
        else:
            domains = op.domain  # type: ignore[assignment]
        for arg, domain in zip(step.args, domains, strict=True):
            if domain is not REAL:
                self._learn_part(arg, Fact(block, bounds.within(domain), sure), mapped)

    def _learn_part(self, arg: Node, fact: Fact, mapped: Callable[[Node], Node | None]) -> None:
        """Take in what is known of an argument, or of those of its factors that are there."""
        value = mapped(arg)
        if value is not None:
            self._know(value, fact)
        elif fact.bounds.excludes_zero:
            for part in factors_of(arg):
                self._learn_part(part, replace(fact, bounds=NONZERO), mapped)

    def _know(self, value: Node, fact: Fact) -> None:
        """A value is within bounds; if it is not zero, neither are its factors."""
        stack = [(value, fact)]
        # A product of what products share has as many ways to a factor as 2 to their number.
        met: set[tuple[Node, Bounds]] = set()
        while stack:
            node, fact = stack.pop()
            if is_constant(node) or (node, fact.bounds) in met:
                continue
            met.add((node, fact.bounds))
            self._learned += 1
            self._unsure |= not fact.sure
            self._known.setdefault(node, {}).setdefault(fact.block, []).append(fact)
            if node.op in (arithmetic.positive, arithmetic.negative):
                found = fact.bounds
                if node.op is arithmetic.negative:
                    found = bounds.opposite(node, found)
                stack.append((node.args[0], replace(fact, bounds=found)))
            elif node.op.name in ZERO_ALIKE and fact.bounds.low == fact.bounds.high == 0.0:
                stack.append((node.args[0], fact))
            elif fact.bounds.excludes_zero:
                rest = replace(fact, bounds=NONZERO)
                if node.op is arithmetic.power and not is_constant(node.args[1]):
                    base, exponent = node.args
                    self._exponents.setdefault(base, []).append((exponent, fact.block))
                stack += [(part, rest) for part in factors_of(node)]

    def after(self, before: Block, block: Block) -> None:
        """What runs ``block`` has run the block ``before`` to its end."""
        self._before.setdefault(block, []).append(before)

    def enter(self, predicate: Node, truth: bool, arm: Block) -> None:
        """An arm is run where a predicate has this truth, as earlier ones that ask for it were."""
        for other in self._run.get((predicate, truth), ()):
            # Where the branch that has run the arm stands around this one.
            if other.parent is not None and other.parent.encloses(arm.parent):
                self.after(other, arm)
        self._run.setdefault((predicate, truth), []).append(arm)
        self.assume(predicate, truth, arm)

    def assume(self, predicate: Node, truth: bool, block: Block) -> None:
        """In ``block`` a predicate has this truth."""
        for each, side in _conjuncts(predicate, truth):
            self._truths.setdefault(each, []).append((block, side))
            for value, found in self._shown(each, side, block):
                if found != bounds.ANYTHING:
                    self._know(value, Fact(block, found, sure=True))
                if found.low == found.high == 0.0:
                    self._at_zero(value, block)

    def _at_zero(self, base: Node, block: Block) -> None:
        """Of powers of zero only that with the exponent 0 is not zero.

        The code divides by the power: where that is a zero of NumPy's, it gives no finite number.
        """
        for exponent, home in self._exponents.get(base, ()):
            if home in self._reached(block):
                self._know(exponent, Fact(block, Bounds(0.0, 0.0, nan=False), sure=True))

    def _shown(self, predicate: Node, truth: bool, block: Block) -> Iterator[tuple[Node, Bounds]]:
        """The bounds that the truth of a predicate shows."""
        op = predicate.op
        if op not in (*ORDERINGS, arithmetic.equal, arithmetic.not_equal):
            # A number stands for its own truth.
            if not isinstance(predicate.type, Array) and op is not ITEM:
                yield predicate, NONZERO if truth else Bounds(0.0, 0.0)
            return
        if any(isinstance(arg.type, Array) for arg in predicate.args):
            return
        sides = predicate.args
        if op in ORDERINGS:
            upward, strict = ORDERINGS[op]
            if not truth:
                upward, strict = not upward, not strict
            above, below = sides if upward else sides[::-1]
            # Nothing is learned of constants.
            low = None if is_constant(above) else self.bounds(below, block)
            high = None if is_constant(below) else self.bounds(above, block)
            # Of nan nothing is true: where a comparison fails, its sides may not be in order.
            if low is not None and (truth or not low.nan):
                yield above, _above(low, strict, truth)
            if high is not None and (truth or not high.nan):
                yield below, _below(high, strict, truth)
        elif (op is arithmetic.equal) is truth:
            for node, other in (sides, sides[::-1]):
                if not is_constant(node):
                    yield node, replace(self.bounds(other, block), nan=False)
        else:
            for node, other in (sides, sides[::-1]):
                if is_constant(other, 0):
                    yield node, NONZERO

    def count(self, index: Node, loop_bounds: Sequence[Node], block: Block) -> None:
        """The index of a loop lies between the ends of its range."""
        start, stop, step = (self.bounds(bound, block) for bound in loop_bounds[:3])
        if step.low > 0.0:
            index.graph.bounds[index] = Bounds(start.low, stop.high - 1.0, nan=False)
        elif step.high < 0.0:
            index.graph.bounds[index] = Bounds(stop.low + 1.0, start.high, nan=False)
        self._answers.clear()

    # --- what is asked -----------------------------------------------------------------------

    def bounds(self, node: Node, block: Block, sure: bool = True) -> Bounds:
        """The bounds of ``node`` in ``block``; with ``sure`` unset also what divisions show."""
        if is_constant(node):
            return bounds_of(node)
        if self._answered != self._learned:
            self._answers.clear()
            self._answered = self._learned
        asked = (node, block, sure or not self._unsure)
        found = self._answers.get(asked)
        if found is None and not self._looking:
            self._looking, self._left = True, LOOKED_AT
            found = self._answers[asked] = self._bounds(*asked)
            self._looking = False
        elif found is None:
            # It is asked for another answer, which looks at no more values for that.
            found = self._bounds(*asked)
        return found

    def _bounds(self, node: Node, block: Block, sure: bool) -> Bounds:
        found = bounds_of(node)
        facts = self._known.get(node)
        if facts is not None:
            # Each is as good as the other: they hold together.
            for home in facts.keys() & self._reached(block):
                for fact in facts[home]:
                    if fact.sure or not sure:
                        found = found.both(fact.bounds)
        parts = self._parts_of(node) if node.args and self._known else ()
        self._left -= len(parts)
        if not parts or self._left < 0:
            return found
        if node.op is ITEM and node.args[0].op is IF:
            then, orelse = owned_blocks(node.args[0])
            told = self.decide(node.args[0].args[0], block)
            if told is not None and (then if told else orelse).completes:
                # It was chosen by what is known here.
                arm = then if told else orelse
                return found.both(self._bounds(arm.results[result_number(node)], arm, sure))
        if node.op is ITEM:
            arms = [arm for arm in owned_blocks(node.args[0]) if arm.completes]
            known = [self._bounds(*each, sure) for each in zip(parts, arms, strict=True)]
        else:
            known = [self._bounds(part, block, sure) for part in parts]
        for part, bound in zip(parts, known, strict=True):
            if bound is not bounds_of(part):
                return found.both(combined(node, known))
        # Nothing more is certain of them here: all that follows is in what was found.
        return found

    def _parts_of(self, node: Node) -> tuple[Node, ...]:
        """The values from whose bounds those of ``node`` follow."""
        found = self._parts.get(node)
        if found is None:
            found = self._parts[node] = parts_of(node)
        return found

    def decide(
        self,
        predicate: Node,
        block: Block,
        sure: bool = True,
        number: bool = False,
        own: bool = False,
    ) -> bool | None:
        """The truth of a predicate, where it is certain; ``number``: if nothing is nan.

        One of f's ``own`` branches is left out where literals tell it, else it stays.
        """
        truth = truth_of_literals(predicate)
        if own or truth is not None:
            return truth
        if predicate.op is arithmetic.logical_not:
            inner = self.decide(predicate.args[0], block, sure)
            return None if inner is None else not inner
        truth = self.assumed(predicate, block)
        if truth is not None:
            return truth
        if any(isinstance(arg.type, Array) for arg in predicate.args):
            return None
        if predicate.op.name in bounds.COMPARISONS:
            left, right = [self.bounds(arg, block, sure) for arg in predicate.args]
            if number:
                left, right = replace(left, nan=False), replace(right, nan=False)
            truth = bounds.compared(predicate.op.name, left, right)
            if truth is None and not sure and _is_zero_at_infinity(predicate):
                return False
            return truth
        return None

    def assumed(self, predicate: Node, block: Block) -> bool | None:
        """The truth of a predicate in ``block``, where an arm or a guard around tells it.

        Of a flag that branches give they may tell which arm has set it.
        """
        truth = self._told(predicate, block)
        while truth is None and predicate.op is ITEM and predicate.args[0].op is IF:
            branch = predicate.args[0]
            taken = self._told(branch.args[0], block)
            arm = owned_blocks(branch)[0 if taken else 1]
            if taken is None or not arm.completes:
                return None
            predicate = arm.results[result_number(predicate)]
            truth = self._told(predicate, block)
        if truth is None and is_constant(predicate):
            return bool(constant_value(predicate))
        return truth

    def _told(self, predicate: Node, block: Block) -> bool | None:
        """The truth that a predicate itself has in a block, or before it."""
        for home, truth in self._truths.get(predicate, ()):
            if home in self._reached(block):
                return truth
        return None

    def _reached(self, block: Block) -> frozenset[Block]:
        """The blocks around ``block``, and those that certainly ran before it."""
        known = self._reach.get(block)
        if known is None:
            found = {block, *self._before.get(block, ())}
            parent = block.parent
            around = self._reached(parent) if parent is not None else frozenset()
            known = self._reach[block] = around | found
        return known


class Ahead:
    """Facts from divisions that f makes next in any case.

    Where the derivative divides by the same number first, it raises what f is about to raise.
    """

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._position: dict[Node, int] = {}
        self._seen: dict[Block, int] = {}

    def look(
        self,
        at: Node,
        live: Collection[Node],
        block: Block,
        mapped: Callable[[Node], Node | None],
    ) -> None:
        """Learn from the steps behind ``at`` up to the first that may raise anything else."""
        steps = at.block.steps
        if at not in self._position:
            self._position.update({step: k for k, step in enumerate(steps)})
        first = max(self._position[at] + 1, self._seen.get(at.block, 0))
        for k in range(first, len(steps)):
            step = steps[k]
            if not step.origin.derivative:
                divides = step.op is arithmetic.divide and FLOAT in {arg.type for arg in step.args}
                if not divides and getattr(step.op, "raises", True):
                    self._seen[at.block] = k
                    return
                if divides and step in live:
                    self._facts.learn(step, block, mapped)
        self._seen[at.block] = len(steps)


def _exponent(node: Node) -> float:
    """The constant exponent of a power, 0 where it is none."""
    return float(constant_value(node.args[1])) if is_constant(node.args[1]) else 0.0


def factors_of(node: Node) -> tuple[Node, ...]:
    """What is not zero because ``node`` is not."""
    if node.op is arithmetic.multiply:
        return node.args
    powers = node.op is arithmetic.power and _exponent(node) > 0
    if node.op is arithmetic.divide or node.op.name in THROUGH or powers:
        return node.args[:1]
    return ()


def _is_zero_at_infinity(predicate: Node) -> bool:
    """Whether this asks if a constant over a number is 0: it is only where that is infinite."""
    asked, zero = predicate.args
    if predicate.op is not arithmetic.equal or not is_constant(zero, 0):
        return False
    if asked.op is not arithmetic.divide or not is_constant(asked.args[0]):
        return False
    return abs(float(constant_value(asked.args[0]))) >= SMALLEST


def divides_by(arm: Block, results: Collection[Node], value: Node) -> bool:
    """Whether an arm divides by ``value``, or by what is zero where that is."""
    for step in (*arm.steps, *results):
        inverse = step.op is arithmetic.power and _exponent(step) < 0
        if step.op is not arithmetic.divide and not inverse:
            continue
        stack, met = [step.args[0 if inverse else 1]], set()
        while stack:
            node = stack.pop()
            if node is value:
                return True
            if node not in met:
                met.add(node)
                stack += factors_of(node)
    return False


# What they give is nan where an argument is.
HANDING_ON = {"add", "subtract", "multiply", "divide", "negative", "log", "sqrt"}


def hands_on(arm: Block, value: Node) -> bool:
    """Whether all results of an arm are nan where ``value`` is."""
    return bool(arm.results) and all(_carries(result, value) for result in arm.results)


def _carries(result: Node, value: Node) -> bool:
    stack, left = [result], LOOKED_AT
    while stack and left:
        node, left = stack.pop(), left - 1
        if node is value:
            return True
        if node.op.name in HANDING_ON and node.origin.derivative:
            stack += node.args
    return False


def _above(low: Bounds, strict: bool, truth: bool) -> Bounds:
    nonzero = low.low >= 0.0 and (strict or low.excludes_zero)
    return Bounds(low.low, math.inf, nonzero, not truth)


def _below(high: Bounds, strict: bool, truth: bool) -> Bounds:
    nonzero = high.high <= 0.0 and (strict or high.excludes_zero)
    return Bounds(-math.inf, high.high, nonzero, not truth)


def _conjuncts(predicate: Node, truth: bool) -> Iterator[tuple[Node, bool]]:
    """What ``a and b``, where true, or ``a or b``, where false, shows of a and b."""
    stack = [(predicate, truth)]
    while stack:
        node, side = stack.pop()
        yield node, side
        if node.op is arithmetic.logical_not:
            stack.append((node.args[0], not side))
        elif node.op is ITEM and node.args[0].op is IF:
            branch, k = node.args[0], result_number(node)
            then, orelse = owned_blocks(branch)
            # A branch may tell more than the truth of `and` or `or`, which is in these arms.
            first, other = (then, orelse) if side else (orelse, then)
            if branch.params[2] == ("and" if side else "or") and (
                is_constant(other.results[k], not side) or other.results[k] is branch.args[0]
            ):
                stack += [(first.results[k], side), (branch.args[0], side)]
