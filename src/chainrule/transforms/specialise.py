"""Derivatives as functions: made at once where kinds are known, else on first call.

Code is specialised on two things.  Kinds of arguments: where all may be floats the function for
floats is made at once, and asks for them (:mod:`chainrule.emit.loading.entry`); elsewhere, and for
other kinds, :class:`Specialised` keeps one function for each.  Values that shaped the code (see
:mod:`chainrule.lift.watching`): each function begins with a check that they are what they were
(:mod:`chainrule.emit.loading.guards`), so that no wrapper stands between the user and the code;
:class:`~chainrule.transforms.variants.Variants` supplies another when the check fails.
"""

from __future__ import annotations

import functools
import inspect
import re
import sys
import types
from collections.abc import Callable, Hashable
from typing import Any

from chainrule.emit.loading.entry import Entry
from chainrule.emit.loading.guards import bound_arguments
from chainrule.emit.loading.kept_ints import kept_ints, wrapping
from chainrule.emit.loading.load import load
from chainrule.emit.module import render
from chainrule.emit.targets import target as target_named
from chainrule.errors import ArgumentError, ChainruleError, UnsupportedError, leave
from chainrule.graph.guard import has_no_entries
from chainrule.graph.large import large_programs
from chainrule.lift.infer import certain_numbers, takes_numbers
from chainrule.lift.library.written_calls import as_written
from chainrule.lift.lifter import hangs_on_values, is_direct, owner_and_function
from chainrule.lift.source import Source, innermost, partials_of, source_of
from chainrule.transforms.compiling import is_of_compiler, not_compiled
from chainrule.transforms.decorating import named_in_place
from chainrule.transforms.derive import derive, wrt_names
from chainrule.transforms.directions import check_kinds, with_seeds
from chainrule.transforms.kinds import PLAIN, Fits, fits, kind_key, never
from chainrule.transforms.variants import Variants

Wrt = int | str | tuple[int | str, ...]
ANNOTATED = (float, int, bool, "float", "int", "bool")
FLAGS = (int, bool, "int", "bool")
# What rules of arrays raise of numbers, of which they say nothing.
NOT_OF_NUMBERS = (ArithmeticError, LookupError, ValueError)
# Text of helpers to which an int is another thing than a float.
ASKS_FOR_KINDS = re.compile(r"\b(isinstance|issubclass|type|hasattr|getattr)\(")
# Derivatives that are kept for functions that are differentiated again.
MOST_KEPT = 128

Options = tuple[str, Wrt, str, str | None, str]


def derivative(
    function: Callable[..., Any],
    transform: str,
    wrt: Wrt | list[int | str],
    mode: str,
    name: str | None = None,
    target: str = "math",
) -> Callable[..., Any]:
    """The derivative of ``function`` as a function.

    Where every parameter's kind is known it is the generated function itself; else an object
    that specialises on the kinds of its first arguments.  Asked for again, as in a loop that
    calls ``grad(f)(x)``, the derivative of a plain function is the one that was made.
    """
    if not callable(function):
        raise ArgumentError(
            f"{transform} needs a function, not {type(function).__name__}",
            remedy="Give a Python function.",
        )
    function = as_written(function)
    wrt = tuple(wrt) if isinstance(wrt, list) else wrt
    names = wrt_names(function, wrt)
    options = (transform, names if isinstance(wrt, tuple) else names[0], mode, name, target)
    # What captures variables is mostly made anew itself, and would be kept alive here.
    plain = type(function) is types.FunctionType and function.__closure__ is None
    if plain and all(isinstance(option, (str, tuple, type(None))) for option in options):
        kept = _made_before(function, function.__code__, options)
        if isinstance(kept.made, Specialised):
            return kept.made.again()
        if not kept.handed_out or _is_as_new(kept.made):
            kept.handed_out = True
            return kept.made
    return _made(function, options)


class _Kept:
    """A derivative that may be asked for again."""

    def __init__(self, made: Callable[..., Any]) -> None:
        self.made = made
        # Not yet: it is what was generated a moment ago.
        self.handed_out = False


@functools.lru_cache(maxsize=MOST_KEPT)
def _made_before(function: Callable[..., Any], code: types.CodeType, options: Options) -> _Kept:
    """The derivative of a function whose code is still this."""
    return _Kept(_made(function, options))


class RaisesForFloats(ChainruleError):
    """There is nothing to differentiate for floats: what is given decides."""


def _is_as_new(generated: Any) -> bool:
    """Whether a generated function shows and runs what would be generated now."""
    watch, entry = generated.watch, generated.entry
    certain = (watch is None or watch.stands()) and (entry is None or entry.on)
    return certain and bool(generated.shows.what_is_there())


def _made(function: Callable[..., Any], options: Options) -> Callable[..., Any]:
    transform, wrt, mode, name, target = options
    names = wrt_names(function, wrt)
    base = base_function(function)
    owner, _ = owner_and_function(base)
    source = source_of(innermost(base))
    request = Request(function, transform, wrt, mode, name, target)
    if owner is None and is_direct(base) and not isinstance(function, Specialised):
        with large_programs():
            entry = entry_of(source, names)
        if entry is not None and not entry:
            try:
                first = request.generate(None, entry if target == "math" else None)
            except (RaisesForFloats, *NOT_OF_NUMBERS):
                return Specialised(request)
            except UnsupportedError as refusal:
                if not hangs_on_values(refusal, function):
                    raise
                return Specialised(request)
            return with_variants(request, source, first, entry)
        if entry is not None and target == "math":
            return made_for_floats(request, source, entry)
    return Specialised(request)


def made_for_floats(request: Request, source: Source, entry: Entry) -> Callable[..., Any]:
    """The function for floats, which passes arguments of other kinds on.

    Where it cannot be made the kinds of the first arguments decide.
    """
    try:
        first = request.generate(None, entry, _refuse_kinds)
        # A rule of the user's may have been read since.
        for text in request.texts:
            _refuse_kinds(text)
    except (ChainruleError, *NOT_OF_NUMBERS):
        return Specialised(request)
    return with_variants(request, source, first, entry)


def _refuse_kinds(text: str) -> None:
    """Refuse what may be another function for an int than for a float."""
    if ASKS_FOR_KINDS.search(text):
        raise ChainruleError("the kinds of the arguments decide", remedy="Call it.")


def with_variants(request: Request, source: Source, first: Any, entry: Entry) -> Callable[..., Any]:
    """The function, which others stand in for where the world, or what it is given, is another."""
    variants = Variants(source.function, request.generate_again, first)
    if first.entry is not None:
        ByKind(variants, request, entry)
    made: Callable[..., Any] = variants.first
    if request.name is None:
        named_in_place(made, source)
    return made


class Request:
    """What was asked for: a transform of a function with its options."""

    def __init__(
        self,
        function: Callable[..., Any],
        transform: str,
        wrt: Wrt,
        mode: str,
        name: str | None,
        target: str,
    ) -> None:
        self.function = function
        self.transform = transform
        self.wrt = wrt
        self.mode = mode
        self.name = name
        self.target = target
        # The user's functions that the code answers, as text.
        self.texts: list[str] = []

    def generate(
        self,
        arguments: dict[str, Any] | None,
        entry: Entry | None = None,
        read: Callable[[str], None] | None = None,
    ) -> types.FunctionType:
        """The generated function for arguments like these, which ``entry`` checks.

        ``read`` sees the text of each function that it is made of before it is made.
        """
        try:
            with large_programs():
                return self._generated(arguments, entry, read)
        except ChainruleError as refusal:
            leave(refusal)
            raise

    def _generated(
        self,
        arguments: dict[str, Any] | None,
        entry: Entry | None,
        read: Callable[[str], None] | None,
    ) -> types.FunctionType:
        graphs = derive(
            self.function,
            self.transform,
            self.wrt,
            self.mode,
            self.name,
            arguments=arguments,
            cheap_tapes=target_named(self.target).allocates,
            read=read,
        )
        if entry is not None:
            if arguments is None and not graphs[0].body.completes:
                # What says that it is a number, and is none, would raise what floats do.
                raise RaisesForFloats("f raises whatever floats it is given", remedy="Call it.")
            if arguments is None and graphs[0].raises_by_kind and entry:
                raise RaisesForFloats("f raises where it is given floats", remedy="Call it.")
            if arguments is None and graphs[0].mixed_result and flags_of(self.function):
                raise RaisesForFloats("a flag may decide what it returns", remedy="Call it.")
            asked = entry.asking(wrapping(graphs[0], entry.unasked))
            asked = asked.strict(kept_ints(graphs[0], entry.floats))
            entry = asked if asked else None
        emitted = render(graphs, target=self.target)
        source = source_of(innermost(base_function(self.function)))
        generated = load(
            emitted, graphs[0].name, module_globals=source.function.__globals__, entry=entry
        )
        generated.request, generated.entry = self, entry  # type: ignore[attr-defined]
        generated.parameter_types = {  # type: ignore[attr-defined]
            parameter.name: parameter.node.type
            for parameter in graphs[0].signature
            if parameter.node is not None
        }
        self.texts = [text for _, _, text in graphs[0].sources]
        for graph in emitted.graphs.values():
            graph.dissolve()
        return generated

    def generate_again(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> types.FunctionType:
        """The function for annotated kinds, or for arrays that were given in their place."""
        signature = inspect.signature(self.function)
        names = wrt_names(self.function, self.wrt)
        arguments = _arguments_of(signature, self.transform, names, args, keywords)
        numbers = all(map(has_no_entries, arguments.values()))
        return self.generate(None if numbers else arguments)


def flags_of(function: Any) -> list[str]:
    """The parameters that may be flags, by their defaults or annotations."""
    return [
        name
        for name, parameter in inspect.signature(function).parameters.items()
        if type(parameter.default) in (bool, int) or parameter.annotation in FLAGS
    ]


def _arguments_of(
    signature: inspect.Signature,
    transform: str,
    wrt: tuple[str, ...],
    args: tuple[Any, ...],
    keywords: dict[str, Any],
) -> dict[str, Any]:
    """The function's own arguments by name, without directions and seeds."""
    _, seeds, positional = with_seeds(signature, transform, wrt)
    given = {name: value for name, value in keywords.items() if name not in seeds}
    bound = signature.bind(*(args[: len(signature.parameters)] if positional else args), **given)
    bound.apply_defaults()
    return dict(bound.arguments)


def base_function(function: Any) -> Any:
    """The function that a derivative, of whatever order, was taken of."""
    while isinstance(getattr(function, "request", None), Request):
        function = function.request.function
    return function


class ByKind:
    """What a function made for floats calls when it is given something else."""

    def __init__(self, variants: Variants, request: Request, entry: Entry) -> None:
        self.variants = variants
        self.request = request
        self.entry = entry
        self._others: Specialised | None = None
        entry.on_other_kinds(self.call)

    def call(self, *args: Any, **keywords: Any) -> Any:
        """The derivative for these arguments, whatever their kinds."""
        try:
            return self._called(args, keywords)
        except ChainruleError as refusal:
            leave(refusal)
            raise

    def _called(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        first = self.variants.first
        others = self._others
        if not self.entry.on and others and others.is_as_before(args, keywords):
            # What these are floats do not decide: they are of the kinds of the call before.
            first.source = others.source
            return others(*args, **keywords)
        if not self.entry.on and self.entry.fits(bound_arguments(first, args, keywords)):
            self.entry.switch(on=True)
            first.source = self.variants.text
            return first(*args, **keywords)
        if self._others is None:
            self._others = Specialised(self.request)
        result = self._others(*args, **keywords)
        # The text is that of what has run: the next call with floats puts its own there.
        self.entry.switch(on=False)
        first.source = self._others.source
        return result


class Bound:
    """What a partial has bound; whoever holds its ``keywords`` may change them."""

    def __init__(self, partial: functools.partial[Any]) -> None:
        self.partial = partial
        self.found = partial.func, partial.args, dict(partial.keywords)

    def stands(self) -> bool:
        """Whether the same is bound now."""
        function, args, keywords = self.found
        partial, now = self.partial, self.partial.keywords
        same = partial.func is function and partial.args is args and list(now) == list(keywords)
        return same and all(now[name] is value for name, value in keywords.items())


class Specialised:
    """A derivative that is generated anew for every kind of arguments it meets.

    Attributes
    ----------
    source:
        The module text of the latest generated function.
    """

    def __init__(self, request: Request) -> None:
        self.request = request
        self._made: dict[Hashable, tuple[Callable[..., Any], Fits]] = {}
        self._latest: Callable[..., Any] | None = None
        # Whether the latest function is the one for these arguments.
        self._fits: Fits = never
        # What this one and others of the same have made.
        self._kept: dict[Hashable, Callable[..., Any]] = {}
        function = request.function
        base = base_function(function)
        # The object of a bound method or callable is passed on.
        self._owner, _ = owner_and_function(base)
        self._direct = is_direct(base)
        self._plain = plain = innermost(base)
        self._partials = [Bound(each) for each in partials_of(base)]
        self._read_defaults()
        functools.update_wrapper(self, plain)
        # It is not a wrapper of the function: what looks for the function must not go past it.
        vars(self).pop("__wrapped__", None)
        own = getattr(plain, "__annotations__", {})
        self.__annotations__ = {name: own[name] for name in own if name != "return"}
        self.__name__ = (
            request.name or f"{request.transform}_{getattr(plain, '__name__', 'function')}"
        )
        self.__qualname__ = self.__name__
        self.__doc__ = (
            f"{request.transform} of `{plain.__name__}`, generated for the kinds of its arguments."
        )

    def is_as_before(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> bool:
        """Whether these are certainly of the kinds of the arguments of the call before."""
        return self._fits(args, keywords)

    def again(self) -> Specialised:
        """Another of the same, to which nothing has been given yet; what is made they share."""
        other = Specialised(self.request)
        if other._defaults is self._defaults:
            other._kept = self._kept
        return other

    def _read_defaults(self) -> None:
        """Take over the function's defaults; what was made with others is forgotten."""
        inner = self.request.function
        if isinstance(inner, Specialised) and inner._has_other_defaults():
            inner._read_defaults()
        if not all(each.stands() for each in self._partials):
            self._partials = [Bound(each.partial) for each in self._partials]
            # Their values are defaults in the text, which no guard watches.
            self._kept = {}
        self._signature = inspect.signature(self.request.function)
        self._wrt = wrt_names(self.request.function, self.request.wrt)
        self._defaults = self._plain.__defaults__
        self._containers = tuple(
            value
            for value in (parameter.default for parameter in self._signature.parameters.values())
            if value is not inspect.Parameter.empty
            and not isinstance(value, (*PLAIN, str, type(None)))
        )
        self._made.clear()
        self._fits = never

    @property
    def __signature__(self) -> inspect.Signature:
        signature = with_seeds(self._signature, self.request.transform, self._wrt)[0]
        # What f returns is not what its derivative does.
        return signature.replace(return_annotation=inspect.Signature.empty)

    @property
    def source(self) -> str:
        """The text that ran last; generated from annotations and defaults before any call."""
        if self._latest is None:
            try:
                self._latest = self.request.generate(None)
            except ChainruleError as refusal:
                leave(refusal)
                raise
        text: str = self._latest.source  # type: ignore[attr-defined]
        return text

    def _has_other_defaults(self) -> bool:
        """Whether the function, or a partial of it, has been given other defaults."""
        if self._plain.__defaults__ is not self._defaults:
            return True
        return bool(self._partials) and not all(each.stands() for each in self._partials)

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        if self._fits(args, keywords):
            made: Any = self._latest
            return made(*args, **keywords) if keywords else made(*args)
        try:
            if self._has_other_defaults():
                self._read_defaults()
            key: Hashable = tuple(map(kind_key, args))
            if keywords or self._containers:
                named = tuple((name, kind_key(value)) for name, value in keywords.items())
                key = (key, named, tuple(map(kind_key, self._containers)))
            found = self._made.get(key)
            if found is None:
                made = self._kept.get(key)
                if made is None or not _is_as_new(made):
                    made = self._kept[key] = self._make(args, keywords)
                by_types = not self._containers and self._owner is None
                check = fits(args, keywords, self._plain, self._partials) if by_types else never
                found = self._made[key] = made, check
                if self._owner is None and target_named(self.request.target).decorator is not None:
                    return self._compiled(made, args, keywords)
            made, self._fits = found
            self._latest = made
            if self._owner is not None:
                return made(self._owner, *args, **keywords)
            return made(*args, **keywords)
        except ChainruleError as refusal:
            leave(refusal)
            raise

    def _compiled(
        self, made: Callable[..., Any], args: tuple[Any, ...], keywords: dict[str, Any]
    ) -> Any:
        """The first call, which compiles; what the compiler does not know becomes a refusal."""
        self._latest, self._fits = made, never
        try:
            return made(*args, **keywords)
        except Exception as error:
            if not is_of_compiler(error, "numba"):
                raise
            # Asked for again, it is refused again.
            self._made = {key: each for key, each in self._made.items() if each[0] is not made}
            source: str = made.source  # type: ignore[attr-defined]
            raise not_compiled(error, self.__name__, self._plain, source) from error

    def __repr__(self) -> str:
        return f"<{self.request.transform} of {self._plain.__qualname__}>"

    def __reduce__(self) -> Any:
        """A derivative is pickled as what was asked for; under its name where it replaced f."""
        found: Any = sys.modules.get(str(self.__module__))
        for part in self._plain.__qualname__.split("."):
            found = getattr(found, part, None)
        if found is self:
            return self._plain.__qualname__
        asked = self.request
        options = (asked.transform, asked.wrt, asked.mode, asked.name, asked.target)
        return derivative, (asked.function, *options)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        return functools.partial(self, instance)

    def _make(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> Callable[..., Any]:
        """The function for arguments of this kind."""

        def generate(args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
            own = args if self._owner is None else args[1:]
            return self.request.generate(self._arguments(own, keywords))

        first = self.request.generate(self._arguments(args, keywords))
        self._check_seeds(first, args, keywords)
        made: Callable[..., Any] = Variants(
            self._plain if self._direct else self.request, generate, first
        ).first
        return made

    def _check_seeds(
        self, made: Callable[..., Any], args: tuple[Any, ...], keywords: dict[str, Any]
    ) -> None:
        """Refuse directions and adjoints of other kinds than what they belong to."""
        signature, names, _ = with_seeds(self._signature, self.request.transform, self._wrt)
        if names:
            given = signature.bind(*args, **keywords).arguments
            types = made.parameter_types  # type: ignore[attr-defined]
            check_kinds({name: given[name] for name in names}, types)

    def _arguments(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> dict[str, Any]:
        return _arguments_of(self._signature, self.request.transform, self._wrt, args, keywords)


def entry_of(source: Source, wrt: tuple[str, ...]) -> Entry | None:
    """What has to be asked of arguments, where all are numbers; None where that is not certain.

    Nothing has to be asked of a parameter with an annotation, or of one that certainly is a
    number in the function itself, unless integers of NumPy would wrap around.
    """
    certain = certain_numbers(source)
    floats: list[str] = []
    unasked: list[str] = []
    exact: dict[str, type] = {}
    for parameter in inspect.signature(source.function).parameters.values():
        default = parameter.default
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            return None
        if parameter.annotation in ANNOTATED:
            if default is None:
                return None
            if parameter.annotation in (float, "float"):
                unasked.append(parameter.name)
            continue
        if parameter.annotation is not inspect.Parameter.empty:
            return None
        if type(default) in (int, bool) and parameter.name not in wrt:
            exact[parameter.name] = type(default)
        elif default is not inspect.Parameter.empty and type(default) not in (float, int):
            return None
        elif parameter.name not in certain:
            floats.append(parameter.name)
        else:
            unasked.append(parameter.name)
    if (floats or exact) and not takes_numbers(source):
        return None
    return Entry(tuple(floats), exact, tuple(unasked))
