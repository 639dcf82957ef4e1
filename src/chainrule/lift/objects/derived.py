"""Objects of classes that are derived from list, tuple and dict, and what their classes set."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import types
from typing import Any

from chainrule.lift.library.contents import CONTENT, container_of, spelled_out
from chainrule.lift.objects.holders import Holders
from chainrule.lift.values import (
    UNBOUND,
    AttributesDict,
    DictBox,
    Method,
    ObjectBox,
    Static,
    Super,
    Value,
)


class Derived(Holders):
    """Does with what such objects hold what Python's own class does."""

    def _object_attribute(self, owner: ObjectBox, name: str, node: ast.AST) -> Value:
        if name == "__dict__" and owner.type.__dictoffset__:
            return AttributesDict(owner)
        if owner.instance is None and container_of(owner.type):
            found = inspect.getattr_static(owner.type, name, None)
            spelled = spelled_out(owner.type, found)
            if spelled is not found:
                self.watch_class(owner.type, name)
                return Method(Static(spelled), owner)
            hook = inspect.getattr_static(owner.type, "__getattr__", None)
            reader = spelled_out(owner.type, hook)
            missing = found is None and name not in self.read(self.state.get(owner, {}))
            if reader is not hook and missing:
                self.watch_class(owner.type, "__getattr__")
                return self.call(Static(reader), [owner, Static(name)], {}, node)
        return super()._object_attribute(owner, name, node)

    def content_now(self, box: Any) -> dict[Any, Value] | None:
        return self.entries(box) if isinstance(box, AttributesDict) else super().content_now(box)

    def entries(self, box: DictBox) -> dict[Any, Value]:
        if not isinstance(box, AttributesDict):
            return super().entries(box)
        owner = box.owner
        if owner.route is not None:
            # They may come and go.
            route = owner.route.attribute("__dict__")
            self.graph.guard(route, "keys", list(vars(owner.instance)))
        held = self.attributes_of(owner)
        return {name: value for name, value in held.items() if name != CONTENT}

    def write_item(self, base: Value, key: Value, value: Value, node: ast.AST) -> None:
        base = self.read(base)
        if isinstance(base, AttributesDict):
            known, name = self.static_value(key)
            if not known:
                raise self.unsupported(
                    "an attribute that is set by a name known at run time only",
                    "Name the attribute.",
                    node,
                )
            self.set_entries(base, {**self.entries(base), name: value}, node)
        else:
            super().write_item(base, key, value, node)

    def set_entries(self, owner: DictBox, content: dict[Any, Value], node: ast.AST) -> None:
        if not isinstance(owner, AttributesDict):
            super().set_entries(owner, content, node)
            return
        before = self.entries(owner)
        names = [key for key in content if isinstance(key, str) and key.isidentifier()]
        if len(names) < len(content) or any(key not in content for key in before):
            raise self.unsupported(
                "this change of a `__dict__`", "Assign to the attributes, or delete them.", node
            )
        for name, value in content.items():
            if value is not before.get(name, UNBOUND):
                self.set_attribute(owner.owner, name, value, node)

    def _super_attribute(self, value: Super, name: str, node: ast.AST) -> Value:
        owner = self.read(value.owner)
        kind = owner.value if isinstance(owner, Static) else getattr(owner, "type", None)
        found = _behind(kind, value.type, name)
        if isinstance(owner, ObjectBox) and owner.instance is None:
            spelled = spelled_out(kind, found)
            if spelled is not found:
                return Method(Static(spelled), owner)
            if found is object.__setattr__:
                return Method(Static(found), owner)
        if name == "__new__" and isinstance(found, types.BuiltinFunctionType):
            return Method(Static(name), Static(found.__self__))
        return super()._super_attribute(value, name, node)

    def _delete_entry(self, base: Value, subscript: ast.expr, node: ast.Delete) -> None:
        if isinstance(base, ObjectBox):
            self.call_method(base, "__delitem__", [self.expression(subscript)], node)
        else:
            super()._delete_entry(base, subscript, node)

    def write_attribute(self, owner: Value, name: str, value: Value, node: ast.AST) -> None:
        if name == CONTENT and container_of(getattr(owner, "type", None)):
            raise self.unsupported(
                f"an attribute `{name}` of what is derived from a list, tuple or dict",
                "Give it another name.",
                node,
            )
        if isinstance(owner, ObjectBox) and owner.instance is None:
            setter = inspect.getattr_static(owner.type, "__setattr__", None)
            setter = spelled_out(owner.type, setter)
            frozen = dataclasses.is_dataclass(owner.type)
            if isinstance(setter, types.FunctionType) and not frozen:
                self.watch_class(owner.type, "__setattr__")
                self.call(Static(setter), [owner, Static(name), value], {}, node)
                return
        super().write_attribute(owner, name, value, node)


def _behind(kind: Any, type_: type, name: str) -> Any:
    """What ``super()`` in a method of ``type_`` finds under a name."""
    if not isinstance(kind, type) or type_ not in kind.__mro__:
        return None
    behind = kind.__mro__[kind.__mro__.index(type_) + 1 :]
    return next((vars(each)[name] for each in behind if name in vars(each)), None)
