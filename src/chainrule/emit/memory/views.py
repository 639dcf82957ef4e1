"""Which arrays look into the memory of which others, and who looks at shapes only."""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.emit.plan import POP, Define, Statement, Value, reads_deep, walk
from chainrule.graph.types import Array, Sequence, Type
from chainrule.primitives.arrays.creation import array_copy, zeros
from chainrule.primitives.arrays.indexing import is_basic, section
from chainrule.primitives.arrays.linear_algebra import matmul
from chainrule.primitives.arrays.shaping import ORDERED, reshaped
from chainrule.primitives.declare import Primitive
from chainrule.primitives.effect import LEAVE
from chainrule.primitives.sequence import (
    index,
)
from chainrule.primitives.updates import UPDATES

# What these give looks into the memory of the first argument.
VIEWING = ("transpose", "swapaxes", "reshape", "reshaped", "ravel", "squeeze",
           "expand_dims", "moveaxis", "broadcast_to", "flip", "fliplr", "flipud", "rot90",
           "diag", "diagonal", "real_part", "imaginary_part")  # fmt: skip


def is_held(type: Type) -> bool:
    """Whether values of this type live in memory that may be written to."""
    return isinstance(type, Sequence) or (isinstance(type, Array) and bool(type.unit_axes))


def is_view(value: Value) -> bool:
    """Whether an array looks into the memory of its first argument."""
    if not isinstance(value.type, Array) or not value.type.unit_axes:
        return False
    if value.op is section:
        return is_basic(str(value.params[0]))
    return value.op.name in VIEWING or (value.op is index and is_held(value.type))


def root_of(view: Value) -> Value:
    """The array into which a view looks, through other views."""
    while is_view(view):
        view = view.args[0]
    return view


def is_store(view: Value) -> bool:
    """Whether what a view sees is put back by a write into its base."""
    return view.op in (section, index)


def looks_for_certain(view: Value) -> bool:
    """Whether a view is one for certain, and may be written through.

    Where f writes through a reshape it is known to be none that copies, but the copies that are
    made here lie in the order of C.
    """
    if view.op.name == "broadcast_to":
        return False
    if view.op not in (*ORDERED, reshaped):
        return True
    if view.params[0] != "C":
        return False
    return not view.derivative or lies_in_order(view.args[0])


def lies_in_order(array: Value) -> bool:
    """Whether an array of derivative code lies in memory in the order of C for certain."""
    if isinstance(array.type, Array) and len(array.type.unit_axes or ()) == 1:
        return not is_view(array) and not array.leaf
    return array.op in (zeros, matmul) or (array.op is array_copy and array.params[-1] == "method")


def is_new_array(value: Value) -> bool:
    """Whether computing ``value`` makes an array of its own."""
    made = isinstance(value.op, Primitive) and value.op not in (index, POP)
    return made and isinstance(value.type, Array) and not is_view(value)


# Of arrays they look at the shape only, or not at all, but for the arguments from and up to these.
SHAPES_OF: dict[str, tuple[int, int | None]] = {
    "dimension": (0, 0),
    "size_of": (0, 0),
    "shape": (0, 0),
    "array_zeros_like": (0, 0),
    "array_ones_like": (0, 0),
    "full_like": (1, None),
    "reshaped": (0, 1),
    "leave": (1, None),
}


def entries_read(statement: Statement) -> list[Value]:
    """:func:`reads_deep` without arrays of which only the shape is looked at."""
    kept = set(reads_of_entries(statement))
    return [value for value in reads_deep(statement) if value in kept]


def reads_of_entries(statement: Statement) -> list[Value]:
    """Values of which a statement's line looks at more than the shape, once for each time."""
    found: list[Value] = []
    stack = list(statement.reads())
    if isinstance(statement, Define):
        stack = _read_entries_of(statement.value)
    while stack:
        value = stack.pop()
        if value.captive:
            stack.extend(_read_entries_of(value))
        else:
            found.append(value)
    return found


def _read_entries_of(value: Value) -> list[Value]:
    start, stop = SHAPES_OF.get(value.op.name, (0, None))
    return list(value.args[start:stop])


def is_update(value: Value) -> bool:
    """Whether ``value`` is a new version of its first argument."""
    return value.op in UPDATES


def ask_newer(statements: list[Statement], old: Value, new: Value) -> None:
    """Ask ``new``, which lives in the memory of ``old``, for its shape."""
    for value, asked in asking(statements):
        value.args = [new if arg is old and arg in asked else arg for arg in value.args]


def asks_shape(statements: list[Statement], array: Value) -> bool:
    """Whether the shape of an array is asked for."""
    return any(array in asked for _, asked in asking(statements))


def asking(statements: list[Statement]) -> Iterator[tuple[Value, list[Value]]]:
    """Operations that ask for shapes, with the arrays of which they want nothing else."""
    stack = [read for statement in walk(statements) for read in statement.reads() if read.captive]
    stack += [s.value for s in walk(statements) if isinstance(s, Define)]
    while stack:
        value = stack.pop()
        stack.extend(arg for arg in value.args if arg.captive)
        if value.op.name in SHAPES_OF and value.op is not LEAVE:
            start, stop = SHAPES_OF[value.op.name]
            kept = value.args[start:stop]
            yield value, [arg for arg in value.args if arg not in kept]
