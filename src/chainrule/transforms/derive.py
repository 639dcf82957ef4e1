"""From a function and a transform's name to graphs that are ready to be rendered."""

from __future__ import annotations

import inspect
import os
from collections import abc
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from numbers import Number
from typing import Any

from chainrule.differentiate.activity import all_steps
from chainrule.differentiate.read_back import refuse_texts
from chainrule.differentiate.searches import refuse_searches
from chainrule.differentiate.steps import refuse_steps
from chainrule.errors import ArgumentError, NotDifferentiableError, UnsupportedError
from chainrule.graph.block import UNDEFINED, Block, Graph
from chainrule.graph.node import Node
from chainrule.lift.lifted import Lifted
from chainrule.lift.objects.closed import is_closed_by_kind
from chainrule.primitives.control import LOOP, TRY, loop_parts, owned_blocks
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import operations
from chainrule.primitives.custom import spoken, stopped
from chainrule.primitives.drawn import Drawn
from chainrule.primitives.effect import KEY
from chainrule.simplify.own_squares import squared
from chainrule.transforms import jacobians, products
from chainrule.transforms.domains import with_domains
from chainrule.transforms.functions import with_calls
from chainrule.transforms.lifts import lifted_once
from chainrule.transforms.own_containers import in_own_containers
from chainrule.transforms.pipeline import Wrt, gradient, noticed, solved, wanted
from chainrule.transforms.slots import name_slots
from chainrule.version import __version__

MODES = ("auto", "forward", "reverse")
# What the first line of the docstring says of each transform.
TITLES = {
    "grad": "Gradient of `{f}` with respect to {wrt}.",
    "value_and_grad": "Value and gradient of `{f}` with respect to {wrt}.",
    "jacobian": "Jacobian of `{f}` with respect to {wrt}.",
    "hessian": "Hessian of `{f}` with respect to {wrt}.",
    "jvp": "Value of `{f}` and its tangent along directions of {wrt}.",
    "vjp": "Value of `{f}` and its adjoint with respect to {wrt}.",
    "hvp": "Gradient of `{f}` and its Hessian times a direction of {wrt}.",
}


def wrt_names(
    function: Callable[..., Any], wrt: int | str | tuple[int | str, ...]
) -> tuple[str, ...]:
    """Names of the parameters that ``wrt`` means.

    Raises
    ------
    ArgumentError
        When there is no such parameter.
    """
    try:
        names = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        names = []
    entries = wrt if isinstance(wrt, tuple) else (wrt,)
    found = []
    for entry in entries:
        if isinstance(entry, bool) or not isinstance(entry, (int, str)):
            raise ArgumentError(
                f"wrt={wrt!r} is neither a name nor a position",
                remedy="Give a parameter's name, its position, or a tuple or list of these.",
            )
        if isinstance(entry, str) and entry in names:
            found.append(entry)
        elif isinstance(entry, int) and -len(names) <= entry < len(names):
            found.append(names[entry])
        else:
            name = getattr(function, "__name__", function)
            if not names:
                raise ArgumentError(
                    f"`{name}` has no parameters to differentiate by",
                    remedy="Pass what it depends on as a parameter.",
                )
            raise ArgumentError(
                f"`{name}` has no parameter {entry!r}",
                remedy=f"Its parameters are {', '.join(names)}.",
            )
    if len(set(found)) < len(found) or not found:
        raise ArgumentError(
            f"wrt={wrt!r} names no parameter, or one twice",
            remedy="Name each parameter once.",
        )
    return tuple(found)


def transformed(lifted: Lifted, transform: str, wrt: Wrt, mode: str) -> Lifted:
    """Apply one transform to a lifted function."""
    return in_own_containers(_transformed(lifted, transform, wrt, mode), transform, lifted, wrt)


def _transformed(lifted: Lifted, transform: str, wrt: Wrt, mode: str) -> Lifted:
    lifted = solved(lifted, wanted(lifted, wrt).inputs)
    inputs = wanted(lifted, wrt).inputs
    results = list(lifted.result.leaves())
    refuse_searches(lifted.graph, inputs, results)
    refuse_steps(lifted.graph, inputs, results)
    refuse_texts(lifted.graph, inputs, results)
    lifted = noticed(lifted, inputs)
    if transform in ("grad", "value_and_grad"):
        return gradient(lifted, wrt, mode, transform == "value_and_grad", transform)
    if transform == "jacobian":
        return jacobians.jacobian(lifted, wrt, mode)
    if transform == "hessian":
        return jacobians.hessian(lifted, wrt, mode)
    if transform == "jvp":
        return products.jvp(lifted, wrt)
    if transform == "vjp":
        return products.vjp(lifted, wrt)
    if transform == "hvp":
        return products.hvp(lifted, wrt)
    raise ArgumentError(
        f"unknown transform `{transform}`", remedy=f"Known ones are {', '.join(TITLES)}."
    )


def derive(
    function: Callable[..., Any],
    transform: str = "grad",
    wrt: int | str | tuple[int | str, ...] | None = None,
    mode: str = "auto",
    name: str | None = None,
    kinds: Mapping[str, str] | None = None,
    arguments: Mapping[str, Any] | None = None,
    cheap_tapes: bool = False,
    read: Callable[[str], None] | None = None,
) -> list[Graph]:
    """The graph of a derivative, in a list ready for :func:`chainrule.emit.module.render`.

    Parameters
    ----------
    wrt:
        Parameters to differentiate by; default the first.
    mode:
        ``"auto"``, ``"forward"`` or ``"reverse"``.
    name:
        Name of the generated function.
    kinds, arguments:
        See :func:`chainrule.lift.lifter.lift`.
    cheap_tapes:
        Whether loops had better record what functions of ``math`` give.
    read:
        Is given the text of each function that is lifted, before anything is derived.

    Raises
    ------
    ChainruleError
        When the function cannot be lifted or differentiated.
    """
    if mode not in MODES:
        raise ArgumentError(f"unknown mode `{mode}`", remedy=f"Known modes are {', '.join(MODES)}.")
    wrt = 0 if wrt is None else wrt
    names = wrt_names(function, wrt)
    check_numbers(function, names, arguments)
    asked = names if isinstance(wrt, tuple) else names[0]
    lifted = lifted_of(function, arguments, kinds, names, read=read)
    if read is not None:
        for _, _, text in lifted.graph.sources:
            read(text)
    lifted.graph.cheap_tapes = cheap_tapes
    try:
        result = transformed(lifted, transform, asked, mode)
    except (NotDifferentiableError, UnsupportedError) as refusal:
        if lifted.graph.by_fields and arguments is not None:
            # What is done with a list of records may be understood of each of them.
            lifted = lifted_of(function, arguments, kinds, names, unrolled=True)
        elif lifted.graph.keeps_calls:
            try:
                lifted = lifted_of(function, arguments, kinds, names, lifts_calls=True)
            except UnsupportedError:
                raise refusal from None
        else:
            raise
        lifted.graph.cheap_tapes = cheap_tapes
        result = transformed(lifted, transform, asked, mode)
    name_slots(result, transform, lifted, asked)
    cost = operations(lifted.graph)
    graph = squared(result.graph, own_values(result, transform))
    graph = Unmarked(graph).run()
    graph.name = name or f"{transform}_{lifted.graph.name}"
    graph.reals = names
    path = getattr(function, "__qualname__", lifted.graph.name)
    options = f" --mode {mode}" * (mode != "auto") + f" --name {name}" * (name is not None)
    graph.docstring = docstring(lifted, transform, names, (operations(graph), cost), path, options)
    return [with_calls(with_domains(graph), lambda callee: with_domains(Unmarked(callee).run()))]


def lifted_of(
    function: Any,
    arguments: Mapping[str, Any] | None,
    kinds: Mapping[str, str] | None,
    names: tuple[str, ...],
    unrolled: bool = False,
    lifts_calls: bool = False,
    read: Callable[[str], None] | None = None,
) -> Lifted:
    """A function's graph; that of a derivative comes from its function's by the transform."""
    request = getattr(function, "request", None)
    if request is None or not hasattr(request, "transform"):
        return lifted_once(
            function, arguments, kinds, names, transformed, unrolled, lifts_calls, read
        )
    inner_names = wrt_names(request.function, request.wrt)
    inner = lifted_of(request.function, arguments, kinds, inner_names, unrolled, lifts_calls, read)
    wrt: Wrt = inner_names if isinstance(request.wrt, tuple) else inner_names[0]
    result = transformed(inner, request.transform, wrt, request.mode)
    result.graph.name = f"{request.transform}_{inner.graph.name}"
    return result


def own_values(result: Lifted, transform: str) -> list[Node]:
    """What the derivative hands out of the function's own values."""
    if transform not in ("value_and_grad", "jvp", "vjp"):
        return []
    return list(result.result.parts[0].nodes())


class Unmarked(Copier):
    """A copy without the marks of ``stop_gradient`` and of keys, which have done their work.

    A branch whose result is handed on by a block around it gives something on every path: what
    is handed on must have a value, though nothing uses it there.
    """

    def __init__(self, source: Graph) -> None:
        super().__init__(source)
        self.handed_on: set[Node] = set()
        for step in all_steps(source.body):
            for block in owned_blocks(step):
                self.handed_on.update(block.results)
            if step.op is LOOP:
                self.handed_on.update(step.args)

    def replace(self, node: Node, args: tuple[Node, ...], params: tuple[object, ...]) -> Node:
        if node.op is LOOP:
            first = len(args) - len(loop_parts(node)[1])
            nothing = self.graph.constant(None)
            args = tuple(
                nothing
                if arg.op is UNDEFINED and node.block.item(node, k - first) in self.handed_on
                else arg
                for k, arg in enumerate(args)
            )
        return super().replace(node, args, params)

    def arms(self, node: Node, olds: Sequence[Block], finish: Any = None) -> list[Block]:
        blocks = super().arms(node, olds, finish)
        first = 1 if node.op is TRY else 0
        for k in range(len(olds[0].results)):
            if node.block.item(node, first + k) not in self.handed_on:
                continue
            for block in blocks:
                if block.completes and block.results[k].op is UNDEFINED:
                    results = list(block.results)
                    results[k] = self.graph.constant(None)
                    block.results = tuple(results)
        return blocks

    def copy(self, step: Node) -> Node:
        if step.op in (stopped, spoken, KEY) or isinstance(step.op, Drawn):
            self.map[step] = self.mapped(step.args[0])
            return self.map[step]
        return super().copy(step)


def check_numbers(
    function: Callable[..., Any], names: tuple[str, ...], arguments: Mapping[str, Any] | None
) -> None:
    """Refuse to differentiate by something that is certainly no number."""
    for name in names:
        if arguments is None or name not in arguments:
            continue
        value = arguments[name]
        if value is None or isinstance(value, (str, bytes, bool)):
            raise NotDifferentiableError(
                f"parameter `{name}` is {value!r}, which is no number",
                remedy="Differentiate by a float, or by a container of floats.",
            )
        if getattr(value, "shape", ()) and _is_of_ints(getattr(value, "dtype", None)):
            raise NotDifferentiableError(
                f"parameter `{name}` is an array of {value.dtype}",
                remedy=f"Pass floats: {name}.astype(float).",
            )
        if is_closed_by_kind(value):
            plain = "dict" if isinstance(value, abc.Mapping) else "list"
            raise NotDifferentiableError(
                f"parameter `{name}` is of type {type(value).__name__}, like which no gradient "
                "is laid out",
                remedy=f"Pass {plain}({name}).",
            )
        strange = next(filter(_is_strange_number, _parts_of(value)), None)
        if strange is not None:
            kind = getattr(strange, "dtype", type(strange).__name__)
            what = "an array" if getattr(strange, "shape", ()) else "a number"
            raise NotDifferentiableError(
                f"parameter `{name}` is or holds {what} of type {kind}",
                remedy="Pass floats: other numbers are not differentiated by.",
            )


def _is_of_ints(dtype: Any) -> bool:
    """Whether a dtype, of whatever library, is integer or boolean."""
    kind = getattr(dtype, "kind", None)
    if isinstance(kind, str):
        return kind in "iub"
    return str(dtype).rpartition(".")[2].startswith(("int", "uint", "bool"))


def _parts_of(value: Any) -> Iterator[Any]:
    """What a container holds, at any depth."""
    stack = [value]
    while stack:
        found = stack.pop()
        if isinstance(found, (list, tuple)):
            stack.extend(found)
        elif isinstance(found, dict):
            stack.extend(found.values())
        elif hasattr(found, "__dataclass_fields__"):
            stack.extend(getattr(found, name) for name in found.__dataclass_fields__)
        else:
            yield found


def _is_strange_number(value: Any) -> bool:
    """Whether a value counts as a number, but not as a real one that floats stand for."""
    if isinstance(value, (float, int, Fraction)) or type(value).__module__ == "numpy":
        return getattr(getattr(value, "dtype", None), "kind", "f") not in "fiub"
    return isinstance(value, Number)


def docstring(
    lifted: Lifted,
    transform: str,
    wrt: tuple[str, ...],
    counts: tuple[int, int],
    path: str,
    options: str,
) -> str:
    """What the emitted function says of itself.

    ``counts`` are the operations that it and its function take; ``path`` is where the function
    stands in its module: by it and ``options`` a command line asks for the same.
    """
    graph = lifted.graph
    file, line, _ = graph.sources[0]
    place = os.path.basename(file)
    library = file[1:-1].rpartition(".")[0]
    if library and file == f"<{library}.{graph.name}>":
        # A function of a library: it stands in no file of the user's.
        place, line = library, 0
    listed = wrt[0] if len(wrt) == 1 else ", ".join(wrt[:-1]) + " and " + wrt[-1]
    title = TITLES[transform].format(f=graph.name, wrt=listed)
    count, own = counts
    taken = f"{count} operation{'' if count == 1 else 's'}; {graph.name} itself takes {own}."
    origin = f"Generated by chainrule {__version__} from {place}:{line or graph.name}"
    if "<" in path or (place.startswith("<") and not library):
        # Nothing that can be named on a command line.
        return f"{title}\n\n{origin}.\n{taken}"
    command = f"chainrule {transform.replace('_', '-')} {place}:{path} --wrt {','.join(wrt)}"
    return f"{title}\n\n{origin}\n({command}{options}).\n{taken}"
