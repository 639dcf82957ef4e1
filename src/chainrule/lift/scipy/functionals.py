"""Integrals and roots of numbers: calls of SciPy that are given a function of one variable."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import NamedTuple

from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, Array, Type
from chainrule.lift.containers.methods import Methods
from chainrule.lift.scipy.apart import (
    apart,
    further_arguments,
    settled_options,
    with_values_of_all,
)
from chainrule.lift.spelling import argument_places
from chainrule.lift.values import Poison, Static, TupleValue, Value
from chainrule.primitives.declare import NUMBERS
from chainrule.primitives.found_roots import TOLD_OF_SEARCH, TOLD_OF_SEARCH_EFFECT
from chainrule.primitives.functionals import (
    FIXED_POINT,
    FIXED_POINT_EFFECT,
    MINIMUM,
    MINIMUM_EFFECT,
    ROOT,
    ROOT_EFFECT,
    Handed,
)
from chainrule.primitives.integrals import INTEGRAL, INTEGRAL_EFFECT
from chainrule.primitives.told_of_searches import (
    LEAST_VALUE,
    LEAST_VALUE_EFFECT,
    PLACE,
)
from chainrule.records import dataclass

LEAST_VALUES = (LEAST_VALUE, LEAST_VALUE_EFFECT)
TOLD_OF = (TOLD_OF_SEARCH, TOLD_OF_SEARCH_EFFECT)


@dataclass(frozen=True)
class Search:
    """A function of SciPy: its parameters behind the function, and its options."""

    dotted: str
    own: tuple[str, ...]
    options: tuple[str, ...]
    integral: bool = False
    fixed: bool = False
    minimum: bool = False
    # The keyword for the two ends, where these are no arguments of their own.
    ends: str | None = None
    # Which part of what SciPy returns is the number, ``_0_`` for all of it.
    part: str = "_0_"
    of_arrays: str = "Call it for each."
    # Whether the function may give an array.
    arrays: bool = False
    # What else is told of the search.
    told: tuple[str, ...] = ()
    # The options that are functions of the variable.
    functions: tuple[str, ...] = ()

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
        if (
            len(args) > len(names)
            or set(given) - {*names, *self.functions}
            or not {"func", *self.own} <= set(given)
        ):
            raise lifter.unsupported(
                f"this call of `{self.name}`", f"Call it with: {', '.join(names)}.", node
            )
        extras = further_arguments(lifter, given.get("args", TupleValue(())))
        own = tuple(lifter.node(given[name]) for name in self.own)
        if any(each.type not in NUMBERS for each in own):
            raise lifter.unsupported(f"`{self.name}` of an array", self.of_arrays, node)
        options, named = settled_options(
            lifter, {name: given[name] for name in self.options if name in given}, node
        )
        fallback = "integrand" if self.integral else "objective" if self.minimum else "equation"

        types: list[Type] = []

        def number(value: Value) -> Node:
            result = lifter.array_node(value) if self.arrays else lifter.node(value)
            types.append(FLOAT if result.type in NUMBERS else result.type)
            if types[0] != FLOAT and not (self.arrays and isinstance(types[0], Array)):
                raise lifter.unsupported(
                    "a function that does not give a number is integrated or solved for",
                    "Let it return one float.",
                    node,
                )
            return result

        made = [apart(lifter, given["func"], [FLOAT], extras, number, fallback, node)]
        for name in self.functions:
            if name in given:
                made.append(apart(lifter, given[name], [FLOAT], extras, number, name, node))
                options += ((name, Handed(made[-1][0].key)),)
        function, values = made[0]
        if len(made) > 1:
            values = with_values_of_all(made, 1)
        ops = (INTEGRAL, INTEGRAL_EFFECT) if self.integral else (ROOT, ROOT_EFFECT)
        ops = (FIXED_POINT, FIXED_POINT_EFFECT) if self.fixed else ops
        ops = (MINIMUM, MINIMUM_EFFECT) if self.minimum else ops
        asked = (*own, *named.values())
        layout = self.layout(tuple(named))
        params = (function.key, self.dotted, len(asked), options, layout, self.part)
        given_to = (*asked, *values)
        found = lifter.block.add(ops[function.raises], given_to, params, types[0])
        if not self.told:
            return found
        function.asked |= _asks_for(lifter, ENDING)
        parts: list[Value] = [found]
        for name in self.told:
            op = (LEAST_VALUES if name == "fun" else TOLD_OF)[function.raises]
            part = lifter.block.add(op, given_to, (*params[:-1], f"_0_.{name}"))
            parts.append(lifter.boxed(part))
        return TupleValue(tuple(parts), Least if self.minimum else Solution)

    def layout(self, named: tuple[str, ...]) -> str:
        """The arguments as they are written, behind the function, which is ``_0_``."""
        own = argument_places(len(self.own))
        if self.ends is not None:
            own = [f"{self.ends}=({', '.join(own)})"]
        options = argument_places(0, named, len(self.own) + 1)
        return ", ".join(["_0_", *own, *options])


def _asks_for(lifter: Methods, names: frozenset[str]) -> bool:
    """Whether the function that is read mentions attributes of such names."""
    source = lifter.frame.source
    read = ast.walk(source.tree) if source is not None else ()
    return any(isinstance(each, ast.Attribute) and each.attr in names for each in read)


def _integral(of: str) -> Callable[..., Value]:
    """``quad(...)``: the integral, and an estimate of its error that nothing is known of."""

    def lift(
        lifter: Methods, args: list[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value:
        refusal = lifter.unsupported(
            "the estimate of an integral's error is used",
            f"Take the integral alone: `{of}(...)[0]`.",
        )
        found = lifter.boxed(INTEGRALS[of](lifter, args, keywords, node))
        return TupleValue((found, Poison(refusal)))

    return lift


# By these a result tells how the search has ended.
ENDING = frozenset({"converged", "flag", "success", "message"})
TOLERANCES = ("epsabs", "epsrel", "limit", "points")
INTEGRALS = {
    "quad": Search("scipy.integrate.quad", ("a", "b"), TOLERANCES, integral=True, part="_0_[0]"),
    "quad_vec": Search(
        "scipy.integrate.quad_vec",
        ("a", "b"),
        ("epsabs", "epsrel", "norm", "limit", "points", "quadrature"),
        integral=True,
        part="_0_[0]",
        arrays=True,
    ),
}
integral, integral_of_array = _integral("quad"), _integral("quad_vec")
BRACKETED = ("xtol", "rtol", "maxiter")
ROOTS = {
    name: Search(f"scipy.optimize.{name}", ("a", "b"), BRACKETED)
    for name in ("brentq", "brenth", "ridder", "bisect")
}
NEWTON = Search(
    "scipy.optimize.newton",
    ("x0",),
    ("tol", "maxiter", "x1", "rtol"),
    functions=("fprime", "fprime2"),
)
NEWTONS = ("func", "x0", "fprime", "args", "tol", "maxiter", "fprime2", "x1", "rtol",
           "full_output", "disp")  # fmt: skip
ROOTS["toms748"] = Search("scipy.optimize.toms748", ("a", "b"), ("k", *BRACKETED))


class Solution(NamedTuple):
    """What is understood of the result of ``root_scalar``."""

    root: float
    converged: bool
    flag: str
    iterations: int
    function_calls: int


def _unknown(
    lifter: Methods, of: str, fields: Sequence[str], remedy: str, node: ast.AST
) -> list[Value]:
    """Parts of a result of which nothing is known: they are refused where they are used."""
    told = [f"`{field}` of what `{of}` gives is used" for field in fields]
    return [Poison(lifter.unsupported(each, remedy, node)) for each in told]


def root_told(name: str) -> Callable[..., Value]:
    """``brentq(...)`` and its like, which raise where they have not converged.

    Asked for ``full_output`` they give the root, and what is known of it.
    """

    def lift(
        lifter: Methods, args: list[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value:
        given = dict(keywords)
        told = [
            lifter.static_value(given.pop(option, Static(usual)))
            for option, usual in (("full_output", False), ("disp", True))
        ]
        if told not in ([(True, False), (True, True)], [(True, True), (True, True)]):
            raise lifter.unsupported(
                f"`{name}` that is told not to raise, or whose options the run tells",
                "Leave out `disp`: a root that was not found has no slope.",
                node,
            )
        found = (ROOTS.get(name) or NEWTON)(lifter, args, given, node)
        if told[0] == (True, False):
            return found
        remedy = "Take the root, `.root`, and `.converged` alone."
        counts = _unknown(lifter, name, Solution._fields[3:], remedy, node)
        about = TupleValue((found, Static(True), Static("converged"), *counts), Solution)
        return TupleValue((found, about))

    return lift


def root_by_newton(
    lifter: Methods, args: list[Value], keywords: dict[str, Value], node: ast.AST
) -> Value | None:
    """``newton(func, x0, fprime, ...)`` of a number; None of an array of them."""
    given = {**dict(zip(NEWTONS, args, strict=False)), **keywords}
    for option in ("fprime", "fprime2", "x1"):
        if lifter.static_value(given.get(option, Static(None))) == (True, None):
            given.pop(option, None)
    start = lifter.read(given.get("x0", Static(None)))
    number = isinstance(start, Node) and start.type in NUMBERS
    number = number or type(lifter.static_value(start)[1]) in (int, float)
    return root_told("newton")(lifter, [], given, node) if number else None


def root_between(
    lifter: Methods, args: list[Value], keywords: dict[str, Value], node: ast.AST
) -> Value:
    """``root_scalar(f, bracket=(a, b))``, of whose result the root is understood."""
    given = dict(zip(("f", "args", "method", "bracket"), args, strict=False)) | keywords
    ends = lifter.known_items(given.pop("bracket", Static(None)))
    _, method = lifter.static_value(given.get("method", Static("brentq")))
    if ends is None and method in (None, "newton", "secant", "halley") and "x0" in given:
        given["func"] = given.pop("f")
        return NEARBY(lifter, [], given, node)
    if ends is None or len(ends) != 2 or method not in (*ROOTS, None):
        raise lifter.unsupported(
            "`root_scalar` without a bracket",
            "Give it the ends between which the root is, as bracket=(a, b): without them the "
            "search may end at no root.",
            node,
        )
    return BETWEEN(lifter, [given.pop("f"), *ends], given, node)


def root_near(
    lifter: Methods, args: list[Value], keywords: dict[str, Value], node: ast.AST
) -> Value:
    """``fsolve(func, x0)`` of one unknown: an array of one root."""
    given = dict(zip(("func", "x0", "args"), args, strict=False)) | keywords
    return TupleValue((NEAR(lifter, [], given, node),))


BETWEEN = Search(
    "scipy.optimize.root_scalar",
    ("a", "b"),
    ("method", *BRACKETED),
    ends="bracket",
    part="_0_.root",
    told=Solution._fields[1:],
)
# Ways of `root_scalar` that begin near a root.
NEARBY = Search(
    "scipy.optimize.root_scalar", (), ("method", "x0", "x1", "xtol", "rtol", "maxiter"),
    part="_0_.root", told=Solution._fields[1:], functions=("fprime", "fprime2"),
)  # fmt: skip
NEAR = Search(
    "scipy.optimize.fsolve",
    ("x0",),
    ("xtol",),
    part="_0_[0]",
)
FIXED = Search("scipy.optimize.fixed_point", ("x0",), ("xtol", "maxiter", "method"), fixed=True)


class Least(NamedTuple):
    """What is understood of the result of ``minimize_scalar``."""

    x: float
    fun: float
    success: bool
    message: str
    nit: int
    nfev: int


LEAST = Search(
    "scipy.optimize.minimize_scalar", (), ("bracket", "method", "tol"), minimum=True, part=PLACE,
    told=Least._fields[1:],
)  # fmt: skip

LEAST_BETWEEN = Search(
    "scipy.optimize.minimize_scalar", ("a", "b"), ("method", "tol", "options"), minimum=True,
    ends="bounds", part=PLACE, told=Least._fields[1:],
)  # fmt: skip


def least(lifter: Methods, args: list[Value], keywords: dict[str, Value], node: ast.AST) -> Value:
    """``minimize_scalar(fun)``, of whose result the place is understood."""
    names = ("func", "bracket", "bounds", "args", "method", "tol", "options")
    given = dict(zip(names, args, strict=False))
    given |= {"func" if key == "fun" else key: value for key, value in keywords.items()}
    _, method = lifter.static_value(given.get("method", Static(None)))
    usual = (None, "brent", "Brent", "golden", "Golden")
    ends = lifter.known_items(given["bounds"]) if "bounds" in given else None
    fixed = ends is not None and all(lifter.static_value(end)[0] for end in ends)
    bounded = fixed and len(ends or ()) == 2 and method in (None, "bounded", "Bounded")
    if ends is None and method in usual and "bounds" not in given:
        return LEAST(lifter, [], given, node)
    if ends is None or not bounded or "bracket" in given:
        raise lifter.unsupported(
            "`minimize_scalar` with these `bounds`",
            "Write two numbers there, and leave `method` out or let it be 'bounded'.",
            node,
        )
    del given["bounds"]
    return LEAST_BETWEEN(lifter, [given.pop("func"), *ends], given, node)
