"""Containers as parameters, directions and results, in every transform."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from math import sin
from typing import Any, NamedTuple

import numpy as np
import pytest

from chainrule import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from tests import oracle


@dataclass
class Point:
    x: float
    y: float = 2.0


class Pair(NamedTuple):
    first: float
    second: float


@dataclass(frozen=True)
class Model:
    origin: Point
    weights: list
    name: str = "linear"


def of_tuple(p):
    return p[0] ** 2 * p[1]


def of_dict(p):
    return sin(p["a"]) * p["b"] ** 2


def of_point(p):
    return p.x**2 * p.y + p.x


def of_pair(p):
    return p.first * sin(p.second)


def nested(p):
    return p["a"][0] ** 2 * p["b"][1]["c"]


def of_model(p):
    return p.origin.x**2 * p.weights[0] * p.weights[1] + p.origin.y * len(p.name)


def any_length(p):
    total = 1.0
    for v in p:
        total = total * v + v * v
    return total


def matrix(p):
    total = 0.0
    for row in p:
        total += row[0] ** 2 * row[-1]
    return total


def layers(p):
    return ((p["W"] @ p["b"]) ** 2).sum() * p["scale"]


def rows_of_arrays(p):
    return (p[0] * p[1]).sum() * p[1][0]


def long_in_dict(p):
    return sum(v * v for v in p["w"]) * p["b"]


SCALARS: list[tuple[Any, Any]] = [
    (of_tuple, (3.0, 4.0)),
    (of_tuple, [3.0, 4.0]),
    (of_dict, {"a": 3.0, "b": 4.0}),
    (of_point, Point(3.0, 4.0)),
    (of_pair, Pair(3.0, 4.0)),
    (nested, {"a": (3.0, 1.0), "b": [1.0, {"c": 4.0}]}),
    (of_model, Model(Point(3.0, 4.0), [1.0, 2.0])),
    (any_length, [1.5, 2.0, 0.5]),
    (any_length, (1.5, 2.0, 0.5)),
    (matrix, [[1.5, 2.0], [0.5, 3.0]]),
    (long_in_dict, {"w": [1.0, 2.0, 3.0], "b": 2.0}),
    (layers, {"W": np.array([[1.0, 2.0], [0.5, 1.0]]), "b": np.array([1.0, 2.0]), "scale": 3.0}),
    (rows_of_arrays, [np.array([1.0, 2.0]), np.array([3.0, 0.5])]),
]


def products(p):
    return p[0] * p[1], p[0] ** 2


def in_dict(p):
    return {"product": p[0] * p[1], "rest": [p[0], {"deep": sin(p[1])}]}


def in_point(p):
    return Point(p[0] * p[1], p[1])


def in_pair(p):
    return Pair(p[0] * p[1], p[1] ** 2)


def with_text(p):
    return {"name": "x", "value": p[0] * p[1], "none": None}


def squares(p):
    return [v * v for v in p]


def squares_of_rows(p):
    return [[v * v for v in row] for row in p]


def running(p):
    found = [1.0]
    for v in p:
        found.append(found[-1] * v)
    return found


def written(p):
    table = [[1.0, 2.0], [3.0, 4.0]]
    for v in p:
        table[0][1] = table[0][1] * v
        table[1][0] += v * v
    return table


def first_of_rows(p):
    found = []
    for row in p:
        new = list(row)
        new[0] = new[0] * new[1]
        found.append(new)
    return found


def list_and_number(p):
    return {"all": [v * v for v in p], "sum": sum(p)}


def itself(p):
    return p


def twice(p):
    return [p, p]


def array_and_number(p):
    return p * p, p.sum() * p[0]


def arrays_of_dict(p):
    return {"product": p["W"] @ p["b"], "b": p["b"] * 2.0}


CONTAINERS: list[tuple[Any, Any]] = [
    (products, (3.0, 4.0)),
    (products, [3.0, 4.0]),
    (in_dict, (3.0, 4.0)),
    (in_dict, [3.0, 4.0]),
    (in_point, [3.0, 4.0]),
    (in_pair, (3.0, 4.0)),
    (with_text, [3.0, 4.0]),
    (squares, [2.0, 3.0]),
    (squares_of_rows, [[2.0, 3.0], [4.0, 5.0]]),
    (running, [2.0, 3.0]),
    (written, [2.0, 3.0]),
    (first_of_rows, [[2.0, 3.0], [4.0, 5.0]]),
    (list_and_number, [2.0, 3.0]),
    (itself, [2.0, 3.0]),
    (itself, [[2.0, 3.0], [4.0, 5.0]]),
    (itself, {"a": 1.0, "b": [2.0]}),
    (twice, [2.0, 3.0]),
    (array_and_number, np.array([2.0, 3.0])),
    (arrays_of_dict, {"W": np.array([[1.0, 2.0], [0.5, 1.0]]), "b": np.array([1.0, 2.0])}),
]


def named(cases: list[tuple[Any, Any]]) -> list[Any]:
    return [
        pytest.param(f, p, id=f"{f.__name__}-{type(p).__name__}-{k}")
        for k, (f, p) in enumerate(cases)
    ]


def numbers(value: Any) -> list[float]:
    """The numbers of a container, in order."""
    return [float(oracle.look_up(value, path)) for path in oracle.paths(value)]


def like(value: Any, start: float) -> Any:
    """A container laid out alike, of other numbers."""
    if isinstance(value, dict):
        return {key: like(item, start + k) for k, (key, item) in enumerate(value.items())}
    if isinstance(value, np.ndarray):
        return np.linspace(start, start + 1.0, value.size).reshape(value.shape)
    if hasattr(value, "_fields"):
        return type(value)(*(like(item, start + k) for k, item in enumerate(value)))
    if isinstance(value, (list, tuple)):
        return type(value)(like(item, start + k) for k, item in enumerate(value))
    if hasattr(value, "__dataclass_fields__"):
        return type(value)(*(like(v, start + k) for k, v in enumerate(vars(value).values())))
    return start if isinstance(value, float) else value


def reference(f: Any, p: Any) -> list[list[float]]:
    """The Jacobian by the oracle: a row for each number of the result."""
    rows = []
    for out in oracle.paths(f(p)):

        def entry(q: Any, out: Any = out) -> Any:
            return oracle.look_up(f(q), out)

        verdicts = [oracle.derivative(entry, (p,), path=path) for path in oracle.paths(p)]
        assert all(verdict.decided for verdict in verdicts)
        rows.append([verdict.value for verdict in verdicts])
    return rows


def close(got: Any, want: Any) -> None:
    assert np.allclose(got, want, rtol=1e-8, atol=1e-10), (got, want)


def entries(found: Any, rows: Any, p: Any) -> None:
    """Compare a Jacobian; in containers of arrays the entries of two axes stand together."""
    got, want = numbers(found), list(np.ravel(rows))
    if "array" in repr(p) and not isinstance(p, np.ndarray):
        got, want = sorted(got), sorted(want)
    close(got, want)


def untouched(call: Any, *args: Any) -> Any:
    """What ``call`` gives; it must leave its arguments alone, and give the same again."""
    before = copy.deepcopy(args)
    result = call(*args)
    assert repr(before) == repr(args), call.source
    assert repr(call(*args)) == repr(result), call.source
    return result


@pytest.mark.parametrize(("f", "p"), named(SCALARS))
def test_the_gradient_is_laid_out_as_the_argument(f, p) -> None:
    (row,) = reference(lambda q: [f(q)], p)
    for mode in ("auto", "reverse"):
        gradient = untouched(grad(f, mode=mode), p)
        assert type(gradient) is type(p)
        close(numbers(gradient), row)
    value, (gradient,) = untouched(value_and_grad(f, (0,)), p)
    assert value == f(p)
    close(numbers(gradient), row)


@pytest.mark.parametrize(("f", "p"), named(SCALARS))
def test_directions_and_adjoints_are_laid_out_as_what_they_belong_to(f, p) -> None:
    (row,) = reference(lambda q: [f(q)], p)
    direction = like(p, 0.5)
    value, tangent = untouched(jvp(f), p, direction)
    assert value == f(p)
    close(tangent, np.dot(row, numbers(direction)))
    value, adjoint = untouched(vjp(f), p, 2.0)
    assert value == f(p)
    close(numbers(adjoint), 2.0 * np.array(row))


@pytest.mark.parametrize(("f", "p"), named(SCALARS))
def test_hessian_and_its_products_agree_with_differences_of_the_gradient(f, p) -> None:
    second = reference(grad(f), p)
    direction = like(p, 0.5)
    gradient, product = untouched(hvp(f), p, direction)
    close(numbers(gradient), numbers(grad(f)(p)))
    assert type(product) is type(p)
    close(numbers(product), np.array(second) @ numbers(direction))
    entries(untouched(hessian(f), p), second, p)


@pytest.mark.parametrize(("f", "p"), named(CONTAINERS))
def test_a_container_of_results_is_differentiated_entry_by_entry(f, p) -> None:
    rows = np.array(reference(f, p))
    entries(untouched(jacobian(f), p), rows, p)
    direction, adjoint = like(p, 0.5), like(f(p), -0.5)
    value, tangent = untouched(jvp(f), p, direction)
    assert repr(value) == repr(f(p))
    assert type(tangent) is type(value)
    close(numbers(tangent), rows @ numbers(direction))
    value, back = untouched(vjp(f), p, adjoint)
    assert repr(value) == repr(f(p))
    close(numbers(back), numbers(adjoint) @ rows)


def several(a, b, c):
    return a["x"] ** 2 * b * c[0] + c[1] * b**3


def test_several_parameters_of_different_layouts() -> None:
    args = ({"x": 2.0}, 3.0, [1.5, 0.5])
    wrt = (0, "b", 2)
    (row,) = reference(lambda q: [several(*q)], args)
    close(numbers(grad(several, wrt)(*args)), row)
    close(numbers(grad(several, ("c", "a"))(*args)), [*row[2:], row[0]])
    second = reference(lambda q: grad(several, wrt)(*q), args)
    close(numbers(hessian(several, wrt)(*args)), np.ravel(second))
    directions = ({"x": 1.0}, 0.5, [2.0, -1.0])
    _, tangent = jvp(several, wrt)(*args, *directions)
    close(tangent, np.dot(row, numbers(directions)))
    _, product = hvp(several, wrt)(*args, *directions)
    close(numbers(product), np.array(second) @ numbers(directions))
    _, product = hvp(several, wrt)(*args, c_dot=[2.0, -1.0], a_dot={"x": 1.0}, b_dot=0.5)
    close(numbers(product), np.array(second) @ numbers(directions))


def test_a_function_runs_once_however_many_rows_its_jacobian_has(capsys) -> None:
    def f(p):
        print("run")
        return [v * v for v in p], sum(p)

    found, total = jacobian(f)([2.0, 3.0])
    assert found == [[4.0, 0.0], [0.0, 6.0]]
    assert total == [1.0, 1.0]
    assert capsys.readouterr().out == "run\n"


def test_names_of_directions_give_way_to_the_functions_own() -> None:
    def f(x, x_dot, out_bar):
        return x * x_dot * out_bar

    assert jvp(f)(2.0, 3.0, 4.0, 1.0) == (24.0, 12.0)
    assert jvp(f)(2.0, 3.0, 4.0, x_dot_2=1.0) == (24.0, 12.0)
    assert vjp(f)(2.0, 3.0, 4.0, out_bar_2=1.0) == (24.0, 12.0)
    assert jvp(jvp(lambda x: x**3))(2.0, 1.0, 1.0) == ((8.0, 12.0), (12.0, 12.0))


def test_directions_of_variadic_parameters_are_passed_by_name() -> None:
    def product(*factors):
        return factors[0] * factors[1]

    def named_product(**factors):
        return factors["a"] * factors["b"]

    assert grad(product)(2.0, 3.0) == (3.0, 2.0)
    assert jvp(product)(2.0, 3.0, factors_dot=(1.0, 0.0)) == (6.0, 3.0)
    assert vjp(product)(2.0, 3.0, out_bar=1.0) == (6.0, (3.0, 2.0))
    assert grad(named_product)(a=2.0, b=3.0) == {"a": 3.0, "b": 2.0}
    assert jvp(named_product)(a=2.0, b=3.0, factors_dot={"a": 1.0, "b": 0.0}) == (6.0, 3.0)


def test_a_result_without_numbers_is_refused_by_every_product() -> None:
    from chainrule import ArgumentError

    with pytest.raises(ArgumentError, match="returns no number"):
        vjp(lambda x: None)(1.0, 1.0)
    with pytest.raises(ArgumentError, match="returns no number"):
        jacobian(lambda x: None)(1.0)


def unpacked_on_one_path(theta, x):
    if x > 0:
        a, b = theta
        return (a * x + b) ** 2
    return theta[0] * theta[1] * x


def unpacked_twice(theta, x):
    a, b = theta
    theta[0] = b * x
    c, d = theta
    return a * b * c * d


@pytest.mark.parametrize("kind", [list, tuple, np.array])
def test_entries_are_unpacked_on_the_path_that_has_so_many(kind: Any) -> None:
    slope = grad(unpacked_on_one_path)
    assert list(slope(kind([1.0, 2.0]), 0.5)) == [2.5, 5.0]
    if kind is not tuple:
        # Three entries are fine where they are not unpacked.
        assert list(slope(kind([1.0, 2.0, 3.0]), -0.5)) == [-1.0, -0.5, 0.0]
        with pytest.raises(ValueError, match="too many values to unpack"):
            slope(kind([1.0, 2.0, 3.0]), 0.5)


@pytest.mark.parametrize("kind", [list, np.array])
def test_entries_are_unpacked_before_they_are_written_over(kind: Any) -> None:
    assert list(grad(unpacked_twice)(kind([1.0, 2.0]), 0.5)) == [4.0, 6.0]
    assert kind([1.0, 2.0])[0] == 1.0


@pytest.mark.parametrize("kind", [list, np.array])
def test_whole_numbers_give_floats(kind: Any) -> None:
    found = grad(lambda theta, x: first_times(theta, x))(kind([1.0, 2.0]), 3)
    assert isinstance(found, kind if kind is list else np.ndarray)
    assert list(found) == [3.0, 1.0]


def first_times(theta, x):
    a, b = theta
    return a * x + b


class Rates:
    """A mapping that hands on the keys of a dict."""

    def __init__(self) -> None:
        self.rates = {"low": 2.0, "high": 3.0}

    def __iter__(self) -> Any:
        """Its keys."""
        yield from self.rates.keys()


RATES = Rates()


def handed_on(items: Any) -> Any:
    yield from items


def over_what_is_handed_on(x: float) -> float:
    total = 0.0
    for name in RATES:
        total += RATES.rates[name] * x
    for item in handed_on([x, x * x]):
        total += item
    return total + sum(handed_on((x, 2.0 * x)))


def test_a_generator_that_only_hands_on_is_what_it_hands_on() -> None:
    assert value_and_grad(over_what_is_handed_on)(1.5) == (over_what_is_handed_on(1.5), 12.0)


def filled_by_pairs(x: float) -> float:
    table = {1: x}
    table.update(zip([2, 3], [x, x * x], strict=True))
    return sum(table.values()) * len(dict(PAIRED))


PAIRED = {"ab": 1.0, "cd": 2.0, "ef": 3.0}


def test_dicts_are_filled_by_pairs() -> None:
    assert grad(filled_by_pairs)(2.0) == 3.0 * (2.0 + 4.0)


def behind_a_place_that_is_chosen(xs, k):
    total = 0.0
    for v in xs[(1 if k > 0 else 2) :]:
        total += v * xs[0]
    return total


def behind_one_of_two_places(xs, k):
    first, last = (1, 0) if k > 0 else (0, 1)
    total = 0.0
    for i, v in enumerate(xs[first:]):
        total += v * v * (i + last)
    for v in xs[last:]:
        total *= v
    return total


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [behind_a_place_that_is_chosen, behind_one_of_two_places])
def test_a_slice_begins_where_a_branch_says(f: Any, mode: str) -> None:
    xs, step = [0.5, 1.5, 0.25, 2.0], 1e-6
    for k in (0, 1):
        value, slopes = value_and_grad(f, mode=mode)(xs, k)
        assert value == f(xs, k)
        for place, x in enumerate(xs):
            above, below = ([*xs[:place], x + h, *xs[place + 1 :]] for h in (step, -step))
            expected = (f(above, k) - f(below, k)) / (2.0 * step)
            assert slopes[place] == pytest.approx(expected, rel=1e-6, abs=1e-8)


def triangle_area(points):
    (x1, y1), (x2, y2), (x3, y3) = points
    return abs((x2 - x1) * (y3 - y1) - (x3 - x1) * (y2 - y1)) / 2


def middle_row(rows):
    _first, (a, b), _last = rows
    return a * b


def test_rows_are_taken_apart_within_their_list() -> None:
    corners = [(0.0, 0.0), (1.0, 0.2), (0.3, 1.0)]
    derivative = grad(triangle_area)
    assert derivative(corners) == [[-0.4, -0.35], [0.5, -0.15], [-0.1, 0.5]]
    assert "    (x1, y1), (x2, y2), (x3, y3) = points\n" in derivative.source
    with pytest.raises(ValueError, match="unpack"):
        derivative([(0.0, 0.0, 1.0), (1.0, 0.2), (0.3, 1.0)])
    middle = grad(middle_row)
    assert middle([(1.0,), (2.0, 3.0), (4.0,)]) == [[0.0], [3.0, 2.0], [0.0]]
    assert "    _, (a, b), _ = rows\n" in middle.source


def taken_out(x, n, k):
    terms = [x * i for i in range(n)]
    terms.pop(k)
    return x * sum(terms)


def third_deleted(x, n, k):
    terms = [x * i for i in range(n)]
    del terms[2]
    return x * sum(terms)


def deleted(x, n, k):
    terms = [x * i for i in range(n)]
    del terms[k]
    return x * sum(terms)


def pairs_taken_out(x, n, k):
    terms = [(x * i, i) for i in range(n)]
    terms.pop(2)
    del terms[k]
    return x * sum(term for term, _ in terms)


def deleted_from_the_callers(x, n, k):
    own = [1.0] * n
    return _without(own, k, x)


def _without(terms, k, x):
    del terms[k]
    return x * x * len(terms)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "f", [taken_out, third_deleted, deleted, pairs_taken_out, deleted_from_the_callers]
)
def test_what_is_not_there_cannot_be_taken_out(f, mode) -> None:
    derivative = value_and_grad(f, mode=mode)
    for n, k in ((2, 3), (2, -3), (2, 2), (5, 3), (5, -4), (5, 4)):
        try:
            value = f(1.5, n, k)
        except IndexError as error:
            with pytest.raises(IndexError, match=str(error)):
                derivative(1.5, n, k)
        else:
            slope = (f(1.5 + 1e-6, n, k) - f(1.5 - 1e-6, n, k)) / 2e-6
            assert derivative(1.5, n, k) == (value, pytest.approx(slope, rel=1e-7))


class Bag:
    size = 3.0


def attribute_taken_away(x, n):
    bag = Bag()
    bag.a, bag.size = x, 2.0 * x
    before = bag.size * bag.a
    del bag.size
    if n > 5:
        del bag.a
    return before + bag.size * x * getattr(bag, "a", 3.0 * x)


def attribute_missed(x, n):
    bag = Bag()
    bag.a = x
    del bag.a
    try:
        return bag.a
    except AttributeError:
        return x * n


def last_items_of_a_dict(x, n):
    table = {"a": x, "b": x * x, "c": 2.0}
    key, value = table.popitem()
    name, other = table.popitem()
    return value * other + len(key) + len(table) * x * n + (1.0 if name == "b" else 0.0)


def sets_by_comprehension(x, n):
    rests = {k % 3 for k in range(n)}
    words = {word.lower() for word in ["a", "b", "A"]}
    return x * len(rests) + (x * x if 2 in rests else 0.0) + len(words)


@pytest.mark.parametrize(
    "function",
    [attribute_taken_away, attribute_missed, last_items_of_a_dict, sets_by_comprehension],
)
def test_what_is_taken_out_is_there_no_more(function):
    for n in (4, 8):
        value, slope = value_and_grad(function)(0.7, n)
        assert value == function(0.7, n)
        h = 1e-5
        expected = (function(0.7 + h, n) - function(0.7 - h, n)) / (2 * h)
        assert slope == pytest.approx(expected, rel=1e-8)


@dataclass
class Two:
    a: Point
    b: Point


def test_an_object_at_two_places_is_one_and_a_list_is_two() -> None:
    point = Point(3.0)
    slope = grad(lambda two: two.a.x * two.b.x)(Two(point, point))
    assert slope.a is slope.b
    assert slope.a.x == 6.0
    apart = grad(lambda two: two.a.x * two.b.x)(Two(Point(3.0), Point(3.0)))
    assert (apart.a.x, apart.b.x) == (3.0, 3.0)
    values, array = [3.0], np.array([3.0])
    assert grad(lambda p: p[0][0] * p[1][0])([values, values]) == [[3.0], [3.0]]
    assert grad(lambda p: p["a"][0] * p["b"][0])({"a": array, "b": array}) == {"a": 3.0, "b": 3.0}
