"""Arrays read and written at arrays of positions and through masks, as loops.

Numba itself takes one array of positions, and masks of vectors.
"""

from __future__ import annotations

import ast

from chainrule.emit.plan import Value
from chainrule.emit.targets import Form, Spelling, UpdateForm
from chainrule.emit.targets.numba.contractions import lengths_met, refused_where
from chainrule.graph.types import unit_axes_of
from chainrule.primitives.arrays.indexing import section

# What is done at each position, and the helper's name for it.
VERBS = {"section": "read", "section_set": "write", "section_add": "add"}


def read(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``a[...]``."""
    pattern, keys = str(value.params[0]), value.args[1:]
    if pattern == "m" and not _is_compared(keys[0], value.args[0]):
        return ast.Call(speller.helper(*read_through_mask(speller, value)), args, [])
    if _is_known(pattern, keys):
        return speller.usual(value, args)
    if pattern == "m":
        return speller.written("_0_.ravel()[_1_.ravel()]", *args)
    name, text = at_positions(speller, value, pattern, keys, None)
    return ast.Call(speller.helper(name, text), args, [])


def update(
    speller: Spelling, value: Value, owner: ast.expr, args: list[ast.expr]
) -> ast.stmt | None:
    """``a[...] = e`` and ``a[...] += e``; at positions that may repeat each counts."""
    pattern, keys, written = str(value.params[0]), value.args[1:-1], value.args[-1]
    repeats = value.op.name == "section_add" and "a" in pattern
    if _is_known(pattern, keys) and not repeats and "m" not in pattern:
        return None
    if pattern == "m":
        name, text = through_mask(VERBS[value.op.name], bool(unit_axes_of(written.type)))
    elif "m" in pattern:
        return None
    else:
        if set(pattern[:-1]) <= {"s"} and pattern[-1] in "au":
            # The bounds of slices that take all are no arguments of the helper.
            args = [args[len(keys) - 1], args[-1]]
        name, text = at_positions(speller, value, pattern, keys, written)
    return ast.Expr(ast.Call(speller.helper(name, text), [owner, *args], []))


def _is_known(pattern: str, keys: list[Value]) -> bool:
    """Whether Numba takes such a subscript: at most one array, and that of one axis."""
    arrays = [key for key in keys if unit_axes_of(key.type)]
    return not arrays or (len(arrays) == 1 and len(unit_axes_of(arrays[0].type)) == 1)


def _is_compared(mask: Value, array: Value) -> bool:
    """Whether a mask is what a comparison of the array itself gives."""
    return not mask.leaf and array in mask.args and len(mask.args) <= 2


UNLIKE = """    if mask.shape != a.shape[: mask.ndim]:
        raise IndexError("boolean index did not match the shape of the indexed array")"""


def read_through_mask(speller: Spelling, value: Value) -> tuple[str, str]:
    """A helper that reads what a mask picks, which must be of the array's shape."""
    rank, axes = (len(unit_axes_of(arg.type)) for arg in (value.args[1], value.args[0]))
    if 1 < rank < axes:
        raise speller.refusal(value, "a mask of some of several axes", "Reshape the array.")
    name = "read_where" if rank == 1 else f"read_where_of_{rank}"
    read = "a[mask]" if rank == 1 else "a.ravel()[mask.ravel()]"
    return (
        name,
        f'''
@{{numba.njit}}
def {name}(a, mask):
    """The entries that a mask picks: a[mask]."""
{UNLIKE}
    return {read}
''',
    )


def through_mask(verb: str, shaped: bool) -> tuple[str, str]:
    """A helper that goes through a mask of any number of axes."""
    name = f"{verb}_where" if shaped else f"{verb}_number_where"
    symbol = "=" if verb == "write" else "+="
    if not shaped:
        return (
            name,
            f'''
@{{numba.njit}}
def {name}(a, mask, value):
    """Set every entry that a mask picks: a[mask] {symbol} value."""
{UNLIKE}
    for p in {{np}}.ndindex(mask.shape):
        if mask[p]:
            a[p] {symbol} value
''',
        )
    return (
        name,
        f'''
@{{numba.njit}}
def {name}(a, mask, value):
    """Set the entries that a mask picks, one after the other: a[mask] {symbol} value."""
{UNLIKE}
    k = 0
    for p in {{np}}.ndindex(mask.shape):
        if mask[p]:
            a[p] {symbol} value[k]
            k += 1
''',
    )


def at_positions(
    speller: Spelling, value: Value, pattern: str, keys: list[Value], written: Value | None
) -> tuple[str, str]:
    """A helper that goes through the positions; slices that take all may stand before one array."""
    before = len(pattern) - 1
    if set(pattern) - set("aui"):
        whole = set(pattern[:-1]) <= {"s"} and all(k.params == (None,) for k in keys[:-1])
        if not whole or written is None:
            raise speller.refusal(
                value,
                "arrays of positions beside slices",
                "Read or write the rows in a loop.",
            )
        keys = keys[-1:]
    else:
        before = 0
    ranks = [unit_axes_of(key.type) for key in keys]
    rank = max(map(len, ranks))
    names = [f"i{k}" for k in range(1, len(keys) + 1)] if len(keys) > 1 else ["positions"]
    loops = [f"p{k}" for k in range(1, rank + 1)] if rank > 1 else ["k"]
    lengths, unequal = lengths_met(
        [
            (name, range(rank - len(units), rank), units)
            for name, units in zip(names, ranks, strict=True)
        ]
    )
    at = []
    for name, units in zip(names, ranks, strict=True):
        first = rank - len(units)
        place = ["0" if unit else loops[first + axis] for axis, unit in enumerate(units)]
        at.append(f"{name}[{', '.join(place)}]" if place else name)
    target = f"a[{':, ' * before}{', '.join(at)}]"
    kinds = "_".join("".join("1" if unit else "n" for unit in units) or "0" for units in ranks)
    name = f"{VERBS[value.op.name]}_at"
    if kinds != "n" or before:
        name += f"_{kinds}" + (f"_of_axis_{before}" if before else "")
    head = refused_where(unequal)
    for depth, axis in enumerate(range(rank)):
        head.append("    " * (depth + 1) + f"for {loops[axis]} in range({lengths[axis]}):")
    inner = "    " * (rank + 1)
    if written is None:
        left = len(unit_axes_of(value.args[0].type)) - len(keys)
        shape = ", ".join(lengths[axis] for axis in range(rank)) + ("," if rank == 1 else "")
        whole_shape = f"({shape})" + (f" + a.shape[{len(keys)}:]" if left else "")
        return name, "\n".join(
            [
                "@{numba.njit}(boundscheck=True)",
                f"def {name}(a, {', '.join(names)}):",
                '    """The entries of `a` at arrays of positions."""',
                f"    found = {{np}}.empty({whole_shape}, a.dtype)",
                *head,
                f"{inner}found[{', '.join(loops)}] = {target}",
                "    return found",
            ]
        )
    symbol, what = ("=", "Write to") if VERBS[value.op.name] == "write" else ("+=", "Add to")
    after = len(unit_axes_of(value.args[0].type)) - before - len(keys)
    entry, name = _entry(written, name, loops, before, after)
    return name, "\n".join(
        [
            "@{numba.njit}(boundscheck=True)",
            f"def {name}(a, {', '.join(names)}, value):",
            f'    """{what} `a` at arrays of positions, in their order."""',
            *head,
            f"{inner}{target} {symbol} {entry}",
        ]
    )


def _entry(written: Value, name: str, loops: list[str], before: int, after: int) -> tuple[str, str]:
    """What of the written value belongs to one position, and the helper's name for that.

    The axes of a value are the last ones of what is written to: ``before`` axes, those of the
    positions, ``after`` axes.  It may have fewer, and is then repeated.
    """
    units = unit_axes_of(written.type)
    count = min(max(len(units) - after, 0), len(loops))
    if count == 0:
        # A number, or one row for all.
        return "value", f"{name}_each"
    ahead = max(len(units) - after - len(loops), 0)
    own = units[ahead : ahead + count]
    places = ["0" if unit else loop for unit, loop in zip(own, loops[-count:], strict=True)]
    if any(own) or count < len(loops) or ahead < before:
        kinds = "".join("1" if unit else "n" for unit in own)
        name += f"_repeated_{kinds}" if count < len(loops) or ahead < before else "_repeated"
    return f"value[{':, ' * ahead}{', '.join(places)}]", name


READS: dict[str, Form] = {section.name: read}
UPDATES: dict[str, UpdateForm] = {"section_add": update, "section_set": update}
