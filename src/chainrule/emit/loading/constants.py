"""What a loaded function reads besides its arguments stands among the constants of its code.

Reading a constant takes less than reading a global or a cell of the closure, and a call copies no
cells for it.  The syntax tree gets a mark in the place of the name, a string that no text of a
program has, which is exchanged for the value in the code that the compiler makes of the tree.
Where the value changes later, as that of a check does, the function gets code with the new one.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Collection, Iterable, Mapping
from typing import Any

MARK = "\0chainrule "
# Codes of one function that are kept, warm as they are, while values change to and fro.
MOST_KEPT = 8


class Slot:
    """A value that functions read as a constant, or from ``cell``, and that may change."""

    def __init__(self, value: Any) -> None:
        self.cell = types.CellType(value)
        self.readers: list[Readers] = []

    @property
    def cell_contents(self) -> Any:
        """The value of now."""
        return self.cell.cell_contents


def fill(values: Mapping[Slot, Any]) -> None:
    """Put new values into slots; whoever reads them reads the new ones from the next call on."""
    for slot, value in values.items():
        slot.cell.cell_contents = value
    for readers in dict.fromkeys(readers for slot in values for readers in slot.readers):
        readers.renew()


class Readers:
    """Functions that have values of slots among the constants of their code.

    Each is given with its code as it was compiled, in which the marks are.
    """

    def __init__(
        self, codes: Mapping[types.FunctionType, types.CodeType], slots: Mapping[str, Slot]
    ) -> None:
        self.codes = codes
        self.slots = slots
        self.made: dict[tuple[int, ...], list[types.CodeType]] = {}
        for slot in slots.values():
            slot.readers.append(self)
        self.renew()

    def renew(self) -> None:
        """Let the functions run code with what is in the slots now."""
        values = {name: slot.cell_contents for name, slot in self.slots.items()}
        # Told by identity: the values of code that is kept live as long as it.
        key = tuple(map(id, values.values()))
        if key not in self.made:
            if len(self.made) == MOST_KEPT:
                self.made.clear()
            self.made[key] = [exchanged(code, values) for code in self.codes.values()]
        for function, code in zip(self.codes, self.made[key], strict=True):
            function.__code__ = code


# What a function reads: a slot, or a cell of the user's own.
Cell = Slot | types.CellType


def fit_for_code(value: Any) -> bool:
    """Whether code can hold a value, and the very object.

    Code has a hash, which is made of those of its constants; of equal texts it keeps one.
    """
    if isinstance(value, (str, bytes, tuple, frozenset)):
        return False
    try:
        hash(value)
    except TypeError:
        return False
    return True


def fold_numbers(functions: Iterable[ast.FunctionDef], known: Mapping[str, float]) -> None:
    """Compute ``2.0 * pi`` once, as the compiler does ``2.0 * 3.0``."""
    if known:
        for function in functions:
            _Folding(known).visit(function)


class _Folding(ast.NodeTransformer):
    def __init__(self, known: Mapping[str, float]) -> None:
        self.known = known

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        # A sum of a thousand terms is a tree as deep.
        spine = [node]
        while isinstance(spine[-1].left, ast.BinOp):
            spine.append(spine[-1].left)
        folded: ast.expr = self.visit(spine[-1].left)
        for step in reversed(spine):
            step.left, step.right = folded, self.visit(step.right)
            folded = self._number(step) or step
        return folded

    def _number(self, node: ast.BinOp) -> ast.expr | None:
        value = _value_of(node, self.known)
        return None if value is None else ast.copy_location(ast.Constant(value), node)


def _value_of(node: ast.expr, known: Mapping[str, float]) -> float | None:
    """The number that an expression of numbers and names of numbers gives."""
    match node:
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.Name(id=name):
            return known.get(name)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            value = _value_of(operand, known)
            return None if value is None else -value
        case ast.BinOp(left=left, op=ast.Mult() | ast.Div() as op, right=right):
            first, second = _value_of(left, known), _value_of(right, known)
            if first is None or second is None or (isinstance(op, ast.Div) and not second):
                return None
            return first * second if isinstance(op, ast.Mult) else first / second
    return None


def mark(function: ast.FunctionDef, names: Collection[str]) -> None:
    """Put marks in the place of names in the body, unless they are something else somewhere.

    Neither are they put where the truth of a value is asked for: the compiler knows that of a mark.
    """
    if not names:
        return
    reads: list[tuple[ast.AST, str, int | None, ast.Name]] = []
    kept = {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}
    pending: list[tuple[ast.AST, bool]] = [(statement, False) for statement in function.body]
    while pending:
        node, asked = pending.pop()
        if not isinstance(node, ast.expr):
            kept.update(_bound_by(node))
        for field, value in ast.iter_fields(node):
            places = enumerate(value) if isinstance(value, list) else ((None, value),)
            for k, part in places:
                # Contexts and operators have no fields.
                if not isinstance(part, ast.AST) or not part._fields:
                    continue
                truth = _asks_for_truth(node, field, asked)
                if isinstance(part, ast.Name):
                    if truth or not isinstance(part.ctx, ast.Load):
                        kept.add(part.id)
                    elif part.id in names:
                        reads.append((node, field, k, part))
                else:
                    pending.append((part, truth))
    for node, field, k, read in reads:
        if read.id in kept:
            continue
        if k is None:
            setattr(node, field, _marked(read))
        else:
            getattr(node, field)[k] = _marked(read)


def _asks_for_truth(node: ast.AST, field: str, asked: bool) -> bool:
    """Whether the truth of what stands in a field is asked for, as ``asked`` is that of a node."""
    if field in ("test", "ifs", "guard") or isinstance(node, ast.BoolOp):
        return True
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.Not)
    return asked and isinstance(node, (ast.IfExp, ast.NamedExpr))


def marked(code: types.CodeType) -> set[str]:
    """The names whose marks are in some code."""
    found, pending = set(), list(code.co_consts)
    while pending:
        constant = pending.pop()
        if isinstance(constant, types.CodeType):
            pending.extend(constant.co_consts)
        elif isinstance(constant, tuple):
            pending.extend(constant)
        elif isinstance(constant, str) and constant.startswith(MARK):
            found.add(constant[len(MARK) :])
    return found


def exchanged(code: types.CodeType, values: Mapping[str, Any]) -> types.CodeType:
    """``code``, and all code inside it, with values in the place of marks."""

    def held(constant: Any) -> Any:
        if isinstance(constant, types.CodeType):
            return exchanged(constant, values)
        if isinstance(constant, str) and constant.startswith(MARK):
            return values[constant[len(MARK) :]]
        # The compiler makes one constant of a tuple of constants.
        return tuple(map(held, constant)) if isinstance(constant, tuple) else constant

    return code.replace(co_consts=tuple(map(held, code.co_consts)))


def _marked(read: ast.Name) -> ast.IfExp:
    """A mark that is no literal to the compiler, which warns of literals that are called."""
    choice = ast.IfExp(ast.Constant(True), ast.Constant(MARK + read.id), ast.Constant(None))
    for part in (choice, choice.test, choice.body, choice.orelse):
        ast.copy_location(part, read)
    return choice


def _bound_by(node: ast.AST) -> tuple[str, ...]:
    """Names that are something else in the function because of this node."""
    if isinstance(node, ast.arg):
        return (node.arg,)
    if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.ExceptHandler)):
        return (node.name,) if node.name else ()
    if isinstance(node, (ast.Global, ast.Nonlocal)):
        return tuple(node.names)
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return tuple(alias.asname or alias.name.partition(".")[0] for alias in node.names)
    return ()
