"""Gradients by long tuples, and by tuples of any length, are tuples."""

from __future__ import annotations

import ast

import numpy as np
import pytest

from chainrule import grad, hvp, jacobian, value_and_grad, vjp
from chainrule.emit.module import render
from chainrule.transforms.derive import derive

LONG = tuple(0.1 * k for k in range(120))


def neighbours(p):
    total = 0.0
    for k in range(len(p) - 1):
        total += p[k] * p[k] * p[k + 1]
    return total


def by_pairs(p, table):
    return sum(x * y * y for x, y in zip(p, table["a"], strict=True))


def of_any(*xs):
    return sum(x * x for x in xs)


def annotated(p: tuple[float, ...]) -> float:
    return sum(x * x for x in p)


def slopes(p):
    x = np.array([0.0, *p, 0.0])
    found = 2.0 * x[1:-1] * x[2:]
    found[-1] = 0.0
    return found + x[:-2] ** 2


def test_a_gradient_by_a_long_tuple_is_a_tuple():
    found = grad(neighbours)(LONG)
    assert type(found) is tuple
    assert np.allclose(found, slopes(LONG), rtol=1e-14)


def test_so_is_it_beside_other_results():
    p_bar, table_bar = grad(by_pairs, wrt=("p", "table"))(LONG, {"a": LONG})
    assert type(p_bar) is type(table_bar["a"]) is tuple
    assert np.allclose(p_bar, np.square(LONG))
    assert np.allclose(table_bar["a"], np.multiply(2.0, p_bar))
    assert type(value_and_grad(neighbours)(LONG)[1]) is tuple
    assert type(vjp(neighbours)(LONG, 1.0)[1]) is tuple
    assert [type(each) for each in hvp(neighbours)(LONG, LONG)] == [tuple, tuple]
    assert type(jacobian(neighbours)(LONG)) is tuple
    assert type(grad(neighbours)(list(LONG))) is list


@pytest.mark.parametrize("count", [1, 3, 120])
def test_so_is_it_by_arguments_of_any_number(count):
    found = grad(of_any)(*LONG[:count])
    assert type(found) is tuple
    assert np.allclose(found, np.multiply(2.0, LONG[:count]))


def test_a_gradient_by_a_tuple_is_differentiated_again():
    def length(p):
        return sum(v * v for v in grad(neighbours)(p))

    found = grad(length)(LONG)
    slope = np.array(slopes(LONG))
    _, product = hvp(neighbours)(LONG, tuple(slope))
    assert type(found) is tuple
    assert np.allclose(found, 2.0 * np.array(product), rtol=1e-12)


def test_a_module_for_tuples_of_any_length_gives_tuples():
    text = render(derive(annotated, "grad")).source
    assert "-> tuple[float, ...]:" in text
    scope: dict[str, object] = {}
    exec(compile(ast.parse(text), "made", "exec"), scope)
    assert scope["grad_annotated"]((1.0, 2.0)) == (2.0, 4.0)


def test_compiled_code_gives_tuples_too():
    pytest.importorskip("numba")
    found = grad(neighbours, target="numba")(LONG)
    assert type(found) is tuple
    assert np.allclose(found, slopes(LONG), rtol=1e-14)
