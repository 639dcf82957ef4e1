"""`np.cross` of vectors of length 2, and of vectors whose length only the run tells."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule import UnsupportedError, grad, jacobian, value_and_grad

pytestmark = pytest.mark.filterwarnings("ignore:Arrays of 2-dimensional vectors")
NEWER = tuple(map(int, np.__version__.split(".")[:2])) >= (2, 5)
of_length_2 = pytest.mark.skipif(NEWER, reason="NumPy takes vectors of length 3 alone since 2.5")


def turned(a, b):
    return np.cross(a, b) * np.array([1.0, 2.0])


def areas(a, b):
    return np.sum(np.cross(a, b) ** 2)


def areas_along_the_first_axis(a, b):
    return np.sum(np.cross(a, b, axis=0) ** 2)


def of_the_first(a, b, n):
    return np.cross(a[: n + n % 2], b).sum()


def stepped(f, a, b):
    steps = 1e-20j * np.eye(a.size).reshape(a.size, *a.shape)
    return np.array([f(a + step, b).imag / 1e-20 for step in steps])


@of_length_2
def test_vectors_of_length_2_give_the_third_entry_alone():
    a, b = np.array([1.0, 2.0]), np.array([0.5, -1.0])
    np.testing.assert_allclose(jacobian(turned)(a, b), stepped(turned, a, b).T, rtol=1e-14)
    rows = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 4.0]])
    for f, x in ((areas, rows), (areas_along_the_first_axis, rows.T)):
        other = b if f is areas else b[:, np.newaxis]
        value, slopes = value_and_grad(f)(x, other)
        assert value == f(x, other)
        assert slopes.shape == x.shape
        np.testing.assert_allclose(slopes.ravel(), stepped(f, x, other), rtol=1e-14)


@of_length_2
def test_code_for_vectors_of_length_3_is_not_used_for_others():
    slopes = grad(areas)
    a, b = np.array([1.0, 2.0, 3.0]), np.array([0.5, -1.0, 2.0])
    for x, y in ((a, b), (a[:2], b[:2]), (a, b)):
        np.testing.assert_allclose(slopes(x, y), stepped(areas, x, y), rtol=1e-14)
    with pytest.raises(UnsupportedError, match="of length 2 and others"):
        slopes(a, b[:2])


def test_a_length_that_only_the_run_tells_is_asked_for():
    a, b = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 0.0, 2.0])
    slopes = grad(of_the_first)
    assert slopes(a[:3], b, 3).tolist() == [-2.0, 1.0, 1.0]
    with pytest.raises(ValueError, match="vectors of length 3"):
        slopes(a[:3], b[:3], 2)
