"""What is declared beside the rules: steps, types, callables, costs, and the page of kinks."""

from __future__ import annotations

import itertools
import math
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chainrule.graph.block import Graph
from chainrule.graph.types import BOOL, FLOAT, INT, array_of
from chainrule.primitives.control import IF, select
from chainrule.primitives.cost import operations
from chainrule.primitives.declare import TABLE, Primitive, resolve
from chainrule.primitives.namespaces import primitive_of, spelling
from tests.declared import RULES, STEPS, exists, has_value, points, quietly, samples

DOCUMENT = Path(__file__).parent.parent / "docs" / "kinks.md"
CALLABLES = [
    pytest.param(primitive, dotted, id=f"{primitive.name}-{dotted}")
    for primitive in TABLE.values()
    for dotted in primitive.callables
    if exists(dotted)
]

# --- steps, types, callables ------------------------------------------------------------


def takes_floats(primitive: Primitive) -> bool:
    """Whether its arguments are floats: neither ints nor containers."""
    return takes_numbers(primitive) and all(
        isinstance(interval.low, float) for interval in primitive.domain
    )


def takes_numbers(primitive: Primitive) -> bool:
    """Whether its arguments are numbers."""
    try:
        primitive.value(*(2 for _ in primitive.domain))
    except TypeError:
        return False
    except (ArithmeticError, ValueError):
        return True
    return True


@pytest.mark.parametrize("primitive", [p for p in STEPS if takes_floats(p)], ids=lambda p: p.name)
def test_what_is_declared_flat_has_steps_only(primitive: Primitive) -> None:
    values = (-7.3141, -0.3712, 0.4711, 2.7183, 31.271)
    for point in itertools.permutations(values, primitive.arity):
        for position in range(primitive.arity):
            moved = list(point)
            moved[position] *= 1.0 + 1e-9
            if has_value(primitive, point):
                assert primitive.value(*moved) == primitive.value(*point), point


NUMERIC = [primitive for primitive in (*RULES, *STEPS) if takes_numbers(primitive)]


@pytest.mark.parametrize("primitive", NUMERIC, ids=lambda primitive: primitive.name)
def test_the_inferred_type_is_that_of_the_value(primitive: Primitive) -> None:
    graph = Graph("f")
    kinds = [
        BOOL if interval.low is False else INT if isinstance(interval.low, int) else FLOAT
        for interval in primitive.domain
    ]
    args = tuple(graph.body.parameter(f"x{k}", kind) for k, kind in enumerate(kinds))
    axes = [samples(interval) for interval in primitive.domain]
    for point in random.Random(1).sample(
        list(itertools.product(*axes)), 12 if len(axes) > 1 else 3
    ):
        if has_value(primitive, point):
            value = quietly(primitive.value, *point)
            kind = getattr(value, "dtype", None)
            python = {"f": float, "i": int, "b": bool}[kind.kind] if kind else type(value)
            expected_type = {float: FLOAT, int: INT, bool: BOOL}[python]
            if kind is not None and kind.name in ("float16", "float32"):
                expected_type = array_of(kind.name, ())
            assert primitive.infer(args, ()) == expected_type, point


# NumPy calls it so from 2.5 on; it means what it meant.
@pytest.mark.filterwarnings("ignore:numpy.fix is deprecated:DeprecationWarning")
@pytest.mark.parametrize(("primitive", "dotted"), CALLABLES)
def test_a_callable_means_its_primitive(primitive: Primitive, dotted: str) -> None:
    found = resolve(dotted)
    known = spelling(found)
    assert known is not None and resolve(known) is found
    if primitive not in NUMERIC:
        assert primitive_of(found) is not None
        return
    assert primitive_of(found, primitive.arity) is primitive
    for point in points(primitive)[:20] if primitive in RULES else flat_points(primitive):
        try:
            value = quietly(found, *point)
        except (ArithmeticError, ValueError):
            continue
        if primitive.part is not None:
            value = eval(f"_0_{primitive.part}", {"_0_": value})
        here = quietly(primitive.value, *point)
        exact = dotted == primitive.callables[0] or primitive in STEPS
        assert here == value if exact else here == pytest.approx(value, rel=1e-12), point


def flat_points(primitive: Primitive) -> Iterator[tuple[Any, ...]]:
    axes = [samples(interval)[::3] for interval in primitive.domain]
    return (point for point in itertools.product(*axes) if has_value(primitive, point))


def test_what_no_primitive_means_is_not_recognised() -> None:
    assert primitive_of(print) is None and spelling(print) is None
    assert primitive_of(math.hypot, 7) is None


# --- costs ------------------------------------------------------------------------------


def test_operations_count_what_is_needed_and_nothing_else() -> None:
    graph = Graph("f")
    x, y = (graph.body.parameter(name, FLOAT) for name in "xy")
    unused = x * y / 3.0
    used = TABLE["exp"](x) + 2.0 * y
    graph.body.results = (used,)
    assert operations(graph) == 3
    graph.body.results = (used + unused,)
    assert operations(graph) == 6


def test_both_arms_of_a_branch_count_and_its_condition_does_not() -> None:
    graph = Graph("f")
    x, y = (graph.body.parameter(name, FLOAT) for name in "xy")
    chosen = select(x < y, lambda: x * y, lambda: TABLE["sin"](x) + y)
    graph.body.results = (chosen,)
    assert chosen.args[0].op is IF
    assert operations(graph) == 3


# --- documentation ----------------------------------------------------------------------


def kinks_page() -> str:
    """The page of docs/kinks.md, its table from the declarations."""
    introduction = DOCUMENT.read_text(encoding="utf-8").partition("| function |")[0]
    lines = [
        "| function | where | partial derivatives | why |",
        "|---|---|---|---|",
    ]
    # Within a file in the order of declaration; the files are imported in no fixed order.
    kinked = [primitive for primitive in TABLE.values() if primitive.kinks]
    for primitive in sorted(kinked, key=lambda primitive: primitive.partials.__module__):
        for kink in primitive.kinks:
            name = primitive.symbol or primitive.callables[0].removeprefix("builtins.")
            shown = ", ".join("as elsewhere" if p is None else f"{p:g}" for p in kink.partials)
            lines.append(f"| `{name}` | `{kink.where}` | {shown} | {kink.why} |")
    return introduction + "\n".join(lines) + "\n"


def test_the_page_of_kinks_is_what_is_declared() -> None:
    """``python -m tests.test_declarations`` writes it."""
    assert DOCUMENT.read_text(encoding="utf-8") == kinks_page()


if __name__ == "__main__":
    DOCUMENT.write_text(kinks_page(), encoding="utf-8")


@pytest.mark.parametrize(
    "first", ["chainrule.cli.entry", "chainrule.primitives.arrays.complex_numbers"]
)
def test_operations_are_declared_in_one_order_whichever_is_asked_for_first(first: str) -> None:
    """Of several that a callable may mean, as ``np.abs``, the first is taken."""
    text = (
        "import {}\nfrom chainrule.primitives.declare import TABLE\n"
        "print(*(name for name, each in TABLE.items() if each.callables))"
    )
    modules = (first, "chainrule.transforms.derive")
    orders = [
        subprocess.run(
            [sys.executable, "-c", text.format(module)], capture_output=True, text=True, check=True
        ).stdout.split()
        for module in modules
    ]
    assert orders[0] == orders[1][: len(orders[0])]
    assert orders[0].index("absolute") < orders[0].index("modulus")
