"""How derivatives read: one program and the lines that a reviewer would look at."""

from __future__ import annotations

import math
import re

from chainrule import grad


def body(f, *arguments, wrt=0, mode="reverse") -> str:
    """The derivative's statements, without its docstring."""
    derivative = grad(f, wrt=wrt, mode=mode)
    derivative(*arguments)
    return re.sub(r'    """.*?"""\n', "", derivative.source, flags=re.DOTALL)


def test_a_value_among_the_statements_of_a_line_does_not_repeat_its_comment() -> None:
    def cheaper(xs, k):
        total = 0.0
        for x in xs:
            a = x * x * k
            b = math.sin(x) + k
            total += max(a, b) * k
        return total

    text = body(cheaper, [1.0, 2.0], 0.5, wrt="k")
    comments = re.findall("# line .*", text)
    assert comments and all(a != b for a, b in zip(comments, comments[1:], strict=False)), text


def test_a_line_that_goes_on_within_a_loop_has_one_comment() -> None:
    def forward_substitution(L, x):
        z = []
        for i in range(len(x)):
            s = x[i]
            for j in range(i):
                s -= L[i][j] * z[j]
            z.append(s / L[i][i])
        return sum(v * v for v in z)

    text = body(forward_substitution, [[1.0, 0.0], [2.0, 3.0]], [1.0, 2.0], wrt=("L", "x"))
    assert len(re.findall("# line .*: s -= ", text)) == 1, text
