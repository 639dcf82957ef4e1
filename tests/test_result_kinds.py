"""Results of several kinds: the slopes of the kind that tells most, and an error elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule import ArgumentError, grad, jacobian, value_and_grad


def pair_or_number(x):
    if x < 0.0:
        return 0.0
    return x * x, 2.0 * x


def longer_and_longer(x):
    if x < 0.0:
        return (x,)
    if x < 1.0:
        return x, x * x
    return x, x * x, x**3


def found_in_a_loop(x, n):
    size = abs(x)
    if size < 1e-9:
        return 0.0
    for _ in range(n):
        size = 0.5 * size + x
        if size > 50.0:
            return None
    return size, x * size


def test_the_longest_result_has_its_slopes():
    assert jacobian(pair_or_number)(3.0) == (6.0, 2.0)
    assert jacobian(longer_and_longer)(2.0) == (1.0, 4.0, 12.0)
    assert jacobian(found_in_a_loop)(3.0, 2) == (1.75, 10.5)


@pytest.mark.parametrize(
    ("f", "arguments", "said"),
    [
        (pair_or_number, (-1.0,), "gave a single value; slopes are those of a tuple of 2"),
        (longer_and_longer, (0.5,), "gave a tuple of 2; slopes are those of a tuple of 3"),
        (longer_and_longer, (-0.5,), "gave a tuple of 1; slopes are those of a tuple of 3"),
        (found_in_a_loop, (0.0, 2), "gave a single value; slopes are those of a tuple of 2"),
        (found_in_a_loop, (60.0, 2), "gave a single value; slopes are those of a tuple of 2"),
    ],
)
def test_on_another_path_the_kind_of_the_result_is_told(f, arguments, said):
    with pytest.raises(TypeError, match=said):
        jacobian(f)(*arguments)


def first_root(a, b, c):
    def roots(a, b, c):
        d = b * b - 4.0 * a * c
        if d < 0.0:
            return None
        s = d**0.5
        return (-b - s) / (2.0 * a), (-b + s) / (2.0 * a)

    found = roots(a, b, c)
    return found[0] if found is not None else 0.0


def test_what_is_called_may_give_nothing():
    value, slope = value_and_grad(first_root)(1.0, -3.0, 2.0)
    assert (value, slope) == (1.0, pytest.approx(1.0))
    assert value_and_grad(first_root)(1.0, 1.0, 2.0) == (0.0, 0.0)


def with_details(x, scale=2.0, full_output=False):
    y = scale * x**3
    if full_output:
        return y, {"square": x * x}
    return y


def of_a_mode(x, mode=0):
    y = x * x
    if mode == 1:
        return y, 3.0 * y
    if mode == 2:
        return {"twice": 2.0 * y}
    return y


def test_a_flag_that_is_given_decides_the_kind_of_the_result():
    assert value_and_grad(with_details)(1.5) == (6.75, 13.5)
    assert value_and_grad(with_details)(1.5, full_output=False) == (6.75, 13.5)
    slopes = jacobian(with_details)
    assert slopes(1.5, 1.0) == 6.75
    assert slopes(1.5, 1.0, True) == (6.75, {"square": 3.0})
    assert slopes(1.5, full_output=False) == 13.5
    slopes = jacobian(of_a_mode)
    assert [slopes(1.5, k) for k in (0, 1, 2)] == [3.0, (3.0, 9.0), {"twice": 6.0}]
    with pytest.raises(ArgumentError, match="returns a container"):
        grad(with_details)(1.5, full_output=True)


def test_an_array_is_not_called_a_container():
    with pytest.raises(ArgumentError, match="`doubled` returns an array, and grad needs one"):
        grad(doubled)(np.ones(3))


def doubled(x):
    return 2.0 * x
