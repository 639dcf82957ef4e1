"""GradBench's Gaussian mixture: the log-likelihood with a Wishart prior.

The definition is that of ADBench (Srajer, Kukelova, Fitzgibbon: A benchmark of selected
algorithmic differentiation tools, 2018, section 4.1).  A precision matrix is the square of a
triangular factor, given by the logarithms of its diagonal and by what stands below it, column
after column.
"""

import numpy as np
from scipy.special import gammaln


def logsumexp(x):
    """Logarithms of the sums of exponentials over the last axis."""
    top = np.max(x, axis=-1, keepdims=True)
    return np.log(np.sum(np.exp(x - top), axis=-1)) + top[..., 0]


def log_gamma(a, p):
    """Logarithm of the multivariate gamma function."""
    return 0.25 * p * (p - 1) * np.log(np.pi) + np.sum(gammaln(a - 0.5 * np.arange(p)))


def log_wishart_prior(p, gamma, m, sums, diagonals, below):
    """Logarithm of the prior density of all precision matrices, up to what is constant."""
    k = len(sums)
    n = p + m + 1
    C = n * p * (np.log(gamma) - 0.5 * np.log(2.0)) - log_gamma(0.5 * n, p)
    frobenius = np.sum(diagonals**2) + np.sum(below**2)
    return 0.5 * gamma * gamma * frobenius - m * np.sum(sums) - k * C


def gmm(alphas, means, icf, x, gamma, m):
    """Log-likelihood of points under a mixture of Gaussians."""
    n, d = x.shape
    k = len(alphas)
    diagonals = np.exp(icf[:, :d])
    sums = np.sum(icf[:, :d], axis=1)
    below = icf[:, d:]

    L = np.zeros((k, d, d))
    start = 0
    for column in range(d):
        L[:, column, column] = diagonals[:, column]
        L[:, column + 1 :, column] = below[:, start : start + d - column - 1]
        start += d - column - 1

    centred = x[np.newaxis, :, :] - means[:, np.newaxis, :]
    whitened = centred @ np.transpose(L, (0, 2, 1))
    inner = alphas + sums - 0.5 * np.sum(whitened**2, axis=2).T
    likelihood = np.sum(logsumexp(inner)) - n * logsumexp(alphas)
    constant = -n * d * 0.5 * np.log(2.0 * np.pi)
    return constant + likelihood + log_wishart_prior(d, gamma, m, sums, diagonals, below)


ALPHAS = np.array([0.2, -0.4])
MEANS = np.array([[0.1, 0.5, -0.2], [1.0, -0.8, 0.4]])
ICF = np.array([[0.1, -0.2, 0.3, 0.4, -0.5, 0.2], [0.3, 0.1, -0.1, 0.2, 0.6, -0.3]])
X = np.array([[0.2, 0.4, -0.1], [0.9, -0.7, 0.3], [0.5, 0.1, 0.8], [-0.4, 1.2, 0.0]])

POINTS = {"gmm": {"wrt": ("alphas", "means", "icf"), "at": [(ALPHAS, MEANS, ICF, X, 1.0, 0)]}}


if __name__ == "__main__":
    from chainrule import grad

    slope = grad(gmm, wrt=("alphas", "means", "icf"))
    slope(ALPHAS, MEANS, ICF, X, 1.0, 0)
    print(slope.source)
