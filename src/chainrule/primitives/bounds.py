"""What is certain of a value whatever the arguments are: between which numbers it lies.

Each primitive declares the bounds of its result, given those of its arguments.  They hold for
what a machine computes: rounding is monotonic, so sums and products are bounded by the sums and
products of the bounds, but products of tiny numbers are 0, and so is ``exp`` far below 0.  NaN
may be anywhere unless ``nan`` is false.  Of an array the bounds hold for every entry.
"""

from __future__ import annotations

import math
from typing import Any

from chainrule.graph.block import CONSTANT, GLOBAL, ITEM, PARAMETER, result_number
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, FLOAT, FLOATING, INT, Array, dtype_of
from chainrule.primitives.control import IF, LOOP, loop_parts, next_states, owned_blocks
from chainrule.primitives.declare import Interval, Primitive
from chainrule.primitives.effect import VERBATIM
from chainrule.records import dataclass, replace

# How far from a bound a function that is not rounded correctly may be.
INEXACT = 1e-9
# Below these numbers of narrower dtypes are 0, or near it; the constants of f are rounded, too.
NARROW = {"float16": 1e-6, "float32": 1e-37}
ROUNDED = 1e-2
# What is left of a difference may be nothing in a narrower dtype.
CANCELLED = 1e-3
# A quotient by no less is finite.
FAR_FROM_ZERO = 1e-30
# Integers up to this one are floats.
LARGEST_EXACT = 2.0**53


@dataclass(frozen=True)
class Bounds:
    """A value is at least ``low`` and at most ``high``, and not 0 where ``nonzero`` is set.

    ``wraps``: it is an integer of NumPy's, whose arithmetic may overflow.  ``finite``: it is a
    polynomial of the arguments, or as tame, and so finite unless they are nearly infinite.
    """

    low: float = -math.inf
    high: float = math.inf
    nonzero: bool = False
    nan: bool = True
    wraps: bool = False
    finite: bool = False

    @property
    def excludes_zero(self) -> bool:
        """Whether the value is certainly not 0."""
        return self.nonzero or self.low > 0.0 or self.high < 0.0

    @property
    def positive(self) -> bool:
        """Whether the value is greater than 0, if it is a number."""
        return self.low >= 0.0 and self.excludes_zero

    def both(self, other: Bounds) -> Bounds:
        """What holds where both hold."""
        if other is ANYTHING or other is self:
            return self
        return Bounds(
            max(self.low, other.low),
            min(self.high, other.high),
            self.excludes_zero or other.excludes_zero,
            self.nan and other.nan,
            self.wraps and other.wraps,
            self.finite or other.finite,
        )

    def either(self, other: Bounds) -> Bounds:
        """What holds where one of the two holds."""
        return Bounds(
            min(self.low, other.low),
            max(self.high, other.high),
            self.excludes_zero and other.excludes_zero,
            self.nan or other.nan,
            self.wraps or other.wraps,
            self.finite and other.finite,
        )

    @property
    def endless(self) -> bool:
        """Whether the value is infinite: no multiple of it is 0."""
        return self.low == self.high and math.isinf(self.low)

    @property
    def divides(self) -> bool:
        """Whether what is finite is so too once it is divided by the value."""
        return self.finite and (self.low >= FAR_FROM_ZERO or self.high <= -FAR_FROM_ZERO)

    def lies_in(self, domain: Interval) -> bool:
        """Whether the value lies in ``domain``, if it is a number."""
        above = self.low > domain.low or (self.low == domain.low and not domain.open_low)
        below = self.high < domain.high or (self.high == domain.high and not domain.open_high)
        if not above and self.low == domain.low == 0.0:
            above = self.nonzero
        return above and below


ANYTHING = Bounds()
OBJECT = Bounds(wraps=True)
NONNEGATIVE = Bounds(low=0.0)
UNIT = Bounds(-1.0 - INEXACT, 1.0 + INEXACT)
SHARE = Bounds(0.0, 1.0)


def within(domain: Interval) -> Bounds:
    """The numbers of a domain."""
    if math.isinf(domain.low) and domain.open_low:
        return Bounds(nonzero=True)
    return Bounds(domain.low, domain.high, domain.open_low and domain.low == 0.0)


def exactly(value: float) -> Bounds:
    """One number."""
    if isinstance(value, float) and 0.0 < abs(value) < NARROW["float32"]:
        # Beside a number of a narrower dtype it is 0.
        return Bounds(min(value, 0.0), max(value, 0.0), nan=False, finite=True)
    if isinstance(value, int) and abs(value) > LARGEST_EXACT:
        return Bounds(*((LARGEST_EXACT, math.inf) if value > 0 else (-math.inf, -LARGEST_EXACT)))
    found = float(value)
    return Bounds(found, found, nan=math.isnan(found), finite=math.isfinite(found))


def bounds_of(node: Node) -> Bounds:
    """The bounds of a value; what is found is kept with its graph."""
    known: dict[Node, Bounds] = node.block.graph.bounds
    found = known.get(node)
    if found is not None:
        return found
    stack = [node]
    while stack:
        last = stack[-1]
        if last in known:
            stack.pop()
            continue
        waiting = [part for part in parts_of(last) if part not in known]
        if waiting:
            stack += waiting
            continue
        known[last] = combined(last, [known[part] for part in parts_of(last)])
        stack.pop()
    return known[node]


def parts_of(node: Node) -> tuple[Node, ...]:
    """The values from whose bounds those of ``node`` follow."""
    if node.op is ITEM and node.args[0].op is IF:
        k = result_number(node)
        return tuple(arm.results[k] for arm in owned_blocks(node.args[0]) if arm.completes)
    if node.op.name == "index" and (value := _appended(node.args[0])) is not None:
        return (value,)
    return node.args if _rule_of(node) is not None else ()


def _appended(sequence: Node) -> Node | None:
    """The value that every step of a loop has put behind a sequence, which was empty before."""
    if sequence.op.name == "index":
        inner = _appended(sequence.args[0])
        return None if inner is None else _appended(inner)
    if sequence.op is not ITEM or sequence.args[0].op is not LOOP:
        return None
    owner, k = sequence.args[0], result_number(sequence)
    _, initial, states = loop_parts(owner)
    last = next_states(owner)[k]
    if last.op.name != "append" or last.args[0] is not states[k]:
        return None
    return last.args[1] if initial[k].op.name == "display" and not initial[k].args else None


def _rule_of(node: Node) -> Any:
    return node.op.bounds if isinstance(node.op, Primitive) else None


def combined(node: Node, parts: list[Bounds]) -> Bounds:
    """The bounds of ``node``, given those of its parts."""
    if node.op is CONSTANT and isinstance(node.params[0], (int, float)):
        return exactly(node.params[0])
    entries = isinstance(node.type, Array) and dtype_of(node.type) in FLOATING
    if node.type not in (FLOAT, INT, BOOL) and not entries:
        return replace(OBJECT, finite=_given(node))
    counts = node.type in (INT, BOOL)
    if node.op is GLOBAL:
        value = node.graph.globals[str(node.params[0]), str(node.params[1])]
        of_library = node.params[0] in ("math", "numpy") and isinstance(value, float)
        return exactly(value) if of_library else Bounds(nan=not counts)
    if parts and (node.op is ITEM or node.op.name == "index"):
        found = parts[0]
        for part in parts[1:]:
            found = found.either(part)
        return found
    rule = _rule_of(node)
    if rule is None or (counts and any(part.wraps for part in parts)):
        wraps = counts and node.op is not PARAMETER
        return Bounds(nan=not counts, wraps=wraps, finite=counts or _given(node))
    dtype = dtype_of(node.type)
    if dtype not in NARROW:
        made: Bounds = rule(node, *parts)
        return replace(made, nan=False, finite=True) if counts else made
    types = [dtype_of(part.type) for part in node.args]
    parts = [_narrowed(part, own, dtype) for part, own in zip(parts, types, strict=True)]
    return _narrowed(rule(node, *parts), dtype, dtype)


def _given(node: Node) -> bool:
    """Whether a value is an argument of f, or read out of one."""
    while node.op is VERBATIM and len(node.args) == 1 and "(" not in str(node.params[0]):
        node = node.args[0]
    return node.op is PARAMETER and node.block is node.graph.body


def _narrowed(bounds: Bounds, own: str, dtype: str) -> Bounds:
    """The bounds of a value of the dtype ``own`` where it is rounded to ``dtype``."""
    low, high = _loosened(bounds.low, bounds.high, ROUNDED)
    low = 0.0 if 0.0 < low < NARROW[dtype] else low
    high = 0.0 if -NARROW[dtype] < high < 0.0 else high
    finite = bounds.finite and dtype != "float16"
    return Bounds(low, high, bounds.nonzero and own == dtype, bounds.nan, finite=finite)


def _loosened(low: float, high: float, part: float) -> tuple[float, float]:
    return low - part * abs(low) if low != -math.inf else low, (
        high + part * abs(high) if high != math.inf else high
    )


# --- the laws that primitives declare ----------------------------------------------------------


def same(node: Node, first: Bounds, *rest: Bounds) -> Bounds:
    """Entries of the first argument, be they arranged anew."""
    return first


def one_of(node: Node, first: Bounds, *rest: Bounds) -> Bounds:
    """Entries of all arguments."""
    for other in rest:
        first = first.either(other)
    return first


def always(bounds: Bounds) -> Any:
    """The same bounds for all arguments."""

    def rule(node: Node, *parts: Bounds) -> Bounds:
        return replace(bounds, finite=_finite(bounds) and _tame(*parts))

    return rule


def spread(node: Node, *parts: Bounds) -> Bounds:
    """A variance, a deviation, a length."""
    return replace(NONNEGATIVE, finite=_tame(*parts))


def _tame(*parts: Bounds) -> bool:
    return all(part.finite for part in parts)


def of_sum(node: Node, x: Bounds, y: Bounds) -> Bounds:
    """x + y; sums do not underflow."""
    low, high = _sum(x.low, y.low, -math.inf), _sum(x.high, y.high, math.inf)
    apart = (x.low >= 0.0 and y.low >= 0.0) or (x.high <= 0.0 and y.high <= 0.0)
    nan = x.nan or y.nan or not _finite(x, y)
    nonzero = apart and (x.excludes_zero or y.excludes_zero)
    return Bounds(low, high, nonzero, nan, finite=_tame(x, y))


def _sum(x: float, y: float, unknown: float) -> float:
    found = x + y
    if math.isnan(found):
        return unknown
    exact = all(isinstance(value, float) and (value * 1024.0).is_integer() for value in (x, y))
    if x * y < 0.0 and not exact and abs(found) < CANCELLED * (abs(x) + abs(y)):
        return math.copysign(CANCELLED * (abs(x) + abs(y)), unknown)
    return found


def _finite(*bounds: Bounds) -> bool:
    return all(math.isfinite(each.low) and math.isfinite(each.high) for each in bounds)


def opposite(node: Node, x: Bounds) -> Bounds:
    """-x."""
    return Bounds(-x.high, -x.low, x.nonzero, x.nan, finite=x.finite)


def of_difference(node: Node, x: Bounds, y: Bounds) -> Bounds:
    """x - y."""
    return of_sum(node, x, opposite(node, y))


def of_product(node: Node, x: Bounds, y: Bounds) -> Bounds:
    """x * y, which underflows; a square is not negative."""
    if len(node.args) == 2 and node.args[0] is node.args[1]:
        return squared(node, x)
    ends = [_times(left, right) for left in (x.low, x.high) for right in (y.low, y.high)]
    whole = node.type == INT and x.excludes_zero and y.excludes_zero
    nan = x.nan or y.nan or not _finite(x, y)
    nonzero = whole or x.endless or y.endless
    return Bounds(min(ends), max(ends), nonzero, nan, finite=_tame(x, y))


def _times(x: float, y: float) -> float:
    return 0.0 if x == 0.0 or y == 0.0 else x * y


def squared(node: Node, x: Bounds) -> Bounds:
    """x * x."""
    ends = (x.low * x.low, x.high * x.high)
    low = min(ends) if x.low > 0.0 or x.high < 0.0 else 0.0
    return Bounds(low, max(ends), False, x.nan, finite=x.finite)


def of_quotient(node: Node, x: Bounds, y: Bounds) -> Bounds:
    """x / y, which underflows; 0.0 and -0.0 below the line give opposite signs."""
    if x.endless:
        return Bounds(nonzero=True)
    finite = x.finite and y.divides
    if y.low == y.high == 0.0:
        # It raises, whatever else may be known of it.
        return ANYTHING
    if y.positive:
        return Bounds(*_over(x, y.low, y.high), finite=finite)
    if y.excludes_zero and y.high <= 0.0:
        low, high = _over(x, -y.high, -y.low)
        return Bounds(-high, -low, finite=finite)
    return ANYTHING


def _over(x: Bounds, low: float, high: float) -> tuple[float, float]:
    """The ends of x divided by what lies between two numbers that are not negative."""
    widest = math.inf if low == 0.0 else 1.0 / low
    narrowest = 0.0 if math.isinf(high) else 1.0 / high
    low_end = _times(x.low, widest if x.low < 0.0 else narrowest)
    high_end = _times(x.high, widest if x.high > 0.0 else narrowest)
    return _loosened(low_end, high_end, INEXACT)


def magnitude(node: Node, x: Bounds) -> Bounds:
    """abs(x)."""
    if x.low >= 0.0:
        return x
    ends = (abs(x.low), abs(x.high))
    low = min(ends) if x.high < 0.0 else 0.0
    return Bounds(low, max(ends), x.nonzero, x.nan, finite=x.finite)


def of_root(node: Node, x: Bounds) -> Bounds:
    """sqrt(x): 0 where x is, which does not underflow."""
    low, high = math.sqrt(max(x.low, 0.0)), math.sqrt(max(x.high, 0.0))
    real = x.low >= 0.0
    return Bounds(low, high, x.excludes_zero, x.nan or not real, finite=x.finite and real)


def of_cube_root(node: Node, x: Bounds) -> Bounds:
    """cbrt(x)."""
    return Bounds(0.0 if x.low >= 0.0 else -math.inf, math.inf, x.excludes_zero, x.nan)


def of_length(node: Node, *sides: Bounds) -> Bounds:
    """hypot(x, y, ...)."""
    nonzero = any(side.excludes_zero for side in sides)
    return Bounds(0.0, math.inf, nonzero, finite=_tame(*sides))


def exponential(node: Node, x: Bounds) -> Bounds:
    """exp(x), which underflows."""
    low = math.exp(x.low) if -80.0 < x.low < 80.0 else 0.0
    high = math.exp(x.high) if x.high < 80.0 else math.inf
    return Bounds(*_loosened(low, high, INEXACT), x.low > -80.0, x.nan)


def from_one(node: Node, x: Bounds) -> Bounds:
    """What is at least 1, but for rounding."""
    return Bounds(1.0 - INEXACT, math.inf)


def with_its_sign(node: Node, x: Bounds) -> Bounds:
    """What has the sign of its argument: sinh, expm1, log1p ..."""
    return Bounds(0.0 if x.low >= 0.0 else -math.inf, 0.0 if x.high <= 0.0 else math.inf)


def of_power(node: Node, x: Bounds, y: Bounds) -> Bounds:
    """x ** y; negative powers of 0.0 and -0.0 have opposite signs."""
    whole = y.low == y.high and y.low >= 0.0 and y.low.is_integer()
    return replace(_power(x, y), finite=whole and x.finite)


def _power(x: Bounds, y: Bounds) -> Bounds:
    if x.low >= 0.0 and (y.low >= 0.0 or x.excludes_zero):
        one = x.low >= 1.0 and y.low >= 0.0
        return Bounds(1.0 - INEXACT if one else 0.0, math.inf, one)
    even = y.low == y.high and y.low % 2.0 == 0.0
    return NONNEGATIVE if even else ANYTHING


def larger(node: Node, x: Bounds, y: Bounds) -> Bounds:
    """numpy.maximum(x, y): nan where one of them is."""
    low, high = max(x.low, y.low), max(x.high, y.high)
    nonzero = x.excludes_zero and y.excludes_zero
    return Bounds(low, high, nonzero, x.nan or y.nan, finite=_tame(x, y))


def smaller(node: Node, x: Bounds, y: Bounds) -> Bounds:
    """numpy.minimum(x, y)."""
    low, high = min(x.low, y.low), min(x.high, y.high)
    nonzero = x.excludes_zero and y.excludes_zero
    return Bounds(low, high, nonzero, x.nan or y.nan, finite=_tame(x, y))


def later_larger(node: Node, x: Bounds, y: Bounds) -> Bounds:
    """Python's max(x, y): x unless y is greater, and so x where y is nan."""
    found = larger(node, x, y)
    return replace(found, low=x.low if y.nan else found.low, nan=x.nan)


def later_smaller(node: Node, x: Bounds, y: Bounds) -> Bounds:
    """Python's min(x, y)."""
    found = smaller(node, x, y)
    return replace(found, high=x.high if y.nan else found.high, nan=x.nan)


def clipped(node: Node, x: Bounds, y: Bounds, z: Bounds) -> Bounds:
    """numpy.clip(x, y, z)."""
    return smaller(node, larger(node, x, y), z)


def chosen_one(node: Node, mask: Bounds, x: Bounds, y: Bounds) -> Bounds:
    """numpy.where(mask, x, y)."""
    return x.either(y)


def added_up(node: Node, x: Bounds, *rest: Bounds) -> Bounds:
    """A sum of entries, of which there may be none."""
    low, high = 0.0 if x.low >= 0.0 else -math.inf, 0.0 if x.high <= 0.0 else math.inf
    if _has_ones(node.args[0], node.params[0]):
        low = 1.0
    return Bounds(low, high, finite=x.finite)


def _has_ones(value: Node, axis: Any) -> bool:
    """Whether ``value`` is ``exp(x - max(x))`` with the largest along ``axis``, which gives 1."""
    if value.op.name != "exp" or value.args[0].op.name != "subtract":
        return False
    x, top = value.args[0].args
    if top.op.name != "array_max" or top.args[0] is not x:
        return False
    whole = axis is None or (isinstance(x.type, Array) and x.type.rank == 1)
    same, keepdims = top.params[:2]
    return whole if same is None else same == axis and bool(keepdims)


def averaged(node: Node, x: Bounds, *rest: Bounds) -> Bounds:
    """A mean of entries; of none it is nan."""
    found = added_up(node, x)
    return replace(found, nonzero=min(x.low, 1.0) > INEXACT or max(x.high, -1.0) < -INEXACT)


def contracted(node: Node, x: Bounds, *rest: Bounds) -> Bounds:
    """A product of arrays; that of one axis with itself is a sum of squares."""
    itself = len(node.args) == 2 and node.args[0] is node.args[1]
    found = NONNEGATIVE if itself and not isinstance(node.type, Array) else ANYTHING
    return replace(found, finite=_tame(x, *rest))


# --- what bounds decide ------------------------------------------------------------------------


def compared(name: str, x: Bounds, y: Bounds) -> bool | None:
    """The truth of a comparison, where it is certain; with nan only ``!=`` is true."""
    if name in ("greater", "greater_equal"):
        x, y, name = y, x, {"greater": "less", "greater_equal": "less_equal"}[name]
    if name in ("equal", "not_equal"):
        if _is_zero(x) and _is_zero(y):
            return name == "equal"
        at_zero = (_is_zero(x) and y.excludes_zero) or (_is_zero(y) and x.excludes_zero)
        apart = at_zero or x.high < y.low or y.high < x.low
        return (name == "not_equal") if apart else None
    above = x.low > y.high or (x.low == y.high and name == "less")
    if above or _apart_at_zero(y, x):
        return False
    below = x.high < y.low or (x.high == y.low and name == "less_equal") or _apart_at_zero(x, y)
    return True if below and not (x.nan or y.nan) else None


def _is_zero(x: Bounds) -> bool:
    return x.low == x.high == 0.0 and not x.nan


def _apart_at_zero(x: Bounds, y: Bounds) -> bool:
    """Whether x is below y because one of them is not 0."""
    return x.high == y.low == 0.0 and (x.excludes_zero or y.excludes_zero)


COMPARISONS = ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal")
