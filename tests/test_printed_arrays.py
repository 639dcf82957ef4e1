"""Arrays that are printed and put into messages stand in no derivative's way."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from chainrule import value_and_grad

LINE = "{0} of {1[0]:.3f}"


def formatted(x):
    x = x * 2.0
    print("before: {} {n}".format(x, n=len(x)))  # noqa: UP032
    x[0] = 1.0
    message = LINE.format(x, x)
    print(message)
    return np.sum(x * x)


def spread(x):
    for row in np.outer(x, x):
        print(*row)
    print(*["{:.2f}".format(v) for v in x], end=";\n")  # noqa: UP032
    print(*(v for v in x if v > 1.5))
    return np.sum(x**3)


@pytest.mark.parametrize(
    ("f", "slopes"),
    [(formatted, np.array([0.0, 16.0, 24.0])), (spread, np.array([3.0, 12.0, 27.0]))],
)
def test_what_is_printed_of_an_array_is_what_f_prints(f, slopes, capsys) -> None:
    x = np.array([1.0, 2.0, 3.0])
    expected = f(x)
    printed = capsys.readouterr().out
    value, gradient = value_and_grad(f)(x)
    assert value == expected
    assert capsys.readouterr().out == printed
    np.testing.assert_array_equal(gradient, slopes)
    np.testing.assert_array_equal(x, [1.0, 2.0, 3.0])


def test_an_array_may_stand_in_a_warning() -> None:
    def warned(x):
        if np.any(x > 2.0):
            warnings.warn("large: {}".format(x), stacklevel=2)  # noqa: UP032
        return np.sum(x)

    with pytest.warns(UserWarning, match=r"large: \[1\. 3\.\]"):
        value_and_grad(warned)(np.array([1.0, 3.0]))
