"""Types of the values in a graph: frozen, comparable, printable as ``f64[*, 1]``."""

from __future__ import annotations

from collections.abc import Iterable

from chainrule.records import dataclass


@dataclass(frozen=True, eq=False)
class Type:
    """Base of all types."""

    @property
    def differentiable(self) -> bool:
        """Whether a derivative can flow through a value of this type."""
        return False


@dataclass(frozen=True, eq=False)
class Scalar(Type):
    """One Python value that is not taken apart: ``name`` is its kind.

    There are those below and no others: they are told by identity.
    """

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
        return self.dtype.startswith(("float", "complex"))

    def __str__(self) -> str:
        axes = ", ".join("1" if unit else "*" for unit in self.unit_axes)
        return f"{self.dtype}[{axes}]"


# The types of array entries that stand alone; other floating dtypes are arrays without axes.
ENTRIES: dict[str, Type] = {"float64": FLOAT, "bool": BOOL}
# Floating dtypes, the narrow ones first.
FLOATING = ("float16", "float32", "float64")
COMPLEX = ("complex64", "complex128")


def array_of(dtype: str, unit_axes: tuple[bool, ...]) -> Type:
    """An array type, or the type of one entry where there are no axes."""
    if unit_axes:
        return Array(dtype, unit_axes)
    if dtype in FLOATING or dtype in COMPLEX:
        return ENTRIES.get(dtype, Array(dtype, ()))
    return ENTRIES.get(dtype, INT)


def dtype_of(type: Type) -> str:
    """The dtype that NumPy gives a value of this type."""
    if isinstance(type, Array):
        return type.dtype
    return {"bool": "bool", "int": "int64"}.get(str(type), "float64")


def unit_axes_of(type: Type) -> tuple[bool, ...]:
    """Per axis of a value whether its length is 1; a number has no axes."""
    return type.unit_axes if isinstance(type, Array) else ()


def has_array(types: Iterable[Type]) -> bool:
    """Whether one of these is the type of an array, or of what may be one."""
    for type in types:  # noqa: SIM110  asked for every value, and a loop takes half the time
        if isinstance(type, (Array, Varying)):
            return True
    return False


def is_complex(type: Type) -> bool:
    """Whether a value is a complex number, or an array of such."""
    return isinstance(type, Array) and type.dtype in COMPLEX


def moved_type(start: Type, value: Type) -> Type:
    """The type of the tangents and adjoints of a value, of which the first one is ``start``.

    A complex number may begin by moving along the real axis only.
    """
    if isinstance(start, Sequence) and isinstance(value, Sequence):
        if unit_axes_of(value.item) and not isinstance(start.item, Array):
            # A list of numbers of which each gives way to an array.
            return value
        return Sequence(moved_type(start.item, value.item), start.kind, start.holes)
    units = unit_axes_of(start)
    if len(units) == len(unit_axes_of(value)):
        # What begins with one entry, and gets more, moves with all of them.
        units = tuple(map(min, units, unit_axes_of(value)))
    real = start in (FLOAT, INT) or (isinstance(start, Array) and not is_complex(start))
    if real and is_complex(value):
        return array_of(dtype_of(value), units)
    return array_of(dtype_of(start), units) if isinstance(start, Array) else start


def broadcast_axes(types: tuple[Type, ...]) -> tuple[bool, ...]:
    """The axes of an element-wise result: a length 1 gives way to any other."""
    rank = max(len(unit_axes_of(type)) for type in types)
    axes = []
    for position in range(-rank, 0):
        column = [unit_axes_of(type) for type in types]
        axes.append(all(axis[position] for axis in column if -position <= len(axis)))
    return tuple(axes)


def joined_integers(dtypes: list[str]) -> str:
    """The dtype that holds integers of these; "" of none."""
    unsigned = max((int(dtype[4:]) for dtype in dtypes if dtype[0] == "u"), default=0)
    signed = max((int(dtype[3:]) for dtype in dtypes if dtype[0] == "i"), default=0)
    if not signed:
        return f"uint{unsigned}" if unsigned else ""
    width = max(signed, 2 * unsigned)
    return f"int{width}" if width <= 64 else "float64"


def float_beside(integers: str) -> str:
    """The narrowest floating dtype that holds what arrays of this dtype do."""
    if integers in ("", "bool", "int8", "uint8"):
        return "float16"
    return "float32" if integers in ("int16", "uint16") else "float64"


def real_promoted(*types: Type) -> str:
    """The dtype of real arithmetic among values of these types: a floating one in any case."""
    found = promoted(types)
    return found if found in FLOATING else "float64"


def inexact_promoted(*types: Type) -> str:
    """The dtype of arithmetic that leaves the whole numbers: a floating or a complex one."""
    found = promoted(types)
    return found if found in FLOATING or found in COMPLEX else "float64"


def promoted(types: tuple[Type, ...]) -> str:
    """The dtype of arithmetic among values of these types; Python's numbers give way."""
    arrays = [type.dtype for type in types if isinstance(type, Array)]
    if any(dtype in COMPLEX for dtype in arrays):
        narrow = all(dtype in ("complex64", "float32", "float16") for dtype in arrays)
        return "complex64" if narrow else "complex128"
    integers = joined_integers([dtype for dtype in arrays if dtype.startswith(("int", "uint"))])
    floating = [dtype for dtype in arrays if dtype in FLOATING]
    if floating:
        return max((*floating, float_beside(integers)), key=FLOATING.index)
    if any(dtype_of(type) in FLOATING for type in types):
        return "float64"
    if integers:
        return integers
    return "int64" if any(type == INT for type in types) else "bool"


@dataclass(frozen=True)
class Sequence(Type):
    """A Python list or tuple whose length is known at run time only.

    ``kind`` is ``"list"`` or ``"tuple"``; ``item`` is the type of every entry.  Where it has
    ``holes``, entries of a list of arrays may still be the None or the number written in the code
    that the list was filled with: no derivative flows through these.
    """

    item: Type
    kind: str = "list"
    holes: bool = False

    @property
    def differentiable(self) -> bool:
        return self.item.differentiable

    def __str__(self) -> str:
        return f"{self.kind}[{self.item}]"


@dataclass(frozen=True)
class Varying(Type):
    """An entry of a list that is an array in some places, and in others none of its axes.

    A number, or an array of another rank: what is computed of it has no axes that are known.
    """

    array: Array

    @property
    def differentiable(self) -> bool:
        return self.array.differentiable

    def __str__(self) -> str:
        return f"varying({self.array})"


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
    for one, other in ((left, right), (right, left)):
        if one in numbers and is_complex(other) and not unit_axes_of(other):
            return other
    if isinstance(left, Sequence) and isinstance(right, Sequence):
        kind = left.kind if left.kind == right.kind else "list"
        # An empty list has entries of no type yet.
        holes = left.holes or right.holes
        if OPAQUE in (left.item, right.item):
            return Sequence(right.item if left.item == OPAQUE else left.item, kind, holes)
        return Sequence(join_entries(left.item, right.item), kind, holes)
    if isinstance(left, Array) and isinstance(right, Array) and left.rank == right.rank:
        units = zip(left.unit_axes, right.unit_axes, strict=True)
        return Array(promoted((left, right)), tuple(a and b for a, b in units))
    # What a derivative may flow through must not be forgotten.
    return DYNAMIC if left.differentiable or right.differentiable else OPAQUE


def join_entries(left: Type, right: Type) -> Type:
    """The narrowest type of the entries of a list that has some of either type."""
    found = [_array_in(each) for each in (left, right)]
    arrays = [each for each in found if each is not None]
    ranks = {array.rank for array in arrays}
    alike = isinstance(left, Array) and isinstance(right, Array) and left.rank == right.rank
    if not arrays or left == right or alike:
        return join(left, right)
    joined = join(arrays[0], arrays[-1]) if len(ranks) == 1 else arrays[0]
    assert isinstance(joined, Array)
    return Varying(joined)


def _array_in(type: Type) -> Array | None:
    """The array with axes that an entry is, or may be."""
    array = type.array if isinstance(type, Varying) else type
    return array if isinstance(array, Array) and array.unit_axes else None


def varies(type: Type) -> bool:
    """Whether this is the type of what may be an array or a number, or of a list of such."""
    while isinstance(type, Sequence):
        type = type.item
    return isinstance(type, Varying)


def varying_among(types: Iterable[Type], otherwise: Type) -> Type:
    """The type of what is computed of these: one that varies, if one of them does."""
    return next((type for type in types if isinstance(type, Varying)), otherwise)
