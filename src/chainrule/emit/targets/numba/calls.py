"""Calls of NumPy as Numba compiles them.

What stands in ``CALLS`` is written as it is.  The rest has a form here: other words of NumPy's
where there are such, else a function that the module brings itself (:mod:`.helpers`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from chainrule.emit.plan import Value
from chainrule.emit.targets import Form, Spelling
from chainrule.emit.targets.numba import folds, helpers
from chainrule.emit.targets.numba.contractions import CONTRACTIONS, of_one_dtype
from chainrule.emit.targets.numba.lists import LISTS
from chainrule.emit.wording.turned import flipped
from chainrule.emit.wording.unit_axes import expanded, squeezed, statics
from chainrule.graph.types import dtype_of, is_complex, unit_axes_of
from chainrule.primitives.arrays.call import axes_of

# fmt: off
CALLS = frozenset({
    "zeros", "ones", "empty", "array_zeros_like", "array_ones_like", "empty_like", "eye",
    "full_like", "full", "linspace", "arange", "array_literal", "astype", "dimension",
    "size_of", "broadcast_to", "flatten", "ravel", "transpose", "outer", "diag", "searchsorted",
    "extract", "interp", "vander", "convolve", "correlate", "vdot", "outer_of_all", "ediff1d",
    "bincount", "bincount_weighted", "tri", "tril_indices", "triu_indices", "flatnonzero",
    "bartlett", "blackman", "hamming", "hanning",
})
# fmt: on


def name_of(value: Value) -> str:
    """What NumPy calls a primitive."""
    callables: tuple[str, ...] = getattr(value.op, "callables", ()) or (value.op.name,)
    return callables[0]


def rank_of(value: Value) -> int:
    """The number of axes of a value."""
    return len(unit_axes_of(value.type))


def gone(value: Value) -> tuple[int, ...]:
    """The axes that a reduction removes."""
    return axes_of(statics(value).get("axis"), rank_of(value.args[0]))


def is_whole(value: Value) -> bool:
    """Whether a reduction leaves one number."""
    return len(gone(value)) == rank_of(value.args[0])


def back_in(speller: Spelling, value: Value, found: ast.expr) -> ast.expr:
    """A reduction with its axes back in length 1 where they are to be kept."""
    if not statics(value).get("keepdims"):
        return found
    rank = rank_of(value.args[0])
    if is_whole(value):
        ones = ", ".join("1" for _ in range(rank))
        return speller.written(f"np.full(({ones},), _0_)", found)
    key = ", ".join("None" if axis in gone(value) else ":" for axis in range(rank))
    return speller.written(f"_0_[{key}]", found)


Along = Callable[[int, int], tuple[str, str]]


def fold(kind: str, whole: str) -> Form:
    """A reduction: ``whole`` of all entries, else a loop over them."""

    def form(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
        rank = rank_of(value.args[0])
        if not rank:
            return args[0]
        if is_whole(value):
            return back_in(speller, value, speller.written(whole, *args))
        helper = folds.folded(kind, rank, tuple(sorted(gone(value))))
        return back_in(speller, value, ast.Call(speller.helper(*helper), args, []))

    return form


def reduced(whole: str, along: Along | None = None) -> Form:
    """A reduction: ``whole`` of all entries, else one axis after the other."""

    def form(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
        if not rank_of(value.args[0]):
            return args[0]
        if is_whole(value):
            return back_in(speller, value, speller.written(whole, *args))
        found = args[0]
        for rank, axis in _one_by_one(value):
            if along is None and whole != "np.sum(_0_)":
                raise speller.refusal(
                    value, f"`{name_of(value)}` along an axis", "Take it row by row."
                )
            if along is None:
                found = speller.written(f"np.sum(_0_, axis={axis})", found)
            else:
                found = ast.Call(speller.helper(*along(rank, axis)), [found], [])
        return back_in(speller, value, found)

    return form


def _one_by_one(value: Value) -> list[tuple[int, int]]:
    """``(rank, axis)`` of the steps of a reduction, the last axis first."""
    rank = rank_of(value.args[0])
    return [(rank - k, axis) for k, axis in enumerate(sorted(gone(value), reverse=True))]


def moment(name: str) -> Form:
    """``var`` and ``std``, whose axes are reduced together."""

    def form(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
        ddof = statics(value)["ddof"]
        if is_whole(value) and not ddof:
            return back_in(speller, value, speller.written(f"np.{name}(_0_)", *args))
        helper = "var_all", helpers.VAR_ALL
        if not is_whole(value):
            helper = folds.variance(rank_of(value.args[0]), tuple(sorted(gone(value))))
        found: ast.expr = ast.Call(speller.helper(*helper), [args[0], speller.constant(ddof)], [])
        if name == "std":
            found = speller.written("np.sqrt(_0_)", found)
        return back_in(speller, value, found)

    return form


def along_axis(name: str, make: Callable[[int, int], tuple[str, str]], flat: str | None) -> Form:
    """What keeps its axes, along one of them; ``flat`` is how it is written in one dimension."""

    def form(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
        rank, axis = rank_of(value.args[0]), statics(value).get("axis")
        if flat is not None and rank == 1:
            return speller.written(flat, *args)
        if axis is None:
            if flat is not None:
                return speller.written(flat, speller.written("_0_.ravel()", *args))
            raise speller.refusal(value, f"`numpy.{name}` of all axes", "Give the axis.")
        return ast.Call(speller.helper(*make(rank, axis % rank)), args, [])

    return form


def shaped(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``reshape``: Numba wants the entries in order in memory."""
    if statics(value).get("order", "C") != "C":
        raise speller.refusal(value, "`reshape` in Fortran's order", "Transpose before and behind.")
    usual = speller.usual(value, args)
    assert isinstance(usual, ast.Call)
    sizes = usual.args
    if isinstance(usual.func, ast.Attribute) and usual.func.value is not args[0]:
        sizes = sizes[1:]
    base = args[0]
    if not _is_contiguous(value.args[0]):
        base = speller.written("np.ascontiguousarray(_0_)", base)
    shape = sizes[0] if len(sizes) == 1 else ast.Tuple(list(sizes), ast.Load())
    return ast.Call(ast.Attribute(base, "reshape", ast.Load()), [shape], [])


# What these give lies in order in memory.
CONTIGUOUS = (
    "array_zeros_like", "array_ones_like", "zeros", "ones", "full", "array_copy", "stack",
    "array_concatenate", "array_literal", "reshape", "reshaped", "flatten", "ravel",
    "full_like", "matmul", "array_sum",
)  # fmt: skip


def _is_contiguous(value: Value) -> bool:
    """Whether an array certainly lies in order in memory."""
    op = value.op
    fresh = getattr(op, "broadcasts", False) and all(
        _is_contiguous(arg) for arg in value.args if unit_axes_of(arg.type)
    )
    return op.name in CONTIGUOUS or (fresh and not value.leaf)


def swapped(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``swapaxes`` as a transpose."""
    rank = rank_of(value)
    order = list(range(rank))
    one, two = (statics(value)[name] % rank for name in ("axis1", "axis2"))
    order[one], order[two] = two, one
    return transposed(speller, args[0], order)


def moved(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``moveaxis`` as a transpose."""
    import operator

    rank = rank_of(value)
    sources, places = statics(value)["source"], statics(value)["destination"]
    sources = [sources] if isinstance(sources, int) else list(sources)
    places = [places] if isinstance(places, int) else list(places)
    pairs = sorted(
        ((place % rank, source % rank) for place, source in zip(places, sources, strict=True)),
        key=operator.itemgetter(0),
    )
    order = [axis for axis in range(rank) if axis not in {source for _, source in pairs}]
    for place, source in pairs:
        order.insert(place, source)
    return transposed(speller, args[0], order)


def transposed(speller: Spelling, array: ast.expr, order: list[int]) -> ast.expr:
    """``array.transpose(1, 0, 2)``; of a matrix ``array.T``."""
    if order == [1, 0]:
        return ast.Attribute(array, "T", ast.Load())
    axes: list[ast.expr] = [ast.Constant(axis) for axis in order]
    return ast.Call(ast.Attribute(array, "transpose", ast.Load()), axes, [])


def joined(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``concatenate`` and ``stack``, whose parts stand in a tuple and are of one dtype."""
    axis = statics(value)["axis"]
    if axis is None:
        raise speller.refusal(value, "`numpy.concatenate` of all axes", "Ravel the parts.")
    axis %= rank_of(value)
    parts = ast.Tuple(args, ast.Load())
    if value.op.name == "stack":
        return ast.Call(speller.callable("numpy.stack"), [parts, speller.constant(axis)], [])
    words: list[ast.expr] = [parts] if axis == 0 else [parts, speller.constant(axis)]
    return ast.Call(speller.callable("numpy.concatenate"), words, [])


def rolled(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``roll``."""
    axis = statics(value)["axis"]
    if axis is None or rank_of(value) == 1:
        return ast.Call(speller.callable("numpy.roll"), args, [])
    if not isinstance(axis, int):
        raise speller.refusal(value, "`numpy.roll` along several axes", "Roll them one by one.")
    name, text = helpers.roll_along(rank_of(value), axis % rank_of(value))
    return ast.Call(speller.helper(name, text), args, [])


def taken(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``take`` as a subscript."""
    axis, mode = statics(value)["axis"], statics(value)["mode"]
    if mode != "raise":
        raise speller.refusal(value, f"`numpy.take` in mode {mode!r}", "Bring the positions in.")
    if axis is None:
        return ast.Call(speller.callable("numpy.take"), args, [])
    key = ", ".join(":" for _ in range(axis % rank_of(value.args[0])))
    return speller.written(f"_0_[{key + ', ' if key else ''}_1_]", *args)


def powered(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``matrix_power``."""
    power = speller.constant(statics(value)["n"])
    return ast.Call(speller.callable("numpy.linalg.matrix_power"), [args[0], power], [])


def multiplied(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``multi_dot`` from left to right."""
    found = args[0]
    for other in args[1:]:
        found = ast.BinOp(found, ast.MatMult(), other)
    return found


def normed(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``linalg.norm``: the lengths of vectors."""
    order = statics(value).get("ord")
    if order not in (None, 2, "fro") or (
        order == 2 and rank_of(value.args[0]) > 1 and is_whole(value)
    ):
        return _of_order(speller, value, args)
    if rank_of(value.args[0]) == 1 and not statics(value).get("keepdims"):
        return speller.written("np.linalg.norm(_0_)", *args)
    if is_complex(value.args[0].type):
        args = [ast.Call(speller.callable("numpy.abs"), args, [])]
    if is_whole(value):
        name, text = "norm_of_all", helpers.NORM_ALL
        return back_in(speller, value, ast.Call(speller.helper(name, text), args, []))
    if len(gone(value)) != 1:
        raise speller.refusal(value, "a norm over several axes", "Reshape them into one.")
    name, text = helpers.norm_along(rank_of(value.args[0]), gone(value)[0])
    return back_in(speller, value, ast.Call(speller.helper(name, text), args, []))


def _of_order(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """Norms of another order: of whole vectors."""
    order = statics(value)["ord"]
    if rank_of(value.args[0]) != 1 or isinstance(order, str):
        raise speller.refusal(
            value, f"a norm of order {order}", "Write it with sums and powers of absolute values."
        )
    words = [args[0], speller.constant(order)]
    return back_in(speller, value, ast.Call(speller.callable("numpy.linalg.norm"), words, []))


def sorted_(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``sort`` and ``argsort`` along the last axis."""
    rank, axis, name = rank_of(value.args[0]), statics(value)["axis"], value.op.name
    stable = name == "argsort" and statics(value)["kind"] in ("stable", "mergesort")
    if rank == 1:
        words = [ast.keyword("kind", ast.Constant("mergesort"))] if stable else []
        return ast.Call(speller.callable(f"numpy.{name}"), args, words)
    if stable:
        raise speller.refusal(value, "a stable `numpy.argsort` of rows", "Take them one by one.")
    if axis is None:
        raise speller.refusal(value, f"`numpy.{name}` of all axes", "Ravel the array.")
    return ast.Call(speller.helper(*helpers.sort_along(name, rank, axis % rank)), args, [])


def counted(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """Positions and counts, along an axis by keyword."""
    words = [] if is_whole(value) else [ast.keyword("axis", speller.constant(gone(value)[0]))]
    if len(gone(value)) > 1 and not is_whole(value):
        raise speller.refusal(value, f"`numpy.{value.op.name}` over several axes")
    call = ast.Call(speller.callable(f"numpy.{value.op.name}"), args, words)
    return back_in(speller, value, call)


def diagonal(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``diagonal`` of a matrix is ``diag``."""
    if rank_of(value.args[0]) != 2:
        raise speller.refusal(value, "`numpy.diagonal` of a stack of matrices", "Use a loop.")
    offset = statics(value)["offset"]
    words = [args[0]] if offset == 0 else [args[0], speller.constant(offset)]
    return ast.Call(speller.callable("numpy.diag"), words, [])


def repeated(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``repeat``."""
    axis, rank = statics(value)["axis"], rank_of(value.args[0])
    if axis is None or rank == 1:
        return ast.Call(speller.callable("numpy.repeat"), args, [])
    return ast.Call(speller.helper(*helpers.repeat_along(rank, axis % rank)), args, [])


def singular(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """Singular values: the second of the three results."""
    return speller.written("np.linalg.svd(_0_)[1]", *args)


def decomposed(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``svd`` of thin matrices."""
    full = statics(value)["full_matrices"]
    return speller.written(f"np.linalg.svd(_0_, {bool(full)})", *args)


def matrices_only(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """Linear algebra: of one matrix, not of a stack of them."""
    if any(rank_of(arg) > 2 for arg in value.args):
        raise speller.refusal(
            value, f"`{name_of(value)}` of a stack of matrices", "Use a loop over them."
        )
    if value.op.name in ("solve", "inv", "det", "cholesky"):
        args = of_one_dtype(speller, value, args)
    return speller.usual(value, args)


def weighted(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``np.average`` with weights."""
    if not is_whole(value) or rank_of(value.args[0]) != rank_of(value.args[1]):
        raise speller.refusal(
            value,
            "`numpy.average` along an axis",
            "Divide the weighted sum by the sum of the weights.",
        )
    found = speller.written("np.sum(_0_ * _1_) / np.sum(_1_)", *args)
    return back_in(speller, value, found)


def differences(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``np.diff`` as differences of slices."""
    rank, axis = rank_of(value), statics(value)["axis"] % rank_of(value)
    found = args[0]
    for _ in range(statics(value)["n"]):
        found = ast.Call(speller.helper(*helpers.diff_along(rank, axis)), [found], [])
    return found


def integrated(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``np.trapezoid``, and SciPy's, of equally spaced values, or over points."""
    rank, axis = rank_of(value.args[0]), statics(value)["axis"]
    axis %= rank
    if value.op.name.endswith("_over"):
        if rank != 1:
            raise speller.refusal(
                value, "`numpy.trapezoid` along an axis", "Use a loop over the rows."
            )
        return ast.Call(speller.helper("trapezoid_over", helpers.TRAPEZOID), args, [])
    return ast.Call(
        speller.helper(*helpers.trapezoid_along(rank, axis)),
        [args[0], speller.constant(statics(value)["dx"])],
        [],
    )


def integrated_so_far(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``scipy.integrate.cumulative_trapezoid`` of a vector."""
    if rank_of(value.args[0]) != 1:
        raise speller.refusal(
            value,
            "`scipy.integrate.cumulative_trapezoid` along an axis",
            "Use a loop over the rows.",
        )
    if value.op.name.endswith("_over"):
        return ast.Call(speller.helper("running_trapezoid_over", helpers.RUNNING_OVER), args, [])
    width = speller.constant(statics(value)["dx"])
    return ast.Call(speller.helper("running_trapezoid", helpers.RUNNING), [args[0], width], [])


def sloped(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``np.gradient`` of a vector, of values at one distance."""
    known = statics(value)
    spaced = value.op.name == "gradient_over" and unit_axes_of(value.args[1].type)
    if rank_of(value.args[0]) != 1 or known["edge_order"] != 1 or spaced:
        raise speller.refusal(value, "such a `numpy.gradient`", "Write the differences of slices.")
    width = args[1] if value.op.name == "gradient_over" else speller.constant(1.0)
    return ast.Call(speller.helper("gradient", helpers.GRADIENT), [args[0], width], [])


def searched(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``searchsorted``, which is no method of Numba's arrays."""
    side = statics(value)["side"]
    words = [*args[:2], *([] if side == "left" else [speller.constant(side)])]
    return ast.Call(speller.callable("numpy.searchsorted"), words, [])


def converted(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``x.astype(np.float64)``: Numba takes no types of Python's."""
    dtype = "bool_" if dtype_of(value.type) == "bool" else dtype_of(value.type)
    return speller.written(f"_0_.astype(np.{dtype})", *args[:1])


def tiled(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``np.tile`` of a vector."""
    if rank_of(value.args[0]) != 1 or len(args) != 2:
        raise speller.refusal(value, "`numpy.tile` along several axes", "Concatenate the copies.")
    return ast.Call(speller.helper("tile", helpers.TILE), args, [])


def soft(name: str) -> Form:
    """``logsumexp``, ``softmax`` and ``log_softmax`` of all entries or along one axis."""

    def form(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
        rank = rank_of(value.args[0])
        axis = statics(value).get("axis")
        if axis is None or rank == 1:
            found: ast.expr = ast.Call(speller.helper(name, helpers.SOFT[name]), args, [])
        elif len(gone(value)) == 1:
            found = ast.Call(
                speller.helper(*helpers.soft_along(name, rank, gone(value)[0])), args, []
            )
        else:
            raise speller.refusal(
                value, f"`scipy.special.{name}` over several axes", "Reshape them into one."
            )
        return back_in(speller, value, found)

    return form


def padded(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``np.pad`` with a constant: written into a larger array."""
    from chainrule.primitives.arrays.rearranging import pad_widths

    known = statics(value)
    rank = rank_of(value)
    if known["mode"] != "constant":
        raise speller.refusal(
            value, f"`numpy.pad` in mode {known['mode']!r}", "Concatenate the margins."
        )
    widths = pad_widths(known["pad_width"], rank)
    name, text = helpers.pad(rank, widths)
    return ast.Call(
        speller.helper(name, text), [args[0], speller.constant(known["constant_values"])], []
    )


def along_chosen(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``take_along_axis``."""
    rank, axis = rank_of(value.args[0]), statics(value)["axis"]
    if axis is None:
        raise speller.refusal(value, "`numpy.take_along_axis` of all axes", "Give the axis.")
    return ast.Call(speller.helper(*helpers.take_along(rank, axis % rank)), args, [])


def summed_product(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``np.vdot``, which Numba has of vectors only."""
    if len(unit_axes_of(value.args[0].type)) < 2:
        return speller.usual(value, args)
    return speller.written("np.sum(_0_ * _1_)", *args)


def diagonal_sum(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``np.trace``, which Numba has as a function only, of matrices."""
    matrices_only(speller, value, args)
    offset = value.params[0]
    return speller.written(f"np.trace(_0_, {offset})" if offset else "np.trace(_0_)", *args)


FORMS: dict[str, Form] = {
    **CONTRACTIONS,
    "vdot": summed_product,
    "array_sum": reduced("np.sum(_0_)"),
    "mean": reduced("np.mean(_0_)", helpers.mean_along),
    "prod": fold("prod", "np.prod(_0_)"),
    "array_max": fold("max", "np.max(_0_)"),
    "array_min": fold("min", "np.min(_0_)"),
    "array_all": fold("all", "np.all(_0_)"),
    "array_any": fold("any", "np.any(_0_)"),
    "nansum": fold("nansum", "np.nansum(_0_)"),
    "ptp": fold("ptp", "np.ptp(_0_)"),
    "median": reduced("np.median(_0_)"),
    "nanmean": reduced("np.nanmean(_0_)"),
    "var": moment("var"),
    "std": moment("std"),
    "argmax": counted,
    "argmin": counted,
    "count_nonzero": counted,
    "cumsum": along_axis("cumsum", helpers.running("cumsum"), "np.cumsum(_0_)"),
    "cumprod": along_axis("cumprod", helpers.running("cumprod"), "np.cumprod(_0_)"),
    "reshape": shaped,
    "reshaped": shaped,
    "swapaxes": swapped,
    "moveaxis": moved,
    "expand_dims": expanded,
    "squeeze": squeezed,
    "flip": flipped,
    "fliplr": flipped,
    "flipud": flipped,
    "roll": rolled,
    "array_concatenate": joined,
    "stack": joined,
    "take": taken,
    "take_along_axis": along_chosen,
    "matrix_power": powered,
    "multi_dot": multiplied,
    "norm": normed,
    "norm_of_order": normed,
    "scipy_norm": normed,
    "scipy_norm_of_order": normed,
    "sort": sorted_,
    "argsort": sorted_,
    "diagonal": diagonal,
    "repeat": repeated,
    "singular_values": singular,
    "svd": decomposed,
    "weighted_average": weighted,
    "diff": differences,
    "trapezoid": integrated,
    "trapezoid_over": integrated,
    "scipy_trapezoid": integrated,
    "scipy_trapezoid_over": integrated,
    "cumulative_trapezoid": integrated_so_far,
    "cumulative_trapezoid_over": integrated_so_far,
    "gradient": sloped,
    "gradient_over": sloped,
    "searchsorted": searched,
    "astype": converted,
    "tile": tiled,
    **LISTS,
    "logsumexp": soft("logsumexp"),
    "softmax": soft("softmax"),
    "log_softmax": soft("log_softmax"),
    "pad": padded,
    "trace": diagonal_sum,
    **dict.fromkeys(
        (
            "solve",
            "inv",
            "det",
            "slogdet",
            "cholesky",
            "eigh",
            "eigvalsh",
            "qr",
            "pinv",
            "tril",
            "triu",
        ),
        matrices_only,
    ),
}
