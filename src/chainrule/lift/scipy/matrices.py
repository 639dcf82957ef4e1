"""What is known of matrices of :mod:`scipy.sparse`, and how they are made and reckoned with.

``identity(n) + dt * L`` is a constant matrix and a term: ``L`` times the number ``dt``.
"""

from __future__ import annotations

import ast
import sys
from typing import Any

from chainrule.graph.block import PARAMETER
from chainrule.graph.node import Node
from chainrule.graph.types import DYNAMIC, OPAQUE, unit_axes_of
from chainrule.lift.values import ListBox, ObjectBox, TupleValue, Value
from chainrule.primitives.arrays.creation import arange, ones
from chainrule.primitives.arrays.shaping import dimension, ravel
from chainrule.primitives.arrays.sparse import Term
from chainrule.primitives.control import owned_blocks
from chainrule.primitives.declare import TABLE, Flat, is_constant
from chainrule.records import dataclass

HOME = "scipy.sparse"
Arguments = list[Value]
Keywords = dict[str, Value]


@dataclass(frozen=True)
class Matrix:
    """A matrix, which is a ``fixed`` one, None for that of zeros, and terms.

    ``elementwise`` is whether ``*`` of it is that of entries; ``shape`` its shape where that is
    known.
    """

    node: Node
    fixed: Node | None
    terms: tuple[Term, ...] = ()
    elementwise: bool = False
    shape: tuple[int, ...] | None = None


def made(self: Any, matrix: Matrix) -> ObjectBox:
    """A matrix that the function makes; one with terms is not to be used as a whole."""
    kind = "csr_array" if matrix.elementwise else "csr_matrix"
    known = None if matrix.terms else matrix.node
    box = ObjectBox(None, getattr(sys.modules[HOME], kind), known)
    self.curves[box] = matrix
    return box


def written(self: Any, text: str, *args: Node) -> Node:
    """An expression of matrices, in the user's words.

    What is made of a matrix of which nothing is known carries what that does.
    """
    unknown = any(arg.type == DYNAMIC for arg in args)
    found: Node = self.verbatim(text, *args, type=OPAQUE, pure=True, carries=unknown)
    return found


def named(self: Any, name: str) -> Node:
    """A function of ``scipy.sparse``."""
    found: Node = self.graph.reference((HOME, name), getattr(sys.modules[HOME], name))
    return found


def solution(factored: Any, b: Any) -> None:
    """``factored.solve(b)``: it stands for the method of an object that is made while lifting."""


def total(self: Any, a: Matrix, b: Matrix, sign: str, node: Node) -> ObjectBox:
    """The sum of two matrices, or their difference."""
    terms = b.terms
    if sign == "-":
        terms = tuple(term._replace(factor=-term.factor) for term in terms)
    fixed = a.fixed
    if b.fixed is not None:
        both = (a.fixed, b.fixed) if a.fixed is not None else (b.fixed,)
        text = f"_0_ {sign} _1_" if len(both) == 2 else "_0_" if sign == "+" else "-_0_"
        fixed = written(self, text, *both)
    return made(self, Matrix(node, fixed, (*a.terms, *terms), a.elementwise, a.shape))


def scaled(self: Any, a: Matrix, factor: Node, node: Node) -> ObjectBox:
    """A number times a matrix."""
    terms = [term._replace(factor=factor * term.factor) for term in a.terms]
    fixed = a.fixed
    if fixed is not None and is_constant(factor):
        fixed = written(self, "_0_ * _1_", factor, fixed)
    elif fixed is not None:
        terms.append(Term(fixed, factor, None))
        fixed = None
    return made(self, Matrix(node, fixed, tuple(terms), a.elementwise, a.shape))


def product(self: Any, a: Matrix, b: Matrix, node: Node, at: ast.AST) -> ObjectBox:
    """The product of two matrices."""
    terms: list[Term] = []
    for term in a.terms:
        if b.fixed is not None:
            terms.append(term._replace(right=_times(self, term.right, b.fixed)))
        terms += [_both(self, term, other, at) for other in b.terms]
    if a.fixed is not None:
        terms += [each._replace(left=_times(self, a.fixed, each.left)) for each in b.terms]
    fixed = _times(self, a.fixed, b.fixed) if a.fixed is not None and b.fixed is not None else None
    shape = (a.shape[0], b.shape[1]) if a.shape is not None and b.shape is not None else None
    return made(self, Matrix(node, fixed, tuple(terms), a.elementwise, shape))


def _times(self: Any, left: Node | None, right: Node | None) -> Node | None:
    if left is None or right is None:
        return right if left is None else left
    return written(self, "_0_ @ _1_", left, right)


def _both(self: Any, a: Term, b: Term, at: ast.AST) -> Term:
    """The product of two terms: that of the factors of one of them is a number."""
    between = _times(self, a.right, b.left)
    numbers = [not unit_axes_of(term.factor.type) for term in (a, b)]
    factor = a.factor * b.factor
    if all(numbers):
        left = _times(self, a.left, between)
        return Term(left, factor, b.right)
    if numbers[0]:
        return Term(_times(self, a.left, between), factor, b.right)
    if numbers[1]:
        return Term(a.left, factor, _times(self, between, b.right))
    if between is None:
        return Term(a.left, factor, b.right)
    raise self.unsupported(
        "a product of sparse matrices of arrays that both are differentiated by",
        "Multiply an array by one of them after the other.",
        at,
    )


def flipped(self: Any, a: Matrix, node: Node) -> ObjectBox:
    """The transposed matrix."""

    def turned(each: Node | None) -> Node | None:
        return None if each is None else written(self, "_0_.T", each)

    terms = tuple(Term(turned(t.right), t.factor, turned(t.left)) for t in a.terms)
    shape = None if a.shape is None else a.shape[::-1]
    return made(self, Matrix(node, turned(a.fixed), terms, a.elementwise, shape))


# --- making -----------------------------------------------------------------------------------

BLOCKS = (
    "kron",
    "kronsum",
    "block_diag",
    "bmat",
    "hstack",
    "vstack",
    "block_array",
    "tril",
    "triu",
)
PLAIN = ("eye", "eye_array", "identity", "spdiags")
FORMATS = ("csr", "csc", "coo", "dia", "lil", "bsr", "dok")
BY_ENTRIES = tuple(f"{name}_{kind}" for name in FORMATS for kind in ("matrix", "array"))
BY_DIAGONALS = ("diags", "diags_array")
MAKERS = (*BLOCKS, *PLAIN, *BY_ENTRIES, *BY_DIAGONALS)


def make(self: Any, name: str, args: Arguments, keywords: Keywords, at: ast.AST) -> ObjectBox:
    """A matrix made by one of the functions and classes of ``scipy.sparse``."""
    function = named(self, name)
    nodes: list[Node] = []
    words = [_spelled(self, value, nodes) for value in args]
    words += [f"{key}={_spelled(self, value, nodes)}" for key, value in keywords.items()]
    text = f"_0_({', '.join(words)})"
    elementwise = name.endswith("_array")
    if name in BY_DIAGONALS:
        terms = _diagonals(self, args, keywords)
    elif name in BY_ENTRIES:
        terms = _entries(self, name, args, keywords)
    else:
        terms = None
    if terms is None or all(_is_settled(term.factor) for term in terms):
        # What it is made of may not be differentiated by: that is refused where it is used.
        known = all(map(_is_settled, nodes))
        found = self.verbatim(text, function, *nodes, pure=True, carries=not known)
        return made(self, Matrix(found, found, (), elementwise))
    found = written(self, text, function, *nodes)
    return made(self, Matrix(found, None, terms, elementwise))


def _spelled(self: Any, value: Value, nodes: list[Node]) -> str:
    """An argument as it is written; of rows each entry on its own, put to the nodes."""
    if type(value) in (TupleValue, ListBox) and (items := self.known_items(value)) is not None:
        words = [_spelled(self, item, nodes) for item in items]
        if isinstance(value, ListBox):
            return f"[{', '.join(words)}]"
        return f"({', '.join(words)}{',' * (len(words) == 1)})"
    nodes.append(self.node(value))
    return f"_{len(nodes)}_"


DIAGONAL = ("diagonals", "offsets", "shape")


def _is_settled(node: Node) -> bool:
    """Whether nothing that the function is given goes into a value, but for lengths."""
    seen, waiting = {node}, [node]
    while waiting:
        step = waiting.pop()
        if isinstance(step.op, Flat):
            continue
        if step.op is PARAMETER or step.op.effect or owned_blocks(step):
            return False
        waiting += [arg for arg in step.args if arg not in seen]
        seen.update(step.args)
    return True


def _diagonals(self: Any, args: Arguments, keywords: Keywords) -> tuple[Term, ...] | None:
    """The terms of ``diags([a, b], [0, 1])`` of arrays, and of numbers where the shape is given."""
    given = dict(zip(("diagonals", "offsets", "shape"), args, strict=False)) | keywords
    if len(args) > 3 or not {"diagonals"} <= set(given) <= {*DIAGONAL, "format"}:
        return None
    diagonals, offsets = given["diagonals"], given.get("offsets")
    rows = None if self.is_array(diagonals) else self.known_items(diagonals)
    if rows is None:
        rows = [diagonals]
    places = [self.graph.constant(0)] if offsets is None else self.known_items(offsets)
    if places is None:
        places = [offsets]
    steps = [self.static_int(place) for place in places]
    arrays = [self.array_node(row) for row in rows]
    if len(steps) != len(arrays) or None in steps:
        return None
    shape = self.known_items(given["shape"]) if "shape" in given else None
    axes = 0 if shape is not None and len(shape) == 2 else 1
    if any(len(unit_axes_of(array.type)) != axes or not _is_float(array) for array in arrays):
        return None
    if "shape" in given and shape is not None:
        high, wide = map(self.node, shape)
        text, eye = "_0_(_1_, _2_, k={}, format='csr')", named(self, "eye")
        ones = [written(self, text.format(step), eye, high, wide) for step in steps]
        return tuple(Term(one, array, None) for one, array in zip(ones, arrays, strict=True))
    return tuple(_diagonal(self, array, step) for array, step in zip(arrays, steps, strict=True))


def _is_float(array: Node) -> bool:
    return array.type.differentiable and getattr(array.type, "dtype", "float64") == "float64"


def _diagonal(self: Any, array: Node, step: int) -> Term:
    """One diagonal, at so many steps above the main one."""
    if step == 0:
        return Term(None, array, None)
    count = dimension(array, axis=0)
    size, eye = count + abs(step), named(self, "eye")
    text = "_0_(_1_, _2_, k={}, format='csr')"
    left = written(self, text.format(min(step, 0)), eye, size, count)
    return Term(left, array, written(self, text.format(max(step, 0)), eye, count, size))


def _entries(self: Any, name: str, args: Arguments, keywords: Keywords) -> tuple[Term, ...] | None:
    """The term of ``csr_matrix((values, (rows, columns)), shape=...)``, or of a whole matrix."""
    if len(args) == 1 and not keywords and self.is_array(args[0]):
        array = self.array_node(args[0])
        if unit_axes_of(array.type) == (False, False) and _is_float(array):
            return _of_dense(self, name, array)
    if not args or set(keywords) - {"shape"} or len(args) > 2:
        return None
    parts = self.known_items(args[0]) if isinstance(args[0], TupleValue) else None
    shape = keywords.get("shape", args[1] if len(args) > 1 else None)
    places = self.known_items(parts[1]) if parts is not None and len(parts) == 2 else None
    sizes = None if shape is None else self.known_items(shape)
    if parts is None or places is None or sizes is None or len(places) != 2 or len(sizes) != 2:
        return None
    return _of_places(self, name, parts, places, sizes)


def _of_dense(self: Any, name: str, array: Node) -> tuple[Term, ...]:
    """The term of a matrix that is given with all its zeros."""
    high, wide = (dimension(array, axis=k) for k in (0, 1))
    values = ravel(array)
    count = dimension(values, axis=0)
    number = arange(count)
    places = TABLE["floor_divide"](number, wide), TABLE["remainder"](number, wide)
    return _of_values(self, name, values, places, (high, wide))


def _of_places(
    self: Any, name: str, parts: Any, places: Any, sizes: Any
) -> tuple[Term, ...] | None:
    values = self.array_node(parts[0])
    if len(unit_axes_of(values.type)) != 1 or not _is_float(values):
        return None
    return _of_values(self, name, values, map(self.array_node, places), map(self.node, sizes))


def _of_values(self: Any, name: str, values: Node, places: Any, sizes: Any) -> tuple[Term, ...]:
    count = dimension(values, axis=0)
    maker = named(self, name)
    one, number = ones(count), arange(count)
    (rows, columns), (high, wide) = places, sizes
    text = "_0_((_1_, (_2_, _3_)), shape=(_4_, _5_))"
    left = written(self, text, maker, one, rows, number, high, count)
    right = written(self, text, maker, one, number, columns, count, wide)
    return (Term(left, values, right),)
