"""Arrays in memory of their own: what makes them, and which are worth saving."""

from __future__ import annotations

from chainrule.emit.memory.views import is_update
from chainrule.emit.plan import Value
from chainrule.graph.types import FLOATING, Array, unit_axes_of
from chainrule.primitives.arrays.indexing import section
from chainrule.primitives.declare import Primitive

# Element by element, but no ufuncs of NumPy's; or they may give their argument back.
NOT_OVER = ("power", "where", "clip", "nan_to_num", "sinc", "i0", "float_trunc", "float_round",
            "float_round_digits", "stopped", "real_part", "imaginary_part", "modulus", "angle",
            "positive", "floor_divide", "remainder", "real_power", "to_float")  # fmt: skip
PASSED_ON = ("stopped", "real_part", "imaginary_part", "python_max", "python_min")
# Whole-array functions that give an array of its own.
MAKING = ("matmul", "dot", "outer", "inner", "tensordot", "kron", "solve", "inv", "cholesky",
          "array_sum", "mean", "prod", "cumsum", "cumprod", "array_max", "array_min", "zeros",
          "zeros_like", "array_zeros_like", "ones", "full", "full_like", "array_copy", "linspace",
          "tril", "triu", "array_concatenate", "stack", "repeat", "tile", "take",
          "array_literal", "array_of_list", "stack_list", "concatenate_list", "eye", "empty",
          "empty_like", "array_ones_like", "cross", "vecdot", "multi_dot", "convolve", "correlate",
          "roll", "pad", "sort", "trace_along", "take_along_axis", "interp", "bartlett",
          "blackman", "hamming", "hanning")  # fmt: skip


def ufunc_of(value: Value) -> str | None:
    """NumPy's ufunc that computes ``value``, where it is one."""
    op = value.op
    if not isinstance(op, Primitive) or not op.broadcasts or op.name in NOT_OVER:
        return None
    if op.formula is not None or op.part is not None:
        return None
    # SciPy's expm1 is another one than NumPy's, to the last bit.
    if any(isinstance(p, str) and "." in p and not p.startswith("numpy.") for p in value.params):
        return None
    return next((name for name in op.callables if name.startswith("numpy.")), None)


def makes_array(value: Value) -> bool:
    """Whether ``value`` is an array of numbers in memory of its own."""
    kind = value.type
    if not isinstance(kind, Array) or not kind.unit_axes or kind.dtype not in FLOATING:
        return False
    op = value.op
    if op is section:
        return "a" in str(value.params[0])
    if not isinstance(op, Primitive):
        return False
    if op.name == "einsum":
        # Of one array alone it may be a view.
        return len(value.args) > 1
    return is_entrywise(value) or op.name in MAKING


def is_entrywise(value: Value) -> bool:
    """Whether a function of entries makes an array of its own, of whatever dtype."""
    op = value.op
    return isinstance(op, Primitive) and op.broadcasts and op.name not in PASSED_ON


def is_made(value: Value) -> bool:
    """Whether ``value``, or what it is a later version of, is an array in memory of its own."""
    while is_update(value) and isinstance(value.type, Array):
        value = value.args[0]
    return makes_array(value)


def is_worth(value: Value) -> bool:
    """Whether ``value`` is an array that is not small beside others: not one of sums."""
    if not is_made(value) or any(unit_axes_of(value.type)):
        return False
    return value.op.name not in ("array_sum", "mean", "array_max", "array_min", "prod")
