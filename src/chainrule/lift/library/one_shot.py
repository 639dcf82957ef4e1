"""What gives its items once, and only when it is asked: filters and what itertools makes.

The lifter computes their items at once.  That is the same as long as they are read once, and
nothing that the items are made of has changed by then; anything else is refused.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

from chainrule.errors import UnsupportedError
from chainrule.graph.block import Graph
from chainrule.lift.core import Core
from chainrule.lift.state import Frame, Key
from chainrule.lift.values import (
    ITERATORS,
    UNBOUND,
    Closure,
    DictBox,
    Generator,
    ListBox,
    ObjectBox,
    Read,
    Value,
)

# What begins the name of what a generator expression runs over.
BEGUN = "items_of_"


class OneShot(Core):
    """Reads each iterator once."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        # Where what gives its items once was made.
        self.made_at: dict[Value, Hashable] = {}

    def given_once(self, items: Value, made_of: Sequence[Value]) -> Value:
        """``items`` as what may be read once, made of lists and functions."""
        if isinstance(items, ListBox):
            self.once[items] = [
                (key, self._content(key)) for value in made_of for key in _keys_of(value)
            ]
        return items

    def made_once(
        self,
        make: Callable[[], Value],
        stream: Callable[..., Any] | None,
        args: list[Value],
        keywords: dict[str, Value],
        node: ast.AST,
    ) -> Value:
        """The list that ``make`` gives, or ``stream`` of the arguments where it is not the same."""
        raise NotImplementedError

    def asked_again(self, value: Value, refusal: UnsupportedError) -> Exception:
        """What is raised where an iterator is read that was taken for its items: ``refusal``."""
        return refusal

    def keep(self, value: Value) -> Value:
        """``value`` as an entry of a container, from where it may be read by many."""
        return value

    def begun(self, name: str, value: Value, frame: Frame) -> Value:
        """A generator expression as ``name`` gets it: what it runs over is looked up by then.

        The rest of it is looked up where its items are read, as Python does.
        """
        if not isinstance(value, Generator):
            return value
        first, *others = value.tree.generators
        if isinstance(first.iter, ast.Name):
            known = self.state.get((frame, first.iter.id), UNBOUND)
            is_once = isinstance(known, (Generator, *ITERATORS)) or (
                isinstance(known, ListBox) and known in self.once
            )
            if first.iter.id.startswith(BEGUN) or is_once:
                # It gives its items once, under the one name or the other.
                return value
        held = f"{BEGUN}{name}"
        while held in frame.local_names and (frame, held) in self.state:
            held += "_"
        frame.local_names.add(held)
        self.state[frame, held] = self.expression(first.iter)
        iterated = ast.copy_location(ast.Name(held, ast.Load()), first.iter)
        clause = ast.comprehension(first.target, iterated, first.ifs, first.is_async)
        tree = ast.GeneratorExp(value.tree.elt, [clause, *others])
        made = Generator(ast.copy_location(tree, value.tree), value.frame)
        self.made_at[made] = self.made_at.get(value)
        return made

    def returned(self, node: ast.expr) -> Value:
        """What a function returns; the items of a generator are read when it has ended."""
        if any(isinstance(arm, ast.GeneratorExp) for arm in _arms(node)):
            self.outlive()
        value = self.alternatives(node)
        if not isinstance(value, Generator) or value.frame is not self.frame:
            return value
        self.outlive()
        return self.begun("return", value, self.frame)

    def outlive(self) -> None:
        """Keep the names of this call, and of those around it, after its end."""
        frame: Frame | None = self.frame
        while frame is not None:
            frame.captured = True
            frame = frame.parent

    def alternatives(self, node: ast.expr) -> Value:
        """The value of an expression, taken for itself; given by another part of the lifter."""
        raise NotImplementedError

    def expression(self, node: ast.expr) -> Value:
        """The value of an expression; given by another part of the lifter."""
        raise NotImplementedError

    def read_once(self, value: Value, frame: Frame, name: str, node: ast.AST) -> None:
        """Note that a name was read; an iterator that is read again may have nothing to give."""
        watched = self.once.get(value) if isinstance(value, ListBox) else None
        if watched is None and not isinstance(value, ITERATORS):
            return
        key = Read(value, frame)
        if self.state.get(key, UNBOUND) is not UNBOUND:
            refusal = self.unsupported(
                f"the iterator `{name}` is read a second time",
                "Make a list of its items first: `list(...)`.",
                node,
            )
            raise self.asked_again(value, refusal)
        self.state[key] = self.graph.constant(True)
        if any(not _same(self._content(key), before) for key, before in watched or ()):
            raise self.unsupported(
                f"what the items of the iterator `{name}` are made of has changed meanwhile",
                "Make a list of them where the iterator is made: `list(...)`.",
                node,
            )

    def _content(self, key: Key) -> list[Any]:
        """What a list or a name holds now."""
        content = self.state.get(key, UNBOUND)
        if isinstance(content, dict):
            return [*content, *content.values()]
        return list(content) if isinstance(content, list) else [content]


def _arms(node: ast.expr) -> Iterator[ast.expr]:
    """What an expression may be: the arms of conditional ones."""
    if isinstance(node, ast.IfExp):
        yield from _arms(node.body)
        yield from _arms(node.orelse)
    else:
        yield node


def _same(now: list[Any], before: list[Any]) -> bool:
    return len(now) == len(before) and all(a is b for a, b in zip(now, before, strict=True))


def _keys_of(value: Value) -> Iterator[Key]:
    """Where the state holds what a value is made of."""
    if isinstance(value, (ListBox, DictBox, ObjectBox)):
        yield value
    elif isinstance(value, Closure):
        for part in ast.walk(value.tree):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
                frame: Frame | None = value.frame
                while frame is not None:
                    yield frame, part.id
                    frame = frame.parent
