"""Curves of :mod:`scipy.interpolate` that a function makes, and how their changes are made."""

from __future__ import annotations

import ast
import inspect
import sys
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import OPAQUE, unit_axes_of
from chainrule.lift.arrays.updates import Arguments, Keywords, bound
from chainrule.lift.containers.methods import Methods
from chainrule.lift.scipy.curves import FITPACK, LINES, Fit, Line
from chainrule.lift.spelling import argument_places
from chainrule.lift.values import ObjectBox, Static, Value
from chainrule.primitives.curves import Recipe
from chainrule.records import dataclass

SPLINE = "make_interp_spline"
HERMITE = "CubicHermiteSpline"


@dataclass(frozen=True)
class Making:
    """How a kind of curve is made.

    ``data`` are the parameters that must be given, ``linear`` those in which the curve is linear,
    ``options`` the others, of which those at ``shaping`` leave it so.  ``slopes`` is a curve that
    is linear in its values and its slopes, by the name of the function that gives these.
    """

    data: tuple[str, ...] = ("x", "y")
    linear: tuple[str, ...] = ("y",)
    options: tuple[str, ...] = ()
    shaping: tuple[str, ...] = ()
    slopes: str | None = None
    gives: str | None = None
    degree: int | None = None


MADE: dict[str, Making] = {
    "CubicSpline": Making(
        options=("axis", "bc_type", "extrapolate"), shaping=("bc_type", "extrapolate")
    ),
    SPLINE: Making(
        options=("k", "t", "bc_type", "axis", "check_finite"),
        shaping=("k", "bc_type", "check_finite"), gives="BSpline",
    ),
    "BSpline": Making(
        ("t", "c", "k"), ("c",), options=("extrapolate", "axis"), shaping=("extrapolate",)
    ),
    "PPoly": Making(
        ("c", "x"), ("c",), options=("extrapolate", "axis"), shaping=("extrapolate",)
    ),
    HERMITE: Making(
        ("x", "y", "dydx"), ("y", "dydx"), options=("axis", "extrapolate"),
        shaping=("extrapolate",),
    ),
    "PchipInterpolator": Making(
        options=("axis", "extrapolate"), shaping=("extrapolate",), slopes="pchip_slopes"
    ),
    "Akima1DInterpolator": Making(
        options=("axis", "method", "extrapolate"), shaping=("extrapolate", "method"),
        slopes="akima_slopes",
    ),
    "InterpolatedUnivariateSpline": Making(
        options=("w", "bbox", "k", "ext", "check_finite"), shaping=("k", "check_finite"), degree=3
    ),
    "UnivariateSpline": Making(
        options=("w", "bbox", "k", "s", "ext", "check_finite"),
        shaping=("k", "s", "check_finite"), degree=3,
    ),
    "make_lsq_spline": Making(
        ("x", "y", "t"), ("y",), options=("k", "w", "axis", "check_finite"),
        shaping=("k", "check_finite"), gives="BSpline",
    ),
    "make_smoothing_spline": Making(
        options=("w", "lam"), shaping=("lam",), gives="BSpline"
    ),
    LINES: Making(
        options=("kind", "axis", "copy", "bounds_error", "fill_value", "assume_sorted"),
        linear=(),
    ),
}  # fmt: skip


def making(name: str) -> Any:
    """How a curve of this kind is made inside of a function."""
    kind = MADE[name]

    def make(self: Methods, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        names = (*kind.data, *kind.options)
        given = bound(names, args, keywords)
        if not set(kind.data) <= set(given) or not set(given) <= set(names):
            raise self.unsupported(
                f"this call of `{name}`", f"Give it {', '.join(kind.data)}.", node
            )
        home = sys.modules["scipy.interpolate"]
        parts = [_part(self, kind, key, given.pop(key)) for key in kind.data]
        _check_axes(self, name, kind, parts, node)
        rest = [self.node(value) for value in given.values()]
        words = argument_places(len(parts), given)
        maker = self.graph.reference(("scipy.interpolate", name), getattr(home, name))
        template = f"_0_({', '.join(words)})"
        curve = self.verbatim(template, maker, *parts, *rest, type=OPAQUE, pure=True, carries=False)
        box = ObjectBox(None, getattr(home, kind.gives or name), curve)
        recipe = None if name == LINES else _recipe(self, name, kind, given)
        changes = SPLINE if name in FITPACK else HERMITE if kind.slopes else name
        if recipe is not None and changes != name:
            maker = self.graph.reference(("scipy.interpolate", changes), getattr(home, changes))
        self.curves[box] = Fit(
            degree=_degree(self, kind, given),
            made=(maker, *parts, *(rest if recipe is None and name != LINES else ())),
            recipe=recipe,
            line=_line(self, given) if name == LINES else None,
        )
        return box

    return make


def _part(self: Methods, kind: Making, key: str, value: Value) -> Node:
    return self.node(value) if key == "k" else self.array_node(value)


def _check_axes(self: Methods, name: str, kind: Making, parts: list[Node], node: ast.AST) -> None:
    """Refuse curves of several numbers at once."""
    for key, part in zip(kind.data, parts, strict=True):
        axes = len(unit_axes_of(part.type))
        if axes != (0 if key == "k" else 2 if key == "c" and name == "PPoly" else 1):
            raise self.unsupported(
                f"`{name}` through an array of {axes} axes", "Make a curve for each column.", node
            )


def _degree(self: Methods, kind: Making, given: Keywords) -> int | None:
    """The degree of a curve of FITPACK, which gives no slopes beyond it."""
    if kind.degree is None or "k" not in given:
        return kind.degree
    known, found = self.static_value(given["k"])
    return found if known and isinstance(found, int) else None


def _recipe(self: Methods, name: str, kind: Making, given: Keywords) -> Recipe | None:
    """How changes of a curve are made; None where its options do not leave it linear in these."""
    known = {key: _told(self, value) for key, value in given.items()}
    if not all(told and key in kind.shaping for key, (told, _) in known.items()):
        return None
    options = {key: found for key, (_, found) in known.items() if key != "check_finite"}
    slopes = kind.slopes
    if name == "UnivariateSpline" and options.pop("s", None) != 0:
        # What is smooth has knots that depend on the values.
        return None
    if name == "make_smoothing_spline":
        smooth = sys.modules["scipy.interpolate"].make_smoothing_spline
        several = "axis" in inspect.signature(smooth).parameters
        if not several or not isinstance(options.get("lam"), (int, float)):
            # SciPy before 1.16 takes one row of values; and how smooth it is to be may be found
            # by the values.
            return None
    if options.pop("method", "akima") == "makima":
        slopes = "makima_slopes"
    words = argument_places(len(kind.data))
    for key, found in options.items():
        word = _boundary(found) if key == "bc_type" else _plain(found)
        if word is None:
            return None
        words.append(f"{key}={word}")
    linear = tuple(kind.data.index(key) + 1 for key in kind.linear)
    if slopes is not None:
        words.insert(2, "_3_")
        linear = (2, 3)
        if name == "Akima1DInterpolator" and "extrapolate" not in options:
            words.append("extrapolate=False")
    return Recipe(f"_0_({', '.join(words)})", linear, slopes)


def _told(self: Methods, value: Value) -> tuple[bool, Any]:
    """Whether an option is known, and what it is; a list is told as a tuple."""
    known, found = self.static_value(value)
    items = None if known else self.known_items(value)
    if items is None:
        return known, found
    parts = [_told(self, item) for item in items]
    return all(told for told, _ in parts), tuple(part for _, part in parts)


def _plain(found: Any) -> str | None:
    plain = isinstance(found, (str, int, float, type(None))) and found != "periodic"
    return repr(found) if plain else None


# What the conditions at an end are called where what is given there does not change.
AT_REST = {1: "'clamped'", 2: "'natural'"}


def _boundary(found: Any) -> str | None:
    """The conditions at the ends of a change, where they are given by words or numbers."""
    if not isinstance(found, tuple):
        return _plain(found)
    ends = [_at_an_end(end) for end in found]
    return f"({', '.join(map(str, ends))})" if len(ends) == 2 and None not in ends else None


def _at_an_end(found: Any) -> str | None:
    if isinstance(found, (list, tuple)) and len(found) == 1:
        found = found[0]
    if isinstance(found, tuple) and len(found) == 2:
        return AT_REST.get(found[0])
    return _plain(found)


DEGREES = {"linear": 1, "slinear": 1, "quadratic": 2, "cubic": 3}


def _line(self: Methods, given: Keywords) -> Line | None:
    """What is known of an ``interp1d``; None for other pieces than lines and splines."""
    known, kind = self.static_value(given.get("kind", Static("linear")))
    degree = DEGREES.get(kind) if isinstance(kind, str) else kind
    if not known or not isinstance(degree, int) or degree < 1:
        return None
    told, ordered = self.static_value(given.get("assume_sorted", Static(False)))
    if "fill_value" not in given:
        return Line(degree, False, told and ordered is True)
    found, value = self.static_value(given["fill_value"])
    if found and isinstance(value, str):
        return Line(degree, value == "extrapolate", told and ordered is True)
    ends = self.known_items(given["fill_value"]) if not found or isinstance(value, tuple) else None
    filled = [self.node(end) for end in (ends if ends is not None else [given["fill_value"]])]
    if len(filled) > 2 or any(unit_axes_of(end.type) for end in filled):
        return None
    return Line(degree, False, told and ordered is True, (filled[0], filled[-1]))
