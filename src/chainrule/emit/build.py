"""Graph to plan: blocks become lists of statements, results and states become variables."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from chainrule.emit.dead import STRUCTURED, Needed, column_values, needed, read_by
from chainrule.emit.memory.written_once import written_once
from chainrule.emit.plan import (
    AND,
    CONDITIONAL,
    OR,
    RAISED,
    RANGE,
    REVERSED,
    VARIABLE,
    Attempt,
    Branch,
    Break,
    Define,
    For,
    Move,
    Plan,
    Return,
    Statement,
    Unpack,
    Value,
    While,
    count_uses,
    ordered,
    truth,
)
from chainrule.emit.wording.floating import certainly_floating
from chainrule.emit.wording.identities import simplified
from chainrule.graph.block import (
    CONSTANT,
    ITEM,
    PARAMETER,
    UNDEFINED,
    Block,
    Graph,
    constant_key,
    constant_type,
    result_number,
)
from chainrule.graph.node import Node, Origin
from chainrule.graph.types import BOOL, INT, OPAQUE, Array, Record, Sequence
from chainrule.primitives.arithmetic import divide
from chainrule.primitives.arrays.creation import ZEROS
from chainrule.primitives.arrays.measured import filling, lengths_of
from chainrule.primitives.control import IF, LOOP, TRY, loop_body, loop_parts, next_states
from chainrule.primitives.list_lengths import ListLengths, count_of
from chainrule.primitives.row_lengths import RowLengths
from chainrule.primitives.saturation import opposite_exp
from chainrule.primitives.sequence import entrywise_add, fill_like, filled, index_set


def build(graph: Graph) -> Plan:
    """The plan of ``graph``, without anything that is not needed."""
    return _Builder(graph).plan()


class _Builder:
    """Walks the blocks; ``values`` is what each node has become."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.needed: Needed = needed(graph)
        self.values: dict[Node, Value] = {}
        self.constants: dict[object, Value] = {}
        self.states: set[Value] = set()
        self.rows: dict[Value, str] = {}
        self.keeping: set[Value] = set()
        self.items: dict[Node, list[Node]] = {}
        self.floating = certainly_floating(self.needed)
        self.once = written_once(self.needed)
        # Of results of control flow: those that differentiation has made, and the others.
        self.made: set[Node] = set()
        self.own: set[Node] = set()
        for node in self.needed.nodes:
            if node.op is ITEM and node.args[0].op not in STRUCTURED:
                self.items.setdefault(node.args[0], []).append(node)

    def plan(self) -> Plan:
        parameters = {}
        for parameter in self.graph.signature:
            if parameter.node is not None:
                parameters[parameter.name] = self.value(parameter.node)
        body = self.block(self.graph.body)
        if self.graph.body.completes and self.graph.body.results:
            body.append(Return(self.value(self.graph.body.results[0])))
        plan = Plan(
            self.graph,
            parameters,
            body,
            self.constants,
            self.states,
            self.lengths(),
            self.rows,
            keeping=self.keeping,
        )
        plan.widths.update(self.widths())
        plan.nodes = {
            value: node
            for node, value in self.values.items()
            if isinstance(node.type, Array) or node.type == INT
        }
        for node, given in self.graph.given.items():
            container = node.type == OPAQUE or isinstance(node.type, Sequence)
            if container and given.shape is not None and node in self.values:
                plan.counts[self.values[node]] = given.shape[0]
            if given.shape == () and node in self.values:
                plan.axisless.add(self.values[node])
        for node, value in self.values.items():
            if value.derivative and value.op in ZEROS:
                count = _known_length(node)
                plan.counts.update({} if count is None else {value: count})
        return plan

    def lengths(self) -> dict[Value, Hashable]:
        """Of lists and of numbers of steps, what is the same where they are as long."""
        known = ListLengths()
        for step in self.graph.body.steps:
            if step.op is IF:
                known.learn(step)
        found: dict[Value, Hashable] = {}
        for node in self.needed.nodes:
            if node.op is LOOP and (count := count_of(node)) is not None and count in self.values:
                found[self.values[count]] = known.of_count(count)
        # What a loop hands on in the end decides about its variable.
        for node in sorted(self.values, key=lambda node: node.op is ITEM):
            if isinstance(node.type, Sequence):
                found[self.values[node]] = known.of(node)
        return found

    def widths(self) -> dict[Value, int]:
        """Of lists of lists, how many entries each of these has, where they have as many."""
        known = RowLengths()
        found: dict[Value, set[int | None]] = {}
        for node, value in self.values.items():
            item = node.type.item if isinstance(node.type, Sequence) else None
            if isinstance(item, Record):
                found.setdefault(value, set()).add(len(item.items))
            elif isinstance(item, Sequence):
                found.setdefault(value, set()).add(known.of(node, 1))
        alike = {value: next(iter(widths)) for value, widths in found.items() if len(widths) == 1}
        return {value: width for value, width in alike.items() if width is not None}

    # --- values ---------------------------------------------------------------------------

    def value(self, node: Node) -> Value:
        """The value of a node whose step has been passed, or of a leaf."""
        known = self.values.get(node)
        if known is not None:
            return known
        if node.op is ITEM:
            return self.item(node)
        if node.op is CONSTANT:
            value = self.constant(node.params[0])
            self.values[node] = value
            return value
        return self.fresh(node, node.op, [])

    def item(self, node: Node) -> Value:
        """An item of something that is no control flow: a subscript."""
        source = self.value(node.args[0])
        return self.fresh(node, ITEM, [source])

    def fresh(self, node: Node, op: Any, args: list[Value]) -> Value:
        origin = node.origin
        if node.op is ITEM:
            position = origin.position or node.args[0].origin.position
            managers = origin.managers or node.args[0].origin.managers
            origin = Origin(position, origin.derivative or self.derived(node), managers)
        elif not origin.derivative and self.derived(node):
            origin = origin.answered
        value = Value(
            op, args, node.params if op is node.op else (), node.type, origin, node.serial
        )
        if op is node.op and node in self.floating and getattr(op, "broadcasts", False):
            value.whole = tuple(k for k in filling(node) if node.args[k] in self.floating)
        name = self.graph.names.get(node)
        if origin.derivative:
            answered = self.answered(node, value)
            value.hint = name or answered
            texts = [answer.text for answer in self.graph.answers.get(node, ())]
            value.partial = name is not None and name not in texts and f"{name}_part" in texts
        else:
            value.user_name = name
            # f's own value may be a slope of f: `exp(x)` of `a * exp(x)`.
            value.hint = self.answered(node, value) if name is None else None
        value.argument = self.graph.arguments.get(node)
        self.values[node] = value
        return value

    def answered(self, node: Node, value: Value) -> str | None:
        """The name of an adjoint or tangent of something that has one."""
        answer = min(self.graph.answers.get(node, ()), key=lambda each: each.rank, default=None)
        if answer is not None and answer.name is None and answer.value is not None:
            value.answer = (self.values.get(answer.value), answer)
        return None if answer is None else answer.text

    def derived(self, node: Node) -> bool:
        """Whether a result of control flow is made by differentiation: one of its sources is."""
        seen: set[Node] = set()
        stack = [node]
        while stack:
            current = stack.pop()
            if current in self.made or (
                current.origin.derivative and (current is not node or current.op is not ITEM)
            ):
                self.made.add(node)
                return True
            if current in seen or current in self.own:
                continue
            seen.add(current)
            if current.op is ITEM and current.args[0].op in STRUCTURED:
                if current.args[0].origin.derivative:
                    self.made.add(node)
                    return True
                stack.extend(column_values(current.args[0], result_number(current)))
            elif current in self.needed.states:
                stack.extend(column_values(*self.needed.states[current]))
        if node.origin.derivative:
            return True
        self.own |= seen
        return False

    def constant(self, value: object) -> Value:
        key = constant_key(value)
        known = self.constants.get(key)
        if known is None:
            known = Value(CONSTANT, [], (value,), constant_type(value))
            self.constants[key] = known
        return known

    # --- blocks ---------------------------------------------------------------------------

    def block(self, block: Block) -> list[Statement]:
        statements: list[Statement] = []
        for node in block.steps:
            if node not in self.needed.nodes:
                continue
            if node.op is IF:
                self.branch(node, statements)
            elif node.op is LOOP:
                self.loop(node, statements)
            elif node.op is TRY:
                self.attempt(node, statements)
            else:
                self.step(node, statements)
        return statements

    def step(self, node: Node, statements: list[Statement]) -> None:
        value = self.fresh(node, node.op, [self.value(arg) for arg in read_by(node)])
        if node in self.once:
            value.op = index_set
        elif value.op is opposite_exp:
            value.op, value.args = divide, [self.constant(1.0), *value.args]
            value.whole = (1,)
        elif value.op is entrywise_add and self.is_constant_list(node.args[1]):
            # x_bar + [v] * len(x)
            value.op, value.args = RAISED, [value.args[0], self.value(node.args[1].args[1])]
        simpler = simplified(value) if value.derivative else None
        if simpler is not None:
            # A state that turned out to be a constant may leave a product with one.
            self.values[node] = simpler
            return
        statements.append(Define(value))
        items = sorted(self.items.get(node, ()), key=lambda item: result_number(item))
        if not items:
            return
        if self.needed.uses[node] == len(items) and getattr(node.type, "kind", "tuple") == "tuple":
            targets: list[Value | None] = [None] * len(getattr(node.type, "items", items))
            for item in items:
                target = self.fresh(item, VARIABLE, [])
                target.params = ()
                targets[result_number(item)] = target
            statements.append(Unpack(targets, value))
            return
        for item in items:
            statements.append(Define(self.item(item)))

    def is_constant_list(self, node: Node) -> bool:
        """Whether a list has one entry everywhere and is not needed for itself."""
        return node.op in (filled, fill_like) and self.needed.uses[node] == 1

    def columns(self, node: Node) -> list[int]:
        return sorted(self.needed.columns.get(node, ()))

    def variable(self, node: Node, k: int) -> Value:
        """The variable that result ``k`` of a structured node has become."""
        item = node.block.item(node, k)
        value = self.fresh(item, VARIABLE, [])
        if value.user_name is None and not value.derivative and item in self.needed.read:
            value.user_name = self.common_name(item)
        return value

    def common_name(self, item: Node) -> str | None:
        """The one name that the user gave to the values that a result is one of."""
        found: set[str] = set()
        seen: set[Node] = set()
        stack = [item]
        while stack:
            node = stack.pop()
            if node in seen:
                continue
            seen.add(node)
            if node.op is ITEM and node.args[0].op in (IF, TRY) and node not in self.graph.names:
                stack.extend(column_values(node.args[0], result_number(node)))
            elif node.op is not PARAMETER and node in self.graph.names:
                found.add(self.graph.names[node])
        return found.pop() if len(found) == 1 else None

    def move(self, targets: list[Value], sources: list[Node], statements: list[Statement]) -> None:
        """Assign what is not the target itself."""
        pairs = [
            (target, self.value(source)) for target, source in zip(targets, sources, strict=True)
        ]
        pairs = [(target, source) for target, source in pairs if target is not source]
        if pairs:
            statements.append(
                Move([target for target, _ in pairs], [source for _, source in pairs])
            )

    # --- control flow ---------------------------------------------------------------------

    def branch(self, node: Node, statements: list[Statement]) -> None:
        then, orelse, style = node.params
        assert isinstance(then, Block) and isinstance(orelse, Block)
        test = self.value(node.args[0])
        arms = [self.block(then), self.block(orelse)]
        columns = self.columns(node)
        whole = then.completes and orelse.completes and len(columns) == 1
        if whole and style != "statement":
            results = [self.value(arm.results[columns[0]]) for arm in (then, orelse)]
            if all(self.captured(arm, result) for arm, result in zip(arms, results, strict=True)):
                item = node.block.item(node, columns[0])
                self.conditional(item, test, arms, results, str(style), statements)
                return
        columns = [k for k in columns if not self.is_test(node, k, test)]
        targets = [self.variable(node, k) for k in columns]
        for arm, block in zip(arms, (then, orelse), strict=True):
            if block.completes:
                self.move(targets, [block.results[k] for k in columns], arm)
        statements.append(Branch(test, arms[0], arms[1], node.origin))

    def is_test(self, node: Node, k: int, test: Value) -> bool:
        """Whether result ``k`` of a branch only tells which arm was run."""
        then, orelse = node.params[:2]
        assert isinstance(then, Block) and isinstance(orelse, Block)
        if not (then.completes and orelse.completes) or test.type != BOOL:
            return False
        if not (_is_bool(then.results[k], True) and _is_bool(orelse.results[k], False)):
            return False
        self.values[node.block.item(node, k)] = test
        return True

    def captured(self, arm: list[Statement], result: Value) -> bool:
        """Whether an arm is one expression: each value used once, in the order it stands."""
        tree: list[Value] = []
        stack = [result]
        inside = {statement.value for statement in arm if isinstance(statement, Define)}
        if len(inside) != len(arm):
            return False
        while stack:
            value = stack.pop()
            if value in inside:
                tree.append(value)
                stack.extend(value.args)
        tree.reverse()
        uses = count_uses(arm)
        if len(tree) != len(inside) or any(uses[value] != (value is not result) for value in tree):
            return False
        # `a and b` is `b if a else a`.
        tests = {value.args[0] for value in tree if value.op in (AND, OR)}
        if any(value.op.effect or self.used(value) > 1 + (value in tests) for value in tree):
            return False
        fixed = [
            statement.value
            for statement in arm
            if isinstance(statement, Define) and ordered(statement.value)
        ]
        return [value for value in tree if ordered(value)] == fixed

    def used(self, value: Value) -> int:
        return self.total_uses.get(value.serial, 0)

    @property
    def total_uses(self) -> dict[int, int]:
        if not hasattr(self, "_total"):
            self._total = {node.serial: count for node, count in self.needed.uses.items()}
        return self._total

    def conditional(
        self,
        item: Node,
        test: Value,
        arms: list[list[Statement]],
        results: list[Value],
        style: str,
        statements: list[Statement],
    ) -> None:
        for arm in arms:
            for statement in arm:
                assert isinstance(statement, Define)
                statement.value.captive = True
        if style == "and" and results[1] is test:
            op, args = AND, [test, results[0]]
        elif style == "or" and results[0] is test:
            op, args = OR, [test, results[1]]
        else:
            op, args = CONDITIONAL, [test, *results]
        statements.append(Define(self.fresh(item, op, args)))

    def loop(self, node: Node, statements: list[Statement]) -> None:
        kind, condition, body, breaks = node.params
        assert isinstance(body, Block)
        bounds, initial, states = loop_parts(node)
        following = next_states(node)
        header = None if kind == "while" else self.iterable(node, bounds, str(kind))
        carried = []
        for k in self.columns(node):
            if header is not None and self.is_last_index(node, k):
                # What Python leaves in the loop's own variable.
                self.values[node.block.item(node, k)] = self.values[body.parameters[0]]
                continue
            if following[k] is states[k]:
                # A state that no step changes is its initial value.
                self.values[states[k]] = self.value(initial[k])
            else:
                self.state(states[k], node, k)
                carried.append(k)
            self.values[node.block.item(node, k)] = self.values[states[k]]
        targets = [self.values[states[k]] for k in carried]
        self.states.update(targets)
        for k in carried:
            if lengths_of(states[k]) == lengths_of(initial[k]):
                self.keeping.add(self.values[states[k]])
        self.move(targets, [initial[k] for k in carried], statements)
        tested: list[Statement] = []
        if header is None:
            assert isinstance(condition, Block)
            tested = self.block(condition)
        inner = self.block(body)
        if body.completes:
            self.move(targets, [following[k] for k in carried], inner)
            if breaks:
                self.leave(self.value(body.results[-1]), inner)
        if header is not None:
            statements.append(For(self.values[body.parameters[0]], header, inner, node.origin))
        else:
            assert isinstance(condition, Block)
            test = self.value(condition.results[0])
            statements.append(While(tested, test, inner, node.origin))

    def is_last_index(self, node: Node, k: int) -> bool:
        """Whether result ``k`` of a loop is its index in the last step."""
        initial, states = loop_parts(node)[1:]
        last = next_states(node)[k] is loop_body(node).parameters[0]
        return last and initial[k].op is UNDEFINED and self.needed.uses[states[k]] <= 1

    def state(self, parameter: Node, node: Node, k: int) -> None:
        value = self.fresh(parameter, VARIABLE, [])
        named = self.graph.names.get(parameter) or self.graph.names.get(node.block.item(node, k))
        value.user_name, value.hint = (None, named) if value.derivative else (named, None)

    def iterable(self, node: Node, bounds: tuple[Node, ...], kind: str) -> Value:
        """``range(...)`` of a loop, written in its header; the index is a variable."""
        start, stop, step = (self.value(bound) for bound in bounds)
        body = node.params[2]
        assert isinstance(body, Block)
        index = self.fresh(body.parameters[0], VARIABLE, [])
        named = self.graph.names.get(body.parameters[0])
        if body.parameters[0] in self.graph.rows:
            self.rows[index] = self.graph.rows[body.parameters[0]]
        derivative = node.origin.derivative
        index.user_name, index.hint = (
            (None, named or "i") if derivative or named is None else (named, None)
        )
        header = Value(RANGE, [start, stop, step], (), OPAQUE, node.origin, node.serial)
        header.captive = True
        if kind == "reversed":
            header = Value(REVERSED, [header], (), OPAQUE, node.origin, node.serial)
            header.captive = True
        return header

    def leave(self, flag: Value, body: list[Statement]) -> None:
        known = truth(flag)
        if known is None:
            body.append(Branch(flag, [Break()], []))
        elif known:
            body.append(Break())

    def attempt(self, node: Node, statements: list[Statement]) -> None:
        body, handlers = node.params
        assert isinstance(body, Block) and isinstance(handlers, tuple)
        columns = self.columns(node)
        targets = [self.variable(node, k) for k in columns]
        if 0 in columns:
            targets[columns.index(0)].hint = "outcome"
        blocks = []
        for number, block in enumerate((body, *(block for _, _, block in handlers))):
            inner = self.block(block)
            if block.completes:
                selector = self.graph.constant(number)
                sources = [selector if k == 0 else block.results[k - 1] for k in columns]
                self.move(targets, sources, inner)
            blocks.append(inner)
        named = [
            (template, name, inner)
            for (template, name, _), inner in zip(handlers, blocks[1:], strict=True)
        ]
        statements.append(Attempt(blocks[0], named, node.origin))


def _known_length(node: Node) -> int | None:
    """How many entries a vector has, whatever the caller gives."""
    lengths = lengths_of(node)
    return lengths[0].constant if len(lengths) == 1 and not lengths[0].terms else None


def _is_bool(node: Node, truth: bool) -> bool:
    return node.op is CONSTANT and node.params[0] is truth
