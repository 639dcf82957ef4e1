"""Signatures of values: equal expressions have equal ones, whatever their form.

A value is computed at random arguments in exact arithmetic, modulo a prime; what is zero there at
several of them is zero everywhere, but for a chance of about 1e-18.  Exponentials are powers of a
generator, whose exponents are counted modulo its order, a second prime: so each value is computed
modulo both, and ``exp(a) * exp(b) = exp(a + b)`` and ``exp(log(x)) = x`` hold as they should
(G. H. Gonnet, New results for random determination of equivalence of expressions, 1986).

A function of which nothing is known has a random value for each signature of its arguments.
Arguments are of both signs, so that ``exp(0.5 * log(x * x))`` is not taken for ``x``.
"""

from __future__ import annotations

import functools
import math
import random
from collections.abc import Collection, Hashable, Mapping, Sequence
from fractions import Fraction

from chainrule.graph.block import CONSTANT
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, INT
from chainrule.primitives.arithmetic import add, divide, multiply, negative, power, subtract
from chainrule.primitives.declare import Elementwise, constant_value, is_constant
from chainrule.records import dataclass

ORDER = 2**61 - 1
PRIME = 82 * ORDER + 1
GENERATOR = pow(5, 82, PRIME)
HALF = pow(2, -1, ORDER)
# Floats stand for the simple ratio, or multiple of this root, that they are but for the last bit.
ROOT = math.sqrt(2.0)
SIMPLE = 1000
LARGEST = 64
CLOSE = 4e-16
# What is computed from its arguments, beside functions of elements.
COMPUTED = ("add", "subtract", "divide", "power", "positive", "to_float")


class Undefined(ArithmeticError):
    """A value does not exist at the arguments that were drawn."""


@dataclass(frozen=True)
class Signature:
    """A value modulo both primes; with a ``sign``, also as that times a power of the generator."""

    base: int
    exponent: int
    sign: int = 0
    log: int = 0


Key = tuple[Hashable, ...]


class Drawn:
    """The values of nodes at arguments drawn from ``seed``.

    Some of these are ``positive``, and some are the ``numbers`` that are given.
    """

    def __init__(
        self,
        seed: int,
        positive: Collection[Node] = (),
        numbers: Mapping[Node, float] | None = None,
    ) -> None:
        self.numbers = numbers or {}
        self.positive = positive
        self.random = random.Random(seed)
        self.known: dict[Node, Signature] = {}
        self.atoms: dict[Key, Signature] = {}
        self.roots: dict[Node, Signature] = {}

    def run(self, nodes: Sequence[Node]) -> None:
        """Compute all, arguments before what is made of them.

        Raises
        ------
        Undefined
            Where one of them has no value.
        """
        for node in nodes:
            self.known[node] = self._value(node)

    def __getitem__(self, node: Node) -> Signature:
        known = self.known.get(node)
        if known is None:
            known = self.known[node] = self._leaf(node)
        return known

    def _value(self, node: Node) -> Signature:
        if node.type not in (FLOAT, INT) or not node.args:
            return self[node]
        op = node.op
        if op in (add, subtract):
            return _sum(self[node.args[0]], self[node.args[1]], 1 if op is add else -1)
        if op is multiply:
            return _product(self[node.args[0]], self[node.args[1]])
        if op is divide:
            return _product(self[node.args[0]], _power(self[node.args[1]], -1))
        if op is negative:
            return _scaled(self[node.args[0]], -1)
        if op is power and is_constant(node.args[1]):
            exponent = constant_value(node.args[1])
            if exponent == int(exponent) and abs(exponent) < LARGEST:
                return _power(self[node.args[0]], int(exponent))
        if op.name in ("positive", "to_float"):
            return self[node.args[0]]
        if isinstance(op, Elementwise):
            return self._function(node)
        return self._leaf(node)

    def _function(self, node: Node) -> Signature:
        values = [self[arg] for arg in node.args]
        atom = self._atom((node.op.name, node.params, *values))
        name, first = node.op.name, values[0]
        if name == "exp":
            base = pow(GENERATOR, first.exponent, PRIME)
            return Signature(base, atom.exponent, 1, first.exponent)
        if name == "log" and first.sign:
            if first.sign < 0:
                raise Undefined
            return Signature(atom.base, first.log)
        if name == "sqrt" and node.args[0] in self.roots:
            if first.sign < 0:
                raise Undefined
            return self.roots[node.args[0]]
        return atom

    def _leaf(self, node: Node) -> Signature:
        """A number, or something of which nothing is known but that it is a number."""
        if node.op is CONSTANT and isinstance(node.params[0], (int, float)):
            return self._number(node.params[0])
        if node in self.numbers:
            return self._number(self.numbers[node])
        root, log = self.random.randrange(1, ORDER), self.random.randrange(1, ORDER)
        half = log * HALF % ORDER
        sign = 1 if node in self.positive else self.random.choice((1, -1))
        base = pow(GENERATOR, half, PRIME)
        self.roots[node] = Signature(base, root, 1, half)
        return Signature(sign * base * base % PRIME, root * root % ORDER, sign, log)

    def _number(self, value: float) -> Signature:
        if not math.isfinite(value):
            return self._atom(("number", repr(value)))
        return _of_number(value)

    def _atom(self, key: Key) -> Signature:
        known = self.atoms.get(key)
        if known is None:
            known = Signature(self.random.randrange(1, PRIME), self.random.randrange(1, ORDER))
            self.atoms[key] = known
        return known


def is_drawn(node: Node) -> bool:
    """Whether a value is drawn, and not computed from others, nor a number."""
    if node.type not in (FLOAT, INT) or not node.args:
        return node.op is not CONSTANT
    return not isinstance(node.op, Elementwise) and node.op.name not in COMPUTED


@functools.lru_cache(maxsize=256)
def _of_number(value: float) -> Signature:
    """The signature of a finite number, which no draw changes."""
    if value in (1, -1):
        return Signature(int(value) % PRIME, int(value) % ORDER, int(value), 0)
    if 0.0 < abs(value) < LARGEST:
        for unit, signature in ((1.0, Signature(1, 1)), (ROOT, Signature(*_ROOTS))):
            ratio = _simple(float(value), unit)
            if ratio is not None:
                return _scaled(signature, ratio)
    return _scaled(Signature(1, 1), Fraction(value))


def _simple(value: float, unit: float) -> Fraction | None:
    """The simple ratio of ``value`` to ``unit``; None where there is none."""
    ratio = Fraction(value / unit).limit_denominator(SIMPLE)
    near = abs(ratio * Fraction(unit) - Fraction(value)) <= CLOSE * abs(Fraction(value))
    return ratio if ratio and near else None


def _square_root(value: int, prime: int) -> int:
    """A root modulo a prime that is 3 modulo 4, of a number that has one."""
    return pow(value, (prime + 1) // 4, prime)


_ROOTS = (_square_root(2, PRIME), _square_root(2, ORDER))


def _sum(x: Signature, y: Signature, sign: int) -> Signature:
    return Signature((x.base + sign * y.base) % PRIME, (x.exponent + sign * y.exponent) % ORDER)


def _product(x: Signature, y: Signature) -> Signature:
    return Signature(
        x.base * y.base % PRIME,
        x.exponent * y.exponent % ORDER,
        x.sign * y.sign,
        (x.log + y.log) % ORDER,
    )


def _scaled(x: Signature, factor: Fraction | int) -> Signature:
    above, below = factor.numerator, factor.denominator
    if below % PRIME == 0 or below % ORDER == 0:
        raise Undefined
    sign = x.sign * int(factor) if factor in (1, -1) else 0
    return Signature(
        x.base * above * pow(below, -1, PRIME) % PRIME,
        x.exponent * above * pow(below, -1, ORDER) % ORDER,
        sign,
        x.log if sign else 0,
    )


def _power(x: Signature, exponent: int) -> Signature:
    if exponent < 0 and not (x.base and x.exponent):
        raise Undefined
    return Signature(
        pow(x.base, exponent, PRIME),
        pow(x.exponent, exponent, ORDER),
        x.sign ** abs(exponent),
        x.log * exponent % ORDER,
    )
