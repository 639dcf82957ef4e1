"""Writes through views: of the caller's arrays and of the function's own, as NumPy does them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import chainrule
from chainrule import grad, value_and_grad
from tests import oracle
from tests.test_array_fuzz import check, function_of

# A view of a, and a write through it.
WRITES = [
    ("a.reshape(-1)", "v[0] = 0.7 * y[0]"),
    ("a.ravel()", "v[1:] *= y[1]"),
    ("a.reshape(2, 6)", "v[0] += v[1]"),
    ("a.T", "v += y[1]"),
    ("a.T[1:]", "v[:] = v[::-1]"),
    ("np.flip(a, 0)", "v -= v * v"),
    ("a[:, ::-1]", "v[v > 0.0] *= y[2]"),
    ("a[None].squeeze(axis=0)", "np.multiply(v, y[2], out=v)"),
    ("np.expand_dims(a, 0)", "v.fill(y[1])"),
    ("np.atleast_2d(a[0])", "v[0] *= y"),
    ("np.asarray(a)", "np.add.at(v, [0, 0], y[0])"),
    ("a[1:].reshape(-1)", "v[[0, 2, 0]] = y[:3]"),
    ("np.moveaxis(a, 0, 1)", "for k in range(len(v)):\n        v[k] = v[k] * y[0] + v[k - 1]"),
    ("a[...]", "w = v.T\n    w[0] = y[:3]\n    w *= v[0, 0]"),
    ("a.T.reshape(-1)", "v[0] = y[0] * v[1]"),  # a copy
    ("a.T.flatten()", "v *= y[0]"),
]
PROGRAM = """def f(x, y, M):
    {made}
    old = np.sum(a ** 2 * x)
    v = {view}
    {write}
    return np.sum(a ** 3 * y) + np.sum(v ** 2) + old + np.sum(np.sin(M) * x) + a[0, 0] * v.sum()
"""


@pytest.mark.parametrize("made", ["a = M", "a = M * 1.5"], ids=["given", "own"])
@pytest.mark.parametrize("number", range(len(WRITES)), ids=[f"{v}-{w}" for v, w in WRITES])
def test_what_is_written_through_a_view_is_written(number: int, made: str) -> None:
    view, write = WRITES[number]
    write = write.replace("v > 0.0", "np.real(v) > 0.0")
    check(PROGRAM.format(made=made, view=view, write=write))


LEFT = [
    "M[0] = y\n    return x[0] ** 2",
    "if np.real(y[0]) > -9:\n        M[1] *= y\n    return np.sum(x ** 2)",
    "s = np.sum(M ** 2)\n    for k in range(2):\n        M[k] += s * y\n    return s * x[0]",
    "if np.real(y[0]) > -9:\n        M.T[1] = 2.0\n        return x[0] * M[1, 1]\n    return y[0]",
]


@pytest.mark.parametrize("body", LEFT)
def test_the_callers_array_is_written_also_where_no_derivative_needs_it(body: str) -> None:
    f = function_of(f"def f(x, y, M):\n    {body}\n")
    check(f"def f(x, y, M):\n    {body}\n")
    for wrt in ("x", "y", "M"):
        left, found = (np.arange(12.0).reshape(3, 4) for _ in range(2))
        f(np.ones(4), np.full(4, 2.0), left)
        chainrule.grad(f, wrt=wrt)(np.ones(4), np.full(4, 2.0), found)
        assert np.array_equal(found, left)


def written_list(xs: Any, y: Any) -> Any:
    s = xs[0] ** 2
    for k in range(len(xs)):
        xs[k] = y * xs[k]
    return s + y**2


def test_the_callers_list_is_written() -> None:
    for wrt, slope in (("xs", [2.0, 0.0]), ("y", 6.0)):
        xs = [1.0, 2.0]
        assert chainrule.grad(written_list, wrt=wrt)(xs, 3.0) == slope
        assert xs == [3.0, 6.0]


def flat(a: Any) -> Any:
    v = a.reshape(-1)
    v[0] = 2.0
    return np.sum(a**2) + np.sum(v)


def test_a_reshape_of_an_array_that_is_not_contiguous_is_a_copy() -> None:
    gradient = chainrule.grad(flat)
    a = np.arange(1.0, 7.0).reshape(2, 3)
    assert np.array_equal(gradient(a.copy()), [[0.0, 5.0, 7.0], [9.0, 11.0, 13.0]])
    turned = np.asfortranarray(a)
    assert np.array_equal(gradient(turned), [[2.0, 5.0, 7.0], [9.0, 11.0, 13.0]])
    assert np.array_equal(turned, a)
    with pytest.raises(chainrule.UnsupportedError, match="written to"):
        gradient(np.ones((2, 6))[:, ::2])


@pytest.mark.parametrize("view", ["np.diagonal(M)", "np.diag(M)", "np.broadcast_to(M, (2, 3, 4))"])
def test_what_numpy_gives_to_be_read_only_is_not_written_to(view: str) -> None:
    f = function_of(f"def f(M):\n    v = {view}\n    v[0] = 1.0\n    return np.sum(M)\n")
    with pytest.raises(chainrule.UnsupportedError, match="nobody write"):
        chainrule.grad(f)(np.ones((3, 4)))


def scaled_by(a: Any, b: Any) -> Any:
    a[0] = a[0] * b[1]
    return a[0] * b[0] + a[1]


@pytest.mark.parametrize("make", [list, np.array])
def test_what_is_written_to_must_not_be_handed_in_twice(make: Any) -> None:
    gradient = chainrule.grad(scaled_by, wrt=("a", "b"))
    x, y = make([2.0, 3.0]), make([2.0, 3.0])
    expected = "([6.0, 1.0], [6.0, 4.0])"
    assert str(tuple(np.asarray(each).tolist() for each in gradient(x, y))) == expected
    with pytest.raises(chainrule.ArgumentError, match="`a` is written to, and shares"):
        gradient(y, y)
    assert str(tuple(np.asarray(each).tolist() for each in gradient(make([2, 3.0]), y))) == expected


def test_views_of_one_array_are_apart_where_they_do_not_overlap() -> None:
    gradient = chainrule.grad(scaled_by)
    memory = np.array([2.0, 5.0, 3.0, 7.0])
    assert gradient(memory[::2], memory[1::2]).tolist() == [35.0, 1.0]
    with pytest.raises(chainrule.ArgumentError, match="shares memory"):
        gradient(memory[1:], memory[:-1])


def first_of_rows(rows: Any) -> Any:
    rows[0][0] *= 2.0
    return rows[0][0] * rows[1][0]


def test_rows_that_are_one_list_are_refused_where_one_is_written_to() -> None:
    row = [1.5, 1.0]
    gradient = chainrule.grad(first_of_rows)
    assert gradient([row, list(row)]) == [[3.0, 0.0], [3.0, 0.0]]
    with pytest.raises(chainrule.ArgumentError, match="`rows` is written to"):
        gradient([row, row])


def either_of_two(x: Any, y: Any) -> Any:
    v = y[:]
    if x[0] > 0.4:
        v *= 0.25
    else:
        if x[1] > 0.0:
            v = x
        y[:] = x
    return np.sum(v**2)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("x", [(0.1, 0.3), (0.1, -0.3), (0.5, 0.3)])
def test_a_view_that_was_written_to_on_one_path_is_what_it_is_behind_it(
    x: tuple[float, float], mode: str
) -> None:
    given, plain = np.array([0.5, 0.7]), np.array([0.5, 0.7])
    gradient = chainrule.value_and_grad(either_of_two, wrt=("x", "y"), mode=mode)
    value, (by_x, by_y) = gradient(np.array(x), given)
    assert value == either_of_two(np.array(x), plain)
    assert np.array_equal(given, plain)
    # What is summed are the squares of y / 4, or else of x.
    shrunk = x[0] > 0.4
    assert by_x == pytest.approx([0.0, 0.0] if shrunk else [2.0 * x[0], 2.0 * x[1]])
    assert by_y == pytest.approx([0.0625, 0.0875] if shrunk else [0.0, 0.0])


INTO = ["np.clip(u, 0.1, 1.0, out=v)", "np.clip(u, 0.1, 1.0, v)", "u.clip(0.1, 1.0, out=v)",
        "np.round(u, 1, v)", "np.add(u, 1.0, v)", "np.cumsum(u, out=v)"]  # fmt: skip


@pytest.mark.parametrize("call", INTO)
def test_a_call_writes_into_its_out_however_it_is_given(call: str) -> None:
    f = function_of(
        f"def f(x):\n    u = np.array([x, 3.0 * x])\n    v = 2.0 * u\n    {call}\n"
        "    return v[0] + 3.0 * v[1]\n"
    )
    value, slope = chainrule.value_and_grad(f)(0.21)
    assert value == f(0.21)
    assert slope == pytest.approx((f(0.211) - f(0.209)) / 0.002, abs=1e-6)


KEPT = ["np.choose([0, 1], [u, u], out=v)", "np.divmod(u, 0.3, v, u)", "np.modf(u, v, u)"]


@pytest.mark.parametrize("call", KEPT)
def test_what_writes_into_an_array_out_of_sight_is_refused(call: str) -> None:
    f = function_of(
        f"def f(x):\n    u = np.array([x, 3.0])\n    v = 2.0 * u\n    {call}\n    return v[0]\n"
    )
    with pytest.raises(chainrule.UnsupportedError, match="write"):
        chainrule.grad(f)(0.21)


IGNORED = ["np.take(u, [-1, 0], mode='clip')",
           "np.histogram(u, 3, (0.0, 2.0), True)[0]", "np.meshgrid(u, u, copy=False)[0]",
           "np.unique(u, axis=0)", "np.vstack([u, u], dtype=np.float32)",
           ]  # fmt: skip


@pytest.mark.parametrize("call", IGNORED)
def test_what_is_asked_for_besides_is_not_ignored(call: str) -> None:
    f = function_of(f"def f(x):\n    u = np.array([x, 3.0])\n    return np.sum(x * {call})\n")
    f(0.21)
    with pytest.raises(chainrule.UnsupportedError):
        chainrule.grad(f)(0.21)


class Counting:
    def __init__(self, first: Any, second: Any) -> None:
        self.first, self.second, self.calls = first, second, 0

    def counted(self, x: Any) -> Any:
        self.calls += 1
        return np.sum(self.first * x) + np.sum(self.second * x**2)

    def scaled(self, x: Any) -> Any:
        self.first *= 2.0
        return np.sum(self.first * x) + np.sum(self.second * x**2)


def test_an_object_may_hold_an_array_twice_unless_the_array_is_written_to() -> None:
    held, x = np.array([1.0, 2.0]), np.array([0.5, 3.0])
    twice = Counting(held, held)
    assert chainrule.grad(twice.counted)(x).tolist() == [2.0, 14.0]
    assert twice.calls == 1
    with pytest.raises(chainrule.ArgumentError, match="is written to, and shares"):
        chainrule.grad(twice.scaled)(x)
    assert chainrule.grad(Counting(held, held.copy()).scaled)(x).tolist() == [3.0, 16.0]


def scaled_entry(p: Any, x: float) -> Any:
    p["a"] *= x
    return np.sum(p["a"] * p["b"])


def test_a_dict_may_not_hold_an_array_twice_that_is_written_to() -> None:
    held = np.array([1.0, 2.0])
    gradient = chainrule.grad(scaled_entry, wrt="x")
    assert gradient({"a": held.copy(), "b": held}, 3.0) == 5.0
    with pytest.raises(chainrule.ArgumentError, match="is written to, and shares"):
        gradient({"a": held, "b": held}, 3.0)


def test_adjoints_of_entries_written_one_after_the_other_need_no_copies() -> None:
    def damped(p: np.ndarray, n: int) -> float:
        v = p.copy()
        for _ in range(n):
            v[0] = v[0] * p[2]
            v[1] = v[1] * p[2]
            v[-1] = v[-1] * p[0]
        return np.sum(v * v)

    slope = grad(damped)
    point = np.array([0.5, 0.7, 0.9])
    measured = oracle.gradient(damped, (point, 3)).values()
    assert all(map(oracle.agrees, measured, slope(point, 3)))
    assert "_bar.copy()" not in slope.source and "_bar_1.copy()" not in slope.source
    # What reads p[2] for two lines stands with the first of them.
    comments = re.findall(r"# line \d+", slope.source)
    assert len(comments) == len(set(comments))


def test_adjoints_are_not_set_to_zero_where_all_is_added_again() -> None:
    def oscillator(p: np.ndarray, n: int) -> float:
        s = np.array([1.0, 0.0])
        for _ in range(n):
            s[1] = s[1] - 0.1 * p[0] * s[0]
            s[0] = s[0] + 0.1 * s[1]
        return s[0] ** 2 + p[1] * s[1] ** 2

    slope = grad(oscillator, mode="reverse")
    point = np.array([0.5, 0.7])
    measured = oracle.gradient(oscillator, (point, 3)).values()
    assert all(map(oracle.agrees, measured, slope(point, 3)))
    assert "s_bar[0] = 0.0" not in slope.source and "s_bar[1] = 0.0" not in slope.source


def drawdowns(x):
    """A view is given back, or a number where there is nothing to see."""
    level = np.empty(len(x) + 1)
    if len(x) < 1:
        level = level.item()
        return level
    level[0] = 100.0
    np.multiply(level[0], x, out=level[1:])
    level = level[1:]
    return level


def worst(x):
    return np.nanmin(drawdowns(x) * x[0])


def read_late(x):
    level = x * 2.0
    shown = level[1:] if x[0] > 0.0 else 3.0
    level[1] = 7.0 * x[0]
    return np.sum(shown) * x[0]


def written_before(x):
    level = x * 2.0
    if x[0] > 0.0:
        shown = level[1:]
        level[1] = 7.0 * x[0]
    else:
        shown = 3.0
    return np.sum(shown) * x[0]


@pytest.mark.parametrize("f", [worst, written_before])
@pytest.mark.parametrize("point", [[0.3, 0.5, -0.2], [-0.3, 0.4, 0.6]], ids=str)
def test_a_view_on_one_path_shows_what_was_written_there(f: Any, point: list[float]) -> None:
    x = np.array(point)
    value, slope = chainrule.value_and_grad(f)(x)
    assert value == f(x)
    verdicts = oracle.gradient(f, (x,))
    assert all(
        oracle.agrees(verdict, oracle.look_up(slope, path)) for path, verdict in verdicts.items()
    )


def test_a_view_on_one_path_that_is_written_to_later_is_not_read_as_it_was() -> None:
    with pytest.raises(chainrule.UnsupportedError, match="was written to since"):
        grad(read_late)(np.array([0.3, 0.5, -0.2]))


def along(x):
    """What a function gives back along an axis is copied, a number into an array."""
    same = np.apply_along_axis(lambda row: row, 0, x)
    same[0] = 5.0
    middle = np.apply_along_axis(lambda row, by: np.median(row) * by, 0, x, x[1])
    return np.sum(same * x) * middle


def test_what_a_function_gives_along_the_only_axis_is_an_array_of_its_own() -> None:
    x = np.array([1.0, 3.0, 2.0])
    value, slope = chainrule.value_and_grad(along)(x)
    assert oracle.same_bits(value, along(x))
    assert list(x) == [1.0, 3.0, 2.0]
    for path, verdict in oracle.gradient(along, (x,)).items():
        assert oracle.agrees(verdict, oracle.look_up(slope, path))
    middle, _ = chainrule.value_and_grad(lambda x: np.apply_along_axis(np.median, 0, x))(x)
    assert oracle.same_bits(middle, np.array(2.0))


def test_arrays_of_several_ranks_in_an_order_of_run_time_are_not_joined() -> None:
    def joined(x, order):
        parts = [np.ones((len(x), 2)), x]
        return np.sum(np.column_stack(parts[::order]) ** 2)

    with pytest.raises(chainrule.UnsupportedError, match="joining the arrays"):
        chainrule.jvp(joined)(np.array([1.0, 2.0]), 9, x_dot=np.array([1.0, 0.0]))


def required(x, flags):
    """As packages prepare their arguments."""
    y = np.require(x, dtype=np.double, requirements=["W", "C"])
    z = np.require([x[0], 2.0, x[1]], float, "F")
    z *= y
    return np.sum(z * np.require(x, requirements=flags))


def test_an_array_as_it_is_required() -> None:
    x = np.array([1.0, 3.0, 2.0])
    for flags in (None, "CA", ("F_CONTIGUOUS",)):
        value, slope = chainrule.value_and_grad(required)(x, flags)
        assert value == required(x, flags)
        for path, verdict in oracle.gradient(required, (x, flags)).items():
            assert oracle.agrees(verdict, oracle.look_up(slope, path))
    with pytest.raises(chainrule.UnsupportedError, match="requirements"):
        chainrule.grad(required)(x, "E")


def written_where_it_may_be_shared(x):
    y = np.require(x, requirements="W")
    y[0] = 3.0
    return np.sum(x * y)


def test_an_array_that_may_be_the_argument_is_not_written_to() -> None:
    with pytest.raises(chainrule.UnsupportedError, match="is written to"):
        chainrule.grad(written_where_it_may_be_shared)(np.array([1.0, 3.0]))


def doubled_and_squared(x, count):
    """The array of the last step is written to in the next: by then it has no other name."""
    c = np.array(x)
    for _ in range(count):
        c *= 2.0
        found = np.empty_like(c)
        for j in range(len(c)):
            found[j] = c[j] * np.sin(c[j - 1])
        c = found
    return np.sum(c)


def set_where_it_may_be(x, mask):
    """As packages write that serve other libraries of arrays, too."""
    y = np.full_like(x, 2.0)
    y[~mask] = np.sin(x[~mask])
    if not y.flags.writeable:
        y = np.array(y)
    y[mask] = x[mask] ** 2
    return np.sum(y * x)


def test_an_array_of_the_functions_own_is_known_to_be_writeable() -> None:
    x, mask = np.array([0.3, 1.2, -0.8]), np.array([True, False, True])
    slope = grad(set_where_it_may_be)
    found = slope(x, mask)
    for path, verdict in oracle.gradient(set_where_it_may_be, (x, mask)).items():
        assert oracle.agrees(verdict, oracle.look_up(found, path))
    assert "writeable" not in slope.source


def set_if_it_may_be(x):
    if x.flags.writeable:
        x = 2.0 * x
    return np.sum(x * x)


def test_an_array_of_the_callers_is_asked_whether_it_is_writeable() -> None:
    x = np.array([0.3, 1.2])
    slope = grad(set_if_it_may_be)
    assert np.allclose(slope(x), 8.0 * x, rtol=1e-15)
    x.flags.writeable = False
    assert np.allclose(slope(x), 2.0 * x, rtol=1e-15)


TOO_MANY = ["y[0, :]", "y[0, 0]", "y[..., 0, 0]", "y[:, [0, 1]]", "y[:, None, 0]"]


@pytest.mark.parametrize("place", TOO_MANY)
@pytest.mark.parametrize("written", ["z = {}", "{} = 3.0", "{} += x"])
def test_a_subscript_of_too_many_axes_raises_what_numpy_raises(place: str, written: str) -> None:
    line = written.format(place)
    f = function_of(f"def f(x):\n    y = np.array([x, x * x])\n    {line}\n    return y[0]\n")
    with pytest.raises(IndexError) as expected:
        f(2.0)
    with pytest.raises(IndexError, match=f"^{re.escape(str(expected.value))}$"):
        grad(f)(2.0)


def stepped(x, count):
    c = np.array(x)
    k = 0
    while k < count:
        c *= 2.0
        found = c * np.sin(c)
        k += 1
        if c[0] < 0.7:
            continue
        c = found
    return np.sum(c)


@pytest.mark.parametrize("count", [0, 1, 2, 3])
@pytest.mark.parametrize("f", [doubled_and_squared, stepped])
def test_an_array_of_the_last_step_is_written_to(f: Any, count: int) -> None:
    x = np.array([0.3, 1.2, -0.8])
    value, slope = chainrule.value_and_grad(f)(x, count)
    assert value == f(x, count)
    for path, verdict in oracle.gradient(f, (x, count)).items():
        assert oracle.agrees(verdict, oracle.look_up(slope, path))


READ_ELSEWHERE = [
    "c *= 2.0\n        if k > 0:\n            c[0] += d[1]\n        d = c * c\n        c = d",
    "c *= 2.0\n        d = c * c\n        kept.append(lambda: d.sum())\n        c = d",
    "c *= 2.0\n        d = c * c\n        kept.append(d)\n        c = d",
]


@pytest.mark.parametrize("body", READ_ELSEWHERE)
def test_an_array_of_the_last_step_that_is_read_by_another_name_is_not_written_to(
    body: str,
) -> None:
    f = function_of(
        "def f(x, count):\n    c = np.array(x)\n    kept = []\n    for k in range(count):\n"
        f"        {body}\n    return np.sum(c)\n"
    )
    with pytest.raises(chainrule.UnsupportedError):
        chainrule.grad(f)(np.array([0.3, 1.2]), 3)


def assembled(x: Any, places: Any) -> Any:
    """Matrices of elements, put together; of what is added to one entry twice the last stays."""
    K = np.zeros((5, 5))
    for k in range(len(places)):
        dof = places[k]
        K[np.ix_(dof, dof)] += x[k] * np.outer(x[:3], np.sin(x[:3]))
    return np.sum(K * K) + K[0, 1]


@pytest.mark.parametrize("places", [[[0, 1, 2], [2, 4, 1]], [[0, 1, 0], [3, 3, 4]]])
def test_what_is_added_at_places_leaves_what_was_there(places: list[list[int]]) -> None:
    x, rows = np.array([0.3, -0.7, 1.1]), np.array(places)
    found = grad(assembled)
    measured = oracle.gradient(assembled, (x, rows)).values()
    assert all(map(oracle.agrees, measured, found(x, rows)))
    body = found.source.split("x_bar = np.zeros_like(x)")[-1]
    # Nothing is cleared or put back, and no array of K's size is filled in a step.
    assert "K_bar[" not in re.sub(r"= .*", "=", body)
    assert "zeros_like(K" not in body and "np.add.at" not in body


def taken_off(x: Any, i: Any) -> Any:
    v = x * x
    v[i] -= np.sin(x[: len(i)])
    return v @ v


def put_before(x: Any, i: Any) -> Any:
    v = x * x
    v[i] = np.sin(x[: len(i)]) + v[i]
    return v @ v


def put_behind(x: Any, i: Any) -> Any:
    v = x * x
    v[i] = np.sin(x[: len(i)]) - v[i]
    return v @ v


@pytest.mark.parametrize("f", [taken_off, put_before, put_behind])
@pytest.mark.parametrize("places", [[0, 2, 3], [3, 3, 1], [-1, 3, 3]])
def test_of_what_is_added_to_one_entry_twice_the_last_stays(f: Any, places: list[int]) -> None:
    x, i = np.array([0.3, -0.7, 1.1, 0.4]), np.array(places)
    measured = oracle.gradient(f, (x, i)).values()
    assert all(map(oracle.agrees, measured, grad(f)(x, i)))


def test_a_list_made_before_a_write_keeps_what_it_was_given() -> None:
    def gathered(y: Any, M: Any) -> Any:
        rows = []
        for row in M:
            rows.append(row + y)
        turned = [(row + y)[::-1] for row in M]
        y *= 2.0
        return np.sum(np.array(rows) ** 2) + np.sum(np.array(turned) ** 2) + np.sum(y**2)

    y, M = np.array([0.5, -1.0]), np.array([[1.0, 2.0], [0.3, -0.7], [0.1, 0.2]])
    expected = 4.0 * (M + y).sum(axis=0) + 8.0 * y
    for mode in ("forward", "reverse"):
        assert np.allclose(grad(gathered, mode=mode)(y.copy(), M), expected, rtol=1e-12)


def written_twice_in_a_step(x: Any) -> Any:
    y = np.sin(x)
    for _ in range(9):
        x[:] = y * x
        x[:] = y * x + 0.1
    return np.sum(x * x)


def given_to_out_in_turn(x: Any) -> Any:
    y = 0.9 * np.cos(x)
    for _ in range(9):
        for _ in range(3):
            v = x
            np.multiply(y, v, out=v)
    return np.sum(x * y)


def as_long_as_asked(x: Any) -> Any:
    y, steps = np.tanh(x), 0
    while steps < 12:
        np.add(0.3 * y, x, out=x)
        np.multiply(y, x, out=x)
        steps += 1
    return np.sum(x * x)


@pytest.mark.parametrize(
    "f", [written_twice_in_a_step, given_to_out_in_turn, as_long_as_asked], ids=lambda f: f.__name__
)
def test_a_tape_does_not_hold_the_array_of_the_callers_that_is_written_to_at_last(f: Any) -> None:
    x = np.array([0.8137, 0.3371, 1.2519, -0.4243])
    measured = oracle.gradient(f, (x,)).values()
    for mode in ("forward", "reverse"):
        left = x.copy()
        assert all(map(oracle.agrees, measured, grad(f, mode=mode)(left)))
        expected = x.copy()
        f(expected)
        assert np.array_equal(left, expected)


def turned_in_an_arm(x: Any) -> Any:
    if x[0] > 0.0:
        product = np.flip(x) @ x
        np.add(np.where([True, True, False, True], 1.0, product), 0.0, out=x)
    return (x * x).sum()


def test_f_sums_a_view_as_it_lies_in_memory_where_later_readers_get_a_copy() -> None:
    for shift in range(12):
        x = np.array([0.8137, 0.3371, 1.2519, -0.4243]) + 0.1 * shift
        left, given = x.copy(), x.copy()
        value, slope = value_and_grad(turned_in_an_arm)(given)
        assert value == turned_in_an_arm(left)
        assert np.array_equal(given, left)
        verdicts = oracle.gradient(lambda each: turned_in_an_arm(each.copy()), (x,)).values()
        for verdict, number in zip(verdicts, slope, strict=True):
            assert oracle.agrees(verdict, number)
