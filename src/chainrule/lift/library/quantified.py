"""``any``, ``all`` and ``next``: they stop at the first item that decides.

What is left over is neither computed nor bound, so that what it would raise is not raised.  Where
that may matter, ``any(test for item in items)`` is read as the function that it stands for::

    def any_of(items):
        for item in items:
            if test:
                return True
        return False
"""

from __future__ import annotations

import ast
import builtins
import functools

from chainrule.graph.naming import free_name
from chainrule.graph.types import BOOL
from chainrule.lift.calls.calling import Builtin
from chainrule.lift.iteration.felt import may_be_felt
from chainrule.lift.library.builtins import BUILTINS, Arguments, Builtins, Keywords
from chainrule.lift.state import assigned_names, is_as_it_was
from chainrule.lift.values import Closure, Generator, Mapped, Static, Value


def _any_all(name: str) -> Builtin:
    def decide(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        self.positional(args, keywords, node, 1, 1, name)
        items = self.read(args[0])
        if not isinstance(items, (Generator, Mapped)):
            return _of_all(self, name, items, node)
        state, mark = dict(self.state), len(self.block.steps)
        if not _binds(items):
            result = _of_all(self, name, items, node)
            kept = all(is_as_it_was(old, self.state.get(key)) for key, old in state.items())
            if kept and not any(map(may_be_felt, self.block.steps[mark:])):
                return result
            self.give_up(state, mark)
        return _until_decided(self, name, items, node)

    return decide


def _binds(items: Generator | Mapped) -> bool:
    """Whether the names that a walrus binds tell how far the items were read."""
    return isinstance(items, Generator) and bool(assigned_names([items.tree]))


def _of_all(self: Builtins, name: str, listed: Value, node: ast.AST) -> Value:
    """The verdict on items all of which may be computed."""
    items = self.known_iteration(listed)
    if items is None:
        found = listed if self.is_array(listed) else self.as_list(listed, node)
        return self.verbatim(f"{name}(_0_)", self.node(found), type=BOOL, pure=True)
    result: Value = Static(name == "all")
    for item in reversed(items):
        known, truth = self.truth(item)
        if known:
            if truth != (name == "all"):
                result = Static(truth)
            continue
        known, truth = self.truth(result)
        if known and truth == (name == "all"):
            result = item
        else:
            rest = result
            first, second = (rest, item) if name == "all" else (item, rest)
            result = self.choose(
                self.predicate(item),
                functools.partial(_given, first),
                functools.partial(_given, second),
                "and" if name == "all" else "or",
            )
    return result


def _given(value: Value) -> Value:
    return value


def _until_decided(self: Builtins, name: str, items: Generator | Mapped, node: ast.AST) -> Value:
    """The verdict, where no item behind the one that decides is computed."""
    if isinstance(items, Mapped):
        if len(items.parts) != 1:
            raise self.unsupported(
                f"`{name}` of a `map` over several lists", "Write it as a loop.", node
            )
        called = ast.Call(ast.Name("function", ast.Load()), [ast.Name("item", ast.Load())], [])
        clause = ast.comprehension(ast.Name("item", ast.Store()), ast.Constant(None), [], 0)
        tree, frame = ast.GeneratorExp(called, [clause]), self.frame
        given = [items.parts[0], items.function]
        names = ["items", "function"]
    else:
        tree, frame = items.tree, items.frame
        given, names = [_first_iterable(self, items)], [_name_of_items(items)]
    stops = name == "any"
    test = tree.elt if stops else ast.UnaryOp(ast.Not(), tree.elt)
    decides = ast.If(test, [ast.Return(ast.Constant(stops))], [])
    after = ast.Return(ast.Constant(not stops))
    function = _as_function(name, tree, names, decides, after, node)
    return self.call(Closure(function, frame, (), {}), given, {}, node)


def _first_iterable(self: Builtins, items: Generator) -> Value:
    """What the first clause loops over: it is not of the generator's own scope."""
    outer, self.frame = self.frame, items.frame
    given = self.expression(items.tree.generators[0].iter)
    self.frame = outer
    return given


def _name_of_items(items: Generator, wanted: str = "items") -> str:
    return free_name(wanted, {p.id for p in ast.walk(items.tree) if isinstance(p, ast.Name)})


def first_given(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``next(value for item in items if test)``: the first, else the default."""
    self.positional(args, keywords, node, 1, 2, "next")
    items = self.read(args[0])
    written = isinstance(node, ast.Call) and isinstance(node.args[0], ast.GeneratorExp)
    if not written or not isinstance(items, Generator):
        raise self.unsupported(
            "`next` of what is no generator expression", "Index the list, or loop over it.", node
        )
    names = [_name_of_items(items), _name_of_items(items, "default")]
    last: ast.stmt = ast.Return(ast.Name(names[1], ast.Load()))
    if len(args) == 1:
        last = ast.Raise(ast.Call(ast.Name("StopIteration", ast.Load()), [], []), None)
    given = [_first_iterable(self, items), *args[1:]]
    found = ast.Return(items.tree.elt)
    function = _as_function("next", items.tree, names[: len(given)], found, last, node)
    return self.call(Closure(function, items.frame, (), {}), given, {}, node)


def _as_function(
    name: str,
    tree: ast.GeneratorExp,
    names: list[str],
    body: ast.stmt,
    after: ast.stmt,
    node: ast.AST,
) -> ast.FunctionDef:
    """A function that does ``body`` for the items of ``tree``, and ``after`` behind the loop.

    The first iterable is given as the first of the parameters called ``names``.
    """
    for position, clause in reversed(list(enumerate(tree.generators))):
        for condition in reversed(clause.ifs):
            body = ast.If(condition, [body], [])
        iterable = clause.iter if position else ast.Name(names[0], ast.Load())
        body = ast.For(clause.target, iterable, [body], [])
    bound = assigned_names([tree])
    declared: list[ast.stmt] = [ast.Nonlocal(bound)] if bound else []
    parameters = ast.arguments([], [ast.arg(one) for one in names], None, [], [], None, [])
    made = ast.FunctionDef(f"{name}_of", parameters, [*declared, body, after], [])
    return ast.fix_missing_locations(ast.copy_location(made, node))


BUILTINS.update(
    {builtins.any: _any_all("any"), builtins.all: _any_all("all"), builtins.next: first_given}
)
