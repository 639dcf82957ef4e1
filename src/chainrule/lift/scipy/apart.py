"""Functions that are handed to SciPy, each run once and kept apart.

What such a function uses from around it becomes arguments of it.
"""

from __future__ import annotations

import ast
import sys
from collections import abc
from typing import Any, NamedTuple

from chainrule.graph.block import GLOBAL, PARAMETER, Block, inside
from chainrule.graph.function import Function
from chainrule.graph.naming import free_name
from chainrule.graph.node import Node
from chainrule.graph.structure import Structure
from chainrule.graph.types import (
    FLOAT,
    Array,
    Sequence,
    Type,
    is_complex,
    unit_axes_of,
)
from chainrule.lift.containers.methods import Methods
from chainrule.lift.core import AlwaysRaises, Completion
from chainrule.lift.lifted import Lifted
from chainrule.lift.taken import LEAVES, Taken
from chainrule.lift.values import DictBox, Either, ListBox, Method, Static, TupleValue, Value
from chainrule.primitives.arithmetic import greater, less
from chainrule.primitives.arrays.creation import literal
from chainrule.primitives.arrays.shaping import dimension
from chainrule.primitives.control import IF, owned_blocks
from chainrule.primitives.declare import NUMBERS, constant_value, is_constant
from chainrule.primitives.effect import DOMAIN, RAISE
from chainrule.primitives.functionals import (
    FIXED_POINT_EFFECT,
    MINIMUM_EFFECT,
    ROOT_EFFECT,
)
from chainrule.primitives.integrals import INTEGRAL_EFFECT
from chainrule.primitives.invoke import INVOKE_EFFECT
from chainrule.primitives.sequence import display, index
from chainrule.primitives.solutions import SOLUTION_EFFECT
from chainrule.primitives.trajectories import TRAJECTORY_EFFECT

RAISING = (
    RAISE,
    INVOKE_EFFECT,
    INTEGRAL_EFFECT,
    ROOT_EFFECT,
    FIXED_POINT_EFFECT,
    MINIMUM_EFFECT,
    SOLUTION_EFFECT,
    TRAJECTORY_EFFECT,
)
# From what the function returns to the one node that stands for it.
Result = abc.Callable[[Value], Node]


class Options(NamedTuple):
    """A dict of options, as it is written."""

    entries: tuple[tuple[str, Any], ...]


def apart(
    lifter: Methods,
    value: Value,
    variables: abc.Sequence[Type],
    extras: abc.Sequence[Value],
    result: Result,
    named: str,
    node: ast.AST,
    lengths: abc.Sequence[int | None] = (),
) -> tuple[Function, tuple[Node, ...]]:
    """The function behind ``value``, and what it is to be given besides its variables.

    ``named`` is what it is called where it has no name, and ``result`` refuses what it returns
    if that does not serve.  ``lengths`` are those of variables that are arrays, where they are
    known.
    """
    graph = lifter.graph
    inputs: list[Node] = []
    values: list[Node] = []
    found: list[Node] = []
    # Which parameters of the user's function the inputs are.
    places = list(range(len(variables)))

    def fresh(type: Type) -> Node:
        inputs.append(graph.new_node(PARAMETER, (), ("input",), type, lifter.block))
        return inputs[-1]

    def run() -> Completion:
        given: list[Value] = [lifter.boxed(fresh(type)) for type in variables]
        for extra in extras:
            if isinstance(extra, Node) and extra.type.differentiable:
                values.append(extra)
                places.append(len(given))
                given.append(fresh(extra.type))
            else:
                given.append(extra)
        found.append(result(lifter.call(value, given, {}, node)))
        return Completion.FALLS

    path = lifter.run_path(lifter.state, run)
    if not found:
        raise AlwaysRaises
    changed = any(
        path.state.get(key) is not before
        and not isinstance(before, Either)
        and not _is_displayed(lifter, before, path.state.get(key))
        for key, before in lifter.state.items()
    )
    known = {made: length for made, length in zip(inputs, lengths, strict=False) if length}
    steps = _run_steps(path.block, known)
    effects = [step.op for step in steps if step.op.effect and step.op is not DOMAIN]
    if changed or any(op not in RAISING for op in effects):
        raise lifter.unsupported(
            "a function that is integrated or solved for prints, or changes what is around it",
            "Let it compute its value only.",
            node,
        )
    names = _names(lifter, value, named)
    own = names[1:] + [""] * len(inputs)
    taken = _Apart(lifter, path.block, inputs, [own[place] for place in places])
    mapped = taken.mapped(found[0])
    taken.graph.name = names[0]
    taken.graph.body.results = (mapped,)
    lifted = Lifted(taken.graph, {}, Structure("leaf", mapped), ())
    key = ("apart", len(graph.functions), names[0])
    function = graph.functions[key] = Function(
        key, names[0], types=(found[0].type,), lifted=lifted, raises=bool(effects)
    )
    return function, (*values, *[taken.read.get(o, o) for o in taken.outer[len(inputs) :]])


def with_values_of_all(
    found: abc.Sequence[tuple[Function, tuple[Node, ...]]], variables: int
) -> tuple[Node, ...]:
    """Let functions that are kept apart take the same values behind their variables.

    SciPy hands one ``args=(...)`` on to all of them.
    """
    union: dict[abc.Hashable, tuple[Node, str]] = {}
    taken: list[dict[abc.Hashable, Node]] = []
    for function, values in found:
        parameters = function.lifted.graph.body.parameters[variables:]
        keys = [(value, values[:k].count(value)) for k, value in enumerate(values)]
        taken.append(dict(zip(keys, parameters, strict=True)))
        for each, value, parameter in zip(keys, values, parameters, strict=True):
            union.setdefault(each, (value, str(parameter.params[0])))
    for (function, _), own in zip(found, taken, strict=True):
        body = function.lifted.graph.body
        first = body.parameters[:variables]
        names = {str(each.params[0]) for each in body.parameters}
        rest = []
        for key, (value, name) in union.items():
            parameter = own.get(key)
            if parameter is None:
                parameter = body.parameter(free_name(name, names), value.type)
                names.add(str(parameter.params[0]))
            rest.append(parameter)
        body.parameters = (*first, *rest)
    return tuple(value for value, _ in union.values())


def _is_displayed(lifter: Methods, before: Any, after: Any) -> bool:
    """Whether a row of values that were known one by one is one node now, and the same row."""
    if isinstance(before, ListBox):
        before = lifter.state[before]
    elif isinstance(before, TupleValue):
        before = before.items
    if not isinstance(after, Node):
        return False
    if isinstance(before, (list, tuple)):
        return (
            after.op is display
            and len(before) == len(after.args)
            and all(_is_displayed(lifter, *pair) for pair in zip(before, after.args, strict=True))
        )
    if isinstance(before, Static):
        value = constant_value(after) if is_constant(after) else None
        return type(value) is type(before.value) and value == before.value
    return after is before


def _run_steps(block: Block, lengths: abc.Mapping[Node, int]) -> abc.Iterator[Node]:
    """The steps of a block and of the blocks inside it, but for arms that are never taken.

    These raise where an array that is taken apart has not the right length.
    """
    stack = [block]
    while stack:
        for step in stack.pop().steps:
            yield step
            blocks = owned_blocks(step)
            never = step.op is IF and _never_holds(step.args[0], lengths)
            stack.extend(blocks[1:] if never else blocks)


def _never_holds(predicate: Node, lengths: abc.Mapping[Node, int]) -> bool:
    """Whether a comparison of a known length with a number is false."""
    if predicate.op not in (less, greater) or predicate.args[0].op is not dimension:
        return False
    known = lengths.get(predicate.args[0].args[0])
    if known is None or not is_constant(predicate.args[1]):
        return False
    other = constant_value(predicate.args[1])
    return not (known < other if predicate.op is less else known > other)


def further_arguments(lifter: Methods, extra: Value) -> list[Value]:
    """The values of ``args=(...)``."""
    known, found = lifter.static_value(extra)
    if isinstance(extra, TupleValue):
        return list(extra.items)
    if known and isinstance(found, tuple):
        return [Static(item) for item in found]
    return [extra]


def static_option(lifter: Methods, name: str, value: Value, node: ast.AST) -> Any:
    """The number or string that an option of SciPy's function is, or the numbers in a row."""
    items = lifter.known_items(value) if lifter.is_container(value) else None
    if items is not None:
        return tuple(static_option(lifter, name, item, node) for item in items)
    known, found = lifter.static_value(value)
    if isinstance(value, Node) and value.op is GLOBAL and value.params[0] == "numpy":
        known, found = True, getattr(sys.modules["numpy"], str(value.params[1]))
    if not known or not isinstance(found, (int, float, str, type(None))):
        raise lifter.unsupported(
            f"`{name}` that is known at run time only", "Write the number there.", node
        )
    return found


def settled_options(
    lifter: Any, given: abc.Mapping[str, Value], node: ast.AST
) -> tuple[tuple[tuple[str, Any], ...], dict[str, Node]]:
    """The options that are known, dicts of such among them, and those that are computed numbers."""
    settled, named = list[tuple[str, Any]](), dict[str, Node]()
    for option, value in given.items():
        value = lifter.read(value)
        known, _ = lifter.static_value(value)
        if isinstance(value, DictBox):
            entries = lifter.entries(value).items()
            pairs = [(key, static_option(lifter, option, item, node)) for key, item in entries]
            settled.append((option, Options(tuple(pairs))))
        elif known or not (isinstance(value, Node) and value.type in NUMBERS):
            settled.append((option, static_option(lifter, option, value, node)))
        else:
            named[option] = value
    return tuple(settled), named


def _names(lifter: Any, value: Value, fallback: str) -> list[str]:
    """The name of a function, and those of its parameters."""
    function = value.function if isinstance(value, Method) else value
    name = getattr(getattr(function, "tree", None), "name", fallback)
    if isinstance(function, Static):
        name = getattr(function.value, "__name__", fallback)
    if not str(name).isidentifier():
        name = fallback
    return [str(name), *lifter._parameter_names(value)]


def _is_inside(node: Node, block: Block) -> bool:
    return node.op.name not in LEAVES and inside(node, block)


class _Apart(Taken):
    """A function's block as a graph whose parameters bear the user's names.

    Numbers that it reads out of lists and arrays around it are read before: ``read`` has them.
    """

    def __init__(self, lifter: Methods, block: Block, inputs: list[Node], names: list[str]) -> None:
        self.inputs = dict(zip(inputs, names, strict=False))
        self.read: dict[Node, Node] = {}
        for step in block.steps:
            apart = not any(_is_inside(arg, block) or arg in inputs for arg in step.args)
            held = any(isinstance(arg.type, (Array, Sequence)) for arg in step.args)
            if apart and held and step.type == FLOAT and step.op.pure:
                self.read[step] = lifter.block.add(step.op, step.args, step.params, step.type)
        super().__init__(lifter.graph, block, inputs)

    def is_outer(self, node: Node) -> bool:
        return node in self.read or super().is_outer(node)

    def step(self, step: Node) -> None:
        if step not in self.read:
            super().step(step)

    def name_of(self, node: Node) -> str:
        known = self.read.get(node, node)
        name = self.inputs.get(node) or self.source.names.get(known) or self._entry(known)
        taken = {parameter.params[0] for parameter in self.graph.body.parameters}
        return free_name(name, taken)

    def _entry(self, node: Node) -> str:
        """A name of what is read out of a list or an array."""
        base, *path = node.args or (node,)
        name = self.source.names.get(base)
        if name is None or node.op is not index or not all(map(is_constant, path)):
            return "value"
        return "_".join([name, *(str(constant_value(each)) for each in path)]).replace("-", "last_")


def start_of(lifter: Any, value: Value, name: str, single: bool, node: ast.AST) -> list[Node]:
    """Where a solver starts: numbers one by one where they are written so, or one array.

    With ``single`` it may be one number.
    """
    items = lifter.known_items(value) if lifter.is_container(value) else None
    if items:
        nodes = [lifter.node(item) for item in items]
        if all(each.type in NUMBERS for each in nodes):
            return nodes
    found = lifter.array_node(value)
    if found.type in NUMBERS and single:
        return [found]
    if found.op is literal and len(unit_axes_of(found.type)) == 1:
        return list(found.args)
    if len(unit_axes_of(found.type)) != 1 or is_complex(found.type):
        raise lifter.unsupported(
            f"`{name}` that starts from what is no row of real numbers",
            "Let it start from an array of one axis.",
            node,
        )
    return [found]
