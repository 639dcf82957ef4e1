"""How keys of dicts are written in Python text."""

from __future__ import annotations

import ast
import math
from typing import Any

from chainrule.errors import ArgumentError

PLAIN: tuple[Any, ...] = (bool, int, float, str, bytes)


def key_text(key: Any) -> str | None:
    """A literal that finds what ``key`` finds; None where nothing but the object itself does.

    Members of enumerations that are words or numbers, too, are found by these.

    >>> key_text(("a", 1)), key_text(len)
    ("('a', 1)", None)
    """
    if key is None:
        return "None"
    if type(key) is tuple:
        parts = [key_text(part) for part in key]
        texts = [part for part in parts if part is not None]
        comma = "," if len(parts) == 1 else ""
        return f"({', '.join(texts)}{comma})" if len(texts) == len(parts) else None
    for kind in PLAIN:
        if isinstance(key, kind):
            own: Any = type(key)
            alike = own.__hash__ is kind.__hash__ and own.__eq__ is kind.__eq__
            written = alike and (kind is not float or math.isfinite(key))
            return kind.__repr__(key) if written else None
    return None


def plain_key(key: Any) -> Any:
    """The word, number or tuple of these that finds what ``key`` finds.

    Raises
    ------
    ArgumentError
        Where there is none.
    """
    text = key_text(key)
    if text is None:
        raise ArgumentError(
            f"a dict that is differentiated by, or returned, has the key {key!r}",
            remedy="Use words, numbers or tuples of these as its keys.",
        )
    return ast.literal_eval(text)


def entry_text(table: str, key: Any) -> str:
    """An expression for an entry of the dict at ``table``, whatever its keys are."""
    text = key_text(key)
    if text is not None:
        return f"{table}[{text}]"
    return f"next(v for k, v in {table}.items() if repr(k) == {repr(key)!r})"
