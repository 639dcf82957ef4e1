"""Array programs of examples/ put to use: nets learn, fits converge, blocks make the whole."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from scipy.interpolate import CubicSpline
from scipy.optimize import minimize

from chainrule import grad, hessian, hvp, jacobian, jvp, value_and_grad
from tests import oracle
from tests.test_examples import load

networks = load("array_networks")
physics = load("array_physics")
models = load("array_models")
dense = load("gradbench/dense")
bundle = load("gradbench/bundle")
nested = load("gradbench/nested")


def test_perceptron_learns() -> None:
    points, labels = networks.spirals(100)
    layers = networks.dense_layers((2, 16, 16, 2))
    step = value_and_grad(networks.perceptron_loss)
    losses = []
    for _ in range(300):
        loss, slopes = step(layers, points, labels)
        losses.append(loss)
        for layer, slope in zip(layers, slopes, strict=True):
            for name in layer:
                layer[name] = layer[name] - 0.5 * slope[name]
    assert losses[-1] < 0.1 * losses[0]
    found = np.argmax(networks.perceptron(layers, points), axis=1)
    assert np.mean(found == labels) > 0.97


def test_convolution_net_learns() -> None:
    images, labels = networks.stripes(64)
    parameters = list(networks.small_net())
    step = value_and_grad(networks.convolution_loss, wrt=("kernels", "bias", "W", "b"))
    losses = []
    for _ in range(60):
        loss, slopes = step(*parameters, images, labels)
        losses.append(loss)
        parameters = [p - 0.3 * slope for p, slope in zip(parameters, slopes, strict=True)]
    assert losses[-1] < 0.2 * losses[0]


def test_diagonal_of_the_kmeans_hessian_is_one_product_with_ones() -> None:
    rng = np.random.default_rng(0)
    points, centroids = rng.normal(size=(40, 3)), rng.normal(size=(4, 3))
    _, diagonal = hvp(dense.kmeans, wrt="centroids")(
        points, centroids, centroids_dot=np.ones_like(centroids)
    )
    distances = np.sum((points[:, None] - centroids) ** 2, axis=2)
    counts = np.bincount(np.argmin(distances, axis=1), minlength=4)
    np.testing.assert_allclose(diagonal, 2.0 * np.repeat(counts[:, None], 3, axis=1))
    full = hessian(dense.kmeans, wrt="centroids")(points, centroids).reshape(12, 12)
    np.testing.assert_allclose(full, np.diag(diagonal.ravel()), atol=1e-12)


def test_blocks_of_the_bundle_are_those_of_the_whole() -> None:
    arguments = (bundle.CAMERAS, bundle.PLACES, bundle.WEIGHTS)
    observed = (bundle.OBSERVATIONS, bundle.FEATURES)
    names = ("cameras", "X", "weights")
    whole = jacobian(bundle.residuals, wrt=names)(*arguments, *observed)
    block = jacobian(bundle.reprojection, wrt=("camera", "X", "w"))
    built = [np.zeros_like(part) for part in whole]
    for p, (camera, point) in enumerate(bundle.OBSERVATIONS):
        by_camera, by_point, by_weight = block(
            bundle.CAMERAS[camera], bundle.PLACES[point], bundle.WEIGHTS[p], bundle.FEATURES[p]
        )
        built[0][p, :, camera] = by_camera
        built[1][p, :, point] = by_point
        built[2][p, :, p] = by_weight
    for one, other in zip(built, whole, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


def test_columns_of_all_blocks_at_once_are_tangents() -> None:
    seen_by = bundle.CAMERAS[bundle.OBSERVATIONS[:, 0]]
    places = bundle.PLACES[bundle.OBSERVATIONS[:, 1]]
    push = jvp(bundle.project_all, wrt="cameras")
    block = jacobian(bundle.project)
    for column in range(11):
        direction = np.zeros_like(seen_by)
        direction[:, column] = 1.0
        _, found = push(seen_by, places, cameras_dot=direction)
        for row, camera, place in zip(found, seen_by, places, strict=True):
            np.testing.assert_allclose(row, block(camera, place)[:, column], rtol=1e-9, atol=1e-12)


def test_particle_is_steered_to_the_origin() -> None:
    slope = grad(nested.landing)
    curvature = grad(slope)
    w = 0.0
    for _ in range(6):
        w -= slope(w) / curvature(w)
    assert nested.landing(w) < 1e-10


def test_saddle_is_found_by_nested_descent() -> None:
    x = np.array([1.0, -0.5])
    start = np.array([0.4, 1.0])
    for _ in range(40):
        x = x - 0.2 * grad(nested.worst_case)(x, start)
    np.testing.assert_allclose(x, 0.0, atol=1e-6)


def test_heat_of_a_thousand_steps_is_differentiated_in_its_field() -> None:
    n, steps = 12, 1000
    rng = np.random.default_rng(0)
    diffusivity, start = rng.uniform(0.1, 0.4, n - 1), rng.normal(size=n)
    measured = rng.normal(size=n)
    arguments = (diffusivity, start, steps, 0.1, measured)
    found = grad(physics.heat_misfit)(*arguments)
    for position in (0, 4, n - 2):
        verdict = oracle.derivative(physics.heat_misfit, arguments, {}, 0, ((position,),))
        assert verdict.decided
        assert oracle.agrees(verdict, found[position])


def test_spline_is_scipys_and_its_fit_is_found_by_the_gradient() -> None:
    knots = np.linspace(0.0, 3.0, 7)
    x = np.linspace(0.05, 2.95, 60)
    values = np.sin(2.0 * knots)
    np.testing.assert_allclose(
        physics.spline_values(knots, values, x),
        CubicSpline(knots, values, bc_type="natural")(x),
        atol=1e-12,
    )
    wanted = physics.spline_values(knots, values, x)
    fit = minimize(
        physics.spline_misfit,
        np.zeros(7),
        jac=grad(physics.spline_misfit),
        args=(knots, x, wanted),
        method="BFGS",
        options={"gtol": 1e-9},
    )
    np.testing.assert_allclose(fit.x, values, atol=1e-6)


def test_drug_is_fitted_by_the_generated_gradient() -> None:
    measured = physics.concentrations(physics.PARAMETERS, 10.0, physics.TIMES, 4)
    fit = minimize(
        physics.dose_misfit,
        physics.PARAMETERS + np.array([0.1, -0.1, 0.1, -0.05, 0.05]),
        jac=grad(physics.dose_misfit),
        args=(10.0, physics.TIMES, 4, measured),
        method="BFGS",
        options={"gtol": 1e-8},
    )
    assert fit.fun < 1e-9


def test_ising_ring_is_the_sum_over_all_its_states() -> None:
    J, h = np.array([0.3, -0.4, 0.7]), np.array([0.1, 0.2, -0.3])

    def energy(spins: tuple[int, ...]) -> Any:
        turned = np.roll(spins, -1)
        return np.sum(J * spins * turned + h * np.array(spins))

    states = list(itertools.product((1, -1), repeat=3))
    weights = np.exp([energy(spins) for spins in states])
    assert np.isclose(models.ising_free_energy(J, h), -np.log(weights.sum()))
    means = (weights[:, None] * np.array(states)).sum(axis=0) / weights.sum()
    np.testing.assert_allclose(grad(models.ising_free_energy, wrt="h")(J, h), -means)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_determinant_by_minors_has_the_cofactors_as_its_gradient(n: int) -> None:
    A = np.random.default_rng(n).normal(size=(n, n))
    found = grad(dense.det)(A)
    np.testing.assert_allclose(found, np.linalg.det(A) * np.linalg.inv(A).T, rtol=1e-9)


def test_lengths_that_loops_carry_are_known_in_the_end() -> None:
    slope = grad(nested.landing, mode="reverse")
    (args,) = nested.POINTS["landing"]["at"][:1]
    step = 1e-5
    ends = [nested.landing(args[0] + h, *args[1:]) for h in (step, -step)]
    assert slope(*args) == pytest.approx((ends[0] - ends[1]) / (2.0 * step), rel=1e-6)
    assert ".shape" not in slope.source  # type: ignore[attr-defined]


def regularised(b: Any, users: Any, ratings: Any) -> Any:
    """Biases of users: sums by user over a number of users that is known when it runs."""
    counts = np.bincount(users, minlength=len(b))
    squares = np.bincount(users, weights=b[users] ** 2, minlength=users.max() + 1)
    return np.sum((ratings - b[users]) ** 2) + np.sum(squares / np.maximum(counts, 1))


def test_sums_by_position_have_a_length_of_run_time() -> None:
    users, ratings = np.array([0, 1, 1, 3]), np.array([1.0, 0.5, 2.0, 0.1])
    slope = grad(regularised)
    for b in (np.array([0.3, -0.2, 0.4, 0.9]), np.array([0.3, -0.2, 0.4, 0.9])[::-1].copy()):
        measured = oracle.gradient(regularised, (b, users, ratings)).values()
        assert all(map(oracle.agrees, measured, slope(b, users, ratings)))
    assert "np.bincount(users, minlength=len(b))" in slope.source


def bilateral(img: Any, width: float) -> Any:
    """A filter that weighs neighbours by how near and how like they are, at the edges too."""
    pad = np.pad(img, 1, mode="edge")
    total, weights = np.zeros_like(img), np.zeros_like(img)
    for di in range(-1, 2):
        for dj in range(-1, 2):
            near = pad[1 + di : 1 + di + img.shape[0], 1 + dj : 1 + dj + img.shape[1]]
            w = np.exp(-((near - img) ** 2) / width - (di**2 + dj**2))
            total += w * near
            weights += w
    return np.sum((total / weights) ** 3)


def framed(img: Any, width: float) -> Any:
    """Likewise with zeros around, where every sum of the windows counts."""
    pad = np.pad(img, ((1, 1), (2, 0)))
    out = np.zeros(img.shape)
    for k in range(3):
        out += np.exp(-width * pad[k : k + img.shape[0], k : k + img.shape[1]] ** 2)
    return np.sum(out)


@pytest.mark.parametrize("f", [bilateral, framed])
def test_windows_are_read_in_a_loop_and_have_the_shape_of_the_image(f: Any) -> None:
    img = np.random.default_rng(4).random((4, 5))
    slope = grad(f)
    measured = oracle.gradient(f, (img, 0.3)).values()
    assert all(map(oracle.agrees, measured, slope(img, 0.3).ravel()))
    lines = slope.source.split('"""')[2].splitlines()
    body = "\n".join(line for line in lines if "# line" not in line)
    # One copy of the window's line, no question about its shape, no ones to multiply with.
    assert body.count("np.exp") == 1
    assert "if " not in body and "ones" not in body


def test_short_parts_of_a_vector_are_told_apart() -> None:
    def powers(theta: Any) -> Any:
        out = 0.0
        for k in range(3):
            part = theta[2 * k : 2 * k + 2]
            out += part[0] * part[1] ** k
        return out

    theta = np.array([0.3, 0.7, 1.1, 0.2, 0.9, 0.4])
    slope = grad(powers)
    np.testing.assert_allclose(slope(theta), [1.0, 0.0, 0.2, 1.1, 0.16, 0.72], rtol=1e-14)
    assert "for k" not in slope.source.split('"""')[2].replace("# line", "")
