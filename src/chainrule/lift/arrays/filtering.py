"""Filters and spectra of SciPy with several results, or with a state that they begin in."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from chainrule.lift.arrays.positions import results_of, several
from chainrule.lift.arrays.updates import Arguments, Keywords, SpecialForm, bound
from chainrule.lift.values import Static, Value
from chainrule.primitives.arrays import filters, spectral_estimates, zero_phase

if TYPE_CHECKING:
    from chainrule.lift.arrays.calls import NumpyCalls


def _lfilter(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``lfilter``: with a state to begin in it gives that in which it ends, too."""
    given = bound(("b", "a", "x", "axis", "zi"), args, keywords)
    state = given.pop("zi", Static(None))
    if self.static_value(state) == (True, None):
        return self.bound_call(filters.lfilter, [], given, node, "function")
    if self.static_int(given.pop("axis", Static(-1))) not in (-1, 0):
        raise self.unsupported(
            "`lfilter` of several signals that begins in a state",
            "Filter each signal for itself, in a loop.",
            node,
        )
    found = self.bound_call(zero_phase.lfilter_from, [], {**given, "zi": state}, node, "function")
    return results_of(self, self.node(found))


def _filtfilt(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    names = ("b", "a", "x", "axis", "padtype", "padlen", "method")
    given = bound(names, args, keywords)
    axis = self.static_int(given.pop("axis", Static(-1)))
    if axis not in (-1, 0) or self.static_value(given.pop("method", Static("pad")))[1] != "pad":
        raise self.unsupported(
            "`filtfilt` along an axis, or by Gustafsson's method",
            "Filter each signal for itself, with a margin.",
            node,
        )
    return self.bound_call(zero_phase.filtfilt, [], given, node, "function")


def _response(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    given = bound(("b", "a", "worN"), args, keywords)
    return several(spectral_estimates.freqz)(self, [], {"a": Static(1.0), **given}, node)


FORMS: dict[str, SpecialForm] = {
    "scipy.signal.lfilter": _lfilter,
    "scipy.signal.filtfilt": _filtfilt,
    "scipy.signal.welch": several(spectral_estimates.welch),
    "scipy.signal.csd": several(spectral_estimates.csd),
    "scipy.signal.periodogram": several(spectral_estimates.periodogram),
    "scipy.signal.freqz": _response,
}
