"""Random programs: forward, reverse and the oracle must agree, and the value be f's own.

A program is drawn as a tree of plain tuples, in which variables are numbers: `Writer` turns
it into source text and takes each number modulo what is in scope.  Any subtree may thus be
dropped and the rest still be a program, which is what lets hypothesis shrink a failure to a
few lines.

``CHAINRULE_FUZZ_EXAMPLES`` sets the number of programs for long runs, which are random where
the short ones of the suite are always the same; with ``CHAINRULE_FUZZ_REFUSALS=forbid`` a
refusal is a failure too.
"""

from __future__ import annotations

import ast
import copy
import itertools
import linecache
import math
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from hypothesis import HealthCheck, event, given, note, settings
from hypothesis import strategies as st

import chainrule
from tests import oracle
from tests.limits import within

Tree: TypeAlias = tuple[Any, ...]
Strategy: TypeAlias = st.SearchStrategy[Any]

EXAMPLES = int(os.environ.get("CHAINRULE_FUZZ_EXAMPLES", "0"))
REFUSALS_ALLOWED = os.environ.get("CHAINRULE_FUZZ_REFUSALS") != "forbid"
WRT = ("x", "y", "xs")
SCALARS = ("x", "y")
"""Forward mode is for scalars: a list is differentiated by in reverse alone."""
SECONDS = 30
"""What one program may take."""

# Trees

NUMBER = st.integers(0, 7)
CONSTANT = st.sampled_from(["1.0", "0.5", "2", "-1.5", "0.1", "3.7"])

UNARY = (
    "-{}",
    "sin({})",
    "cos({})",
    "tanh({})",
    "atan({})",
    "exp(-abs({}))",
    "sqrt(0.2 + ({}) ** 2)",
    "math.log(1.3 + ({}) ** 2)",
    "({}) ** 2",
    "({}) ** 3",
    "abs({}) ** 2.5",
    "abs({})",
    "({}) % 1.7",
    "({}) // 2.3",
    "floor({})",
    "erf({})",
)
BINARY = (
    "({}) + ({})",
    "({}) * ({})",
    "({}) - ({})",
    "({}) / (1.5 + ({}) ** 2)",
    "max({}, {})",
    "min({}, {})",
    "hypot({}, {})",
    "atan2({}, {})",
    "(1.1 + ({}) ** 2) ** ({})",
    "math.fsum([{}, 1.0, {}])",
    "({}) and ({})",
)
RISKY = (
    "log({})",
    "sqrt({})",
    "1.0 / ({})",
    "abs({}) ** -0.7",
    "exp(20.0 * ({}))",
    "acos({})",
    "float([1.0, 2.0][len(str(bool({}))) - 4])",
)


def expressions(leaves: int = 6) -> Strategy:
    """Trees of expressions with floats for values."""
    leaf = st.one_of(
        st.tuples(st.just("variable"), NUMBER),
        st.tuples(st.just("constant"), CONSTANT),
        st.tuples(st.just("item"), NUMBER, st.integers(-2, 2)),
        st.tuples(st.just("moving item"), NUMBER),
        st.tuples(st.just("list"), NUMBER, st.sampled_from(["sum({})", "len({})", "max({})"])),
    )

    def extended(inner: Strategy) -> Strategy:
        return st.one_of(
            st.tuples(st.just("unary"), st.sampled_from(UNARY), inner),
            st.tuples(st.just("binary"), st.sampled_from(BINARY), inner, inner),
            st.tuples(st.just("call"), NUMBER, inner, inner),
            st.tuples(st.just("choice"), conditions(inner), inner, inner),
            st.tuples(st.just("comprehension"), NUMBER, inner),
        )

    return st.recursive(leaf, extended, max_leaves=leaves)


def conditions(inner: Strategy) -> Strategy:
    """Trees of conditions over expressions."""
    compared = st.tuples(st.just("compare"), st.sampled_from("<>"), inner, inner)
    return st.one_of(
        compared,
        st.tuples(st.just("between"), inner, inner, inner),
        st.tuples(st.just("both"), st.sampled_from(["and", "or"]), compared, compared),
        st.tuples(st.just("not"), compared),
        st.tuples(st.just("flag"), NUMBER),
        st.tuples(st.just("even"), NUMBER),
    )


def statements() -> Strategy:
    """Lists of trees of statements."""
    value = expressions()
    test = conditions(expressions(3))
    operator = st.sampled_from(["+=", "-=", "*="])
    leaf = st.one_of(
        st.tuples(st.just("assign"), NUMBER, value),
        st.tuples(st.just("new"), value),
        st.tuples(st.just("update"), NUMBER, operator, value),
        st.tuples(st.just("swap"), NUMBER, NUMBER),
        st.tuples(st.just("pair"), NUMBER, NUMBER, value, value),
        st.tuples(st.just("new list"), value, value),
        st.tuples(st.just("alias"), NUMBER),
        st.tuples(st.just("append"), NUMBER, value),
        st.tuples(st.just("set item"), NUMBER, st.integers(-2, 2), value),
        st.tuples(st.just("update item"), NUMBER, st.integers(-2, 2), operator, value),
        st.tuples(st.just("swap items"), NUMBER),
        st.tuples(st.just("flag"), test),
        st.tuples(st.just("closure"), value),
        st.tuples(st.just("return"), test, value),
        st.tuples(st.just("leave"), st.sampled_from(["break", "continue"]), test),
    )

    def extended(inner: Strategy) -> Strategy:
        body = st.lists(inner, min_size=1, max_size=3)
        perhaps = st.lists(inner, max_size=2)
        return st.one_of(
            st.tuples(st.just("if"), test, body, perhaps),
            st.tuples(st.just("elif"), test, test, body, body, perhaps),
            st.tuples(st.just("for"), NUMBER, NUMBER, body, perhaps),
            st.tuples(st.just("while"), test, body, perhaps),
            st.tuples(st.just("try"), st.sampled_from(RISKY), value, perhaps, body),
        )

    return st.lists(st.recursive(leaf, extended, max_leaves=5), max_size=5)


# Source


@dataclass
class Scope:
    """What may be read: names of each kind that are surely bound."""

    floats: list[str]
    lists: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    counters: list[str] = field(default_factory=list)
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
            case (_, number):
                return f"{self.value_variable(scope, number)} > 0.0"
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


IMPORTS = (
    "import math\n"
    "from math import acos, atan, atan2, cos, erf, exp, floor, hypot, log, sin, sqrt, tanh\n"
)

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
        exec(compile(self.source, name, "exec"), names)
        f: Callable[..., Any] = names["f"]
        return f


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """A program and two points."""
    writer = Writer()
    with_helper = draw(st.booleans())
    if with_helper:
        body, result = draw(statements()), draw(expressions())
        writer.function("g(u, v=0.7, n=2)", Scope(["u", "v"]), body, result)
    body, result = draw(statements()), draw(expressions())
    scope = Scope(["x", "y"], ["xs"], calls=["g"] if with_helper else [])
    writer.function("f(x, y, n, xs)", scope, body, result)
    text = ast.unparse(ast.parse("\n".join(writer.lines)))
    real = st.sampled_from(REALS)
    point = st.tuples(real, real, st.integers(0, 3), st.lists(real, min_size=2, max_size=3))
    return Program(f"{IMPORTS}\n\n{text}\n", (draw(point), draw(point)))


# Judgement


class Outcome:
    """What a call gave: a value, or what it raised."""

    def __init__(self, f: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self.value: Any = None
        self.error: Exception | None = None
        try:
            self.value = f(*copy.deepcopy(args))
        except chainrule.ChainruleError:
            raise
        except Exception as error:
            self.error = error

    def __repr__(self) -> str:
        return repr(self.error) if self.error is not None else repr(self.value)


def same_error(left: Exception | None, right: Exception | None) -> bool:
    """Whether both ended well, or both the same way."""
    return type(left) is type(right) and str(left) == str(right)


def close(left: float, right: float, size: float) -> bool:
    """Equality but for rounding; NaN equals only NaN."""
    if math.isnan(left) or math.isnan(right):
        return math.isnan(left) and math.isnan(right)
    return left == right or abs(left - right) <= 1e-6 * abs(left) + 1e-9 * size


def on_random_programs(share: float) -> Callable[[Callable[[Program], None]], Any]:
    """A property of all programs, tried on this share of the usual number of them."""

    def decorate(test: Callable[[Program], None]) -> Any:
        limits = settings(
            max_examples=max(1, int((EXAMPLES or 60) * share)),
            derandomize=not EXAMPLES,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        )
        return limits(given(programs())(test))

    return decorate


def refused(refusal: chainrule.ChainruleError) -> None:
    """Fail for a refusal, unless refusals are allowed."""
    if isinstance(refusal, chainrule.InternalError) or not REFUSALS_ALLOWED:
        raise refusal
    event(f"refused: {type(refusal).__name__}")


def judge(
    f: Callable[..., Any],
    forward: Callable[..., Any],
    reverse: Callable[..., Any],
    args: tuple[Any, ...],
) -> None:
    """Compare both modes with f and the oracle at one point."""
    expected, ahead, back = (Outcome(call, args) for call in (f, forward, reverse))
    for mode, got in (("forward", ahead), ("reverse", back)):
        assert same_error(expected.error, got.error), (mode, args, expected, got)
    if expected.error is not None:
        return event("f raises")
    for mode, got in (("forward", ahead), ("reverse", back)):
        assert oracle.same_bits(got.value[0], expected.value), (mode, args, expected, got)
    if isinstance(expected.value, complex):
        return event("f is complex")
    for index, wrt in enumerate(WRT):
        verdicts = oracle.gradient(f, args, {}, wrt)
        size = max((abs(each.value) for each in verdicts.values() if each.decided), default=0.0)
        for path, verdict in verdicts.items():
            modes = (ahead, back) if wrt in SCALARS else (back,)
            numbers = [oracle.look_up(got.value[1][index], path) for got in modes]
            told = (args, wrt, path, numbers, verdict)
            event("decided" if verdict.decided else "undecided")
            if verdict.decided:
                assert all(oracle.agrees(verdict, number) for number in numbers), told
            elif all(map(math.isfinite, numbers)):
                assert close(numbers[0], numbers[-1], max(size, *map(abs, numbers))), told


def judge_slope(
    slope: Callable[..., Any], second: list[Callable[..., Any]], args: tuple[Any, ...]
) -> None:
    """Compare derivatives of a derivative with the oracle at one point."""
    first = Outcome(slope, args)
    if first.error is None and math.isfinite(first.value):
        verdict = oracle.derivative(slope, args, {}, "x")
        numbers = [call(*copy.deepcopy(args)) for call in second]
        if verdict.decided:
            assert all(oracle.agrees(verdict, number) for number in numbers), (
                args,
                numbers,
                verdict,
            )


@on_random_programs(share=1.0)
def test_both_modes_agree_with_the_oracle(program: Program) -> None:
    note(program.source)
    f = program.function()
    try:
        with within(SECONDS):
            forward = chainrule.value_and_grad(f, wrt=SCALARS, mode="forward")
            reverse = chainrule.value_and_grad(f, wrt=WRT, mode="reverse")
            for args in program.points:
                judge(f, forward, reverse, args)
    except chainrule.ChainruleError as refusal:
        refused(refusal)


@on_random_programs(share=0.3)
def test_second_derivatives_agree_with_the_oracle(program: Program) -> None:
    note(program.source)
    f = program.function()
    try:
        with within(SECONDS):
            slope = chainrule.grad(f, wrt="x")
            modes = ("forward", "reverse")
            second = [chainrule.grad(slope, wrt="x", mode=mode) for mode in modes]
            for args in program.points:
                judge_slope(slope, second, args)
    except chainrule.ChainruleError as refusal:
        refused(refusal)
