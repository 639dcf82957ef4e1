"""What `np.broadcast` tells of arrays, and calls of NumPy's classes with options."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule import UnsupportedError, grad, jvp


def filled(a, b):
    both = np.broadcast(a, b)
    out = np.zeros(both.shape)
    if both.ndim:
        out[...] = a * b
    else:
        out = out + a * b
    return out * both.size


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (np.array([1.0, 2.0, 3.0]), np.array([[0.5], [2.0]])),
        (np.array([1.0, 2.0, 3.0]), 4.0),
        (2.0, 3.0),
    ],
)
def test_broadcast_arrays_have_a_shape_together(a, b) -> None:
    value, slopes = jvp(filled)(a, b, a * 0.0 + 1.0)
    np.testing.assert_array_equal(value, filled(a, b))
    np.testing.assert_array_equal(slopes, filled(a * 0.0 + 1.0, b))


def pairs(a, b):
    return sum(x * y for x, y in np.broadcast(a, b))


def of_roots(x):
    return np.poly1d([1.0, x], r=True)(2.0)


@pytest.mark.parametrize("f", [lambda a: pairs(a, a), lambda a: of_roots(a[0])])
def test_what_is_not_known_of_a_class_of_numpy_is_refused(f) -> None:
    with pytest.raises(UnsupportedError, match=r"used as a whole|this call of NumPy"):
        grad(f)(np.array([1.0, 2.0]))
