"""Structured control flow: ``if``, ``loop`` and ``try`` as operations that own blocks.

Shapes
------
``IF``
    args ``(predicate,)``; params ``(then, orelse, style)`` with ``style`` one of
    ``"statement"``, ``"expression"``, ``"and"``, ``"or"``: how a person would write it.
    Result k is ``then.results[k]`` or ``orelse.results[k]``.
``LOOP``
    params ``(kind, condition, body, breaks)``.
    ``kind`` is ``"range"`` or ``"reversed"``: args ``(start, stop, step, *initial)``, the body's
    parameters are ``(index, *states)``; ``"reversed"`` runs ``reversed(range(...))``.
    ``kind`` is ``"while"``: args ``initial``, the body's parameters are the states, and
    ``condition`` is a block without parameters that may use them; it surrounds the body.
    The body's results are the next states and, when ``breaks``, a last bool that ends the loop
    after the step.  Result k is the last version of state k.
``TRY``
    args ``()``; params ``(body, handlers)``, each handler ``(template, name, block)`` with
    ``template`` the text of the exception types (``None`` for a bare ``except``).  Result 0 is
    0 where the body ran to its end and k where handler k did; the others are as in ``IF``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable
from itertools import pairwise
from typing import Any

from chainrule.graph.block import CONSTANT, ITEM, UNDEFINED, Block, Graph, result_number
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, INT, Array, Record, Type, is_complex, join
from chainrule.primitives.declare import Structured, constant_value, is_constant
from chainrule.primitives.effect import RAISE
from chainrule.primitives.written import type_beside


def joined_type(nodes: tuple[Node, ...]) -> Type:
    """Type of a value that is one of ``nodes``; undefined ones do not count."""
    defined = [node for node in nodes if node.op is not UNDEFINED]
    if not defined:
        return nodes[0].type
    result = defined[0].type
    for previous, node in pairwise(defined):
        result = join(type_beside(previous, node.type), type_beside(node, result))
    return result


class If(Structured):
    """A branch on a predicate; both arms give the same number of results."""

    def infer(self, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Type:
        then, orelse = params[0], params[1]
        assert isinstance(then, Block) and isinstance(orelse, Block)
        pairs = zip(then.results, orelse.results, strict=True)
        return Record(tuple(joined_type(pair) for pair in pairs))


class Loop(Structured):
    """A loop over a range, or while a condition holds, with carried states."""

    def infer(self, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Type:
        body = params[2]
        assert isinstance(body, Block)
        states = body.parameters[1:] if params[0] != "while" else body.parameters
        return Record(tuple(state.type for state in states))


class Try(Structured):
    """A body with handlers; result 0 tells which of them ran."""

    def infer(self, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Type:
        body = params[0]
        assert isinstance(body, Block)
        blocks = try_blocks(params)
        columns = zip(*(block.results for block in blocks), strict=True)
        return Record((INT, *(joined_type(column) for column in columns)))


def loop_body(node: Node) -> Block:
    """The body of a loop."""
    body = node.params[2]
    assert isinstance(body, Block)
    return body


def try_blocks(params: tuple[Any, ...]) -> tuple[Block, ...]:
    """The body of a ``TRY`` and the blocks of its handlers."""
    return (params[0], *(block for _, _, block in params[1]))


def loop_parts(node: Node) -> tuple[tuple[Node, ...], tuple[Node, ...], tuple[Node, ...]]:
    """``(bounds, initial states, state parameters)`` of a loop; bounds are empty for ``while``."""
    body = loop_body(node)
    if node.params[0] == "while":
        return (), node.args, body.parameters
    return node.args[:3], node.args[3:], body.parameters[1:]


def next_states(node: Node) -> tuple[Node, ...]:
    """The states that a loop's body hands to its next step."""
    results = loop_body(node).results
    return results[:-1] if node.params[3] else results


def choice_of(node: Node) -> tuple[Node, Node, Node] | None:
    """``(predicate, then, orelse)`` of a value that a branch gives."""
    if node.op is not ITEM or node.args[0].op is not IF:
        return None
    branch, position = node.args[0], node.params[0]
    then, orelse = branch.params[:2]
    if not isinstance(then, Block) or not isinstance(orelse, Block):
        return None
    if not isinstance(position, int) or not (then.completes and orelse.completes):
        return None
    return branch.args[0], then.results[position], orelse.results[position]


def item_sources(item: Node) -> list[Node]:
    """The values that a result of a structured operation may be."""
    owner, k = item.args[0], result_number(item)
    if owner.op is LOOP:
        return [loop_parts(owner)[1][k], next_states(owner)[k]]
    if owner.op is TRY:
        return [] if k == 0 else [block.results[k - 1] for block in try_blocks(owner.params)]
    return [block.results[k] for block in owned_blocks(owner)]


def state_sources(state: Node, loop: Node) -> tuple[Node, ...]:
    """What a state of a loop may be; nothing where it is the loop's index."""
    _, initial, states = loop_parts(loop)
    if state not in states:
        return ()
    k = states.index(state)
    return (initial[k], next_states(loop)[k])


def step_of(loop: Node) -> int | None:
    """By how much the index of a loop over a range grows, if that is known."""
    step = loop.args[2]
    value = constant_value(step) if is_constant(step) else None
    return value if isinstance(value, int) else None


def owned_blocks(node: Node) -> tuple[Block, ...]:
    """The blocks that a structured node owns, outer ones first."""
    op = node.op
    params: Any = node.params
    if op is IF:
        return (params[0], params[1])
    if op is LOOP:
        return (params[2],) if params[1] is None else (params[1], params[2])
    return try_blocks(node.params) if op is TRY else ()


IF = If("if")
LOOP = Loop("loop")
TRY = Try("try")


def select(predicate: Any, then: Callable[[], Any], orelse: Callable[[], Any]) -> Any:
    """``then()`` where the predicate holds, else ``orelse()``; only one of them is evaluated.

    On nodes this builds a conditional expression, on arrays a choice entry by
    entry; on SymPy expressions, where a predicate cannot be decided, the last alternative is
    the generic one.
    """
    if not isinstance(predicate, Node):
        if hasattr(predicate, "free_symbols") and predicate not in (True, False):
            return orelse()
        return then() if predicate else orelse()
    if is_constant(predicate):
        known = then() if constant_value(predicate) else orelse()
        return predicate.graph.constant(known) if isinstance(known, (int, float)) else known
    if isinstance(predicate.type, Array):
        from chainrule.primitives.declare import TABLE

        return TABLE["where"](predicate, then(), orelse())
    graph = predicate.graph
    blocks = []
    for arm in (then, orelse):
        block = Block(graph, graph.cursor)
        with graph.inside(block):
            value = arm()
            block.results = (value if isinstance(value, Node) else graph.constant(value),)
        blocks.append(block)
    _both_complex(*blocks)
    if blocks[0].results == blocks[1].results and not blocks[0].steps:
        return blocks[0].results[0]
    return graph.cursor.item(graph.cursor.add(IF, (predicate,), (*blocks, "expression")), 0)


def _both_complex(*arms: Block) -> None:
    """Where one arm gives a complex number, a constant of the other is one too."""
    if any(is_complex(arm.results[0].type) for arm in arms):
        for arm in arms:
            if arm.results[0].op is CONSTANT:
                value: Any = arm.results[0].params[0]
                arm.results = (arm.graph.constant(complex(value)),)


def choose(predicate: Any, then: Callable[[], Any], orelse: Callable[[], Any]) -> Any:
    """As :func:`select`, for a whole partial: what multiplies it is taken into the cases."""
    from chainrule.primitives.partials import Choice

    if isinstance(predicate, Node) and not is_constant(predicate):
        return Choice(predicate, then, orelse)
    return select(predicate, then, orelse)


def both(first: Any, second: Callable[[], Any]) -> Any:
    """``first and second()`` of two truths about numbers; as it may be, of SymPy's."""
    if not isinstance(first, Node):
        return first if hasattr(first, "free_symbols") or not first else second()
    if is_constant(first):
        return second() if constant_value(first) else first
    graph = first.graph
    blocks = [Block(graph, graph.cursor) for _ in range(2)]
    with graph.inside(blocks[0]):
        blocks[0].results = (second(),)
    blocks[1].results = (graph.constant(False),)
    return graph.cursor.item(graph.cursor.add(IF, (first,), (*blocks, "and")), 0)


def either(first: Node, second: Callable[[], Node]) -> Node:
    """``first or second()`` of two truths about numbers of a graph."""
    if is_constant(first):
        return first if constant_value(first) else second()
    graph = first.graph
    blocks = [Block(graph, graph.cursor) for _ in range(2)]
    blocks[0].results = (first,)
    with graph.inside(blocks[1]):
        blocks[1].results = (second(),)
    return graph.cursor.item(graph.cursor.add(IF, (first,), (*blocks, "or")), 0)


def raised(graph: Graph, message: str) -> str:
    """The statement by which a derivative raises that it is not known at a point of f's."""
    position = graph.origin.position
    where = "" if position is None else f"{os.path.basename(position.file)}:{position.line}: "
    return f"raise ArithmeticError({where + message!r})"


def raise_where(predicate: Node, text: str) -> None:
    """Append a branch that raises where ``predicate`` holds; ``text`` is the statement."""
    graph = predicate.graph
    arm, other = Block(graph, graph.cursor), Block(graph, graph.cursor)
    with graph.inside(arm):
        graph.cursor.add(RAISE, (), (text,))
    arm.completes = False
    graph.cursor.add(IF, (predicate,), (arm, other, "statement"))


def summed(node: Node, terms: list[tuple[Node, Any]]) -> Any:
    """The sum of ``factor * partial`` for the result of ``node``; None is zero.

    Where one predicate chooses among the cases of all partials, it is asked once::

        (0.0 if y < x else x_dot) + (y_dot if y < x else 0.0)        y_dot if y < x else x_dot
    """
    from chainrule.primitives.partials import Choice, scaled

    choices = [partial for _, partial in terms if isinstance(partial, Choice)]
    predicates = {choice.predicate for choice in choices}
    if len(choices) == len(terms) > 1 and len(predicates) == 1 and node.type == FLOAT:

        def arm(name: str) -> Any:
            return summed(node, [(factor, getattr(case, name)()) for factor, case in terms])

        return select(predicates.pop(), lambda: arm("then"), lambda: arm("orelse"))
    total: Any = None
    for factor, partial in terms:
        term = scaled(node, factor, partial)
        total = term if total is None else total + term
    return total
