"""What the body computes anyway and that tells whether its arguments are numbers.

A sum, a difference or a product is a float only if both of its operands are numbers, and if one
of them is a float.  Where the body begins with some of several parameters, asking these for
their kinds takes fewer additions than asking the parameters does::

    while True:
        try:
            c0 = 200.0 * (x1 - x0 * x0)
            c1 = 200.0 * (x2 - x1 * x1)
            if (c0 + c1 + x3).__class__ is float:
                break
        except elsewhere.error:
            if elsewhere.fits(x0, x1, x2, x3):
                raise
        return elsewhere.call(x0, x1, x2, x3)

Nothing is run ahead of the check but arithmetic that binds names and functions of ``math``: for
other kinds it may raise, which is not heard, and leaves nothing behind.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import field

from chainrule.records import dataclass

COVERING = (ast.Add, ast.Sub, ast.Mult)
FEWEST = 2
"""Parameters that a value must tell of to be asked in their place."""


@dataclass(frozen=True)
class Witnesses:
    """How many statements come before the check, and the names whose sum it asks for."""

    statements: int
    names: tuple[str, ...]


@dataclass
class _Beginning:
    """The statements from the first on that only compute."""

    functions: Collection[str]
    # Which parameters are numbers if the value of a name is a float.
    covered: dict[str, frozenset[str]]
    found: list[tuple[int, str, frozenset[str]]] = field(default_factory=list)
    bound: list[str] = field(default_factory=list)

    def read(self, statements: list[ast.stmt]) -> None:
        """Look at the statements up to the first that does more."""
        for k, statement in enumerate(statements):
            if not (
                isinstance(statement, ast.Assign)
                and len(statement.targets) == 1
                and isinstance(statement.targets[0], ast.Name)
                and self.only_computes(statement.value)
            ):
                return
            name = statement.targets[0].id
            cover = self.cover(statement.value)
            self.covered[name] = cover
            self.bound.append(name)
            self.found.append((k, name, cover))

    def only_computes(self, value: ast.expr) -> bool:
        """Whether a value is arithmetic on names, or a function of ``math`` of such."""
        if isinstance(value, ast.BinOp):
            known = isinstance(value.op, (*COVERING, ast.Div)) or _is_whole_power(value)
            return known and self.only_computes(value.left) and self.only_computes(value.right)
        if isinstance(value, ast.UnaryOp):
            return isinstance(value.op, ast.USub) and self.only_computes(value.operand)
        if isinstance(value, ast.Call):
            return (
                isinstance(value.func, ast.Name)
                and value.func.id in self.functions
                and not value.keywords
                and all(map(self.only_computes, value.args))
            )
        return isinstance(value, ast.Name) or (
            isinstance(value, ast.Constant) and isinstance(value.value, (int, float))
        )

    def cover(self, value: ast.expr) -> frozenset[str]:
        """Parameters that are numbers if the value is a float."""
        if isinstance(value, ast.Name):
            return self.covered.get(value.id, frozenset())
        if isinstance(value, ast.UnaryOp):
            return self.cover(value.operand)
        if isinstance(value, ast.BinOp):
            left, right = self.cover(value.left), self.cover(value.right)
            # The quotient of two of a kind, such as spans of time, is a float.
            if not (isinstance(value.op, ast.Div) and left and right):
                return left | right
        return frozenset()


def _is_whole_power(value: ast.BinOp) -> bool:
    """Whether it is a power of which a number makes a number, never a complex one."""
    exponent = value.right
    return (
        isinstance(value.op, ast.Pow)
        and isinstance(exponent, ast.Constant)
        and type(exponent.value) is int
        and exponent.value > 0
    )


def witnesses(
    statements: list[ast.stmt], parameters: Collection[str], functions: Collection[str]
) -> Witnesses | None:
    """What is asked in the place of parameters; None where they are asked themselves.

    ``functions`` are the names of functions of ``math``.
    """
    beginning = _Beginning(functions, {name: frozenset({name}) for name in parameters})
    beginning.read(statements)
    left = dict.fromkeys(parameters)
    last, names = 0, []
    for k, name, cover in _best_first(beginning.found):
        fresh = [parameter for parameter in left if parameter in cover]
        if len(fresh) >= FEWEST and beginning.bound.count(name) == 1:
            last = max(last, k + 1)
            names.append(name)
            for parameter in fresh:
                del left[parameter]
    asked = (*names, *left)
    bound = beginning.bound[:last]
    if not names or any(name in bound for name in left):
        return None
    return Witnesses(last, asked)


def _best_first(
    found: list[tuple[int, str, frozenset[str]]],
) -> Iterator[tuple[int, str, frozenset[str]]]:
    """Values that tell of most parameters, of equal ones the first."""
    yield from sorted(found, key=lambda each: (-len(each[2]), each[0]))
