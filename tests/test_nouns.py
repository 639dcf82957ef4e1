"""What has no name in the function is called by what it is."""

from __future__ import annotations

import math
from typing import Any

import pytest

from chainrule import grad, value_and_grad
from tests.differences import along

GAS = 8.314


def names(function: Any, *wrt: str) -> set[str]:
    """The variables of the gradient."""
    lines = grad(function, wrt=wrt, mode="reverse").source.splitlines()
    return {line.split(" = ")[0].strip() for line in lines if " = " in line and "#" not in line}


def pressure(T, V, a, b):
    return GAS * T / (V - b) - a / (V * (V + b)) + math.sin(V + b) + math.sin(GAS * T)


def discounted(r, T, K):
    return K * math.exp(-r * T) + math.log(math.exp(-r * T) + K * r) + math.exp(-r)


def clipped(x, y):
    z = math.sqrt(math.exp(x * y) + (y * y if x > 0.5 else 3.0))
    return z * z * math.sin(z)


def last_of(xs: list[float], k: float) -> float:
    return math.exp(xs[-1] * k) * xs[-1] + math.sin(-k) * math.cos(-k)


PRICES = {"apple": 1.25, "pear": 0.75, "plum": 0.5}


def priced(x: float, words: list[str], n: int, m: int) -> float:
    total = x
    for word in words:
        total = math.sin(total * x) * PRICES[word] + math.exp(PRICES[word] * total)
    return total * math.cos(total) ** (n - m)


def rooted(root, angle):
    return math.sin(root + angle) * math.exp(root + angle)


@pytest.mark.parametrize(
    ("function", "wrt", "expected"),
    [
        (pressure, ("T", "V", "b"), {"GAS_times_T", "V_plus_b", "gap"}),
        (discounted, ("r", "T", "K"), {"exponential"}),
        (clipped, ("x", "y"), {"exp_x_times_y"}),
        (rooted, ("root", "angle"), {"root_plus_angle"}),
        (last_of, ("xs", "k"), {"last_xs", "sin_minus_k"}),
        (priced, ("x",), {"price", "price_tape", "n_minus_m"}),
    ],
)
def test_values_without_a_name(function: Any, wrt: tuple[str, ...], expected: set[str]) -> None:
    found = names(function, *wrt)
    assert expected <= found, found
    assert not [name for name in found if name[0] == "t" and name[1:].isdigit()], found


def test_a_name_that_the_user_has_is_not_taken() -> None:
    def of_own(x, total):
        exponential = x * total
        return math.sin(x * x * total + 1.0) * math.exp(x * x * total + 1.0) + exponential

    slope = value_and_grad(of_own, wrt="x")
    value, found = slope(0.3, 0.7)
    assert value == of_own(0.3, 0.7)
    near = (of_own(0.3 + 1e-6, 0.7) - of_own(0.3 - 1e-6, 0.7)) / 2e-6
    assert found == pytest.approx(near, rel=1e-8)


def judged(x, y, n):
    u, v = x * y, math.sin(x)
    z = u * y if u > v else u
    z = z * y if u <= 0 else z + 1.0
    z = z * x if n + 1 == 3 else z + y
    z = z * y if v < 2300.0 else z
    z = z * u if v < CRITICAL_REYNOLDS_NUMBER else z * z
    z = z * z * x if 0.02 <= u < 0.03 else z
    return z * z if u < v and n > 2 else z * x


CRITICAL_REYNOLDS_NUMBER = 2300.0


def test_conditions_are_called_by_what_they_say() -> None:
    found = names(judged, "x", "y")
    assert {"u_above_v", "u_not_positive", "v_below_2300", "v_is_low", "u_in_range"} <= found


def fitted(x, regime):
    if regime == 0:
        a = 0.98
    elif regime == 2:
        a = 0.85
    return a * x * x


def test_a_variable_that_one_path_leaves_without_a_value_keeps_its_name() -> None:
    assert "a" in names(fitted, "x")


def viscosity(T, Tc, V):
    xi = (Tc / (V * V * V + T)) ** 0.25 + math.exp(2.5 * T)
    low = 3.0 * (T - 1.5) ** 0.7
    return xi * xi * low + math.sin(low) * low


def test_a_part_of_a_variable_bears_its_name() -> None:
    found = names(viscosity, "T", "Tc", "V")
    assert {"xi_sum", "xi_power", "xi_exp", "low_gap", "low_gap_power"} <= found
    assert not {"total", "gap", "power", "exponential", "ratio"} & found


def kinetic(a, b, c):
    return a * math.exp(b + c) + math.sin(c)


def test_what_a_gradient_hands_out_is_called_after_its_parameter() -> None:
    found = grad(kinetic, wrt=("a", "b", "c"), mode="reverse").source
    assert "a_bar = exp(b + c)\n" in found and "b_bar = a * a_bar\n" in found
    both = value_and_grad(kinetic, wrt=("a", "b")).source
    assert "return value, (a_bar, value" not in both and "a_bar" in both


def laminar(Re, k):
    f = 64.0 / Re if Re < 2300.0 else 0.3 * Re**-0.25
    return f * f * Re * k


def test_a_question_about_a_parameter_is_asked_again_rather_than_named() -> None:
    found = grad(laminar, wrt=("Re", "k"), mode="reverse")
    found(3.0, 0.5)
    assert found.source.count("if Re < 2300.0:\n") == 2


def test_a_parameter_that_is_bound_anew_is_asked_about_once() -> None:
    def capped(x, y):
        if x > y:
            x = y
        z = math.sin(x * y)
        return z * z + x

    found = grad(capped, wrt=("x", "y"), mode="reverse")
    assert found(2.0, 0.5) == pytest.approx(grad(capped, wrt=("x", "y"), mode="forward")(2.0, 0.5))
    h = 1e-6
    slope = (capped(2.0, 0.5 + h) - capped(2.0, 0.5 - h)) / (2 * h)
    assert found(2.0, 0.5) == (0.0, pytest.approx(slope, rel=1e-8))


def mean_log(xs, w):
    total, n = 0.0, 0
    for x in xs:
        try:
            total += math.log(x) * w
            n += 1
        except ValueError:
            continue
    return total / n


def test_whether_a_try_has_succeeded_is_recorded_under_that_name() -> None:
    slope = grad(mean_log, wrt=("xs", "w"))
    found = slope([1.5, -1.0, 4.0], 0.5)
    assert found[0] == pytest.approx([0.25 / 1.5, 0.0, 0.25 / 4.0], rel=1e-15)
    assert found[1] == pytest.approx((math.log(1.5) + math.log(4.0)) / 2, rel=1e-15)
    assert "succeeded_tape.append(outcome == 0)\n" in slope.source
    assert "if succeeded:\n" in slope.source and "branch" not in slope.source


def test_what_is_evaluated_for_what_it_raises_alone_has_no_name() -> None:
    slope = grad(mean_log, wrt=("xs", "w"))
    slope([1.5, -1.0, 4.0], 0.5)
    assert "            log(x)\n" in slope.source and "log_x" not in slope.source


def friction(Re):
    if Re < 2300.0:
        return 64.0 / Re
    f = 0.3 * Re**-0.25
    return f


def drop(Re, L):
    fd = friction(Re)
    return fd * fd * L


def test_what_a_helper_returns_bears_the_name_that_its_caller_gives_it() -> None:
    slope = grad(drop, wrt=("Re", "L"), mode="reverse")
    for Re in (1000.0, 5000.0):
        found, near = slope(Re, 2.0), [drop(Re + step, 2.0) for step in (1e-2, -1e-2)]
        assert found[0] == pytest.approx((near[0] - near[1]) / 2e-2, rel=1e-7)
        assert found[1] == pytest.approx(drop(Re, 1.0), rel=1e-15)
    assert "fd = 64.0 / Re\n" in slope.source and " fd = 0.3 * " in slope.source


def spring(stretch: float, k: float) -> float:
    return k * stretch**3 + stretch


def pulled(k: float, steps: int) -> float:
    x, v = 1.0, 0.0
    for _ in range(steps):
        v -= 0.1 * spring(x - 0.5 * v, k)
        x += 0.1 * v
    return x


def test_what_is_recorded_of_an_argument_is_called_by_the_name_of_the_parameter() -> None:
    slope = grad(pulled, wrt="k", mode="reverse")
    expected, noise = along(lambda h: pulled(0.7 + h, 9))
    assert slope(0.7, 9) == pytest.approx(float(expected), abs=1e-9 + noise)
    assert "stretch_tape.append(stretch)" in slope.source
    assert "for stretch in reversed(stretch_tape):" in slope.source


LINKS = [(0.1, 1.5), (0.4, -1.5), (0.3, 0.2)]


def reach(angles: list[float], links: Any = LINKS) -> float:
    x = turned = 0.0
    for angle, (length, twist) in zip(angles, links, strict=True):
        turned += angle + twist
        x += length * math.cos(turned)
    return x


def reach_of_all(angles: list[float]) -> float:
    return reach(angles) ** 2


def test_a_default_of_a_helper_is_called_as_in_the_module_that_holds_it() -> None:
    slope = grad(reach_of_all)
    found = slope([0.1, 0.2, 0.3])
    expected, noise = along(lambda h: reach_of_all([0.1, 0.2 + h, 0.3]))
    assert found[1] == pytest.approx(float(expected), abs=1e-9 + noise)
    assert "LINKS = [(0.1, 1.5), (0.4, -1.5), (0.3, 0.2)]" in slope.source
    assert "list_0" not in slope.source
