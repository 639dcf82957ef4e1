"""Control flow raised back: early return, break, continue.

Lowered control flow tells by flags and results of branches what a person says by jumping.  All
of it is undone by one move: what follows a branch is pushed into the arms when each arm knows
which way it will go.
"""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.emit.flow.attempts import leave_attempt
from chainrule.emit.flow.decided import take_decided
from chainrule.emit.flow.flags import certain_behind, drop_constant_moves
from chainrule.emit.flow.merging import merge
from chainrule.emit.flow.never_run import assigned_in, close_never_run, drop_never_reached
from chainrule.emit.flow.resolving import (
    SMALL,
    clone_tail,
    closing_moves,
    drop_last_moves,
    resolved,
    small,
)
from chainrule.emit.flow.unused import drop_unused
from chainrule.emit.memory.views import is_update
from chainrule.emit.plan import (
    VARIABLE,
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
    Value,
    While,
    assigns,
    blocks_of,
    completes,
    crossing,
    defined_by,
    is_effect,
    may_raise,
    reads_deep,
    truth,
    walk,
)
from chainrule.graph.block import CONSTANT
from chainrule.graph.types import BOOL
from chainrule.primitives.sequence import display, record

# More computations than these are not.
FEW = 2


def raise_control(plan: Plan) -> None:
    """Give the function jumps instead of flags."""
    plan.body = merge(plan.body)
    take_decided(plan)
    _name_crossing(plan)
    before = assigned_in(plan)
    plan.body = _settle(plan.body, "function")
    drop_never_reached(plan)
    close_never_run(plan, before)
    drop_constant_moves(plan)
    _settle_behind_loops(plan)
    drop_unused(plan)


def _settle_behind_loops(plan: Plan) -> None:
    """What a loop that runs certainly gives a value is not asked for behind it."""
    for block in blocks_of(plan.body):
        for position in range(len(block) - 1, -1, -1):
            loop = block[position]
            known = certain_behind(loop) if isinstance(loop, (For, While)) else {}
            if known:
                block[position + 1 :] = resolved(block[position + 1 :], known)


def _name_crossing(plan: Plan) -> None:
    """Make variables of values that are used outside their block: it may come to stand twice."""
    wanted = crossing(plan.body)
    if not wanted:
        return
    for block in blocks_of(plan.body):
        found: list[Statement] = []
        for statement in block:
            found.append(statement)
            if isinstance(statement, Define) and statement.value in wanted:
                value = statement.value
                inner = Value(
                    value.op, value.args, value.params, value.type, value.origin, value.serial
                )
                inner.user_name, inner.hint, inner.captive = (
                    value.user_name,
                    value.hint,
                    value.captive,
                )
                value.op, value.args, value.params = VARIABLE, [], ()
                statement.value = inner
                found.append(Move([value], [inner]))
        block[:] = found


# --- jumps ------------------------------------------------------------------------------


def _settle(statements: list[Statement], context: str) -> list[Statement]:
    """Push what follows each branch into it where that frees a flag or a result."""
    position = len(statements) - 1
    while position >= 0:
        statement = statements[position]
        rest = statements[position + 1 :] if statement.blocks() else []
        if isinstance(statement, Branch):
            rest = _decided(statement, rest)
            if context == "loop":
                rest = _continue_early(statement, rest)
            count = _closed_count(rest, _pushed_count(statement, rest, context))
            if count:
                tail, rest = rest[:count], rest[count:]
                early, tail = _independent(statement, tail)
                statements[position:position] = early
                position += len(early)
                _push(statement, tail)
            if statement.test.op is VARIABLE and not completes(statement.then):
                # Whoever passes a flag that asks for a jump knows that it is not set.
                rest = resolved(rest, {}, {statement.test: False})
            statements[position + 1 :] = rest
            if not completes(statement.then) and statement.orelse:
                # No else after a jump: look first at what has come up.
                orelse, statement.orelse = statement.orelse, []
                statements[position + 1 :] = [*orelse, *(rest if completes(orelse) else [])]
                position += len(orelse)
                continue
            inner = context if position == len(statements) - 1 else "inner"
            for arm in statement.blocks():
                arm[:] = _settle(arm, inner)
        elif isinstance(statement, (For, While)):
            statement.body[:] = _settle(statement.body, "loop")
            rest = _leave_endless(statement, _leave_loop(statement, statements[:position], rest))
            statement.orelse[:] = _settle(statement.orelse, "inner")
            statements[position + 1 :] = rest
        elif isinstance(statement, Attempt):
            for block in statement.blocks():
                block[:] = _settle(block, "inner")
            behind = leave_attempt(statement, rest)
            if behind is not None:
                statements[position + 1 :] = _settle(behind, context)
        position -= 1
    return statements


def _decided(branch: Branch, rest: list[Statement]) -> list[Statement]:
    """What follows ``branch``, without the arms that no way through it leads to."""
    flags = _settled_variables(branch)
    if not flags:
        return rest
    asked = [each.test for each in rest if isinstance(each, Branch) and each.test in flags]
    known: dict[Value, bool] = {}
    for flag in dict.fromkeys(asked):
        ways = set(_leaves(branch, flag))
        if len(ways) == 1 and None not in ways and not assigns(rest, flag):
            known[flag] = ways == {True}
    return resolved(rest, {}, known) if known else rest


def _settled_variables(branch: Branch) -> set[Value]:
    """The variables of ``branch`` that every way through it may give a known truth."""
    found = _variables(branch)
    for arm in branch.blocks():
        if completes(arm):
            closing, inner = closing_moves(arm), _last_branch(arm)
            tests = {branch.test, *([] if inner is None else [inner.test])}
            found = {
                target
                for target in found
                if target is branch.test
                or (
                    (source := closing.get(target)) is not None
                    and (source in tests or source.op in (VARIABLE, CONSTANT))
                )
            }
    return found


def _continue_early(branch: Branch, rest: list[Statement]) -> list[Statement]:
    """End a step of a loop early where a flag says that nothing is left to do.

    ``if flag: moves`` / ``else: long`` at the end of a step becomes ``if flag: moves; continue``.
    """
    position = next(
        (k for k, statement in enumerate(rest) if not isinstance(statement, Move)), len(rest)
    )
    if position != len(rest) - 1 or not isinstance(rest[position], Branch):
        return rest
    second = rest[position]
    assert isinstance(second, Branch)
    leaves = _leaves(branch, second.test)
    going = sum(1 for known in leaves if known is not True)
    if going < 2 or going == len(leaves) or small(second.orelse) or not small(second.then):
        return rest
    orelse, second.orelse = second.orelse, []
    second.then.append(Continue())
    return [*rest, *orelse]


def _closed_count(rest: list[Statement], count: int) -> int:
    """``count``, such that nothing behind needs what is computed in the part that is pushed."""
    made = {value for statement in rest[:count] for value in defined_by(statement)}
    made = {value for value in made if value.op is not VARIABLE}
    if not made or not any(
        value in made for statement in walk(rest[count:]) for value in reads_deep(statement)
    ):
        return count
    return len(rest) if isinstance(rest[-1], Return) and small(rest) else 0


def _pushed_count(branch: Branch, rest: list[Statement], context: str) -> int:
    """How many statements after ``branch`` belong into its arms."""
    if not rest or not (completes(branch.then) and completes(branch.orelse)):
        return 0
    made = _variables(branch)
    cheap = seen = free = 0
    told = _freedom(branch, rest)
    for position, (statement, early) in enumerate(told):
        if early:
            # It is computed before the branch.
            free += 1
            continue
        if isinstance(statement, Return):
            return position + 1 if _return_belongs(rest[: position + 1], made) else 0
        if isinstance(statement, Branch):
            if not _branch_belongs(branch, statement):
                return 0
            going = sum(1 for known in _leaves(branch, statement.test) if known is not True)
            # What is assigned in between would be assigned in several arms.
            repeats = going > 1 and seen > 0 and free + sum(each for _, each in told) > FEW
            return 0 if repeats else position + 1
        plain = isinstance(statement, Move) or (
            isinstance(statement, Define) and not is_effect(statement.value)
        )
        if isinstance(statement, Define) and statement.value.op not in (record, display):
            cheap += 1
        if (
            not plain
            or cheap > FEW
            or seen >= SMALL
            or any(value.user_name for value in defined_by(statement) if value.op is not VARIABLE)
        ):
            return 0
        seen += 1
    flagged = branch.test.op is VARIABLE and branch.test.type == BOOL
    return len(rest) if flagged and context == "loop" and cheap == 0 else 0


def _independent(branch: Branch, tail: list[Statement]) -> tuple[list[Statement], list[Statement]]:
    """``(what can as well be computed before the branch, the rest)``."""
    early: list[Statement] = []
    late: list[Statement] = []
    for statement, free in _freedom(branch, tail):
        (early if free else late).append(statement)
    return early, late


def _freedom(branch: Branch, tail: list[Statement]) -> Iterator[tuple[Statement, bool]]:
    """Each statement of ``tail``, and whether it can as well be computed before the branch."""
    made: set[Value] = set()
    read: set[Value] | None = None
    for statement in tail:
        free = (
            isinstance(statement, Define)
            and not may_raise(statement.value)
            and not is_effect(statement.value)
        )
        if free:
            assert isinstance(statement, Define)
            if read is None:
                made.update(value for inner in walk([branch]) for value in defined_by(inner))
                read = {value for inner in walk([branch]) for value in reads_deep(inner)}
            value = statement.value
            free = not any(arg in made for arg in reads_deep(statement)) and value.op not in (
                record,
                display,
            )
            free = free and not (is_update(value) and value.args[0] in read)
        if not free:
            made.update(defined_by(statement))
        yield statement, free


def _variables(branch: Branch) -> set[Value]:
    """The variables that hold the results of ``branch``."""
    return {target for arm in branch.blocks() for target in closing_moves(arm)}


def _return_belongs(tail: list[Statement], made: set[Value]) -> bool:
    """Whether a return needs results of the branch that bear no name of the user's."""
    used = [value for statement in tail for value in reads_deep(statement) if value in made]
    return bool(used) and not any(value.user_name for value in used)


def _branch_belongs(branch: Branch, second: Branch) -> bool:
    """Whether the arms of ``branch`` know which way ``second`` goes."""
    leaves = _leaves(branch, second.test)
    if all(known is None for known in leaves):
        return False
    taken = {True: 0, False: 0}
    for known in leaves:
        for side in (True, False) if known is None else (known,):
            taken[side] += 1
    arms = ((True, second.then), (False, second.orelse))
    return all(taken[side] <= 1 or small(arm) for side, arm in arms)


def _leaves(branch: Branch, flag: Value) -> list[bool | None]:
    """What each way through ``branch`` makes of ``flag``; None when it is not told."""
    found: list[bool | None] = []
    stack = [(branch, flag)]
    while stack:
        current, wanted = stack.pop()
        for arm, side in ((current.then, True), (current.orelse, False)):
            if not completes(arm):
                continue
            source = closing_moves(arm).get(wanted)
            inner = _last_branch(arm)
            if current.test in (wanted, source):
                found.append(side)
            elif (
                source is not None
                and inner is not None
                and (source in _variables(inner) or source is inner.test)
            ):
                stack.append((inner, source))
            else:
                found.append(truth(source) if source is not None else None)
    return found


def _last_branch(arm: list[Statement]) -> Branch | None:
    """The branch that ends an arm but for moves."""
    for statement in reversed(arm):
        if isinstance(statement, Branch):
            return statement
        if not isinstance(statement, Move):
            return None
    return None


def _push(branch: Branch, tail: list[Statement]) -> None:
    """Append ``tail`` to every arm that completes, resolved with what the arm assigns."""
    for arm, side in ((branch.then, True), (branch.orelse, False)):
        if completes(arm):
            arm.extend(resolved(clone_tail(tail), closing_moves(arm), {branch.test: side}))
            if isinstance(tail[-1], Return):
                drop_last_moves(arm)


def _leave_loop(
    loop: For | While, before: list[Statement], rest: list[Statement]
) -> list[Statement]:
    """Do before a ``break`` what a flag of the loop asks for behind it; what then follows::

    for v in x:                             for v in x:
        if v > t:                               if v > t:
            found = True                            return v
            break                           ...
    if found:
        return v
    ...
    """
    if not rest or not isinstance(rest[0], Branch):
        return rest
    after = rest[0]
    exits = _known_exits(loop, after.test) if _starts_false(before, after.test) else None
    if not exits:
        return rest
    inside = [after.then, *([] if all(known for _, _, known in exits) else [after.orelse])]
    if any(map(_jumps_out, inside)):
        # A jump of the loop around would become one of this loop.
        return rest
    unset = {flag: Value(CONSTANT, [], (False,), BOOL) for flag in _flags(loop, before, after)}
    tails = [
        resolved(
            clone_tail(after.then if known else after.orelse),
            {**unset, **closing_moves(block[:position])},
        )
        for block, position, known in exits
    ]
    last = resolved(clone_tail(after.orelse), dict(unset))
    size = sum(1 for tail in (*tails, last) for _ in walk(tail))
    if size > sum(1 for _ in walk([after])) + SMALL and len(exits) > 1:
        return rest
    for (block, position, _), tail in zip(exits, tails, strict=True):
        block[position:] = [*tail, *([Break()] if completes(tail) else [])]
    # A loop without a condition ends by break alone.
    loop.orelse = [] if isinstance(loop, While) and truth(loop.test) is True else last
    if completes(after.then):
        return rest[1:]
    return resolved(rest[1:], {}, {after.test: False})


def _flags(loop: For | While, before: list[Statement], after: Branch) -> list[Value]:
    """The flags behind a loop that are False where it was not left early."""
    tests = [inner.test for inner in walk([after]) if isinstance(inner, Branch)]
    return [
        test
        for test in dict.fromkeys(tests)
        if test.op is VARIABLE and _starts_false(before, test) and _known_exits(loop, test)
    ]


def _leave_endless(loop: For | While, rest: list[Statement]) -> list[Statement]:
    """Return from within a loop that ends by ``break`` only; what then follows."""
    forever = isinstance(loop, While) and truth(loop.test) is True and not loop.orelse
    end = next((k for k, statement in enumerate(rest) if isinstance(statement, Return)), None)
    if not forever or end is None or not small(rest[: end + 1]):
        return rest
    tail = rest[: end + 1]
    made = {
        target for inner in walk(loop.body) if isinstance(inner, Move) for target in inner.targets
    }
    if not _return_belongs(tail, made) or any(isinstance(inner, Branch) for inner in tail):
        return rest
    for block, position in _breaks(loop.body):
        block[position:] = resolved(clone_tail(tail), closing_moves(block[:position]))
    return rest[end + 1 :]


def _known_exits(loop: For | While, flag: Value) -> list[tuple[list[Statement], int, bool]] | None:
    """Where the loop is left and the value of ``flag`` there; None when it is not told."""
    if loop.orelse:
        return None
    exits = [
        (block, position, _known_flag(block[:position], flag))
        for block, position in _breaks(loop.body)
    ]
    leaving = {id(block) for block, _, known in exits if known}
    for block in blocks_of(loop.body):
        if id(block) not in leaving and any(_sets(statement, flag) for statement in block):
            return None
    if not leaving or any(known is None for _, _, known in exits):
        return None
    return [(block, position, bool(known)) for block, position, known in exits]


def _sets(statement: Statement, flag: Value) -> bool:
    """Whether a move gives ``flag`` anything but False."""
    if not isinstance(statement, Move):
        return False
    pairs = zip(statement.targets, statement.sources, strict=True)
    return any(target is flag and truth(source) is not False for target, source in pairs)


def _starts_false(before: list[Statement], flag: Value) -> bool:
    for statement in reversed(before):
        if isinstance(statement, Move) and flag in statement.targets:
            return truth(statement.sources[statement.targets.index(flag)]) is False
    return False


def _known_flag(before: list[Statement], flag: Value) -> bool | None:
    """The value of ``flag`` after the moves that end ``before``; unassigned means still False."""
    for statement in reversed(before):
        if isinstance(statement, Move) and flag in statement.targets:
            return truth(statement.sources[statement.targets.index(flag)])
    return False


def _jumps_out(statements: list[Statement]) -> bool:
    """Whether a ``break`` or ``continue`` among the statements belongs to a loop around them."""
    for statement in statements:
        if isinstance(statement, (Break, Continue)):
            return True
        blocks = [statement.orelse] if isinstance(statement, (For, While)) else statement.blocks()
        if any(_jumps_out(block) for block in blocks):
            return True
    return False


def _breaks(body: list[Statement]) -> list[tuple[list[Statement], int]]:
    """Where this loop is left: blocks and positions."""
    found = []
    stack = [body]
    while stack:
        block = stack.pop()
        for position, statement in enumerate(block):
            if isinstance(statement, Break):
                found.append((block, position))
            elif isinstance(statement, (Branch, Attempt)):
                stack.extend(statement.blocks())
    return found
