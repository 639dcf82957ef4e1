"""What functions raise, assert and print is worded as the user worded it."""

from __future__ import annotations

import linecache
from collections.abc import Callable

import pytest

from chainrule import value_and_grad

MESSAGES = """
"bad " + ", ".join(f"{x:.2f}" for x in xs)
"bad %s" % [y for y in xs if y > limit]
", ".join(f"{k}={v}" for k, v in TABLE.items())
f"{ {k: v for k, v in TABLE.items()} }"
f"use one of {sorted(TABLE)}, not {kind!r}"
f"use one of {sorted(laws)}"
f"{list(laws)} {len(laws)} {[law for law in laws]}"
"one of " + ", ".join(laws)
", ".join(repr(law) for law in sorted(laws))
" ".join(n.upper() for n in ("u", "v"))
"%d entries" % sum(1 for y in xs if y > 1)
", ".join([str(i) for i in range(len(xs))])
f"{max(xs):.3f} > {limit}, {any(y > 1 for y in xs)}"
f"{total:{10}.3f} {-total} {total if limit else 0}"
(total, limit)
""".strip().splitlines()

TEXT = """
TABLE = {{"a": 1.0, "b": 2.0}}
def f(xs, limit, kind="a"):
    laws = {{"double": lambda x: 2.0 * x, "square": lambda x: x * x}}
    total = 0.0
    for x in xs:
        total += x * laws["square"](x) * TABLE[kind]
    if total > limit:
        raise ValueError({message})
    assert total > 0, {message}
    return total
"""


def function(message: str) -> Callable[..., float]:
    text = TEXT.format(message=message)
    name = f"<message {MESSAGES.index(message)}>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    namespace: dict[str, Callable[..., float]] = {}
    exec(compile(text, name, "exec"), namespace)
    return namespace["f"]


@pytest.mark.parametrize("message", MESSAGES)
def test_messages_are_those_of_the_function(message: str) -> None:
    f = function(message)
    derivative = value_and_grad(f)
    assert derivative([1.0, 2.0], 10.0) == (9.0, [3.0, 12.0])
    for arguments, kind in (([1.0, 2.0], 3.0), ValueError), (([0.0, 0.0], 3.0), AssertionError):
        with pytest.raises(kind) as expected:
            f(*arguments)
        with pytest.raises(kind) as raised:
            derivative(*arguments)
        assert raised.value.args == expected.value.args
