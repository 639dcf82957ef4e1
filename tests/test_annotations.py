"""What annotations and kinds tell of parameters when there is no argument yet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest

from chainrule import ArgumentError, grad
from chainrule.emit.module import render
from chainrule.transforms.derive import derive

Matrix = np.ndarray[tuple[int, int], np.dtype[np.float64]]


@dataclass
class Model:
    weights: Matrix
    bias: float


def of_matrix(x: Matrix):
    return np.sum(x @ x.T)


def of_shaped(x: "Float[np.ndarray, 'n 1']"):  # noqa: F722, F821, UP037
    return np.sum(x * x)


def of_model(model: Model):
    return np.sum(model.weights) * model.bias


def of_pair(pair: tuple[float, float]):
    return pair[0] * pair[1]


def of_list(xs: list[Matrix]):
    return sum(np.sum(x * x) for x in xs)


def of_array(x: npt.NDArray[np.float32]):
    return np.sum(x * x)


def of_dict(p: dict[str, float]):
    return p["a"] * p["b"]


def plain(xs, n):
    return sum(np.sum(x * x) for x in xs) * n


def source(function, **kinds):
    return render(derive(function, "grad", kinds=kinds or None), target="math").source


def test_shapes_of_annotations_are_known():
    assert "x @ x" in source(of_matrix)
    assert "2.0 * x" in source(of_shaped)
    assert "np.zeros_like(row) for row in xs" in source(of_list)


def test_containers_of_known_layout_are_laid_out_as_they_are():
    assert "return pair[1], value" in source(of_pair)
    assert "Model(" in source(of_model)


@pytest.mark.parametrize(
    ("function", "remedy"),
    [(of_array, r'--arg "x=float\[n\]"'), (of_dict, r'--arg "p=\{a: float')],
)
def test_what_annotations_leave_open_is_asked_for(function, remedy):
    with pytest.raises(ArgumentError, match=remedy):
        derive(function, "grad")


def test_kinds_of_containers_are_understood():
    assert "2.0 * x" in source(of_array, x="float32[n]")
    assert 'return {"a": ' in source(of_dict, p="{a: float, b: float}")
    assert "enumerate(xs)" in source(plain, xs="list[float[n]]", n="int")
    assert "return pair[1], value" in source(of_pair, pair="tuple[float, float]")


def test_functions_that_are_called_are_specialised_on_their_arguments():
    x = np.array([[1.0, 2.0]])
    assert np.array_equal(grad(of_matrix)(x), 2.0 * x)
    assert np.array_equal(grad(of_array)(x[0].astype("float32")), 2.0 * x[0])
    assert grad(of_dict)({"a": 2.0, "b": 3.0}) == {"a": 3.0, "b": 2.0}
    assert grad(of_pair)((2.0, 3.0)) == (3.0, 2.0)
    slopes = grad(of_model)(Model(x, 2.0))
    assert np.array_equal(slopes.weights, np.full((1, 2), 2.0))
    assert slopes.bias == 3.0
