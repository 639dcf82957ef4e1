"""Arrays that a branch chooses and that are written to later: right, or refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chainrule import grad, value_and_grad
from chainrule.errors import UnsupportedError
from tests import oracle

TABLE = (
    ((3, 128.0), (2, 5, 128.0), (-1, 3, 3, 64.0)),
    ((5, 256.0), (1, 3, 128.0)),
    ((21, 2560.0), (1, 3, 128.0)),
    ((21, 2560.0),),
)


def damped_newton(y):
    x = np.ones_like(y)
    old = np.zeros_like(x)
    for _ in range(20):
        step = (y - x * x) / (2 * x)
        if np.any(np.isnan(step)):
            old *= 0.5
            x -= old
        else:
            x = (x + step).clip(0, np.pi)
            old = step
        if np.all(np.abs(step) < 1e-13):
            break
    return np.sum(x)


def newton_in_a_function(y):
    def of(x):
        step = (y - x * x) / (2 * x)
        return step, y - x * x

    x = np.ones_like(y)
    old = np.zeros_like(x)
    for _ in range(20):
        step, rest = of(x)
        if np.sum(x) > 5.0:
            old *= 0.5
            x = x - old
        else:
            x = x + step
            old = step
        if np.all(np.abs(rest) < 1e-13):
            break
    return np.sum(x)


def named_anew(y):
    a = y * 2
    b = y * y
    c = a if np.sum(y) > 0.2 else b
    a = 1.0 * y
    b = y + y
    c *= 3.0
    return np.sum(a * b * c)


def left_in_the_middle(y):
    total = 0.0
    kept = y * 0
    for k in range(30):
        x = y * k
        if np.sum(x) > 2.0:
            kept = x
            continue
        for j in range(3):
            z = x * j
            if np.sum(z) > 0.5:
                break
            total = total + np.sum(z) * np.sum(x)
        kept = kept + x
        kept *= 0.5
        total = total + np.sum(x)
    return total + np.sum(kept * y)


def rows_of_rows(y):
    def root(c):
        x = 1.0 + 0 * y
        for _ in range(40):
            x = x + 0.1 * (c - x * y)
            if np.all(np.abs(c - x * y) < 1e-3):
                break
        return x

    table = [[root(row[0]) / row[-1] for row in rows] for rows in TABLE]
    return np.sum(table[0][1] * table[1][1] + table[3][0])


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("point", [[0.1, 0.2], [0.05, 0.02], [3.0, 8.0]])
@pytest.mark.parametrize(
    "f", [damped_newton, newton_in_a_function, named_anew, left_in_the_middle, rows_of_rows]
)
def test_nobody_else_sees_what_is_written(f: Any, point: list[float], mode: str) -> None:
    y = np.array(point)
    value, slope = value_and_grad(f, mode=mode)(y)
    assert value == f(y)
    for k, found in enumerate(slope):
        step = np.zeros(2)
        step[k] = 1e-5
        near = (8 * (f(y + step) - f(y - step)) - (f(y + 2 * step) - f(y - 2 * step))) / 12e-5
        assert found == pytest.approx(near, rel=1e-6, abs=1e-8)


def still_read(y):
    a = y * 2
    c = a if np.sum(y) > 0.2 else y * y
    c *= 3.0
    return np.sum(a * c)


def read_in_the_step(y):
    x = np.ones_like(y)
    total = 0.0
    for _ in range(20):
        step = (y - x * x) / (2 * x)
        old = step if np.sum(x) > 3 else x + 1.0
        old *= 0.5
        total = total + np.sum(step * step)
        x = x + 0.5 * old
    return np.sum(x) + total


def chosen_twice(y):
    a = y * 2
    b = y * y
    c = a if np.sum(y) > 0.2 else b
    d = a if np.sum(y) > 0.1 else y + 3
    a = 1.0 * y
    b = y + y
    d *= 3.0
    return np.sum(d * c * a * b)


def looked_into(y):
    a = y * 2
    tail = a[1:]
    c = a if np.sum(y) > 0.2 else y * y
    a = 1.0 * y
    c *= 3.0
    return np.sum(c * a) + np.sum(tail)


def in_a_list(y):
    a = y * 2
    kept = [a, y + 1]
    c = a if np.sum(y) > 0.2 else y * y
    a = 1.0 * y
    c *= 3.0
    return np.sum(c * a) + np.sum(kept[0])


def written_first(y):
    a = y * 2
    c = a if np.sum(y) > 0.2 else y * y
    a *= 3.0
    return np.sum(a * c)


def joined_itself_since(y):
    a = y * 2
    kept = a if np.sum(y) > 0.2 else y * y
    if np.sum(y) < 0.1:
        a = y + 1
    a *= 3.0
    return np.sum(kept * a)


def both_joined_again(y):
    a = y * 2
    kept = a if np.sum(y) > 0.2 else y * y
    if np.sum(y) < 0.1:
        kept = y + 2
        a = y + 3
    kept[0] = 3.0
    return np.sum(kept * a)


def turned_and_joined(y):
    a = y * 2
    kept = a if np.sum(y) > 0.2 else y * y
    turned = a[::-1]
    if np.sum(y) < 0.1:
        turned = y + 1
    turned *= 2.0
    return np.sum(kept * turned)


def kept_from_step_to_step(y):
    a = y * 2
    kept = y + 1.0
    total = 0.0
    for _ in range(20):
        a *= 0.9
        total = total + np.sum(kept * a)
        kept = a if np.sum(a) > 0.2 else y * y
    return total


@pytest.mark.parametrize(
    "f",
    [joined_itself_since, both_joined_again, turned_and_joined, kept_from_step_to_step],
)
def test_what_is_joined_again_is_still_seen_elsewhere(f: Any) -> None:
    with pytest.raises(UnsupportedError, match=r"several branches|under another name"):
        value_and_grad(f)(np.array([0.1, 0.2]))


@pytest.mark.parametrize(
    "f", [still_read, read_in_the_step, chosen_twice, looked_into, in_a_list, written_first]
)
def test_what_somebody_else_may_see_is_refused(f: Any) -> None:
    with pytest.raises(UnsupportedError, match=r"several branches|under another name"):
        value_and_grad(f)(np.array([0.1, 0.2]))


def held_where_one_arm_appends(x: Any) -> Any:
    y = x * 1.5
    held = [y**2, y]
    if x[0] > 99.0:
        held.append(y * y)
    y[:] = np.sin(y)
    return held[-1].sum()


def viewed_where_one_arm_appends(x: Any) -> Any:
    y = x * 1.5
    held = [y**2, y[::-1]]
    if x[0] > 99.0:
        held.append(y * y)
    y[:] = np.sin(y)
    return held[-1].sum()


def viewed_in_a_loop(x: Any) -> Any:
    y = x * 1.5
    held = []
    for _ in range(9):
        held.append(y[1:])
        y[:] = np.sin(y)
    return held[0].sum() + held[-1].sum()


@pytest.mark.parametrize(
    "f", [held_where_one_arm_appends, viewed_where_one_arm_appends, viewed_in_a_loop]
)
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_an_array_in_a_list_that_grows_is_not_written_to_unseen(f: Any, mode: str) -> None:
    x = np.array([0.8, 0.3, 1.3, -0.4])
    try:
        found = grad(f, mode=mode)(x.copy())
    except UnsupportedError as error:
        assert "written to after it was put into another container" in str(error)
        return
    verdicts = oracle.gradient(lambda each: f(each.copy()), (x,)).values()
    for verdict, number in zip(verdicts, found, strict=True):
        assert oracle.agrees(verdict, number)
