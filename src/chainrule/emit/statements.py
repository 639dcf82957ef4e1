"""Plans to Python statements."""

from __future__ import annotations

import ast
from dataclasses import field

from chainrule.emit.containers.nested_targets import takes_row
from chainrule.emit.containers.record_lists import put_back
from chainrule.emit.flow.alternatives import (
    are_the_same,
    follows,
    leave_once,
    unless,
    with_alternative,
    with_inner_test,
)
from chainrule.emit.flow.managers import Managers, managers_of, wrapped
from chainrule.emit.memory.held_arrays import writes_array
from chainrule.emit.memory.made import ufunc_of
from chainrule.emit.memory.overlaps import copied, overlaps
from chainrule.emit.memory.views import is_update
from chainrule.emit.names import Names
from chainrule.emit.plan import (
    POP,
    Attempt,
    Branch,
    Break,
    Continue,
    Define,
    For,
    Move,
    Plan,
    Return,
    Statement,
    Unpack,
    Value,
    While,
    is_statement,
)
from chainrule.emit.printing import Answer, negated
from chainrule.emit.wording.accumulating import AUGMENTED, SUMS, accumulation
from chainrule.emit.wording.arrays import path_of, section_key, slice_node, sliced
from chainrule.emit.wording.expressions import (
    Speller,
    operation,
    spelled,
    subscript,
)
from chainrule.emit.wording.named_rows import named
from chainrule.emit.wording.spelling import without_minus
from chainrule.graph.block import CONSTANT
from chainrule.graph.node import Origin
from chainrule.graph.types import (
    FLOAT,
    FLOATING,
    INT,
    OPAQUE,
    Array,
    Record,
    Sequence,
    unit_axes_of,
)
from chainrule.primitives import arithmetic
from chainrule.primitives.arrays.indexing import section, section_add, section_set
from chainrule.primitives.effect import LEAVE_FIELDS
from chainrule.primitives.left_end import drop_first, prepend
from chainrule.primitives.rows import append_in
from chainrule.primitives.sequence import (
    append,
    drop_last,
    index,
    index_add,
    index_set,
    record,
    slice_set,
)
from chainrule.primitives.updates import IN_ROWS
from chainrule.records import dataclass, replace


@dataclass
class Writer:
    """Writes the statements of one function; ``answers`` tell where each comes from."""

    speller: Speller
    names: Names
    answers: dict[ast.stmt, Answer]
    used: set[Value]
    plan: Plan
    # Variables whose objects are not to be written to.
    axisless: set[str]
    # The context managers around what is being written.
    managers: Managers = ()
    # What each statement of the text was written for.
    origins: dict[ast.stmt, Statement] = field(default_factory=dict)

    def block(self, statements: list[Statement], in_loop: bool = False) -> list[ast.stmt]:
        written: list[tuple[ast.stmt, Managers]] = []
        taken_apart: Statement | None = None
        outer = self.managers
        end = len(statements) - 1
        while end > 0 and self.vanishes(statements[end]):
            end -= 1
        for position, statement in enumerate(statements):
            last = position == end
            around = managers_of(statement)
            self.managers = around if len(around) > len(outer) else outer
            for tree in self.statement(statement, in_loop and last):
                if tree not in self.answers:
                    answer = Answer.of(origin_of(statement))
                    self.answers[tree] = replace(answer, plain=_only_reads(statement))
                if written and self.answers[tree].derivative and follows(written[-1][0], tree):
                    continue
                if written:
                    leave_once(written[-1][0], tree)
                if (
                    taken_apart
                    and written[-1][1] is around
                    and takes_row(taken_apart, written[-1][0], tree)
                ):
                    continue
                if written and written[-1][1] is around:
                    called = named(written[-1][0], tree)
                    if called is not None:
                        self.answers[called] = self.answers[written[-1][0]]
                        written.pop()
                        tree = called
                written.append((tree, around))
                self.origins[tree] = statement
                taken_apart = statement
        self.managers = outer
        return wrapped(written, outer, self.speller.manager, self._opened)

    def _opened(self, block: ast.With) -> None:
        self.answers[block] = self.answers[block.body[0]]

    def vanishes(self, statement: Statement) -> bool:
        """Whether a statement assigns variables to themselves only."""
        return isinstance(statement, Move) and all(
            self.names.same(target, source)
            for target, source in zip(statement.targets, statement.sources, strict=True)
        )

    def statement(self, statement: Statement, loop_end: bool) -> list[ast.stmt]:
        match statement:
            case Define(value=value):
                return self.define(value)
            case Move():
                return self.move(statement)
            case Unpack(targets=targets, source=source):
                parts: list[ast.expr] = [self.target(target) for target in targets]
                one = len(parts) == 1
                left = ast.List(parts, ast.Store()) if one else ast.Tuple(parts, ast.Store())
                return [ast.Assign([left], self.speller.use(source))]
            case Branch():
                return self.branch(statement, loop_end)
            case For():
                target = self.loop_target(statement)
                body = self.block(statement.body, True) or [ast.Pass()]
                orelse = self.block(statement.orelse)
                return [ast.For(target, self.speller.use(statement.iterable), body, orelse)]
            case While():
                return self.while_(statement)
            case Attempt():
                return self.attempt(statement)
            case Return(value=value):
                return [ast.Return(self.speller.use(value))]
            case Break():
                return [ast.Break()]
            case Continue():
                return [ast.Continue()]
        raise AssertionError(type(statement).__name__)

    def target(self, value: Value | None) -> ast.expr:
        return ast.Name(self.names[value] if value is not None else "_", ast.Store())

    # --- assignments ----------------------------------------------------------------------

    def define(self, value: Value) -> list[ast.stmt]:
        if is_statement(value):
            args = [self.speller.use(arg) for arg in value.args]
            if value.op is LEAVE_FIELDS:
                return [ast.Expr(put_back(self.speller, value, args))]
            if value.params == ("_0_",) and isinstance(args[0], (ast.Name, ast.Constant)):
                # What it is evaluated for was computed before, or is a number.
                return []
            return self.speller.statement_template(str(value.params[0]), args)
        if is_update(value) and "new" not in value.params:
            return self.update(value)
        # What is evaluated for what it raises alone needs no name, unless it has the user's.
        alone = value.user_name is None and value not in self.plan.into
        if value not in self.used and (value.op.effect or value.op is POP or alone):
            return [ast.Expr(self.speller.expression(value))]
        if value.op in AUGMENTED and len(value.args) == 2:
            augmented = self.augmented(value)
            if augmented is not None:
                return [augmented]
        if value in self.plan.into:
            return self.written_over(value)
        target, written = self.target(value), self.speller.expression(value)
        if isinstance(written, ast.Name) and ast.unparse(target) == written.id:
            # The exception that a handler names.
            return []
        return [self.accumulated(value, target, written)]

    def accumulated(self, value: Value, target: ast.expr, written: ast.expr) -> ast.stmt:
        """``x += a - b`` for a derivative ``x = x + a - b``; what f computes keeps its order."""
        number = value.op in SUMS and value.type == FLOAT
        if number and value.origin.derivative and not self._may_be_boxed(target):
            found = accumulation(target, written)
            if found is not None:
                return found
        return ast.Assign([target], written)

    def _may_be_boxed(self, variable: ast.expr) -> bool:
        """Whether a variable may be, or hold, an array without axes: such are not written into."""
        return isinstance(variable, ast.Name) and variable.id in self.axisless

    def written_over(self, value: Value) -> list[ast.stmt]:
        """``np.exp(x, out=x)``; under a name of its own ``y = np.exp(x, out=x)``.

        A third argument of an operator tells which entries are written.
        """
        old = self.plan.into[value]
        known = self.names.same(old, value)
        if value.op.name == "where":
            named = ast.Assign([self.target(value)], self.speller.use(old))
            return [self.hidden(value, old), *(() if known else (named,))]
        keywords = [ast.keyword("out", self.speller.use(old))]
        args = [self.speller.use(arg) for arg in value.args]
        if value.op in AUGMENTED and len(args) == 3:
            keywords.append(ast.keyword("where", args.pop()))
        call = ast.Call(self.speller.callable(str(ufunc_of(value))), args, keywords)
        return [ast.Expr(call) if known else ast.Assign([self.target(value)], call)]

    def hidden(self, value: Value, old: Value) -> ast.stmt:
        """``np.copyto(x, 0.0, where=~mask)`` for ``np.where(mask, x, 0.0)``."""
        mask, then, orelse = value.args
        hides = self.speller.use(mask)
        if then is old:
            hides = ast.UnaryOp(ast.Invert(), hides)
        args = [self.speller.use(old), self.speller.use(orelse if then is old else then)]
        copied = self.speller.callable("numpy.copyto")
        return ast.Expr(ast.Call(copied, args, [ast.keyword("where", hides)]))

    def may_augment(self, value: Value, old: Value) -> bool:
        """Whether ``x += e`` may stand for ``x = x + e``: of arrays it writes into x."""
        if isinstance(value.type, Array) and value.type.unit_axes:
            return (value, old) in self.plan.owned or self.plan.into.get(value) is old
        # A call by NumPy's name gives one of NumPy's numbers, which an operator need not do.
        named = spelled(value) is not None
        return _is_number(value) and not named and self.names[old] not in self.axisless

    def augmented(self, value: Value) -> ast.stmt | None:
        """``x += e`` where ``x = x + e`` is meant."""
        left, right = value.args
        if not left.captive and self.names.same(left, value):
            other = right
        elif _commutes(value) and not right.captive and self.names.same(right, value):
            other = left
        else:
            return None
        if not self.may_augment(value, left if other is right else right):
            return None
        symbol = getattr(value.op, "symbol", "+")
        tree = operation(symbol, [ast.Name("x", ast.Load()), self._apart(other, value)])
        assert isinstance(tree, ast.BinOp)
        return ast.AugAssign(ast.Name(self.names[value], ast.Store()), tree.op, tree.right)

    def update(self, value: Value) -> list[ast.stmt]:
        """A list written to in place."""
        base = value.args[0]
        found: list[ast.stmt] = []
        owner = ast.Name(self.names[value], ast.Load())
        args = [self.speller.use(arg) for arg in value.args[1:]]
        if value.op in (index_add, section_add) and self._overlaps(value.args[-1], value):
            args[-1] = copied(args[-1])
        if not self.names.same(base, value):
            read = {part.id for arg in args for part in ast.walk(arg) if isinstance(part, ast.Name)}
            if owner.id in read:
                # The name still holds what is written.
                return [*self._in_words(value, ast.Name(self.names[base], ast.Load()), args),
                        ast.Assign([self.target(value)], self.speller.use(base))]  # fmt: skip
            found.append(ast.Assign([self.target(value)], self.speller.use(base)))
        return found + self._in_words(value, owner, args)

    def _apart(self, read: Value, written: Value) -> ast.expr:
        """What is read while ``written`` is: a copy where a compiler would read what is new."""
        tree = self.speller.use(read)
        return copied(tree) if self._overlaps(read, written) else tree

    def _overlaps(self, read: Value, written: Value) -> bool:
        if self.speller.target.sees_overlaps:
            return False
        return overlaps(read, written, self.names)

    def _in_words(self, value: Value, owner: ast.Name, args: list[ast.expr]) -> list[ast.stmt]:
        """The same write in the target's words."""
        found, words = self._written(value, owner, args), self.speller.target.parts
        return [words(self.speller, value, each) for each in found] if words else found

    def _written(self, value: Value, owner: ast.Name, args: list[ast.expr]) -> list[ast.stmt]:
        """A write into what ``owner`` names."""
        found: list[ast.stmt] = []
        special = self.speller.target.updates.get(value.op.name)
        otherwise = special and special(self.speller, value, owner, args)
        if otherwise:
            found.append(otherwise)
        elif value.op in (append, drop_last):
            method = ast.Attribute(owner, "append" if value.op is append else "pop", ast.Load())
            found.append(ast.Expr(ast.Call(method, args, [])))
        elif value.op in (prepend, drop_first):
            method = ast.Attribute(owner, "insert" if args else "pop", ast.Load())
            found.append(ast.Expr(ast.Call(method, [ast.Constant(0), *args], [])))
        elif value.op in IN_ROWS:
            grows = value.op is append_in
            row = subscript(owner, args[:-1] if grows else args, ast.Load())
            method = ast.Attribute(row, "append" if grows else "pop", ast.Load())
            found.append(ast.Expr(ast.Call(method, args[-1:] if grows else [], [])))
        elif value.op is index_set:
            place = subscript(owner, path_of(value, args[:-1]), ast.Store())
            augmented = (
                None if self._may_be_boxed(owner) else self._written_over(value, place, args)
            )
            if self._is_filled(value):
                augmented = self._filled(value, place)
            found.append(augmented or ast.Assign([place], args[-1]))
        elif self._is_filled(value):
            key = section_key(value.params[0], args[:-1])
            found.append(self._filled(value, ast.Subscript(owner, key, ast.Store())))
        elif value.op is section_set:
            place = ast.Subscript(owner, section_key(value.params[0], args[:-1]), ast.Store())
            augmented = self._written_over(value, place, args)
            found.append(augmented or ast.Assign([place], args[-1]))
        elif value.op is section_add:
            found.append(self._section_added(value, owner, args))
        elif value.op is slice_set:
            place = ast.Subscript(owner, slice_node(args[:-1]), ast.Store())
            found.append(ast.Assign([place], args[-1]))
        else:
            assert value.op is index_add
            found.append(self._entry_added(value, owner, args))
        return found

    def _entry_added(self, value: Value, owner: ast.expr, args: list[ast.expr]) -> ast.stmt:
        """``a[i] += e``; ``a[i] = a[i] + e`` where an array is there that others may hold."""
        path = path_of(value, args[:-1])
        added = _add_into(subscript(owner, path, ast.Store()), args[-1])
        boxed = not (value.derivative or isinstance(value.type, Array))
        if not writes_array(value) and not (boxed and self._may_be_boxed(owner)):
            return added
        before = subscript(owner, path, ast.Load())
        return ast.Assign([added.target], ast.BinOp(before, added.op, added.value))

    def _is_filled(self, value: Value) -> bool:
        """Whether what is written is computed there: a line too long may have given it a name."""
        return value in self.plan.filled and value.args[-1].captive

    def _filled(self, value: Value, place: ast.Subscript) -> ast.stmt:
        """``np.multiply(a, b, out=x[1:])`` for ``x[1:] = a * b``."""
        written = value.args[-1]
        out = ast.Subscript(place.value, place.slice, ast.Load())
        args = [self.speller.use(arg) for arg in written.args]
        call = self.speller.callable(ufunc_of(written) or "numpy.matmul")
        return ast.Expr(ast.Call(call, args, [ast.keyword("out", out)]))

    def _section_added(self, value: Value, owner: ast.expr, args: list[ast.expr]) -> ast.stmt:
        """``a[1:] += e``; at positions that may repeat ``np.add.at(a, positions, e)``."""
        pattern = str(value.params[0])
        key = section_key(pattern, args[:-1])
        if "a" not in pattern:
            return _add_into(ast.Subscript(owner, key, ast.Store()), args[-1])
        if isinstance(key, ast.Tuple):
            key = ast.Tuple([sliced(self.speller, part) for part in key.elts], ast.Load())
        added = args[-1]
        if value.derivative and _is_misread(*value.args):
            added = ast.Subscript(added, ast.Constant(None), ast.Load())
        call = ast.Call(self.speller.callable("numpy.add.at"), [owner, key, added], [])
        return ast.Expr(call)

    def _written_over(
        self, value: Value, place: ast.Subscript, args: list[ast.expr]
    ) -> ast.stmt | None:
        """``a[i] += e`` where ``a[i] = a[i] + e`` is meant."""
        written = value.args[-1]
        if not written.captive or written.op not in AUGMENTED or not _may_be_added_to(written):
            return None
        if writes_array(value):
            return None
        tree = args[-1]
        if not isinstance(tree, ast.BinOp):
            # It is written as a call.
            return None
        other = written.args[1]
        if _commutes(written) and _reads_place(written.args[1], value):
            tree, other = ast.BinOp(tree.right, tree.op, tree.left), written.args[0]
        elif not _reads_place(written.args[0], value):
            return None
        read = copied(tree.right) if self._overlaps(other, value) else tree.right
        return ast.AugAssign(place, tree.op, read)

    def move(self, move: Move) -> list[ast.stmt]:
        """Assignments of variables, in an order that loses none; a tuple where there is no such."""
        pairs = [
            (target, source)
            for target, source in zip(move.targets, move.sources, strict=True)
            if not self.names.same(target, source)
        ]
        order = self._sequential(pairs)
        if order is not None:
            found: list[ast.stmt] = []
            for target, source in order:
                tree = self._assigned(target, source)
                plain = not source.captive
                derivative = target.derivative or source.derivative
                position = (target if plain else source).origin.position
                self.answers[tree] = Answer(position, derivative, plain)
                found.append(tree)
            return found
        left = ast.Tuple([self.target(target) for target, _ in pairs], ast.Store())
        right = ast.Tuple([self.speller.use(source) for _, source in pairs], ast.Load())
        return [ast.Assign([left], right)]

    def _assigned(self, target: Value, source: Value) -> ast.stmt:
        if source.captive and source.op in AUGMENTED:
            left, right = source.args
            symbol = str(getattr(source.op, "symbol", "+"))
            if (
                not left.captive
                and self.names.same(left, target)
                and self.may_augment(source, left)
            ):
                tree = operation(symbol, [ast.Name("x", ast.Load()), self._apart(right, target)])
                assert isinstance(tree, ast.BinOp)
                return ast.AugAssign(self.target(target), tree.op, tree.right)  # type: ignore[arg-type]
            commutes = _commutes(source) and not right.captive and self.names.same(right, target)
            if commutes and self.may_augment(source, right):
                tree = operation(symbol, [ast.Name("x", ast.Load()), self._apart(left, target)])
                assert isinstance(tree, ast.BinOp)
                return ast.AugAssign(self.target(target), tree.op, tree.right)  # type: ignore[arg-type]
        written = self.speller.use(source)
        if not source.captive:
            return ast.Assign([self.target(target)], written)
        return self.accumulated(source, self.target(target), written)

    def _sequential(self, pairs: list[tuple[Value, Value]]) -> list[tuple[Value, Value]] | None:
        """An order of single assignments with the meaning of assigning all at once."""
        left = list(pairs)
        order: list[tuple[Value, Value]] = []
        reads = {source: self._variables_read(source) for _, source in pairs}
        while left:
            for position, (target, source) in enumerate(left):
                name = self.names[target]
                others = left[:position] + left[position + 1 :]
                if not any(name in reads[other] for _, other in others):
                    order.append((target, source))
                    del left[position]
                    break
            else:
                return None
        return order

    def _variables_read(self, source: Value) -> set[str]:
        found = set()
        stack = [source]
        while stack:
            value = stack.pop()
            if value.captive:
                stack.extend(value.args)
            elif self.names.has(value):
                found.add(self.names[value])
        return found

    # --- control flow ---------------------------------------------------------------------

    def branch(self, branch: Branch, loop_end: bool) -> list[ast.stmt]:
        then = self.block(branch.then, loop_end)
        orelse = self.block(branch.orelse, loop_end)
        test = self.speller.use(branch.test)
        if not then and not orelse:
            return []
        if not then:
            if loop_end and not branch.origin.derivative:
                return [ast.If(test, [ast.Continue()], []), *orelse]
            found = unless(test, orelse)
            return [with_inner_test(found) if branch.origin.derivative else found]
        if branch.origin.derivative and are_the_same(then, orelse):
            return then
        found = ast.If(test, then, orelse)
        return [with_inner_test(with_alternative(found)) if branch.origin.derivative else found]

    def loop_target(self, loop: For) -> ast.expr:
        if isinstance(loop.target, Value) and loop.target not in self.used:
            return ast.Name("_", ast.Store())
        return self._targets(loop.target)

    def _targets(self, target: object) -> ast.expr:
        if isinstance(target, Value):
            return self.target(target if target in self.used else None)
        assert isinstance(target, list)
        return ast.Tuple([self._targets(item) for item in target], ast.Store())

    def while_(self, loop: While) -> list[ast.stmt]:
        condition = self.block(loop.condition)
        body = self.block(loop.body, True)
        orelse = self.block(loop.orelse)
        test = self.speller.use(loop.test)
        if condition:
            leave = ast.If(negated(test), [*orelse, ast.Break()], [])
            return [ast.While(ast.Constant(True), [*condition, leave, *body], [])]
        return [ast.While(test, body or [ast.Pass()], orelse)]

    def attempt(self, attempt: Attempt) -> list[ast.stmt]:
        body = self.block(attempt.body) or [ast.Pass()]
        handlers = []
        for template, name, block in attempt.handlers:
            type = self.speller.template(template, []) if template is not None else None
            handlers.append(ast.ExceptHandler(type, name, self.block(block) or [ast.Pass()]))
        return [ast.Try(body, handlers, [], [])]


def _may_be_added_to(written: Value) -> bool:
    """Whether ``a[i] += e`` is ``a[i] = a[i] + e``: for arrays, where ``e`` widens none."""
    first = written.args[0]
    whole = isinstance(written.type, Array) and written.type.dtype in FLOATING
    return _is_number(written) or (whole and first.op is section and first.type == written.type)


def _reads_place(read: Value, update: Value) -> bool:
    """Whether an expression is just what stands in the place that is written to."""
    reads = index if update.op is index_set else section
    same = read.captive and read.op is reads and read.args == update.args[:-1]
    return same and read.params == update.params and not any(arg.captive for arg in read.args)


def _add_into(place: ast.expr, value: ast.expr) -> ast.AugAssign:
    assert isinstance(place, ast.Subscript)
    opposite = without_minus(value)
    if opposite is None:
        return ast.AugAssign(place, ast.Add(), value)
    return ast.AugAssign(place, ast.Sub(), opposite)


def _commutes(value: Value) -> bool:
    """Whether the operands may be exchanged: in derivative code only, where order is ours."""
    return value.derivative and value.op in (arithmetic.add, arithmetic.multiply)


def _is_number(value: Value) -> bool:
    return not isinstance(value.type, (Sequence, Record)) and value.type != OPAQUE


def origin_of(statement: Statement) -> Origin:
    """Where the statement comes from: the value on its line that is computed last."""
    match statement:
        case Define(value=value):
            return value.origin
        case Move(targets=targets, sources=sources):
            return sources[0].origin if not sources[0].leaf else targets[0].origin
        case (
            Branch(origin=origin)
            | For(origin=origin)
            | While(origin=origin)
            | Attempt(origin=origin)
        ):
            return origin
        case Return(value=value):
            return _computed(value)
    return Origin()


def _computed(value: Value) -> Origin:
    """The first derivative computation inside a returned expression."""
    stack = [value]
    while stack:
        current = stack.pop()
        if not current.captive:
            continue
        if current.derivative and current.op is not record:
            return current.origin
        stack.extend(reversed(current.args))
    return Origin()


def _only_reads(statement: Statement) -> bool:
    """Whether a statement gives an entry of what f computes a name, or a place: ``x_i = x[i]``."""
    value = statement.value if isinstance(statement, Define) else None
    if value is not None and value.type == INT:
        return True
    if value is None or value.op is not index or value.args[0].derivative:
        return False
    return not any(arg.captive for arg in value.args if arg.op is not CONSTANT)


def _is_misread(array: Value, positions: Value, *others: Value) -> bool:
    """Whether ``np.add.at`` reads beyond a vector: NumPy repeats none for a table of positions."""
    ranks = [len(unit_axes_of(each.type)) for each in (array, positions, others[-1])]
    return ranks[0] == ranks[2] == 1 < ranks[1]
