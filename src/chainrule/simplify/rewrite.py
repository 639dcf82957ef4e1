"""One walk of simplification, which rebuilds a graph.

f's own statements are copied as they are.  Derivative values are built anew through the smart
constructors and :mod:`chainrule.simplify.rules`; what nothing needs is left out; states of
loops that never change, and results of branches that are the same on both arms, become plain
values.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

from chainrule.graph.block import CONSTANT, GLOBAL, ITEM, PARAMETER, UNDEFINED, Block, Graph
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, FLOAT, INT, unit_axes_of
from chainrule.primitives.arithmetic import add, divide, multiply, negative, subtract
from chainrule.primitives.arrays.call import ArrayCall
from chainrule.primitives.arrays.indexing import section_add
from chainrule.primitives.choices import where
from chainrule.primitives.control import IF, LOOP, loop_parts, next_states, owned_blocks
from chainrule.primitives.cost import Live
from chainrule.primitives.declare import Primitive, finite_value, is_constant
from chainrule.primitives.effect import RAISE
from chainrule.primitives.floats import without_rounding
from chainrule.primitives.row_lengths import known_counts
from chainrule.primitives.sequence import index, index_add
from chainrule.primitives.silence import chooses, silent
from chainrule.simplify.endless import all_endless
from chainrule.simplify.facts import Ahead, Facts, divides_by, hands_on
from chainrule.simplify.flagged import Flagged
from chainrule.simplify.hinges import unguarded, unguarded_arm
from chainrule.simplify.masks import masks_met
from chainrule.simplify.multiples import multiples_of
from chainrule.simplify.opposites import opposite_sum
from chainrule.simplify.over_products import over_products
from chainrule.simplify.product import (
    PRODUCT_OPS,
    Leaf,
    Product,
    collect,
    is_part,
    leaves_of,
    product_of,
    taken_apart,
)
from chainrule.simplify.rules import RULES
from chainrule.simplify.scales import scales_of
from chainrule.simplify.signs import magnitude
from chainrule.simplify.sum_walk import SumSimplifier
from chainrule.simplify.sums import SUM_OPS, Term, built

NOT_ASKED: Any = object()
UPDATES = {index_add, section_add}


class Simplifier(SumSimplifier):
    """One walk."""

    def __init__(
        self,
        source: Graph,
        live: Live | None = None,
        shared: bool = False,
        over_line: bool = False,
        rescaled: bool = False,
    ) -> None:
        super().__init__(source, shared, over_line, rescaled)
        self.live = Live(source) if live is None else live
        self.facts = Facts(silent(source) if chooses(source) else ())
        self.ahead = Ahead(self.facts)
        self.flagged = Flagged(self.facts)
        # Blocks in which the truth of a predicate is known.
        self.arm_of: dict[Block, tuple[Node, bool]] = {}
        self.copies: dict[Block | None, Block] = {}
        ordered = self.live.in_order()
        self.values = known_counts(ordered)
        for node in ordered:
            for arg in node.args:
                self.uses[arg] = self.uses.get(arg, 0) + 1
                self.user[arg] = node
        for result in (*source.body.results, *self._column_values()):
            self.uses[result] = self.uses.get(result, 0) + 1
        self.scales = scales_of(ordered, self.uses, self.user)
        self.multiples = multiples_of(ordered)

    def read_by(self) -> Iterable[Node]:
        return self.live.nodes

    @cached_property
    def left(self) -> Live:
        """What is needed in the graph that the walk has built."""
        return Live(self.graph)

    @cached_property
    def idle(self) -> bool:
        """Whether the walk has left every value as it was, as the next one would."""
        if len(self.left.nodes) != len(self.live.nodes):
            return False
        for node in self.live.nodes:
            new = self.map.get(node)
            if new is None or node.op is PARAMETER:
                continue
            same = new.op is node.op and len(new.args) == len(node.args)
            if not same or not all(map(self._is_copy, node.args, new.args)):
                return False
        return True

    def _is_copy(self, old: Node, new: Node) -> bool:
        known = self.map.get(old)
        if known is None:
            # Constants and the like are in the new graph what they were.
            return not old.args and (old.op, old.params) == (new.op, new.params)
        return known is new

    def opens(self, way: str) -> bool:
        """Whether a walk that is also ``"shared"``, ``"over_line"`` or ``"rescaled"`` may gain.

        Where this one has changed nothing, only the sums differ that were found on the way.
        """
        return self.rewrites or not self.idle or way in self.ways

    def _column_values(self) -> list[Node]:
        """Values that leave a block as its results."""
        found: list[Node] = []
        for node, k in self.live.columns:
            if node.op is LOOP:
                found += [loop_parts(node)[1][k], next_states(node)[k]]
            elif node.op is IF:
                blocks = [block for block in node.params[:2] if isinstance(block, Block)]
                found += [block.results[k] for block in blocks]
        return found

    def step(self, step: Node) -> None:
        if step in self.live.nodes:
            super().step(step)
            if step in self.multiples:
                self.constants[self.mapped(step)] = self.multiples[step]
            if not step.origin.derivative:
                self.facts.learn(step, self.graph.cursor, self.mapped)
                if step.op in (add, subtract) and step.type == FLOAT:
                    self._learn_sum(step)

    def structured(self, node: Node) -> None:
        """A guard is settled where what it asks is certain, also one that raises for a slope."""
        if node.op is IF:
            derived = node.origin.derivative or _raises(node)
            truth = self._truth(node, derived)
            if truth is not None:
                self._take(node, node.params[0 if truth else 1])
                for k, result in enumerate(node.params[0 if truth else 1].results):  # type: ignore[attr-defined]
                    if result is node.args[0] and result.type == BOOL:
                        self.map[node.block.item(node, k)] = self.graph.constant(truth)
                return
            if derived and (kept := unguarded_arm(node.args[0], owned_blocks(node))) is not None:
                self._take(node, kept)
                return
        super().structured(node)
        if node.op is IF:
            if node.origin.derivative or node.params[2] in ("and", "or"):
                self._asks_once(node)
            if node.origin.derivative:
                self._without_signs(node)
            for arm, truth in zip(owned_blocks(self.map[node]), (True, False), strict=True):
                if not arm.completes:
                    self.facts.assume(self.mapped(node.args[0]), not truth, self.graph.cursor)
            self.flagged.learn(self.map[node])

    def _asks_once(self, node: Node) -> None:
        """``p and True`` is ``p``, and so is ``p or False``."""
        made = self.map[node]
        predicate = made.args[0]
        held, failed = (arm.results for arm in owned_blocks(made))
        for k, (then, orelse) in enumerate(zip(held, failed, strict=True)):
            if not then.type == orelse.type == predicate.type == BOOL:
                continue
            held_so = then is predicate or is_constant(then, True)
            if held_so and (orelse is predicate or is_constant(orelse, False)):
                self.map[node.block.item(node, k)] = predicate

    def _without_signs(self, node: Node) -> None:
        """The signs of values by which they are multiplied are gone."""
        for k in range(len(owned_blocks(node)[0].results)):
            item = node.block.item(node, k)
            if item.type == FLOAT and (found := magnitude(self.mapped(item))) is not None:
                self.map[item] = found

    def _truth(self, node: Node, derived: bool) -> bool | None:
        """What the predicate of a branch certainly is; of one of f's own, if literals tell."""
        block, predicate = self.graph.cursor, self.mapped(node.args[0])
        truth = self.facts.decide(predicate, block, own=not derived)
        truth = self.flagged.truth(predicate, block) if truth is None else truth
        if truth is not None or not derived:
            return truth
        if not node.args[0].args:
            return None
        value = node.args[0].args[0]
        truth = self.facts.decide(predicate, block, number=True)
        if truth is not None and hands_on(owned_blocks(node)[0 if truth else 1], value):
            return truth
        self.ahead.look(node, self.live.nodes, block, self.map.get)
        truth = self.facts.decide(predicate, block, sure=False)
        if truth is None:
            return None
        kept = owned_blocks(node)[0 if truth else 1]
        shows = all_endless(kept.results, value)
        return truth if shows or divides_by(kept, kept.results, value) else None

    def walk(self, old: Block, new: Block) -> None:
        """Within an arm its predicate is known, and what was seen where it ran before."""
        self.copies[old] = new
        if old.mirrored in self.copies:
            self.facts.after(self.copies[old.mirrored], new)
        if old in self.arm_of:
            self.facts.enter(*self.arm_of[old], new)
        super().walk(old, new)

    def arms(
        self, node: Node, olds: Sequence[Block], finish: Callable[[int, Block], None] | None = None
    ) -> list[Block]:
        """The arms, with constants that all users put in front of a result."""
        if node.op is IF:
            predicate = self.mapped(node.args[0])
            self.arm_of.update({olds[0]: (predicate, True), olds[1]: (predicate, False)})
        scales = {k: scale for k in range(len(olds[0].results)) if (scale := self._scale(node, k))}

        def scaled(position: int, new: Block) -> None:
            with self.graph.answering(node.origin):
                new.results = tuple(
                    multiply.build(self.graph.constant(scales[k]), result)
                    if k in scales
                    else result
                    for k, result in enumerate(new.results)
                )

        return super().arms(node, olds, scaled if scales else finish)

    def finish(self, old: Block, new: Block) -> None:
        """The results of a block, with what is certain in it."""
        super().finish(old, new)
        known = self.arm_of.get(old)
        asked = old.owner is not None and old.owner.op is IF and old.owner.params[2] == "statement"
        found = []
        for result in new.results:
            if asked and known is not None and result is known[0] and result.type == BOOL:
                found.append(self.graph.constant(known[1]))
            elif result.op is ITEM:
                found.append(self.flagged.settled(result, new))
            else:
                found.append(result)
        if old.owner is None:
            # What the results of the whole have become is asked for.
            self.map.update(zip(old.results, found, strict=True))
        new.results = tuple(found)

    def _scale(self, node: Node, k: int) -> float | None:
        """What result ``k`` of a branch is multiplied by inside it from now on."""
        return self.scales.get(node.block.item(node, k)) if node.op is IF else None

    def _take(self, node: Node, arm: object) -> None:
        """Put the steps of the arm that certainly runs in place of the branch."""
        assert isinstance(arm, Block)
        for step in arm.steps:
            with self.graph.answering(step.origin):
                self.step(step)
        if not arm.completes:
            self.graph.cursor.completes = False
        for k, result in enumerate(arm.results):
            self.map[node.block.item(node, k)] = self.mapped(result)

    def copy(self, step: Node) -> Node:
        op = step.op
        if not step.origin.derivative:
            return self._own(step)
        if isinstance(op, ArrayCall):
            return self._array_call(step)
        if op in UPDATES and (written := self._update(step)) is not None:
            self.map[step] = written
            self.named(step, written)
            return written
        if op is index and (entry := self._entry(step)) is not None:
            self.map[step] = entry
            return entry
        if not (isinstance(op, Primitive) and op.simplify is not None):
            return self._function(step)
        args = tuple([self.settled(arg) for arg in step.args])
        whole = unit_axes_of(step.type)
        if op is where:
            new = self._chosen_nothing(args[1:])
            if new is None:
                new = unguarded(*args)
            if new is None:
                new = masks_met(step, self.uses, self.settled)
        else:
            new = self._something(op, args)
        if new is None and whole:
            new = self._scattered(step)
        if step.type is not INT:
            if new is None and op in SUM_OPS:
                new = self._array_sum(step) if whole else self._sum(step)
            if new is None and op in PRODUCT_OPS:
                new = self._array_product(step) if whole else self._product(step)
        if new is None and op in RULES:
            new = self._rewritten(op, args, step)
        if new is None:
            new = op.simplify(*args)
        if new is None:
            new = self.graph.cursor.add(op, args, self._library(step))
        if whole and new.type != step.type:
            # What uses it counts on all of its axes.
            number = new
            new = self.graph.cursor.add(op, args, step.params)
            if is_constant(number, 0):
                self.nothing.add(new)
            elif is_constant(number):
                self.uniform[new] = number
        self.map[step] = new
        self.rewrites |= new.op is not op or new.args != args
        if new.origin.derivative and new.op is not CONSTANT:
            self.named(step, new)
        return new

    def _own(self, step: Node) -> Node:
        """One of f's own: copied, but what it computes of constants alone is a number already."""
        value = self._value(step)
        if value is None:
            new = super().copy(step)
            if step.type == FLOAT and new.op is negative and new.args[0].op is negative:
                self.map[step] = new.args[0].args[0]
            return self.map[step]
        self.map[step] = self.graph.constant(value)
        return self.map[step]

    def _product(self, step: Node) -> Node | None:
        """The normal form of the product that ends in ``step``."""
        if (scale := self.scales.get(step)) is not None:
            scaled = self._scaled_product(step, scale)
            if scaled is not None:
                return scaled
        user = self.user.get(step)
        if user is not None and self._opens(step, user) and user.origin.derivative:
            return None
        leaves, opened = leaves_of(step, self._opens)
        product = product_of(leaves, self.settled)
        if not product.settle():
            return None
        deep = self._apart(step, leaves, min(product.cost, opened))
        if deep is not None:
            return deep.build(self.graph.constant(1.0))
        self._take_in_sign(product, leaves)
        if product.divisors and (terms := self._over_products(step, leaves, product)) is not None:
            return built(terms, self.graph.constant(0.0))
        # A tangent's name is kept, unless what it is divided by is what it is multiplied by;
        # the last of several in a row tells so for all of them.
        last = user is None or not (user.origin.derivative and self._opens_named(step, user))
        if last and any(self._opens_named(leaf, step) for leaf, _, _ in leaves):
            wide, opened_wide = collect(step, self._opens_named, self.settled)
            if wide.settle() and wide.cost + 2 <= opened_wide + wide.restored:
                return wide.build(self.graph.constant(1.0))
        left = product.factors or product.divisors
        if not product.growing and (
            (opened == 1 and left and not product.flips)
            or (product.cost >= opened and self._divides_by_product(step))
        ):
            return None
        return product.build(self.graph.constant(1.0))

    def _take_in_sign(self, product: Product, leaves: list[Leaf]) -> None:
        """``-(a - b) * c`` is ``(b - a) * c``, where nothing else uses the difference."""
        if product.constant != -1.0:
            return
        for leaf, _, _ in leaves:
            if leaf.op in SUM_OPS and leaf.origin.derivative and self._gone(leaf, 1):
                known = self.settled(leaf)
                sides = [side for side in (product.factors, product.divisors) if known in side]
                other = opposite_sum(known) if sides else None
                if other is not None:
                    sides[0][sides[0].index(known)] = other
                    product.constant, product.flips = 1.0, product.flips + 1
                    return

    def _over_products(self, step: Node, leaves: list[Leaf], product: Product) -> list[Term] | None:
        """The product as a sum, where a factor is one and the terms cancel what is below."""
        for k, (leaf, below, sign) in enumerate(leaves):
            alone = self._gone(leaf, 1) and leaf.block is step.block and leaf.origin.derivative
            if below or not alone or leaf.op not in (add, subtract):
                continue
            found = self._terms(leaf, 0)
            others = [other for j, other in enumerate(leaves) if j != k]
            rest = product_of(others, self.settled)
            rest.constant *= sign
            if found is not None and rest.settle():
                return over_products(found[0], rest, product, self.graph.cursor)
        return None

    def _scaled_product(self, step: Node, scale: float) -> Node | None:
        """A product that bears ``scale`` in its constant from now on, and what it was of that."""
        leaves, opened = leaves_of(step, self._opens)
        product = product_of(leaves, self.settled)
        if not product.settle():
            return None
        deep = self._apart(step, leaves, min(product.cost, opened))
        if deep is not None:
            deep.constant, deep.met = deep.constant * scale, 2
            whole = deep.build(self.graph.constant(1.0))
            inverse = self.graph.constant(1.0 / scale)
            return None if whole is None else multiply.build(inverse, whole)
        # What it is divided by stays in its order.
        chain = [step]
        while self._opens(first := chain[-1].args[0], chain[-1]) and first.op is not negative:
            chain.append(first)
        constant = self._value(chain[-1].args[0])
        if constant is None or not math.isfinite(constant * scale):
            return None
        made = self.graph.constant(without_rounding(constant * scale, 2))
        for node in reversed(chain):
            op = divide if node.op is divide else multiply
            made = op.build(made, self.settled(node.args[1]))
        return multiply.build(self.graph.constant(1.0 / scale), made)

    def _apart(self, step: Node, leaves: list[Leaf], cost: int) -> Product | None:
        """The product with what nothing else uses taken apart, where that takes fewer operations.

        ``cost`` is that of the product as it is.
        """
        if not any(self.uses.get(leaf, 0) <= len(leaves) for leaf, _, _ in leaves):
            return None
        found = taken_apart(
            leaves, lambda node, count: node.block is step.block and self._gone(node, count)
        )
        if found is None:
            return None
        deep, extra = product_of(found[0], self.settled), found[1]
        return deep if deep.settle() and deep.cost < cost + extra else None

    def _divides_by_product(self, step: Node) -> bool:
        """Whether ``a / (b * c)`` is written so: one division takes less time than two."""
        below = step.args[-1]
        return step.op is divide and below.op is multiply and self._opens(below, step)

    def _gone(self, node: Node, count: int) -> bool:
        """Whether these uses are all that there are, and nothing else keeps the value."""
        return self.uses.get(node) == count and node.type == FLOAT and node not in self.source.names

    def _opens(self, node: Node, user: Node) -> bool:
        """Whether ``node`` is a part of its user's product and of nothing else."""
        return self._opens_named(node, user) and node not in self.source.names

    def _opens_named(self, node: Node, user: Node) -> bool:
        """The same, whether or not it has a name."""
        named = node in self.source.names and not node.origin.derivative
        return not named and is_part(node, user, self.uses)

    def settled(self, node: Node) -> Node:
        """What an argument of derivative code has become; numbers of constants alone are folded."""
        value = self.values.get(node, NOT_ASKED)
        if value is NOT_ASKED:
            value = self._value(node)
        if value is not None:
            return self.graph.constant(value)
        known = self.mapped(node)
        if known.op is ITEM:
            return self.flagged.settled(known, self.graph.cursor)
        return known

    def _value(self, node: Node) -> float | None:
        """The number that an expression without variables and names gives, else None."""
        known: float | None = self.values.get(node, NOT_ASKED)
        if known is not NOT_ASKED:
            return known
        value: float | None = None
        if node.op is CONSTANT and node.type in (FLOAT, INT):
            value = node.params[0]  # type: ignore[assignment]
        elif node.op is GLOBAL:
            module, name = map(str, node.params)
            known = self.source.globals.get((module, name))
            if isinstance(known, float) and known == getattr(math, name, None):
                value = known
        elif (
            node.type == FLOAT
            and node.args
            and not node.params
            and isinstance(node.op, Primitive)
            and node not in self.source.names
        ):
            parts = []
            for arg in node.args:
                part = self._value(arg)
                if part is None:
                    break
                parts.append(part)
            else:
                value = finite_value(node.op, parts)
        self.values[node] = value
        return value

    def _rewritten(self, op: Primitive, args: tuple[Node, ...], step: Node) -> Node | None:
        first, second = args
        single = [self.uses.get(arg) == 1 for arg in step.args]
        for rule in RULES[op]:
            new = rule(first, second, single[0], single[1])
            if new is not None:
                return new
        return None

    def mapped(self, node: Node) -> Node:
        known = self.map.get(node)
        if known is not None:
            return known
        if node not in self.live.nodes and node.op is not CONSTANT:
            return self.graph.undefined()
        return super().mapped(node)

    def replace(self, node: Node, args: tuple[Node, ...], params: tuple[object, ...]) -> Node:
        new = super().replace(node, args, params)
        if node.op is IF:
            self._same_on_both_arms(node, new)
            self._unscale(node, new)
        return new

    def _unscale(self, node: Node, new: Node) -> None:
        """Users of a result that was multiplied by a constant see it divided by that."""
        for k in range(len(new.params[0].results)):  # type: ignore[attr-defined]
            item, scale = node.block.item(node, k), self._scale(node, k)
            if scale is not None:
                value = self.map.get(item, new.block.item(new, k))
                self.map[item] = multiply.build(self.graph.constant(1.0 / scale), value)

    def _same_on_both_arms(self, node: Node, new: Node) -> None:
        then, orelse = new.params[0], new.params[1]
        assert isinstance(then, Block) and isinstance(orelse, Block)
        self._one_of_each(node, new)
        if not (then.completes and orelse.completes):
            return
        for k, (left, right) in enumerate(zip(then.results, orelse.results, strict=True)):
            if new.params[2] == "and" and left.op is CONSTANT and left.params == (False,):
                self.map[node.block.item(node, k)] = left
            if left is right and left.op is not UNDEFINED and self._outside(left, then):
                self.map[node.block.item(node, k)] = left

    def _one_of_each(self, node: Node, new: Node) -> None:
        """Of results that are the same on every path there is one, but for the user's names."""
        ends = [arm.results for arm in owned_blocks(new) if arm.completes]
        columns: dict[tuple[Node, ...], int] = {}
        for k, column in enumerate(zip(*ends, strict=True)):
            first = columns.setdefault(column, k)
            if first == k:
                continue
            items = [node.block.item(node, each) for each in (first, k)]
            if not all(item in self.source.names for item in items):
                self.map[items[1]] = new.block.item(new, first)
                self.named(items[1], self.map[items[1]])

    def _outside(self, node: Node, arm: Block) -> bool:
        """Whether a value that both arms give was there before them."""
        return node.op is CONSTANT or not arm.encloses(node.block)

    def loop_copy(self, node: Node) -> Node:
        """A loop without the states that no step changes, or that nothing uses."""
        kind, _, old, breaks = node.params
        assert isinstance(old, Block)
        bounds, initial, parameters = loop_parts(node)
        nexts = next_states(node)
        kept: list[int] = []
        for k, (start, parameter, following) in enumerate(
            zip(initial, parameters, nexts, strict=True)
        ):
            item = node.block.item(node, k)
            if following is parameter and start.op is not UNDEFINED:
                self.map[parameter] = self.map[item] = self.mapped(start)
            elif (node, k) in self.live.columns or parameter in self.live.nodes:
                kept.append(k)
        graph = self.graph
        args = tuple(map(self.mapped, (*bounds, *(initial[k] for k in kept))))
        index = old.parameters[: len(old.parameters) - len(parameters)]
        new_condition, body = self.open_loop(node, (*index, *(parameters[k] for k in kept)))
        self.copy_condition(node, new_condition)
        if new_condition is not None:
            self.arm_of[old] = new_condition.results[-1], True
        else:
            self.facts.count(body.parameters[0], args, graph.cursor)
        self.walk(old, body)
        with graph.inside(body):
            body.results = tuple(self.mapped(nexts[k]) for k in kept) + tuple(
                map(self.mapped, old.results[len(nexts) :])
            )
        new = self.replace(node, args, (kind, new_condition, body, breaks))
        for position, k in enumerate(kept):
            item = node.block.item(node, k)
            self.map[item] = new.block.item(new, position)
            self.named(item, self.map[item])
        return new


def _raises(branch: Node) -> bool:
    """Whether an arm ends in what derivative code raises."""
    ends = [arm.steps[-1] for arm in owned_blocks(branch) if arm.steps and not arm.completes]
    return any(step.op is RAISE and step.origin.derivative for step in ends)
