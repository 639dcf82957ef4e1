"""Calls of NumPy on arrays: value, both modes and second order against differences.

One table of expressions in ``x``, by the rank of ``x``; each is the value of a function
``sum(cos(0.3 + v) * v)``, so that every entry of the result counts differently.
"""

from __future__ import annotations

import itertools
import linecache
import operator
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.fft
import scipy.integrate
import scipy.linalg
import scipy.ndimage
import scipy.optimize
import scipy.signal
import scipy.special
from scipy.spatial.distance import cdist, pdist
from scipy.stats import norm

import chainrule

NUMBERS = itertools.count()
RANDOM = np.random.default_rng(5)
POINTS = {
    1: RANDOM.random(4) + 0.3,
    2: RANDOM.random((3, 4)) + 0.3,
    3: RANDOM.random((2, 3, 4)) + 0.3,
}

VECTORS = """
scipy.stats.zscore(x)
scipy.stats.skew(x)
scipy.stats.kurtosis(x, fisher=False)
scipy.stats.kurtosis(x, bias=False) + scipy.stats.skew(x, bias=False)
scipy.stats.gmean(x) * scipy.stats.hmean(x) + scipy.stats.sem(x) * scipy.stats.variation(x)
scipy.stats.linregress(np.arange(len(x)), x)[2] ** 2
scipy.stats.linregress(x, np.sin(3.0 * x)).slope * scipy.stats.linregress(np.cos(x), x).stderr
scipy.stats.linregress(np.sin(9.0 * x), x).pvalue + scipy.stats.linregress(x[::-1], x**2).intercept
scipy.stats.pearsonr(x, x[::-1] ** 2).pvalue * scipy.stats.pearsonr(np.cos(x), x)[0]
scipy.stats.entropy(x) + scipy.stats.entropy(x, x[::-1], base=2)
scipy.stats.skew(x, 0, True, 'propagate') * scipy.stats.gmean(x, weights=None)
scipy.stats.variation(x, ddof=1) * scipy.stats.kurtosis(x, keepdims=True)
scipy.stats.entropy(x, qk=None, keepdims=True) * scipy.stats.hmean(x, keepdims=True)
scipy.stats.sem(x, keepdims=True, nan_policy='propagate') / scipy.stats.gmean(x, keepdims=True)
scipy.stats.multivariate_normal.logpdf(x[:2], x[2:], np.outer(x[:2], x[:2]) + np.eye(2))
scipy.signal.lfilter([0.5, 0.2], [1.0, -0.3], x)
scipy.signal.lfilter(x[:2], 2.0 - x[1:], x)
scipy.signal.lfilter([0.5, 0.2], 2.0 + x[:3], x[::-1] ** 2)
scipy.signal.lfilter(x[:1], [2.0, 0.3], x)
scipy.signal.lfilter(np.concatenate([x, x**2]), x[:1], x)
np.pad(x, int(x[0]) + 2, mode='edge')
np.pad(x, (int(x[0]) + 3, 1), 'reflect') * np.pad(x, (1, int(x[0]) + 3))
scipy.signal.sosfilt(np.array([[0.5, 0.2, 0.0, 1.0, -0.3, 0.1]]), x)
scipy.signal.convolve(x, x[:3], 'valid') + scipy.signal.fftconvolve(x, x[:3], mode='valid')
scipy.signal.convolve(x, [1.0, 2.0, 0.5], mode='same') + scipy.signal.correlate(x, x[:3], 'same')
scipy.signal.savgol_filter(np.concatenate([x, x**2]), 5, 2, deriv=1, delta=0.3)
scipy.ndimage.gaussian_filter1d(x, 1.0) + scipy.ndimage.uniform_filter1d(x, 3, mode='constant')
scipy.fft.dct(x) + scipy.fft.idct(x) * scipy.fft.dct(x, type=3)
scipy.fft.dst(x) + scipy.fft.idst(x) * scipy.fft.dst(x, type=3, norm='ortho')
scipy.fft.idct(x, 3) * scipy.fft.idst(x, 3) + scipy.fft.dct(x, 4, norm='ortho')
scipy.spatial.distance.squareform(x[:3])
np.roots(np.array([1.0, -6.0, 11.0, -6.0]) + 0.01 * x).real
np.add.reduceat(x, [0, 1, 3]) * np.add.reduceat(x**2, np.array([1, 2, 3]))
scipy.linalg.hankel(x)
scipy.linalg.solve_toeplitz(x + np.array([9.0, 0.0, 0.0, 0.0]), x[::-1] ** 2)
scipy.linalg.solve_circulant(x + np.array([9.0, 0.0, 0.0, 0.0]), x[::-1] ** 2)
scipy.fft.hfft(x + 1j * x[::-1]) ** 2
np.abs(scipy.fft.ihfft(x, 5, norm='forward')) * scipy.fft.hfft(x + 1j, 3, norm='ortho')
np.abs(np.roots(np.array([1.0, 0.3, 2.0, -6.0]) + 0.01 * x))
scipy.linalg.solve_banded((1, 1), np.outer([0.3, 4.0, 0.5], x), x)
scipy.linalg.solve_banded((2, 1), np.outer([0.3, 4.0, 0.5, 0.2], x), np.ones(4))
scipy.linalg.lu_solve(scipy.linalg.lu_factor(np.outer(x, x) + np.eye(4)), x, trans=1)
np.hanning(len(x)) * np.hamming(4) * x + np.hanning(0).sum()
np.blackman(x.shape[0]) @ x * np.bartlett(M=4)
np.unwrap(9 * x)
np.unwrap(x, period=0.5)
np.divmod(x, 0.3)[1]
np.nextafter(x, 2.0) * x + np.spacing(x)
np.fromiter((t * t for t in x), float)
np.rollaxis(np.outer(x, x), 1)
np.resize(x, 7)
np.resize(x, ())
np.resize(x, (2, 3))
np.polyfit([0.0, 1.0, 2.0, 3.0], x, 2)
np.polyfit(x, x**3, 1)
np.unique(x, return_inverse=True)[0]
np.setdiff1d(x, x[:2])
np.intersect1d(x, x[::2])
np.union1d(x, 2 * x)
np.outer(x, x)[np.ix_(np.setdiff1d(np.arange(3), [1]), [0, 2])]
np.histogram(x, 5)[1]
np.histogram([0.5, 1.0, 2.5, 4.0], 3, weights=x)[0]
np.histogram([0.5, 1.0, 2.5, 4.0], [0.0, 1.0, 2.0, 3.0], weights=x * x)[0]
np.histogram(np.array([0.5, 1.0, 2.5, 4.0]), bins=3, range=(0.0, 3.0), weights=x)[0] * x[1]
scipy.integrate.trapezoid(x, dx=0.3)
scipy.integrate.trapezoid(np.sin(x), x)
scipy.integrate.cumulative_trapezoid(x, dx=0.3)
scipy.integrate.cumulative_trapezoid(np.sin(x), x, initial=0)
scipy.integrate.simpson(x, dx=0.3)
scipy.integrate.simpson(x[1:])
scipy.integrate.simpson(np.sin(x), x=x)
scipy.integrate.simpson(np.sin(x[1:]), x=x[1:])
scipy.integrate.simpson(x, x=np.arange(len(x)) ** 1.5)
scipy.integrate.simpson(x, dx=x[0])
scipy.integrate.trapezoid(x, dx=x[0])
scipy.integrate.cumulative_trapezoid(x, dx=x[0])
scipy.integrate.romb(x[:3], dx=0.5) + scipy.integrate.romb(x[:3], x[1])
np.trapezoid(x, dx=x[0])
np.trapezoid(x, None, 0.5)
np.sin(x)
np.cos(x)
np.tan(x)
np.arcsin(x * 0.5)
np.arccos(x * 0.5)
np.arctan(x)
np.sinh(x)
np.cosh(x)
np.tanh(x)
np.arcsinh(x)
np.arccosh(x + 1)
np.arctanh(x * 0.5)
np.exp(x)
np.exp2(x)
np.expm1(x)
np.log(x)
np.log2(x)
np.log10(x)
np.log1p(x)
np.sqrt(x)
np.cbrt(x)
np.square(x)
np.reciprocal(x)
np.abs(x - 0.6)
np.fabs(x - 0.6)
np.sign(x - 0.6) * x
np.floor(x) * x
np.degrees(x)
np.radians(x)
np.sinc(x)
np.nan_to_num(x)
np.negative(x)
np.positive(x)
np.maximum(x, 0.6)
np.minimum(x, 0.6)
np.fmax(x, 0.6)
np.fmin(x, 0.6)
np.hypot(x, x[::-1])
np.arctan2(x, x[::-1])
np.logaddexp(x, x[::-1])
np.power(x, 2.5)
np.power(x, x)
x ** x
np.float_power(x, 1.5)
np.copysign(x, -x)
np.fmod(x, 0.25)
np.mod(x, 0.25)
x % 0.25
np.remainder(x, 0.25)
x // 0.25 * x
np.heaviside(x - 0.6, 0.5) * x
np.add(x, 1)
np.subtract(x, 2)
np.multiply(x, 3)
np.divide(x, x[::-1])
np.true_divide(x, 2)
np.clip(x, 0.4, 0.8)
np.where(x > 0.6, x ** 2, x)
np.logaddexp2(x, 1.0)
np.ldexp(x, 2)
special.erf(x)
special.gammaln(x)
special.digamma(x)
special.expit(x)
special.logit(x * 0.5)
special.xlogy(x, x)
special.entr(x)
special.erfc(x)
special.gamma(x)
special.softmax(x)
special.logsumexp(x)
special.log_softmax(x)
special.xlog1py(x, x)
special.erfinv(x * 0.5)
special.j0(x)
special.log_ndtr(x)
special.ndtr(x)
special.rel_entr(x, x[::-1])
special.kl_div(x, x[::-1])
norm.pdf(x)
norm.logpdf(x, loc=x[0], scale=x[1])
norm.cdf(x, 0.5, 2.0)
norm.logcdf(x)
norm.sf(x)
special.expm1(x)
special.i0(x)
special.beta(x, x[::-1])
special.betaln(x, x[::-1])
"""

MATRICES = """
np.add.reduceat(x, [0, 2], axis=1)
scipy.fft.dctn(x) * scipy.fft.idctn(x, norm='ortho')
scipy.fft.dstn(x, type=3, axes=[1]) + scipy.fft.idstn(x, axes=(0,))
scipy.linalg.qr(x.T, mode='economic')[0] @ scipy.linalg.qr(x, mode='economic')[1]
scipy.linalg.qr(x[:, :3] + np.eye(3))[1] * scipy.linalg.qr(x[:, :3] + np.eye(3))[0]
np.diagflat(x, 1) + np.diagflat([x[0, 0], x[1, 1]] * 6, k=1) + np.diagflat(x[0, 0])
scipy.linalg.polar(x.T)[0] @ scipy.linalg.polar(x[:, :3] + np.eye(3))[1]
scipy.linalg.pinvh(x @ x.T) + scipy.linalg.pinvh(x[:, :3] + 2.0 * np.eye(3))
scipy.optimize.nnls(x.T, np.array([1.0, -3.0, 2.0, 0.4]))[0]
scipy.optimize.nnls(np.abs(x.T - 0.5), x.T[:, 0])[1]
scipy.linalg.eigh(x @ x.T, 3.0 * np.eye(3) + x[:, :3] @ x[:, :3].T, eigvals_only=True)
scipy.linalg.eigvalsh(x @ x.T, b=3.0 * np.eye(3) + x[:, :3], lower=False)
scipy.linalg.eigh(x @ x.T, 3.0 * np.eye(3) + x[:, :3] @ x[:, :3].T)[1] ** 2
np.pad(x, ((int(x[0, 0]) + 1, 0), (2, 3)), mode='wrap')
np.pad(x, int(x[0, 0]) + 1) @ np.pad(x, int(x[0, 0]) + 1, mode='symmetric').T
scipy.signal.convolve2d(x, x[:2, :2], 'same')
scipy.signal.correlate2d(x, np.array([[1.0, 2.0], [0.5, 0.3]]), mode='valid')
scipy.signal.convolve(x, x[:2, :2])
scipy.linalg.lu_solve(scipy.linalg.lu_factor(x[:, 1:] + np.eye(3)), x)
np.linalg.eigvals(x[:, 1:]).imag
np.abs(np.linalg.eig(x[:, :3] - 3.0 * np.tril(x[:, :3], -1))[0])
np.max(scipy.linalg.eigvals(x[:, :3]).real)
scipy.ndimage.gaussian_filter(x, 0.8)
scipy.ndimage.uniform_filter(x, 3, mode='wrap')
scipy.fft.dct(x, axis=0) * scipy.fft.idst(x, axis=0)
scipy.spatial.distance.squareform(pdist(x))
scipy.spatial.distance.squareform(x @ x.T * (1 - np.eye(3)), checks=False)
scipy.integrate.cumulative_trapezoid(x, axis=0)
scipy.integrate.simpson(x, dx=0.3)
scipy.integrate.simpson(x, dx=0.5, axis=0)
scipy.integrate.simpson(x, axis=-2)
scipy.integrate.simpson(x, x=x[0])
np.linalg.norm(x, None, 1)
np.cov(x, None, False)
np.corrcoef(x, None, False)
scipy.special.logsumexp(x, 1, None, True)
x.sum()
x.sum(axis=0)
x.sum(axis=1)
x.sum(axis=(0, 1))
np.sum(x, axis=-1, keepdims=True)
x.mean(axis=0)
x.var(axis=1)
x.std(axis=0, ddof=1)
x.prod(axis=1)
np.prod(x)
x.max(axis=0)
x.min()
np.amax(x, axis=1)
np.ptp(x)
np.ptp(x, axis=0)
np.median(x)
np.median(x, axis=0)
np.cumsum(x)
np.cumsum(x, axis=1)
np.cumprod(x, axis=0)
np.trapezoid(x, axis=1)
np.trapezoid(x[0], x[1].cumsum())
np.average(x, weights=x)
np.average(x, axis=0, weights=x[:, 0])
np.nansum(x)
sum(x[0] * 2.0) * x[0]
sum(x[0] ** 2 * 3.0, x[0, 0])
np.nanmean(x)
special.logsumexp(x, axis=1)
special.softmax(x, axis=1)
np.count_nonzero(x > 0.5) * x
np.linalg.norm(x)
np.linalg.norm(x, axis=1)
np.linalg.norm(x, 'fro')
np.linalg.norm(x[0], 1)
np.linalg.norm(x[0], np.inf)
np.linalg.norm(x[0], 3)
np.linalg.norm(x, 2)
np.linalg.norm(x, 'nuc')
np.linalg.norm(x, axis=0, keepdims=True)
x.reshape(4, 3)
x.reshape(-1)
x.reshape((2, 6))
np.reshape(x, (6, -1))
x.ravel()
x.flatten()
x.T
x.transpose()
np.transpose(x, (1, 0))
x.swapaxes(0, 1)
np.moveaxis(x, 0, 1)
np.expand_dims(x, 1)
x[:, None]
x[None]
np.squeeze(x[None])
np.broadcast_to(x, (2, 3, 4))
np.concatenate([x, x * 2])
np.concatenate((x, x), axis=1)
np.concatenate((x, x[0], 2.0 * x), axis=None)
np.stack([x, x ** 2], axis=1)
np.hstack([x, x])
np.vstack([x, x[0]])
np.dstack([x, x])
np.column_stack([x, x[:, 0]])
np.tile(x, (2, 1))
np.tile(x[0], 3)
np.repeat(x, 2)
np.repeat(x, 2, axis=1)
np.roll(x, 1)
np.roll(x, 1, axis=0)
np.flip(x)
np.flip(x, 0)
np.fliplr(x)
np.flipud(x)
np.rot90(x)
np.pad(x, 1)
np.pad(x, ((1, 0), (0, 2)))
np.pad(x[0], (1, 2), mode='edge')
np.pad(x[0], 1, mode='wrap')
np.pad(x[0], 1, mode='reflect')
np.sort(x)
np.sort(x, axis=0)
np.take(x, [0, 2], axis=1)
np.take(x, 1, axis=0)
np.take_along_axis(x, np.argsort(x, axis=1), axis=1)
x[np.argsort(x[:, 0])]
np.diff(x)
np.diff(x, axis=0)
np.diff(x, n=2)
np.ediff1d(x[0])
np.ediff1d(x[0], to_begin=0)
np.ediff1d(x[0], x[1:], to_begin=x[1, 0])
np.gradient(x[0])
np.convolve(x[0], x[1])
np.convolve(x[0], x[1], 'valid')
np.correlate(x[0], x[1])
np.split(x, 3)[1]
np.hsplit(x, 2)[1]
np.append(x, x)
np.append(x, x, axis=0)
np.delete(x, 1, axis=0)
np.atleast_2d(x[0])
np.atleast_3d(x)
np.tril(x)
np.triu(x, 1)
np.diag(x)
np.diag(x[0])
np.diag(x[0], -1)
np.diagflat(x)
np.diagflat(x[0], k=1)
np.diagonal(x)
x[[0, 0, 2]]
x[x > 0.5]
x[1:, ::2]
x[..., 1]
x[::-1, -1]
x[[0, 1], [1, 2]]
x[:, [0, 2]]
x[np.array([True, False, True])]
np.extract(x > 0.5, x)
np.compress([True, False, True], x, axis=0)
np.select([x > 0.9, x > 0.5], [x, x ** 2], 0.0)
np.interp(0.7, x[0].cumsum(), x[1])
np.interp(x[0], [0, 0.5, 1.5], [0.0, 1.0, 3.0])
np.meshgrid(x[0], x[1])[0]
np.add(*np.meshgrid(x[0], x, sparse=True))
np.multiply(*np.meshgrid(x[0][1], x[1], indexing='ij'))
np.outer(x[0], x[1])
np.linspace(x[0, 0], x[0, 1], 5)
np.full((2, 3), x[0, 0])
np.full_like(x, x[0, 0])
np.zeros((2, 2)) + x[0, 0]
np.ones(3) * x[0, 0]
np.eye(3) @ x
np.array([x[0, 0], x[1, 1]])
np.array([[x[0, 0], 2.0], [x[1, 1], x[0, 1]]])
np.asarray(x) * 2
np.array(x)
np.arange(4) * x
np.copy(x)
x.astype(float)
np.ascontiguousarray(x)
x.tolist()[0][1] * x
x.item(2) * x
np.add.reduce(x)
np.maximum.accumulate(x, axis=1)
np.minimum.accumulate(x)
np.fmax.accumulate(x, axis=1)
np.fmin.accumulate(x)
np.ones_like(x, subok=False) * x
np.add.accumulate(x)
np.multiply.accumulate(x[0])
np.logaddexp.reduce(x, axis=1)
np.logaddexp.reduce(x, axis=None)
np.logaddexp.reduce(x)
np.divide.outer(x[0], x[1])
np.divide(x, 2.0, out=np.sqrt(x), where=x[0] > 0.5)
np.divide(x, 2.0, out=np.sqrt(x), where=x[0, 0] > 0.5)
np.divide(x, 2.0, out=np.sqrt(x), where=x[0, 0] <= 0.5)
np.sum(x, where=x > 0.5)
np.mean(x, axis=1, where=x > 0.3)
np.var(x, where=x > 0.5)
np.std(x, where=x > 0.5, ddof=1)
np.prod(x, where=x > 0.5)
np.max(x, where=x > 0.5, initial=0.0)
x.min(axis=0, initial=0.5)
np.full((4, *x.shape), x) ** 2
np.full((x.shape[0], 5), x[:, :1]) ** 2
np.full_like(np.ones((2, *x.shape)), x) ** 2
np.max(x, axis=1, initial=0.45)
np.min(x, initial=0.5, axis=0, keepdims=True)
np.max(x[x > 5.0], initial=0.25) * x
np.min(x[:0], initial=0.25, axis=0) * x
np.sum(x, dtype=float)
x[np.where(x > 0.5)]
x[np.nonzero(x > 0.5)]
x.ravel()[np.flatnonzero(x > 0.5)]
x[np.unravel_index(np.argmax(x), x.shape)]
x[np.tril_indices(3)]
x[np.triu_indices(3, 1)]
x[np.diag_indices(3)]
x[np.ix_([0, 2], [1, 3])]
np.indices(x.shape)[0] * x
np.mgrid[0:3, 0:4][1] * x
np.ogrid[0:3, 0:4][1] * x
np.tri(3, 4) * x
np.r_[x[0], 1.0, x[1]]
np.c_[x, x[:, 0]]
np.digitize(x, [0.4, 0.8]) * x
np.histogram(x, bins=3)[0].sum() * x
np.bincount([0, 1, 1, 2], weights=x[0])
np.unique(x)
np.partition(x, 1, axis=1)[:, 0]
np.quantile(x, 0.3)
np.quantile(x, 0.3, axis=0, keepdims=True)
np.quantile(x, [0.3, 0.5], axis=1)
np.percentile(x, 30, axis=1, method='midpoint')
np.nanquantile(x, 0.3, axis=1)
np.nanmedian(np.where(x > 0.5, x, np.nan), axis=1)
np.nanmax(x, axis=1)
np.nanmin(np.where(x > 0.5, x, np.nan))
np.nanstd(np.where(x > 0.5, x, np.nan), ddof=1)
np.nanvar(x, axis=0)
np.nanprod(x, axis=0)
np.nancumsum(x, axis=0)
np.cov(x)
np.cov(x, rowvar=False, ddof=0)
np.cov(x[0], x[1])
np.corrcoef(x)
np.corrcoef(x[0], x[1])
np.average(x, axis=1, weights=x, returned=True)[1]
np.block([[x, x[:, :1]], [x[:1], np.ones((1, 1))]])
np.lib.stride_tricks.sliding_window_view(x, (2, 2))
np.lib.stride_tricks.sliding_window_view(x, 2, axis=1)
np.gradient(x)[0]
np.gradient(x, 0.1, axis=0)
np.gradient(x[0], x[1].cumsum())
np.gradient(x[0], edge_order=2)
np.diff(x, axis=0, append=x[:1])
np.diff(x, prepend=0.0)
np.insert(x, 1, x[0], axis=0)
np.delete(x, [0, 2], axis=1)
np.repeat(x, [1, 2, 0], axis=0)
np.moveaxis(x, [0, 1], [1, 0])
np.vander(x[0], 3)
np.vander(x[0])
np.vander(x[0], len(x), increasing=True)
np.vander(x[0], 1)
np.logspace(x[0, 0], x[0, 1], 4)
np.geomspace(x[0, 0], x[0, 1], 4)
np.convolve(x[0], x[1, :2], 'same')
np.correlate(x[0, :2], x[1], 'same')
np.correlate(x[0], x[1, :3], 'full')
np.interp(x[0], [0, 0.5, 1.5], [0.0, 1.0, 3.0], left=0.5, right=2.0)
np.prod(x, axis=(0, 1))
np.vecdot(x, x)
np.kron(np.eye(2), x[0])
x.astype(float, copy=False) ** 2
x.astype(np.float64, order='K', casting='safe')
x.astype('f8', 'C', 'unsafe', True, True)
np.add(x, x, dtype=float)
np.exp(x, casting='same_kind', order='C', dtype=np.float64)
np.greater(x, 0.5, dtype=bool) * x
np.concatenate([x, [[1, 2, 3, 4]]], axis=0, dtype=float)
np.hstack([x, x], dtype=float, casting='no')
np.stack([x, x], dtype=float)
np.mean(x, axis=0, dtype=float)
np.zeros((3, 4), float, 'C') + x
np.full_like(x, 2.0, shape=(3,)) @ x
np.zeros_like(x, shape=4) + x
np.linspace(0, 5, 4, dtype=int) * x
np.linspace(0, x[0, 0], 4, dtype=float) * x
np.linspace(x[0], x[1], 4, retstep=True)[1]
np.linspace(0, x[0, 1], len(x), endpoint=False, retstep=True)[1]
np.linspace(x[0, 0], 1.0, len(x) - 1, retstep=True)[1] + x
np.linalg.pinv(x, rcond=1e-15)
np.outer(x[0, 0], x[1])
np.eye(4, 3).T @ x[0]
np.piecewise(x, [x < 0.6, x > 0.9], [0.5, lambda t: t * t, np.sin])
np.apply_along_axis(lambda r: r * 2, 0, x)
np.apply_along_axis(np.convolve, 1, x, [1.0, 2.0])
np.vectorize(lambda t: t * t if t > 0.5 else t)(x)
np.vectorize(lambda t, s: t * s)(x, x[0])
np.vectorize(lambda u, v: u @ v, signature="(n),(n)->()")(x, x[0])
np.vectorize(np.diff, signature="(n)->(m)")(x * x)
np.vectorize(lambda t, p: p[0] * t + p[1] * t * t, otypes=[float], excluded=["p"])(x, p=x[0])
np.vectorize(in_three_cases)(x)
np.polyfit([0, 1, 2], x[:, 0], 1, w=[1.0, 2.0, 1.0])
scipy.signal.convolve2d(x, x[:1], mode='same')
np.real_if_close(x)
np.angle(x + 1j * x**2, deg=True)
np.angle(x - 0.7, deg=True) * x
np.einsum('ij,kj->ik', x, x, optimize=['einsum_path', (0, 1)])
np.fromfunction(lambda i, j: i + j, (3, 4)) * x
sum(r * i * j for (i, j), r in np.ndenumerate(x))
sum(x[i] ** 2 * i[0] for i in np.ndindex(x.shape))
np.broadcast_arrays(x, x[0])[1]
special.logsumexp(x, axis=1, b=x)
np.round(x, 1) * x
np.array_split(x[0], 3)[0]
np.stack([r * r for r in x], axis=1)
np.vstack([np.sin(x[i]) for i in range(len(x))])
np.hstack([x[i, :2] for i in range(len(x))])
np.concatenate([r[1:] for r in x])
np.concatenate(x)
x.flat[3] * x
x.mT
np.maximum.reduce(x)
np.add.outer(x[0], x[1])
np.multiply.reduce(x[0])
np.dot(x, x.T)
x @ x.T
x.dot(x[0])
x[0] @ x[1]
np.matmul(x, x.T)
np.inner(x, x)
np.inner(x[0], x[1])
np.vdot(x, x)
np.outer(x, x[0])
np.tensordot(x, x, axes=([1], [1]))
np.tensordot(x, x, axes=2)
np.einsum('ij,kj->ik', x, x)
np.einsum('ij,ij', x, x)
np.einsum('ij->i', x)
np.einsum('ij->ji', x)
np.einsum('ii->i', x[:, :3])
np.einsum('i,j->ij', x[0], x[1])
np.einsum('...j,j->...', x, x[0])
np.einsum('ij,jk,kl->il', x, x.T, x)
np.kron(x, x[:2, :2])
np.trace(x)
np.trace(x, offset=1)
np.cross(x[0, :3], x[1, :3])
np.linalg.solve(x @ x.T + np.eye(3), x[:, 0])
np.linalg.solve(x @ x.T + np.eye(3), x)
np.linalg.inv(x @ x.T + np.eye(3))
np.linalg.det(x @ x.T + np.eye(3))
np.linalg.slogdet(x @ x.T + np.eye(3))[1]
np.linalg.cholesky(x @ x.T + np.eye(3))
np.linalg.eigvalsh(x @ x.T)
np.linalg.eigh(x @ x.T)[0]
np.abs(np.linalg.eigh(x @ x.T)[1])
np.linalg.svd(x, compute_uv=False)
np.linalg.svd(x)[1]
np.abs(np.linalg.qr(x.T)[1])
np.linalg.pinv(x)
np.linalg.matrix_power(x[:, :3], 3)
np.linalg.multi_dot([x, x.T, x])
np.linalg.lstsq(x.T, x[0] ** 2, rcond=None)[0]
np.linalg.lstsq(x.T, x.T ** 2, rcond=None)[0]
np.linalg.eigvalsh(x @ x.T, UPLO='U')
np.linalg.eigh(x @ x.T, 'U').eigenvalues
np.linalg.qr(x.T, mode='r') ** 2
np.linalg.qr(x)[1] ** 2
np.linalg.qr(x, mode='r') ** 2
np.linalg.qr(x)[0] @ x
scipy.signal.detrend(x)
scipy.signal.detrend(x, axis=0, type='constant')
np.linalg.svdvals(x)
np.linalg.cond(x)
np.linalg.cond(x @ x.T + np.eye(3), 'fro')
np.linalg.norm(x[0], 0) * x
np.linalg.norm(x, 'nuc', axis=(0, 1), keepdims=True)
np.linalg.slogdet(x @ x.T + np.eye(3)).logabsdet
np.linalg.matrix_rank(x) * x
np.cross(x[:, :3], x[::-1, 1:])
np.cross(x[:, :3], x[:, 1:], axis=0)
scipy.linalg.solve(x @ x.T + np.eye(3), x)
scipy.linalg.solve(x @ x.T + np.eye(3), x[:, 0], assume_a='pos')
scipy.linalg.inv(x @ x.T + np.eye(3))
scipy.linalg.det(x @ x.T + np.eye(3))
scipy.linalg.cholesky(x @ x.T + np.eye(3))
scipy.linalg.cholesky(x @ x.T + np.eye(3), lower=True)
scipy.linalg.solve_triangular(x[:, :3] + np.eye(3), x[:, 0])
scipy.linalg.solve_triangular(x[:, :3] + np.eye(3), x, lower=True, trans='T')
scipy.linalg.solve_triangular(x[:, :3], x, lower=True, unit_diagonal=True)
scipy.linalg.cho_solve(scipy.linalg.cho_factor(x @ x.T + np.eye(3)), x[:, 0])
scipy.linalg.cho_solve(scipy.linalg.cho_factor(x @ x.T + np.eye(3), lower=True), x)
scipy.linalg.cho_factor(x @ x.T + np.eye(3))[0]
scipy.linalg.expm(x[:, :3] - 0.5 * np.eye(3))
scipy.linalg.sqrtm(x[:, :3] + 5.0 * np.eye(3))
scipy.linalg.logm(x[:, :3] + 5.0 * np.eye(3))
scipy.linalg.cosm(x[:, :3])
scipy.linalg.sinm(x[:, :3])
scipy.linalg.tanm(0.3 * x[:, :3])
scipy.linalg.coshm(x[:, :3])
scipy.linalg.sinhm(x[:, :3])
scipy.linalg.tanhm(x[:, :3])
scipy.linalg.solve_sylvester(x[:, :3] + 5.0 * np.eye(3), x[:, 1:] + 5.0 * np.eye(3), x[:, :3])
scipy.linalg.solve_continuous_lyapunov(x[:, :3] + 5.0 * np.eye(3), x[:, 1:])
scipy.linalg.eigvalsh(x @ x.T)
scipy.linalg.eigh(x @ x.T)[0]
scipy.linalg.svdvals(x)
scipy.linalg.pinv(x)
scipy.linalg.lstsq(x.T, x[0] ** 2)[0]
scipy.linalg.norm(x)
scipy.linalg.block_diag(x, x[:2])
scipy.linalg.toeplitz(x[0], x[1, :3])
scipy.linalg.circulant(x[0])
np.fft.rfft(x).real
np.fft.fft(x, axis=0).imag
np.fft.rfft(x[0], n=3).imag
np.fft.fft(x[0], 8).real
np.fft.irfft(np.fft.rfft(x) * 2.0)
np.fft.irfft(np.fft.rfft(x[:, 0]) * 2.0, n=3)
np.fft.irfft(np.fft.rfft(x, axis=0), axis=0, n=len(x))
np.fft.irfft(np.fft.rfft(x[0]), 6)
np.abs(np.fft.rfft(x, norm='ortho')) ** 2
np.abs(np.fft.ifft(x, norm='forward'))
np.abs(np.fft.fft2(x))
np.abs(np.fft.fftn(x)) ** 2
np.fft.irfft2(np.fft.rfft2(x) * (1.0 + 0.5j))
np.fft.ifft(2j * np.pi * np.fft.fftfreq(4) * np.fft.fft(x)).real
np.fft.fftshift(x, axes=1)
np.angle(np.fft.fft(x[0] + 2.0 * x[1]))
scipy.fft.rfft(x).real
np.abs(np.exp(1j * x)) + np.exp(1j * x).real
np.abs(np.exp(1j * x) @ x[0])
np.abs(np.einsum('ij,kj->ik', x * (1.0 + 2j), x * 1j))
np.abs(np.sin(x + 1j * x ** 2) / (1.0 + (x + 1j) ** 2)) + np.sqrt(x + 1j).imag
(x[0] + 1j * x[1]).conj().imag
np.abs(np.array([x[0, 0] + 1j * x[0, 1], x[1, 0] - 1j]))
np.real(x) + np.imag(x) + np.conj(x)
cdist(x, x * 2)
cdist(x, x)
cdist(x, x * 2, 'cityblock')
pdist(x, 'sqeuclidean')
cdist(x, x[::-1] + 1, 'cosine')
pdist(x, 'correlation')
cdist(x, x[::-1] + 1, metric='canberra')
pdist(x, 'braycurtis')
"""

STACKS = """
x.sum(axis=(0, 2))
x.mean(axis=1, keepdims=True)
x.transpose(2, 0, 1)
np.swapaxes(x, 0, 2)
x @ x.transpose(0, 2, 1)
x @ x[0].T
np.matmul(x, x[0, 0])
x[:, 1, :]
x[..., None]
x.reshape(2, -1)
np.moveaxis(x, -1, 0)
x.max(axis=2)
np.linalg.norm(x, axis=-1)
np.einsum('bij,bkj->bik', x, x)
np.concatenate([x, x], axis=-1)
np.linalg.inv(x[:, :, :3] + 2 * np.eye(3))
np.linalg.det(x[:, :, :3] + 2 * np.eye(3))
np.linalg.solve(x[:, :, :3] + 2 * np.eye(3), x)
np.linalg.cholesky(x @ x.transpose(0, 2, 1) + np.eye(3))
np.linalg.qr(x.transpose(0, 2, 1))[1] ** 2
np.linalg.svd(x, compute_uv=False)
np.linalg.norm(x, 2, axis=(1, 2))
np.linalg.norm(x, 'nuc', axis=(0, 2))
np.trace(x)
np.trace(x, axis1=1, axis2=2)
np.diagonal(x, axis1=1, axis2=2)
np.prod(x, axis=(0, 2))
np.median(x, axis=(0, 1))
np.quantile(x, 0.3, axis=(0, 2))
"""

CALLS = [
    (rank, line.strip())
    for rank, table in ((1, VECTORS), (2, MATRICES), (3, STACKS))
    for line in table.strip().splitlines()
]


def in_three_cases(t: float) -> float:
    if t < 0.5:
        return 0.0
    elif t < 0.9:
        return t**2
    return 2.0 * t - 1.0


def function_of(expression: str, result: str = "np.sum(np.cos(0.3 + v) * v)") -> Callable[..., Any]:
    """``sum(cos(0.3 + v) * v)``, or another ``result``, of an expression ``v``."""
    text = f"def f(x):\n    v = {expression}\n    return {result}\n"
    name = f"<call {next(NUMBERS)}>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    scope: dict[str, Any] = {"np": np, "special": scipy.special, "scipy": scipy, "cdist": cdist,
                             "pdist": pdist, "norm": norm, "in_three_cases": in_three_cases,
                             "__name__": __name__}  # fmt: skip
    exec(compile(text, name, "exec"), scope)
    found: Callable[..., Any] = scope["f"]
    return found


def along(f: Callable[..., Any], x: Any, direction: Any, h: float = 1e-4) -> Any:
    """Derivative along a direction by differences of fourth order."""
    near = f(x + h * direction) - f(x - h * direction)
    far = f(x + 2 * h * direction) - f(x - 2 * h * direction)
    return (8 * near - far) / (12 * h)


def unit(shape: tuple[int, ...], position: tuple[int, ...]) -> Any:
    found = np.zeros(shape)
    found[position] = 1.0
    return found


@pytest.mark.parametrize(("rank", "expression"), CALLS)
def test_derivatives_of_a_call(rank: int, expression: str) -> None:
    x = POINTS[rank]
    f = function_of(expression)
    derivative = chainrule.value_and_grad(f)
    value, gradient = derivative(x.copy())
    wanted = np.array([along(f, x, unit(x.shape, p)) for p in np.ndindex(x.shape)])
    assert value == f(x.copy())
    assert gradient.shape == x.shape
    assert gradient.dtype == x.dtype
    np.testing.assert_allclose(gradient.ravel(), wanted, rtol=1e-6, atol=1e-8)
    direction = np.cos(np.arange(x.size)).reshape(x.shape)
    same, slope = chainrule.jvp(f)(x.copy(), direction)
    assert same == value
    np.testing.assert_allclose(slope, np.sum(gradient * direction), rtol=1e-8)
    _, product = chainrule.hvp(f)(x.copy(), direction)
    second = along(lambda point: derivative(point)[1], x, direction)
    np.testing.assert_allclose(product, second, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("rank", "expression"), CALLS)
def test_adjoints_that_are_one_number_for_all_entries(rank: int, expression: str) -> None:
    x = POINTS[rank]
    direction = np.cos(np.arange(x.size)).reshape(x.shape)
    for result in (
        "np.sum(v)",
        "np.sum(np.sin(np.mean(v, axis=-1)))" if rank > 1 else "np.mean(v)",
    ):
        f = function_of(expression, result)
        try:
            f(x)
        except ValueError:
            # A number has no last axis.
            continue
        slope = np.vdot(chainrule.grad(f, mode="reverse")(x), direction)
        assert slope == pytest.approx(along(f, x, direction), rel=1e-6, abs=1e-8)


# Expressions in arrays of every rank; an axis that is named is -1.
OF_ANY_SHAPE = """
np.sin(x) + np.cos(x) + np.tan(x) + np.tanh(x) + np.sinh(x) + np.cosh(x)
np.arcsin(x * 0.5) + np.arccos(x * 0.5) + np.arctan(x) + np.arcsinh(x) + np.arctanh(x * 0.5)
np.exp(x) + np.exp2(x) + np.expm1(x) + np.log(x) + np.log2(x) + np.log10(x) + np.log1p(x)
np.sqrt(x) + np.cbrt(x) + np.square(x) + np.reciprocal(x) + np.abs(x - 0.6) + -x
np.floor(x * 3.0) * x + np.sign(x) * x + np.round(x) * x + np.heaviside(x - 0.6, 0.5)
np.degrees(x) + np.radians(x) + np.sinc(x) + np.nan_to_num(x)
np.maximum(x, 0.6) + np.minimum(x, x ** 2) + np.fmax(x, 0.5) + np.clip(x, 0.4, 0.8)
np.hypot(x, 1.5) + np.arctan2(x, x + 1.0) + np.logaddexp(x, 0.5) + np.copysign(x, -1.0)
x ** 2 + x ** 1.5 + x ** x + 2.0 ** x + np.float_power(x, 1.5) + x / (1.0 + x)
x % 0.25 + x // 0.25 * x + np.fmod(x, 0.25)
np.where(x > 0.6, x ** 2, 1.0 / x) + np.where(x > 10.0, np.log(x - 10.0), x)
special.erf(x) + special.expit(x) + special.gammaln(x) + special.xlogy(x, x) + special.entr(x)
np.sum(x)
np.mean(x)
np.max(x)
np.prod(x)
np.var(x + np.arange(2.0).reshape((2,) + (1,) * np.ndim(x)))
np.linalg.norm(np.ravel(x))
np.median(x)
special.logsumexp(x)
np.cumsum(x)
x - np.sum(x)
x * np.ones((2,) + (1,) * np.ndim(x))
np.ravel(x)
np.reshape(x, (-1, 1))
np.transpose(x)
np.squeeze(x)
np.expand_dims(x, 0)
np.stack([x, 2.0 * x])
np.array([x, x ** 2])
np.tile(x, 2)
np.repeat(x, 2)
np.flip(x)
np.atleast_1d(x)
np.atleast_2d(x)
np.broadcast_to(x, (2,) + np.shape(x))
np.outer(x, x)
np.zeros_like(x) + x
np.full_like(x, 2.0) * x
np.abs(np.exp(1j * x) + x)
"""
WITH_AXES = """
np.sum(x, axis=-1)
np.sum(x, axis=-1, keepdims=True) * x
np.mean(x, axis=0)
np.max(x, axis=-1)
np.min(x, axis=0, keepdims=True) * x
np.prod(x, axis=-1)
np.std(x + np.arange(2.0).reshape((2,) + (1,) * np.ndim(x)), axis=0)
np.median(x, axis=-1)
np.quantile(x, 0.3, axis=-1)
np.cumsum(x, axis=-1)
np.cumprod(x, axis=-1)
np.linalg.norm(x, axis=-1)
special.logsumexp(x, axis=-1)
special.softmax(x, axis=-1)
np.sort(x, axis=-1)
np.diff(np.concatenate([x, x ** 2], axis=-1))
np.concatenate([x, x[..., ::-1]], axis=0)
np.roll(x, 1, axis=-1)
np.flip(x, axis=0)
np.moveaxis(x, -1, 0)
np.take(x, [0, 0], axis=-1)
np.take_along_axis(x, np.argsort(-x, axis=-1), axis=-1)
np.pad(x, 1)
np.trapezoid(np.concatenate([x, x ** 2], axis=-1), dx=0.5)
np.sum(x, axis=-1, where=x > 0.5)
np.average(x, axis=-1, weights=x)
np.nanmean(x, axis=-1)
np.tensordot(x, x, axes=np.ndim(x))
np.einsum('...i,...i->...', x, x)
np.inner(x, x)
x @ np.swapaxes(x, -1, -2) if np.ndim(x) > 1 else x @ x
np.fft.irfft(np.fft.rfft(np.concatenate([x, x], axis=-1)) * 2.0)
x[..., 0] * 2.0
x[0]
x[..., None] * x[..., None, :]
x[x > 0.6]
"""
SHAPES: tuple[tuple[int, ...], ...] = ((), (1,), (3,), (1, 1), (1, 3), (3, 1), (2, 1, 3))
SHAPED = [
    (shape, line.strip())
    for table, shapes in ((OF_ANY_SHAPE, SHAPES), (WITH_AXES, SHAPES[1:]))
    for line in table.strip().splitlines()
    for shape in shapes
]


@pytest.mark.parametrize(("shape", "expression"), SHAPED)
def test_calls_of_every_rank_and_length_one(shape: tuple[int, ...], expression: str) -> None:
    entries = np.random.default_rng(len(shape)).random(shape) + 0.3
    x: Any = entries if shape else float(entries)
    f = function_of(expression)
    derivative = chainrule.value_and_grad(f)
    with np.errstate(all="ignore"):
        value, gradient = derivative(np.copy(x) if shape else x)
        assert value == f(x)
        assert np.shape(gradient) == shape
        direction: Any = np.cos(1.0 + np.arange(np.size(x))).reshape(shape) if shape else 1.0
        slope = np.sum(gradient * direction)
        np.testing.assert_allclose(slope, along(f, x, direction), rtol=1e-6, atol=1e-8)
        same, forward = chainrule.jvp(f)(x, direction)
        assert same == value
        np.testing.assert_allclose(forward, slope, rtol=1e-8, atol=1e-11)
        _, product = chainrule.hvp(f)(x, direction)
        second = along(lambda point: np.sum(derivative(point)[1] * direction), x, direction)
        np.testing.assert_allclose(np.sum(product * direction), second, rtol=1e-5, atol=1e-6)


NARROW = [
    line.strip()
    for table in (OF_ANY_SHAPE, WITH_AXES)
    for line in table.strip().splitlines()
    if not re.search(r"float_power|arange|2\.0 \*\* x|np.array\(|ones\(|special|fft", line)
]


@pytest.mark.parametrize("expression", NARROW)
def test_float32_gives_float32(expression: str) -> None:
    x = (np.random.default_rng(2).random((2, 3)) + 0.3).astype(np.float32)
    f = function_of(expression)
    with np.errstate(all="ignore"):
        value, gradient = chainrule.value_and_grad(f)(x)
        exact = chainrule.grad(f)(x.astype(float))
        _, forward = chainrule.jvp(f)(x, np.ones_like(x))
        _, product = chainrule.hvp(f)(x, np.ones_like(x))
        assert value == f(x)
    assert gradient.dtype == np.float32
    assert np.asarray(product).dtype == np.float32
    np.testing.assert_allclose(gradient, exact, rtol=2e-3, atol=1e-4)
    np.testing.assert_allclose(forward, np.sum(exact), rtol=2e-3, atol=1e-3)


SMALL = ["np.exp(x)", "x.sum(axis=0)", "x @ x.T", "x[:, 1] * x[0, 0]", "np.tanh(x).mean()",
         "x / (1 + x.max())", "np.linalg.norm(x, axis=1)", "np.max(x)", "x.min() * x",
         "np.einsum('ij,ij->', x, x)", "np.tensordot(x, x)", "np.float_power(2.0, x)",
         "x * x * np.sum(np.ones(3))", "x * np.sqrt(2.0)", "x.sum() / len(x)",
         "x.sum() / np.float32(len(x))", "np.float32(3 * x) - x * np.float16(0.5)",
         "np.pad(x, int(x[0, 0]) + 1)"]  # fmt: skip


@pytest.mark.parametrize("expression", SMALL)
def test_float32_is_kept(expression: str) -> None:
    x = POINTS[2].astype(np.float32)
    f = function_of(expression)
    gradient = chainrule.grad(f)(x)
    assert gradient.dtype == np.float32
    assert chainrule.vjp(f)(x, 1.0)[1].dtype == np.float32
    exact = chainrule.grad(f)(x.astype(float))
    np.testing.assert_allclose(gradient, exact, rtol=2e-4, atol=1e-5)


UNIT_SHAPES = list(itertools.product((1, 3), (1, 4)))
BROADCAST = [
    "x * y",
    "x + y[0]",
    "np.maximum(x, y)",
    "x / (2.0 + y[:, :1])",
    "np.where(x > y, x, y)",
    "x - x.mean(axis=0)",
    "(x[:, None, :] - y[None]) ** 2",
    "x.sum(axis=1, keepdims=True) * y",
]


@pytest.mark.parametrize("expression", BROADCAST)
@pytest.mark.parametrize(("one", "two"), list(itertools.product(UNIT_SHAPES, UNIT_SHAPES)))
def test_axes_of_length_one(expression: str, one: tuple[int, int], two: tuple[int, int]) -> None:
    text = f"def f(x, y):\n    v = {expression}\n    return np.sum(np.cos(0.3 + v) * v)\n"
    name = f"<broadcast {next(NUMBERS)}>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    scope: dict[str, Any] = {"np": np, "__name__": __name__}
    exec(compile(text, name, "exec"), scope)
    f = scope["f"]
    random = np.random.default_rng(3)
    x, y = random.random(one) + 0.3, random.random(two) + 0.4
    gradients = chainrule.grad(f, wrt=(0, 1))(x, y)
    for position, gradient in enumerate(gradients):
        point = (x, y)[position]
        assert gradient.shape == point.shape
        for at in np.ndindex(point.shape):
            direction = unit(point.shape, at)

            def moved(value: Any, position: int = position) -> Any:
                return f(value, y) if position == 0 else f(x, value)

            wanted = along(moved, point, direction)
            assert gradient[at] == pytest.approx(wanted, rel=1e-6, abs=1e-8)


def repeated_slice(x: Any, y: Any, k: int) -> Any:
    return np.sum(x[:k] + y)


def repeated_zeros(x: Any, y: Any, k: int) -> Any:
    z = np.zeros(k)
    z[0] = x[0] * 2
    return np.sum(z + np.sin(y))


def repeated_tail(x: Any, y: Any, k: int) -> Any:
    return np.sum(np.sin(x[1:]) * y)


def repeated_in_a_loop(x: Any, y: Any, k: int) -> Any:
    total = 0.0
    for _ in range(2):
        total += np.sum(np.sin(x) * y[:2])
        x = x[2:]
    return total


def repeated_mask(x: Any, y: Any, k: int) -> Any:
    return np.sum(np.sin(x[x > 1.0]) * y)


def entries(f: Callable[..., Any], x: Any, *args: Any) -> Any:
    """The gradient by differences."""
    return [along(lambda point: f(point, *args), x, unit(x.shape, p)) for p in np.ndindex(x.shape)]


@pytest.mark.parametrize("f", [repeated_slice, repeated_zeros])
def test_a_length_that_turns_out_to_be_one_is_seen(f: Callable[..., Any]) -> None:
    x, y = POINTS[1], POINTS[1] * 2
    direction = np.array([1.0, 0.0, 0.0, 0.0])
    derivative = chainrule.grad(f)
    for k in (4, 1, 4):
        wanted = entries(f, x, y, k)
        assert chainrule.jvp(f)(x, y, k, direction)[1] == pytest.approx(wanted[0])
        np.testing.assert_allclose(derivative(x, y, k), wanted, rtol=1e-6, atol=1e-8)
        assert "reshape" not in derivative.source


def test_what_is_left_of_a_short_array_is_repeated() -> None:
    derivative = chainrule.grad(repeated_tail)
    for n in (5, 2, 5):
        x, y = np.linspace(0.3, 1.0, n), np.linspace(0.2, 1.1, 4)
        wanted = entries(repeated_tail, x, y, 0)
        np.testing.assert_allclose(derivative(x, y, 0), wanted, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("f", [repeated_in_a_loop, repeated_mask])
def test_a_length_that_nobody_can_know_is_never_a_wrong_sum(f: Callable[..., Any]) -> None:
    y = np.linspace(0.2, 1.1, 2)
    for x in (np.array([0.3, 1.5, 1.2]), np.array([0.3, 0.6, 1.2]), np.array([0.1, 0.2, 0.4, 0.5])):
        try:
            f(x, y, 0)
            found = chainrule.grad(f)(x, y, 0)
        except ValueError:
            continue
        np.testing.assert_allclose(found, entries(f, x, y, 0), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(("rank", "expression"), CALLS)
def test_declared_lengths_are_those_of_numpy(rank: int, expression: str) -> None:
    from chainrule.lift.lifter import lift
    from chainrule.primitives.arrays.measured import lengths_of

    lifted = lift(function_of(expression), {"x": POINTS[rank]})
    (x,) = lifted.graph.body.parameters
    given = {("given", x.serial, axis): size for axis, size in enumerate(POINTS[rank].shape)}
    found = next((node for node, name in lifted.graph.names.items() if name == "v"), x)
    if found is x:
        # A view has no name of its own.
        return
    with np.errstate(all="ignore"):
        scope = {**function_of(expression).__globals__, "x": POINTS[rank]}
        shape = np.shape(eval(expression, scope))
    for length, size in zip(lengths_of(found), shape, strict=True):
        if all(key in given for key, _ in length.terms):
            known = length.constant + sum(given[key] * count for key, count in length.terms)
            assert known == size


PLACED = {
    "np.sum(x, 0, None, None, True) * x": "np.sum(x, axis=0, keepdims=True) * x",
    "np.mean(x, None, None)": "np.mean(x)",
    "np.std(x, 1, None, None, 1)": "np.std(x, axis=1, ddof=1)",
    "x.std(1, None, None, 1)": "x.std(axis=1, ddof=1)",
    "np.max(x, 1, None)": "np.max(x, axis=1)",
    "x.sum(None, None, None, False) * x": "x.sum() * x",
    "np.cumsum(x, 1, None) * x": "np.cumsum(x, axis=1) * x",
    "np.trapezoid(x, None, 0.5, 0) ** 2": "np.trapezoid(x, dx=0.5, axis=0) ** 2",
    "np.median(x, 1, None, False)": "np.median(x, axis=1)",
    "np.copy(x, 'K') * x": "np.copy(x) * x",
    "np.concatenate([x, x * x], 1, None)": "np.concatenate([x, x * x], axis=1)",
}


@pytest.mark.parametrize("placed", PLACED)
def test_arguments_given_by_their_place_are_those_of_numpys_signature(placed: str) -> None:
    x = np.random.default_rng(3).random((2, 3)) + 0.3
    by_place, by_name = function_of(placed), function_of(PLACED[placed])
    value, gradient = chainrule.value_and_grad(by_place)(x)
    assert value == by_place(x)
    np.testing.assert_array_equal(gradient, chainrule.grad(by_name)(x))


@pytest.mark.parametrize(
    "call", ["np.sum(x, 0, np.float32)", "np.add(x, x, out=x.copy(), where=0)"]
)
def test_arguments_that_are_not_understood_are_refused_wherever_they_stand(call: str) -> None:
    with pytest.raises(chainrule.UnsupportedError):
        chainrule.grad(function_of(call))(np.ones((2, 3)))


def test_several_quantiles_of_one_entry() -> None:
    def f(x: np.ndarray) -> float:
        return np.sum(np.percentile(x, [25, 60]) * np.array([1.0, 2.0]))

    for mode in ("forward", "reverse"):
        np.testing.assert_allclose(chainrule.grad(f, mode=mode)(np.array([1.3])), [3.0])


def tail(x, share=0.25):
    """Entries are parted at a place that is known at run time only."""
    place = int((len(x) - 1) * share)
    return np.sum(np.partition(x, place)[: place + 1] * np.cos(np.arange(place + 1.0)))


def parted(x):
    rows = x.reshape(2, -1)
    flat = x * 2.0
    flat.partition(30)
    weights = np.cos(np.arange(float(len(x))))
    both = np.partition(rows, 40, axis=1).ravel() + np.partition(x, (20, 60))
    return np.sum((both * flat) * weights)


@pytest.mark.parametrize("f", [tail, parted])
def test_long_arrays_are_parted_as_numpy_parts_their_numbers(f: Any) -> None:
    """Of long arrays `np.argpartition` leaves the entries in another order."""
    draw = np.random.default_rng(3)
    x, direction = draw.normal(size=(2, 300))
    gradient = chainrule.grad(f)(x)
    tangent = chainrule.jvp(f)(x, x_dot=direction)[1]
    step = 1e-7
    slope = (f(x + step * direction) - f(x - step * direction)) / (2.0 * step)
    assert gradient @ direction == pytest.approx(slope, rel=1e-6)
    assert tangent == pytest.approx(slope, rel=1e-6)


def series(x, y):
    """As the modules of `numpy.polynomial` prepare their coefficients."""
    arrays = [np.array(each, ndmin=1, copy=True) for each in (x, y)]
    dtype = np.common_type(*arrays)
    first, second = (np.array(each, dtype=dtype) for each in arrays)
    place = operator.index(2) - operator.index(np.int64(1))
    axis = np.lib.array_utils.normalize_axis_index(-1, first.ndim)
    return np.sum(first * second, axis=axis) * first[place]


@pytest.mark.skipif(not hasattr(np.lib, "array_utils"), reason="NumPy 2 has them")
def test_dtypes_axes_and_places_that_are_known_are_followed() -> None:
    x = np.array([1.5, 2.0, 3.0])
    assert list(chainrule.grad(series)(x, 2)) == [4.0, 17.0, 4.0]
    with pytest.raises(TypeError, match="cannot be interpreted as an integer"):
        chainrule.grad(lambda x: x[operator.index(x[0])])(x)


def test_what_numpys_dtype_makes_is_known_where_it_is_given_by_a_constant() -> None:
    def of_kind(x: Any) -> Any:
        if x.dtype == np.dtype(object):
            return np.empty(3, dtype=np.dtype(object))
        return np.sum(x.astype(np.dtype("float64")) ** 2)

    gradient = chainrule.grad(of_kind)
    assert list(gradient(np.array([1.0, 2.0]))) == [2.0, 4.0]
    assert gradient.source.endswith("    return 2.0 * x.astype(float)\n")


def test_polynomials_of_numpy_are_differentiated() -> None:
    polynomial = np.polynomial.polynomial
    c, d = np.array([0.3, 1.2, 2.0]), np.array([0.5, -1.0])

    def product_and_quotient(c, d):
        return np.sum(polynomial.polymul(c, d)) * polynomial.polydiv(c, d)[0][1]

    gradient = chainrule.grad(product_and_quotient)(c, d)
    # polymul: sum(c) sum(d); the highest coefficient of the quotient is c[2] / d[1].
    assert list(gradient) == pytest.approx([1.0, 1.0, 1.0 + 3.5 / 2.0])


def test_functions_of_numpys_own_are_differentiated_by_their_rules() -> None:
    """What NumPy's own source does, where it has some, is not looked into."""
    matrix = np.array([[2.0, 1.0], [0.5, 3.0]])
    cofactors = np.array([[3.0, -0.5], [-1.0, 2.0]])
    assert chainrule.grad(np.linalg.det)(matrix) == pytest.approx(cofactors, rel=1e-14)
    assert np.array_equal(chainrule.grad(np.trace)(matrix), np.eye(2))
    assert np.array_equal(chainrule.grad(np.median)(np.array([5.0, 1.0, 2.0])), [0.0, 0.0, 1.0])
