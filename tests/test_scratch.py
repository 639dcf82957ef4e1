"""Products of matrices that are written into arrays which nobody needs any more."""

from __future__ import annotations

import itertools
import linecache
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad, value_and_grad, vjp


def network(W, V, U, X):
    h = np.tanh(X @ W)
    k = np.tanh(h @ V)
    return np.sum((k @ U) ** 2)


def square(A, B):
    k = np.tanh(A)
    s = k @ B
    t = k.T @ s
    u = s @ B
    return np.sum(t**2) + np.sum(u**2)


def kept(A, B):
    m = np.exp(-(B * B)) @ A
    t = B.T @ m
    t += 0.1 * A
    p = B[:, ::-1] @ m
    q = np.outer(t[0], A[:, 1])
    r = np.outer(p[0], B[:, 1])
    r *= 0.1 * r
    return np.trace(m @ B.T) + np.sum(r**2) + np.trace(t @ q.T)


def covariance(scale, noise, X):
    K = np.exp(-scale * (X @ X.T))
    L = np.linalg.cholesky(K + noise * np.eye(len(X)))
    alpha = np.linalg.solve(L.T, np.linalg.solve(L, X[:, 0]))
    return X[:, 0] @ alpha + np.sum(np.log(np.diag(L)))


def numbers(*shape: int) -> Any:
    return 0.4 * np.random.default_rng(sum(shape)).normal(size=shape)


def slopes(f: Callable[..., Any], args: tuple[Any, ...], position: int) -> Any:
    """The gradient by one array: the complex step."""
    found = np.zeros(args[position].shape)
    for where in itertools.product(*map(range, found.shape)):
        moved = [np.asarray(arg, dtype=complex) for arg in args]
        moved[position][where] += 1e-40j
        found[where] = f(*moved).imag / 1e-40
    return found


def source_of(f: Callable[..., Any], args: tuple[Any, ...], **options: Any) -> str:
    gradient = grad(f, **options)
    gradient(*args)
    return str(gradient.source)


NETWORK = (numbers(3, 5), numbers(5, 4), numbers(4, 2), numbers(6, 3))
SQUARES = (numbers(4, 4), 0.7 * numbers(4, 4).T)
PROGRAMS = [(network, NETWORK, (0, 1, 2)), (square, SQUARES, (0, 1)), (kept, SQUARES, (0, 1))]


@pytest.mark.parametrize(("f", "args", "wrt"), PROGRAMS)
def test_what_is_written_over_an_array_that_is_dead_changes_no_slope(f, args, wrt):
    before = [arg.copy() for arg in args]
    value, found = value_and_grad(f, wrt=wrt)(*args)
    assert value == f(*args)
    for position, slope in zip(wrt, found, strict=True):
        np.testing.assert_allclose(slope, slopes(f, args, position), rtol=1e-12, atol=1e-14)
    for arg, old in zip(args, before, strict=True):
        np.testing.assert_array_equal(arg, old)


def test_the_way_back_through_a_layer_is_written_into_its_values():
    source = source_of(network, NETWORK, wrt=(0, 1, 2))
    assert "out=k)" in source
    assert "out=h)" in source


def test_what_is_returned_is_computed_before_its_array_is_written_over():
    lines = source_of(network, NETWORK, wrt=(0, 1, 2)).splitlines()
    read = next(k for k, line in enumerate(lines) if "k.T @" in line)
    written = next(k for k, line in enumerate(lines) if "out=k)" in line)
    assert read < written
    assert "k.T" not in lines[-1]


def test_memory_that_a_product_has_taken_is_not_taken_again_while_the_product_is_needed():
    source = source_of(square, SQUARES, wrt=(0, 1))
    taken = [part.split(")")[0] for part in source.split("out=")[1:]]
    assert taken
    found = grad(square, wrt=(0, 1))(*SQUARES)
    for position, slope in enumerate(found):
        expected = slopes(square, SQUARES, position)
        np.testing.assert_allclose(slope, expected, rtol=1e-12, atol=1e-14)


def test_products_of_vectors_are_written_into_matrices_too():
    source = source_of(covariance, (0.3, 1.0, numbers(5, 2)), wrt=(0, 1), mode="reverse")
    assert "np.outer(" in source
    outer = next(line for line in source.splitlines() if "np.outer(" in line)
    assert "out=" in outer


def test_what_f_gives_is_not_written_over():
    def layers(W, X):
        h = np.tanh(X @ W)
        return np.tanh(h @ W.T), h

    W, X = numbers(4, 4), numbers(6, 4)
    values, _ = vjp(layers)(W, X, (np.ones((6, 4)), np.ones((6, 4))))
    for value, own in zip(values, layers(W, X), strict=True):
        np.testing.assert_array_equal(value, own)


def test_an_array_of_which_the_shape_is_not_known_to_be_the_products_takes_none():
    def two(W, V, X, Y):
        h = np.tanh(X @ W)
        return np.sum(h**2) + np.sum((Y @ V) ** 2 @ V.T)

    args = (numbers(3, 5), numbers(5, 4), numbers(6, 3), numbers(6, 5))
    assert "matmul" not in source_of(two, args, wrt=(1, 3))


def test_a_sum_of_arrays_in_several_lines_goes_on_under_its_name():
    def seen(offset, axis, theta, weight):
        turned = (
            offset * np.cos(theta) * weight
            + np.cross(axis, offset) * np.sin(theta) * weight
            + axis * np.sum(axis * offset) * (1.0 - np.cos(theta)) * weight
        )
        return np.sum(turned**2)

    args = tuple(numbers(5, 3) + k for k in range(4))
    lines = [line.strip() for line in source_of(seen, args).splitlines()]
    begun = [line for line in lines if line.startswith("turned ")]
    assert len(begun) >= 2
    assert not any(line.startswith("total ") for line in lines)


def test_each_layer_of_a_deep_network_goes_back_through_an_array_that_is_dead():
    lines = [f"    h = np.tanh(h @ W{k})" for k in range(40)]
    names = [f"W{k}" for k in range(40)]
    text = [f"def deep(X, {', '.join(names)}):", "    h = X", *lines, "    return np.sum(h**2)"]
    source = "import numpy as np\n\n\n" + "\n".join(text) + "\n"
    linecache.cache["<deep>"] = (len(source), None, source.splitlines(True), "<deep>")
    space: dict[str, Any] = {}
    exec(compile(source, "<deep>", "exec"), space)
    args = (numbers(4, 3), *(numbers(3, 3) for _ in names))
    # Every layer but the first and the last two.
    assert source_of(space["deep"], args, wrt=tuple(names)).count("np.matmul(") == 38
