"""Values to Python expressions."""

from __future__ import annotations

import ast
import enum
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any

from chainrule.emit.containers.ends import ENDS
from chainrule.emit.containers.record_lists import instance_maker, made_record, writer
from chainrule.emit.flow.alternatives import with_other_case
from chainrule.emit.flow.logic import boolean, choice_of_truths
from chainrule.emit.imports import Header
from chainrule.emit.plan import (
    AND,
    COMPREHENSION,
    CONDITIONAL,
    ENUMERATE,
    OR,
    RAISED,
    RANGE,
    REVERSED,
    SHAPE,
    ZIP,
    Value,
)
from chainrule.emit.printing import expression_text, negated
from chainrule.emit.targets import Target
from chainrule.emit.wording.arrays import (
    array_expression,
    path_of,
    reserve_array,
    section_key,
    slice_node,
)
from chainrule.emit.wording.calling import call_function, call_functional, read_curve
from chainrule.emit.wording.complex_numbers import COMPLEX
from chainrule.emit.wording.extremes import EXTREMES, of_several
from chainrule.emit.wording.lists import comprehension, is_new_list, place_found, uncopied
from chainrule.emit.wording.literals import is_literal, literal
from chainrule.emit.wording.origins import Origins
from chainrule.emit.wording.spelling import number, opposite, with_one_sign
from chainrule.emit.wording.tuples import tuple_of
from chainrule.errors import InternalError, UnsupportedError
from chainrule.graph.block import CONSTANT, ITEM, Graph, SignatureParameter
from chainrule.graph.structure import OF_ATTRIBUTES
from chainrule.graph.types import BOOL, FLOAT, Array, Sequence, dtype_of, unit_axes_of
from chainrule.primitives import sequence
from chainrule.primitives.arithmetic import divide, multiply, negative
from chainrule.primitives.arrays.call import ArrayCall
from chainrule.primitives.arrays.indexing import section
from chainrule.primitives.declare import Primitive
from chainrule.primitives.effect import LEAVE_FIELDS, Effect, Verbatim
from chainrule.primitives.places import found_at

OPERATORS: dict[str, Callable[[], ast.operator]] = {
    "+": ast.Add, "-": ast.Sub, "*": ast.Mult, "/": ast.Div, "//": ast.FloorDiv,
    "%": ast.Mod, "**": ast.Pow, "@": ast.MatMult, "&": ast.BitAnd, "|": ast.BitOr,
    "^": ast.BitXor,
}  # fmt: skip
COMPARISONS: dict[str, Callable[[], ast.cmpop]] = {
    "<": ast.Lt, "<=": ast.LtE, ">": ast.Gt, ">=": ast.GtE, "==": ast.Eq, "!=": ast.NotEq,
}  # fmt: skip
UNARY: dict[str, Callable[[], ast.unaryop]] = {
    "-": ast.USub, "+": ast.UAdd, "not": ast.Not, "~": ast.Invert,
}  # fmt: skip
SLOT = re.compile(r"_(\d+)_")


class Speller:
    """Expressions of one function; ``name_of`` gives the variable of a value."""

    def __init__(
        self,
        graph: Graph,
        target: Target,
        header: Header,
        name_of: Callable[[Value], str],
        functions: dict[Any, str],
        origins: Origins,
    ) -> None:
        self.graph = graph
        self.target = target
        self.header = header
        self.name_of = name_of
        self.functions = functions
        self.is_array = origins.is_array

    def use(self, value: Value) -> ast.expr:
        """``value`` where it is read: its name, or itself in place."""
        if value.captive:
            return self.expression(value)
        match value.op.name:
            case "constant":
                return self.constant(value.params[0])
            case "global":
                return self.name(self.global_name(value))
            case "reference":
                return self.reference(value.params[0])
            case "undefined":
                return ast.Constant(None)
        return self.name(self.name_of(value))

    def name(self, text: str) -> ast.expr:
        parts = text.split(".")
        found: ast.expr = ast.Name(parts[0], ast.Load())
        for part in parts[1:]:
            found = ast.Attribute(found, part, ast.Load())
        return found

    def expression(self, value: Value) -> ast.expr:
        """The computation of ``value`` itself."""
        args = [self.use(arg) for arg in value.args]
        special = self.target.forms.get(value.op.name)
        if special is not None:
            return special(self, value, args)
        allowed = self.target.calls
        if isinstance(value.op, ArrayCall) and allowed is not None and value.op.name not in allowed:
            raise self.refusal(value, called(value.op))
        return self.usual(value, args)

    def usual(self, value: Value, args: list[ast.expr]) -> ast.expr:
        """The computation of ``value`` as Python and NumPy have it."""
        op = value.op
        written = FORMS.get(op.name)
        if written is not None:
            return written(self, value, args)
        if isinstance(op, ArrayCall):
            return array_expression(self, value, op, args)
        if isinstance(op, (Verbatim, Effect)):
            return self.template(str(value.params[0]), args)
        if isinstance(op, Primitive):
            return self.primitive(value, op, args)
        raise InternalError(f"no way to write `{op.name}` is known")

    def special_width(self, value: Value) -> int | None:
        """What the target's own form of ``value`` adds to the widths of its arguments."""
        special = self.target.forms.get(value.op.name)
        if special is None:
            return None
        return len(expression_text(special(self, value, _placeholders(value)))) - len(value.args)

    def reserve(self, value: Value) -> None:
        """Bind in the header what writing ``value`` will need there."""
        op = value.op
        for text in value.origin.managers:
            self.manager(text)
        special, update = self.target.forms.get(op.name), self.target.updates.get(op.name)
        if value.leaf and op.name in ("constant", "global", "reference"):
            self.use(value)
        elif special is not None:
            special(self, value, _placeholders(value))
        elif update is not None:
            owner, *rest = _placeholders(value)
            update(self, value, owner, rest)
        elif isinstance(op, Primitive) and op.formula is not None:
            self.formula(value, op.formula, _placeholders(value))
        elif op.name in COMPLEX:
            self.usual(value, _placeholders(value))
        elif isinstance(op, ArrayCall):
            reserve_array(self, value, op)
        elif isinstance(op, Primitive) and op.callables and (op.symbol is None or value.params):
            dotted = self.dotted(value, op)
            if dotted is not None and (op.symbol is None or spelled(value)):
                self.callable(dotted)
        elif op.name == "call_functional":
            self.callable(value.params[1])
        elif op is LEAVE_FIELDS:
            writer(self, value)
        elif op.name == "record" and value.params[0] in OF_ATTRIBUTES:
            self.reference(value.params[1][0])
            if value.params[0] in ("instance", "instances"):
                instance_maker(self)

    def default(self, parameter: SignatureParameter) -> ast.expr:
        """The default of a parameter: written down, or imported where it cannot be."""
        value = parameter.default
        if is_literal(value) or isinstance(value, enum.Enum):
            return ast.parse(literal(value, self.header), mode="eval").body
        module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
        if isinstance(module, str) and isinstance(name, str) and "<" not in name:
            return self.reference_to(module, name, value)
        return self.name(self.header.constant(f"{parameter.name}_default", value, None))

    def reference_to(self, module: str, name: str, value: Any) -> ast.expr:
        if module == "builtins":
            return self.builtin(name)
        first, *rest = name.split(".")
        top = self.header.imported(module, first, value if not rest else None)
        return self.name(".".join([top, *rest]))

    def primitive(self, value: Value, op: Primitive, args: list[ast.expr]) -> ast.expr:
        chosen = spelled(value)
        if op.formula is not None:
            return self.formula(value, op.formula, args)
        if op.symbol is not None and chosen is None:
            if not value.origin.derivative or value.type != FLOAT:
                return operation(op.symbol, args)
            if op is negative and _begins_floating(value.args[0]):
                return opposite(args[0])
            return with_one_sign(operation(op.symbol, args))
        dotted = self.dotted(value, op)
        if dotted is None:
            raise self.refusal(value, called(op))
        written = ast.Call(self.callable(dotted), args, [])
        if dotted in EXTREMES:
            written = of_several(written)
        return written if op.part is None else self.template(f"_0_{op.part}", [written])

    def formula(self, value: Value, forms: Mapping[str, str], args: list[ast.expr]) -> ast.expr:
        """The formula for a dtype with its slots filled, and functions of NumPy or numbers."""
        tree = ast.parse(forms.get(dtype_of(value.type), forms[""]), mode="eval").body
        library = "numpy" if isinstance(value.type, Array) else "math"
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                own = node.func.id == "abs" and library == "math"
                node.func = self.callable(f"{'builtins' if own else library}.{node.func.id}")
        found = _positive(fill(tree, args))
        assert isinstance(found, ast.expr)
        return found

    def dotted(self, value: Value, op: Primitive) -> str | None:
        """The function that computes ``value`` here, None where the target knows none."""
        chosen = spelled(value)
        if chosen is not None and self.target.has(chosen):
            return chosen
        if any(isinstance(arg.type, Array) for arg in value.args) and chosen is not None:
            return None
        return self.target.spelling(op.name, op.callables)

    def callable(self, dotted: str) -> ast.expr:
        module, _, name = dotted.rpartition(".")
        if module == "builtins":
            return self.builtin(name)
        library, _, rest = dotted.partition(".")
        if library in ("numpy", "cmath"):
            return self.name(f"{self.header.module(library)}.{rest}")
        while module not in sys.modules and "." in module:
            # A method of an object of a module: scipy.stats.norm.pdf.
            module, _, owner = module.rpartition(".")
            name = f"{owner}.{name}"
        first, *methods = name.split(".")
        return self.name(".".join([self.header.imported(module, first), *methods]))

    def manager(self, text: str) -> ast.expr:
        """A context manager that is kept, such as ``numpy.errstate(all="ignore")``."""
        call = ast.parse(text, mode="eval").body
        assert isinstance(call, ast.Call)
        return ast.Call(self.callable(ast.unparse(call.func)), [], call.keywords)

    def builtin(self, name: str) -> ast.expr:
        """A built-in function, imported where the user has a variable of that name."""
        shadowed = name in self.header.users
        return self.name(self.header.imported("builtins", name) if shadowed else name)

    def helper(self, name: str, text: str) -> ast.expr:
        """A function that is written into the module, once; ``text`` is a definition of it.

        What it needs of modules stands in braces, as ``{numba.njit}``.
        """
        return self.name(self.header.helper(name, text))

    def refusal(self, value: Value, found: str, remedy: str = "") -> UnsupportedError:
        """What the target cannot write, at the line of the user's that asks for it."""
        return self.target.refusal(value, found, remedy)

    def call(self, name: str, *args: ast.expr) -> ast.expr:
        """A call of a built-in function."""
        return ast.Call(self.builtin(name), list(args), [])

    def constant(self, value: Any) -> ast.expr:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return number(value, self)
        if isinstance(value, (tuple, list)):
            kind = ast.Tuple if isinstance(value, tuple) else ast.List
            return kind([self.constant(item) for item in value], ast.Load())
        return ast.Constant(value)

    def global_name(self, value: Value) -> str:
        module, name = value.params
        value = self.target.frozen(self.graph.globals[module, name])
        return self.header.constant(name, value, module)

    def reference(self, key: Any) -> ast.expr:
        value = self.target.frozen(self.graph.references[key])
        if isinstance(key, tuple) and len(key) == 2 and all(isinstance(part, str) for part in key):
            module, name = key
            if module and not name:
                return self.name(self.header.module(module))
            if module == "builtins":
                return self.builtin(name)
            if module and not is_literal(value):
                return self.reference_to(module, name, value)
            own = module == self.header.home and name.isidentifier()
            # A constant of a class bears its own name.
            local = name.rpartition(".")[2] or "table"
            return self.name(self.header.constant(local, value, module if own else None))
        return self.name(self.header.constant(str(key), value, None))

    def template(self, text: str, args: list[ast.expr]) -> ast.expr:
        """A verbatim expression with its slots filled."""
        tree = ast.parse(text.strip(), mode="eval").body
        found = fill(tree, args)
        assert isinstance(found, ast.expr)
        return found

    def written(self, text: str, *args: ast.expr) -> ast.expr:
        """Our own words with their slots filled; ``np`` in them is NumPy."""
        tree = ast.parse(text, mode="eval").body
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id == "np":
                node.id = self.header.module("numpy")
        found = fill(tree, list(args))
        assert isinstance(found, ast.expr)
        return found

    def statement_template(self, text: str, args: list[ast.expr]) -> list[ast.stmt]:
        """Verbatim statements with their slots filled."""
        return [
            statement
            for tree in ast.parse(text).body
            if isinstance(statement := fill(tree, args), ast.stmt)
        ]


def _placeholders(value: Value) -> list[ast.expr]:
    return [ast.Name("x", ast.Load()) for _ in value.args]


def _begins_floating(product: Value) -> bool:
    """Whether the sign can stand before the first factor: small integers would wrap around."""
    while product.op in (multiply, divide):
        product = product.args[0]
    return product.type == FLOAT


def called(op: Primitive) -> str:
    """What a user calls a primitive."""
    return f"`{next((name for name in reversed(op.callables)), op.name)}`"


def spelled(value: Value) -> str | None:
    """The dotted name of the function that a value is computed by, where that is settled.

    On arrays it is NumPy's, or that of another library whose functions take arrays.
    """
    chosen = next((p for p in value.params if isinstance(p, str) and "." in p), None)
    op = value.op
    if chosen is not None or not isinstance(op, Primitive) or op.symbol is not None:
        return chosen
    if not op.broadcasts or not any(isinstance(arg.type, Array) for arg in value.args):
        return None
    if op.callables and op.callables[0] == "builtins.abs":
        return None
    return next((name for name in op.callables if name.startswith(("numpy.", "scipy."))), None)


def _negated_twice(operand: ast.expr) -> ast.expr | None:
    """What ``operand`` is the negative of, if that is made here: a name may be another's."""
    if not isinstance(operand, ast.UnaryOp) or not isinstance(operand.op, ast.USub):
        return None
    return operand.operand if isinstance(operand.operand, ast.BinOp) else None


class _Signs(ast.NodeTransformer):
    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        inner = node.operand
        minus = isinstance(node.op, ast.USub) and isinstance(inner, ast.UnaryOp)
        if minus and isinstance(inner, ast.UnaryOp) and isinstance(inner.op, ast.USub):
            return inner.operand
        return node


def _positive(tree: ast.AST) -> ast.AST:
    """``tree`` without the negative of a negative."""
    found: ast.AST = _Signs().visit(tree)
    return found


class _Fill(ast.NodeTransformer):
    def __init__(self, args: list[ast.expr]) -> None:
        self.args = args

    def visit_Name(self, node: ast.Name) -> ast.expr:
        found = SLOT.fullmatch(node.id)
        return self.args[int(found.group(1))] if found else node


def fill(tree: ast.AST, args: list[ast.expr]) -> ast.AST:
    """``tree`` with ``_0_``, ``_1_`` ... replaced."""
    found: ast.AST = _Fill(args).visit(tree)
    return found


def operation(symbol: str, args: list[ast.expr]) -> ast.expr:
    """An operator applied to one or two operands."""
    if len(args) == 1:
        if symbol == "-" and (made := _negated_twice(args[0])) is not None:
            return made
        return negated(args[0]) if symbol == "not" else ast.UnaryOp(UNARY[symbol](), args[0])
    if symbol in COMPARISONS:
        return ast.Compare(args[0], [COMPARISONS[symbol]()], [args[1]])
    return ast.BinOp(args[0], OPERATORS[symbol](), args[1])


def subscript(
    base: ast.expr, path: list[ast.expr], context: ast.expr_context | None = None
) -> ast.Subscript:
    """``base[i][j]``."""
    found = base
    for position, item in enumerate(path):
        last = position == len(path) - 1
        found = ast.Subscript(found, item, context if last and context else ast.Load())
    assert isinstance(found, ast.Subscript)
    return found


def _range(speller: Speller, value: Value, args: list[ast.expr]) -> ast.expr:
    start, stop, _ = args
    if value.args[2].op is CONSTANT and value.args[2].params[0] == 1:
        zero = value.args[0].op is CONSTANT and value.args[0].params[0] == 0
        return speller.call("range", stop) if zero else speller.call("range", start, stop)
    return speller.call("range", *args)


def _component(speller: Speller, value: Value, args: list[ast.expr]) -> ast.expr:
    return subscript(args[0], [ast.Constant(value.params[0])])


def _index(speller: Speller, value: Value, args: list[ast.expr]) -> ast.expr:
    return subscript(args[0], path_of(value, args[1:]))


def _item(speller: Speller, value: Value, args: list[ast.expr]) -> ast.expr:
    kind = getattr(value.args[0].type, "kind", "tuple")
    keys = getattr(value.args[0].type, "keys", None)
    position = value.params[0]
    if keys and kind == "object":
        return ast.Attribute(args[0], keys[position], ast.Load())
    return subscript(args[0], [ast.Constant(keys[position] if keys else position)])


def _display(speller: Speller, value: Value, args: list[ast.expr]) -> ast.expr:
    if value.params and value.params[0] == "tuple":
        return ast.Tuple(args, ast.Load())
    return ast.List(args, ast.Load())


def _conditional(speller: Speller, value: Value, args: list[ast.expr]) -> ast.expr:
    if value.type == BOOL and value.args[0].type == BOOL:
        return choice_of_truths(*args)
    found = ast.IfExp(args[0], args[1], args[2])
    return with_other_case(found) if value.derivative else found


def _zeros_like(speller: Speller, value: Value, args: list[ast.expr]) -> ast.expr:
    like = value.args[0]
    if like.op is sequence.display and not like.args:
        return ast.List([], ast.Load())
    return _filled_like(speller, args[0], like.type, ast.Constant(0.0))


def _filled_like(speller: Speller, base: ast.expr, type: Any, entry: ast.expr) -> ast.expr:
    if isinstance(type, Sequence) and isinstance(type.item, Sequence):
        row = _row_name(type.item)
        inner = _filled_like(speller, ast.Name(row, ast.Load()), type.item, entry)
        return comprehension(inner, ast.Name(row, ast.Store()), base)
    if isinstance(type, Sequence) and unit_axes_of(type.item):
        where = speller.target.namespace
        make = speller.name(f"{where}.zeros_like") if where else None
        make = make or speller.callable("numpy.zeros_like")
        zeros = ast.Call(make, [ast.Name("row", ast.Load())], [])
        return comprehension(zeros, ast.Name("row", ast.Store()), base)
    return ast.BinOp(ast.List([entry], ast.Load()), ast.Mult(), speller.call("len", base))


def _row_name(type: Sequence) -> str:
    """What a list in a list is called: rows where it holds lists itself."""
    deeper = isinstance(type.item, Sequence) or unit_axes_of(type.item)
    return "rows" if deeper else "row"


def _copy(speller: Speller, value: Value, args: list[ast.expr]) -> ast.expr:
    depth = value.params[0] if value.params and isinstance(value.params[0], int) else 1
    if depth > 1:
        row = ast.Name("row", ast.Load())
        inner = ast.List([ast.Starred(row, ast.Load())], ast.Load())
        return comprehension(inner, ast.Name("row", ast.Store()), args[0])
    return args[0] if is_new_list(args[0]) else speller.call("list", args[0])


def _entrywise_add(speller: Speller, value: Value, args: list[ast.expr]) -> ast.expr:
    return _added(speller, args[0], args[1], value.type, "")


def _added(speller: Speller, left: ast.expr, right: ast.expr, type: Any, suffix: str) -> ast.expr:
    p, q = f"p{suffix}", f"q{suffix}"
    one, two = ast.Name(p, ast.Load()), ast.Name(q, ast.Load())
    nested = isinstance(type, Sequence) and isinstance(type.item, Sequence)
    element: ast.expr = ast.BinOp(one, ast.Add(), two)
    if nested and isinstance(type, Sequence):
        element = _added(speller, one, two, type.item, suffix + "_")
    target = ast.Tuple([ast.Name(p, ast.Store()), ast.Name(q, ast.Store())], ast.Store())
    return comprehension(element, target, speller.call("zip", left, right))


def _raised(speller: Speller, value: Value, args: list[ast.expr]) -> ast.expr:
    # The number stands inside the comprehension, and may have any name.
    taken = {node.id for node in ast.walk(args[1]) if isinstance(node, ast.Name)}
    name = "p"
    while name in taken:
        name += "_"
    element = ast.BinOp(ast.Name(name, ast.Load()), ast.Add(), args[1])
    return comprehension(element, ast.Name(name, ast.Store()), args[0])


def _slice(speller: Speller, value: Value, args: list[ast.expr]) -> ast.expr:
    return ast.Subscript(args[0], slice_node(args[1:]), ast.Load())


def _backwards(speller: Speller, value: Value, args: list[ast.expr]) -> ast.expr:
    step = ast.UnaryOp(ast.USub(), ast.Constant(1))
    return ast.Subscript(args[0], ast.Slice(None, None, step), ast.Load())


def _total(speller: Speller, value: Value, args: list[ast.expr]) -> ast.expr:
    dotted = next((param for param in value.params if isinstance(param, str)), None)
    op = value.op
    assert isinstance(op, Primitive)
    arg = uncopied(args[0])
    if isinstance(arg, ast.ListComp):
        arg = ast.GeneratorExp(arg.elt, arg.generators)
    return ast.Call(speller.callable(dotted or op.callables[0]), [arg], [])


def _comprehension(speller: Speller, value: Value, args: list[ast.expr]) -> ast.expr:
    read = {part.id for arg in args[1:] for part in ast.walk(arg) if isinstance(part, ast.Name)}
    if value.args[1:] == [*value.params]:
        return speller.call("list", args[0])
    return comprehension(args[1], _target(speller, value.params[0], read), args[0], args[2:])


def _target(speller: Speller, target: Any, read: set[str]) -> ast.expr:
    """What a comprehension binds: a name, or a tuple of such; `_` for what it does not read."""
    if isinstance(target, list):
        return ast.Tuple([_target(speller, item, read) for item in target], ast.Store())
    name = speller.name_of(target)
    return ast.Name(name if name in read else "_", ast.Store())


FORMS: dict[str, Callable[[Speller, Value, list[ast.expr]], ast.expr]] = {
    RANGE.name: _range,
    REVERSED.name: lambda speller, value, args: speller.call("reversed", *args),
    ENUMERATE.name: lambda speller, value, args: speller.call("enumerate", *args),
    ZIP.name: lambda speller, value, args: speller.call("zip", *args),
    CONDITIONAL.name: _conditional,
    COMPREHENSION.name: _comprehension,
    **ENDS,
    SHAPE.name: lambda speller, value, args: ast.Attribute(args[0], "shape", ast.Load()),
    RAISED.name: _raised,
    AND.name: boolean(ast.And),
    OR.name: boolean(ast.Or),
    ITEM.name: _item,
    **COMPLEX,
    "call_function": call_function,
    "call_functional": call_functional,
    sequence.index.name: _index,
    **dict.fromkeys(("curve_at", "curve_integral", "columns_at", "columns_integral"), read_curve),
    "component": _component,
    "rigid_component": _component,
    "square_component": _component,
    "counted_component": _component,
    section.name: lambda speller, value, args: ast.Subscript(
        args[0], section_key(value.params[0], args[1:]), ast.Load()
    ),
    sequence.display.name: _display,
    sequence.record.name: made_record,
    sequence.zeros_like.name: _zeros_like,
    sequence.fill_like.name: lambda speller, value, args: ast.BinOp(
        ast.List([args[1]], ast.Load()), ast.Mult(), speller.call("len", args[0])
    ),
    sequence.filled.name: lambda speller, value, args: ast.BinOp(
        ast.List([args[1]], ast.Load()), ast.Mult(), args[0]
    ),
    sequence.copy.name: _copy,
    sequence.as_tuple.name: tuple_of,
    sequence.entrywise_add.name: _entrywise_add,
    sequence.slice_of.name: _slice,
    sequence.backwards.name: _backwards,
    sequence.total.name: _total,
    sequence.exact_total.name: _total,
    **dict.fromkeys((sequence.position_of.name, found_at.name), place_found),
    sequence.concatenate.name: lambda speller, value, args: ast.BinOp(args[0], ast.Add(), args[1]),
}
