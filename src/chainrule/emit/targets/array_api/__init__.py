"""Any library that keeps the array API standard: the namespace comes from the arrays themselves.

The standard (data-apis.org, 2024.12) has fewer functions than NumPy, no methods, and keeps kinds of
numbers apart.  What it lacks is refused by name.
"""

from __future__ import annotations

import ast

from chainrule.emit.plan import Plan, Value, reads_deep, walk
from chainrule.emit.targets import Form, Spelling, Target, UpdateForm
from chainrule.emit.targets.array_api.arrangements import (
    diagonal,
    differences,
    listed,
    repeated,
    reshaped,
    rolled,
    rounded,
    rows,
    squeezed,
    swapped,
    taken,
    tiled,
    transposed,
)
from chainrule.emit.targets.array_api.positions import at_positions
from chainrule.emit.targets.array_api.products import (
    contracted,
    outer,
    powered,
    product,
    summed_product,
)
from chainrule.emit.targets.array_api.words import (
    XP,
    as_array,
    as_float,
    call,
    dtype_of,
    plain,
    rank_of,
    shape_of,
)
from chainrule.emit.wording.arrays import section_key
from chainrule.emit.wording.expressions import operation
from chainrule.emit.wording.unit_axes import expanded, statics
from chainrule.graph.block import REFERENCE
from chainrule.graph.types import FLOATING, INT, Array, is_complex, unit_axes_of
from chainrule.primitives.declare import Primitive
from chainrule.primitives.effect import Verbatim
from chainrule.primitives.saturation import LARGEST

# The standard's names of element-wise functions, by primitive.
ELEMENTWISE = {
    "absolute": "abs", "acos": "acos", "acosh": "acosh", "asin": "asin", "asinh": "asinh",
    "atan": "atan", "atan2": "atan2", "atanh": "atanh", "copysign": "copysign", "conjugate": "conj",
    "cos": "cos", "cosh": "cosh", "exp": "exp", "expm1": "expm1", "hypot": "hypot", "log": "log",
    "log10": "log10", "log1p": "log1p", "log2": "log2", "logaddexp": "logaddexp",
    "maximum": "maximum", "minimum": "minimum", "real_power": "pow", "reciprocal": "reciprocal",
    "sin": "sin", "sinh": "sinh", "sqrt": "sqrt", "square": "square", "tan": "tan", "tanh": "tanh",
    "float_floor": "floor", "float_ceil": "ceil", "float_trunc": "trunc", "float_round": "round",
    "floor": "floor", "ceil": "ceil", "trunc": "trunc", "sign": "sign", "signbit": "signbit",
    "isnan": "isnan", "isinf": "isinf", "isfinite": "isfinite", "logical_and": "logical_and",
    "logical_or": "logical_or", "logical_xor": "logical_xor", "logical_not": "logical_not",
    "where": "where", "clip": "clip", "remainder": "remainder", "floor_divide": "floor_divide",
    "real_part": "real", "imaginary_part": "imag",
}  # fmt: skip
ARITHMETIC = ("add", "subtract", "multiply", "divide", "power")


def elementwise(name: str) -> Form:
    """A function of the namespace on arrays; of Python's numbers :mod:`math`'s."""

    def form(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
        own = [speller.is_array(arg) for arg in value.args]
        if not any(own):
            return speller.usual(value, args)
        if not any(unit_axes_of(arg.type) for arg in value.args):
            first = own.index(True)
            args = [
                as_array(speller, a, w) if k == first else w
                for k, (a, w) in enumerate(zip(value.args, args, strict=True))
            ]
        if name == "where":
            if not any(own[1:]):
                # The standard takes one number at most for two.
                own_dtype = getattr(value.type, "dtype", "float64")
                args[1] = call("asarray", args[1], dtype=dtype_of(own_dtype))
            return call(name, *args)
        if getattr(value.type, "dtype", "float64") in FLOATING:
            args = [as_float(a, w) for a, w in zip(value.args, args, strict=True)]
        return call(name, *args)

    return form


def logistic(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``1.0 / (1.0 + xp.exp(-x))``."""
    minus = ast.UnaryOp(ast.USub(), args[0])
    shaped = speller.is_array(value.args[0])
    grown = call("exp", minus) if shaped else ast.Call(speller.callable("math.exp"), [minus], [])
    return speller.written("1.0 / (1.0 + _0_)", grown)


def bounded_square(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``xp.square(xp.cosh(xp.minimum(xp.abs(x), 355.0)))``."""
    largest = LARGEST[getattr(value.type, "dtype", "float64")]
    bounded = call("minimum", call("abs", args[0]), ast.Constant(largest))
    return call("square", call("cosh", bounded))


def inverse_cosh(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``(1.0 + xp.abs(t)) * xp.exp(-xp.abs(x))``."""
    falling = call("exp", ast.UnaryOp(ast.USub(), call("abs", args[1])))
    return speller.written("(1.0 + _0_) * _1_", call("abs", args[0]), falling)


def arithmetic(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """Operators; kinds are made alike first."""
    op = value.op
    assert isinstance(op, Primitive) and op.symbol is not None
    args = [counted(speller, a, w) for a, w in zip(value.args, args, strict=True)]
    arrays = [arg.type for arg in value.args if isinstance(arg.type, Array)]
    kinds = {type.dtype in FLOATING for type in arrays if not is_complex(type)}
    numbers = any(str(arg.type) == "float" for arg in value.args)
    if kinds and (op.name == "divide" or len(kinds) > 1 or numbers):
        args = [as_float(a, w) for a, w in zip(value.args, args, strict=True)]
    return operation(op.symbol, args)


def counted(speller: Spelling, value: Value, written: ast.expr) -> ast.expr:
    """A count or position that came out of an array, as a float."""
    if value.type == INT and speller.is_array(value):
        return call("astype", written, dtype_of("float64"))
    return written


def reduction(name: str) -> Form:
    """A function over axes, with ``axis`` and ``keepdims`` by name."""

    def form(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
        known = statics(value)
        words = {}
        if known.get("axis") is not None:
            words["axis"] = speller.constant(known["axis"])
        if known.get("ddof"):
            words["correction"] = speller.constant(known["ddof"])
        if known.get("keepdims"):
            words["keepdims"] = speller.constant(True)
        if not rank_of(value.args[0]):
            return args[0]
        base = (
            args[0] if name in ("all", "any", "count_nonzero") else as_float(value.args[0], args[0])
        )
        return call(name, base, **words)

    return form


def made(name: str) -> Form:
    """Arrays made of lengths."""

    def form(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
        dtype = statics(value).get("dtype")
        words = {"dtype": dtype_of(dtype)} if dtype else {}
        if name == "full" and speller.is_array(value.args[0]):
            return ast.BinOp(call("zeros", shape_of(args[1:]), **words), ast.Add(), args[0])
        if name == "full":
            return call(name, shape_of(args[1:]), args[0], **words)
        if name == "eye":
            offset = statics(value)["k"]
            return call(name, *args, **({"k": speller.constant(offset)} if offset else {}), **words)
        return call(name, shape_of(args), **words)

    return form


def like(name: str) -> Form:
    """Arrays in the shape of another."""

    def form(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
        dtype = statics(value).get("dtype")
        words = {"dtype": dtype_of(dtype)} if dtype else {}
        if name == "full_like" and speller.is_array(value.args[1]):
            return ast.BinOp(call("zeros_like", args[0], **words), ast.Add(), args[1])
        return call(name, *args, **words)

    return form


def joined(name: str) -> Form:
    """``concat`` and ``stack``."""

    def form(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
        axis = statics(value)["axis"]
        words = {"axis": speller.constant(axis)} if axis != 0 else {}
        if isinstance(value.type, Array) and value.type.dtype in FLOATING:
            args = [as_float(a, w) for a, w in zip(value.args, args, strict=True)]
        return call(name, ast.List(args, ast.Load()), **words)

    return form


def literal(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``np.array([...])``: of what comes out of arrays a ``stack``."""
    shape, dtype = value.params[0], value.params[1]
    words = {"dtype": dtype_of(str(dtype))} if dtype else {}
    if any(speller.is_array(arg) for arg in value.args):
        entries = [
            as_array(speller, arg, written) for arg, written in zip(value.args, args, strict=True)
        ]
        found = call("stack", ast.List(entries, ast.Load()))
        own = rank_of(value) - len(shape)
        if len(shape) > 1:
            if own:
                raise speller.refusal(value, "an array of rows in several axes", "Stack them.")
            found = call("reshape", found, ast.Tuple([ast.Constant(n) for n in shape], ast.Load()))
        return found
    rows = list(args)
    for size in reversed(shape[1:]):
        rows = [ast.List(rows[k : k + size], ast.Load()) for k in range(0, len(rows), size)]
    return call("asarray", ast.List(rows, ast.Load()), **words)


def converted(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``astype``."""
    return call("astype", args[0], dtype_of(statics(value)["dtype"]))


def copied(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``x.copy()``."""
    return call("asarray", args[0], copy=speller.constant(True))


def length(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``x.shape[k]``: arrays have no ``len``."""
    shape = ast.Attribute(args[0], "shape", ast.Load())
    return ast.Subscript(shape, speller.constant(statics(value)["axis"]), ast.Load())


def normed(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """Lengths of vectors."""
    known = statics(value)
    words = {}
    axis, order = known.get("axis"), known.get("ord")
    vectors = isinstance(axis, int) or (axis is None and rank_of(value.args[0]) == 1)
    if order is not None and not vectors:
        raise speller.refusal(value, "`numpy.linalg.norm` of matrices")
    if axis is not None:
        words["axis"] = speller.constant(axis)
    if order not in (None, 2):
        words["ord"] = speller.constant(order)
    if known.get("keepdims"):
        words["keepdims"] = speller.constant(True)
    return call("linalg.vector_norm", args[0], **words)


def sequence_index(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``x[i, ...]``: every axis is named, or an ellipsis stands for the rest."""
    if not isinstance(value.args[0].type, Array):
        return speller.usual(value, args)
    return ast.Subscript(args[0], whole_key(args[1:], rank_of(value.args[0])), ast.Load())


def whole_key(parts: list[ast.expr], rank: int, consumed: int | None = None) -> ast.expr:
    """The subscript of all axes."""
    taken = len(parts) if consumed is None else consumed
    given = list(parts)
    if taken < rank and not any(isinstance(p, ast.Constant) and p.value is Ellipsis for p in given):
        given.append(ast.Constant(Ellipsis))
    return given[0] if len(given) == 1 else ast.Tuple(given, ast.Load())


def section_parts(
    speller: Spelling, value: Value, keys: list[Value], args: list[ast.expr], rank: int
) -> ast.expr:
    """What stands between the brackets of a section."""
    pattern = str(value.params[0])
    if "m" in pattern and pattern != "m":
        raise speller.refusal(value, "a mask beside other subscripts", "Use xp.where.")
    if pattern == "m":
        return args[0]
    key = section_key(pattern, args)
    parts = list(key.elts) if isinstance(key, ast.Tuple) else [key]
    return whole_key(parts, rank, sum(letter in "isau" for letter in pattern))


def running(name: str) -> Form:
    """Running sums and products; of all axes at once in one axis."""

    def form(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
        axis, base = statics(value)["axis"], args[0]
        if axis is None and rank_of(value.args[0]) > 1:
            base = call("reshape", base, speller.constant((-1,)))
        return call(name, base, **({"axis": speller.constant(axis)} if axis is not None else {}))

    return form


def section(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``x[1:, ...]``."""
    pattern, keys = str(value.params[0]), value.args[1:]
    arrays = [arg for arg in keys if unit_axes_of(arg.type)]
    along_one = pattern[-1] in "au" and set(pattern[:-1]) <= {"s"} and rank_of(keys[-1]) == 1
    if along_one and all(bound.params == (None,) for bound in keys[:-1]):
        return call("take", args[0], args[-1], axis=speller.constant(len(pattern) - 1))
    if arrays and "m" not in pattern and len(pattern) < rank_of(value.args[0]):
        raise speller.refusal(value, "arrays of positions beside slices", "Use xp.take.")
    if arrays and set(pattern) & {"s", "e", "n"}:
        raise speller.refusal(value, "arrays of positions beside slices", "Use xp.take.")
    key = section_parts(speller, value, keys, args[1:], rank_of(value.args[0]))
    return ast.Subscript(args[0], key, ast.Load())


def update(
    speller: Spelling, value: Value, owner: ast.expr, args: list[ast.expr]
) -> ast.stmt | None:
    """``x[i, ...] = e`` and ``x[i, ...] += e``."""
    if not isinstance(value.type, Array):
        return None
    *keys, written = args
    adds = value.op.name.endswith("_add")
    if value.op.name.startswith("index"):
        positions = [_as_int(speller, *pair) for pair in zip(value.args[1:-1], keys, strict=True)]
        key = whole_key(positions, rank_of(value))
    else:
        if set(str(value.params[0])) & set("au"):
            return ast.Expr(at_positions(speller, value, owner, args))
        key = section_parts(speller, value, value.args[1:-1], keys, rank_of(value))
    place = ast.Subscript(owner, key, ast.Store())
    if not adds:
        return ast.Assign([place], written)
    if isinstance(written, ast.UnaryOp) and isinstance(written.op, ast.USub):
        return ast.AugAssign(place, ast.Sub(), written.operand)
    return ast.AugAssign(place, ast.Add(), written)


def _as_int(speller: Spelling, value: Value, written: ast.expr) -> ast.expr:
    """A position that came out of an array, as a number: where one writes no others are taken."""
    return speller.call("int", written) if speller.is_array(value) else written


def check(plan: Plan, target: Target) -> None:
    """Refuse what shows only in a function as a whole."""
    arrays = [name for name, value in plan.parameters.items() if unit_axes_of(value.type)]
    if XP in plan.parameters:
        raise target.refusal(
            plan.parameters[XP], f"a parameter called `{XP}`", "Give it another name."
        )
    if not arrays:
        for value in plan.parameters.values():
            raise target.refusal(
                value,
                "a function without an array among its parameters",
                "Pass arrays as parameters of their own; for numbers use target='math'.",
            )
    for statement in walk(plan.body):
        for value in reads_deep(statement):
            if isinstance(value.op, Verbatim) and _is_numpys(value, plan):
                raise target.refusal(value, "what NumPy itself makes of an array")


def _is_numpys(value: Value, plan: Plan) -> bool:
    """Whether words that are carried over give an array to NumPy."""
    known = [plan.graph.references[arg.params[0]] for arg in value.args if arg.op is REFERENCE]
    homes = [getattr(each, "__module__", None) or getattr(each, "__name__", "") for each in known]
    return any(str(home).partition(".")[0] == "numpy" for home in homes) and any(
        unit_axes_of(arg.type) for arg in value.args
    )


def prologue(plan: Plan) -> str:
    """The line that asks the first array for its namespace."""
    first = next(name for name, value in plan.parameters.items() if unit_axes_of(value.type))
    return f"{XP} = {first}.__array_namespace__()"


UPDATES: dict[str, UpdateForm] = dict.fromkeys(
    ("index_set", "index_add", "section_set", "section_add"), update
)
TARGET = Target(
    name="array-api",
    modules=(("math", "builtins"), ("operator",)),
    forms={
        **{primitive: elementwise(name) for primitive, name in ELEMENTWISE.items()},
        **dict.fromkeys(ARITHMETIC, arithmetic),
        "logistic": logistic,
        "cosh_squared": bounded_square,
        "inverse_cosh": inverse_cosh,
        "einsum": summed_product,
        "stopped": lambda speller, value, args: args[0],
        **{
            name: reduction(name.removeprefix("array_"))
            for name in (
                "array_sum",
                "mean",
                "prod",
                "array_max",
                "array_min",
                "array_all",
                "array_any",
                "count_nonzero",
                "var",
                "std",
                "argmax",
                "argmin",
            )
        },
        **{name: made(name) for name in ("zeros", "ones", "empty", "eye", "full")},
        "array_zeros_like": like("zeros_like"),
        "array_ones_like": like("ones_like"),
        "empty_like": like("empty_like"),
        "full_like": like("full_like"),
        "arange": plain("arange"),
        "linspace": plain("linspace"),
        "array_literal": literal,
        "array_copy": copied,
        "astype": converted,
        "dimension": length,
        "broadcast_to": lambda speller, value, args: call(
            "broadcast_to",
            as_array(speller, value.args[0], args[0]),
            ast.Tuple(args[1:], ast.Load()),
        ),
        **dict.fromkeys(("reshape", "reshaped", "ravel", "flatten"), reshaped),
        "transpose": transposed,
        "swapaxes": swapped,
        "moveaxis": lambda speller, value, args: call(
            "moveaxis",
            *args,
            speller.constant(statics(value)["source"]),
            speller.constant(statics(value)["destination"]),
        ),
        "expand_dims": expanded,
        "squeeze": squeezed,
        "flip": plain("flip", "axis"),
        "roll": rolled,
        "tile": tiled,
        "repeat": repeated,
        "take": taken,
        "diff": differences,
        "array_round": rounded,
        **dict.fromkeys(("array_of_list", "stack_list", "concatenate_list"), listed),
        "rows_of": rows,
        "cross": plain("linalg.cross"),
        "array_concatenate": joined("concat"),
        "stack": joined("stack"),
        "tril": plain("tril", "k"),
        "triu": plain("triu", "k"),
        "matmul": product,
        "dot": product,
        "outer": outer,
        "tensordot": contracted,
        "vdot": lambda speller, value, args: call("sum", ast.BinOp(args[0], ast.Mult(), args[1])),
        "trace": plain("linalg.trace", "offset"),
        "diag": diagonal,
        "diagonal": diagonal,
        **{
            name: plain(f"linalg.{name}")
            for name in (
                "inv",
                "det",
                "slogdet",
                "cholesky",
                "eigh",
                "eigvalsh",
                "pinv",
                "qr",
                "solve",
            )
        },
        "singular_values": plain("linalg.svdvals"),
        "svd": plain("linalg.svd", "full_matrices"),
        "matrix_power": powered,
        "norm": normed,
        "scipy_norm": normed,
        "norm_of_order": normed,
        "scipy_norm_of_order": normed,
        "cumsum": running("cumulative_sum"),
        "cumprod": running("cumulative_prod"),
        "sort": plain("sort", "axis"),
        "argsort": plain("argsort", "axis"),
        "take_along_axis": plain("take_along_axis", "axis"),
        "index": sequence_index,
        "section": section,
    },
    updates=UPDATES,
    over_rows=False,
    calls=frozenset({"size_of"}),
    check=check,
    prologue=prologue,
    namespace=XP,
)
