"""Events and dense output of SciPy's solve_ivp: times, states and what ends the solution."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from chainrule import UnsupportedError, grad, hvp, value_and_grad
from tests import oracle
from tests.differences import along
from tests.slopes import check_against_oracle

TIGHT = {"rtol": 1e-11, "atol": 1e-11}


def fall(h, g):
    def hit(t, s):
        return s[0]

    hit.terminal = True
    sol = solve_ivp(lambda t, s: [s[1], -g], (0, 10), [h, 0.0], events=hit, **TIGHT)
    return sol.t[-1] + 0.1 * sol.y[1, -1]


def fall_exact(h, g):
    return math.sqrt(2 * h / g) - 0.1 * math.sqrt(2 * g * h)


def oscillator(w, a):
    def zero(t, s):
        return s[0]

    sol = solve_ivp(lambda t, s: (s[1], -w * w * s[0]), (0.0, 10.0), [a, 0.0], events=zero, **TIGHT)
    te = sol.t_events[0]
    return np.sum(te**2) + np.mean(np.diff(te)) + np.sum(np.abs(sol.y_events[0][:, 1]))


def oscillator_exact(w, a):
    n = int(10 * w / math.pi - 0.5) + 1
    t = np.array([(k + 0.5) * math.pi / w for k in range(n)])
    return np.sum(t**2) + math.pi / w + n * a * w


def two(v, g):
    def apex(t, s):
        return s[1]

    def ground(t, s):
        return s[0]

    ground.terminal = True
    ground.direction = -1
    sol = solve_ivp(
        lambda t, s: [s[1], -g], [0.0, 50.0], np.array([0.5, v]), events=[apex, ground], **TIGHT
    )
    if not sol.success or sol.status != 1:
        return 0.0
    return sol.t_events[0][0] + sol.y_events[0][0][0] * sol.t_events[1][0] + sol.y_events[1][0, 1]


def two_exact(v, g):
    ta = v / g
    ya = 0.5 + v * v / 2 / g
    tg = (v + math.sqrt(v * v + 2 * g * 0.5)) / g
    return ta + ya * tg - math.sqrt(v * v + 2 * g * 0.5)


def level(x0, k, lim):
    def rate(t, x, k):
        return -k * x

    def reached(t, x, k):
        return x[0] - lim

    reached.terminal = True
    sol = solve_ivp(rate, (0.0, 100.0), [x0], args=(k,), events=(reached,), **TIGHT)
    return sol.t_events[0][0] * k * k


def level_exact(x0, k, lim):
    return math.log(x0 / lim) * k


def at_times(x0, k, lim):
    def rate(t, x):
        return -k * x

    reached = lambda t, x: x[0] - lim  # noqa: E731
    reached.terminal = True
    t = np.linspace(0.0, 20.0, 41)
    sol = solve_ivp(rate, (0.0, 20.0), [x0], t_eval=t, events=reached, **TIGHT)
    return np.sum(sol.y[0]) + sol.t_events[0][-1] + sol.y_events[0][-1][0]


def at_times_exact(x0, k, lim):
    te = math.log(x0 / lim) / k
    t = np.linspace(0.0, 20.0, 41)
    t = t[t <= te]
    return np.sum(x0 * np.exp(-k * t)) + te + lim


def never(x0, k, T):
    def reached(t, x):
        return x[0] - 1e3

    reached.terminal = True
    sol = solve_ivp(lambda t, x: -k * x, (0.0, T), [x0], events=reached, **TIGHT)
    if len(sol.t_events[0]) > 0:
        return sol.t_events[0][0]
    return sol.y[0, -1] * sol.t[-1]


def never_exact(x0, k, T):
    return x0 * math.exp(-k * T) * T


def bounce(h, e, g):
    def hit(t, s):
        return s[0]

    hit.terminal = True
    hit.direction = -1
    t, s, total = 0.0, [h, 0.0], 0.0
    for _ in range(4):
        sol = solve_ivp(lambda t, s: [s[1], -g], (t, t + 10.0), s, events=hit, **TIGHT)
        t = sol.t[-1]
        s = [0.0, -e * sol.y[1, -1]]
        total += s[1]
    return t + 0.3 * total


def bounce_exact(h, e, g):
    v = math.sqrt(2 * g * h)
    t = v / g
    tot = 0
    for i in range(4):
        v *= e
        tot += v
        if i < 3:
            t += 2 * v / g
    return t + 0.3 * tot


def in_time(a, period):
    def tick(t, s):
        return math.sin(2 * math.pi * t / period)

    tick.direction = -1
    sol = solve_ivp(lambda t, s: [a * t], (0.1, 3.0), [1.0], events=tick, max_step=0.1, **TIGHT)
    return np.sum(sol.t_events[0]) + np.sum(sol.y_events[0])


def in_time_exact(a, period):
    t = np.array([(k + 0.5) * period for k in range(10) if 0.1 <= (k + 0.5) * period <= 3.0])
    return np.sum(t) + np.sum(1 + a * (t * t - 0.01) / 2)


def hit_module(t, s, g):
    return s[0]


hit_module.terminal = True
hit_module.direction = -1


def of_module(h, g):
    sol = solve_ivp(
        lambda t, s, g: [s[1], -g], (0, 10), [h, 0.0], events=hit_module, args=(g,), **TIGHT
    )
    return sol.t[-1] + 0.1 * sol.y[1, -1]


def twice(w, a):
    def zero(t, s):
        return s[0]

    zero.terminal = 3
    sol = solve_ivp(
        lambda t, s: (s[1], -w * w * s[0]), (0.0, 100.0), [a, 0.0], events=zero, **TIGHT
    )
    return sol.t[-1] + sol.y[1, -1]


def twice_exact(w, a):
    return 2.5 * math.pi / w - a * w


def either(v, g, wall):
    def ground(t, s):
        return s[1]

    def barrier(t, s):
        return s[0] - wall

    ground.terminal = barrier.terminal = True
    sol = solve_ivp(
        lambda t, s: [v, s[2], -g], (0.0, 50.0), [0.0, 1.0, 2.0], events=[ground, barrier], **TIGHT
    )
    return sol.t[-1] + sol.y[1, -1]


def either_exact(v, g, wall):
    tg = (2 + math.sqrt(4 + 2 * g)) / g
    t = min(tg, wall / v)
    return t + (1 + 2 * t - g * t * t / 2 if t < tg else 0.0)


def backward(x0, k):
    def reached(t, x):
        return x[0] - 3.0

    reached.terminal = True
    sol = solve_ivp(lambda t, x: -k * x, (0.0, -10.0), [x0], events=reached, **TIGHT)
    return sol.t[-1]


def backward_exact(x0, k):
    return -math.log(3.0 / x0) / k


def start_time(t0, k):
    def reached(t, x):
        return x[0] - 0.5

    sol = solve_ivp(lambda t, x: -k * x * t, (t0, 9.0), [1.0], events=reached, **TIGHT)
    return sol.t_events[0][0]


def start_time_exact(t0, k):
    return math.sqrt(t0 * t0 + 2 * math.log(2) / k)


def dense(x0, k, t1):
    sol = solve_ivp(
        lambda t, x: [-k * x[0], x[0]], (0.0, 3.0), [x0, 0.0], dense_output=True, **TIGHT
    )
    ts = np.linspace(0.0, t1, 7)
    return sol.sol(t1)[0] * np.sum(sol.sol(ts)[1] * ts) + sol.sol(0.5)[1]


def dense_exact(x0, k, t1):
    ts = np.linspace(0.0, t1, 7)

    def y1(t):
        return x0 * (1 - np.exp(-k * t)) / k

    return x0 * math.exp(-k * t1) * np.sum(y1(ts) * ts) + y1(0.5)


def dense_event(h, g):
    def hit(t, s):
        return s[0]

    hit.terminal = True
    sol = solve_ivp(
        lambda t, s: [s[1], -g], (0, 10), [h, 0.0], events=hit, dense_output=True, **TIGHT
    )
    half = sol.sol(0.5 * sol.t[-1])
    return half[0] + half[1]


def dense_event_exact(h, g):
    t = 0.5 * math.sqrt(2 * h / g)
    return h - g * t * t / 2 - g * t


CASES: tuple[tuple[Any, Any, tuple[float, ...]], ...] = (
    (fall, fall_exact, (2.0, 9.8)),
    (of_module, fall_exact, (2.0, 9.8)),
    (oscillator, oscillator_exact, (1.3, 0.7)),
    (two, two_exact, (3.0, 9.8)),
    (level, level_exact, (2.0, 0.7, 0.5)),
    (at_times, at_times_exact, (2.0, 0.7, 0.5)),
    (never, never_exact, (2.0, 0.7, 1.5)),
    (bounce, bounce_exact, (1.0, 0.8, 9.8)),
    (in_time, in_time_exact, (0.3, 0.8)),
    (twice, twice_exact, (1.3, 0.7)),
    (either, either_exact, (1.0, 9.8, 0.4)),
    (either, either_exact, (1.0, 9.8, 4.0)),
    (backward, backward_exact, (1.0, 0.7)),
    (start_time, start_time_exact, (0.3, 0.7)),
    (dense, dense_exact, (1.2, 0.7, 1.5)),
    (dense_event, dense_event_exact, (2.0, 9.8)),
)
EVERY = pytest.mark.parametrize(
    ("function", "exact", "args"), CASES, ids=[f"{f.__name__}-{args[-1]}" for f, _, args in CASES]
)


def parameters(function: Callable[..., Any], args: tuple[float, ...]) -> tuple[str, ...]:
    return function.__code__.co_varnames[: len(args)]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@EVERY
def test_slopes_are_those_of_the_closed_form(
    function: Callable[..., Any], exact: Callable[..., float], args: tuple[float, ...], mode: str
) -> None:
    names = parameters(function, args)
    value, slopes = value_and_grad(function, wrt=names, mode=mode)(*args)
    assert oracle.same_bits(value, function(*args))
    assert value == pytest.approx(exact(*args), rel=1e-8)
    for k, slope in enumerate(slopes):
        expected, noise = along(lambda h, k=k: exact(*args[:k], args[k] + h, *args[k + 1 :]))
        assert slope == pytest.approx(float(expected), rel=1e-7, abs=1e-8 + noise)


@EVERY
def test_second_derivatives(
    function: Callable[..., Any], exact: Callable[..., float], args: tuple[float, ...]
) -> None:
    direction = np.array([0.3, -0.8, 0.5])[: len(args)]
    product = hvp(function, wrt=parameters(function, args))(*args, *direction)[1]
    step = 1e-4
    for k, slope in enumerate(product):
        unit = step * np.eye(len(args))[k]
        moves = [(a, b) for a in (1, -1) for b in (1, -1)]
        mixed = sum(a * b * exact(*(args + a * unit + b * step * direction)) for a, b in moves)
        assert slope == pytest.approx(mixed / (4.0 * step**2), rel=1e-5, abs=1e-5)


def test_the_module_tells_the_solver_what_an_event_does() -> None:
    slope = grad(fall)
    slope(2.0, 9.8)
    assert "\n\n\nhit.terminal = True\n" in slope.source
    assert slope.source.count("= solve_ivp(\n") == 2
    scope: dict[str, Any] = {}
    exec(slope.source, scope)
    assert scope["grad_fall"](2.0, 9.8) == slope(2.0, 9.8)


def touched(v):
    def height(t, s):
        return s[0] - 0.5 * v * v

    sol = solve_ivp(lambda t, s: [s[1], -1.0], (0.0, 5.0), [0.0, v], events=height, **TIGHT)
    return np.sum(sol.t_events[0])


def test_what_is_only_touched_has_no_slope_if_it_is_met() -> None:
    # The highest point is met or missed, as the rounding of the last bit has it.
    try:
        slope = grad(touched)(1.0)
    except ArithmeticError as error:
        assert "only touched" in str(error)
    else:
        assert touched(1.0) == 0.0 or abs(slope) > 1e3


def of_the_run(v):
    def hit(t, s):
        return s[0]

    hit.terminal = v > 0.0
    return solve_ivp(lambda t, s: [s[1], -v], (0.0, 5.0), [1.0, 0.0], events=hit).t[-1]


def set_in_a_branch(v):
    def hit(t, s):
        return s[0]

    if v > 0.0:
        hit.terminal = True
    return solve_ivp(lambda t, s: [s[1], -v], (0.0, 5.0), [1.0, 0.0], events=hit).t[-1]


def branching(v):
    def hit(t, s):
        return s[0] if s[1] > -v else s[0] - 0.1

    return solve_ivp(lambda t, s: [s[1], -v], (0.0, 5.0), [1.0, 0.0], events=hit).t_events[0][0]


def counted(v):
    def hit(t, s):
        return 1 if s[0] > 0.0 else -1

    return solve_ivp(lambda t, s: [s[1], -v], (0.0, 5.0), [1.0, 0.0], events=hit).t_events[0][0]


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (of_the_run, "an attribute of `hit` that the run tells"),
        (set_in_a_branch, "an attribute of `hit` that the run tells"),
        (branching, "an event that branches on its state"),
        (counted, "an event that gives no float"),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_what_is_not_understood_of_an_event_is_refused(
    function: Callable[..., Any], message: str
) -> None:
    with pytest.raises(UnsupportedError, match=message):
        grad(function)(1.5)


def test_functions_have_attributes_where_they_are_defined() -> None:
    def scaled(x):
        def f(t):
            return t * x

        f.factor = 3.0
        known = hasattr(f, "factor") and not hasattr(f, "other")
        return f(x) * f.factor + getattr(f, "other", 1.0) if known else x

    assert value_and_grad(scaled)(2.0) == (13.0, 12.0)


class Ball:
    def __init__(self, drag):
        self.drag = drag

    def rate(self, t, s):
        return [s[1], -9.8 - self.drag * s[1]]

    def hit(self, t, s):
        return s[0]

    hit.terminal = True
    hit.scale = 3.0


def of_a_method(h, drag):
    ball = Ball(drag)
    return solve_ivp(ball.rate, (0.0, 20.0), [h, 0.0], events=ball.hit, **TIGHT).t[-1]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_methods_have_the_attributes_of_their_functions(mode: str) -> None:
    check_against_oracle(of_a_method, (2.0, 0.3), ("h", "drag"), mode)

    def asked(x):
        ball = Ball(x)
        told = hasattr(ball.hit, "scale") and hasattr(ball.hit, "__self__")
        return x * ball.hit.scale * getattr(ball.hit, "scale", 1.0) if told else x

    assert value_and_grad(asked, mode=mode)(2.0) == (18.0, 9.0)
