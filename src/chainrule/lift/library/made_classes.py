"""Classes that a function makes while it runs: ``namedtuple`` of fields that are known."""

from __future__ import annotations

import ast
import collections
import functools
from collections.abc import Hashable
from typing import Any

from chainrule.lift.library.builtins import BUILTINS, Arguments, Builtins, Keywords
from chainrule.lift.values import ListBox, Static, TupleValue, Value


def _namedtuple(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``namedtuple(name, fields)``: a class of which nobody outside knows."""

    def settled(value: Value) -> Any:
        value = self.read(value)
        entries = self.known_items(value) if isinstance(value, ListBox) else None
        known, found = self.static_value(value if entries is None else TupleValue(tuple(entries)))
        if not known:
            raise self.unsupported(
                "`namedtuple` of fields that are known at run time only", "Write them there.", node
            )
        return found

    asked = tuple(map(settled, args))
    options = tuple((name, settled(value)) for name, value in keywords.items())
    return Static(_made(self.site_of(node), self.frame.module, asked, options))


@functools.lru_cache(maxsize=1024)
def _made(
    site: Hashable, module: str, args: tuple[Any, ...], options: tuple[tuple[str, Any], ...]
) -> type:
    """The class that a place makes: the same one where lifting begins anew."""
    make: Any = collections.namedtuple
    made: type = make(*args, **{**dict(options), "module": module})
    made.__qualname__ = f"<locals>.{made.__name__}"
    return made


BUILTINS[collections.namedtuple] = _namedtuple
