"""``try``: a handler sees what every name was when the body raised, and so does its derivative."""

from __future__ import annotations

import math
import re
from math import log, sqrt
from typing import Any

import numpy as np
import pytest

from chainrule import UnsupportedError, grad, hvp, value_and_grad
from tests import oracle
from tests.differences import along
from tests.slopes import check_slopes

MODES = pytest.mark.parametrize("mode", ["forward", "reverse"])


# Where a handler is run at a single point.
NO_SLOPE = "no slope is known at this single point"


def partial_sum(x, y):
    s = 0.0
    try:
        s = x * x
        s += 1 / y
        s *= log(x)
        return s
    except (ValueError, ZeroDivisionError):
        pass
    return s * (y + 2.0) + x


@MODES
def test_a_handler_sees_what_was_assigned_before_the_raise(mode: str) -> None:
    f = value_and_grad(partial_sum, (0, 1), mode=mode)
    x, y = 2.0, 0.5
    everything = (2 * x * log(x) + (x * x + 1 / y) / x, -log(x) / y**2)
    assert f(x, y) == (partial_sum(x, y), pytest.approx(everything))
    # 1 / y raised: s is x * x, at this y alone.
    by_x = value_and_grad(partial_sum, 0, mode=mode)
    assert by_x(3.0, 0.0) == (9.0 * 2.0 + 3.0, pytest.approx(2 * 3.0 * 2.0 + 1.0))
    with pytest.raises(ArithmeticError, match=NO_SLOPE):
        f(3.0, 0.0)
    # log(x) raised: s is x * x + 1 / y.
    x, y = -3.0, 0.5
    stopped = (2 * x * (y + 2.0) + 1.0, -(y + 2.0) / y**2 + x * x + 1 / y)
    assert f(x, y) == (partial_sum(x, y), pytest.approx(stopped))


def collected(x, y):
    out = [x]
    try:
        out.append(1 / y)
        out[0] = x * x
        out.append(log(x))
    except (ValueError, ZeroDivisionError):
        return sum(out) * 2.0
    finally:
        x = 2.0
    return out[2] * x


@MODES
def test_a_list_is_as_long_as_it_was(mode: str) -> None:
    f = grad(collected, (0, 1), mode=mode)
    assert grad(collected, 0, mode=mode)(3.0, 0.0) == 2.0
    assert f(-3.0, 0.5) == (-12.0, -8.0)
    assert f(3.0, 0.5) == (pytest.approx(2.0 / 3.0), 0.0)


def last_write(x, y):
    out = [x]
    try:
        out[0] = sqrt(y)
        out[0] += out.pop() / y
    except (ValueError, ZeroDivisionError, IndexError):
        return 5.0 * x + len(out)
    return out[0]


def test_what_one_statement_changes_before_it_raises_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="changes before it may raise"):
        grad(last_write)(3.0, 0.5)


def steps(x, y):
    total = 0.0
    for k in range(4):
        try:
            total += log(x - k)
            total *= sqrt(y - k)
        except ValueError:
            total = 0.5 * total + x * y
    return total


@MODES
def test_every_step_of_a_loop_tries_anew(mode: str) -> None:
    x, y = 2.5, 1.5
    # Steps 0 and 1 run; step 2 fails at its root, step 3 at its logarithm.
    t0, r0 = log(x), sqrt(y)
    t1, r1 = t0 * r0 + log(x - 1), sqrt(y - 1)
    t2 = 0.5 * (t1 * r1 + log(x - 2)) + x * y
    value = 0.5 * t2 + x * y
    d_x = 0.5 * (0.5 * ((r0 / x + 1 / (x - 1)) * r1 + 1 / (x - 2)) + y) + y
    d_y = 0.5 * (0.5 * (t0 * 0.5 / r0 * r1 + t1 * 0.5 / r1) + x) + x
    assert value_and_grad(steps, (0, 1), mode=mode)(x, y) == (
        pytest.approx(value),
        pytest.approx((d_x, d_y)),
    )


class Counter:
    def __init__(self) -> None:
        self.runs = 0

    def scaled(self, x):
        try:
            y = x * x
            return log(y - 1.0)
        finally:
            self.runs += 1


@MODES
def test_finally_runs_once_on_every_path(mode: str) -> None:
    counter = Counter()
    f = grad(counter.scaled, mode=mode)
    assert f(2.0) == pytest.approx(4.0 / 3.0) and counter.runs == 1
    with pytest.raises(ValueError, match="math domain error"):
        f(0.5)
    assert counter.runs == 2


def through_inner_values(x):
    try:
        y = log(x) / x if x > 0.1 else 1.0
    except ArithmeticError:
        y = 5.0
    return y


@MODES
def test_second_derivatives_go_through_what_the_body_computed(mode: str) -> None:
    second = grad(grad(through_inner_values, mode=mode))
    assert second(2.0) == pytest.approx((2.0 * log(2.0) - 3.0) / 8.0, rel=1e-13)


def carried(x, y):
    total = 1.0
    try:
        for k in range(9):
            total = total * x + sqrt(y - k)
    except ValueError:
        total = total + y
    return total


def changed_by_steps(x, y):
    total, last, seen = 1.0, 0, [x]
    try:
        for k in range(9):
            last = k
            total = total * x + sqrt(y - k)
            seen.append(log(y + 1.0 - k))
    except ValueError:
        total = total + y * last + sum(seen)
    finally:
        total *= x
    return total


def changed_while_it_is_tested(x, y):
    k, total = 0, x
    try:
        while sqrt(y - k) > 0.1:
            k += 1
            total *= y
            if k > 8:
                return total * x
    except ValueError:
        return total * k
    except ZeroDivisionError:
        total = 0.0
    return total + 1.0


def changed_by_an_arm(x, y):
    total = x
    try:
        if y > 1.0:
            total = total * y
            total = total + sqrt(y - 3.0)
        else:
            total = total + log(y)
        total = total * log(5.0 - y)
    except ValueError:
        total = total * total
    return total


def handled_within(x, y):
    total = x
    try:
        try:
            total = total * x
            total = total + log(y - 1.0)
        except ValueError:
            total = total * y
            total = total / (y - 1.0)
        else:
            total = total * sqrt(2.5 - y)
        total = total * x
    except (ValueError, ZeroDivisionError):
        total = total + 3.0 * x
    return total


def bound_in_what_raises(x, y):
    seen = [x, 2.0]
    try:
        seen[0] = sqrt((w := x * y) * w)
        seen.append(log((w := y - 2.0) * w * (y - 2.5)))
    except ValueError:
        seen[-1] *= 0.5
    return sum(seen) * y


BY_STEPS = (
    carried,
    changed_by_steps,
    changed_while_it_is_tested,
    changed_by_an_arm,
    handled_within,
    bound_in_what_raises,
)


@pytest.mark.parametrize("mode", ("forward", "reverse"))
@pytest.mark.parametrize("function", BY_STEPS, ids=lambda function: function.__name__)
def test_a_handler_reads_what_the_body_had_reached(function: Any, mode: str) -> None:
    slope, decided = grad(function, wrt=("x", "y"), mode=mode), 0
    for y in (0.45, 1.05, 1.7, 3.3, 5.6):
        value, found = value_and_grad(function, wrt=("x", "y"), mode=mode)(1.3, y)
        assert oracle.same_bits(value, function(1.3, y))
        assert slope(1.3, y) == found
        for wrt, number in zip("xy", found, strict=True):
            verdict = oracle.derivative(function, (1.3, y), {}, wrt, ())
            decided += verdict.decided
            assert not verdict.decided or oracle.agrees(verdict, number)
    assert decided >= 6


def stepped(x, n):
    try:
        p = q = 1.0
        for i in range(n):
            q = p - (p * p - x) / (2.0 * p)
            if i > 1 and abs(q - p) < 0.3:
                break
            p = q
        r = log(p) + q
    except ValueError:
        r = 0.0
    return r


@MODES
def test_a_loop_in_the_body_is_differentiated_with_its_own_steps(mode: str) -> None:
    f = grad(stepped, mode=mode)
    above, below = stepped(30.0 + 1e-4, 9), stepped(30.0 - 1e-4, 9)
    assert f(30.0, 9) == pytest.approx((above - below) / 2e-4, rel=1e-7)


def left_before_else(x, n):
    for _ in range(n):
        try:
            if x > 0.5:
                x *= 0.5
                continue
            x *= 1.5
        except ValueError:
            x = 7.0
        else:
            x += 1.0
    return x


def left_in_any_case(x, n):
    for _ in range(n):
        try:
            1.0 / x
            break
        except ZeroDivisionError:
            raise
        else:
            x += 1.0
    return x * x


@MODES
def test_what_leaves_the_body_leaves_out_the_else_clause(mode: str) -> None:
    f = value_and_grad(left_before_else, mode=mode)
    assert f(0.25, 3) == (left_before_else(0.25, 3), 0.375)
    assert f(0.75, 1) == (0.375, 0.5)
    assert value_and_grad(left_in_any_case, mode=mode)(3.0, 2) == (9.0, 6.0)


def raised_again(x, n):
    try:
        y = x * x
        if n > 0:
            y = y * x
    except ValueError:
        raise
    return y


@MODES
def test_branches_in_a_body_whose_handlers_raise_have_a_slope(mode: str) -> None:
    f = grad(raised_again, mode=mode)
    assert (f(2.0, 0), f(2.0, 1)) == (4.0, 12.0)


def divided_by_zero(x, xs, kind):
    try:
        y = 1.0 / (1.0 if kind == "a" else 0.0)
        xs.append(y * x)
    except ZeroDivisionError:
        pass
    return x * sum(xs)


@MODES
def test_a_division_by_a_constant_zero_raises_when_it_is_run(mode: str) -> None:
    assert value_and_grad(divided_by_zero, mode=mode)(2.0, [3.0], "b") == (6.0, 3.0)


def cleaned_up(x):
    try:
        y = 3.0 * x
        try:
            y = log(x)
        finally:
            z = x + 1.0
    except ValueError:
        return z * z * y
    return y * z


@MODES
def test_what_a_finally_clause_assigns_is_there_for_an_outer_handler(mode: str) -> None:
    try:
        found = value_and_grad(cleaned_up, mode=mode)(-2.0)
    except UnsupportedError:
        return
    assert found == (cleaned_up(-2.0), 9.0)


def seen_once(x, y, n, told):
    total = 0.5
    try:
        seen = set()
        for k in range(n):
            told(k)
            if k % 2 not in seen:
                seen.add(k % 2)
                total += y * y * total
        total *= log(x)
    except ValueError:
        counts = {}
        for k in range(n):
            told(-k)
            counts[k] = counts.get(k - 1, 0.3) * y + x
        total = sum(counts.values())
    return total


@MODES
@pytest.mark.parametrize("x", [-1.5, 2.5])
def test_what_a_loop_in_a_try_does_happens_once(x: float, mode: str) -> None:
    args = (x, 0.7, 4)
    told, wanted = [], []
    value, slopes = value_and_grad(seen_once, wrt=("x", "y"), mode=mode)(*args, told.append)
    assert value == seen_once(*args, wanted.append)
    assert told == wanted
    for wrt, slope in zip(("x", "y"), slopes, strict=True):
        (verdict,) = oracle.gradient(seen_once, (*args, str), {}, wrt).values()
        assert oracle.agrees(verdict, slope)
    product = hvp(seen_once, wrt="y")(*args, told.append, y_dot=1.0)[1]
    again = oracle.derivative(grad(seen_once, wrt="y", mode=mode), (*args, str), {}, "y")
    assert oracle.agrees(again, product)


def tried_within(x):
    words = []
    try:
        try:
            words.append("inner")
            y = log(x)
        except ValueError:
            words.append("outer")
            y = x * x
        y = 1.0 / y + y
    except ZeroDivisionError:
        y = 2.0 * x
    return y * len(words)


@MODES
def test_a_try_within_a_try_runs_once(mode: str) -> None:
    assert value_and_grad(tried_within, mode=mode)(-2.0) == (8.5, 2.0 * (-4.0 + 0.25))
    with pytest.raises(ArithmeticError, match=NO_SLOPE):
        value_and_grad(tried_within, mode=mode)(1.0)


def either(x):
    """As packages write that do without NumPy where they must."""
    try:
        found = np.empty_like(x)
        found[x > 1.0] = np.sin(x)
        found[x <= 1.0] = x * x
    except NameError:
        found = math.sin(x) if x > 1.0 else x * x
    return found * x


@pytest.mark.parametrize("x", [0.5, 1.5])
def test_a_handler_that_nothing_reaches_is_left_out(x: float) -> None:
    value, slope = value_and_grad(either)(x)
    assert value == either(x)
    assert oracle.agrees(oracle.derivative(either, (x,)), float(slope))
    derivative = value_and_grad(either)
    derivative(x)
    assert "try" not in derivative.source


def asked(x, flag):
    try:
        if flag:
            raise NameError("asked for")
        y = x * x
    except NameError:
        y = 3.0 * x
    return y


def helped(x):
    try:
        y = undefined_in_some(x)
    except NotImplementedError:
        y = x * x
    return y


def undefined_in_some(x):
    if x > 1.0:
        raise NotImplementedError
    return 5.0 * x


def test_a_handler_that_something_reaches_is_kept() -> None:
    assert (grad(asked)(2.0, True), grad(asked)(2.0, False)) == (3.0, 4.0)
    assert (grad(helped)(2.0), grad(helped)(0.5)) == (4.0, 5.0)


def ratio(x):
    try:
        result = 1.0 / math.sin(x)
    except ZeroDivisionError:
        return math.inf
    else:
        return result * x


def test_an_else_clause_behind_a_handler_that_leaves_is_reached_by_the_body_only() -> None:
    derivative = value_and_grad(ratio)
    with pytest.raises(ArithmeticError, match=NO_SLOPE):
        derivative(0.0)
    assert oracle.agrees(oracle.derivative(ratio, (1.2,)), derivative(1.2)[1])
    assert "UnboundLocalError" not in derivative.source


def dict_without_the_key(x):
    d = {"a": x}
    if x > 3.0:
        y = d["b"]
    elif x > 2.0:
        y = d.pop("b")
    elif x > 1.0:
        del d["b"]
        y = x
    else:
        y = x * x
    return d["a"] * y


def list_without_the_entry(x):
    kept = [x]
    try:
        del kept[3]
    except IndexError:
        x = x * x
    return kept[0] * x


@MODES
def test_a_missing_key_is_felt_only_on_the_path_that_asks_for_it(mode: str) -> None:
    f = value_and_grad(dict_without_the_key, mode=mode)
    assert f(0.5) == (0.125, pytest.approx(0.75))
    for x in (3.5, 2.5, 1.5):
        with pytest.raises(KeyError, match=r"^'b'$"):
            f(x)
    assert value_and_grad(list_without_the_entry, mode=mode)(3.0) == (27.0, pytest.approx(27.0))


def magnitude_of(x):
    try:
        x = x.magnitude()
    except AttributeError:
        x = abs(x)
    return x * x


def first_of(x):
    try:
        x = x[0]
    except (TypeError, IndexError):
        x = abs(x)
    return x * x


def counted(x):
    try:
        n = len(x)
    except TypeError:
        n = 1
    return n * x * x


def added(x):
    try:
        return sum(y * y for y in x)
    except TypeError:
        return x * x


def valued(x):
    try:
        return x.value
    except AttributeError:
        return x * x


def without_value(x, owner=None):
    try:
        y = owner.value
    except AttributeError:
        y = x
    return x * y


def labelled(x):
    y = x * x
    try:
        y.name = "square"
    except AttributeError:
        y = 1.0 * y
    return np.sum(y)


@MODES
@pytest.mark.parametrize(
    "f",
    [magnitude_of, first_of, counted, added, valued, without_value, labelled],
    ids=lambda f: f.__name__,
)
def test_a_number_is_told_from_others_by_what_it_cannot_do(f: Any, mode: str) -> None:
    for x in (3.0, np.float64(3.0)):
        assert value_and_grad(f, mode=mode)(x) == (9.0, 6.0)


def test_an_array_takes_no_label() -> None:
    x = np.array([1.0, 2.0])
    np.testing.assert_array_equal(grad(labelled)(x), [2.0, 4.0])


def label_of_a_product(x):
    y = x * x
    y.name = "square"
    return y


def attribute_of_a_product(x):
    return (x * x).height


def entry_of_a_product(x):
    return (x * x)[0]


def method_of_a_list(x):
    return [x].sum()


@MODES
@pytest.mark.parametrize(
    "f",
    [attribute_of_a_product, label_of_a_product, entry_of_a_product, method_of_a_list],
    ids=lambda f: f.__name__,
)
def test_what_no_value_can_do_raises_what_the_function_raises(f: Any, mode: str) -> None:
    with pytest.raises((AttributeError, TypeError)) as expected:
        f(2.0)
    with pytest.raises(expected.type, match=f"^{re.escape(str(expected.value))}$"):
        value_and_grad(f, mode=mode)(2.0)


def real_part_set(x):
    x.real = 3.0
    return x * x


@MODES
def test_what_only_an_array_lets_one_write_is_refused_where_it_may_be_one(mode: str) -> None:
    with pytest.raises(AttributeError):
        value_and_grad(real_part_set, mode=mode)(2.0)
    with pytest.raises(UnsupportedError, match="assignment to an attribute"):
        value_and_grad(real_part_set, mode=mode)(np.array(2.0))


def newton_steps(x, slope=True):
    y = 1.0
    for _ in range(6):
        have = slope is True
        d = 2.0 * y
        if not have:
            d = slope(y)
        y = y - (y * y - x) / d
    return y


@MODES
def test_a_flag_in_the_place_of_a_function_is_not_called(mode: str) -> None:
    derivative = grad(newton_steps, mode=mode)
    for arguments in ((2.0,), (2.0, lambda y: 2.0 * y)):
        assert derivative(*arguments) == pytest.approx(0.5 / math.sqrt(2.0))


def written_if_it_can_be(x, table, row):
    if x > 0.0:
        try:
            table["a"] = x / row[0]
        except ZeroDivisionError:
            table["a"] = x
    return x * x


def read_where_written(x, table, row):
    try:
        table["a"] = x * row[0]
    except ValueError:
        x = 0.0
    return x * table["a"]


@MODES
@pytest.mark.parametrize("f", [written_if_it_can_be, read_where_written], ids=lambda f: f.__name__)
@pytest.mark.parametrize("entry", [2.0, 0.0])
def test_what_a_body_writes_is_left_in_the_callers_dict(f: Any, entry: float, mode: str) -> None:
    table, left = {"a": 0.5}, {"a": 0.5}
    value, slope = value_and_grad(f, mode=mode)(1.5, table, [entry])
    assert value == f(1.5, left, [entry]) and table == left
    verdict = oracle.derivative(lambda x: f(x, {"a": 0.5}, [entry]), (1.5,), {}, "x")
    assert verdict.decided and oracle.agrees(verdict, slope)


def altitude(x, y):
    found = np.hypot(x, y)
    inside = x > y
    try:
        if inside.any():
            found[inside] = -found[inside]
    except (TypeError, AttributeError):
        if inside:
            found = -found
    return found * x


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("point", [(1.25, 0.75), (0.25, 0.75)])
def test_writing_into_a_number_raises_as_it_does_in_the_function(mode, point) -> None:
    value, slope = value_and_grad(altitude, wrt=("x", "y"), mode=mode)(*point)
    x, y = point
    sign, size = (-1.0 if x > y else 1.0), math.hypot(x, y)
    assert value == altitude(x, y)
    assert slope == pytest.approx((sign * (size + x * x / size), sign * x * y / size))


class Short(Exception):
    pass


class Store:
    def __init__(self, stock):
        self.stock = stock
        self.taken = []

    def take(self, wanted):
        if wanted > self.stock:
            raise Short(f"only {self.stock}")
        self.stock -= wanted
        self.taken.append(wanted * wanted)
        return wanted

    def take_all(self, wanted):
        for each in wanted:
            self.take(each)

    def take_share(self, wanted):
        self.stock -= wanted
        return math.log(self.stock)

    def take_then_check(self, wanted):
        self.stock *= 0.5
        if wanted > self.stock:
            raise Short("late")
        self.taken.append(wanted)


def refused_before_it_writes(x, y):
    store, missed = Store(x), 0.0
    for k in range(4):
        try:
            store.take(y * (k + 1))
        except Short:
            missed += store.stock * store.stock
    return missed + store.stock + sum(store.taken)


def written_by_a_helper_of_a_helper(x, y):
    store, missed = Store(x), 0.0
    try:
        store.take_all([y, 2.0 * y, 3.0 * y])
    except Short:
        missed = store.stock * y
    return missed + store.stock + sum(store.taken)


def raised_behind_a_call_that_writes(x, y):
    store, found = Store(x), 0.0
    try:
        found = store.take(y) / (x - 4.0) + store.take_share(y)
    except (ValueError, ZeroDivisionError):
        found = store.stock * y
    return found + store.stock + sum(store.taken)


def written_before_it_raises(x, y):
    store, found = Store(x), 1.0
    try:
        store.take_then_check(y)
    except Short:
        found = store.stock * y
    return found + store.stock * x + sum(store.taken)


@MODES
@pytest.mark.parametrize("point", [(4.0, 1.0), (2.5, 1.25), (1.0, 0.75), (6.0, 0.5), (0.5, 0.3)])
@pytest.mark.parametrize(
    "f",
    [
        refused_before_it_writes,
        written_by_a_helper_of_a_helper,
        raised_behind_a_call_that_writes,
        written_before_it_raises,
    ],
    ids=lambda f: f.__name__,
)
def test_what_a_method_has_written_before_it_raised_is_seen(
    f: Any, point: tuple[float, float], mode: str
) -> None:
    try:
        value, slopes = value_and_grad(f, (0, 1), mode=mode)(*point)
    except UnsupportedError as refusal:
        assert f is not refused_before_it_writes
        assert "changes before it may raise" in str(refusal)
        return
    assert value == f(*point)
    x, y = point
    if point != (4.0, 1.0) or f is not raised_behind_a_call_that_writes:
        wanted = along(lambda h: f(x + h, y))[0], along(lambda h: f(x, y + h))[0]
        assert slopes == pytest.approx(tuple(map(float, wanted)), rel=1e-6)


def fails(x):
    raise ValueError(x)


def second_handler_of_what_always_raises(x, y):
    value = x * 0.5
    try:
        value = value * fails(y)
    except KeyError:
        value = value + x * y
    except ValueError:
        pass
    except TypeError:
        value = value * y
    return value * y


@MODES
def test_a_body_that_always_raises_has_several_handlers(mode):
    value, slope = value_and_grad(second_handler_of_what_always_raises, mode=mode)(3.0, 2.0)
    assert (value, slope) == (3.0, 1.0)


def taken_off(x, items):
    value = x * x
    try:
        value = value + items.pop()
    except IndexError:
        value = value * x
    return value


def taken_off_without_a_use(x, items):
    value = x * x
    try:
        items.pop()
    except ZeroDivisionError:
        value = value * x
    return value


@MODES
@pytest.mark.parametrize("transform", [grad, value_and_grad])
@pytest.mark.parametrize("function", [taken_off, taken_off_without_a_use])
def test_what_a_try_takes_off_a_list_of_the_callers_is_gone(function, transform, mode):
    items = [1.0, 2.0]
    transform(function, mode=mode)(3.0, items)
    assert items == [1.0]


def taken_off_and_divided(x, items):
    value = x * x
    try:
        value = value + items.pop() / (x - 3.0)
    except ZeroDivisionError:
        value = value * x
    return value


@MODES
def test_a_list_changed_by_a_statement_that_raises_then_is_refused(mode):
    with pytest.raises(UnsupportedError, match="changes before it may raise"):
        grad(taken_off_and_divided, mode=mode)(3.0, [1.0, 2.0])


def emptied_in_a_second_step(x, table, steps):
    total = x
    for _ in steps:
        for key in table:
            total = total + table[key] * x
        del table["a"]
        if total > 0.0:
            break
    return total


@MODES
def test_a_loop_that_is_left_by_break_or_raises_goes_on_behind_it(mode):
    table = {"a": 2.0, "b": 1.0}
    derivative = value_and_grad(emptied_in_a_second_step, mode=mode)
    assert derivative(1.5, table, [1.0, 2.0]) == (6.0, 4.0)
    assert table == {"b": 1.0}
    with pytest.raises(KeyError, match="'a'"):
        derivative(-1.5, {"a": 2.0, "b": 1.0}, [1.0, 2.0])


class Mixture:
    """Keeps in slots what it has computed."""

    __slots__ = ("factor", "phis")

    def __init__(self, factor):
        self.factor = factor

    def fugacity(self, logs):
        try:
            self.phis = phis = [math.exp(each) for each in logs]
        except OverflowError:
            self.phis = phis = [1e3 * each for each in logs]
        return sum(self.factor * phi for phi in phis)


def fugacity(a, b):
    mixture = Mixture(2.0)
    return mixture.fugacity([a, b]) * mixture.phis[0]


class Bounded:
    """Takes no large value."""

    def __init__(self):
        self.kept = 1.0

    def read(self):
        return self.kept

    def take(self, new):
        if new > 10.0:
            raise ValueError(new)
        self.kept = new

    value = property(read, take)


def bounded(x):
    found = Bounded()
    try:
        y = found.value = x * x
    except ValueError:
        y = 3.0 * y
    return y * found.value


@MODES
@pytest.mark.parametrize("point", [(0.3, 0.4), (0.3, 800.0), (900.0, 0.1)])
def test_what_a_body_gives_an_attribute_and_a_name_is_known_in_its_handler(point, mode) -> None:
    found = value_and_grad(fugacity, wrt=(0, 1), mode=mode)(*point)
    assert found[0] == fugacity(*point)
    for wrt, slope in zip("ab", found[1], strict=True):
        assert oracle.agrees(oracle.derivative(fugacity, point, {}, wrt), slope)


def test_an_attribute_that_may_not_take_a_value_is_refused_in_the_middle() -> None:
    with pytest.raises(UnsupportedError, match="changes before it may raise"):
        grad(bounded)(2.0)


def tried_again(x, y):
    b = y
    try:
        b = y / x - math.sqrt(x)
    except ValueError:
        for _ in range(3):
            if b > -0.42:
                return (y + x) / (y + 2.0)
            try:
                if y > 1.69:
                    raise KeyError("y")
            except ArithmeticError:
                return math.cos(x * y)
    return x + b


@MODES
@pytest.mark.parametrize("point", [(0.25, 0.4), (-0.5, 0.4), (-0.5, -3.0)])
def test_handlers_with_loops_that_decide_what_is_returned(point, mode) -> None:
    value, slopes = value_and_grad(tried_again, wrt=("x", "y"), mode=mode)(*point)
    assert value == tried_again(*point)
    expected = {
        (0.25, 0.4): (1.0 - 0.4 / 0.0625 - 1.0, 4.0),
        (-0.5, 0.4): (1.0 / 2.4, 2.5 / 2.4**2),
        (-0.5, -3.0): (1.0, 1.0),
    }[point]
    assert slopes == pytest.approx(expected, rel=1e-14)


def weighed(first, *parts):
    total = first
    for part in parts:
        if part > 2.0:
            continue
        total += math.sin(part) * 1.5
        if total > 3.0:
            break
    else:
        total *= 0.8
    return math.tanh(total) * 1.5 + first


def kept(x, y):
    total = x * y
    try:
        v, k = (2 if x > 9.0 else x), 0
        while k < 3 and v > 0.0:
            k += 1
            weighed(2, v, v)
        r = math.acos(x - 1.0)
    except ValueError:
        r = x
    return total + r * total


@MODES
@pytest.mark.parametrize("x", [0.4, 1.5, 2.5])
def test_a_name_that_is_read_behind_a_loop_is_not_written_over_in_it(x, mode) -> None:
    value, (slope, by_y) = value_and_grad(kept, wrt=("x", "y"), mode=mode)(x, 2.0)
    assert value == kept(x, 2.0)
    r, r_dot = (x, 1.0) if x > 2.0 else (math.acos(x - 1.0), -1.0 / math.sqrt(x * (2.0 - x)))
    assert slope == pytest.approx(2.0 + 2.0 * r + 2.0 * x * r_dot, rel=1e-13)
    assert by_y == pytest.approx(x * (1.0 + r), rel=1e-13)


def ended_by_break(x, n):
    try:
        r = math.log(x)
    except ValueError:
        if n > 5:
            return x * x
        r = x
    k = 0
    while True:
        if k >= n:
            break
        k += 1
        try:
            s = math.acos(r)
        except ValueError:
            s = x
        r = r + 0.25 * s
    return r


@MODES
@pytest.mark.parametrize(("x", "n"), [(2.0, 2), (-0.5, 2), (-0.5, 0), (5.0, 3), (-0.5, 6)])
def test_how_a_try_ended_is_kept_through_a_loop_that_ends_by_break(x, n, mode) -> None:
    value, slope = value_and_grad(ended_by_break, mode=mode)(x, n)
    assert value == ended_by_break(x, n)
    expected, noise = along(lambda h: ended_by_break(x + h, n))
    assert noise < 1e-6
    assert slope == pytest.approx(float(expected), rel=1e-8)


def left_at_first(x, y):
    b = y
    for _ in range(2):
        try:
            b = x
            if x > 0.15:
                raise KeyError("x")
        except ValueError:
            return x
    return x * b


def test_an_arm_that_was_merged_sets_each_variable_once() -> None:
    f = value_and_grad(left_at_first, wrt=("x", "y"), mode="reverse")
    assert f(0.1, 1.4) == (left_at_first(0.1, 1.4), (0.2, 0.0))
    arm = f.source.split("if not outcome_is_zero:\n")[1].split("    else:")[0].splitlines()
    assert [line.split(" = ")[0].strip() for line in arm] == ["t2", "x_bar"]


class Filtered:
    def __init__(self) -> None:
        self.gain, self.noise = np.zeros(2), 0.01

    def take(self, v: Any) -> None:
        self.gain = v[:2]
        self.noise = max(np.exp(v[2]), 1e-6)

    def run(self, y: Any) -> Any:
        found, total = np.zeros(2), 0.0
        for k in range(2):
            found[k] = self.gain[k] * y[k]
            total += found[k] ** 2 / self.noise + np.log(self.noise)
        return found, total


def penalised(v: Any, y: Any) -> Any:
    model = Filtered()
    try:
        model.take(v)
        return -model.run(y)[1]
    except Exception:
        return 1e10


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_arrays_that_the_body_makes_for_itself_do_not_concern_a_handler(mode: str) -> None:
    v, y = np.array([0.1, 0.2, 0.3]), np.array([2.0, 1.5])
    value, slopes = value_and_grad(penalised, mode=mode)(v, y)
    assert value == penalised(v, y)
    assert all(map(oracle.agrees, oracle.gradient(penalised, (v, y)).values(), slopes))
    assert value_and_grad(penalised, mode=mode)(v[:1], y)[0] == 1e10


class Rooted:
    def __init__(self) -> None:
        self.a, self.b = 1.0, 2.0

    def take(self, x: float) -> None:
        self.a = log(x)
        self.b = sqrt(x - 1.0) + self.a


def of_another(x: float) -> float:
    model = Rooted()
    try:
        model.take(x)
    except ValueError:
        chosen = model if x > 0.5 else Rooted()
        return chosen.a * x
    return model.a + model.b


def test_an_object_that_a_body_leaves_half_changed_is_refused_where_it_is_chosen() -> None:
    with pytest.raises(UnsupportedError, match="a value that the try body changes"):
        value_and_grad(of_another)(0.7)


def chosen_in_a_try(x, y, a, b):
    try:
        s = y
        if y > 0.0:
            s = (a if y > 9.0 and a > b else x) * b
    except ValueError:
        s = x
    return s


def chosen_before_a_clean_up(x, y, a, b):
    try:
        if y > 0.0:
            return (a if max(a, b) > x else x) * b
    finally:
        print(end="")
    return x


@pytest.mark.parametrize("f", [chosen_in_a_try, chosen_before_a_clean_up])
@pytest.mark.parametrize(
    "point", [(2.0, 2.0, 2.6, -0.5), (2.0, 9.5, 2.6, 0.5), (2.0, -1.0, 1.0, 1.0)]
)
def test_what_an_expression_chooses_in_a_try_has_its_tangent_behind_it(f, point) -> None:
    direction = (0.7, -1.1, 0.5, -0.4)
    gradient = grad(f, wrt=(0, 1, 2, 3), mode="reverse")
    names = ("x_dot", "y_dot", "a_dot", "b_dot")
    first, product = hvp(f, wrt=(0, 1, 2, 3))(*point, **dict(zip(names, direction, strict=True)))
    assert first == gradient(*point)

    def moved(h):
        return gradient(*(p + h * d for p, d in zip(point, direction, strict=True)))

    expected, noise = along(moved)
    assert noise < 1e-9
    assert product == pytest.approx(tuple(expected), abs=1e-9)


# --- what raises for arrays and lists alone ----------------------------------------------------


def above(y, x):
    try:
        if x > 0 and y > 0:
            return y
        return -y
    except ValueError:
        return np.where(x > 0, y * x, -y).sum()


def unless_empty(y, x):
    try:
        if not x:
            return 3.0 * y
    except ValueError:
        return np.sum(x) * y
    return y


def shifted(y, x):
    try:
        x = x + 1
    except TypeError:
        x = [v + 1 for v in x]
        return y * sum(x)
    return y * x


@MODES
def test_a_condition_of_an_array_and_a_list_beside_a_number_raise_in_the_body_of_a_try(mode):
    several = np.array([1.0, -2.0, 4.0])
    for f, given, slope in (
        (above, 2.0, 1.0), (above, several, 4.0), (unless_empty, 0.0, 3.0),
        (unless_empty, several, 3.0), (shifted, 2.0, 3.0), (shifted, [1.0, 2.0], 5.0),
    ):  # fmt: skip
        assert value_and_grad(f, mode=mode)(2.0, given) == (f(2.0, given), slope)


def raised_behind_either(x: float, y: float) -> float:
    h = x
    if x > 0.4 or y > 0.3:
        h = h * y
        if x > 0.41 or y > 0.32:
            try:
                if y > 0.1 or x < 0.4:
                    raise ValueError("both")
                h = h + y
            except ValueError:
                if x > 0.2 or y < 3.0:
                    h = h * 3.0 * y
    return h


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_what_a_body_has_learned_of_conditions_is_not_taken_over_by_its_handlers(mode: str) -> None:
    check_slopes(raised_behind_either, (0.5, 1.2), mode)
    check_slopes(raised_behind_either, (0.5, -0.2), mode)
