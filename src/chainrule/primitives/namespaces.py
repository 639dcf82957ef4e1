"""Which primitive a Python callable means; built from the table, never written by hand.

A callable is recognised by identity, so every alias of it is.  NumPy and SciPy are looked into
only where the user's program has imported them already.
"""

from __future__ import annotations

import functools
import sys
from typing import Any, NamedTuple

from chainrule.primitives import (
    arithmetic,
    bessel,
    complex_valued,
    counting,
    cumulative,
    elementary,
    elliptic,
    inverses,
    kelvin,
    lambert,
    orthogonal,
    places,
    quantile,
    rounding,
    sequence,
    special,
)
from chainrule.primitives.arrays import (
    analytic,
    complex_numbers,
    complex_parts,
    constrained,
    covariance,
    creation,
    decompositions,
    descriptive,
    distributions,
    factored,
    filters,
    fits,
    generalised,
    harmonics,
    histograms,
    images,
    indexing,
    integrals,
    linear_algebra,
    lists,
    masked,
    masks,
    matrix_equations,
    matrix_functions,
    missing,
    moments,
    neighbours,
    norms,
    polar_factors,
    positions,
    products,
    profiles,
    quantiles,
    rank_filters,
    rearranging,
    reductions,
    resampling,
    sample_moments,
    samples,
    segments,
    sets,
    several_functions,
    shaping,
    signals,
    spectra,
    spectral_estimates,
    spectrum,
    statistics,
    structured,
    sums,
    systems,
    windows,
    zero_phase,
)
from chainrule.primitives.declare import TABLE, Primitive

# The modules that fill the table.
HOMES = (
    arithmetic,
    elementary,
    inverses,
    rounding,
    special,
    bessel,
    complex_valued,
    kelvin,
    counting,
    orthogonal,
    lambert,
    cumulative,
    elliptic,
    quantile,
    sequence,
    places,
    creation,
    shaping,
    indexing,
    masks,
    reductions,
    linear_algebra,
    rearranging,
    statistics,
    signals,
    products,
    decompositions,
    norms,
    sums,
    positions,
    masked,
    missing,
    lists,
    quantiles,
    covariance,
    windows,
    systems,
    complex_numbers,
    complex_parts,
    analytic,
    spectra,
    distributions,
    integrals,
    profiles,
    harmonics,
    moments,
    structured,
    generalised,
    constrained,
    segments,
    sample_moments,
    polar_factors,
    neighbours,
    rank_filters,
    zero_phase,
    spectral_estimates,
    resampling,
    samples,
    several_functions,
    sets,
    descriptive,
    fits,
    filters,
    spectrum,
    factored,
    histograms,
    images,
    matrix_equations,
    matrix_functions,
)


class Entry(NamedTuple):
    """A Python callable, its dotted name, and the primitives that it may mean."""

    callable: Any
    dotted: str
    primitives: tuple[Primitive, ...]


def primitive_of(obj: Any, arity: int | None = None) -> Primitive | None:
    """The primitive that a Python callable means, None if it means none.

    Some callables mean different primitives by their number of arguments (``math.log``,
    ``round``): ``arity`` picks one of these, and is met exactly.
    """
    entry = _entry(obj)
    if entry is None:
        return None
    matching = (primitive for primitive in entry.primitives if arity in (None, primitive.arity))
    return next(matching, None)


def spelling(obj: Any) -> str | None:
    """The dotted name under which the table knows a Python callable: ``"numpy.arctan2"``."""
    entry = _entry(obj)
    return None if entry is None else entry.dotted


def _entry(obj: Any) -> Entry | None:
    loaded = tuple(module for module in _modules() if module in sys.modules)
    return _entries(loaded, len(TABLE)).get(id(obj))


@functools.lru_cache(maxsize=1)
def _modules_of(size: int) -> tuple[str, ...]:
    dotted = (name for primitive in TABLE.values() for name in primitive.callables)
    return tuple(dict.fromkeys(name.rpartition(".")[0] for name in dotted))


def _modules() -> tuple[str, ...]:
    return _modules_of(len(TABLE))


@functools.lru_cache(maxsize=8)
def _entries(loaded: tuple[str, ...], size: int) -> dict[int, Entry]:
    """By identity, the callables of the modules that are loaded; ``size`` is the table's."""
    entries: dict[int, Entry] = {}
    for primitive in TABLE.values():
        for dotted in primitive.callables:
            module, _, name = dotted.rpartition(".")
            found = getattr(sys.modules[module], name, None) if module in loaded else None
            if found is None:
                continue
            known = entries.get(id(found))
            if known is None:
                entries[id(found)] = Entry(found, dotted, (primitive,))
            elif primitive not in known.primitives:
                entries[id(found)] = known._replace(primitives=(*known.primitives, primitive))
    return entries
