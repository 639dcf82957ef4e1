"""Calls: primitives, the user's own functions, methods, classes, and what stays opaque."""

from __future__ import annotations

import ast
import dataclasses
import functools
import inspect
import re
import types
import typing
from collections.abc import Callable, Iterator
from typing import Any

from chainrule.errors import NotDifferentiableError, SourceError, UnsupportedError
from chainrule.graph.guard import Route
from chainrule.graph.node import Node
from chainrule.graph.types import DYNAMIC, FLOAT
from chainrule.lift.calls.callees import (
    by_position,
    by_position_of_builtin,
    declare_names,
    home_of,
    items_handed_on,
)
from chainrule.lift.calls.foreign import is_lifted_only
from chainrule.lift.calls.spreading import Spreading
from chainrule.lift.core import AlwaysRaises, Completion
from chainrule.lift.library.definitions import definition_of, fromkeys, reduce
from chainrule.lift.library.in_order import IN_ORDER
from chainrule.lift.library.streams import STREAMS
from chainrule.lift.source import Source, source_of, unwrap
from chainrule.lift.spelling import argument_places
from chainrule.lift.state import Frame
from chainrule.lift.values import (
    Closure,
    ComplexResult,
    DictBox,
    ListBox,
    Method,
    ObjectBox,
    PartialCall,
    Place,
    Static,
    TableBox,
    TupleValue,
    Value,
)
from chainrule.lift.watching import SETTLED
from chainrule.primitives.declare import Primitive
from chainrule.primitives.effect import CALL
from chainrule.primitives.namespaces import primitive_of, spelling

# Calls nested this deep are taken for endless recursion.
DEEPEST_CALL = 120
# What is asked of these by its methods is known where they are.
KNOWING = (str, int, float, re.Pattern, re.Match)
# What these do is told to others, and has no value that is computed with.
TELLING = ("warnings", "logging")
# Modules of which the functions compute no numbers: they are called, and not looked into.
OF_TEXTS = ("re", "json", "textwrap", "pprint", "tokenize", "difflib", "uuid")
# Libraries of labelled tables, whose insides say nothing to who uses them.
OF_TABLES = (
    "pandas.io.", "pandas.core.base", "pandas.core.frame", "pandas.core.generic",
    "pandas.core.indexes.", "pandas.core.series", "polars.", "xarray.",
)  # fmt: skip
OF_COLUMNS = "Read tables outside, and compute with `.to_numpy()` of their columns."
Builtin = Callable[[Any, list[Value], dict[str, Value], ast.AST], Value]
# Arguments, keywords, defaults, defaults of keyword-only parameters.
Given = tuple[list[Value], dict[str, Value], tuple[Value, ...], dict[str, Value]]


class Calls(Spreading):
    """Lifts calls and attribute access."""

    # Is given the text of each function that is lifted.
    read_text: Callable[[str], None] | None = None

    # --- calls ----------------------------------------------------------------------------

    def call_expression(self, node: ast.Call) -> Value:
        self.called.add(node.func)
        function = self.expression(node.func)
        args = self.arguments_of(function, node)
        keywords: dict[str, Value] = {}
        for keyword in node.keywords:
            value = self.expression(keyword.value)
            if keyword.arg is not None:
                keywords[keyword.arg] = value
            elif isinstance(value, DictBox):
                keywords.update({str(key): item for key, item in self.entries(value).items()})
            elif isinstance(value, Static) and isinstance(value.value, dict):
                keywords.update({str(key): self.static_item(value, key) for key in value.value})
            else:
                said = "a dict of run-time keys" if isinstance(value, TableBox) else "this value"
                raise self.unsupported(f"`**` of {said} in a call", "Name the arguments.", node)
        self.note_evaluated()
        return self.call(function, args, keywords, node)

    def call(
        self, function: Value, args: list[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value:
        """``function(*args, **keywords)``."""
        function = self.read(function)
        if isinstance(function, PartialCall):
            return self.call(
                function.function, [*function.args, *args], {**function.keywords, **keywords}, node
            )
        if isinstance(function, Method):
            if isinstance(function.function, Static) and isinstance(function.function.value, str):
                owner, name = function.owner, function.function.value
                if isinstance(owner, Static) and isinstance(owner.value, type):
                    definition = definition_of(getattr(owner.value, name, None))
                    if definition is not None:
                        return self._defined(definition, args, keywords, node)
                return self.call_method(
                    function.owner, function.function.value, args, node, keywords
                )
            return self.call(function.function, [function.owner, *args], keywords, node)
        if isinstance(function, Closure):
            return self._inline_closure(function, args, keywords, node)
        if isinstance(function, ObjectBox):
            return self.call_method(function, "__call__", args, node, keywords)
        if not isinstance(function, Static):
            return self.opaque_call(self.node(function), args, keywords, node, None)
        return self._call_object(function, args, keywords, node)

    def _defined(
        self,
        definition: Callable[..., Any],
        args: list[Value],
        keywords: dict[str, Value],
        node: ast.AST,
    ) -> Value:
        """What a function of the standard library gives, by the function that spells it out."""

        def make() -> Value:
            return self._call_function(Static(definition), args, keywords, node)

        if definition in (reduce, fromkeys) or definition in IN_ORDER.values():
            return make()
        return self.made_once(make, STREAMS.get(definition), args, keywords, node)

    def _call_object(
        self, function: Static, args: list[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value:
        found = function.value
        if home_of(found) in TELLING and not any(map(self.is_array, args)):
            # What is said of the values, not what they are.
            shown = list(map(self.as_told, args))
            return self.opaque_call(self.static_node(function), shown, keywords, node, None)
        if isinstance(found, functools.partial):
            named = self.watched_keywords(found)
            bound = {key: self.wrap_argument(value) for key, value in named.items()}
            return self.call(
                self.adopt(found.func, None),
                [*map(self.wrap_argument, found.args), *args],
                {**bound, **keywords},
                node,
            )
        if _makes_of_entries(found) and len(args) == 2 and isinstance(args[0], Static):
            entries = self.known_items(self.as_list(args[1], node))
            if entries is not None:
                return self._construct(args[0], args[0].value, entries, {}, node)
        if isinstance(found, types.MethodType):
            given = [self.adopt(found.__self__, None), *args]
            return self.call(Static(found.__func__), given, keywords, node)
        asked = self.applied(found, self.read(args[0]), node) if len(args) == 1 else None
        if asked is not None:
            return asked
        if isinstance(found, types.MethodDescriptorType) and args:
            owner = self.read(args[0])
            if isinstance(owner, (ListBox, DictBox, TableBox, Place)):
                return self.call_method(owner, found.__name__, args[1:], node, keywords)
        builtin = self.builtin(found)
        if builtin is not None:
            with self.reading():
                return builtin(self, *by_position_of_builtin(found, args, keywords), node)
        if "numpy" in (home_of(found).partition(".")[0], type(found).__module__):
            self.calls_numpy = True
        called = self.array_call(found, args, keywords, node)
        if called is not None:
            return called
        if callable(found) and primitive_of(found) is not None:
            args, keywords = by_position(found, args, keywords)
            primitive = primitive_of(found, len(args))
            if primitive is not None and not keywords:
                return self._call_primitive(found, primitive, args)
        definition = definition_of(found)
        if definition is not None:
            return self._defined(definition, args, keywords, node)
        limits = None if keywords else self.machine_limits(function, args)
        if limits is not None:
            return limits
        if isinstance(found, type):
            return self._construct(function, found, args, keywords, node)
        if isinstance(found, functools._lru_cache_wrapper) and not keywords:
            parts = [self.static_value(arg) for arg in args]
            if all(known and isinstance(part, (type, str)) for known, part in parts):
                return self.wrap(found(*(part for _, part in parts)))
        if isinstance(found, functools._lru_cache_wrapper):
            with self.kept_results(node):
                return self._call_function(function, args, keywords, node)
        if isinstance(unwrap(found), types.FunctionType):
            return self._call_function(function, args, keywords, node)
        return self.opaque_call(self.static_node(function), args, keywords, node, None)

    def wrap_argument(self, found: Any) -> Value:
        return self.adopt(found, None)

    def array_call(
        self, found: Any, args: list[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value | None:
        """The value of a call of NumPy that is no element-wise function; None if it is none."""
        return None

    def _call_primitive(self, found: Any, primitive: Primitive, args: list[Value]) -> Value:
        home = home_of(found)
        plain = home in ("math", "builtins")
        nodes = tuple(self.node(arg) if plain else self.array_node(arg) for arg in args)
        nodes = tuple(map(self.python_number, nodes)) if home == "math" else nodes
        dotted = spelling(found)
        preferred = primitive.callables[0] if primitive.callables else dotted
        params = () if dotted in (preferred, None) else (dotted,)
        value = self.primitive(primitive, *nodes, params=params)
        return self.boxed(value) if primitive.part is None else ComplexResult(value, primitive.part)

    # --- the user's functions -------------------------------------------------------------

    def _call_function(
        self, function: Static, args: list[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value:
        """Lift the function's body here; what cannot be lifted stays an opaque call."""
        found = function.value
        if self.is_rule(found):
            return self.apply_rule(found, args, keywords, node)
        box = self.read(args[0]) if args else None
        if isinstance(box, ObjectBox) and box.instance is None and _is_generated(found):
            # ``super().__init__(...)`` of a dataclass.
            owner = next((k for k in box.type.__mro__ if vars(k).get("__init__") is found), None)
            if owner is not None:
                self._construct_dataclass(box, owner, args[1:], keywords, node)
                return Static(None)
        table = None if self.inside_foreign() else self.constant_call(function, args, keywords)
        if table is not None:
            return table
        try:
            source = source_of(found)
        except SourceError as error:
            return self.opaque_call(self.static_node(function), args, keywords, node, error)
        plain = source.function
        frame = Frame(source, None, plain.__globals__)
        if plain.__closure__:
            frame.cells = dict(zip(plain.__code__.co_freevars, plain.__closure__, strict=True))
        defaults = self._defaults(plain)
        keyword_defaults = self._keyword_defaults(plain)
        given = (args, keywords, defaults, keyword_defaults)
        state, mark, guards = dict(self.state), len(self.block.steps), len(self.graph.guards)
        try:
            home = home_of(found)
            package = home.partition(".")[0]
            if package in OF_TEXTS:
                raise self.unsupported("a function of texts", "Call it before.", node)
            if home.startswith(OF_TABLES):
                raise self.unsupported(f"a table of {package}", OF_COLUMNS, node)
            return self.run_callee(source, frame, given, node)
        except (NotDifferentiableError, UnsupportedError) as error:
            foreign = self.is_foreign(found) and not self.inside_foreign()
            alone = self.lifts_calls or is_lifted_only(error, [*args, *keywords.values()])
            if not foreign and alone:
                raise
            if not foreign and (self.has_other_ways() or self.ints_may_tell(error)):
                self.graph.keeps_calls = True
            if foreign:
                error = self.foreign_refusal(args, keywords, node, error)
            self.give_up(state, mark)
            self.graph.forget_guards(guards)
            called, args = self._on_class(function, args)
            return self.opaque_call(called, args, keywords, node, error)

    def _on_class(self, function: Static, args: list[Value]) -> tuple[Node, list[Value]]:
        """A function as it is written in a call, and its arguments: a class method is bound."""
        owner = args[0].value if args and isinstance(args[0], Static) else None
        name = getattr(function.value, "__name__", "")
        bound = getattr(owner, name, None) if isinstance(owner, type) else None
        if not isinstance(bound, types.MethodType) or bound.__func__ is not function.value:
            return self.static_node(function), args
        assert isinstance(owner, type)
        key = (owner.__module__, f"{owner.__qualname__}.{name}")
        return self.graph.reference(key, bound), args[1:]

    def _defaults(self, function: types.FunctionType) -> tuple[Value, ...]:
        # Of a function that was made in a bare namespace it is None.
        home: str | None = function.__module__
        if home is None or home.partition(".")[0] not in SETTLED:
            # What reloads modules in place gives functions other code.
            self.graph.guard(Route(function).attribute("__code__"), "is", function.__code__)
        found = function.__defaults__
        if found is None:
            return ()
        self.graph.guard(Route(function).attribute("__defaults__"), "is", found)
        return tuple(self.adopt(value, None) for value in found)

    def _keyword_defaults(self, function: types.FunctionType) -> dict[str, Value]:
        found = function.__kwdefaults__ or {}
        route = Route(function).attribute("__kwdefaults__")
        return {name: self.adopt(value, None, route.item(name)) for name, value in found.items()}

    def take_in(self, source: Source) -> None:
        """Note a function whose text goes in."""
        if self.read_text is not None:
            self.read_text(source.text)
        self.sources[source.file, source.tree.lineno] = source

    def _inline(
        self,
        tree: ast.FunctionDef | ast.Lambda,
        source: Source,
        frame: Frame,
        args: list[Value],
        keywords: dict[str, Value],
        defaults: tuple[Value, ...],
        keyword_defaults: dict[str, Value],
        node: ast.AST,
    ) -> Value:
        """Run a function's body in a frame of its own; its value."""
        given = args, keywords, defaults, keyword_defaults
        bound = self.bind_arguments(source, tree, *given, node)
        position = (
            self.frame.source.position(node)
            if self.frame.source and hasattr(node, "lineno")
            else None
        )
        outer, loops, here = self.frame, self.loops, self.here
        origin = self.graph.origin
        self.calls.append((source, position))
        self.take_in(source)
        self.frame, self.loops = frame, []
        try:
            return self.run_function(tree, frame, bound)
        finally:
            self.frame, self.loops, self.here = outer, loops, here
            self.graph.origin = origin
            self.calls.pop()
            self.leave(frame)

    def run_function(
        self, tree: ast.FunctionDef | ast.Lambda, frame: Frame, bound: dict[str, Value]
    ) -> Value:
        """The value of a function whose arguments are bound."""
        declare_names(tree, frame, bound)
        for name, value in bound.items():
            self.state[frame, name] = value
            nameless = isinstance(value, Node) and value not in self.graph.names
            if nameless and value.type == FLOAT and name.strip("_"):
                self.graph.arguments.setdefault(value, name)
        if isinstance(tree, ast.Lambda):
            return self.in_each_kind(tree.body)
        handed_on = items_handed_on(tree)
        if handed_on is not None:
            return self.call(Static(iter), [self.expression(handed_on)], {}, handed_on)
        flag = self.returned_flag()
        self.state[flag] = self.graph.constant(False)
        completion = self.statements(tree.body)
        self.completed(frame, completion)
        key = (frame, "return")
        if completion is Completion.FALLS:
            result: Value = Static(None)
        elif completion is Completion.RAISES:
            raise AlwaysRaises
        elif completion is Completion.EXITS:
            result = self.state.pop(key)
        else:
            returned = self.node(self.state[flag])
            value = self.returned_by(frame)
            with self.at(tree):
                result = self.choose_kind(
                    returned, lambda: value, lambda: Static(None), "statement"
                )
        self.state.pop(flag, None)
        return result

    def returned_by(self, frame: Frame) -> Value:
        """What a function returns on the paths on which it does."""
        return self.state.pop((frame, "return"))

    def completed(self, frame: Frame, completion: Completion) -> None:
        """Take note of how the body of a function ended."""

    # --- classes --------------------------------------------------------------------------

    def _construct(
        self,
        function: Static,
        found: type,
        args: list[Value],
        keywords: dict[str, Value],
        node: ast.AST,
    ) -> Value:
        """An instance of a class."""
        if typing.is_typeddict(found):
            return self.call(Static(dict), args, keywords, node)
        made_otherwise = _is_made_otherwise(found)
        if hasattr(found, "_fields") and issubclass(found, tuple) and not made_otherwise:
            self.check_container(found, node)
            fields: tuple[str, ...] = getattr(found, "_fields", ())
            defaults = getattr(found, "_field_defaults", {})
            values = dict(zip(fields, args, strict=False)) | keywords
            for name in fields:
                if name not in values and name in defaults:
                    values[name] = self.adopt(defaults[name], None)
            if set(values) == set(fields) and len(args) + len(keywords) <= len(fields):
                return TupleValue(tuple(values[name] for name in fields), found)
        if issubclass(found, BaseException) or found.__module__ == "builtins" or made_otherwise:
            return self.opaque_call(self.static_node(function), args, keywords, node, None)
        box = ObjectBox(None, found, None)
        self.state[box] = {}
        init = inspect.getattr_static(found, "__init__", None)
        if dataclasses.is_dataclass(found) and _is_generated(init):
            self._construct_dataclass(box, found, args, keywords, node)
            return box
        if isinstance(init, types.FunctionType):
            self.watch_class(found, "__init__")
            self._call_function(Static(init), [box, *args], keywords, node)
            return box
        if init is object.__init__:
            return box
        return self.opaque_call(self.static_node(function), args, keywords, node, None)

    def _construct_dataclass(
        self,
        box: ObjectBox,
        found: type,
        args: list[Value],
        keywords: dict[str, Value],
        node: ast.AST,
    ) -> None:
        given = self._fields_given(found, args, keywords, node)
        names = [field.name for field in dataclasses.fields(found)]
        declared: dict[str, Any] = getattr(found, "__dataclass_fields__", {})
        values: dict[str, Value] = {}
        for name, field in declared.items():
            value = given.get(name)
            if value is None and field.default is not dataclasses.MISSING:
                value = self.adopt(field.default, None)
            elif value is None and field.default_factory is not dataclasses.MISSING:
                value = self.call(self.adopt(field.default_factory, None), [], {}, node)
            elif value is None and field.init and name in names:
                raise self.unsupported(
                    f"`{found.__name__}` is made without `{name}`", "Give it.", node
                )
            if value is not None:
                values[name] = value
        held = {name: values[name] for name in names if name in values}
        self.state[box] = {**self.read(self.state[box]), **held}
        after = inspect.getattr_static(box.type, "__post_init__", None)
        if hasattr(found, "__post_init__") and isinstance(after, types.FunctionType):
            self.watch_class(box.type, "__post_init__")
            taken = [name for name in inspect.signature(found).parameters if name not in names]
            handed = [values[name] for name in taken if name in values]
            self._call_function(Static(after), [box, *handed], {}, node)

    def _fields_given(
        self, found: type, args: list[Value], keywords: dict[str, Value], node: ast.AST
    ) -> dict[str, Value]:
        """What the constructor of a dataclass is given, by the names of its parameters."""
        parameters = inspect.signature(found).parameters.values()
        places = [each.name for each in parameters if each.kind is not each.KEYWORD_ONLY]
        given = dict(zip(places, args, strict=False))
        known = {each.name for each in parameters} - set(given)
        if len(args) > len(places) or not known.issuperset(keywords):
            raise self.unsupported(
                f"a `{found.__name__}` that is given what it does not take",
                "Give it the fields that it has, each once.",
                node,
            )
        return {**given, **keywords}

    # --- methods --------------------------------------------------------------------------

    def call_method(
        self,
        owner: Value,
        name: str,
        args: list[Value],
        node: ast.AST,
        keywords: dict[str, Value] | None = None,
    ) -> Value:
        """``owner.name(*args)`` for containers, strings and objects."""
        keywords = keywords or {}
        owner = self.read(owner)
        if isinstance(owner, ObjectBox):
            function = self.attribute(owner, name, node)
            return self.call(function, args, keywords, node)
        handler = self.container_method(owner, name)
        if handler is not None:
            result: Value = handler(self, owner, args, keywords, node)
            return result
        known, found = self.static_value(owner)
        if known and not keywords:
            if name == "join" and isinstance(found, str) and len(args) == 1:
                args = [self.known_words(args[0])]
            parts = [self.static_value(arg) for arg in args]
            if all(is_known for is_known, _ in parts) and isinstance(found, KNOWING):
                return self.told(getattr(found, name)(*(part for _, part in parts)), node)
        if isinstance(owner, (ListBox, DictBox, Place)):
            raise self.unsupported(
                f"the method `{name}` of a {type(owner).__name__[:-3].lower() or 'list'}",
                "Write it as a loop.",
                node,
            )
        if isinstance(owner, Static) and callable(getattr(owner.value, name, None)):
            bound = getattr(owner.value, name)
            if isinstance(bound, types.MethodType):
                owned = self.adopt(bound.__self__, owner.node_of(bound.__self__))
                return self.call(Static(bound.__func__), [owned, *args], keywords, node)
        self._check_method(owner, name, [*args, *keywords.values()], node)
        base = self.node(owner)
        nodes = [self.node(arg) for arg in (*args, *keywords.values())]
        known, _ = self.static_value(owner)
        text = ast.unparse(node.func) if known and isinstance(node, ast.Call) else ""
        refusal = self.unsupported(
            f"cannot differentiate through `{text}`"
            if text
            else f"cannot differentiate through the method `{name}`",
            "Only methods of lists, dicts and the user's own classes are understood.",
            node,
        )
        return self.block.add(
            CALL,
            (base, *nodes),
            (f"_0_.{name}({', '.join(argument_places(len(args), keywords))})", DYNAMIC, refusal),
            DYNAMIC,
        )

    def told(self, found: Any, node: ast.AST) -> Value:
        """What something known tells when it is asked at ``node``: of lists a new one each time."""
        if isinstance(found, Iterator):
            found = list(found)
        if type(found) is tuple:
            return TupleValue(tuple(self.told(part, node) for part in found))
        if type(found) is not list:
            return self.wrap(found)
        made = self.new_list(node)
        self.state[made] = [self.told(part, node) for part in found]
        return made

    # Given by the other parts of the lifter.

    def run_callee(self, source: Source, frame: Frame, given: Given, node: ast.AST) -> Value:
        raise NotImplementedError

    def _inline_closure(
        self, function: Closure, args: list[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value:
        raise NotImplementedError

    def builtin(self, found: Any) -> Builtin | None:
        raise NotImplementedError

    def container_method(self, owner: Value, name: str) -> Callable[..., Value] | None:
        raise NotImplementedError

    def is_rule(self, found: Any) -> bool:
        raise NotImplementedError

    def apply_rule(
        self, found: Any, args: list[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value:
        raise NotImplementedError


def _is_generated(init: Any) -> bool:
    """Whether a constructor is the one that ``dataclass`` writes for the fields."""
    return isinstance(init, types.FunctionType) and init.__code__.co_filename == "<string>"


def _makes_of_entries(found: Any) -> bool:
    """Whether it is the ``_make`` of NamedTuples."""
    return getattr(found, "__name__", "") == "_make" and home_of(found) == "collections"


def _is_made_otherwise(kind: type) -> bool:
    """Whether calling a class does more, or less, than to initialise a new instance."""
    if isinstance(inspect.getattr_static(type(kind), "__call__"), types.FunctionType):
        return True
    owner = next(each for each in kind.__mro__ if "__new__" in vars(each))
    return owner.__module__ != "builtins" and "_fields" not in vars(owner)
