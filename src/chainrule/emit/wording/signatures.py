"""The first lines of emitted functions: parameters, and annotations where f has some.

An annotation tells what the text was made for: of an array its dtype, of a container what it holds.
What cannot be told truly, as of an object whose class the text does not know, is left out.
"""

from __future__ import annotations

import ast
import builtins
import inspect
from collections.abc import Hashable, Sequence
from typing import Any

from chainrule.emit.imports import Header
from chainrule.emit.printing import WIDTH, expression_text
from chainrule.emit.wording.expressions import Speller
from chainrule.graph.block import NO_DEFAULT, Graph, SignatureParameter
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, DYNAMIC, FLOAT, INT, Array, Record, Type
from chainrule.graph.types import Sequence as SequenceType
from chainrule.primitives.sequence import record

NUMBERS: dict[Type, str] = {FLOAT: "float", INT: "int", BOOL: "bool"}
ANYTHING = ("Any", "typing.Any", "object")
# Longer rows of one kind are told by their kind; so are longer rows of rows.
LONGEST_ROW, LONGEST_ROW_OF_ROWS = 3, 2


def is_annotated(graph: Graph) -> bool:
    """Whether the user annotated each parameter."""
    return bool(graph.signature) and all(each.annotation for each in graph.signature)


def signature(name: str, graph: Graph, speller: Speller, annotated: bool) -> str:
    """The line, or the lines, with which a function begins."""
    told = Told(graph, speller.header, speller.target.namespace is None)
    parts: list[str] = []
    parameters = graph.signature
    kinds = [parameter.kind for parameter in parameters]
    for position, parameter in enumerate(parameters):
        keyword_only = parameter.kind == "KEYWORD_ONLY"
        if (
            keyword_only
            and "VAR_POSITIONAL" not in kinds
            and (position == 0 or kinds[position - 1] != "KEYWORD_ONLY")
        ):
            parts.append("*")
        parts.append(_parameter(parameter, told, speller, annotated))
        after = kinds[position + 1] if position + 1 < len(kinds) else None
        if parameter.kind == "POSITIONAL_ONLY" and after != "POSITIONAL_ONLY":
            parts.append("/")
    # Beside a parameter of any kind the result may be of any, too.
    complete = annotated and all(told.of_parameter(each, annotated) for each in parameters)
    returned = told.of_result() if complete else None
    return _laid_out(name, parts, f" -> {returned}" if returned is not None else "")


def _laid_out(name: str, parts: Sequence[str], returned: str) -> str:
    """The head of a function as ``ruff format`` has it."""
    if len(f"){returned}:") > WIDTH:
        returned = ""
    line = f"def {name}({', '.join(parts)}){returned}:"
    if len(line) <= WIDTH:
        return line
    inner = ", ".join(parts)
    if len(inner) + 4 <= WIDTH:
        return f"def {name}(\n    {inner}\n){returned}:"
    return f"def {name}(\n" + "".join(f"    {part},\n" for part in parts) + f"){returned}:"


def _parameter(parameter: SignatureParameter, told: Told, speller: Speller, annotated: bool) -> str:
    star = {"VAR_POSITIONAL": "*", "VAR_KEYWORD": "**"}.get(parameter.kind, "")
    text = star + parameter.name
    annotation = told.of_parameter(parameter, annotated)
    if annotation is not None:
        text += f": {annotation}"
    if parameter.default is NO_DEFAULT:
        return text
    default = expression_text(speller.default(parameter))
    return f"{text} = {default}" if annotation is not None else f"{text}={default}"


class Told:
    """Annotations of one function."""

    def __init__(self, graph: Graph, header: Header, numpys: bool) -> None:
        self.graph = graph
        self.header = header
        # Whether its arrays are NumPy's.
        self.numpys = numpys

    def of_parameter(self, parameter: SignatureParameter, annotated: bool) -> str | None:
        """What to write behind a parameter; None for nothing."""
        found = self._of_parameter(parameter, annotated)
        # `x: float = None` is not true.
        return None if parameter.default is None and "None" not in str(found) else found

    def _of_parameter(self, parameter: SignatureParameter, annotated: bool) -> str | None:
        text, node = parameter.annotation, parameter.node
        if node is not None and isinstance(node.type, Array):
            return self._array(node.type) if annotated else None
        if text is not None and text not in ANYTHING and _is_builtin(text) and _may_be(text, node):
            return text
        if not annotated or text in ANYTHING:
            return None
        if text is not None and text.isidentifier() and self._is_class(text):
            return text
        variadic = parameter.kind in ("VAR_POSITIONAL", "VAR_KEYWORD")
        return None if node is None or variadic else self.of_type(node.type)

    def of_result(self) -> str | None:
        """What the function returns."""
        if not self.graph.body.completes or not self.graph.body.results:
            return None
        return self.of_value(self.graph.body.results[0])

    def of_value(self, node: Node) -> str | None:
        """What a value is, with the keys and classes that types do not tell."""
        if node.op is not record:
            return self.of_type(node.type)
        kind, keys = str(node.params[0]), node.params[1]
        if kind in ("object", "instance") and isinstance(keys, tuple):
            return self._of_object(self.graph.references.get(keys[0]), keys[1:], node.args)
        parts = [self.of_value(arg) for arg in node.args]
        if kind == "dict" and isinstance(keys, tuple) and all(isinstance(k, str) for k in keys):
            return _held("dict[str, {}]", parts)
        return _row(kind, parts)

    def _of_object(
        self, made: Any, fields: Sequence[Hashable], parts: Sequence[Node]
    ) -> str | None:
        """The class of an object, unless something else stands where its fields are numbers."""
        declared = inspect.get_annotations(made) if isinstance(made, type) else {}
        for field, part in zip(fields, parts, strict=False):
            meant = declared.get(str(field))
            text = meant if isinstance(meant, str) else getattr(meant, "__name__", None)
            plain = isinstance(part.type, Array) or part.type in NUMBERS
            if not plain and (text is None or text != self.of_value(part)):
                return None
        return self._local(made)

    def of_type(self, type: Type) -> str | None:
        """What a value of this type is; None where that cannot be told."""
        if isinstance(type, Array):
            return self._array(type)
        if isinstance(type, SequenceType):
            item = self.of_type(type.item)
            form = "list[{}]" if type.kind == "list" else "tuple[{}, ...]"
            return form.format(item) if item is not None else None
        if isinstance(type, Record):
            return _row(type.kind, [self.of_type(item) for item in type.items])
        return NUMBERS.get(type)

    def _array(self, type: Array) -> str | None:
        if not self.numpys or not type.unit_axes:
            return None
        dtype = "bool_" if type.dtype == "bool" else type.dtype
        numpy = self.header.module("numpy")
        return f"{self.header.imported('numpy.typing', 'NDArray')}[{numpy}.{dtype}]"

    def _is_class(self, name: str) -> bool:
        """Whether the text imports a class under this name."""
        return isinstance(self.header.bindings.get(name), type)

    def _local(self, found: object) -> str | None:
        """The name under which the text imports a class."""
        for name, value in self.header.bindings.items():
            if value is found and isinstance(value, type):
                return name
        return None


def _row(kind: str, parts: Sequence[str | None]) -> str | None:
    """A tuple or a list of so many values."""
    if kind == "list":
        return _held("list[{}]", parts)
    if kind != "tuple" or not parts or None in parts:
        return None
    most = LONGEST_ROW_OF_ROWS if "[" in str(parts[0]) else LONGEST_ROW
    if len(parts) > most and len(set(parts)) == 1:
        return f"tuple[{parts[0]}, ...]"
    return f"tuple[{', '.join(str(part) for part in parts)}]"


def _held(form: str, parts: Sequence[str | None]) -> str | None:
    """A container of values of one kind."""
    kinds = set(parts)
    if len(kinds) != 1 or None in kinds:
        return None
    return form.format(parts[0])


def _may_be(text: str, node: Node | None) -> bool:
    """Whether a parameter is what the user wrote: one for a number may have been given a list."""
    numbers = (*NUMBERS, DYNAMIC)
    return node is None or text not in NUMBERS.values() or node.type in numbers


def _is_builtin(text: str) -> bool:
    """Whether an annotation needs nothing but builtins."""
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError:
        return False
    names = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
    plain = (ast.Expression, ast.Name, ast.Load, ast.Subscript, ast.Tuple, ast.Constant)
    known = (*plain, ast.BinOp, ast.BitOr)
    return all(isinstance(node, known) for node in ast.walk(tree)) and all(
        isinstance(getattr(builtins, name, None), type) for name in names
    )
