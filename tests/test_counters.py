"""Counters and sets of objects that a function makes do what Python's do, or are refused."""

from collections import Counter, deque

import pytest

from chainrule import UnsupportedError, grad
from tests.slopes import check_partials

POINTS = [(1.5, 2.0), (0.5, 2.25), (2.5, -0.5), (-1.0, 3.5)]


class Mass:
    def __init__(self, size):
        self.size = size


def equal_but_for_a_zero(x, y):
    return x * y if Counter(a=x, b=0.0) == Counter(a=x) else 5.0 * x


def unequal_to_a_dict_with_a_zero(x, y):
    return x * y if Counter(a=x, b=0.0) == {"a": x, "c": 0.0} else 5.0 * x


def differing(x, y):
    return x * y if Counter(a=x, b=0.0) != Counter(a=x) else 5.0 * x


def ordered(x, y):
    less = Counter(a=x) <= Counter(a=y, b=0.5)
    more = Counter(a=x) > Counter(a=y, b=-0.5)
    return (x * y if less else 5.0 * x) * (3.0 * y if more else 2.0)


def added_under_another_name(x, y):
    found = Counter(a=x, b=y)
    other = found
    other += Counter(a=y, c=-1.0)
    return sum(found.values()) * 2.0 + len(found) * x + len(other) * y


def subtracted_under_another_name(x, y):
    found = Counter(a=x, b=y)
    other = found
    other -= Counter(a=y)
    return sum(value**2 for value in found.values()) + len(found) * x


def bounded_under_another_name(x, y):
    found = Counter(a=x, b=y)
    other = found
    other &= Counter(a=1.75, b=9.0)
    other |= {"q": x}
    return sum(value**2 for value in found.values()) + other["q"] * len(found)


def a_dict_and_more_of_the_same(x, y):
    found = Counter(Counter(a=x, b=y).copy(), a=y)
    return found["a"] ** 2 * found["b"]


def fewer_than_none(x, y):
    found = Counter(a=x, b=y)
    return x + sum(value for _, value in found.most_common(-1)) + found.most_common(1)[0][1] ** 2


def signs(x, y):
    found = Counter(a=x, b=y)
    return sum(value**2 for value in (+found).values()) + 3.0 * (-found).total() + x


def taken_out(x, y):
    found = Counter(a=x, b=y)
    del found["missing"]
    taken = found.pop("a") * found.pop("c", x) * found.setdefault("d", y)
    return taken + found["a"] + found["b"] * len(found)


def sets_under_another_name(x, y):
    one, two = Mass(x), Mass(y)
    found = {one}
    other = found
    other |= {two, one}
    other -= {one}
    return sum(mass.size**2 for mass in found) + len(found) * x


def sets_compared(x, y):
    one, two = Mass(x), Mass(y)
    value = x * y if {one, two} == {two, one} else x
    value *= 2.0 * y if {one} < {one, two} and not {one} >= {two} else 3.0
    return value if {one} != {two} else 5.0 * value


def sets_met(x, y):
    one, two = Mass(x), Mass(y)
    found = {one, two}
    other = found
    other &= {two}
    return sum(mass.size**2 for mass in found) + x


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "function",
    [
        equal_but_for_a_zero,
        unequal_to_a_dict_with_a_zero,
        differing,
        ordered,
        added_under_another_name,
        subtracted_under_another_name,
        bounded_under_another_name,
        a_dict_and_more_of_the_same,
        fewer_than_none,
        signs,
        taken_out,
        sets_under_another_name,
        sets_compared,
        sets_met,
    ],
)
def test_a_counter_or_a_set_changes_and_compares_as_python_s(function, mode) -> None:
    check_partials(function, ("x", "y"), POINTS, mode)


def test_what_the_class_of_python_s_alone_can_do_is_refused_and_not_done_otherwise() -> None:
    def differing_entries(x):
        found = {Mass(x)}
        other = found
        other ^= {Mass(2.0 * x)}
        return sum(mass.size for mass in found)

    def lengthened(x):
        found = deque([x])
        other = found
        other += [x]
        return sum(found)

    def repeated(x):
        return x * sum(1 for _ in Counter(a=x).elements())

    for function, named in (
        (differing_entries, "`__ixor__` of a set"),
        (lengthened, "`__iadd__` of a deque"),
        (repeated, "`elements` of a Counter"),
    ):
        with pytest.raises(UnsupportedError, match=named):
            grad(function)(1.5)
