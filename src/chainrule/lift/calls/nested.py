"""Derivatives taken inside the lifted function: ``grad(g)(x)`` as part of f.

The inner function is lifted in place, taken out as a graph of its own whose captured values are
parameters, transformed, and put back.  Each application has inputs of its own, so inner and
outer perturbations cannot be confused (Siskind and Pearlmutter, 2005).
"""

from __future__ import annotations

import ast
import inspect
from typing import Any

from chainrule.graph.block import PARAMETER, Block, Graph, SignatureParameter
from chainrule.graph.guard import Route
from chainrule.graph.node import Node
from chainrule.graph.structure import Structure
from chainrule.graph.traits import has, trait
from chainrule.lift.calls.rules import Rules
from chainrule.lift.calls.seeds import seed_names
from chainrule.lift.lifted import Lifted, Transform
from chainrule.lift.parameters import Parameters
from chainrule.lift.taken import Taken
from chainrule.lift.values import (
    Closure,
    DictBox,
    ListBox,
    Method,
    ObjectBox,
    Static,
    TupleValue,
    Value,
)
from chainrule.primitives.copying import Copier
from chainrule.records import dataclass

TRANSFORMS = ("grad", "value_and_grad", "jacobian", "hessian", "jvp", "vjp", "hvp")
HOME = "chainrule.transforms.public"


@dataclass(frozen=True, eq=False)
class Derivative:
    """``transform(function, wrt)``, not called yet; the function is None in ``@grad(wrt=...)``."""

    transform: str
    function: Value | None
    wrt: Any
    mode: str


class Nested(Rules, Parameters):
    """Lifts calls of chainrule's own transforms."""

    transform: Transform | None = None

    def call(
        self, function: Value, args: list[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value:
        if isinstance(function, Derivative):
            if function.function is None:
                return Derivative(function.transform, args[0], function.wrt, function.mode)
            return self._apply(function, args, keywords, node)
        if isinstance(function, Static):
            made = self._derivative(function.value, args, keywords, node)
            if made is not None:
                return made
            request = trait(function.value, "request")
            if request is not None and hasattr(request, "transform"):
                inner = Derivative(
                    request.transform, self.adopt(request.function, None), request.wrt, request.mode
                )
                return self._apply(inner, args, keywords, node)
        return super().call(function, args, keywords, node)

    def adopt(self, found: Any, node: Any, route: Route | None = None, name: str = "") -> Value:
        if has(trait(found, "request"), "transform"):
            return self.wrap(found, node, route, name)
        return super().adopt(found, node, route, name)

    def _derivative(
        self, found: Any, args: list[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Derivative | None:
        name = getattr(found, "__name__", None)
        if getattr(found, "__module__", None) != HOME or name not in TRANSFORMS:
            return None
        options: dict[str, Any] = {"wrt": 0, "mode": "auto"}
        for key, value in keywords.items():
            known, option = self._option(value)
            if not known or key not in options:
                raise self.unsupported(
                    f"`{key}` in this call of `{name}`", "Give wrt and mode as constants.", node
                )
            options[key] = option
        if len(args) > 1:
            known, options["wrt"] = self._option(args[1])
            if not known:
                raise self.unsupported(
                    f"wrt of `{name}` known at run time only", "Give a constant.", node
                )
        return Derivative(str(name), args[0] if args else None, options["wrt"], options["mode"])

    def _apply(
        self, derivative: Derivative, args: list[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value:
        if self.transform is None:
            raise self.unsupported(
                f"`{derivative.transform}` inside a function", "Take the derivative outside.", node
            )
        args, keywords, seeds = self._without_seeds(derivative, args, keywords, node)
        names = self._wrt(derivative, args, keywords, node)
        block = Block(self.graph, self.block)
        structures: dict[str, Structure] = {}
        fresh = list(args)
        named = dict(keywords)
        with self.graph.inside(block):
            for key in names:
                old = fresh[key] if isinstance(key, int) else named[key]
                value, structure = self._inputs(old)
                structures[str(key)] = structure
                if isinstance(key, int):
                    fresh[key] = value
                else:
                    named[key] = value
            assert derivative.function is not None
            result = self.call(derivative.function, fresh, named, node)
            layout = self.structure(result)
        return self._put_back(derivative, block, structures, layout, args, keywords, names, seeds)

    def _seed_names(self, derivative: Derivative, names: list[str]) -> list[str]:
        """Names of the parameters that the transform adds to those of its function."""
        wanted = derivative.wrt if isinstance(derivative.wrt, tuple) else (derivative.wrt,)
        wrt = [
            entry if isinstance(entry, str) else names[entry]
            for entry in wanted
            if isinstance(entry, str) or entry < len(names)
        ]
        return seed_names(derivative.transform, wrt, names)

    def _without_seeds(
        self, derivative: Derivative, args: list[Value], keywords: dict[str, Value], node: ast.AST
    ) -> tuple[list[Value], dict[str, Value], list[Value]]:
        """The function's own arguments, and the directions or the adjoint behind them."""
        if derivative.transform not in ("jvp", "vjp", "hvp"):
            return args, keywords, []
        names = self._parameter_names(derivative.function)
        seeds = self._seed_names(derivative, names)
        own = min(len(args), len(names))
        by_name = [seed for seed in seeds if seed in keywords]
        given = [*args[own:], *(keywords[seed] for seed in by_name)]
        if len(given) != len(seeds) or not seeds:
            raise self.unsupported(
                f"this call of what `{derivative.transform}` gives",
                f"Pass the function's own arguments, then {', '.join(seeds) or 'the directions'}.",
                node,
            )
        rest = {name: value for name, value in keywords.items() if name not in seeds}
        return args[:own], rest, given

    def _option(self, value: Value) -> tuple[bool, Any]:
        """``(known, object)`` of an option; a list of parameters is a tuple of these."""
        named = self.known_items(value) if isinstance(value, ListBox) else None
        return self.static_value(value if named is None else TupleValue(tuple(named)))

    def _wrt(
        self, derivative: Derivative, args: list[Value], keywords: dict[str, Value], node: ast.AST
    ) -> list[int | str]:
        """Which arguments are differentiated by: positions, or keywords."""
        wanted = derivative.wrt if isinstance(derivative.wrt, tuple) else (derivative.wrt,)
        names = self._parameter_names(derivative.function)
        found: list[int | str] = []
        for entry in wanted:
            position = names.index(entry) if isinstance(entry, str) and entry in names else entry
            if isinstance(position, int) and position < len(args):
                found.append(position)
            elif (
                isinstance(position, int) and position < len(names) and names[position] in keywords
            ):
                found.append(names[position])
            else:
                raise self.unsupported(
                    f"wrt={entry!r} names no argument of this call", "Pass it.", node
                )
        return found

    def _parameter_names(self, function: Value) -> list[str]:
        if isinstance(function, Closure):
            arguments = function.tree.args
        elif isinstance(function, Static) and hasattr(function.value, "__code__"):
            code = function.value.__code__
            return list(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
        elif isinstance(function, Method):
            return self._parameter_names(function.function)[1:]
        elif isinstance(function, Derivative):
            names = self._parameter_names(function.function)
            return [*names, *self._seed_names(function, names)]
        elif isinstance(function, Static) and callable(function.value):
            return list(inspect.signature(function.value).parameters)
        else:
            return []
        return [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]

    def _inputs(self, value: Value) -> tuple[Value, Structure]:
        """Fresh inputs laid out like ``value``."""
        structure = self.structure(value).map(
            lambda leaf: self.graph.new_node(PARAMETER, (), ("input",), leaf.type, self.block)
        )
        return self.value_of(structure), structure

    def value_of(self, structure: Structure) -> Value:
        """A value from its layout."""
        if structure.kind in ("leaf", "static"):
            assert structure.node is not None
            return self.boxed(structure.node)
        parts = [self.value_of(part) for part in structure.parts]
        if structure.kind == "tuple":
            return TupleValue(tuple(parts))
        if structure.kind == "list":
            box = ListBox()
            self.state[box] = parts
            return box
        if structure.kind == "dict":
            entries = DictBox()
            self.state[entries] = dict(zip(structure.keys, parts, strict=True))
            return entries
        kind = self.graph.references[structure.keys[0]]
        if structure.kind == "instance":
            # Its constructor has made these of what it was given.
            made = ObjectBox(None, kind, None)
            self.state[made] = dict(zip(structure.keys[1:], parts, strict=True))
            return made
        return self._construct(Static(kind), kind, parts, {}, ast.Pass())

    def _put_back(
        self,
        derivative: Derivative,
        block: Block,
        structures: dict[str, Structure],
        layout: Structure,
        args: list[Value],
        keywords: dict[str, Value],
        names: list[int | str],
        seeds: list[Value],
    ) -> Value:
        """Take the block out as a function, transform it, and run it here on the arguments."""
        taken = Taken(self.graph, block, [leaf for s in structures.values() for leaf in s.leaves()])
        parameters = {name: structure.map(taken.mapped) for name, structure in structures.items()}
        taken.graph.signature = tuple(map(SignatureParameter, parameters))
        lifted = Lifted(taken.graph, parameters, layout.map(taken.mapped, taken.mapped), ())
        assert self.transform is not None
        wrt = tuple(parameters) if isinstance(derivative.wrt, tuple) else next(iter(parameters))
        result = self.transform(lifted, derivative.transform, wrt, derivative.mode)
        actual: dict[Node, Node] = {}
        for name, key in zip(structures, names, strict=True):
            given = self.structure(args[key] if isinstance(key, int) else keywords[key])
            for old, new in zip(structures[name].leaves(), given.leaves(), strict=True):
                actual[old] = new
        back = _PutBack(result.graph, self.graph)
        own = len(taken.outer)
        for inner, outer in zip(result.graph.body.parameters[:own], taken.outer, strict=True):
            back.map[inner] = actual.get(outer, outer)
        added = [name for name in result.parameters if name not in parameters]
        for parameter, name, seed in zip(
            result.graph.body.parameters[own:], added, seeds, strict=True
        ):
            back.map[parameter] = self.graph.constant(None)
            for read, dot in result.parameters[name].matched(self.structure(seed)):
                back.map[read] = dot
        back.walk(result.graph.body, self.block)
        return self.value_of(result.result.map(back.mapped, back.mapped))


class _PutBack(Copier):
    """Copies the steps of a graph into the graph that is being lifted."""

    def __init__(self, source: Graph, into: Graph) -> None:
        super().__init__(source)
        self.graph = into

    def copy(self, step: Node) -> Node:
        # Directions are known part by part: they are not read out of a container.
        return self.map[step] if step in self.map else super().copy(step)
