"""Objects outside of the function whose class is derived from dict: what they hold under a key."""

from __future__ import annotations

import ast
from typing import Any

from chainrule.lift.iteration.no_iterables import NoIterables
from chainrule.lift.objects.instances import is_instance_with_state
from chainrule.lift.values import Method, ObjectBox, Static, Super, Value


class Registries(NoIterables):
    """Reads objects out of registries by ``super().__getitem__(key)``."""

    def _super_attribute(self, value: Super, name: str, node: ast.AST) -> Value:
        owner = self.read(value.owner)
        if name == "__getitem__" and isinstance(owner, ObjectBox):
            behind = owner.type.__mro__[owner.type.__mro__.index(value.type) + 1 :]
            first = next((each for each in behind if name in vars(each)), None)
            if first is dict and isinstance(owner.instance, dict):
                return Method(Static(dict.__getitem__), owner)
        return super()._super_attribute(value, name, node)

    def _call_object(
        self, function: Static, args: list[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value:
        if function.value is dict.__getitem__ and len(args) == 2:
            found = self._registered(self.read(args[0]), args[1])
            if found is not None:
                return found
        return super()._call_object(function, args, keywords, node)

    def _registered(self, owner: Value, key: Value) -> Value | None:
        """The object that a registry holds under a key that is known: it is watched."""
        known, name = self.static_value(key)
        given: Any = owner.instance if isinstance(owner, ObjectBox) else None
        if not known or not isinstance(given, dict) or not dict.__contains__(given, name):
            return None
        found = dict.__getitem__(given, name)
        assert isinstance(owner, ObjectBox)
        if owner.route is None or not is_instance_with_state(found):
            return None
        return self.adopt(found, None, owner.route.item(name))
