"""``ast`` to text, by astor, in the layout of ``ruff format``."""

from __future__ import annotations

import ast
import linecache
import math
from collections.abc import Iterator, Mapping

import astor
from astor.code_gen import SourceGenerator, set_precedence
from astor.op_util import Precedence

from chainrule.errors import Position
from chainrule.graph.node import Origin
from chainrule.records import dataclass

WIDTH = 88
COMMENT_WIDTH = 72


def string_text(value: str) -> str:
    """A string on one line, in double quotes unless that needs more escapes."""
    single = repr(value)
    if single.startswith('"'):
        return single
    body = single[1:-1].replace("\\'", "'")
    double = '"' + body.replace('"', '\\"') + '"'
    try:
        same = ast.literal_eval(double) == value
    except (SyntaxError, ValueError):
        same = False
    return double if same and value.count('"') == 0 else single


class Generator(SourceGenerator):  # type: ignore[misc]
    """astor's generator with the spaces of ``ruff format``."""

    def visit_BinOp(self, node: ast.BinOp) -> None:
        opposite = OPPOSITE.get(type(node.op))
        raised = _without_minus(node.right) if opposite is not None else None
        if opposite is not None and raised is not None:
            # x + -2.0 * pi, as it comes of a table, is x - 2.0 * pi.
            node.op, node.right = opposite(), raised
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
            self.write(
                " " if wide and node.upper is not None else "", ":", " " if wide else "", node.step
            )

    def visit_ListComp(self, node: ast.ListComp) -> None:
        with self.delimit("[]"):
            set_precedence(Precedence.Comma, node.elt)
            self.write(node.elt, *node.generators)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        """``-(x**2)``, as ruff writes it; anything else is astor's."""
        operand = node.operand
        power = isinstance(operand, ast.BinOp) and isinstance(operand.op, ast.Pow)
        if not (isinstance(node.op, ast.USub) and power):
            super().visit_UnaryOp(node)
            return
        with self.delimit(node, node.op):
            set_precedence(Precedence.Comma, operand)
            self.write("-(", operand, ")")

    def visit_Tuple(self, node: ast.Tuple) -> None:
        """``return (x,)``, as ruff writes it; longer ones are astor's."""
        if len(node.elts) != 1:
            super().visit_Tuple(node)
            return
        set_precedence(Precedence.Comma, *node.elts)
        self.write("(", node.elts[0], ",)")

    def visit_Dict(self, node: ast.Dict) -> None:
        """``{0: x}``, without astor's parentheses around a number."""
        with self.delimit("{}"):
            for position, (key, value) in enumerate(zip(node.keys, node.values, strict=True)):
                set_precedence(Precedence.Comma, value, *([] if key is None else [key]))
                start = ("**",) if key is None else (key, ": ")
                self.write(", " if position else "", *start, value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self.write(_joined_text(node))

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self.write(string_text(node.value))
        else:
            super().visit_Constant(node)


OPPOSITE: dict[type[ast.operator], type[ast.operator]] = {ast.Add: ast.Sub, ast.Sub: ast.Add}


def _negative_number(node: ast.expr) -> ast.Constant | None:
    """What a minus sign stands before, if that is a number."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = node.operand
        if isinstance(inner, ast.Constant) and type(inner.value) in (int, float):
            return inner
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return ast.Constant(-node.value) if node.value < 0 else None  # type: ignore[operator]
    return None


def _without_minus(node: ast.expr) -> ast.expr | None:
    """What a minus sign stands before: a number, or a product or ratio that begins with a float."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, (ast.Mult, ast.Div)):
        return _negative_number(node)
    left = _without_minus(node.left)
    if left is None or (isinstance(left, ast.Constant) and type(left.value) is not float):
        return None
    return ast.BinOp(left, node.op, node.right)


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
        return isinstance(node.operand, (ast.Constant, ast.Name)) and not isinstance(
            node.op, ast.Not
        )
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


@dataclass(frozen=True)
class Answer:
    """Where a statement comes from.

    ``derivative`` statements answer the line at ``position``; ``plain`` ones only copy a value
    or set a constant, and never ask for a comment of their own.
    """

    position: Position | None = None
    derivative: bool = False
    plain: bool = False

    @staticmethod
    def of(origin: Origin) -> Answer:
        return Answer(origin.position, origin.derivative)

    @property
    def line(self) -> tuple[str, int] | None:
        return None if self.position is None else (self.position.file, self.position.line)


def body_lines(
    body: list[ast.stmt],
    answers: Mapping[ast.stmt, Answer],
    file: str | None,
    comments: bool = True,
) -> list[str]:
    """The lines of a function's body, with comments before what answers a source line."""
    text = wrapped(text_of(ast.Module(body, [])), WIDTH - 4)
    lines = text.rstrip("\n").split("\n")
    weaver = _Weaver(answers, file, lines)
    if comments:
        weaver.block(body, ast.parse(text).body, frozenset())
    woven: list[str] = []
    for number, line in enumerate(lines, 1):
        if number in weaver.comments:
            margin = line[: len(line) - len(line.lstrip())]
            woven.append(f"{margin}# {weaver.comments[number]}")
        woven.append(line)
    return woven


def wrapped(text: str, width: int) -> str:
    """``text`` with displays that are wider than ``width`` written over several lines."""
    lines = text.split("\n")
    if all(len(line) <= width for line in lines):
        return text
    trees = {
        node.lineno: node.exc if isinstance(node, ast.Raise) else node.value
        for node in _statements(ast.parse(text).body)
        if isinstance(node, (ast.Return, ast.Assign, ast.Expr))
        or (isinstance(node, ast.Raise) and node.cause is None)
    }
    found: list[str] = []
    for number, line in enumerate(lines, 1):
        value = trees.get(number)
        if len(line) <= width or not isinstance(value, DISPLAYS):
            found.append(line)
            continue
        margin = line[: len(line) - len(line.lstrip())]
        data = line.encode()
        head = data[: value.col_offset].decode()
        found.extend(_exploded(value, head, margin, "", width))
    return "\n".join(found)


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a body, at any depth."""
    stack = body[::-1]
    while stack:
        statement = stack.pop()
        yield statement
        for part in ("body", "orelse", "finalbody", "handlers"):
            for inner in getattr(statement, part, ()):
                stack += inner.body if isinstance(inner, ast.ExceptHandler) else [inner]


DISPLAYS = (ast.Tuple, ast.List, ast.Dict, ast.ListComp, ast.Call)


def _exploded(value: ast.expr, head: str, margin: str, tail: str, width: int) -> list[str]:
    """The lines of ``head value tail``: on one line if it fits, else an entry a line."""
    inner = margin + "    "
    if isinstance(value, (ast.ListComp, ast.Call)):
        return _exploded_comprehension(value, head, margin, tail, width)
    parts: list[tuple[str, ast.expr]] = []
    if isinstance(value, ast.Dict):
        opening, closing = "{", "}"
        for key, item in zip(value.keys, value.values, strict=True):
            parts.append((f"{expression_text(key)}: " if key is not None else "**", item))
    else:
        opening, closing = ("(", ")") if isinstance(value, ast.Tuple) else ("[", "]")
        parts = [("", item) for item in getattr(value, "elts")]  # noqa: B009
    lines = [f"{head}{opening}"]
    for prefix, item in parts:
        line = f"{inner}{prefix}{expression_text(item)},"
        if len(line) > width and isinstance(item, DISPLAYS):
            lines.extend(_exploded(item, inner + prefix, inner, ",", width))
        else:
            lines.append(line)
    lines.append(f"{margin}{closing}{tail}")
    return lines


def _exploded_comprehension(
    value: ast.ListComp | ast.Call, head: str, margin: str, tail: str, width: int
) -> list[str]:
    """A list comprehension, or a call of a generator expression, over several lines."""
    inner = margin + "    "
    found: ast.expr = value
    opening, closing = "[", "]"
    if isinstance(value, ast.Call):
        found = value.args[0] if len(value.args) == 1 else value
        opening, closing = f"{expression_text(value.func)}(", ")"
    if not isinstance(found, (ast.ListComp, ast.GeneratorExp)):
        assert isinstance(value, ast.Call)
        return _exploded_call(value, f"{head}{opening}", margin, f"{closing}{tail}", width)
    element = expression_text(found.elt)
    clauses = [text_of(clause).strip() for clause in found.generators]
    whole = " ".join([element, *clauses])
    lines = [whole] if len(inner + whole) <= width else [element, *clauses]
    return [f"{head}{opening}", *(inner + line for line in lines), f"{margin}{closing}{tail}"]


def _exploded_call(
    value: ast.Call, opening: str, margin: str, closing: str, width: int
) -> list[str]:
    """A call with its arguments on a line of their own, or with one a line."""
    inner = margin + "    "
    parts: list[tuple[str, ast.expr]] = [("", argument) for argument in value.args]
    parts += [(f"{word.arg}=" if word.arg else "**", word.value) for word in value.keywords]
    whole = inner + ", ".join(prefix + expression_text(part) for prefix, part in parts)
    if len(whole) <= width or not parts:
        return [opening, whole, f"{margin}{closing}"]
    lines = [opening]
    for prefix, part in parts:
        line = f"{inner}{prefix}{expression_text(part)},"
        wide = len(line) > width and isinstance(part, DISPLAYS)
        lines.extend(_exploded(part, inner + prefix, inner, ",", width) if wide else [line])
    return [*lines, f"{margin}{closing}"]


def expression_text(value: ast.expr) -> str:
    """An expression as it stands between brackets or commas."""
    text = text_of(ast.Expr(value)).strip()
    return f"({text})" if isinstance(value, ast.Tuple) and len(value.elts) > 1 else text


Line = tuple[str, int]
SIMPLE = (ast.Assign, ast.AugAssign, ast.Expr)


class _Weaver:
    """Finds the lines before which a comment stands.

    A group of derivative statements that answer one line of the user's is led by one comment;
    none is needed where that line itself stands right there, as the head of the loop around.
    Values that are computed for a group stand within it and do not divide it, unless they are
    statements of the user's own.
    """

    def __init__(
        self, answers: Mapping[ast.stmt, Answer], file: str | None, lines: list[str]
    ) -> None:
        self.answers = answers
        self.file = file
        self.lines = lines
        self.comments: dict[int, str] = {}
        self.latest: Line | None = None
        """What the derivative statement before answers, here or before the block began."""

    def block(
        self,
        body: list[ast.stmt],
        parsed: list[ast.stmt],
        heads: frozenset[Line],
        current: Line | None = None,
    ) -> None:
        start: int | None = None
        next_own = self._next_own(body)
        for k, (made, read) in enumerate(zip(body, parsed, strict=True)):
            answer = self.answers.get(made, Answer())
            inner = heads
            if isinstance(made, (ast.For, ast.While, ast.Try)) and answer.line is not None:
                inner = heads | {answer.line}
            if not answer.derivative:
                start = None
                if _only_raises(made):
                    self._comment(read.lineno, answer.position, read.col_offset, " raises")
                if self._divides(made, read, answer):
                    current = self.latest = None
            elif answer.plain or answer.line is None:
                start = start or read.lineno
            elif answer.line in heads or answer.line == next_own[k]:
                start = None
            else:
                if answer.line not in (current, self.latest):
                    self._comment(start or read.lineno, answer.position, read.col_offset)
                current, start = answer.line, None
            if answer.derivative and not answer.plain and answer.line is not None:
                self.latest = answer.line
            self._inside(made, read, inner, current if answer.derivative else None)
            if not isinstance(made, SIMPLE):
                self.latest = self._raised_for(made)

    def _raised_for(self, made: ast.stmt) -> Line | None:
        """The line that the comment in a branch which does nothing but raise has just shown."""
        if isinstance(made, ast.If) and not made.orelse and _only_raises(made.body[-1]):
            return self.answers.get(made.body[-1], Answer()).line
        return None

    def _divides(self, made: ast.stmt, read: ast.stmt, answer: Answer) -> bool:
        """Whether a statement that is no derivative ends the group before it."""
        if isinstance(made, (ast.Break, ast.Continue)):
            return False
        if not isinstance(made, SIMPLE) or answer.position is None:
            return True
        own = linecache.getline(answer.position.file, answer.position.line).strip()
        return own == self.lines[read.lineno - 1].strip()

    def _next_own(self, body: list[ast.stmt]) -> list[Line | None]:
        """For each statement the line of the next of f's own, where that is a compound one."""
        found: list[Line | None] = []
        line: Line | None = None
        for made in reversed(body):
            found.append(line)
            answer = self.answers.get(made, Answer())
            if not answer.derivative:
                compound = isinstance(made, (ast.For, ast.While, ast.Try, ast.If))
                line = answer.line if compound else None
        return found[::-1]

    def _inside(
        self, made: ast.stmt, read: ast.stmt, heads: frozenset[Line], current: Line | None
    ) -> None:
        before = self.latest
        for name in ("body", "orelse", "finalbody"):
            ours = getattr(made, name, None)
            if ours:
                self.latest = before
                if (
                    name == "orelse"
                    and isinstance(made, ast.If)
                    and len(ours) == 1
                    and isinstance(ours[0], ast.If)
                ):
                    # No comment fits before an elif.
                    self._inside(ours[0], getattr(read, name)[0], heads, current)
                else:
                    self.block(ours, getattr(read, name), heads, current)
        for our, their in zip(
            getattr(made, "handlers", ()), getattr(read, "handlers", ()), strict=True
        ):
            self.block(our.body, their.body, heads, current)

    def _comment(self, number: int, position: Position | None, indent: int, does: str = "") -> None:
        if position is None:
            return
        line = linecache.getline(position.file, position.line).strip()
        here = self.lines[number - 1].strip()
        if not line or line.removeprefix("el") == here:
            # What is written there is the user's own line.
            return
        where = f"line {position.line}"
        if self.file is not None and position.file != self.file:
            where = f"{position.file.replace(chr(92), '/').rpartition('/')[2]}:{position.line}"
        text = f"{where}{does}: {' '.join(line.split())}"
        room = min(COMMENT_WIDTH, WIDTH - indent - 6)
        if len(text) > room:
            text = text[: room - 1].rstrip() + "…"
        self.comments.setdefault(number, text)


def _only_raises(made: ast.stmt) -> bool:
    """Whether a statement calls a function of a number for nothing but what it raises."""
    call = made.value if isinstance(made, ast.Expr) else None
    if not isinstance(call, ast.Call) or len(call.args) != 1 or call.keywords:
        return False
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return callable(getattr(math, name, None))


def negated(test: ast.expr) -> ast.expr:
    """``not test``, without a double negation."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        swapped = {
            ast.Eq: ast.NotEq,
            ast.NotEq: ast.Eq,
            ast.Is: ast.IsNot,
            ast.IsNot: ast.Is,
            ast.In: ast.NotIn,
        }
        other = swapped.get(type(test.ops[0]))
        if other is not None:
            return ast.Compare(test.left, [other()], test.comparators)
    return ast.UnaryOp(ast.Not(), test)
