"""The entry: from a Python function to its graph."""

from __future__ import annotations

import contextlib
import functools
import inspect
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chainrule.errors import ArgumentError, InternalError, UnsupportedError
from chainrule.graph.block import Graph
from chainrule.graph.guard import Argument, Route
from chainrule.graph.large import large_programs
from chainrule.graph.node import Node, Origin
from chainrule.graph.structure import Structure
from chainrule.graph.types import DYNAMIC, FLOAT, OPAQUE, Type
from chainrule.lift.annotated_numbers import watch_numbers
from chainrule.lift.annotations import Example, hinted, hints_of, parsed_kind
from chainrule.lift.arrays.truths import Truths
from chainrule.lift.calls.callees import declare_names
from chainrule.lift.calls.outside import (
    containers_changed_and_read,
    refusal_of_changes,
    refusal_of_reads,
)
from chainrule.lift.containers import copies
from chainrule.lift.containers.given_rows import GivenRows
from chainrule.lift.containers.lineages import Lineages
from chainrule.lift.containers.repeated_rows import Rows
from chainrule.lift.containers.sets import ObjectsInSet, SetChanged, SetHolds
from chainrule.lift.containers.shared_rows import written_while_shared
from chainrule.lift.containers.tables import RunTimeKeys
from chainrule.lift.core import AlwaysRaises
from chainrule.lift.iteration.advancing import IteratorMade
from chainrule.lift.library import (
    deviations,
    folds,
    frames,
    local_names,
    made_classes,
    modules,
    ordering,
    patterns,
    quantified,
    weighted,
)
from chainrule.lift.lifted import Lifted, Transform, assemble
from chainrule.lift.objects import class_statements
from chainrule.lift.objects.holders import WrittenInto, WrittenOutside
from chainrule.lift.objects.owners import name_by_owners
from chainrule.lift.parameters import (
    KINDS,
    annotated_type,
    is_short,
    signature_parameters,
    used_types,
)
from chainrule.lift.records.arenas import EnteredInArm
from chainrule.lift.records.growth import RecordsMade
from chainrule.lift.records.late_fields import FieldGiven
from chainrule.lift.records.links import Linked, NoneHeld
from chainrule.lift.records.variants import SeveralClasses
from chainrule.lift.source import Source, innermost, python_call, source_of, unwrap
from chainrule.lift.state import Frame
from chainrule.lift.untold import untold_parameter
from chainrule.lift.values import Method, ObjectBox, Static, Value
from chainrule.lift.watching import OF_KINDS
from chainrule.lift.ways import Ways
from chainrule.primitives.cost import nodes_of
from chainrule.primitives.namespaces import primitive_of

# Imported for what it enters into the table of builtins.
FILLED = (
    class_statements, copies, deviations, folds, frames, local_names, made_classes, modules,
    ordering, patterns, quantified, weighted,
)  # fmt: skip


class Lifter(Truths):
    """All parts of the lifter together."""


def lift(
    function: Callable[..., Any],
    arguments: Mapping[str, Any] | None = None,
    kinds: Mapping[str, str] | None = None,
    wrt: tuple[str, ...] = (),
    transform: Transform | None = None,
    unrolled: bool = False,
    lifts_calls: bool = False,
    read: Callable[[str], None] | None = None,
) -> Lifted:
    """The graph of ``function``.

    Parameters
    ----------
    arguments:
        An example of each argument by parameter name; the graph is specialised on their kinds
        (float, int, bool; layout of containers), and on the values of strings, None and
        functions.  Without it kinds come from ``kinds``, annotations, defaults and use.
    kinds:
        Kinds of parameters by name, such as ``"float"`` or ``"list[float]"``.  Where they are
        given what else is asked for is told, too: nothing looks at the arguments of a call.
    wrt:
        Parameters that are certainly differentiated by, hence numbers if nothing else is known.
    transform:
        Applies a transform to a lifted function: what calls of ``grad`` and its kin inside the
        function mean.
    unrolled:
        Whether the entries of lists of records are taken one by one in any case.
    lifts_calls:
        Whether functions of the user's that are called have to be understood.
    read:
        Is given the text of each function that is lifted, as soon as it is met; it may refuse it.

    Raises
    ------
    ChainruleError
        When the function cannot be understood.
    """

    ints_read: list[int] = []
    zeros_read: list[float] = []

    def attempt(
        names: frozenset[str],
        known_ints: bool = False,
        by_entries: bool = False,
        some_keys: bool = False,
        known_zeros: bool = False,
    ) -> Lifted:
        ways = Ways(unrolled=unrolled, rows=[])
        ways.lifts_calls, ways.known_ints = lifts_calls, known_ints
        ways.by_entries, ways.read_text = by_entries, read
        ways.ints_read, ways.some_keys = ints_read, some_keys
        ways.zeros_read, ways.known_zeros = zeros_read, known_zeros
        return _lifted(function, arguments, kinds, wrt, transform, names, ways)

    def for_flags(lifted: Lifted) -> Lifted:
        """The same for the flags that are given, where these decide what kind the result is."""
        for flags in ((bool,), (bool, int)):
            held = _held(arguments or {}, flags, SMALL) - {*wrt}
            if lifted.graph.mixed_result and held:
                with contextlib.suppress(UnsupportedError):
                    other = attempt(held)
                    if not other.graph.mixed_result:
                        return other
        return lifted

    try:
        return for_flags(attempt(frozenset()))
    except UnsupportedError as refusal:
        # What a flag decides may be the kind of the result, what a small int counts an axis, what
        # any int says by its bits what there is: code for the values that they have.
        # What a list holds may be wanted one by one: code for the length that it has.
        refusals, tried = [refusal], {(frozenset[str](), False, False, False)}
        for kept, words, known_ints, by_entries, some_keys in FURTHER:
            if by_entries and not (
                any(map(is_short, (arguments or {}).values())) or _say(refusals, OF_LENGTHS)
            ):
                continue
            most = MOST_DEPTH if _say(refusals, STEP_BY_STEP) else SMALL
            held = _held(arguments or {}, kept, sys.maxsize if known_ints else most) - {*wrt}
            way = held, known_ints, by_entries, some_keys
            may_help = words is None or _say(refusals, words) or (known_ints and ints_read)
            if way in tried or not may_help:
                continue
            tried.add(way)
            try:
                return attempt(*way)
            except UnsupportedError as another:
                refusals.append(another)
        zeros = _held(arguments or {}, (float,), 0) - {*wrt}
        if _say(refusals, SWITCHED_OFF) and (zeros or zeros_read):
            with contextlib.suppress(UnsupportedError):
                return attempt(zeros, known_zeros=True)
        raise


AT_RUN_TIME = ("known at run time only", "only the run tells")
"""What refusals say of a value that has to be known while a function is lifted."""
RECURSION = ("calls itself to a depth",)
"""What they say where a function calls itself."""
OF_LENGTHS = (*RECURSION, *OF_KINDS[:1], "nested too deep")
"""What they say where a recursion ends by the length of a list."""
STEP_BY_STEP = (*RECURSION, "a dict key that is known at run time only")
"""What they say where a recursion is written out."""
SWITCHED_OFF = ("cannot differentiate through", "inside a function")
"""What they say of noise, files and plots, which a number that is 0 may have switched off."""
# The kinds of arguments that are held at their values where refusals say one of these words,
# whether all ints are, whether short lists are taken entry by entry, and whether a dict that gets a
# key on some paths only is one of run-time keys.
FURTHER: tuple[tuple[tuple[type, ...], tuple[str, ...] | None, bool, bool, bool], ...] = (
    ((bool,), None, False, False, False),
    ((bool, int), AT_RUN_TIME, False, False, False),
    ((bool, int), (*OF_KINDS, "a dict of run-time keys"), True, False, False),
    ((bool, int), None, False, True, False),
    ((bool, int), OF_KINDS[:1], False, False, True),
)
# The largest ints for which there is code for their value: others, and depths of recursions.
SMALL = 8
MOST_DEPTH = 40


def hangs_on_values(refusal: UnsupportedError, function: Callable[..., Any]) -> bool:
    """Whether code for the values of the arguments may be understood where this one is not."""
    defaults = [each.default for each in inspect.signature(function).parameters.values()]
    zero = any(type(default) is float and default == 0.0 for default in defaults)
    return _say([refusal], (*AT_RUN_TIME, *OF_KINDS, *(SWITCHED_OFF if zero else ())))


def _say(refusals: Sequence[UnsupportedError], words: tuple[str, ...]) -> bool:
    return any(each in refusal.found for refusal in refusals for each in words)


def _held(arguments: Mapping[str, Any], kinds: tuple[type, ...], most: int) -> frozenset[str]:
    """The arguments of these kinds that are not large."""
    return frozenset(
        name for name, value in arguments.items() if type(value) in kinds and abs(value) <= most
    )


def _lifted(
    function: Callable[..., Any],
    arguments: Mapping[str, Any] | None,
    kinds: Mapping[str, str] | None,
    wrt: tuple[str, ...],
    transform: Transform | None,
    held: frozenset[str],
    ways: Ways,
) -> Lifted:
    """The graph of ``function`` for the values that the arguments ``held`` have."""
    refusals: list[UnsupportedError] = []
    inlined: Lifted | None = None
    first: UnsupportedError | None = None
    while True:
        try:
            lifted = _lifted_with(ways, function, arguments, kinds, wrt, transform, held)
            if not ways.repeated.decide(lifted.graph):
                if inlined is not None:
                    inlined.graph.dissolve()
                return lifted
            inlined = lifted
        except WrittenInto as found:
            ways.write_into(found.container)
        except UnsupportedError as refusal:
            if ways.changed:
                # What is read there is not what stays.
                ways.write_into(ways.changed[0])
                continue
            if inlined is not None:
                # What a function returns is known less of where it is called.
                return inlined
            if ways.mixed and not ways.rows:
                refusals.append(refusal)
            following = ways.other(arguments is not None)
            if following is None and first is None:
                # What is wrong with a list of records that is written to tells most.
                first = refusals[min(1, len(refusals) - 1)]
            if following is None and (ways.by_entries or not _say([refusal], RECURSION)):
                # How deep a recursion goes is told by what lists hold sooner than by loops.
                following = ways.with_loop_written_out()
            following = following or ways.with_arenas() or ways.with_links()
            if following is None:
                assert first is not None
                raise first from None
            ways = following
        except RunTimeKeys as found:
            ways.find_keys(found.site, found.loops)
        except (RecordsMade, FieldGiven, NoneHeld, EnteredInArm) as made:
            ways.note(made)
        except SeveralClasses as several:
            ways.note_several(several)
        except Linked as found:
            ways.link(found.layout)
        except ObjectsInSet as found:
            if found.site in ways.object_sets:
                raise InternalError("a set of objects is lifted as another") from None
            ways.object_sets.add(found.site)
        except SetChanged as changed:
            ways.changed_sets.add(changed.site)
        except SetHolds as holds:
            ways.set_types[holds.site] = holds.type
        except IteratorMade as asked:
            if asked.site in ways.iterators:
                raise InternalError("an iterator is lifted as its items") from None
            ways.iterators.add(asked.site)
        except WrittenOutside as found:
            if not ways.outside.add(found):
                raise InternalError("what is written outside is lifted as what stays") from None


def _lifted_with(
    ways: Ways,
    function: Callable[..., Any],
    arguments: Mapping[str, Any] | None,
    kinds: Mapping[str, str] | None,
    wrt: tuple[str, ...],
    transform: Transform | None,
    held: frozenset[str],
) -> Lifted:
    """The same, where containers are lifted in these ways."""
    owner, plain = owner_and_function(function)
    direct = is_direct(function)
    source = source_of(plain if direct else innermost(function))
    graph = Graph(source.identifier)
    lifter = _lifter(graph, ways)
    lifter.transform, lifter.wanted = transform, wrt
    lifter.kinds_are_given = arguments is not None
    frame = _outermost_frame(source)
    graph.module = frame.module
    signature = inspect.signature(source.function if direct else function)
    if owner is not None and not direct:
        itself = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
        signature = signature.replace(parameters=[itself, *signature.parameters.values()])
    lifter.frame = frame
    if direct:
        lifter.calls.append((source, None))
    lifter.take_in(source)
    graph.origin = Origin(source.position(source.tree))
    with large_programs():
        nodes: dict[str, Node] = {}
        values = _parameter_values(
            lifter, signature, source, owner, arguments, kinds, wrt, nodes, held
        )
        parameters: dict[str, Structure] = {}
        for name, value in values.items():
            lifter.by_attributes = name in wrt
            parameters[name] = lifter.structure(value)
        lifter.by_attributes = False
        given_content = lifter.given_content()
        lifter.begin_arenas(ways.arenas or {})
        try:
            if direct:
                declare_names(source.tree, frame, values)
                result = lifter.run_function(source.tree, frame, values)
            else:
                result = _called(lifter, function, signature, values, source)
            result = lifter.of_one_kind(result, getattr(function, "__name__", "function"))
            lifter.is_result, lifter.here = True, source.position(source.tree)
            structure = lifter.structure(result)
            lifter.is_result = False
            lifter.leave_written(given_content)
            lifter.watch_sharing({**(arguments or {}), **_self_argument(signature, owner)})
        except AlwaysRaises:
            if all(step.op.pure for step in nodes_of(graph.body)):
                raise InternalError("nothing raises where all paths were found to") from None
            structure = Structure("static", graph.constant(None))
            graph.body.completes = False
    graph.body.results = (assemble(graph, structure),)
    _refuse_shared_rows(lifter)
    refusal = refusal_of_changes(graph)
    if refusal is not None:
        if isinstance(refusal, UnsupportedError):
            for container in containers_changed_and_read(graph):
                raise lifter.written_into_by(Static(container), refusal)
        raise refusal
    refusal = refusal_of_reads(graph)
    if refusal is not None:
        raise refusal
    own = Route(source.function)
    # Whoever edits a module in a running session may put the new code into the old function.
    graph.guard(own.attribute("__code__"), "is", source.function.__code__)
    if source.function.__defaults__ is not None:
        graph.guard(own.attribute("__defaults__"), "is", source.function.__defaults__)
    for name, default in (source.function.__kwdefaults__ or {}).items():
        named = own.attribute("__kwdefaults__").item(name)
        graph.guard(named, "is", default)
    watch_numbers(lifter.graph, signature, arguments, calls_numpy=lifter.calls_numpy)
    _drop_broken_guards(graph, {**(arguments or {}), **_self_argument(signature, owner)})
    graph.by_fields = bool(lifter.record_lists)
    graph.signature = signature_parameters(graph, signature, nodes, values)
    graph.sources = tuple(
        (used.file, used.tree.lineno, used.text) for used in lifter.sources.values()
    )
    name_by_owners(graph)
    return Lifted(graph, parameters, structure, tuple(lifter.sources.values()))


def _lifter(graph: Graph, ways: Ways) -> Lifter:
    """A lifter that lifts containers in these ways."""
    lifter = Lifter(graph)
    ways.record_lists.clear()
    lifter.tables, lifter.record_lists = ways.tables, ways.record_lists
    lifter.object_sets, lifter.changed_sets = ways.object_sets, ways.changed_sets
    lifter.written_outside, lifter.iterator_sites = ways.outside, ways.iterators
    lifter.written_into, ways.changed = ways.written_into, []
    lifter.changed_outside = ways.changed
    ways.loops_found.clear()
    lifter.written_out, lifter.may_be_written_out = ways.loops, ways.loops_found
    lifter.repeated, lifter.mixed_records = ways.repeated, ways.mixed
    lifter.record_sites, lifter.written, lifter.unrolled = ways.sites, ways.written, ways.unrolled
    lifter.rows, lifter.lifts_calls = ways.rows, ways.lifts_calls
    lifter.known_ints, lifter.by_entries = ways.known_ints, ways.by_entries
    lifter.ints_read, lifter.some_keys = ways.ints_read, ways.some_keys
    lifter.zeros_read, lifter.known_zeros = ways.zeros_read, ways.known_zeros
    lifter.set_types, lifter.linking, lifter.linkable = ways.set_types, ways.linking, ways.linkable
    lifter.graph.tells_lists = ways.linking and ways.linkable.get(list, False)
    lifter.read_text, lifter.entered_before_arms = ways.read_text, ways.entered_before_arms
    return lifter


def _outermost_frame(source: Source) -> Frame:
    function = source.function
    frame = Frame(source, None, function.__globals__)
    if function.__closure__:
        names = function.__code__.co_freevars
        frame.cells = dict(zip(names, function.__closure__, strict=True))
    return frame


def _refuse_shared_rows(lifter: Lifter) -> None:
    """Refuse writes to rows that other lists, or other places of their list, have too."""
    lineages = Lineages(lifter.graph, lifter.shown.values.values())
    written = written_while_shared(lineages)
    if written is not None:
        raise UnsupportedError(
            "this row belongs to another list, too, which is read after it is written to",
            remedy="Make lists with rows of their own: `[list(row) for row in rows]`.",
            position=written.origin.position,
        )
    found = GivenRows(lineages, lifter.shown).touched()
    if found is not None:
        raise UnsupportedError(
            "this row has a name and is in a list, and what is written by one is read by the other",
            remedy="Put a copy into the list: `rows.append(list(row))`.",
            position=found.position,
        )
    written = Rows(lineages, lifter.shown).written_while_repeated()
    if written is not None:
        raise UnsupportedError(
            "this row may stand at several places of its list, each of which this would change",
            remedy="Put a copy there: `rows.append(list(row))`.",
            position=written.origin.position,
        )


def _drop_broken_guards(graph: Graph, given: Mapping[str, Any]) -> None:
    """What does not hold even now, as of an object made anew at each look, is not asked again."""
    graph.guards = {
        key: guard
        for key, guard in graph.guards.items()
        if not guard.concerns(given) or guard.holds(guard.expected, given)
    }


def _self_argument(signature: inspect.Signature, owner: Any) -> dict[str, Any]:
    """The argument that a bound method's object is."""
    return {} if owner is None else {next(iter(signature.parameters)): owner}


def owner_and_function(function: Any) -> tuple[Any, Any]:
    """``(self, function)`` of a bound method or callable object; self is None for functions."""
    if isinstance(function, types.MethodType):
        return function.__self__, function.__func__
    plain = unwrap(function)
    if isinstance(plain, (types.FunctionType, types.BuiltinFunctionType, type)) or not callable(
        plain
    ):
        return None, plain
    if isinstance(plain, functools.partial):
        inner: Any = plain.func
        if isinstance(inner, types.MethodType):
            return inner.__self__, plain
        return (None if python_call(inner) is None else inner), plain
    call = python_call(plain)
    return (None, plain) if call is None else (plain, call)


def is_direct(function: Any) -> bool:
    """Whether the code of a function says what it is: it is no partial, no wrapper in Python and
    nothing that has a rule.
    """
    plain = unwrap(function.__func__ if isinstance(function, types.MethodType) else function)
    if primitive_of(function) is not None or primitive_of(plain) is not None:
        return False
    return not isinstance(plain, functools.partial) and not hasattr(plain, "__wrapped__")


def _called(
    lifter: Lifter,
    function: Any,
    signature: inspect.Signature,
    values: dict[str, Value],
    source: Source,
) -> Value:
    """The value of a partial or a wrapper: of its call with parameters named as it names them."""
    args: list[Value] = []
    keywords: dict[str, Value] = {}
    called: Value = Static(function)
    for parameter in signature.parameters.values():
        value = values[parameter.name]
        if isinstance(value, ObjectBox) and parameter.kind is parameter.POSITIONAL_ONLY:
            called = _on_object(lifter, function, value, args, keywords)
        elif parameter.kind is parameter.KEYWORD_ONLY:
            keywords[parameter.name] = value
        elif parameter.kind is parameter.VAR_POSITIONAL:
            args += lifter.known_items(value) or []
        elif parameter.kind is parameter.VAR_KEYWORD:
            keywords.update(lifter.entries(value))
        else:
            args.append(value)
    return lifter.call(called, args, keywords, source.tree)


def _on_object(
    lifter: Lifter, function: Any, owner: Value, args: list[Value], keywords: dict[str, Value]
) -> Value:
    """What is called for a callable object, or for a partial of one of its methods."""
    if not isinstance(function, functools.partial):
        return owner
    args += map(lifter.wrap_argument, function.args)
    keywords.update({k: lifter.wrap_argument(v) for k, v in function.keywords.items()})
    inner: Any = function.func
    return Method(Static(inner.__func__), owner) if hasattr(inner, "__func__") else owner


def _parameter_values(
    lifter: Lifter,
    signature: inspect.Signature,
    source: Source,
    owner: Any,
    arguments: Mapping[str, Any] | None,
    kinds: Mapping[str, str] | None,
    wrt: tuple[str, ...],
    nodes: dict[str, Node],
    held: frozenset[str],
) -> dict[str, Value]:
    values: dict[str, Value] = {}
    hints = hints_of(source.function)
    for position, parameter in enumerate(signature.parameters.values()):
        name = parameter.name

        def read(type_: Type, name: str = name) -> Node:
            node = lifter.graph.body.parameter(name, type_)
            lifter.graph.names[node] = name
            nodes[name] = node
            return node

        if owner is not None and position == 0:
            values[name] = lifter.example_value(name, owner, read)
        elif arguments is not None and name in held:
            lifter.graph.guard(Route(Argument(name)), "is", arguments[name])
            values[name] = Static(arguments[name])
        elif arguments is not None and name in arguments:
            values[name] = lifter.example_value(name, arguments[name], read)
        elif parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            values[name] = lifter.example_value(name, (), read)
        elif parameter.kind is inspect.Parameter.VAR_KEYWORD:
            values[name] = lifter.example_value(name, {}, read)
        elif arguments is not None and parameter.default is not inspect.Parameter.empty:
            values[name] = lifter.example_value(name, parameter.default, read)
        else:
            known = _known_type(parameter, (kinds or {}).get(name), name in wrt, hints)
            if known is None:
                known = used_types(source.tree).get(name, FLOAT)
                lifter.guessed += (name,)
                if kinds is not None:
                    lifter.untold += (name,)
                    if known == OPAQUE and name in wrt:
                        raise untold_parameter(name)
            values[name] = (
                lifter.example_value(name, known.value, read)
                if isinstance(known, Example)
                else lifter.kind_value(known, read)
            )
    return values


def _known_type(
    parameter: inspect.Parameter, kind: str | None, active: bool, hints: Mapping[str, Any]
) -> Type | Example | None:
    """What is told of a parameter without an example: its type, or an example of its layout."""
    if kind is not None:
        type_ = parsed_kind(kind)
        if type_ is None:
            raise ArgumentError(
                f"unknown kind `{kind}` for parameter `{parameter.name}`",
                remedy=f"Known kinds are {', '.join(KINDS)}, arrays such as float[n, m], and "
                "containers of these: list[float[n]], tuple[float, int], {a: float, b: float[n]}.",
            )
        return type_
    told = hinted(parameter.name, hints.get(parameter.name, parameter.annotation))
    if told is not None:
        return told
    default = parameter.default
    if default is inspect.Parameter.empty:
        return None
    if default is None:
        return DYNAMIC
    from chainrule.lift.parameters import example_type

    if isinstance(default, bool):
        return annotated_type(bool) or OPAQUE
    if type(default) is int and active:
        return annotated_type(float) or OPAQUE
    return example_type(default) or OPAQUE
