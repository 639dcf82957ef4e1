"""Derivative rules given by users."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from chainrule.errors import ArgumentError

F = TypeVar("F", bound=Callable[..., Any])


def define_derivative(
    *partials: Callable[..., Any], check_at: Sequence[Sequence[float]] = ()
) -> Callable[[F], F]:
    """Give a function of scalars its partial derivatives, one for each parameter.

    Each partial is a function of the same parameters, in ordinary arithmetic and the functions of
    ``chainrule.primitives``, or any Python function that chainrule can differentiate further.

    Parameters
    ----------
    check_at:
        Points at which the partials are compared with central differences on registration.

    Raises
    ------
    ArgumentError
        When the number of partials does not fit, or one disagrees at a point of ``check_at``.

    >>> from chainrule import define_derivative
    >>> @define_derivative(lambda x: 2.0 * x, check_at=[(1.5,)])
    ... def square(x):
    ...     return x * x
    """

    def register(function: F) -> F:
        import inspect

        from chainrule.primitives.custom import add_rule

        arity = len(inspect.signature(function).parameters)
        if len(partials) != arity:
            raise ArgumentError(
                f"`{function.__name__}` has {arity} parameters, not {len(partials)} as partials",
                remedy="Give one partial derivative for each parameter.",
            )
        for point in check_at:
            _check(function, partials, point)
        add_rule(
            function,
            arity,
            lambda *args: tuple(_applied(partial, args[:-1]) for partial in partials),
        )
        return function

    return register


def _applied(partial: Callable[..., Any], args: Sequence[Any]) -> Any:
    """A partial on numbers, or, lifted, on nodes."""
    from chainrule.graph.node import Node
    from chainrule.lift.lifter import lift
    from chainrule.transforms.products import Embedded

    nodes = [arg for arg in args if isinstance(arg, Node)]
    if not nodes:
        return partial(*args)
    graph = nodes[0].graph
    lifted = lift(partial)
    embedded = Embedded(lifted.graph, graph)
    given = [arg if isinstance(arg, Node) else graph.constant(arg) for arg in args]
    embedded.parameters_from(given)
    embedded.walk(lifted.graph.body, graph.cursor)
    assert lifted.result.node is not None
    return embedded.mapped(lifted.result.node)


def _check(
    function: Callable[..., Any], partials: Sequence[Callable[..., Any]], point: Sequence[float]
) -> None:
    """Compare partials with central differences of two steps."""
    for position, partial in enumerate(partials):
        step = 1e-4 * max(1.0, abs(point[position]))
        coarse = _difference(function, point, position, step)
        fine = _difference(function, point, position, step / 2)
        extrapolated = fine + (fine - coarse) / 3
        given = partial(*point)
        if abs(given - extrapolated) > 1e-5 * max(1.0, abs(extrapolated)):
            raise ArgumentError(
                f"partial {position} of `{function.__name__}` is {given!r} at {tuple(point)!r}, "
                f"and differences give {extrapolated!r}",
                remedy="Correct the partial derivative.",
            )


def _difference(
    function: Callable[..., Any], point: Sequence[float], position: int, step: float
) -> float:
    above, below = list(point), list(point)
    above[position] += step
    below[position] -= step
    slope: float = (function(*above) - function(*below)) / (2 * step)
    return slope
