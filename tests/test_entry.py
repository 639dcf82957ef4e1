"""What `grad` returns is the generated function: it asks for floats, and passes others on."""

from __future__ import annotations

import ast
import dis
import itertools
import math
import types
import warnings
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import chainrule
from chainrule import grad, hessian
from chainrule.emit.loading.witnesses import witnesses
from chainrule.errors import ChainruleError
from chainrule.lift.infer import certain_numbers
from chainrule.lift.source import source_of
from chainrule.transforms import specialise


def scaled(x):
    return 2.0 * x


def wave(x, y, z, early=0.0):
    u = x * 2.0 + y
    if early > 1.0:
        return y
    return math.sin(u) * scaled(z)


def polynomial(x, y):
    return x * x * y + 3.0 * x


def powers(x, n=2):
    for _ in range(n):
        x = x * x
    return x


def area(x):
    return math.exp(x) * helped(x)


def helped(x):
    return math.sqrt(x)


def nested(p, q):
    return helped(p + 1.0) * q


def test_the_generated_function_itself_is_returned_for_arithmetic() -> None:
    slope = chainrule.grad(polynomial)
    assert isinstance(slope, types.FunctionType)
    assert slope.entry and not slope.__closure__
    assert slope(2.0, 5.0) == 23.0


def test_what_math_takes_needs_no_check() -> None:
    slope = chainrule.grad(area)
    assert isinstance(slope, types.FunctionType)
    assert not slope.entry


def test_numbers_are_certain_through_names_and_helpers_and_only_where_they_are_run() -> None:
    assert certain_numbers(source_of(nested)) == {"p"}
    # The sine comes after a way out.
    assert certain_numbers(source_of(wave)) == set()


@pytest.mark.parametrize("point", [(2, 5), (2.0, 5), (True, 5.0), (np.float64(2.0), 5.0)])
def test_numbers_of_every_kind_give_the_same(point: tuple[object, ...]) -> None:
    slope = chainrule.grad(polynomial)
    assert slope(*point) == chainrule.grad(polynomial)(float(point[0]), float(point[1]))


def test_arrays_are_told_from_floats_at_every_call() -> None:
    product = chainrule.jvp(polynomial)
    assert product(2.0, 5.0, 1.0) == (26.0, 23.0)
    x = np.array([1.0, 2.0])
    value, tangent = product(x, 5.0, np.ones(2))
    assert value.tolist() == [8.0, 26.0]
    assert tangent.tolist() == [13.0, 23.0]
    assert product(2.0, 5.0, 1.0) == (26.0, 23.0)
    slope = chainrule.grad(polynomial)
    with pytest.raises(ChainruleError, match="needs one number"):
        slope(x, 5.0)
    with pytest.raises(ChainruleError, match="list"):
        slope([1.0, 2.0], 5.0)
    assert slope(2.0, 5.0) == 23.0


def test_the_text_is_that_of_the_kind_that_ran_last() -> None:
    slope = chainrule.vjp(powers)
    text = slope.source
    assert slope(2.0, out_bar=1.0) == (16.0, 32.0)
    assert slope(np.full(2, 2.0), out_bar=np.ones(2))[1].tolist() == [32.0, 32.0]
    assert slope.source != text
    assert slope(2.0, out_bar=1.0) == (16.0, 32.0)
    assert slope.source == text


def test_counts_are_told_from_floats() -> None:
    slope = chainrule.grad(powers)
    assert slope(2.0) == 32.0
    assert slope(2.0, 3) == 1024.0
    assert slope(2.0, n=1) == 4.0
    with pytest.raises(TypeError):
        slope(2.0, 2.5)


def test_a_function_that_asks_for_kinds_is_made_for_each() -> None:
    def by_kind(x):
        return x * x if isinstance(x, float) else 3.0 * x

    slope = chainrule.grad(by_kind)
    assert slope(2.0) == 4.0
    assert slope(2) == 3.0
    assert slope(2.0) == 4.0


def test_a_helper_that_is_defined_later_is_found_at_the_first_call() -> None:
    space: dict[str, object] = {}
    slope = chainrule.grad(lambda_of_later(space))
    space["later"] = scaled
    assert slope(3.0) == 2.0


def lambda_of_later(space: dict[str, object]) -> types.FunctionType:
    def f(x):
        return later(x)  # noqa: F821

    return types.FunctionType(f.__code__, space, "f")


RATE = 2.0


def charged(x):
    return RATE * x * x


def norm(x):
    return np.sqrt(np.sum(x**2))


def recoded(x):
    return x * x


def test_a_derivative_that_is_asked_for_again_is_the_one_that_was_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = chainrule.grad(charged)
    assert chainrule.grad(charged, wrt="x") is made
    assert chainrule.grad(charged, wrt=("x",)) is not made
    # A text with another number is another text.
    monkeypatch.setitem(globals(), "RATE", 3.0)
    assert "RATE = 3.0" in chainrule.grad(charged).source
    made = chainrule.grad(recoded)
    monkeypatch.setattr(recoded, "__code__", scaled.__code__)
    assert chainrule.grad(recoded)(3.0) == 2.0


def test_a_derivative_by_arrays_is_generated_once_for_a_kind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = chainrule.grad(norm)(np.array([3.0, 4.0]))
    monkeypatch.setattr("chainrule.transforms.specialise.derive", None)
    assert np.array_equal(chainrule.grad(norm)(np.array([3.0, 4.0])), first)
    with pytest.raises(TypeError):
        chainrule.grad(norm)(np.ones((2, 2)))


def weighted(layers, x, scale):
    total = 0.0
    for layer in layers:
        total = total + scale * np.sum(np.tanh(layer["W"] @ x + layer["b"]))
    return total


def copied(u, steps):
    for _ in range(steps):
        u = 2.0 * u
    return summed(u * u)


def summed(u):
    return u.sum()


def test_calls_with_arguments_of_the_kinds_of_the_call_before_build_no_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(*_: object) -> object:
        raise AssertionError("a key, or a signature, was asked for")

    layers = [{"W": np.ones((2, 3)), "b": np.zeros(2)}, {"W": np.ones((4, 3)), "b": np.ones(4)}]
    calls = [
        (chainrule.grad(weighted, wrt="layers"), (layers, np.ones(3), 0.5)),
        (chainrule.grad(copied), (np.ones(3), 2)),
    ]
    assert isinstance(calls[1][0], types.FunctionType)
    expected = [slope(*arguments) for slope, arguments in calls]
    with monkeypatch.context() as patched:
        patched.setattr(specialise, "kind_key", refused)
        patched.setattr(specialise, "bound_arguments", refused)
        found = [slope(*arguments) for slope, arguments in calls]
    np.testing.assert_equal(found, expected)
    named = [(slope, arguments[:1], arguments[1:]) for slope, arguments in calls]
    names = [("x", "scale"), ("steps",)]
    for (slope, first, rest), own, value in zip(named, names, expected, strict=True):
        keywords = dict(zip(own, rest, strict=True))
        slope(*first, **keywords)
        with monkeypatch.context() as patched:
            patched.setattr(specialise, "kind_key", refused)
            patched.setattr(specialise, "bound_arguments", refused)
            np.testing.assert_equal(slope(*first, **keywords), value)


def test_arguments_given_by_name_are_told_apart_by_name_and_kind() -> None:
    product = chainrule.hvp(norm)
    x, ahead = np.array([3.0, 4.0]), np.array([1.0, 2.0])
    expected = chainrule.hvp(norm)(x, ahead)
    for _ in range(2):
        np.testing.assert_equal(product(x, x_dot=ahead), expected)
        np.testing.assert_equal(product(x, ahead), expected)
        np.testing.assert_equal(product(x_dot=ahead, x=x), expected)
        np.testing.assert_equal(product(x=x, x_dot=ahead), expected)
        with pytest.raises(TypeError):
            product(x, y_dot=ahead)
        with pytest.raises((TypeError, ValueError)):
            product(x, x_dot=np.ones((2, 1)))
    slope = chainrule.grad(weighted, wrt="x")
    layers = [{"W": np.ones((2, 3)), "b": np.zeros(2)}]
    for _ in range(2):
        for scale in (0.5, 2, np.float32(0.5)):
            alone = chainrule.grad(weighted, wrt="x")(layers, np.ones(3), scale)
            np.testing.assert_equal(slope(layers, x=np.ones(3), scale=scale), alone)
            np.testing.assert_equal(slope(layers, scale=scale, x=np.ones(3)), alone)


@pytest.mark.parametrize(
    "other",
    [
        [{"W": np.ones((2, 3)), "b": np.zeros(2)}],
        [{"W": np.ones((1, 3)), "b": np.zeros(1)}, {"W": np.ones((2, 3)), "b": np.zeros(2)}],
        ({"W": np.ones((2, 3)), "b": np.zeros(2)}, {"W": np.ones((2, 3)), "b": 0.5}),
        [{"b": np.ones(2), "W": np.ones((2, 3))}, {"b": np.ones(2), "W": np.ones((2, 3))}],
        [{"W": np.ones((2, 3), np.float32), "b": np.ones(2)}, {"W": np.ones((2, 3)), "b": 1.0}],
    ],
)
def test_nested_arguments_of_other_kinds_are_not_taken_for_those_of_the_call_before(
    other: object,
) -> None:
    slope = chainrule.grad(weighted, wrt="layers")
    layers = [{"W": np.ones((2, 3)), "b": np.zeros(2)}, {"W": np.ones((2, 3)), "b": np.ones(2)}]
    for _ in range(2):
        slope(layers, np.ones(3), 0.5)
        found = slope(other, np.ones(3), 0.5)
        alone = chainrule.grad(weighted, wrt="layers")(other, np.ones(3), 0.5)
        assert repr(found) == repr(alone)


def test_floats_and_arrays_in_turn_give_their_own_derivatives() -> None:
    slope = chainrule.grad(copied)
    numbers = chainrule.grad(powers)
    for _ in range(3):
        assert slope(np.array([1.0, 2.0]), 2).tolist() == [32.0, 64.0]
        assert slope(np.array([1.0, 3.0]), 2).tolist() == [32.0, 96.0]
        assert numbers(2.0) == 32.0
        assert numbers(np.float64(2.0)) == 32.0


def valley(a, b, c, d):
    return 100.0 * (b - a * a) ** 2 + 10.0 * (d - c * c) ** 2


def valley_with_a_pole(a, b, c, d):
    return (b - a * c) ** 2 / (d - c * a)


def test_the_body_tells_kinds_by_what_it_computes() -> None:
    slope = chainrule.grad(valley, wrt=("a", "b", "c", "d"))
    text = ast.parse(slope.source).body[-1]
    assert isinstance(text, ast.FunctionDef)
    asked = witnesses(text.body[1:], "abcd", ())
    assert asked is not None and len(asked.names) == 2
    expected = (-400.0 * 2.0 * -1.0, 200.0 * -1.0, -40.0 * 4.0 * -11.0, 20.0 * -11.0)
    for kind in (float, int, np.float64, np.int32, Fraction):
        assert slope(*map(kind, (2, 3, 4, 5))) == expected
    for other in ([1.0], "a", np.ones(2)):
        with pytest.raises(ChainruleError):
            slope(2.0, other, 4.0, 5.0)
        assert slope(2.0, 3.0, 4.0, 5.0) == expected


def test_what_tells_kinds_tells_them_also_where_other_things_are_watched() -> None:
    slope = chainrule.grad(valley, wrt=("a", "b", "c", "d"))
    read = [step.argval for step in dis.get_instructions(slope)]
    assert slope.watch is not None
    # Neither a sum of the four parameters nor of two: their differences come first.
    assert read.index("__class__") > read.index("gap_1")


def over_gap(x, y):
    return 3.0 * (x + y) / (x - y)


def without_gap(x, y):
    return 3.0 * (x + y) * (x - y)


def test_what_is_computed_ahead_of_a_changed_function_does_not_raise() -> None:
    function = types.FunctionType(over_gap.__code__, globals(), "over_gap")
    slope = chainrule.grad(function, wrt=("x", "y"))
    with pytest.raises(ZeroDivisionError):
        slope(2.0, 2.0)
    function.__code__ = without_gap.__code__
    assert slope(2.0, 2.0) == (12.0, -12.0)


def test_slopes_that_are_floats_of_ints_too_need_no_float_each() -> None:
    slope = chainrule.grad(lambda a, b, c: 2.0 * a + 0.5 * b * c, wrt=("a", "b", "c"))
    assert not slope.entry.exact
    assert [type(found) for found in slope(1, 2, 3.0)] == [float] * 3


def test_one_float_among_what_a_slope_is_made_of_is_enough() -> None:
    slope = chainrule.grad(lambda a, b, c, d: a * b * c * d, wrt=("a", "b", "c", "d"))
    assert len(slope.entry.exact) == 2
    for point in ((1, 2, 3, 4), (1.0, 2, 3, 4), (1, 2, 3, 4.0), (1.0, 2, 3.0, 4)):
        found = slope(*point)
        assert found == (24.0, 12.0, 8.0, 6.0)
        assert [type(one) for one in found] == [float] * 4


def test_of_two_arms_each_needs_its_own_float() -> None:
    def f(a, b, c):
        return a * b if a > 0.0 else c * a

    slope = chainrule.grad(f)
    for point in ((1, 2, 3.0), (-1, 2.0, 3), (1.0, 2, 3), (-1.0, 2, 3)):
        assert type(slope(*point)) is float


def test_what_numbers_raise_before_kinds_are_asked_for_is_raised() -> None:
    slope = chainrule.grad(valley_with_a_pole, wrt=("a", "b", "c", "d"))
    with pytest.raises(ZeroDivisionError) as caught:
        slope(2.0, 3.0, 4.0, 8.0)
    assert caught.value.__context__ is None
    assert len(caught.traceback) == 2


@pytest.mark.parametrize(
    "text",
    [
        "p = a / b\nq = c / d",  # two spans of time make a float
        "p = a * b\np = c * d",
        "print(a)\np = a * b",
        "a = 2.0\np = b * c",
        "p = abs(a * b)",
        "p = a ** b",
    ],
)
def test_what_does_not_tell_kinds_is_not_asked(text: str) -> None:
    assert witnesses(ast.parse(text).body, "abcd", ()) is None


def annotated(x: float, k: float) -> float:
    return x * k * k


def in_math(x, k):
    return math.sqrt(x) * math.sqrt(k) + x * k * k


def by_a_power(x: float, k: float) -> float:
    return x * k * k * k


def opposite(x: float, k: float) -> float:
    return math.exp(-x) - x * k


WRAPPING = [np.uint8(200), np.int16(300), np.int32(70000), np.int64(4 * 10**9), np.bool_(True)]


@pytest.mark.parametrize("f", [annotated, in_math, by_a_power, opposite])
@pytest.mark.parametrize("k", WRAPPING, ids=lambda k: f"{type(k).__name__}-{k}")
@pytest.mark.parametrize("transform", [grad, lambda f: grad(f, mode="reverse"), hessian])
def test_integers_of_numpy_do_not_wrap_around_in_a_function_made_for_floats(
    f: Any, k: Any, transform: Any
) -> None:
    slope = transform(f)
    assert slope(2.0, float(k)) == slope(2.0, float(k))
    wanted = slope(2.0, float(k))
    assert slope(2.0, k) == wanted
    assert transform(f)(2.0, k) == wanted
    # An int of Python's is exact.
    assert slope(2.0, int(k)) == pytest.approx(wanted, rel=1e-15)


def test_what_integers_cannot_spoil_is_not_asked_for() -> None:
    def f(x: float, k: float) -> float:
        return math.sin(x) * k

    assert grad(f).entry is None  # type: ignore[attr-defined]


def test_parameters_may_be_called_as_what_the_check_needs() -> None:
    def f(x: float, other: int, away: int, renew: int) -> float:
        return x**other * away if renew else x

    def told_by_use(x, other, float):
        return x if other == float else x * x

    slope = grad(f)
    assert slope(3.0, 2, 5, 1) == 30.0
    assert slope(3.0, 2.0, 5.0, True) == 30.0
    assert grad(told_by_use)(3.0, {"a": 1.0}, {"a": 1.0}) == 1.0
    assert grad(told_by_use)(3.0, 1.0, 2.0) == 6.0


def counted(x, n):
    rows = [[x * (i + j) for j in range(n + 1)] for i in range(n)]
    known = [0.0] * n
    for k in range(n):
        known[k] = rows[k][n] - rows[n - 1][k]
    return sum(known)


def test_what_floats_make_raise_is_not_made_for_floats() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        slope = chainrule.grad(counted, wrt="x")
    assert slope(0.3, 4) == pytest.approx(counted(1.0, 4))
    assert "raise TypeError" not in slope.source


def gated(x, y, a, b):
    return (a * math.tanh(x) + b * math.tanh(y)) * 1.5


def test_a_float_that_a_branch_gives_asks_for_no_more_than_numbers() -> None:
    slope = chainrule.grad(gated, wrt=("x", "y", "a", "b"))
    assert slope.entry and not slope.entry.exact
    for point in itertools.product((2, 2.0), (1, 1.0), (3, 3.0), (1, 1.0)):
        found = slope(*point)
        assert {type(each) for each in found} == {float}
        u, v = 1.0 / math.cosh(2.0) ** 2, 1.0 / math.cosh(1.0) ** 2
        expected = (4.5 * u, 1.5 * v, 1.5 * math.tanh(2.0), 1.5 * math.tanh(1.0))
        assert found == pytest.approx(expected, rel=1e-14)
