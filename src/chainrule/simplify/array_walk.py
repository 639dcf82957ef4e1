"""Products and sums of arrays in derivative code: fewer passes over their entries."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from functools import cached_property

from chainrule.graph.block import Graph
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, INT, Array, unit_axes_of
from chainrule.primitives.apart import UPDATED, are_apart, before_writes_elsewhere, place_of
from chainrule.primitives.arithmetic import add, divide, multiply, negative, subtract
from chainrule.primitives.arrays.call import ArrayCall
from chainrule.primitives.arrays.creation import astype
from chainrule.primitives.arrays.indexing import section_set
from chainrule.primitives.arrays.measured import lengths_of
from chainrule.primitives.arrays.products import einsum
from chainrule.primitives.arrays.reductions import array_sum
from chainrule.primitives.arrays.shaping import expand_dims, flip, squeeze
from chainrule.primitives.copying import Copier
from chainrule.primitives.declare import Primitive, is_constant
from chainrule.primitives.floats import integral
from chainrule.primitives.index_ranges import differ
from chainrule.primitives.sequence import entry_of_all, index, index_add, index_set
from chainrule.simplify.chosen_numbers import is_of_numbers, take_numbers_in
from chainrule.simplify.contractions import contracted, summed_at_once, without_kept_axes
from chainrule.simplify.exponentials import take_exponentials
from chainrule.simplify.passes import (
    LONGER,
    arranged,
    lose_axes,
    may_arrange,
    numbers_in_common,
    pass_cost,
    size_of,
)
from chainrule.simplify.powers import gathered
from chainrule.simplify.product import PRODUCT_OPS, Product, collect
from chainrule.simplify.scattered import WRITES, Scattered, multiples, sums
from chainrule.simplify.steep import hide_nothing, nothing_at, take_steep
from chainrule.simplify.sums import SUM_OPS
from chainrule.simplify.written_entries import entry_written

# So many writes between two to one entry are looked through.
MOST_BETWEEN = 8
# Python's own names of these do for arrays too.
KEPT_NAMES = ("absolute",)


def _is_number(node: Node) -> bool:
    return not unit_axes_of(node.type)


def _number_apart(node: Node) -> tuple[Node, Node] | None:
    """``(number, array)`` of a product or quotient of the two."""
    if node.op not in (multiply, divide):
        return None
    left, right = node.args
    if node.op is multiply and not unit_axes_of(left.type) and unit_axes_of(right.type):
        return left, right
    if not unit_axes_of(right.type) and unit_axes_of(left.type):
        return right, left
    return None


def _multiples_merged(terms: list[tuple[Product, float]]) -> list[tuple[Product, float]]:
    """``x * x + 2.0 * x * x`` as one term; multiples of different signs stay, they may be inf."""
    found: dict[object, tuple[Product, float]] = {}
    for product, sign in terms:
        atoms, stack = [], list(product.factors)
        while stack:
            node = stack.pop()
            if node.op is multiply and unit_axes_of(node.type):
                stack += node.args
            else:
                atoms.append(node.serial)
        divisors = tuple(sorted(node.serial for node in product.divisors))
        constant = sign * product.constant
        key = (tuple(sorted(atoms)), divisors, constant > 0.0)
        if key not in found:
            found[key] = product, sign
            continue
        other, its_sign = found[key]
        # The one that stands for more at once.
        kept = min(other, product, key=lambda each: len(each.factors))
        total = Product(constant + its_sign * other.constant, kept.factors, kept.divisors)
        total.take_constants()
        found[key] = total, 1.0
    return list(found.values())


def _is_plain(term: tuple[Product, float]) -> bool:
    """Whether a term of a sum is one value as it is."""
    product, sign = term
    alone = len(product.factors) == 1 and not product.divisors
    return alone and product.constant == 1.0 == sign


def _of_integers(op: Primitive, args: list[Node]) -> bool:
    """Whether NumPy would compute it in integers that may wrap around; sums are in wide ones."""
    return op is not array_sum and all(map(integral, args))


def is_distinct_pattern(step: Node) -> bool:
    """Whether an update names no entry twice."""
    return step.op in (index_add, index_set) or "a" not in str(step.params[0])


def _keeps_its_sign(node: Node) -> bool:
    """Whether this is minus something that has no number to take the sign: ``-2.0 * x`` has."""
    return node.op is negative and not (
        node.args[0].op is multiply and any(map(is_constant, node.args[0].args))
    )


def _is_zeros(node: Node) -> bool:
    """Whether these are the zeros with which the adjoint of an array begins."""
    return node.op.name == "array_zeros_like" and node.origin.derivative


def signed_arguments(node: Node, sign: float) -> list[tuple[Node, float]]:
    """The arguments of a sum with their signs, the last one first."""
    if node.op is negative:
        return [(node.args[0], -sign)]
    return [(node.args[1], -sign if node.op is subtract else sign), (node.args[0], sign)]


def _beside_ones(left: Node, right: Node) -> Node | None:
    """What ones of the same shape are multiplied with: they widen nothing."""
    for ones, other in ((left, right), (right, left)):
        written = ones.op.name == "array_ones_like" and ones.origin.derivative
        if written and other.type == ones.type and lengths_of(other) == lengths_of(ones):
            return other
    return None


def _fills(array: Node, uniform: Node) -> bool:
    """Whether an array has certainly the shape of one that is the same number everywhere."""
    return array.type == uniform.type and lengths_of(array) == lengths_of(uniform)


class ArraySimplifier(Copier):
    """What the walk of simplification does to arrays."""

    def __init__(self, source: Graph) -> None:
        super().__init__(source)
        self.uses: dict[Node, int] = {}
        self.user: dict[Node, Node] = {}
        # Arrays that are zero everywhere, and those that are another number.
        self.nothing: set[Node] = set()
        self.uniform: dict[Node, Node] = {}
        # Factors, and divisors, in which nothing is infinite where something is 0.
        self.smooth: set[tuple[Node, bool]] = set()

    def settled(self, node: Node) -> Node:
        """What an argument of derivative code has become."""
        raise NotImplementedError

    def _array_product(self, step: Node) -> Node | None:
        """The product of arrays that ends in ``step``, its small parts first."""
        user = self.user.get(step)
        if user is not None and self._opens_array(step, user):
            return None
        opened: list[Node] = [step]
        product = self._opened(step, opened)
        steep = take_steep(product)
        if not (may_arrange(product) or steep) or not math.isfinite(product.constant):
            return None
        if (nothing := nothing_at(product, self.smooth)) is not None:
            one = self.graph.constant(1.0)
            return hide_nothing(product, nothing, lambda: arranged(product, one, signed=False)[0])
        before_cancelling = [*product.factors, *product.divisors]
        product.take_signs()
        product.cancel()
        product.meet_quotients()
        if lose_axes(before_cancelling, [*product.factors, *product.divisors]):
            return None
        product.factors = gathered(product.factors)
        growing = take_exponentials(product)
        product.take_constants()
        single = [leaf for part in opened for leaf in part.args if self.uses.get(leaf) == 1]
        choices = [self.settled(leaf) for leaf in single if is_of_numbers(leaf)]
        chosen = take_numbers_in(product, choices, self.graph.constant(1.0))
        signed = user is not None and (user.op in SUM_OPS or user.op.name == "array_sum")
        signed = signed and self.uses.get(step) == 1
        found = arranged(product, self.graph.constant(1.0), signed)
        before = sum(map(pass_cost, opened))
        changed = growing or steep or chosen or found[1] < before
        return found[0] if product.constant != 0.0 and changed else None

    def _opens_array(self, node: Node, user: Node) -> bool:
        """As :meth:`_opens`, of arrays and what multiplies them."""
        return (
            node.op in PRODUCT_OPS
            and user.op in PRODUCT_OPS
            and (node.origin.derivative or self._is_nameless(node))
            and user.origin.derivative
            and self.uses.get(node) == 1
            and node.block is user.block
            and (node.type == FLOAT or isinstance(node.type, Array))
        )

    def _is_nameless(self, node: Node) -> bool:
        """Whether a product of f's, which raises nothing, stands in an expression of f's alone."""
        return node.op is multiply and node not in self.source.names and not integral(node)

    def _array_sum(self, step: Node) -> Node | None:
        """A sum of arrays, with numbers that all terms are multiplied by in front."""
        user = self.user.get(step)
        if user is not None and self._opens_array_sum(step, user):
            return None
        terms: list[tuple[Product, float]] = []
        before, growing = 0.0, False
        stack = [(step, 1.0)]
        while stack:
            node, sign = stack.pop()
            if node is step or self._opens_array_sum(node, self.user[node]):
                stack += signed_arguments(node, sign)
                continue
            product = Product()
            if node.op in PRODUCT_OPS and self._opens_array(node, node):
                opened = [node]
                product = self._opened(node, opened)
                growing |= take_exponentials(product)
                before += sum(map(pass_cost, opened))
            else:
                product.put(self.settled(node), below=False)
            if not may_arrange(product) or nothing_at(product, self.smooth) is not None:
                return None
            terms.append((product, sign))
        one = self.graph.constant(1.0)
        found, terms = len(terms), _multiples_merged(terms)
        if len(terms) == 1 < found:
            ((product, sign),) = terms
            value = arranged(product, one, signed=True)[0]
            return value if sign > 0.0 else negative.build(value)
        above, below = numbers_in_common([product for product, _ in terms])
        # ``s + s`` of an ``s = 0.5 * w`` is w.
        plain = len(terms) < found and all(map(_is_plain, terms))
        if len(terms) < 2 or not (above or below or plain):
            return None
        total: Node | None = None
        cost = 0.0 if plain else LONGER ** size_of(step)
        for product, sign in terms:
            for node in above:
                product.factors.remove(node)
            for node in below:
                product.divisors.remove(node)
            value, taken = arranged(product, one, signed=True)
            cost += taken
            if total is None:
                total = value if sign > 0.0 else negative.build(value)
            else:
                total = (add if sign > 0.0 else subtract).build(total, value)
        if (cost > before and not growing) or total is None:
            return None
        return arranged(Product(1.0, [total, *above], below), one, signed=False)[0]

    def _opened(self, root: Node, opened: list[Node]) -> Product:
        """The product that ends in ``root``; its operations are added to ``opened``."""

        def opens(node: Node, user: Node) -> bool:
            if not self._opens_array(node, user):
                return False
            opened.append(node)
            return True

        return collect(root, opens, self.settled, outer_first=True)[0]

    def _opens_array_sum(self, node: Node, user: Node) -> bool:
        """As :meth:`_opens_sum`, of arrays of one shape."""
        return (
            node.op in SUM_OPS
            and user.op in SUM_OPS
            and node.origin.derivative
            and user.origin.derivative
            and self.uses.get(node) == 1
            and node.block is user.block
            and node.type == user.type
        )

    def _something(self, op: Primitive, args: tuple[Node, ...]) -> Node | None:
        """What is left of a sum or product of which a part is the same number everywhere."""
        left, right = args[0], args[-1]
        if self.uniform and op in (add, subtract, multiply, divide):
            if right in self.uniform and (_fills(left, right) or _is_number(left)):
                return op.build(left, self.uniform[right])
            if left in self.uniform and (_fills(right, left) or _is_number(right)):
                return op.build(self.uniform[left], right)
        if op is subtract and left is right:
            return self.graph.constant(0 if left.type == INT else 0.0)
        if op is multiply and (rest := _beside_ones(left, right)) is not None:
            return rest
        if not self.nothing or not self.nothing.intersection(args):
            return None
        if op in (add, subtract):
            if right in self.nothing:
                return left
            return right if op is add else negative.build(right)
        if op is multiply or (left in self.nothing and op in (divide, negative)):
            return self.graph.constant(0.0)
        return None

    def _chosen_nothing(self, options: tuple[Node, ...]) -> Node | None:
        """0 where whatever is chosen is 0 everywhere."""
        if self.nothing and all(part in self.nothing or is_constant(part, 0) for part in options):
            return self.graph.constant(0.0)
        return None

    @cached_property
    def scattered(self) -> Scattered:
        """The parts that nothing needs as arrays."""
        return Scattered(self.read_by(), self.uses)

    @cached_property
    def kept_for(self) -> Counter[Node]:
        """How often derivative code reads a value."""
        reading = (step for step in self.read_by() if step.origin.derivative)
        return Counter(arg for step in reading for arg in step.args)

    def read_by(self) -> Iterable[Node]:
        """The steps whose arguments are counted."""
        raise NotImplementedError

    def _scattered(self, step: Node) -> Node | None:
        """A sum of arrays, of zeros with something written in: that is added at its place."""
        for other, part in sums(step):
            line = multiples(part)
            if line is None or not all(map(self.scattered.is_added, line)):
                continue
            write, *scaled = line
            _, *place, value = write.args
            added = self.mapped(value)
            for each in scaled:
                args = (added if unit_axes_of(arg.type) else self.mapped(arg) for arg in each.args)
                assert isinstance(each.op, Primitive)
                added = each.op.build(*args)
            added = negative.build(added) if step.op is subtract else added
            new = (self.mapped(other), *map(self.mapped, place), added)
            return self.graph.cursor.add(WRITES[write.op], new, write.params, step.type)
        return None

    def _update(self, step: Node) -> Node | None:
        """What is added to zeros is written there, also beside what stands there already."""
        base, *rest = map(self.mapped, step.args)
        if is_constant(rest[-1], 0):
            return base
        if not is_distinct_pattern(step) or not step.origin.derivative:
            return None
        if rest[-1].op is negative and not unit_axes_of(rest[-1].type):
            # `x_bar[0] -= e` is shorter.
            return None
        if _is_zeros(before_writes_elsewhere(base, place_of(step), UPDATED)):
            return self._written(step, base, rest)
        if (restored := self._restored(step)) is not None:
            return restored
        # Of two additions to zeros the one without a sign comes first.
        first = step.args[0]
        signed = base.op in WRITES and _keeps_its_sign(base.args[-1])
        alone = self.uses.get(first) == 1 and first.block is step.block
        if signed and alone and _is_zeros(base.args[0]) and is_distinct_pattern(base):
            start = self._written(step, base.args[0], rest)
            args = (start, *base.args[1:])
            return self.graph.cursor.add(WRITES[base.op], args, base.params, base.type)
        return None

    def _entry(self, step: Node) -> Node | None:
        """What an entry is, where that need not be read."""
        base = self.settled(step.args[0])
        whole = entry_of_all(base, step)
        return (
            entry_written(base, list(map(self.mapped, step.args[1:]))) if whole is None else whole
        )

    def _restored(self, step: Node) -> Node | None:
        """What is added to an entry that was set to 0 before is written there instead.

        Nothing is where it is what stood there: ``b = a[0]; a[0] = 0.0; a[1] += c; a[0] += b``.
        """
        if step.op is not index_add:
            return None
        place = place_of(step)
        between: list[Node] = []
        version = step.args[0]
        while len(between) < MOST_BETWEEN and self._is_update_before(version, step):
            *path, value = version.args[1:]
            if version.op is index_set and path == list(step.args[1:-1]):
                if not is_constant(value, 0):
                    return None
                break
            entry = version.op is index_add and differ(path, step.args[1:-1])
            if not (entry or are_apart(place_of(version), place)):
                return None
            between.append(version)
            version = version.args[0]
        else:
            return None
        base = self.mapped(version.args[0])
        for each in reversed(between):
            args = (base, *map(self.mapped, each.args[1:]))
            base = self.graph.cursor.add(each.op, args, each.params, each.type)
        *subscript, value = map(self.mapped, step.args[1:])
        if value.op is index and value.args == (self.mapped(version.args[0]), *subscript):
            return base
        return self._written(step, base, [*subscript, value])

    def _is_update_before(self, version: Node, step: Node) -> bool:
        """Whether ``version`` is an update of an adjoint, which nothing but ``step`` needs."""
        single = version.op in WRITES and self.uses.get(version) == 1
        return single and version.block is step.block and version.origin.derivative

    def _written(self, step: Node, base: Node, rest: list[Node]) -> Node:
        """An addition as the writing of a value."""
        op = index_set if step.op is index_add else section_set
        return self.graph.cursor.add(op, (base, *rest), step.params, step.type)

    def _function(self, step: Node) -> Node:
        """A step that is copied as it is, functions of arrays under f's name for them."""
        args = tuple(map(self.mapped, step.args))
        new = self.graph.cursor.add(step.op, args, step.params or self._library(step), step.type)
        self.map[step] = new
        self.named(step, new)
        return new

    def _library(self, step: Node) -> tuple[str, ...]:
        """The params by which f calls a function of arrays, or of numbers of NumPy's."""
        op = step.op
        if not (isinstance(op, Primitive) and op.broadcasts) or op.symbol is not None:
            return ()
        if step.params == op.numpy_spelling:
            return op.numpy_spelling
        if not unit_axes_of(step.type) or op.name in KEPT_NAMES or not op.callables:
            return ()
        named = (name for name in op.callables if name.startswith(("numpy.", "scipy.")))
        name = next(named, op.callables[0])
        return () if name == op.callables[0] else (name,)

    def _contracted(self, step: Node, args: list[Node], single: list[bool]) -> Node | None:
        """The sum of a product that nothing else needs."""
        if step.op is squeeze and single[0] and args[0].op is array_sum:
            return without_kept_axes(args[0], step.params[0])
        if step.op is not array_sum or not single[0]:
            return None
        axis, keepdims, *_ = step.params
        if args[0].op is array_sum:
            return summed_at_once(args[0], axis, bool(keepdims))
        if not args[0].origin.derivative:
            return None
        factors = step.args[0].args
        unkept = [k for k, factor in enumerate(factors) if self.kept_for[factor] == 1]
        return contracted(args[0], axis, bool(keepdims), unkept)

    def _array_call(self, step: Node) -> Node:
        """A call of NumPy with signs, and numbers that a sum is multiplied by, taken out."""
        op, args = step.op, list(map(self.settled, step.args))
        assert isinstance(op, ArrayCall)
        single = [self.uses.get(arg) == 1 for arg in step.args]
        outside: list[tuple[Primitive, Node]] = []
        over: Node | None = None
        minus = False
        several = op.multilinear or op is einsum
        for position in range(len(args)) if op is einsum else op.linear_alone:
            while single[position] and args[position].origin.derivative:
                inner = args[position]
                if inner.op is negative:
                    minus, args[position] = not minus, inner.args[0]
                elif (
                    (not several or size_of(step) < size_of(inner))
                    and (parts := _number_apart(inner)) is not None
                    # Behind it a number of NumPy's would widen the array again.
                    and (op is not astype or is_constant(parts[0]))
                    and not _of_integers(op, [*args[:position], parts[1], *args[position + 1 :]])
                ):
                    outside.append((inner.op, parts[0]))  # type: ignore[arg-type]
                    args[position] = parts[1]
                elif op is expand_dims and inner.op is divide and _is_number(inner.args[0]):
                    # Beside the other sums over that axis it may cancel.
                    over, args[position] = inner.args
                    break
                else:
                    break
        new = self._contracted(step, args, single)
        if new is None and (op.multilinear or op is flip) and op.simplify is not None:
            new = op.simplify(*args, **op.statics(step.params))
        if new is None:
            new = self.graph.cursor.add(op, tuple(args), step.params)
        if over is not None:
            new = divide.build(over, new)
        for operation, number in reversed(outside):
            product = (number, new) if operation is multiply else (new, number)
            new = operation.build(*product)
        if minus:
            new = negative.build(new)
        if new.type != step.type:
            return super().copy(step)
        self.map[step] = new
        self.named(step, new)
        return new
