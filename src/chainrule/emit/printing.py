"""``ast`` to text, by astor, in the layout of ``ruff format``."""

from __future__ import annotations

import ast
import linecache
from typing import Any

import astor
from astor.code_gen import SourceGenerator, set_precedence
from astor.op_util import Precedence

from chainrule.emit.imports import string_text
from chainrule.errors import Position

COMMENT_WIDTH = 72


class Generator(SourceGenerator):  # type: ignore[misc]
    """astor's generator with the spaces of ``ruff format``."""

    def visit_BinOp(self, node: ast.BinOp) -> None:
        hug = isinstance(node.op, ast.Pow) and _simple(node.left) and _simple(node.right)
        if not hug:
            super().visit_BinOp(node)
            return
        with self.delimit(node, node.op):
            set_precedence(Precedence.Pow + 1, node.left)
            set_precedence(Precedence.PowRHS, node.right)
            self.write(node.left, "**", node.right)

    def visit_Slice(self, node: ast.Slice) -> None:
        bounds = [bound for bound in (node.lower, node.upper, node.step) if bound is not None]
        wide = any(not _plain_bound(bound) for bound in bounds)
        set_precedence(node, *bounds)
        if node.lower is not None:
            self.write(node.lower, " " if wide else "")
        self.write(":")
        if node.upper is not None:
            self.write(" " if wide else "", node.upper)
        if node.step is not None:
            self.write(" " if wide and node.upper is not None else "", ":", " " if wide else "", node.step)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self.write(_joined_text(node))

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self.write(string_text(node.value))
        else:
            super().visit_Constant(node)


def _simple(node: ast.expr) -> bool:
    """Whether ruff writes a power with this operand without spaces."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd, ast.Invert)):
        return _simple(node.operand)
    if isinstance(node, ast.Constant):
        return isinstance(node.value, (int, float, complex)) and not isinstance(node.value, bool)
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def _plain_bound(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.operand, (ast.Constant, ast.Name)) and not isinstance(node.op, ast.Not)
    return isinstance(node, (ast.Constant, ast.Name))


def _joined_text(node: ast.JoinedStr) -> str:
    text = ast.unparse(node)
    if text.startswith("f'") and '"' not in text and "\\" not in text:
        return f'f"{text[2:-1]}"' if "'" not in text[2:-1] else text
    return text


def text_of(tree: ast.AST) -> str:
    """The text of a tree, each statement on one line."""
    text: str = astor.to_source(
        tree,
        pretty_string=lambda string, *_: string_text(string),
        pretty_source="".join,
        source_generator_class=Generator,
    )
    return text


def body_lines(body: list[ast.stmt], answers: dict[ast.stmt, Position | None], file: str | None) -> list[str]:
    """The lines of a function's body, with comments before what answers a source line."""
    text = text_of(ast.fix_missing_locations(ast.Module(body, [])))
    lines = text.rstrip("\n").split("\n")
    parsed = ast.parse(text)
    comments: dict[int, str] = {}
    _Weaver(answers, file, comments).block(body, parsed.body)
    woven: list[str] = []
    for number, line in enumerate(lines, 1):
        if number in comments:
            margin = line[: len(line) - len(line.lstrip())]
            woven.append(f"{margin}# {comments[number]}")
        woven.append(line)
    return woven


class _Weaver:
    """Finds the lines before which a comment stands."""

    def __init__(self, answers: dict[ast.stmt, Position | None], file: str | None, comments: dict[int, str]) -> None:
        self.answers = answers
        self.file = file
        self.comments = comments
        self.current: tuple[str, int] | None = None

    def block(self, body: list[ast.stmt], parsed: list[ast.stmt]) -> None:
        for made, read in zip(body, parsed, strict=True):
            self.statement(made, read)

    def statement(self, made: ast.stmt, read: ast.stmt) -> None:
        position = self.answers.get(made)
        if position is None:
            if not isinstance(made, (ast.Break, ast.Continue)):
                self.current = None
        elif (position.file, position.line) != self.current:
            self.current = (position.file, position.line)
            comment = self.comment(position)
            if comment:
                self.comments[read.lineno] = comment
        for name in ("body", "orelse", "finalbody"):
            inner = getattr(made, name, None)
            if inner:
                before = self.current
                self.elif_or_block(name, made, inner, getattr(read, name))
                self.current = before if position is not None else None
        for ours, theirs in zip(getattr(made, "handlers", ()), getattr(read, "handlers", ()), strict=True):
            self.block(ours.body, theirs.body)

    def elif_or_block(self, name: str, made: Any, inner: list[ast.stmt], parsed: list[ast.stmt]) -> None:
        if name == "orelse" and isinstance(made, ast.If) and len(inner) == 1 and isinstance(inner[0], ast.If):
            # No comment fits before an elif.
            self.answers[inner[0]] = None
        self.block(inner, parsed)

    def comment(self, position: Position) -> str:
        line = linecache.getline(position.file, position.line).strip()
        if not line:
            return ""
        where = f"line {position.line}"
        if self.file is not None and position.file != self.file:
            where = f"{position.file.replace(chr(92), '/').rpartition('/')[2]}:{position.line}"
        text = f"{where}: {' '.join(line.split())}"
        return text if len(text) <= COMMENT_WIDTH else text[: COMMENT_WIDTH - 1].rstrip() + "…"
