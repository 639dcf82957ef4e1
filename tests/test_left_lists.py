"""A list of the caller's that is changed and put into another container is that list there, too."""

from __future__ import annotations

import math
from typing import Any

import pytest

from chainrule import grad, value_and_grad
from tests import oracle

MODES = ("forward", "reverse")


class Model:
    def __init__(self, log):
        self.log = log


def given():
    """What the functions are called with besides x."""
    return [3.0, 1.0, 2.0], [0.5, 4.0], {"rows": [7.0, 6.0]}, Model([5.0]), [None]


def sorted_then_put_into_a_list_of_its_kind(x, items, numbers, table, model, held):
    items.sort()
    numbers[0] = items
    return x * items[0]


def replaced_then_appended(x, items, numbers, table, model, held):
    items[:] = [x, 2.0]
    held.append(items)
    return x * items[0]


def in_a_tuple(x, items, numbers, table, model, held):
    held.append((table["rows"], numbers[-1]))
    table["rows"].extend([x, numbers[-1]])
    return x * x


def under_a_key(x, items, numbers, table, model, held):
    table["rows"] = items
    items.insert(0, x)
    return x * x + table["rows"][0]


def after_a_branch(x, items, numbers, table, model, held):
    if x > 1.0:
        numbers[:] = [len(items), numbers[-1]]
    table["rows"] = numbers
    numbers.insert(0, x)
    return x * x


def to_an_attribute_of_its_own(x, items, numbers, table, model, held):
    model.log = model.log
    model.log.append(x)
    return x * x * model.log[1]


def of_several_kinds(x, items, numbers, table, model, held):
    held[0] = x
    table["held"] = held
    model.log = held
    return x * held[0]


def popped_and_lengthened(x, items, numbers, table, model, held):
    y = items.pop() * x
    items += [x * x]
    held.append(items)
    return y + items[0] * x


def with_what_it_was_before(x, items, numbers, table, model, held):
    z = list(items)
    z[0] = x * x
    y = z[0] + items[0]
    items.sort()
    held.append(items)
    return y * x


def after_a_loop(x, items, numbers, table, model, held):
    for k in range(2):
        items.insert(0, x * k)
    items.reverse()
    table["rows"] = items
    return x * table["rows"][1]


def in_one_arm(x, items, numbers, table, model, held):
    y = x * 0.5
    if x > 0.0:
        y += 1.0
    else:
        model.log = items
    return y * x


def in_the_other_arm(x, items, numbers, table, model, held):
    y = x * 0.5
    if x > 0.0:
        if x > 1.0:
            model.log = numbers
            y = y * x
    else:
        model.log = items
    return y * x


def in_a_handler(x, items, numbers, table, model, held):
    y = x * x
    try:
        numbers[-1] += x
    except IndexError:
        if x > 2.0:
            y += items.pop()
            model.log = items
    return y


def read_first_in_a_handler(x, items, numbers, table, model, held):
    y = x * x
    try:
        y = y + 1.0 / x
    except ZeroDivisionError:
        y = y + sum(model.log)
    model.log[0] = x
    return y + model.log[0]


PROGRAMS = (
    in_one_arm,
    in_the_other_arm,
    in_a_handler,
    read_first_in_a_handler,
    sorted_then_put_into_a_list_of_its_kind,
    replaced_then_appended,
    in_a_tuple,
    under_a_key,
    after_a_branch,
    to_an_attribute_of_its_own,
    of_several_kinds,
    popped_and_lengthened,
    with_what_it_was_before,
    after_a_loop,
)


def picture(value: Any, seen: dict[int, int]) -> Any:
    """What a value holds, with a number for each list, dict and object that is in it."""
    if isinstance(value, tuple):
        return tuple(picture(each, seen) for each in value)
    if not isinstance(value, (list, dict, Model)):
        return repr(value)
    if id(value) in seen:
        return seen[id(value)]
    number = seen[id(value)] = len(seen)
    parts = value if isinstance(value, list) else value if isinstance(value, dict) else vars(value)
    held = parts.items() if isinstance(parts, dict) else enumerate(parts)
    return number, [(key, picture(each, seen)) for key, each in held]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("function", PROGRAMS, ids=lambda f: f.__name__)
def test_what_is_put_into_a_container_outside_is_the_list_that_f_puts_there(function, mode):
    wanted, found = given(), given()
    value = function(1.5, *wanted)
    got, slope = value_and_grad(function, mode=mode)(1.5, *found)
    assert got == value
    assert picture(found, {}) == picture(wanted, {})
    assert oracle.agrees(oracle.derivative(lambda x: function(x, *given()), (1.5,)), slope)


def sorted_first(x, items, held):
    items.sort()
    held["best"] = items
    return x * items[0]


def test_the_list_gets_what_it_is_left_with_before_it_is_put_elsewhere():
    derivative = value_and_grad(sorted_first)
    derivative(2.0, [3.0, 1.0], {})
    lines = derivative.source.splitlines()
    at = next(k for k, line in enumerate(lines) if "items[:] =" in line)
    assert '    held["best"] = items' in lines[at + 1 :]


def looked_up(x, numbers, table):
    table["scale"]
    numbers[2]
    math.sqrt(numbers[0])
    return x * x


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "numbers, table, error",
    [
        ([1.0, 2.0, 3.0], {"scale": 1.0}, None),
        ([1.0, 2.0, 3.0], {}, KeyError),
        ([1.0, 2.0], {"scale": 1.0}, IndexError),
        ([-1.0, 2.0, 3.0], {"scale": 1.0}, ValueError),
    ],
)
def test_a_statement_that_does_nothing_but_raise_raises(numbers, table, error, mode):
    derivative = grad(looked_up, mode=mode)
    if error is None:
        assert derivative(3.0, numbers, table) == 6.0
        return
    with pytest.raises(error) as wanted:
        looked_up(3.0, numbers, table)
    with pytest.raises(error) as found:
        derivative(3.0, numbers, table)
    assert str(found.value) == str(wanted.value)


def looked_up_twice(x, numbers):
    numbers[0]
    return x * numbers[0]


def test_a_statement_without_effect_is_not_written_where_its_value_has_a_name():
    derivative = value_and_grad(looked_up_twice)
    assert derivative(2.0, [3.0]) == (6.0, 3.0)
    assert derivative.source.splitlines()[-2:] == [
        "    x_bar = numbers[0]",
        "    return x * x_bar, x_bar",
    ]


def shortened(x, items):
    items.pop()
    return x * sum(items)


def test_a_call_for_its_effect_alone_reads_nothing():
    derivative = value_and_grad(shortened)
    items = [3.0, 4.0]
    assert derivative(2.0, items) == (6.0, 3.0)
    assert items == [3.0]
    assert "items[-1]" not in derivative.source


def some_steps_only(x, n, xs):
    k = 0
    while k < n:
        k += 1
        if k % 2 == 0:
            xs.append(x)
            if len(xs) > 2:
                xs.pop(-2)
    return xs[0] * xs[0] + x * xs[1]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("n", range(6))
def test_what_some_steps_record_of_the_callers_list_is_what_it_was(n, mode) -> None:
    given, own = [0.4, -0.57], [0.4, -0.57]
    value, (by_x, by_xs) = value_and_grad(some_steps_only, wrt=("x", "xs"), mode=mode)(
        0.5, n, given
    )
    assert value == some_steps_only(0.5, n, own)
    assert given == own
    taken = n >= 2
    assert by_x == pytest.approx(1.0 if taken else -0.57)
    assert by_xs == pytest.approx([0.8, 0.0 if taken else 0.5])
