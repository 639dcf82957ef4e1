"""What a choice did not choose is not felt, wherever it was computed and however often used."""

from __future__ import annotations

import math

import numpy as np
import pytest

from chainrule import grad, hessian
from tests import oracle


def used_twice(x):
    u = np.sqrt(x)
    return np.where(x > 0.0, u * u * u, 2.0 * x)


def used_in_the_other_arm(x):
    u = np.log(x)
    return np.where(x <= 0.0, x * x, u * u + u)


def selected(x):
    u = np.sqrt(x)
    return np.select([x < 0.0, x < 1.0], [x * x, u * x + u], default=np.log(x))


def nested(x):
    u = np.log(x)
    v = np.sqrt(x - 1.0)
    return np.where(x > 0.0, np.where(x > 1.0, v * v * u, u * u), 3.0 * x)


def two_choices_of_one_mask(x):
    u = np.log(x)
    return np.where(x > 0.0, u * u, x) + np.where(x > 0.0, u, x * x)


def a_chain_of_steps(x):
    u = np.sqrt(x)
    v = 1.0 / (u + u * u)
    w = v * np.log(v)
    return np.where(x > 0.0, w * v, x)


def piecewise(x):
    return np.piecewise(
        x, [x < 0.0, x >= 0.0], [lambda t: t * t, lambda t: np.sqrt(t) * np.sqrt(t) * np.log(t)]
    )


def branch(x):
    u = np.sqrt(x)
    v = np.log(u)
    if x > 0.0:
        return u * u * v
    return x * x


def branch_in_a_loop(x):
    total = 0.0
    for k in range(3):
        u = np.sqrt(x - k)
        total = total + (u * u * u if x > k else k * x)
    return total


A = 2.0
ROOT = math.sqrt(2.0)
LOG = math.log(2.0)
CHOSEN = [
    (used_twice, -1.0, 2.0, 0.0),
    (used_twice, A, 1.5 * ROOT, 0.75 / ROOT),
    (used_in_the_other_arm, -1.5, -3.0, 2.0),
    (used_in_the_other_arm, 0.0, 0.0, 2.0),
    (used_in_the_other_arm, A, (2.0 * LOG + 1.0) / A, (1.0 - 2.0 * LOG) / A**2),
    (selected, -1.0, -2.0, 2.0),
    (selected, 0.25, 1.5 * 0.5 + 0.5 / 0.5, 0.75 / 0.5 - 0.25 / 0.125),
    (selected, A, 0.5, -0.25),
    (nested, -1.0, 3.0, 0.0),
    (nested, 0.5, -4.0 * LOG, 4.0 * (2.0 + 2.0 * LOG)),
    (nested, A, LOG + 0.5, 0.5 + 0.25),
    (two_choices_of_one_mask, -1.0, -1.0, 2.0),
    (two_choices_of_one_mask, A, (2.0 * LOG + 1.0) / A, (1.0 - 2.0 * LOG) / A**2),
    (a_chain_of_steps, -1.0, 1.0, 0.0),
    (a_chain_of_steps, 0.0, 1.0, 0.0),
    (piecewise, -1.0, -2.0, 2.0),
    (piecewise, A, LOG + 1.0, 0.5),
    (branch, -1.0, -2.0, 2.0),
    (branch, A, 0.5 * LOG + 0.5, 0.25),
    (branch_in_a_loop, 1.5, 1.5 * (1.5**0.5 + 0.5**0.5) + 2.0, 0.75 * (1.5**-0.5 + 0.5**-0.5)),
]
FUNCTIONS = list(dict.fromkeys(row[0] for row in CHOSEN))


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_was_not_chosen_of_numbers_is_not_felt(function, mode):
    first = grad(function, mode=mode)
    second = grad(first, mode=mode)
    for row in CHOSEN:
        if row[0] is function:
            _, x, slope, curvature = row
            assert first(x) == pytest.approx(slope, rel=1e-14)
            assert second(x) == pytest.approx(curvature, rel=1e-13)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("function", FUNCTIONS[:7])
def test_what_was_not_chosen_of_arrays_is_not_felt(function):
    rows = [row for row in CHOSEN if row[0] is function]
    x = np.array([row[1] for row in rows])

    def total(x):
        return np.sum(function(x))

    slopes = [row[2] for row in rows]
    np.testing.assert_allclose(grad(total)(x), slopes, rtol=1e-14)
    np.testing.assert_allclose(np.diag(hessian(total)(x)), [row[3] for row in rows], rtol=1e-13)


def used_by_two_arms(x, y):
    u = np.sqrt(x)
    return np.where(y > 0.0, u * u, 0.0) + np.where(y > 1.0, u, 0.0)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_arms_of_two_choices_that_were_not_chosen_are_not_felt():
    slope = grad(used_by_two_arms, mode="reverse")
    assert slope(-1.0, -1.0) == 0.0
    assert slope(4.0, 0.5) == 1.0
    assert slope(4.0, 1.5) == 1.25


def test_adjoints_of_one_arm_are_computed_in_it():
    body = grad(used_twice, mode="reverse").source.partition("    u = np.sqrt(x)")[2]
    assert [line.strip() for line in body.splitlines() if "#" not in line] == [
        "",
        "if x > 0.0:",
        "return 1.5 * u",
        "return 2.0",
    ]


def of_two_entries(x):
    q = np.array([np.sqrt(x[0]), x[1]])
    return np.sum(np.where(q > 0.0, q, 0.0))


def of_a_product(x):
    u = np.sqrt(x[0])
    q = np.array([[u, x[1]], [u * u, x[1]]])
    return np.where(q > 0.0, q, 0.0).sum()


def of_entries_written_in_a_loop(x):
    q = np.zeros(2)
    for i in range(2):
        q[i] = np.sqrt(x[i])
    return np.nansum(q)


def of_a_masked_write(x):
    q = np.array([np.log(x[0]), x[1]])
    q[~(q > 0.0)] = 0.0
    return q.sum()


def of_a_list(x):
    return sum(v if v > 0.0 else 0.0 for v in [np.sqrt(entry) for entry in x])


def of_a_filled_array(x):
    return np.where(np.full(3, np.sqrt(x[0])) > 0.0, np.full(3, np.sqrt(x[0])), 0.0).sum() + x[1]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "f",
    [
        of_two_entries,
        of_a_product,
        of_entries_written_in_a_loop,
        of_a_masked_write,
        of_a_list,
        of_a_filled_array,
    ],
    ids=lambda f: f.__name__,
)
def test_an_entry_that_is_not_chosen_is_not_felt(f, mode):
    slope = grad(f, mode=mode)(np.array([-1.0, 4.0]))
    step = 1e-6
    up, down = (f(np.array([-1.0, 4.0 + sign * step])) for sign in (1.0, -1.0))
    assert slope[0] == 0.0
    assert slope[1] == pytest.approx((up - down) / (2.0 * step), rel=1e-6)


def distance_floored(x, y, z):
    gap = abs(x * y - z * x)
    return max(gap, 1e-15) ** 0.2


def test_one_question_of_several_tangents_is_asked_once() -> None:
    slopes = grad(distance_floored, wrt=("x", "y", "z"), mode="forward")
    found = slopes(1.0, 2.0, 3.5)
    for k in range(3):
        assert oracle.agrees(oracle.derivative(distance_floored, (1.0, 2.0, 3.5), wrt=k), found[k])
    assert slopes.source.count("< 0.0") == 1


def test_what_a_comprehension_does_not_read_has_no_name() -> None:
    def span(rate, flows):
        first = min(day for day, _ in flows)
        return sum(cash / (1.0 + rate) ** (day - first) for day, cash in flows)

    slope = grad(span)
    slope(0.05, [(0, -100.0), (2, 50.0)])
    assert "for day, _ in flows" in slope.source


def margins(w, X):
    s = 0.0
    for i in range(len(X)):
        m = X[i] @ w
        if m < 1.0:
            s += 1.0 - m
    return s + np.sum(w * w)


def test_an_array_added_in_a_loop_is_not_felt_where_a_branch_leaves_it_out() -> None:
    # The first margin is infinite: its branch is not taken, and w gets nothing from there.
    w, X = np.array([1.0, 2.0]), np.array([[np.inf, 1.0], [0.1, 0.2]])
    slope = grad(margins)
    assert slope(w, X) == pytest.approx(2.0 * w - X[1], rel=1e-15)
    assert "if m < 1.0:" in slope.source and "else" not in slope.source


def inverses_below_one(x):
    s = 0.0
    for i in range(len(x)):
        r = 1.0 / x[i]
        if r < 1.0:
            s = s + r * x[0]
    return s


@pytest.mark.filterwarnings("ignore")
def test_an_entry_of_a_loop_is_not_felt_where_a_branch_leaves_it_out() -> None:
    slope = grad(inverses_below_one)(np.array([0.0, 2.0]))
    assert list(slope) == [0.5, 0.0]


def rooted(x):
    s = 0.0
    for v in x:
        r = np.sqrt(v)
        if r > 1.0:
            s = s + r
    return s


def test_what_a_branch_alone_needs_is_computed_in_it() -> None:
    slope = grad(rooted)
    assert slope(np.array([0.0, 4.0])) == pytest.approx([0.0, 0.25], rel=1e-15)
    assert "        if r > 1.0:\n            x_bar[i] = 0.5 / r\n    return x_bar\n" in slope.source


def two_questions(x, a):
    s = 0.0
    for i in range(len(x)):
        u = np.sin(x[i]) * a
        v = u * x[i - 1]
        if u > 0.1:
            s += v * v
        else:
            s -= 0.5 * u
        if v < 0.2:
            s = s - u * v * a
    return s


def test_two_branches_that_read_one_value_add_up() -> None:
    point = np.array([0.3, -1.1, 0.8, 2.0]), 1.3
    slope = grad(two_questions, wrt=("x", "a"))(*point)
    step = 1e-6
    for k in range(4):
        moved = [point[0] + sign * step * (np.arange(4) == k) for sign in (1.0, -1.0)]
        up, down = (two_questions(x, point[1]) for x in moved)
        assert slope[0][k] == pytest.approx((up - down) / (2.0 * step), rel=1e-7)
    assert oracle.agrees(oracle.derivative(two_questions, point, wrt=1), slope[1])


def masked_by_the_last(x):
    last = None
    for i in range(3):
        if x[i] > 0.1:
            last = x * x[i]
    chosen = last > 0.5
    return (x[chosen] * last[chosen]).sum()


def word_below_a_number(x):
    word = "q" if x < 0.5 else None
    if x > 0.5:
        return x * x
    return x * (word < 2)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_comparison_that_python_refuses_is_not_felt_on_other_paths(mode):
    slope = grad(masked_by_the_last, mode=mode)
    x = np.array([0.3, 0.9, 1.2])
    verdicts = oracle.gradient(masked_by_the_last, (x,)).values()
    for verdict, number in zip(verdicts, slope(x), strict=True):
        assert oracle.agrees(verdict, number)
    for f, given in ((masked_by_the_last, -x), (word_below_a_number, 0.3)):
        with pytest.raises(TypeError) as of_f:
            f(given)
        with pytest.raises(TypeError) as of_slope:
            grad(f, mode=mode)(given)
        assert str(of_slope.value) == str(of_f.value)
    assert grad(word_below_a_number, mode=mode)(0.7) == 1.4
