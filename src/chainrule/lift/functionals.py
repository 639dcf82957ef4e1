"""Integrals and roots: calls of SciPy that are given a function.

The function is run once, on a variable of its own, and kept apart; what it uses from around it
becomes arguments of it.
"""

from __future__ import annotations

import ast
from collections import abc
from dataclasses import dataclass
from typing import Any, NamedTuple

from chainrule.graph.block import PARAMETER, Block, inside
from chainrule.graph.function import Function
from chainrule.graph.naming import free_name
from chainrule.graph.node import Node
from chainrule.graph.structure import Structure
from chainrule.graph.types import BOOL, FLOAT, INT, Array, Sequence
from chainrule.lift.core import AlwaysRaises, Completion
from chainrule.lift.lifted import Lifted
from chainrule.lift.methods import Methods
from chainrule.lift.taken import LEAVES, Taken
from chainrule.lift.values import Either, Method, Poison, Static, TupleValue, Value
from chainrule.primitives.cost import nodes_of
from chainrule.primitives.effect import DOMAIN, RAISE
from chainrule.primitives.functionals import INTEGRAL, INTEGRAL_EFFECT, ROOT, ROOT_EFFECT
from chainrule.primitives.invoke import INVOKE_EFFECT

RAISING = (RAISE, INVOKE_EFFECT, INTEGRAL_EFFECT, ROOT_EFFECT)
NUMBERS = (FLOAT, INT, BOOL)


@dataclass(frozen=True)
class Search:
    """A function of SciPy: its parameters behind the function, and its options."""

    dotted: str
    own: tuple[str, ...]
    options: tuple[str, ...]
    integral: bool = False
    of_arrays: str = "Call it for each."

    @property
    def name(self) -> str:
        return self.dotted.rpartition(".")[2]

    def __call__(
        self,
        lifter: Methods,
        args: list[Value],
        keywords: dict[str, Value],
        node: ast.AST,
    ) -> Value:
        names = ("func", *self.own, "args", *self.options)
        given: dict[str, Value] = dict(zip(names, args, strict=False))
        given.update({"func" if key == "f" else key: value for key, value in keywords.items()})
        if set(given) - set(names) or not {"func", *self.own} <= set(given):
            raise lifter.unsupported(
                f"this call of `{self.name}`", f"Call it with: {', '.join(names)}.", node
            )
        extra = given.get("args", TupleValue(()))
        known, found = lifter.static_value(extra)
        if isinstance(extra, TupleValue):
            extras = list(extra.items)
        elif known and isinstance(found, tuple):
            extras = [Static(item) for item in found]
        else:
            extras = [extra]
        own = tuple(lifter.node(given[name]) for name in self.own)
        if any(each.type not in NUMBERS for each in own):
            raise lifter.unsupported(f"`{self.name}` of an array", self.of_arrays, node)
        options = tuple(
            (name, _option(lifter, name, given[name], node))
            for name in self.options
            if name in given
        )
        function, values = _apart(lifter, given["func"], extras, self.integral, node)
        ops = (INTEGRAL, INTEGRAL_EFFECT) if self.integral else (ROOT, ROOT_EFFECT)
        params = (function.key, self.dotted, len(own), options)
        return lifter.block.add(ops[function.raises], (*own, *values), params, FLOAT)


def _option(lifter: Methods, name: str, value: Value, node: ast.AST) -> float | str:
    known, found = lifter.static_value(value)
    if not known or not isinstance(found, (int, float, str)):
        raise lifter.unsupported(
            f"`{name}` that is known at run time only", "Write the number there.", node
        )
    return found


def integral(
    lifter: Methods, args: list[Value], keywords: dict[str, Value], node: ast.AST
) -> Value:
    """``quad(...)``: the integral, and an estimate of its error that nothing is known of."""
    refusal = lifter.unsupported(
        "the estimate of an integral's error is used", "Take the integral alone: `quad(...)[0]`."
    )
    return TupleValue((QUAD(lifter, args, keywords, node), Poison(refusal)))


def double_integral(
    lifter: Methods, args: list[Value], keywords: dict[str, Value], node: ast.AST
) -> Value:
    """``dblquad(func, a, b, gfun, hfun)``: an integral of integrals, as SciPy computes it."""
    found = lifter.call(Static(iterated_integral), args, keywords, node)
    refusal = lifter.unsupported(
        "the estimate of an integral's error is used", "Take the integral alone: `dblquad(...)[0]`."
    )
    return TupleValue((found, Poison(refusal)))


def iterated_integral(func, a, b, gfun, hfun, args=(), epsabs=1.49e-08, epsrel=1.49e-08):  # type: ignore[no-untyped-def]
    """``dblquad(...)[0]``."""
    from scipy.integrate import quad

    def inner(x):  # type: ignore[no-untyped-def]
        low = gfun(x) if callable(gfun) else gfun
        high = hfun(x) if callable(hfun) else hfun
        return quad(lambda y: func(y, x, *args), low, high, epsabs=epsabs, epsrel=epsrel)[0]

    return quad(inner, a, b, epsabs=epsabs, epsrel=epsrel)[0]


def _apart(
    lifter: Methods, value: Value, extras: abc.Sequence[Value], integral: bool, node: ast.AST
) -> tuple[Function, tuple[Node, ...]]:
    """The function behind ``value``, and what it is to be given besides its variable."""
    graph = lifter.graph
    inputs: list[Node] = []
    values: list[Node] = []
    found: list[Node] = []

    def fresh(type: Any) -> Node:
        inputs.append(graph.new_node(PARAMETER, (), ("input",), type, lifter.block))
        return inputs[-1]

    def run() -> Completion:
        given: list[Value] = [fresh(FLOAT)]
        for extra in extras:
            if isinstance(extra, Node) and extra.type.differentiable:
                values.append(extra)
                given.append(fresh(extra.type))
            else:
                given.append(extra)
        result = lifter.node(lifter.call(value, given, {}, node))
        if result.type not in NUMBERS:
            raise lifter.unsupported(
                "a function that does not give a number is integrated or solved for",
                "Let it return one float.",
                node,
            )
        found.append(result)
        return Completion.FALLS

    path = lifter.run_path(lifter.state, run)
    if not found:
        raise AlwaysRaises
    changed = any(
        path.state.get(key) is not before and not isinstance(before, Either)
        for key, before in lifter.state.items()
    )
    effects = [step.op for step in nodes_of(path.block) if step.op.effect and step.op is not DOMAIN]
    if changed or any(op not in RAISING for op in effects):
        raise lifter.unsupported(
            "a function that is integrated or solved for prints, or changes what is around it",
            "Let it compute its value only.",
            node,
        )
    names = _names(lifter, value, "integrand" if integral else "equation")
    taken = _Apart(lifter, path.block, inputs, names[1:])
    result = taken.mapped(found[0])
    taken.graph.name = names[0]
    lifted = Lifted(taken.graph, {}, Structure("leaf", result), ())
    key = ("apart", len(graph.functions), names[0])
    function = graph.functions[key] = Function(
        key, names[0], types=(FLOAT,), lifted=lifted, raises=bool(effects)
    )
    return function, (*values, *[taken.read.get(o, o) for o in taken.outer[len(inputs) :]])


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
        name = self.inputs.get(node) or self.source.names.get(known) or "value"
        taken = {parameter.params[0] for parameter in self.graph.body.parameters}
        return free_name(name, taken)


TOLERANCES = ("epsabs", "epsrel", "limit")
QUAD = Search("scipy.integrate.quad", ("a", "b"), TOLERANCES, integral=True)
BRACKETED = ("xtol", "rtol", "maxiter")
ROOTS = {
    name: Search(f"scipy.optimize.{name}", ("a", "b"), BRACKETED)
    for name in ("brentq", "brenth", "ridder", "bisect", "toms748")
}


class Solution(NamedTuple):
    """What is understood of the result of ``root_scalar``."""

    root: float


def root_between(
    lifter: Methods, args: list[Value], keywords: dict[str, Value], node: ast.AST
) -> Value:
    """``root_scalar(f, bracket=(a, b))``, of whose result the root is understood."""
    given = dict(zip(("f", "args", "method", "bracket"), args, strict=False)) | keywords
    ends = lifter.known_items(given.pop("bracket", Static(None)))
    _, method = lifter.static_value(given.get("method", Static("brentq")))
    if ends is None or len(ends) != 2 or method not in (*ROOTS, None):
        raise lifter.unsupported(
            "`root_scalar` without a bracket",
            "Give it the ends between which the root is, as bracket=(a, b): without them the "
            "search may end at no root.",
            node,
        )
    found = BETWEEN(lifter, [given.pop("f"), *ends], given, node)
    return TupleValue((found,), Solution)


def root_near(
    lifter: Methods, args: list[Value], keywords: dict[str, Value], node: ast.AST
) -> Value:
    """``fsolve(func, x0)`` of one unknown: an array of one root."""
    given = dict(zip(("func", "x0", "args"), args, strict=False)) | keywords
    return TupleValue((NEAR(lifter, [], given, node),))


BETWEEN = Search("scipy.optimize.root_scalar", ("a", "b"), ("method", *BRACKETED))
NEAR = Search(
    "scipy.optimize.fsolve",
    ("x0",),
    ("xtol",),
    of_arrays="Solve a system by steps of Newton's method in a loop.",
)
