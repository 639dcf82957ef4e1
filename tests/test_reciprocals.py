"""Several divisions by one value are products with its reciprocal, where that is as good."""

from __future__ import annotations

import math

import numpy as np

from chainrule import grad
from tests.oracle import agrees, gradient


def gated(W, xs):
    h = 0.0
    for x in xs:
        gate = 1.0 / (1.0 + math.exp(-(W * x + h)))
        h = gate * h + (1.0 - gate) * math.sin(W * x)
    return h * h


def shared(a, z):
    t = 1.0 + np.square(z)
    return np.sum(np.sin(a) / t + np.exp(a / t) / t)


def unbounded(a, t):
    return np.sum(np.sin(a) / t + np.exp(a / t) / t)


def test_what_f_divides_into_one_is_multiplied_by_on_the_way_back():
    point = (0.3, [0.5, -1.0, 2.0])
    slope = grad(gated, wrt="W", mode="reverse")
    assert agrees(gradient(gated, point)[()], slope(*point))
    back = slope.source.partition("# line")[2]
    assert "gate = 1.0 / (1.0 + gate_exp)" in back and " / t" not in back, slope.source


def test_arrays_are_divided_once_by_what_is_not_near_zero():
    point = (np.array([0.3, -1.2, 2.0]), np.array([-40.0, 0.1, 3.0]))
    slope = grad(shared, wrt=("a", "z"))
    for position, found in enumerate(slope(*point)):
        for path, verdict in gradient(shared, point, wrt=position).items():
            assert agrees(verdict, float(found[path[0]])), path
    assert "np.reciprocal(t, out=t)" in slope.source, slope.source


def likeliest(x):
    return np.max(x) + np.log(np.sum(np.exp(x - np.max(x))))


def rows(a, x):
    t = np.sum(np.exp(x - np.max(x)), axis=1)
    return np.sum(np.sin(a) / t + np.exp(a / t) / t)


def test_an_array_is_multiplied_by_the_reciprocal_of_a_number_that_is_not_near_zero():
    point = (np.array([0.3, -1.2, 2.0, 2.0]),)
    slope = grad(likeliest)
    found = slope(*point)
    for path, verdict in gradient(likeliest, point).items():
        assert agrees(verdict, float(found[path[0]])), path
    # The largest of the exponentials is 1, and so is their sum at least.
    assert "*= 1.0 / " in slope.source and "/= " not in slope.source, slope.source


def test_a_row_without_the_largest_entry_of_all_may_have_a_tiny_sum():
    point = (np.array([0.1, 1e-3]), np.array([[0.0, 0.5], [-5.0, -6.0]]))
    slope = grad(rows, wrt=("a", "x"))
    for position, found in enumerate(slope(*point)):
        for path, verdict in gradient(rows, point, wrt=position).items():
            assert agrees(verdict, float(found[path[0]])), path
    assert "np.reciprocal(" not in slope.source and "1.0 / t" not in slope.source, slope.source


def test_what_may_be_tiny_is_divided_by():
    slope = grad(unbounded, wrt="a")
    assert slope(np.array([0.0]), np.array([1e-150]))[0] > 0.0
    assert "np.reciprocal(" not in slope.source and "1.0 / t" not in slope.source, slope.source


def test_a_quotient_times_its_divisor_is_what_was_divided() -> None:
    def growth(S, K, spread):
        ratio = S / K
        return math.log(ratio) / spread - math.log(spread)

    text = grad(growth, wrt="K").source
    assert "return -1.0 / K / spread" in text, text
    text = grad(growth, wrt="S").source
    assert "return 1.0 / S / spread" in text, text
