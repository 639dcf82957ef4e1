"""Numbers of many digits as a person writes them: ``2 * pi``, ``5.0 / 72.0``.

Constants that a rewrite has multiplied together are digits that no one can check.  Where they are
what the user wrote, or a simple multiple of pi, or a simple quotient, to the last bit, they are
written so.
"""

from __future__ import annotations

import ast
import math
from typing import Protocol

from chainrule.emit.imports import Header
from chainrule.graph.block import Graph

# Numbers of fewer digits are read as they are.
FEWEST_DIGITS = 10
# What is longer than the digits of a float is no help.
LONGEST = 18
LARGEST_DENOMINATOR = 100
LARGEST_NUMERATOR = 1000
DEGREES = 180.0


class Writer(Protocol):
    """What writes the expressions of a graph."""

    graph: Graph
    header: Header

    def name(self, text: str) -> ast.expr:
        """A dotted name."""


def number(value: float, writer: Writer) -> ast.expr:
    """An int or a float, written down."""
    if not math.isfinite(value):
        found = _of_math("nan" if math.isnan(value) else "inf", writer)
        return opposite(found) if value < 0 else found
    found = _spelled(abs(value), writer) or ast.Constant(abs(value))
    return opposite(found) if math.copysign(1.0, value) < 0 else found


def _of_math(name: str, writer: Writer) -> ast.expr:
    """``pi``, ``inf`` and their like, by the name that they have in the user's module."""
    for module, own in writer.graph.globals:
        if own == name and writer.graph.globals[module, own] == getattr(math, name):
            return writer.name(writer.header.constant(name, getattr(math, name), module))
    header = writer.header
    free = name == "pi" and ("math", name) not in header.froms
    if free and (writer.graph.numpy or "numpy" in header.modules):
        return writer.name(f"{header.module('numpy')}.pi")
    return writer.name(header.imported("math", name))


def _spelled(size: float, writer: Writer) -> ast.expr | None:
    """An expression that gives this very number, or None where digits are as good.

    The user's own text comes first.
    """
    if not isinstance(size, float) or digits_of(size) < FEWEST_DIGITS:
        return None
    text = writer.graph.spellings.get(size) or _of_pi(size) or _quotient(size)
    if text is None or len(text) > LONGEST:
        return None
    found = ast.parse(text, mode="eval")
    _Importing(writer).visit(found)
    return found.body


class _Importing(ast.NodeTransformer):
    """Names of ``math`` are imported."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return _of_math(node.id, self.writer)


def digits_of(size: float) -> int:
    """How many digits the shortest text of a number has."""
    mantissa = repr(size).partition("e")[0]
    return len(mantissa.replace(".", "").strip("0"))


def _of_pi(size: float) -> str | None:
    """``size`` as pi times or over a short number."""
    if size == math.pi:
        return "pi"
    factor, divisor = _short(size / math.pi), _short(math.pi / size)
    if factor.is_integer() and factor * math.pi == size:
        return f"{factor} * pi"
    if divisor and divisor.is_integer() and math.pi / divisor == size:
        return f"pi / {divisor}"
    if factor * math.pi == size:
        return f"{factor} * pi"
    return f"{DEGREES} / pi" if size == DEGREES / math.pi else None


def _short(number: float) -> float:
    return float(f"{number:.4g}")


def _quotient(size: float) -> str | None:
    """``size`` as a quotient of two small whole numbers."""
    for denominator in range(3, LARGEST_DENOMINATOR + 1):
        if size * denominator >= LARGEST_NUMERATOR + 1:
            return None
        numerator = round(size * denominator)
        if numerator / denominator == size:
            return f"{numerator}.0 / {denominator}.0"
    return None


def opposite(found: ast.expr) -> ast.expr:
    """The negative of a product, as one of its first factor."""
    if isinstance(found, ast.BinOp) and isinstance(found.op, (ast.Mult, ast.Div)):
        return ast.BinOp(opposite(found.left), found.op, found.right)
    if isinstance(found, ast.UnaryOp) and isinstance(found.op, ast.USub):
        return found.operand
    return ast.UnaryOp(ast.USub(), found)


def over_whole(product: ast.expr) -> ast.expr:
    """``x / 3.0`` for the product ``1.0 / 3.0 * x``."""
    match product:
        case ast.BinOp(
            left=ast.BinOp(left=one, op=ast.Div(), right=ast.Constant() as whole),
            op=ast.Mult(),
            right=factor,
        ):
            match one:
                case ast.Constant(value=1.0):
                    return ast.BinOp(factor, ast.Div(), whole)
                case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1.0)):
                    return ast.BinOp(opposite(factor), ast.Div(), whole)
    return product


def without_minus(value: ast.expr) -> ast.expr | None:
    """The expression without its minus sign, which may stand before the constant in front."""
    match value:
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return operand
        case ast.Constant(value=float(number)) if number < 0.0:
            return ast.Constant(-number)
        case ast.BinOp(left=left, op=ast.Mult() | ast.Div() as op, right=right):
            first = without_minus(left)
            return None if first is None else ast.BinOp(first, op, right)
    return None


def with_one_sign(made: ast.expr) -> ast.expr:
    """``a + c * x`` for the difference ``a - -c * x``, and ``a - c * x`` for such a sum."""
    match made:
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as op, right=right):
            found = without_minus(right)
            turned = ast.Sub() if isinstance(op, ast.Add) else ast.Add()
            return made if found is None else ast.BinOp(left, turned, found)
    return over_whole(made)
