"""Products of arrays over named axes: einsum, tensordot, kron, cross and their kin."""

from __future__ import annotations

import string
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import (
    Array,
    Type,
    array_of,
    broadcast_axes,
    dtype_of,
    inexact_promoted,
    promoted,
    unit_axes_of,
)
from chainrule.primitives.arrays.call import ArrayRule, array_rule
from chainrule.primitives.arrays.complex_numbers import conjugated
from chainrule.primitives.arrays.creation import arange, eye, literal, ones
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.indexing import section
from chainrule.primitives.arrays.lengths import Length, Lengths, Of, broadcast, longest
from chainrule.primitives.arrays.linear_algebra import (
    dot,
    matmul,
    outer,
    product_tangent,
    rank_of,
)
from chainrule.primitives.arrays.reductions import array_sum, reduced_axes
from chainrule.primitives.arrays.shaping import (
    dimension,
    expand_dims,
    moveaxis,
    ravel,
    reshape,
    transpose,
)
from chainrule.primitives.declare import TABLE, Cost, register
from chainrule.primitives.floats import as_float, integral


def explicit(subscripts: str, ranks: list[int]) -> str:
    """``"ij,jk->ik"`` with every operand's letters and the result's; the ellipsis is spelled out.

    Raises
    ------
    ValueError
        When the subscripts do not fit the ranks.
    """
    text = subscripts.replace(" ", "")
    inputs, arrow, output = text.partition("->")
    terms = inputs.split(",")
    if len(terms) != len(ranks):
        raise ValueError("the number of operands")
    free = [letter for letter in string.ascii_uppercase if letter not in text]
    extra = max(
        (rank - len(term) + 3 for term, rank in zip(terms, ranks, strict=True) if "..." in term),
        default=0,
    )
    batch = "".join(free[:extra])
    written = []
    for term, rank in zip(terms, ranks, strict=True):
        own = rank - len(term) + 3
        written.append(term.replace("...", batch[len(batch) - own :] if own else ""))
        if len(written[-1]) != rank:
            raise ValueError(f"subscripts {term!r} for {rank} axes")
    if arrow:
        output = output.replace("...", batch)
    else:
        letters = "".join(terms).replace(".", "")
        output = batch + "".join(sorted(x for x in set(letters) if letters.count(x) == 1))
    return f"{','.join(written)}->{output}"


def _contracted(*types: Type, subscripts: str, optimize: Any = False) -> Type:
    inputs, _, output = subscripts.partition("->")
    units: dict[str, bool] = {}
    for term, type in zip(inputs.split(","), types, strict=True):
        for letter, unit in zip(term, unit_axes_of(type), strict=True):
            units[letter] = units.get(letter, True) and unit
    # einsum makes arrays of its numbers, which do not give way.
    arrays = [type if isinstance(type, Array) else Array(dtype_of(type), ()) for type in types]
    return array_of(promoted(tuple(arrays)), tuple(units[letter] for letter in output))


def _letter_lengths(node: Node, of: Of) -> Lengths:
    inputs, _, output = str(node.params[0]).partition("->")
    found: dict[str, list[Length]] = {}
    for term, arg in zip(inputs.split(","), node.args, strict=True):
        for letter, length in zip(term, of(arg), strict=True):
            found.setdefault(letter, []).append(length)
    return tuple(longest(found[letter], node, axis) for axis, letter in enumerate(output))


class Einsum(ArrayRule):
    """``np.einsum(subscripts, *operands)``; the adjoint of an operand is an einsum again."""

    def pull(self, walker: Any, node: Node, out_bar: Node) -> None:
        from chainrule.primitives.broadcasting import widened

        out_bar = widened(out_bar, node)
        inputs, _, output = str(node.params[0]).partition("->")
        terms = inputs.split(",")
        for position, arg in enumerate(node.args):
            if walker.active(arg):
                walker.accumulate(arg, _operand_adjoint(node, out_bar, terms, output, position))

    def tangent(self, node: Node, args: Any, dots: Any, out: Node) -> Node | None:
        from chainrule.primitives.broadcasting import widened

        total: Node | None = None
        for position, dot_ in enumerate(dots):
            if dot_ is not None:
                operands = list(args)
                operands[position] = widened(dot_, args[position])
                term = out.graph.cursor.add(self, tuple(operands), node.params)
                total = term if total is None else total + term
        return total


def _operand_adjoint(
    node: Node, out_bar: Node, terms: list[str], output: str, position: int
) -> Node:
    """The sum over what the operand does not have, on the diagonal where it repeats an axis."""
    arg, term = node.args[position], terms[position]
    operands: list[Node] = [out_bar] if output else []
    letters = [output] if output else []
    for k, other in enumerate(node.args):
        if k != position:
            operands.append(conjugated(other))
            letters.append(terms[k])
    wanted = ""
    free = [x for x in string.ascii_letters if x not in "".join(terms)]
    for axis, letter in enumerate(term):
        if letter in wanted:
            # A diagonal: the repeated axis gets a letter of its own, tied by the identity.
            new = free.pop()
            operands.append(eye(dimension(arg, axis=axis)))
            letters.append(letter + new)
            wanted += new
            continue
        wanted += letter
    for axis, letter in enumerate(wanted):
        if not any(letter in known for known in letters):
            operands.append(ones(dimension(arg, axis=axis)))
            letters.append(letter)
    if not operands:
        return out_bar
    alone = letters == [wanted]
    found = operands[0] if alone else einsum_of(f"{','.join(letters)}->{wanted}", *operands)
    product: Node = found if output else out_bar * found
    return product


def einsum_of(subscripts: str, *operands: Node) -> Node:
    """The einsum of nodes in derivative code, in floats."""
    first, *others = operands
    if all(map(integral, operands)):
        first = as_float(first)
    return einsum(first, *others, subscripts=subscripts)


einsum = register(Einsum("einsum", ("numpy.einsum",), cost=Cost.FUNCTION))
einsum.declare(
    "arrays, subscripts, optimize=False", typed=_contracted, spread=True, lengths=_letter_lengths
)


def _inner_type(a: Type, b: Type) -> Type:
    return array_of(promoted((a, b)), unit_axes_of(a)[:-1] + unit_axes_of(b)[:-1])


def _inner_lengths(node: Node, of: Of) -> Lengths:
    one, two = map(of, node.args)
    return (*one[:-1], *two[:-1])


@array_defined("inner", "numpy.inner", signature="a, b", arrays=2, typed=_inner_type,
               lengths=_inner_lengths)  # fmt: skip
def inner(a: Node, b: Node) -> Node:
    """Products summed over the last axes."""
    if rank_of(a) == rank_of(b) == 1:
        return dot(a, b)
    if rank_of(a) == rank_of(b) == 2:
        return matmul(a, transpose(b))
    one, two = string.ascii_lowercase[: rank_of(a) - 1], string.ascii_uppercase[: rank_of(b) - 1]
    return einsum_of(f"{one}z,{two}z->{one}{two}", a, b)


def _one(a: Type, b: Type) -> Type:
    return array_of(promoted((a, b)), ())


@array_defined("vdot", "numpy.vdot", signature="a, b", arrays=2, vectors=True, typed=_one)
def vdot(a: Node, b: Node) -> Node:
    """Sum of the products of all entries, those of the first conjugated."""
    if rank_of(a) == 1:
        return dot(conjugated(a), b)
    return array_sum(conjugated(a) * b)


def _tensordot_type(a: Type, b: Type, axes: Any = 2) -> Type:
    text = _tensordot_subscripts(len(unit_axes_of(a)), len(unit_axes_of(b)), axes)
    return _contracted(a, b, subscripts=text)


def _tensordot_subscripts(one: int, two: int, axes: Any) -> str:
    if isinstance(axes, int):
        left, right = list(range(one - axes, one)), list(range(axes))
    else:
        left, right = ([k] if isinstance(k, int) else list(k) for k in axes)
    first = list(string.ascii_lowercase[:one])
    second = list(string.ascii_uppercase[:two])
    for i, j in zip(left, right, strict=True):
        second[j % two] = first[i % one]
    gone = {first[i % one] for i in left}
    kept = [x for x in first if x not in gone] + [x for x in second if x not in gone]
    return f"{''.join(first)},{''.join(second)}->{''.join(kept)}"


def _tensordot_lengths(node: Node, of: Of) -> Lengths:
    one, two = map(of, node.args)
    text = _tensordot_subscripts(len(one), len(two), node.params[0])
    letters, kept = text.replace(",", "").split("->")
    known = dict(zip(letters, (*one, *two), strict=True))
    return tuple(known[letter] for letter in kept)


@array_defined(
    "tensordot", "numpy.tensordot", signature="a, b, axes=2", arrays=2, typed=_tensordot_type,
    lengths=_tensordot_lengths,
)  # fmt: skip
def tensordot(a: Node, b: Node, axes: Any) -> Node:
    """Products summed over pairs of axes."""
    return einsum_of(_tensordot_subscripts(rank_of(a), rank_of(b), axes), a, b)


tensordot.keeps_boxes = True


def _kron_type(a: Type, b: Type) -> Type:
    one, two = unit_axes_of(a), unit_axes_of(b)
    rank = max(len(one), len(two))
    full = [(True,) * (rank - len(units)) + units for units in (one, two)]
    return array_of(promoted((a, b)), tuple(x and y for x, y in zip(*full, strict=True)))


@array_defined("kron", "numpy.kron", signature="a, b", arrays=2, vectors=True, typed=_kron_type)
def kron(a: Node, b: Node) -> Node:
    """Every entry of one array times the other."""
    rank = max(rank_of(a), rank_of(b))
    a, b = (
        expand_dims(x, axis=tuple(range(rank - rank_of(x)))) if rank_of(x) < rank else x
        for x in (a, b)
    )
    one, two = string.ascii_lowercase[:rank], string.ascii_uppercase[:rank]
    mixed = "".join(x + y for x, y in zip(one, two, strict=True))
    product = einsum_of(f"{one},{two}->{mixed}", a, b)
    sizes = [dimension(a, axis=k) * dimension(b, axis=k) for k in range(rank)]
    return reshape(product, *sizes)


@array_rule(
    "cross", "numpy.cross", signature="a, b", arrays=2, multilinear=True, lengths=broadcast,
    typed=lambda a, b: array_of(promoted((a, b)), broadcast_axes((a, b))),
)  # fmt: skip
def cross(walker: Any, node: Node, out_bar: Node) -> None:
    """Vector product along the last axis, of length 3."""
    from chainrule.primitives.broadcasting import summed_to, widened

    a, b = node.args
    bar = widened(out_bar, node)
    if walker.active(a):
        walker.accumulate(a, summed_to(cross(b, bar), node, a))
    if walker.active(b):
        walker.accumulate(b, summed_to(cross(bar, a), node, b))


cross.tangent_rule = product_tangent


@array_defined(
    "outer_of_all", "numpy.outer", signature="a, b", arrays=2,
    typed=lambda a, b: array_of(promoted((a, b)), tuple(all(unit_axes_of(x)) for x in (a, b))),
)  # fmt: skip
def outer_of_all(a: Node, b: Node) -> Node:
    """Products of all pairs of entries of two arrays."""
    return outer(*map(_as_vector, (a, b)))


def _as_vector(value: Node) -> Node:
    """All entries of an array, or a number alone, as a vector."""
    if rank_of(value) == 0:
        return value.graph.cursor.add(literal, (value,), ((1,), None))
    return value if rank_of(value) == 1 else ravel(value)


@array_defined(
    "vecdot", "numpy.vecdot", "numpy.linalg.vecdot", signature="a, b, axis=-1", arrays=2,
    typed=lambda a, b, axis=-1: array_of(
        promoted((a, b)), reduced_axes(array_of("bool", broadcast_axes((a, b))), axis, False)
    ),
)  # fmt: skip
def vecdot(a: Node, b: Node, axis: int) -> Node:
    """Sums of products along an axis."""
    return array_sum(conjugated(a) * b, axis=axis)


def _chain_type(*types: Type) -> Type:
    first, last = unit_axes_of(types[0]), unit_axes_of(types[-1])
    rows = first[:1] if len(first) == 2 else ()
    return array_of(promoted(types), rows + (last[1:] if len(last) == 2 else ()))


def _chain_lengths(node: Node, of: Of) -> Lengths:
    first, last = of(node.args[0]), of(node.args[-1])
    return (*first[:-1], *last[1:])


@array_defined(
    "multi_dot", "numpy.linalg.multi_dot", signature="arrays", spread=True, typed=_chain_type,
    lengths=_chain_lengths,
)  # fmt: skip
def multi_dot(*arrays: Node) -> Node:
    """Product of several matrices."""
    found = arrays[0]
    for array in arrays[1:]:
        found = matmul(found, array)
    return found


def _on_diagonal(a: Type, axis1: int, axis2: int) -> tuple[tuple[bool, ...], bool]:
    units = unit_axes_of(a)
    rest = tuple(unit for k, unit in enumerate(units) if k not in (axis1, axis2))
    return rest, units[axis1] or units[axis2]


def _diagonals(a: Node, axis1: int, axis2: int) -> Node:
    """The diagonals of a batch of matrices, along the last axis."""
    moved = moveaxis(a, source=(axis1, axis2), destination=(-2, -1))
    rank = rank_of(a)
    rows, columns = (dimension(moved, axis=rank - k) for k in (2, 1))
    shorter = rows if rows is columns else TABLE["python_min"](rows, columns)
    places = arange(shorter)
    return a.graph.cursor.add(section, (moved, places, places), ("euu",))


@array_defined(
    "trace_along", "numpy.trace", signature="a, axis1, axis2",
    typed=lambda a, axis1, axis2: array_of(promoted((a,)), _on_diagonal(a, axis1, axis2)[0]),
    worded=True,
)  # fmt: skip
def trace_along(a: Node, axis1: int, axis2: int) -> Node:
    """Sums of the diagonals of a batch of matrices."""
    return array_sum(_diagonals(a, axis1, axis2), axis=-1)


def _diagonal_type(a: Type, axis1: int, axis2: int) -> Type:
    rest, unit = _on_diagonal(a, axis1, axis2)
    return array_of(promoted((a,)), (*rest, unit))


@array_defined(
    "diagonal_along", "numpy.diagonal", signature="a, axis1, axis2", typed=_diagonal_type,
    worded=True,
)  # fmt: skip
def diagonal_along(a: Node, axis1: int, axis2: int) -> Node:
    """The diagonals of a batch of matrices."""
    return _diagonals(a, axis1, axis2)


def _of_matrix_and_vector(a: Type, b: Type, vector: int) -> Type:
    matrix, other = (a, b) if vector else (b, a)
    if len(unit_axes_of(matrix)) != 2 or len(unit_axes_of(other)) != 1:
        raise ValueError("batches of matrices and vectors")
    unit = unit_axes_of(matrix)[0 if vector else 1]
    return array_of(inexact_promoted(a, b), (unit,))


@array_defined(
    "matvec", "numpy.matvec", signature="x1, x2", arrays=2,
    typed=lambda x1, x2: _of_matrix_and_vector(x1, x2, 1),
)  # fmt: skip
def matvec(x1: Node, x2: Node) -> Node:
    """A matrix times a vector."""
    return matmul(x1, x2)


@array_defined(
    "vecmat", "numpy.vecmat", signature="x1, x2", arrays=2,
    typed=lambda x1, x2: _of_matrix_and_vector(x1, x2, 0),
)  # fmt: skip
def vecmat(x1: Node, x2: Node) -> Node:
    """The conjugate of a vector times a matrix."""
    return matmul(conjugated(x1), x2)
