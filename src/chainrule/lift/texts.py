"""Texts with values in them: f-strings."""

from __future__ import annotations

import ast

from chainrule.graph.node import Node
from chainrule.lift.operators import Operators
from chainrule.lift.values import Static, Value


def _is_name(part: ast.expr) -> bool:
    """Whether this is a name, or an attribute of one."""
    while isinstance(part, ast.Attribute):
        part = part.value
    return isinstance(part, ast.Name)


class Texts(Operators):
    """Lifts f-strings."""

    def joined_string(self, node: ast.JoinedStr) -> Value:
        known = self._known_string(node)
        if known is not None:
            return Static(known)
        arguments: list[Node] = []
        copy = self._string_template(node, arguments)
        return self.verbatim(ast.unparse(copy), *arguments, carries=False)

    def _known_string(self, node: ast.JoinedStr) -> str | None:
        """The text, where all that is put into it is known."""
        text = ""
        for part in node.values:
            if isinstance(part, ast.Constant):
                text += str(part.value)
                continue
            if not isinstance(part, ast.FormattedValue) or part.format_spec is not None:
                return None
            if part.conversion != -1 or not _is_name(part.value):
                return None
            state, mark = dict(self.state), len(self.block.steps)
            known, found = self.static_value(self.expression(part.value))
            if not known or type(found) not in (str, int):
                self.give_up(state, mark)
                return None
            text += str(found)
        return text

    def _shown_part(self, part: ast.FormattedValue) -> Node:
        """What is put into a text: of an object that the function makes, what its class shows."""
        with self.at(part.value):
            value = self.read(self.expression(part.value))
            plain = part.conversion in (-1, ord("s")) and part.format_spec is None
            text = self.text_of(value, "__str__", part.value) if plain else None
            return self.node(value if text is None else text)

    def _string_template(self, node: ast.JoinedStr, arguments: list[Node]) -> ast.JoinedStr:
        parts: list[ast.expr] = []
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                arguments.append(self._shown_part(part))
                spec = part.format_spec
                if isinstance(spec, ast.JoinedStr):
                    spec = self._string_template(spec, arguments)
                name = ast.Name(f"_{len(arguments) - 1}_", ast.Load())
                parts.append(ast.FormattedValue(name, part.conversion, spec))
            else:
                parts.append(part)
        return ast.JoinedStr(parts)

    # Given by the other parts of the lifter.

    def expression(self, node: ast.expr) -> Value:
        raise NotImplementedError

    def text_of(self, value: Value, name: str, node: ast.AST) -> Value | None:
        """The text of an object that the function makes; None of anything else."""
        raise NotImplementedError
