"""Spectra of short segments of signals, of :mod:`scipy.signal`: each segment is transformed."""

from __future__ import annotations

import numpy as np
from scipy import signal

from chainrule.lift.library.spoken import unknown

# The functions below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"


def segments(x, size, overlap):
    """The segments of a signal, a row for each."""
    starts = np.arange(0, len(x) - size + 1, size - overlap)
    return x[starts[:, np.newaxis] + np.arange(size)]


def stft(
    x, fs=1.0, window="hann", nperseg=256, noverlap=None, nfft=None, detrend=False,
    return_onesided=True, boundary="zeros", padded=True, axis=-1, scaling="spectrum",
):  # fmt: skip
    """Frequencies, times, and the transforms of the segments of a signal."""
    x = np.asarray(x) + 0.0
    if x.ndim != 1 or detrend or not return_onesided or boundary not in ("zeros", None):
        unknown("transforms of several signals, without their trend, or of both sides")
    size = min(nperseg, len(x))
    overlap = size // 2 if noverlap is None else noverlap
    if boundary is not None:
        x = np.concatenate((np.zeros(size // 2), x, np.zeros(size // 2)))
    if padded:
        more = (-(len(x) - size) % (size - overlap)) % size
        x = np.concatenate((x, np.zeros(more)))
    weights = signal.get_window(window, size)
    total = np.sum(weights) if scaling == "spectrum" else np.sqrt(fs * np.sum(weights * weights))
    rows = weights * segments(x, size, overlap)
    count = size if nfft is None else nfft
    times = (np.arange(len(rows)) * (size - overlap) + 0.5 * size) / fs
    if boundary is not None:
        times = times - 0.5 * size / fs
    return np.arange(count // 2 + 1) * (fs / count), times, np.fft.rfft(rows, count).T / total


def istft(
    Zxx, fs=1.0, window="hann", nperseg=None, noverlap=None, nfft=None, input_onesided=True,
    boundary=True, time_axis=-1, freq_axis=-2, scaling="spectrum",
):  # fmt: skip
    """Times, and the signal whose segments have given transforms: what overlaps is added up."""
    Zxx = np.asarray(Zxx)
    if Zxx.ndim != 2 or nfft is not None or not input_onesided:
        unknown("transforms of several signals, filled up, or of both sides")
    size = 2 * (Zxx.shape[0] - 1) if nperseg is None else nperseg
    overlap = size // 2 if noverlap is None else noverlap
    step = size - overlap
    weights = signal.get_window(window, size)
    total = np.sum(weights) if scaling == "spectrum" else np.sqrt(fs * np.sum(weights * weights))
    rows = np.fft.irfft(Zxx.T, size) * weights * total
    places = (np.arange(len(rows)) * step)[:, np.newaxis] + np.arange(size)
    x = np.zeros(size + (len(rows) - 1) * step)
    np.add.at(x, places, rows)
    shares = np.zeros(len(x))
    np.add.at(shares, places, weights * weights + np.zeros((len(rows), 1)))
    x = x / np.where(shares > 1e-10, shares, 1.0)
    if boundary:
        x = x[size // 2 : len(x) - size // 2]
    return np.arange(len(x)) / fs, x


def spectrogram(
    x, fs=1.0, window=("tukey", 0.25), nperseg=None, noverlap=None, nfft=None, detrend="constant",
    return_onesided=True, scaling="density", axis=-1, mode="psd",
):  # fmt: skip
    """Frequencies, times, and the power of each segment of a signal."""
    x = np.asarray(x) + 0.0
    if x.ndim != 1 or not return_onesided or mode != "psd" or detrend not in ("constant", False):
        unknown("a spectrogram of several signals, of both sides, or of other than powers")
    size = min(256 if nperseg is None else nperseg, len(x))
    overlap = size // 8 if noverlap is None else noverlap
    rows = segments(x, size, overlap)
    if detrend == "constant":
        rows = rows - np.mean(rows, axis=1, keepdims=True)
    weights = signal.get_window(window, size)
    total = np.sum(weights) ** 2 if scaling == "spectrum" else fs * np.sum(weights * weights)
    count = size if nfft is None else nfft
    places = np.arange(count // 2 + 1)
    twice = np.where((places == 0) | (2 * places == count), 1.0, 2.0) / total
    found = np.fft.rfft(weights * rows, count)
    powers = (found.real**2 + found.imag**2) * twice
    times = (np.arange(len(rows)) * (size - overlap) + 0.5 * size) / fs
    return places * (fs / count), times, powers.T
