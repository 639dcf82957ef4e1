"""Variables of a loop that no step has assigned yet when the step around it ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import hessian, value_and_grad
from tests import oracle

V = np.linspace(0.3, 1.1, 6)


def an_index(v, a):
    s = 0.1
    for i in range(len(v)):
        for j in range(i):
            if v[j] * v[i] > 0.5:
                break
            s += v[j] * a
        else:
            s *= v[i]
            continue
        s += s * j * v[i] * v[i]
    return s


def a_number(v, a):
    s = 0.1
    for i in range(len(v)):
        for j in range(i):
            y = v[j] * v[i] * a
            if y > 0.1:
                break
            s += v[j] * a
        else:
            s *= v[i]
            continue
        s += y * y * v[i]
    return s


def an_array(v, a):
    s = 0.1
    for i in range(len(v)):
        for x in v[:i]:
            y = v * v[i] * a
            if x * v[i] > 0.5:
                break
            s += x * a
        else:
            s *= v[i]
            continue
        s += np.sum(y * y) * x
    return s


def a_list(v, a):
    s = 0.1
    for i in range(len(v)):
        for j in range(i):
            y = [v[j] * v[i], a]
            if v[j] * v[i] > 0.5:
                break
        else:
            s *= v[i]
            continue
        s += y[0] * y[1] * y[0]
    return s


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("function", [an_index, a_number, an_array, a_list])
def test_what_has_no_value_yet_is_recorded_as_nothing(
    function: Callable[..., Any], mode: str
) -> None:
    value, slopes = value_and_grad(function, wrt=("v", "a"), mode=mode)(V, 0.3)
    assert value == function(V, 0.3)
    for path, verdict in oracle.gradient(function, (V, 0.3)).items():
        assert oracle.agrees(verdict, float(slopes[0][path[0]])), (path, verdict)
    assert oracle.agrees(oracle.derivative(function, (V, 0.3), wrt="a"), float(slopes[1]))


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("function", [an_index, a_number])
def test_bends_where_something_has_no_value_yet_are_those_of_the_slopes(
    function: Callable[..., Any], mode: str
) -> None:
    slope = value_and_grad(function, mode="forward")
    bends = hessian(function, mode=mode)(V, 0.3)
    for k in range(len(V)):
        entry = lambda v, a, k=k: float(slope(v, a)[1][k])  # noqa: E731
        verdict = oracle.derivative(entry, (V, 0.3), path=((1,),))
        assert oracle.agrees(verdict, float(bends[k, 1])), (k, verdict)


def read_without_a_value(v, a, counts):
    s = a
    for n in counts:
        for x in v[:n]:
            y = x * a
        s += y * y * s
    return s


def test_what_a_function_reads_without_a_value_raises_what_python_raises() -> None:
    with pytest.raises(UnboundLocalError, match="'y'"):
        read_without_a_value(V, 0.3, [0, 2])
    for mode in ("forward", "reverse"):
        with pytest.raises(UnboundLocalError, match="'y'"):
            value_and_grad(read_without_a_value, mode=mode)(V, 0.3, [0, 2])


def test_what_every_step_assigns_is_recorded_as_it_is() -> None:
    def each(v, a):
        s = 1.0
        for x in v:
            for k in range(3):
                y = x * a * k
            s += y * y * s
        return s

    derivative = value_and_grad(each, wrt=("v", "a"), mode="reverse")
    derivative(V, 0.3)
    assert "locals" not in derivative.source
