"""The check with which a function begins that was made for floats: whether it is given some.

Like the check of what shaped the code (:mod:`chainrule.emit.loading.guards`) it stands in the
loaded function only, not in the text that is shown.  One addition a parameter tells floats from
arrays, lists and all else, and where the body adds and multiplies parameters anyway its own values
do (:mod:`chainrule.emit.loading.witnesses`)::

    if (S + K + sigma).__class__ is not float:
        return other_kinds(S, K, sigma)
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import field
from typing import Any

from chainrule.emit.loading.constants import Cell, Slot, fill
from chainrule.emit.loading.guards import OFF, Elsewhere, begun, check_of, left, part_of, parted
from chainrule.emit.loading.witnesses import witnesses
from chainrule.records import dataclass, replace

# No name of the user's can be spelled like these.
FLOAT, OTHER, AWAY, KIND = ".float", ".other", ".away", ".kind."


@dataclass(frozen=True)
class Entry:
    """What is asked of the arguments before the body is run.

    Attributes
    ----------
    floats:
        Parameters whose sum must be a float: an int among floats is one, too.
    exact:
        Parameters that must be of one type, and which.
    unasked:
        Parameters that are numbers, floats as a rule, of which nothing is asked.
    """

    floats: tuple[str, ...]
    exact: Mapping[str, type] = field(default_factory=dict)
    unasked: tuple[str, ...] = ()
    _float: Slot = field(default_factory=lambda: Slot(float))
    _away: Slot = field(default_factory=lambda: Slot(False))
    _other: Elsewhere = field(default_factory=Elsewhere)

    def __bool__(self) -> bool:
        return bool(self.floats or self.exact)

    def strict(self, names: Sequence[str]) -> Entry:
        """The same check that lets no int pass for these parameters."""
        floats = tuple(name for name in self.floats if name not in names)
        return replace(self, floats=floats, exact={**self.exact, **dict.fromkeys(names, float)})

    def asking(self, names: Sequence[str]) -> Entry:
        """The same check that asks some of the others, too; an int may stand beside a float."""
        beside = [name for name in self.unasked if name not in names][: 0 if self.floats else 1]
        return replace(self, floats=(*self.floats, *names, *beside)) if names else self

    def on_other_kinds(self, call: Callable[..., Any]) -> None:
        """What is called instead of the body for arguments of other kinds."""
        self._other.call = call

    def switch(self, on: bool) -> None:
        """Let every call go to where other kinds go, until it is switched on again."""
        fill({self._float: float if on else OFF, self._away: not on})

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
    def cells(self) -> dict[str, Cell]:
        """What the check needs, by the name under which it finds it."""
        found: dict[str, Cell] = {
            FLOAT: self._float,
            AWAY: self._away,
            OTHER: Slot(self._other),
        }
        for name, kind in self.exact.items():
            found[f"{KIND}{name}"] = Slot(kind)
        return found

    def checked(
        self, function: ast.FunctionDef, pure: Collection[str], checks: Sequence[ast.stmt]
    ) -> ast.FunctionDef:
        """``function`` with the check in front of its body, or where the body tells of kinds.

        ``pure`` are names of functions of ``math``; ``checks`` are made after this one.
        """
        docstring, body = parted(function)
        found = witnesses(body, self.floats, pure)
        names = self.floats if found is None else found.names
        # The switch has to be looked at, whatever is asked.
        conditions = [_is_of(_sum(names), FLOAT) if names else _is_away(False)]
        conditions += [_is_of(_read(name), f"{KIND}{name}") for name in self.exact]
        if found is None:
            return begun(function, [check_of(function, [], conditions, OTHER), *checks])
        computed, rest = body[: found.statements], body[found.statements :]
        result = copy.copy(function)
        off = ast.If(_is_away(True), [left(function, OTHER)], [])
        for node in ast.walk(off):
            ast.copy_location(node, function.args.args[0])
        check = check_of(function, computed, conditions, OTHER, self._raised(checks))
        result.body = [*docstring, off, check, *checks, *rest]
        return result

    def _raised(self, checks: Sequence[ast.stmt]) -> list[ast.stmt]:
        """What a number raises is raised: numbers are told from other kinds one by one."""
        names = (*self.floats, *self.exact)
        self._other.fits = lambda *values: self.fits(dict(zip(names, values, strict=True)))
        fits = ast.Call(part_of(OTHER, "fits"), [_read(name) for name in names], [])
        return [ast.If(fits, [*copy.deepcopy(checks), ast.Raise()], [])]


def _is_away(value: bool) -> ast.expr:
    """Whether the switch lets every call go elsewhere, or none."""
    return ast.Compare(_read(AWAY), [ast.Is()], [ast.Constant(value)])


def _sum(names: Sequence[str]) -> ast.expr:
    total: ast.expr = _read(names[0])
    for name in names[1:]:
        total = ast.BinOp(total, ast.Add(), _read(name))
    return total


def _is_of(value: ast.expr, kind: str) -> ast.expr:
    """Whether a value is of a class: asked of the value itself, which takes less than a call."""
    return ast.Compare(ast.Attribute(value, "__class__", ast.Load()), [ast.Is()], [_read(kind)])


def _read(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())
