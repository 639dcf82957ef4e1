"""The check with which a function begins that was made for floats: whether it is given some.

Like the check of what shaped the code (:mod:`chainrule.emit.guards`) it stands in the loaded
function only, not in the text that is shown.  One addition a parameter tells floats from arrays,
lists and all else::

    if type(S + K + sigma) is not float:
        return other_kinds(S, K, sigma)
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import CellType
from typing import Any

from chainrule.emit.guards import same_call

# No name of the user's can be spelled like these.
FITS, TYPE, FLOAT, OTHER, ERROR = ".fits", ".type", ".float", ".other", ".error"


def _empty() -> CellType:
    return CellType(None)


@dataclass(frozen=True)
class Entry:
    """What is asked of the arguments before the body is run.

    Attributes
    ----------
    floats:
        Parameters whose sum must be a float: an int among floats is one, too.
    exact:
        Parameters that must be of one type, and which.
    """

    floats: tuple[str, ...]
    exact: Mapping[str, type] = field(default_factory=dict)
    _float: CellType = field(default_factory=lambda: CellType(float))
    _other: CellType = field(default_factory=_empty)

    def __bool__(self) -> bool:
        return bool(self.floats or self.exact)

    def strict(self, names: Sequence[str]) -> Entry:
        """The same check that lets no int pass for these parameters."""
        floats = tuple(name for name in self.floats if name not in names)
        return replace(self, floats=floats, exact={**self.exact, **dict.fromkeys(names, float)})

    def on_other_kinds(self, call: Callable[..., Any]) -> None:
        """What is called instead of the body for arguments of other kinds."""
        self._other.cell_contents = call

    def switch(self, on: bool) -> None:
        """Let every call go to where other kinds go, until it is switched on again."""
        self._float.cell_contents = float if on else object()

    @property
    def on(self) -> bool:
        """Whether calls with floats run the body."""
        return self._float.cell_contents is float

    def fits(self, arguments: Mapping[str, Any]) -> bool:
        """Whether the body is right for these arguments."""
        try:
            values = [arguments[name] for name in self.floats]
            total = sum(values[1:], values[0]) if values else 0.0
            return type(total) is float and all(
                type(arguments[name]) is kind for name, kind in self.exact.items()
            )
        except Exception:
            # What cannot be added is no number.
            return False

    @property
    def cells(self) -> dict[str, CellType]:
        """What the check needs, by the name under which it finds it."""
        found = {FLOAT: self._float, OTHER: self._other}
        found |= {TYPE: CellType(type), ERROR: CellType(Exception)}
        for name, kind in self.exact.items():
            found[f".{name}"] = CellType(kind)
        return found

    def checked(self, function: ast.FunctionDef) -> ast.FunctionDef:
        """``function`` with the check in front of its body."""
        tests = [ast.Compare(self._type_of(self._sum()), [ast.Is()], [_read(FLOAT)])]
        for name in self.exact:
            tests.append(ast.Compare(self._type_of(_read(name)), [ast.Is()], [_read(f".{name}")]))
        test = tests[0] if len(tests) == 1 else ast.BoolOp(ast.And(), list(tests))
        fits = ast.Name(FITS, ast.Store())
        handler = ast.ExceptHandler(_read(ERROR), None, [ast.Assign([fits], ast.Constant(False))])
        check: list[ast.stmt] = [
            ast.Try([ast.Assign([fits], test)], [handler], [], []),
            ast.If(
                ast.UnaryOp(ast.Not(), _read(FITS)),
                [ast.Return(same_call(OTHER, function.args))],
                [],
            ),
        ]
        for statement in check:
            for node in ast.walk(statement):
                ast.copy_location(node, function.args.args[0] if function.args.args else function)
        first = 1 if ast.get_docstring(function, clean=False) is not None else 0
        checked = copy.copy(function)
        checked.body = [*function.body[:first], *check, *function.body[first:]]
        return checked

    def _sum(self) -> ast.expr:
        if not self.floats:
            # The switch has to be looked at all the same.
            return ast.Constant(0.0)
        total: ast.expr = _read(self.floats[0])
        for name in self.floats[1:]:
            total = ast.BinOp(total, ast.Add(), _read(name))
        return total

    def _type_of(self, value: ast.expr) -> ast.expr:
        return ast.Call(_read(TYPE), [value], [])


def _read(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())
