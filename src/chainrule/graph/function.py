"""Functions that are kept apart: called by the code of others, and by themselves."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from chainrule.graph.types import Type

Key = Hashable


@dataclass(eq=False)
class Function:
    """A function of the user's, or its value with slopes, that is called rather than inlined.

    Attributes
    ----------
    source:
        The user's own function; None for its slopes.
    types:
        Types of the results; empty while the function is being lifted.
    lifted:
        Its graph with the layouts of what goes in and out; None as long as nobody needs it.
    base, mask:
        For a function with slopes: the key of the function that it is the derivative of, and by
        which arguments.  Its results are those of the base, then the slope of each result that
        is a number by each such argument.
    raises:
        Calling it may raise an exception of the user's own: the call is an effect.
    lifting, met:
        It is being lifted; and a call of it was met while it was.
    """

    key: Key
    name: str
    source: Any = None
    types: tuple[Type, ...] = ()
    lifted: Any = None
    base: Key = None
    mask: tuple[bool, ...] = ()
    raises: bool = False
    lifting: bool = False
    met: bool = False
