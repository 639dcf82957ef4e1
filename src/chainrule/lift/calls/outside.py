"""Kept calls that change, outside of the function, what the function reads there.

A call that is kept as it is may write to a global, to a variable of an enclosing function, to an
attribute or to a list that is no one's argument.  That is an effect like printing, as long as
nothing else of the function reads it: what is read outside is taken for what it was before, and
for what no derivative flows through.
"""

from __future__ import annotations

import ast
import dis
import re
import types
from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any

from chainrule.errors import ChainruleError, UnsupportedError
from chainrule.graph.block import CONSTANT, GLOBAL, REFERENCE, Graph
from chainrule.graph.guard import Guard, is_of_argument
from chainrule.graph.node import Node
from chainrule.graph.reach import held_by, parts
from chainrule.graph.types import BOOL, INT
from chainrule.lift.calls.callees import home_of
from chainrule.lift.calls.foreign import CHANGING, WRITERS
from chainrule.lift.watching import SETTLED
from chainrule.primitives.control import IF, owned_blocks
from chainrule.primitives.cost import mentioned, nodes_of
from chainrule.primitives.effect import CALL, LEAVE, ORDERED, STATEMENT, STORE, VERBATIM

# What can be read of an object: its entries, an attribute of any object by its name, a global
# or a variable of an enclosing function.
Key = tuple[Hashable, ...]

CONTAINERS = (list, dict, set, deque, bytearray)
# Forms of guards that look into what is at the end of their route.
LOOKING = ("length", "keys", "layout", "equals", "content")
UNKNOWN = object()
# The truth of an object, where it may be another one later.
TRUTH = "bool(_0_)"
# How attributes and entries are written.
ATTRIBUTE_SET = re.compile(r"_0_\.(\w+) = _1_$")
ENTRY_SET = re.compile(r"(del )?_0_\[|_0_\.update\(")


def refusal_of_changes(graph: Graph) -> ChainruleError | None:
    """What is said of a kept call that changes what the function reads; None if there is none."""
    call = changed_and_read(graph)
    if call is None:
        return None
    cause = CALL.refuse(call)
    if cause is not None and call in _used(graph):
        # Its value could not be differentiated, whatever it changes.
        return cause
    return UnsupportedError(
        "this call changes what the function reads outside of itself",
        remedy="Keep the values in a list or a variable of the function's own, or pass in what is "
        "changed as an argument.",
        position=call.origin.position,
    )


def containers_changed_and_read(graph: Graph) -> list[Any]:
    """The lists and dicts that a kept call changes, and that are read."""
    call = changed_and_read(graph)
    if call is None:
        return []
    first, _ = _receiver(call)
    found = _object(graph, first)
    held = [found, *(each for function in _functions(found) for each in _held(function))]
    changed = set(_changes(graph, call))
    return [
        part
        for part in parts((tuple(held),))
        if type(part) in (list, dict) and ("entries", id(part)) in changed
    ]


def changed_and_read(graph: Graph) -> Node | None:
    """A kept call that changes what another part of the function reads; None if there is none."""
    steps = list(nodes_of(graph.body))
    calls = [step for step in steps if step.op is CALL]
    changes = {call: keys for call in calls if (keys := set(_changes(graph, call)))}
    if not changes:
        return None
    used = _used(graph)
    reads = set(_global_reads(graph))
    for guard in graph.guards.values():
        reads.update(_guard_reads(guard))
    of_steps = [(step, set(_reads(graph, step))) for step in steps if step in used]
    for call, keys in changes.items():
        if keys & reads or any(keys & found for step, found in of_steps if step is not call):
            return call
    return None


def refusal_of_reads(graph: Graph) -> ChainruleError | None:
    """What is said of a call that reads, outside, what the function has written there; else None.

    Where it is lifted, too, the value is known, and its slope.  A function that stands apart, as
    one that calls itself does, finds there what the run has left.
    """
    steps = list(nodes_of(graph.body))
    written = {key for step in steps for key in _written(graph, step)}
    if not written:
        return None
    for step in steps:
        if step.op is CALL and _call_reads(graph, step) & written:
            found = "this call"
        elif step.params and (name := _reader(graph, step.params[0], written)):
            found = f"`{name}`"
        else:
            continue
        return UnsupportedError(
            f"{found} reads what the function has written outside of itself",
            remedy="Hand it on as an argument.",
            position=step.origin.position,
        )
    return None


def _written(graph: Graph, step: Node) -> Iterator[Key]:
    """What a step writes outside of the function."""
    text = str(step.params[0]) if step.op in (STATEMENT, STORE, LEAVE) else ""
    attribute = ATTRIBUTE_SET.match(text)
    if attribute is not None:
        yield from _text_reads(f"_0_.{attribute[1]}", {"_0_": _object(graph, step.args[0])})
    elif ENTRY_SET.match(text):
        base = step.args[0]
        if base.op is GLOBAL:
            yield "global", *base.params
        if base.op is VERBATIM and base.args:
            yield from _text_reads(str(base.params[0]), {"_0_": _object(graph, base.args[0])})
        found = _object(graph, base)
        if found is not UNKNOWN:
            yield "entries", id(found)


def _call_reads(graph: Graph, call: Node) -> set[Key]:
    """What the functions that a kept call runs may read outside."""
    return {key for function in _functions(_object(graph, call.args[0])) for key in _seen(function)}


def _seen(function: types.FunctionType) -> Iterator[Key]:
    """What a function reads by name."""
    for name in function.__code__.co_names:
        yield "global", function.__globals__.get("__name__"), name
        yield "attribute", name
    for cell in _cells(function).values():
        yield "cell", id(cell)
    yield from _entries(_held(function))


def _reader(graph: Graph, key: Hashable, written: set[Key]) -> str | None:
    """The name of the function of this key, if it, or one that it calls, reads what is written."""
    waiting, entered = [key], [key]
    while waiting:
        function = graph.functions.get(waiting.pop())
        if function is None:
            continue
        inner = function.lifted.graph
        found = set(_global_reads(inner))
        for step in nodes_of(inner.body):
            found.update(_reads(inner, step))
            if step.op is CALL:
                found |= _call_reads(inner, step)
            if step.params and step.params[0] not in entered:
                waiting.append(step.params[0])
                entered.append(step.params[0])
        if found & written:
            return str(function.name)
    return None


def is_truth(step: Node) -> bool:
    """Whether this asks an object that is kept as it is for its truth, as a condition does."""
    return step.op is ORDERED and step.params[0] == TRUTH


def _used(graph: Graph) -> set[Node]:
    """The values that something is made of, beside the conditions of branches."""
    found: set[Node] = set(graph.body.results)
    for step in nodes_of(graph.body):
        found.update(step.args[1:] if step.op is IF or is_truth(step) else step.args)
        for block in owned_blocks(step):
            found.update(block.results)
    return found


# --- what is changed -----------------------------------------------------------------------


def _changes(graph: Graph, call: Node) -> Iterator[Key]:
    first, name = _receiver(call)
    found = _object(graph, first)
    if name:
        if isinstance(found, CONTAINERS) and name in CHANGING:
            yield "entries", id(found)
        if any(arg.op is not CONSTANT for arg in call.args[1:]):
            # What it gives later may be what it is given here.
            yield from _objects(graph, first)
        return
    given = [_object(graph, arg) for arg in call.args[1:]]
    if getattr(found, "__name__", "") in WRITERS:
        yield from _entries(given)
        return
    for function in _functions(found):
        names = set(function.__code__.co_names)
        writes = bool(names & (CHANGING | WRITERS))
        for code in _codes(function.__code__):
            before = None
            for step in dis.get_instructions(code):
                own = _is_own(function, before)
                before = step
                if own and step.opname == "STORE_ATTR":
                    continue
                if step.opname in ("STORE_GLOBAL", "DELETE_GLOBAL"):
                    yield "global", function.__globals__.get("__name__"), step.argval
                elif step.opname in ("STORE_ATTR", "DELETE_ATTR"):
                    yield "attribute", step.argval
                elif step.opname in ("STORE_DEREF", "DELETE_DEREF"):
                    cell = _cells(function).get(step.argval)
                    if cell is not None:
                        yield "cell", id(cell)
                elif step.opname in ("STORE_SUBSCR", "DELETE_SUBSCR", "STORE_SLICE"):
                    writes = True
        if writes:
            yield from _entries((*given, *_held(function)))


def _receiver(call: Node) -> tuple[Node, str]:
    """The object whose method is called, and its name; the function and "" of other calls."""
    text, first = str(call.params[0]), call.args[0]
    if text.startswith("_0_."):
        return first, text[4:].partition("(")[0]
    if first.op is VERBATIM and str(first.params[0]).startswith("_0_."):
        return first.args[0], str(first.params[0])[4:]
    return first, ""


def _is_own(function: types.FunctionType, step: dis.Instruction | None) -> bool:
    """Whether ``step`` gives the object that ``function`` makes."""
    made = function.__code__.co_varnames[:1] if function.__name__ == "__init__" else ()
    return step is not None and step.opname == "LOAD_FAST" and step.argval in made


def _entries(held: Iterable[Any]) -> Iterator[Key]:
    for part in parts(tuple(each for each in held if each is not UNKNOWN)):
        yield "entries", id(part)


# --- what is read --------------------------------------------------------------------------


def _global_reads(graph: Graph) -> Iterator[Key]:
    for node in mentioned(graph.body):
        if node.op is GLOBAL:
            yield "global", *node.params


def _reads(graph: Graph, step: Node) -> Iterator[Key]:
    """What a step has read outside."""
    if not step.args or step.op not in (CALL, ORDERED, VERBATIM):
        for arg in step.args:
            yield from _objects(graph, arg)
        return
    objects = {f"_{k}_": _object(graph, arg) for k, arg in enumerate(step.args)}
    if step.op is VERBATIM or step.type not in (BOOL, INT):
        yield from _text_reads(str(step.params[0]), objects)
    found = objects["_0_"]
    if step.type in (BOOL, INT):
        # It is read when the derivative runs, and has no slope.
        return
    if step.op is CALL:
        yield from _objects(graph, _receiver(step)[0])
    elif not str(step.params[0]).startswith("_0_."):
        for arg in step.args:
            yield from _objects(graph, arg)
    if found is UNKNOWN:
        return
    for function in _functions(found):
        yield from _seen(function)


def _guard_reads(guard: Guard) -> Iterator[Key]:
    root = guard.route.root
    if is_of_argument(guard.route):
        return
    yield from _text_reads(guard.route.text, {"_0_": root})
    if guard.form in LOOKING:
        found = _evaluated(guard.route.text, {"_0_": root})
        if found is not UNKNOWN:
            yield "entries", id(found)


def _text_reads(text: str, objects: Mapping[str, Any]) -> Iterator[Key]:
    """What an expression of ``objects`` reads in them."""
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError:
        return
    for part in ast.walk(tree):
        match part:
            case ast.Subscript():
                yield from _entry_reads(part.value, objects)
                base = _evaluated(ast.unparse(part.value), objects)
                if isinstance(base, dict) and isinstance(part.slice, ast.Constant):
                    yield "global", base.get("__name__"), part.slice.value
            case ast.Compare(comparators=[container]):
                yield from _entry_reads(container, objects)
            case ast.Attribute(attr="cell_contents"):
                yield "cell", id(_evaluated(ast.unparse(part.value), objects))
            case ast.Attribute():
                yield "attribute", part.attr
                owner = _evaluated(ast.unparse(part.value), objects)
                if isinstance(owner, types.ModuleType):
                    yield "global", owner.__name__, part.attr
            case ast.Call(args=args):
                for arg in args:
                    yield from _entry_reads(arg, objects)
            case _:
                pass


def _entry_reads(node: ast.expr, objects: Mapping[str, Any]) -> Iterator[Key]:
    found = _evaluated(ast.unparse(node), objects)
    if found is not UNKNOWN:
        yield "entries", id(found)


# --- objects -------------------------------------------------------------------------------


def _object(graph: Graph, node: Node) -> Any:
    """The object outside that a node stands for; ``UNKNOWN`` of others."""
    if node.op is REFERENCE:
        return graph.references[node.params[0]]
    if node.op is VERBATIM and node.args:
        objects = {f"_{k}_": _object(graph, arg) for k, arg in enumerate(node.args)}
        return _evaluated(str(node.params[0]), objects)
    return UNKNOWN


def _objects(graph: Graph, node: Node) -> Iterator[Key]:
    """The object that ``node`` is, of those that the function has not made."""
    found = _object(graph, node)
    if found is not UNKNOWN:
        yield "object", id(found)
    elif node in graph.body.parameters:
        yield "object", node


def _evaluated(text: str, objects: Mapping[str, Any]) -> Any:
    """What a path of attributes and constant subscripts leads to; ``UNKNOWN`` of other texts."""
    try:
        return _followed(ast.parse(text, mode="eval").body, objects)
    except (ArithmeticError, AttributeError, LookupError, SyntaxError, TypeError, ValueError):
        return UNKNOWN


def _followed(node: ast.expr, objects: Mapping[str, Any]) -> Any:
    match node:
        case ast.Name(id=name):
            return objects.get(name, UNKNOWN)
        case ast.Attribute(value=base, attr=name):
            owner = _followed(base, objects)
            held = vars(owner) if isinstance(owner, (type, types.ModuleType)) else held_by(owner)
            return held.get(name, UNKNOWN)
        case ast.Subscript(value=base, slice=key):
            owner = _followed(base, objects)
            return UNKNOWN if owner is UNKNOWN else owner[ast.literal_eval(key)]
        case _:
            return UNKNOWN


def _functions(found: Any) -> Iterator[types.FunctionType]:
    """The user's functions that a call of ``found`` runs, as far as names tell."""
    waiting, entered = [found], set()
    while waiting:
        current = waiting.pop()
        if isinstance(current, types.MethodType):
            current = current.__func__
        if isinstance(current, type):
            waiting += [vars(current).get("__new__"), getattr(current, "__init__", None)]
            continue
        wrapped = getattr(current, "__wrapped__", None)
        if wrapped is not None:
            waiting.append(wrapped)
        if not isinstance(current, types.FunctionType) or current in entered:
            continue
        if str(home_of(current)).partition(".")[0] in SETTLED - {"chainrule"}:
            continue
        entered.add(current)
        yield current
        waiting += [current.__globals__.get(name) for name in _names_in(current)]
        waiting += map(_content, _cells(current).values())


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def _names_in(function: types.FunctionType) -> list[str]:
    return [name for code in _codes(function.__code__) for name in code.co_names]


def _cells(function: types.FunctionType) -> dict[str, types.CellType]:
    return dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None


def _held(function: types.FunctionType) -> list[Any]:
    """The objects that a function's text can reach by name."""
    held = function.__globals__
    found = [held[name] for name in _names_in(function) if name in held]
    return [*found, *map(_content, _cells(function).values()), *(function.__defaults__ or ())]
