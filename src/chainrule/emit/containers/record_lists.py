"""Records of all kinds, and lists of them put together from the lists of their fields."""

from __future__ import annotations

import ast
import keyword
from typing import Any, Protocol

from chainrule.emit.plan import Value
from chainrule.graph.structure import OF_ATTRIBUTES, RECORD_LISTS


class Speller(Protocol):
    """What spells the parts."""

    def reference(self, key: Any) -> ast.expr: ...

    def constant(self, value: Any) -> ast.expr: ...

    def helper(self, name: str, text: str) -> ast.expr: ...


INSTANCE = '''
def instance_of(kind, **attributes):
    """An object of a class that holds these attributes; no code of the class is run."""
    builtin = next(base for base in kind.__mro__ if type(base.__new__) is type(len))
    made = builtin.__new__(kind)
    for name, value in attributes.items():
        object.__setattr__(made, name, value)
    return made
'''


def instance_maker(speller: Speller) -> ast.expr:
    """The function that makes objects of classes whose constructors do more than keep values."""
    return speller.helper("instance_of", INSTANCE)


WRITERS = {
    "object": '''
def put_back(records, **fields):
    """Give every record the entries of the fields that belong to it."""
    for name, values in fields.items():
        for record, value in zip(records, values):
            setattr(record, name, value)
''',
    "dict": '''
def put_back_items(records, fields):
    """Give every record the entries of the fields that belong to it."""
    for key, values in fields.items():
        for record, value in zip(records, values):
            record[key] = value
''',
}


def writer(speller: Speller, value: Value) -> ast.expr:
    """The function that writes to the caller's records."""
    kind = value.params[0]
    return speller.helper("put_back" if kind == "object" else "put_back_items", WRITERS[kind])


def put_back(speller: Speller, value: Value, args: list[ast.expr]) -> ast.expr:
    """``put_back(bodies, x=x, vx=vx)``."""
    kind, keys = value.params
    records, *columns = args
    if kind == "object":
        return ast.Call(writer(speller, value), [records], list(map(ast.keyword, keys, columns)))
    fields = ast.Dict([speller.constant(key) for key in keys], columns)
    return ast.Call(writer(speller, value), [records, fields], [])


def made_record(speller: Speller, value: Value, args: list[ast.expr]) -> ast.expr:
    """A tuple, a list, a dict, an object, or a list of records."""
    kind = value.params[0]
    keys: tuple[Any, ...] = value.params[1] if len(value.params) > 1 else ()
    if kind in RECORD_LISTS:
        return record_list(speller, kind, keys, args)
    if kind == "dict":
        return ast.Dict([speller.constant(key) for key in keys], args)
    if kind in OF_ATTRIBUTES:
        owner, given = speller.reference(keys[0]), list(map(ast.keyword, keys[1:], args))
        if kind == "instance":
            return ast.Call(instance_maker(speller), [owner], given)
        return ast.Call(owner, [], given)
    return ast.List(args, ast.Load()) if kind == "list" else ast.Tuple(args, ast.Load())


def record_list(
    speller: Speller, kind: str, keys: tuple[Any, ...], columns: list[ast.expr]
) -> ast.expr:
    """``[Flow(t=t, cash=cash) for t, cash in zip(t_bar, cash_bar)]``."""
    owner = speller.reference(keys[0]) if kind in ("objects", "instances") else None
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
        given = [ast.keyword(str(key), read) for (key, _), read in pairs]
        made = ast.Call(owner, [], given)
        if kind == "instances":
            made = ast.Call(instance_maker(speller), [owner], given)
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
