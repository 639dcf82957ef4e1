"""What type checkers know of transforms: the parameters of f stay, and what comes back is told.

A gradient is laid out as what it is taken by, which types do not tell: it is ``Any``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, Protocol, TypeVar, overload

Wrt = int | str | Sequence[int | str]
P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class Derivative(Protocol[P, R_co]):
    """A function that was made, with the text that runs as ``source``."""

    @property
    def source(self) -> str: ...

    def __call__(self, *args: P.args, **keywords: P.kwargs) -> R_co: ...

    @overload
    def __get__(self, instance: None, owner: type) -> Derivative[P, R_co]: ...
    @overload
    def __get__(self, instance: object, owner: type | None = None) -> Callable[..., R_co]: ...


class OfOneNumber(Protocol):
    """``grad``, ``jacobian``, ``hessian``."""

    @overload
    def __call__(
        self,
        function: Callable[P, Any],
        wrt: Wrt = 0,
        *,
        mode: str = "auto",
        target: str = "math",
        name: str | None = None,
    ) -> Derivative[P, Any]: ...
    @overload
    def __call__(
        self,
        function: None = None,
        wrt: Wrt = 0,
        *,
        mode: str = "auto",
        target: str = "math",
        name: str | None = None,
    ) -> Callable[[Callable[P, Any]], Derivative[P, Any]]: ...


class WithValue(Protocol):
    """``value_and_grad``."""

    @overload
    def __call__(
        self,
        function: Callable[P, R],
        wrt: Wrt = 0,
        *,
        mode: str = "auto",
        target: str = "math",
        name: str | None = None,
    ) -> Derivative[P, tuple[R, Any]]: ...
    @overload
    def __call__(
        self,
        function: None = None,
        wrt: Wrt = 0,
        *,
        mode: str = "auto",
        target: str = "math",
        name: str | None = None,
    ) -> Callable[[Callable[P, R]], Derivative[P, tuple[R, Any]]]: ...


class Seeded(Protocol):
    """``jvp``, ``vjp``, ``hvp``: the directions or adjoints are further parameters."""

    @overload
    def __call__(
        self,
        function: Callable[..., Any],
        wrt: Wrt = 0,
        *,
        mode: str = "auto",
        target: str = "math",
        name: str | None = None,
    ) -> Derivative[..., tuple[Any, Any]]: ...
    @overload
    def __call__(
        self,
        function: None = None,
        wrt: Wrt = 0,
        *,
        mode: str = "auto",
        target: str = "math",
        name: str | None = None,
    ) -> Callable[[Callable[..., Any]], Derivative[..., tuple[Any, Any]]]: ...
