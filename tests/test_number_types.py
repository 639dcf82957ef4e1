"""What Python calls a number: its own, NumPy's, or an array without axes.

Functions ask (``isinstance``, ``hasattr``, ``np.isscalar``), and take another way for each.
"""

from __future__ import annotations

import linecache
import math
import numbers
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import scipy

from chainrule import UnsupportedError, grad, value_and_grad
from tests import oracle

NUMBER = 1.7
OF_NUMPY = np.float64(1.7)
BOXED = np.array(1.7)
MADE = """
x
+x
-x
x ** 2
x + NUMBER
x * OF_NUMPY
x + BOXED
abs(x)
float(x)
int(2.0 * x) * x
math.sin(x)
math.floor(x)
np.sin(x)
np.add(x, 1.0)
np.multiply(x, 2)
np.maximum(x, 1.0)
max(x, 1.0)
min(x, OF_NUMPY)
max(x, OF_NUMPY)
sum([x, 2.0])
sum([x, OF_NUMPY])
math.fsum([x, 2.0])
np.clip(x, 0.0, 5.0)
np.where(x > 1.0, x, 0.0)
np.where(x > 1.0, x, 0.0) + 1.0
np.array(x)
np.asarray(x)
np.asarray(x) + 0.0
np.copy(x)
np.squeeze(x)
np.squeeze([x])
np.squeeze(np.array([[x]]))
np.reshape(x, ())
np.reshape([x], ())
np.broadcast_to(x, ())
np.transpose(x)
np.ravel(x)[0]
np.atleast_1d(x)[0]
np.atleast_1d(x)[..., 0]
np.atleast_2d(x)[0, 0]
np.ascontiguousarray(x)[0]
np.array([x, 2.0])[0]
np.array([x, 2.0])[..., 0]
np.array([x, 2.0])[0, ...]
np.array([x, 2.0])[0][()]
np.array([x, 2.0]).item(0)
np.array([x, 2.0]).tolist()[0]
np.array([x, 2.0]).sum()
np.sum([x, 2.0])
np.sum(x)
np.mean(x)
np.median([x, 2.0])
np.percentile([x, 2.0], 40)
np.ptp([x, 2.0])
np.average([x, 2.0], weights=[1.0, 2.0])
np.cumsum([x, 2.0])[-1]
np.dot(x, 2.0)
np.dot([x, 2.0], [1.0, 2.0])
np.inner(x, 2.0)
np.vdot(x, 2.0)
np.array([x, 2.0]) @ np.array([1.0, 2.0])
np.tensordot([x, 2.0], [1.0, 2.0], axes=1)
np.einsum('i,i->', [x, 2.0], [1.0, 2.0])
np.einsum('ii->', [[x, 2.0], [1.0, 2.0]])
np.trace([[x, 2.0], [1.0, 2.0]])
np.kron(x, 2.0)
np.linalg.norm([x, 2.0])
np.linalg.norm(x)
np.linalg.det([[x, 2.0], [1.0, 5.0]])
np.linalg.slogdet([[x, 1.0], [1.0, 5.0]])[1]
np.interp(x, [0.0, 5.0], [0.0, 2.0])
np.polyval([1.0, 2.0], x)
np.real(x)
np.imag(x)
np.diff([x, 2.0])[0]
np.zeros(())
np.zeros_like(x)
np.ones_like(x) * x
np.full((), x)
np.full_like(x, 2.0)
np.float64(x)
np.nan_to_num(x)
np.piecewise(x, [x > 1.0], [2.0])
np.heaviside(x, 0.5)
np.sign(x)
np.round(x, 1)
np.divmod(x, 1.0)[1]
divmod(x, 1.0)[1]
np.modf(x)[0]
math.modf(x)[0]
np.positive(x)
scipy.special.erf(x)
scipy.special.logsumexp([x, 2.0])
scipy.special.expit(x)
scipy.linalg.norm([x, 2.0])
scipy.linalg.det([[x, 2.0], [1.0, 5.0]])
np.add.reduce([x, 2.0])
x if x > 1.0 else np.float64(0.0)
x if x > 1.0 else np.array(0.0)
2.0 if x > 1.0 else np.array(x)
np.array([x, 2.0]).reshape(2, 1)[0, 0]
np.array([x])[0:1].squeeze()
np.array([[x]]).squeeze()
np.array([x, 2.0])[0] * 2.0
np.array([x, 2.0])[0].astype(float)
np.array(x).astype(float)
np.array(x)[()]
np.array(x)[...]
np.array(x).item()
-np.array(x)
np.array(x) ** 2
np.array(x).T
np.array(x).real
np.array(x).reshape(())
np.array(x).squeeze()
np.sin(np.array(x))
float(np.array(x))
abs(np.array(x))
math.sin(np.array(x))
np.asarray(x, dtype=float)[()]
np.float64(x).item()
np.take([x, 2.0], 0)
np.array([x, 2.0]).take(0)
[v for v in np.array([x, 2.0])][0]
np.size(x) * x
np.sinc(x)
np.concatenate([[x], [2.0]])[0]
(x > 1.0) * x
np.expand_dims(x, 0)[0]
np.flip(x)
np.roll(x, 1)
np.power(x, 2)
np.conj(x)
""".strip().splitlines()
TRUTHS = """
x > 1.0
np.greater(x, 1.0)
np.isclose(x, 1.0)
math.isfinite(x)
np.any([x > 1.0])
not (x > 1.0)
bool(x > 1.0)
np.asarray(x > 1.0)
np.array_equal([x], [x])
(np.array([x, 2.0]) > 1.0)[0]
(x > 1.0) & True
~np.isnan(x)
x in (1.0, 1.5)
np.isscalar(x)
""".strip().splitlines()
COUNTED = """
len([x, 2.0])
np.size(x)
np.argmax([x, 2.0])
int(x)
np.int64(3)
math.floor(x)
np.array([1, 2])[0]
np.array([x, 2.0]).shape[0]
np.searchsorted([0.0, 5.0], x)
np.asarray(3)
int(np.asarray(3))
np.asarray(3).item()
[i for i in np.arange(3)][1]
[i for i in range(3)][1]
sum([True, False])
np.floor(x).astype(int)
np.power(2, 3)
np.floor(3)
2**3
""".strip().splitlines()
QUESTIONS = """
isinstance(y, float)
isinstance(y, (int, np.integer))
isinstance(y, bool)
isinstance(y, np.ndarray)
isinstance(y, np.floating)
isinstance(y, np.generic)
isinstance(y, np.bool_)
isinstance(y, numbers.Real)
isinstance(y, numbers.Integral)
isinstance(y, int | np.floating)
isinstance(y, ((bool, str), (int, (float, np.ndarray))))
isinstance(y, None | (numbers.Integral | np.ndarray))
np.isscalar(y)
hasattr(y, "dtype")
hasattr(y, "__len__")
hasattr(y, "is_integer")
type(y) is float
type(y) == np.float64
type(y) in (int, np.ndarray)
issubclass(type(y), float)
np.ndim(y) == 0
np.shape(y) == ()
len(np.shape(y)) == 0
np.iscomplexobj(y)
np.iterable(y)
y is None
""".strip().splitlines()
KINDS: dict[str, Any] = {"float": float, "numpy": np.float64, "array": np.array}


def program(text: str) -> Any:
    """The function ``f`` of a text, with source that can be read."""
    name = f"<number types {text}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    scope = {**globals(), "math": math, "numbers": numbers, "scipy": scipy}
    exec(compile(text, name, "exec"), scope)
    return scope["f"]


def outcome(f: Any, x: Any) -> Any:
    """What a function gives, or raises."""
    try:
        return f(x)
    except (ArithmeticError, AttributeError, TypeError, ValueError) as error:
        return type(error), str(error)


@pytest.mark.parametrize("made", [*MADE, *TRUTHS, *COUNTED])
def test_what_a_function_asks_of_a_number_is_answered_as_python_answers(made: str) -> None:
    asked = "".join(
        f"    if {question}:\n        s += {2**k}.0\n" for k, question in enumerate(QUESTIONS)
    )
    f = program(f"def f(x):\n    y = {made}\n    s = 0.0\n{asked}    return s * x\n")
    for kind in KINDS.values() if made in MADE else (float, np.array):
        with np.errstate(all="ignore"):
            value, slope = value_and_grad(f)(kind(1.5))
            assert value == f(kind(1.5))
        assert slope == value / 1.5


@pytest.mark.parametrize("made", MADE)
def test_the_value_is_of_the_kind_that_f_returns(made: str) -> None:
    f = program(f"def f(x):\n    return {made}\n")
    verdict = oracle.derivative(f, (1.3,))
    for kind in KINDS.values():
        expected = f(kind(1.3))
        value, slope = value_and_grad(f)(kind(1.3))
        assert type(value) is type(expected)
        assert value == expected
        assert oracle.agrees(verdict, float(slope))


def classified(x: float, kind: Any) -> Any:
    return x * x if isinstance(kind, kind) else 3.0 * x


def test_what_is_no_class_is_refused_by_isinstance_itself() -> None:
    for kind in (3, (int, (3, str))):
        with pytest.raises(TypeError, match="arg 2 must be a type"):
            grad(classified)(2.0, kind)


OTHERS = [
    np.float32(1.5), np.float16(1.5), np.array(1.5, dtype=np.float32), Fraction(3, 2),
    np.int32(2), np.array(2), 2, True,
]  # fmt: skip
OF_OTHERS = """
x
x * 2.0
x**2
abs(x)
x // 1
np.sin(x)
np.squeeze(x)
np.asarray(x)
float(x)
int(x)
round(x)
math.sin(x)
max(x, 1)
sum([x, x])
np.sum([x, x])
np.array([x, x])[0]
np.array(x) * 2.0
x if x > 1 else np.sin(x)
""".strip().splitlines()


@pytest.mark.parametrize("made", OF_OTHERS)
def test_numbers_of_other_kinds_stay_what_they_are(made: str) -> None:
    asked = [
        *QUESTIONS, "isinstance(y, np.float32)", "hasattr(y, 'numerator')",
        "getattr(y, 'ndim', 7) > 6",
    ]  # fmt: skip
    body = "".join(
        f"    if {question}:\n        s += {2**k}.0\n" for k, question in enumerate(asked)
    )
    f = program(f"def f(x, z):\n    y = {made}\n    s = 0.0\n{body}    return s * z\n")
    for x in OTHERS:
        expected = outcome(lambda z, x=x: f(x, z), 1.0)
        found = outcome(lambda z, x=x: value_and_grad(f, wrt="z")(x, z), 1.0)
        assert found == ((expected, expected) if isinstance(expected, float) else expected)


def test_functions_of_math_take_entries_of_short_floats_as_they_are() -> None:
    f = program("def f(x):\n    return math.sin(x[0]) * math.exp(x[1])\n")
    x = np.array([1.3, 0.4], dtype=np.float32)
    value, slope = value_and_grad(f)(x)
    assert type(value) is float
    assert value == f(x)
    np.testing.assert_allclose(slope, [np.cos(x[0]) * np.exp(x[1]), f(x)], rtol=1e-6)


ATTRIBUTES = """
y.ndim == 0
y.shape == ()
y.size > 0
y.itemsize > 4
y.nbytes > 4
y.base is None
y.flags.writeable
y.dtype == float
y.dtype.kind == "f"
np.issubdtype(y.dtype, np.floating)
y.T > 1.0
y.T is None
y.real > 1.0
y.imag > 1.0
y.is_integer()
y.item() > 1.0
y[()] > 1.0
y[...] > 1.0
y[None][0] > 1.0
len(y) > 0
round(y) > 1
getattr(y, "ndim", 7) > 6
getattr(y, "shape", None) is None
""".strip().splitlines()
OWNERS = """
x
np.sin(x)
np.asarray(x)
np.squeeze(x)
max(x, OF_NUMPY)
np.array([x, 2.0])[..., 0]
x if x > 1.0 else np.sin(x)
x**2 if x < 1.0 else np.sin(x)
[x, np.sin(x)][int(x)]
""".strip().splitlines()


# A third of all pairs, in which each question and each number comes.
ASKED = [
    (question, made)
    for k, question in enumerate(ATTRIBUTES)
    for j, made in enumerate(OWNERS)
    if (k + j) % 3 == 0
]


@pytest.mark.parametrize(("question", "made"), ASKED)
def test_an_attribute_is_there_or_raises_as_in_f(question: str, made: str) -> None:
    text = f"def f(x):\n    y = {made}\n    if {question}:\n        return 2.0 * x\n    return x\n"
    f = program(text)
    for kind in KINDS.values():
        expected = outcome(f, kind(1.5))
        found = outcome(value_and_grad(f), kind(1.5))
        if isinstance(expected, tuple):
            assert found == expected
        else:
            assert found == (expected, expected / 1.5)


def whole(x):
    n = np.round(x)
    return x * n if isinstance(n, np.integer) else 3.0 * x


def given(x, n):
    if np.isscalar(n):
        return x * n
    if isinstance(n, np.ndarray):
        return 2.0 * x * n
    return 3.0 * x


def each_round(x):
    y = x
    while not hasattr(y, "dtype"):
        y = np.multiply(y, 2.0)
    for _ in range(2):
        y = y * 2.0 if type(y) is np.float64 else y * 3.0
    return y


def by_kind(z):
    return z * 2.0 if isinstance(z, np.ndarray) else z * 3.0


def in_a_helper(x):
    return by_kind(x) + by_kind(np.asarray(x)) + by_kind(np.sin(x)) + by_kind(np.squeeze(x))


def one_by_one(x):
    total = 0.0
    for z in (x, np.asarray(x), np.sin(x)):
        total = total + by_kind(z)
    for z in [x, np.sin(x)]:
        total = total + z * (2.0 if hasattr(z, "dtype") else 5.0)
    return total


def unscalar(x):
    x = np.asanyarray(x)
    scalar = x.ndim == 0
    x = np.atleast_1d(x)
    y = np.where(x > 1.0, x**2, x)
    return y.squeeze()[()] if scalar else y.sum()


def conjugated(x):
    y = np.conj(np.array([x, 3.0]))
    y[0] = 5.0 * y[1]
    return x * y.sum()


@pytest.mark.parametrize("f", [each_round, in_a_helper, one_by_one, unscalar, conjugated])
def test_kinds_are_told_apart_through_loops_and_calls(f: Any) -> None:
    for kind in KINDS.values():
        value, slope = value_and_grad(f)(kind(1.3))
        assert type(value) is type(f(kind(1.3)))
        assert value == f(kind(1.3))
        high, low = (float(f(kind(1.3 + step))) for step in (1e-5, -1e-5))
        assert abs(float(slope) - (high - low) / 2e-5) < 1e-7


@pytest.mark.parametrize("n", [2, 2.0, np.int64(2), np.float64(2.0), np.array(2), np.array(2.0)])
def test_the_kind_of_an_argument_decides_what_is_asked_of_it(n: Any) -> None:
    assert value_and_grad(given)(1.5, n) == (given(1.5, n), given(1.0, n))
    assert value_and_grad(whole, wrt="x")(1.5)[0] == whole(1.5)


def blocks(x, size):
    if np.isscalar(size):
        size = (size,) * x.ndim
    return x.reshape((2, size[0], 2, size[1])).mean(axis=(1, 3)).max()


@pytest.mark.parametrize("size", [2, np.int64(2), (2, 2), [2, 2], np.array([2, 2])], ids=repr)
def test_a_size_is_one_for_all_axes_or_one_for_each(size: Any) -> None:
    value, slope = value_and_grad(blocks)(np.arange(16.0).reshape(4, 4), size)
    assert value == 12.5
    assert np.sum(slope) == 1.0


def scaled(x, *, by):
    return x * 2.0 if np.isscalar(by) else x * 3.0


@pytest.mark.parametrize("by", [1j, "a", b"a", None, (1,), [1.0], {}, len], ids=repr)
def test_what_is_no_number_is_no_scalar_but_texts_are(by: Any) -> None:
    assert value_and_grad(scaled)(1.5, by=by)[0] == scaled(1.5, by=by)


def test_numbers_that_numpy_makes_anew_are_not_those_of_python() -> None:
    source = value_and_grad(in_a_helper)
    source(1.3)
    assert "np.squeeze(x)" in source.source


WRITES = {
    "y = x\n    x += 1.0\n    return x * y": "written to in place",
    "y = np.squeeze(x)\n    y += 1.0\n    return x * y": "written to in place",
    "y = np.array([x, 2.0])\n    w = y[0, ...]\n    w += 1.0\n    return y[0] * w": "in place",
    "d = {'a': np.asarray(x)}\n    d['a'] += 1.0\n    return d['a'] * x": "in place",
    "y = np.reshape(np.array([x]), ())\n    z = y\n    y += 1.0\n    return z * x": "another name",
    "y = np.atleast_1d(x)\n    y[0] = 2.0 * y[0]\n    return x * y[0]": "looks into one",
    "y = x[None]\n    y[0] = 2.0 * y[0]\n    return x * y[0]": "looks into one",
}


@pytest.mark.parametrize("body", WRITES)
def test_a_write_that_is_seen_through_an_array_without_axes_is_refused(body: str) -> None:
    with pytest.raises(UnsupportedError, match=WRITES[body]):
        value_and_grad(program(f"def f(x):\n    {body}\n"))(np.array(1.3))


@pytest.mark.parametrize(
    "body",
    [
        "y = np.atleast_1d(np.asarray(x))\n    y[0] = 2.0 * y[0]\n    return x * y[0]",
        "y = np.squeeze(x)\n    y += 1.0\n    return x * y",
        "y = np.reshape(np.array([x]), ())\n    y *= x\n    return x * y",
        "y = np.sin(x)\n    z = y\n    y += 1.0\n    return y * z",
    ],
)
def test_a_write_into_a_fresh_array_without_axes_is_none_into_another(body: str) -> None:
    f = program(f"def f(x):\n    {body}\n")
    value, slope = value_and_grad(f)(1.3)
    assert type(value) is type(f(1.3))
    assert value == f(1.3)
    assert oracle.agrees(oracle.derivative(f, (1.3,)), float(slope))


@pytest.mark.parametrize("kind", [np.uint8, np.uint64])
def test_a_number_of_an_unsigned_kind_is_asked_for_its_kind(kind: Any) -> None:
    def f(x, n):
        return (float(n) + x) * n

    value, slope = value_and_grad(f)(1.5, kind(3))
    assert value == f(1.5, kind(3))
    assert (type(value), slope) == (np.float64, 3.0)


class Scaled(float):
    def __mul__(self, other):
        return 100.0 * other

    __rmul__ = __mul__


class Count(int):
    def __rmul__(self, other):
        return 100.0 * other


SCALED, COUNT = Scaled(3.0), Count(3)


def by_a_global(x, k):
    return x * SCALED + k


def by_a_global_count(x, k):
    return x * COUNT + k


def by_an_argument(x, k):
    return x * k


def by_an_entry(x, k):
    return 2.0 * x * [k][0]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    ("f", "k"),
    [
        (by_a_global, 1.0),
        (by_a_global_count, 1.0),
        (by_an_argument, SCALED),
        (by_an_argument, COUNT),
        (by_an_entry, COUNT),
    ],
)
def test_a_number_is_multiplied_as_python_asks_its_class(f: Any, k: float, mode: str) -> None:
    # A float answers itself for what is derived from int, not for what is derived from float.
    value, slope = value_and_grad(f, mode=mode)(1.5, k)
    assert value == f(1.5, k)
    assert slope == pytest.approx(f(2.0, k) - f(1.0, k))


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("x", [Fraction(3, 7), Fraction(-3, 7), 2**53 + 1, -(2**53) - 1, 0.5, -0.5])
def test_the_sign_is_compared_and_not_the_rounded_number(x: Any, mode: str) -> None:
    slope = grad(lambda x, y: math.copysign(x, y), mode=mode)
    for y in (7.25, -7.25):
        assert slope(x, y) == math.copysign(1.0, x) * math.copysign(1.0, y)


# --- lists and floats of NumPy's ---------------------------------------------------------------


def correlated(x, y):
    mean, other = np.mean(x), np.mean(y)
    return np.sum((x - mean) * (other - y)) + np.sum(x / np.exp(x[0])) + np.sum(mean + tuple(y))


def scaled_or_summed(x):
    mean = np.mean(x)
    try:
        return sum(x * mean)
    except TypeError:
        return mean * sum(x)


def test_a_list_beside_a_float_of_numpys_is_an_array_but_for_products() -> None:
    x, y = [0.5, 1.5, 4.0], [2.0, -1.0, 0.5]
    for wrt, given in (("x", x), ("y", y)):
        value, slope = value_and_grad(correlated, wrt)(x, y)
        assert value == correlated(x, y)
        for k in range(len(given)):
            verdict = oracle.derivative(correlated, (x, y), {}, wrt, (k,))
            assert oracle.agrees(verdict, slope[k])
    assert value_and_grad(scaled_or_summed)(x) == (12.0, [4.0, 4.0, 4.0])


def across(x, y):
    return np.sum((x[:, None] + tuple(y)) ** 2) + np.sum(np.sin(tuple(v * v for v in y)))


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_tuple_whose_length_is_not_known_is_an_array_beside_one(mode) -> None:
    x, y = np.array([0.5, 1.5, 4.0]), [2.0, -1.0]
    by_x, by_y = grad(across, wrt=("x", "y"), mode=mode)(x, y)
    assert np.allclose(by_x, 2.0 * (x[:, None] + y).sum(axis=1), rtol=1e-14)
    assert type(by_y) is list
    slope = 2.0 * (x[:, None] + y).sum(axis=0) + 2.0 * np.array(y) * np.cos(np.square(y))
    assert np.allclose(by_y, slope, rtol=1e-14)
