"""Noise, dropout and files that a number which is 0 has switched off are not asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule import UnsupportedError, grad, hessian

X = np.array([[0.1, 0.2, 0.3]])


def measured(x: float, noise: float = 0.0) -> float:
    """A measurement, with noise if that is wanted."""
    if noise > 0.0:
        x = x + np.random.normal(0.0, noise)
    return x**3 + noise * x


def test_noise_that_is_switched_off_is_not_in_the_way() -> None:
    slope = grad(measured)
    assert slope(2.0) == 12.0
    assert slope(3.0, 0.0) == 27.0
    assert hessian(measured)(2.0) == 12.0


def test_noise_that_is_switched_on_again_is_refused() -> None:
    slope = grad(measured)
    assert slope(2.0) == 12.0
    with pytest.raises(
        UnsupportedError, match=r"cannot differentiate through `np\.random\.normal`"
    ):
        slope(2.0, 0.5)
    assert slope(1.0) == 3.0


@pytest.mark.parametrize("wrt", ["noise", ("x", "noise")])
def test_a_switch_that_is_differentiated_by_is_not_taken_for_off(wrt: Any) -> None:
    with pytest.raises(
        UnsupportedError, match=r"cannot differentiate through `np\.random\.normal`"
    ):
        grad(measured, wrt)(2.0, 0.0)


class Layer:
    """A layer of a network that may drop entries."""

    def __init__(self, weights: Any, rate: float = 0.0) -> None:
        self.weights = weights
        self.rate = rate

    def forward(self, x: Any) -> Any:
        """What the layer gives."""
        out = np.tanh(x @ self.weights)
        if self.rate > 0.0:
            out = out * np.random.binomial(1, 1.0 - self.rate, size=out.shape) / (1.0 - self.rate)
        return out


def loss(x: Any, layer: Layer) -> Any:
    """A loss of a layer."""
    return (layer.forward(x) ** 2).sum()


def by_hand(x: Any, weights: Any) -> Any:
    """The slope of the loss by x, walked back as in textbooks."""
    out = np.tanh(x @ weights)
    return (2.0 * out * (1.0 - out**2)) @ weights.T


def test_an_attribute_that_is_zero_switches_off_too() -> None:
    layer = Layer(np.array([[0.5, -1.0], [0.25, 2.0], [1.0, 0.75]]))
    slope = grad(loss)
    np.testing.assert_allclose(slope(X, layer), by_hand(X, layer.weights), rtol=1e-13)
    layer.rate = 0.5
    with pytest.raises(UnsupportedError, match=r"cannot differentiate through `np\.random\.binom"):
        slope(X, layer)
    layer.rate = 0.0
    layer.weights = layer.weights * 2.0
    np.testing.assert_allclose(slope(X, layer), by_hand(X, layer.weights), rtol=1e-13)


LAYER = Layer(np.array([[0.5, -1.0], [0.25, 2.0], [1.0, 0.75]]))


def outer_loss(x: Any) -> Any:
    """The loss of a layer of the module's."""
    return (LAYER.forward(x) ** 2).sum()


def test_an_attribute_of_an_object_of_the_module_switches_off_and_is_watched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slope = grad(outer_loss)
    np.testing.assert_allclose(slope(X), by_hand(X, LAYER.weights), rtol=1e-13)
    monkeypatch.setattr(LAYER, "rate", 0.5)
    with pytest.raises(UnsupportedError, match=r"cannot differentiate through `np\.random\.binom"):
        slope(X)


def logged(x: float, every: float = 0.0) -> float:
    """What may be read from a file."""
    if every:
        x = x * float(Path("factor").read_text())
    return x * x


def test_files_that_are_switched_off_are_not_read() -> None:
    assert grad(logged)(3.0) == 6.0
