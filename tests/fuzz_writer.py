"""Random programs as source text, written from the trees of `fuzz_grammar`."""

from __future__ import annotations

import ast
import copy
import itertools
import linecache
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from tests.fuzz_grammar import Tree, expressions, statements


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


class Writer:
    """Source text of a program from its tree."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.numbers = itertools.count(1)

    def function(self, header: str, scope: Scope, body: list[Tree], result: Tree) -> None:
        self.put(0, f"def {header}:")
        self.block(1, scope, body)
        # All that was computed counts, so that little of a program is dead.
        total = [self.value(scope, result), *scope.floats]
        total += [f"sum({name})" for name in scope.lists]
        total += [f"sum({name}.values())" for name in scope.dicts]
        total += [f"{name}.total + {name}.rate" for name in scope.objects]
        self.put(1, f"return {' + '.join(total)}")

    def put(self, depth: int, line: str) -> None:
        self.lines.append("    " * depth + line)

    def fresh(self, stem: str) -> str:
        return f"{stem}{next(self.numbers)}"

    def block(self, depth: int, scope: Scope, body: list[Tree]) -> None:
        for kind, *parts in body:
            method = getattr(self, "write_" + kind.replace(" ", "_"))
            method(depth, scope, *parts)
        if not body:
            self.put(depth, "pass")

    # Expressions

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

    # Statements

    def write_assign(self, depth: int, scope: Scope, number: int, value: Tree) -> None:
        text = self.value(scope, value)
        self.put(depth, f"{self.value_variable(scope, number)} = {text}")

    def write_new(self, depth: int, scope: Scope, value: Tree) -> None:
        text, name = self.value(scope, value), self.fresh("v")
        self.put(depth, f"{name} = {text}")
        scope.floats.append(name)

    def write_update(
        self, depth: int, scope: Scope, number: int, operator: str, value: Tree
    ) -> None:
        name = self.value_variable(scope, number)
        self.put(depth, f"{name} {operator} {self.value(scope, value)}")

    def write_swap(self, depth: int, scope: Scope, left: int, right: int) -> None:
        first, second = self.value_variable(scope, left), self.value_variable(scope, right)
        self.put(depth, f"{first}, {second} = {second}, {first}")

    def write_pair(
        self, depth: int, scope: Scope, left: int, right: int, one: Tree, two: Tree
    ) -> None:
        names = f"{self.value_variable(scope, left)}, {self.value_variable(scope, right)}"
        self.put(depth, f"{names} = {self.value(scope, one)}, {self.value(scope, two)}")

    def write_new_list(self, depth: int, scope: Scope, one: Tree, two: Tree) -> None:
        items = f"{self.value(scope, one)}, {self.value(scope, two)}"
        name = self.fresh("ys")
        self.put(depth, f"{name} = [{items}]")
        scope.lists.append(name)

    def write_alias(self, depth: int, scope: Scope, number: int) -> None:
        if not scope.lists:
            return self.put(depth, "pass")
        old, name = scope.lists[number % len(scope.lists)], self.fresh("zs")
        self.put(depth, f"{name} = {old}")
        scope.lists.append(name)
        if old in scope.iterated:
            scope.iterated += (name,)

    def write_rebind_list(self, depth: int, scope: Scope, left: int, right: int) -> None:
        names = [name for name in scope.lists if "[" not in name and name not in scope.iterated]
        if not names or scope.iterated:
            return self.put(depth, "pass")
        old = scope.lists[right % len(scope.lists)]
        self.put(depth, f"{names[left % len(names)]} = {old}")

    def write_append(self, depth: int, scope: Scope, number: int, value: Tree) -> None:
        name = scope.lists[number % len(scope.lists)] if scope.lists else None
        # A list that grows while it is iterated over, under whatever name, has no end.
        if name is None or scope.iterated:
            return self.write_update(depth, scope, number, "+=", value)
        self.put(depth, f"{name}.append({self.value(scope, value)})")

    def write_set_item(
        self, depth: int, scope: Scope, number: int, index: int, value: Tree
    ) -> None:
        if not scope.lists:
            return self.write_assign(depth, scope, number, value)
        self.put(depth, f"{self.value_item(scope, number, index)} = {self.value(scope, value)}")

    def write_update_item(
        self, depth: int, scope: Scope, number: int, index: int, operator: str, value: Tree
    ) -> None:
        if not scope.lists:
            return self.write_update(depth, scope, number, operator, value)
        item = self.value_moving_item(scope, number) if index == 2 else None
        item = item or self.value_item(scope, number, index)
        self.put(depth, f"{item} {operator} {self.value(scope, value)}")

    def write_swap_items(self, depth: int, scope: Scope, number: int) -> None:
        if not scope.lists:
            return self.write_swap(depth, scope, number, number + 1)
        name = scope.lists[number % len(scope.lists)]
        self.put(depth, f"{name}[0], {name}[-1] = {name}[-1], {name}[0]")

    def write_dict(self, depth: int, scope: Scope, one: Tree, two: Tree) -> None:
        entries = f"'a': {self.value(scope, one)}, 'b': {self.value(scope, two)}"
        name = self.fresh("d")
        self.put(depth, f"{name} = {{{entries}}}")
        scope.dicts.append(name)

    def write_set_entry(
        self, depth: int, scope: Scope, number: int, key: str, operator: str, value: Tree
    ) -> None:
        if not scope.dicts:
            return self.write_update(depth, scope, number, operator, value)
        name = scope.dicts[number % len(scope.dicts)]
        operator = "=" if number == 7 else operator
        self.put(depth, f"{name}[{key!r}] {operator} {self.value(scope, value)}")

    def write_sum_entries(self, depth: int, scope: Scope, number: int) -> None:
        if not scope.dicts:
            return self.put(depth, "pass")
        total, key, entry = self.fresh("v"), self.fresh("key"), self.fresh("entry")
        self.put(depth, f"{total} = 0.0")
        name = scope.dicts[number % len(scope.dicts)]
        self.put(depth, f"for {key}, {entry} in {name}.items():")
        self.put(depth + 1, f"{total} += {entry} * (2.0 if {key} == 'a' else {entry})")
        scope.floats.append(total)

    def write_object(self, depth: int, scope: Scope, one: Tree, two: Tree) -> None:
        text, name = f"{self.value(scope, one)}, rate={self.value(scope, two)}", self.fresh("o")
        self.put(depth, f"{name} = Body({text})")
        scope.objects.append(name)

    def write_set_attribute(
        self, depth: int, scope: Scope, number: int, operator: str, value: Tree
    ) -> None:
        if not scope.objects:
            return self.write_update(depth, scope, number, operator, value)
        name = scope.objects[number % len(scope.objects)]
        self.put(depth, f"{name}.total {operator} {self.value(scope, value)}")

    def write_step(self, depth: int, scope: Scope, number: int, value: Tree) -> None:
        if not scope.objects:
            return self.write_assign(depth, scope, number, value)
        text, name = self.value(scope, value), self.fresh("v")
        self.put(depth, f"{name} = {scope.objects[number % len(scope.objects)]}.moved({text})")
        scope.floats.append(name)

    def write_nonlocal(
        self, depth: int, scope: Scope, number: int, operator: str, value: Tree, other: Tree
    ) -> None:
        outer, name = self.value_variable(scope, number), self.fresh("bump")
        one, two, result = self.fresh("p"), self.fresh("q"), self.fresh("v")
        inside = scope.inner(floats=[*scope.floats, one, two])
        text = self.value(scope, other)
        self.put(depth, f"def {name}({one}, {two}=0.2):")
        self.put(depth + 1, f"nonlocal {outer}")
        self.put(depth + 1, f"{outer} {operator} {self.value(inside, value)}")
        self.put(depth + 1, f"return {one} * {outer} + {two}")
        self.put(depth, f"{result} = {name}({text})")
        scope.floats.append(result)
        scope.calls.append(name)

    def write_starred(self, depth: int, scope: Scope, number: int) -> None:
        if not scope.lists:
            return self.put(depth, "pass")
        rest, last = self.fresh("rest"), self.fresh("v")
        name = scope.lists[number % len(scope.lists)]
        self.put(depth, f"*{rest}, {last} = [0.7, *{name}]")
        scope.floats.append(last)
        scope.lists.append(rest)

    def write_chained(self, depth: int, scope: Scope, number: int, value: Tree) -> None:
        text, name = self.value(scope, value), self.fresh("v")
        self.put(depth, f"{name} = {self.value_variable(scope, number)} = {text}")
        scope.floats.append(name)

    def write_rows(self, depth: int, scope: Scope, one: Tree, two: Tree) -> None:
        text = f"[[{self.value(scope, one)}, 0.5], [1.5, {self.value(scope, two)}]]"
        name, row, total = self.fresh("rows"), self.fresh("row"), self.fresh("v")
        self.put(depth, f"{name} = {text}")
        self.put(depth, f"{name}[0][1] += {name}[1][0] * {name}[0][0]")
        self.put(depth, f"{total} = sum(sum({row}) for {row} in {name})")
        scope.floats.append(total)
        scope.lists.append(f"{name}[1]")

    def write_divided(self, depth: int, scope: Scope, value: Tree) -> None:
        text, count, rest = self.value(scope, value), self.fresh("v"), self.fresh("v")
        self.put(depth, f"{count}, {rest} = divmod({text}, 1.3)")
        scope.floats += [count, rest]

    def write_forever(self, depth: int, scope: Scope, test: Tree, value: Tree) -> None:
        counter, total = self.fresh("k"), self.fresh("v")
        self.put(depth, f"{counter}, {total} = 0, 0.5")
        self.put(depth, "while True:")
        inner = scope.inner(floats=[*scope.floats, total])
        self.put(depth + 1, f"{total} = 0.5 * {total} + {self.value(inner, value)}")
        self.put(depth + 1, f"{counter} += 1")
        self.put(depth + 1, f"if {counter} > n or {self.test(inner, test)}:")
        self.put(depth + 2, "break")
        scope.floats.append(total)

    def write_finally(
        self,
        depth: int,
        scope: Scope,
        pattern: str,
        value: Tree,
        after: list[Tree],
        handler: list[Tree],
    ) -> None:
        name = self.fresh("r")
        self.put(depth, "try:")
        self.put(depth + 1, f"{name} = {pattern.format(f'({self.value(scope, value)})')}")
        self.put(depth, "except (ArithmeticError, ValueError, TypeError):")
        self.block(depth + 1, scope.inner(), handler)
        self.put(depth + 1, f"{name} = {self.value_variable(scope, len(handler))}")
        self.put(depth, "else:")
        self.put(depth + 1, f"{name} *= 1.5")
        self.block(depth + 1, scope.inner(floats=[*scope.floats, name]), after)
        self.put(depth, "finally:")
        self.put(depth + 1, f"{self.value_variable(scope, len(after))} += 0.25")
        scope.floats.append(name)

    def write_match(self, depth: int, scope: Scope, body: list[Tree], other: list[Tree]) -> None:
        self.put(depth, "match kind:")
        self.put(depth + 1, "case 'soft' | 'hard':")
        self.block(depth + 2, scope.inner(), body)
        self.put(depth + 1, "case _:")
        self.block(depth + 2, scope.inner(), other)

    def write_flag(self, depth: int, scope: Scope, test: Tree) -> None:
        text, name = self.test(scope, test), self.fresh("flag")
        self.put(depth, f"{name} = {text}")
        scope.flags.append(name)

    def write_closure(self, depth: int, scope: Scope, value: Tree) -> None:
        name, one, two = self.fresh("inner"), self.fresh("p"), self.fresh("q")
        # It sees what the variables outside hold when it is called, not now.
        inside = scope.inner(floats=[*scope.floats, one, two])
        self.put(depth, f"def {name}({one}, {two}=0.3):")
        self.put(depth + 1, f"return {self.value(inside, value)}")
        scope.calls.append(name)

    def write_return(self, depth: int, scope: Scope, test: Tree, value: Tree) -> None:
        self.put(depth, f"if {self.test(scope, test)}:")
        self.put(depth + 1, f"return {self.value(scope, value)}")

    def write_leave(self, depth: int, scope: Scope, word: str, test: Tree) -> None:
        if not scope.in_loop:
            return self.put(depth, "pass")
        self.put(depth, f"if {self.test(scope, test)}:")
        self.put(depth + 1, word)

    def write_if(
        self, depth: int, scope: Scope, test: Tree, body: list[Tree], other: list[Tree]
    ) -> None:
        self.put(depth, f"if {self.test(scope, test)}:")
        self.block(depth + 1, scope.inner(), body)
        if other:
            self.put(depth, "else:")
            self.block(depth + 1, scope.inner(), other)

    def write_elif(
        self,
        depth: int,
        scope: Scope,
        test: Tree,
        second: Tree,
        body: list[Tree],
        middle: list[Tree],
        other: list[Tree],
    ) -> None:
        self.put(depth, f"if {self.test(scope, test)}:")
        self.block(depth + 1, scope.inner(), body)
        self.put(depth, f"elif {self.test(scope, second)}:")
        self.block(depth + 1, scope.inner(), middle)
        if other:
            self.put(depth, "else:")
            self.block(depth + 1, scope.inner(), other)

    def write_for(
        self,
        depth: int,
        scope: Scope,
        kind: int,
        number: int,
        body: list[Tree],
        other: list[Tree],
    ) -> None:
        inner = scope.inner(in_loop=True)
        name = scope.lists[number % len(scope.lists)] if scope.lists and kind > 2 else None
        if name is None:
            counter = self.fresh("i")
            count = ("n", "n + 1", "3")[kind % 3]
            self.put(depth, f"for {counter} in range({count}):")
            inner.counters.append(counter)
        else:
            item = self.fresh("item")
            inner.floats.append(item)
            inner.iterated += (name,)
            if kind % 2:
                self.put(depth, f"for {item} in {name}:")
            else:
                counter = self.fresh("i")
                inner.counters.append(counter)
                self.put(depth, f"for {counter}, {item} in enumerate({name}):")
        self.block(depth + 1, inner, body)
        if other:
            self.put(depth, "else:")
            self.block(depth + 1, scope.inner(), other)

    def write_while(
        self, depth: int, scope: Scope, test: Tree, body: list[Tree], other: list[Tree]
    ) -> None:
        counter = self.fresh("k")
        self.put(depth, f"{counter} = 0")
        self.put(depth, f"while {counter} < n + 2 and ({self.test(scope, test)}):")
        self.put(depth + 1, f"{counter} += 1")
        inner = scope.inner(in_loop=True, counters=[*scope.counters, counter])
        self.block(depth + 1, inner, body)
        if other:
            self.put(depth, "else:")
            self.block(depth + 1, scope.inner(), other)

    def write_try(
        self,
        depth: int,
        scope: Scope,
        pattern: str,
        value: Tree,
        before: list[Tree],
        handler: list[Tree],
    ) -> None:
        name = self.fresh("r")
        self.put(depth, "try:")
        self.block(depth + 1, scope.inner(), before)
        risky = pattern.format(f"({self.value(scope, value)})")
        self.put(depth + 1, f"{name} = {risky}")
        self.put(depth, "except (ValueError, ZeroDivisionError, OverflowError, TypeError):")
        self.block(depth + 1, scope.inner(), handler)
        self.put(depth + 1, f"{name} = {self.value_variable(scope, len(before))}")
        scope.floats.append(name)


PRELUDE = """import math
from dataclasses import dataclass
from math import acos, atan, atan2, cos, erf, exp, floor, hypot, log, sin, sqrt, tanh


@dataclass
class Body:
    total: float
    rate: float = 0.5

    def moved(self, by):
        self.total += 0.5 * by
        self.rate *= 0.9
        return self.total

    def scaled(self, by, *, power=2):
        return self.rate * by**power if by > 0.0 else self.total


def raised(u):
    if u > 1.2:
        raise ValueError("too large")
    return u * u


def h(first, *parts, scale=1.5, mode="soft"):
    total = first
    for part in parts:
        if part > 2.0:
            continue
        total += sin(part) * scale
        if total > 3.0:
            break
    else:
        total *= 0.8
    if mode == "hard":
        return total if total > 0.0 else 0.1 * total
    return tanh(total) * scale + first if mode == "soft" else total
"""

REALS = sorted((round(0.29 * k + 0.003717, 6) for k in range(-9, 10)), key=abs)
"""Odd decimals keep clear of most kinks, which the oracle would have to leave undecided."""

SERIAL = itertools.count()


@dataclass(frozen=True)
class Program:
    """A function's source, and the points to look at."""

    source: str
    points: tuple[tuple[Any, ...], ...]

    def function(self) -> Callable[..., Any]:
        """The function, with its source where `inspect` finds it."""
        name = f"<program {next(SERIAL)}>"
        linecache.cache[name] = (
            len(self.source),
            None,
            self.source.splitlines(keepends=True),
            name,
        )
        names: dict[str, Any] = {"__name__": "fuzzed"}
        exec(compile(self.source, name, "exec", dont_inherit=True), names)
        f: Callable[..., Any] = names["f"]
        return f


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """A program and two points."""
    writer = Writer()
    with_helper = draw(st.booleans())
    if with_helper:
        body, result = draw(statements()), draw(expressions())
        header = "g(u, v=0.7, n=2, kind='soft', option=None)"
        writer.function(header, Scope(["u", "v"]), body, result)
    body, result = draw(statements()), draw(expressions())
    scope = Scope(["x", "y"], ["xs"], calls=["g"] if with_helper else [])
    writer.function("f(x, y, n, xs, kind, option)", scope, body, result)
    text = ast.unparse(ast.parse("\n".join(writer.lines)))
    real = st.sampled_from(REALS)
    point = st.tuples(
        real,
        real,
        st.integers(0, 3),
        st.lists(real, min_size=2, max_size=3),
        st.sampled_from(["soft", "hard", "none"]),
        st.one_of(st.none(), real),
    )
    return Program(f"{PRELUDE}\n\n{text}\n", (draw(point), draw(point)))
