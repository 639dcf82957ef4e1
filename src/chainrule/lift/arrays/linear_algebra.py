"""Linear algebra of NumPy and SciPy: calls with several results, and by their options."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, unit_axes_of
from chainrule.lift.arrays.positions import named, result_class, several
from chainrule.lift.arrays.updates import Arguments, Keywords, SpecialForm, bound
from chainrule.lift.values import Slice, Static, TupleValue, Value
from chainrule.primitives.arrays import (
    constrained,
    decompositions,
    factored,
    generalised,
    linear_algebra,
    norms,
    polar_factors,
    products,
    spectrum,
    systems,
)
from chainrule.primitives.arrays.call import ArrayCall
from chainrule.primitives.arrays.measured import size_now
from chainrule.primitives.arrays.records import (
    component,
    counted_component,
    rigid_component,
    square_component,
)
from chainrule.primitives.arrays.shaping import moveaxis

if TYPE_CHECKING:
    from chainrule.lift.arrays.calls import NumpyCalls

# Options of SciPy that say nothing of the result.
SPEED = ("overwrite_a", "overwrite_b", "check_finite", "driver", "lapack_driver", "type")
# The routines that are taken where none is asked for: others round in another way.
DRIVERS = (None, "evr", "gesdd", "gelsd")


# Singular values in this proportion to the largest one are rounding errors.
NEGLIGIBLE = 1e-10


def _without_speed(keywords: Keywords) -> Keywords:
    return {name: value for name, value in keywords.items() if name not in SPEED}


def _refuse_drivers(self: NumpyCalls, keywords: Keywords, node: ast.AST) -> None:
    """Refuse another routine, which gives other roundings, and vectors of other signs."""
    for name in ("driver", "lapack_driver"):
        known, driver = self.static_value(keywords.get(name, Static(None)))
        if not known or driver not in DRIVERS:
            raise self.unsupported(f"`{name}` of this function", "Leave it out.", node)


def _plain(op: ArrayCall) -> SpecialForm:
    """A function of SciPy; what it may do with its arguments is no part of the result."""

    def lift(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        self.refuse_overwriting(keywords, node)
        return self.bound_call(op, args, _without_speed(keywords), node, "function")

    return lift


def _of_full_rank(form: SpecialForm, place: int) -> SpecialForm:
    """What leaves out singular values, where only those of size 0 are left out."""

    def lift(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        cut = keywords.get("rcond", args[place] if len(args) > place else Static(None))
        known, ratio = self.constant_of(cut)
        if not known or not (ratio is None or ratio <= NEGLIGIBLE):
            raise self.unsupported(
                "`rcond` that may leave out singular values",
                f"Leave it out, or give it a constant below {NEGLIGIBLE}.",
                node,
            )
        return form(self, args, keywords, node)

    return lift


def _eigen(op: ArrayCall, values_only: ArrayCall | None = None) -> SpecialForm:
    """``scipy.linalg.eigh`` of one matrix, or of one with respect to another."""

    def lift(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        self.refuse_overwriting(keywords, node)
        _refuse_drivers(self, keywords, node)
        given = _without_speed(bound(("a", "b"), args, keywords))
        for name, usual in (("subset_by_index", None), ("subset_by_value", None), ("type", 1)):
            if self.static_value(given.pop(name, Static(usual))) != (True, usual):
                raise self.unsupported(
                    f"eigenvalues with `{name}`", "Take all of them, and choose.", node
                )
        other = given.pop("b", Static(None))
        if self.static_value(other) != (True, None):
            only = self.static_value(given.pop("eigvals_only", Static(values_only is None)))[1]
            given = {**given, "b": other}
            if only:
                return self.bound_call(generalised.eigvalsh_of_two, [], given, node, "function")
            return several(generalised.eigh_of_two)(self, [], given, node)
        only = self.static_value(given.pop("eigvals_only", Static(False)))[1]
        array = given.pop("a")
        if values_only is None:
            return self.bound_call(op, [array], given, node, "function")
        if only:
            return self.bound_call(values_only, [array], given, node, "function")
        return several(op)(self, [array], given, node)

    return lift


def _singular_values(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    given = bound(("a", "full_matrices", "compute_uv"), args, keywords)
    flag = given.pop("compute_uv", Static(True))
    full = given.get("full_matrices", Static(True))
    if self.static_value(flag) == (True, False):
        given.pop("full_matrices", None)
        return self.bound_call(decompositions.singular_values, [], given, node, "function")
    named = result_class("SVDResult")
    if self.static_value(full) == (True, False):
        return TupleValue(several(decompositions.svd)(self, [], given, node).items, named)
    owner = self.node(self.bound_call(decompositions.svd, [], given, node, "function"))
    return TupleValue(_of_square(self, owner).items, named)


def _of_square(self: NumpyCalls, owner: Node) -> TupleValue:
    """The results of ``svd``: the vectors beyond the singular values are any that fit."""
    kinds = (square_component, component, square_component)
    parts = [self.block.add(kind, (owner,), (k,)) for k, kind in enumerate(kinds)]
    return TupleValue(tuple(map(self.boxed, parts)))


def _qr(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    given = bound(("a", "mode"), args, keywords)
    _, mode = self.static_value(given.get("mode", Static("reduced")))
    if mode == "r":
        return self.bound_call(decompositions.qr_triangle, [given["a"]], {}, node, "function")
    if mode != "reduced":
        raise self.unsupported(
            f"`np.linalg.qr` in mode {mode!r}", "Use the modes reduced or r.", node
        )
    return named(decompositions.qr, "QRResult")(self, [given["a"]], {}, node)


def _scipy_qr(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    self.refuse_overwriting(keywords, node)
    given = _without_speed(bound(("a", "overwrite_a", "lwork", "mode", "pivoting"), args, keywords))
    _, mode = self.static_value(given.pop("mode", Static("full")))
    pivoting = self.static_value(given.pop("pivoting", Static(False)))
    if mode not in ("full", "economic") or pivoting != (True, False) or set(given) != {"a"}:
        raise self.unsupported(
            "this call of `scipy.linalg.qr`", "Use mode='economic', and no pivoting.", node
        )
    if mode == "economic":
        return several(polar_factors.scipy_qr)(self, [given["a"]], {}, node)
    whole = self.bound_call(polar_factors.scipy_qr_whole, [given["a"]], {}, node, "function")
    parts = [self.block.add(square_component, (self.node(whole),), (k,)) for k in (0, 1)]
    return TupleValue(tuple(map(self.boxed, parts)))


def _polar(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    given = bound(("a", "side"), args, keywords)
    if self.static_value(given.pop("side", Static("right"))) != (True, "right"):
        raise self.unsupported("`scipy.linalg.polar` by the left side", "Use side='right'.", node)
    return several(polar_factors.polar)(self, [], given, node)


def _diagflat(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``np.diagflat``: the matrix with all entries on a diagonal."""
    import numpy

    given = bound(("v", "k"), args, keywords)
    flat = self.call(Static(numpy.ravel), [given.pop("v")], {}, node)
    return self.call(Static(numpy.diag), [flat], given, node)


def _cho_solve(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    self.refuse_overwriting(keywords, node)
    given = bound(("c_and_lower", "b"), args, keywords)
    pair = self.known_items(given["c_and_lower"])
    if pair is None or len(pair) != 2:
        raise self.unsupported(
            "this factor", "Give it as (factor, lower), or as cho_factor gives it.", node
        )
    return self.bound_call(systems.cho_solve, [pair[0], given["b"], pair[1]], {}, node, "function")


def _cho_factor(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    self.refuse_overwriting(keywords, node)
    given = _without_speed(bound(("a", "lower"), args, keywords))
    lower = given.get("lower", Static(False))
    found = several(systems.cho_factor)(self, [], given, node)
    return TupleValue((found.items[0], self.graph.constant(self.static_value(lower)[1])))


def _lu_factor(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    self.refuse_overwriting(keywords, node)
    given = _without_speed(bound(("a",), args, keywords))
    return several(factored.lu_factor, rigid=(0,))(self, [], given, node)


def _lu_solve(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    self.refuse_overwriting(keywords, node)
    given = _without_speed(bound(("lu_and_piv", "b", "trans"), args, keywords))
    pair = self.known_items(given["lu_and_piv"])
    known, trans = self.static_value(given.get("trans", Static(0)))
    if pair is None or len(pair) != 2 or not known or set(given) - {"lu_and_piv", "b", "trans"}:
        raise self.unsupported(
            "this call of `lu_solve`",
            "Give it (lu, piv) as lu_factor gives it, and whether to transpose as a constant.",
            node,
        )
    lu, piv = (self.array_node(part) for part in pair)
    owners = {part.args[0] for part in (lu, piv) if part.op in (rigid_component, counted_component)}
    owner = owners.pop() if len(owners) == 1 else None
    matrix = (owner.args[0],) if owner is not None and owner.op is factored.lu_factor else ()
    op = factored.LU_SOLVE[bool(matrix)][trans]
    nodes = (lu, piv, self.array_node(given["b"]), *matrix)
    return self.boxed(self.call_array(op, nodes, ()))


def _solve_banded(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    self.refuse_overwriting(keywords, node)
    given = _without_speed(bound(("l_and_u", "ab", "b"), args, keywords))
    return self.bound_call(factored.solve_banded, [], given, node, "function")


def _scipy_eigenpairs(
    self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    self.refuse_overwriting(keywords, node)
    return several(spectrum.scipy_eig)(self, args, _without_speed(keywords), node)


def _along_axes(one: ArrayCall, other: ArrayCall) -> SpecialForm:
    """``np.trace`` and ``np.diagonal``, of a matrix or of each of a batch."""

    def lift(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        given = bound(("a", "offset", "axis1", "axis2"), args, keywords)
        array = given.pop("a")
        matrix = self.array_node(array)
        rank = len(unit_axes_of(matrix.type))
        if rank < 2:
            self.check_known(matrix)
            raise self.unsupported(
                f"`{one.callables[0]}` of an array of {rank} axes", "Give it a matrix.", node
            )
        axes = [self.static_int(given.pop(name, Static(k))) for k, name in enumerate(AXES)]
        first, second = (k if axis is None else axis % rank for k, axis in enumerate(axes))
        if rank == 2 and (first, second) == (0, 1):
            return self.bound_call(one, [array], given, node, "function")
        offset = given.get("offset", self.graph.constant(0))
        if self.static_int(offset) != 0:
            raise self.unsupported(
                "diagonals beside the main one of a batch", "Use subscripts.", node
            )
        pair = [self.graph.constant(first), self.graph.constant(second)]
        words = dict(zip(AXES, pair, strict=True))
        return self.bound_call(other, [array], words, node, "function")

    return lift


AXES = ("axis1", "axis2")


def _cross(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    given = bound(("a", "b", "axisa", "axisb", "axisc", "axis"), args, keywords)
    axis = self.static_int(given.get("axis", self.graph.constant(-1)))
    if axis is None:
        raise self.unsupported(
            "an axis of `np.cross` that is known at run time only", "Give it as a constant.", node
        )
    if set(given) - {"a", "b", "axis"}:
        raise self.unsupported("this call of `np.cross`", "Call it as np.cross(a, b, axis).", node)
    a, b = given["a"], given["b"]
    vectors = [each for each in map(self.array_node, (a, b)) if unit_axes_of(each.type)]
    sizes = {size_now(each, axis) for each in vectors}
    if sizes == {2}:
        return _turned(self, a, b, axis, node)
    if 2 in sizes:
        raise self.unsupported(
            "`np.cross` of vectors of length 2 and others", "Append a 0 to the short ones.", node
        )
    if None in sizes:
        _check_length(self, vectors, axis)
    rank = max(len(unit_axes_of(self.array_node(each).type)) for each in (a, b))
    last = self.graph.constant(-1)
    if not rank or axis % rank == rank - 1:
        return self.bound_call(products.cross, [a, b], {}, node, "function")
    where = self.graph.constant(axis)
    moved = [self.bound_call(moveaxis, [x, where, last], {}, node, "function") for x in (a, b)]
    found = self.bound_call(products.cross, moved, {}, node, "function")
    return self.bound_call(moveaxis, [found, last, where], {}, node, "function")


def _turned(self: NumpyCalls, a: Value, b: Value, axis: int, node: ast.AST) -> Value:
    """What `np.cross` gives for vectors of length 2: the third entry of their product alone."""

    def entry(x: Value, k: int) -> Value:
        before = [Slice(Static(None), Static(None), Static(None))] * axis if axis >= 0 else []
        after = [Slice(Static(None), Static(None), Static(None))] * (-1 - axis if axis < 0 else 0)
        others = [Static(Ellipsis)] if axis < 0 else []
        key = TupleValue((*others, *before, self.graph.constant(k), *after))
        return self.item(x, key, node)

    first = self.binary(ast.Mult, entry(a, 0), entry(b, 1), node)
    second = self.binary(ast.Mult, entry(a, 1), entry(b, 0), node)
    return self.binary(ast.Sub, first, second, node)


def _check_length(self: NumpyCalls, vectors: Iterable[Node], axis: int) -> None:
    """An error where vectors of `np.cross` turn out to have length 2."""
    for array in vectors:
        if size_now(array, axis) is None:
            three = self.verbatim(f"_0_.shape[{axis}] == 3", array, type=BOOL, pure=True)
            said = "np.cross was differentiated for vectors of length 3"
            self.check_bound(three, f"raise ValueError({said!r})", self.block)


def _block_diag(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    if any(len(unit_axes_of(self.array_node(arg).type)) != 2 for arg in args):
        raise self.unsupported("blocks that are no matrices", "Give them two axes.", node)
    return self.bound_call(systems.block_diag, [TupleValue(tuple(args))], {}, node, "function")


def _toeplitz(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    given = bound(("c", "r"), args, keywords)
    both = "r" in given and self.static_value(given["r"]) != (True, None)
    op = systems.toeplitz_of_two if both else systems.toeplitz
    return self.bound_call(op, list(given.values())[: 2 if both else 1], {}, node, "function")


def _scipy_least_squares(
    self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    self.refuse_overwriting(keywords, node)
    rest = _without_speed(keywords)
    if "lapack_driver" in keywords:
        rest["lapack_driver"] = keywords["lapack_driver"]
    return several(decompositions.scipy_lstsq, rigid=(1,))(self, args, rest, node)


def _scipy_svd(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    self.refuse_overwriting(keywords, node)
    _refuse_drivers(self, keywords, node)
    given = _without_speed(bound(("a", "full_matrices", "compute_uv"), args, keywords))
    if self.static_value(given.pop("compute_uv", Static(True))) == (True, False):
        given.pop("full_matrices", None)
        return self.bound_call(decompositions.scipy_svdvals, [], given, node, "function")
    thin = self.static_value(given.get("full_matrices", Static(True))) == (True, False)
    if thin:
        return several(decompositions.scipy_svd)(self, [], given, node)
    owner = self.node(self.bound_call(decompositions.scipy_svd, [], given, node, "function"))
    return _of_square(self, owner)


def _norm(euclidean: ArrayCall, by_order: ArrayCall) -> SpecialForm:
    """A norm; the Euclidean one of a vector is the same with and without its order."""

    def lift(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        given = _without_speed(bound(("x", "ord", "axis", "keepdims"), args, keywords))
        array = given.pop("x") if "x" in given else given.pop("a")
        order = self.static_value(given.get("ord", Static(None)))
        vector = len(unit_axes_of(self.array_node(array).type)) == 1
        op = by_order
        if order == (True, None) or (order == (True, 2) and vector):
            given.pop("ord", None)
            op = euclidean
        return self.bound_call(op, [array], given, node, "function")

    return lift


FORMS: dict[str, SpecialForm] = {
    "numpy.linalg.slogdet": named(linear_algebra.slogdet, "SlogdetResult"),
    "numpy.linalg.eigh": named(decompositions.eigh, "EighResult"),
    "numpy.linalg.lstsq": _of_full_rank(several(decompositions.lstsq, rigid=(1,)), 2),
    "numpy.linalg.pinv": _of_full_rank(_plain(decompositions.pinv), 1),
    "numpy.linalg.qr": _qr,
    "numpy.linalg.svd": _singular_values,
    "numpy.linalg.eig": named(spectrum.eig, "EigResult"),
    "scipy.linalg.lu_factor": _lu_factor,
    "scipy.linalg.lu_solve": _lu_solve,
    "scipy.linalg.solve_banded": _solve_banded,
    "numpy.trace": _along_axes(linear_algebra.trace, products.trace_along),
    "numpy.diagonal": _along_axes(linear_algebra.diagonal, products.diagonal_along),
    "numpy.cross": _cross,
    "scipy.linalg.inv": _plain(systems.scipy_inv),
    "scipy.linalg.det": _plain(systems.scipy_det),
    "scipy.linalg.solve": _plain(systems.scipy_solve),
    "scipy.linalg.solve_triangular": _plain(systems.solve_triangular),
    "scipy.linalg.cholesky": _plain(systems.scipy_cholesky),
    "scipy.linalg.cho_factor": _cho_factor,
    "scipy.linalg.cho_solve": _cho_solve,
    "scipy.linalg.eigh": _eigen(decompositions.scipy_eigh, decompositions.scipy_eigvalsh),
    "scipy.linalg.eigvalsh": _eigen(decompositions.scipy_eigvalsh),
    "numpy.diagflat": _diagflat,
    "scipy.linalg.qr": _scipy_qr,
    "scipy.linalg.polar": _polar,
    "scipy.optimize.nnls": several(constrained.nnls),
    "scipy.linalg.eig": _scipy_eigenpairs,
    "scipy.linalg.eigvals": _plain(spectrum.scipy_eigvals),
    "scipy.linalg.svdvals": _plain(decompositions.scipy_svdvals),
    "scipy.linalg.pinv": _plain(decompositions.scipy_pinv),
    "numpy.linalg.norm": _norm(norms.norm, norms.norm_of_order),
    "scipy.linalg.norm": _norm(norms.scipy_norm, norms.scipy_norm_of_order),
    "scipy.linalg.block_diag": _block_diag,
    "scipy.linalg.toeplitz": _toeplitz,
    "scipy.linalg.lstsq": _scipy_least_squares,
    "scipy.linalg.svd": _scipy_svd,
}
