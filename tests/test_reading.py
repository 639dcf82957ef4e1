"""How derivatives read: one program and the lines that a reviewer would look at."""

from __future__ import annotations

import itertools
import math
import re

import mpmath
import numpy as np

from chainrule import grad, hessian


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
    assert comments and all(a != b for a, b in itertools.pairwise(comments)), text


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


def test_constants_are_written_as_the_user_writes_them() -> None:
    def wave(x, t):
        return math.sin(2 * math.pi * x) * (t / 9) ** (1 / 3)

    text = body(wave, 0.3, 2.0, wrt=("x", "t"))
    assert "2 * pi * x" in text and "** (1 / 3)" in text
    assert not re.search(r"\d{9}", text), text


def test_what_constants_give_together_is_a_multiple_of_pi_or_a_quotient() -> None:
    def distance(angle, h):
        bend = math.radians(angle)
        return math.cos(bend) + h * h * h / 18.0 + h / 7.0

    text = body(distance, 30.0, 2.0, wrt=("angle", "h"))
    assert "-pi / 180.0 * sin(bend)" in text and "1.0 / 7.0 + h * h / 6.0" in text, text


def test_multiples_of_pi_take_no_operation_once_they_are_loaded() -> None:
    def wave(x):
        return math.sin(2.0 * math.pi * x)

    derivative = grad(wave)
    derivative(0.3)
    assert "2.0 * pi" in derivative.source
    assert 2.0 * math.pi in derivative.__code__.co_consts, derivative.__code__.co_consts


FLOWS = [(0.5, 2.0), (1.0, 3.0)]


def test_what_is_added_to_a_variable_stands_behind_plus_equals() -> None:
    def oscillator(k, c, steps):
        x, v = 1.0, 0.0
        for _ in range(steps):
            a = -k * x - c * v * v * x
            x += 0.1 * v
            v += 0.1 * a
        return x

    for mode in ("forward", "reverse"):
        text = body(oscillator, 2.0, 0.3, 5, wrt=("k", "c"), mode=mode)
        assert not re.search(r"^ *(\w+) = \1 [+-] ", text, re.MULTILINE), text


def test_rows_that_are_unpacked_are_unpacked_on_the_way_back() -> None:
    def present_value(rate, flows, steps):
        for _ in range(steps):
            value = 0.0
            for t, cash in flows:
                value += cash * math.exp(-rate * t)
            rate -= 0.01 * value
        return rate

    text = body(present_value, 0.05, FLOWS, 3)
    assert "for t, cash in flows:" in text and "[0]" not in text, text


def test_a_table_is_not_recorded() -> None:
    def discounted(rate, years):
        total = 0.0
        for year in range(years):
            for t, cash in FLOWS:
                total += cash * math.exp(-rate * (year + t))
        return total

    text = body(discounted, 0.05, 3)
    assert "append(FLOWS" not in text and not re.search(r"w_tape|cash_tape", text), text


def test_alternatives_in_a_row_need_no_brackets() -> None:
    def score(a, b, c):
        if a <= 0.0 or b < 0.0 or c < 0.0:
            return math.inf
        return a * b * c

    assert "if a <= 0.0 or b < 0.0 or c < 0.0:" in body(score, 1.0, 2.0, 3.0)


def test_the_slope_of_a_logarithm_of_a_multiple_is_that_of_the_logarithm() -> None:
    def log_likelihood(variance):
        return -0.5 * math.log(2 * math.pi * variance)

    assert "return -0.5 / variance" in body(log_likelihood, 2.0)
    assert grad(log_likelihood)(2.0) == -0.25


def test_the_least_of_three_is_asked_for_at_once() -> None:
    def nearest(a, b, c):
        low = min(a, b, c)
        return low * low * math.exp(low)

    text = body(nearest, 3.0, 2.0, 5.0, wrt=("a", "b", "c"))
    assert "min(a, b, c)" in text, text


def test_what_the_arms_of_several_branches_share_is_computed_once() -> None:
    def recurrent(x, w, n):
        h = x
        for _ in range(n):
            h = math.tanh(w * h)
        return h

    text = body(recurrent, 0.7, 0.9, 3, wrt=("x", "w"), mode="forward")
    assert text.count("cosh(") == 1, text
    bends = hessian(recurrent, wrt=("x", "w"))
    found = np.array(bends(0.7, 0.9, 4))
    assert bends.source.count(" cosh(") == bends.source.count(" sinh(") == 1

    def at_length(x, w):
        for _ in range(4):
            x = mpmath.tanh(w * x)
        return x

    with mpmath.workdps(50):
        for i, j in itertools.product(range(2), repeat=2):
            order = (2 - i - j, i + j)
            wanted = float(mpmath.diff(at_length, (0.7, 0.9), order))
            assert math.isclose(found[i, j], wanted, rel_tol=1e-13)


def test_what_would_be_numbered_is_called_by_what_it_is_computed_from() -> None:
    def friction(Re, eps, D, f):
        return math.log10(eps / D / 3.7 + 2.51 / (Re * math.sqrt(f))) + (eps / D) ** 2

    text = body(friction, 1e5, 1e-4, 0.1, 0.02, wrt=("Re", "eps", "D", "f"))
    assert "eps_over_D = eps / D" in text, text

    def step(x, v, h, n):
        for _ in range(n):
            middle = x + h / 2 * v
            v = v - h / 2 * math.sin(middle)
            x = middle + h / 6 * v
            v = v - h / 2 * math.sin(x) - h / 6 * x
        return x * v

    assert "half_h = h / 2" in body(step, 0.5, 1.0, 0.1, 3, wrt=("x", "v", "h"))


def test_conditions_that_are_known_are_not_asked_for() -> None:
    def heat(Pr, Gr, turbulent=None):
        Ra = Pr * Gr
        if Ra > 1e9 and turbulent is None:
            return 0.13 * Ra ** (1 / 3.0)
        return 0.59 * Ra**0.25 + Pr**0.5

    text = body(heat, 0.7, 2e9, wrt=("Pr", "Gr"))
    assert "if Ra > 1000000000.0:" in text, text

    def flow(Re, method="Clamond"):
        if Re < 2040.0 or method == "laminar":
            return 64.0 / Re
        return 0.3 / Re**0.25

    assert "if Re < 2040.0:" in body(flow, 100.0)


def test_several_powers_are_called_by_their_bases() -> None:
    def sherwood(Re, Sc, a):
        return 2.0 + 0.6 * Re**0.52 * Sc**0.3 * (1.0 + a * Re**0.2)

    text = body(sherwood, 1e4, 0.7, 0.1, wrt=("Re", "Sc", "a"))
    for name in ("Re_power", "Sc_power", "Re_power_1"):
        assert f"    {name} = " in text, text


def test_what_a_function_is_given_is_called_as_it_calls_it() -> None:
    def slopes(x, y):
        return 1.5 * x - 0.5 * x * y, 0.75 * x * y - y

    def simulated(x0, y0, h, n):
        x, y = x0, y0
        for _ in range(n):
            kx, ky = slopes(x, y)
            mx, my = slopes(x + 0.5 * h * kx, y + 0.5 * h * ky)
            x, y = x + h * mx, y + h * my
        return x * y

    text = body(simulated, 1.0, 0.5, 0.1, 3, wrt=("x0", "y0", "h"))
    onward, backward = text.split("for x, y in zip(reversed(")
    assert "x_1 = x + " in onward and "y_1 = y + " in onward, text
    assert "x_1_bar = " in backward and "y_1_bar = " in backward, text


def test_a_call_that_is_made_for_what_it_raises_says_so() -> None:
    def entropy(p, q):
        return -p * math.log(q) + p * p

    text = body(entropy, 0.3, 0.4, wrt=("p", "q"))
    guarded = body(lambda p, q: p * p + math.log(q), 0.3, 0.4, wrt=("p",))
    assert "raises" not in text, text
    assert re.search(r"# line \d+ raises: .*\n +log\(q\)\n", guarded), guarded


def test_what_fits_behind_plus_equals_has_no_name() -> None:
    def epidemic(transmission, recovery, steps):
        s, i = 0.99, 0.01
        for _ in range(steps):
            flow = transmission * s * i
            s -= 0.1 * flow
            i += 0.1 * (flow - recovery * i)
        return i

    text = body(epidemic, 0.5, 0.1, 9, wrt=("transmission", "recovery"), mode="forward")
    added = re.findall(r" i_d\w+ \+= (.*)", text)
    assert len(added) == 2 and not any(term.isidentifier() for term in added), text


def test_what_fits_behind_an_entry_has_no_name() -> None:
    def rod(left, right, cells, steps):
        temperatures = [left] * cells
        temperatures[-1] = right
        for _ in range(steps):
            old = temperatures[:]
            for i in range(1, cells - 1):
                temperatures[i] = 0.5 * (old[i + 1] + old[i - 1])
        return temperatures[cells // 2]

    text = body(rod, 1.0, 9.0, 7, 5, wrt=("left", "right"), mode="forward")
    written = re.findall(r" temperatures_d\w+\[i\] = (.*)", text)
    assert len(written) == 2 and not any(term.isidentifier() for term in written), text


def test_the_line_that_raises_is_not_shown_twice_in_a_row() -> None:
    def pressure(p, q):
        return 2.0 * p * math.log(p * q)

    text = body(pressure, 0.3, 0.4, wrt=("p",), mode="forward")
    more = body(lambda p, q: p * p * p + math.log(p * q), 0.3, 0.4, wrt=("p",))
    assert "raises" not in text and text.count("# line ") == 1, text
    assert "raises" in more and more.count("# line ") == 1, more


def test_what_two_arms_compute_alike_has_one_name() -> None:
    def wave(angle, k):
        if angle < 0.5:
            y = math.sin(0.5 * angle) * math.exp(0.5 * angle) * k
        else:
            y = math.sqrt(math.sin(0.5 * angle) * k)
        return y * k * math.exp(k)

    text = body(wave, 0.3, 1.0, wrt=("angle", "k"))
    assert len(re.findall(r" half_angle = 0\.5 \* angle\n", text)) == 2, text
    assert len(re.findall(r" sin_half_angle = ", text)) == 2 and "_angle_1" not in text, text
    for angle in (0.3, 0.9):
        slopes = grad(wave, wrt=("angle", "k"), mode="reverse")(angle, 1.3)
        for slope, order in zip(slopes, ((1, 0), (0, 1)), strict=True):
            exact = mpmath.diff(_wave, (angle, 1.3), order)
            assert math.isclose(slope, exact, rel_tol=1e-9), (angle, slope, exact)


def _wave(angle, k):
    half = angle / 2
    if angle < 0.5:
        return mpmath.sin(half) * mpmath.exp(half) * k * k * mpmath.exp(k)
    return mpmath.sqrt(mpmath.sin(half) * k) * k * mpmath.exp(k)


def test_what_varies_from_step_to_step_keeps_its_name_in_each_arm() -> None:
    def steps(x, n):
        total = 0.0
        for i in range(n):
            if i % 2 == 0:
                y = math.exp(x * total)
                total += 0.1 * y
            else:
                y = math.exp(x * total)
                total -= 0.2 * y * x
        return total

    found = grad(steps, mode="reverse")(0.3, 7)
    step = 1e-5
    near = [steps(0.3 + k * step, 7) for k in (-2, -1, 1, 2)]
    exact = (near[0] - 8 * near[1] + 8 * near[2] - near[3]) / (12 * step)
    assert math.isclose(found, exact, rel_tol=1e-8), (found, exact)


def test_a_part_that_fits_into_its_line_has_no_name() -> None:
    def mixture(x, rhol, rhog):
        return math.exp(-((1.0 - x) / rhol + x / rhog))

    slope = grad(mixture)
    found = slope(0.3, 2.0, 3.0)
    assert "    return (1.0 / rhol - 1.0 / rhog) * exp(" in slope.source
    exact = (1 / 2 - 1 / 3) * mixture(0.3, 2.0, 3.0)
    assert math.isclose(found, exact, rel_tol=1e-15), (found, exact)


def test_a_test_inside_a_test_is_one_test() -> None:
    def lifted(x, k, steady, warm):
        u = math.sin(x * k)
        if steady:
            y = 1.0
        elif warm:
            y = 2.0
        else:
            y = math.exp(u)
        return y * u * x * u

    source = body(lifted, 0.7, 1.3, True, True, wrt=("x", "k"), mode="reverse")
    assert "    if not steady and not warm:\n" in source, source
    for flags in ((True, True), (True, False), (False, True)):
        slope = grad(lifted, mode="reverse")(0.7, 1.3, *flags)
        near = [lifted(0.7 + step, 1.3, *flags) for step in (1e-6, -1e-6)]
        assert math.isclose(slope, (near[0] - near[1]) / 2e-6, rel_tol=1e-8)
