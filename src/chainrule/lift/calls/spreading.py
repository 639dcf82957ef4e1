"""Arguments of a call: stars are spread as far as the function takes them, names are bound."""

from __future__ import annotations

import ast
import math
from typing import Any

from chainrule.errors import UnsupportedError
from chainrule.lift.calls.callees import places_of_star, takes_rest
from chainrule.lift.calls.changing import Changing
from chainrule.lift.calls.misfits import complaint
from chainrule.lift.source import FunctionSyntax, Source
from chainrule.lift.values import (
    Columns,
    DictBox,
    Generator,
    ListBox,
    Rest,
    Static,
    TupleValue,
    Value,
)
from chainrule.primitives.declare import TABLE

# What takes one list as it takes its entries.
OF_ENTRIES: dict[Any, str] = {max: "max", min: "min"}


def _alone(node: ast.Call) -> bool:
    """Whether what is spread is all that ``print`` is given, with spaces between."""
    return len(node.args) == 1 and all(
        word.arg is not None and word.arg != "sep" for word in node.keywords
    )


class Spreading(Changing):
    """Spreads and binds the arguments of calls."""

    def arguments_of(self, function: Value, node: ast.Call) -> list[Value]:
        """Values of positional arguments, stars spread as far as the function takes them."""
        found: list[Value] = []
        for position, arg in enumerate(node.args):
            if not isinstance(arg, ast.Starred):
                found.append(self.expression(arg))
                continue
            value = self.expression(arg.value)
            items = self.known_iteration(value)
            if items is not None:
                found.extend(items)
                continue
            called = self.read(function)
            if isinstance(called, Static) and called.value is math.hypot and len(node.args) == 1:
                return [self.as_list(value, arg)]
            if isinstance(called, Static) and called.value is print and _alone(node):
                return [self.verbatim('" ".join(map(str, _0_))', self.node(value), pure=True)]
            if isinstance(called, Static) and called.value is zip and len(node.args) == 1:
                columns = self.columns_of(value, arg)
                if columns is not None:
                    return [Columns(columns)]
            count = None
            behind = node.args[position + 1 :]
            several = any(isinstance(other, ast.Starred) for other in behind)
            if not several and not isinstance(self.read(value), Generator):
                count = places_of_star(called, len(found) + len(behind), node)
            if count is None:
                last = position == len(node.args) - 1
                found += self._spread_now(called, value, found, arg, last)
                continue
            length = self.length_of(value)
            text = ast.unparse(node.func)
            self.raise_if(
                self.primitive(TABLE["not_equal"], length, self.graph.constant(count)),
                f'TypeError(f"{text}() needs {count} values, not {{_0_}}")',
                length,
            )
            found += self.unpack_node(value, count, arg)
        return found

    def _spread_now(
        self, called: Value, value: Value, before: list[Value], star: ast.Starred, last: bool
    ) -> list[Value]:
        """What a star gives to a function that takes any number of values, behind others."""
        try:
            return self.unpack_node(value, self.length_now(value, star), star)
        except UnsupportedError:
            if not last:
                raise
            if takes_rest(called, len(before)):
                return [Rest(self.as_list(value, star))]
            name = self._name_of_entries(called)
            if name is None or before:
                raise
        entries = self.as_list(value, star)
        few = self.primitive(TABLE["less"], self.length_of(entries), self.graph.constant(2))
        self.raise_if(few, f'TypeError("{name}() needs two values or more")')
        return [entries]

    def _name_of_entries(self, called: Value) -> str | None:
        builtin = isinstance(called, Static) and type(called.value) is type(max)
        return OF_ENTRIES.get(called.value) if builtin else None

    def _joined(self, rest: list[Value], node: ast.AST) -> Value:
        """The tuple of the last arguments of a call, the last of which is a :class:`Rest`."""
        *first, last = rest
        entries: Value = last.items
        if first:
            known = ListBox()
            self.state[known] = first
            entries = self.binary(ast.Add, known, entries, node)
        return self.call(Static(tuple), [entries], {}, node)

    def bind_arguments(
        self,
        source: Source,
        tree: FunctionSyntax,
        args: list[Value],
        keywords: dict[str, Value],
        defaults: tuple[Value, ...],
        keyword_defaults: dict[str, Value],
        node: ast.AST,
    ) -> dict[str, Value]:
        """Arguments by parameter name, as Python binds them."""
        try:
            return self._bound_by_name(tree, args, keywords, defaults, keyword_defaults, node)
        except UnsupportedError:
            spread = any(isinstance(arg, Rest) for arg in args)
            if self.block is self.graph.body or spread or tree is not source.tree:
                raise
            # It stands in a branch, which may never be taken.
            said = complaint(source, len(args), list(keywords))
            if said is None:
                raise
        self.always_raises(f"TypeError({said!r})")

    def _bound_by_name(
        self,
        tree: FunctionSyntax,
        args: list[Value],
        keywords: dict[str, Value],
        defaults: tuple[Value, ...],
        keyword_defaults: dict[str, Value],
        node: ast.AST,
    ) -> dict[str, Value]:
        arguments = tree.args
        name = getattr(tree, "name", "this lambda")
        positional = [*arguments.posonlyargs, *arguments.args]
        bound: dict[str, Value] = {}
        for parameter, value in zip(positional, args, strict=False):
            bound[parameter.arg] = value
        rest = args[len(positional) :]
        if arguments.vararg is not None:
            many = rest[-1] if rest and isinstance(rest[-1], Rest) else None
            gathered = TupleValue(tuple(rest)) if many is None else self._joined(rest, node)
            bound[arguments.vararg.arg] = gathered
        elif rest:
            raise self.unsupported(f"too many arguments for `{name}`", "Check the call.", node)
        names = {parameter.arg for parameter in [*arguments.args, *arguments.kwonlyargs]}
        extra: dict[Any, Value] = {}
        for key, value in keywords.items():
            if key in names and key not in bound:
                bound[key] = value
            elif arguments.kwarg is not None:
                extra[key] = value
            else:
                raise self.unsupported(
                    f"`{name}` has no free parameter `{key}`", "Check the call.", node
                )
        for parameter, value in zip(reversed(positional), reversed(defaults), strict=False):
            bound.setdefault(parameter.arg, value)
        for key, value in keyword_defaults.items():
            bound.setdefault(key, value)
        missing = [p.arg for p in [*positional, *arguments.kwonlyargs] if p.arg not in bound]
        if missing:
            raise self.unsupported(
                f"`{name}` is called without `{missing[0]}`", "Give it a value.", node
            )
        if arguments.kwarg is not None:
            box = DictBox()
            self.state[box] = extra
            bound[arguments.kwarg.arg] = box
        return bound
