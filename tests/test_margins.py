"""Methods in whose text something stands at the margin of the file."""

import importlib.util

import pytest

from chainrule import UnsupportedError, grad

MODULE = '''
class Gas:
    def __init__(self, a):
        self.a = a

    def pressure(self, x):
        """Text
at the margin.
        """
#        x = 2.0 * x
        words = """
  three
"""
# Another comment.
        return self.a * x * x * len(words)

    def printed(self, x):
        """A text."""
# A comment.
        return self.a * x + float(
            open("table").read())


def outermost(gas, x):
    return gas.pressure(x)
'''


@pytest.fixture(name="module")
def _module(tmp_path):
    file = tmp_path / "gases.py"
    file.write_text(MODULE)
    spec = importlib.util.spec_from_file_location("gases", file)
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def test_comments_and_texts_may_stand_at_the_margin_of_a_method(module) -> None:
    slope = grad(module.outermost, wrt="x")
    assert slope(module.Gas(2.0), 3.0) == 2.0 * 2.0 * 3.0 * len("\n  three\n")
    assert "# line 15: return self.a * x * x * len(words)" in slope.source
    assert grad(module.Gas(2.0).pressure)(3.0) == 108.0


def test_what_is_refused_there_is_shown_where_it_stands(module) -> None:
    with pytest.raises(UnsupportedError, match=r"gases\.py:21:13: `open` inside a function"):
        grad(module.Gas(2.0).printed)(3.0)
