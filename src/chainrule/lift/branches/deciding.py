"""Which of two kinds of value a name has here, and whether it has one.

A name that is bound to values of different kinds on different paths, or on some of them only, is
an :class:`~chainrule.lift.values.Either`.  Where it is read, the conditions that lead there may
tell which of the two it is.  Where they do not, a name that may be unbound is checked as Python
checks it, and a statement that reads one of two kinds is run once for each.
"""

from __future__ import annotations

import ast
import functools
from typing import Any, cast

from chainrule.graph.block import CONSTANT, ITEM, Block, result_number
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, OPAQUE
from chainrule.lift.branches.branching import Branching
from chainrule.lift.branches.implied import learn
from chainrule.lift.core import AlwaysRaises, Completion
from chainrule.lift.state import Frame, Key, State
from chainrule.lift.values import (
    UNBOUND,
    ArrayBox,
    Either,
    Fact,
    ListBox,
    Static,
    TupleValue,
    Value,
    View,
)
from chainrule.primitives.arithmetic import logical_not
from chainrule.primitives.arrays.conditions import told_by_lengths
from chainrule.primitives.control import IF, owned_blocks
from chainrule.primitives.effect import RAISE

# What a container tells: more than any tuple.
MOST_TOLD = 1000


class Deciding(Branching):
    """Tells the alternatives of a value apart."""

    def __init__(self, graph: Any) -> None:
        super().__init__(graph)
        # Names that were found unbound in a run of a loop.
        self.found_unbound: set[Key] = set()

    def read(self, value: Value) -> Value:
        """``value`` itself, unless it cannot be used."""
        if isinstance(value, Node):
            return value
        decided = self.decided(value)
        while isinstance(decided, Either):
            known = told_by_lengths(decided.tag)
            if known is None:
                raise decided.refusal
            self.state[Fact(decided.tag)] = known
            decided = self.decided(decided)
        return super().read(decided)

    def decided(self, value: Value) -> Value:
        """The alternative that ``value`` is on this path, where that is known."""
        while isinstance(value, Either):
            known = self.fact(value.tag)
            if known is None:
                return value
            value = value.then if known else value.orelse
        return value

    def decided_in(self, state: State, value: Value) -> Value:
        before, self.state = self.state, state
        try:
            return self.decided(value)
        finally:
            self.state = before

    def fact(self, predicate: Node) -> bool | None:
        negated = False
        while True:
            if predicate.op is CONSTANT:
                return bool(predicate.params[0]) is not negated
            fact = self.state.get(Fact(predicate))
            if isinstance(fact, bool):
                return fact is not negated
            if predicate.op is not logical_not:
                return None
            predicate, negated = predicate.args[0], not negated

    def hold(self, predicate: Node) -> None:
        """Note that a condition holds on this path."""
        learn(self.state, predicate, True)

    def of_one_kind(self, value: Value, name: str) -> Value:
        """What the function ``name`` gives where it is of the kind that tells most.

        Elsewhere a TypeError is raised: None tells less than anything, single numbers less than
        tuples, and these less than longer ones.
        """
        value = self.decided(value)
        while isinstance(value, Either):
            first, second = _weight(value.then), _weight(value.orelse)
            if first == second:
                break
            kept, other = (value.then, value.orelse)[:: 1 if first > second else -1]
            beside = isinstance(other, Node) and isinstance(kept, (ListBox, View))
            if not (_is_nothing(other) or beside or _is_tuple(kept)):
                break
            tag: Node = value.tag
            if first < second:
                tag = self.primitive(logical_not, tag)
            self.graph.mixed_result = True
            said = f"{name}() gave {_said(other)}, which has no slope"
            if not _is_nothing(other) and getattr(other, "type", None) != OPAQUE:
                said = f"{name}() gave {_said(other)}; slopes are those of {_said(kept)}"
            self.check_bound(tag, f"raise TypeError({said!r})", self.block)
            self.state[Fact(value.tag)] = tag is value.tag
            value = self.decided(value)
        return value

    # --- names that may be unbound --------------------------------------------------------

    def bound(self, key: tuple[Frame, str], value: Value, node: ast.AST) -> Value:
        """The value of a name; where it has none, what Python raises is raised."""
        value = self.decided(value)
        while isinstance(value, Either) and value.orelse is UNBOUND:
            self.check_bound(value.tag, self._unbound_text(key), self.block)
            self.state[Fact(value.tag)] = True
            value = self.state[key] = self.decided(value.then)
        if value is UNBOUND:
            if not self.enclosing:
                raise self.unsupported(
                    f"`{key[1]}` is used before it has a value",
                    "Assign it on every path that leads here.",
                    node,
                )
            self.found_unbound.add(key)
            self._raise_unbound(self._unbound_text(key))
            raise AlwaysRaises
        return value

    def _unbound_text(self, key: tuple[Frame, str]) -> str:
        frame, name = key
        if frame is self.frame:
            message = (
                f"cannot access local variable '{name}' where it is not associated with a value"
            )
            return f'raise UnboundLocalError("{message}")'
        message = (
            f"cannot access free variable '{name}' where it is not associated with a value in "
            "enclosing scope"
        )
        return f'raise NameError("{message}")'

    def _raise_unbound(self, text: str) -> Completion:
        self.block.add(RAISE, (), (text,))
        return Completion.RAISES

    def check_bound(self, tag: Node, text: str, block: Block) -> None:
        """Raise where ``tag`` is false, in the arms of the branch that has just ended if it can."""
        last = block.steps[-1] if block.steps else None
        arms: list[tuple[Block, Node]] = []
        if last is not None and last.op is IF and last.params[2] == "statement":
            blocks = owned_blocks(last)
            negated = tag.op is logical_not and tag.args[0] is last.args[0]
            if tag is last.args[0] or negated:
                truths = (self.graph.constant(not negated), self.graph.constant(negated))
                arms = list(zip(blocks, truths, strict=True))
            elif tag.op is ITEM and tag.args[0] is last:
                arms = [(block, block.results[cast(int, tag.params[0])]) for block in blocks]
        if not arms:
            self.branch(
                tag, lambda: Completion.FALLS, lambda: self._raise_unbound(text), "statement"
            )
        for arm, found in arms:
            if not arm.completes or found is self.graph.constant(True):
                continue
            with self.graph.inside(arm):
                if found is self.graph.constant(False):
                    self._raise_unbound(text)
                    arm.completes = False
                    arm.results = tuple(self.graph.undefined() for _ in arm.results)
                else:
                    self.check_bound(found, text, arm)

    # --- names of two kinds ---------------------------------------------------------------

    def undecided(self, node: ast.stmt) -> Node | None:
        """What tells two kinds of a name apart that a statement, or the head of it, reads."""
        if not self.has_kinds:
            return None
        for name in _names_read(node):
            value = self.decided(self._held_by(name))
            if isinstance(value, Either) and value.orelse is not UNBOUND:
                tag: Node = value.tag
                return tag
        return None

    def _held_by(self, name: str) -> Value:
        """What a local name holds, in this function or in one around it."""
        frame: Frame | None = self.frame
        while frame is not None:
            if name in frame.local_names and name not in frame.outer_names:
                return self.state.get((frame, name), UNBOUND)
            frame = frame.parent
        return UNBOUND


def _weight(value: Value) -> int:
    """How much a result tells: nothing, a number, a tuple, by its length, or a container."""
    if isinstance(value, Either):
        return max(_weight(value.then), _weight(value.orelse))
    if isinstance(value, Static) or value is UNBOUND:
        return 0
    if isinstance(value, Node):
        return 1
    return len(value.items) + 2 if isinstance(value, TupleValue) else MOST_TOLD


def _said(value: Value) -> str:
    while isinstance(value, Either):
        value = value.then if _weight(value.then) > _weight(value.orelse) else value.orelse
    if _is_nothing(value):
        return "None"
    if isinstance(value, TupleValue):
        return f"a tuple of {len(value.items)}"
    if isinstance(value, (ArrayBox, View)):
        return "an array"
    if type(value) is ListBox:
        return "a list"
    number = isinstance(value, Node) and value.type != OPAQUE
    return "a single value" if number else "another kind of result"


def _is_tuple(value: Value) -> bool:
    """Whether this is a tuple, or one of several."""
    if isinstance(value, Either):
        return _is_tuple(value.then) and _is_tuple(value.orelse)
    return isinstance(value, TupleValue)


def _is_nothing(value: Value) -> bool:
    return isinstance(value, Static) and value.value is None


@functools.lru_cache(maxsize=4096)
def _names_read(node: ast.stmt) -> tuple[str, ...]:
    """The names that a simple statement reads, or the head of another one."""
    parts: list[ast.AST]
    match node:
        case ast.If(test=head) | ast.While(test=head):
            parts = [head]
        case ast.For(iter=head) | ast.Match(subject=head):
            parts = [head]
        case ast.Try() | ast.With() | ast.FunctionDef() | ast.ClassDef():
            parts = []
        case _:
            parts = [node]
    found: dict[str, None] = {}
    for part in parts:
        for inner in ast.walk(part):
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load):
                found[inner.id] = None
            elif isinstance(inner, ast.AugAssign) and isinstance(inner.target, ast.Name):
                found[inner.target.id] = None
    return tuple(found)


def is_always(value: Value, truth: bool) -> bool:
    """Whether a branch gives ``truth`` in either arm: in one because it is what it asks for."""
    if not isinstance(value, Node) or value.op is not ITEM or value.args[0].op is not IF:
        return False
    branch = value.args[0]
    then, orelse = owned_blocks(branch)
    asked, other = (then, orelse) if truth else (orelse, then)
    k = result_number(value)
    known = other.results[k]
    return (
        not then.steps
        and not orelse.steps
        and asked.results[k] is branch.args[0]
        and branch.args[0].type == BOOL
        and known.op is CONSTANT
        and known.params[0] is truth
    )
