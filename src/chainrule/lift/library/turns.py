"""Rotations of :mod:`scipy.spatial.transform`, as a class that is lifted like the user's own.

Values are those that SciPy's own objects give, ``held``; slopes are those of unit quaternions,
``quaternion``, with the scalar last (Diebel, *Representing Attitude*, 2006, sections 5 to 7;
angles after Bernardes and Viollet, *Quaternion to Euler angles conversion*, 2022).
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from chainrule.lift.library.object_sets import IN_PLACE_OF
from chainrule.lift.library.spoken import asked, made, told
from chainrule.markers import stop_gradient

# The methods below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"


def given(held, single):
    """A rotation that exists outside of the function."""
    return Turn(held, parts_of(asked(1 if single else 2, "_1_.as_quat()", held), 4))


def parts_of(values, count=3):
    """The components of a vector, or of each of a stack of them."""
    if values.ndim == 1:
        return tuple([values[k] for k in range(count)])
    return tuple([values[:, k] for k in range(count)])


def joined(parts):
    """A vector of its components, or a stack of vectors."""
    return np.stack(parts, axis=-1) if np.ndim(parts[-1]) else np.array(parts)


def joined_rows(rows):
    """A matrix of its rows, or a stack of matrices."""
    if np.ndim(rows[0][0]):
        return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)
    return np.array(rows)


def unit(q):
    """A quaternion of length 1."""
    length = np.sqrt(sum(part * part for part in q))
    return tuple(part / length for part in q)


def times(p, q):
    """A product of components, of which None is 0."""
    return None if p is None or q is None else p * q


def plus(p, q):
    """A sum of components."""
    if p is None or q is None:
        return q if p is None else p
    return p + q


def minus(p, q):
    """A difference of components."""
    if q is None:
        return p
    return -q if p is None else p - q


def product(p, q):
    """The rotation p after q."""
    a, b, c, d = p
    x, y, z, w = q
    return (
        plus(plus(times(d, x), times(a, w)), minus(times(b, z), times(c, y))),
        plus(plus(times(d, y), times(b, w)), minus(times(c, x), times(a, z))),
        plus(plus(times(d, z), times(c, w)), minus(times(a, y), times(b, x))),
        minus(minus(times(d, w), times(a, x)), plus(times(b, y), times(c, z))),
    )


def opposite(q):
    """The rotation back."""
    x, y, z, w = q
    return -x, -y, -z, w


def matrix(q):
    """The rows of the matrix of a rotation."""
    x, y, z, w = q
    return (
        (1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - z * w), 2.0 * (x * z + y * w)),
        (2.0 * (x * y + z * w), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z - x * w)),
        (2.0 * (x * z - y * w), 2.0 * (y * z + x * w), 1.0 - 2.0 * (x * x + y * y)),
    )


def turned(q, vectors):
    """Vectors, rotated."""
    rows = matrix(q)
    if np.ndim(q[-1]) == 0 and vectors.ndim == 2:
        return vectors @ joined_rows(rows).T
    v = parts_of(vectors)
    return joined([row[0] * v[0] + row[1] * v[1] + row[2] * v[2] for row in rows])


def of_vector(v):
    """The rotation about a vector by its length."""
    x, y, z = v
    s = x * x + y * y + z * z
    moves = stop_gradient(s) > 0.0
    a = np.sqrt(np.where(moves, s, 1.0))
    half = np.where(moves, np.sin(0.5 * a) / a, 0.5 - s / 48.0)
    return half * x, half * y, half * z, np.where(moves, np.cos(0.5 * a), 1.0 - s / 8.0)


def vector(q):
    """The vector about which a rotation turns, as long as the angle."""
    sign = np.where(q[3] < 0.0, -1.0, 1.0)
    x, y, z, w = (sign * part for part in q)
    s = x * x + y * y + z * z
    moves = stop_gradient(s) > 0.0
    n = np.sqrt(np.where(moves, s, 1.0))
    scale = np.where(moves, 2.0 * np.arctan2(n, w) / n, 2.0 / w)
    return x * scale, y * scale, z * scale


def about(axis, angle):
    """The rotation about one of the axes."""
    c, s = np.cos(0.5 * angle), np.sin(0.5 * angle)
    if axis.lower() == "x":
        return s, None, None, c
    return (None, s, None, c) if axis.lower() == "y" else (None, None, s, c)


def of_angles(seq, angles):
    """Rotations about axes, one after another: in space, or of the body for capital letters."""
    if len(seq) == 1:
        angle = angles[:, 0] if np.ndim(angles) == 2 else angles
        x, y, z, w = about(seq, angle)
        return filled(x, angle), filled(y, angle), filled(z, angle), w
    parts = parts_of(angles, len(seq))
    q = about(seq[0], parts[0])
    for k in range(1, len(seq)):
        other = about(seq[k], parts[k])
        q = product(other, q) if seq.islower() else product(q, other)
    return q


def filled(part, angle):
    """A component; 0, or so many, for None."""
    if part is None:
        return np.zeros(len(angle)) if np.ndim(angle) else 0.0
    return part


def angles_of(q, seq):
    """The angles of three rotations about axes."""
    i, j, k = ("xyz".index(axis) for axis in (seq.lower() if seq.islower() else seq[::-1].lower()))
    same = i == k
    if same:
        k = 3 - i - j
    sign = float((i - j) * (j - k) * (k - i) // 2)
    w = q[3]
    if same:
        a, b, c, d = w, q[i], q[j], q[k] * sign
    else:
        a, b, c, d = w - q[j], q[i] + q[k] * sign, q[j] + w, q[k] * sign - q[i]
    middle = 2.0 * np.arctan2(np.hypot(c, d), np.hypot(a, b))
    half_sum, half_difference = np.arctan2(b, a), np.arctan2(d, c)
    low, high = half_sum - half_difference, half_sum + half_difference
    if not same:
        high = sign * high
    return (low, middle, high) if seq.islower() else (high, middle, low)


class Turn:
    """``scipy.spatial.transform.Rotation``."""

    def __init__(self, held, quaternion):
        self.held = held
        self.quaternion = quaternion

    @classmethod
    def from_quat(cls, quat, *, scalar_first=False):
        """Of quaternions of any length."""
        quat = np.asarray(quat)
        own = np.roll(quat, -1, axis=-1) if scalar_first else quat
        held = (
            made(Rotation, "_0_.from_quat(_1_, scalar_first=True)", quat)
            if scalar_first
            else made(Rotation, "_0_.from_quat(_1_)", quat)
        )
        return Turn(held, unit(parts_of(own, 4)))

    @classmethod
    def from_rotvec(cls, rotvec, degrees=False):
        """Of vectors about which it turns."""
        rotvec = np.asarray(rotvec)
        if degrees:
            return Turn(
                made(Rotation, "_0_.from_rotvec(_1_, degrees=True)", rotvec),
                of_vector(parts_of(np.radians(rotvec))),
            )
        return Turn(made(Rotation, "_0_.from_rotvec(_1_)", rotvec), of_vector(parts_of(rotvec)))

    @classmethod
    def from_euler(cls, seq, angles, degrees=False):
        """Of angles about axes."""
        angles = np.asarray(angles)
        if degrees:
            held = made(Rotation, "_0_.from_euler(_1_, _2_, degrees=True)", seq, angles)
            return Turn(held, of_angles(seq, np.radians(angles)))
        return Turn(made(Rotation, "_0_.from_euler(_1_, _2_)", seq, angles), of_angles(seq, angles))

    @classmethod
    def from_matrix(cls, matrix):
        """Of matrices that turn: beside these, of the closest, its slopes are not known."""
        matrix = np.asarray(matrix)
        held = made(Rotation, "_0_.from_matrix(_1_)", matrix)
        single = matrix.ndim == 2
        skew = stop_gradient(matrix).swapaxes(-1, -2) @ matrix
        if np.any(np.abs(skew - np.eye(3)) > 1e-9):
            raise ArithmeticError("no slope is known of a matrix that is no rotation")
        if single:
            x, y, z = skew[2, 1] - skew[1, 2], skew[0, 2] - skew[2, 0], skew[1, 0] - skew[0, 1]
        else:
            x = skew[:, 2, 1] - skew[:, 1, 2]
            y = skew[:, 0, 2] - skew[:, 2, 0]
            z = skew[:, 1, 0] - skew[:, 0, 1]
        start = parts_of(asked(1 if single else 2, "_1_.as_quat()", held), 4)
        return Turn(held, product(start, of_vector((0.5 * x, 0.5 * y, 0.5 * z))))

    @classmethod
    def identity(cls):
        """None at all."""
        return Turn(made(Rotation, "_0_.identity()"), (0.0, 0.0, 0.0, 1.0))

    def as_quat(self):
        """As quaternions."""
        return told(joined(self.quaternion), "_1_.as_quat()", self.held)

    def as_matrix(self):
        """As matrices."""
        return told(joined_rows(matrix(self.quaternion)), "_1_.as_matrix()", self.held)

    def as_rotvec(self, degrees=False):
        """As vectors about which it turns."""
        own = joined(vector(self.quaternion))
        if degrees:
            return told(np.degrees(own), "_1_.as_rotvec(degrees=True)", self.held)
        return told(own, "_1_.as_rotvec()", self.held)

    def as_euler(self, seq, degrees=False):
        """As angles about axes."""
        own = joined(angles_of(self.quaternion, seq))
        if degrees:
            return told(np.degrees(own), "_1_.as_euler(_2_, degrees=True)", self.held, seq)
        return told(own, "_1_.as_euler(_2_)", self.held, seq)

    def apply(self, vectors, inverse=False):
        """Vectors, rotated."""
        vectors = np.asarray(vectors)
        if inverse:
            own = turned(opposite(self.quaternion), vectors)
            return told(own, "_1_.apply(_2_, inverse=True)", self.held, vectors)
        return told(turned(self.quaternion, vectors), "_1_.apply(_2_)", self.held, vectors)

    def inv(self):
        """The rotation back."""
        return Turn(made(Rotation, "_1_.inv()", self.held), opposite(self.quaternion))

    def magnitude(self):
        """The angle."""
        x, y, z, w = self.quaternion
        n = np.sqrt(x * x + y * y + z * z)
        return told(2.0 * np.arctan2(n, np.abs(w)), "_1_.magnitude()", self.held)

    def __getitem__(self, k):
        return Turn(
            made(Rotation, "_1_[_2_]", self.held, k), tuple([part[k] for part in self.quaternion])
        )

    def __pow__(self, n):
        x, y, z = vector(self.quaternion)
        return Turn(made(Rotation, "_1_ ** _2_", self.held, n), of_vector((n * x, n * y, n * z)))

    def __mul__(self, other):
        return Turn(
            made(Rotation, "_1_ * _2_", self.held, other.held),
            product(self.quaternion, other.quaternion),
        )


IN_PLACE_OF[Turn] = Rotation
