"""What the first derivative of a process loads and makes, and that it does it once."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import field
from typing import Any

import numpy as np
import pytest

from chainrule import grad
from chainrule.records import dataclass

FIRST = (
    "import gc, sys\n"
    "sys.path.insert(0, 'examples')\n"
    "import black_scholes, chainrule\n"
    "{before}\n"
    "made = chainrule.grad(black_scholes.call_price)\n"
    "{after}\n"
    "print(made(100.0, 95.0, 1.0, 0.05, 0.2) > 0.0)"
)


def run(before: str = "", after: str = "") -> str:
    """What a new process prints that asks for a first derivative."""
    code = FIRST.format(before=before, after=after)
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return found.stdout


def test_what_has_been_loaded_is_not_looked_at_by_the_next_collections() -> None:
    young = "chainrule.transforms.public._engine()\n"
    young += "print(sum(len(gc.get_objects(age)) for age in (0, 1)))"
    first, _ = run(before=young).splitlines()
    assert int(first) < 2000


def test_what_the_user_has_frozen_stays_frozen() -> None:
    before = "kept = [[] for _ in range(1000)]; gc.freeze()"
    first, last = run(before, "print(gc.get_freeze_count() > 1000)").splitlines()
    assert (first, last) == ("True", "True")


def test_collections_go_on_after_the_engine_is_loaded() -> None:
    assert run(after="print(gc.isenabled())").split() == ["True", "True"]


def test_no_part_of_numpy_is_loaded_that_the_program_does_not_name() -> None:
    before = "import numpy; held = set(sys.modules)"
    after = "print([n for n in sys.modules if n.startswith('numpy.') and n not in held])"
    assert run(before, after).split() == ["[]", "True"]


def spectrum(x: Any) -> Any:
    return np.sum(np.abs(np.fft.rfft(x)) ** 2)


def test_parts_of_numpy_are_known_as_soon_as_they_are_loaded() -> None:
    x = np.array([1.0, -2.0, 0.5])
    # By Parseval, the sum over both halves is 3 times that of the squares.
    whole = 3 * 2 * x
    mean = np.full(3, 2 * np.sum(x))
    np.testing.assert_allclose(grad(spectrum)(x), (whole + mean) / 2, rtol=1e-12)


@dataclass
class Part:
    """A record with all kinds of fields."""

    name: str
    size: int = 2
    held: list[int] = field(default_factory=list)
    told: bool = field(default=False)

    def __post_init__(self) -> None:
        self.told = True


@dataclass(frozen=True)
class Further(Part):
    """One more field behind those of another record."""

    last: float = 0.5


def test_constructors_set_fields_and_defaults_from_the_first_one_on() -> None:
    for _ in range(2):
        found = Part("one", held=[3])
        assert (found.name, found.size, found.held, found.told) == ("one", 2, [3], True)
        more = Further("two", 5, last=1.5)
        assert (more.name, more.size, more.held, more.last) == ("two", 5, [], 1.5)
    assert Part("a") == Part("a") != Part("b")


def test_every_record_has_a_list_of_its_own() -> None:
    assert Part("one").held is not Part("one").held


def test_a_constructor_refuses_what_it_does_not_take() -> None:
    for _ in range(2):
        with pytest.raises(TypeError, match=r"missing 1 required positional argument: 'name'"):
            Part()  # type: ignore[call-arg]
        with pytest.raises(TypeError, match="unexpected keyword argument 'other'"):
            Part("one", other=1)  # type: ignore[call-arg]
