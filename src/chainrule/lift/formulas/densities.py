"""``scipy.stats.gaussian_kde`` of samples that a function makes."""

from __future__ import annotations

import numpy as np
from scipy import special, stats

from chainrule.lift.library.object_sets import IN_PLACE_OF
from chainrule.lift.library.spoken import made, told, unknown

# The functions below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"


class gaussian_kde:
    """A density of bells around samples, which are columns."""

    def __init__(self, dataset, bw_method=None, weights=None):
        if callable(bw_method):
            unknown("a width that a function tells")
        self.held = made(stats.gaussian_kde, "_0_(_1_, _2_, _3_)", dataset, bw_method, weights)
        self.dataset = np.atleast_2d(dataset) + 0.0
        self.d, self.n = self.dataset.shape
        if weights is None:
            self.weights = np.ones(self.n) / self.n
        else:
            self.weights = np.asarray(weights) / np.sum(weights)
        self.neff = 1.0 / np.sum(self.weights**2)
        if bw_method is None or bw_method == "scott":
            self.factor = self.neff ** (-1.0 / (self.d + 4))
        elif bw_method == "silverman":
            self.factor = (self.neff * (self.d + 2.0) / 4.0) ** (-1.0 / (self.d + 4))
        else:
            self.factor = bw_method
        gaps = self.dataset - np.sum(self.dataset * self.weights, axis=1, keepdims=True)
        spread = (gaps * self.weights) @ gaps.T / (1.0 - np.sum(self.weights**2))
        self.covariance = spread * self.factor**2

    def exponents(self, points):
        """The exponent of each bell, with its weight, at each of some columns."""
        lower = np.linalg.cholesky(2.0 * np.pi * self.covariance)
        size = np.sum(np.log(np.diag(lower)))
        gaps = points[:, np.newaxis, :] - self.dataset[:, :, np.newaxis]
        flat = gaps.reshape(self.d, -1)
        squares = np.sum(flat * np.linalg.solve(self.covariance, flat), axis=0)
        shares = np.log(self.weights)[:, np.newaxis] - size
        return shares - 0.5 * squares.reshape(self.n, -1)

    def evaluate(self, points):
        """The density."""
        own = np.sum(np.exp(self.exponents(np.atleast_2d(points) + 0.0)), axis=0)
        return told(own, "_1_(_2_)", self.held, points)

    __call__ = evaluate
    pdf = evaluate

    def logpdf(self, x):
        """The logarithm of the density."""
        own = special.logsumexp(self.exponents(np.atleast_2d(x) + 0.0), axis=0)
        return told(own, "_1_.logpdf(_2_)", self.held, x)

    def integrate_box_1d(self, low, high):
        """The chance of what is between two numbers."""
        width = np.sqrt(self.covariance[0, 0])
        shares = special.ndtr((high - self.dataset[0]) / width)
        shares = shares - special.ndtr((low - self.dataset[0]) / width)
        own = np.sum(self.weights * shares)
        return told(own, "_1_.integrate_box_1d(_2_, _3_)", self.held, low, high)


IN_PLACE_OF[gaussian_kde] = stats.gaussian_kde
