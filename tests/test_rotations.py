"""Rotations of SciPy: values as SciPy gives them, slopes as those of unit quaternions."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from chainrule import UnsupportedError, grad, jacobian
from tests.differences import along
from tests.slopes import check_against_oracle, check_product

POINT = (0.7, 1.3)
TURNED = Rotation.from_euler("z", 0.3)
POINTS = np.array([[1.0, 2.0, 3.0], [0.0, 1.0, -1.0]])


def of_angles(x, y):
    r = Rotation.from_euler("zyx", [x, y, 0.3])
    v = r.apply([1.0, 2.0, 3.0])
    return v[0] * v[1] + r.as_matrix()[2, 1]


def of_a_vector(x, y):
    return Rotation.from_rotvec([x, y, 0.2]).as_quat() @ np.array([1.0, 2.0, 3.0, 4.0])


def after_one_another(x, y):
    a = Rotation.from_euler("XYZ", [x, y, 0.1])
    b = Rotation.from_quat([x, y, 0.3, 1.0])
    c = (a * b).inv() * a
    return c.as_euler("xyz").sum() + c.magnitude() + (c.as_rotvec() ** 2).sum()


def of_points(x, y):
    q = Rotation.from_rotvec(np.array([x, y, 0.5])).apply(POINTS)
    back = Rotation.from_rotvec([0.1, 0.2, 0.3]).apply(POINTS * x, inverse=True)
    return (q**3).sum() + back[0, 1]


def in_degrees(x, y):
    r = Rotation.from_euler("y", 30.0 * y, degrees=True)
    s = Rotation.from_rotvec([10.0 * x, 20.0, 30.0], degrees=True)
    turned = Rotation.from_euler("z", x).apply([1.0, y, 0.0])[0]
    return turned + r.as_euler("zyx", degrees=True)[1] + s.as_rotvec(degrees=True)[0] * y


def through_none_at_all(x, y):
    r = Rotation.from_rotvec([0.0 * x, x - 0.7, y - 1.3])
    return r.apply([1.0, 2.0, 3.0]) @ np.array([1.0, x, y]) + r.as_rotvec()[1] * x


def in_a_loop(x, y):
    r = Rotation.identity()
    for k in range(4):
        r = r * Rotation.from_rotvec(np.array([x, y * k, 0.1]) * 0.1)
    return r.as_matrix()[0, 1] + r.apply([1.0, 0.0, y])[2]


def stacked(x, y):
    r = Rotation.from_rotvec(np.array([[x, 0.0, 0.0], [0.0, y, 0.3], [0.1, x, y]]))
    turned = r.apply(np.array([[1.0, 2.0, 3.0]] * 3)).sum()
    return turned + r.as_quat()[1, 1] * r.as_matrix()[2, 0, 1] + r[1].magnitude()


def given(x, y):
    own = TURNED * Rotation.from_rotvec([x, y, 0.1])
    return TURNED.apply([x, y, 1.0])[0] + own.apply([1.0, 2.0, 3.0])[1]


def of_a_matrix(x, y):
    c, s = np.cos(x), np.sin(x)
    r = Rotation.from_matrix(np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]))
    return (r * Rotation.from_euler("x", y)).apply([1.0, y, 0.0])[1]


def twice(x, y):
    return (Rotation.from_rotvec([x, y, 0.1]) ** 2).apply([1.0, 2.0, 3.0])[0]


def on_one_path(x, y):
    r = Rotation.from_rotvec([x, y, 0.1])
    if x > 0.5:
        r = r.inv()
    return r.apply([1.0, 2.0, 3.0])[0]


def of_a_list(x, y):
    rotations = [Rotation.from_rotvec([x * k, y, 0.1]) for k in range(3)]
    total = Rotation.identity()
    for r in rotations:
        total = r * total
    return total.as_rotvec().sum()


class Camera:
    def __init__(self, rotation: Any, shift: Any) -> None:
        self.rotation, self.shift = rotation, shift

    def project(self, points: Any) -> Any:
        moved = self.rotation.apply(points) + self.shift
        return moved[:, :2] / moved[:, 2:]


def of_a_camera(x, y):
    camera = Camera(Rotation.from_rotvec(np.array([x, y, 0.1])), np.array([0.0, 0.0, 5.0]))
    return (camera.project(POINTS) ** 2).sum()


CASES = (
    of_angles,
    of_a_vector,
    after_one_another,
    of_points,
    in_degrees,
    through_none_at_all,
    in_a_loop,
    stacked,
    given,
    of_a_matrix,
    twice,
    on_one_path,
    of_a_list,
    of_a_camera,
)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", CASES, ids=lambda f: f.__name__)
def test_what_rotations_give_has_slopes(f: Callable[..., Any], mode: str) -> None:
    check_against_oracle(f, POINT, ("x", "y"), mode)


@pytest.mark.parametrize("f", CASES, ids=lambda f: f.__name__)
def test_second_derivatives(f: Callable[..., Any]) -> None:
    check_product(f, POINT, ("x", "y"), (0.3, -0.8), rel=1e-6, slack=1e-7)


ORDERS = ["".join(axes) for axes in itertools.product("xyz", repeat=3)]
ORDERS = [axes for axes in ORDERS if axes[0] != axes[1] != axes[2]]


@pytest.mark.parametrize("order", [*ORDERS, *map(str.upper, ORDERS)])
def test_angles_in_every_order(order: str) -> None:
    def there(angles: Any) -> Any:
        return Rotation.from_euler(order, angles).as_rotvec()

    def back(v: Any) -> Any:
        return Rotation.from_rotvec(v).as_euler(order)

    for f, at in ((there, [0.3, 0.8, -0.4]), (back, [0.3, -0.5, 0.4])):
        point = np.array(at)
        found = jacobian(f)(point)
        for k, move in enumerate(np.eye(3)):
            wanted, noise = along(lambda h, f=f, move=move, point=point: f(point + h * move))
            assert found[:, k] == pytest.approx(wanted, abs=1e-9 + 10.0 * noise)


def pose(p: Any, points: Any) -> Any:
    return Rotation.from_rotvec(p[:3]).apply(points) + p[3:]


def test_a_pose_begins_without_a_turn() -> None:
    found = jacobian(pose)(np.array([0.0, 0.0, 0.0, 1.0, 2.0, 3.0]), POINTS)
    for k, (x, y, z) in enumerate(POINTS):
        turned = np.array([[0.0, z, -y], [-z, 0.0, x], [y, -x, 0.0]])
        np.testing.assert_allclose(found[k], np.hstack([turned, np.eye(3)]), atol=1e-15)


def test_a_rotation_may_be_an_argument() -> None:
    def turned(x: Any, r: Any) -> Any:
        return r.apply(np.array([x, 1.0, 2.0]))[1]

    slope = grad(turned)
    for angle in (0.2, 0.5):
        assert slope(1.0, Rotation.from_euler("z", angle)) == pytest.approx(np.sin(angle))


def test_the_slope_of_a_matrix_that_is_no_rotation_is_not_known() -> None:
    def scaled(x: Any) -> Any:
        return Rotation.from_matrix(x * np.eye(3)).magnitude()

    with pytest.raises(ArithmeticError, match="a matrix that is no rotation"):
        grad(scaled)(1.5)


def test_other_ways_to_make_rotations_are_refused_by_name() -> None:
    def random(x: Any) -> Any:
        return Rotation.from_mrp([x, 0.1, 0.2]).magnitude()

    def mean(x: Any) -> Any:
        return Rotation.from_rotvec([[x, 0.0, 0.0], [0.1, 0.0, 0.0]]).mean().magnitude()

    for f, message in ((random, "`Rotation.from_mrp`"), (mean, "`mean` of a Rotation")):
        with pytest.raises(UnsupportedError, match=message):
            grad(f)(0.3)
