"""Functions that are kept apart: called by the code of others, and by themselves."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, NamedTuple

from chainrule.graph.types import Type
from chainrule.records import dataclass

Key = Hashable


class StateLayout(NamedTuple):
    """How a state and its slopes stand in one array: the states, then a row of slopes for each.

    ``position`` is that of the state among the function's arguments; ``states``, ``leading`` and
    ``columns`` are how many states there are, how many columns of slopes are by what the function
    does not take, and how many there are in all, None where the code finds out.
    """

    position: int
    states: int | None
    leading: int | None
    columns: int | None

    @property
    def single(self) -> bool:
        """Whether there is one column of slopes."""
        return self.columns == 1


class Left(NamedTuple):
    """What a function leaves its arguments with.

    ``changed`` are the places of those that it changes: what they are left with are its last
    results.  ``hands_back`` is the place of the one that it returns itself, ``linked`` the class of
    the linked object that it returns by its place.  ``places`` are the results that are such
    places, or lists of them.
    """

    changed: tuple[int, ...] = ()
    hands_back: int | None = None
    linked: Any = None
    places: tuple[int, ...] = ()


@dataclass(eq=False)
class Function:
    """A function of the user's, or a derivative of one, that is called rather than inlined.

    Attributes
    ----------
    source:
        The user's own function; None for a derivative.
    types:
        Types of the results; empty while the function is being lifted.
    lifted:
        Its graph with the layouts of what goes in and out; None as long as nobody needs it.
    kind, base, mask:
        For a derivative: which one, of the function under the key ``base``, and by which
        arguments.  ``"slopes"`` are the results of the base, then the slope of each result that
        is a number by each such argument.  ``"pullback"`` takes the adjoint of result ``k`` as a
        further argument and returns the adjoints of those arguments; ``"pushforward"`` takes
        their tangents and returns that of result ``k``.  Where ``ks`` are given, it is so for these
        results together.  ``"sensitivities"`` is the right side of
        a system of differential equations beside the slopes of its solution.
    layout:
        Of such a system, how state and slopes stand in one array.
    raises:
        Calling it may raise an exception of the user's own: the call is an effect.
    keeps:
        For how many calls it keeps its results, as written for ``functools.lru_cache``.
    left:
        What its arguments are left with, where it changes some.
    depends:
        On which of its arguments each of its results depends, once somebody has asked.
    unpacked:
        Whether the results of a call are given names at once.
    attributes:
        What it is given as attributes where it is defined, which tell SciPy how to call it.
    says:
        What its docstring says, where it is made of one of the user's.
    asked:
        Whether the user asks how the search has ended that is for its root, or where it is least.
    lifting, met:
        It is being lifted; and a call of it was met while it was.
    """

    key: Key
    name: str
    source: Any = None
    types: tuple[Type, ...] = ()
    lifted: Any = None
    kind: str = ""
    base: Key = None
    mask: tuple[bool, ...] = ()
    k: int = 0
    ks: tuple[int, ...] = ()
    raises: bool = False
    keeps: str | None = None
    left: Left = Left()
    depends: tuple[frozenset[int], ...] | None = None
    lifting: bool = False
    met: bool = False
    layout: StateLayout | None = None
    unpacked: bool = True
    attributes: tuple[tuple[str, Any], ...] = ()
    says: str = ""
    asked: bool = False
