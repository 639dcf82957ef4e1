"""Values of a graph at a point where nothing is special, to tell which nodes are equal.

Simplification keeps the value of a derivative, not its form: a product that was the adjoint of x
may be twice a quotient now.  At a generic point equal expressions have equal values up to
rounding, and different ones have not.  What is not arithmetic is some smooth function of its
arguments here, the same one wherever it stands.  A value to which something that it depends on
adds next to nothing is not told: it would be equal to too much.
"""

from __future__ import annotations

import cmath
import math
import zlib
from collections.abc import Callable, Mapping, Sequence

from chainrule.graph.block import CONSTANT, GLOBAL, ITEM, UNDEFINED, Block, result_number
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, INT
from chainrule.primitives.arithmetic import equal
from chainrule.primitives.control import IF
from chainrule.primitives.declare import Primitive, Structured, is_constant
from chainrule.primitives.sequence import record
from chainrule.records import dataclass, replace

# What adds a smaller part than this is as good as not there.
LEAST = 1e-5
# Values this far apart, relatively, may come from different roundings.
ROUNDING = 1e-10
# How far the arguments of functions are moved to see whether they are felt.
STEP = 1e-4
# What is left where terms cancel.
NOTHING = 1e-12
GOLDEN = 0.6180339887498949
ROOT = 0.4142135623730951

FUNCTIONS: dict[str, Callable[..., complex]] = {
    "absolute": lambda x: cmath.sqrt(x * x),
    "acos": cmath.acos,
    "asin": cmath.asin,
    "asinh": cmath.asinh,
    "atan": cmath.atan,
    "atanh": cmath.atanh,
    "cos": cmath.cos,
    "cosh": cmath.cosh,
    "exp": cmath.exp,
    "expm1": lambda x: cmath.exp(x) - 1.0,
    "fma": lambda x, y, z: x * y + z,
    "hypot": lambda x, y: cmath.sqrt(x * x + y * y),
    "log": cmath.log,
    "log10": lambda x: cmath.log(x) / math.log(10.0),
    "log1p": lambda x: cmath.log(1.0 + x),
    "log2": lambda x: cmath.log(x) / math.log(2.0),
    "power": lambda x, y: x**y,
    "real_power": lambda x, y: x**y,
    "reciprocal": lambda x: 1.0 / x,
    "sin": cmath.sin,
    "sinh": cmath.sinh,
    "sqrt": cmath.sqrt,
    "square": lambda x: x * x,
    "tan": cmath.tan,
    "tanh": cmath.tanh,
}
EXACT = {"add", "subtract", "multiply", "divide", "negative", "positive", "to_float", *FUNCTIONS}


@dataclass(frozen=True)
class Found:
    """A value, and the least part that something it depends on has in it.

    ``plain`` tells that all of it was computed: what was not may equal what has another value.
    """

    value: complex
    felt: float = 1.0
    plain: bool = True


class Generic:
    """Values of the nodes of one graph; ``known`` are those that are given."""

    def __init__(self, known: Mapping[Node, Found | None] | None = None, first: int = 1) -> None:
        self.found: dict[Node, Found | None] = dict(known or {})
        # Nodes that are not computed here.
        self.leaves: list[Node] = []
        self._next = first

    def of(self, root: Node) -> Found | None:
        """The value of a node; None where it has none, or none that tells enough."""
        stack = [root]
        while stack:
            node = stack[-1]
            if node in self.found:
                stack.pop()
                continue
            needed = self._needed(node)
            missing = [part for part in needed if part not in self.found]
            if missing:
                stack += missing
                continue
            stack.pop()
            self.found[node] = self._value(node)
        return self.found[root]

    def _needed(self, node: Node) -> Sequence[Node]:
        """What a value is computed from."""
        if node.op is ITEM:
            owner = node.args[0]
            if owner.op is IF:
                results = [arm.results[result_number(node)] for arm in _arms(owner)]
                return (owner.args[0], *results)
            if owner.op is record:
                return (owner.args[result_number(node)],)
        if isinstance(node.op, Structured) or not node.op.pure or node.op.effect:
            return ()
        if node.op is ITEM and isinstance(node.args[0].op, Structured):
            return ()
        return node.args

    def _value(self, node: Node) -> Found | None:
        op = node.op
        if op is UNDEFINED:
            return None
        if op is CONSTANT and node.type in (FLOAT, INT):
            number = node.params[0]
            assert isinstance(number, (int, float))
            return _felt(complex(number), 1.0)
        if op is GLOBAL and (number := _global(node)) is not None:
            return _felt(complex(number), 1.0)
        if op is ITEM and node.args[0].op is IF:
            return self._chosen(node)
        if op is ITEM and node.args[0].op is record:
            return self.found[node.args[0].args[result_number(node)]]
        needed = self._needed(node)
        if not needed and (node.args or not isinstance(op, Primitive)):
            return self._seed(node)
        parts = [self.found[part] for part in needed]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return None
        try:
            found = _computed(node, known)
        except (ArithmeticError, ValueError):
            return None
        plain = node.op.name in EXACT and all(part.plain for part in known)
        return found if found is None or plain else replace(found, plain=False)

    def _seed(self, node: Node) -> Found:
        """Some number near 1."""
        self.leaves.append(node)
        k = self._next
        self._next += 1
        length, turn = 0.6 + 0.9 * (k * GOLDEN % 1.0), 0.6 * (k * ROOT % 1.0) - 0.3
        return Found(cmath.rect(length, turn))

    def _chosen(self, node: Node) -> Found | None:
        """What a branch gives: a part of each arm, told by what is asked."""
        owner = node.args[0]
        arms, k = _arms(owner), result_number(node)
        predicate = owner.args[0]
        if len(arms) == 1:
            return self.found[arms[0].results[k]]
        if predicate.op is equal and any(map(is_constant, predicate.args)):
            # Nothing is special here.
            return self.found[arms[1].results[k]]
        asked = self.found[predicate]
        held, failed = (self.found[arm.results[k]] for arm in arms)
        if asked is None or held is None or failed is None:
            return None
        one = Found(held.value * asked.value, min(held.felt, asked.felt))
        two = Found(failed.value * (1.0 - asked.value), min(failed.felt, asked.felt))
        found = _sum(one, two)
        return None if found is None else replace(found, plain=False)


def _arms(branch: Node) -> list[Block]:
    """The arms of a branch that are left at their ends."""
    blocks = [block for block in branch.params if isinstance(block, Block)]
    return [block for block in blocks if block.completes] or blocks[:1]


def _global(node: Node) -> float | None:
    """The number that a name stands for, but none that would meet others by chance."""
    module, name = map(str, node.params)
    value = node.graph.globals.get((module, name))
    return value if isinstance(value, float) and not (2.0 * value).is_integer() else None


def _computed(node: Node, parts: Sequence[Found]) -> Found | None:
    """The value of an operation."""
    name = node.op.name
    felt = min((part.felt for part in parts), default=1.0)
    values = [part.value for part in parts]
    if name == "add":
        return _sum(*parts)
    if name == "subtract":
        return _sum(parts[0], Found(-parts[1].value, parts[1].felt))
    if name == "multiply":
        return _felt(values[0] * values[1], felt)
    if name == "divide":
        return _felt(values[0] / values[1], felt)
    if name == "negative":
        return _felt(-values[0], felt)
    if name in ("positive", "to_float"):
        return _felt(values[0], felt)
    compute = FUNCTIONS.get(name) or _some_function(node)
    value = compute(*values)
    for k, arg in enumerate(values):
        if 0.0 not in (arg, value) and node.args[k].op is not CONSTANT:
            moved = compute(*values[:k], arg * (1.0 + STEP), *values[k + 1 :])
            felt *= min(1.0, abs(moved - value) / abs(STEP * value))
    return _felt(value, felt)


def _sum(one: Found, two: Found) -> Found | None:
    if 0.0 in (one.value, two.value):
        return two if one.value == 0.0 else one
    value = one.value + two.value
    size = max(abs(one.value), abs(two.value))
    if abs(value) < LEAST * size:
        return Found(0.0, min(one.felt, two.felt)) if abs(value) < NOTHING * size else None
    parts = [part.felt * min(1.0, abs(part.value) / size) for part in (one, two)]
    return _felt(value, min(parts))


def _felt(value: complex, felt: float) -> Found | None:
    """A value, unless it is out of reach or something in it is not felt."""
    if felt < LEAST or not (value == 0.0 or 1e-280 < abs(value) < 1e280):
        return None
    return Found(value, felt)


def _some_function(node: Node) -> Callable[..., complex]:
    """A smooth function that stands for an operation of these options, and for no other."""
    fixed = ",".join(f"{arg.params[0]!r}" if arg.op is CONSTANT else "_" for arg in node.args)
    key = zlib.crc32(f"{node.op.name} {_options(node.params)} {fixed}".encode())
    varying = [arg.op is not CONSTANT for arg in node.args]

    def compute(*values: complex) -> complex:
        product = complex(0.6 + 0.9 * (key * GOLDEN % 1.0), 0.4 * (key * ROOT % 1.0))
        for k, value in enumerate(values):
            if varying[k]:
                product *= value ** (0.7 + 0.6 * ((key + k + 1) * GOLDEN % 1.0))
        return product * (1.0 + product)

    return compute


def _options(params: object) -> str:
    """Static parameters as text that is the same in every run."""
    if isinstance(params, tuple):
        return f"({','.join(map(_options, params))})"
    plain = params is None or isinstance(params, (bool, int, float, str))
    return repr(params) if plain else type(params).__name__
