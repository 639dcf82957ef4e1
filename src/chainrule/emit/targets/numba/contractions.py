"""Products of arrays that Numba has not, as loops: einsum, and what can be said by it."""

from __future__ import annotations

import ast
import string
from collections.abc import Sequence
from typing import TypeVar

from chainrule.emit.plan import Value
from chainrule.emit.targets import Form, Spelling
from chainrule.emit.wording.unit_axes import statics
from chainrule.graph.types import dtype_of, unit_axes_of
from chainrule.primitives.arrays.call import ArrayCall

WIDTH = 88
Letter = TypeVar("Letter", str, int)


def _rank(value: Value) -> int:
    return len(unit_axes_of(value.type))


def spelled_out(subscripts: str, ranks: list[int]) -> tuple[list[str], str]:
    """The letters of every operand and of the result, without an ellipsis."""
    text = subscripts.replace(" ", "")
    left, arrow, result = text.partition("->")
    operands = left.split(",")
    free = [letter for letter in string.ascii_letters if letter not in text]
    widths = [rank - len(op.replace("...", "")) for op, rank in zip(operands, ranks, strict=True)]
    most = max((w for op, w in zip(operands, widths, strict=True) if "..." in op), default=0)
    dots = "".join(free[:most])
    found = [
        op.replace("...", dots[most - width :] if "..." in op else "")
        for op, width in zip(operands, widths, strict=True)
    ]
    if arrow:
        return found, result.replace("...", dots)
    counts = "".join(operands).replace(".", "")
    once = sorted(letter for letter in set(counts) if counts.count(letter) == 1)
    return found, dots + "".join(once)


def contraction(speller: Spelling, value: Value, subscripts: str, args: list[ast.expr]) -> ast.expr:
    """A call of a function that loops over all letters."""
    operands, result = spelled_out(subscripts, [_rank(arg) for arg in value.args])
    units = [unit_axes_of(arg.type) for arg in value.args]
    for k, arg in enumerate(value.args):
        order = turned(arg)
        if order is not None:
            # Read in the order in memory, what is transposed in place needs no view.
            args = [*args[:k], speller.use(arg.args[0]), *args[k + 1 :]]
            operands[k] = "".join(operands[k][order.index(axis)] for axis in range(len(order)))
            units[k] = unit_axes_of(arg.args[0].type)
    name = "_".join(["einsum", *(op or "1" for op in operands), result or "sum"])
    long = _long_letters(operands, units)
    if any(
        unit and letter in long
        for operand, axes in zip(operands, units, strict=True)
        for letter, unit in zip(operand, axes, strict=True)
    ):
        # An axis of length 1 stands for a longer one: other loops than those of the same letters.
        name += "_of_" + "_".join("".join("1" if u else "n" for u in axes) for axes in units)
    text = loops(name, operands, result, units)
    return ast.Call(speller.helper(name, text), args, [])


def turned(value: Value) -> list[int] | None:
    """The order of axes in which a transpose that is written in place reads its array."""
    if not value.captive or value.op.name not in ("transpose", "swapaxes"):
        return None
    rank = _rank(value)
    if value.op.name == "transpose":
        axes = statics(value).get("axes")
        return list(range(rank))[::-1] if axes is None else [axis % rank for axis in axes]
    one, two = (statics(value)[name] % rank for name in ("axis1", "axis2"))
    order = list(range(rank))
    order[one], order[two] = two, one
    return order


def _long_letters(operands: list[str], units: list[tuple[bool, ...]]) -> list[str]:
    """The letters that some operand has as an axis that is longer than 1."""
    return [
        letter
        for op, axes in zip(operands, units, strict=True)
        for letter, unit in zip(op, axes, strict=True)
        if not unit
    ]


def loops(name: str, operands: list[str], result: str, units: list[tuple[bool, ...]]) -> str:
    """The text of the function: loops over the result's letters, then over those summed over."""
    names = [f"x{k}" for k in range(1, len(operands) + 1)] if len(operands) > 1 else ["x"]
    long = _long_letters(operands, units)
    lengths, unequal = lengths_met(list(zip(names, operands, units, strict=True)))
    terms = []
    for operand, axes, array in zip(operands, units, names, strict=True):
        key = [
            "0" if unit and letter in long else letter
            for letter, unit in zip(operand, axes, strict=True)
        ]
        terms.append(f"{array}[{', '.join(key)}]" if key else array)
    product = " * ".join(terms)
    summed = [letter for letter in lengths if letter not in result]
    body: list[str] = []
    depth = 1
    subscripts = ",".join(operands) + "->" + result
    head = f'@{{numba.njit}}\ndef {name}({", ".join(names)}):\n    """einsum `{subscripts}`."""\n'
    if len(set(operands)) == 1 and not any(map(any, units)):
        unequal = [f"{names[0]}.shape != {name}.shape" for name in names[1:]]
    body += refused_where(unequal)
    if result:
        shape = ", ".join(lengths[letter] for letter in result) + ("," if len(result) == 1 else "")
        # Where nothing is summed over, every entry is written as it is.
        made = "zeros" if summed else "empty"
        body.append(f"    found = {{np}}.{made}(({shape}))")
        for letter in result:
            body.append("    " * depth + f"for {letter} in range({lengths[letter]}):")
            depth += 1
    if result and not summed:
        body.append("    " * depth + f"found[{', '.join(result)}] = {product}")
        body.append("    return found")
        return head + "\n".join(body)
    body.append("    " * depth + "total = 0.0")
    for letter in summed:
        body.append("    " * depth + f"for {letter} in range({lengths[letter]}):")
        depth += 1
    body.append("    " * depth + f"total += {product}")
    back = 1 + len(result)
    if result:
        body.append("    " * back + f"found[{', '.join(result)}] = total")
        body.append("    return found")
    else:
        body.append("    return total")
    return head + "\n".join(body)


def lengths_met(
    arrays: Sequence[tuple[str, Sequence[Letter], tuple[bool, ...]]],
) -> tuple[dict[Letter, str], list[str]]:
    """The lengths of the axes that arrays share, and the tests that tell whether some differ.

    ``arrays`` have names, a letter or a number for each axis, and whether that is of length 1:
    it is stretched where that of another array is not.
    """
    axes = [
        (letter, unit, f"{array}.shape[{axis}]")
        for array, letters, units in arrays
        for axis, (letter, unit) in enumerate(zip(letters, units, strict=True))
    ]
    long = {letter for letter, unit, _ in axes if not unit}
    lengths: dict[Letter, str] = {}
    unequal = []
    for letter, unit, length in axes:
        if unit and letter in long:
            continue
        if letter not in lengths:
            lengths[letter] = length
        elif not unit:
            unequal.append(f"{length} != {lengths[letter]}")
    return lengths, unequal


def refused_where(unequal: list[str]) -> list[str]:
    """The lines that raise where lengths differ: subscripts are not checked in compiled code."""
    if not unequal:
        return []
    lines = [f"    if {' or '.join(unequal)}:"]
    if len(lines[0]) > WIDTH:
        first, *rest = unequal
        lines = ["    if (", f"        {first}", *(f"        or {each}" for each in rest), "    ):"]
    return [*lines, '        raise ValueError("shapes do not match")']


def einsum(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``np.einsum``."""
    return contraction(speller, value, str(value.params[0]), args)


def of_one_dtype(speller: Spelling, value: Value, args: list[ast.expr]) -> list[ast.expr]:
    """The arguments as arrays of one dtype: Numba's linear algebra takes no others."""
    dtypes, wanted = [dtype_of(arg.type) for arg in value.args], dtype_of(value.type)
    if wanted.startswith("complex"):
        others = {dtype for dtype in dtypes if dtype != wanted}
    elif wanted.startswith("float"):
        wanted = "float64" if "float64" in dtypes or "float32" not in dtypes else "float32"
        others = {"int64", "bool"}
    else:
        return args
    return [
        speller.written(f"_0_.astype(np.{wanted})", arg) if dtype in others else arg
        for arg, dtype in zip(args, dtypes, strict=True)
    ]


def matmul(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``@`` of stacks of matrices; vectors and matrices are Numba's."""
    ranks = [_rank(arg) for arg in value.args]
    if max(ranks) <= 2:
        one, two = of_one_dtype(speller, value, args)
        return ast.BinOp(one, ast.MatMult(), two)
    left = "j" if ranks[0] == 1 else "...ij"
    right = "j" if ranks[1] == 1 else "...jk"
    rest = "..." + ("i" if ranks[0] > 1 else "") + ("k" if ranks[1] > 1 else "")
    return contraction(speller, value, f"{left},{right}->{rest}", args)


def dot(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``np.dot``."""
    ranks = [_rank(arg) for arg in value.args]
    if min(ranks) == 0:
        return ast.BinOp(args[0], ast.Mult(), args[1])
    if max(ranks) <= 2:
        return ast.Call(speller.callable("numpy.dot"), of_one_dtype(speller, value, args), [])
    return _summed(speller, value, args, (ranks[0] - 1,), (max(ranks[1] - 2, 0),))


def inner(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``np.inner``: over the last axes."""
    ranks = [_rank(arg) for arg in value.args]
    if min(ranks) == 0:
        return ast.BinOp(args[0], ast.Mult(), args[1])
    return _summed(speller, value, args, (ranks[0] - 1,), (ranks[1] - 1,))


def tensordot(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``np.tensordot``."""
    op = value.op
    assert isinstance(op, ArrayCall)
    axes = op.statics(value.params)["axes"]
    ranks = [_rank(arg) for arg in value.args]
    if isinstance(axes, int):
        one, two = tuple(range(ranks[0] - axes, ranks[0])), tuple(range(axes))
    else:
        one, two = ((each,) if isinstance(each, int) else tuple(each) for each in axes)
    return _summed(speller, value, args, one, two)


def _summed(
    speller: Spelling,
    value: Value,
    args: list[ast.expr],
    one: tuple[int, ...],
    two: tuple[int, ...],
) -> ast.expr:
    """The product of two arrays, summed over pairs of axes."""
    ranks = [_rank(arg) for arg in value.args]
    letters = iter(string.ascii_lowercase)
    left = [next(letters) for _ in range(ranks[0])]
    right = [next(letters) for _ in range(ranks[1])]
    for a, b in zip(one, two, strict=True):
        right[b % ranks[1]] = left[a % ranks[0]]
    kept = [letter for letter in left if letter not in right]
    kept += [letter for letter in right if letter not in left]
    return contraction(speller, value, f"{''.join(left)},{''.join(right)}->{''.join(kept)}", args)


KRON = '''
@{numba.njit}
def kron(a, b):
    """Kronecker's product of two matrices."""
    m, n = b.shape
    found = {np}.empty((a.shape[0] * m, a.shape[1] * n))
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            found[i * m : i * m + m, j * n : j * n + n] = a[i, j] * b
    return found
'''


def kron(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``np.kron`` of two matrices."""
    if any(_rank(arg) != 2 for arg in value.args):
        raise speller.refusal(value, "`numpy.kron` of other than matrices", "Use np.outer.")
    return ast.Call(speller.helper("kron", KRON), args, [])


CROSS = """
@{numba.njit}
def cross(a, b):
    \"\"\"The vector product of vectors with three entries.\"\"\"
    if a.size != 3 or b.size != 3:
        raise ValueError("vectors of a vector product have three entries here")
    x = a[1] * b[2] - a[2] * b[1]
    y = a[2] * b[0] - a[0] * b[2]
    return {np}.array([x, y, a[0] * b[1] - a[1] * b[0]])
"""


def cross_of_stacks(units: list[tuple[bool, ...]]) -> tuple[str, str]:
    """The vector product of every row: a loop for each axis before the last."""
    rank = max(map(len, units)) - 1
    letters = "ijklmnopq"[:rank]
    before = [
        (array, letters[rank - len(axes) + 1 :], axes[:-1])
        for array, axes in zip("ab", units, strict=True)
    ]
    lengths, unequal = lengths_met(before)
    at = []
    for _, own, axes in before:
        places = ["0" if unit else letter for letter, unit in zip(own, axes, strict=True)]
        at.append(", ".join([*places, ""]))
    kinds = "_".join("".join("1" if unit else "n" for unit in axes[:-1]) or "0" for axes in units)
    name = f"cross_of_{kinds}"
    lines = ["@{numba.njit}", f"def {name}(a, b):", '    """The vector product of all rows."""']
    lines += refused_where(["a.shape[-1] != 3", "b.shape[-1] != 3", *unequal])
    shape = ", ".join(lengths[letter] for letter in letters)
    lines.append(f"    found = {{np}}.empty(({shape}, 3))")
    for depth, letter in enumerate(letters, 1):
        lines.append("    " * depth + f"for {letter} in range({lengths[letter]}):")
    inner = "    " * (rank + 1)
    for k, (p, q) in enumerate(((1, 2), (2, 0), (0, 1))):
        one = f"a[{at[0]}{p}] * b[{at[1]}{q}]"
        lines.append(
            f"{inner}found[{', '.join(letters)}, {k}] = {one} - a[{at[0]}{q}] * b[{at[1]}{p}]"
        )
    lines.append("    return found")
    return name, "\n".join(lines)


def cross(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``np.cross`` along the last axes."""
    units = [unit_axes_of(arg.type) for arg in value.args]
    if max(map(len, units)) > 1:
        return ast.Call(speller.helper(*cross_of_stacks(units)), args, [])
    return ast.Call(speller.helper("cross", CROSS), args, [])


CONTRACTIONS: dict[str, Form] = {
    "einsum": einsum,
    "matmul": matmul,
    "dot": dot,
    "inner": inner,
    "tensordot": tensordot,
    "kron": kron,
    "cross": cross,
}
