"""Random programs as trees: which expressions and statements they are drawn from.

A tree is of plain tuples in which variables are numbers; `fuzz_writer` turns it into source text
and takes each number modulo what is in scope.  Any subtree may thus be dropped and the rest still
be a program, which is what lets hypothesis shrink a failure to a few lines.
"""

from __future__ import annotations

import functools
from typing import Any, TypeAlias

from hypothesis import strategies as st

from tests.fuzz_flow_idioms import FLOW_IDIOMS
from tests.fuzz_idioms import IDIOMS

Tree: TypeAlias = tuple[Any, ...]
Strategy: TypeAlias = st.SearchStrategy[Any]

ALL_IDIOMS = IDIOMS + FLOW_IDIOMS
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
    "raised({})",
)
GATHERED = (
    "sum({value} * {item} for {item} in {name})",
    "sum({value} for {item} in {name} if {item} > 0.1)",
    "max(({value}) - {item} for {item} in {name})",
    "math.fsum({value} for {item} in reversed({name}))",
    "math.prod([0.5 + abs({value}) for {item} in {name}[:3]])",
    "sum({item} * {other} for {item}, {other} in zip({name}, [0.9, 0.4, 1.3])) * ({value})",
    "sum({name}[1:]) * ({value})",
    "{name}[::-1][0] * ({value})",
    "sum(map(lambda {item}: {item} * ({value}), {name}))",
    "sum({{k: {item} * ({value}) for k, {item} in enumerate({name})}}.values())",
    "min({name}, key=lambda {item}: abs({item} - 0.3)) * ({value})",
    "sum([*{name}, {value}])",
)
"""Of a list and a value in which each of its items may stand."""
HELPED = (
    "h({0})",
    "h({0}, {1})",
    "h({0}, {1}, 0.4, scale={2})",
    "h({0}, *[{1}, {2}], mode='hard')",
    "h(first={0}, scale={1})",
    "h({0}, **{{'scale': {1}, 'mode': 'none'}})",
    "h(*({0}, {1}, {2}))",
)
STATED = (
    "{name}.total",
    "{name}.moved({value})",
    "{name}.scaled({value})",
    "{name}.rate * ({value})",
)


UPDATES = (
    "{name}.update(a={value}, b=0.4 * {name}['a'])",
    "{name}.update({{'b': {value}}})",
    "{name} |= {{'a': {name}['b'] * ({value})}}",
    "{name}['c'] = {name}.get('c', 0.1) + {value}",
    "{variable} += {name}.setdefault('c', {value})",
    "{variable} -= {name}.pop('c', {value})",
    "{name}['a'], {name}['b'] = {name}['b'], {name}['a'] * ({value})",
    "for key in {name}: {name}[key] *= {value}",
)


CARRIED = (
    # What is before a loop, what a step reads of it, and what the step leaves; of a value and the
    # number of the step.
    ("None", "if {c} is not None: {t} += {c}[0] * {c}[1]", "{c} = ({v}, {t})"),
    ("None", "if {c} is not None: {t} -= 0.1 * {c}[-1]", "{c} = [{t}, {v}]"),
    ("None", "if {c} is None: {c} = []", "{c}.append({v}); {t} += {c}[0] * {c}[-1]"),
    ("None", "if {c} is None or {c}[0] < {v}: {c} = ({v}, {k})", "{t} += {c}[0] * {c}[1]"),
    ("cos", "{t} += {c}({v})", "{c} = sin if {k} % 2 else cos"),
    ("None", "{t} += 0.5 if {c} is None else {c}({v})", "{c} = tanh"),
    ("({v}, 0.5)", "{t} += {c}[0] * {c}[1]", "{c} = [{c}[1], {v}]"),
    ("()", "{t} += len({c})", "{c} = ({v}, *{c}); {t} += sum({c})"),
    ("0", "{t} += 0.1 if {k} == 0 else {c}", "{c} = {v}"),
    ("False", "if {c}: {t} -= {v}", "{c} = {v} > {t}"),
    ("'up'", "{t} += {v} if {c} == 'up' else 0.5", "{c} = 'down' if {c} == 'up' else 'up'"),
)


KEYED = (
    # The making, what a step does with a key and a value, and what is read behind the loop.
    ("{{}}", "{d}[{k}] = {v}", "sum({d}.values())"),
    ("{{}}", "{d}[{k}] = {d}.get({k}, 0.3) + {v}", "sum(e * e for e in {d}.values())"),
    ("defaultdict(float)", "{d}[{k}] += {v}", "sum(k * e for k, e in {d}.items())"),
    ("defaultdict(lambda: 0.5)", "{d}[{k}] *= {v}", "len({d}) * sum({d}.values())"),
    ("{{0: {v}}}", "{d}[{k} + 1] = {d}[{k}] * 0.5 + {v}", "{d}[0] + {d}.get(1, 0.7)"),
    ("{{'a': {v}}}", "{d}[{k} % 2, kind] = {v} - {d}['a']", "max({d}.values())"),
    ("{{}}", "{t} += {d}.setdefault({k} % 2, {v})", "sum({d}[k] * k for k in {d})"),
    ("{{}}", "if {k} not in {d} or {v} < {d}[{k}]: {d}[{k}] = {v}", "sum({d}.values())"),
    ("{{i: {v} for i in range(n)}}", "{d}[{k}] = {v}", "sum({d}[k] * k for k in sorted({d}))"),
)


TEXTS = (
    "kind == 'soft'",
    "kind != 'hard'",
    "kind in ('hard', 'none')",
    "option is None",
    "option is not None and option > 0.5",
    "not kind.startswith('s')",
)


@functools.cache
def expressions(leaves: int = 6) -> Strategy:
    """Trees of expressions with floats for values."""
    leaf = st.one_of(
        st.tuples(st.just("variable"), NUMBER),
        st.tuples(st.just("constant"), CONSTANT),
        st.tuples(st.just("item"), NUMBER, st.integers(-2, 2)),
        st.tuples(st.just("moving item"), NUMBER),
        st.tuples(st.just("list"), NUMBER, st.sampled_from(["sum({})", "len({})", "max({})"])),
        st.tuples(st.just("entry"), NUMBER, st.sampled_from(["['a']", "['b']", ".get('c', 0.3)"])),
        st.tuples(st.just("option"), NUMBER),
    )

    def extended(inner: Strategy) -> Strategy:
        return st.one_of(
            st.tuples(st.just("unary"), st.sampled_from(UNARY), inner),
            st.tuples(st.just("binary"), st.sampled_from(BINARY), inner, inner),
            st.tuples(st.just("call"), NUMBER, inner, inner),
            st.tuples(st.just("choice"), conditions(inner), inner, inner),
            st.tuples(st.just("comprehension"), NUMBER, inner),
            st.tuples(st.just("gathered"), NUMBER, st.sampled_from(GATHERED), inner),
            st.tuples(st.just("helped"), st.sampled_from(HELPED), inner, inner, inner),
            st.tuples(st.just("state"), NUMBER, st.sampled_from(STATED), inner),
            st.tuples(st.just("walrus"), inner),
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
        st.tuples(st.just("text"), st.sampled_from(TEXTS)),
        st.tuples(st.just("of all"), st.sampled_from(["any", "all"]), NUMBER, inner),
    )


@functools.cache
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
        st.tuples(st.just("rebind list"), NUMBER, NUMBER),
        st.tuples(st.just("append"), NUMBER, value),
        st.tuples(st.just("set item"), NUMBER, st.integers(-2, 2), value),
        st.tuples(st.just("update item"), NUMBER, st.integers(-2, 2), operator, value),
        st.tuples(st.just("swap items"), NUMBER),
        st.tuples(st.just("flag"), test),
        st.tuples(st.just("closure"), value),
        st.tuples(st.just("return"), test, value),
        st.tuples(st.just("leave"), st.sampled_from(["break", "continue"]), test),
        st.tuples(st.just("dict"), value, value),
        st.tuples(st.just("set entry"), NUMBER, st.sampled_from("ab"), operator, value),
        st.tuples(st.just("sum entries"), NUMBER),
        st.tuples(st.just("object"), value, value),
        st.tuples(st.just("set attribute"), NUMBER, operator, value),
        st.tuples(st.just("step"), NUMBER, value),
        st.tuples(st.just("nonlocal"), NUMBER, operator, value, value),
        st.tuples(st.just("starred"), NUMBER),
        st.tuples(st.just("chained"), NUMBER, value),
        st.tuples(st.just("rows"), value, value),
        st.tuples(st.just("divided"), value),
        st.tuples(st.just("forever"), test, value),
        st.tuples(st.just("pop"), NUMBER, st.integers(-2, 2)),
        st.tuples(st.just("attempted writes"), NUMBER, st.sampled_from(RISKY), value, value),
        st.tuples(st.just("local state"), NUMBER, operator, value, test),
        st.tuples(st.just("dict update"), NUMBER, st.sampled_from(UPDATES), value),
        st.tuples(st.just("cycle"), NUMBER, NUMBER, NUMBER),
        st.tuples(st.just("kinds in loop"), NUMBER, value, value),
        st.tuples(st.just("keyed"), NUMBER, value, value),
        st.tuples(st.just("bound in loop"), st.sampled_from(["for", "while"]), test, value, value),
        *[
            st.tuples(
                st.just("idiom"),
                st.sampled_from(range(len(ALL_IDIOMS))),
                NUMBER,
                value,
                value,
                test,
            )
        ]
        * 8,
    )

    def extended(inner: Strategy) -> Strategy:
        body = st.lists(inner, min_size=1, max_size=3)
        perhaps = st.lists(inner, max_size=2)
        leaving = st.sampled_from(["return", "break", "continue"])
        return st.one_of(
            st.tuples(st.just("if"), test, body, perhaps),
            st.tuples(st.just("elif"), test, test, body, body, perhaps),
            st.tuples(st.just("for"), NUMBER, NUMBER, body, perhaps),
            st.tuples(st.just("while"), test, body, perhaps),
            st.tuples(st.just("try"), st.sampled_from(RISKY), value, perhaps, body),
            st.tuples(st.just("finally"), st.sampled_from(RISKY), value, body, perhaps),
            st.tuples(st.just("match"), body, perhaps),
            st.tuples(st.just("cleaned"), leaving, test, value, perhaps, body),
        )

    return st.lists(st.recursive(leaf, extended, max_leaves=5), max_size=5)
