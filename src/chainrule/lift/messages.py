"""Text of the user's that stays as it was written: what is raised, asserted or printed.

Values that exist at run time only are placeholders in it, ``_0_``, ``_1_``: in the emitted code
they may have other names.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from chainrule.graph.node import Node
from chainrule.lift.values import Closure, DictBox, Method, Static, Value

if TYPE_CHECKING:
    from chainrule.lift.statements import Statements

# They read the items of what they are given, one after the other.
BY_ITEMS = ("sorted", "list", "tuple", "len", "sum", "min", "max", "any", "all", "enumerate")


def opaque_text(lifter: Statements, node: ast.expr, arguments: list[Node]) -> str:
    """The user's own text; what the placeholders stand for is added to ``arguments``.

    Sub-expressions are lifted as far as names go; the rest stays as it was written.
    """
    tree = ast.parse(ast.unparse(node), mode="eval").body
    for new, old in zip(ast.walk(tree), ast.walk(node), strict=False):
        if hasattr(old, "lineno"):
            ast.copy_location(new, old)
    return ast.unparse(_Placeholders(lifter, arguments).visit(tree))


class _Placeholders(ast.NodeTransformer):
    def __init__(self, lifter: Statements, arguments: list[Node]) -> None:
        self.lifter = lifter
        self.arguments = arguments

    def place(self, value: Node) -> ast.expr:
        if value not in self.arguments:
            self.arguments.append(value)
        return ast.Name(f"_{self.arguments.index(value)}_", ast.Load())

    def lifted(self, node: ast.expr) -> ast.expr:
        return self.place(self.lifter.scalar(node))

    visit_Attribute = visit_Subscript = lifted
    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = lifted

    def visit_Name(self, name: ast.Name) -> ast.expr:
        return self.place(self.lifter.node(self.lifter.lookup(name.id, name)))

    def visit_Call(self, call: ast.Call) -> ast.expr:
        function = call.func
        if self._goes_through_items(call):
            return self.lifted(call)
        if isinstance(function, ast.Attribute) and not _calls(function.value):
            method = self.lifter.expression(function)
            if isinstance(method, Method):
                if not _is_text(method.owner):
                    return self.lifted(call)
                call.func = ast.Attribute(self.visit(function.value), function.attr)
                call.args = [self.visit(arg) for arg in call.args]
                call.keywords = [self.visit(keyword) for keyword in call.keywords]
                return call
        self.generic_visit(call)
        return call

    def _goes_through_items(self, call: ast.Call) -> bool:
        """Whether the items of an argument are told one by one before the text is made."""
        match call.func:
            case ast.Attribute(attr="join"):
                pass
            case ast.Name(id=name) if name in BY_ITEMS:
                pass
            case _:
                return False
        return any(isinstance(arg, ast.GeneratorExp) or self._holds_code(arg) for arg in call.args)

    def _holds_code(self, node: ast.expr) -> bool:
        """Whether a name, here or within a call, is one of a dict of functions made by f."""
        while isinstance(node, ast.Call) and node.args:
            node = node.args[0]
        if not isinstance(node, ast.Name):
            return False
        held = self.lifter.lookup(node.id, node)
        return isinstance(held, DictBox) and any(
            isinstance(entry, (Closure, Method)) for entry in self.lifter.entries(held).values()
        )

    def visit_BinOp(self, operation: ast.BinOp) -> ast.expr:
        if any(
            isinstance(part, (ast.JoinedStr, ast.Constant))
            and not isinstance(getattr(part, "value", None), (int, float))
            for part in ast.walk(operation)
        ):
            self.generic_visit(operation)
            return operation
        return self.lifted(operation)

    def visit_Lambda(self, function: ast.Lambda) -> ast.expr:
        raise self.lifter.unsupported(
            "a lambda inside an opaque expression", "Define it before.", function
        )


def _calls(part: ast.expr) -> bool:
    """Whether something is called that may do what must not be done twice."""
    return any(
        isinstance(inner, ast.Call)
        and not (isinstance(inner.func, ast.Name) and inner.func.id == "locals")
        for inner in ast.walk(part)
    )


def _is_text(owner: Value) -> bool:
    return isinstance(owner, Static) and isinstance(owner.value, str)
