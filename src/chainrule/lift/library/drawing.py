"""Calls that draw random numbers from a generator with a seed; others are refused.

z = rng.normal(mu, sigma, n)                  z = mu + sigma * rng.standard_normal(n)
"""

from __future__ import annotations

import ast
import sys
from types import ModuleType

from chainrule.errors import UnsupportedError
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, INT, OPAQUE, Type, array_of, broadcast_axes, dtype_of
from chainrule.lift.arrays.calls import NumpyCalls
from chainrule.lift.calls.callees import home_of
from chainrule.lift.library.draws import (
    BY_AXES,
    COUNTS,
    MODULES,
    NUMBERS,
    PLAIN_COUNTS,
    PLAIN_NUMBERS,
    SCALED,
    class_hidden_in,
    hidden_generator,
    is_generator_class,
    makes_generator,
    seeded_module,
)
from chainrule.lift.values import ListBox, Static, Value
from chainrule.primitives.arrays.creation import axes_of_sizes
from chainrule.primitives.effect import DRAW

Arguments = list[Value]
Keywords = dict[str, Value]
RANDOM = (
    "Its result is random: draw it from a generator with a seed, pass the sample in as a "
    "parameter, or mark it with stop_gradient(...) outside."
)


class Drawing(NumpyCalls):
    """Lifts what draws random numbers."""

    def _call_object(
        self, function: Static, args: Arguments, keywords: Keywords, node: ast.AST
    ) -> Value:
        found = function.value
        makes, hidden = makes_generator(found), hidden_generator(found)
        if not makes and hidden is None and home_of(found) not in MODULES:
            return super()._call_object(function, args, keywords, node)
        given = [self.static_value(value) for value in (*args, *keywords.values())]
        with_seed = bool(given) and (True, None) not in given
        if with_seed and (makes or seeded_module(found) is not None):
            return self._kept_draw(function, args, keywords, OPAQUE, node)
        if hidden is not None and self._has_seed(hidden):
            name = str(getattr(found, "__name__", ""))
            return self._draw(Static(hidden), function, name, args, keywords, node)
        raise self.unsupported(f"cannot differentiate through `{_text(node)}`", RANDOM, node)

    def _has_seed(self, module: ModuleType) -> bool:
        """Whether the generator that a module hides has surely been given a seed by now."""
        steps = (step for block in self.block.around() for step in block.steps)
        calls = (step.args[0] for step in steps if step.op is DRAW)
        called = (self.graph.references.get(each.params[0]) for each in calls if each.params)
        return any(seeded_module(found) is module for found in called)

    def call_method(
        self,
        owner: Value,
        name: str,
        args: Arguments,
        node: ast.AST,
        keywords: Keywords | None = None,
    ) -> Value:
        held = self.read(owner)
        kind = self.known_classes.get(held) if isinstance(held, Node) else None
        if kind is None or not is_generator_class(kind):
            return super().call_method(owner, name, args, node, keywords)
        return self._draw(held, None, name, args, keywords or {}, node)

    def _draw(
        self,
        owner: Value,
        function: Static | None,
        name: str,
        args: Arguments,
        keywords: Keywords,
        node: ast.AST,
    ) -> Value:
        """What a method of a generator gives, or a function of the module that hides one."""
        kind = (
            self.known_classes[owner] if isinstance(owner, Node) else class_hidden_in(owner.value)
        )
        scaled = SCALED[kind.__name__].get(name)
        sized = name in NUMBERS or name in COUNTS
        parameters = {**NUMBERS, **COUNTS}[name].split() if sized else []
        given = [value for key, value in keywords.items() if key != "size"]
        given += args[: len(parameters)] if kind.__name__ != "Random" else args
        known = all(self.constant_of(value)[0] for value in given)
        if scaled is not None and not known and not any(map(self.is_array, given)):
            return self._call_function(Static(scaled), [owner, *args], keywords, node)
        if kind.__name__ == "Random":
            whole = name in PLAIN_COUNTS
            if not whole and name not in PLAIN_NUMBERS:
                raise self._not_drawn(kind, name, node)
            type_: Type = INT if whole else FLOAT
        elif name in BY_AXES:
            type_ = self._type_of_sizes(args, "float64", node) if args else FLOAT
        elif sized and not {*keywords} - {*parameters, "size"}:
            shape = keywords.get("size", args[len(parameters)] if args[len(parameters) :] else None)
            dtype = "int64" if name in COUNTS else "float64"
            type_ = self._type_of_draw(shape, given, dtype, node)
        elif name in ("permutation", "choice"):
            type_ = self._type_of_chosen(kind, name, args, keywords, node)
        else:
            raise self._not_drawn(kind, name, node)
        return self._kept_draw(function or owner, args, keywords, type_, node, name)

    def _type_of_draw(
        self, shape: Value | None, given: Arguments, dtype: str, node: ast.AST
    ) -> Type:
        if shape is not None and self.static_value(shape) != (True, None):
            return self._type_of_sizes([shape], dtype, node)
        arrays = [self.node(value).type for value in given if self.is_array(value)]
        if any(isinstance(self.read(value), ListBox) for value in given) and not arrays:
            raise self.unsupported(
                "a draw whose parameters are lists", "Give them as arrays.", node
            )
        if arrays:
            return array_of(dtype, broadcast_axes(tuple(arrays)))
        return INT if dtype == "int64" else FLOAT

    def _type_of_sizes(self, shape: Arguments, dtype: str, node: ast.AST) -> Type:
        sizes = [size for part in shape for size in self.sizes(part, node)]
        return array_of(dtype, axes_of_sizes(tuple(sizes)))

    def _type_of_chosen(
        self, kind: type, name: str, args: Arguments, keywords: Keywords, node: ast.AST
    ) -> Type:
        """The type of positions that are chosen, or of entries of an array with one axis."""
        if not args or {*keywords} - {"size", "replace", "p"}:
            raise self._not_drawn(kind, name, node)
        source = self.node(args[0])
        whole = source.type == INT
        axes = () if whole else broadcast_axes((source.type,))
        if not whole and (len(axes) != 1 or not self.is_array(args[0])):
            raise self._not_drawn(kind, name, node)
        dtype = "int64" if whole else dtype_of(source.type)
        if name == "permutation":
            return array_of(dtype, (False,) if whole else axes)
        shape = keywords.get("size", args[1] if args[1:] else None)
        if shape is not None and self.static_value(shape) != (True, None):
            return self._type_of_sizes([shape], dtype, node)
        return FLOAT if dtype.startswith("float") else INT

    def _not_drawn(self, kind: type, name: str, node: ast.AST) -> UnsupportedError:
        return self.unsupported(
            f"`{name}` of a {kind.__name__}",
            "Draw numbers or arrays of them, or pass the sample in as a parameter.",
            node,
        )

    def _kept_draw(
        self,
        owner: Value,
        args: Arguments,
        keywords: Keywords,
        type_: Type,
        node: ast.AST,
        name: str = "",
    ) -> Value:
        """The call as it stands, once and in its place among the others."""
        nodes = [self.node(owner)]
        parts = []
        for key, value in [*((None, arg) for arg in args), *keywords.items()]:
            parts.append(f"{key}=_{len(nodes)}_" if key else f"_{len(nodes)}_")
            nodes.append(self.node(value))
        called = f"_0_.{name}" if isinstance(owner, Node) else "_0_"
        refusal = self.unsupported(
            f"cannot differentiate through `{_text(node)}`",
            "What is drawn hangs on what is differentiated: draw a standard sample, and compute "
            "with it.",
            node,
        )
        text = f"{called}({', '.join(parts)})"
        made = self.block.add(DRAW, tuple(nodes), (text, type_, refusal), type_)
        if isinstance(owner, Static) and makes_generator(owner.value):
            found = owner.value
            generator = found if isinstance(found, type) else sys.modules["numpy.random"].Generator
            self.known_classes[made] = generator
        return self.boxed(made)


def _text(node: ast.AST) -> str:
    return ast.unparse(node.func) if isinstance(node, ast.Call) else "this function"
