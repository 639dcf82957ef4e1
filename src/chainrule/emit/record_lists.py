"""Lists of records, put together from the lists of their fields."""

from __future__ import annotations

import ast
import keyword
from typing import Any, Protocol


class Speller(Protocol):
    """What spells the parts."""

    def reference(self, key: Any) -> ast.expr: ...

    def constant(self, value: Any) -> ast.expr: ...


def record_list(
    speller: Speller, kind: str, keys: tuple[Any, ...], columns: list[ast.expr]
) -> ast.expr:
    """``[Flow(t=t, cash=cash) for t, cash in zip(t_bar, cash_bar)]``."""
    owner = speller.reference(keys[0]) if kind == "objects" else None
    fields = keys[1 if owner is None else 2 :]
    if kind == "tuples" and not any(zero for _, zero in fields):
        return _call("list", _call("zip", *columns))
    taken = {part.id for part in ast.walk(owner) if isinstance(part, ast.Name)} if owner else set()
    names = [_variable(key, position, taken) for position, (key, _) in enumerate(fields)]
    reads: list[ast.expr] = [
        ast.Constant(0.0) if zero else ast.Name(name, ast.Load())
        for name, (_, zero) in zip(names, fields, strict=True)
    ]
    made: ast.expr
    if owner is not None:
        pairs = zip(fields, reads, strict=True)
        made = ast.Call(owner, [], [ast.keyword(str(key), read) for (key, _), read in pairs])
    elif kind == "tuples":
        made = ast.Tuple(reads, ast.Load())
    else:
        made = ast.Dict([speller.constant(key) for key, _ in fields], reads)
    read = [name for name, (_, zero) in zip(names, fields, strict=True) if not zero]
    targets: list[ast.expr] = [ast.Name(name, ast.Store()) for name in read]
    several = len(columns) > 1
    target = ast.Tuple(targets, ast.Store()) if several else targets[0]
    items = _call("zip", *columns) if several else columns[0]
    return ast.ListComp(made, [ast.comprehension(target, items, [], 0)])


def _call(name: str, *args: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(name, ast.Load()), list(args), [])


def _variable(key: Any, position: int, taken: set[str]) -> str:
    """The name of a field inside the comprehension."""
    plain = isinstance(key, str) and key.isidentifier() and not keyword.iskeyword(key)
    name = key if plain else f"field_{position}"
    return f"{name}_" if name in taken else name
