"""Operations whose rules hold for complex numbers too; all others are refused there."""

from __future__ import annotations

# Their tables are filled when these have been read.
from chainrule.primitives import (
    arithmetic,
    choices,
    custom,
    elementary,
    masking,
    rounding,
    sequence,
)
from chainrule.primitives.arrays import (
    creation,
    decompositions,
    factored,
    missing,
    norms,
    products,
    rearranging,
    segments,
    signals,
    spectrum,
    statistics,
    systems,
    windows,
)
from chainrule.primitives.declare import TABLE

HOMES = (
    arithmetic,
    custom,
    masking,
    elementary,
    choices,
    rounding,
    sequence,
    creation,
    products,
    rearranging,
    systems,
    factored,
    norms,
    decompositions,
    spectrum,
    statistics,
    missing,
    segments,
    signals,
    windows,
)

# Functions that are analytic, and operations that are linear or only choose or move entries.
ANALYTIC = (
    "add", "subtract", "multiply", "divide", "negative", "positive", "power", "square",
    "reciprocal", "exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "log10",
    "log2", "log1p", "expm1", "atan", "asin", "acos", "asinh", "acosh", "atanh", "real_power",
)  # fmt: skip
UNDERSTOOD = (
    *ANALYTIC, "equal", "not_equal", "where", "isnan", "isfinite", "stopped", "array_sum", "mean",
    "cumsum", "index", "index_set", "index_add", "section", "section_set", "section_add",
    "dimension", "size_of", "broadcast_to", "reshape", "reshaped", "ravel", "flatten", "transpose",
    "swapaxes", "moveaxis", "expand_dims", "squeeze", "flip", "roll", "array_concatenate", "stack",
    "array_zeros_like", "array_ones_like", "empty_like", "full_like", "full", "array_copy",
    "array_literal", "array_of_list", "astype", "matmul", "dot", "outer", "einsum", "tile", "pad",
    "diag", "diagonal", "trace", "total", "display", "append", "length", "rows_of", "to_list",
    "filled", "fill_like", "copy", "as_tuple", "concatenate", "slice", "slice_set", "backwards",
    "drop_last", "entrywise_add", "zeros_like", "diff", "ediff1d", "trapezoid", "trapezoid_over",
    "weighted_average", "repeat", "fliplr", "flipud", "rot90", "take", "prod", "cumprod", "var",
    "std", "convolve", "correlate", "gradient", "gradient_over", "interp", "nansum", "nanmean",
    "nanprod", "add_reduceat",
)  # fmt: skip
# Linear algebra.
ALGEBRA = (
    "inner", "vdot", "vecdot", "tensordot", "kron", "cross", "outer_of_all", "multi_dot",
    "trace_along", "diagonal_along", "tril", "triu", "solve", "inv", "det", "slogdet", "scipy_inv",
    "scipy_det", "scipy_solve", "solve_triangular", "expm", "expm_change", "lu_factor", "norm",
    "scipy_norm", "norm_of_order", "scipy_norm_of_order", "matrix_power", "cond", "eigh",
    "eigvalsh", "scipy_eigh", "scipy_eigvalsh", "svd", "scipy_svd", "singular_values",
    "scipy_svdvals", "eig", "scipy_eig", "eigvals", "scipy_eigvals", "cholesky", "qr",
    "qr_triangle", "pinv", "scipy_pinv", "lstsq",
)  # fmt: skip

for _name in (*UNDERSTOOD, *ALGEBRA):
    TABLE[_name].takes_complex = True
