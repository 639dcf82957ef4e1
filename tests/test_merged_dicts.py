"""Dicts of run-time keys that are copied, merged and updated."""

from collections import Counter, defaultdict

import numpy as np
import pytest

from chainrule import UnsupportedError, jvp, value_and_grad
from chainrule.errors import NotDifferentiableError
from tests.differences import along

NUMBERS = [0.5 * k + 0.3 for k in range(40)]
KEYS = [f"k{k % 7}" for k in range(40)]


def gathered(numbers, keys):
    found = {}
    for key, number in zip(keys, numbers, strict=False):
        found[key] = found.get(key, 0.0) + number * number
    return found


def weighted(found):
    return sum((place + 1) * number**2 for place, number in enumerate(found.values()))


def copied(numbers, keys):
    found = gathered(numbers, keys)
    other = found.copy()
    other["k1"] = numbers[3]
    return weighted(other) + 10.0 * weighted(found)


def made_of_another(numbers, keys):
    found = gathered(numbers, keys)
    other = dict(found, k2=numbers[0], new=numbers[1])
    return weighted(other) + 10.0 * weighted(found)


def displayed(numbers, keys):
    found = gathered(numbers, keys)
    return weighted({"k3": 7.0 * numbers[2], **found, "z": found["k1"] ** 2, "k0": numbers[5]})


def updated(numbers, keys):
    found = gathered(numbers, keys)
    found.update({"z": found["k1"] ** 2, "k2": numbers[0]}, w=numbers[1])
    found.update(gathered(numbers[:3], keys))
    return weighted(found)


def united(numbers, keys):
    found, other = gathered(numbers, keys), gathered(numbers[30:], keys[1:])
    return weighted(found | other) + weighted(other | {"a": numbers[0]}) + weighted(found)


def in_a_loop(numbers, keys):
    whole = {}
    for turn in range(3):
        part = {}
        for key, number in zip(keys, numbers, strict=False):
            part[key] = part.get(key, 0.0) + number * (turn + 1)
        whole = {**whole, **part, f"n{turn}": numbers[turn] ** 2}
    return weighted(whole)


def under_a_default(numbers, keys):
    def with_defaults(given):
        return {"k1": 2.0, "q": numbers[7], **given}

    found = with_defaults(gathered(numbers, keys))
    return weighted(found) * found["q"]


def with_its_default(numbers, keys):
    found = defaultdict(float)
    for key, number in zip(keys, numbers, strict=False):
        found[key] += number * number
    other, more = found.copy(), {"k1": numbers[0]} | found
    other["new"] += numbers[3]
    more["newer"] += numbers[4]
    return weighted(found) + 10.0 * weighted(other) + 5.0 * weighted(more)


def tally(numbers, keys):
    found = Counter()
    for key, number in zip(keys, numbers, strict=False):
        found[key] += number
    return found


def counted_up(numbers, keys):
    found = tally(numbers, keys)
    other = found.copy()
    other.update({"k1": numbers[2], "new": numbers[3]}, k2=numbers[4] ** 2)
    other.update(tally(numbers[:5], keys))
    other["newer"] += numbers[5]
    return weighted(other) + 10.0 * weighted(found) + other["missing"]


@pytest.mark.parametrize(
    "function",
    [
        copied,
        made_of_another,
        displayed,
        updated,
        united,
        in_a_loop,
        under_a_default,
        with_its_default,
        counted_up,
    ],
)
def test_a_dict_made_of_others_has_their_entries_in_order(function) -> None:
    value, slope = value_and_grad(function)(NUMBERS, KEYS)
    assert value == function(NUMBERS, KEYS)
    direction = np.cos(np.arange(40.0))
    expected, _ = along(lambda t: function((NUMBERS + t * direction).tolist(), KEYS))
    assert slope @ direction == pytest.approx(expected, rel=1e-8)
    _, dot = jvp(function)(NUMBERS, KEYS, numbers_dot=direction.tolist())
    assert dot == pytest.approx(expected, rel=1e-8)


def test_the_larger_counts_of_run_time_keys_are_refused_and_not_the_later_ones_taken() -> None:
    def larger(numbers, keys):
        return weighted(tally(numbers, keys) | tally(numbers[::-1], keys))

    def larger_in_place(numbers, keys):
        found = tally(numbers, keys)
        found |= {"k1": numbers[0]}
        return weighted(found)

    for function in (larger, larger_in_place):
        with pytest.raises(UnsupportedError, match="of a Counter of run-time keys"):
            value_and_grad(function)(NUMBERS, KEYS)


def items_with_a_later_one(numbers, keys):
    found = gathered(numbers, keys)
    items = found.items()
    found["late"] = numbers[0]
    return sum(number**2 for _, number in items)


def keys_with_a_later_one(numbers, keys):
    found = gathered(numbers, keys)
    shown = found.keys()
    found["late"] = numbers[0]
    return len(shown) * sum(found.values()) + (numbers[1] if "late" in shown else 0.0)


def keys_of_before(numbers, keys):
    found = gathered(numbers, keys)
    before = list(found.keys())
    shown = found.keys()
    for key in shown:
        found[key] *= 2.0
    return len(before) * weighted(found)


@pytest.mark.parametrize(
    "function", [items_with_a_later_one, keys_with_a_later_one, keys_of_before]
)
def test_a_view_of_a_dict_has_the_keys_that_are_put_in_later(function) -> None:
    numbers, keys = NUMBERS[:5], KEYS[3:8]
    value, slope = value_and_grad(function)(numbers, keys)
    assert value == function(numbers, keys)
    direction = np.cos(np.arange(5.0))
    expected, _ = along(lambda t: function((np.array(numbers) + t * direction).tolist(), keys))
    assert slope @ direction == pytest.approx(expected, rel=1e-8)


def test_new_keys_are_refused_in_a_loop_beside_a_view_of_the_dict() -> None:
    def lengthened(numbers, keys):
        found = gathered(numbers, keys)
        shown = found.keys()
        for number in numbers:
            found[str(number)] = number
        return len(shown) * sum(found.values())

    with pytest.raises(UnsupportedError, match="while a name has its `keys"):
        value_and_grad(lengthened)(NUMBERS, KEYS)


def test_lists_that_two_dicts_hold_are_not_written_to_through_one() -> None:
    def shared(numbers, keys):
        found = {}
        for key, number in zip(keys, numbers, strict=False):
            found.setdefault(key, []).append(number)
        other = found.copy()
        other["k1"].append(numbers[0])
        return sum(sum(held) ** 2 for held in found.values())

    with pytest.raises((UnsupportedError, NotDifferentiableError), match="belongs to another list"):
        value_and_grad(shared)(NUMBERS, KEYS)
