"""Calls of NumPy, and subscripts of arrays, as expressions."""

from __future__ import annotations

import ast
import inspect
import re
from typing import Any, Protocol

from chainrule.emit.plan import Value
from chainrule.emit.targets import Target
from chainrule.emit.wording.turned import flipped
from chainrule.graph.types import FLOAT, Array, unit_axes_of
from chainrule.primitives.arrays.call import ArrayCall
from chainrule.primitives.arrays.indexing import WIDTH
from chainrule.primitives.effect import VERBATIM
from chainrule.primitives.sequence import index

LITERAL = "array_literal"


class Spelling(Protocol):
    """What is needed of :class:`~chainrule.emit.wording.expressions.Speller`."""

    target: Target

    def callable(self, dotted: str) -> ast.expr: ...

    def constant(self, value: Any) -> ast.expr: ...


def slice_node(bounds: list[ast.expr]) -> ast.Slice:
    """``start:stop:step`` where a bound that is None is left out."""
    parts = [
        None if isinstance(bound, ast.Constant) and bound.value is None else bound
        for bound in bounds
    ]
    return ast.Slice(*parts)


def path_of(value: Value, path: list[ast.expr]) -> list[ast.expr]:
    """The subscripts of a path: ``a[i, j]`` of arrays, ``a[i][j]`` of lists."""
    if value.op is index and value.params:
        return [section_key(value.params[0], path)]
    if len(path) > 1 and isinstance(value.args[0].type, Array):
        return [ast.Tuple(path, ast.Load())]
    return path


def section_key(pattern: Any, args: list[ast.expr]) -> ast.expr:
    """What stands between the brackets of a section."""
    parts: list[ast.expr] = []
    position = 0
    for letter in str(pattern):
        own = args[position : position + WIDTH[letter]]
        position += WIDTH[letter]
        if letter == "s":
            bounds = [None if _is_none(bound) else bound for bound in own]
            parts.append(ast.Slice(*bounds))
        elif letter == "n":
            parts.append(ast.Constant(None))
        elif letter == "e":
            parts.append(ast.Constant(Ellipsis))
        else:
            parts.extend(own)
    if len(parts) == 1:
        return parts[0]
    return ast.Tuple(parts, ast.Load())


def sliced(speller: Spelling, part: ast.expr) -> ast.expr:
    """A part of a subscript as an argument: ``1:n`` is ``slice(1, n)``."""
    if not isinstance(part, ast.Slice):
        return part
    bounds: list[ast.expr] = [
        bound or ast.Constant(None) for bound in (part.lower, part.upper, part.step)
    ]
    if part.step is None:
        bounds.pop()
    return ast.Call(speller.callable("builtins.slice"), bounds, [])


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def array_expression(
    speller: Spelling, value: Value, op: ArrayCall, args: list[ast.expr]
) -> ast.expr:
    """A call of NumPy in the form that the user, or the derivative, has chosen."""
    if op.name == LITERAL:
        return _literal(speller, value, args)
    if op.symbol is not None:
        return ast.BinOp(args[0], ast.MatMult(), args[1])
    *statics, form = value.params
    units = unit_axes_of(value.type)
    if op.written is not None:
        return _written(speller, op, statics, args)
    if op.name == "dimension":
        if form == "len":
            return ast.Call(speller.callable("builtins.len"), args, [])
        shape = ast.Attribute(args[0], "shape", ast.Load())
        return ast.Subscript(shape, speller.constant(statics[0]), ast.Load())
    if op.name == "einsum":
        words = [ast.Constant(statics[0]), *args]
        options = [ast.keyword("optimize", speller.constant(statics[1]))] if statics[1] else []
        return ast.Call(speller.callable("numpy.einsum"), words, options)
    if op.name == "transpose" and statics == [None] and (units or form != "function"):
        # Numbers of Python's own have no such attribute.
        return ast.Attribute(args[0], "T", ast.Load())
    if op.name == "transpose" and form == "method":
        order = [speller.constant(axis) for axis in statics[0]]
        return ast.Call(ast.Attribute(args[0], "transpose", ast.Load()), order, [])
    if op.name == "expand_dims" and value.derivative:
        return _with_new_axes(args[0], statics[0], len(units))
    if op.name == "flip" and value.derivative and _has_methods(value.args[0]):
        return flipped(speller, value, args)
    if op.name == "reshaped":
        return _reshaped(args, statics[0])
    if form == "attribute" and op.attribute is not None:
        return ast.Attribute(args[0], op.attribute, ast.Load())
    count = len(args) if op.spread else op.arrays
    arrays, sizes = args[:count], args[count:]
    if op.spread and not op.starred:
        arrays = [ast.List(arrays, ast.Load())]
    positional = [*arrays]
    while op.name == "arange" and _is_none(positional[-1]):
        positional.pop()
    method = op.method is not None and (form == "method" or _forwards(value, op, args))
    if value.derivative and op.spelled and not _has_methods(value.args[0]):
        method = False
    behind = _is_behind_others(op)
    if op.sizes is not None and _is_default(op, sizes):
        sizes = []
    if op.sizes is not None and not behind:
        _place_sizes(op, positional, sizes, method)
    keywords = _keywords(speller, op, statics, positional)
    if behind and sizes:
        keywords.append(ast.keyword(op.sizes, _shape(sizes)))
    if op.paired is not None:
        first = speller.constant(statics[op.static_names.index(op.paired)])
        positional[0] = ast.Tuple([positional[0], first], ast.Load())
    if op.named:
        last = op.array_names[-op.named :]
        split = op.arrays - op.named
        passed = [ast.keyword(n, v) for n, v in zip(last, positional[split:], strict=False)]
        positional = positional[:split] + positional[op.arrays :]
        keywords = [*passed, *keywords]
    positional, behind_defaults = _without_defaults(op, positional)
    keywords = [*behind_defaults, *keywords, *_always(speller, op)]
    if method and op.method is not None:
        owner, *rest = positional
        if value.derivative and value.args[0].type == FLOAT:
            # One of Python's floats has no such methods.
            owner = ast.Call(speller.callable("numpy.float64"), [owner], [])
        return ast.Call(ast.Attribute(owner, op.method, ast.Load()), rest, keywords)
    return ast.Call(speller.callable(op.spelled), positional, keywords)


def _always(speller: Spelling, op: ArrayCall) -> list[ast.keyword]:
    return [ast.keyword(name, speller.constant(value)) for name, value in op.always.items()]


def _without_defaults(
    op: ArrayCall, positional: list[ast.expr]
) -> tuple[list[ast.expr], list[ast.keyword]]:
    """The arguments but for those that are what is taken anyway; names for what is behind them."""
    if op.spread or len(positional) != len(op.array_names):
        return positional, []
    given = list(zip(op.array_names, positional, strict=True))
    kept = [pair for pair in given if not _is_default_of(op, *pair)]
    count = next((k for k, pair in enumerate(given) if pair not in kept), len(given))
    return positional[:count], [ast.keyword(*pair) for pair in kept[count:]]


def _is_default_of(op: ArrayCall, name: str, value: ast.expr) -> bool:
    """Whether an argument is the number that a parameter has by default."""
    if not isinstance(value, ast.Constant) or type(value.value) not in (float, int):
        return False
    return bool(value.value == op.signature.parameters[name].default)


def _has_methods(owner: Value) -> bool:
    """Whether a value in derivative code is an array.

    A tangent may be one of Python's numbers, what is taken out of the user's tables a list.
    """
    return bool(unit_axes_of(owner.type)) and not (owner.op is VERBATIM and owner.derivative)


def _forwards(value: Value, op: ArrayCall, args: list[ast.expr]) -> bool:
    """Whether ``np.sum(x)`` is ``x.sum()``, which spares NumPy's looking for the method.

    An expression that would need brackets stays between those of the function.
    """
    owner = isinstance(args[0], (ast.Name, ast.Attribute, ast.Subscript, ast.Call))
    return op.forwards and owner and bool(unit_axes_of(value.args[0].type))


def _with_new_axes(array: ast.expr, axis: Any, rank: int) -> ast.expr:
    """``x[:, None]``."""
    new = [each % rank for each in (axis if isinstance(axis, tuple) else (axis,))]
    parts: list[ast.expr] = [
        ast.Constant(None) if k in new else ast.Slice() for k in range(max(new) + 1)
    ]
    if len(parts) == rank and len(parts) > 2 and new == [rank - 1]:
        parts = [ast.Constant(Ellipsis), ast.Constant(None)]
    key = parts[0] if len(parts) == 1 else ast.Tuple(parts, ast.Load())
    return ast.Subscript(array, key, ast.Load())


class _Spelled(ast.NodeTransformer):
    """Fills the slots of a written form and spells its functions."""

    def __init__(self, speller: Spelling, slots: dict[str, ast.expr]) -> None:
        self.speller = speller
        self.slots = slots

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.slots.get(node.id, node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        dotted = ast.unparse(node)
        if re.fullmatch(r"(math|numpy|scipy)(\.\w+)+", dotted):
            return self.speller.callable(dotted)
        self.generic_visit(node)
        return node


def _written(
    speller: Spelling, op: ArrayCall, statics: list[Any], args: list[ast.expr]
) -> ast.expr:
    slots = {f"_{position}_": arg for position, arg in enumerate(args)}
    for name, static in zip(op.static_names, statics, strict=True):
        slots[f"_{name}_"] = _static(speller, name, static)
    found = _Spelled(speller, slots).visit(ast.parse(str(op.written), mode="eval").body)
    assert isinstance(found, ast.expr)
    return found


def _reshaped(args: list[ast.expr], order: str) -> ast.expr:
    """``x.reshape(a.shape + b.shape)``."""
    shape: ast.expr = ast.Attribute(args[1], "shape", ast.Load())
    for other in args[2:]:
        shape = ast.BinOp(shape, ast.Add(), ast.Attribute(other, "shape", ast.Load()))
    keywords = [] if order == "C" else [ast.keyword("order", ast.Constant(order))]
    return ast.Call(ast.Attribute(args[0], "reshape", ast.Load()), [shape], keywords)


def _is_default(op: ArrayCall, sizes: list[ast.expr]) -> bool:
    """Whether a call is given the size that it has when none is given."""
    default = op.signature.parameters[str(op.sizes)].default
    if len(sizes) != 1 or not isinstance(default, int):
        return False
    return isinstance(sizes[0], ast.Constant) and sizes[0].value == default


def _is_behind_others(op: ArrayCall) -> bool:
    """Whether between the arrays and the sizes there are arguments that are left out."""
    if op.sizes is None or op.name == "full":
        return False
    names = list(op.signature.parameters)
    return not op.spread and names.index(op.sizes) > op.arrays


def _place_sizes(
    op: ArrayCall, positional: list[ast.expr], sizes: list[ast.expr], method: bool
) -> None:
    if not sizes and op.sizes == "shape" and op.name != "full":
        positional.append(_shape(sizes))
    elif op.name == "full":
        positional.insert(0, _shape(sizes))
    elif op.name == "eye" or method:
        positional.extend(sizes)
    elif sizes or op.signature.parameters[str(op.sizes)].default is inspect.Parameter.empty:
        positional.append(_shape(sizes))


def _shape(sizes: list[ast.expr]) -> ast.expr:
    return sizes[0] if len(sizes) == 1 else ast.Tuple(sizes, ast.Load())


def _keywords(
    speller: Spelling, op: ArrayCall, statics: list[Any], positional: list[ast.expr]
) -> list[ast.keyword]:
    found = []
    for name, static in zip(op.static_names, statics, strict=True):
        parameter = op.signature.parameters[name]
        if name == op.paired:
            continue
        if parameter.default is parameter.empty and not op.worded:
            positional.append(_static(speller, name, static))
        elif static != parameter.default or type(static) is not type(parameter.default):
            found.append(ast.keyword(name, _static(speller, name, static)))
    return found


def _static(speller: Spelling, name: str, value: Any) -> ast.expr:
    if name == "dtype":
        return speller.callable(speller.target.dtypes.get(value, f"numpy.{value}"))
    return speller.constant(value)


def _literal(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    shape, dtype = value.params[0], value.params[1]
    rows: list[ast.expr] = args
    for size in reversed(shape[1:]):
        rows = [ast.List(rows[k : k + size], ast.Load()) for k in range(0, len(rows), size)]
    keywords = [ast.keyword("dtype", _static(speller, "dtype", dtype))] if dtype else []
    return ast.Call(speller.callable("numpy.array"), [ast.List(rows, ast.Load())], keywords)


def section_width(value: Value) -> int:
    """What a subscript adds to the widths of what stands in it."""
    pattern = str(value.params[0])
    left_out = sum(arg.op.name == "constant" and arg.params[0] is None for arg in value.args)
    signs = {"s": 1, "n": 4, "e": 3}
    # A bound that is left out was counted as "None".
    return 2 * len(pattern) + sum(signs.get(letter, 0) for letter in pattern) - 4 * left_out


def call_width(value: Value, op: ArrayCall) -> int:
    """What a call of NumPy adds to the widths of its arguments."""
    statics = value.params[:-1]
    if op.name == "dimension":
        return 9 if value.params[-1] != "len" else 5
    if op.name == "expand_dims" and value.derivative:
        return 4 + 3 * len(unit_axes_of(value.type))
    if op.name == "flip" and value.derivative:
        return 2 + 5 * len(unit_axes_of(value.type))
    if op.attribute is not None or (op.name == "transpose" and statics == (None,)):
        return 2 + len(op.attribute or "")
    width = 2 * len(value.args)
    for name, static in zip(op.static_names, statics, strict=False):
        if static != op.signature.parameters[name].default:
            width += len(name) + 3 + len(repr(static))
    if value.params[-1] == "method" and op.method is not None:
        return width + len(op.method) + 1
    return width + max((len(name.removeprefix("numpy.")) for name in op.callables), default=8) + 3


def reserve_array(speller: Spelling, value: Value, op: ArrayCall) -> None:
    """Bind in the header what writing a call will need there."""
    if op.name == "dimension" or op.symbol is not None or op.attribute is not None:
        return
    if op.written is not None:
        _written(speller, op, list(value.params[:-1]), [])
    elif op.spelled:
        speller.callable(op.spelled)
    for name, static in zip(op.static_names, value.params, strict=False):
        if name == "dtype" and static is not None:
            _static(speller, name, static)
