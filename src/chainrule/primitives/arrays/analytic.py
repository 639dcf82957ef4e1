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
from chainrule.primitives.arrays import creation, products, rearranging
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
)

# Functions that are analytic, and operations that are linear or only choose or move entries.
ANALYTIC = (
    "add", "subtract", "multiply", "divide", "negative", "positive", "power", "square",
    "reciprocal", "exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh",
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
    "drop_last", "entrywise_add", "zeros_like",
)  # fmt: skip

for _name in UNDERSTOOD:
    TABLE[_name].takes_complex = True
