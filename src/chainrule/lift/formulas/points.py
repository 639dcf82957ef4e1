"""Points of :mod:`scipy.spatial`: hulls, triangles and nearest points, which are selections."""

from __future__ import annotations

import numpy as np
from scipy import spatial

from chainrule.lift.library.object_sets import IN_PLACE_OF
from chainrule.lift.library.spoken import made, places, told, unknown
from chainrule.markers import stop_gradient

# The functions below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"


class ConvexHull:
    """``scipy.spatial.ConvexHull`` in the plane and in space."""

    def __init__(self, points):
        if np.ndim(points) != 2:
            unknown("points that are no rows of an array")
        self.held = made(spatial.ConvexHull, "_0_(_1_)", points)
        self.points = np.asarray(points) + 0.0

    @property
    def vertices(self):
        """Which of the points are corners."""
        return places(1, "_1_.vertices", self.held)

    @property
    def simplices(self):
        """The corners of each facet."""
        return places(2, "_1_.simplices", self.held)

    @property
    def volume(self):
        """What is within: of each facet the cone to a point inside."""
        if self.points.shape[1] == 2:
            x, y = self.points[self.vertices].T
            own = 0.5 * np.abs(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)))
        else:
            middle = np.mean(self.points, axis=0)
            a, b, c = ((self.points - middle)[self.simplices[:, k]] for k in range(3))
            own = np.sum(np.abs(np.sum(a * np.cross(b, c), axis=1))) / 6.0
        return told(own, "_1_.volume", self.held)

    @property
    def area(self):
        """How large the facets are together; in the plane how long."""
        if self.points.shape[1] == 2:
            a, b = (self.points[self.simplices[:, k]] for k in range(2))
            own = np.sum(np.sqrt(np.sum((a - b) ** 2, axis=1)))
        else:
            a, b, c = (self.points[self.simplices[:, k]] for k in range(3))
            sides = np.cross(b - a, c - a)
            own = 0.5 * np.sum(np.sqrt(np.sum(sides * sides, axis=1)))
        return told(own, "_1_.area", self.held)


class Delaunay:
    """``scipy.spatial.Delaunay``."""

    def __init__(self, points):
        self.held = made(spatial.Delaunay, "_0_(_1_)", points)
        self.points = np.asarray(points) + 0.0

    @property
    def simplices(self):
        """The corners of each simplex."""
        return places(2, "_1_.simplices", self.held)

    def find_simplex(self, xi):
        """The simplex in which each place lies."""
        if np.ndim(xi) != 2:
            unknown("places that are no rows of an array")
        return places(1, "_1_.find_simplex(_2_)", self.held, xi)


def nearest(held, data, x, k):
    """The distances to the nearest points, and which these are."""
    x = np.asarray(x) + 0.0
    if not isinstance(k, int) or x.ndim != 2:
        unknown("a query for one place, or for several numbers of points")
    axes = 1 if k == 1 else 2
    if k == 1:
        found = places(axes, "_1_.query(_2_)[1]", held, x)
        gaps = x - data[found]
        text = "_1_.query(_2_)[0]"
    else:
        found = places(axes, "_1_.query(_2_, _3_)[1]", held, x, k)
        gaps = x[:, np.newaxis, :] - data[found]
        text = "_1_.query(_2_, _3_)[0]"
    squares = np.sum(gaps * gaps, axis=-1)
    apart = stop_gradient(squares) > 0.0
    own = np.where(apart, np.sqrt(np.where(apart, squares, 1.0)), 0.0)
    return told(own, text, held, x, k), found


class KDTree:
    """``scipy.spatial.KDTree``."""

    def __init__(self, data):
        self.held = made(spatial.KDTree, "_0_(_1_)", data)
        self.data = np.asarray(data) + 0.0

    def query(self, x, k=1):
        """The nearest points."""
        return nearest(self.held, self.data, x, k)


class cKDTree:
    """``scipy.spatial.cKDTree``."""

    def __init__(self, data):
        self.held = made(spatial.cKDTree, "_0_(_1_)", data)
        self.data = np.asarray(data) + 0.0

    def query(self, x, k=1):
        """The nearest points."""
        return nearest(self.held, self.data, x, k)


def directed_hausdorff(u, v, seed=0):
    """How far a point of some is from the nearest of others at most."""
    held = made(spatial.distance.directed_hausdorff, "_0_(_1_, _2_, _3_)", u, v, seed)
    i, j = places(0, "_1_[1]", held), places(0, "_1_[2]", held)
    gap = np.asarray(u)[i] - np.asarray(v)[j]
    return np.sqrt(np.sum(gap * gap)), i, j


def procrustes(data1, data2):
    """Two sets of points, of size 1, the second turned to the first, and how far they are apart."""
    one, two = np.asarray(data1) + 0.0, np.asarray(data2) + 0.0
    one, two = one - np.mean(one, axis=0), two - np.mean(two, axis=0)
    one, two = one / np.sqrt(np.sum(one * one)), two / np.sqrt(np.sum(two * two))
    u, w, vt = np.linalg.svd((two.T @ one).T)
    two = two @ (u @ vt).T * np.sum(w)
    return one, two, np.sum((one - two) ** 2)


def geometric_slerp(start, end, t):
    """The way on the sphere from one point to another."""
    start, end, t = np.asarray(start) + 0.0, np.asarray(end) + 0.0, np.asarray(t) + 0.0
    apart, across = np.sum(start * end), end - np.sum(start * end) * start
    sine = np.sqrt(np.sum(across * across))
    angle = np.arctan2(sine, apart)
    behind, ahead = np.cos(t * angle), np.sin(t * angle)
    if t.ndim == 0:
        return behind * start + ahead * (across / sine)
    return behind[:, np.newaxis] * start + ahead[:, np.newaxis] * (across / sine)


IN_PLACE_OF[ConvexHull] = spatial.ConvexHull
IN_PLACE_OF[Delaunay] = spatial.Delaunay
IN_PLACE_OF[KDTree] = spatial.KDTree
IN_PLACE_OF[cKDTree] = spatial.cKDTree
