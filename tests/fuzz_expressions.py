"""Source text of random expressions, written from the trees of `fuzz_grammar`."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fuzz_grammar import Tree


@dataclass
class Scope:
    """What may be read: names of each kind that are surely bound."""

    floats: list[str]
    lists: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    counters: list[str] = field(default_factory=list)
    dicts: list[str] = field(default_factory=list)
    objects: list[str] = field(default_factory=list)
    iterated: tuple[str, ...] = ()
    in_loop: bool = False

    def inner(self, **changes: Any) -> Scope:
        """The scope of a block, whose new names are gone behind it."""
        scope = copy.deepcopy(self)
        for name, value in changes.items():
            setattr(scope, name, value)
        return scope


class Expressions:
    """Source text of expressions from their trees."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.numbers = itertools.count(1)

    def put(self, depth: int, line: str) -> None:
        self.lines.append("    " * depth + line)

    def fresh(self, stem: str) -> str:
        return f"{stem}{next(self.numbers)}"

    def value(self, scope: Scope, tree: Tree) -> str:
        kind, *parts = tree
        method: Callable[..., str] = getattr(self, "value_" + kind.replace(" ", "_"))
        return method(scope, *parts)

    def value_variable(self, scope: Scope, number: int) -> str:
        return scope.floats[number % len(scope.floats)]

    def value_constant(self, scope: Scope, text: str) -> str:
        return text

    def value_item(self, scope: Scope, number: int, index: int) -> str:
        if not scope.lists:
            return self.value_variable(scope, number)
        return f"{scope.lists[number % len(scope.lists)]}[{min(index, 1)}]"

    def value_moving_item(self, scope: Scope, number: int) -> str:
        if not (scope.lists and scope.counters):
            return self.value_item(scope, number, 0)
        name = scope.lists[number % len(scope.lists)]
        return f"{name}[{scope.counters[-1]} % len({name})]"

    def value_list(self, scope: Scope, number: int, pattern: str) -> str:
        if not scope.lists:
            return self.value_variable(scope, number)
        return pattern.format(scope.lists[number % len(scope.lists)])

    def value_unary(self, scope: Scope, pattern: str, tree: Tree) -> str:
        return f"({pattern.format(f'({self.value(scope, tree)})')})"

    def value_binary(self, scope: Scope, pattern: str, left: Tree, right: Tree) -> str:
        return f"({pattern.format(self.value(scope, left), self.value(scope, right))})"

    def value_call(self, scope: Scope, number: int, left: Tree, right: Tree) -> str:
        arguments = f"({self.value(scope, left)}, {self.value(scope, right)})"
        if not scope.calls:
            return f"max{arguments}"
        return scope.calls[number % len(scope.calls)] + arguments

    def value_choice(self, scope: Scope, test: Tree, left: Tree, right: Tree) -> str:
        yes, no = self.value(scope, left), self.value(scope, right)
        return f"(({yes}) if {self.test(scope, test)} else ({no}))"

    def value_comprehension(self, scope: Scope, number: int, tree: Tree) -> str:
        if not scope.lists:
            return self.value(scope, tree)
        item = self.fresh("e")
        name = scope.lists[number % len(scope.lists)]
        inner = scope.inner(floats=[*scope.floats, item])
        return f"sum([({self.value(inner, tree)}) * {item} for {item} in {name}])"

    def value_gathered(self, scope: Scope, number: int, pattern: str, tree: Tree) -> str:
        if not scope.lists:
            return self.value(scope, tree)
        item, other = self.fresh("e"), self.fresh("e")
        # Where the pattern puts the value outside of the loop, the item is not bound.
        outside = any(part in pattern for part in ("[::-1]", "[1:]", "key=", "[*", "zip("))
        inner = scope if outside else scope.inner(floats=[*scope.floats, item])
        name = scope.lists[number % len(scope.lists)]
        text = pattern.format(value=self.value(inner, tree), item=item, other=other, name=name)
        return f"({text})"

    def value_helped(self, scope: Scope, pattern: str, *trees: Tree) -> str:
        return pattern.format(*(self.value(scope, tree) for tree in trees))

    def value_state(self, scope: Scope, number: int, pattern: str, tree: Tree) -> str:
        if not scope.objects:
            return self.value(scope, tree)
        name = scope.objects[number % len(scope.objects)]
        return f"({pattern.format(name=name, value=self.value(scope, tree))})"

    def value_entry(self, scope: Scope, number: int, key: str) -> str:
        if not scope.dicts:
            return self.value_variable(scope, number)
        return scope.dicts[number % len(scope.dicts)] + key

    def value_option(self, scope: Scope, number: int) -> str:
        return f"(option if option is not None else {self.value_variable(scope, number)})"

    def value_walrus(self, scope: Scope, tree: Tree) -> str:
        name = self.fresh("w")
        # In a comprehension a walrus may not bind what is iterated; names are fresh.
        return f"(({name} := ({self.value(scope, tree)})) * {name})"

    def test(self, scope: Scope, tree: Tree) -> str:
        match tree:
            case ("compare", operator, left, right):
                return f"({self.value(scope, left)}) {operator} ({self.value(scope, right)})"
            case ("between", low, middle, high):
                ends = self.value(scope, low), self.value(scope, high)
                return f"({ends[0]}) < ({self.value(scope, middle)}) < ({ends[1]})"
            case ("both", operator, left, right):
                return f"({self.test(scope, left)}) {operator} ({self.test(scope, right)})"
            case ("not", inner):
                return f"not ({self.test(scope, inner)})"
            case ("flag", number) if scope.flags:
                return str(scope.flags[number % len(scope.flags)])
            case ("even", number) if scope.counters:
                return f"{scope.counters[number % len(scope.counters)]} % 2 == 0"
            case ("text", text):
                return str(text)
            case ("of all", word, number, inner) if scope.lists:
                name, item = scope.lists[number % len(scope.lists)], self.fresh("e")
                inside = scope.inner(floats=[*scope.floats, item])
                return f"{word}({item} > {self.value(inside, inner)} for {item} in {name})"
            case (_, number):
                return f"{self.value_variable(scope, number)} > 0.0"
            case (_, _, number, _):
                return f"{self.value_variable(scope, number)} > 0.1"
        raise AssertionError(tree)
