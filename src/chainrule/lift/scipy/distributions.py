"""Distributions of :mod:`scipy.stats`, with their parameters in each call or frozen."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING, Any

from chainrule.graph.guard import is_of_argument
from chainrule.graph.types import FLOAT, OPAQUE
from chainrule.lift.arrays.updates import Arguments, Keywords, bound
from chainrule.lift.scipy.multivariate import multivariate_normal
from chainrule.lift.values import ObjectBox, Static, TupleValue, Value
from chainrule.primitives.arrays.distributions import DEFAULTS, DISTRIBUTIONS
from chainrule.primitives.arrays.moments import OF_PARAMETERS

if TYPE_CHECKING:
    from chainrule.lift.arrays.calls import NumpyCalls


# The classes of frozen distributions, by their densities.
FROZEN = {"logpdf": "rv_continuous_frozen", "logpmf": "rv_discrete_frozen"}


def distribution_method(
    self: NumpyCalls, found: Any, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value | None:
    """A method of one of SciPy's distributions that has a rule; None of others."""
    owner = args[0] if args else None
    if not isinstance(owner, ObjectBox) or not owner.type.__module__.startswith("scipy.stats"):
        return None
    method, rest = getattr(found, "__name__", ""), args[1:]
    if owner.type.__name__.startswith("multivariate_normal_"):
        return multivariate_normal(self, owner, method, rest, keywords, node)
    if owner.type.__name__ in FROZEN.values():
        known = _frozen_from(self, owner)
        if known is None:
            return None
        name, first, words = known
        if method == "expect":
            return _expected(self, name, first, words, rest, keywords, node)
        rest, keywords = [*rest, *first], {**words, **keywords}
    else:
        name = str(getattr(owner.instance, "name", ""))
        if method in ("__call__", "freeze"):
            for density, kind in FROZEN.items():
                if (name, density) in DISTRIBUTIONS:
                    return _froze(self, kind, name, rest, keywords)
    entry = DISTRIBUTIONS.get((name, method)) or OF_PARAMETERS.get((name, method))
    if entry is None:
        if owner.instance is None:
            raise self.unsupported(
                f"`{method}` of a frozen {name} distribution",
                "Use one of its pdf, logpdf, cdf, sf, ppf, isf, mean, var and std (pmf and logpmf "
                "of counts).",
                node,
            )
        return None
    op, names = entry
    given = bound(names, rest, keywords)
    defaults = {name: self.graph.constant(value) for name, value in DEFAULTS.items()}
    full = {key: given.get(key, defaults.get(key)) for key in names}
    if None in full.values():
        return None
    return self.bound_call(op, [], full, node, "function")


def _expected(
    self: NumpyCalls,
    name: str,
    first: Arguments,
    words: Keywords,
    rest: Arguments,
    keywords: Keywords,
    node: ast.AST,
) -> Value | None:
    """The expectation by a frozen distribution: that of the distribution with its parameters."""
    whole: Any = getattr(sys.modules["scipy.stats"], name, None)
    if not hasattr(whole, "pdf"):
        return None
    shapes = [each.strip() for each in (whole.shapes or "").split(",") if each.strip()]
    given = bound((*shapes, "loc", "scale"), first, words)
    if any(shape not in given for shape in shapes):
        return None
    options = bound(("func", "lb", "ub", "conditional"), rest, keywords)
    options["args"] = TupleValue(tuple(given[shape] for shape in shapes))
    options |= {key: given[key] for key in ("loc", "scale") if key in given}
    return self.call(Static(type(whole).expect), [self.adopt(whole, None)], options, node)


def _froze(
    self: NumpyCalls, kind: str, name: str, args: Arguments, keywords: Keywords
) -> ObjectBox:
    """A distribution with its parameters: its methods are those of the distribution."""
    home = sys.modules["scipy.stats._distn_infrastructure"]
    box = ObjectBox(None, getattr(home, kind), None)
    self.distributions[box] = (name, list(args), dict(keywords))
    return box


def _frozen_from(self: NumpyCalls, owner: ObjectBox) -> tuple[str, Arguments, Keywords] | None:
    """The name of a frozen distribution and its parameters, read when the derivative runs."""
    if owner in self.distributions or owner.instance is None:
        return self.distributions.get(owner)
    frozen = owner.instance
    numbers = (*frozen.args, *frozen.kwds.values())
    types = [self.static_type(number) for number in numbers]
    route = owner.route
    if OPAQUE in types:
        return None
    if is_of_argument(route):
        if any(type != FLOAT for type in types):
            return None
        self.graph.guard(route.attribute("dist").attribute("name"), "equals", frozen.dist.name)
        self.graph.guard(route.attribute("args"), "length", len(frozen.args))
        self.graph.guard(route.attribute("kwds"), "keys", list(frozen.kwds))
        for k in range(len(frozen.args)):
            self.graph.guard(route.attribute("args").item(k), "type", float)
        for key in frozen.kwds:
            self.graph.guard(route.attribute("kwds").item(key), "type", float)
    texts = [f"_0_.args[{k}]" for k in range(len(frozen.args))]
    texts += [f"_0_.kwds[{key!r}]" for key in frozen.kwds]
    whole = self.object_node(owner)
    values = [
        self.boxed(self.verbatim(text, whole, type=type, pure=True))
        for text, type in zip(texts, types, strict=True)
    ]
    count = len(frozen.args)
    words = dict(zip(frozen.kwds, values[count:], strict=True))
    found = self.distributions[owner] = (str(frozen.dist.name), values[:count], words)
    return found
