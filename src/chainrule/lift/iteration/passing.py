"""The names that pass with a step of a loop: it alone mentions them, and binds them first.

What such a name holds is held by nobody else once it was mentioned for the last time.
"""

from __future__ import annotations

import ast
import functools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from chainrule.graph.block import Graph
from chainrule.lift.core import Completion, LoopExits
from chainrule.lift.iteration.beginnings import LATER, Beginnings
from chainrule.lift.state import assigned_names
from chainrule.lift.values import UNBOUND


class Passing(Beginnings):
    """Forgets the names that pass with a step."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        # Names that nothing reads behind a statement.
        self.last_of: dict[ast.stmt, dict[str, None]] = {}
        # Those of the steps that are being run, with the exits of the loops.
        self.stepping: list[tuple[LoopExits, list[str]]] = []

    def step(self, body: Sequence[ast.stmt]) -> Completion:
        """The statements of a step."""
        source = self.frame.source
        names = _passing_names(body, source.tree) if source is not None else []
        for name in names:
            for statement in _last_mentions(name, body):
                self.last_of.setdefault(statement, {})[name] = None
        self.stepping.append((self.loops[-1], names))
        try:
            completion = self.statements(body)
        finally:
            self.stepping.pop()
        self.forget(names)
        return completion

    def leave_step(self) -> None:
        """Forget what passes with the step that ends here."""
        if self.stepping and self.stepping[-1][0] is self.loops[-1]:
            self.forget(self.stepping[-1][1])

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
    return _counted(node, 2)


def _counted(node: ast.AST, later: int) -> Counter[str]:
    """How often names are mentioned, those that are read at another time so many times."""
    found: Counter[str] = Counter()
    pending = [node]
    while pending:
        part = pending.pop()
        if isinstance(part, ast.Name):
            found[part.id] += 1
        elif isinstance(part, (ast.Global, ast.Nonlocal)):
            found.update(dict.fromkeys(part.names, 2))
        elif isinstance(part, LATER) and part is not node:
            own = _own_names(part)
            inner = _counted(part, later)
            found.update({name: later * inner[name] for name in inner if name not in own})
            continue
        pending += ast.iter_child_nodes(part)
    return found


def _own_names(node: ast.AST) -> set[str]:
    """Variables of a function inside another, which share their names with none around it."""
    if not isinstance(node, (ast.FunctionDef, ast.Lambda)):
        return set()
    args = node.args
    given = [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg]
    own = {each.arg for each in given if each is not None}
    own.update(assigned_names(node.body if isinstance(node, ast.FunctionDef) else []))
    # Defaults are computed around it.
    outside = [*args.defaults, *(each for each in args.kw_defaults if each is not None)]
    own.difference_update(*map(_names, outside))
    for part in ast.walk(node):
        if isinstance(part, (ast.Global, ast.Nonlocal)):
            own.difference_update(part.names)
    return own


def _names(node: ast.AST) -> Counter[str]:
    return Counter(part.id for part in ast.walk(node) if isinstance(part, ast.Name))


def _passing_names(body: Sequence[ast.stmt], whole: ast.AST) -> list[str]:
    """Names that ``body`` alone mentions, and binds before it reads them."""
    inside: Counter[str] = Counter()
    bound = []
    for statement in body:
        found = _names(statement)
        match statement:
            case ast.Assign(targets=[ast.Name() | ast.Tuple() as target]):
                names = [part.id for part in _targets(target) if isinstance(part, ast.Name)]
                bound += [name for name in names if name not in inside and found[name] == 1]
        inside.update(_counted(ast.Module([statement], []), 1))
    return [name for name in bound if _mentions(whole)[name] == inside[name]]


def _targets(target: ast.Name | ast.Tuple) -> list[ast.expr]:
    return [target] if isinstance(target, ast.Name) else target.elts


def _last_mentions(name: str, body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements behind which no statement of ``body`` reads a name."""
    last = next((each for each in reversed(body) if name in _names(each)), None)
    if last is None:
        return
    yield last
    if isinstance(last, ast.If):
        yield from _last_mentions(name, last.body)
        yield from _last_mentions(name, last.orelse)
