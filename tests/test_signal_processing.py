"""Filters there and back, spectra, signals at another rate, and filters that choose entries."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import ndimage, signal

from chainrule import UnsupportedError, grad
from tests.slopes import check_against_oracle, check_product

SHAPE = np.array([0.62, 1.37, 0.81, 1.93, 1.12, 1.58])


def wave(a, b):
    return np.sin(a * np.arange(40.0)) + b * np.cos(0.3 * np.arange(40.0)) ** 2


def picture(a, b):
    return np.sin(a * np.arange(6.0))[:, None] * np.cos(b * np.arange(5.0) + 0.3)


def weighed(x):
    return np.sum(np.cos(0.7 * np.arange(x.size).reshape(x.shape) + 0.3) * x)


def there_and_back(a, b):
    v = wave(a, b)
    total = weighed(signal.filtfilt([0.5, 0.5 * b], [1.0, -0.2 * a], v))
    total += weighed(signal.filtfilt([0.5, a], [2.0, -0.2, 0.1], v, padtype="even", padlen=4))
    total += weighed(signal.filtfilt(np.array([a, b]), [1.0], v, padtype="constant"))
    numerator, denominator = signal.butter(2, 0.2)
    return total + weighed(signal.filtfilt(numerator, denominator, v, padtype=None))


def sections_there_and_back(a, b):
    v = wave(a, b)
    total = weighed(signal.sosfiltfilt(signal.butter(3, 0.2, output="sos"), v))
    sections = signal.butter(2, 0.3, output="sos")
    return total + weighed(signal.sosfiltfilt(sections, v, padtype="even", padlen=5))


def block_by_block(a, b):
    v = wave(a, b)
    numerator, denominator = np.array([0.5, 0.2, a]), np.array([1.3, -0.3 * b])
    state = signal.lfilter_zi(numerator, denominator) * v[0]
    first, state = signal.lfilter(numerator, denominator, v[:20], zi=state)
    second, state = signal.lfilter(numerator, denominator, v[20:], zi=state)
    return weighed(first) + weighed(second**2) + weighed(state)


def spectra(a, b):
    v = wave(a, b)
    total = weighed(signal.welch(v, 10.0, nperseg=16)[1]) + weighed(signal.periodogram(v)[1])
    total += weighed(
        signal.welch(v, 1.0, "hamming", nperseg=15, noverlap=4, nfft=20, detrend="linear",
                     scaling="spectrum")[1]
    )  # fmt: skip
    frequencies, power = signal.welch(np.concatenate([v, v**2, v**3, v, v**2, v**3, v]))
    return total + np.sum(frequencies * power) + a * np.sum(frequencies[power > 0.1])


def common_spectrum(a, b):
    v = wave(a, b)
    _, power = signal.csd(v, v**2, fs=2.0, nperseg=16)
    return weighed(power.real) + weighed(power.imag) + np.sin(9.0 * a)


def responses(a, b):
    _, response = signal.freqz(np.array([a, 0.5, b]), np.array([1.0, 0.3 * a]), worN=8)
    _, plain = signal.freqz(np.array([a, b]), worN=8)
    return weighed(np.abs(response)) + weighed(plain.imag)


def at_other_rates(a, b):
    v = wave(a, b)
    total = weighed(signal.resample(v, 27)) + weighed(signal.resample(v[:39], 50))
    total += weighed(signal.resample(v, 20))
    return total + weighed(signal.upfirdn(np.array([a, 1.0, b]), v, 3, 2))


def chosen_of_images(a, b):
    p = picture(a, b)
    total = weighed(ndimage.maximum_filter(p, (2, 3), mode="nearest"))
    total += weighed(ndimage.minimum_filter(p, size=3, mode="constant"))
    total += weighed(ndimage.median_filter(p, 2, mode="wrap") ** 2)
    total += weighed(ndimage.grey_dilation(p, size=2) * ndimage.grey_erosion(p, size=(2, 3)))
    total += weighed(ndimage.morphological_gradient(p, 3) * ndimage.white_tophat(p, 3))
    return total + weighed(signal.medfilt2d(p, 3) ** 2)


def chosen_of_signals(a, b):
    v = wave(a, b)
    return weighed(signal.medfilt(v, 5) ** 2) + weighed(ndimage.median_filter(v, 4, mode="mirror"))


EITHER = [
    there_and_back, sections_there_and_back, block_by_block, spectra, common_spectrum, responses,
    at_other_rates, chosen_of_images, chosen_of_signals,
]  # fmt: skip


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", EITHER, ids=lambda f: f.__name__)
def test_signals_are_differentiated(f: Any, mode: str) -> None:
    check_against_oracle(f, (0.37, 0.81), ("a", "b"), mode)


@pytest.mark.parametrize("f", EITHER, ids=lambda f: f.__name__)
def test_their_second_derivatives_are_those_of_the_gradient(f: Any) -> None:
    check_product(f, (0.37, 0.81), ("a", "b"), (0.6, -1.1), rel=1e-6)


def both_sides(x):
    return np.sum(signal.welch(x, return_onesided=False)[1])


def test_spectra_of_both_sides_are_refused() -> None:
    with pytest.raises(UnsupportedError, match="of both sides"):
        grad(both_sides)(SHAPE)


def made_by_what_is_not_understood(x):
    sections = np.asarray(signal.cheby1(8, 0.05, 0.8 / x.size, output="sos"))
    return np.sum(x) * np.atleast_2d(sections).shape[1]


def test_what_may_be_an_array_is_not_taken_for_a_number() -> None:
    with pytest.raises(UnsupportedError):
        grad(made_by_what_is_not_understood)(SHAPE)
