"""Values that shaped a derivative's code: when one changes, the code is generated anew."""

from __future__ import annotations

import dis
import enum
import functools
import inspect
import re
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule import ChainruleError, UnsupportedError, grad, hessian, jacobian, value_and_grad

MODE = "square"
FLAG = True
LIMIT: float | None = None
STEPS = 2
SCALE: Any = 2.0
WEIGHTS = [1.0, 2.0]
RANGES = [[1.0, 2.0], [3.0, 4.0]]
SETTINGS: dict[str, Any] = {"mode": "square", "factor": 3.0, "nested": {"on": True}}
NAMES = {"a", "b"}


def helper(x):
    return 2.0 * x


def doubled(x):
    return helper(x)


def by_mode(x: float) -> float:
    if MODE == "square":
        return x * x
    return x**3


def by_flag(x: float) -> float:
    return x * x if FLAG else 5.0 * x


def by_none(x: float) -> float:
    if LIMIT is None:
        return x * x
    return LIMIT * x


def by_count(x: float) -> float:
    for _ in range(STEPS):
        x = x * x
    return x


def by_helper(x: float) -> float:
    return helper(x) * x


def by_inner_helper(x: float) -> float:
    return doubled(x)


def by_setting(x: float) -> float:
    y = SETTINGS["factor"] * x
    return y * y if SETTINGS["mode"] == "square" else y


def by_nested_setting(x: float) -> float:
    return x * x if SETTINGS["nested"]["on"] else 7.0 * x


def by_presence(x: float) -> float:
    return x * x if "extra" in SETTINGS else 4.0 * x


def by_default_of_get(x: float) -> float:
    return SETTINGS.get("slope", 1.5) * x


def by_length(x: float) -> float:
    return len(WEIGHTS) * x


def by_rows(x: float) -> float:
    total = 0.0
    for low, high in RANGES:
        total += (high - low) * x
    return total


def by_member(x: float) -> float:
    return x * x if "b" in NAMES else 9.0 * x


def by_type(x: float) -> float:
    if isinstance(SCALE, float):
        return SCALE * x
    return 100.0 * x


class Model:
    kind = "linear"
    slope = 2.0

    def __init__(self) -> None:
        self.mode = "square"
        self.on = True
        self.table = {"a": 1.0}
        self.offset: float | None = None

    def rate(self, x):
        return x * x

    @staticmethod
    def base(x):
        return 3.0 * x

    @classmethod
    def by_class(cls, x):
        return cls.slope * x if cls.kind == "linear" else x**3

    @property
    def power(self):
        return 2.0

    def by_attribute(self, x):
        if self.mode == "square":
            return x * x
        return 11.0 * x

    def by_switch(self, x):
        return x * x if self.on else 11.0 * x

    def by_method(self, x):
        return self.rate(x) + self.base(x)

    def by_property(self, x):
        return self.power * x

    def by_key(self, x):
        return 2.0 * x if "b" in self.table else x

    def by_offset(self, x):
        if self.offset is None:
            return x
        return self.offset * x


SHARED, OTHER = Model(), Model()
OTHER.mode = "other"
CONFIG = types.ModuleType("config")
vars(CONFIG).update(MODE="square", SLOPE=4.0, helper=helper)


def by_shared(x: float) -> float:
    return x * x if SHARED.mode == "square" else 11.0 * x


def by_module(x: float) -> float:
    return CONFIG.SLOPE * x * x if CONFIG.MODE == "square" else x


def by_helper_in_module(x: float) -> float:
    return CONFIG.helper(x)


def with_default(x, opts={"mode": "square"}, weight=2.0):  # noqa: B006
    return weight * x * x if opts["mode"] == "square" else x


def known_default(x: float, weight: float = 2.0) -> float:
    return weight * x * x


def known_named(x: float, *, k: float = 2.0) -> float:
    return k * x * x


def named_default(x, *, k=2.0):
    return k * x * x


def calls_default(x: float) -> float:
    return with_default(x)


def swap(name: str, value: Any) -> Callable[[pytest.MonkeyPatch], None]:
    """Bind a global of this file anew."""
    return lambda patch: patch.setitem(globals(), name, value)


def entry(table: Any, key: Any, value: Any) -> Callable[[pytest.MonkeyPatch], None]:
    """Set an entry of a table."""
    return lambda patch: patch.setitem(table, key, value)


def attribute(owner: Any, name: str, value: Any) -> Callable[[pytest.MonkeyPatch], None]:
    """Set an attribute."""
    return lambda patch: patch.setattr(owner, name, value)


# The function, a change, and the derivatives at 3.0 before and after.
CHANGES = [
    (by_mode, swap("MODE", "cube"), 6.0, 27.0),
    (by_flag, swap("FLAG", False), 6.0, 5.0),
    (by_none, swap("LIMIT", 8.0), 6.0, 8.0),
    (by_count, swap("STEPS", 1), 4.0 * 27.0, 6.0),
    (by_helper, swap("helper", lambda x: x * x), 12.0, 27.0),
    (by_inner_helper, swap("helper", lambda x: x * x), 2.0, 6.0),
    (by_inner_helper, swap("doubled", abs), 2.0, 1.0),
    (by_setting, entry(SETTINGS, "mode", "line"), 54.0, 3.0),
    (by_setting, entry(SETTINGS, "factor", 1.0), 54.0, 6.0),
    (by_setting, swap("SETTINGS", {"mode": "line", "factor": 5.0}), 54.0, 5.0),
    (by_nested_setting, entry(SETTINGS["nested"], "on", False), 6.0, 7.0),
    (by_presence, entry(SETTINGS, "extra", 1), 4.0, 6.0),
    (by_default_of_get, entry(SETTINGS, "slope", 2.5), 1.5, 2.5),
    (by_length, swap("WEIGHTS", [1.0, 2.0, 3.0]), 2.0, 3.0),
    (by_rows, swap("RANGES", [[1.0, 5.0]]), 2.0, 4.0),
    (by_member, swap("NAMES", {"a"}), 6.0, 9.0),
    (by_type, swap("SCALE", "text"), 2.0, 100.0),
    (SHARED.by_attribute, attribute(SHARED, "mode", "other"), 6.0, 11.0),
    (SHARED.by_switch, attribute(SHARED, "on", False), 6.0, 11.0),
    (SHARED.by_method, attribute(Model, "rate", lambda self, x: 5.0 * x), 9.0, 8.0),
    (SHARED.by_method, attribute(Model, "base", staticmethod(lambda x: x)), 9.0, 7.0),
    (SHARED.by_property, attribute(Model, "power", property(lambda self: 5.0)), 2.0, 5.0),
    (SHARED.by_key, entry(SHARED.table, "b", 1.0), 1.0, 2.0),
    (SHARED.by_offset, attribute(SHARED, "offset", 4.0), 1.0, 4.0),
    (Model.by_class, attribute(Model, "kind", "cubic"), 2.0, 27.0),
    (Model.by_class, attribute(Model, "slope", 3.5), 2.0, 3.5),
    (by_shared, attribute(SHARED, "mode", "other"), 6.0, 11.0),
    (by_shared, swap("SHARED", OTHER), 6.0, 11.0),
    (by_module, attribute(CONFIG, "MODE", "line"), 24.0, 1.0),
    (by_module, attribute(CONFIG, "SLOPE", 5.0), 24.0, 30.0),
    (by_module, swap("CONFIG", types.SimpleNamespace(MODE="line")), 24.0, 1.0),
    (by_helper_in_module, attribute(CONFIG, "helper", lambda x: 9.0 * x), 2.0, 9.0),
    (calls_default, attribute(with_default, "__defaults__", ({"mode": "square"}, 5.0)), 12.0, 30.0),
    (calls_default, entry(with_default.__defaults__[0], "mode", "line"), 12.0, 1.0),  # type: ignore[index]
    (named_default, attribute(named_default, "__kwdefaults__", {"k": 5.0}), 12.0, 30.0),
    (named_default, entry(named_default.__kwdefaults__, "k", 5.0), 12.0, 30.0),  # type: ignore[arg-type]
    (known_named, entry(known_named.__kwdefaults__, "k", 5.0), 12.0, 30.0),  # type: ignore[arg-type]
    (known_default, attribute(known_default, "__defaults__", (5.0,)), 12.0, 30.0),
    (with_default, entry(with_default.__defaults__[0], "mode", "line"), 12.0, 1.0),  # type: ignore[index]
    (with_default, attribute(with_default, "__defaults__", ({"mode": "square"}, 5.0)), 12.0, 30.0),
]


@pytest.mark.parametrize(("function", "change", "before", "after"), CHANGES)
def test_a_change_is_seen_and_so_is_the_way_back(
    function: Any, change: Any, before: float, after: float
) -> None:
    at = 3.0
    slope = grad(function)
    assert slope(at) == before
    with pytest.MonkeyPatch.context() as patch:
        change(patch)
        assert slope(at) == after
        assert slope(at) == after
    assert slope(at) == before


def test_a_row_replaced_in_place_is_seen() -> None:
    slope = grad(by_rows)
    assert slope(3.0) == 2.0
    before = RANGES[0]
    RANGES[0] = [0.0, 9.0]
    try:
        assert slope(3.0) == 10.0
        RANGES[0][1] = 8.0
        assert slope(3.0) == 9.0
    finally:
        RANGES[0] = before
    assert slope(3.0) == 2.0


def test_closure_cells_of_every_kind_are_watched() -> None:
    def make() -> tuple[Callable[[float], float], Callable[..., None]]:
        mode, factor, inner = "square", 2.0, helper

        def f(x: float) -> float:
            return factor * inner(x) * x if mode == "square" else inner(x)

        def change(new_mode: str, new_factor: float, new_inner: Any) -> None:
            nonlocal mode, factor, inner
            mode, factor, inner = new_mode, new_factor, new_inner

        return f, change

    f, change = make()
    slope = grad(f)
    assert slope(3.0) == 24.0
    change("square", 1.0, helper)
    assert slope(3.0) == 12.0
    change("line", 1.0, helper)
    assert slope(3.0) == 2.0
    change("line", 1.0, lambda x: 7.0 * x)
    assert slope(3.0) == 7.0


def test_two_closures_with_cells_of_one_name_are_told_apart() -> None:
    def scaled(k: Any, name: str) -> Callable[[float], float]:
        def inner(x):
            return k * x if name == "times" else k + x

        return inner

    twice, plus, thrice = scaled(2.0, "times"), scaled(5.0, "plus"), scaled(3.0, "times")

    def f(x: float) -> float:
        return twice(x) + plus(x) + thrice(x)

    assert value_and_grad(f)(1.0) == (11.0, 6.0)


def test_source_is_the_text_that_runs() -> None:
    slope = grad(by_mode)
    assert "2.0 * x" in slope.source
    with pytest.MonkeyPatch.context() as patch:
        swap("MODE", "cube")(patch)
        slope(3.0)
        assert "2.0 * x" not in slope.source
        assert "x**3" in slope.source
    slope(3.0)
    assert "2.0 * x" in slope.source


def test_where_kinds_are_known_the_function_itself_is_returned() -> None:
    slope = grad(by_mode)
    assert isinstance(slope, types.FunctionType)
    assert ".renew" not in slope.source and "MODE" not in slope.source


def test_a_function_that_nothing_else_shaped_is_asked_for_its_own_code_and_its_numbers() -> None:
    def f(x: float) -> float:
        return x * x

    watch = grad(f).watch  # type: ignore[attr-defined]
    own, number = (guard.text for guard in watch.guards)
    assert own == "_0_.__code__ is _1_"
    assert number.startswith("(_0_.__class__ is float or ")


def by_number(x: float) -> float:
    return SCALE * x  # type: ignore[no-any-return]


def test_a_number_of_the_module_is_told_from_itself_before_its_class_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slope = grad(by_number)
    steps = [(step.opname, step.argval) for step in dis.get_instructions(slope)]
    assert steps.index(("LOAD_CONST", SCALE)) < steps.index(("LOAD_ATTR", "__class__"))
    code = slope.__code__
    monkeypatch.setitem(globals(), "SCALE", 5.0)
    assert slope(3.0) == 5.0
    assert slope.__code__ is code
    monkeypatch.setitem(globals(), "SCALE", 7)
    assert slope(3.0) == 7.0
    monkeypatch.setitem(globals(), "SCALE", np.array([1.0, 2.0]))
    with pytest.raises(ChainruleError):
        slope(3.0)
    monkeypatch.setitem(globals(), "SCALE", 2.0)
    assert slope(3.0) == 2.0


def test_every_object_of_a_class_is_seen_as_it_is() -> None:
    @dataclass
    class Option:
        call: bool = True
        style: str = "plain"
        terms: list[str] = field(default_factory=list)

    def price(x, option):
        y = x * x if option.call else 5.0 * x
        return 2.0 * y if option.style == "double" else y

    slope = grad(price)
    assert slope(3.0, Option()) == 6.0
    assert slope(3.0, Option(call=False)) == 5.0
    assert slope(3.0, Option(style="double")) == 12.0
    option = Option()
    assert slope(3.0, option) == 6.0
    option.call = False
    assert slope(3.0, option) == 5.0


def test_an_equal_string_does_not_generate_again() -> None:
    slope = grad(by_mode)
    slope(3.0)
    with pytest.MonkeyPatch.context() as patch:
        swap("MODE", "".join(["squ", "are"]))(patch)
        text = slope.source
        assert slope(3.0) == 6.0
        assert slope.source is text


def test_a_number_of_another_module_is_read_without_generating() -> None:
    slope = grad(by_module)
    slope(3.0)
    text = slope.source
    with pytest.MonkeyPatch.context() as patch:
        attribute(CONFIG, "SLOPE", 5.0)(patch)
        assert slope(3.0) == 30.0
        assert slope.source is text


def test_a_deleted_global_raises_and_comes_back() -> None:
    slope = grad(by_mode)
    assert slope(3.0) == 6.0
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(globals(), "MODE")
        with pytest.raises(Exception, match="MODE"):
            slope(3.0)
    assert slope(3.0) == 6.0


def test_second_order_and_keywords_are_watched_too() -> None:
    curve = hessian(by_mode)
    both = value_and_grad(by_mode)
    inner = grad(grad(by_mode))
    assert (curve(3.0), both(x=3.0), inner(x=3.0)) == (2.0, (9.0, 6.0), 2.0)
    with pytest.MonkeyPatch.context() as patch:
        swap("MODE", "cube")(patch)
        assert (curve(3.0), both(x=3.0), inner(x=3.0)) == (18.0, (27.0, 27.0), 18.0)


def test_a_derivative_held_by_a_global_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "SCALE", grad(by_flag))

    def f(x: float) -> float:
        return SCALE(x)  # type: ignore[no-any-return]

    slope = grad(f)
    assert slope(3.0) == 2.0
    monkeypatch.setitem(globals(), "SCALE", grad(by_count))
    assert slope(3.0) == 108.0


def test_a_reloaded_module_is_lifted_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    file = tmp_path / "reloaded_model.py"
    file.write_text("def rate(x):\n    return 2.0 * x\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    module = importlib.import_module("reloaded_model")

    def f(x: float) -> float:
        return module.rate(x) * x

    slope = grad(f)
    assert slope(3.0) == 12.0
    file.write_text("def rate(x):\n    return 5.0 * x + 1.0\n")
    importlib.reload(module)
    assert slope(3.0) == 31.0


def with_details(x, full=False, negative=False):
    y = x * x
    if full:
        details = {"square": y}
    if negative:
        y = -y
    if full:
        details["signed"] = y
        return details
    return y


def test_a_flag_that_decides_the_kind_of_the_result_is_watched() -> None:
    slope = jacobian(with_details)
    assert slope(2.0) == 4.0
    assert slope(2.0, True) == {"square": 4.0, "signed": 4.0}
    assert slope(2.0, True, True) == {"square": 4.0, "signed": -4.0}
    assert slope(3.0, negative=True) == -6.0
    assert slope(2.0) == 4.0


class Doubling:
    def of(self, x: float) -> float:
        return x * 2.0


class Quintupling(Doubling):
    def of(self, x: float) -> float:
        return x * 5.0


CHANGEABLE = Doubling()


def by_the_global_object(x: float) -> float:
    return CHANGEABLE.of(x)


def by_the_argument(x, rule):
    return rule.of(x)


def test_an_object_that_becomes_one_of_another_class_is_seen() -> None:
    rule = Doubling()
    of_argument, of_global = value_and_grad(by_the_argument), value_and_grad(by_the_global_object)
    assert of_argument(3.0, rule) == of_global(3.0) == (6.0, 2.0)
    rule.__class__ = CHANGEABLE.__class__ = Quintupling
    assert of_argument(3.0, rule) == of_global(3.0) == (15.0, 5.0)
    CHANGEABLE.__class__ = Doubling
    assert of_global(3.0) == (6.0, 2.0)


class Spring:
    def __init__(self, k: float) -> None:
        self.k = k

    @functools.cached_property
    def double(self) -> float:
        return 2.0 * self.k


def pulled(x, spring):
    return x * spring.double


def test_a_property_that_was_cached_before_is_what_it_was() -> None:
    slope, by_spring = grad(pulled), grad(pulled, wrt="spring")
    spring = Spring(3.0)
    assert slope(2.0, spring) == 6.0
    assert by_spring(2.0, spring).k == 4.0
    assert pulled(2.0, spring) == 12.0
    assert by_spring(2.0, spring).k == 4.0
    spring.k = 10.0
    assert slope(2.0, spring) == 6.0
    with pytest.raises(UnsupportedError, match="was computed before its attributes"):
        by_spring(2.0, spring)
    del spring.double
    assert slope(2.0, spring) == 20.0
    assert by_spring(2.0, spring).k == 4.0


@dataclass
class Pair:
    first: float
    second: float = 2.0

    def __post_init__(self) -> None:
        self.both = self.first * self.second


def by_what_follows_init(x: float) -> float:
    return Pair(x).both * x


def test_another_post_init_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    slope = value_and_grad(by_what_follows_init)
    assert slope(2.0) == (8.0, 8.0)
    monkeypatch.setattr(
        Pair, "__post_init__", lambda self: setattr(self, "both", self.first + self.second)
    )
    assert slope(2.0) == (8.0, 6.0)


class Bare:
    def of(self, x: float) -> float:
        return x * 2.0


BARE = Bare()


def by_a_bare_object(x: float) -> float:
    return BARE.of(x)


def test_an_attribute_that_hides_a_method_of_a_global_object_is_seen() -> None:
    slope = grad(by_a_bare_object)
    assert slope(3.0) == 2.0
    BARE.of = lambda x: x * x
    assert slope(3.0) == 6.0
    del BARE.of
    assert slope(3.0) == 2.0


def reloaded(x):
    return 3.0 * x


def newer(x):
    return x * x


def by_the_reloaded(x: float) -> float:
    return reloaded(x)


def test_code_that_a_helper_was_given_in_place_is_seen() -> None:
    slope, old = grad(by_the_reloaded), reloaded.__code__
    assert slope(2.0) == 3.0
    reloaded.__code__ = newer.__code__
    assert slope(2.0) == 4.0
    reloaded.__code__ = old
    assert slope(2.0) == 3.0


@pytest.mark.parametrize("annotation", [float, inspect.Parameter.empty])
def test_code_that_the_function_itself_was_given_in_place_is_seen(annotation: Any) -> None:
    def f(x):
        return 3.0 * x

    if annotation is float:
        f.__annotations__["x"] = float
    slope, old = grad(f), f.__code__
    assert slope(2.0) == 3.0
    f.__code__ = newer.__code__
    assert slope(2.0) == 4.0
    assert "2.0 * x" in slope.source
    f.__code__ = old
    assert slope(2.0) == 3.0


class Kind(enum.Enum):
    HEAT = 1
    FLOW = 2


class Unit(str, enum.Enum):
    METER = "m"
    KILOMETER = "km"


LAWS = {Kind.HEAT: reloaded, Kind.FLOW: newer}
LENGTHS = {Unit.METER: 1.0, Unit.KILOMETER: 1000.0}


def by_law(x, kind=Kind.HEAT):
    return LAWS[kind](x)


def by_unit(x, unit=Unit.KILOMETER):
    return LENGTHS[unit] * x * x


def test_entries_under_members_of_enumerations_are_watched(monkeypatch) -> None:
    slope = grad(by_law)
    assert (slope(2.0), slope(2.0, Kind.FLOW)) == (3.0, 4.0)
    monkeypatch.setitem(LAWS, Kind.HEAT, newer)
    assert slope(2.0) == 4.0


def test_members_that_are_words_find_what_the_words_find(monkeypatch) -> None:
    slope = grad(by_unit)
    assert (slope(2.0), slope(2.0, Unit.METER), slope(2.0, "m")) == (4000.0, 4.0, 4.0)
    monkeypatch.setitem(LENGTHS, Unit.METER, 2.0)
    assert slope(2.0, Unit.METER) == 8.0


def of_keyed(d, x):
    return d[Unit.METER] * d[Unit.KILOMETER] ** 2 * x


def of_members(x, d):
    return d[Kind.HEAT] * x * x


def test_dicts_that_are_arguments_may_have_members_as_keys() -> None:
    given = {Unit.METER: 2.0, Unit.KILOMETER: 3.0}
    assert grad(of_keyed)(given, 5.0) == {Unit.METER: 45.0, Unit.KILOMETER: 60.0}
    assert grad(of_members)(2.0, {Kind.HEAT: 3.0}) == 12.0
    with pytest.raises(ChainruleError, match=re.escape("has the key <Kind.HEAT: 1>")):
        grad(of_members, wrt="d")(2.0, {Kind.HEAT: 3.0})


def bound(x, a, *, kind="square"):
    return a * x * x if kind == "square" else a * x


HALF = functools.partial(bound, a=0.5)


def by_a_partial(x):
    return 2.0 * HALF(x)


def test_what_a_partial_binds_may_change() -> None:
    HALF.__setstate__((bound, (), {"a": 0.5}, {}))  # type: ignore[attr-defined]
    slopes = [grad(HALF), lambda x: grad(grad(HALF))(x) * x, lambda x: 0.5 * slope(x)]
    slope = grad(by_a_partial)
    again = [slopes[0], grad(by_a_partial)]
    assert [each(3.0) for each in (*slopes, again[0])] == [3.0] * 4
    HALF.keywords["a"] = 2.0
    assert [each(3.0) for each in (*slopes, again[0])] == [12.0] * 4
    HALF.keywords["kind"] = "line"
    assert [slopes[0](3.0), slopes[2](3.0), again[1](3.0)] == [2.0, 2.0, 4.0]
    HALF.__setstate__((bound, (), {"a": 0.5}, {}))  # type: ignore[attr-defined]
    assert [each(3.0) for each in (*slopes, again[0])] == [3.0] * 4


class Weight:
    def __init__(self, w: Any) -> None:
        self.w = w


class Both:
    def __init__(self, first: Weight, second: Weight) -> None:
        self.first = first
        self.second = second


ONE, ANOTHER = Weight(2.0), Weight(3.0)
TOGETHER, APART = np.array([1.0, 2.0]), np.array([3.0, 4.0])


def by_both(x, both):
    return x * both.first.w * both.second.w


def by_each(x, one, other):
    return x * one.first.w * other.second.w


def by_arrays(x, one, other):
    return np.sum(x * one.w * other.w)


def by_a_global_one(x, one):
    return x * one.w * ONE.w


def by_a_global_array(x, one):
    return np.sum(x * one.w * TOGETHER)


MET: list[tuple[Any, list[tuple[Any, ...]]]] = [
    (by_both, [(Both(ONE, ONE),), (Both(ONE, ANOTHER),), (Both(ANOTHER, ANOTHER),)]),
    (by_each, [(Both(ONE, ANOTHER), Both(ANOTHER, ONE)), (Both(ANOTHER, ONE), Both(ONE, ONE))]),
    (by_arrays, [(Weight(TOGETHER), Weight(TOGETHER)), (Weight(TOGETHER), Weight(APART))]),
    (by_a_global_one, [(ONE,), (ANOTHER,)]),
    (by_a_global_array, [(Weight(TOGETHER),), (Weight(APART),)]),
]


@pytest.mark.parametrize(("f", "cases"), MET)
@pytest.mark.parametrize("order", [1, -1])
def test_what_is_one_object_in_one_call_may_be_two_in_the_next(f, cases, order) -> None:
    slope = grad(f)
    for case in [*cases[::order], *cases]:
        # It is linear in x.
        assert slope(2.0, *case) == f(1.0, *case)


def test_a_gradient_by_objects_that_were_one() -> None:
    slope = grad(lambda both: both.first.w * both.second.w)
    slope(Both(ONE, ONE))
    found = slope(Both(Weight(2.0), Weight(3.0)))
    assert (found.first.w, found.second.w) == (3.0, 2.0)
