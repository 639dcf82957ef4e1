"""Kinematics, energy and control of small robots; metres, radians, kilograms, seconds."""

from dataclasses import dataclass
from math import atan2, cos, exp, hypot, pi, sin, sqrt

GRAVITY = 9.80665


@dataclass(frozen=True)
class Link:
    """A link after Denavit and Hartenberg (1955); the joint's own angle is added."""

    length: float
    twist: float
    offset: float
    angle: float = 0.0


def arm_x(q1, q2, q3, l1=0.5, l2=0.4, l3=0.2):
    """Horizontal position of the hand of a planar arm with three joints."""
    return l1 * cos(q1) + l2 * cos(q1 + q2) + l3 * cos(q1 + q2 + q3)


def arm_position(angles, lengths):
    """Position and direction of the hand of a planar arm with any number of joints."""
    x = y = direction = 0.0
    for angle, length in zip(angles, lengths, strict=True):
        direction += angle
        x += length * cos(direction)
        y += length * sin(direction)
    return x, y, direction


def reach_error(angles, lengths, target):
    """Squared distance of the hand from a target in the plane."""
    x, y, _ = arm_position(angles, lengths)
    return (x - target[0]) ** 2 + (y - target[1]) ** 2


def transform(link, q):
    """Homogeneous matrix of one joint at the angle ``q``, as four rows."""
    theta = q + link.angle
    ct, st = cos(theta), sin(theta)
    ca, sa = cos(link.twist), sin(link.twist)
    return [
        [ct, -st * ca, st * sa, link.length * ct],
        [st, ct * ca, -ct * sa, link.length * st],
        [0.0, sa, ca, link.offset],
        [0.0, 0.0, 0.0, 1.0],
    ]


def multiply(A, B):
    """Product of two matrices given as lists of rows."""
    columns = list(zip(*B))
    return [[sum(a * b for a, b in zip(row, column)) for column in columns] for row in A]


PUMA = (
    Link(0.0, 0.5 * pi, 0.6718),
    Link(0.4318, 0.0, 0.1397),
    Link(0.0203, -0.5 * pi, 0.0),
    Link(0.0, 0.5 * pi, 0.4331),
)


def hand_height(joints):
    """Height of the wrist of a PUMA 560 over its foot."""
    T = transform(PUMA[0], joints[0])
    for link, q in zip(PUMA[1:], joints[1:]):
        T = multiply(T, transform(link, q))
    return T[2][3]


def hand_distance(joints, target):
    """Distance of the wrist of a PUMA 560 from a target in space."""
    T = [[1.0 if i == j else 0.0 for j in range(4)] for i in range(4)]
    for link, q in zip(PUMA, joints):
        T = multiply(T, transform(link, q))
    return sqrt(sum((T[i][3] - target[i]) ** 2 for i in range(3)))


def elbow_angle(x, y, l1, l2, elbow="up"):
    """First joint of a planar two-link arm whose hand is at (x, y), in closed form."""
    c2 = (x * x + y * y - l1 * l1 - l2 * l2) / (2.0 * l1 * l2)
    if abs(c2) > 1.0:
        raise ValueError("out of reach")
    s2 = sqrt(1.0 - c2 * c2)
    if elbow == "up":
        s2 = -s2
    return atan2(y, x) - atan2(l2 * s2, l1 + l2 * c2)


def lagrangian(q1, q2, v1, v2, m1=2.0, m2=1.5, l1=0.5, l2=0.4):
    """Kinetic less potential energy of a double pendulum with point masses, in J."""
    kinetic1 = 0.5 * m1 * (l1 * v1) ** 2
    kinetic2 = 0.5 * m2 * ((l1 * v1) ** 2 + (l2 * v2) ** 2 + 2 * l1 * l2 * v1 * v2 * cos(q1 - q2))
    height1 = -l1 * cos(q1)
    height2 = height1 - l2 * cos(q2)
    return kinetic1 + kinetic2 - GRAVITY * (m1 * height1 + m2 * height2)


def rotate(quaternion, vector):
    """A vector turned by a quaternion (w, x, y, z) of any length."""
    w, x, y, z = quaternion
    n = w * w + x * x + y * y + z * z
    u, v, s = vector
    return (
        ((w * w + x * x - y * y - z * z) * u + 2 * (x * y - w * z) * v + 2 * (x * z + w * y) * s)
        / n,
        (2 * (x * y + w * z) * u + (w * w - x * x + y * y - z * z) * v + 2 * (y * z - w * x) * s)
        / n,
        (2 * (x * z - w * y) * u + 2 * (y * z + w * x) * v + (w * w - x * x - y * y + z * z) * s)
        / n,
    )


def alignment(quaternion, vectors, observed):
    """Wahba's loss: squared distances between turned and observed vectors, halved."""
    loss = 0.0
    for vector, seen in zip(vectors, observed):
        turned = rotate(quaternion, vector)
        loss += 0.5 * sum((a - b) ** 2 for a, b in zip(turned, seen))
    return loss


def pid_cost(kp, ki, kd, setpoint=1.0, dt=0.05, steps=100):
    """Integral of the squared error of a damped mass under a PID controller.

    The actuator saturates at 4 N; while it does, the integrator is held.
    """
    position = speed = integral = cost = 0.0
    previous = setpoint
    for _ in range(steps):
        error = setpoint - position
        force = kp * error + ki * integral + kd * (error - previous) / dt
        if force > 4.0:
            force = 4.0
        elif force < -4.0:
            force = -4.0
        else:
            integral += error * dt
        previous = error
        speed += (force - 0.8 * speed) * dt
        position += speed * dt
        cost += error**2 * dt
    return cost


def path_cost(points, obstacles, stiffness=1.0):
    """Length and clearance of a path: the potential of a planner such as CHOMP."""
    cost = 0.0
    for (x0, y0), (x1, y1) in zip(points, points[1:]):
        cost += stiffness * hypot(x1 - x0, y1 - y0)
    for x, y in points:
        for cx, cy, r in obstacles:
            gap = hypot(x - cx, y - cy) - r
            if gap > 1.0:
                continue
            cost += exp(-8.0 * gap)
    return cost


POINTS = {
    "arm_x": {"wrt": ("q1", "q2", "q3", "l1"), "at": [(0.3, 0.8, -0.4, 0.5, 0.4, 0.2)]},
    "reach_error": {
        "wrt": ("angles", "lengths", "target"),
        "at": [([0.3, 0.8, -0.4, 0.2], [0.5, 0.4, 0.2, 0.1], (0.6, 0.7))],
    },
    "hand_height": {"wrt": ("joints",), "at": [([0.2, -0.7, 0.9, 0.4],)]},
    "hand_distance": {
        "wrt": ("joints", "target"),
        "at": [([0.2, -0.7, 0.9, 0.4], (0.3, -0.2, 0.8))],
    },
    "elbow_angle": {
        "wrt": ("x", "y", "l1", "l2"),
        "at": [(0.5, 0.3, 0.5, 0.4, "up"), (0.5, 0.3, 0.5, 0.4, "down")],
    },
    "lagrangian": {"wrt": ("q1", "q2", "v1", "v2"), "at": [(0.3, -0.6, 1.2, 0.7)]},
    "alignment": {
        "wrt": ("quaternion",),
        "at": [
            (
                [0.9, 0.1, -0.3, 0.2],
                [(1.0, 0.0, 0.0), (0.0, 0.6, 0.8)],
                [(0.8, 0.5, 0.3), (-0.4, 0.7, 0.6)],
            )
        ],
    },
    "pid_cost": {"wrt": ("kp", "ki", "kd", "setpoint"), "at": [(5.0, 0.8, 1.5, 1.0, 0.05, 60)]},
    "path_cost": {
        "wrt": ("points", "obstacles"),
        "at": [
            (
                [(0.0, 0.0), (0.4, 0.7), (1.1, 0.9), (2.0, 1.0)],
                [(0.8, 0.3, 0.2), (1.5, 1.4, 0.3)],
            )
        ],
    },
}


if __name__ == "__main__":
    from chainrule import grad

    slopes = grad(arm_x, wrt=("q1", "q2", "q3"))
    print(slopes.source)
    print(slopes(0.3, 0.8, -0.4))
