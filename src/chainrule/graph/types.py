"""Types of the values in a graph: frozen, comparable, printable as ``f64[*, 1]``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Type:
    """Base of all types."""

    @property
    def differentiable(self) -> bool:
        """Whether a derivative can flow through a value of this type."""
        return False


@dataclass(frozen=True)
class Scalar(Type):
    """One Python value that is not taken apart: ``name`` is its kind."""

    name: str

    @property
    def differentiable(self) -> bool:
        return self.name in ("float", "int", "dynamic")

    def __str__(self) -> str:
        return self.name


FLOAT = Scalar("float")
# An int stands for the real number of the same value, so a derivative may flow through it.
INT = Scalar("int")
BOOL = Scalar("bool")
# A float on some paths and something else (None, a string) on others, known at run time only.
DYNAMIC = Scalar("dynamic")
# Any Python object through which no derivative flows.
OPAQUE = Scalar("opaque")


@dataclass(frozen=True)
class Array(Type):
    """A NumPy array: floating, integer or boolean dtype, and per axis whether its length is 1."""

    dtype: str
    unit_axes: tuple[bool, ...]

    @property
    def rank(self) -> int:
        return len(self.unit_axes)

    @property
    def differentiable(self) -> bool:
        return self.dtype.startswith("float")

    def __str__(self) -> str:
        axes = ", ".join("1" if unit else "*" for unit in self.unit_axes)
        return f"{self.dtype}[{axes}]"


@dataclass(frozen=True)
class Sequence(Type):
    """A Python list or tuple whose length is known at run time only.

    ``kind`` is ``"list"`` or ``"tuple"``; ``item`` is the type of every entry.
    """

    item: Type
    kind: str = "list"

    @property
    def differentiable(self) -> bool:
        return self.item.differentiable

    def __str__(self) -> str:
        return f"{self.kind}[{self.item}]"


@dataclass(frozen=True)
class Record(Type):
    """A container of fixed layout: several values under one node.

    Results of functions and of structured operations are records.  ``kind`` is ``"tuple"``,
    ``"list"``, ``"dict"`` or ``"object"``.
    """

    items: tuple[Type, ...]
    kind: str = "tuple"

    @property
    def differentiable(self) -> bool:
        return any(item.differentiable for item in self.items)

    def __str__(self) -> str:
        return f"{self.kind}({', '.join(map(str, self.items))})"


def join(left: Type, right: Type) -> Type:
    """The narrowest type that holds a value of either type."""
    if left == right:
        return left
    numbers = (FLOAT, INT, BOOL)
    if left in numbers and right in numbers:
        return FLOAT if FLOAT in (left, right) else INT
    if isinstance(left, Sequence) and isinstance(right, Sequence):
        kind = left.kind if left.kind == right.kind else "list"
        # An empty list has entries of no type yet.
        if OPAQUE in (left.item, right.item):
            return Sequence(right.item if left.item == OPAQUE else left.item, kind)
        return Sequence(join(left.item, right.item), kind)
    scalars = isinstance(left, Scalar) and isinstance(right, Scalar)
    if scalars and (left.differentiable or right.differentiable):
        return DYNAMIC
    return OPAQUE
