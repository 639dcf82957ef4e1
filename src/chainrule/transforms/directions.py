"""Further parameters of a derivative: directions ``x_dot`` and the result's adjoint ``out_bar``.

Each is laid out as what it belongs to: the direction along a dict is a dict.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Iterable, Mapping, Sequence
from types import NoneType
from typing import Any

from chainrule.differentiate.activity import all_steps
from chainrule.errors import ArgumentError
from chainrule.graph.block import PARAMETER, Block, Graph, SignatureParameter
from chainrule.graph.keys import key_text
from chainrule.graph.node import Node
from chainrule.graph.structure import OF_ATTRIBUTES, RECORD_LISTS, Structure
from chainrule.graph.types import BOOL, FLOAT, INT, OPAQUE, Array, Type, unit_axes_of
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.calls.seeds import seed_names
from chainrule.lift.lifted import Lifted
from chainrule.primitives.columns import column, records_of
from chainrule.primitives.control import owned_blocks, raise_where
from chainrule.primitives.effect import VERBATIM
from chainrule.primitives.list_lengths import DIFFERENT
from chainrule.records import replace

CONTAINERS = (list, tuple, dict)
# An annotation that is no text of Python's.
UNTOLD = "?"
Taken = Iterable[tuple[str, str, bool]]


def signature_names(lifted: Lifted) -> list[str]:
    """Names of a function's parameters."""
    return [parameter.name for parameter in lifted.graph.signature]


def seed_kind(parameters: Taken) -> str:
    """How the further parameters are passed: by name where the function's own have defaults."""
    positional = all(
        kind == "POSITIONAL_OR_KEYWORD" and not default for _, kind, default in parameters
    )
    return "POSITIONAL_OR_KEYWORD" if positional else "KEYWORD_ONLY"


def with_seeds(
    signature: inspect.Signature, transform: str, wrt: Sequence[str]
) -> tuple[inspect.Signature, list[str], bool]:
    """A derivative's signature, the names of what it adds, and whether those are positional."""
    own = list(signature.parameters.values())
    names = seed_names(transform, wrt, signature.parameters)
    if not names:
        return signature, [], False
    kind = seed_kind((p.name, p.kind.name, p.default is not p.empty) for p in own)
    added = [inspect.Parameter(name, getattr(inspect.Parameter, kind)) for name in names]
    variadic = own[-1:] if own and own[-1].kind is inspect.Parameter.VAR_KEYWORD else []
    parameters = [*own[: len(own) - len(variadic)], *added, *variadic]
    return signature.replace(parameters=parameters), names, kind != "KEYWORD_ONLY"


def add_parameters(
    lifted: Lifted, names: Sequence[str], like: Sequence[Structure]
) -> tuple[Lifted, list[Structure]]:
    """The function with further parameters, laid out like ``like`` (directions, adjoints)."""
    graph = lifted.graph
    signature = list(graph.signature)
    kind = seed_kind((p.name, p.kind, p.has_default) for p in signature)
    added = []
    annotated = bool(signature) and all(parameter.annotation for parameter in signature)
    for name, structure in zip(names, like, strict=True):
        node = graph.body.parameter(name, _type_of(structure))
        graph.names[node] = name
        text = _annotation(structure) if annotated else None
        entry = SignatureParameter(name, kind, annotation=text, node=node)
        variadic = signature and signature[-1].kind == "VAR_KEYWORD"
        signature.insert(len(signature) - bool(variadic), entry)
        with graph.inside(graph.body):
            added.append(_read(graph, node, structure))
    graph.signature = tuple(signature)
    parameters = {**lifted.parameters, **dict(zip(names, added, strict=True))}
    return replace(lifted, parameters=parameters), added


def check_kinds(seeds: Mapping[str, Any], types: Mapping[str, Type]) -> None:
    """Raise where a direction, or an adjoint, is not of the kind of what it is for."""
    for name, seed in seeds.items():
        type = types.get(name, OPAQUE)
        shaped = bool(getattr(seed, "shape", ()))
        if isinstance(type, Array) and type.unit_axes and not shaped:
            wanted, remedy = "an array", f"Give numpy.asarray({name}), of the shape of"
        elif isinstance(type, SequenceType) and not isinstance(seed, (list, tuple)):
            wanted, remedy = f"a {type.kind}", f"Give a {type.kind} of numbers, as long as"
        elif type == FLOAT and (isinstance(seed, (*CONTAINERS, str, NoneType)) or shaped):
            wanted, remedy = "a number", "Give a float, the adjoint or tangent of"
        else:
            continue
        raise ArgumentError(
            f"{name} must be {wanted}, not {seed!r:.40}", remedy=f"{remedy} what it belongs to."
        )


def check_lengths(graph: Graph, given: Structure, like: Structure, what: str = "") -> None:
    """Append what raises where a direction, or an adjoint, is not as long as what it is for.

    ``what`` it is for is told in these words, or by the name of the parameter.

    NumPy would broadcast it, and the product would be that with another vector.
    """
    checked: set[tuple[Node | None, Node | None]] = set()
    for leaf, seed in like.matched(given):
        # The columns of a list of records are as long as each other.
        records = records_of(seed), records_of(leaf)
        if None not in records and records in checked:
            continue
        checked.add(records)
        if isinstance(leaf.type, SequenceType):
            text, kind = DIFFERENT, "length"
        elif unit_axes_of(leaf.type):
            text, kind = "_0_.shape != _1_.shape", "shape"
        else:
            continue
        name = _spoken(graph, seed)
        wrong = graph.cursor.add(VERBATIM, (seed, leaf), (text, BOOL, None), BOOL)
        message = f"{name} must have the {kind} of {what or _spoken(graph, leaf)}"
        raise_where(wrong, f"raise ValueError({message!r})")


def put_first(block: Block, start: int) -> None:
    """Move the steps from ``start`` on ahead of all that they do not read."""
    added = block.steps[start:]
    inner = [owned for step in added for owned in owned_blocks(step)]
    steps = [*added, *itertools.chain.from_iterable(map(all_steps, inner))]
    read = {arg for step in steps for arg in step.args}
    place = max((k for k, step in enumerate(block.steps[:start], 1) if step in read), default=0)
    block.steps[place:] = added + block.steps[place:start]


def _spoken(graph: Graph, seed: Node) -> str:
    """The name of a parameter, or the way to a part of it."""
    records = records_of(seed)
    if records is not None:
        return _spoken(graph, records)
    if seed.op is VERBATIM and seed.args:
        return str(seed.params[0]).replace("_0_", _spoken(graph, seed.args[0]))
    return str(seed.params[0]) if seed.op is PARAMETER else "its parameter"


def _type_of(structure: Structure) -> Type:
    if structure.kind != "leaf" or structure.node is None:
        return OPAQUE
    return _direction_type(structure.node.type)


def _annotation(structure: Structure) -> str:
    """What annotates a direction; UNTOLD where the type tells it, or nothing."""
    if structure.kind == "leaf" and structure.node is not None:
        number = structure.node.type in (FLOAT, INT)
        return "float" if number else UNTOLD
    parts = [_annotation(part) for part in structure.parts]
    if UNTOLD in parts or not parts:
        return UNTOLD
    if structure.kind == "tuple":
        return f"tuple[{', '.join(parts)}]"
    alike = len(set(parts)) == 1
    if structure.kind == "list" and alike:
        return f"list[{parts[0]}]"
    if structure.kind == "dict" and alike and all(isinstance(key, str) for key in structure.keys):
        return f"dict[str, {parts[0]}]"
    return UNTOLD


def _direction_type(type: Type) -> Type:
    """The type of a tangent or adjoint: an int stands for a real number."""
    if type == INT:
        return FLOAT
    if isinstance(type, SequenceType):
        return SequenceType(_direction_type(type.item), type.kind)
    return type


def _read(graph: Graph, base: Node, structure: Structure) -> Structure:
    """The layout of a direction, its leaves read out of ``base``."""
    if structure.kind in ("leaf", "static"):
        return Structure(structure.kind, base if structure.kind == "leaf" else structure.node)
    parts = []
    listed = structure.kind in RECORD_LISTS
    for position, part in enumerate(structure.parts):
        if not any(True for _ in part.leaves()):
            parts.append(part)
            continue
        type = _type_of(part)
        text = _subscript(structure, position)
        node = (
            column(base, "entry", text, type)
            if listed
            else graph.cursor.add(VERBATIM, (base,), (f"_0_{text}", type, None), type)
        )
        parts.append(_read(graph, node, part))
    return Structure(structure.kind, None, tuple(parts), structure.keys)


def _subscript(structure: Structure, position: int) -> str:
    """How a part of a container is reached."""
    if structure.kind == "dict":
        return f"[{key_text(structure.keys[position])}]"
    if structure.kind in ("dicts", "tuples"):
        return f"[{structure.keys[position + 1]!r}]"
    if structure.kind in OF_ATTRIBUTES:
        return f".{structure.keys[position + 1 + (structure.kind in RECORD_LISTS)]}"
    return f"[{position}]"
