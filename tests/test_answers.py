"""What generated code calls an adjoint or a tangent is one."""

from __future__ import annotations

import ast
import inspect
import math
import textwrap
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from benchmarks.straight_line import TABLE, Row
from chainrule import grad, jvp
from chainrule.graph.block import Graph
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.simplify.generic import ROUNDING, Generic
from tests.differences import along

MULTIPLES = {"": 1.0, "minus_": -1.0, "twice_": 2.0, "half_": 0.5}


def final_variables(gradient: Any, point: tuple[float, ...]) -> dict[str, float]:
    """What the variables of a gradient hold in the end."""
    tree = ast.parse(gradient.source)
    function = tree.body[-1]
    assert isinstance(function, ast.FunctionDef)
    for node in ast.walk(function):
        if isinstance(node, ast.Return):
            node.value = ast.parse("dict(locals())", mode="eval").body
    names: dict[str, Any] = {}
    exec(compile(ast.fix_missing_locations(tree), "<final>", "exec"), names)
    found: dict[str, float] = names[function.name](*point)
    return found


def moved(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The function with a last parameter that is added to ``name`` once that is there."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    inner = tree.body[0]
    assert isinstance(inner, ast.FunctionDef)
    inner.decorator_list = []
    inner.args.args.append(ast.arg("step_"))
    step = ast.parse(f"{name} = {name} + step_").body[0]
    body: list[ast.stmt] = []
    if name in function.__code__.co_varnames[: function.__code__.co_argcount]:
        body.append(step)
    for statement in inner.body:
        body.append(statement)
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            body.append(step)
    inner.body = body
    names = dict(function.__globals__)
    exec(compile(ast.fix_missing_locations(tree), "<moved>", "exec"), names)
    return names[inner.name]  # type: ignore[no-any-return]


def assigned_once(function: Callable[..., Any]) -> set[str]:
    """The variables that are assigned in one place, and the parameters that are in none."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    stored = Counter(
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )
    code = function.__code__
    stored.update(code.co_varnames[: code.co_argcount])
    return {name for name, count in stored.items() if count == 1}


def slope_by(
    function: Callable[..., Any], point: tuple[float, ...], name: str, size: float = 1.0
) -> tuple[float, float]:
    """The slope of a function by one of its variables of about that size, and its noise."""
    other = moved(function, name)
    slope, noise = along(lambda step: other(*point, step * size))
    return float(slope) / size, noise / size


ROWS = [row for row in TABLE if "\n" in inspect.getsource(row.function).strip()]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_is_called_an_adjoint_is_the_slope_by_that_variable(row: Row) -> None:
    gradient = grad(row.function, wrt=row.active, mode="reverse")
    variables = final_variables(gradient, row.point)
    for name in assigned_once(row.function):
        for prefix, multiple in MULTIPLES.items():
            held = variables.get(f"{prefix}{name}_bar")
            if held is None:
                continue
            slope, noise = slope_by(row.function, row.point, name, abs(variables.get(name, 1.0)))
            wanted = multiple * slope
            assert abs(held - wanted) <= 10.0 * noise + 1e-7 * abs(wanted), (prefix, name)


SQRT2 = math.sqrt(2.0)


def until(function: Callable[..., Any]) -> Callable[..., dict[str, float]]:
    """What the variables of a function hold in the end."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    inner = tree.body[0]
    assert isinstance(inner, ast.FunctionDef)
    inner.decorator_list = []
    inner.body[-1] = ast.parse("def f():\n return dict(locals())").body[0].body[0]  # type: ignore[attr-defined]
    names = dict(function.__globals__)
    exec(compile(ast.fix_missing_locations(tree), "<until>", "exec"), names)
    return names[inner.name]  # type: ignore[no-any-return]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_is_called_a_tangent_is_the_slope_of_that_variable(row: Row) -> None:
    gradient = grad(row.function, wrt=row.active, mode="forward")
    variables = final_variables(gradient, row.point)
    values = until(row.function)
    for parameter in row.active:
        place = row.parameters.index(parameter)
        size = abs(row.point[place])
        suffix = f"_d{parameter}" if len(row.active) > 1 else "_dot"
        for name in assigned_once(row.function) - set(row.parameters):
            for prefix, multiple in MULTIPLES.items():
                held = variables.get(f"{prefix}{name}{suffix}")
                if held is None:
                    continue

                def curve(step: float, n: str = name, k: int = place, s: float = size) -> float:
                    point = list(row.point)
                    point[k] += step * s
                    return values(*point)[n]

                slope, noise = along(curve)
                wanted = multiple * float(slope) / size
                assert abs(held - wanted) <= 10.0 * noise / size + 1e-7 * abs(wanted), (
                    name,
                    prefix,
                )


def normal_cdf(x):
    return 0.5 * (1.0 + math.erf(x / SQRT2))


def black_scholes(S, K, T, r, sigma):
    spread = sigma * math.sqrt(T)
    d1 = (math.log(S / K) + (r + 0.5 * sigma**2) * T) / spread
    d2 = d1 - spread
    return S * normal_cdf(d1) - K * math.exp(-r * T) * normal_cdf(d2)


def test_the_negative_of_an_adjoint_is_called_so() -> None:
    source = grad(black_scholes, wrt=("S", "K", "T", "r", "sigma"), mode="reverse").source
    assert "minus_K_bar = " in source and "spread_bar = " in source, source


def newton(a, n):
    x = a
    for _ in range(n):
        x = 0.5 * (x + a / x)
    return x


def test_the_tangent_of_a_quotient_is_called_by_what_is_divided() -> None:
    assert "a_over_x_dot = (1.0 - a_over_x * x_dot) / x" in grad(newton).source


def coupled(x, y):
    u = math.sin(x) * y
    v = u * u * math.exp(u * y)
    return v * u + math.cos(v)


def test_a_part_of_an_adjoint_is_not_called_the_adjoint() -> None:
    variables = final_variables(grad(coupled, wrt=("x", "y"), mode="reverse"), (0.4, 0.7))
    slope, _ = slope_by(coupled, (0.4, 0.7), "u")
    assert variables["u_bar"] == pytest.approx(slope, rel=1e-8)


def numbers() -> tuple[Graph, Node, Node]:
    graph = Graph("f")
    return graph, graph.body.parameter("x", FLOAT), graph.body.parameter("y", FLOAT)


def test_equal_expressions_have_equal_values_at_a_generic_point() -> None:
    graph, x, y = numbers()
    values = Generic()
    with graph.inside(graph.body):
        one, other = (x + y) * (x - y), x * x - y * y
        apart = x * x + y * y
    found, same, different = values.of(one), values.of(other), values.of(apart)
    assert found is not None and same is not None and different is not None
    assert abs(found.value - same.value) < ROUNDING * abs(found.value)
    assert abs(found.value - different.value) > 1e-3 * abs(found.value)


def test_a_value_in_which_something_is_not_felt_is_not_told() -> None:
    graph, x, _ = numbers()
    with graph.inside(graph.body):
        lost = x + graph.constant(1e20)
    assert Generic().of(lost) is None


def test_what_has_overflowed_at_a_generic_point_is_told_by_no_value() -> None:
    def f(x: np.ndarray, y: np.ndarray, M: np.ndarray) -> float:
        wide = np.stack([M, M * np.where(np.real(x) > 0.1, 1.5, 1.5) + y[None, :]])
        total = np.matmul(wide, x).sum(axis=0)
        y.fill(np.where(np.real(total[0]) > 0.1, 1.5, total @ total))
        return 0.3 * np.sum(x**2) + 0.4 * np.sum(y**2) + 0.6 * np.sum(total**2)

    x, way = np.array([-0.4, 0.2]), np.array([1.0, -0.5])
    y, M = np.array([0.3, 0.8]), np.array([[1.0, -2.0], [0.5, 0.7], [-0.4, 0.9]])
    _, slope = jvp(f, wrt="y")(x, y.copy(), M, way)
    expected, noise = along(lambda h: f(x, y + h * way, M), 1e-4)
    assert slope == pytest.approx(float(expected), rel=1e-8, abs=noise)
