"""GradBench's hand tracking: distances of measured points to a hand posed by its joints.

The definition is that of ADBench (Srajer, Kukelova, Fitzgibbon, 2018, section 4.3), with a hand
of any number of fingers of three joints each: the parameters are the hand's rotation and place,
then for every finger two angles of its first joint and one of each other.
"""

import numpy as np


def rotation_matrix(axis):
    """Rotation about an axis by its length, by Rodrigues' formula."""
    square = np.sum(axis**2)
    theta = np.sqrt(square)
    if theta < 0.0001:
        return np.eye(3)
    x, y, z = axis / theta
    s = np.sin(theta)
    c = np.cos(theta)
    return np.array(
        [
            [x * x + (1 - x * x) * c, x * y * (1 - c) - z * s, x * z * (1 - c) + y * s],
            [x * y * (1 - c) + z * s, y * y + (1 - y * y) * c, y * z * (1 - c) - x * s],
            [x * z * (1 - c) - y * s, z * y * (1 - c) + x * s, z * z + (1 - z * z) * c],
        ]
    )


def euler_matrix(angles):
    """Rotation about x, then y, then z, as a 4 x 4 transform."""
    tx, ty, tz = angles[0], angles[2], angles[1]
    Rx = np.eye(4)
    Rx[1, 1] = np.cos(tx)
    Rx[2, 1] = np.sin(tx)
    Rx[1, 2] = -Rx[2, 1]
    Rx[2, 2] = Rx[1, 1]
    Ry = np.eye(4)
    Ry[0, 0] = np.cos(ty)
    Ry[0, 2] = np.sin(ty)
    Ry[2, 0] = -Ry[0, 2]
    Ry[2, 2] = Ry[0, 0]
    Rz = np.eye(4)
    Rz[0, 0] = np.cos(tz)
    Rz[1, 0] = np.sin(tz)
    Rz[0, 1] = -Rz[1, 0]
    Rz[1, 1] = Rz[0, 0]
    return Rz @ Ry @ Rx


def pose_of(theta, fingers):
    """Angles of every bone, the wrist's first: rows of zeros where a bone has no freedom."""
    pose = np.zeros((1 + 4 * fingers, 3))
    at = 6
    for finger in range(fingers):
        for joint in (1, 2, 3):
            bone = 4 * finger + joint
            pose[bone, 0] = theta[at]
            at += 1
            if joint == 1:
                pose[bone, 1] = theta[at]
                at += 1
    return pose


def absolute_transforms(pose, parents, base_relatives):
    """Transforms of the bones into the hand's frame, each behind its parent's."""
    absolutes = []
    for bone in range(len(parents)):
        relative = base_relatives[bone] @ euler_matrix(pose[bone])
        if parents[bone] == -1:
            absolutes.append(relative)
        else:
            absolutes.append(absolutes[parents[bone]] @ relative)
    return absolutes


def skinned(theta, fingers, parents, base_relatives, inverse_absolutes, base_positions, weights):
    """Places of the skin's vertices: each the mean of what the bones near it make of it."""
    pose = pose_of(theta, fingers)
    absolutes = absolute_transforms(pose, parents, base_relatives)
    positions = np.zeros((3, base_positions.shape[1]))
    for bone in range(len(parents)):
        transform = absolutes[bone] @ inverse_absolutes[bone]
        positions += (transform @ base_positions)[:3] * weights[bone]
    return rotation_matrix(theta[0:3]) @ positions + theta[3:6][:, np.newaxis]


def hand(
    theta,
    us,
    fingers,
    parents,
    base_relatives,
    inverse_absolutes,
    base_positions,
    weights,
    triangles,
    correspondences,
    points,
):
    """Distances of measured points to their places on the skin, three numbers a point."""
    positions = skinned(
        theta, fingers, parents, base_relatives, inverse_absolutes, base_positions, weights
    )
    errors = np.empty((3, len(correspondences)))
    for i in range(len(correspondences)):
        a, b, c = triangles[correspondences[i]]
        u, v = us[i]
        place = u * positions[:, a] + v * positions[:, b] + (1.0 - u - v) * positions[:, c]
        errors[:, i] = points[:, i] - place
    return errors.T.ravel()


def misfit(theta, us, *model):
    """Half the sum of the squares of the distances."""
    return 0.5 * np.sum(hand(theta, us, *model) ** 2)


def model_of(fingers, vertices, measured, seed=0):
    """A hand made of random numbers: bones in chains of four behind the wrist."""
    rng = np.random.default_rng(seed)
    bones = 1 + 4 * fingers
    parents = [-1] + [0 if bone % 4 == 1 else bone - 1 for bone in range(1, bones)]
    base_relatives = np.tile(np.eye(4), (bones, 1, 1))
    base_relatives[:, :3, 3] = rng.normal(size=(bones, 3))
    inverse_absolutes = np.tile(np.eye(4), (bones, 1, 1))
    inverse_absolutes[:, :3, 3] = rng.normal(size=(bones, 3))
    base_positions = np.vstack([rng.normal(size=(3, vertices)), np.ones(vertices)])
    weights = rng.uniform(size=(bones, vertices))
    weights /= weights.sum(axis=0)
    triangles = rng.permuted(np.tile(np.arange(vertices), (vertices, 1)), axis=1)[:, :3]
    correspondences = rng.integers(0, vertices, measured)
    points = rng.normal(size=(3, measured))
    theta = 0.3 * rng.normal(size=6 + 4 * fingers)
    us = rng.uniform(0.1, 0.4, (measured, 2))
    return (
        theta,
        us,
        fingers,
        parents,
        base_relatives,
        inverse_absolutes,
        base_positions,
        weights,
        triangles,
        correspondences,
        points,
    )


POINTS = {"misfit": {"wrt": ("theta", "us"), "at": [model_of(2, 4, 3)]}}


if __name__ == "__main__":
    from chainrule import grad

    slope = grad(misfit, wrt=("theta", "us"))
    slope(*model_of(2, 4, 3))
    print(slope.source)
