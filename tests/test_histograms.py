"""Weights summed over bins: each has the slope of the bin that NumPy puts its entry in."""

import numpy as np
import pytest

from chainrule import NotDifferentiableError, UnsupportedError, grad, value_and_grad

FACTORS = np.array([1.0, -2.0, 3.0, 0.5])
PLACES = np.array([-1.0, 0.0, 0.3, 0.6, 1.2, 1.5, 1.8, 2.4, 3.0, 3.1])
WEIGHTS = np.linspace(0.5, 2.0, len(PLACES))


@pytest.mark.parametrize(
    "options",
    [
        {"bins": 4},
        {"bins": 4, "range": (0.0, 3.0)},
        {"bins": np.array([0.0, 0.6, 1.2, 2.0, 3.0])},
        {"bins": [0.0, 0.3, 0.6, 1.8, 3.0]},
    ],
)
def test_a_weight_has_the_slope_of_the_bin_of_its_entry(options) -> None:
    bins, span = options["bins"], options.get("range")

    def total(weights, places):
        if span is not None:
            found, _ = np.histogram(places, bins=bins, range=(0.0, 3.0), weights=weights)
        else:
            found, _ = np.histogram(places, bins=bins, weights=weights)
        return FACTORS @ found

    _, edges = np.histogram(PLACES, **options)
    expected = [FACTORS @ np.histogram([place], edges)[0] for place in PLACES]
    value, slope = value_and_grad(total)(WEIGHTS, PLACES)
    assert value == total(WEIGHTS, PLACES)
    assert slope.tolist() == expected


def test_entries_and_weights_of_several_axes_are_taken_in_order() -> None:
    def total(weights, places):
        return FACTORS[:3] @ np.histogram(places, 3, weights=weights)[0]

    table, weights = PLACES.reshape(2, 5), WEIGHTS.reshape(2, 5)
    _, edges = np.histogram(table, 3)
    expected = [[FACTORS[:3] @ np.histogram([x], edges)[0] for x in row] for row in table]
    assert grad(total)(weights, table).tolist() == expected


def test_a_density_is_refused() -> None:
    def total(weights):
        return np.histogram(PLACES, 4, weights=weights, density=True)[0] @ FACTORS

    with pytest.raises((UnsupportedError, NotDifferentiableError), match="density"):
        grad(total)(WEIGHTS)
