"""Objects and modules: attributes read and written, instances met and made."""

from __future__ import annotations

import ast
import dataclasses
import functools
import inspect
import sys
import types
from collections.abc import Callable, Iterable
from typing import Any

from chainrule.graph.guard import Argument, Route, TableLayout, is_of_argument, table_layout
from chainrule.graph.node import Node
from chainrule.graph.reach import held_by
from chainrule.graph.traits import has
from chainrule.graph.types import DYNAMIC, FLOAT, INT, OPAQUE, Type, is_complex
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.arrays.boxes import is_numeric
from chainrule.lift.arrays.number_attributes import is_property
from chainrule.lift.containers.items import PLAIN_NUMBERS
from chainrule.lift.containers.sharing import boxes_in
from chainrule.lift.library.object_sets import IN_PLACE_OF
from chainrule.lift.objects.closures import holder_of_attribute, read_of_closure, write_of_closure
from chainrule.lift.objects.instances import is_instance_with_state
from chainrule.lift.objects.stored import answers_first, held, holds, stored
from chainrule.lift.objects.whole import WholeObjects
from chainrule.lift.records.layout import keeps_what_is_set
from chainrule.lift.source import unwrap
from chainrule.lift.state import State
from chainrule.lift.untold import check_told
from chainrule.lift.values import (
    ITSELF,
    UNBOUND,
    Closure,
    ComplexResult,
    DictBox,
    Either,
    Fact,
    ListBox,
    Method,
    ObjectBox,
    Poison,
    Static,
    Super,
    TableBox,
    TupleValue,
    Value,
)
from chainrule.lift.watching import is_settled
from chainrule.primitives.effect import FACT, STORE

# What the values of these classes are at run time.
PLAIN = {ListBox: list, DictBox: dict, TableBox: dict}


def _error_of(module: types.ModuleType, name: str) -> str:
    """The exception that asking a module for what it does not have raises, as it is written."""
    try:
        getattr(module, name)
    except AttributeError as error:
        return f"AttributeError({str(error)!r})"
    raise AssertionError


def is_up_to_date(place: tuple[Any, str]) -> bool:
    """Whether a cached property of an object is what it would be if it was computed now."""
    owner, name = place
    found = inspect.getattr_static(type(owner), name)
    return repr(found.func(owner)) == repr(vars(owner)[name])


def _nothing(*args: object) -> None:
    """What ``object.__init__`` does."""


class Objects(WholeObjects):
    """Lifts attribute access."""

    # The classes of arrays of the caller's that are derived from NumPy's.
    array_classes: tuple[type, ...] = ()

    def attribute(self, owner: Value, name: str, node: ast.AST) -> Value:
        """``owner.name``."""
        owner = self.read(owner)
        if self._lacks(owner, name):
            self.raises_itself(f"_0_.{name}", self.node(owner))
        if isinstance(owner, ObjectBox):
            return self._object_attribute(owner, name, node)
        if isinstance(owner, Super):
            return self._super_attribute(owner, name, node)
        owner = holder_of_attribute(owner, name)
        if isinstance(owner, Closure):
            return read_of_closure(self, owner, name, node)
        if isinstance(owner, ComplexResult):
            if name == owner.part.removeprefix("."):
                return owner.number
            raise self.unsupported(f"`.{name}` of a complex number", f"Take {owner.part}.", node)
        if self.is_array(owner):
            found = self.array_attribute(owner, name)
            if found is None and is_property(sys.modules["numpy"].ndarray, name):
                return self.read_attribute(self.node(owner), name)
            return Method(Static(name), owner) if found is None else found
        if isinstance(owner, Static):
            return self._static_attribute(owner, name, node)
        if isinstance(owner, TupleValue) and owner.named is not None:
            fields = getattr(owner.named, "_fields", ())
            if name in fields:
                return owner.items[fields.index(name)]
            found = self._of_class(owner, owner.named, name, node)
            if found is not None:
                return found
            held = inspect.getattr_static(owner.named, name, None)
            if held is not None and not hasattr(type(held), "__get__"):
                return self._class_attribute(owner.named, name, held)
            return Method(Static(name), owner)
        if isinstance(owner, Node) and not isinstance(owner.type, SequenceType):
            if is_complex(owner.type) and name in ("real", "imag"):
                return self.complex_part(owner, name)
            if owner.type in (FLOAT, INT) and name == "conjugate" and self._is_called(node):
                return Method(ITSELF, owner)
            anything = owner.type in (OPAQUE, DYNAMIC) or owner in self.of_objects
            if not anything and (owner.type in PLAIN_NUMBERS or self.is_array_entry(owner)):
                if not hasattr(float, name):
                    check_told(self, f".{name}", (owner,), node)
                found = self.number_attribute(owner, name)
                return Method(Static(name), owner) if found is None else found
            if owner in self.caught and not self._is_called(node):
                raise self.unsupported(
                    f"`.{name}` of an exception, which may carry a value with a derivative",
                    "Bind the value to a name before it is raised, and read that in the handler.",
                    node,
                )
            if owner.op is FACT and not self._is_called(node):
                return self.read_attribute(owner, name)
            if anything:
                return (
                    Method(Static(name), owner)
                    if self._is_called(node)
                    else self.verbatim(f"_0_.{name}", owner, type=DYNAMIC)
                )
        return Method(Static(name), owner)

    def _lacks(self, owner: Value, name: str) -> bool:
        """Whether what ``owner`` is at run time has no such attribute, whichever class it is of."""
        numpy = sys.modules.get("numpy")
        if self.is_array(owner):
            if numpy is None or hasattr(numpy.ndarray, name):
                return False
            kind = next((kind for kind in self.array_classes if hasattr(kind, name)), None)
            if kind is not None:
                raise self.unsupported(
                    f"`{name}`, which arrays of the class {kind.__name__} have",
                    "Write it as a function of the array.",
                )
            return True
        if isinstance(owner, Node) and owner.type in PLAIN_NUMBERS:
            kinds = self.python_types(owner)
            return bool(kinds) and not any(hasattr(kind, name) for kind in kinds)
        if isinstance(owner, TupleValue):
            return not hasattr(owner.named or tuple, name)
        if isinstance(owner, DictBox):
            return not hasattr(owner.kind, name)
        return type(owner) in PLAIN and not hasattr(PLAIN[type(owner)], name)

    def _takes_none(self, owner: Value, name: str) -> bool:
        """Whether an attribute of what ``owner`` is at run time cannot be written: it raises."""
        if isinstance(owner, Node) and owner.type in PLAIN_NUMBERS:
            import numpy

            # Those of numbers are read only, be they Python's or NumPy's; of arrays some are not.
            kinds = self.python_types(owner) or (numpy.ndarray,)
            return all(
                not hasattr(kind, "__setitem__") or not hasattr(kind, name) for kind in kinds
            )
        if isinstance(owner, TupleValue) and owner.named is not None:
            return False
        return self._lacks(owner, name)

    def _super_attribute(self, value: Super, name: str, node: ast.AST) -> Value:
        """``super().name``."""
        owner = self.read(value.owner)
        kind = owner.value if isinstance(owner, Static) else getattr(owner, "type", None)
        if isinstance(kind, type) and value.type in kind.__mro__:
            behind = kind.__mro__[kind.__mro__.index(value.type) + 1 :]
            for each in behind:
                if name in vars(each):
                    if each is object and name == "__init__":
                        return Static(_nothing)
                    found = self._of_class(owner, each, name, node)
                    if found is not None:
                        return found
        raise self.unsupported(
            f"`super().{name}`", "Call a method of the base class that is written in Python.", node
        )

    def _of_class(self, owner: Value, kind: type, name: str, node: ast.AST) -> Value | None:
        """A method or property of ``owner`` as ``kind`` defines it; None if it is neither."""
        found = inspect.getattr_static(kind, name, None)
        if isinstance(found, property) and found.fget is not None:
            return self.call(Static(found.fget), [owner], {}, node)
        if isinstance(found, staticmethod):
            return Static(found.__func__)
        if isinstance(found, classmethod):
            itself = owner if isinstance(owner, Static) else Static(getattr(owner, "type", kind))
            return Method(Static(found.__func__), itself)
        if isinstance(unwrap(found), types.FunctionType) and not name.startswith("_replace"):
            self.watch_class(kind, name)
            return Method(Static(found), owner)
        return None

    def _is_called(self, node: ast.AST) -> bool:
        return node in self.called

    def _no_such(self, name: str, node: ast.AST) -> Exception:
        return self.unsupported(
            f"`{ast.unparse(node)}` does not exist"
            if isinstance(node, ast.expr)
            else f"no attribute `{name}`",
            "Check the spelling, or define it before the derivative is made.",
            node,
        )

    def _static_attribute(self, owner: Static, name: str, node: ast.AST) -> Value:
        if owner.value is None and not hasattr(None, name):
            self.raises_itself(f"_0_.{name}", self.static_node(owner))
        if not hasattr(owner.value, name):
            settled = isinstance(owner.value, types.ModuleType) and is_settled(name, owner.value)
            if settled and self.enclosing:
                # A path that need not be taken: what a later version of a library has left out.
                self.always_raises(_error_of(owner.value, name))
            raise self._no_such(name, node)
        found = getattr(owner.value, name)
        if isinstance(owner.value, types.ModuleType):
            return self.module_value(owner.value, name)
        if isinstance(found, (types.MethodType, types.BuiltinMethodType)):
            return Method(Static(name), owner)
        return self.adopt(
            found,
            lambda: self.verbatim(
                f"_0_.{name}", self.static_node(owner), type=self.static_type(found), pure=True
            ),
            Route(owner.value).attribute(name),
            name,
        )

    def module_value(self, module: types.ModuleType, name: str) -> Value:
        """``module.name``, read when the derivative is called."""
        found = getattr(module, name)
        key = (module.__name__, name)
        written = (*key, "global")
        if written in self.state:
            return self.state[written]
        self.graph.scopes.setdefault(module.__name__, vars(module))
        if name not in vars(module) and type(found) in (int, float):
            # What the module's `__getattr__` gives lives elsewhere.
            self.graph.guard(Route(module).attribute(name), "equals", found)
            key = (f"{module.__name__}.__getattr__", name)

        def node() -> Node:
            if type(found) in (int, float) or is_numeric(found):
                return self.graph.global_name(*key, found, self.static_type(found))
            return self.graph.reference(key, found)

        return self.adopt(found, node, Route(module).attribute(name), name)

    def adopt(
        self,
        found: Any,
        node: Callable[[], Node] | None,
        route: Route | None = None,
        name: str = "",
    ) -> Value:
        """A Python object met while lifting: an instance of a user's class becomes an object."""
        if is_instance_with_state(found):
            if route is not None and not is_of_argument(route):
                self.watch_object(route, found)
                route = None
            elif route is not None:
                self.graph.guard(route, "type", type(found))
            known = self.objects.get(id(found))
            reached = known.route if isinstance(known, ObjectBox) else None
            if isinstance(known, ObjectBox):
                # It is this very object, in whatever call.
                self.watch_same(route, reached, found)
            if not isinstance(known, ObjectBox):
                known = ObjectBox(found, type(found), None)
                known.route = route or Route(found)
                self.objects[id(found)] = known
                self.begin_with(known, {})
                self.reach(known, route)
                self.object_nodes[known] = node or (
                    lambda: self.graph.reference(self.reference_key(found), found)
                )
            return known
        return self.wrap(found, node, route, name)

    def give_up(self, state: State, mark: int) -> None:
        super().give_up(state, mark)
        if self.block is not self.graph.body:
            return
        for known in self.attributes.values():
            for name, value in list(known.items()):
                # A list that had a name before the attempt is the same one afterwards.
                held = list(boxes_in(value))
                if not held or not all(box in state for box in held):
                    del known[name]

    def attributes_of(self, box: ObjectBox) -> dict[str, Value]:
        """All that an object holds now, by name."""
        held = {} if box.instance is None else held_by(box.instance)
        fields = dataclasses.fields(box.type) if dataclasses.is_dataclass(box.type) else ()
        names = dict.fromkeys((*(field.name for field in fields), *held))
        names.update(dict.fromkeys(self.given_to(box)))
        content = self.read(self.state.get(box, {}))
        found: dict[str, Value] = {}
        for name in names:
            if name in held and name not in content and answers_first(box.type, name):
                found[name] = self._original(box, name)
            else:
                found[name] = self._object_attribute(box, name, ast.Pass())
        return found

    def given_to(self, box: ObjectBox) -> dict[str, Value]:
        """What an object was given, by name; a refusal where only the run tells whether it was."""
        content = self.read(self.state.get(box, {}))
        given = {name: self.decided(value) for name, value in content.items()}
        for value in given.values():
            if isinstance(value, Either) and value.orelse is UNBOUND:
                raise value.refusal
        return {name: content[name] for name, value in given.items() if value is not UNBOUND}

    def _object_attribute(self, owner: ObjectBox, name: str, node: ast.AST) -> Value:
        if owner in self.curves and owner.instance is None and name not in CURVE_READ:
            raise self.unsupported(
                f"`{name}` of a {owner.type.__name__} that the function makes",
                "Call it, or take its derivative or its integral.",
                node,
            )
        self.check_reads(owner, node)
        content = self.read(self.state.get(owner, {}))
        self.check_fresh(owner)
        held = self.decided(content.get(name, UNBOUND))
        if isinstance(held, Either) and held.orelse is UNBOUND:
            return self._given_on_some_paths(owner, name, held.tag, node)
        if held is not UNBOUND:
            return held if isinstance(held, Either) else self.read(held)
        found = inspect.getattr_static(owner.type, name, UNBOUND)
        if found is not UNBOUND:
            self.watch_class(owner.type, name)
        if isinstance(found, property) and found.fget is not None:
            return self.call(Static(found.fget), [owner], {}, node)
        if isinstance(found, functools.cached_property):
            return self._cached(owner, name, found, node)
        if isinstance(found, staticmethod):
            return Static(found.__func__)
        if isinstance(found, classmethod):
            return Method(Static(found.__func__), Static(owner.type))
        instance_has = name in getattr(owner.instance, "__dict__", {})
        if found is not UNBOUND and owner.instance is not None and not instance_has:
            self.watch_presence(owner, name, False)
        if isinstance(unwrap(found), types.FunctionType) and not instance_has:
            return Method(Static(found), owner)
        if not instance_has or hasattr(type(found), "__set__"):
            described = self.of_descriptor(owner, found, "__get__", [Static(owner.type)], node)
            if described is not None:
                return described
        hook = inspect.getattr_static(owner.type, "__getattr__", None)
        if found is UNBOUND and not instance_has and isinstance(hook, types.FunctionType):
            self.watch_class(owner.type, "__getattr__")
            self.watch_presence(owner, name, False)
            return self.call(Static(hook), [owner, Static(name)], {}, node)
        if owner.instance is None or not hasattr(owner.instance, name):
            slot = isinstance(found, types.MemberDescriptorType)
            if hasattr(type(found), "__get__") and not slot:
                raise self.unsupported(
                    f"an attribute that is a {type(found).__name__}",
                    "Use a property, or a method written in Python.",
                    node,
                )
            if found is not UNBOUND and not hasattr(type(found), "__get__"):
                return self._class_attribute(owner.type, name, found)
            if owner.instance is not None:
                if not self.attempts or owner.route is None:
                    raise self._no_such(name, node)
                self.watch_trait(owner.route, name, False)
                self.always_raises(_no_attribute(owner, name))
            kind = IN_PLACE_OF.get(owner.type, object)
            if kind.__module__ not in ("builtins", "collections") or hasattr(kind, name):
                raise self.unsupported(
                    f"`{name}` of a {kind.__name__} that the function makes",
                    "Use what else it has, or a class of your own.",
                    node,
                )
            self.always_raises(_no_attribute(owner, name))
        return self._original(owner, name)

    def _given_on_some_paths(self, owner: ObjectBox, name: str, tag: Node, node: ast.AST) -> Value:
        """An attribute that an object of the function's own has been given where ``tag`` holds."""

        def on_this_path() -> Value:
            return self._object_attribute(owner, name, node)

        if has(owner.type, name) or hasattr(owner.type, "__getattr__"):
            return self.choose(tag, on_this_path, on_this_path, "expression")
        self.check_bound(tag, f"raise {_no_attribute(owner, name)}", self.block)
        self.state[Fact(tag)] = True
        return on_this_path()

    def _cached(
        self, owner: ObjectBox, name: str, found: functools.cached_property[Any], node: ast.AST
    ) -> Value:
        """A property that stays what it was when it was first asked for, if that was before."""
        held = getattr(owner.instance, "__dict__", {})
        if name in held and owner.route is not None:
            self.watch_presence(owner, name, True)
            root = owner.route.root
            if not isinstance(root, Argument) or root.name not in self.wanted:
                return self._original(owner, name)
            # What is differentiated by is felt through it, which its value would hide.
            route = Route(root, f"({owner.route.text}, {name!r})")
            self.graph.guard(route, "layout", is_up_to_date)
            if not is_up_to_date((owner.instance, name)):
                raise self.unsupported(
                    f"`{name}` of this {owner.type.__name__} was computed before its attributes "
                    "became what they are",
                    f"Delete it (`del obj.{name}`), or pass a new object.",
                    node,
                )
        elif owner.instance is not None:
            self.watch_presence(owner, name, False)
        value = self.call(Static(found.func), [owner], {}, node)
        self.state[owner] = {**self.read(self.state.get(owner, {})), name: value}
        return value

    def _original(self, owner: ObjectBox, name: str) -> Value:
        """What an attribute of an object that exists outside was when the function began."""
        known = self.attributes.setdefault(owner, {})
        for key, content in self.beginnings.get((owner, name), {}).items():
            # Where it was read first may have been given up.
            self.begin_with(key, content)
        if name not in known:
            # Read where the function begins, so that what reads it first does not matter.
            with self.graph.inside(self.graph.body):
                known[name] = self.runtime_attribute(owner, name, held(owner.instance, name))
        return self.seen(known[name])

    def _class_attribute(self, kind: type, name: str, found: Any) -> Value:
        """A constant of the class of an object that the function makes."""
        node = None
        if isinstance(found, (list, tuple, dict)):
            key = (kind.__module__, f"{kind.__qualname__}.{name}")
            node = functools.partial(self.graph.reference, key, found)
        return self.wrap(found, node, Route(kind).attribute(name))

    def runtime_attribute(self, owner: ObjectBox, name: str, found: Any) -> Value:
        """An attribute of an object that exists at run time, read when the derivative runs."""

        def read(type_: Type) -> Node:
            text = stored(owner.type, name)
            return self.verbatim(text, self.object_node(owner), type=type_, pure=True)

        def node() -> Node:
            return read(self.static_type(found))

        route = owner.route.attribute(name) if owner.route is not None else None
        if is_of_argument(route) and self.is_data(found, route):
            if not dataclasses.is_dataclass(owner.type):
                # Of such objects no key of the arguments tells the layout.
                self.graph.guard(route, "layout", TableLayout(table_layout(found)))
            outer, self.state = self.state, dict(self.state)
            value = self.example_value(name, found, read, route)
            made, self.state = self.state, outer
            began = {key: content for key, content in made.items() if key not in outer}
            for key, content in began.items():
                self.begin_with(key, content)
            self.beginnings[owner, name] = began
            return value
        if self.is_read_whole(found) and isinstance(self.static_type(found), SequenceType):
            box = self.boxed(node())
            self.reach(box, route)
            if isinstance(box, ListBox):
                self.outside[box] = self.state[box]
            return box
        return self.adopt(found, node, route, name)

    # Given by :class:`~chainrule.lift.parameters.Parameters`.

    def example_value(
        self, name: str, example: Any, read: Callable[[Type], Node], route: Route | None = None
    ) -> Value:
        """The value of what is like ``example`` and reached by ``route``."""
        raise NotImplementedError

    def complete(self, owner: ObjectBox, names: Iterable[str], state: State) -> None:
        """Note in ``state`` what attributes of a caller's object are that were not written yet."""
        content: Any = state.get(owner) or {}
        missing = [] if isinstance(content, Poison) else [n for n in names if n not in content]
        if missing and all(holds(owner.instance, name) for name in missing):
            state[owner] = {**content, **{n: self._original(owner, n) for n in missing}}

    def watch_class(self, kind: type, name: str) -> None:
        """A method or property may be replaced in its class."""
        found = getattr(kind, name, None)
        if isinstance(found, types.MethodType):
            self.graph.guard(
                Route(kind).attribute(name).attribute("__func__"), "is", found.__func__
            )
        elif callable(found) or isinstance(found, (property, functools.cached_property)):
            self.graph.guard(Route(kind).attribute(name), "is", found)

    def write_attribute(self, owner: Value, name: str, value: Value, node: ast.AST) -> None:
        """``owner.name = value``: an effect, once, when the object is the caller's."""
        if self._takes_none(owner, name):
            self.raises_itself(f"_0_.{name} = _1_", self.node(owner), self.node(value))
        if isinstance(owner, Closure):
            write_of_closure(self, owner, name, value, node)
            return
        if not isinstance(owner, ObjectBox):
            raise self.unsupported(
                "assignment to an attribute of this value", "Return the value instead.", node
            )
        found = inspect.getattr_static(owner.type, name, None)
        if isinstance(found, property):
            self.watch_class(owner.type, name)
            if found.fset is None:
                raise self.unsupported(
                    f"assignment to `{name}`, a property without a setter",
                    "Assign to what it is computed from.",
                    node,
                )
            self.call(Static(found.fset), [owner, value], {}, node)
            return
        if self.of_descriptor(owner, found, "__set__", [value], node) is not None:
            return
        if not keeps_what_is_set(owner.type):
            frozen = dataclasses.is_dataclass(owner.type)
            raise self.unsupported(
                f"assignment to `{name}` of a `{owner.type.__name__}`, which is frozen"
                if frozen
                else f"assignment through `{owner.type.__name__}.__setattr__`",
                "Make a new one: `dataclasses.replace(...)`."
                if frozen
                else "Give the attribute its value in a method of another name.",
                node,
            )
        self.set_attribute(owner, name, value, node)

    def set_attribute(self, owner: ObjectBox, name: str, value: Value, node: ast.AST) -> None:
        """``owner.name = value`` without what its class has to say to it."""
        self.check_writable(owner, node)
        if not owner.type.__dictoffset__ and not hasattr(owner.type, name):
            raise self.unsupported(
                f"assignment to `{name}`, which a `{owner.type.__name__}` has no slot for",
                "Add it to the slots of the class.",
                node,
            )
        if owner.instance is not None:
            for state in (*self.enclosing, self.state):
                self.complete(owner, (name,), state)
        self.state[owner] = {**self.read(self.state.get(owner, {})), name: self.keep(value)}
        if isinstance(value, ListBox):
            self.box_names.setdefault(value, name)
        if owner.instance is not None or owner.node is not None:
            self.block.add(
                STORE,
                (self.object_node(owner), self.kept_node(value)),
                (f"{stored(owner.type, name)} = _1_",),
            )


def _no_attribute(owner: ObjectBox, name: str) -> str:
    text = f"'{owner.type.__name__}' object has no attribute '{name}'"
    return f"AttributeError({text!r})"


# What is understood of a curve of SciPy.
CURVE_READ = ("__call__", "derivative", "integrate")
