"""Calls that draw random numbers from a generator with a seed; others are refused.

A sample has the slopes that :mod:`chainrule.primitives.drawn` gives it by the parameters of its
distribution.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Container
from types import ModuleType

from chainrule.errors import UnsupportedError
from chainrule.graph.block import CONSTANT
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, INT, OPAQUE, Type, array_of, broadcast_axes, unit_axes_of
from chainrule.lift.arrays.calls import NumpyCalls
from chainrule.lift.calls.callees import home_of
from chainrule.lift.library.draws import (
    MODULES,
    class_hidden_in,
    hidden_generator,
    is_generator_class,
    makes_generator,
    seeded_module,
)
from chainrule.lift.library.samplers import OF_ENTRIES, PYTHON, SAMPLERS, Sampler
from chainrule.lift.spelling import argument_places
from chainrule.lift.values import Static, TupleValue, Value
from chainrule.primitives.arrays.creation import axes_of_sizes
from chainrule.primitives.custom import stopped
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
        sampler = SAMPLERS[kind.__name__].get(name)
        if sampler is None:
            raise self._not_drawn(kind, name, node)
        try:
            bound: Keywords = dict(sampler.signature.bind(*args, **keywords).arguments)
        except TypeError:
            raise self.unsupported(
                f"this call of `{name}`", "Call it with the arguments that it takes.", node
            ) from None
        drawn_from = function or owner
        if name in OF_ENTRIES:
            return self._of_entries(drawn_from, kind.__name__, name, bound, node)
        type_ = self._type_drawn(sampler, bound, node)
        made = self._kept_draw(drawn_from, args, keywords, type_, node, name, sampler.moving_keys)
        moving = [bound[each] for each in sampler.moving if each in bound]
        if sampler.moves is None or all(self.node(each).op is CONSTANT for each in moving):
            return self.boxed(made)
        parameters = [
            self.array_node(bound[each]) if each in bound else self.graph.constant(default)
            for each, default in sampler.moving_defaults
        ]
        return self.boxed(self.primitive(sampler.moves, made, *parameters))

    def _of_entries(
        self, owner: Value, kind: str, name: str, bound: Keywords, node: ast.AST
    ) -> Value:
        """``rng.choice(data, n)`` is ``data[rng.choice(len(data), n)]``, by the same chance."""
        sampler = SAMPLERS[kind][name]
        first = next(iter(sampler.signature.parameters))
        held = self.read(bound[first])
        count = held
        if not isinstance(held, Node) or held.type != INT:
            if "axis" in bound:
                raise self.unsupported(
                    f"`axis` of `{name}`", "Draw indices, and take the rows at these.", node
                )
            if kind != PYTHON and not self.is_array(held):
                held = self.read(self.boxed(self.array_node(held)))
            count = self.length_of(held)
        if kind == PYTHON:
            text = "_0_(range(_1_))" if isinstance(owner, Static) else "_0_.choice(range(_1_))"
            at = self.block.add(DRAW, (self.node(owner), count), (text, INT, None), INT)
            return self.item(held, at, node)
        places = {**bound, first: count}
        type_ = self._type_drawn(sampler, places, node)
        given = [places.pop(first)]
        drawn = self.boxed(self._kept_draw(owner, given, places, type_, node, name))
        if count is held:
            return drawn
        return self.array_item(held, *self.subscript_values(drawn, node))

    def _is_nothing(self, value: Value) -> bool:
        return self.static_value(value) == (True, None)

    def _type_drawn(self, sampler: Sampler, bound: Keywords, node: ast.AST) -> Type:
        """What a sampler gives: a number, or an array of so many axes."""
        parameters = sampler.signature.parameters
        size = bound.get("size", Static(None))
        if type(size) is tuple:
            # As many arguments as axes.
            size = TupleValue(size) if size else Static(None)
        if "size" not in parameters:
            if next(iter(parameters), "") == "x":
                return array_of("int64", (False,))
            return INT if sampler.whole else FLOAT
        if self._is_nothing(size):
            shaping = [
                self.array_node(bound[each]).type for each in sampler.shaping if each in bound
            ]
            axes = broadcast_axes((FLOAT, *shaping))
        else:
            axes = axes_of_sizes(tuple(self.sizes(size, node)))
        if sampler.vectors is not None:
            axes = (*axes, unit_axes_of(self.array_node(bound[sampler.vectors]).type)[-1])
        dtype = "int64" if sampler.whole else "float64"
        given = bound.get("dtype", Static(None))
        if not self._is_nothing(given):
            known, found = self.static_value(given)
            dtype = self.dtype_name(found if known else object, node)
        if not axes and dtype in ("float64", "float32", "int64"):
            return INT if sampler.whole else FLOAT
        return array_of(dtype, axes)

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
        moving: Container[int | str] = (),
    ) -> Node:
        """The call as it stands, once and in its place.

        By arguments that are ``moving``, given by place or name, there are slopes.
        """
        nodes = [self.node(owner)]
        for key, value in [*enumerate(args), *keywords.items()]:
            given = self.node(value)
            moves = key in moving and given.op is not CONSTANT
            nodes.append(self.primitive(stopped, given) if moves else given)
        called = f"_0_.{name}" if isinstance(owner, Node) else "_0_"
        refusal = self.unsupported(
            f"cannot differentiate through `{_text(node)}`",
            "The slope of a sample by this parameter is not known: draw a standard sample, and "
            "compute with it.",
            node,
        )
        text = f"{called}({', '.join(argument_places(len(args), keywords))})"
        made = self.block.add(DRAW, tuple(nodes), (text, type_, refusal), type_)
        if isinstance(owner, Static) and makes_generator(owner.value):
            found = owner.value
            generator = found if isinstance(found, type) else sys.modules["numpy.random"].Generator
            self.known_classes[made] = generator
        return made


def _text(node: ast.AST) -> str:
    return ast.unparse(node.func) if isinstance(node, ast.Call) else "this function"
