"""``with``: managers that change no value stay around it, those of the user's are their methods.

``with make() as name`` is ``name = make().__enter__()``, the body, and ``__exit__`` behind it.  An
exception that leaves the body leaves the function too, or the ``try`` around: so that nobody can
see then what ``__exit__`` has done, it may write to the manager itself and to what the function has
made only, within a ``try`` to nothing.  Globals that it sets to a constant have that value in the
body, and are set back by it.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from chainrule.errors import SourceError
from chainrule.graph.block import Graph
from chainrule.lift.branches.patterns import Patterns
from chainrule.lift.containers.sharing import boxes_in
from chainrule.lift.core import AlwaysRaises, Completion, LoopExits
from chainrule.lift.iteration.exits import leaves_block
from chainrule.lift.source import source_of
from chainrule.lift.state import Frame, State, assigned_names
from chainrule.lift.values import BOXES, Method, ObjectBox, Static, Value, Yields, is_made

# Context managers that change no value, only what is said of it.
MANAGERS = {
    "numpy.errstate": "numpy.errstate",
    "warnings.catch_warnings": "warnings.catch_warnings",
}


class Managing(Patterns):
    """Lifts ``with`` statements."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        # What stands for ``with suppress(...)``, the same in every run of a loop.
        self.suppressing: dict[ast.withitem, ast.Try] = {}

    def within(self, node: ast.With) -> Completion:
        """A ``with`` statement."""
        *before, last = node.body
        if (
            isinstance(last, ast.Return)
            and last.value is not None
            and not any(map(leaves_block, before))
        ):
            makers = [self._maker(item.context_expr)[1] for item in node.items]
            if any(map(is_made_of_generator, makers)):
                # The rest of the generator comes before what is returned.
                name = self._unused("result", last)
                bound = ast.Assign([ast.Name(name, ast.Store())], last.value)
                whole = ast.With(node.items, [*before, ast.copy_location(bound, last)])
                behind = ast.copy_location(ast.Return(ast.Name(name, ast.Load())), last)
                made = [ast.copy_location(whole, node), behind]
                return self.statements([ast.fix_missing_locations(stmt) for stmt in made])
        return self._within(node, node.items)

    def _within(self, node: ast.With, items: Sequence[ast.withitem]) -> Completion:
        if not items:
            return self.statements(node.body)
        item, *others = items
        if self._is_suppress(item):
            return self.attempt(self._as_attempt(node, item, others))
        text = self._kept(item, node)
        if text is None:
            return self._entered(item, lambda: self._within(node, others), node)
        before = self.managers
        self.managers = (*before, text)
        try:
            return self._within(node, others)
        finally:
            self.managers = before

    def _is_suppress(self, item: ast.withitem) -> bool:
        call = item.context_expr
        if not isinstance(call, ast.Call) or call.keywords or item.optional_vars is not None:
            return False
        known, function = self.static_value(self.read(self.expression(call.func)))
        return known and function is contextlib.suppress and bool(call.args)

    def _as_attempt(
        self, node: ast.With, item: ast.withitem, others: Sequence[ast.withitem]
    ) -> ast.Try:
        """``with suppress(E):`` as ``try:`` and ``except E: pass``."""
        made = self.suppressing.get(item)
        if made is None:
            assert isinstance(item.context_expr, ast.Call)
            kinds = item.context_expr.args
            kind = kinds[0] if len(kinds) == 1 else ast.Tuple(list(kinds), ast.Load())
            body: list[ast.stmt] = [ast.With(list(others), node.body)] if others else node.body
            handler = ast.ExceptHandler(kind, None, [ast.Pass()])
            made = ast.copy_location(ast.Try(body, [handler], [], []), node)
            self.suppressing[item] = ast.fix_missing_locations(made)
        return made

    def _kept(self, item: ast.withitem, node: ast.With) -> str | None:
        """A context manager that changes no value, written with full names; None of others."""
        call = item.context_expr
        if not isinstance(call, ast.Call) or call.args or item.optional_vars is not None:
            return None
        known, function = self.static_value(self.read(self.expression(call.func)))
        name = f"{getattr(function, '__module__', '')}.{getattr(function, '__name__', '')}"
        if not known or name not in MANAGERS:
            return None
        words = []
        for keyword in call.keywords:
            known, value = self.static_value(self.read(self.expression(keyword.value)))
            if keyword.arg is None or not known or not isinstance(value, (str, bool, type(None))):
                raise self.unsupported(
                    f"`{ast.unparse(keyword)}` is known at run time only",
                    "Write it as a constant string.",
                    node,
                )
            words.append(f"{keyword.arg}={value!r}")
        return f"{MANAGERS[name]}({', '.join(words)})"

    def _entered(
        self, item: ast.withitem, body: Callable[[], Completion], node: ast.With
    ) -> Completion:
        """A manager of the user's, whose methods are run where Python runs them."""
        if not isinstance(item.context_expr, (ast.Call, ast.Name, ast.Attribute)):
            raise self._refused(item, node)
        known, maker = self._maker(item.context_expr)
        if known and is_made_of_generator(maker):
            return self._around_yield(maker, item, body, node)
        if known and not isinstance(maker, type):
            raise self._refused(item, node)
        manager = self.read(self.expression(item.context_expr))
        if not isinstance(manager, ObjectBox) or not _leaves_quietly(manager.type):
            raise self._refused(item, node)
        before = dict(self.state)
        found = self._quiet(manager, "__enter__", [], item, node)
        if item.optional_vars is not None:
            self.assign(item.optional_vars, found)
        completion = body()
        if completion is not Completion.RAISES:
            self._quiet(manager, "__exit__", [Static(None)] * 3, item, node)
            self._check_globals(before, item, node)
        return completion

    def _around_yield(
        self, maker: Any, item: ast.withitem, body: Callable[[], Completion], node: ast.With
    ) -> Completion:
        """A manager made by ``contextlib.contextmanager``: the body is done where it yields."""
        call = item.context_expr
        assert isinstance(call, ast.Call)
        tree = source_of(maker.__wrapped__).tree
        yields_once, at_the_end = _yields_once(tree), _without_finally(tree)
        leaves = any(
            leaves_block(stmt, (ast.Return, ast.Break, ast.Continue)) for stmt in node.body
        )
        if not yields_once or leaves:
            raise self._refused(item, node)
        wrapped: ast.expr = ast.Attribute(call.func, "__wrapped__", ast.Load())
        bound = self.read(self.expression(call.func))
        if isinstance(bound, Method):
            name = self._unused("managed", node)
            self.state[self.frame, name] = Method(Static(maker.__wrapped__), bound.owner)
            wrapped = ast.Name(name, ast.Load())
        made = ast.copy_location(ast.Call(wrapped, call.args, call.keywords), call)
        items = self.read(self.expression(ast.fix_missing_locations(made)))
        if not isinstance(items, Yields):
            raise self._refused(item, node)
        if at_the_end is not None:
            callee = copy.copy(items.callee)
            callee.tree = at_the_end
            items = Yields(callee, items.given, items.node)
        behind: list[tuple[State, int]] = []

        def within(value: Value) -> Completion:
            if item.optional_vars is not None:
                self.assign(item.optional_vars, value)
            completion = body()
            behind.append((dict(self.state), len(self.block.steps)))
            return completion

        names = assigned_names([*([item.optional_vars] if item.optional_vars else []), *node.body])
        try:
            self.consume(items, names, LoopExits(), within)
        except AlwaysRaises:
            return Completion.RAISES
        if at_the_end is not None and not all(self._is_quiet(*each, None) for each in behind):
            # It is done where the body raises, too.
            raise self._refused(item, node)
        return Completion.FALLS

    def _check_globals(self, before: dict[Any, Value], item: ast.withitem, node: ast.With) -> None:
        """What the manager has written to globals it must have set back."""
        for key in written_globals(self.state):
            module, name, _ = key
            outside = self.graph.scopes[module].get(name)
            was = self.static_value(before[key])[1] if key in before else outside
            if self.static_value(self.state[key]) != (True, was):
                raise self._refused(item, node)
            if key in before:
                self.state[key] = before[key]
            else:
                del self.state[key]

    def _maker(self, made: ast.expr) -> tuple[bool, Any]:
        if not isinstance(made, ast.Call):
            return False, None
        maker = self.read(self.expression(made.func))
        return self.static_value(maker.function if isinstance(maker, Method) else maker)

    def _quiet(
        self, manager: ObjectBox, name: str, args: list[Value], item: ast.withitem, node: ast.With
    ) -> Value:
        """A call of a method that writes to nothing but the manager."""
        before, count, outer = dict(self.state), len(self.block.steps), self.in_manager
        self.in_manager = True
        try:
            found = self.call(self.attribute(manager, name, node), args, {}, node)
        finally:
            self.in_manager = outer
        if not self._is_quiet(before, count, manager) or manager.parameter:
            raise self._refused(item, node)
        return found

    def _is_quiet(self, before: State, count: int, manager: ObjectBox | None) -> bool:
        """Whether nobody sees what was done since then, if an exception leaves the function."""
        if any(step.op.effect for step in self.block.steps[count:]):
            return False
        # A handler around may look at what there is when an exception has left the body.
        free = [] if self.attempts else [manager, *written_globals(self.state)]
        if self.attempts and any(key not in before for key in written_globals(self.state)):
            return False
        return not any(
            self.state.get(key) is not value
            and key not in free
            and (self.attempts or not self._is_of_own_making(key))
            for key, value in before.items()
        )

    def _is_of_own_making(self, key: Any) -> bool:
        """Whether this is a name of the function's, or a list, dict or object that it made."""
        if not isinstance(key, BOXES):
            return not isinstance(key, tuple) or isinstance(key[0], Frame)
        made = not isinstance(key, ObjectBox) or is_made(key)
        given = any(box.parameter or box in self.outside for box in self.loans.lenders(key))
        return made and not given and not self._is_left_outside(key)

    def _is_left_outside(self, box: Value) -> bool:
        """Whether an object that is not of the function's making holds a list, dict or object."""
        return any(
            any(held is box for held in boxes_in(content))
            for owner, content in self.state.items()
            if isinstance(owner, ObjectBox) and not is_made(owner)
        )

    def _refused(self, item: ast.withitem, node: ast.With) -> Exception:
        return self.unsupported(
            f"`with {ast.unparse(item.context_expr)}` is not supported",
            "Move the context manager out of the function, around the call of its "
            "derivative; np.errstate and warnings.catch_warnings may stay, and objects that "
            "write to themselves and to what the function has made.",
            node,
        )


def is_made_of_generator(maker: Any) -> bool:
    """Whether this is a function that ``contextlib.contextmanager`` has made."""
    code = getattr(maker, "__code__", None)
    wrapped = inspect.isgeneratorfunction(getattr(maker, "__wrapped__", None))
    return wrapped and code is contextlib.contextmanager(maker.__wrapped__).__code__


def _yields_once(tree: ast.FunctionDef | ast.Lambda) -> bool:
    """Whether a generator function yields in one statement of its body, or bound to no name."""
    if not isinstance(tree, ast.FunctionDef):
        return False
    tree = _without_finally(tree) or tree
    count = sum(isinstance(part, (ast.Yield, ast.YieldFrom, ast.Return)) for part in ast.walk(tree))
    plain = [stmt for stmt in tree.body if isinstance(stmt, ast.Expr)]
    return count == 1 and any(isinstance(stmt.value, ast.Yield) for stmt in plain)


@functools.lru_cache(maxsize=256)
def _without_finally(tree: ast.FunctionDef) -> ast.FunctionDef | None:
    """A generator function with its ``try: ... finally: ...`` as one run; None if it has none."""
    made = copy.copy(tree)
    made.body = []
    for stmt in tree.body:
        if isinstance(stmt, ast.Try) and not stmt.handlers and not stmt.orelse:
            made.body += [*stmt.body, *stmt.finalbody]
        else:
            made.body.append(stmt)
    return made if len(made.body) > len(tree.body) else None


def written_globals(state: State) -> list[tuple[str, str, str]]:
    """The globals that managers have set, as their keys in the state."""
    return [key for key in state if isinstance(key, tuple) and key[-1] == "global"]


def _leaves_quietly(kind: type) -> bool:
    """Whether ``__exit__`` looks at no exception and lets it pass."""
    leave = inspect.getattr_static(kind, "__exit__", None)
    if not inspect.isfunction(leave) or not inspect.isfunction(
        inspect.getattr_static(kind, "__enter__", None)
    ):
        return False
    try:
        tree = source_of(leave).tree
    except SourceError:
        return False
    given = {each.arg for each in (*tree.args.args[1:], *tree.args.kwonlyargs)}
    given |= {each.arg for each in (tree.args.vararg, tree.args.kwarg) if each is not None}
    for part in ast.walk(tree):
        if isinstance(part, ast.Name) and part.id in given and isinstance(part.ctx, ast.Load):
            return False
        if isinstance(part, ast.Return) and part.value is not None:
            constant = part.value
            if not isinstance(constant, ast.Constant) or constant.value not in (None, False):
                return False
    return not isinstance(tree, ast.Lambda)
