"""Tests of branches stand where they are asked."""

import math
import re

from chainrule import grad
from tests.oracle import agrees, derivative


def deep(x, y):
    r = x * y
    half = abs(r) + math.sqrt(r * r - x)
    cube = half ** (1.0 / 3.0)
    return cube - y / cube


def test_a_test_that_is_asked_once_has_no_name() -> None:
    slope = grad(deep, wrt=("x", "y"), mode="forward")
    for position, found in enumerate(slope(2.5, 1.75)):
        assert agrees(derivative(deep, (2.5, 1.75), wrt=position), found)
    # Whether `r` is positive is asked in both directions, and nothing else.
    assert len(re.findall(r"\br_is_positive\b", slope.source)) == 3
    assert not re.search(r"^ +(branch|\w+_is_zero|\w+_is_negative) = ", slope.source, re.M)
