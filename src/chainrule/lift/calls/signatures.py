"""`inspect.signature(f).bind(...)`, by which decorators name the arguments that they hand on."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from typing import Any

from chainrule.lift.calls.calling import Builtin
from chainrule.lift.objects.inspection import Inspection
from chainrule.lift.values import DictBox, ObjectBox, Static, TupleValue, Value

Kind = inspect._ParameterKind
BY_PLACE = (Kind.POSITIONAL_ONLY, Kind.POSITIONAL_OR_KEYWORD)


def _told(value: Value) -> Any:
    """The object that a value stands for, which exists outside of the function."""
    return value.instance if isinstance(value, ObjectBox) else getattr(value, "value", None)


def _signature(
    self: Inspection, args: list[Value], keywords: dict[str, Value], node: ast.AST
) -> Value:
    """``inspect.signature(f)`` of a function that exists outside."""
    known, found = self.static_value(self.read(args[0]))
    called = self.static_node(Static(inspect.signature))
    if not known or keywords or len(args) > 1 or not callable(found):
        return self.opaque_call(called, args, keywords, node, None)
    function = self.node(args[0])
    return Static(
        inspect.signature(found), lambda: self.verbatim("_0_(_1_)", called, function, pure=True)
    )


def _argument_names(
    self: Inspection, args: list[Value], keywords: dict[str, Value], node: ast.AST
) -> Value:
    """``inspect.getfullargspec(f)`` of a function that exists outside."""
    known, found = self.static_value(self.read(args[0]))
    called = self.static_node(Static(inspect.getfullargspec))
    if not known or keywords or len(args) > 1 or not callable(found):
        return self.opaque_call(called, args, keywords, node, None)
    told = inspect.getfullargspec(found)
    names: dict[str, Any] = {k: tuple(getattr(told, k)) for k in ("args", "kwonlyargs")}
    function = self.node(args[0])
    return Static(
        told._replace(**names), lambda: self.verbatim("_0_(_1_)", called, function, pure=True)
    )


def _binding(bind: Callable[..., inspect.BoundArguments]) -> Builtin:
    """``signature.bind`` or ``signature.bind_partial``."""

    def lift(
        self: Inspection, args: list[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value:
        signature = _told(self.read(args[0]))
        try:
            found = bind(signature, *args[1:], **keywords)
        except TypeError:
            return self.opaque_call(self.static_node(Static(bind)), args, keywords, node, None)
        arguments = DictBox()
        self.state[arguments] = {
            name: _gathered(self, value) for name, value in found.arguments.items()
        }
        made = ObjectBox(None, inspect.BoundArguments, None)
        self.state[made] = {"signature": args[0], "arguments": arguments}
        return made

    return lift


def _gathered(self: Inspection, value: Any) -> Value:
    """What goes to one parameter: a tuple to ``*args``, a dict to ``**kwargs``."""
    if isinstance(value, tuple):
        return TupleValue(value)
    if isinstance(value, dict):
        box = DictBox()
        self.state[box] = value
        return box
    found: Value = value
    return found


def _apply_defaults(
    self: Inspection, args: list[Value], keywords: dict[str, Value], node: ast.AST
) -> Value:
    """``bound.apply_defaults()``: entries for all parameters, in their order."""
    entries, signature = _parts(self, args[0], node)
    filled: dict[str, Value] = {}
    for name, parameter in signature.parameters.items():
        if name in entries:
            filled[name] = entries[name]
        elif parameter.default is not parameter.empty:
            filled[name] = self.adopt(parameter.default, None)
        elif parameter.kind is Kind.VAR_POSITIONAL:
            filled[name] = TupleValue(())
        elif parameter.kind is Kind.VAR_KEYWORD:
            filled[name] = _gathered(self, {})
    arguments = DictBox()
    self.state[arguments] = filled
    self.write_attribute(args[0], "arguments", arguments, node)
    return Static(None)


def _positional(
    self: Inspection, args: list[Value], keywords: dict[str, Value], node: ast.AST
) -> Value:
    """``bound.args``."""
    entries, signature = _parts(self, args[0], node)
    found: list[Value] = []
    for name, parameter in signature.parameters.items():
        if name not in entries or parameter.kind not in (*BY_PLACE, Kind.VAR_POSITIONAL):
            break
        value = entries[name]
        starred = parameter.kind is Kind.VAR_POSITIONAL
        found += (self.known_items(value) or []) if starred else [value]
    return TupleValue(tuple(found))


def _named(self: Inspection, args: list[Value], keywords: dict[str, Value], node: ast.AST) -> Value:
    """``bound.kwargs``."""
    entries, signature = _parts(self, args[0], node)
    found: dict[str, Value] = {}
    by_name = False
    for name, parameter in signature.parameters.items():
        by_name = by_name or name not in entries or parameter.kind not in BY_PLACE
        if not by_name or name not in entries or parameter.kind is Kind.VAR_POSITIONAL:
            continue
        value = entries[name]
        if parameter.kind is Kind.VAR_KEYWORD and isinstance(value, DictBox):
            found.update(self.entries(value))
        else:
            found[name] = value
    return _gathered(self, found)


def _parts(
    self: Inspection, bound: Value, node: ast.AST
) -> tuple[dict[Any, Value], inspect.Signature]:
    """The entries of bound arguments by name, and the signature that they are for."""
    arguments = self.attribute(bound, "arguments", node)
    signature = _told(self.attribute(bound, "signature", node))
    if not isinstance(arguments, DictBox):
        raise self.unsupported(
            "bound arguments that are replaced by another object",
            "Change the entries of `.arguments`, or make a dict of your own.",
            node,
        )
    return self.entries(arguments), signature


BINDING: dict[Any, Builtin] = {
    inspect.signature: _signature,
    inspect.getfullargspec: _argument_names,
    inspect.Signature.bind: _binding(inspect.Signature.bind),
    inspect.Signature.bind_partial: _binding(inspect.Signature.bind_partial),
    inspect.BoundArguments.apply_defaults: _apply_defaults,
    inspect.BoundArguments.args.fget: _positional,  # type: ignore[attr-defined]
    inspect.BoundArguments.kwargs.fget: _named,  # type: ignore[attr-defined]
}
