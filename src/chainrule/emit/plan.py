"""The function as a list of statements over values: what lies between graph and text.

A graph is in single-assignment form; a person's function is not.  Here the results of branches
and the states of loops have become *variables* that are assigned in several places (``Move``),
and control flow is a tree of statements that may jump, so that early returns, ``break`` and
updates in place can be found again.  Everything here may be changed by the passes of this room,
none of it is seen outside.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import field
from typing import Any

from chainrule.graph.answer import Answer
from chainrule.graph.block import CONSTANT, GLOBAL, PARAMETER, REFERENCE, UNDEFINED, Graph
from chainrule.graph.node import NOWHERE, Node, Op, Origin
from chainrule.graph.types import BOOL, OPAQUE, Array, Type
from chainrule.primitives.arithmetic import (
    divide,
    floor_divide,
    power,
    remainder,
)
from chainrule.primitives.declare import Primitive
from chainrule.primitives.effect import RAISE, VERBATIM, Effect
from chainrule.records import dataclass


class Form(Op):
    """An operation that only the emitter knows: a way of writing, not a computation."""

    def __init__(self, name: str) -> None:
        super().__init__(name)


VARIABLE = Form("variable")  # assigned by Move, For or Attempt
CONDITIONAL = Form("conditional")  # args (test, then, orelse)
AND = Form("and")
OR = Form("or")
RANGE = Form("range")
REVERSED = Form("reversed")
ENUMERATE = Form("enumerate")
ZIP = Form("zip")
COMPREHENSION = Form("comprehension")  # args (iterable, element); params (target,)
RAISED = Form("raised")  # args (list, number): the number added to every entry
SHAPE = Form("shape")  # the lengths of args[0]
ALLOCATE = Form("allocate")  # args for each axis stop, or stop and start; params (kind, how many)
POP = Form("pop")  # removes and gives the last entry of args[0], or of the row at args[1:]
LAZY = (CONDITIONAL, AND, OR, COMPREHENSION)
LEAVES = (CONSTANT, PARAMETER, GLOBAL, REFERENCE, UNDEFINED, VARIABLE)


class Value:
    """One value of the function; two values are the same only when they are one object.

    Attributes
    ----------
    user_name:
        The user's name for it; it is then assigned in a statement of its own.
    hint:
        A name that would suit it; ``argument`` is what a function calls it that it is given to.
    answer:
        The nameless value whose adjoint or tangent it is.
    partial:
        Only a part of what ``hint`` says.
    captive:
        Part of another expression: written in place.
    repeated:
        Written in place several times.
    whole:
        Positions of the arguments that certainly have the shape of the array, and its type.
    """

    __slots__ = (
        "answer", "args", "argument", "captive", "hint", "op", "origin",
        "params", "partial", "repeated", "serial", "type", "user_name", "whole",
    )  # fmt: skip

    def __init__(
        self,
        op: Op,
        args: list[Value],
        params: tuple[Any, ...] = (),
        type: Type = OPAQUE,
        origin: Origin = NOWHERE,
        serial: int = 0,
    ) -> None:
        self.op = op
        self.args = args
        self.params = params
        self.type = type
        self.origin = origin
        self.serial = serial
        self.user_name: str | None = None
        self.hint: str | None = None
        self.argument: str | None = None
        self.answer: tuple[Value | None, Answer] | None = None
        self.partial = False
        self.captive = False
        self.repeated = False
        self.whole: tuple[int, ...] = ()

    @property
    def leaf(self) -> bool:
        return self.op in LEAVES

    @property
    def derivative(self) -> bool:
        return self.origin.derivative

    def __repr__(self) -> str:
        return f"<{self.op.name} {self.serial} {self.user_name or self.hint or ''}>"


@dataclass(eq=False)
class Statement:
    """One statement.  ``reads`` are the values that its own line evaluates."""

    def reads(self) -> list[Value]:
        return []

    def blocks(self) -> list[list[Statement]]:
        return []

    def replace_reads(self, mapping: dict[Value, Value]) -> None:
        """Read other values instead."""


@dataclass(eq=False)
class Define(Statement):
    """Evaluate ``value``: assigned to its name, or a bare statement when it is an effect."""

    value: Value

    def reads(self) -> list[Value]:
        return self.value.args

    def replace_reads(self, mapping: dict[Value, Value]) -> None:
        substitute(self.value, mapping)


@dataclass(eq=False)
class Move(Statement):
    """Assign all sources to the target variables at once."""

    targets: list[Value]
    sources: list[Value]

    def reads(self) -> list[Value]:
        return self.sources

    def replace_reads(self, mapping: dict[Value, Value]) -> None:
        self.sources = [_replaced(source, mapping) for source in self.sources]


@dataclass(eq=False)
class Unpack(Statement):
    """Assign the items of ``source`` to ``targets``; None is an item without a use."""

    targets: list[Value | None]
    source: Value

    def reads(self) -> list[Value]:
        return [self.source]

    def replace_reads(self, mapping: dict[Value, Value]) -> None:
        self.source = _replaced(self.source, mapping)


@dataclass(eq=False)
class Branch(Statement):
    """``if test: then`` with ``else: orelse``."""

    test: Value
    then: list[Statement]
    orelse: list[Statement]
    origin: Origin = NOWHERE

    def reads(self) -> list[Value]:
        return [self.test]

    def blocks(self) -> list[list[Statement]]:
        return [self.then, self.orelse]

    def replace_reads(self, mapping: dict[Value, Value]) -> None:
        self.test = _replaced(self.test, mapping)


@dataclass(eq=False)
class For(Statement):
    """``target`` is a variable, or a list of such for unpacking."""

    target: Any
    iterable: Value
    body: list[Statement]
    origin: Origin = NOWHERE
    orelse: list[Statement] = field(default_factory=list)

    def reads(self) -> list[Value]:
        return [self.iterable]

    def blocks(self) -> list[list[Statement]]:
        return [self.body, self.orelse]

    def replace_reads(self, mapping: dict[Value, Value]) -> None:
        self.iterable = _replaced(self.iterable, mapping)


@dataclass(eq=False)
class While(Statement):
    """``condition`` is evaluated before each step, then ``test``."""

    condition: list[Statement]
    test: Value
    body: list[Statement]
    origin: Origin = NOWHERE
    orelse: list[Statement] = field(default_factory=list)

    def reads(self) -> list[Value]:
        return [self.test]

    def blocks(self) -> list[list[Statement]]:
        return [self.condition, self.body, self.orelse]

    def replace_reads(self, mapping: dict[Value, Value]) -> None:
        self.test = _replaced(self.test, mapping)


@dataclass(eq=False)
class Attempt(Statement):
    """``try``; each handler is ``(template, name, variable of the exception, statements)``."""

    body: list[Statement]
    handlers: list[tuple[str | None, str | None, list[Statement]]]
    origin: Origin = NOWHERE

    def blocks(self) -> list[list[Statement]]:
        return [self.body, *(block for _, _, block in self.handlers)]


@dataclass(eq=False)
class Return(Statement):
    """``return value``."""

    value: Value

    def reads(self) -> list[Value]:
        return [self.value]

    def replace_reads(self, mapping: dict[Value, Value]) -> None:
        self.value = _replaced(self.value, mapping)


@dataclass(eq=False)
class Break(Statement):
    """``break``."""


@dataclass(eq=False)
class Continue(Statement):
    """``continue``."""


@dataclass
class Plan:
    """One function.

    Attributes
    ----------
    states:
        The variables that are carried from step to step of a loop.
    lengths:
        Of lists, and of the numbers of steps of loops, what is equal where they are as long.
    counts:
        Containers of the caller's, and zeros, of which it is known how many entries they have.
    rows:
        Of the index of a loop over rows, the user's name of the row.
    widths:
        Of lists of lists, how many entries each of these has, where they have as many.
    arrays:
        Whether any array is computed.
    keeping:
        Of the states, the arrays that have the same shape in every step as before the loop.
    axisless:
        Numbers that the caller gives as arrays without axes.
    owned:
        Sums and products of arrays, each with an argument whose memory may take the result.
    into:
        Values that are written over the memory of an argument, each with that argument.
    filled:
        Writes into a part of an array, or a row, of what NumPy can compute right there.
    cleared:
        Arrays that a loop clears in every step, each with the one that was made before the loop.
    nodes:
        What arrays and ints stand for in the graph.
    """

    graph: Graph
    parameters: dict[str, Value]
    body: list[Statement]
    constants: dict[object, Value] = field(default_factory=dict)
    states: set[Value] = field(default_factory=set)
    lengths: dict[Value, Hashable] = field(default_factory=dict)
    rows: dict[Value, str] = field(default_factory=dict)
    widths: dict[Value, int] = field(default_factory=dict)
    counts: dict[Value, int] = field(default_factory=dict)
    arrays: bool = False
    keeping: set[Value] = field(default_factory=set)
    axisless: set[Value] = field(default_factory=set)
    owned: set[tuple[Value, Value]] = field(default_factory=set)
    into: dict[Value, Value] = field(default_factory=dict)
    filled: set[Value] = field(default_factory=set)
    cleared: dict[Value, Value] = field(default_factory=dict)
    nodes: dict[Value, Node] = field(default_factory=dict)


JUMPS = (Return, Break, Continue)
# What holds no other statements.
SIMPLE = {Define, Move, Unpack, *JUMPS}


def targets_of(target: Any) -> Iterator[Value]:
    """The variables of a loop target, which may be nested lists."""
    stack = [target]
    while stack:
        item = stack.pop()
        if isinstance(item, Value):
            yield item
        else:
            stack.extend(reversed(item))


def defined_by(statement: Statement) -> list[Value]:
    """The values that get their value in ``statement`` itself."""
    if isinstance(statement, Define):
        return [statement.value]
    if isinstance(statement, Move):
        return statement.targets
    if isinstance(statement, Unpack):
        return [item for item in statement.targets if item is not None]
    if isinstance(statement, For):
        return list(targets_of(statement.target))
    return []


def assigns(statements: list[Statement], value: Value) -> bool:
    """Whether ``value`` gets its value in one of these statements, or inside one."""
    return any(value in defined_by(statement) for statement in walk(statements))


def walk(statements: list[Statement]) -> Iterator[Statement]:
    """All statements, outer ones before inner ones, in the order of the text."""
    stack = list(reversed(statements))
    while stack:
        statement = stack.pop()
        yield statement
        if type(statement) not in SIMPLE:
            blocks = statement.blocks()
            for block in reversed(blocks):
                stack.extend(reversed(block))


def blocks_of(body: list[Statement]) -> list[list[Statement]]:
    """``body`` and the lists of statements inside it, as they are now."""
    return [body, *(block for statement in walk(body) for block in statement.blocks())]


def captives(value: Value) -> Iterator[Value]:
    """The values that are written in place inside ``value`` by necessity, ``value`` excluded."""
    stack = [arg for arg in value.args if arg.captive]
    while stack:
        inner = stack.pop()
        yield inner
        stack.extend(arg for arg in inner.args if arg.captive)


def reads_deep(statement: Statement) -> list[Value]:
    """The values that a statement's line evaluates, through what is captive in it."""
    reads = statement.reads()
    own: set[Value] = set()
    if isinstance(statement, Define) and statement.value.op is COMPREHENSION:
        own.update(targets_of(statement.value.params[0]))
    elif True not in [value.captive for value in reads]:
        return reads
    found: list[Value] = []
    stack = list(reversed(reads))
    while stack:
        value = stack.pop()
        if value.captive:
            if value.op is COMPREHENSION:
                own.update(targets_of(value.params[0]))
            stack.extend(reversed(value.args))
        else:
            found.append(value)
    return [value for value in found if value not in own] if own else found


def scoped(statement: Statement) -> list[Value]:
    """The variables of comprehensions on a statement's line."""
    found: list[Value] = []
    if isinstance(statement, Define):
        whole = statement.value
        if whole.op is not COMPREHENSION and True not in [a.captive for a in whole.args]:
            return found
        stack = [whole]
    else:
        stack = list(statement.reads())
    while stack:
        value = stack.pop()
        if value.op is COMPREHENSION:
            found.extend(targets_of(value.params[0]))
        stack.extend([arg for arg in value.args if arg.captive])
    return found


def crossing(body: list[Statement]) -> set[Value]:
    """Values that are used outside the block that computes them, where it certainly was run."""
    home: dict[Value, int] = {}
    found: set[Value] = set()
    opened: set[int] = set()
    numbers = itertools.count(1)
    stack: list[tuple[int, Iterator[Statement]]] = [(0, iter(body))]
    while stack:
        number, statements = stack[-1]
        opened.add(number)
        statement = next(statements, None)
        if statement is None:
            opened.discard(number)
            stack.pop()
            continue
        found.update(value for value in reads_deep(statement) if home.get(value, 0) not in opened)
        for value in defined_by(statement):
            home.setdefault(value, number)
        for block in reversed(statement.blocks()):
            stack.append((next(numbers), iter(block)))
    return {value for value in found if value.op is not VARIABLE}


def count_uses(statements: list[Statement]) -> Counter[Value]:
    """How many places use each value."""
    return Counter(itertools.chain.from_iterable(map(reads_deep, walk(statements))))


def substitute(value: Value, mapping: dict[Value, Value]) -> None:
    """Let ``value`` and its captives read other values."""
    stack = [value]
    while stack:
        current = stack.pop()
        current.args = [mapping.get(arg, arg) for arg in current.args]
        stack.extend(arg for arg in current.args if arg.captive)


def _replaced(value: Value, mapping: dict[Value, Value]) -> Value:
    """What is read instead of ``value``, also where it is a captive that reads others."""
    if value not in mapping and value.captive:
        substitute(value, mapping)
    return mapping.get(value, value)


def completes(statements: list[Statement]) -> bool:
    """Whether control reaches the end of ``statements``."""
    if not statements:
        return True
    last = statements[-1]
    if isinstance(last, JUMPS):
        return False
    match last:
        case Define(value=value):
            return value.op is not RAISE
        case Branch(then=then, orelse=orelse):
            return completes(then) or completes(orelse)
        case While(test=test, body=body, orelse=orelse):
            forever = test.op is CONSTANT and test.params[0] is True
            return has_break(body) or not (forever or (orelse and not completes(orelse)))
        case For(body=body, orelse=orelse):
            return has_break(body) or completes(orelse)
        case Attempt(body=body, handlers=handlers):
            return completes(body) or any(completes(block) for _, _, block in handlers)
    return True


def has_break(body: list[Statement]) -> bool:
    """Whether a ``break`` of this very loop stands in ``body``."""
    stack = list(body)
    while stack:
        statement = stack.pop()
        if isinstance(statement, Break):
            return True
        if isinstance(statement, (For, While)):
            stack.extend(statement.orelse)
        else:
            for block in statement.blocks():
                stack.extend(block)
    return False


def may_raise(value: Value) -> bool:
    """Whether evaluating ``value`` itself can raise, its named arguments being known."""
    if value.op in LAZY:
        return any(map(_raises_itself, (value, *captives(value))))
    return _raises_itself(value)


def _raises_itself(value: Value) -> bool:
    """The same, apart from what is evaluated inside ``value``."""
    op = value.op
    if op in LAZY:
        return op is COMPREHENSION
    if value.leaf or isinstance(op, Form) or op.name == "item":
        return op is POP
    if op in (divide, floor_divide, remainder) and value.derivative:
        divisor = value.args[1]
        if divisor.op is CONSTANT and divisor.params[0] != 0:
            return False
    if isinstance(op, Primitive):
        # Entry by entry NumPy warns where math raises.
        return op.raises and not (op.broadcasts and isinstance(value.type, Array))
    if op is VERBATIM:
        return not str(value.params[0]).startswith(("min(_", "len(range("))
    return True


def ordered(value: Value) -> bool:
    """Whether ``value`` is f's own and may raise, so that its place among its like is fixed."""
    return not value.derivative and may_raise(value)


def raises_its_own(value: Value) -> bool:
    """Whether what f raises outside of a domain is not what a division raises."""
    if value.op is power:
        exponent = value.args[1]
        return exponent.op is not CONSTANT or float(exponent.params[0]) < 0.0
    of_samples = getattr(value.op, "spelled", "").startswith("statistics.")
    return value.op is not divide and (of_samples or getattr(value.op, "strict", False))


def is_effect(value: Value) -> bool:
    """Whether evaluating ``value`` acts on the world."""
    return value.op.effect


def is_statement(value: Value) -> bool:
    """Whether ``value`` stands for a whole statement of the user's."""
    return isinstance(value.op, Effect)


def truth(value: Value) -> bool | None:
    """The truth of a constant, None when it is not known."""
    if value.op is CONSTANT and value.type == BOOL:
        return bool(value.params[0])
    return None
