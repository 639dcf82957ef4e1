"""Nouns for arrays that bear no name: from the operation and the first name that goes into it."""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable
from collections.abc import Sequence as Items
from typing import Any, Protocol

from chainrule.graph.block import CONSTANT, GLOBAL, REFERENCE
from chainrule.graph.node import Node, Op
from chainrule.graph.types import Sequence, Type, unit_axes_of
from chainrule.primitives.declare import Elementwise, Primitive
from chainrule.primitives.effect import VERBATIM


class Value(Protocol):
    """What is looked at: a node, or a value of the emitter."""

    @property
    def op(self) -> Op: ...

    @property
    def args(self) -> Items[Any]: ...

    @property
    def params(self) -> tuple[Any, ...]: ...

    @property
    def type(self) -> Type: ...


# Longer names are no help.
LONGEST = 16
# What the loops inside a step have recorded, in one loop around them or in several.
_TAPES = re.compile(r"(?P<outer>(all_)*)(?P<stem>.+)_tapes(_\d+)?")
# What is put behind the name of what an operation is applied to.
ENDINGS = {
    "multiply": "scaled",
    "divide": "ratio",
    "add": "total",
    "where": "chosen",
    "expand_dims": "wide",
    "maximum": "raised",
    "minimum": "capped",
    "array_literal": "array",
    "matmul": "product",
    "dot": "product",
    "outer": "outer",
    "einsum": "sums",
    "reshape": "shaped",
    "reshaped": "shaped",
    "broadcast_to": "wide",
    "astype": "cast",
    "array_copy": "copy",
    "convolve": "convolved",
    "solve": "solved",
    "ravel": "flat",
    "array_concatenate": "joined",
    "stack": "stacked",
}
# How the name of a tape ends, where several are called alike.
TAPE = re.compile(r"_tape(_\d+)?$")
WORDS = {*ENDINGS.values(), "gap", "squared", "power", "tail", "head", "part", "picked"}
CREATED = {"zeros", "empty", "full", "array_zeros_like", "empty_like"}
EXTREMES = {"array_max": "at_max", "array_min": "at_min"}


def noun_of(value: Value, name_of: Callable[[Any], str | None]) -> str | None:
    """A noun for an array; ``name_of`` is the name of a value that has one."""
    op = value.op
    if getattr(value.type, "dtype", None) == "bool":
        return _mask(value)
    if op.name == "arange":
        return "rows"
    if op.name == "eye":
        return "identity"
    if op.name == "curve_at":
        return _curve(value)
    if op.name == "dimension":
        return _length(value, name_of)
    if op.name in CREATED:
        return "buffer"
    if op.name in ("ones", "array_ones_like"):
        return "ones"
    if op.name == "square" and value.args[0].op.name == "inverse_cosh":
        return "slope"
    base = first_name(value, name_of)
    if base is None:
        return None
    if op.name == "index":
        return _copied(value, name_of) or fitting(base, "row")
    if op.name == "array_copy":
        return _copied(value.args[0], name_of) or fitting(base, "copy")
    if op.name == "section":
        return fitting(base, _part(value))
    if op.name == "power":
        squared = value.args[1].op is CONSTANT and value.args[1].params[0] == 2
        return fitting(base, "squared" if squared else "power")
    if op.name == "negative":
        return fitting("minus", base)
    if op.name == "subtract":
        return fitting(base, "gap")
    if op.name in ENDINGS:
        return fitting(base, ENDINGS[op.name])
    if isinstance(op, Primitive) and op.callables and op.symbol is None:
        noun = op.callables[0].rpartition(".")[2]
        found = fitting(noun, base)
        # A name of Python's own would only be numbered.
        return "sums" if found == "sum" else found
    return None


READ = re.compile(
    r"""_0_(?:\.(?P<field>\w+)|\[(?P<quote>['"])(?P<key>\w+)(?P=quote)\]|\[(?P<entry>\d+)\])"""
)


def read_noun(text: str, owner: str | None) -> str | None:
    """A noun for what is read out of an object that is called ``owner``.

    ``p.mass`` and ``p["mass"]`` are the mass; ``layers[0]`` is ``layers_0``.
    """
    found = READ.fullmatch(text)
    if found is None:
        return None
    name = found["field"] or found["key"]
    if name is not None and name.isidentifier() and not hasattr(builtins, name):
        return name
    noun = f"{owner}_{name or found['entry']}"
    return noun if owner is not None and len(noun) <= LONGEST else None


def outer_name(table: Value) -> str | None:
    """What a table outside of the function is called in small letters; None of any other value."""
    if table.op not in (GLOBAL, REFERENCE):
        return None
    key = table.params if table.op is GLOBAL else table.params[0]
    known = isinstance(key, tuple) and len(key) > 1 and key[0]
    return str(key[1]).rpartition(".")[2].lower() or None if known else None


def looked_up(value: Value, name_of: Callable[[Any], str | None]) -> str | None:
    """``weight`` for ``WEIGHTS[letter]``, ``emit_letter`` for ``EMIT[letter]``."""
    table, key = value.args
    outside, inside = outer_name(table), name_of(key)
    if outside is not None and re.fullmatch(r"\w{3,}[^s]s", outside):
        return outside[:-1] if len(outside) <= LONGEST else None
    name = outside or name_of(table)
    noun = f"{name}_{inside}"
    named = name is not None and inside is not None
    return noun if named and noun.isidentifier() and len(noun) <= LONGEST else None


def called(node: Node) -> str | None:
    """What a node is called: by its graph's names, else by what it is read as out of an object."""
    name = node.graph.names.get(node)
    if name is not None or node.op is not VERBATIM or len(node.args) != 1:
        return name
    return read_noun(str(node.params[0]), called(node.args[0]))


def fitting(first: str, second: str) -> str:
    """The two words joined, or the one that says more where that is too long."""
    for ending in WORDS:
        first = first.removesuffix(f"_{ending}")
    noun = f"{first}_{second}" if first != second else first
    return noun if len(noun) <= LONGEST else second if second in WORDS else first


def first_name(value: Value, name_of: Callable[[Any], str | None]) -> str | None:
    """The first name in an expression, the largest arrays first."""
    stack = _largest_last(value.args)
    while stack:
        arg = stack.pop()
        named = name_of(arg)
        if getattr(arg, "captive", named is None and isinstance(arg, Node)):
            stack += _largest_last(arg.args)
        elif named is not None and (unit_axes_of(arg.type) or isinstance(arg.type, Sequence)):
            return TAPE.sub("", named)
    return None


def _largest_last(args: Items[Any]) -> list[Any]:
    """The arguments in the order of their axes, of equal ones the first at the end."""
    backwards = [args[k] for k in range(len(args) - 1, -1, -1)]
    return sorted(backwards, key=lambda arg: len(unit_axes_of(arg.type)))


def _mask(value: Value) -> str:
    for arg in value.args:
        inner = arg
        while getattr(inner, "captive", True) and inner.op.name in ("expand_dims", "section"):
            inner = inner.args[0]
        if value.op.name == "equal" and inner.op.name in EXTREMES:
            return EXTREMES[inner.op.name]
    return "mask"


def _copied(read: Value, name_of: Callable[[Any], str | None]) -> str | None:
    """``x_i`` for a copy of ``x[i]``."""
    if read.op.name != "index":
        return None
    words = [name_of(arg) if arg.op is not CONSTANT else str(arg.params[0]) for arg in read.args]
    noun = "_".join(word for word in words if word is not None)
    fits = None not in words and noun.isidentifier() and len(noun) <= LONGEST
    return noun if fits else None


def input_name(value: Value, name: str | None) -> str | None:
    """``h_in`` for the argument of a function of one argument whose value is called ``h``."""
    plain = isinstance(value.op, Elementwise) and value.op.symbol is None and len(value.args) == 1
    if name is None or not plain or not unit_axes_of(value.type) or len(name) > LONGEST - 3:
        return None
    return f"{name}_in"


def _curve(value: Value) -> str:
    """The slope of a curve where it is asked for, else what it gives."""
    order = int(str(value.params[0]))
    return "slope" if order == 1 else "bend" if order == 2 else "height"


def _length(value: Value, name_of: Callable[[Any], str | None]) -> str | None:
    base = name_of(value.args[0])
    if base is None:
        return None
    return fitting("n" if value.params[0] == 0 else f"n{value.params[0]}", base)


def _part(value: Value) -> str:
    """``x[1:]`` is a tail, ``x[:-1]`` a head, ``x[:, None]`` a wide one, ``x[mask]`` picked."""
    pattern = str(value.params[0])
    if set(pattern) & set("aum"):
        return "picked"
    bounds = [arg.params[0] if arg.op is CONSTANT else "?" for arg in value.args[1:]]
    if all(bound is None for bound in bounds):
        return "wide"
    if pattern == "s" and bounds[0] is not None and bounds[1:] == [None, None]:
        return "tail"
    if pattern == "s" and bounds[0] is None and bounds[1] is not None and bounds[2] is None:
        return "head"
    return "part"


def inner_tape(name: str) -> str | None:
    """``x_tape`` for an entry of ``x_tapes``, ``x_tapes`` for one of ``all_x_tapes``; else None."""
    found = _TAPES.fullmatch(name)
    if found is None:
        return None
    outer, stem = found["outer"], found["stem"]
    return f"{outer.removeprefix('all_')}{stem}_tapes" if outer else f"{stem}_tape"
