"""Functions that are called rather than inlined: derivatives, and a place in the module."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable
from typing import NoReturn

from chainrule.differentiate.activity import all_steps
from chainrule.differentiate.forward import ForwardWalker
from chainrule.differentiate.steps import refuse_steps
from chainrule.errors import UnsupportedError
from chainrule.graph.block import GLOBAL, Block, Graph, SignatureParameter
from chainrule.graph.function import Function
from chainrule.graph.large import large_programs
from chainrule.graph.node import Node, Op
from chainrule.graph.structure import Structure
from chainrule.graph.types import BOOL, FLOAT, INT, OPAQUE, unit_axes_of
from chainrule.lift.lifted import Lifted, assemble
from chainrule.primitives.arrays.records import component, counted_component
from chainrule.primitives.control import IF
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import Live, nodes_of
from chainrule.primitives.effect import VERBATIM
from chainrule.primitives.events import GIVEN
from chainrule.primitives.functionals import (
    BESIDE_ROOT,
    CALL_FUNCTIONAL,
    CALL_FUNCTIONAL_EFFECT,
    FOUND_ROOT,
    FUNCTIONALS,
    Handed,
)
from chainrule.primitives.integrals import INTEGRALS
from chainrule.primitives.invoke import (
    CALL_FUNCTION,
    CALL_FUNCTION_EFFECT,
    INVOKE,
    INVOKE_EFFECT,
    WHOLE,
)
from chainrule.primitives.jumps import order_of, own_function
from chainrule.primitives.solutions import SOLUTIONS, System
from chainrule.primitives.told_of_searches import SEARCHES
from chainrule.primitives.trajectories import TRAJECTORIES, Problem
from chainrule.records import replace
from chainrule.transforms.own_lists import own_copy, with_own_lists
from chainrule.transforms.pipeline import (
    Wanted,
    copy_of,
    forward,
    gradient,
    noticed,
    pulled_back,
    recorded,
    solved,
    supplied,
    tangent_of,
)
from chainrule.transforms.sensitivities import jacobian_of, sensitivities_of

SOLVED = (*TRAJECTORIES, *SOLUTIONS)
WRITTEN = (*FUNCTIONALS, *INTEGRALS, *SEARCHES)
CALLING = (INVOKE, INVOKE_EFFECT, *WRITTEN, *SOLVED)
Finish = Callable[[Graph], Graph]
# The derivatives of a function that is called need further ones, but not ever further ones.
MOST_FURTHER = 8


def with_calls(graph: Graph, finish: Finish) -> Graph:
    """``graph`` with calls written out, and with the graphs of all functions that are called.

    ``finish`` does to the graph of a function what has been done to ``graph``.
    """
    if not any(node.op in CALLING for node in nodes_of(graph.body)):
        return graph
    written: dict[Hashable, Graph] = {}
    new = _written(graph, written)
    pending = list(new.callees)
    deepest = MOST_FURTHER + max(
        (order_of(graph.functions, graph.functions[key]) for key in pending), default=0
    )
    while pending:
        key = pending.pop()
        if key in written:
            continue
        function = graph.functions[key]
        if order_of(graph.functions, graph.functions[key]) > deepest:
            _refuse_tower(graph.functions, function)
        callee = _written(finish(_own_graph(graph.functions, function)), written)
        written[key] = callee
        callee.name = function.name
        pending.extend(callee.callees)
    for each in (new, *written.values()):
        each.callees = {key: written[key] for key in each.callees}
    return new


def _first_names(function: Function, count: int) -> tuple[str, ...]:
    parameters = function.lifted.graph.body.parameters[:count]
    return tuple(str(parameter.params[0]) for parameter in parameters)


def _refuse_tower(functions: dict[Hashable, Function], function: Function) -> NoReturn:
    while function.base is not None:
        function = functions[function.base]
    raise UnsupportedError(
        f"`{function.name}` calls a derivative of itself: each derivative needs the next one",
        remedy="Write out what is called, or call the derivative of another function.",
    )


def _written(graph: Graph, written: dict[Hashable, Graph]) -> Graph:
    caller = _Caller(graph)
    new = caller.run()
    new.callees = dict.fromkeys(caller.called, new)
    return new


def _own_graph(functions: dict[Hashable, Function], function: Function) -> Graph:
    """A copy of a function's graph that returns its results in a row."""
    lifted = made(functions, function)
    graph = Copier(lifted.graph).run()
    graph.docstring = _docstring(functions, function)
    graph.keeps = _kept_results(functions, function, graph)
    graph.overwrites = function.left.changed
    graph.attributes = function.attributes
    return graph


def _kept_results(
    functions: dict[Hashable, Function], function: Function, graph: Graph
) -> str | None:
    """For how many calls results are kept, where the user's own function keeps its results."""
    own = functions[function.base] if function.base is not None else function
    if own.keeps is None or function.kind not in ("", "slopes", "pushforward"):
        return None
    numbers = all(parameter.type in (FLOAT, INT, BOOL) for parameter in graph.body.parameters)
    # What is read when it is called may have changed since.
    reads = any(arg.op is GLOBAL for step in all_steps(graph.body) for arg in step.args)
    return own.keeps if numbers and not reads else None


def _docstring(functions: dict[Hashable, Function], function: Function) -> str:
    if function.base is None:
        return function.says or f"`{function.name}` itself."
    names = [
        str(node.params[0])
        for node, taken in zip(
            made(functions, function).graph.body.parameters, function.mask, strict=False
        )
        if taken
    ]
    base = functions[function.base].name
    if function.kind == "sensitivities":
        by = f" by {', '.join(names)}" if names else ""
        return f"Change of the state of `{base}` and of its slopes{by}."
    if function.kind in ("jacobian", "gradient"):
        found = "Jacobian" if function.kind == "jacobian" else "Gradient"
        return f"{found} of `{base}` by {', '.join(names)}."
    if function.kind == "pullback":
        return f"Adjoint of {', '.join(names)} for an adjoint of `{base}`."
    if function.kind == "slope":
        return f"Slope of `{base}` by {', '.join(names)}."
    if function.kind == "pushforward":
        return f"Tangent of `{base}` along tangents of {', '.join(names)}."
    return f"Value of `{base}` and its slopes by {', '.join(names)}."


def made(functions: dict[Hashable, Function], function: Function) -> Lifted:
    """A function's lifted graph whose results stand in a row; made when it is asked for."""
    lifted: Lifted | None = function.lifted
    if lifted is None:
        base = made(functions, functions[function.base])
        base = with_own_lists(base, functions[function.base].left.changed)
        if function.kind == "pullback":
            lifted = pullback_of(base, function.mask, _named_results(functions, function))
        elif function.kind == "pushforward":
            lifted = pushforward_of(base, function.mask, function.ks or (function.k,))
        elif function.kind == "slope":
            lifted = slope_of(base, function.k)
        elif function.kind == "jacobian":
            lifted = _finished(jacobian_of(_solved(base, (True,)), 0))
        elif function.kind == "gradient":
            lifted = gradient_of(base)
        elif function.kind == "sensitivities":
            assert function.layout is not None
            state = function.layout.position
            moving = tuple(taken or k == state for k, taken in enumerate(function.mask))
            base = _solved(base, moving)
            lifted = _finished(sensitivities_of(base, function.mask, function.layout))
        else:
            lifted = slopes_of(base, function.mask)
        function.lifted = lifted
    if lifted.result.kind != "row":
        row = Structure("row", None, tuple(_leaves(lifted.result)))
        lifted = Lifted(lifted.graph, lifted.parameters, row, lifted.sources)
        _return(lifted)
        function.lifted = lifted
    return lifted


def _finished(lifted: Lifted) -> Lifted:
    _return(lifted)
    return _supplied(lifted, {})


def _leaves(structure: Structure) -> list[Structure]:
    if structure.node is not None:
        return [structure]
    return [leaf for part in structure.parts for leaf in _leaves(part)]


def _return(lifted: Lifted) -> None:
    """Let the graph return the row."""
    graph, parts = lifted.graph, lifted.result.parts
    result = parts[0] if len(parts) == 1 else Structure("tuple", None, parts)
    with graph.inside(graph.body):
        graph.body.results = (assemble(graph, result),)
    graph.signature = tuple(
        SignatureParameter(str(node.params[0]), node=node) for node in graph.body.parameters
    )


def slopes_of(base: Lifted, mask: tuple[bool, ...]) -> Lifted:
    """A function that returns the results of ``base`` and their slopes.

    Those of one number are its gradient, by the cheaper mode; else they are taken forward.
    """
    base = _noticed(base, mask)
    inputs = [node for node, taken in zip(base.graph.body.parameters, mask, strict=True) if taken]
    if len(inputs) > 1 and [part.kind for part in base.result.parts] == ["leaf"]:
        return _value_and_slopes(base, inputs)
    suffixes = ["_dot"] if len(inputs) == 1 else [f"_d{node.params[0]}" for node in inputs]
    numbers = Structure("row", None, tuple(p for p in base.result.parts if p.kind == "leaf"))
    walker, _ = forward(
        Lifted(base.graph, base.parameters, numbers, base.sources), inputs, suffixes
    )
    parts = [
        Structure(part.kind, walker.mapped(part.node))
        for part in base.result.parts
        if part.node is not None
    ]
    for part in numbers.parts:
        assert part.node is not None
        for k in range(len(inputs)):
            parts.append(Structure("leaf", tangent_of(walker, part.node, k)))
    result = Structure("row", None, tuple(parts))
    lifted = Lifted(walker.graph, {}, result, base.sources)
    _return(lifted)
    return _supplied(lifted, walker.pairs)


def _value_and_slopes(base: Lifted, inputs: list[Node]) -> Lifted:
    """The only result of ``base`` and its gradient in a row."""
    parameters = {str(node.params[0]): Structure("leaf", node) for node in inputs}
    single = Lifted(base.graph, parameters, base.result.parts[0], base.sources)
    found = gradient(single, tuple(parameters), "auto", True)
    value, slopes = found.result.parts
    row = Structure("row", None, (value, *slopes.parts))
    lifted = Lifted(found.graph, {}, row, base.sources)
    _return(lifted)
    return lifted


def slope_of(base: Lifted, position: int) -> Lifted:
    """A function that returns the slope of ``base`` by the argument at ``position``."""
    base = solved(base, [base.graph.body.parameters[position]])
    source = base.graph.body.parameters[position]
    output = base.result.parts[0]
    walker, _ = forward(base, [source], ["_dot"])
    assert output.node is not None
    slope = tangent_of(walker, output.node, 0)
    lifted = Lifted(
        walker.graph, {}, Structure("row", None, (Structure("leaf", slope),)), base.sources
    )
    _return(lifted)
    return _supplied(lifted, walker.pairs)


def _noticed(base: Lifted, mask: tuple[bool, ...]) -> Lifted:
    """The function, whose choices are told what was found equal to a marked argument."""
    base = _solved(base, mask)
    return noticed(base, _marked(base, mask))


def _solved(base: Lifted, mask: tuple[bool, ...]) -> Lifted:
    """The function, in which what bisections find has slopes by marked arguments."""
    return solved(base, _marked(base, mask))


def _marked(base: Lifted, mask: tuple[bool, ...]) -> list[Node]:
    parameters = base.graph.body.parameters
    return [node for node, taken in zip(parameters, mask, strict=False) if taken]


def _new_name(body: Block, name: str, more: str) -> str:
    """A name for one more parameter: that of a derivative's derivative has the ending twice."""
    taken = {node.params[0] for node in body.parameters}
    while name in taken:
        name += more
    return name


def gradient_of(base: Lifted) -> Lifted:
    """The gradient of a number, or of half the sum of an array's squares, by the first argument."""
    refuse_steps(base.graph, base.graph.body.parameters[:1], list(base.result.leaves()))
    copied, _ = copy_of(_noticed(base, (True,)))
    output = copied.result.parts[0].node
    assert output is not None
    seed = output if unit_axes_of(output.type) else None
    return _pulled(copied, list(copied.graph.body.parameters[:1]), [(output, seed)])


def _named_results(functions: dict[Hashable, Function], function: Function) -> dict[int, str]:
    """The results of which the adjoints are given, with what these are called."""
    base = functions[function.base]
    first = len(base.types) - len(base.left.changed)
    parameters = made(functions, base).graph.body.parameters
    names = {first + j: f"{parameters[k].params[0]}_bar" for j, k in enumerate(base.left.changed)}
    return {k: names.get(k, "out_bar") for k in function.ks or (function.k,)}


def pullback_of(base: Lifted, mask: tuple[bool, ...], names: dict[int, str]) -> Lifted:
    """A function that returns the adjoints of marked arguments, given those of results."""
    copied, _ = copy_of(_noticed(base, mask))
    body = copied.graph.body
    inputs = [node for node, taken in zip(body.parameters, mask, strict=True) if taken]
    seeds: list[tuple[Node, Node | None]] = []
    for k, name in names.items():
        output = copied.result.parts[k].node
        assert output is not None
        seeds.append((output, body.parameter(_new_name(body, name, "_bar"), output.type)))
    return _pulled(copied, inputs, seeds)


def _pulled(copied: Lifted, inputs: list[Node], seeds: list[tuple[Node, Node | None]]) -> Lifted:
    """The function that returns the adjoints of inputs, for adjoints of its results."""
    wrt = Wanted(tuple(Structure("leaf", node) for node in inputs), False)
    with large_programs():
        bars, pulled, walker = pulled_back(copied, wrt, seeds)
        found = recorded(pulled, walker, bars)
    lifted = replace(found, result=Structure("row", None, found.result.parts))
    _return(lifted)
    return lifted


def pushforward_of(base: Lifted, mask: tuple[bool, ...], ks: tuple[int, ...]) -> Lifted:
    """A function that returns tangents of results, given those of marked arguments."""
    copied, _ = copy_of(_noticed(base, mask))
    body = copied.graph.body
    outputs = [node for k in ks if (node := copied.result.parts[k].node) is not None]
    inputs = [node for node, taken in zip(body.parameters, mask, strict=True) if taken]
    dots = [
        body.parameter(_new_name(body, f"{node.params[0]}_dot", "_dot"), node.type)
        for node in inputs
    ]
    with large_programs():
        walker = ForwardWalker(copied.graph, inputs, outputs, ["_dot"])
        seeds = {
            node: functools.partial(walker.mapped, dot)
            for node, dot in zip(inputs, dots, strict=True)
        }
        walker.seeds = [seeds]
        walker.run()
    tangents = (tangent_of(walker, output, 0) for output in outputs)
    result = Structure("row", None, tuple(Structure("leaf", node) for node in tangents))
    lifted = Lifted(walker.graph, {}, result, base.sources)
    _return(lifted)
    return _supplied(lifted, walker.pairs)


def _supplied(lifted: Lifted, pairs: dict[Node, Node]) -> Lifted:
    """The same with simpler derivative code; parameters keep their places."""
    nodes = [part.node for part in lifted.result.parts if part.node is not None]
    leaves = Structure("row", None, tuple(Structure("leaf", node) for node in nodes))
    new = supplied(Lifted(lifted.graph, {}, leaves, lifted.sources), pairs)
    kinds = [part.kind for part in lifted.result.parts]
    parts = tuple(
        Structure(kind, part.node) for kind, part in zip(kinds, new.result.parts, strict=True)
    )
    return Lifted(new.graph, {}, Structure("row", None, parts), lifted.sources)


class _Caller(Copier):
    """A copy in which calls are written out; one call gives results and slopes together."""

    def __init__(self, source: Graph) -> None:
        super().__init__(source)
        self.called: dict[Hashable, None] = {}
        self.made: dict[tuple[Hashable, tuple[Node, ...]], list[tuple[Block, Node]]] = {}
        # Which functions are called on the same arguments in the same block.
        self.together: dict[tuple[Block, tuple[Node, ...]], list[Hashable]] = {}
        for node in sorted(Live(source).nodes, key=lambda node: node.serial):
            if node.op in (INVOKE, INVOKE_EFFECT):
                self.together.setdefault((node.block, node.args), []).append(node.params[0])
        self.live = Live(source).nodes
        # Where something has been raised already if a condition holds.
        self.checked: dict[Node, list[Block]] = {}

    def copy(self, step: Node) -> Node:
        if step.op in (FOUND_ROOT, BESIDE_ROOT, *GIVEN):
            self.map[step] = self.mapped(step.args[0])
            return self.map[step]
        if step.op in WRITTEN and step in self.live:
            op = CALL_FUNCTIONAL_EFFECT if step.op.effect else CALL_FUNCTIONAL
            args = tuple(map(self.mapped, step.args))
            part = step.params[-1]
            if str(part).startswith("_0_."):
                whole = self._searched(op, args, step)
                text = (part, step.type, None)
                self.map[step] = self.graph.cursor.add(VERBATIM, (whole,), text, step.type)
            else:
                self.map[step] = self.graph.cursor.add(op, args, step.params, step.type)
            self.called[step.params[0]] = None
            options = step.params[3]
            assert isinstance(options, tuple)
            handed = [known.key for _, known in options if isinstance(known, Handed)]
            self.called.update(dict.fromkeys(handed))
            self.named(step, self.map[step])
            return self.map[step]
        if step.op in SOLVED and step in self.live:
            self.map[step] = self._part(step)
            self.named(step, self.map[step])
            return self.map[step]
        if step.op in (component, counted_component) and step.args[0].op in (INVOKE, INVOKE_EFFECT):
            self.map[step] = self._read(self.mapped(step.args[0]), step.params[0], step)
            return self.map[step]
        if step.op not in (INVOKE, INVOKE_EFFECT):
            return super().copy(step)
        if step not in self.live:
            # It may be handed on to where nothing uses it.
            return super().copy(step)
        key, k = step.params
        key = self._widest(key, step)
        function = self.graph.functions[key]
        call = self._call(function, step)
        if len(function.types) == 1 or k == WHOLE:
            self.map[step] = call
        else:
            self.map[step] = self._read(call, k, step)
        self.named(step, self.map[step])
        if k != WHOLE and len(function.types) > 1 and not step.origin.derivative:
            self.graph.names.setdefault(self.map[step], "value")
        return self.map[step]

    def structured(self, node: Node) -> None:
        if node.op is IF and self._is_checked(node):
            self.map[node] = self.mapped(node.args[0])
        else:
            super().structured(node)

    def _is_checked(self, step: Node) -> bool:
        """Whether a branch does nothing but raise where it has been raised before."""
        then, orelse = step.params[:2]
        assert isinstance(then, Block) and isinstance(orelse, Block)
        if then.completes or orelse.steps or then.results or orelse.results:
            return False
        known = self.checked.setdefault(self.mapped(step.args[0]), [])
        if any(block in known for block in self.graph.cursor.around()):
            return True
        known.append(self.graph.cursor)
        return False

    def _searched(self, op: Op, args: tuple[Node, ...], step: Node) -> Node:
        """The result of a search, of which several parts may be read."""
        call = step.params[:-1]
        found = self._known(call, step)
        if found is None:
            found = self.graph.cursor.add(op, args, (*call, "_0_"), OPAQUE)
            self.made.setdefault((call, step.args), []).append((self.graph.cursor, found))
            self.graph.names.setdefault(found, "solution")
        return found

    def _read(self, call: Node, k: Hashable, step: Node) -> Node:
        """One of several results of a call."""
        read = self.graph.cursor.add(VERBATIM, (call,), (f"_0_[{k}]", step.type, None), step.type)
        self.named(step, read)
        return read

    def _part(self, step: Node) -> Node:
        """One part of what a solver returns; all of them are read out of one call."""
        key, asked, part = step.params
        assert isinstance(asked, (Problem, System))
        call = self._known((key, asked), step)
        if call is None:
            op = CALL_FUNCTIONAL_EFFECT if step.op.effect else CALL_FUNCTIONAL
            args = tuple(map(self.mapped, step.args))
            handed = self._handed(asked)
            own = len(args) if handed and isinstance(asked, System) else asked.own
            params = (key, asked.dotted, own, asked.options, asked.layout(), "_0_", handed)
            call = self.graph.cursor.add(op, args, params, None if asked.read else step.type)
            self.made.setdefault(((key, asked), step.args), []).append((self.graph.cursor, call))
            self.called[key] = None
            self.called.update((each[1], None) for each in handed)
            if isinstance(asked, Problem) and self.graph.functions[key].base is not None:
                self.graph.names.setdefault(call, "sensitivities")
            elif asked.read:
                self.graph.names.setdefault(call, "solution")
        if not asked.read:
            return call
        text = asked.read[str(part)]
        return self.graph.cursor.add(VERBATIM, (call,), (text, step.type, None), step.type)

    def _handed(self, asked: Problem | System) -> tuple[tuple[Hashable, ...], ...]:
        """Functions that take values besides what SciPy gives them, with the names of the latter.

        The names and the positions of the values are told, in the place of ``args=(...)``.
        """
        if not isinstance(asked, System):
            return tuple((keyword, each, (), ()) for keyword, each in asked.handed)
        functions = self.graph.functions
        bodies = [own_function(functions, functions[each.key]) for each in asked.handed]
        return tuple(
            (each.keyword, each.key, _first_names(body, each.variables), each.values)
            for each, body in zip(asked.handed, bodies, strict=True)
        )

    def _widest(self, key: Hashable, step: Node) -> Hashable:
        """The function that is called on these arguments anyway and returns this result too."""
        block: Block | None = step.block
        found = key
        while block is not None:
            for other in self.together.get((block, step.args), ()):
                done = block is step.block or self._known(other, step) is not None
                if done and self._depth(other, key) > self._depth(found, key):
                    found = other
            block = block.parent
        return found

    def _depth(self, key: Hashable, base: Hashable) -> int:
        """How many derivatives lie between a function and ``base``; negative for none."""
        depth = 0
        while key != base:
            function = self.graph.functions[key]
            if function.kind != "slopes":
                return -1
            key, depth = function.base, depth + 1
        return depth

    def _known(self, key: Hashable, step: Node) -> Node | None:
        """A call that has certainly been made before ``step``."""
        for block, call in self.made.get((key, step.args), ()):
            around: Block | None = self.graph.cursor
            while around is not None:
                if around is block:
                    return call
                around = around.parent
        return None

    def _call(self, function: Function, step: Node) -> Node:
        call = self._known(function.key, step)
        if call is None:
            op = CALL_FUNCTION_EFFECT if function.raises else CALL_FUNCTION
            args = tuple(
                own_copy(self.graph, arg) if k in function.left.changed else arg
                for k, arg in enumerate(map(self.mapped, step.args))
            )
            type = function.types[0] if len(function.types) == 1 else None
            changed = function.left.changed
            params = (function.key, changed, len(function.types) - len(changed))
            call = self.graph.cursor.add(op, args, params if changed else (function.key,), type)
            self.made.setdefault((function.key, step.args), []).append((self.graph.cursor, call))
            self.called[function.key] = None
            if function.kind in ("jacobian", "gradient"):
                self.graph.names.setdefault(call, function.name.rpartition("_")[2])
            elif len(self.together.get((step.block, step.args), ())) > 1:
                self.graph.names.setdefault(call, "inner")
        return call
