"""What a function changes outside of itself by calls that are kept as they are, and reads there."""

from __future__ import annotations

import copy
import logging
from collections import deque
from collections.abc import Callable
from typing import Any

import pytest

from chainrule import ChainruleError, value_and_grad
from tests import oracle

LOG: list[Any] = []
QUEUE: deque[float] = deque()
TABLE = {"last": 0.0}
BOX = [0.0]
LAST = 0.0
CALLS = 0
logger = logging.getLogger("chainrule.tests")


class Store:
    last = 0.0

    def __init__(self) -> None:
        self.items: list[float] = []

    def add(self, value):
        self.items.append(value)


STORE = Store()


def remember(x):
    BOX[0] = x


def remember_by_key(x):
    TABLE["last"] = x


def remember_globally(x):
    global LAST
    LAST = x


def remember_in_the_class(x):
    Store.last = x


def bump():
    global CALLS
    CALLS += 1


def appended_and_summed(x):
    LOG.append(x)
    return sum(LOG) * x


def appended_and_read(x):
    LOG.append(x)
    return LOG[-1] * x


def appended_and_popped(x):
    LOG.append(x)
    return LOG.pop() * x


def appended_and_counted(x):
    total = 0.0
    for _ in range(3):
        LOG.append(x)
        total += len(LOG) * x
    return total


def queued(x):
    QUEUE.append(x)
    return QUEUE.popleft() * x


def kept_in_an_attribute(x):
    STORE.add(x)
    return sum(STORE.items) * x


def written_by_a_helper(x):
    remember(x)
    return BOX[0] * x


def written_by_key(x):
    remember_by_key(x)
    return TABLE["last"] * x


def _bump_unseen():
    global CALLS
    CALLS += eval("1")


def counted_here_and_there(x):
    global CALLS
    CALLS += 1
    _bump_unseen()
    return x * CALLS


FELT = [
    appended_and_summed, appended_and_read, appended_and_popped, appended_and_counted,
    kept_in_an_attribute, written_by_a_helper, written_by_key,
]  # fmt: skip


@pytest.mark.parametrize("f", FELT, ids=lambda f: f.__name__)
def test_what_is_written_into_by_a_method_or_a_helper_is_felt(f: Callable[[float], float]) -> None:
    def reset() -> None:
        LOG.clear()
        STORE.items.clear()
        BOX[0] = TABLE["last"] = 0.0

    def fresh(x: float) -> float:
        reset()
        return f(x)

    expected = fresh(1.5)
    left = copy.deepcopy((LOG, STORE.items, BOX, TABLE))
    slopes = oracle.gradient(fresh, (1.5,))
    reset()
    value, slope = value_and_grad(f)(1.5)
    assert value == expected
    assert (LOG, STORE.items, BOX, TABLE) == left
    for path, verdict in slopes.items():
        assert oracle.agrees(verdict, oracle.look_up(slope, path))


READ = [queued, counted_here_and_there]


@pytest.mark.parametrize("f", READ, ids=lambda f: f.__name__)
def test_what_a_kept_call_changes_outside_is_not_read(f: Callable[[float], float]) -> None:
    LOG.clear()
    with pytest.raises(ChainruleError, match=r"outside of itself|cannot differentiate|assignment"):
        value_and_grad(f)(1.5)


def put_and_taken(x, queue):
    queue.append(x)
    return queue.popleft() * x


def put_and_summed(x, queue):
    queue.append(x)
    return sum(queue) * x


def put_and_looped_over(x, queue):
    queue.append(x)
    total = 0.0
    for value in queue:
        total += value * x
    return total


@pytest.mark.parametrize("f", [put_and_taken, put_and_summed, put_and_looped_over])
def test_what_a_deque_of_the_callers_is_given_is_not_read(f: Callable[..., float]) -> None:
    with pytest.raises(ChainruleError, match="outside of itself"):
        value_and_grad(f)(1.5, deque())


def logged(x):
    LOG.append(x)
    LOG.append(x * x)
    return x * x


def logged_by_logging(x):
    logger.info("x = %g", x)
    if logger.isEnabledFor(logging.DEBUG):
        logger.debug("a second time")
    return x * x


def counted(x):
    bump()
    return x * x


@pytest.mark.parametrize("f", [logged, logged_by_logging, counted])
def test_what_is_changed_outside_and_not_read_is_an_effect(f: Callable[[float], float]) -> None:
    global CALLS
    LOG.clear()
    CALLS = 0
    value = f(1.5)
    entries, calls = LOG[:], CALLS
    LOG.clear()
    CALLS = 0
    assert value_and_grad(f)(1.5) == (value, 3.0)
    assert (entries, calls) == (LOG, CALLS)


def by_truth(x, held):
    return x * x if held else x


def by_no_truth(x, held):
    return x if not held else x * x


def while_true(x, held):
    total = x
    while held:
        total *= held.pop()
    return total


@pytest.mark.parametrize("kind", [deque, set, frozenset, tuple, list])
@pytest.mark.parametrize("f", [by_truth, by_no_truth])
def test_an_empty_container_of_the_callers_is_false(
    f: Callable[..., float], kind: Callable[..., Any]
) -> None:
    derivative = value_and_grad(f)
    assert derivative(3.0, kind([2.0])) == (9.0, 6.0)
    assert derivative(3.0, kind()) == (3.0, 1.0)


def test_a_loop_ends_where_a_deque_is_empty() -> None:
    assert value_and_grad(while_true)(3.0, deque([2.0, 5.0])) == (30.0, 10.0)


def by_rule(x, n):
    points, weights = {1: ([0.5], [1.0]), 2: ([0.2, 0.8], [0.5, 0.5])}[n]
    return sum(w * x**p for p, w in zip(points, weights, strict=True))


def test_a_table_is_looked_up_by_a_count_of_the_callers() -> None:
    derivative = value_and_grad(by_rule)
    assert derivative(4.0, 1) == (2.0, pytest.approx(0.25, rel=1e-14))
    slope = 0.1 * 4.0**-0.8 + 0.4 * 4.0**-0.2
    assert derivative(4.0, 2) == (by_rule(4.0, 2), pytest.approx(slope, rel=1e-14))


class Checked:
    """A descriptor that refuses what is negative."""

    def __set_name__(self, owner, name):
        self.name = "_" + name

    def __get__(self, instance, owner=None):
        return getattr(instance, self.name)

    def __set__(self, instance, value):
        if value < 0.0:
            raise ValueError(f"{self.name[1:]} must not be negative")
        setattr(instance, self.name, value)


class Tank:
    level = Checked()

    def __init__(self, level):
        self.level = level


def filled(x):
    try:
        Tank(x)
    except ValueError as error:
        return x * len(str(error))
    return x


def test_an_object_of_the_class_may_be_met_in_a_try_first() -> None:
    derivative = value_and_grad(filled)
    assert derivative(2.0) == (2.0, 1.0)
    assert derivative(-2.0) == (-2.0 * 26, 26)


# --- what is written where the function stands: it is read there, too ----------------------------


def written_globally(x):
    remember_globally(x)
    return LAST * x


def written_to_a_class(x):
    remember_in_the_class(x)
    return Store.last * x


def _with_cell():
    last = 0.0

    def remembered(x):
        nonlocal last
        last = x

    def f(x):
        remembered(x)
        return last * x

    return f


class Part:
    made = 0
    mass = 0.0

    def __init__(self, weight):
        type(self).made += 1
        Part.mass += weight
        self.weight = weight

    @classmethod
    def of_class(cls):
        return cls.made


class Special(Part):
    pass


PAIR = (1.0, 2.0)
MODE = "plain"


def count_in_a_loop(x):
    global CALLS
    total = 0.0
    for k in range(4):
        CALLS += 1
        total += CALLS * x**k
    return total


def count_until(x):
    global CALLS
    CALLS = 0
    y = x
    while CALLS < 3:
        CALLS += 1
        y = 0.5 * y * y
    return y


def counts_itself(x):
    counts_itself.calls = getattr(counts_itself, "calls", 0) + 1
    return x * counts_itself.calls


def remembers_the_first(x):
    if not hasattr(remembers_the_first, "first"):
        remembers_the_first.first = x * x
    return remembers_the_first.first * x


def parts_counted(x):
    parts = [Part(x), Special(2.0 * x), Special(x * x)]
    return sum(part.weight for part in parts) / Part.mass * x + Part.made * Special.of_class() * x


def two_numbers_kept(x):
    global PAIR
    for _ in range(3):
        a, b = PAIR
        PAIR = b, a + b * x
    return PAIR[0] * PAIR[1]


def _by_mode(x):
    return x * x if MODE == "square" else x


def mode_set_for_a_call(x):
    global MODE
    MODE = "square"
    y = _by_mode(x)
    MODE = "plain"
    return y + _by_mode(x)


def counted_before_it_raises(x):
    global CALLS
    CALLS += 1
    if x > 2.0:
        raise ValueError(f"call {CALLS}")
    CALLS += 10
    return x * CALLS


def _deep(n, x):
    global CALLS
    CALLS += 1
    return x if n == 0 else x * _deep(n - 1, x)


def counted_in_a_recursion(x):
    return _deep(3, x) * CALLS


def _averager():
    count, total = 0, 0.0

    def average(x):
        nonlocal count, total
        count += 1
        total += x * x
        return total / count

    return average


average = _averager()


def _cell_of(name):
    return average.__closure__[average.__code__.co_freevars.index(name)]


def averaged_twice(x):
    return average(x) + average(2.0 * x)


def _outside_is(*, clear: bool = False) -> list[Any]:
    """What stands outside; as it was when the tests began where it is to be cleared."""
    global CALLS, LAST, PAIR, MODE
    if clear:
        CALLS, LAST, PAIR, MODE = 0, 0.0, (1.0, 2.0), "plain"
        Store.last, Part.made, Part.mass = 0.0, 0, 0.0
        for owner, name in (
            (Special, "made"), (counts_itself, "calls"), (remembers_the_first, "first"),
        ):  # fmt: skip
            if name in vars(owner):
                delattr(owner, name)
        _cell_of("count").cell_contents = 0
        _cell_of("total").cell_contents = 0.0
    cells = [_cell_of(name).cell_contents for name in ("count", "total")]
    owners = [vars(Special).get("made"), vars(counts_itself), vars(remembers_the_first)]
    plain = [CALLS, LAST, PAIR, MODE, Store.last, Part.made, Part.mass]
    return copy.deepcopy([*plain, *cells, *owners])


WRITTEN = [
    written_globally, written_to_a_class, _with_cell(), count_in_a_loop, count_until, counts_itself,
    remembers_the_first, parts_counted, two_numbers_kept, mode_set_for_a_call,
    counted_before_it_raises, counted_in_a_recursion, averaged_twice,
]  # fmt: skip


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", WRITTEN, ids=lambda f: f.__name__)
def test_what_is_written_outside_is_read_and_left_there(f: Callable[[float], float], mode) -> None:
    derivative = value_and_grad(f, mode=mode)
    for x in (1.5, 0.7, 2.5):
        before = _outside_is(clear=True)
        for _ in range(3):
            # One call after the other, each of which finds what the ones before have left.
            found, left = _run(derivative, before, x)
            value, expected = _run(f, before, x)
            assert left == expected
            if isinstance(found, tuple):
                assert found[0] == value
                step = 1e-5
                above, below = (_run(f, before, x + h)[0] for h in (step, -step))
                assert found[1] == pytest.approx((above - below) / (2.0 * step), rel=1e-7)
            else:
                assert found == value
            before = expected


def _run(function: Callable[[float], Any], outside: list[Any], x: float) -> tuple[Any, list[Any]]:
    """What a function gives, or raises, and leaves outside where that was as it is told."""
    _outside_is(clear=True)
    _set_outside(outside)
    try:
        found = function(x)
    except ValueError as error:
        found = str(error)
    return found, _outside_is()


def _set_outside(outside: list[Any]) -> None:
    global CALLS, LAST, PAIR, MODE
    CALLS, LAST, PAIR, MODE, Store.last, Part.made, Part.mass, count, total, made, *owners = outside
    _cell_of("count").cell_contents = count
    _cell_of("total").cell_contents = total
    if made is not None:
        Special.made = made
    vars(counts_itself).update(owners[0])
    vars(remembers_the_first).update(owners[1])


def scaled_if_told(x):
    if not hasattr(Store, "scale"):
        return x
    return x * Store.scale * getattr(scaled_if_told, "factor", 1.0) * getattr(STORE, "extra", 1.0)


def test_what_code_asks_for_by_hasattr_may_come_and_go() -> None:
    derivative = value_and_grad(scaled_if_told)
    assert derivative(2.0) == (2.0, 1.0)
    Store.scale = 3.0
    try:
        assert derivative(2.0) == (6.0, 3.0)
        scaled_if_told.factor = 5.0
        assert derivative(2.0) == (30.0, 15.0)
        STORE.extra = 0.5
        assert derivative(2.0) == (15.0, 7.5)
        del scaled_if_told.factor, STORE.extra
        assert derivative(2.0) == (6.0, 3.0)
    finally:
        del Store.scale
    assert derivative(2.0) == (2.0, 1.0)


def filled_afterwards(x):
    STORE.items = []
    for k in range(3):
        STORE.items.append(x**k)
    return sum(STORE.items)


def filled_under_another_name(x):
    items = [x]
    STORE.items = items
    items.append(x * x)
    items[0] = 7.0
    return STORE.items[0] * STORE.items[1]


@pytest.mark.parametrize("f", [filled_afterwards, filled_under_another_name])
def test_a_list_that_an_object_outside_is_given_may_be_filled_then(f) -> None:
    value, expected = f(1.5), STORE.items
    slope = {filled_afterwards: 4.0, filled_under_another_name: 21.0}[f]
    STORE.items = []
    assert value_and_grad(f)(1.5) == (value, slope)
    assert STORE.items == expected


def entry_counted(p):
    p["n"] += 1
    return p["a"] * p["n"]


def entries_come_and_go(p):
    p["b"] = p["a"] ** 2
    p["list"] = [p["b"]]
    p["list"].append(p["a"])
    p.update(n=p.pop("n") + 1.0)
    return p["b"] * p["n"]


def entry_on_a_branch(p):
    if p["a"] > 1.0:
        p["a"] = p["a"] * p["n"]
    else:
        p["n"] = 7.0
    return p["a"] * p["n"]


def entries_in_a_loop(p):
    for k in range(4):
        p["n"] += p["a"] * k
    return p["n"] ** 2


def old_entry_used(p):
    old = p["a"]
    p["a"] = 5.0
    return old * p["a"] * p["n"]


def _differences(f: Callable[[dict[str, float]], float], given: dict[str, float]) -> Any:
    step = 1e-6
    return {
        key: (f({**given, key: v + step}) - f({**given, key: v - step})) / (2.0 * step)
        for key, v in given.items()
    }


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "f", [entry_counted, entries_come_and_go, entry_on_a_branch, entries_in_a_loop, old_entry_used]
)
def test_a_dict_of_the_callers_holds_what_was_written_to_it(f, mode) -> None:
    derivative = value_and_grad(f, mode=mode)
    for given in ({"n": 1.0, "a": 2.0}, {"n": 3.0, "a": 0.5}):
        left, expected = dict(given), dict(given)
        value, slopes = derivative(left)
        assert value == f(expected)
        assert left == expected
        assert slopes == pytest.approx(_differences(f, given), rel=1e-7)


def first_of_a_mixed_list(p):
    p[0] = p[1] * 3.0
    p.append(p[0])
    return p[0] * p[2] * p[1]


def test_a_list_of_several_kinds_of_things_holds_what_was_written_to_it() -> None:
    given = ["name", 2.0]
    assert value_and_grad(first_of_a_mixed_list)(given) == (72.0, ["name", 108.0])
    assert given == [6.0, 2.0, 6.0]


class Recorder:
    def __init__(self, history=()) -> None:
        self.history = list(history)
        self.calls = 0

    def record(self, value):
        self.history.append(value)


def entry_appended(x, r):
    r.history.append(x)
    return x * x


def entry_replaced(x, r):
    r.history[0] = x * x
    r.history += [3.0]
    return x * x


def entry_recorded_and_taken(x, r):
    seen = r.history
    for k in range(3):
        r.record(x * k)
    seen.pop(0)
    r.calls += 1
    return x * x


class Owner:
    def __init__(self, history=()) -> None:
        self.inner = Recorder(history)


def entry_appended_further_in(x, r):
    r.inner.record(x)
    return x**3


@pytest.mark.parametrize("history", [[], [1.0, 2.0]], ids=repr)
@pytest.mark.parametrize(
    "f", [entry_appended, entry_replaced, entry_recorded_and_taken, entry_appended_further_in]
)
def test_a_list_in_an_attribute_of_an_argument_holds_what_was_written_to_it(f, history) -> None:
    kind = Owner if f is entry_appended_further_in else Recorder
    own, given = kind(history), kind(history)
    try:
        expected = f(1.5, own)
    except IndexError:
        with pytest.raises(IndexError):
            value_and_grad(f)(1.5, given)
    else:
        value, slope = value_and_grad(f)(1.5, given)
        assert value == expected
        assert slope == (6.75 if f is entry_appended_further_in else 3.0)
    own, given = getattr(own, "inner", own), getattr(given, "inner", given)
    assert vars(given) == vars(own)


def raised_after_entries(x, p):
    p["n"] = 3.0
    y = x * x
    p["m"] = y
    if y > 1.0:
        raise ValueError("too large")
    return y * p["n"]


def asserted_after_an_entry(x, p):
    p["n"] = 3.0
    p.pop("a")
    assert x < 1.0, "too large"
    return x * p["n"]


def raised_in_a_loop(x, p):
    for k in range(3):
        p["n"] += 1
        if x > k + 0.5:
            raise ValueError(f"step {k}")
    return x * p["n"]


def looked_up_after_an_entry(x, p):
    p["n"] = x
    return x * p["missing"]


def raised_further_in(x, p):
    p["rows"]["b"] = 2.0
    p["list"].append(x)
    if x > 1.0:
        raise ValueError("too large")
    return x * p["rows"]["b"]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("x", [0.4, 2.0])
@pytest.mark.parametrize(
    "f",
    [
        raised_after_entries,
        asserted_after_an_entry,
        raised_in_a_loop,
        looked_up_after_an_entry,
        raised_further_in,
    ],
)
def test_a_dict_of_the_callers_holds_what_was_written_before_f_raised(f, x, mode) -> None:
    given = {"n": 1.0, "a": 2.0, "rows": {"b": 1.0}, "list": [1.0, "name"]}
    own = copy.deepcopy(given)
    try:
        value = f(x, own)
    except (ValueError, AssertionError, KeyError) as error:
        with pytest.raises(type(error)) as found:
            value_and_grad(f, mode=mode)(x, given)
        # pytest adds to what an assertion says.
        assert str(found.value) == str(error).partition("\n")[0]
    else:
        assert value_and_grad(f, mode=mode)(x, given)[0] == value
    assert given == own


def entry_added_while_asking(x, r):
    r.history.append(x)
    any(r.history.append(v) for v in (5.0,))
    return x * sum(r.history)


def entry_replaced_after_asking(x, r):
    r.history.append(x)
    if any(r.history[k] > 100.0 for k in range(2)):
        return x
    r.history[0] = 7.0
    return x * sum(r.history)


@pytest.mark.parametrize("f", [entry_added_while_asking, entry_replaced_after_asking])
def test_a_list_in_an_attribute_is_one_before_and_after_a_second_attempt(f) -> None:
    own, given = Recorder([1.0, 2.0]), Recorder([1.0, 2.0])
    value, slope = value_and_grad(f)(1.5, given)
    assert value == f(1.5, own)
    assert given.history == own.history
    step = 1e-6
    above, below = (f(1.5 + d, Recorder([1.0, 2.0])) for d in (step, -step))
    assert slope == pytest.approx((above - below) / (2.0 * step), rel=1e-7)
