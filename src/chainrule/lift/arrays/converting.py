"""``a.astype(dtype)``, which copies unless none is asked for and none is needed."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from chainrule.lift.arrays.forms import array_made
from chainrule.lift.arrays.manners import check_manner
from chainrule.lift.arrays.updates import Arguments, Keywords, bound
from chainrule.lift.values import Static, Value
from chainrule.primitives.arrays import creation

if TYPE_CHECKING:
    from chainrule.lift.arrays.calls import NumpyCalls


def _converted(
    self: NumpyCalls, owner: Value, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    """The numbers of an array in a dtype."""
    given = bound(("dtype", "order", "casting", "subok", "copy"), args, keywords)
    manner: Keywords = {name: given[name] for name in ("casting", "subok") if name in given}
    dtype, copies = given["dtype"], self.static_value(given.get("copy", Static(True)))
    if copies == (True, False):
        order = {"order": given["order"]} if "order" in given else {}
        value = array_made(False)(self, [owner, dtype], order, node)
    else:
        value = self.bound_call(creation.astype, [owner, dtype], {}, node, "method")
        manner |= {name: given[name] for name in ("order", "copy") if name in given}
    casting = {"casting": Static("unsafe")}
    return check_manner(self, casting | manner, [owner], value, False, node)


def _astype(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    return _converted(self, args[0], args[1:], keywords, node)


FORMS = {"numpy.astype": _astype}
METHODS = {"astype": _converted}
