"""Dicts whose keys are known at run time only."""

from __future__ import annotations

import enum
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import pytest

from chainrule import UnsupportedError, grad, value_and_grad
from tests import oracle

MODES = ("forward", "reverse")
WORDS = ["a", "bc", "a", "def", "bc"]


def squares_by_rest(x, n):
    found = {}
    for i in range(n):
        found[i % 3] = found.get(i % 3, 0.5) + x * i
    return sum(v * v for v in found.values()) * len(found)


def sums_by_default(x, n):
    found = defaultdict(float)
    for i in range(n):
        found[i % 3] += x * i
        found[i % 2] *= x
    return sum(k * v**2 for k, v in sorted(found.items()))


def default_of_a_lambda(x, n):
    found = defaultdict(lambda: 1.5)
    for i in range(n):
        found[i % 3] *= x + found[i % 2]
    return sum(found.values()) if found else x


def known_or_new(x, n):
    found = {0: x}
    for i in range(n):
        if i % 4 in found:
            found[i % 4] += math.sin(x * i)
        else:
            found[i % 4] = x * x
    return sum(found[k] * (k + 1) for k in found)


def shortest_path(x, n):
    distance = {0: 0.0}
    for i in range(n):
        for j in (i + 1, i + 2):
            length = distance[i] + x * (j - i) ** 2 + 0.3 * j
            if j not in distance or length < distance[j]:
                distance[j] = length
    return distance[n] * distance.setdefault(-1, x)


def pairs_for_keys(x, n):
    found = {"first": x}
    for i in range(n):
        found[i % 2, i % 3] = found["first"] * (i + 1)
        found["first"] *= 1.1
    return sum(found.values()) * found.get((1, 1), x)


def a_new_one_in_each_step(x, n):
    total = x
    for i in range(n):
        found = {}
        for j in range(i):
            found[j % 2] = found.setdefault(j % 2, x) * x
        total += sum(found.values()) * len(found)
    return total


def written_while_it_is_read(x, n):
    found = {k: x * k for k in range(n + 1)}
    for k, v in found.items():
        found[k] = v * x + k
    return max(found.values()) * min(found.values(), default=0.0)


def on_one_path_only(x, n):
    found = {"a": x}
    if n > 2:
        found[n] = x * x
    else:
        found["b"] = 3.0 * x
    found["a"] *= x
    return sum(v * v for v in found.values())


def words(x, n):
    found = {}
    for position in range(n):
        word = WORDS[position]
        if word not in found:
            found[word] = 0.0
        found[word] += x * position
    return sum(len(word) * v**2 for word, v in found.items())


def settings_of_a_step(x, n):
    total = x
    for i in range(n):
        given = {"scale": x * i, "power": 2}
        total += given["scale"] ** given["power"]
    return total


def records_of_a_search(x, n):
    best = {}
    for i in range(n + 1):
        v = math.sin(x * i)
        if not best or v > max(best.values()):
            best[i] = v
    return sum(best.values()) * x


def shared_and_changed_by_a_function(x, n):
    found = {0: x}
    shown = found.values()

    def put(key, value):
        found[key] = value * x

    for i in range(n):
        try:
            put(i % 3, math.log(2.5 - i))
        except ValueError:
            put(i, sum(shown))
    return sum(k + v for k, v in found.items()) * sum(shown)


PROGRAMS = (
    records_of_a_search,
    shared_and_changed_by_a_function,
    settings_of_a_step,
    squares_by_rest,
    sums_by_default,
    default_of_a_lambda,
    known_or_new,
    shortest_path,
    pairs_for_keys,
    a_new_one_in_each_step,
    written_while_it_is_read,
    on_one_path_only,
    words,
)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("function", PROGRAMS, ids=lambda function: function.__name__)
def test_a_dict_of_run_time_keys_is_differentiated(function: Callable[..., Any], mode: str) -> None:
    slope = grad(function, mode=mode)
    second = grad(slope, mode="reverse")
    for n in (0, 1, 5):
        value, found = value_and_grad(function, mode=mode)(1.3, n)
        assert oracle.same_bits(value, function(1.3, n))
        verdict = oracle.derivative(function, (1.3, n), {}, "x", ())
        assert verdict.decided
        assert oracle.agrees(verdict, found)
        assert slope(1.3, n) == found
        verdict = oracle.derivative(slope, (1.3, n), {}, "x", ())
        if verdict.decided:
            assert oracle.agrees(verdict, second(1.3, n))


@pytest.mark.parametrize("mode", MODES)
def test_a_missing_key_raises_as_python_does(mode: str) -> None:
    def f(x: float, n: int) -> float:
        found = {}
        for i in range(n):
            found[i, i % 2] = x * i
        return found[n, 0]

    with pytest.raises(KeyError) as raised:
        value_and_grad(f, mode=mode)(1.3, 3)
    assert raised.value.args == ((3, 0),)


@pytest.mark.parametrize("mode", MODES)
def test_a_dict_that_grows_while_it_is_read_raises(mode: str) -> None:
    def f(x: float, n: int) -> float:
        found = {i: x * i for i in range(n)}
        for k in found:
            found[k + 1] = x
        return sum(found.values())

    with pytest.raises(RuntimeError, match="dictionary changed size during iteration"):
        grad(f, mode=mode)(1.3, 3)


def test_keys_with_a_derivative_are_refused() -> None:
    def f(x: float, n: int) -> float:
        found = {}
        for i in range(n):
            found[x * i] = x
        return sum(found.keys())

    with pytest.raises(UnsupportedError, match="a dict key that is a number with a derivative"):
        grad(f)(1.3, 3)


def test_a_dict_of_run_time_keys_is_a_list_and_the_places_of_its_keys() -> None:
    def f(x: float, n: int) -> float:
        found = defaultdict(float)
        for i in range(n):
            found[i % 3] += x**i
        return found[1]

    slope = grad(f, mode="reverse")
    slope(1.3, 4)
    assert (
        re.sub(r"# line \d+:", "# line:", slope.source.split('"""')[2]).strip("\n")
        == """\
    found_places = {}
    found_values = []
    place_tape = []
    branch_tape = []
    for i in range(n):
        n_found_values = len(found_values)
        place = found_places.setdefault(i % 3, n_found_values)
        branch = place == n_found_values
        if branch:
            found_values.append(0.0)
        found_values[place] += x**i
        place_tape.append(place)
        branch_tape.append(branch)
    n_found_values = len(found_values)
    place = found_places.setdefault(1, n_found_values)
    if place == n_found_values:
        found_values.append(0.0)
        # line: return found[1]
        found_values_bar = [0.0] * len(found_values)
        found_values_bar[place] = 1.0
        found_values_bar.pop()
    else:
        # line: return found[1]
        found_values_bar = [0.0] * len(found_values)
        found_values_bar[place] = 1.0
    # line: for i in range(n):
    x_bar = 0.0
    for i in reversed(range(n)):
        # line: found[i % 3] += x**i
        if i == 0:
            x_bar_part = 0.0
        else:
            x_bar_part = found_values_bar[place_tape[i]] * i * x ** (i - 1)
        x_bar += x_bar_part
        if branch_tape[i]:
            found_values_bar.pop()
    return x_bar"""
    )


class Shade(enum.Enum):
    LIGHT = "light"
    DARK = "dark"


def by_number(x, k):
    table = {0: x, 1: x * x, (2, 3): 2.0}
    return table[k] * table[(k + 2, 3)] if k == 0 else table[k] * x


def by_pair(x, k):
    table = {(0, 1): x * x, (1, 2): 3.0 * x}
    return table[k, k + 1] * x


def by_member(x, k):
    table = {Shade.LIGHT: x, Shade.DARK: x * x}
    return table[list(Shade)[k]] + (x if Shade(list(Shade)[k]) in table else 2.0 * x)


def with_default(x, k):
    table = {0: x, 1: x * x}
    return table.get(k - 1, 2.0 * x) * table.get(k + 1, 3.0) + (x if k + 1 in table else 0.0)


def of_a_table(x, k):
    table = {"light": x, "dark": x**3, "_0_": 1.0}
    return table[Shade(["dark", "light"][k]).value]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("k", [0, 1])
@pytest.mark.parametrize("f", [by_number, by_pair, by_member, with_default, of_a_table])
def test_a_derivative_flows_through_the_entry_that_a_run_time_key_finds(f, k, mode):
    value, got = value_and_grad(f, mode=mode)(1.3, k)
    assert value == f(1.3, k)
    assert grad(f, mode=mode)(1.3, k) == got
    verdict = oracle.derivative(f, (1.3, k), {}, "x")
    assert verdict.decided and oracle.agrees(verdict, got)


def test_a_key_that_is_not_there_is_missed_when_the_derivative_runs():
    with pytest.raises(KeyError, match="5"):
        grad(by_number)(1.3, 5)


def test_a_dict_that_is_given_is_read_by_keys_known_at_run_time_only():
    def squared(d, k):
        return d[k] * d[k] + d[0]

    assert value_and_grad(squared)({0: 1.5, 1: 2.5}, 1) == (7.75, {0: 1.0, 1: 5.0})
    assert value_and_grad(squared)({0: 1.5, 1: 2.5}, 0) == (3.75, {0: 4.0, 1: 0.0})


EDGES = [(0, 1, 1.0), (1, 2, 2.0), (0, 2, 5.0), (2, 3, 1.5)]


def neighbours(x, edges, n):
    found = {i: [] for i in range(n)}
    for a, b, weight in edges:
        found[a].append((b, weight * x))
        found[b].append((a, weight * x * x))
    return sum(weight * weight * node for i in range(n) for node, weight in found[i])


def loads(x, edges, n):
    found = {}
    for a, b, weight in edges:
        found[a] = found.get(a, 0.0) + weight * x
        found[b] = found.get(b, 0.0) + weight * x * x
    return found[0] * found[n - 1] + sum(node * load for node, load in found.items())


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("f", [neighbours, loads])
def test_whole_numbers_in_rows_of_the_callers_are_keys(f, mode):
    value, slope = value_and_grad(f, mode=mode)(1.3, EDGES, 4)
    assert value == f(1.3, EDGES, 4)
    verdict = oracle.derivative(f, (1.3, EDGES, 4), {}, "x")
    assert verdict.decided and oracle.agrees(verdict, slope)


def counted(x, words):
    found = Counter()
    for word in words:
        found[word] += 1
    return found["a"] * x + x ** found["bc"] + found["none"] * len(found)


def weighed(x, words):
    found = Counter()
    for word in words:
        found[word] += x * len(word)
    missing = found["none"]
    return sum(load * load for load in found.values()) * len(found) + missing


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("f", [counted, weighed])
def test_counters_count_by_keys_of_run_time(f, mode):
    value, slope = value_and_grad(f, mode=mode)(1.3, WORDS)
    assert value == f(1.3, WORDS)
    verdict = oracle.derivative(f, (1.3, WORDS), {}, "x")
    assert verdict.decided and oracle.agrees(verdict, slope)


def test_what_one_differentiates_by_is_no_key():
    def squares(keys):
        found = {}
        for key in keys:
            found[key] = key * key
        return sum(found.values())

    with pytest.raises(UnsupportedError, match="a dict key that is a number with a derivative"):
        grad(squares)([1.0, 2.0])


def bootstrapped(prices, maturities):
    """Discount factors by maturity, each from those before."""
    factors = {}
    for price, maturity in zip(prices, maturities, strict=True):
        paid, t = 0.0, 0.5
        while t < maturity - 1e-9:
            paid += 0.02 * factors[t]
            t += 0.5
        factors[maturity] = (price - paid) / 1.02
    return sum(factors[t] * t for t in sorted(factors)) + factors.get(9.0, factors[0.5])


def cooled(prices, times):
    """An interpolation between what a dict that begins with a number holds."""
    held = {0.0: prices[0]}
    for t in times:
        held[t] = held.get(t - 0.5, 0.0) * prices[1] + t
    held[3] = prices[2]
    return sum(value * (k + 1) for k, value in enumerate(held.values())) + max(held)


@pytest.mark.parametrize("f", [bootstrapped, cooled])
def test_floats_that_nothing_is_differentiated_by_are_keys(f):
    prices, times = [0.99, 0.97, 0.94], [0.5, 1.0, 1.5]
    value, slopes = value_and_grad(f)(prices, times)
    assert value == f(prices, times)
    for k, slope in enumerate(slopes):
        verdict = oracle.gradient(f, (prices, times), {}, "prices")[(k,)]
        assert verdict.decided and oracle.agrees(verdict, slope)


def test_floats_are_keys_no_more_when_one_differentiates_by_them():
    with pytest.raises(UnsupportedError, match="a dict key that is a number with a derivative"):
        grad(bootstrapped, wrt=("prices", "maturities"))([0.99, 0.97], [0.5, 1.0])


def test_a_dict_that_a_step_makes_in_another_way_is_refused_and_nothing_breaks():
    def generating(n, x):
        coefficients = {0: 1.0}
        for _ in range(n):
            longer = defaultdict(float)
            for power, c in coefficients.items():
                longer[power + 1] += c
                longer[power] += x * c
            coefficients = longer
        return sum(c * x**power for power, c in coefficients.items())

    with pytest.raises(UnsupportedError, match="of different kinds in different steps"):
        grad(generating, wrt="x")(3, 0.7)


def rectangle(x, n):
    """Keys that loops of few steps write."""
    area = {}
    for i in range(2):
        for j in range(3):
            area[i, j] = x**i * (j + n)
    area[0, 0] += area[1, 2]
    return max(area[0, 0], area[1, 1]) + len(area)


def rests(x, n):
    """Keys that are not known in a loop of few steps, either."""
    found = {}
    for i in range(3):
        found[i % n] = found.get(i % n, x) * (x + i)
    return sum(found.values())


@pytest.mark.parametrize("f", [rectangle, rests])
@pytest.mark.parametrize("mode", MODES)
def test_keys_that_few_steps_of_loops_write_are_known(f, mode):
    df = value_and_grad(f, wrt="x", mode=mode)
    value, slope = df(1.25, 2)
    assert value == f(1.25, 2)
    assert oracle.agrees(oracle.derivative(f, (1.25, 2)), slope)
    assert ("{}" in df.source) == (f is rests)
