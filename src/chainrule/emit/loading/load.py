"""Emitted text to a function that runs; what runs is compiled from what is shown."""

from __future__ import annotations

import ast
import builtins
import functools
import itertools
import linecache
import math
import types
from collections.abc import Mapping
from typing import Any

from chainrule.emit.imports import Missing
from chainrule.emit.loading.constants import (
    Cell,
    Readers,
    Slot,
    fit_for_code,
    fold_numbers,
    mark,
    marked,
)
from chainrule.emit.loading.entry import Entry
from chainrule.emit.loading.guards import COMPILED, Watch, begun, entry_of
from chainrule.emit.module import EmittedModule
from chainrule.errors import ArgumentError
from chainrule.graph.block import NO_DEFAULT, Graph
from chainrule.graph.guard import Guard, Route, frozen_guard

_NUMBERS = itertools.count(1)
_FACTORY = "_chainrule_factory"


def load(
    emitted: EmittedModule,
    name: str,
    *,
    module_globals: dict[str, Any] | None = None,
    entry: Entry | None = None,
) -> types.FunctionType:
    """The function ``name`` of an emitted module, compiled from its text.

    With ``module_globals`` the function runs in the user's module and reads its globals live;
    what the header binds stands among the constants of its code.  Where values have shaped the
    text, the function begins with a check of them, and its attribute ``watch`` is not None; before
    that stands the check of its arguments that ``entry`` is.
    """
    for value in emitted.bindings.values():
        if isinstance(value, Missing):
            raise ArgumentError(
                f"`{name}` needs {value.module}, which is not installed",
                remedy=f"Install it (pip install {value.module}), or write the text to a file.",
            )
    file = f"<chainrule {name} #{next(_NUMBERS)}>"
    _register(file, emitted.source)
    functions = [node for node in emitted.tree.body if isinstance(node, ast.FunctionDef)]
    definition = next(node for node in functions if node.name == name)
    # A compiler freezes what it reads: nothing is read live then, and every change is watched.
    frozen = emitted.compiled
    # A function of plain Python may stand around the compiled one.
    plain = not definition.decorator_list
    own = module_globals is not None
    live = set(emitted.live_globals) if own and not frozen else set()
    cells = _cells(emitted, live)
    namespace: dict[str, Any] = {"__name__": _module_of(emitted, name)}
    watch = None
    if module_globals is not None:
        namespace = module_globals
        watch = _watch(emitted, cells, module_globals, frozen)
    names = {each.name for each in functions}
    started, checks = definition, []
    if watch is not None and plain:
        checks.append(watch.check(definition, namespace, names | set(cells) if frozen else names))
        cells = {**cells, **watch.cells}
    if entry is not None:
        pure = [known for known, cell in cells.items() if _is_of_math(cell.cell_contents)]
        started = entry.checked(definition, pure, checks)
        cells = {**cells, **entry.cells}
    elif checks:
        started = begun(definition, checks)
    functions = [started if each is definition else each for each in functions]
    if own:
        cells = {**_builtins_read(functions, {*cells, *live, *names}), **cells}
    fold_numbers(functions, _of_math_alone(emitted))
    made = _made(functions, cells, namespace, file)
    for each, graph in emitted.graphs.items():
        for attribute, value in graph.attributes:
            setattr(made[each], attribute, value)
    function = made[name]
    if watch is not None and not plain:
        caller = entry_of(definition)
        annotations = _annotated(caller)
        caller = begun(caller, [watch.check(caller, namespace, names)])
        kinds = {name: cell for name, cell in cells.items() if name in annotations}
        cells = {**kinds, **watch.cells, COMPILED: Slot(function)}
        cells = {**_builtins_read([caller], set(cells)), **cells}
        function = _made([caller], cells, namespace, file)[name]
    _describe(function, emitted, name)
    function.watch = watch  # type: ignore[attr-defined]
    function.shows = Shows(emitted, namespace)  # type: ignore[attr-defined]
    return function


class Shows:
    """The numbers that a text prints as constants, which the user may change after that."""

    def __init__(self, emitted: EmittedModule, own: Mapping[str, Any]) -> None:
        found = [(own, name, local) for local, name in emitted.live_globals.items()]
        for local, (module, name) in emitted.homes.items():
            found.append((_scope(emitted, module) or {}, name, local))
        self._places = [(scope, name, emitted.bindings[local]) for scope, name, local in found]

    def what_is_there(self) -> bool:
        """Whether the text shows the numbers of now; False where only printing it tells."""
        return all(
            isinstance(shown, (int, float)) and scope.get(name) is shown
            for scope, name, shown in self._places
        )


def _watch(
    emitted: EmittedModule,
    cells: Mapping[str, Cell],
    module_globals: dict[str, Any],
    frozen: bool,
) -> Watch | None:
    """The guards of a function; of one that is compiled, all that it reads is guarded."""
    guards = [guard for graph in emitted.graphs.values() for guard in graph.guards.values()]
    if frozen:
        guards += _frozen_guards(emitted, module_globals)
        # As compiled functions do, one that nothing else shaped stands for the code it is made of.
        # A compiled function is compiled for what it is given: a number, as it is annotated.
        alone = all(
            guard.route.text == "_0_.__code__" or guard.form.startswith("plain ")
            for guard in guards
        )
        return None if alone else Watch(guards, {})
    for local, (module, known) in emitted.homes.items():
        scope = _scope(emitted, module)
        if scope is not None:
            route = Route(scope).item(known)
            guards.append(Guard(route, "is", cells[local].cell_contents, local))
    return Watch(guards, cells) if guards else None


def _is_of_math(value: Any) -> bool:
    return isinstance(value, types.BuiltinFunctionType) and value.__module__ == "math"


def _of_math_alone(emitted: EmittedModule) -> dict[str, float]:
    """The names of ``pi`` and its like that are imported and nobody can set."""
    settable = {*emitted.live_globals, *emitted.homes}
    return {
        local: value
        for local, value in emitted.bindings.items()
        if type(value) is float and math.isfinite(value) and local not in settable
    }


def _scope(emitted: EmittedModule, module: str) -> dict[str, Any] | None:
    """The dictionary of a module that the functions read."""
    scopes = (graph.scopes.get(module) for graph in emitted.graphs.values())
    return next((scope for scope in scopes if scope is not None), None)


def _frozen_guards(emitted: EmittedModule, module_globals: dict[str, Any]) -> list[Guard]:
    """Guards of every value that is compiled in, down to the entries of arrays and tables."""
    routes = [Route(module_globals).item(name) for name in emitted.live_globals.values()]
    known = {name: cell for graph in emitted.graphs.values() for name, cell in graph.cells.items()}
    for module, name in emitted.homes.values():
        scope = _scope(emitted, module)
        if scope is not None:
            routes.append(Route(scope).item(name))
        elif not module and name in known:
            routes.append(Route(known[name]).attribute("cell_contents"))
    return [frozen_guard(route) for route in routes]


def _register(file: str, source: str) -> None:
    """Let tracebacks, debuggers and :mod:`inspect` show the text."""
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)


def _cells(emitted: EmittedModule, live: set[str]) -> dict[str, Cell]:
    cells: dict[str, Cell] = {
        name: Slot(value) for name, value in emitted.bindings.items() if name not in live
    }
    known = {name: cell for graph in emitted.graphs.values() for name, cell in graph.cells.items()}
    for local, (module, name) in emitted.homes.items():
        if not module and name in known:
            cells[local] = known[name]
    return cells


def _made(
    functions: list[ast.FunctionDef],
    cells: Mapping[str, Cell],
    namespace: dict[str, Any],
    file: str,
) -> dict[str, types.FunctionType]:
    """Compile the functions inside a factory, in which all cells have their names.

    What is in slots is a constant, unless a decorator compiles the function.
    """
    names = [function.name for function in functions]
    plain = [function for function in functions if not function.decorator_list]
    slots = {
        name: cell
        for name, cell in cells.items()
        if isinstance(cell, Slot) and fit_for_code(cell.cell_contents)
    }
    for function in plain:
        mark(function, slots)
    arguments = ast.arguments([], [ast.arg(cell) for cell in cells], None, [], [], None, [])
    returned = ast.Return(ast.Tuple([ast.Name(name, ast.Load()) for name in names], ast.Load()))
    factory = ast.FunctionDef(_FACTORY, arguments, [*functions, returned], [])
    if hasattr(factory, "type_params"):
        factory.type_params = []
    tree = ast.Module([factory], [])
    for node in (factory, arguments, *arguments.args, *ast.walk(returned)):
        ast.copy_location(node, functions[0])
    scratch: dict[str, Any] = {}
    exec(compile(tree, file, "exec", dont_inherit=True), namespace, scratch)
    closure = {name: cell.cell if isinstance(cell, Slot) else cell for name, cell in cells.items()}
    made = scratch[_FACTORY](*(cell.cell_contents for cell in closure.values()))
    by_name = dict(zip(names, made, strict=True))
    shared = {name: _own_cell(by_name, name) for name in names}
    result = {
        name: _with_cells(function, {**closure, **shared}) for name, function in by_name.items()
    }
    for name, function in result.items():
        # Those that are called read the cells that are watched, too.
        shared[name].cell_contents = function
    codes = {result[function.name]: result[function.name].__code__ for function in plain}
    read = {name for code in codes.values() for name in marked(code)}
    if read:
        Readers(codes, {name: slot for name, slot in slots.items() if name in read})
    return result


def _annotated(function: ast.FunctionDef) -> set[str]:
    """The names that annotations read, which are evaluated where the function is defined."""
    parts = [arg.annotation for arg in ast.walk(function.args) if isinstance(arg, ast.arg)]
    found = [node for part in (*parts, function.returns) if part for node in ast.walk(part)]
    return {node.id for node in found if isinstance(node, ast.Name)}


def _builtins_read(functions: list[ast.FunctionDef], others: set[str]) -> dict[str, Cell]:
    """Python's own functions that the text calls: the user's module may have others of their names.

    Those of the user's that the function calls are among the ``others``.
    """
    read = {
        node.id: None
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and node.id not in others
    }
    known = vars(builtins)
    return {name: Slot(known[name]) for name in read if name in known}


def _own_cell(made: Mapping[str, types.FunctionType], name: str) -> types.CellType:
    """The cell in which the factory keeps one of its functions."""
    for function in made.values():
        inner = _plain(function)
        for free, cell in zip(inner.__code__.co_freevars, inner.__closure__ or (), strict=True):
            if free == name:
                return cell
    return types.CellType(made[name])


def _plain(function: Any) -> types.FunctionType:
    """The Python function under the wrapper of a compiler, or of what keeps its results."""
    if isinstance(function, functools._lru_cache_wrapper):
        function = function.__wrapped__
        assert isinstance(function, types.FunctionType)
        return function
    function = getattr(function, "_dispatcher", function)
    inner: types.FunctionType = getattr(function, "py_func", function)
    return inner


def _with_cells(function: Any, cells: Mapping[str, types.CellType]) -> Any:
    """``function`` with the given cells in its closure; compiled ones keep what they have."""
    if not isinstance(function, types.FunctionType) or not function.__code__.co_freevars:
        return function
    closure = tuple(cells[name] for name in function.__code__.co_freevars)
    made = types.FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, closure
    )
    made.__kwdefaults__ = function.__kwdefaults__
    made.__annotations__ = function.__annotations__
    made.__doc__ = function.__doc__
    return made


def _module_of(emitted: EmittedModule, name: str) -> str:
    graph = emitted.graphs.get(name)
    return graph.module if graph is not None else "__main__"


def _describe(function: Any, emitted: EmittedModule, name: str) -> None:
    graph = emitted.graphs.get(name)
    plain = _plain(function)
    plain.__module__ = _module_of(emitted, name)
    plain.__qualname__ = name
    if graph is not None:
        _set_defaults(plain, graph)
    function.source = emitted.source


def _set_defaults(function: types.FunctionType, graph: Graph) -> None:
    """The very default objects of the user's function, not copies of them."""
    positional = [
        parameter.default
        for parameter in graph.signature
        if parameter.kind in ("POSITIONAL_ONLY", "POSITIONAL_OR_KEYWORD")
        and parameter.default is not NO_DEFAULT
    ]
    named = {
        parameter.name: parameter.default
        for parameter in graph.signature
        if parameter.kind == "KEYWORD_ONLY" and parameter.default is not NO_DEFAULT
    }
    function.__defaults__ = tuple(positional) or None
    function.__kwdefaults__ = named or None
