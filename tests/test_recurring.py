"""What a helper has computed of the same arguments before stands once: branches and loops, too."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest

from chainrule import grad, hessian, jacobian, value_and_grad


def friction(Re: float) -> float:
    """A friction factor, by iteration where the flow is turbulent."""
    if Re <= 0.0:
        raise ValueError("Re must be positive")
    if Re < 2300.0:
        return 64.0 / Re
    f = 0.02
    for _ in range(50):
        f_new = (2.0 * math.log10(2.51 / (Re * math.sqrt(f)))) ** -2
        if abs(f_new - f) < 1e-12:
            f = f_new
            break
        f = f_new
    return f


def losses(Re: float, x: float) -> float:
    """It asks for the factor three times, one of them in a branch."""
    total = x * friction(Re) + friction(Re) ** 2
    if x > 1.0:
        total += math.sin(friction(Re))
    return total


class Tube:
    """Its properties are read wherever they are needed."""

    def __init__(self, width: float, bend: float) -> None:
        self.width = width
        self.bend = bend

    @property
    def area(self) -> float:
        """It has a branch."""
        return self.width**2 if self.width > self.bend else self.bend * self.width

    @property
    def stiffness(self) -> float:
        """It has a loop."""
        total = 0.0
        for k in range(30):
            total += self.area / (k + 1.0 + self.bend)
        return total


def load(width: float, bend: float) -> float:
    """Properties of properties."""
    tube = Tube(width, bend)
    return tube.area * tube.stiffness + tube.stiffness**2 / tube.area


def differences(f: Any, *point: float) -> list[float]:
    """Central differences, extrapolated once."""
    found = []
    for k in range(len(point)):
        slopes = []
        for step in (2e-4, 1e-4):
            ends = [[*point], [*point]]
            ends[0][k] += step * abs(point[k])
            ends[1][k] -= step * abs(point[k])
            slopes.append((f(*ends[0]) - f(*ends[1])) / (2.0 * step * abs(point[k])))
        found.append((4.0 * slopes[1] - slopes[0]) / 3.0)
    return found


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
@pytest.mark.parametrize(
    ("f", "point", "text", "back"),
    [
        (losses, (1000.0, 2.0), "2300.0", 1),
        (losses, (5e4, 0.5), "raise ValueError", 0),
        (losses, (5e4, 0.5), "log10(", 1),
        (load, (1.5, 1.0), "width > bend", 1),
        (load, (0.5, 1.0), "in range(30)", 1),
    ],
)
def test_what_recurs_stands_once(f: Any, point: Any, text: str, back: int, mode: Any) -> None:
    slope = value_and_grad(f, (0, 1), mode=mode)
    value, slopes = slope(*point)
    assert value == f(*point)
    np.testing.assert_allclose(slopes, differences(f, *point), rtol=1e-7)
    code = re.sub("#.*", "", slope.source)
    assert code.count(text) == 1 + (back if mode == "reverse" else 0)


def test_second_derivatives_are_right() -> None:
    slope = grad(losses, (0, 1))
    rows = hessian(losses, (0, 1))(5e4, 2.0)
    for k in (0, 1):
        wanted = differences(lambda x, y, k=k: slope(x, y)[k], 5e4, 2.0)
        np.testing.assert_allclose(rows[k], wanted, rtol=1e-6)


def test_what_the_check_raises_is_raised() -> None:
    with pytest.raises(ValueError, match="must be positive"):
        grad(losses)(-1.0, 2.0)


def row(x: float, n: int) -> list[float]:
    """A list that is made anew by each call."""
    made = [x]
    for k in range(n):
        made.append(made[-1] * x if x > 1.0 else x + k)
    return made


def written(x: float, n: int) -> float:
    """The lists of two calls are two lists."""
    one, other = row(x, n), row(x, n)
    one.append(3.0 * x)
    one[0] = x**3
    return sum(one) * sum(other) + len(one) - len(other)


def grid(x: float, n: int) -> Any:
    """An array that is made anew by each call."""
    made = np.zeros(n)
    for k in range(n):
        made[k] = x**k
    return made if x > 1.0 else 2.0 * made


def overwritten(x: float, n: int) -> Any:
    """The arrays of two calls are two arrays."""
    one, other = grid(x, n), grid(x, n)
    one *= 2.0
    one[0] = x * x
    other[1] += x**3
    return one @ other + one.sum() * grid(x, n)[1]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [written, overwritten])
@pytest.mark.parametrize("x", [0.5, 1.5])
def test_each_call_makes_its_own_list_or_array(f: Any, x: float, mode: Any) -> None:
    value, slope = value_and_grad(f, mode=mode)(x, 4)
    assert value == f(x, 4)
    assert slope == pytest.approx(differences(lambda y: f(y, 4), x)[0], rel=1e-8)


def two(x: float, n: int) -> Any:
    """Both are handed out, and then changed."""
    one, other = grid(x, n), grid(x, n)
    one[0] = -x
    return one, other


def test_results_are_not_one_array() -> None:
    found = value_and_grad(lambda x: two(x, 3)[0] @ two(x, 3)[1])(1.5)
    assert found[0] == two(1.5, 3)[0] @ two(1.5, 3)[1]
    first, second = jacobian(two)(1.5, 3)
    np.testing.assert_allclose(first, [-1.0, 1.0, 3.0])
    np.testing.assert_allclose(second, [0.0, 1.0, 3.0])
    first[0] = 7.0
    assert second[0] == 0.0


def test_what_prints_is_done_each_time(capsys: pytest.CaptureFixture[str]) -> None:
    def told(x: float) -> float:
        if x > 1.0:
            print("large")
            return x * x
        return x

    assert grad(lambda x: told(x) * told(x))(2.0) == 32.0
    assert capsys.readouterr().out == "large\nlarge\n"


def test_what_changes_meanwhile_is_asked_again() -> None:
    def counted(x: float) -> float:
        seen = [0.0]

        def weight() -> float:
            return 2.0 * x if seen[0] > 0.5 else x**3

        first = weight()
        seen[0] = 1.0
        return first * weight()

    assert grad(counted)(2.0) == pytest.approx(64.0)


def test_a_check_within_try_does_not_stand_for_one_behind_it() -> None:
    def checked(x: float) -> float:
        if x < 1.0:
            raise ValueError("too small")
        return x * x

    def guarded(x: float) -> float:
        try:
            y = checked(x)
        except ValueError:
            y = 3.0 * x
        return y if x < 0.5 else y + checked(x)

    assert grad(guarded)(0.25) == 3.0
    assert grad(guarded)(2.0) == 8.0
    with pytest.raises(ValueError, match="too small"):
        grad(guarded)(0.75)
