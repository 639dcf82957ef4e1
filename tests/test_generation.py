"""What generating a derivative takes: in proportion to the program, counted in calls."""

from __future__ import annotations

import gc
import linecache
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from cProfile import Profile
from types import CodeType
from typing import Any

import numpy as np
import pytest

from chainrule import grad, hessian, jacobian
from chainrule.graph.block import Graph
from chainrule.graph.node import Node
from chainrule.simplify.again import Again
from chainrule.simplify.rewrite import Simplifier

# With fewer statements than the first both modes are taken to the end, and not the cheaper alone.
FIRST, SMALL, LARGE = 10, 15, 45
# Calls that 4 times the statements may take, the part that does not grow aside.
MOST = 4.2
# The same in each file, where some begin late; so many more do not matter.
MOST_IN_A_FILE = 5.4
FEW = 100


def chain(count: int) -> str:
    lines = [f"    t{k + 1} = math.sin(t{k}) * y + {k % 7}.5" for k in range(count)]
    return "\n".join(["import math", "def f(x, y):", "    t0 = x", *lines, f"    return t{count}"])


def quotients(count: int) -> str:
    lines = [f"    t += x / (x + {k}.0 * y)" for k in range(count)]
    return "\n".join(["def f(x, y):", "    t = 0.0", *lines, "    return t"])


def loops(count: int) -> str:
    lines = [f"    for _ in range(int(n)):\n        x = x * y + {k}.0" for k in range(count)]
    return "\n".join(["def f(x, y, n=3):", *lines, "    return x"])


def branches(count: int) -> str:
    lines = [
        f"    if x > {k}.0:\n        x = x * y\n    else:\n        x = x + y" for k in range(count)
    ]
    return "\n".join(["def f(x, y):", *lines, "    return x"])


def entries(count: int) -> str:
    lines = [f"    x[{k % 3}] = x[{(k + 1) % 3}] * y[{k % 2}] + 0.5" for k in range(count)]
    return "\n".join(["def f(x, y):", "    x = x.copy()", *lines, "    return x.sum()"])


def arrays(count: int) -> str:
    lines = [f"    a = np.sin(a) * y + {k % 7}.5" for k in range(count)]
    head = ["import numpy as np", "def f(x, y):", "    a = np.array([x, y, x * y])"]
    return "\n".join([*head, *lines, "    return np.sum(a)"])


def states(count: int) -> str:
    starts = [f"    a{k} = x * {k}.5" for k in range(count)]
    steps = [f"        a{k} = math.sin(a{k}) * y + a{(k + 1) % count}" for k in range(count)]
    total = " + ".join(f"a{k}" for k in range(count))
    head = ["import math", "def f(x, y, n=3):", *starts, "    for _ in range(n):"]
    return "\n".join([*head, *steps, f"    return {total}"])


def loaded(text: str) -> Callable[..., Any]:
    """The function ``f`` of this text, which is at hand."""
    file = f"<generation {hash(text)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)
    scope: dict[str, Any] = {}
    exec(compile(text, file, "exec"), scope)
    found: Callable[..., Any] = scope["f"]
    return found


def calls_for(text: str, args: tuple[Any, ...], mode: str = "auto") -> Counter[str]:
    """Calls of Python functions until the gradient has run once, by the files of these."""
    f = loaded(text)
    counts: Counter[str] = Counter()
    profile = Profile(subcalls=False, builtins=False)
    gc.collect()
    profile.runcall(lambda: grad(f, wrt=("x", "y"), mode=mode)(*args))
    for entry in profile.getstats():
        if isinstance(entry.code, CodeType):
            counts[entry.code.co_filename] += entry.callcount
    return counts


@pytest.mark.parametrize(
    ("program", "args", "mode"),
    [
        # Of small ones both modes are tried.
        (chain, (0.3, 0.7), "reverse"),
        (quotients, (0.3, 0.7), "reverse"),
        (loops, (0.3, 0.7), "auto"),
        (entries, (np.array([0.3, 0.5, 0.7]), np.array([0.2, 0.4])), "auto"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_generating_takes_calls_in_proportion_to_the_program(
    program: Callable[[int], str], args: tuple[Any, ...], mode: str
) -> None:
    calls_for(program(2), args, mode)
    none, small, large = (calls_for(program(count), args, mode) for count in (FIRST, SMALL, LARGE))
    part = (LARGE - FIRST) / (SMALL - FIRST) / 4
    assert large.total() - none.total() <= MOST * part * (small.total() - none.total())
    for file in large:
        most = MOST_IN_A_FILE * part * max(small[file] - none[file], 0) + FEW
        assert large[file] - none[file] <= most, file


@pytest.mark.parametrize(("program", "mode"), [(arrays, "reverse"), (states, "forward")])
def test_arrays_and_what_loops_carry_take_calls_in_proportion_to_their_number(
    program: Callable[[int], str], mode: str
) -> None:
    calls_for(program(2), (0.3, 0.7), mode)
    none, small, large = (
        calls_for(program(count), (0.3, 0.7), mode).total() for count in (FIRST, SMALL, LARGE)
    )
    part = (LARGE - FIRST) / (SMALL - FIRST) / 4
    assert large - none <= MOST * part * (small - none)


def conditions(count: int) -> str:
    parts = " and ".join(f"x > {k / count}" for k in range(count))
    return "\n".join(["def f(x, y):", f"    if {parts}:", "        x = x * y", "    return x"])


def test_parts_of_a_condition_are_not_looked_at_again_in_each_part_around() -> None:
    """What a part may raise was asked again for every part to its left: 2^n times."""
    calls_for(conditions(2), (1.3, 0.7), "reverse")
    small, large = (
        calls_for(conditions(count), (1.3, 0.7), "reverse").total() for count in (8, 16)
    )
    assert large < 3 * small
    assert grad(loaded(conditions(24)), wrt=("x", "y"))(1.3, 0.7) == (0.7, 1.3)


def array_sum(count: int) -> str:
    terms = " + ".join(f"{k}.5 * x ** {k % 5 + 2} * y ** {k // 5 + 2}" for k in range(count))
    return "\n".join(["import numpy as np", "def f(x, y):", f"    return np.sum({terms})"])


def test_a_sum_of_a_thousand_terms_is_differentiated() -> None:
    terms = " + ".join(f"{k}.0 * x * y" for k in range(1, 1001))
    f = loaded(f"def f(x, y):\n    return {terms}")
    assert grad(f, wrt=("x", "y"))(3.0, 7.0) == (7.0 * 500_500, 3.0 * 500_500)


def test_a_long_sum_of_arrays_is_not_looked_through_for_each_of_its_terms() -> None:
    args = np.array([0.3, 0.5, 0.7]), np.array([0.2, 0.4, 0.1])
    calls_for(array_sum(2), args, "forward")
    small, large = (calls_for(array_sum(count), args, "forward") for count in (SMALL, LARGE))
    file = next(file for file in large if file.endswith("memory/reuse.py"))
    assert large[file] <= MOST * LARGE / SMALL / 4 * small[file]


def test_what_follows_a_branch_is_not_looked_through_for_each() -> None:
    calls_for(branches(2), (0.3, 0.7))
    small, large = (calls_for(branches(count), (0.3, 0.7)) for count in (SMALL, LARGE))
    file = next(file for file in large if file.endswith("exits.py"))
    assert large[file] <= MOST * LARGE / SMALL / 4 * small[file]


def attempts(count: int) -> str:
    step = "    try:\n        x = math.sqrt(x) * y\n    except ValueError:\n        x += y"
    return "\n".join(["import math", "def f(x, y):", *[step] * count, "    return x"])


def test_what_is_certain_of_a_value_is_not_asked_of_all_before_it() -> None:
    calls_for(attempts(2), (0.3, 0.7))
    small, large = (calls_for(attempts(count), (0.3, 0.7)) for count in (SMALL, LARGE))
    file = next(file for file in large if file.endswith("facts.py"))
    assert large[file] <= MOST * LARGE / SMALL / 4 * small[file]


def test_what_follows_a_try_is_not_copied_for_each() -> None:
    calls_for(attempts(2), (0.3, 0.7), "forward")
    small, large = (calls_for(attempts(count), (0.3, 0.7), "forward") for count in (SMALL, LARGE))
    file = next(file for file in large if file.endswith("resolving.py"))
    assert large[file] <= MOST * LARGE / SMALL / 4 * small[file]


def tries_in_tries(depth: int) -> str:
    """Each handler reads what the body of its ``try`` had reached: all of them are cut."""
    lines = []
    for k in range(depth):
        lines += ["    " * k + "try:", "    " * (k + 1) + f"x = x + math.log(y + {k}.0)"]
    for k in reversed(range(depth)):
        lines += ["    " * k + "except ValueError:", "    " * (k + 1) + f"x = x * {k + 2}.0"]
    body = ["    " + line for line in lines]
    return "\n".join(["import math", "def f(x, y):", *body, "    return x"])


def loops_in_loops(depth: int) -> str:
    """The array ``a`` is another one after each step: all of the loops carry it."""
    lines = ["    " * k + f"for i{k} in range(2):" for k in range(depth)]
    lines.append("    " * depth + "a = np.tanh(a * y + i0)")
    head = ["import numpy as np", "def f(x, y):", "    a = np.array([x, y, x * y])"]
    return "\n".join([*head, *("    " + line for line in lines), "    return np.sum(a)"])


def times_lifted(text: str, args: tuple[Any, ...]) -> int:
    """How often statements are lifted."""
    found = calls_for(text, args, "reverse")
    return next(count for file, count in found.items() if file.endswith("lift/statements.py"))


@pytest.mark.parametrize("program", [tries_in_tries, loops_in_loops])
def test_statements_in_a_nest_are_not_lifted_three_times_for_each_level(
    program: Callable[[int], str],
) -> None:
    shallow, deep = (times_lifted(program(depth), (0.3, 0.7)) for depth in (4, 8))
    assert deep < 17 * shallow


def products(count: int) -> str:
    lines = ["    a, b = a * b, b * a * y"] * count
    head = ["import math", "def f(x, y):", "    a, b = x, y"]
    return "\n".join([*head, *lines, "    return math.sqrt(a * y) * y / b"])


def test_factors_that_products_share_are_looked_at_once() -> None:
    calls_for(products(2), (1.0, 1.0))
    small, large = (calls_for(products(count), (1.0, 1.0)).total() for count in (8, 16))
    assert large <= 3 * small


def of_four(count: int) -> str:
    lines = [f"        s += {k}.5 * t; t -= {k}.25 * s" for k in range(count)]
    head = ["def f(x, y, c=0.4, d=0.6):", "    s, t = x * y, c * d"]
    return "\n".join([*head, "    for _ in range(3):", *lines, "    return s * t"])


@pytest.fixture
def walks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A number for each walk of simplification."""
    found: list[int] = []
    run = Simplifier.run

    def noted(walk: Simplifier) -> Graph:
        found.append(1)
        return run(walk)

    monkeypatch.setattr(Simplifier, "run", noted)
    return found


def test_the_longer_way_is_left_after_its_first_walk(walks: list[int]) -> None:
    f = loaded(of_four(12))
    found = {}
    for mode in ("reverse", "auto"):
        walks.clear()
        slopes = grad(f, wrt=("x", "y", "c", "d"), mode=mode)(0.3, 0.7)
        found[mode] = slopes, len(walks)
    assert found["auto"] == (found["reverse"][0], found["reverse"][1] + 1)


def of_two(count: int) -> str:
    lines = [f"    x, y = x * y + {k}.0, y - math.sin(x)" for k in range(count)]
    return "\n".join(
        ["import math", "def f(x, y):", *lines, "    return x, y, x * y, x + y, x - y"]
    )


def test_rows_of_a_jacobian_are_left_where_columns_are_shorter(walks: list[int]) -> None:
    f = loaded(of_two(6))
    found = {}
    for mode in ("forward", "reverse", "auto"):
        walks.clear()
        slopes = jacobian(f, wrt=("x", "y"), mode=mode)(0.3, 0.7)
        found[mode] = slopes, len(walks)
    assert found["auto"] == (found["forward"][0], found["forward"][1] + 1)
    assert found["reverse"][1] > 1
    for column, other in zip(found["auto"][0], found["reverse"][0], strict=True):
        assert column == pytest.approx(other, rel=1e-12)


def test_nothing_is_looked_for_in_all_modules_that_are_loaded() -> None:
    code = (
        "import inspect\n"
        "inspect.getmodule = inspect.signature = None\n"
        "import chainrule.transforms.specialise"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def repeated(count: int) -> str:
    return "\n".join(["def f(x, y):", *["    x = x * y"] * count, "    return x"])


@pytest.mark.parametrize(
    ("program", "count"),
    [(chain, 20), (quotients, 20), (branches, 20), (attempts, 20), (repeated, 60)],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_a_walk_has_left_is_copied_by_the_next_as_looking_at_it_would(
    program: Callable[[int], str], count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    f = loaded(program(count))
    copied: list[Node] = []
    copy = Again._copied

    def noted(walk: Again, step: Node) -> Node | None:
        copied.append(step)
        return copy(walk, step)

    monkeypatch.setattr(Again, "_copied", noted)
    source = hessian(f, wrt=("x", "y"), name="second").source
    assert len(copied) > 100
    monkeypatch.setattr(Again, "copy", Simplifier.copy)
    assert hessian(loaded(program(count)), wrt=("x", "y"), name="second").source == source
