"""One derivative for one kind of arguments, generated anew when what shaped its code changes."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from chainrule.emit.loading.guards import Watch, bound_arguments
from chainrule.errors import ChainruleError, InternalError, leave

# Generated functions that are kept for values that may come back.
MOST_KEPT = 16

Generate = Callable[[tuple[Any, ...], dict[str, Any]], Any]


class Variants:
    """The generated functions for one kind of arguments, one for each state of the world.

    The user holds the first.  It checks its guards itself; when one fails it calls
    :meth:`renewed`, and until it is right again hands its arguments to the one that is.

    Attributes
    ----------
    first:
        The function that is given away; its ``source`` is always the text that ran last.
    """

    def __init__(self, function: Any, generate: Generate, first: Any) -> None:
        self.function = function
        self.generate = generate
        self.first = first
        self.current = first
        self.made: list[Any] = []
        # The text of each: that of the first is overwritten.
        self.texts: dict[Any, str] = {}
        self._keep(first)

    @property
    def text(self) -> str:
        """The text of the function that is right as far as is known."""
        return self.texts[self.current]

    def _keep(self, function: Any) -> None:
        watch: Watch | None = function.watch
        if watch is not None:
            watch.on_change(functools.partial(self.renewed, function))
        self.made.append(function)
        self.texts[function] = function.source
        if len(self.made) > MOST_KEPT:
            # The first stays: it is the one that the user calls.
            del self.texts[self.made.pop(1)]

    def renewed(self, stale: Any, *args: Any, **keywords: Any) -> Any:
        """The value of the function that is right now; ``stale`` has found that it is not."""
        if stale is self.current:
            args, keywords = self._with_new_defaults(args, keywords)
            try:
                self.current = self._right_one(args, keywords)
            except ChainruleError as refusal:
                leave(refusal)
                raise
            self.first.source = self.texts[self.current]
            if self.first.watch is not None:
                self.first.watch.switch(on=self.current is self.first)
        return self.current(*args, **keywords)

    def _with_new_defaults(
        self, args: tuple[Any, ...], keywords: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments, with the function's new defaults in the place of its old ones."""
        signature = inspect.signature(self.first)
        bound = signature.bind(*args, **keywords)
        if not hasattr(self.function, "__defaults__"):
            return args, keywords
        new = inspect.signature(self.function).parameters
        for name, parameter in signature.parameters.items():
            old = parameter.default
            default = new[name].default if name in new else old
            if old is not default and bound.arguments.get(name) is old:
                bound.arguments[name] = default
        self.first.__defaults__ = self.function.__defaults__
        self.first.__kwdefaults__ = self.function.__kwdefaults__
        return bound.args, bound.kwargs

    def _right_one(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        for function in reversed(self.made):
            if self._holds(function, args, keywords):
                return function
        made = self.generate(args, keywords)
        self._keep(made)
        if not self._holds(made, args, keywords):
            raise InternalError(f"the guards of {made.__name__} do not hold though it is new")
        return made

    def _holds(self, function: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> bool:
        watch: Watch | None = function.watch
        return watch is None or watch.hold(bound_arguments(function, args, keywords))
