"""Objects that are made by ``__new__``, of classes derived from list, tuple and dict among them."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import types

from chainrule.lift.calls.calling import Calls
from chainrule.lift.library.contents import CONTENT, container_of, is_of_python, spelled_out
from chainrule.lift.values import ObjectBox, Static, Value
from chainrule.lift.watching import SETTLED


class Making(Calls):
    """Makes objects of classes that do more than to initialise them."""

    def _construct(
        self,
        function: Static,
        found: type,
        args: list[Value],
        keywords: dict[str, Value],
        node: ast.AST,
    ) -> Value:
        new = inspect.getattr_static(found, "__new__", None)
        written = isinstance(new, staticmethod) and not hasattr(found, "_fields")
        # What the standard library makes is kept as it is: paths, fractions.
        settled = found.__module__.partition(".")[0] in SETTLED
        written = written and is_of_python(found) and not settled
        by_type = type(found).__call__ is type.__call__ and not issubclass(found, BaseException)
        if not by_type or not (written or container_of(found)):
            return super()._construct(function, found, args, keywords, node)
        if container_of(found) and dataclasses.is_dataclass(found):
            raise self.unsupported(
                f"{found.__name__}, a dataclass that is derived from a list, tuple or dict",
                "Give it the list, tuple or dict as a field.",
                node,
            )
        if isinstance(new, staticmethod) and written:
            self.watch_class(found, "__new__")
            state, mark = dict(self.state), len(self.block.steps)
            given = [Static(found), *args]
            made = self.read(self.call(Static(new.__func__), given, keywords, node))
            if not isinstance(made, ObjectBox):
                # It may be an object that Python initialises, or another thing.
                self.give_up(state, mark)
                return super()._construct(function, found, args, keywords, node)
            if not issubclass(made.type, found):
                return made
        else:
            made = self._made_anew(found, args[:1], node)
        init = inspect.getattr_static(found, "__init__", None)
        init = spelled_out(found, init)
        if isinstance(init, types.FunctionType):
            self.watch_class(found, "__init__")
            self.call(Static(init), [made, *args], keywords, node)
        return made

    def _made_anew(self, kind: type, args: list[Value], node: ast.AST) -> ObjectBox:
        """An object that has not been initialised; of a tuple with its entries."""
        made = ObjectBox(None, kind, None)
        base = container_of(kind)
        given = args if base is tuple else []
        held = {CONTENT: self.call(Static(base), given, {}, node)} if base else {}
        self.state[made] = held
        return made

    def call_method(
        self,
        owner: Value,
        name: str,
        args: list[Value],
        node: ast.AST,
        keywords: dict[str, Value] | None = None,
    ) -> Value:
        kind = self.read(args[0]) if args else None
        if name == "__new__" and isinstance(kind, Static) and isinstance(kind.value, type):
            base, given = container_of(kind.value), owner.value if isinstance(owner, Static) else 0
            if given is (base or object):
                return self._made_anew(kind.value, args[1:], node)
        held = self.read(owner)
        fields = getattr(type(held.value), "_fields", ()) if isinstance(held, Static) else ()
        if isinstance(held, Static) and name in fields:
            function = self.static_item(held, fields.index(name))
            return self.call(function, args, keywords or {}, node)
        return super().call_method(owner, name, args, node, keywords)

    def _call_object(
        self, function: Static, args: list[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value:
        owner = self.read(args[0]) if args else None
        if isinstance(owner, ObjectBox) and owner.instance is None:
            spelled = spelled_out(owner.type, function.value)
            if spelled is not function.value:
                return self.call(Static(spelled), args, keywords, node)
        return super()._call_object(function, args, keywords, node)
