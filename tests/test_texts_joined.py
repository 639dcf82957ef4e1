"""What is joined to a text is a text, whatever stands in it."""

from __future__ import annotations

from typing import Any

import pytest

from chainrule import UnsupportedError, grad, jvp, value_and_grad


def equation(x: float, formula: list[int]) -> dict[str, Any]:
    """A reaction as it is written, and a yield."""
    made = str(round(x, 2))
    used = str(round(2 * x, 2))
    biomass = "C" + str(formula[0]) + "H" + str(formula[1]) + "O" + str(formula[2])
    products = made + " " + biomass + " + " + used + " NO2-"
    if x > 1.0:
        products = products + " + " + used + " H2O"
    return {"written": products, "yield": x * x}


def test_texts_of_several_parts_are_joined() -> None:
    value, dot = jvp(equation)(2.0, [5, 7, 2], x_dot=1.0)
    assert value == equation(2.0, [5, 7, 2])
    assert value["written"] == "2.0 C5H7O2 + 4.0 NO2- + 4.0 H2O"
    assert dot["yield"] == 4.0


def labelled(x: float, first: str, second: str) -> dict[str, Any]:
    """Labels of labels that are given."""
    left = first + str(x)
    right = second + "b" + first + "-"
    return {"label": (left + right) * 2, "value": x**3}


def test_texts_that_are_given_are_joined_to_texts_that_are_made() -> None:
    value, dot = jvp(labelled)(2.0, "s", "t", x_dot=1.0)
    assert value == {"label": "s2.0tbs-s2.0tbs-", "value": 8.0}
    assert dot["value"] == 12.0


def told_apart(x: float) -> float:
    """A number cannot be joined to a text, which is how the two are told apart here."""
    try:
        str(x) + x  # type: ignore[operator]
    except TypeError:
        return x * 2.0
    return x


def test_joining_a_number_to_a_text_raises_as_in_the_function() -> None:
    assert value_and_grad(told_apart)(1.5) == (3.0, 2.0)


def measured(x: float) -> float:
    """The length of a text chooses."""
    shown = format(x, ".2f") + "!" + f"{x:.1f}"
    return x * 3.0 if len(shown) > 3 else x


def test_the_length_of_a_text_is_known_to_be_one_number() -> None:
    assert grad(measured)(1.5) == 3.0


def read_back(x: float) -> float:
    """A number that is written and read."""
    return float(str(x) + "0") * 2.0


def test_a_number_that_is_read_out_of_a_joined_text_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="a text that is read back"):
        grad(read_back)(1.5)
