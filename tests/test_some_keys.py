"""Dicts that get a key on some paths only, and Counters, whose sums keep what is above zero."""

import math
from collections import Counter

import pytest

from chainrule import grad, value_and_grad
from tests.differences import partials
from tests.slopes import check_partials

POINTS = [(1.5, 2.0), (0.5, 2.25), (2.5, -0.5), (-1.0, 3.5)]


def squares(x, y):
    found = {}
    if x > 1.0:
        found["a"] = x * x
    found["b"] = x * y
    return sum(value * value for value in found.values()) + len(found) * y


def or_another(x, y):
    found = {"b": x * y}
    if y > 1.0:
        found["a"] = x * x
    return found.get("a", y) * found["b"]


def asked(x, y):
    found = {"b": x * y}
    if y > 1.0:
        found["a"] = x * x * y
    if "a" in found:
        return found["a"] ** 2
    return found["b"]


def positive(x, y):
    kept = {key: value for key, value in (("a", x - y), ("b", x * y)) if value > 0.0}
    kept["c"] = x * x
    return sum(kept.values()) / len(kept)


def in_a_loop(x, y):
    kept = {"none": 1.0}
    for key, value in (("a", x), ("b", -y), ("c", x * y)):
        if value > 0.0:
            kept[key] = value * value
    return max(kept.values()) + min(kept.values()) * len(kept)


def counted(x, y):
    both = Counter(p=x, q=y) + Counter(p=y, r=x * y)
    return both["p"] ** 2 + both["q"] * both["none"] + both["r"] * len(both)


def less(x, y):
    rest = Counter({"p": x, "q": y}) - Counter(p=0.25, q=9.0, r=y)
    return sum(value * value for value in rest.values())


def extremes(x, y):
    one, other = Counter(p=x, q=y), Counter(p=y, q=1.0)
    return sum(value**2 for value in (one & other).values()) + (one | other)["p"] * y


def in_place(x, y):
    found = Counter({"p": x, "q": y})
    found.update({"p": y, "r": x * y})
    found.subtract(q=x)
    found["s"] += x
    (_, largest), *_ = found.most_common()
    return found["p"] * found["q"] + largest * found.total() * found["s"]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "function",
    [
        squares,
        or_another,
        asked,
        positive,
        in_a_loop,
        counted,
        less,
        extremes,
        in_place,
    ],
)
def test_keys_that_only_some_paths_give_are_asked_for_when_it_runs(function, mode) -> None:
    check_partials(function, ("x", "y"), POINTS, mode)


def test_keys_that_were_given_before_an_exception_stay() -> None:
    def attempted(x):
        found = {"a": x}
        try:
            if x > 0.5:
                found["a"] = x * x
                found["b"] = x * math.sqrt(x - 1.0)
                x = math.sqrt(x - 2.0)
        except ValueError:
            pass
        return sum(found.values()) * x

    for mode in ("forward", "reverse"):
        slope = value_and_grad(attempted, mode=mode)
        for x in (0.3, 0.7, 1.5, 3.0):
            value, found = slope(x)
            ((expected, _),) = partials(attempted, (x,))
            assert value == attempted(x)
            assert found == pytest.approx(expected, rel=1e-8)


def test_a_key_that_the_path_has_not_given_raises_as_in_the_function() -> None:
    def needed(x, y):
        found = {"b": x}
        if y > 1.0:
            found["a"] = x * x
        return found["a"] * y

    assert grad(needed)(3.0, 2.0) == 12.0
    with pytest.raises(KeyError, match="a"):
        needed(3.0, 0.5)
    with pytest.raises(KeyError, match="a"):
        grad(needed)(3.0, 0.5)
