"""The names that pass with a step of a loop: it alone mentions them, and binds them first.

What such a name holds is held by nobody else once it was mentioned for the last time.
"""

from __future__ import annotations

import ast
import functools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from chainrule.graph.block import Graph
from chainrule.lift.core import Completion
from chainrule.lift.iteration.beginnings import LATER, Beginnings
from chainrule.lift.values import UNBOUND


class Passing(Beginnings):
    """Forgets the names that pass with a step."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        # Names that nothing reads behind a statement.
        self.last_of: dict[ast.stmt, dict[str, None]] = {}

    def step(self, body: Sequence[ast.stmt]) -> Completion:
        """The statements of a step."""
        source = self.frame.source
        names = _passing_names(body, source.tree) if source is not None else []
        for name in names:
            for statement in _last_mentions(name, body):
                self.last_of.setdefault(statement, {})[name] = None
        completion = self.statements(body)
        self.forget(names)
        return completion

    def statements(self, nodes: Sequence[ast.stmt]) -> Completion:
        """Run statements in order; how they end."""
        raise NotImplementedError

    def forget(self, names: Iterable[str]) -> None:
        """Unbind names."""
        for name in names:
            if (self.frame, name) in self.state:
                self.state[self.frame, name] = UNBOUND


@functools.lru_cache(maxsize=64)
def _mentions(node: ast.AST) -> Counter[str]:
    """How often names are mentioned; more often than that where they are read at another time."""
    found: Counter[str] = Counter()
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            found[part.id] += 1
        elif isinstance(part, (ast.Global, ast.Nonlocal)):
            found.update(dict.fromkeys(part.names, 2))
        elif isinstance(part, LATER) and part is not node:
            found.update(_mentions(part))
    return found


def _names(node: ast.AST) -> Counter[str]:
    return Counter(part.id for part in ast.walk(node) if isinstance(part, ast.Name))


def _passing_names(body: Sequence[ast.stmt], whole: ast.AST) -> list[str]:
    """Names that ``body`` alone mentions, and binds before it reads them."""
    inside: Counter[str] = Counter()
    bound = []
    for statement in body:
        found = _names(statement)
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)]) if name not in inside and found[name] == 1:
                bound.append(name)
        inside += found
    return [name for name in bound if _mentions(whole)[name] == inside[name]]


def _last_mentions(name: str, body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements behind which no statement of ``body`` reads a name."""
    last = next((each for each in reversed(body) if name in _names(each)), None)
    if last is None:
        return
    yield last
    if isinstance(last, ast.If):
        yield from _last_mentions(name, last.body)
        yield from _last_mentions(name, last.orelse)
