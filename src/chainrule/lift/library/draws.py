"""Generators of random numbers, and what makes them.

A generator that was made from a seed is a function of it: what is drawn is the same whenever the
function is called, and the derivative is that of the sample.
"""

from __future__ import annotations

import sys
from typing import Any

# Modules of which the functions draw from a generator that nobody sees, or make one.
MODULES = {"random", "secrets", "numpy.random", "numpy.random.mtrand"}
# Where the classes of generators are, by the module that shows them.
CLASSES = {"numpy.random": ("Generator", "RandomState"), "random": ("Random",)}
# What makes a generator, or what it draws its bits from, of a seed.
MAKERS = {
    "numpy.random": (
        "Generator", "MT19937", "PCG64", "PCG64DXSM", "Philox", "RandomState", "SFC64",
        "SeedSequence", "default_rng",
    ),
    "random": ("Random",),
}  # fmt: skip


def _shown(names: dict[str, tuple[str, ...]]) -> list[Any]:
    """The objects of these names, of the modules that are loaded."""
    loaded = [(sys.modules.get(module), found) for module, found in names.items()]
    return [getattr(module, name) for module, found in loaded if module for name in found]


def is_generator(value: Any) -> bool:
    """Whether it is one of NumPy's or Python's own generators of random numbers."""
    # Of classes of functions that are compiled it may be a descriptor.
    home = str(type(value).__module__).partition(".")[0]
    return home in ("numpy", "random") and type(value) in _shown(CLASSES)


def is_generator_class(kind: type | None) -> bool:
    """Whether it is the class of such generators."""
    return kind is not None and kind in _shown(CLASSES)


def generator_of(kind: type) -> Any:
    """A generator of this class."""
    return sys.modules["numpy.random"].default_rng(0) if kind.__name__ == "Generator" else kind(0)


def makes_generator(found: Any) -> bool:
    """Whether it makes a generator, or what one is made of."""
    return any(found is each for each in _shown(MAKERS))


def hidden_generator(found: Any) -> Any:
    """The module of whose hidden generator this function is a method; None of others."""
    owner = getattr(found, "__self__", None)
    for name, function in (("numpy.random", "random_sample"), ("random", "random")):
        module = sys.modules.get(name)
        if module and owner is getattr(module, function).__self__:
            return module
    return None


def class_hidden_in(module: Any) -> type:
    """The class of the generator that a module hides."""
    return type(getattr(module, "random_sample", module.random).__self__)


def seeded_module(found: Any) -> Any:
    """The module whose hidden generator this function gives a seed; None of others."""
    modules = [sys.modules.get(name) for name in CLASSES]
    return next((each for each in modules if each and found == each.seed), None)
