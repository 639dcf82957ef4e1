"""Functions and classes of SciPy in whose place a formula is lifted, written in Python.

Values are those that SciPy gives, bit for bit; slopes are those of the formula.  What the formula
does not understand stays a call through which no derivative flows.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
from typing import Any

from chainrule.errors import NotDifferentiableError, UnsupportedError
from chainrule.graph.block import CONSTANT
from chainrule.graph.node import Node
from chainrule.graph.types import OPAQUE, array_of
from chainrule.lift.arrays.positions import result_class
from chainrule.lift.calls.callees import home_of, without_defaults
from chainrule.lift.formulas import FORMULAS, HOME, Formula
from chainrule.lift.library import spoken as marks
from chainrule.lift.library.object_sets import IN_PLACE_OF
from chainrule.lift.objects.registries import Registries
from chainrule.lift.scipy.matrices import Matrix
from chainrule.lift.spelling import argument_places
from chainrule.lift.values import Method, ObjectBox, Static, TupleValue, Value
from chainrule.primitives.custom import spoken, stopped


class Formulas(Registries):
    """Lifts calls by the formulas that stand for them."""

    def _call_object(
        self, function: Static, args: list[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value:
        if home_of(function.value) == marks.__name__:
            return self._marked(function.value, args, node)
        formula = formula_of(function.value)
        if formula is None:
            return super()._call_object(function, args, keywords, node)
        table = None if self.inside_foreign() else self.constant_call(function, args, keywords)
        if table is not None:
            return table
        given = as_taken(self, formula, function.value, args, keywords)
        if given is None:
            taken = inspect.signature(formula.function or formula_of).parameters
            refusal = self.unsupported(
                f"this call of `{formula.home}.{function.value.__name__}`",
                f"Call it with: {', '.join(taken)}.",
                node,
            )
            return self.opaque_call(self.static_node(function), args, keywords, node, refusal)
        state, mark, guards = dict(self.state), len(self.block.steps), len(self.graph.guards)
        try:
            own = self.call(Static(formula.function), *given, node)
            if formula.complete or isinstance(own, ObjectBox):
                return own
            return self._as_told(own, formula, function, args, keywords)
        except (NotDifferentiableError, UnsupportedError) as error:
            if any(words in error.found for words in ("known at run time only", "run tells")):
                # Where it is known, more may be understood.
                raise
            refusal = self.foreign_refusal(args, keywords, node, error)
            self.give_up(state, mark)
            self.graph.forget_guards(guards)
            return self.opaque_call(self.static_node(function), args, keywords, node, refusal)

    def _as_told(
        self,
        own: Value,
        formula: Formula,
        function: Static,
        args: list[Value],
        keywords: dict[str, Value],
    ) -> Value:
        """What SciPy gives, with the slopes of a formula: one value, or each of several."""
        nodes = [self.static_node(function)]
        nodes += [at_rest(self, value) for value in (*args, *keywords.values())]
        text = f"_0_({', '.join(argument_places(len(args), keywords))})"

        def given(text: str, type: Any, *nodes: Node) -> Node:
            return self.verbatim(text, *nodes, type=type, pure=True, carries=False)

        def with_slopes(part: Value, text: str, *nodes: Node) -> Value:
            node = self.array_node(part)
            found = given(text, node.type, *nodes)
            return self.boxed(self.primitive(spoken, found, node) if has_slope(node) else found)

        if not isinstance(own, TupleValue):
            return with_slopes(own, text, *nodes)
        whole = given(text, OPAQUE, *nodes)
        items = [with_slopes(part, f"_0_[{k}]", whole) for k, part in enumerate(own.items)]
        kind = None
        if formula.result is not None and (kind := result_class(formula.result)) is None:
            raise self.unsupported(f"what `{function.value.__name__}` gives", "Write it out.")
        return TupleValue(tuple(items), kind)

    def _marked(self, mark: Any, args: list[Value], node: ast.AST) -> Value:
        """What a formula says that SciPy gives."""
        if mark is marks.made:
            return self._as_scipy_does(args[0], args[1:], OPAQUE)
        if mark is marks.unknown:
            raise self.unsupported(str(self.static_value(args[0])[1]), "Write it out.", node)
        if mark is marks.settled:
            known, question = self.static_value(args[0])
            owner = self.read(args[1])
            assert known and isinstance(owner, ObjectBox)
            return Static(bool(question(owner.instance)))
        if mark is marks.fixed:
            return self._as_it_is(args, node)
        if mark is not marks.told:
            dtype = "float64" if mark is marks.asked else "int64"
            type = array_of(dtype, (False,) * (self.static_int(args[0]) or 0))
            return self.boxed(self._as_scipy_does(Static(None), args[1:], type))
        own = self.array_node(args[0])
        given = self._as_scipy_does(Static(None), args[1:], own.type)
        return self.boxed(self.primitive(spoken, given, own))

    def _as_it_is(self, args: list[Value], node: ast.AST) -> Value:
        """Numbers that SciPy gives, of which slopes are refused."""
        (_, what), (_, text) = self.static_value(args[1]), self.static_value(args[3])
        axes = self.static_int(args[0]) or 0
        refusal = self.unsupported(
            f"cannot differentiate by {what}", "Pass them in as constants.", node
        )
        nodes = map(self.node, (args[2], *args[4:]))
        type = array_of("float64", (False,) * axes)
        return self.boxed(self.verbatim(text, *nodes, type=type, refusal=refusal, pure=True))

    def _as_scipy_does(self, kind: Value, args: list[Value], type: Any) -> Any:
        """What SciPy itself makes of it."""
        known, text = self.static_value(args[0])
        assert known
        # Slopes are those of the formula.
        nodes = [self.static_node(kind), *(at_rest(self, value) for value in args[1:])]
        return self.verbatim(text, *nodes, type=type, pure=True, carries=False)


def as_taken(
    self: Any, formula: Formula, found: Any, args: list[Value], keywords: dict[str, Value]
) -> tuple[list[Value], dict[str, Value]] | None:
    """What is given, as a formula takes it; None where that has no parameter for something."""
    try:
        bound = inspect.signature(found).bind(*args, **keywords)
    except TypeError:
        return None
    except ValueError:
        # A compiled class, whose parameters are not told.
        first, named = args, keywords
    else:
        first, named = _by_names(bound)
    named = without_defaults(found, (), named, self.static_value)
    assert formula.function is not None
    taken = inspect.signature(formula.function)
    for name, value in named.items():
        if name not in taken.parameters and not self.static_value(value)[0]:
            raise self.unsupported(
                f"`{name}` is known at run time only", f"Give `{name}` as a constant."
            )
    try:
        taken.bind(*first, **named)
    except TypeError:
        return None
    return first, named


def _by_names(bound: inspect.BoundArguments) -> tuple[list[Any], dict[str, Any]]:
    """Arguments by the names that SciPy gives them; those in a row without names stay so."""
    first: list[Any] = []
    named: dict[str, Any] = {}
    kinds = {name: each.kind for name, each in bound.signature.parameters.items()}
    for name, value in bound.arguments.items():
        if kinds[name] is inspect.Parameter.VAR_POSITIONAL:
            first += value
        elif kinds[name] is inspect.Parameter.VAR_KEYWORD:
            named.update(value)
        else:
            named[name] = value
    return first, named


def at_rest(self: Any, value: Value) -> Node:
    """A value that is handed on without its slope."""
    if isinstance(value, ObjectBox) and value.type in IN_PLACE_OF and value.instance is None:
        # What SciPy has made beside it.
        value = self.read(self.state[value])["held"]
    known = self.curves.get(value) if isinstance(value, ObjectBox) else None
    if isinstance(known, Matrix):
        return known.node
    if isinstance(value, Method) and isinstance(value.function, Static):
        name = getattr(value.function.value, "__name__", str(value.function.value))
        made: Node = self.verbatim(f"_0_.{name}", self.node(value.owner), pure=True, carries=False)
        return made
    node: Node = self.node(value)
    found: Node = self.primitive(stopped, node) if has_slope(node) else node
    return found


def has_slope(node: Node) -> bool:
    """Whether a derivative may flow through a value."""
    return node.op is not CONSTANT and node.type.differentiable


def formula_of(found: Any) -> Formula | None:
    """The formula that stands for a function or class of SciPy."""
    try:
        entries = FORMULAS.get(getattr(found, "__name__", ""), ())
    except TypeError:
        return None
    for entry in entries:
        name = found.__name__
        if getattr(_home_of(entry.home), name, None) is found:
            module = importlib.import_module(f"{HOME}.{entry.file}")
            return entry._replace(function=getattr(module, name))
    return None


def _home_of(dotted: str) -> Any:
    """A module, or a class in one."""
    if dotted in sys.modules:
        return sys.modules[dotted]
    module, _, name = dotted.rpartition(".")
    return getattr(sys.modules.get(module), name, None)
