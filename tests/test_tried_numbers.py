"""What ``try: float(x)`` finds out: whether it was given a number or a sequence."""

from __future__ import annotations

import math

import numpy as np
import pytest

from chainrule import grad
from tests.slopes import check_against_oracle


class Four:
    """Four numbers, given one by one, as a sequence, or as one number and three zeros."""

    def __init__(self, *args):
        if len(args) == 1:
            try:
                real = float(args[0])
                self.q = np.array([real, 0.0, 0.0, 0.0])
                return
            except TypeError:
                pass
            self.q = self.checked(args[0])
            return
        self.q = self.checked(args)

    def checked(self, given):
        if len(given) == 4:
            try:
                numbers = [float(each) for each in given]
            except ValueError:
                raise ValueError(f"not numbers: {given!r}") from None
            else:
                return np.asarray(numbers)
        else:
            raise ValueError("four numbers are needed")


def of_array(x):
    return np.dot(Four(np.array([x, 1.0, 2.0, x * x])).q, Four(x, x, 3.0, 0.5).q)


def of_list(x):
    return np.dot(Four([x, 1.0, 2.0, x * x]).q, Four(x).q)


def of_tuple(x):
    return np.dot(Four((x, 1.0, 2.0, x * x)).q, Four(x, x, 3.0, 0.5).q)


def by_math(x):
    y = np.array([x, 2.0])
    try:
        y = math.sqrt(y)
    except TypeError:
        y = np.sqrt(y).sum()
    return y


def told(x):
    y = np.array([[x, 2.0]])
    try:
        y = float(y)
    except Exception as error:
        y = np.sqrt(y).sum() + len(str(error))
    return y


def inside(x):
    def number(y):
        return float(y)

    y = np.array([x, 2.0])
    try:
        total = number(y)
    except (TypeError, ValueError):
        total = y @ y
    return total


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [of_array, of_list, of_tuple, by_math, told, inside])
def test_an_array_is_no_number_and_the_handler_runs(f, mode):
    check_against_oracle(f, (1.5,), mode=mode)


def test_an_else_clause_behind_handlers_that_raise_is_always_reached():
    source = grad(of_list)
    source(1.5)
    assert "outcome" not in source.source


def test_text_that_is_no_number_raises_what_the_handler_raises():
    with pytest.raises(ValueError, match="not numbers"):
        grad(lambda x: Four(x, "a", 1.0, 2.0).q[0])(1.5)


def length_of_message(x):
    try:
        y = 1.0 / x
    except ZeroDivisionError as error:
        y = x * len(str(error))
    return y


def test_the_exception_that_a_handler_names_is_not_assigned_to_itself():
    slope = grad(length_of_message)
    assert slope(2.0) == -0.25
    assert "error = error" not in slope.source
