"""``try`` with its handlers, and what a handler may rely on.

A handler sees every name as it was when the body raised.  Where that is the same wherever the
body may raise, the body is one ``TRY``.  Where the body changes what the handler, or what
follows, may read, it is cut before the next statement that may raise::

    try:                                 try:
        a = f(x)                             a = f(x)
        b = g(a)                         except ValueError:
    except ValueError:      means            b = a
        b = a                            else:
                                             try:
                                                 b = g(a)
                                             except ValueError:
                                                 b = a
"""

from __future__ import annotations

import ast
import functools
import inspect
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field

from chainrule.graph.block import Block, Graph
from chainrule.graph.naming import free_name
from chainrule.graph.node import Node
from chainrule.lift.branches.branching import Path
from chainrule.lift.branches.escapes import RISKY, moved_in
from chainrule.lift.branches.unreached import certain, reached
from chainrule.lift.containers.sharing import boxes_in
from chainrule.lift.containers.unpacking import Unpacking
from chainrule.lift.core import Completion, Flag
from chainrule.lift.iteration.exits import leaves_block
from chainrule.lift.records.layout import keeps_what_is_set
from chainrule.lift.state import Frame, Key, State, same_value
from chainrule.lift.values import (
    UNBOUND,
    DictBox,
    Either,
    Fact,
    ListBox,
    ObjectBox,
    Poison,
    TupleValue,
    Value,
)
from chainrule.primitives.arithmetic import equal
from chainrule.primitives.control import TRY
from chainrule.primitives.updates import UPDATES
from chainrule.records import dataclass

BOXES = (ListBox, DictBox, ObjectBox)
COMPOUND = (ast.If, ast.For, ast.While, ast.Try, ast.With, ast.Match)


@dataclass
class Attempt:
    """A body of a ``try`` while it is lifted.

    ``raised`` has the state wherever the body may raise, each with the number of the body's
    statement in which that is.
    """

    number: int = 0
    raised: list[tuple[int, State]] = field(default_factory=list)


class Attempts(Unpacking):
    """Lifts ``try`` statements."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        # Names for what the function has no name for, by the statement that they are for.
        self.invented: dict[tuple[Frame, str, ast.stmt], str] = {}
        # What a ``try`` was found to mean, for when it is lifted again: in a loop, or a ``try``.
        self.cut_or_moved: dict[tuple[Frame, ast.Try], ast.Try | list[ast.stmt]] = {}
        # Steps of statements that have told where they may raise.
        self.noted: set[Node] = set()

    # --- where a body may raise -------------------------------------------------------------

    def entering(self, node: ast.stmt) -> tuple[State, int] | None:
        """What is to be known before a statement, for :meth:`done`; None outside of tries."""
        if not self.attempts:
            return None
        before = (dict(self.state), len(self.block.steps))
        if isinstance(node, COMPOUND):
            # What is inside of it tells for itself; here only its head can raise.
            head = getattr(node, "test", None) or getattr(node, "iter", None)
            subject = getattr(node, "subject", head)
            if subject is None or any(isinstance(part, RISKY) for part in ast.walk(subject)):
                self.raised(before)
        return before

    def done(self, node: ast.stmt, before: tuple[State, int] | None) -> None:
        """Note a statement that was run; of what is inside of it only its own acts are new."""
        if before is None:
            return
        state, count = before
        made = self.block.steps[count:]
        steps = [step for step in made if step not in self.sure and step not in self.noted]
        self.noted.update(made)
        if isinstance(node, COMPOUND):
            return
        if not isinstance(node, (ast.Assign, ast.AugAssign, ast.Expr, ast.Return)):
            self.note_evaluated()
        if not any(getattr(step.op, "raises", True) for step in steps):
            return
        self.raised(before)
        named = any(isinstance(part, ast.NamedExpr) for part in ast.walk(node))
        changed = self._changed_boxes(state)
        if named or (changed and (not _by_steps(changed) or _may_raise_changed(steps))):
            # What it has changed before its last act may be changed when it raises.
            self.raised((self.evaluated, count))
        if isinstance(node, ast.Assign) and self._may_stop_between(node.targets):
            self.raised((dict(self.state), count))

    def _may_stop_between(self, targets: Sequence[ast.expr]) -> bool:
        """Whether an assignment may raise in the middle of several writings."""
        if all(isinstance(target, ast.Name) or self._always_takes(target) for target in targets):
            return False
        several = len(targets) > 1 or isinstance(targets[0], (ast.Tuple, ast.List))
        places = (ast.Subscript, ast.Attribute)
        return several and any(
            isinstance(p, places) for target in targets for p in ast.walk(target)
        )

    def _always_takes(self, target: ast.expr) -> bool:
        """Whether a target is an attribute that can be set whatever the value is."""
        if not isinstance(target, ast.Attribute) or not isinstance(target.value, ast.Name):
            return False
        owner = self.decided(self.state.get((self.frame, target.value.id), UNBOUND))
        if not isinstance(owner, ObjectBox) or not keeps_what_is_set(owner.type):
            return False
        held = inspect.getattr_static(owner.type, target.attr, None)
        slot = isinstance(held, types.MemberDescriptorType)
        return slot or not hasattr(type(held), "__set__")

    def give_up(self, state: State, mark: int) -> None:
        self.noted.difference_update(self.block.steps[mark:])
        super().give_up(state, mark)

    def raised(self, before: tuple[State, int] | None) -> None:
        """Note a state in which the bodies of the tries around may be left."""
        if before is not None:
            for attempt in self.attempts:
                attempt.raised.append((attempt.number, before[0]))

    def raises_here(self) -> None:
        self.raised((dict(self.state), len(self.block.steps)))

    def _changed_boxes(self, before: State) -> list[tuple[Value, Value]]:
        """What lists, dicts and objects held before, and what they hold, where it is other."""
        return [
            (before[key], value)
            for key, value in self.evaluated.items()
            if isinstance(key, BOXES) and key in before and before[key] is not value
        ]

    # --- the statement ----------------------------------------------------------------------

    def attempt(self, node: ast.Try) -> Completion:
        """A ``try`` statement."""
        if node.finalbody:
            return self._finally(node)
        meant = self.cut_or_moved.get((self.frame, node))
        if meant is not None:
            return self.attempt(meant) if isinstance(meant, ast.Try) else self.statements(meant)
        start = self.state
        attempt = Attempt()
        self.attempts.append(attempt)
        try:
            body = self.run_path(start, lambda: self._attempted(node.body, 0, attempt))
        finally:
            self.attempts.pop()
        if not attempt.raised:
            # No handler can run.
            return self.statements([*node.body, *node.orelse])
        handlers = reached(node, body.block, self._exception)
        if len(handlers) < len(node.handlers):
            if not handlers:
                return self.statements([*node.body, *node.orelse])
            left = ast.copy_location(ast.Try(node.body, handlers, node.orelse, []), node)
            return self.attempt(left)
        handler = certain(node, body.block, self._exception)
        if handler is not None:
            self.state = body.state
            return self.statements(handler.body)
        known, cut, inside = self._known(node, start, attempt, body.block)
        if cut:
            meant = self.cut_or_moved[self.frame, node] = _cut(node, cut)
            return self.attempt(meant)
        moved = moved_in(node, self._unused("failed", node.body[0])) if inside else None
        if moved is not None:
            self.cut_or_moved[self.frame, node] = moved
            return self.statements(moved)
        return self._handled(node, start, known, body)

    def _exception(self, node: ast.expr) -> object:
        """What the name of an exception stands for; None where that is not known."""
        return self.static_value(self.expression(node))[1]

    def _unused(self, stem: str, at: ast.stmt) -> str:
        """A name that the function does not use: the same one in every run of a loop."""
        known = self.invented.get((self.frame, stem, at))
        if known is not None:
            return known
        source = self.frame.source
        taken = set(self.frame.local_names)
        if source is not None:
            taken |= {part.id for part in ast.walk(source.tree) if isinstance(part, ast.Name)}
        name = free_name(stem, taken)
        self.frame.local_names.add(name)
        self.invented[self.frame, stem, at] = name
        return name

    def _attempted(self, nodes: Sequence[ast.stmt], first: int, attempt: Attempt) -> Completion:
        """Run the statements of a body from number ``first`` on."""
        for number in range(first, len(nodes)):
            attempt.number = number
            completion = self.statements([nodes[number]])
            if completion in (Completion.EXITS, Completion.RAISES):
                return completion
            if completion is Completion.MAYBE:
                rest = functools.partial(self._attempted, nodes, number + 1, attempt)
                return self.guarded(rest)
        return Completion.FALLS

    def _handled(self, node: ast.Try, start: State, known: State, body: Path) -> Completion:
        """The body and its handlers as one ``TRY``; the handlers start from ``known``."""
        paths = [body]
        handlers: list[tuple[str | None, str | None, Block]] = []
        # What a handler is the first to read was there for the body, too.
        self.enclosing.append(start)
        try:
            for handler in node.handlers:
                template = None if handler.type is None else self._exception_names(handler.type)
                path = self.run_path(known, functools.partial(self._handler, handler))
                paths.append(path)
                handlers.append((template, handler.name, path.block))
        finally:
            self.enclosing.pop()

        def build() -> Node:
            return self.block.add(TRY, (), (body.block, tuple(handlers)))

        if not any(path.alive for path in paths):
            build()
            return Completion.RAISES
        made = self.join_paths(
            start, paths, build, first_result=1, is_first=self._ran if body.alive else None
        )
        if node.orelse and body.completion in (Completion.FALLS, Completion.MAYBE):
            assert made is not None
            handled = any(path.alive for path in paths[1:])
            return self._otherwise(node, made if handled else None)
        kinds = {path.completion for path in paths if path.alive}
        return kinds.pop() if len(kinds) == 1 else Completion.MAYBE

    def _ran(self, made: Node) -> Node:
        """Whether the body of a ``TRY`` ran to its end."""
        return self.primitive(equal, self.block.item(made, 0), self.graph.constant(0))

    def _otherwise(self, node: ast.Try, made: Node | None) -> Completion:
        """The ``else`` clause: where the body ran to its end, always unless there is ``made``."""
        if made is None:
            return self.guarded(lambda: self.statements(node.orelse))
        ran = self._ran(made)

        def run() -> Completion:
            if self.fact(ran):
                return self.statements(node.orelse)
            return self.branch(
                ran, lambda: self.statements(node.orelse), lambda: Completion.FALLS, "statement"
            )

        return self.guarded(run)

    def _exception_names(self, node: ast.expr) -> str:
        """The exception types of a handler as text; they are resolved in the emitted module."""
        names = [node] if not isinstance(node, ast.Tuple) else node.elts
        for name in names:
            value = self.expression(name)
            known, found = self.static_value(value)
            if not known or not (isinstance(found, type) and issubclass(found, BaseException)):
                raise self.unsupported(
                    "exception types that are not plain names", "Name the classes.", node
                )
            if found.__module__ != "builtins":
                self.graph.reference((found.__module__, found.__qualname__), found)
        return ast.unparse(node)

    def _handler(self, handler: ast.ExceptHandler) -> Completion:
        if handler.name is not None:
            caught = self.verbatim(handler.name, pure=False)
            self.caught.add(caught)
            self.bind(handler.name, caught)
        return self.statements(handler.body)

    # --- what a handler may rely on ----------------------------------------------------------

    def _known(
        self, node: ast.Try, start: State, attempt: Attempt, body: Block
    ) -> tuple[State, int, bool]:
        """The state in which handlers start, where the body is to be cut first, or 0.

        And whether the try belongs into the first statement of the body.
        """
        known = dict(start)
        refusal = Poison(
            self.unsupported(
                "a value that the try body changes before it may raise is used in a handler",
                "Compute it before the try, or change it in a statement of its own at the top of "
                "the body.",
            )
        )
        read = None
        cuts = []
        inside = False
        for key in dict.fromkeys(key for _, state in attempt.raised for key in state):
            if not self._lasts(key, start):
                continue
            values = [state.get(key, UNBOUND) for _, state in attempt.raised]
            checked = _only_checked(values, body)
            if checked is not None:
                # Whether it was found bound on the way makes no other value of it.
                known[key] = checked
                continue
            # What the body has computed itself is known to its own walk back only.
            change = next(
                (
                    position
                    for position, value in enumerate(values)
                    if not same_value(values[0], value) or made_in(value, body)
                ),
                None,
            )
            if change is None:
                known[key] = values[0]
                continue
            known[key] = refusal
            read = self._names_read(node) if read is None else read
            number = attempt.raised[change][0]
            # What the body makes is of no use to others than those who read it afterwards.
            lasting = key in start and not isinstance(key, tuple)
            if number and (lasting or self._is_read(key, read, attempt)):
                cuts.append(number)
            elif not number:
                inside = inside or self._is_read(key, read, attempt)
        return known, min(cuts, default=0), inside

    def _is_read(self, key: Key, names: set[str], attempt: Attempt) -> bool:
        """Whether what ``key`` stands for is reached by one of ``names``."""
        if isinstance(key, tuple):
            return key[-1] in names
        held = [
            state.get((self.frame, name), UNBOUND) for _, state in attempt.raised for name in names
        ]
        return any(key is value or key in boxes_in(value) for value in held)

    def _lasts(self, key: Key, start: State) -> bool:
        """Whether a key of the state is still there when a handler runs."""
        if isinstance(key, (Fact, Flag)) or (isinstance(key, tuple) and key[-1] == "return"):
            # What raises has not left by return, break or continue, and conditions that the body
            # has asked for are its own.
            return False
        return (
            key in start
            or isinstance(key, BOXES)
            or (isinstance(key, tuple) and key[0] is self.frame)
        )

    def _names_read(self, node: ast.Try) -> set[str]:
        """Names that may be read after the body has raised."""
        tree = self.frame.source.tree if self.frame.source is not None else node
        inside = {part for stmt in node.body for part in ast.walk(stmt)}
        outside = (part for part in ast.walk(tree) if part not in inside)
        found = set(_loaded(outside))
        if self.loops:
            # The next step may read what this one has left.
            written: set[str] = set()
            for stmt in node.body:
                found.update(name for name in _loaded(ast.walk(stmt)) if name not in written)
                if isinstance(stmt, (ast.Assign, ast.AnnAssign)):
                    written.update(_stored(stmt))
        return found

    # --- finally ------------------------------------------------------------------------------

    def _finally(self, node: ast.Try) -> Completion:
        """``finally``: run on every path, before what was raised goes on."""
        if any(map(leaves_block, node.finalbody)):
            raise self.unsupported(
                "return, break or continue in a finally clause", "Write it after the try.", node
            )
        inner: list[ast.stmt] = node.body
        if node.handlers:
            inner = [ast.copy_location(ast.Try(node.body, node.handlers, node.orelse, []), node)]
        if self.attempts or any(not _is_local(stmt) for stmt in node.finalbody):
            again = ast.copy_location(ast.Raise(None, None), node)
            handler = ast.ExceptHandler(None, None, [*node.finalbody, again])
            inner = [ast.copy_location(ast.Try(inner, [handler], [], []), node)]
        completion = self.statements(inner)
        if completion is Completion.RAISES:
            return completion
        false = self.graph.constant(False)
        flags = {
            key: value
            for key, value in self.state.items()
            if isinstance(key, Flag) and value is not false
        }
        result = self.state.get((self.frame, "return"), UNBOUND)
        self.state.update(dict.fromkeys(flags, false))
        last = self.statements(node.finalbody)
        if last is Completion.RAISES:
            return last
        self.state.update(flags)
        if result is not UNBOUND:
            self.state[self.frame, "return"] = result
        return completion

    # Given by the other parts of the lifter.

    def guarded(self, action: Callable[[], Completion]) -> Completion:
        raise NotImplementedError


def _cut(node: ast.Try, number: int) -> ast.Try:
    """The first statements with the handlers; the others as a ``try`` in its else clause."""
    second = ast.Try(node.body[number:], node.handlers, node.orelse, [])
    ast.copy_location(second, node.body[number])
    return ast.copy_location(ast.Try(node.body[:number], node.handlers, [second], []), node)


def _only_checked(values: Sequence[Value], block: Block) -> Either | None:
    """The one value, which may be unbound, that values are, found bound or not; else None."""
    maybe = next((value for value in values if isinstance(value, Either)), None)
    if maybe is None or maybe.orelse is not UNBOUND or made_in(maybe, block):
        return None
    same = all(value is maybe or same_value(maybe.then, value) for value in values)
    return maybe if same else None


def _may_raise_changed(steps: Sequence[Node]) -> bool:
    """Whether a step may raise behind one that makes a change."""
    first = next((k for k, step in enumerate(steps) if step.op in UPDATES), -1)
    return any(getattr(step.op, "raises", True) for step in steps[first + 1 :])


def _by_steps(changed: Sequence[tuple[Value, Value]]) -> bool:
    """Whether it are lists of run time that have changed, each by a step of its own."""
    return all(isinstance(value, Node) for pair in changed for value in pair)


def _is_local(node: ast.stmt) -> bool:
    """Whether a statement only binds names: nobody sees it when the function is left."""
    risky = (ast.Call, ast.Raise, ast.Assert, ast.Global, ast.Nonlocal)
    return all(
        not isinstance(part, risky)
        and not (isinstance(part, (ast.Attribute, ast.Subscript)) and not _is_load(part))
        for part in ast.walk(node)
    )


def _is_load(node: ast.AST) -> bool:
    return isinstance(getattr(node, "ctx", None), ast.Load)


def _loaded(nodes: Iterator[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            yield node.target.id
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id


def _stored(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            yield part.id
        elif isinstance(part, (ast.MatchAs, ast.MatchStar)) and part.name:
            yield part.name


def made_in(value: Value, block: Block) -> bool:
    """Whether a value was computed in ``block``."""
    if isinstance(value, Node):
        return block.encloses(value.block)
    if isinstance(value, TupleValue):
        return any(made_in(item, block) for item in value.items)
    if isinstance(value, Either):
        return any(made_in(part, block) for part in (value.tag, value.then, value.orelse))
    if isinstance(value, (list, dict)):
        return any(
            made_in(item, block) for item in (value.values() if isinstance(value, dict) else value)
        )
    return False
