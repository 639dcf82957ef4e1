"""Arrays without axes: what NumPy makes of a number is written to under masks and in place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chainrule import NotDifferentiableError, UnsupportedError, grad, value_and_grad
from tests import oracle
from tests.slopes import check_against_oracle
from tests.test_array_fuzz import function_of


def latitude(x, y):
    r = np.hypot(x, y)
    found = np.empty_like(r)
    flat = np.isclose(y, 0)
    found[~flat] = np.arctan(x * r[~flat])
    found[~flat] += y * np.sin(found[~flat])
    found[flat & (x > 0)] = 0
    found[flat & (x <= 0)] = -np.pi / 2
    return x * found


def frozen(x, y):
    height = np.hypot(x, y)
    inside = np.asarray(x) < 2.0
    try:
        height[inside] = -height[inside]
    except TypeError:
        if inside:
            height = -height
    return height * x


def clipped(x, y):
    k = np.where(x > y, x, y)
    k[k > 3.0] = 3.0 * y
    k[...] = k * k
    k += x
    return k * x


def summed(x, y):
    k = np.zeros_like(x)
    k[x > y] = np.sum([x, y])
    return k * x


POINTS = [(1.5, 0.7), (2.5, 0.0), (-2.5, 0.0), (4.0, 1.0), (1.0, 2.0)]


@pytest.mark.parametrize("point", POINTS, ids=str)
@pytest.mark.parametrize("f", [latitude, frozen, clipped, summed])
def test_a_mask_without_axes_writes_all_or_nothing(f: Any, point: tuple[float, float]) -> None:
    check_against_oracle(f, point)


def test_a_mask_without_axes_is_a_branch() -> None:
    lines = grad(frozen).source.splitlines()
    assert not any("np.array([" in line for line in lines)
    slope = grad(clipped)
    slope(4.0, 1.0)
    assert "    if k > 3.0:" in slope.source.splitlines()


def renamed(x):
    y = np.array(x)
    z = y
    y[y > 0.0] = 2.0 * x
    return y * z


def cut_off(x):
    y = np.zeros_like(2)
    y[x > 0.0] = x
    return y * x


@pytest.mark.parametrize(
    ("f", "words"), [(renamed, "has another name, too"), (cut_off, "cuts off its fraction")]
)
def test_a_write_that_would_not_mean_what_numpy_means_is_refused(f: Any, words: str) -> None:
    with pytest.raises(UnsupportedError, match=words):
        grad(f)(1.5)


def scaled(x, p):
    p = np.asarray(p)
    p = p / 10.0
    k = np.where(x > 1.0, 1, 3)
    k = k / 4
    total = np.zeros(())
    for _ in range(3):
        total = total + k * x * p
    return total * x


@pytest.mark.parametrize("p", [3, 2.5, np.array(3), np.array(2.5)], ids=repr)
def test_a_new_number_is_not_written_over_an_array_without_axes(p: Any) -> None:
    before = p + 0
    value, slope = value_and_grad(scaled)(2.0, p)
    assert value == scaled(2.0, p)
    assert oracle.agrees(oracle.derivative(scaled, (2.0, p)), float(slope))
    assert p == before


def shrunk(x, p):
    p = p * 0.5
    return p * x


def test_an_array_without_axes_of_the_caller_is_left_as_it_is() -> None:
    p = np.array(3.0)
    assert value_and_grad(shrunk)(2.0, p) == (3.0, 1.5)
    assert p == 3.0


class Holder:
    def __init__(self) -> None:
        self.y = np.array(3.0)


SHARED: Any = np.array(3.0)
TABLE: Any = {1: np.array(3.0), 2: np.array(5.0)}
ENTRIES: Any = [np.array(3.0), np.array(5.0)]


def added(x, y):
    z = x * y
    for _ in range(int(y) - 1):
        z = z + x * 0.5
    return z


def begun_with(x, y):
    s = y
    for _ in range(2):
        t = s
        s = t + x * x
        s = s * t
    return s


def of_a_list(x, y):
    row = [y, x * y, x]
    for k in range(int(y)):
        row[k] = row[k] + x * 0.5
    return row[0] * row[1] + row[2]


def of_the_larger(x, y):
    a = max(y, x)
    a = a + x
    return a * x


def of_either(x, y):
    a, b = (y, x) if y > 1.0 else (x, y)
    a = a + x
    b = b * x
    return a * b


def of_a_holder(x, holder):
    z = x * holder.y
    for _ in range(int(holder.y)):
        z = z + x * holder.y
    return z


def of_a_global(x, n):
    z = x * SHARED
    for _ in range(n):
        z = z + x * 1.5
    return z


def of_a_table(x, n):
    z = TABLE[n]
    for _ in range(n):
        z = z + x
    return z * x


def of_entries(x, n):
    z = ENTRIES[n]
    for _ in range(n):
        z = z + x
    return z * x


KEPT: list[tuple[Any, Any]] = [
    *((f, lambda: np.array(3.0)) for f in (added, begun_with, of_a_list, of_the_larger, of_either)),
    (of_a_holder, Holder),
    *((f, lambda: 1) for f in (of_a_global, of_a_table, of_entries)),
]


@pytest.mark.parametrize(("f", "given"), KEPT)
@pytest.mark.parametrize("x", [2.0, np.array(2.0)], ids=["number", "array"])
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_what_is_added_to_an_array_without_axes_is_not_written_into_it(f, given, x, mode) -> None:
    argument = given()
    value = f(x, given())
    for _ in range(2):
        found, slope = value_and_grad(f, mode=mode)(x, argument)
        assert found == value
        assert oracle.agrees(oracle.derivative(lambda t: f(t, given()), (2.0,)), float(slope))
        assert grad(f, mode=mode)(x, argument) == slope
    assert x == 2.0
    assert getattr(argument, "y", argument) == getattr(given(), "y", given())
    assert (SHARED, TABLE, ENTRIES) == (3.0, {1: 3.0, 2: 5.0}, [3.0, 5.0])


def test_the_slope_is_no_array_of_the_callers() -> None:
    y = np.array(3.0)
    slope = grad(lambda x, y: x * y)(2.0, y)
    assert type(slope) is float
    assert slope == 3.0


def by_entries_of_an_array(x):
    a, b, c = x
    ratio = a / b
    angle = np.zeros(ratio.shape)
    angle[ratio != 0] = np.arccos(ratio[ratio != 0])
    return angle * c


def test_zeros_without_axes_are_made_of_what_entries_of_an_array_tell() -> None:
    x = np.array([0.3, 0.5, 2.0])
    slope = grad(by_entries_of_an_array)(x)
    for path, verdict in oracle.gradient(by_entries_of_an_array, (x,)).items():
        assert oracle.agrees(verdict, oracle.look_up(slope, path))


TWO_NAMES = [
    "y = np.zeros_like(x)\n    z = y\n    if r > 1.0:\n        y = np.ones_like(x)\n"
    "    y[x > 0] = 3.0 * x\n    return y * x + z",
    "z = np.zeros_like(x)\n    y = np.multiply(x, x, out=z if r > 1.0 else np.ones_like(x))\n"
    "    return y * x + z",
]


@pytest.mark.parametrize("body", TWO_NAMES)
def test_an_array_that_a_branch_has_chosen_and_another_name_leads_to_is_refused(body: str) -> None:
    f = function_of(f"def f(x, r):\n    {body}\n")
    for r in (0.5, 2.0):
        with pytest.raises(UnsupportedError):
            grad(f)(2.0, r)


def test_more_numbers_than_a_mask_without_axes_has_places_raise() -> None:
    def f(x):
        y = np.zeros_like(x)
        y[x > 0] = np.array([1.0, 2.0]) * x
        return y * x

    with pytest.raises(ValueError):
        f(2.0)
    with pytest.raises(ValueError):
        grad(f)(2.0)
    assert grad(f)(-2.0) == 0.0


LOOKED_AT = [
    "y.squeeze()", "np.squeeze(y)", "y.reshape(())", "y[0, ...]", "np.transpose(np.squeeze(y))",
    "y[:1].squeeze()", "np.tensordot(y, y, 1)",
]  # fmt: skip


@pytest.mark.parametrize("made", LOOKED_AT)
def test_the_slope_is_no_view_of_the_callers_array(made: str) -> None:
    y = np.array([3.0])
    f = function_of(f"def f(x, y):\n    return x * {made}\n")
    slope = grad(f)(2.0, y)
    expected = f(1.0, y)
    y[0] = 7.0
    assert type(slope) is float
    assert slope == expected


SQUEEZED = [
    "np.squeeze(y[1:])",
    "y[1:].squeeze()",
    "np.squeeze(np.diff(y))",
    "np.squeeze(np.array([y[1:]]))",
    "np.squeeze(np.diff(np.quantile(x, [0.25, 0.75])))",
    "np.diff(np.percentile(y, [9, 70])).squeeze()",
]


@pytest.mark.parametrize("made", SQUEEZED)
@pytest.mark.parametrize("used", ["np.sum(r * x * y[0])", "r * y[1]"])
def test_axes_whose_length_is_1_in_the_call_alone_are_squeezed_out(made: str, used: str) -> None:
    x, y = np.array([1.0, 2.5, 3.0]), np.array([0.3, 0.5])
    f = function_of(f"def f(x, y):\n    r = {made}\n    return {used}\n")
    slopes = grad(f, wrt=("x", "y"))
    found = slopes(x, y)
    for k, wrt in enumerate(("x", "y")):
        for path, verdict in oracle.gradient(f, (x, y), wrt=wrt).items():
            assert oracle.agrees(verdict, oracle.look_up(found[k], path))


def test_axes_that_are_longer_in_the_next_call_stay() -> None:
    def f(x, y):
        return np.sum(np.squeeze(y[1:]) * x)

    slope = grad(f, wrt="y")
    x, y = np.array([1.0, 2.0, 3.0]), np.array([0.3, 0.5, 0.7, 0.9])
    assert slope(x, y[:2]).tolist() == [0.0, 6.0]
    assert slope(x, y).tolist() == [0.0, 1.0, 2.0, 3.0]
    assert slope(x, y[:2]).tolist() == [0.0, 6.0]


def shared(x, y):
    """Quotients only where there is something to divide by."""
    found = np.zeros_like(x, dtype=float)
    share = 2.0 - np.divide(y, x, out=found, where=~np.equal(x, 0))
    steep = np.full_like(x, False, dtype="bool")
    np.greater_equal(np.abs(y), 2.0, where=~np.isnan(x), out=steep)
    np.add(found, y, out=found)
    return np.where(steep, 0.0, share * found)


def reduced(x, y):
    """A reduction of a vector goes into an array without axes."""
    found = np.empty(())
    np.nanstd(np.array([x, y, x * y]), ddof=1, axis=0, out=found)
    np.multiply(found, y, out=found)
    return found.item() * x


def named(x, y):
    """As packages write that take series, too."""
    angle = np.arctan2(y, x)
    try:
        angle.name = "angle"
    except AttributeError:
        angle = 2.0 * angle
    if isinstance(angle, dict):
        angle = angle["angle"]
    return angle * x


def settled(x, y):
    found = np.array([x, y])[:1] * 2.0 if y > 100.0 else np.array([x]) * y
    if len(found) == 1:
        found = found[0]
    return found * x


def filled_in_branches(x, y):
    """Explicit and implicit solutions, each where there are such."""
    found = np.full_like(x, np.nan, dtype=np.float64)
    few, many = y < 1.0, y >= 1.0
    if np.any(few):
        found[few] = np.sin(x)
    if np.any(many):
        steps = np.log1p(np.asarray(x * x)[many])
        for _ in range(2):
            steps = steps - 0.1 * np.exp(steps)
        found[many] = x * y - steps
    return found.item()


def into_a_new_array(x, y):
    found = np.zeros_like(x)
    log = np.log(x, out=np.full_like(x, -3.0), where=(x > 0))
    share = np.divide(y, x * log, out=np.zeros_like(x))
    return 2.0 * log + share * y + found


@pytest.mark.parametrize("point", [(1.5, 0.7), (-2.5, 1.0), (1.5, 3.0)], ids=str)
@pytest.mark.parametrize(
    "f", [shared, reduced, named, settled, into_a_new_array, filled_in_branches]
)
def test_numbers_go_where_arrays_and_series_go(f: Any, point: tuple[float, float]) -> None:
    check_against_oracle(f, point)


def boxed(x, kind):
    return x * 2.0 if np.isscalar(np.asarray(x)) else x * 3.0


def told(x, kind):
    return x * 2.0 if np.isscalar(kind) else x * 3.0


def chosen(x, kind):
    number = np.isscalar(np.where(x > 0.0, x, 1.0)) or not np.isscalar(np.sin(x))
    return x * 2.0 if number else x * 3.0


@pytest.mark.parametrize("kind", ["word", None, 1.5, [1.0]], ids=repr)
@pytest.mark.parametrize("f", [boxed, told, chosen])
def test_an_array_without_axes_is_no_scalar_and_a_word_is_one(f: Any, kind: Any) -> None:
    value = f(1.5, kind)
    assert value_and_grad(f)(1.5, kind) == (value, value / 1.5)


def by_pieces(x):
    return np.piecewise(x, [x <= 0.0, (x > 0.0) & (x < 0.5)], [0, 18.0, lambda t: t * t])


@pytest.mark.parametrize("x", [-1.0, 0.3, 1.5])
def test_pieces_of_a_number_are_an_array_without_axes(x: float) -> None:
    value, slope = value_and_grad(by_pieces)(x)
    assert oracle.same_bits(value, by_pieces(x))
    assert slope == (3.0 if x == 1.5 else 0.0)
    total, _ = value_and_grad(lambda x: x + by_pieces(x))(x)
    assert oracle.same_bits(total, x + by_pieces(x))


def test_pieces_of_a_whole_number_lose_their_fractions_and_are_refused() -> None:
    def cut(x, k):
        return x * np.piecewise(k, [k < 1], [0.5, 1.7])

    assert cut(1.5, 2) == 1.5
    with pytest.raises(UnsupportedError, match="cuts off fractions"):
        grad(cut)(1.5, 2)


def named_before(xs):
    s = np.zeros(())
    t = s
    for v in xs:
        s += v
    return t


def in_a_tuple(xs):
    s = np.zeros(())
    t = (s, 1.0)
    for v in xs:
        for w in xs:
            s += v * w
    return t[0]


def named_in_the_step_before(xs):
    s = np.zeros(())
    last, r = 0.0, 0.0
    for v in xs:
        s += v
        r += last * v
        last = s
    return r


def listed(xs):
    s = np.array(0.0)
    history = []
    for v in xs:
        s += v
        history.append(s)
    return history[0]


@pytest.mark.parametrize("f", [named_before, in_a_tuple, named_in_the_step_before, listed])
def test_an_accumulator_without_axes_that_has_another_name_is_refused(f: Any) -> None:
    with pytest.raises(UnsupportedError, match="that has another name, too"):
        grad(f)(np.array([1.0, 2.0]))


def accumulated(xs):
    s = np.zeros(())
    t = np.zeros(())
    history = []
    for v in xs:
        for w in xs:
            s += v * w
        t += v
        history.append(s.copy() * t)
    last = s
    return history[0] * last + t


def test_an_accumulator_without_axes_that_is_alone_is_added_to() -> None:
    xs = np.array([1.0, 2.0, -0.5])
    value, slope = value_and_grad(accumulated)(xs)
    assert value == accumulated(xs)
    expected = [
        oracle.derivative(lambda v, k=k: accumulated(np.r_[xs[:k], v, xs[k + 1 :]]), (xs[k],))
        for k in range(3)
    ]
    assert all(oracle.agrees(e, s) for e, s in zip(expected, slope, strict=True))


def added_to_the_argument(x, xs):
    s = x
    for v in xs:
        s += v
    return s


def added_to_short_floats(x, xs):
    s = np.zeros((), np.float32)
    for v in xs:
        s += v * x
    return s


@pytest.mark.parametrize("f", [added_to_the_argument, added_to_short_floats])
@pytest.mark.parametrize("kind", [np.float32, float])
def test_a_short_array_without_axes_is_not_added_to_in_a_loop(f: Any, kind: Any) -> None:
    x = np.array(0.1, kind)
    with pytest.raises(UnsupportedError, match="an array without axes is written to"):
        value_and_grad(f)(x, [1.0, 0.3])
    assert x == kind(0.1)


def test_a_truth_that_takes_what_an_array_without_axes_holds_does_not_raise_a_type_error() -> None:
    def f(x):
        return np.array(x)[True].sum()

    assert f(2.0) == 2.0
    with pytest.raises(NotDifferentiableError, match="no derivative can flow through"):
        grad(f)(2.0)
