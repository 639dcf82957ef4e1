"""Lists and dicts outside of a function that it writes into: counts, logs, tables, memos."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import pytest

import chainrule
from tests import oracle

CALLS: dict[str, Any] = {"f": 0, "total": 0.0}
HISTORY: list[float] = []
ROW = [0.0] * 4
GRID = [[0.0] * 3 for _ in range(2)]
LOG: dict[str, list[float]] = {"x": [], "value": []}
BODIES = [{"x": 1.0, "v": 0.5}, {"x": 2.0, "v": -1.0}]
MEMO: dict[int, float] = {}
CLOCK = {"step": {"n": 0}}
OUTSIDE = (CALLS, HISTORY, ROW, GRID, LOG, BODIES, MEMO, CLOCK)


class Model:
    seen: ClassVar[dict[str, float]] = {}
    trace: ClassVar[list[float]] = []


def counted(x: float) -> float:
    CALLS["f"] += 1
    return x * x * CALLS["f"]


def averaged(x: float) -> float:
    CALLS["f"] += 1
    CALLS["total"] += x
    return CALLS["total"] / CALLS["f"] * x


def logged(x: float) -> float:
    HISTORY.append(x * x)
    return sum(HISTORY) / len(HISTORY) + HISTORY[-1]


def logged_in_a_loop(x: float) -> float:
    for k in range(5):
        x = math.sin(x) + 0.1 * k
        HISTORY.append(x)
    return max(HISTORY) * HISTORY[0]


def swept(x: float) -> float:
    ROW[0] = x
    for i in range(1, 4):
        ROW[i] = ROW[i - 1] * x + ROW[i]
    return ROW[3] + ROW[-2]


def tabulated(x: float) -> float:
    for i in range(2):
        for j in range(3):
            GRID[i][j] = GRID[i][j] + x * i + j * x * x
    return GRID[1][2] * GRID[0][1]


def row_by_row(x: float) -> float:
    for k, row in enumerate(GRID):
        row[k] = x * x + row[2]
    return GRID[1][1] * GRID[0][0]


def row_by_its_name(x: float) -> float:
    row = GRID[1]
    row[0] = x * x
    return GRID[1][0] * x


def two_logs(x: float) -> float:
    value = x * math.sin(x)
    LOG["x"].append(x)
    LOG["value"].append(value)
    return value + LOG["value"][0] * LOG["x"][-1]


def moved(x: float) -> float:
    for body in BODIES:
        body["x"] += body["v"] * x
        body["v"] -= 0.1 * x * body["x"]
    return BODIES[0]["x"] * BODIES[1]["v"]


def ticked(x: float) -> float:
    CLOCK["step"]["n"] += 1
    return x ** CLOCK["step"]["n"]


def of_a_class(x: float) -> float:
    Model.seen["x"] = x * x
    Model.trace.append(x)
    return Model.seen["x"] * Model.trace[-1]


def tick() -> None:
    CALLS["f"] += 1


def counted_by_another(x: float) -> float:
    tick()
    tick()
    return x ** CALLS["f"]


def with_closure() -> Callable[[float], float]:
    calls = {"n": 0}
    kept = [1.0]

    def f(x: float) -> float:
        calls["n"] += 1
        kept.append(x)
        return sum(kept) * x * calls["n"]

    return f


def sliced(x: float) -> float:
    ROW[:] = [held + x for held in ROW]
    ROW[1:3] = [x * x, ROW[0]]
    return sum(value * value for value in ROW)


def emptied(x: float) -> float:
    HISTORY.append(2.0 * x)
    HISTORY.clear()
    HISTORY.extend([x, x * x, 1.0])
    HISTORY.sort()
    return HISTORY[0] * HISTORY[-1]


def updated(x: float) -> float:
    CALLS.update(f=2, total=x * x)
    CALLS.setdefault("last", x**3)
    last = CALLS.pop("last")
    return CALLS["total"] * len(CALLS) + last


def deleted(x: float) -> float:
    CALLS["x"] = x * x
    CALLS["y"] = x
    del CALLS["x"]
    return CALLS["y"] * len(CALLS)


def by_several_names(x: float) -> float:
    first = HISTORY
    first.append(x)
    second = first
    second.append(x * x)
    return HISTORY[-1] * HISTORY[-2] * len(first)


def recovered(x: float) -> float:
    try:
        CALLS["total"] = x
        y = CALLS["missing"]
    except KeyError:
        y = CALLS["total"] * x
    return y


PROGRAMS = [
    sliced,
    emptied,
    updated,
    deleted,
    by_several_names,
    recovered,
    counted,
    averaged,
    logged,
    logged_in_a_loop,
    swept,
    tabulated,
    row_by_row,
    row_by_its_name,
    two_logs,
    moved,
    ticked,
    of_a_class,
    counted_by_another,
]


def held() -> Any:
    return copy.deepcopy((*OUTSIDE, Model.seen, Model.trace))


def put_back(state: Any) -> None:
    """The state of before, in the very containers that there are, and in those inside them."""

    def refill(container: Any, old: Any) -> None:
        if isinstance(container, dict):
            for key in [key for key in container if key not in old]:
                del container[key]
            for key, value in old.items():
                if isinstance(value, (dict, list)) and key in container:
                    refill(container[key], value)
                else:
                    container[key] = copy.deepcopy(value)
        elif old and isinstance(old[0], (dict, list)):
            for mine, value in zip(container, old, strict=True):
                refill(mine, value)
        else:
            container[:] = old

    for container, old in zip((*OUTSIDE, Model.seen, Model.trace), state, strict=True):
        refill(container, old)


@pytest.fixture(autouse=True)
def nothing_left():
    before = held()
    yield
    put_back(before)


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_what_is_written_into_outside_is_felt_and_left_there(f: Any, mode: str) -> None:
    g = chainrule.value_and_grad(f, mode=mode)
    for x in (0.7, 1.3):
        # The second call finds what the first has left.
        before = held()
        expected = f(x)
        left = held()
        put_back(before)

        def from_here(x: float, before: Any = before) -> float:
            put_back(before)
            return f(x)

        slopes = oracle.gradient(from_here, (x,))
        put_back(before)
        value, slope = g(x)
        assert value == expected
        assert held() == left
        for path, verdict in slopes.items():
            assert oracle.agrees(verdict, oracle.look_up(slope, path))


def test_what_variables_around_hold_is_written_into() -> None:
    f, other = with_closure(), with_closure()
    g = chainrule.value_and_grad(other)
    for x in (0.7, 1.3):
        value, slope = g(x)
        kept = 1.0 if x == 0.7 else 1.7
        calls = 1 if x == 0.7 else 2
        assert value == f(x)
        assert math.isclose(slope, (kept + 2.0 * x) * calls)


def coefficient(n: int, x: float) -> float:
    if n not in MEMO:
        MEMO[n] = float(math.factorial(n))
    return x**n / MEMO[n]


def series(x: float, n: int) -> float:
    total = 0.0
    for k in range(n):
        total += coefficient(k, x)
    return total


@pytest.mark.parametrize("kept", [{}, {3: 6.0, 40: 1.0}])
def test_a_memo_of_constants_is_read_and_filled(kept: dict[int, float]) -> None:
    for mode in ("auto", "reverse"):
        MEMO.clear()
        MEMO.update(kept)
        expected = series(0.7, 12)
        filled = list(MEMO.items())
        MEMO.clear()
        MEMO.update(kept)
        g = chainrule.value_and_grad(series, mode=mode)
        for _ in range(2):
            value, slope = g(0.7, 12)
            assert value == expected
            assert list(MEMO.items()) == filled
            assert math.isclose(slope, sum(0.7**k / math.factorial(k) for k in range(11)))


def remembered(x: float, n: int) -> float:
    if n in MEMO:
        return MEMO[n]
    value = math.sin(x) ** n
    MEMO[n] = value
    return value


def remembered_by_get(x: float, n: int) -> float:
    value = MEMO.get(n)
    if value is None:
        value = MEMO[n] = x**n
    return value


def remembered_by_attempt(x: float, n: int) -> float:
    try:
        return MEMO[n]
    except KeyError:
        powers = [x]
        for _ in range(n - 1):
            powers.append(powers[-1] * x)
        MEMO[n] = powers[-1]
        return MEMO[n]


@pytest.mark.parametrize("f", [remembered, remembered_by_get, remembered_by_attempt])
def test_a_memo_serves_no_slopes_of_an_earlier_call(f: Any) -> None:
    MEMO.clear()
    # The value is right, and so would be the slope of what is stored: none.
    f(1.3, 3)
    with pytest.raises(chainrule.UnsupportedError, match="of an earlier call"):
        chainrule.grad(f)(1.3, 3)
    MEMO.clear()
    slope = chainrule.grad(f)(1.3, 3)
    MEMO.clear()
    for verdict in oracle.gradient(lambda x: (MEMO.clear(), f(x, 3))[1], (1.3,)).values():
        assert oracle.agrees(verdict, slope)


def also_given(x: float, given: list[float]) -> float:
    HISTORY.append(x)
    return given[-1] * x


def test_what_is_written_into_is_no_argument() -> None:
    HISTORY.append(2.0)
    g = chainrule.grad(also_given)
    assert g(1.3, [2.0]) == 2.0
    with pytest.raises(chainrule.ChainruleError, match="reached by another way"):
        chainrule.grad(logged_and_given)(1.3, HISTORY)
    g = chainrule.grad(logged_and_given)
    assert math.isclose(g(1.3, [2.0]), 2.0 + 2.0)
    with pytest.raises(chainrule.ChainruleError, match="reached by another way"):
        g(1.3, HISTORY)


def logged_and_given(x: float, given: list[float]) -> float:
    HISTORY.append(x)
    return given[-1] * x + HISTORY[0] * x


def named_before(x: float) -> float:
    held = VECTOR
    count = parsed(3)
    VECTOR[0] = x * x
    return held[0] * count


def attribute_named_before(x: float) -> float:
    held = BOX.items
    count = parsed(3)
    BOX.items[0] = x * x
    return held[0] * count


def entry_named_before(x: float) -> float:
    held = CALLS
    count = parsed(3)
    CALLS["total"] = x * x
    return held["total"] * count


def given_named_before(x: float, box: Box) -> float:
    held = box.items
    count = parsed(3)
    box.items[0] = x * x
    return held[0] * count


@pytest.mark.parametrize(
    "f", [named_before, attribute_named_before, entry_named_before, given_named_before]
)
def test_what_had_a_name_before_a_call_that_is_kept_is_the_same_behind_it(f: Any) -> None:
    given = (1.3, BOX) if f is given_named_before else (1.3,)
    value, slope = chainrule.value_and_grad(f)(*given)
    assert math.isclose(value, 1.69 * 4.0)
    assert math.isclose(slope, 2.6 * 4.0)


LAST = 0.0
VECTOR = np.zeros(2)


class Box:
    last = 0.0

    def __init__(self) -> None:
        self.items = [0.0, 0.0]


BOX = Box()


def by_global(x: float, n: int) -> float:
    return LAST * x if n <= 0 else by_global(x, n - 1)


def by_class(x: float, n: int) -> float:
    return Box.last * x if n <= 0 else by_class(x, n - 1)


def by_object(x: float, n: int) -> float:
    return BOX.last * x if n <= 0 else by_object(x, n - 1)


def by_array(x: float, n: int) -> float:
    return VECTOR[0] * x if n <= 0 else by_array(x, n - 1)


def by_dict(x: float, n: int) -> float:
    return CALLS["total"] * x if n <= 0 else by_dict(x, n - 1)


def sets_global(x: float, n: int) -> float:
    global LAST
    LAST = x * x
    return by_global(x, n)


def sets_class(x: float, n: int) -> float:
    Box.last = x * x
    return by_class(x, n)


def sets_object(x: float, n: int) -> float:
    BOX.last = x * x
    return by_object(x, n)


def sets_array(x: float, n: int) -> float:
    VECTOR[0] = x * x
    return by_array(x, n)


def sets_dict(x: float, n: int) -> float:
    CALLS["total"] = x * x
    return by_dict(x, n)


@pytest.mark.parametrize("f", [sets_global, sets_class, sets_object, sets_array, sets_dict])
def test_a_function_apart_does_not_read_what_was_written_outside(f: Any) -> None:
    with pytest.raises(chainrule.UnsupportedError, match="has written outside of itself"):
        chainrule.grad(f)(1.3, 20)


def counting(x: float, n: int) -> float:
    global LAST
    LAST += 1.0
    return 1.0 if n <= 0 else x * counting(x, n - 1)


def test_a_function_apart_that_writes_outside_is_refused() -> None:
    with pytest.raises(chainrule.UnsupportedError, match="writes to what is outside of it"):
        chainrule.grad(counting)(1.3, 200)


def parsed(k: int) -> float:
    return float(json.dumps(k)) + 1.0


def weighted(x: float, n: int) -> float:
    total = 0.0
    for k in range(n):
        total += x**k / parsed(k)
    return total


@pytest.mark.parametrize("mode", ["auto", "reverse"])
def test_a_kept_call_behind_a_branch_stays_there(mode: str) -> None:
    slope = chainrule.grad(weighted, mode=mode)(0.7, 9)
    assert math.isclose(slope, sum(k * 0.7 ** (k - 1) / (k + 1.0) for k in range(9)))


def by_memo(x, n):
    if n in MEMO:
        return MEMO[n]
    value = x if n < 2 else 0.5 * by_memo(x, n - 1) + x * by_memo(x, n - 2)
    MEMO[n] = value
    return value


def by_own_memo(x, n):
    found = {}

    def value(k):
        if k in found:
            return found[k]
        found[k] = x if k < 2 else 0.5 * value(k - 1) + x * value(k - 2)
        return found[k]

    return value(n)


def handed_on(k, total, f):
    return total + f(total) if k == 0 else handed_on(k - 1, 0.5 * total, lambda v: f(v) + total)


def by_functions_handed_on(x, n):
    return handed_on(n, x, lambda v: v * v)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [by_memo, by_own_memo, by_functions_handed_on])
def test_recursions_with_a_memo_or_with_functions_are_written_out(f: Any, mode: str) -> None:
    def fresh(x: float) -> float:
        MEMO.clear()
        return f(x, 25)

    expected = fresh(0.3)
    left = dict(MEMO)
    slopes = oracle.gradient(fresh, (0.3,))
    MEMO.clear()
    value, slope = chainrule.value_and_grad(f, mode=mode)(0.3, 25)
    assert value == expected
    assert left == MEMO
    for path, verdict in slopes.items():
        assert oracle.agrees(verdict, oracle.look_up(slope, path))


class Remembering:
    def __init__(self) -> None:
        self.cache: dict[int, float] = {}

    def power(self, x: float, n: int) -> float:
        if n not in self.cache:
            self.cache[n] = x**n
        return self.cache[n]


KEEPER = Remembering()


def of_an_object(x: float) -> float:
    return KEEPER.power(x, 3)


def by_default(x: float, memo: Any = {}) -> float:  # noqa: B006
    if 3 in memo:
        return memo[3]
    memo[3] = x**3
    return memo[3]


def of_a_default(x: float) -> float:
    return by_default(x)


@pytest.mark.parametrize("f", [of_an_object, by_default, of_a_default])
def test_a_memo_of_an_object_or_a_default_serves_no_slopes_of_an_earlier_call(f: Any) -> None:
    memos = (KEEPER.cache, by_default.__defaults__[0])
    for memo in memos:
        memo.clear()
    g = chainrule.value_and_grad(f)
    assert g(1.3) == pytest.approx((1.3**3, 3.0 * 1.69))
    with pytest.raises(chainrule.UnsupportedError, match="of an earlier call"):
        g(1.3)
    with pytest.raises(chainrule.UnsupportedError, match="of an earlier call"):
        chainrule.grad(f)(1.3)
    for memo in memos:
        memo.clear()
    assert g(0.7) == pytest.approx((0.7**3, 3.0 * 0.49))


def test_so_does_a_memo_of_a_method() -> None:
    KEEPER.cache.clear()
    g = chainrule.value_and_grad(KEEPER.power)
    assert g(1.3, 3) == pytest.approx((1.3**3, 3.0 * 1.69))
    with pytest.raises(chainrule.UnsupportedError):
        g(1.3, 3)
    # Other powers are not there yet.
    assert g(1.3, 2) == pytest.approx((1.69, 2.6))


def fibonacci(x: float, n: int, memo: dict[int, float]) -> float:
    if n in memo:
        return memo[n]
    value = x if n < 2 else fibonacci(x, n - 1, memo) + x * fibonacci(x, n - 2, memo)
    memo[n] = value
    return value


def by_another_name(x: float, memo: Any) -> float:
    known = memo
    if "a" not in known.keys():  # noqa: SIM118
        known.update(a=x * x)
    return known["a"] * x


def by_either_name(x: float, memo: Any = None) -> float:
    memo = {} if memo is None else memo
    value = memo.get("a")
    if value is None:
        value = memo["a"] = x * x
    return value * x


def by_a_list(x: float, memo: Any) -> float:
    if memo[1] is None:
        memo[1] = x * x
    return memo[1] * x


def by_a_helper(x: float, memo: Any) -> float:
    return by_another_name(x, memo) + by_another_name(x, memo)


GIVEN = [
    (lambda x, memo: fibonacci(x, 5, memo), {}),
    (by_another_name, {}),
    (by_another_name, {"b": 1.0}),
    (by_either_name, {}),
    (by_a_list, [7.0, None]),
    (by_a_helper, {}),
]


@pytest.mark.parametrize(("f", "memo"), GIVEN)
def test_a_memo_that_is_given_serves_no_slopes_of_an_earlier_call(f: Any, memo: Any) -> None:
    g, filled = chainrule.grad(f), memo.copy()
    slope = g(1.3, filled)
    for verdict in oracle.gradient(lambda x: f(x, memo.copy()), (1.3,)).values():
        assert oracle.agrees(verdict, slope)
    with pytest.raises(chainrule.UnsupportedError, match="of an earlier call"):
        g(1.3, filled)
    assert g(1.3, memo.copy()) == slope


def of_options(x: float, options: Any) -> float:
    options = dict(options)
    if "a" not in options:
        options["a"] = x * x
    return options["a"] * x


def of_keywords(x: float, **options: Any) -> float:
    options.setdefault("a", x * x)
    return options["a"] * x


def test_options_that_are_filled_in_are_no_memo() -> None:
    assert chainrule.grad(of_options)(2.0, {"a": 5.0}) == 5.0
    assert chainrule.grad(of_options)(2.0, {}) == 12.0
    assert chainrule.grad(of_keywords)(2.0, a=5.0) == 5.0
    assert chainrule.grad(of_keywords)(2.0) == 12.0
    # By the memo itself it has slopes.
    assert chainrule.grad(by_another_name, wrt="memo")(2.0, {"a": 5.0}) == {"a": 2.0}


def _one(p: float, d: Any) -> float:
    d["n"] = 3.0
    return 1 / (p - 2)


def _several(p: float, d: Any) -> Any:
    d["n"] = p * 3.0
    d["m"] = p / (p - 1)
    q = 1 / (p - 2)
    return q * d["n"]


def _read_before(p: float, d: Any) -> Any:
    y = p * d["n"]
    d["n"] = 3.0
    z = d["m"] * y
    d["m"] = p
    return y * z / (p - 2)


def _by_steps(p: float, d: Any) -> Any:
    d["n"] = 3.0
    if p < 0:
        raise ValueError("negative")
    d["m"] = p
    q = 1 / p
    for i in range(3):
        q = q / (p - i)
        d["s"] += q
    return q


def _in_an_arm(p: float, d: Any) -> Any:
    if p > 0.5:
        d["n"] = p
    else:
        d["m"] = 7.0
    del d["s"]
    return math.log(p - 1) / d["n"]


def _over_again(p: float, d: Any) -> Any:
    d["n"] += 1.0
    d["n"] *= p
    d["x"] = d["n"] / p
    d["n"] = 0.0
    return math.sqrt(p - 1) * d["x"]


def _before_a_helper(p: float, d: Any) -> Any:
    d["m"] = 5.0
    y = _one(p, {"n": 0.0})
    d["m"] = 6.0
    return y / (p - 3)


def _outside(p: float, d: Any) -> Any:
    CALLS["f"] += 1
    y = p / (p - 2)
    CALLS["f"] += 1
    return y / (p - 3)


LEFT = [_one, _several, _read_before, _by_steps, _in_an_arm, _over_again, _before_a_helper,
        _outside]  # fmt: skip


def _outcome(f: Any, p: float) -> tuple[Any, Any]:
    """What a function raises, or None, and what it leaves."""
    d = {"n": 5.0, "m": 2.0, "s": 1.0}
    CALLS.update(f=0)
    try:
        f(p, d)
    except (ArithmeticError, ValueError) as error:
        return repr(error), [*d.items(), *CALLS.items()]
    return None, [*d.items(), *CALLS.items()]


@pytest.mark.parametrize("f", LEFT)
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_what_is_written_before_a_step_that_raises_is_left(f: Any, mode: str) -> None:
    kept = dict(CALLS)
    for transform in (chainrule.grad, chainrule.value_and_grad):
        g = transform(f, mode=mode)
        for p in (3.5, 3.0, 2.0, 1.0, 0.0, -1.0):
            assert _outcome(g, p) == _outcome(f, p)
    CALLS.clear()
    CALLS.update(kept)


def kept_where_large(x, memo):
    if "last" in memo and x > 1.0:
        memo["last"] = x
    return x * x


def test_what_one_path_writes_to_a_memo_is_not_lost() -> None:
    # What it holds on the other path is not known as a value with a slope.
    with pytest.raises(chainrule.UnsupportedError, match="of an earlier call"):
        chainrule.grad(kept_where_large)(1.5, {"last": 0.5})


def kept_and_sorted(x: float, row: Any, table: Any) -> float:
    table["row"] = row
    row.sort()
    return x * x / (row[0] - 1.0)


@pytest.mark.parametrize("row", [[3.0, 1.0], [2.5, 1.5]])
def test_a_list_that_a_dict_was_given_is_changed_in_it(row: Any) -> None:
    given, left = (row.copy(), {"row": [0.5]}), (row.copy(), {"row": [0.5]})
    if 1.0 in row:
        with pytest.raises(ZeroDivisionError):
            kept_and_sorted(1.5, *left)
        with pytest.raises(ZeroDivisionError):
            chainrule.grad(kept_and_sorted)(1.5, *given)
    else:
        assert chainrule.value_and_grad(kept_and_sorted)(1.5, *given) == (4.5, 6.0)
        kept_and_sorted(1.5, *left)
    assert given == left


def sorted_and_added_to(x, rows):
    rows.sort(key=lambda row: row[0])
    y = 1.0 / x
    rows[0] = (x, "low")
    y = y / (x - 1.0)
    rows.append((x * x, "high"))
    return rows[0][0] * rows[-1][0] + rows[1][0] * y / (x - 3.0)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_records_that_are_sorted_written_and_added_to_are_left(mode: str) -> None:
    slope = chainrule.grad(sorted_and_added_to, mode=mode)
    for x in (2.0, 3.0, 1.0, 0.0):
        left = []
        for f in (sorted_and_added_to, slope):
            rows = [(7.0, "a"), (4.0, "b")]
            try:
                f(x, rows)
            except ZeroDivisionError as error:
                rows.append(str(error))
            left.append(rows)
        assert left[0] == left[1]
    assert slope(2.0, [(7.0, "a"), (4.0, "b")]) == pytest.approx(12.0 + 7.0 * 0.25)
