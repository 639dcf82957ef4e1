"""Functions of :mod:`scipy.interpolate` through points that lie anywhere.

Which points are around a place is a selection; the weights that they have there have slopes.
"""

from __future__ import annotations

import numpy as np
from scipy import interpolate, spatial

from chainrule.lift.library.object_sets import IN_PLACE_OF
from chainrule.lift.library.spoken import made, places, told, unknown
from chainrule.markers import stop_gradient

# The functions below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"


def squares_between(a, b):
    """The squared distance of each of some points from each of others."""
    gaps = a[:, np.newaxis, :] - b
    return np.sum(gaps * gaps, axis=2)


def bump(s, kernel):
    """A function of the distance, by its square (Fasshauer, *Meshfree Approximation Methods*)."""
    if kernel == "gaussian":
        return np.exp(-s)
    if kernel == "multiquadric":
        return -np.sqrt(s + 1.0)
    if kernel == "inverse_multiquadric":
        return 1.0 / np.sqrt(s + 1.0)
    if kernel == "inverse_quadratic":
        return 1.0 / (s + 1.0)
    apart = stop_gradient(s) > 0.0
    safe = np.where(apart, s, 1.0)
    if kernel == "thin_plate_spline":
        return np.where(apart, 0.5 * safe * np.log(safe), 0.0)
    r = np.where(apart, np.sqrt(safe), 0.0)
    if kernel == "linear":
        return -r
    return r * s if kernel == "cubic" else -r * s * s


def powers(points, degree):
    """The values of 1 and of the coordinates, a row for each point."""
    one = np.ones((len(points), 1))
    return one if degree == 0 else np.concatenate((one, points), axis=1)


class RBFInterpolator:
    """``scipy.interpolate.RBFInterpolator``: bumps at all points, and a straight part."""

    def __init__(
        self, y, d, neighbors=None, smoothing=0.0, kernel="thin_plate_spline", epsilon=None,
        degree=None,
    ):  # fmt: skip
        usual = {"linear": 0, "multiquadric": 0, "thin_plate_spline": 1, "cubic": 1, "quintic": 2}
        self.degree = usual.get(kernel, 0) if degree is None else degree
        if neighbors is not None or np.ndim(d) != 1 or self.degree > 1:
            unknown("a function of the nearest points only, of several values, or of squares")
        text = "_0_(_1_, _2_, smoothing=_3_, kernel=_4_, epsilon=_5_, degree=_6_)"
        self.held = made(
            interpolate.RBFInterpolator, text, y, d, smoothing, kernel, epsilon, degree
        )
        self.points = np.asarray(y) + 0.0
        self.kernel = kernel
        self.scale = 1.0 if epsilon is None else epsilon * epsilon
        n = len(self.points)
        matrix = bump(self.scale * squares_between(self.points, self.points), kernel)
        matrix = matrix + np.eye(n) * smoothing
        values = np.asarray(d) + 0.0
        if self.degree >= 0:
            beside = powers(self.points, self.degree)
            count = beside.shape[1]
            upper = np.concatenate((matrix, beside), axis=1)
            lower = np.concatenate((beside.T, np.zeros((count, count))), axis=1)
            matrix = np.concatenate((upper, lower))
            values = np.concatenate((values, np.zeros(count)))
        self.weights = np.linalg.solve(matrix, values)

    def __call__(self, x):
        x = np.asarray(x) + 0.0
        rows = bump(self.scale * squares_between(x, self.points), self.kernel)
        if self.degree >= 0:
            rows = np.concatenate((rows, powers(x, self.degree)), axis=1)
        return told(rows @ self.weights, "_1_(_2_)", self.held, x)


def between_corners(points, values, triangles, x, fill_value):
    """What is straight within each of the simplices."""
    x = np.asarray(x) + 0.0
    if x.ndim != 2 or np.ndim(values) != 1:
        unknown("places that are no rows of an array, or several values at each point")
    found = places(1, "_1_.find_simplex(_2_)", triangles, x)
    corners = places(2, "_1_.simplices", triangles)[found]
    at = points[corners]
    last = at[:, -1, :]
    edges = np.swapaxes(at[:, :-1, :] - last[:, np.newaxis, :], 1, 2)
    inside = found >= 0
    edges = np.where(inside[:, np.newaxis, np.newaxis], edges, np.eye(x.shape[1]))
    shares = np.linalg.solve(edges, (x - last)[:, :, np.newaxis])[:, :, 0]
    ends = values[corners]
    value = ends[:, -1] + np.sum(shares * (ends[:, :-1] - ends[:, -1:]), axis=1)
    return np.where(inside, value, fill_value)


class LinearNDInterpolator:
    """``scipy.interpolate.LinearNDInterpolator``."""

    def __init__(self, points, values, fill_value=np.nan):
        if np.ndim(points) != 2:
            unknown("a function through a triangulation that is given")
        text = "_0_(_1_, _2_, fill_value=_3_)"
        self.held = made(interpolate.LinearNDInterpolator, text, points, values, fill_value)
        self.triangles = made(spatial.Delaunay, "_0_(_1_)", points)
        self.points = np.asarray(points) + 0.0
        self.values = np.asarray(values) + 0.0
        self.fill_value = fill_value

    def __call__(self, x):
        own = between_corners(self.points, self.values, self.triangles, x, self.fill_value)
        return told(own, "_1_(_2_)", self.held, x)


class NearestNDInterpolator:
    """``scipy.interpolate.NearestNDInterpolator``: the value at the nearest point."""

    def __init__(self, x, y):
        if np.ndim(x) != 2 or np.ndim(y) != 1:
            unknown("points that are no rows of an array, or several values at each")
        self.held = made(interpolate.NearestNDInterpolator, "_0_(_1_, _2_)", x, y)
        self.tree = made(spatial.cKDTree, "_0_(_1_)", x)
        self.values = np.asarray(y) + 0.0

    def __call__(self, x):
        nearest = places(1, "_1_.query(_2_)[1]", self.tree, x)
        return told(self.values[nearest], "_1_(_2_)", self.held, x)


def griddata(points, values, xi, method="linear", fill_value=np.nan):
    """What goes through points that lie anywhere, at other places."""
    if np.ndim(points) != 2 or method not in ("linear", "nearest"):
        unknown("points on a line, or pieces of third degree")
    if method == "nearest":
        return NearestNDInterpolator(points, values)(xi)
    return LinearNDInterpolator(points, values, fill_value)(xi)


IN_PLACE_OF[RBFInterpolator] = interpolate.RBFInterpolator
IN_PLACE_OF[LinearNDInterpolator] = interpolate.LinearNDInterpolator
IN_PLACE_OF[NearestNDInterpolator] = interpolate.NearestNDInterpolator
