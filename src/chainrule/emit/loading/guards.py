"""The check with which a loaded function begins: whether what shaped its code still holds.

The text that is shown, written to files and reviewed has no such check; a function that runs in
the user's process gets it in front of its body, a few nanoseconds for each guard and no wrapper.
Where a guard fails the function hands its arguments to ``renew``, which is set by whoever knows
how to generate another.
"""

from __future__ import annotations

import ast
import builtins
import copy
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from chainrule.emit.loading.constants import Cell, Slot, fill
from chainrule.graph.guard import Argument, Guard

# No name of the user's can be spelled like these.
RENEW, ROOT, EXPECTED, SEEN = ".renew", ".root", ".expected", ".seen"
COMPILED = ".compiled"
# What no guard finds: calls go elsewhere.
OFF = object()


class Elsewhere:
    """Where a check sends the arguments that it does not let pass: all that it needs for that."""

    error = Exception

    def __init__(self) -> None:
        self.call: Callable[..., Any] | None = None
        self.fits: Callable[..., bool] | None = None


def check_of(
    function: ast.FunctionDef,
    computed: Sequence[ast.stmt],
    conditions: Sequence[ast.expr],
    elsewhere: str,
    raised: Sequence[ast.stmt] = (),
) -> ast.stmt:
    """The check of a function: ``elsewhere`` is called where it fails.

    It needs what some statements compute, in which nothing else is done; ``raised`` is done if
    they or the conditions raise.

    Jumps take less time than a flag would::

        while True:
            try:
                if condition:
                    break
            except elsewhere.error:
                pass
            return elsewhere.call(...)
    """
    test = conditions[0] if len(conditions) == 1 else ast.BoolOp(ast.And(), list(conditions))
    passed = ast.If(test, [ast.Break()], [])
    handler = ast.ExceptHandler(part_of(elsewhere, "error"), None, [*raised] or [ast.Pass()])
    tried = ast.Try([passed], [handler], [], [])
    check = ast.While(ast.Constant(True), [tried, left(function, elsewhere)], [])
    for node in ast.walk(check):
        ast.copy_location(node, function.args.args[0] if function.args.args else function)
    tried.body[:0] = computed
    return check


def begun(function: ast.FunctionDef, checks: Sequence[ast.stmt]) -> ast.FunctionDef:
    """``function`` with checks in front of its body."""
    docstring, body = parted(function)
    found = copy.copy(function)
    found.body = [*docstring, *checks, *body]
    return found


def left(function: ast.FunctionDef, elsewhere: str) -> ast.stmt:
    """The return of what ``elsewhere`` makes of the arguments."""
    return ast.Return(same_call(part_of(elsewhere, "call"), function.args))


def parted(function: ast.FunctionDef) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """The docstring, if there is one, and the statements after it."""
    first = 1 if ast.get_docstring(function, clean=False) is not None else 0
    return function.body[:first], function.body[first:]


def part_of(elsewhere: str, name: str) -> ast.expr:
    """An attribute of ``elsewhere``."""
    return ast.Attribute(ast.Name(elsewhere, ast.Load()), name, ast.Load())


class Watch:
    """The guards of one loaded function, and the slots that hold what they expect."""

    def __init__(self, guards: Iterable[Guard], bindings: Mapping[str, Cell]) -> None:
        self.guards = _without_implied(list(guards))
        self.bindings = bindings
        self.expected = [Slot(guard.expected) for guard in self.guards]
        # The very numbers that were found are of the class that is asked for: telling a number
        # from itself takes half the time.
        self._seen = {k: Slot(found) for k, found in _numbers_among(self.guards)}
        self._renew = Elsewhere()
        self._kept: dict[Slot, Any] = {}

    @property
    def cells(self) -> dict[str, Cell]:
        """What the check needs, by the name under which it finds it."""
        cells: dict[str, Cell] = {f"{EXPECTED}{k}": slot for k, slot in enumerate(self.expected)}
        cells.update({f"{SEEN}{k}": slot for k, slot in self._seen.items()})
        for k, guard in enumerate(self.guards):
            if not isinstance(guard.route.root, Argument):
                cells[f"{ROOT}{k}"] = Slot(guard.route.root)
        cells[RENEW] = Slot(self._renew)
        return cells

    def on_change(self, renew: Callable[..., Any]) -> None:
        """What the function calls instead of its body when a guard fails."""
        self._renew.call = renew

    def switch(self, on: bool) -> None:
        """Let the check fail whatever is found, until it is switched on again."""
        if on and self._kept:
            fill(self._kept)
            self._kept = {}
        elif not on and not self._kept:
            slots = (*self.expected, *self._seen.values())
            self._kept = {slot: slot.cell_contents for slot in slots}
            fill(dict.fromkeys(slots, OFF))

    def hold(self, arguments: Mapping[str, Any]) -> bool:
        """Whether the code is right now; numbers that are bound here are bound anew."""
        self.switch(on=True)
        for guard, slot in zip(self.guards, self.expected, strict=True):
            expected = slot.cell_contents
            if guard.holds(expected, arguments):
                continue
            try:
                found = guard.route.find(arguments)
            except Exception:
                return False
            if not guard.accepts(expected, found):
                return False
            new = {slot: found}
            if guard.binding is not None:
                bound = self.bindings[guard.binding]
                assert isinstance(bound, Slot)
                new[bound] = found
            fill(new)
        return all(
            guard.holds(slot.cell_contents, arguments)
            for guard, slot in zip(self.guards, self.expected, strict=True)
        )

    def stands(self) -> bool:
        """Whether the code is right now for whatever arguments; False where they decide."""
        # Arguments that are not apart are refused: there is no other code for them.
        watched = [
            (guard, slot)
            for guard, slot in zip(self.guards, self.expected, strict=True)
            if guard.form != "apart"
        ]
        return not any(isinstance(guard.route.root, Argument) for guard, _ in watched) and all(
            guard.holds(slot.cell_contents, {}) for guard, slot in watched
        )

    def check(
        self, function: ast.FunctionDef, namespace: dict[str, Any], hidden: set[str]
    ) -> ast.stmt:
        """What is to stand before the body of ``function``; ``hidden`` names are no globals.

        A global that is called as one of Python's own functions is not read by its name: that is
        Python's in the text.
        """
        taken = {*self.bindings, *hidden, *vars(builtins)}
        for node in ast.walk(function):
            if isinstance(node, ast.arg):
                taken.add(node.arg)
            elif isinstance(node, ast.Name) and _binds(node):
                taken.add(node.id)
        conditions = [
            _Filled(guard, k, namespace, taken).visit(self._condition(k, guard))
            for k, guard in enumerate(self.guards)
        ]
        return check_of(function, [], conditions, RENEW)

    def _condition(self, k: int, guard: Guard) -> ast.expr:
        """The condition of guard ``k``, with ``_2_`` for the number that was found."""
        same = f"{guard.route.text} is _2_ or " if k in self._seen else ""
        return ast.parse(same + guard.text, mode="eval").body


def _without_implied(guards: list[Guard]) -> list[Guard]:
    """The guards without those of the class of a number that is watched itself."""
    watched = {
        (id(guard.route.root), guard.route.text)
        for guard in guards
        if guard.form == "is" and type(guard.expected) in (int, float)
    }
    return [
        guard
        for guard in guards
        if guard.form != "type" or (id(guard.route.root), guard.route.text) not in watched
    ]


def _numbers_among(guards: Sequence[Guard]) -> Iterator[tuple[int, int | float]]:
    """The guards of the classes of numbers in modules, by position, and the numbers."""
    for k, guard in enumerate(guards):
        if guard.form != "type" or not isinstance(guard.route.root, dict):
            continue
        name = _entry_of(ast.parse(guard.route.text, mode="eval").body)
        found = None if name is None else guard.route.root.get(name)
        if type(found) is guard.expected and isinstance(found, (int, float)):
            yield k, found


def _entry_of(route: ast.AST) -> str | None:
    """The name of the entry of the root that a route is; None where it leads further."""
    match route:
        case ast.Subscript(ast.Name("_0_"), ast.Constant(str() as name)):
            return name
    return None


def _binds(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


class _Filled(ast.NodeTransformer):
    """Puts names for the slots of a guard's condition."""

    def __init__(
        self, guard: Guard, position: int, namespace: dict[str, Any], taken: set[str]
    ) -> None:
        self.guard = guard
        self.position = position
        self.namespace = namespace
        self.taken = taken

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """A global of the function's own module is read by its name: that is fastest."""
        name = _entry_of(node)
        if name is not None and self.guard.route.root is self.namespace and name not in self.taken:
            return ast.Name(name, ast.Load())
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """The slots themselves."""
        root = self.guard.route.root
        if node.id == "_0_":
            name = root.name if isinstance(root, Argument) else f"{ROOT}{self.position}"
            return ast.Name(name, ast.Load())
        if node.id in ("_1_", "_2_"):
            part = EXPECTED if node.id == "_1_" else SEEN
            return ast.Name(f"{part}{self.position}", ast.Load())
        return node


def entry_of(function: ast.FunctionDef) -> ast.FunctionDef:
    """A function that only calls the compiled one: what stands before it can watch the world."""
    entry = copy.copy(function)
    entry.decorator_list = []
    call = ast.Return(same_call(ast.Name(COMPILED, ast.Load()), function.args))
    for node in ast.walk(call):
        ast.copy_location(node, function)
    entry.body = [*function.body[: 1 if ast.get_docstring(function) is not None else 0], call]
    return entry


def same_call(called: ast.expr, arguments: ast.arguments) -> ast.Call:
    """A call with the arguments that the function was given."""
    args: list[ast.expr] = [
        ast.Name(arg.arg, ast.Load()) for arg in (*arguments.posonlyargs, *arguments.args)
    ]
    if arguments.vararg is not None:
        args.append(ast.Starred(ast.Name(arguments.vararg.arg, ast.Load()), ast.Load()))
    keywords = [ast.keyword(arg.arg, ast.Name(arg.arg, ast.Load())) for arg in arguments.kwonlyargs]
    if arguments.kwarg is not None:
        keywords.append(ast.keyword(None, ast.Name(arguments.kwarg.arg, ast.Load())))
    return ast.Call(called, args, keywords)


def bound_arguments(
    function: Callable[..., Any], args: tuple[Any, ...], keywords: dict[str, Any]
) -> dict[str, Any]:
    """Arguments of a call by parameter name, defaults included."""
    bound = inspect.signature(function).bind(*args, **keywords)
    bound.apply_defaults()
    return dict(bound.arguments)
