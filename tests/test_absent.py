"""Modules that are not there, and other bodies of ``try`` that do nothing but raise."""

from __future__ import annotations

import contextlib
import math
from contextlib import suppress

import pytest

from chainrule import grad, value_and_grad
from tests import oracle


def by_fallback(x):
    try:
        import a_module_that_nobody_has as backend
    except ImportError:
        backend = None
    if backend is not None:
        return backend.cube(x)
    return x * x * x


def by_another_name(x):
    try:
        from math import hypotenuse as norm
    except (ImportError, AttributeError):
        from math import hypot as norm
    return norm(x, 2.0)


def with_else_and_finally(x):
    try:
        y = 2.0 * x
        import a_module_that_nobody_has  # noqa: F401
    except ModuleNotFoundError:
        scale = y
    else:
        scale = 1.0
    finally:
        x = 3.0 * x
    return scale * x


def of_its_own(x):
    try:
        raise KeyError("none")
    except LookupError:
        y = math.sin(x)
    return y * x


def suppressed(x):
    with contextlib.suppress(ZeroDivisionError):
        return 1.0 / (x - 1.0)
    return 5.0 * x


def in_a_loop(x):
    total = 0.0
    for k in (1.0, 0.0, 2.0):
        with suppress(ZeroDivisionError, ValueError):
            total += x / k + math.log(x - k)
    return total


CASES = (by_fallback, by_another_name, with_else_and_finally, of_its_own, suppressed, in_a_loop)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", CASES, ids=lambda f: f.__name__)
def test_the_handler_is_what_is_run(f, mode):
    for x in (1.5, 2.5):
        value, slope = value_and_grad(f, mode=mode)(x)
        assert oracle.same_bits(value, f(x))
        assert oracle.agrees(oracle.derivative(f, (x,)), slope)


def test_what_is_suppressed_leaves_all_as_it_was():
    assert value_and_grad(suppressed)(3.0) == (0.5, -0.25)
    with pytest.raises(ArithmeticError, match="no slope is known at this single point"):
        grad(suppressed)(1.0)


def test_nothing_is_left_of_what_is_not_there():
    for f in CASES[:4]:
        slope = grad(f)
        slope(1.5)
        assert "try" not in slope.source and "import a_module" not in slope.source


def unguarded(x):
    import a_module_that_nobody_has

    return a_module_that_nobody_has.cube(x)


def explained(x):
    try:
        from a_module_that_nobody_has import cube
    except ImportError as error:
        raise RuntimeError(f"install it: {error}") from error
    return cube(x)


def test_without_a_handler_it_raises_as_the_function_does():
    with pytest.raises(ModuleNotFoundError, match="No module named 'a_module_that_nobody_has'"):
        grad(unguarded)(1.0)
    with pytest.raises(RuntimeError, match="install it: No module named"):
        grad(explained)(1.0)
