"""Values of which the greatest is no more than the least: all of them are equal.

    low, high = min(v), max(v)
    if high > low:
        return [(x - low) / (high - low) for x in v]
    return [0.0 for x in v]

The same is told where their distance or their standard deviation is 0.  Of a single value that is
no point: it is always equal to itself.
"""

from __future__ import annotations

from chainrule.differentiate.congruent import are_congruent
from chainrule.differentiate.origins import EXTREMES
from chainrule.differentiate.own_entries import gathered_by
from chainrule.differentiate.running import ABOVE, BELOW, found_by_loop
from chainrule.differentiate.sorted_entries import sorted_between
from chainrule.graph.node import Node
from chainrule.graph.types import Array, unit_axes_of
from chainrule.primitives import arithmetic, sequence
from chainrule.primitives.declare import constant_value, is_constant
from chainrule.primitives.effect import Verbatim

# The square of no greater number is more than 0: what is as small stands for 0.
NOTHING = 1e-200
GREATEST = ("sequence_max", "array_max", "python_max", "maximum", "fmax")
LEAST = ("sequence_min", "array_min", "python_min", "minimum", "fmin")
# By their names, as arrays' operations are declared later than this is read.
SAMPLES = ("sample_pstdev", "sample_pvariance", "sample_stdev", "sample_variance")
# Where the greatest and the least entry of a list are.
PLACES = ("max(range(_1_), key=_0_.__getitem__)", "min(range(_1_), key=_0_.__getitem__)")
SPREADS = ("ptp", "std", "var", *SAMPLES)


def spread_out(comparison: Node, truth: bool) -> tuple[Node, ...]:
    """The values, or what holds them, that a comparison tells to be equal; nothing of others."""
    pairs: tuple[tuple[Node, Node], ...] = ()
    if comparison.op in (arithmetic.equal, arithmetic.not_equal):
        told = (comparison.op is arithmetic.equal) is truth
        first, second = comparison.args
        pairs = ((first, second), (second, first)) if told else ()
    elif comparison.op in (*BELOW, *ABOVE):
        below = (comparison.op in BELOW) is truth
        first, second = comparison.args[:: 1 if below else -1]
        pairs = ((first, second),)
    for greatest, least in pairs:
        if is_nothing(least):
            return _spread(greatest)
        values = _between(greatest, least)
        if values:
            return values
    return ()


def is_held(values: tuple[Node, ...]) -> bool:
    """Whether what is equal are the entries of one list or array."""
    return len(values) == 1


def is_nothing(bound: Node) -> bool:
    """Whether a bound is 0, or stands for it."""
    return is_constant(bound) and 0 <= constant_value(bound) <= NOTHING


def _spread(value: Node) -> tuple[Node, ...]:
    """The values whose spread this is."""
    if value.op is arithmetic.subtract:
        return _between(*value.args)
    return value.args[:1] if value.op.name in SPREADS and _is_of_all(value) else ()


def _between(greatest: Node, least: Node) -> tuple[Node, ...]:
    """The values of which one is the greatest and the other the least."""
    for found in (found_by_loop, sorted_between, _found_by_place):
        held = found(greatest, least)
        if held is not None:
            return (held,)
    names = (greatest.op.name, least.op.name)
    if names not in zip(GREATEST, LEAST, strict=True):
        return ()
    if greatest.op in EXTREMES:
        first, second = (tuple(_among(each)) for each in (greatest, least))
        return first if {*first} == {*second} and len(first) > 1 else ()
    alone = len(greatest.args) == len(least.args) == 1 and greatest.params == least.params
    same = alone and _is_of_all(greatest) and are_congruent(greatest.args[0], least.args[0])
    return greatest.args[:1] if same else ()


def _found_by_place(greatest: Node, least: Node) -> Node | None:
    """``max(rows, key=lambda row: row[0])[0]`` and the least; arrays at ``argmax`` and ``argmin``.

    The list or array, or its column, of which these are.
    """
    if not (greatest.op is least.op is sequence.index and greatest.args[0] is least.args[0]):
        return None
    base, high, *inner = greatest.args
    low = least.args[1]
    if inner != [*least.args[2:]]:
        return None
    if (high.op.name, low.op.name) == ("argmax", "argmin"):
        return base if high.args == low.args == (base,) and _is_of_all(high) else None
    texts = [place.params[0] if isinstance(place.op, Verbatim) else None for place in (high, low)]
    if texts != [*PLACES] or not are_congruent(high.args[0], low.args[0]):
        return None
    keys = high.args[0]
    gathered = gathered_by(keys)
    if gathered is None:
        return keys if keys is base and not inner else None
    of = gathered.order is None and gathered.base is base and [*gathered.inner] == inner
    return keys if of else None


def _among(extreme: Node) -> dict[Node, None]:
    """What an extreme value is one of."""
    found: dict[Node, None] = {}
    stack = [extreme]
    while stack:
        node = stack.pop()
        if node.op is extreme.op:
            stack.extend(node.args)
        else:
            found[node] = None
    return found


def _is_of_all(reduced: Node) -> bool:
    """Whether a number is one of all entries."""
    held = reduced.args[0].type
    whole = not isinstance(held, Array) or reduced.params[:1] == (None,)
    return whole or len(unit_axes_of(held)) == 1
