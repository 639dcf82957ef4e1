"""Loops whose condition reads the last word of a list that they shorten."""

from __future__ import annotations

import pytest

from chainrule import value_and_grad
from tests.differences import along


def closed_bracket(x):
    ops = ["(", "+", "*"]
    total = x
    while ops[-1] != "(":
        total = total * x if ops.pop() == "*" else total + 1.5 * x
    ops.pop()
    return total if not ops else 0.0


def shunting_yard(x):
    precedence = {"+": 1, "-": 1, "*": 2, "/": 2}
    out, ops = [], []

    def apply(op):
        b, a = out.pop(), out.pop()
        out.append(
            {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "/": lambda: a / b}[op]()
        )

    for token in ["x", "*", "(", "x", "+", "2", ")", "-", "3", "/", "x"]:
        if token in precedence:
            while ops and ops[-1] != "(" and precedence[ops[-1]] >= precedence[token]:
                apply(ops.pop())
            ops.append(token)
        elif token == "(":
            ops.append(token)
        elif token == ")":
            while ops[-1] != "(":
                apply(ops.pop())
            ops.pop()
        else:
            out.append(x if token == "x" else float(token))
    while ops:
        apply(ops.pop())
    return out[0]


@pytest.mark.parametrize("f", [closed_bracket, shunting_yard])
def test_words_that_a_condition_reads_are_there_in_the_first_step(f):
    value, slope = value_and_grad(f)(0.7)
    expected, noise = along(lambda h: f(0.7 + h))
    assert value == f(0.7)
    assert slope == pytest.approx(expected, rel=1e-8, abs=10.0 * noise)
