"""Parameters of which nothing tells what they are: taken for numbers, until what looks at a whole
array is given one.

The command line has no arguments that would show it.  A mean of a number is that number, and of
an array it is not: whoever asks must tell.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chainrule.errors import ArgumentError, ChainruleError
from chainrule.graph.block import CONSTANT
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.lift.values import Value

# Functions with a form of their own whose result hangs on how many entries there are.
OF_THE_WHOLE = frozenset(
    {
        "atleast_1d", "atleast_2d", "average", "corrcoef", "cov", "cross", "diff", "ediff1d",
        "einsum", "gradient", "histogram", "isscalar", "ndim", "norm", "outer", "polyfit", "shape",
        "size", "trapezoid", "unique",
    }
)  # fmt: skip
# Those that are as well asked for one number among the entries of another array.
OF_ONE = frozenset({"broadcast_to", "copy", "digitize", "interp", "isin", "searchsorted"})


def check_told(lifter: Any, what: str, values: Iterable[Value], node: Any = None) -> None:
    """Refuse what looks at a whole array, of a number that was guessed to be one."""
    if lifter.untold and any(_is_number(value) for value in values):
        raise untold(lifter, f"`{what}` looks at all entries of an array", node)


def untold(lifter: Any, found: str, node: Any = None) -> ChainruleError:
    """The refusal of what may be an array of the user's."""
    refusal: ChainruleError = lifter.unsupported(
        f"{found}, and nothing tells whether {' or '.join(_named(lifter.untold))} is one",
        remedy_of(lifter.untold[0]),
        node,
    )
    return refusal


def untold_kind(lifter: Any) -> ChainruleError:
    """The refusal of what raises for the kinds that were guessed."""
    names = " or ".join(_named(lifter.untold))
    refusal: ChainruleError = lifter.unsupported(
        f"what is no number is needed here, and nothing tells what {names} is",
        remedy_of(lifter.untold[0]),
    )
    return refusal


def untold_parameter(name: str) -> ArgumentError:
    """The refusal to differentiate by what is used as an object that nothing tells of."""
    return ArgumentError(
        f"nothing tells what parameter `{name}` is, which is used as no number is",
        remedy=remedy_of(name),
    )


def remedy_of(name: str) -> str:
    """What to do about a parameter that nothing tells of."""
    return (
        f'Annotate it, or tell what it is: --arg "{name}=float[n]", {name}=list[float], '
        f"{name}=float, ...; `kinds` in pyproject.toml."
    )


def _named(names: Iterable[str]) -> list[str]:
    return [f"`{name}`" for name in names]


def _is_number(value: Value) -> bool:
    return isinstance(value, Node) and value.type == FLOAT and value.op is not CONSTANT
