"""GradBench's bundle adjustment: reprojection errors of points seen by cameras.

The definition is that of ADBench (Srajer, Kukelova, Fitzgibbon, 2018, section 4.2).  A camera
has 11 numbers: rotation (axis times angle), centre, focal length, principal point and two of
radial distortion.
"""

import numpy as np


def rotate(rotation, X):
    """The vector turned about an axis, by Rodrigues' formula."""
    square = np.sum(rotation**2)
    if square == 0.0:
        return X + np.cross(rotation, X)
    theta = np.sqrt(square)
    axis = rotation / theta
    return (
        X * np.cos(theta)
        + np.cross(axis, X) * np.sin(theta)
        + axis * np.dot(axis, X) * (1.0 - np.cos(theta))
    )


def distort(kappa, u):
    """Radial distortion of a point in the image plane."""
    square = np.sum(u**2)
    return u * (1.0 + kappa[0] * square + kappa[1] * square**2)


def project(camera, X):
    """Where a camera sees a point."""
    seen = rotate(camera[0:3], X - camera[3:6])
    return camera[6] * distort(camera[9:11], seen[0:2] / seen[2]) + camera[7:9]


def reprojection(camera, X, w, feature):
    """Weighted distance between where a point is seen and where it should be."""
    return w * (project(camera, X) - feature)


def weight_error(w):
    """What keeps the weights of outliers from vanishing."""
    return 1.0 - w**2


def objective(cameras, X, weights, observations, features):
    """Half the sum of the squares of all errors."""
    total = 0.0
    for p in range(len(observations)):
        camera, point = observations[p]
        error = reprojection(cameras[camera], X[point], weights[p], features[p])
        total += 0.5 * np.sum(error**2) + 0.5 * weight_error(weights[p]) ** 2
    return total


def project_all(cameras, X):
    """Where many cameras see a point each; one row a camera."""
    rotation = cameras[:, 0:3]
    theta = np.sqrt(np.sum(rotation**2, axis=1, keepdims=True))
    axis = rotation / theta
    offset = X - cameras[:, 3:6]
    along = np.sum(axis * offset, axis=1, keepdims=True)
    cos_theta = np.cos(theta)
    seen = (
        offset * cos_theta
        + np.cross(axis, offset) * np.sin(theta)
        + axis * along * (1.0 - cos_theta)
    )
    image = seen[:, 0:2] / seen[:, 2:3]
    square = np.sum(image**2, axis=1, keepdims=True)
    distorted = image * (1.0 + cameras[:, 9:10] * square + cameras[:, 10:11] * square**2)
    return cameras[:, 6:7] * distorted + cameras[:, 7:9]


def residuals(cameras, X, weights, observations, features):
    """Errors of all observations at once, two a row."""
    seen = project_all(cameras[observations[:, 0]], X[observations[:, 1]])
    return weights[:, np.newaxis] * (seen - features)


CAMERAS = np.array(
    [
        [0.1, -0.2, 0.3, 0.2, -0.1, -5.0, 1.3, 0.02, -0.01, 0.05, -0.01],
        [-0.2, 0.1, 0.1, -0.3, 0.4, -6.0, 1.1, -0.03, 0.04, 0.02, 0.01],
    ]
)
PLACES = np.array([[0.3, -0.4, 0.2], [-0.6, 0.5, 0.1], [0.1, 0.8, -0.3]])
WEIGHTS = np.array([0.9, 1.1, 0.7, 1.0])
OBSERVATIONS = np.array([[0, 0], [0, 1], [1, 1], [1, 2]])
FEATURES = np.array([[0.1, -0.1], [-0.2, 0.2], [-0.1, 0.0], [0.1, 0.1]])


def total_square(cameras, X, weights, observations, features):
    """Half the sum of the squares of the errors that residuals gives."""
    return 0.5 * np.sum(residuals(cameras, X, weights, observations, features) ** 2)


POINTS = {
    "objective": {
        "wrt": ("cameras", "X", "weights"),
        "at": [(CAMERAS, PLACES, WEIGHTS, OBSERVATIONS, FEATURES)],
    },
    "total_square": {
        "wrt": ("cameras", "X", "weights"),
        "at": [(CAMERAS, PLACES, WEIGHTS, OBSERVATIONS, FEATURES)],
    },
}


if __name__ == "__main__":
    from chainrule import jacobian

    blocks = jacobian(reprojection, wrt=("camera", "X", "w"))
    blocks(CAMERAS[0], PLACES[0], 0.9, FEATURES[0])
    print(blocks.source)
