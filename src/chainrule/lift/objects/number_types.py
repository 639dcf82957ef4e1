"""What Python calls the numbers of a function: its own, NumPy's, or arrays without axes.

The graph tells a number from an array by its axes; which of the three kinds one without axes is
follows from what gives it, as far as that is known before the code runs.
"""

from __future__ import annotations

import itertools
import math
import sys
import warnings
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from chainrule.graph.block import CONSTANT, GLOBAL, ITEM, PARAMETER, UNDEFINED, Block
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, DYNAMIC, FLOAT, INT, Array, Type
from chainrule.lift.objects.making import Making
from chainrule.lift.values import Fact
from chainrule.primitives import sequence
from chainrule.primitives.arrays.call import ArrayCall
from chainrule.primitives.arrays.indexing import section
from chainrule.primitives.control import IF, LOOP
from chainrule.primitives.declare import REAL, Interval, Primitive, resolve
from chainrule.primitives.effect import Verbatim

# The Python types of numbers whose graph type is certain, and what NumPy calls its own.
PYTHON_TYPES: dict[Type, type] = {FLOAT: float, INT: int, BOOL: bool}
NUMPY_NAMES = {float: "float64", int: "int64", bool: "bool_"}
PYTHONS = frozenset((float, int, bool))
# What gives a number of Python's own, whatever it is asked of.
COUNTS = ("dimension", "size_of", "length", "allclose", "array_equal")
Kinds = tuple[type, ...]
IDENTITIES = ("_0_ is _1_", "_0_ is not _1_")


class NumberTypes(Making):
    """Knows of which Python types a number may be."""

    def types_of_number(self, node: Node) -> Kinds:
        """The types that a number may have; none where it is no number of these."""
        own = PYTHON_TYPES.get(node.type)
        if own is None:
            boxed = isinstance(node.type, Array) and not node.type.unit_axes
            if boxed and isinstance(node.op, Primitive) and node.op.boxes_numbers:
                return (sys.modules["numpy"].ndarray,)
            return self.number_types.get(node, ()) or self._types_of_either(node)
        if node in self.of_objects:
            return ()
        if "numpy" not in sys.modules:
            return (own,)
        if node not in self.number_types:
            found, certain = self._types_found(node, own), node.op in (CONSTANT, GLOBAL, PARAMETER)
            others = () if certain or set(found) <= PYTHONS else self._other_kinds()
            self.number_types[node] = tuple(dict.fromkeys((*found, *others)))
        return self.number_types[node]

    def _types_of_either(self, node: Node) -> Kinds:
        """Those of a number on some paths and None on others, but for what is known here."""
        if node.type != DYNAMIC or node.op is not ITEM or node.args[0].op is not IF:
            return ()
        found: dict[type, None] = {}
        for arm in node.args[0].params[:2]:
            assert isinstance(arm, Block)
            result = arm.results[int(str(node.params[0]))]
            if result.op is CONSTANT and result.params[0] is None:
                kinds: Kinds = () if self._is_told_apart(node) else (type(None),)
            elif result.op is UNDEFINED:
                kinds = ()
            else:
                kinds = self.types_of_number(result)
                if not kinds:
                    return ()
            found.update(dict.fromkeys(kinds))
        return tuple(found)

    def _is_told_apart(self, node: Node) -> bool:
        """Whether it is known on this path that a value is not None."""
        return any(
            isinstance(key, Fact)
            and isinstance(holds, bool)
            and _compares_with_none(key.predicate, node)
            and holds is (key.predicate.params[0] != "_0_ is _1_")
            for key, holds in self.state.items()
        )

    def _other_kinds(self) -> Kinds:
        """Kinds that f is given and no type of the graph tells: float32, fractions."""
        usual = any_number()
        given = [
            kind
            for node in self.graph.body.parameters
            for kind in self.number_types.get(node, ())
            if kind not in usual
        ]
        return tuple(given)

    def _types_found(self, node: Node, own: type) -> Kinds:
        numpy = sys.modules["numpy"]
        numpys: type = getattr(numpy, NUMPY_NAMES[own])
        op = node.op
        if op is CONSTANT:
            return (type(node.params[0]),)
        if op is GLOBAL:
            return (type(self.graph.globals[str(node.params[0]), str(node.params[1])]),)
        if node in self.routes or (op is PARAMETER and node.block is self.graph.body):
            return (own,)
        if op is ITEM:
            return self._types_of_result(node, own)
        if not isinstance(op, Primitive):
            return any_kind(own)
        if op.boxes_numbers:
            return (numpy.ndarray,)
        if op is section:
            return self._types_of_subscript(node, own)
        if op.keeps_boxes:
            return self._types_kept(node.args[0], numpys)
        if op.name in COUNTS:
            return (own,)
        if op is sequence.index and isinstance(node.args[0].type, Array):
            return (numpy.ndarray,) if node.params else (numpys,)
        if isinstance(op, ArrayCall):
            return any_kind(own) if _is_scipys(op) else (numpys,)
        if op.chooses and op.callables[:1] and op.callables[0].startswith("builtins."):
            return tuple(
                dict.fromkeys(kind for arg in node.args for kind in self.types_of_number(arg))
            )
        if any(PYTHON_TYPES.get(arg.type) is None for arg in node.args):
            return (own,) if op.callables[:1] == ("math.fsum",) else any_kind(own)
        return self._types_computed(node, own)

    def _types_kept(self, base: Node, numpys: type) -> Kinds:
        """Those of an array that has lost its axes; a number of NumPy's may stay one."""
        array = sys.modules["numpy"].ndarray
        numbers = any(
            kind not in PYTHONS and kind is not array for kind in self.types_of_number(base)
        )
        return (numpys, array) if numbers else (array,)

    def _types_of_subscript(self, node: Node, own: type) -> Kinds:
        """``y[()]`` takes the number out of its array, ``y[...]`` puts it into one."""
        numpy = sys.modules["numpy"]
        whole = "e" in str(node.params[0])
        return (numpy.ndarray,) if whole else (getattr(numpy, NUMPY_NAMES[own]),)

    def _types_of_result(self, node: Node, own: type) -> Kinds:
        """Those of what a branch or a loop gives."""
        made, position = node.args[0], node.params[0]
        assert isinstance(position, int)
        if made.op is IF:
            found: list[type] = []
            for arm in made.params[:2]:
                assert isinstance(arm, Block)
                result = arm.results[position]
                if result.op is not UNDEFINED:
                    found += self.types_of_number(result) or any_kind(own)
            return tuple(dict.fromkeys(found)) or any_kind(own)
        if made.op is LOOP:
            # Which of its states goes into which is not followed.
            body = made.params[2]
            assert isinstance(body, Block)
            array = sys.modules["numpy"].ndarray
            if not any(
                array in self.types_of_number(state) for state in (*made.args, *body.results)
            ):
                return any_kind(own)[:2]
        return any_kind(own)

    def _types_computed(self, node: Node, own: type) -> Kinds:
        """Those that the function gives of samples of its arguments."""
        op = node.op
        assert isinstance(op, Primitive)
        if not op.callables and op.evaluate is None:
            # A function that calls itself, and the like.
            return any_kind(own)
        function = _function_of(op, node.params)
        domain = op.domain if len(op.domain) == len(node.args) else (REAL,) * len(node.args)
        samples = [
            list(self._samples_of(arg, interval))
            for arg, interval in zip(node.args, domain, strict=True)
        ]
        if math.prod(map(len, samples)) > 512:
            return any_kind(own)
        found: dict[type, None] = {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for arguments in itertools.product(*samples):
                try:
                    found[type(function(*arguments))] = None
                except (ArithmeticError, TypeError, ValueError):
                    continue
        numbers = (*PYTHONS, sys.modules["numpy"].generic, sys.modules["numpy"].ndarray, Fraction)
        known = [kind for kind in found if issubclass(kind, numbers) and not _is_complex(kind)]
        return tuple(known) or any_kind(own)

    def _samples_of(self, node: Node, interval: Interval) -> Iterator[Any]:
        """Numbers of the kinds that an argument may have, of either sign."""
        if node.op is CONSTANT:
            yield node.params[0]
            return
        for kind in self.types_of_number(node):
            for value in _within(interval):
                array = kind is sys.modules["numpy"].ndarray
                own = PYTHON_TYPES[node.type](value)
                try:
                    sample = sys.modules["numpy"].array(own) if array else kind(value)
                except OverflowError:
                    # No unsigned number is negative.
                    continue
                yield sample


def _compares_with_none(predicate: Node, node: Node) -> bool:
    """Whether this is ``node is None``, or ``node is not None``."""
    if not isinstance(predicate.op, Verbatim) or len(predicate.args) != 2:
        return False
    other = predicate.args[1]
    none = other.op is CONSTANT and other.params[0] is None
    return none and predicate.args[0] is node and predicate.params[0] in IDENTITIES


def _is_scipys(op: Primitive) -> bool:
    return bool(op.callables) and op.callables[0].startswith("scipy.")


def _function_of(op: Primitive, params: Sequence[Any]) -> Any:
    """The Python function that an operation is, as f has spelled it."""
    chosen = [param for param in params if isinstance(param, str) and "." in param]
    if chosen:
        return resolve(chosen[0])
    if op.symbol is None and op.part is None and op.callables:
        return resolve(*op.callables)
    return op.value


def _is_complex(kind: type) -> bool:
    return issubclass(kind, (complex, sys.modules["numpy"].complexfloating))


def _within(interval: Interval) -> Sequence[float]:
    """A number of either sign in an interval, or what lies in it."""
    low, high = interval.low, interval.high
    if low < -1.0 and high > 2.0:
        return (2.0, -2.0)
    if low <= 2.0 <= high:
        return (2.0,)
    return ((max(low, -2.0) + min(high, 2.0)) / 2.0,)


def any_kind(own: type) -> Kinds:
    """The types that a number may have of which nothing more is known."""
    numpy = sys.modules["numpy"]
    return (own, getattr(numpy, NUMPY_NAMES[own]), numpy.ndarray)


def any_number() -> Kinds:
    """The types that numbers may have."""
    if "numpy" not in sys.modules:
        return tuple(NUMPY_NAMES)
    numpy = sys.modules["numpy"]
    return (*NUMPY_NAMES, *(getattr(numpy, name) for name in NUMPY_NAMES.values()), numpy.ndarray)
