"""Functions to one module text: imports, constants, functions, comments."""

from __future__ import annotations

import ast
import builtins
import inspect
import keyword
import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import field
from typing import Any

from chainrule.emit.build import build
from chainrule.emit.containers.array_tapes import tapes_to_arrays
from chainrule.emit.containers.checked import unpack_checked
from chainrule.emit.containers.flat_tapes import flatten_tapes
from chainrule.emit.containers.one_kind import with_float_entries
from chainrule.emit.containers.outer_sums import multiply_rows, rows_of_outer_products
from chainrule.emit.containers.tapes import allocate_tapes
from chainrule.emit.containers.unpacking import take_apart
from chainrule.emit.defined import by_definitions
from chainrule.emit.flow.asking import ask_in_place
from chainrule.emit.flow.begun_before import begin_before
from chainrule.emit.flow.entering import hand_over
from chainrule.emit.flow.exits import raise_control
from chainrule.emit.flow.grouping import group_by_lines
from chainrule.emit.flow.heads import unpack_in_heads
from chainrule.emit.flow.loops import gather, raise_loops
from chainrule.emit.flow.merging import merge
from chainrule.emit.flow.rows import unpack_rows
from chainrule.emit.flow.unassigned import record_what_is_there, tapes_of
from chainrule.emit.flow.unused import drop_overwritten, drop_unused
from chainrule.emit.flow.views import loop_over_views
from chainrule.emit.imports import Header, read_names
from chainrule.emit.layout import fold, narrow
from chainrule.emit.memory.axisless import axisless
from chainrule.emit.memory.buffers import make_buffers_once
from chainrule.emit.memory.inplace import update_in_place
from chainrule.emit.memory.letting_go import with_deletions
from chainrule.emit.memory.masks_asked import ask_masks
from chainrule.emit.memory.masks_first import ask_first
from chainrule.emit.memory.newest import read_newest
from chainrule.emit.memory.overwriting import Memory
from chainrule.emit.memory.read_first import read_first
from chainrule.emit.memory.reuse import reuse
from chainrule.emit.names import Names
from chainrule.emit.place import place
from chainrule.emit.plan import For, Move, Plan, Value, While, count_uses, walk
from chainrule.emit.printing import WIDTH, Answer, body_lines
from chainrule.emit.statements import Writer
from chainrule.emit.targets import Target
from chainrule.emit.targets import target as target_named
from chainrule.emit.wording.expressions import Speller
from chainrule.emit.wording.factors import open_products
from chainrule.emit.wording.named_rows import rows_of
from chainrule.emit.wording.origins import Origins
from chainrule.emit.wording.reals import as_floats
from chainrule.emit.wording.signatures import is_annotated, signature
from chainrule.emit.wording.ties import ask_for_ties
from chainrule.emit.wording.unsplit import unsplit
from chainrule.emit.wording.widths import measure_of
from chainrule.errors import UnsupportedError
from chainrule.graph.block import Graph
from chainrule.graph.large import large_programs
from chainrule.graph.naming import free_name
from chainrule.records import dataclass

# Widths of a body that are tried: the names are final only when all is laid out.
WIDTHS = (84, 80, 76)


@dataclass
class EmittedModule:
    """One module text.

    Attributes
    ----------
    source, tree:
        The text, and the tree that Python parses it to.
    names:
        The functions' names, in the order of the graphs.
    bindings:
        What the header binds: local name to object.
    live_globals:
        Names printed as constants that the user's own module holds.
    homes:
        Where the other numbers live that are printed as constants.
    graphs:
        The graph of every function in the text, by name.
    compiled:
        Whether functions in it are compiled, and freeze what they read.
    """

    source: str
    tree: ast.Module
    names: tuple[str, ...]
    bindings: dict[str, Any]
    live_globals: dict[str, str]
    homes: dict[str, tuple[str, str]]
    graphs: dict[str, Graph] = field(default_factory=dict)
    compiled: bool = False


def render(
    graphs: Sequence[Graph],
    *,
    target: str = "math",
    comments: bool = True,
    header: str | None = None,
) -> EmittedModule:
    """One module with one function for each graph and for each function they call."""
    try:
        with large_programs():
            return _rendered(graphs, target_named(target), comments, header)
    except IndentationError as error:
        raise UnsupportedError(
            f"`{graphs[0].name}` would be nested deeper than Python can be indented",
            remedy='Use mode="forward", or move a part of the function into a helper.',
        ) from error


def _rendered(
    graphs: Sequence[Graph], spelled: Target, comments: bool, header: str | None
) -> EmittedModule:
    given, graphs = graphs, [spelled.around(graph) for graph in graphs]
    # What is left to Python is written as Python and NumPy have it.
    shells = [graph for graph in graphs if graph not in given]
    ordered, callees = _with_callees(graphs)
    targets = {graph: target_named("math") if graph in shells else spelled for graph in ordered}
    plans = {graph: _planned(graph, targets[graph], header is not None) for graph in ordered}
    users = {name for plan in plans.values() for name in _users_names(plan)}
    users |= {graph.name for graph in ordered}
    top = Header(users, graphs[0].module, header is not None)
    names = _function_names(graphs, ordered)
    if spelled.decorator is not None:
        top.imported(*spelled.decorator)
    annotated = any(map(is_annotated, graphs))
    texts = []
    for graph in ordered:
        called = {key: names[callee] for key, callee in callees[graph].items()}
        # What the user's functions call is ours to annotate, once they are.
        full = is_annotated(graph) if graph in graphs else annotated
        plan, form = plans[graph], targets[graph]
        texts.append(_function_text(plan, names[graph], form, top, called, comments, full))
    parts = [f'"""{header}"""'] if header else []
    source = _assembled(parts + top.lines(), [*top.helpers.values(), *texts])
    tree = ast.parse(source)
    if top.drop_unread(read_names(tree)):
        source = _assembled(parts + top.lines(), [*top.helpers.values(), *texts])
        tree = ast.parse(source)
    return EmittedModule(
        source,
        tree,
        tuple(names[graph] for graph in graphs),
        dict(top.bindings),
        dict(top.live),
        dict(top.homes),
        {names[graph]: graph for graph in ordered},
        spelled.decorator is not None,
    )


def _planned(graph: Graph, target: Target, in_file: bool) -> Plan:
    """The plan of what a target writes of ``graph``."""
    whole = with_float_entries(graph) if target.one_kind else graph
    return prepare(target.ready(by_definitions(whole, target), in_file), target.over_rows)


def prepare(graph: Graph, over_rows: bool = True) -> Plan:
    """The plan of ``graph`` with natural control flow, before anything is named."""
    plan = build(graph)
    raise_control(plan)
    place(plan)
    raise_loops(plan, over_rows)
    hand_over(plan)
    drop_unused(plan)
    take_apart(plan)
    return plan


def _with_callees(graphs: Sequence[Graph]) -> tuple[list[Graph], dict[Graph, dict[Any, Graph]]]:
    """All graphs, callees before their users, and what each calls."""
    ordered: dict[Graph, None] = {}
    callees: dict[Graph, dict[Any, Graph]] = {}
    stack: list[tuple[Graph, bool]] = [(graph, False) for graph in reversed(graphs)]
    while stack:
        graph, done = stack.pop()
        if done:
            ordered[graph] = None
        elif graph not in callees:
            callees[graph] = dict(graph.callees)
            stack.append((graph, True))
            stack.extend((callee, False) for callee in reversed(list(callees[graph].values())))
    return list(ordered), callees


def _function_names(wanted: Sequence[Graph], all_graphs: Sequence[Graph]) -> dict[Graph, str]:
    """A name for each function; those that were asked for keep theirs."""
    names: dict[Graph, str] = {}
    taken: set[str] = set()
    # In a function that has a parameter of that name another function could not be called by it.
    parameters = {each.name for graph in all_graphs for each in graph.signature}
    for graph in dict.fromkeys((*wanted, *all_graphs)):
        names[graph] = free_name(graph.name, taken if graph in wanted else taken | parameters)
        taken.add(names[graph])
    return names


def _users_names(plan: Plan) -> set[str]:
    """Every name that the user gave to something that is left."""
    found = {parameter.name for parameter in plan.graph.signature}
    for statement in walk(plan.body):
        for value in (*statement.reads(), *getattr(statement, "targets", ())):
            if value is not None and value.user_name:
                found.add(value.user_name)
    found |= set(plan.graph.names.values())
    return found


def _function_text(
    plan: Plan,
    name: str,
    target: Target,
    header: Header,
    called: dict[Any, str],
    comments: bool,
    annotated: bool,
) -> str:
    graph = plan.graph
    target.check(plan, target)
    if target.writes_over:
        ask_for_ties(plan)
    if target.allocates:
        allocate_tapes(plan)
    elif flatten_tapes(plan):
        drop_unused(plan)
    if target.writes_over:
        multiply_rows(plan, tapes_to_arrays(plan, rows_of_outer_products(plan)))
    if target.unpacks:
        unpack_checked(plan)
        unpack_rows(plan)
        if unpack_in_heads(plan):
            gather(plan.body, plan)
            drop_unused(plan)
    loop_over_views(plan)
    read_newest(plan)
    read_first(plan)
    webs = update_in_place(plan)
    reserved = (
        set(keyword.kwlist)
        | {parameter.name for parameter in graph.signature}
        | {name, *called.values()}
    )
    reserved |= set(header.taken) - header.users
    reserved |= {used for used in dir(builtins) if not used.startswith("_")}
    reserved |= {target.namespace} if target.namespace else set()
    states = _loop_states(plan)
    rows = rows_of(plan)
    fold(plan, webs, states | rows, set())
    names = Names(plan, reserved, target.versions)
    late = names.unjoined() & states
    if late:
        fold(plan, webs, (states - late) | rows, late)
        names = Names(plan, reserved, target.versions)
    open_products(plan)
    if target.writes_over and plan.arrays:
        if ask_first(plan):
            ask_masks(plan)
            names = Names(plan, reserved, target.versions)
        if reuse(plan, names):
            names = Names(plan, reserved, target.versions)
        if make_buffers_once(plan, names):
            names = Names(plan, reserved, target.versions)
    speller = Speller(graph, target, header, lambda value: names[value], called, Origins(plan))
    for width in WIDTHS:
        measure = measure_of(names, speller.special_width, plan.into)
        changed = narrow(plan.body, measure, width)
        kinds = Counter(type(each) for each in walk(plan.body))
        plan.body = merge(plan.body, Memory(plan, webs))
        if kinds != Counter(type(each) for each in walk(plan.body)):
            drop_overwritten(plan)
            changed = True
        changed |= unsplit(plan.body, measure, width)
        changed |= ask_in_place(plan.body)
        changed |= group_by_lines(plan.body)
        bound = _header_names(plan, speller)
        if changed or names.clash(bound):
            names = Names(plan, reserved | bound, target.versions)
        answers: dict[ast.stmt, Answer] = {}
        used = set(count_uses(plan.body))
        writer = Writer(speller, names, answers, used, plan, axisless(plan, names))
        body = writer.block(plan.body) or [ast.Pass()]
        tapes = tapes_of(plan, names)
        begin_before(body, tapes, answers)
        if target.writes_over and plan.arrays:
            body = with_deletions(body, writer.origins, answers, plan, names)
        if not target.allocates:
            record_what_is_there(body, plan, tapes, answers)
        lines = body_lines(body, answers, _own_file(plan), comments)
        if max(map(len, lines)) <= WIDTH - 4:
            break
    if target.one_kind:
        lines[:0] = as_floats(graph, lines)
    if target.prologue is not None and any(f"{target.namespace}." in line for line in lines):
        lines.insert(0, target.prologue(plan))
    head = signature(name, graph, speller, annotated)
    if target.decorator is not None:
        options = target.options(graph, header.in_file, header.is_own)
        head = f"@{header.imported(*target.decorator)}{options}\n{head}"
    elif graph.keeps is not None and target.namespace is None:
        head = f"@{_keeping(graph.keeps, header)}\n{head}"
    documented = _docstring(graph.docstring)
    return (
        head
        + "\n"
        + documented
        + "\n".join("    " + line if line else line for line in lines)
        + "\n"
        + _attributes(name, graph)
    )


def _attributes(name: str, graph: Graph) -> str:
    """What stands behind a function: ``hit.terminal = True``."""
    lines = [f"{name}.{attribute} = {value!r}\n" for attribute, value in graph.attributes]
    return "".join(["\n\n", *lines]) if lines else ""


def _keeping(count: str, header: Header) -> str:
    """The decorator that keeps the results of so many calls."""
    if count == "None":
        return header.imported("functools", "cache")
    return f"{header.imported('functools', 'lru_cache')}(maxsize={count})"


def _header_names(plan: Plan, speller: Speller) -> set[str]:
    """What the header will bind for this function, so that no variable hides it."""
    seen: set[Value] = set()
    for statement in walk(plan.body):
        stack = list(statement.reads())
        if hasattr(statement, "value"):
            stack.append(statement.value)
        while stack:
            value = stack.pop()
            if value not in seen:
                seen.add(value)
                speller.reserve(value)
                stack.extend([arg for arg in value.args if arg.captive or arg.leaf])
    return {*speller.header.bindings, *speller.header.helpers}


def _loop_states(plan: Plan) -> set[Value]:
    """The values that are the next states of a loop."""
    found: set[Value] = set()
    for statement in walk(plan.body):
        if isinstance(statement, (For, While)):
            for inner in walk(statement.body):
                if isinstance(inner, Move):
                    found.update(inner.sources)
    return found


def _own_file(plan: Plan) -> str | None:
    """The file of the function itself, also where nothing but helpers of other files is left."""
    if plan.graph.sources:
        return plan.graph.sources[0][0]
    for node in plan.graph.body.steps:
        if node.origin.position is not None and not node.origin.derivative:
            return node.origin.position.file
    for node in plan.graph.body.steps:
        if node.origin.position is not None:
            return node.origin.position.file
    return None


# --- text -------------------------------------------------------------------------------


def _assembled(header: list[str], functions: list[str]) -> str:
    top = "\n\n".join(header)
    body = "\n\n".join(functions)
    return f"{top}\n\n\n{body}" if top else body


def _docstring(text: str) -> str:
    """The docstring in the layout of ``ruff format``."""
    if not text.strip():
        return ""
    lines = [part for line in inspect.cleandoc(text).split("\n") for part in _wrapped_text(line)]
    quoted = [line.replace("\\", "\\\\").replace('"""', '\\"\\"\\"') for line in lines]
    last = quoted[-1]
    if len(quoted) == 1:
        if last.endswith('"'):
            last = last[:-1] + '\\"'
        return f'    """{last}"""\n'
    inner = "\n".join("    " + line if line else "" for line in quoted[1:])
    return f'    """{quoted[0]}\n{inner}\n    """\n'


def _wrapped_text(line: str) -> list[str]:
    if len(line) <= WIDTH - 8:
        return [line]
    return textwrap.wrap(line, WIDTH - 8, break_long_words=False, break_on_hyphens=False)
