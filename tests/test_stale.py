"""Files that change after their import: what runs is what was imported, not what is read."""

import importlib
import sys

import pytest

import chainrule
from chainrule import grad

MODEL = """\
import math


def helper(x):
    return 5.0 * x


def cubed(x):
    return helper(x) * x * x


square = lambda x: x * x


def scaled(k):
    def inner(x):
        return math.sin(k) * x * x

    return inner


class Spring:
    __stiffness = 3.0

    def energy(self, x):
        return 0.5 * self.__stiffness * x * x


class Damped(Spring):
    def energy(self, x):
        return super().energy(x) + x
"""


class File:
    """A module's file, which is written again while the module is loaded."""

    def __init__(self, folder):
        self.path = folder / "stale_model.py"
        self.path.write_text(MODEL)
        self.module = importlib.import_module("stale_model")

    def replace(self, before, after):
        assert before in MODEL
        # Of another length, so that no clock has to tell that the file is another.
        self.path.write_text(MODEL.replace(before, after) + "# written again\n")


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "stale_model", raising=False)
    yield File(tmp_path)
    sys.modules.pop("stale_model", None)


CHANGES = {
    "the body": ("helper(x) * x * x", "helper(x) * x", "cubed"),
    "an operator": ("helper(x) * x * x", "helper(x) * x + x", "cubed"),
    "a helper's number": ("5.0 * x", "7.0 * x", "cubed"),
    "the line on which it begins": ("import math\n", "import math\n\nX = 1\n", "cubed"),
    "a lambda's operator": ("x: x * x", "x: x + x", "square"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_not_what_was_imported_is_refused(file, change):
    before, after, name = CHANGES[change]
    function = getattr(file.module, name)
    file.replace(before, after)
    # Where the lines have moved, what Python reads at the old ones may not even parse.
    with pytest.raises(chainrule.SourceError, match=r"changed (since|after) it was imported"):
        grad(function)(3.0)


def test_changed_text_around_closures_and_methods_is_refused_and_told_by_line(file):
    inner, spring = file.module.scaled(0.5), file.module.Damped()
    file.replace("math.sin(k) * x * x", "math.cos(k) * x * x")
    with pytest.raises(chainrule.SourceError, match=r"stale_model\.py:16:1"):
        grad(inner)(3.0)
    file.replace("0.5 * self", "0.25 * self")
    with pytest.raises(chainrule.SourceError, match=r"stale_model\.py:25:1"):
        grad(spring.energy)(3.0)


def test_a_change_elsewhere_in_the_file_leaves_functions_as_they_are(file):
    file.replace("super().energy(x) + x", "super().energy(x) - 2.0 * x")
    assert grad(file.module.cubed)(3.0) == 15.0 * 9.0
    assert grad(file.module.square)(3.0) == 6.0
    assert grad(file.module.scaled(0.5))(1.0) == pytest.approx(2.0 * 0.479425538604203, rel=1e-15)
    assert grad(file.module.Spring().energy)(2.0) == 6.0


def test_a_module_that_is_imported_again_is_differentiated_as_it_is_now(file):
    file.replace("5.0 * x", "7.0 * x")
    assert grad(importlib.reload(file.module).cubed)(3.0) == 21.0 * 9.0


def test_asserts_that_pytest_writes_anew_are_understood():
    def checked(x):
        assert x > 0.0, f"{x} is not positive"
        assert x != 5.0
        return x * x * x

    assert grad(checked)(2.0) == 12.0
    with pytest.raises(AssertionError):
        grad(checked)(-1.0)
