"""Constants and signs that the users of a shared value put in front of it go into the value.

    scale = ratio * dz                          scale = 6.0 * ratio * dz
    return -6.0 * scale, y + 6.0 * scale        return -scale, y + scale

Into a product with a constant of its own they go for nothing, and so into a sum whose terms have
constants; a minus sign turns a difference round.
"""

from __future__ import annotations

import math

from chainrule.graph.block import Graph
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.primitives.arithmetic import add, divide, multiply, negative, subtract
from chainrule.primitives.arrays.indexing import section_add
from chainrule.primitives.control import IF, LOOP, loop_parts, next_states, owned_blocks
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import Live
from chainrule.primitives.declare import constant_value, is_constant
from chainrule.primitives.sequence import index_add
from chainrule.records import dataclass
from chainrule.simplify.product import PRODUCT_OPS, Product, collect, is_part
from chainrule.simplify.rules import (
    add_scaled,
    factor_difference,
    factor_sum,
    subtract_scaled,
)
from chainrule.simplify.sharing import Sharing

SUMS = (add, subtract)
# One scaled value can open the way for what it is made of.
WALKS = 3


@dataclass
class Use:
    """A product that a value is a factor of, or what uses it as it is."""

    constant: float
    signed: bool
    root: Node | None = None

    def cost(self, scale: float = 1.0) -> int:
        """Operations for the constant in front of the value times ``scale``."""
        constant = self.constant / scale
        if constant == -1.0:
            return 0 if self.signed else 1
        return 0 if constant == 1.0 else 1


class Inward(Copier):
    """Copies a graph with such constants moved.

    Under ``ahead`` also where that saves nothing yet, but moves the constant to another value that
    is used more than once.
    """

    def __init__(self, source: Graph, live: Live, ahead: bool = False) -> None:
        super().__init__(source)
        self.live = live
        self.ahead = ahead
        self.uses: dict[Node, int] = {}
        self.users: dict[Node, list[Node]] = {}
        nodes = live.in_order()
        for node in nodes:
            for arg in node.args:
                self.uses[arg] = self.uses.get(arg, 0) + 1
                self.users.setdefault(arg, []).append(node)
        for result in leaving(source, live):
            self.uses[result] = self.uses.get(result, 0) + 1
        # The products, each by its last operation, and of which of them an operation is a part.
        self.products: dict[Node, Product] = {}
        self.part_of: dict[Node, Node] = {}
        for node in reversed(nodes):
            self._learn(node)
        self.changed: dict[Node, Node] = {}
        self.scales: dict[Node, float] = {}
        self.scaled: dict[Node, Node] = {}
        # What a constant stands before, and so is computed once where it comes again.
        self.pairs = {
            (factor, abs(product.constant))
            for product in self.products.values()
            for factor in product.factors
        }
        by_value = self._uses_by_value()
        for node in nodes:
            if node in by_value:
                self._choose(node, by_value[node])

    def _learn(self, node: Node) -> None:
        if node.op not in PRODUCT_OPS or node.type != FLOAT or not node.origin.derivative:
            return
        users = self.users.get(node, ())
        if len(users) == 1 and self._opens(node, users[0]) and users[0].origin.derivative:
            self.part_of[node] = self.part_of.get(users[0], users[0])
        else:
            product = collect(node, self._opens, lambda value: value)[0]
            if product.factors and math.isfinite(product.constant) and product.constant != 0.0:
                self.products[node] = product

    def _opens(self, node: Node, user: Node) -> bool:
        return is_part(node, user, self.uses) and node not in self.source.names

    def _uses_by_value(self) -> dict[Node, list[Use]]:
        """For values that are used more than once, all uses, where each is one to be changed."""
        found: dict[Node, list[Use]] = {}
        # Of a square the constant would have to go in twice.
        repeated: set[Node] = set()
        for root, product in self.products.items():
            for factor in product.factors:
                use = Use(product.constant, not product.divisors and self._bears_sign(root), root)
                found.setdefault(factor, []).append(use)
            if len(set(product.factors)) < len(product.factors):
                repeated.update(f for f in product.factors if product.factors.count(f) > 1)
        for node, users in self.users.items():
            for user in users:
                if not (user in self.products or user in self.part_of):
                    found.setdefault(node, []).append(Use(1.0, _takes_sign(node, user)))
        return {
            node: uses
            for node, uses in found.items()
            if len(uses) == self.uses.get(node)
            and len(uses) > 1
            and node.origin.derivative
            and node.type == FLOAT
            and not is_constant(node)
            and node not in repeated
            and (node.op in PRODUCT_OPS or node.op in SUMS)
        }

    def _bears_sign(self, root: Node) -> bool:
        """Whether a minus sign in front of a product costs nothing where it is used."""
        users = self.users.get(root, ())
        return len(users) == 1 == self.uses[root] and _takes_sign(root, users[0])

    def _choose(self, node: Node, uses: list[Use]) -> None:
        """Scale a value where that saves operations, and nothing else changes its products."""
        roots = [use.root for use in uses if use.root is not None]
        if node in self.changed or any(root in self.changed for root in roots):
            return
        before = sum(use.cost() for use in uses)
        best, most = 1.0, 0
        constants = [abs(use.constant) for use in uses]
        for scale in dict.fromkeys([*constants, -1.0, *(-constant for constant in constants)]):
            if scale == 1.0:
                continue
            gain = before - sum(use.cost(scale) for use in uses) - self._price(node, scale)
            if gain > most or (gain == most == 0 and best == 1.0 and self._hands_on(node, scale)):
                best, most = scale, gain
        if best != 1.0:
            self.scales[node] = best
            self.changed[node] = node
            self.changed.update(dict.fromkeys(roots, node))

    def _hands_on(self, node: Node, scale: float) -> bool:
        """Whether a constant in front of a product can go into, or with, what is used elsewhere."""
        product = self.products.get(node)
        if not self.ahead or scale == -1.0 or product is None or product.constant != 1.0:
            return False
        return any(
            (self.uses[factor] > 1 and factor in self.products)
            or (factor, abs(scale)) in self.pairs
            for factor in product.factors
        )

    @property
    def finds(self) -> bool:
        """Whether there is anything to move."""
        return bool(self.scales)

    # --- what takes a constant in ---------------------------------------------------------

    def _price(self, node: Node, scale: float) -> int:
        """Operations that a value takes more when it is multiplied by ``scale``."""
        if scale == -1.0 and node.op is subtract:
            return 0
        product = self.products.get(node)
        if product is not None:
            alone = Use(product.constant, False)
            if product.constant == 1.0 and self._soft(product, scale) is not None:
                return 0
            return alone.cost(1.0 / scale) - alone.cost()
        return 0 if self._takes_all(node) else 1

    def _soft(self, product: Product, scale: float) -> int | None:
        """Which factor is a sum that takes a constant in."""
        for position, factor in enumerate(product.factors):
            turned = scale == -1.0 and factor.op is subtract
            if self._own_part(factor) and (turned or self._takes_all(factor)):
                return position
        return None

    def _own_part(self, node: Node) -> bool:
        return self.uses.get(node) == 1 and node.origin.derivative and node.type == FLOAT

    def _takes_all(self, node: Node) -> bool:
        """Whether every term of a sum has a constant in front."""
        return node.op in SUMS and all(self._has_constant(arg) for arg in node.args)

    def _has_constant(self, node: Node) -> bool:
        if is_constant(node):
            return True
        if not self._own_part(node) or node in self.source.names or node in self.changed:
            return False
        product = self.products.get(node)
        if product is None:
            return self._takes_all(node)
        return abs(product.constant) != 1.0

    def _times(self, node: Node, scale: float) -> Node:
        """The new value of ``node`` times ``scale``."""
        graph = self.graph
        if is_constant(node):
            return graph.constant(scale * float(constant_value(node)))
        if scale == -1.0 and node.op is subtract:
            return subtract.build(self.mapped(node.args[1]), self.mapped(node.args[0]))
        if self._takes_all(node):
            left, right = (self._times(arg, scale) for arg in node.args)
            return self._added(node.op is subtract, left, right)
        product = self.products.get(node)
        if product is None:
            return multiply.build(graph.constant(scale), self._plain(node))
        soft = self._soft(product, scale) if product.constant == 1.0 else None
        factors = [
            self._times(factor, scale) if position == soft else self.mapped(factor)
            for position, factor in enumerate(product.factors)
        ]
        constant = product.constant * (scale if soft is None else 1.0)
        return self._built(Product(constant, factors, list(map(self.mapped, product.divisors))))

    def _plain(self, node: Node) -> Node:
        return self.graph.cursor.add(node.op, tuple(map(self.mapped, node.args)), node.params)

    def _built(self, product: Product) -> Node:
        """A product whose constant stays in front: smart constructors would take values apart."""
        value, *others = product.factors
        for factor in others:
            value = multiply.build(value, factor)
        cursor = self.graph.cursor
        if product.constant == -1.0 and not product.divisors:
            return cursor.add(negative, (value,))
        if product.constant != 1.0:
            value = cursor.add(multiply, (self.graph.constant(product.constant), value))
        for divisor in product.divisors:
            value = cursor.add(divide, (value, divisor))
        return value

    # --- the walk -------------------------------------------------------------------------

    def mapped(self, node: Node) -> Node:
        if node in self.scaled:
            return self._built(Product(1.0 / self.scales[node], [self.scaled[node]]))
        return super().mapped(node)

    def copy(self, step: Node) -> Node:
        if step in self.scales:
            self.scaled[step] = self._times(step, self.scales[step])
            return self.scaled[step]
        if step in self.changed:
            self.map[step] = self._with_scaled(step, self.changed[step])
        elif step.op in SUMS and step.origin.derivative and step.type == FLOAT:
            left, right = map(self.mapped, step.args)
            alone = all(map(self._own_part, step.args))
            self.map[step] = self._added(step.op is subtract, left, right, alone)
        elif step.op is negative and self._has_become_difference(step.args[0]):
            after, before = self.mapped(step.args[0]).args
            self.map[step] = subtract.build(before, after)
        else:
            return super().copy(step)
        self.named(step, self.map[step])
        return self.map[step]

    def _has_become_difference(self, node: Node) -> bool:
        """Whether the terms of a sum have changed their signs."""
        moved = node.op in SUMS and node.op is not subtract and node.origin.derivative
        return moved and self.mapped(node).op is subtract

    def _added(self, minus: bool, left: Node, right: Node, alone: bool = False) -> Node:
        """The sum or difference, in which a minus sign may have come or gone.

        Of terms that stand ``alone`` a constant that now is that of both goes in front.
        """
        if is_constant(right) and constant_value(right) < 0:
            right, minus = self.graph.constant(-float(constant_value(right))), not minus
        found = (add_scaled if minus else subtract_scaled)(left, right, True, True)
        if found is None and alone and _one_constant(left, right):
            found = (factor_difference if minus else factor_sum)(left, right, True, True)
        return (subtract if minus else add).build(left, right) if found is None else found

    def _with_scaled(self, step: Node, value: Node) -> Node:
        product = self.products[step]
        factors = [
            self.scaled[value] if factor is value else self.mapped(factor)
            for factor in product.factors
        ]
        constant = product.constant / self.scales[value]
        return self._built(Product(constant, factors, list(map(self.mapped, product.divisors))))


def _one_constant(left: Node, right: Node) -> bool:
    """Whether both are products with the same constant in front."""
    if left.op is not multiply or right.op is not multiply:
        return False
    return is_constant(left.args[0]) and left.args[0] is right.args[0]


def _takes_sign(node: Node, user: Node) -> bool:
    """Whether ``user`` takes the negative of ``node`` as well: a sum, or an addition to a place."""
    if user.op in (index_add, section_add):
        return node is user.args[-1] and node not in user.args[:-1]
    if user.op not in SUMS or not user.origin.derivative or user.args[0] is user.args[1]:
        return False
    return user.op is add or user.args[1] is node


def leaving(source: Graph, live: Live) -> list[Node]:
    """Values that leave a block."""
    found = list(source.body.results)
    for node, k in live.columns:
        if node.op is LOOP:
            found += [loop_parts(node)[1][k], next_states(node)[k]]
        elif node.op is IF:
            found += [block.results[k] for block in owned_blocks(node) if block.completes]
        else:
            found += [block.results[k - 1] for block in owned_blocks(node) if block.completes and k]
    return found


def inward(graph: Graph, live: Live) -> list[Copier]:
    """The walks that move constants, none where that saves nothing."""
    found: list[list[Copier]] = [[]]
    counts = [live.operations]
    for ahead in (False, True):
        walks: list[Copier] = []
        source, needed = graph, live
        for _ in range(WALKS):
            walk = Inward(source, needed, ahead)
            if not walk.finds:
                break
            walk.run()
            walks.append(walk)
            source, needed = walk.graph, Live(walk.graph)
        if ahead and walks and (sharing := Sharing(source, needed)).finds:
            sharing.run()
            walks.append(sharing)
            needed = Live(sharing.graph)
        found.append(walks)
        counts.append(needed.operations)
    if min(counts) < counts[0]:
        return found[counts.index(min(counts))]
    # The sign of what is added to a place is counted, but costs nothing.
    return found[1] if counts[1] == counts[0] else []
