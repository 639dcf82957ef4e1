"""Parameters of the lifted function: from example arguments, annotations or use, to values."""

from __future__ import annotations

import ast
import dataclasses
import enum
import functools
import inspect
import re
import types
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, get_args, get_origin

from chainrule.errors import ArgumentError, NotDifferentiableError
from chainrule.graph.block import NO_DEFAULT, Graph, SignatureParameter
from chainrule.graph.guard import Argument, Given, Route, is_of_argument
from chainrule.graph.node import Node
from chainrule.graph.structure import Structure
from chainrule.graph.traits import has
from chainrule.graph.types import (
    BOOL,
    COMPLEX,
    DYNAMIC,
    FLOAT,
    INT,
    OPAQUE,
    Array,
    Type,
    array_of,
)
from chainrule.graph.types import (
    Sequence as SequenceType,
)
from chainrule.lift.arrays.boxes import array_type, dtype_name, is_ndarray, strange_array
from chainrule.lift.arrays.complex_parts import ComplexParts
from chainrule.lift.arrays.memory import given_layout
from chainrule.lift.arrays.subclasses import redefined
from chainrule.lift.library.contents import container_of
from chainrule.lift.library.dates import is_date
from chainrule.lift.library.draws import is_generator
from chainrule.lift.library.object_sets import IN_PLACE_OF
from chainrule.lift.objects.closed import is_closed
from chainrule.lift.objects.hooks import what_differs
from chainrule.lift.objects.stored import held
from chainrule.lift.records.layout import attributes_of, is_plain
from chainrule.lift.values import (
    ArrayBox,
    Closure,
    DictBox,
    ListBox,
    Method,
    ObjectBox,
    PartialCall,
    Place,
    Static,
    TupleValue,
    Value,
    is_made,
)
from chainrule.lift.watching import is_plain_sequence
from chainrule.primitives import sequence

MISSING = object()
KINDS: dict[str, Type] = {
    "float": FLOAT,
    "int": INT,
    "bool": BOOL,
    "str": OPAQUE,
    "object": OPAQUE,
    "optional": DYNAMIC,
    "list[float]": SequenceType(FLOAT),
    "list[int]": SequenceType(INT),
    "list[str]": SequenceType(OPAQUE),
    "list[list[float]]": SequenceType(SequenceType(FLOAT)),
    "tuple[float, ...]": SequenceType(FLOAT, "tuple"),
}


# ``float[n, m]``: a dtype and the lengths of the axes, of which only 1 is told apart.
ARRAY_KIND = re.compile(r"(float|float64|float32|float16|int|int64|bool)\[([\w*, ]+)\]")
DTYPES = {"float": "float64", "int": "int64"}


def kind_type(text: str) -> Type | None:
    """The type that a kind such as ``float``, ``list[float]`` or ``float[n, 1]`` names."""
    found = ARRAY_KIND.fullmatch(text.strip())
    if found is None:
        return KINDS.get(text)
    dtype, lengths = found.groups()
    axes = tuple(length.strip() == "1" for length in lengths.split(","))
    return array_of(DTYPES.get(dtype, dtype), axes)


# Lists of up to so many numbers, also in lists in them, may be taken entry by entry.
MOST_ENTRIES = 32


def is_short(example: Any) -> bool:
    """Whether it is a list of few numbers, or of a few lists of such."""
    return isinstance(example, list) and 0 < _count(example) <= MOST_ENTRIES


def _count(example: Any) -> int:
    return sum(map(_count, example)) if isinstance(example, list) else 1


class Parameters(ComplexParts):
    """Makes the values of parameters."""

    def example_value(
        self,
        name: str,
        example: Any,
        read: Callable[[Type], Node],
        route: Route | None = None,
    ) -> Value:
        """A parameter whose argument is like ``example``.

        ``read`` makes the node that reads it, ``route`` leads to the argument.
        """
        route = route or Route(Argument(name))
        if type(example) in (float, int, bool):
            plain = read(self.static_type(example))
            if type(example) is int:
                self.graph.given[plain] = Given(route, (example,))
            return plain
        if isinstance(example, enum.Enum):
            self.graph.guard(route, "is", example)
            return Static(example)
        if (like := _number_like(example)) is not None:
            number = read(like)
            self.number_types[number] = (type(example),)
            if is_ndarray(example):
                self.graph.given[number] = Given(route, ())
            return number
        if (number_type := complex_type(example)) is not None:
            number = read(number_type)
            self.number_types[number] = (type(example),)
            return number
        if example is None or isinstance(example, (str, bytes)):
            if self.watched_words:
                self.graph.guard(route, "equals", example)
            return Static(example)
        if (difference := what_differs(example)) is not None:
            raise ArgumentError(
                f"argument `{name}` is a {type(example).__name__}, {difference}",
                remedy="Pass a plain list, tuple or dict.",
            )
        if isinstance(example, list):
            type_ = example_type(example)
            if self.by_entries and is_short(example):
                self.graph.guard(route, "length", len(example))
            elif type_ is not None:
                box = ListBox(parameter=True)
                given = self.state[box] = read(type_)
                self.given_lists[given] = route, len(example)
                self.reach(box, route)
                return box
            return self.structured_list(name, example, read, route)
        if isinstance(example, tuple):
            return self._tuple_value(name, example, read, route)
        if isinstance(example, dict):
            box_node = read(OPAQUE)
            content = {
                key: self.example_value(
                    name, item, partial(self.entry, box_node, key), route.item(key)
                )
                for key, item in example.items()
            }
            dict_box = DictBox()
            dict_box.kind = type(example)
            dict_box.parameter, dict_box.whole = True, box_node
            self.state[dict_box] = content
            self.reach(dict_box, route)
            return dict_box
        if is_date(example) or is_generator(example):
            self.graph.guard(route, "type", type(example))
            return self.known_object(read(OPAQUE), example)
        if isinstance(
            example, (types.FunctionType, types.MethodType, types.BuiltinFunctionType, type)
        ) or has(example, "func"):
            return Static(example)
        instead = strange_array(example)
        if instead is not None:
            raise ArgumentError(
                f"argument `{name}` is a {type(example).__name__}", remedy=f"Pass {instead}."
            )
        own = redefined(example)
        if own is not None:
            raise ArgumentError(
                f"argument `{name}` is a {type(example).__name__}, an array whose class defines "
                f"`{own}` in a way of its own",
                remedy="Pass np.asarray(...).",
            )
        if is_ndarray(example):
            if type(example).__name__ != "ndarray":
                self.array_classes = (*self.array_classes, type(example))
            return self._array_value(name, example, read, route)
        if self._is_wanted(route) and is_closed(example):
            raise NotDifferentiableError(
                f"parameter `{name}` holds a {type(example).__name__} of numbers, like which no "
                "gradient is laid out",
                remedy="Keep the numbers in a list, a tuple or a dict.",
            )
        box_node = read(OPAQUE)
        owner = ObjectBox(example, type(example), box_node)
        owner.route = route
        self.state[owner] = {}
        self.reach(owner, route)
        self.objects[id(example)] = owner
        return owner

    def is_data(self, found: Any, route: Route) -> bool:
        if type(found) in (list, tuple, dict) or (
            isinstance(found, tuple) and is_plain_sequence(type(found))
        ):
            return True
        # Of others a gradient is laid out as they are where one is asked for.
        return isinstance(found, dict) and self._is_wanted(route) and what_differs(found) is None

    def _is_wanted(self, route: Route | None) -> bool:
        """Whether what is there is differentiated by."""
        return is_of_argument(route) and route.root.name in self.wanted

    def _original(self, owner: ObjectBox, name: str) -> Value:
        found = held(owner.instance, name)
        if not self.taken_in and self._is_wanted(owner.route) and is_closed(found):
            raise self.unsupported(
                f"numbers in a {type(found).__name__}, which is an attribute of a parameter that "
                "is differentiated by",
                "Keep them in a list, a tuple or a dict.",
            )
        return super()._original(owner, name)

    def _array_value(
        self, name: str, example: Any, read: Callable[[Type], Node], route: Route
    ) -> Value:
        if not dtype_name(example).startswith(("float", "int", "uint", "bool", *COMPLEX)):
            raise ArgumentError(
                f"argument `{name}` is an array of {example.dtype}",
                remedy="Pass an array of numbers; objects, texts and dates are not supported.",
            )
        node = read(array_type(example))
        lengths = all(isinstance(length, int) for length in example.shape)
        shape = tuple(example.shape) if lengths else None
        self.graph.given[node] = Given(route, shape, type(example))
        box = self.boxed(node)
        if not example.shape:
            self.number_types[node] = (type(example),)
        if isinstance(box, ArrayBox):
            box.parameter = True
            self.reach(box, route)
            box.layout = self.layouts[node] = given_layout(example, route)
        return box

    def _reader(self, base: Node, text: str) -> Callable[[Type], Node]:
        return lambda type_: self.verbatim(f"_0_{text}", base, type=type_, pure=True)

    # How many of the lists around are such that the words in them shape the code.
    watched_words = 0

    def structured_list(
        self, name: str, example: list[Any], read: Callable[[Type], Node], route: Route
    ) -> Value:
        base = read(OPAQUE)
        self.graph.given[base] = Given(route, (len(example),))
        items = [
            self.example_value(name, item, self._reader(base, f"[{k}]"), route.item(k))
            for k, item in enumerate(example)
        ]
        box = ListBox(parameter=True)
        box.whole = base
        self.state[box] = items
        self.reach(box, route)
        return box

    def _tuple_value(
        self, name: str, example: tuple[Any, ...], read: Callable[[Type], Node], route: Route
    ) -> Value:
        named = type(example) if hasattr(example, "_fields") else None
        type_ = example_type(example)
        if type_ is not None and named is None:
            base = read(type_)
            if len(example) > 16:
                self.given_lists[base] = route, len(example)
                return base
            self.graph.given[base] = Given(route, (len(example),), tuple)

            def reader(position: int) -> Callable[[Type], Node]:
                return lambda _: self.primitive(sequence.index, base, self.graph.constant(position))

            return TupleValue(
                tuple(
                    self.example_value(name, item, reader(k), route.item(k))
                    for k, item in enumerate(example)
                )
            )
        base = read(OPAQUE)
        self.graph.given[base] = Given(route, (len(example),), type(example))
        fields = getattr(example, "_fields", None)
        items = tuple(
            self.example_value(
                name,
                item,
                self._reader(base, f".{fields[k]}" if fields else f"[{k}]"),
                route.item(k),
            )
            for k, item in enumerate(example)
        )
        return TupleValue(items, named)

    def kind_value(self, type_: Type, read: Callable[[Type], Node]) -> Value:
        """A parameter of which only the type is known."""
        node = read(type_)
        if isinstance(type_, Array):
            self.graph.given[node] = Given()
        if isinstance(type_, SequenceType) and type_.kind == "list":
            box = ListBox(parameter=True)
            self.state[box] = node
            return box
        value = self.boxed(node)
        if isinstance(value, ArrayBox):
            value.parameter = True
        return value

    def structure(self, value: Value) -> Structure:
        """The layout of a parameter or result."""
        value = self.read(value)
        if isinstance(value, TupleValue):
            parts = tuple(map(self.structure, value.items))
            if getattr(value.named, "_extra_fields", ()):
                raise self.unsupported(
                    "a whole result of SciPy's with fields that it has by name only",
                    "Return the fields that are meant.",
                )
            if value.named is not None:
                key = self.reference_key(value.named)
                self.graph.reference(key, value.named)
                return Structure("object", None, parts, (key, *getattr(value.named, "_fields", ())))
            return Structure("tuple", None, parts)
        if self.is_array(value):
            node = self.node(value)
            return Structure("leaf" if node.type.differentiable else "static", node)
        if isinstance(value, ListBox):
            content = self.content(value)
            if isinstance(content, list):
                return Structure("list", None, tuple(map(self.structure, content)))
            return Structure("leaf", content)
        if isinstance(value, DictBox):
            content = self.entries(value)
            return Structure(
                "dict", None, tuple(map(self.structure, content.values())), tuple(content)
            )
        if isinstance(value, ObjectBox):
            return self._object_structure(value)
        if isinstance(value, Static):
            return Structure("static", self.static_node(value))
        if isinstance(value, Place):
            return Structure("leaf", self.node(value))
        node = self.node(value)
        return Structure("leaf" if node.type.differentiable else "static", node)

    # The objects around that are taken apart.
    taken_in: tuple[ObjectBox, ...] = ()
    # Whether this is the result of the whole function, in which objects of the caller's may be.
    is_result = False

    def _object_structure(self, value: ObjectBox) -> Structure:
        kind = IN_PLACE_OF.get(value.type)
        if kind is not None and not is_plain(kind):
            raise self.unsupported(
                f"a {kind.__name__} as a result",
                "Return a list of its entries: `list(...)`.",
            )
        if value.instance is None and (base := container_of(value.type)) is not None:
            raise self.unsupported(
                f"a {value.type.__name__}, which is derived from {base.__name__}, as a result",
                f"Return a {base.__name__} of its entries.",
            )
        fields = dataclasses.is_dataclass(value.type)
        apart = fields or (self.by_attributes and attributes_of(value.instance))
        if value in self.taken_in or not (apart or is_made(value)):
            return self._given_object(value)
        return self._attributes_layout(value)

    def _check_is_data(self, owner: ObjectBox, name: str, held: Value) -> None:
        """Refuse an object as a result that holds a function which was made here."""
        if isinstance(held, (Closure, Method, PartialCall)):
            raise self.unsupported(
                f"a {owner.type.__name__} as a result, which holds a function, `{name}`",
                "Return the numbers that it holds: `result.data`.",
            )

    def _given_object(self, value: ObjectBox) -> Structure:
        """The layout of an object that the function has not made."""
        found = Structure("static", self.object_node(value))
        if value in self.taken_in or not (self.is_result and attributes_of(value.instance)):
            return found
        layout = self._attributes_layout(value)
        held = any(leaf.type.differentiable for leaf in layout.leaves())
        return Structure("given", found.node, (layout,)) if held else found

    def _attributes_layout(self, value: ObjectBox) -> Structure:
        """The layout of the attributes of an object."""
        kind = IN_PLACE_OF.get(value.type, value.type)
        plain = is_plain(kind)
        if plain and dataclasses.is_dataclass(kind):
            names = tuple(field.name for field in dataclasses.fields(kind))
        elif value.instance is not None and not self.is_result:
            names = attributes_of(value.instance)
        else:
            names = tuple(self.attributes_of(value))
        key = self.reference_key(kind)
        self.graph.reference(key, kind)
        outer, self.taken_in = self.taken_in, (*self.taken_in, value)
        try:
            values = [self._object_attribute(value, name, ast.Pass()) for name in names]
            for name, held in zip(names, values, strict=True):
                self._check_is_data(value, name, held)
            parts = tuple(map(self.structure, values))
        finally:
            self.taken_in = outer
        return Structure("object" if plain else "instance", None, parts, (key, *names))


# NumPy's numbers that stand alone, and fractions, by what they stand for.
NUMBERS_LIKE: dict[str, Type] = {
    **dict.fromkeys(("float16", "float32", "float64", "Fraction"), FLOAT),
    **{f"{sign}int{bits}": INT for sign in ("", "u") for bits in (8, 16, 32, 64)},
    **dict.fromkeys(("bool", "bool_"), BOOL),
}


def _number_like(example: Any) -> Type | None:
    """The type of a number that is none of Python's own."""
    kind = type(example)
    if kind.__module__ not in ("numpy", "fractions"):
        return None
    return NUMBERS_LIKE.get(kind.__name__)


def complex_type(example: Any) -> Type | None:
    """The type of a complex number, which is constant; None of what is none."""
    if type(example) is complex:
        return array_of("complex128", ())
    if type(example).__module__ == "numpy" and type(example).__name__ in COMPLEX:
        return array_of(type(example).__name__, ())
    return None


def example_type(example: Any) -> Type | None:
    """Type of a uniform list or tuple of numbers, nested or not; None when it is not uniform."""
    if type(example) is bool:
        return None
    if type(example) is int:
        return INT
    if type(example) is float or _number_like(example) == FLOAT:
        return FLOAT
    if (like := _number_like(example)) is not None:
        return INT if like == INT else None
    if type(example) in (list, tuple):
        # Empty lists among others are of their type.
        filled = [item for item in example if type(item) is not list or item] or example
        kinds = {example_type(item) for item in filled}
        kind = "tuple" if isinstance(example, tuple) else "list"
        if not kinds:
            return SequenceType(FLOAT, kind)
        if kinds == {INT, FLOAT}:
            return SequenceType(FLOAT, kind)
        if len(kinds) == 1 and None not in kinds:
            (item,) = kinds
            assert item is not None
            lists = isinstance(item, SequenceType) and item.kind == "list"
            return SequenceType(item, kind) if lists or len(filled) == len(example) else None
    return None


def column_type(values: list[Any]) -> Type | None:
    """Type of a list of one field's values, which are numbers or lists of such; else None."""
    kinds = {example_type(value) for value in values}
    return example_type(values) if None not in kinds else None


def annotated_type(annotation: Any) -> Type | None:
    """Type of an annotation that says enough."""
    if annotation in (float, "float"):
        return FLOAT
    if annotation in (int, "int"):
        return INT
    if annotation in (bool, "bool"):
        return BOOL
    if annotation in (str, "str"):
        return OPAQUE
    if isinstance(annotation, str):
        return KINDS.get(annotation)
    origin = get_origin(annotation)
    if origin is types.UnionType:
        kinds = [annotated_type(arg) for arg in get_args(annotation) if arg is not type(None)]
        return DYNAMIC if FLOAT in kinds or INT in kinds else None
    if origin in (list, tuple):
        inner = [annotated_type(arg) for arg in get_args(annotation) if arg is not Ellipsis]
        if inner and inner[0] is not None and all(kind == inner[0] for kind in inner):
            return SequenceType(inner[0], "tuple" if origin is tuple else "list")
    return None


@functools.lru_cache(maxsize=64)
def used_types(tree: ast.FunctionDef | ast.Lambda) -> Mapping[str, Type]:
    """What names are used as that are no numbers: lists where indexed or looped over."""
    found: dict[str, Type] = {}
    for node in ast.walk(tree):
        for name, type in _uses(node):
            found.setdefault(name, type)
    return found


def _uses(node: ast.AST) -> Iterator[tuple[str, Type]]:
    """Names that this node uses as something else than a number."""
    match node:
        case ast.Subscript(value=ast.Name(id=name), slice=key) if _is_text(key) or _is_axes(key):
            yield name, OPAQUE
        case ast.Subscript(value=ast.Name(id=name)):
            yield name, SequenceType(FLOAT)
        case ast.For(iter=items) | ast.comprehension(iter=items):
            yield from ((name, SequenceType(FLOAT)) for name in _looped_over(items))
        case ast.Call(func=ast.Name(id="len" | "sum"), args=args):
            names = (arg.id for arg in args if isinstance(arg, ast.Name))
            yield from ((name, SequenceType(FLOAT)) for name in names)
        case ast.Attribute(value=ast.Name(id=name)):
            yield name, OPAQUE
        case ast.Compare(left=ast.Name(id=name), comparators=[word, *_]) if _is_text(word):
            yield name, OPAQUE
        case ast.Assign(value=ast.Name(id=name), targets=[ast.Tuple() | ast.List(), *_]):
            yield name, SequenceType(FLOAT, "tuple")


def _is_text(node: ast.AST) -> bool:
    """Whether this is a text, or several."""
    parts = node.elts if isinstance(node, (ast.Tuple, ast.List, ast.Set)) else [node]
    return any(isinstance(part, ast.Constant) and isinstance(part.value, str) for part in parts)


def _is_axes(key: ast.expr) -> bool:
    """Whether a subscript has several parts, as those of matrices have."""
    return isinstance(key, ast.Tuple) and len(key.elts) > 1


def _looped_over(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name):
            yield name
        case ast.Call(func=ast.Name(id="zip" | "enumerate" | "reversed"), args=args):
            for arg in args:
                yield from _looped_over(arg)


def annotation_text(parameter: inspect.Parameter) -> str | None:
    """An annotation as the user wrote it, as far as that is known; None where there is none."""
    annotation = parameter.annotation
    if annotation is inspect.Parameter.empty:
        return None
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def signature_parameters(
    graph: Graph,
    signature: inspect.Signature,
    nodes: Mapping[str, Node],
    values: Mapping[str, Value],
) -> tuple[SignatureParameter, ...]:
    """The parameters of the emitted function."""
    found = []
    for parameter in signature.parameters.values():
        default = NO_DEFAULT if parameter.default is inspect.Parameter.empty else parameter.default
        text = annotation_text(parameter)
        node, value = nodes.get(parameter.name), values.get(parameter.name)
        called = isinstance(value, Static) and callable(value.value)
        kind = parameter.kind.name
        found.append(SignatureParameter(parameter.name, kind, default, text, node, called))
    return tuple(found)
