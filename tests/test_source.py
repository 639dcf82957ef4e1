"""The gallery: what is emitted for small functions, as it would be committed.

Each snapshot is the text behind the docstring.  It is there to be read: if a change of the
emitter makes one of them worse, that is a fault, whatever the numbers say.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable
from math import cos, exp, log, sin, sqrt
from typing import Any

import numpy as np
import pytest

from chainrule import grad, value_and_grad
from chainrule.emit.wording.spelling import with_one_sign


def product(x, y):
    return x * sin(y)


def quotient(x):
    return (1 + x) / (1 - x)


def early(x):
    if x < 0.0:
        return 0.0
    if x < 1.0:
        return x * x
    return 2.0 * x - 1.0


def branch(x, y):
    if x > y:
        z = x * y
    else:
        y = y + 1.0
        z = x / y
    return z * z


def power_loop(x, n):
    y = 1.0
    for _ in range(n):
        y = y * x
    return y


def newton(a):
    x = a
    while abs(x * x - a) > 1e-12:
        x = 0.5 * (x + a / x)
    return x


def mean_square(xs):
    return sum(x * x for x in xs) / len(xs)


def rosen(x):
    total = 0.0
    for i in range(len(x) - 1):
        total += 100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2
    return total


def guarded(x):
    try:
        return exp(x)
    except OverflowError:
        return 1.8e308


def helper(u):
    return u / (1.0 + u)


def calls(x, k=2.0):
    return helper(k * x) - helper(x)


def largest(x, y):
    return max(x, y) * abs(x - y)


def horner(x, coefficients):
    value = 0.0
    for c in coefficients:
        value = value * x + c
    return value


def stopped(x):
    total = 0.0
    for i in range(10):
        total += x**i
        if total > 100.0:
            break
    return total


def raising(x):
    if x <= 0.0:
        raise ValueError("x must be positive")
    return log(x) ** 2


def norm(x, y):
    return sqrt(x * x + y * y)


def unpack(point):
    x, y = point
    return x * x * y


def interpolate(x, xs, ys):
    for i in range(len(xs) - 1):
        if xs[i] <= x < xs[i + 1]:
            t = (x - xs[i]) / (xs[i + 1] - xs[i])
            return ys[i] * (1 - t) + ys[i + 1] * t
    return ys[-1]


def kepler(mean, e):
    anomaly = mean
    while True:
        step = (anomaly - e * sin(anomaly) - mean) / (1 - e * cos(anomaly))
        anomaly -= step
        if abs(step) < 1e-12:
            return anomaly


def pair_above(x, n):
    for i in range(n):
        for j in range(i):
            if i * j > x:
                return x * i + j
    return x


def network(weights, inputs):
    values = inputs
    for layer in weights:
        out = []
        for neuron in layer:
            total = neuron[-1]
            for w, v in zip(neuron, values, strict=False):
                total += w * v
            out.append(total * total)
        values = out
    return values[0]


GALLERY = [
    pytest.param(
        product,
        ("x", "y"),
        "auto",
        (1.0, 2.0),
        """
    # line: return x * sin(y)
    return sin(y), x * cos(y)
""",
        id="product-auto-x-y",
    ),
    pytest.param(
        quotient,
        "x",
        "auto",
        (0.5,),
        """
    gap = 1 - x
    # line: return (1 + x) / (1 - x)
    return (1.0 + (1 + x) / gap) / gap
""",
        id="quotient-auto-x",
    ),
    pytest.param(
        early,
        "x",
        "auto",
        (0.5,),
        """
    if x < 0.0:
        return 0.0
    if x < 1.0:
        # line: return x * x
        return 2.0 * x
    return 2.0
""",
        id="early-auto-x",
    ),
    pytest.param(
        early,
        "x",
        "reverse",
        (0.5,),
        """
    if x < 0.0:
        return 0.0
    if x < 1.0:
        # line: return x * x
        return 2.0 * x
    return 2.0
""",
        id="early-reverse-x",
    ),
    pytest.param(
        branch,
        ("x", "y"),
        "reverse",
        (2.0, 1.0),
        """
    x_above_y = x > y
    if x_above_y:
        z = x * y
    else:
        y_1 = y + 1.0
        z = x / y_1
    # line: return z * z
    z_bar = 2.0 * z
    # line: if x > y:
    if x_above_y:
        # line: z = x * y
        return z_bar * y, z_bar * x
    # line: z = x / y
    x_bar = z_bar / y_1
    return x_bar, -x_bar * z
""",
        id="branch-reverse-x-y",
    ),
    pytest.param(
        power_loop,
        "x",
        "auto",
        (2.0, 3),
        """
    y = 1.0
    y_dot = 0.0
    for _ in range(n):
        # line: y = y * x
        y_dot = y_dot * x + y
        y *= x
    return y_dot
""",
        id="power_loop-auto-x",
    ),
    pytest.param(
        power_loop,
        "x",
        "reverse",
        (2.0, 3),
        """
    y = 1.0
    y_tape = []
    for _ in range(n):
        y_tape.append(y)
        y *= x
    # line: for _ in range(n):
    y_bar = 1.0
    x_bar = 0.0
    for y in reversed(y_tape):
        # line: y = y * x
        x_bar += y_bar * y
        y_bar *= x
    return x_bar
""",
        id="power_loop-reverse-x",
    ),
    pytest.param(
        newton,
        "a",
        "auto",
        (2.0,),
        """
    x = a
    x_dot = 1.0
    while abs(x * x - a) > 1e-12:
        a_over_x = a / x
        # line: x = 0.5 * (x + a / x)
        a_over_x_dot = (1.0 - a_over_x * x_dot) / x
        x = 0.5 * (x + a_over_x)
        x_dot = 0.5 * (x_dot + a_over_x_dot)
    return x_dot
""",
        id="newton-auto-a",
    ),
    pytest.param(
        newton,
        "a",
        "reverse",
        (2.0,),
        """
    x = a
    x_tape = []
    while abs(x * x - a) > 1e-12:
        x_tape.append(x)
        x = 0.5 * (x + a / x)
    # line: while abs(x * x - a) > 1e-12:
    x_bar = 1.0
    a_bar = 0.0
    for x in reversed(x_tape):
        # line: x = 0.5 * (x + a / x)
        x_bar *= 0.5
        a_bar_part = x_bar / x
        a_bar += a_bar_part
        x_bar -= a_bar_part * a / x
    return a_bar + x_bar
""",
        id="newton-reverse-a",
    ),
    pytest.param(
        mean_square,
        "xs",
        "auto",
        ([1.0, 2.0],),
        """
    n_xs = len(xs)
    # line: return sum(x * x for x in xs) / len(xs)
    return [2.0 * x / n_xs for x in xs]
""",
        id="mean_square-auto-xs",
    ),
    pytest.param(
        rosen,
        "x",
        "auto",
        ([1.0, 2.0],),
        """
    # line: for i in range(len(x) - 1):
    x_bar = [0.0] * len(x)
    for i in range(len(x) - 1):
        x_i = x[i]
        # line: total += 100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) **…
        scale = 200.0 * (x[i + 1] - x_i * x_i)
        x_bar[i] -= 2.0 * (1.0 - x_i + scale * x_i)
        x_bar[i + 1] += scale
    return x_bar
""",
        id="rosen-auto-x",
    ),
    pytest.param(
        guarded,
        "x",
        "auto",
        (1.0,),
        """
    try:
        exp_x = exp(x)
    except OverflowError:
        return 0.0
    return exp_x
""",
        id="guarded-auto-x",
    ),
    pytest.param(
        calls,
        "x",
        "auto",
        (1.0,),
        """
    total = 1.0 + k * x
    one_plus_x = 1.0 + x
    # line: return helper(k * x) - helper(x)
    return k / total / total - 1.0 / one_plus_x / one_plus_x
""",
        id="calls-auto-x",
    ),
    pytest.param(
        largest,
        ("x", "y"),
        "auto",
        (1.0, 2.0),
        """
    t1 = max(x, y)
    gap = x - y
    abs_gap = abs(gap)
    # line: return max(x, y) * abs(x - y)
    gap_bar = t1 if gap > 0.0 else -t1 if gap < 0.0 else 0.0
    y_bar = (abs_gap if y > x else 0.0) - gap_bar
    return gap_bar + (0.0 if y > x else abs_gap), y_bar
""",
        id="largest-auto-x-y",
    ),
    pytest.param(
        horner,
        "x",
        "auto",
        (1.0, [1.0, 2.0]),
        """
    value = 0.0
    value_dot = 0.0
    for c in coefficients:
        # line: value = value * x + c
        value_dot = value_dot * x + value
        value = value * x + c
    return value_dot
""",
        id="horner-auto-x",
    ),
    pytest.param(
        horner,
        "coefficients",
        "auto",
        (1.0, [1.0, 2.0]),
        """
    # line: for c in coefficients:
    value_bar = 1.0
    coefficients_bar = [0.0] * len(coefficients)
    for i in reversed(range(len(coefficients))):
        coefficients_bar[i] = value_bar
        # line: value = value * x + c
        value_bar *= x
    return coefficients_bar
""",
        id="horner-auto-coefficients",
    ),
    pytest.param(
        stopped,
        "x",
        "reverse",
        (2.0,),
        """
    total = 0.0
    steps = 0
    for i in range(10):
        total += x**i
        steps += 1
        if total > 100.0:
            break
    # line: for i in range(10):
    x_bar = 0.0
    for i in range(steps):
        # line: total += x**i
        x_bar += 0.0 if i == 0 else i * x ** (i - 1)
    return x_bar
""",
        id="stopped-reverse-x",
    ),
    pytest.param(
        raising,
        "x",
        "auto",
        (2.0,),
        """
    if x <= 0.0:
        raise ValueError("x must be positive")
    # line: return log(x) ** 2
    return 2.0 * log(x) / x
""",
        id="raising-auto-x",
    ),
    pytest.param(
        norm,
        ("x", "y"),
        "auto",
        (1.0, 2.0),
        """
    root = sqrt(x * x + y * y)
    # line: return sqrt(x * x + y * y)
    root_is_zero = root == 0.0
    return 0.0 if root_is_zero else x / root, 0.0 if root_is_zero else y / root
""",
        id="norm-auto-x-y",
    ),
    pytest.param(
        unpack,
        "point",
        "auto",
        ((1.0, 2.0),),
        """
    x, y = point
    # line: return x * x * y
    return 2.0 * y * x, x * x
""",
        id="unpack-auto-point",
    ),
    pytest.param(
        interpolate,
        ("x", "ys"),
        "auto",
        (1.5, [0.0, 1.0, 2.0], [1.0, 4.0, 2.0]),
        """
    for i in range(len(xs) - 1):
        if xs[i] <= x < xs[i + 1]:
            xs_i = xs[i]
            t_gap = xs[i + 1] - xs_i
            t = (x - xs_i) / t_gap
            ys_i = ys[i]
            # line: return ys[i] * (1 - t) + ys[i + 1] * t
            ys_bar = [0.0] * len(ys)
            ys_bar[i + 1] = t
            ys_bar[i] += 1 - t
            # line: t = (x - xs[i]) / (xs[i + 1] - xs[i])
            return (ys[i + 1] - ys_i) / t_gap, ys_bar
    # line: return ys[-1]
    ys_bar = [0.0] * len(ys)
    ys_bar[-1] = 1.0
    return 0.0, ys_bar
""",
        id="interpolate-auto-x-ys",
    ),
    pytest.param(
        kepler,
        ("mean", "e"),
        "reverse",
        (1.0, 0.3),
        """
    anomaly = mean
    anomaly_tape = []
    while True:
        step = (anomaly - e * sin(anomaly) - mean) / (1 - e * cos(anomaly))
        anomaly_tape.append(anomaly)
        anomaly -= step
        if abs(step) < 1e-12:
            break
    # line: while True:
    anomaly_bar = 1.0
    e_bar = 0.0
    mean_bar = 0.0
    for anomaly in reversed(anomaly_tape):
        cos_anomaly = cos(anomaly)
        sin_anomaly = sin(anomaly)
        # line: step = (anomaly - e * sin(anomaly) - mean) / (1 - e * cos(ano…
        gap = 1 - e * cos_anomaly
        ratio = anomaly_bar / gap
        scale = e * sin_anomaly
        step = (anomaly - scale - mean) / gap
        scale_1 = ratio * step
        mean_bar += ratio
        anomaly_bar = scale_1 * scale
        e_bar += ratio * sin_anomaly - scale_1 * cos_anomaly
    return mean_bar + anomaly_bar, e_bar
""",
        id="kepler-reverse-mean-e",
    ),
    pytest.param(
        pair_above,
        "x",
        "auto",
        (2.5, 4),
        """
    for i in range(n):
        branch = False
        for j in range(i):
            if i * j > x:
                branch = True
                break
        if branch:
            # line: return x * i + j
            return float(i)
    return 1.0
""",
        id="pair_above-auto-x",
    ),
    pytest.param(
        network,
        "weights",
        "auto",
        ([[[0.1, 0.2, 0.3], [0.3, 0.1, -0.2]], [[0.5, 0.4, 0.1]]], [1.0, 2.0]),
        """
    n_weights = len(weights)
    values = inputs
    values_tape = []
    total_tapes = []
    for layer in weights:
        out = []
        total_tape = []
        for neuron in layer:
            total = neuron[-1]
            for w, v in zip(neuron, values):
                total += w * v
            out.append(total * total)
            total_tape.append(total)
        values_tape.append(values)
        total_tapes.append(total_tape)
        values = out
    # line: return values[0]
    values_bar = [0.0] * len(values)
    values_bar[0] = 1.0
    # line: for layer in weights:
    weights_bar = [[[0.0] * len(row) for row in rows] for rows in weights]
    for i in reversed(range(n_weights)):
        values = values_tape[i]
        total_tape = total_tapes[i]
        # line: for neuron in layer:
        values_bar_1 = [0.0] * len(values)
        for j, neuron in enumerate(weights[i]):
            # line: out.append(total * total)
            total_bar = 2.0 * values_bar[j] * total_tape[j]
            # line: for w, v in zip(neuron, values, strict=False):
            for k, (w, v) in enumerate(zip(neuron, values)):
                values_bar_1[k] += total_bar * w
                weights_bar[i][j][k] += total_bar * v
            # line: total = neuron[-1]
            weights_bar[i][j][-1] += total_bar
        values_bar = values_bar_1
    return weights_bar
""",
        id="network-auto-weights",
    ),
]


@pytest.mark.parametrize(("function", "wrt", "mode", "point", "expected"), GALLERY)
def test_emitted_source(
    function: Callable[..., Any], wrt: Any, mode: str, point: tuple[Any, ...], expected: str
) -> None:
    gradient = grad(function, wrt=wrt, mode=mode)
    gradient(*point)
    text = gradient.source.split('"""')[2]
    assert re.sub(r"# line \d+:", "# line:", text).strip("\n") == expected.strip("\n")


def test_infinity_is_imported_like_pi() -> None:
    def nearest(x):
        return min(np.inf, x * x) + math.inf

    text = grad(nearest).source
    assert text.startswith("from math import inf\n") and "= inf" not in text


def test_cases_of_one_outcome_are_asked_for_together() -> None:
    def limited(x, y):
        return math.sin(y) * np.clip(x * x, 0.5, 4.0)

    text = grad(limited, wrt=("x", "y")).source
    assert "0.0 if x_squared < 0.5 or x_squared > 4.0 else sin_y" in text


def held_within(x: float, k: float) -> float:
    return max(-1.0, min(1.0, k * x)) ** 2


def product_of_positive(x: float, y: float) -> float:
    if x > 0.0:
        if y > 0.0:
            return math.sin(x) * y
        return 0.0
    return 0.0


def test_two_tests_with_one_other_outcome_are_one() -> None:
    slope = grad(held_within, wrt=("x", "k"))
    assert "    if v < 1.0 and t1 > -1.0:\n" in slope.source.replace("k_times_x", "v")
    for x, expected in ((0.25, (2.0, 0.25)), (0.75, (0.0, 0.0)), (-0.75, (0.0, 0.0))):
        assert slope(x, 2.0) == expected
    text = grad(product_of_positive, wrt=("x", "y")).source
    assert text.count("return 0.0, 0.0") == 1
    for x, y in ((0.5, 2.0), (-0.5, 2.0), (0.5, -2.0), (-0.5, -2.0)):
        taken = x > 0.0 and y > 0.0
        expected = (math.cos(x) * y, math.sin(x)) if taken else (0.0, 0.0)
        assert grad(product_of_positive, wrt=("x", "y"))(x, y) == expected


def test_numbers_that_met_are_without_their_roundings() -> None:
    def density(x):
        return math.erf(x / math.sqrt(2.0))

    text = grad(density).source
    assert "exp(-0.5 * (x * x))" in text


def test_a_number_of_the_function_keeps_its_digits() -> None:
    def scaled(x):
        return 0.49999999999999994 * x

    assert grad(scaled)(1.0) == 0.49999999999999994


def sigmoid(x, a):
    if x >= 0.0:
        s = 1.0 / (1.0 + math.exp(-x))
    else:
        e = math.exp(x)
        s = e / (1.0 + e)
    return s * a


def test_what_an_arm_hands_out_bears_one_name() -> None:
    slope = value_and_grad(sigmoid, wrt=("x", "a"), mode="reverse")
    for x in (-1.5, 0.75):
        s = 1.0 / (1.0 + math.exp(-x))
        value, found = slope(x, 3.0)
        assert value == sigmoid(x, 3.0)
        assert found == pytest.approx((3.0 * s * (1.0 - s), s), rel=1e-14)
    assert "s_1" not in slope.source


def test_the_tangent_of_what_a_branch_gives_is_called_by_it() -> None:
    text = value_and_grad(sigmoid, wrt=("x", "a"), mode="forward").source
    assert text.count("s_dx = ") == 2
    assert "s_dx * a" in text


def test_what_was_recorded_in_a_loop_inside_is_called_so() -> None:
    def folded(v, p):
        for step in range(len(v) - 1, 0, -1):
            for i in range(step):
                v[i] = v[i] * p * v[i + 1]
        return v[0]

    text = grad(folded, wrt="p", mode="reverse").source
    assert "v_tape = v_tapes[" in text and "v_then = v_tape[i]" in text


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ("a - -2.5 * b / c / d", "a + 2.5 * b / c / d"),
        ("a + -b * c", "a - b * c"),
        ("a - -b", "a + b"),
        ("a - (b - c)", "a - (b - c)"),
        ("-2.5 * a", "-2.5 * a"),
    ],
)
def test_a_term_bears_one_sign(made: str, expected: str) -> None:
    assert ast.unparse(with_one_sign(ast.parse(made, mode="eval").body)) == expected


def test_what_comes_out_negative_is_not_subtracted() -> None:
    def drag(x):
        return x * x - (x**-3 + 2.0) ** -1

    assert " + -" not in grad(drag).source and "2.0 * x - 3.0 * " in grad(drag).source
    step = 1e-6
    slope = (drag(0.75 + step) - drag(0.75 - step)) / (2.0 * step)
    assert grad(drag)(0.75) == pytest.approx(slope, rel=1e-8)
