"""Logic on masks and integer arrays: no derivative flows through it."""

from __future__ import annotations

import operator
from typing import Any

from chainrule.graph.types import BOOL, INT, Type
from chainrule.primitives.declare import REAL, Cost, Flat, Interval, flat


def _logic_type(types: tuple[Type, ...]) -> Type:
    return BOOL if all(type == BOOL for type in types) else INT


BITS = Interval(-(2**31), 2**31)


def _bitwise(name: str, symbol: str, evaluate: Any) -> Flat:
    return flat(
        name, f"numpy.{name}", symbol=symbol, domain=(BITS, BITS), cost=Cost.FREE,
        raises=False, result=_logic_type, evaluate=evaluate, doc=f"Bitwise {symbol}.",
    )  # fmt: skip


bitwise_and = _bitwise("bitwise_and", "&", operator.and_)
bitwise_or = _bitwise("bitwise_or", "|", operator.or_)
bitwise_xor = _bitwise("bitwise_xor", "^", operator.xor)
invert = flat(
    "invert", "numpy.invert", symbol="~", domain=(BITS,), cost=Cost.FREE, raises=False,
    result=_logic_type, evaluate=operator.invert, doc="Bitwise not.",
)  # fmt: skip


def _logical(name: str, count: int, doc: str) -> Flat:
    return flat(
        name, f"numpy.{name}", domain=(REAL,) * count, cost=Cost.FREE, raises=False,
        result=lambda types: BOOL, doc=doc,
    )  # fmt: skip


logical_and = _logical("logical_and", 2, "Whether both are true.")
logical_or = _logical("logical_or", 2, "Whether one is true.")
logical_xor = _logical("logical_xor", 2, "Whether just one is true.")
array_not = _logical("logical_not", 1, "Whether it is false.")
