"""Control flow: runs of statements, if, for, while, break, continue, try."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Sequence
from typing import Any

from chainrule.errors import UnsupportedError
from chainrule.graph.naming import free_name
from chainrule.graph.node import Node
from chainrule.lift.anew import Anew
from chainrule.lift.branches.going_on import GoingOn
from chainrule.lift.branches.hoisting import TwoKinds
from chainrule.lift.calls.endless import EndlessRecursion
from chainrule.lift.core import AlwaysRaises, Completion, LoopExits
from chainrule.lift.iteration.exits import exits_of, has_exits, leaves_block, returns_out
from chainrule.lift.iteration.felt import acts, may_be_felt
from chainrule.lift.iteration.iterables import is_ragged, is_row_of_numbers, yields_in
from chainrule.lift.iteration.looped import (
    KnownItems,
    Resized,
    Rewritten,
    has_reversed,
    is_strict,
    lazy_parts,
    read_in_turn,
)
from chainrule.lift.iteration.loops import TestChanges
from chainrule.lift.iteration.sizes import LONG, SHORT, is_better_as_loop, size_of
from chainrule.lift.iteration.walking import continues
from chainrule.lift.state import Key, assigned_names
from chainrule.lift.statements import STATEMENTS
from chainrule.lift.values import (
    Endless,
    Enumerate,
    Range,
    Static,
    TupleValue,
    Value,
    Yields,
)
from chainrule.primitives import arithmetic
from chainrule.primitives.control import LOOP, owned_blocks

# A counted loop of so few steps is shorter and faster written out.
UNROLL_STEPS = 3
# Loops over more numbers, written out in many steps, are loops, if they can be.
FEW_ITEMS = 8


class Control(GoingOn):
    """Lifts statements that branch, leave or repeat."""

    def statements(self, nodes: Sequence[ast.stmt]) -> Completion:
        """Run statements in order; how they end."""
        around = self.statement_run
        try:
            return self._in_order(nodes)
        finally:
            self.statement_run = around

    def _in_order(self, nodes: Sequence[ast.stmt]) -> Completion:
        for position, node in enumerate(nodes):
            before = self.entering(node)
            self.statement_run = node, self.frame, self.block
            tag = self.undecided(node)
            try:
                if tag is not None:
                    # Once for each kind of a name that it reads.
                    alone = functools.partial(self.followed_by, [node])
                    rest = nodes[position + 1 :]
                    with self.at(node):
                        completion, absorbed = self.two_ways(tag, alone, alone, rest)
                    if absorbed:
                        return completion
                elif type(node) in OPEN:
                    rest = nodes[position + 1 :]
                    with self.at(node):
                        completion, absorbed = OPEN[type(node)](self, node, rest)
                    if absorbed:
                        return completion
                else:
                    completion = self.statement(node)
                self.done(node, before)
                self.leave_meanwhile()
                self.forget(self.last_of.get(node, ()))
            except TwoKinds as found:
                return self.statements([self.told_apart(node, found), *nodes[position + 1 :]])
            except AlwaysRaises:
                self.raised(before)
                return Completion.RAISES
            if completion in (Completion.EXITS, Completion.RAISES):
                return completion
            if completion is Completion.MAYBE:
                return self.guarded(functools.partial(self.statements, nodes[position + 1 :]))
        return Completion.FALLS

    def _if(self, node: ast.If, rest: Sequence[ast.stmt]) -> tuple[Completion, bool]:
        """Run an if; an arm that alone goes on takes the rest of the statements with it."""
        test = self.condition(node.test)
        known, truth = self.truth(test)
        if known:
            return self.statements(node.body if truth else node.orelse), False
        return self.two_ways(
            self.predicate(test),
            functools.partial(self.followed_by, node.body),
            functools.partial(self.followed_by, node.orelse),
            rest,
        )

    def _evaluated(self, node: ast.Expr) -> Completion:
        """An expression of which nobody reads the value: one that chooses what to do is an if."""
        nothing: ast.expr = ast.copy_location(ast.Constant(None), node)
        match node.value:
            case ast.IfExp(test=test, body=body, orelse=orelse):
                then, other = body, orelse
            case ast.BoolOp(op=op, values=[*first, last]):
                test = first[0] if len(first) == 1 else ast.BoolOp(op, first)
                then, other = (last, nothing) if isinstance(op, ast.And) else (nothing, last)
            case _:
                return self._expression_statement(node)
        arms = [[ast.copy_location(ast.Expr(each), node)] for each in (then, other)]
        branch = ast.If(ast.copy_location(test, node), list(arms[0]), list(arms[1]))
        return self.statements([ast.copy_location(branch, node)])

    # --- loops ----------------------------------------------------------------------------

    def _break(self, node: ast.Break) -> Completion:
        exits = self.loops[-1]
        self.state[exits.broke] = self.graph.constant(True)
        if node in exits.ways:
            self.state[exits.ways[node]] = self.graph.constant(True)
        self.leave_step()
        return Completion.EXITS

    def _continue(self, node: ast.Continue) -> Completion:
        self.state[self.loops[-1].continued] = self.graph.constant(True)
        self.leave_step()
        return Completion.EXITS

    def _for(self, node: ast.For, rest: Sequence[ast.stmt]) -> tuple[Completion, bool]:
        found = self.expression(node.iter)
        if isinstance(self.read(found), Endless) and self.is_listed_whole(node):
            raise self.does_not_end(node)
        done, result = self.over_rest(found, node, lambda items: self._over(items, node, rest))
        if not done:
            result = self._over(self.opened(found, node.iter), node, rest)
        ended: tuple[Completion, bool] = result
        return ended

    def over_rest(
        self, value: Value, node: ast.For, run: Callable[[Value], Any]
    ) -> tuple[bool, Any]:
        """What ``run`` does with all that an iterator has left; whether it could be done so."""
        raise NotImplementedError

    def _over(
        self, iterable: Value, node: ast.For, rest: Sequence[ast.stmt]
    ) -> tuple[Completion, bool]:
        """A loop over these items."""
        state, mark = dict(self.state), len(self.block.steps)
        with self.one_by_one():
            items = self.items_to_unroll(iterable, node)
        if items is not None and lazy_parts(iterable):
            felt = may_be_felt if has_exits(node.body) else acts
            if any(map(felt, self.block.steps[mark:])):
                # Each is made when it is asked for.
                self.give_up(dict(state), mark)
                items = None
        site = self.site_of(node)
        if items is None and site in self.written_out:
            items = self.known_iteration(iterable)
        form = "counted" if items is None else "written out"
        short, shortened = site in self.written_out, 0
        if items is not None and not short and site in self.long_loops:
            short, shortened, form = True, self.long_loops[site], "counted"
        while True:
            found = exits_of(node) if form != "written out" else None
            ways = found.ways if found is not None else []
            exits = LoopExits(ways)
            body = node.body if found is None else found.body
            try:
                completion = self._in_form(form, node, body, iterable, items or [], exits)
                steps = self.block.steps[mark:]
                size = size_of(steps)
                if (
                    form == "written out"
                    and not short
                    and self._is_long(iterable, items, steps, size)
                ):
                    short, shortened, form = True, size, "counted"
                    self.give_up(dict(state), mark)
                    self.may_be_written_out.append(site)
                    continue
                if shortened and not is_better_as_loop(shortened, size, len(items or [])):
                    shortened, form = 0, "written out"
                    self.give_up(dict(state), mark)
                    continue
                if shortened:
                    self.long_loops[site] = shortened
                if self.leaves_unknown(state) and self.steps_of(iterable) is not None:
                    self.may_be_written_out.append(site)
                break
            except Rewritten:
                form = "counted"
            except (Anew, UnsupportedError) as error:
                if shortened:
                    shortened, form = 0, "written out"
                    self.give_up(dict(state), mark)
                    continue
                count = self.steps_of(iterable) if form != "written out" else None
                if count is not None and isinstance(error, UnsupportedError):
                    self.may_be_written_out.append(site)
                elif count is not None and isinstance(error, Anew):
                    error.loops.setdefault(site, count)
                raise
            except Resized as resized:
                if form == "growing" or resized.box not in read_in_turn(iterable):
                    raise
                form = "growing"
            self.give_up(dict(state), mark)
        self.check_made_before(iterable, form, state, node)
        return self._after_loop(
            [action for _, action in ways], node.orelse, rest, exits, completion
        )

    def _is_long(
        self, iterable: Value, items: list[Value] | None, steps: Sequence[Node], size: int
    ) -> bool:
        """Whether a loop over these items may be better than these steps."""
        count = len(items or ())
        if isinstance(iterable, Range):
            return count > 1 and size > SHORT and any(map(owned_blocks, steps))
        least = SHORT if count > UNROLL_STEPS else LONG
        if count > 1 and size > least and self.is_constant_table(iterable):
            return True
        # Where steps have loops of their own, little is saved by writing them out.
        few = UNROLL_STEPS if sum(step.op is LOOP for step in steps) >= count else FEW_ITEMS
        return count > few and size > LONG and all(map(is_row_of_numbers, items or ()))

    def _in_form(
        self,
        form: str,
        node: ast.For,
        body: Sequence[ast.stmt],
        iterable: Value,
        items: list[Value],
        exits: LoopExits,
    ) -> Completion:
        """The loop written out, counted, or with the number of items asked before each step."""
        tables, lists = self.tables_in(iterable), self.read_lists
        self.loops.append(exits)
        self.read_tables += tables
        try:
            if form == "written out":
                return self._unrolled(node, self.known(iterable, items), 0, exits)
            if form == "growing":
                return self._growing(node, body, iterable, exits)
            self.read_lists = [*lists, *read_in_turn(iterable)]
            return self._counted(node, body, iterable, exits)
        finally:
            self.loops.pop()
            self.read_lists = lists
            del self.read_tables[len(self.read_tables) - len(tables) :]

    def items_to_unroll(self, iterable: Value, node: ast.For) -> list[Value] | None:
        """The items of a loop that is better written out, else None."""
        body = node.body
        if isinstance(iterable, Range):
            bounds = [
                self.static_int(bound) for bound in (iterable.start, iterable.stop, iterable.step)
            ]
            if None in bounds or bounds[2] == 0:
                return None
            steps = range(*[bound for bound in bounds if bound is not None])
            nested = any(
                isinstance(part, (ast.For, ast.While)) for stmt in body for part in ast.walk(stmt)
            )
            long = len(steps) > UNROLL_STEPS or len(body) > 6
            if long or nested or (len(steps) > 1 and self.branches_by_step(body)):
                return None
            if len(steps) > 1 and self.slides(node):
                return None
            values = [self.graph.constant(step) for step in steps]
            return values[::-1] if iterable.backwards else list(values)
        items = self.known_iteration(iterable)
        if items is None or self.too_many(items):
            return None
        numbers = all(map(is_row_of_numbers, items))
        # Written out, each way out of the loop would be one level deeper than the one before.
        long = len(items) > UNROLL_STEPS or (len(items) > 1 and has_exits(body))
        if numbers and long and self.is_table(iterable) and not is_ragged(items):
            return None
        return items

    def _unrolled(
        self, node: ast.For, known: KnownItems, position: int, exits: LoopExits
    ) -> Completion:
        """The loop over known items, from ``position`` on."""
        false, true = self.graph.constant(False), self.graph.constant(True)
        self.state[exits.broke] = false
        while True:
            self.refresh(known, node.iter)
            if position >= len(known.items):
                break
            self.state[exits.continued] = false
            self.assign(node.target, known.items[position])
            completion = self.statements(node.body)
            position += 1
            if completion is Completion.RAISES:
                return completion
            if completion is Completion.FALLS:
                continue
            self.state[exits.continued] = false
            returned = self.state.get(self.returned_flag(), false)
            broke = self.state[exits.broke]
            if returned is true:
                return Completion.EXITS
            if broke is true:
                return Completion.FALLS
            if returned is not false or broke is not false:
                rest = functools.partial(self._unrolled_rest, node, known, position, exits)
                completion = self.guarded(rest)
                left = self.state.get(self.returned_flag(), false) is not true
                # By break, where all others raise.
                return Completion.FALLS if completion is Completion.EXITS and left else completion
        return Completion.FALLS

    def _unrolled_rest(
        self, node: ast.For, known: KnownItems, position: int, exits: LoopExits
    ) -> Completion:
        saved = self.state[exits.broke]
        completion = self._unrolled(node, known, position, exits)
        if self.state[exits.broke] is self.graph.constant(False):
            self.state[exits.broke] = saved
        return completion

    def _counted(
        self, node: ast.For, body: Sequence[ast.stmt], iterable: Value, exits: LoopExits
    ) -> Completion:
        names = assigned_names([node.target, *body])
        generator = yields_in(iterable)
        if generator is not None:
            return self._yielded(node, body, iterable, generator, exits)
        with self.one_by_one():
            kind, bounds, item = self.iterated(iterable, exits, node.iter)

        def action(index: Node | None) -> Completion:
            assert index is not None
            self.assign(node.target, item(index))
            return self.step(body)

        self.looped = body
        return self.run_loop(kind, bounds, names, exits, None, action)

    def _yielded(
        self,
        node: ast.For,
        body: Sequence[ast.stmt],
        iterable: Value,
        generator: Yields,
        exits: LoopExits,
    ) -> Completion:
        """A loop over what a generator of the user's yields: its body is done at each ``yield``."""
        if returns_out(body):
            raise self.unsupported(
                "`return` in the middle of a loop over a generator",
                "Leave the loop by `break`, and return behind it.",
                node,
            )
        names = assigned_names([node.target, *body])
        false = self.graph.constant(False)
        key: Key | None = None
        if isinstance(iterable, Enumerate):
            name = free_name("count", self.frame.local_names)
            key = (self.frame, name)
            names.append(name)
            self.state[key] = iterable.start

        def action(item: Value) -> Completion:
            if key is None:
                self.assign(node.target, item)
                return self.statements(body)
            number = self.node(self.state[key])
            self.assign(node.target, TupleValue((number, item)))
            self.state[key] = self.primitive(arithmetic.add, number, self.graph.constant(1))
            return self.statements(body)

        self.keep_returned(node, self.consume(generator, names, exits, action))
        flag = self.flags.get(self.frame)
        returned = self.state.get(flag, false) if flag is not None else false
        if returned is false:
            return Completion.FALLS
        self.state[self.frame, "return"] = Static(None)
        return Completion.EXITS if returned is self.graph.constant(True) else Completion.MAYBE

    def _growing(
        self, node: ast.For, body: Sequence[ast.stmt], iterable: Value, exits: LoopExits
    ) -> Completion:
        """A loop over a list that changes its length in it: as a while loop over positions."""
        if has_reversed(iterable):
            raise self.refused_reversal(node.iter)
        if is_strict(iterable):
            raise self.unsupported(
                "a strict `zip` of a list that the loop changes", "Loop over a copy.", node.iter
            )
        # A loop around this one may have a position of its own.
        around = {key[-1] for state in self.enclosing for key in state if isinstance(key, tuple)}
        name = free_name("position", self.frame.local_names | around)
        key = (self.frame, name)
        self.state[key] = self.graph.constant(0)

        def test() -> Value:
            count, _ = self.indexed(iterable, node.iter)
            return self.primitive(arithmetic.less, self.node(self.state[key]), count)

        def action(_: Node | None) -> Completion:
            index = self.node(self.state[key])
            _, item = self.indexed(iterable, node.iter)
            self.assign(node.target, item(index))
            self.state[key] = self.primitive(arithmetic.add, index, self.graph.constant(1))
            return self.statements(body)

        names = [name, *assigned_names([node.target, *body])]
        return self.run_loop("while", (), names, exits, test, action)

    def _while(self, node: ast.While, rest: Sequence[ast.stmt]) -> tuple[Completion, bool]:
        state, mark = dict(self.state), len(self.block.steps)
        if node not in self.tested_within:
            counts = {each: each.count for each in self.unrolling.values()}
            try:
                return self.walk_again(node, rest) or self._tested(node, rest)
            except TestChanges:
                self.give_up(dict(state), mark)
            except (UnsupportedError, EndlessRecursion) as refusal:
                if isinstance(node.test, ast.Constant) or continues(node):
                    raise
                self.give_up(state, mark)
                for unrolling, count in counts.items():
                    unrolling.count = count
                return self.followed(node, rest, refusal)
            if any(leaves_block(stmt, (ast.Break, ast.Continue)) for stmt in node.orelse):
                raise self.unsupported(
                    "a loop whose condition changes something, and whose else clause leaves the "
                    "loop around it",
                    "Change it in the body of the loop.",
                    node,
                )
            self.tested_within[node] = _with_test_within(node)
        return self._tested(self.tested_within[node], rest)

    def _tested(self, node: ast.While, rest: Sequence[ast.stmt]) -> tuple[Completion, bool]:
        found = exits_of(node)
        ways = found.ways if found is not None else []
        body = node.body if found is None else found.body
        exits = LoopExits(ways)
        self.loops.append(exits)
        try:
            known, truth = self._static_test(node)
            if known and not truth:
                self.state[exits.broke] = self.graph.constant(False)
                completion = Completion.FALLS
            else:
                names = assigned_names([node.test, *body])
                tested = functools.partial(self.test_in_each_kind, node.test)
                try:
                    completion = self.run_loop(
                        "while", (), names, exits, tested, lambda _: self._step(node, body)
                    )
                except AlwaysRaises:
                    # So it does before the first step, where what raises has no loop around it.
                    tested()
                    raise
        finally:
            self.loops.pop()
        return self._after_loop(
            [action for _, action in ways], node.orelse, rest, exits, completion
        )

    def _step(self, node: ast.While, body: Sequence[ast.stmt]) -> Completion:
        # The next test sees what a step has left.
        self.raised(self.entering(node))
        return self.step(body)

    def _static_test(self, node: ast.While) -> tuple[bool, bool]:
        if isinstance(node.test, ast.Constant):
            return True, bool(node.test.value)
        return False, False

    def _after_loop(
        self,
        actions: list[list[ast.stmt]],
        orelse: Sequence[ast.stmt],
        rest: Sequence[ast.stmt],
        exits: LoopExits,
        completion: Completion,
    ) -> tuple[Completion, bool]:
        """Do what a broken loop has left to do, or its else clause; as :meth:`two_ways`."""
        false, true = self.graph.constant(False), self.graph.constant(True)
        broke = self.state.pop(exits.broke, false)
        self.state.pop(exits.continued, None)
        flags = [self.state.pop(flag, false) for flag in exits.ways.values()]
        if completion in (Completion.EXITS, Completion.RAISES):
            return completion, False
        returned = (
            self.state.get(self.flags[self.frame], false) if self.frame in self.flags else false
        )
        if returned is true:
            return Completion.EXITS, False
        ways = list(zip(flags or [broke], actions or [[]], strict=True))

        def ended() -> Completion:
            for counts in exits.uneven:
                self.check_even(counts)
            return self.statements(orelse)

        if returned is not false:
            return self.guarded(lambda: self._leave(ways, ended, ())[0]), False
        if not any(actions) and not orelse and not exits.uneven:
            return Completion.FALLS, False
        return self._leave(ways, ended, rest)

    def _leave(
        self,
        ways: list[tuple[Value, list[ast.stmt]]],
        ended: Callable[[], Completion],
        rest: Sequence[ast.stmt],
    ) -> tuple[Completion, bool]:
        """Do what belongs to the first flag that is set, or ``ended``; as :meth:`two_ways`."""
        if not ways:
            return ended(), False
        (flag, action), *others = ways
        if flag is self.graph.constant(True):
            return self.statements(action), False
        if flag is self.graph.constant(False):
            return self._leave(others, ended, rest)
        return self.two_ways(
            self.node(flag),
            functools.partial(self.followed_by, action),
            lambda more: self._ended(self._leave(others, ended, more), more),
            rest,
        )

    def _ended(self, left: tuple[Completion, bool], rest: Sequence[ast.stmt]) -> Completion:
        """How ``rest`` ends, behind what may have taken it along."""
        completion, absorbed = left
        if absorbed or completion in (Completion.EXITS, Completion.RAISES):
            return completion
        if completion is Completion.MAYBE:
            return self.guarded(lambda: self.statements(rest))
        return self.statements(rest)


def _with_test_within(node: ast.While) -> ast.While:
    """The loop whose condition is part of its body, so that what it changes is carried::

    while (n := n - 1) >= 0:         while True:
        body                             if not (n := n - 1) >= 0:
                            means            break
                                         body
    """
    ends = ast.If(ast.UnaryOp(ast.Not(), node.test), [*node.orelse, ast.Break()], [])
    body = [ast.copy_location(ends, node.test), *node.body]
    found = ast.While(ast.Constant(True), body, [])
    return ast.fix_missing_locations(ast.copy_location(found, node))


def _refuse_async(self: Control, node: ast.AST) -> Completion:
    raise self.unsupported(
        "async statements are not supported",
        "Differentiate the plain function that does the arithmetic.",
        node,
    )


# Statements of which one way out may take with it what follows.
OPEN: dict[type, Callable[..., tuple[Completion, bool]]] = {
    ast.If: Control._if,
    ast.For: Control._for,
    ast.While: Control._while,
}

STATEMENTS.update(
    {
        ast.Expr: Control._evaluated,
        ast.Break: Control._break,
        ast.Continue: Control._continue,
        ast.Try: lambda self, node: self.attempt(node),
        ast.Match: Control.match,
        ast.With: Control.within,
        ast.AsyncFor: _refuse_async,
        ast.AsyncWith: _refuse_async,
        ast.AsyncFunctionDef: _refuse_async,
    }
)
