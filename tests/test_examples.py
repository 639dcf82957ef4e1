"""The textbook functions of examples/, at all of their points."""

from __future__ import annotations

import copy
import functools
import importlib.util
import inspect
import math
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from chainrule import grad, hessian, value_and_grad
from tests import oracle
from tests.limits import within

EXAMPLES = Path(__file__).parent.parent / "examples"
MODULES = (
    "array_models",
    "array_networks",
    "array_physics",
    "finance",
    "gradbench/bundle",
    "gradbench/dense",
    "gradbench/gmm",
    "gradbench/hand",
    "gradbench/lstm",
    "gradbench/nested",
    "neural_network",
    "numerics",
    "ode",
    "optimisation",
    "orbital_mechanics",
    "robotics",
    "solvers",
    "statistics_models",
    "thermodynamics",
)


@functools.cache
def load(name: str) -> ModuleType:
    """A module of examples/, under a name that shadows no other."""
    spec = importlib.util.spec_from_file_location(f"examples.{name}", EXAMPLES / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


CASES = [
    pytest.param(module, name, args, id=f"{module}-{name}-{number}")
    for module in MODULES
    for name, case in load(module).POINTS.items()
    for number, args in enumerate(case["at"])
]

EVERY = pytest.mark.parametrize(("module", "name", "args"), CASES)


def parameters(module: str, name: str) -> tuple[str, ...]:
    wrt: tuple[str, ...] = load(module).POINTS[name]["wrt"]
    return wrt


SECONDS = 30


@EVERY
def test_gradient_is_the_oracles(module: str, name: str, args: tuple[Any, ...]) -> None:
    f = getattr(load(module), name)
    wrt = parameters(module, name)
    # At the first point of a function the oracle knows the answer.
    first = args is load(module).POINTS[name]["at"][0]
    with within(SECONDS):
        gradients = grad(f, wrt=wrt)(*copy.deepcopy(args))
    for parameter, gradient in zip(wrt, gradients, strict=True):
        for path, verdict in oracle.gradient(f, args, {}, parameter).items():
            assert verdict.decided or not first, (parameter, path, verdict)
            if verdict.decided:
                number = oracle.look_up(gradient, path)
                assert oracle.agrees(verdict, number), (parameter, path, number, verdict)


@EVERY
def test_value_is_the_functions_bit_for_bit(module: str, name: str, args: tuple[Any, ...]) -> None:
    f = getattr(load(module), name)
    with within(SECONDS):
        value, _ = value_and_grad(f, wrt=parameters(module, name))(*copy.deepcopy(args))
    assert oracle.same_bits(value, f(*copy.deepcopy(args)))


@EVERY
def test_forward_and_reverse_agree(module: str, name: str, args: tuple[Any, ...]) -> None:
    f = getattr(load(module), name)
    arguments = inspect.signature(f).bind(*args).arguments
    # Forward mode is for scalars: a list is differentiated by in reverse alone.
    numbers = tuple(
        wrt for wrt in parameters(module, name) if isinstance(arguments.get(wrt, 0.0), float)
    )
    if not numbers:
        return
    with within(SECONDS):
        onward = grad(f, wrt=numbers, mode="forward")(*copy.deepcopy(args))
        back = grad(f, wrt=numbers, mode="reverse")(*copy.deepcopy(args))
    # Partials that cancel are as accurate as the size of their terms, here the largest partial.
    size = max(map(abs, onward))
    for wrt, forward, reverse in zip(numbers, onward, back, strict=True):
        assert math.isclose(forward, reverse, rel_tol=1e-9, abs_tol=1e-9 * size), wrt


@pytest.mark.parametrize("module", MODULES)
def test_example_runs(module: str) -> None:
    path = EXAMPLES / f"{module}.py"
    run = subprocess.run([sys.executable, str(path)], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "def " in run.stdout


def test_lengths_from_outside_two_loops_are_known_inside_both() -> None:
    module = load("array_physics")
    f, args = module.heat_misfit, module.POINTS["heat_misfit"]["at"][0]
    made = hessian(f, wrt=("diffusivity", "u"))
    made(*copy.deepcopy(args))
    # Where they are not known slopes are fitted to shapes when they are run.
    assert "for " in made.source
    assert ".reshape(" not in made.source
    assert ".shape[" not in made.source
