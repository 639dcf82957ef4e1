"""Versions of a list back to updates in place, with copies only where an old version lives on."""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.emit.containers.pops import fuse_pops
from chainrule.emit.memory.aliases import Aliases
from chainrule.emit.memory.asides import DEEP, Asides, copied, is_made_for_each, stored_copy
from chainrule.emit.memory.askers import Askers
from chainrule.emit.memory.chosen_views import Chosen, chosen_names, chosen_views
from chainrule.emit.memory.given_hidden import copy_hidden
from chainrule.emit.memory.going_on import GoingOn
from chainrule.emit.memory.handed_over import hand_over
from chainrule.emit.memory.left_at_once import hand_on_given, is_left_so, leave_at_once, leavings
from chainrule.emit.memory.liveness import Liveness
from chainrule.emit.memory.made_anew import MadeAnew
from chainrule.emit.memory.views import (
    ask_newer,
    asks_shape,
    entries_read,
    is_held,
    is_new_array,
    is_store,
    is_update,
    is_view,
    looks_for_certain,
    root_of,
)
from chainrule.emit.memory.webs import Webs
from chainrule.emit.plan import (
    ALLOCATE,
    COMPREHENSION,
    POP,
    RAISED,
    VARIABLE,
    Break,
    Continue,
    Define,
    Move,
    Plan,
    Return,
    Statement,
    Value,
    assigns,
    defined_by,
    walk,
)
from chainrule.graph.types import BOOL, FLOAT, INT, Array, Sequence
from chainrule.primitives.arithmetic import add, divide, multiply, subtract
from chainrule.primitives.arrays.creation import array_copy
from chainrule.primitives.arrays.indexing import section, section_set
from chainrule.primitives.arrays.shaping import TURNED_BACK, reshaped
from chainrule.primitives.effect import LEAVE
from chainrule.primitives.rows import append_in, drop_last_in
from chainrule.primitives.sequence import (
    append,
    backwards,
    concatenate,
    copy,
    display,
    entrywise_add,
    fill_like,
    filled,
    index,
    index_set,
    record,
    slice_of,
    zeros_like,
)
from chainrule.primitives.updates import AT_ENDS, UPDATES

FRESH = (
    ALLOCATE,
    display,
    zeros_like,
    fill_like,
    filled,
    copy,
    entrywise_add,
    concatenate,
    slice_of,
    backwards,
    *UPDATES,
)


def update_in_place(plan: Plan) -> Webs:
    """Insert the copies without which an update in place would be seen elsewhere."""
    hand_over(plan)
    fuse_pops(plan)
    webs = Webs(plan.body)
    if copy_hidden(plan, webs):
        webs = Webs(plan.body)
    plan.arrays = any(
        isinstance(statement, Define) and isinstance(statement.value.type, Array)
        for statement in walk(plan.body)
    )
    if webs.updated or plan.arrays:
        leave_at_once(plan, webs.together)
        copies = _Copies(plan, webs)
        copies.run()
        plan.owned = copies.owned
        leave_at_once(plan, copies.in_memory_of)
        hand_on_given(plan)
        webs = Webs(plan.body)
    return webs


class _Copies(Asides):
    def __init__(self, plan: Plan, webs: Webs) -> None:
        self.plan = plan
        self.webs = webs
        self.liveness = Liveness(plan, entries_read)
        self.aliases = Aliases(plan, self.liveness)
        self.askers = Askers(plan, self.liveness)
        self.anew = MadeAnew(plan, webs)
        # What the caller's lists and arrays hold in the end.
        self.left = {statement.value.args[0]: statement for statement in leavings(plan)}
        # What lies in their memory.
        self.inside: dict[Value, Value] = {given: given for given in self.left}
        self.views, self.stored = self._views()
        within, self.moved = chosen_views(plan.body)
        self.chosen = chosen_names(plan.body)
        for view in within:
            self.views.setdefault(view.args[0], []).append(view)
        self.going_on = GoingOn(plan, webs, self.views, self.seen_after).variables
        self.moved = {
            view: [target for target in targets if target not in self.going_on]
            for view, targets in self.moved.items()
        }
        self.fresh = self._fresh_values()
        # Sums and products that may be written over their first argument.
        self.owned: set[tuple[Value, Value]] = set()

    def _views(self) -> tuple[dict[Value, list[Value]], set[Value]]:
        """The views of each array, and the arrays that some list or tuple holds."""
        views: dict[Value, list[Value]] = {}
        stored: set[Value] = set()
        returned = self._returned()
        for statement in walk(self.plan.body):
            if not isinstance(statement, Define):
                continue
            value = statement.value
            if is_view(value):
                base = value.args[0]
                views.setdefault(base, []).append(value)
            elif (
                not isinstance(value.type, Array)
                and value.type not in (FLOAT, INT, BOOL)
                and value not in returned
            ):
                stored.update(value.args)
        # What is held may be what a branch, or a choice, gives.
        read_by = Chosen(self.plan.body).read_by
        return views, {each for held in stored for each in read_by(held)}

    def _returned(self) -> set[Value]:
        """What is put together to be returned, after which nothing is written to."""
        stack = [each.value for each in walk(self.plan.body) if isinstance(each, Return)]
        found: set[Value] = set()
        while stack:
            value = stack.pop()
            if value is not None and value not in found and value.op in (display, record):
                found.add(value)
                stack.extend(value.args)
        return found

    def _needed_after(
        self, statement: Define, base: Value, body: list[Statement], position: int
    ) -> list[Value] | None:
        """What must be copied before ``statement`` writes into ``base``; None if it is ``base``.

        Where only views of it are needed later these are copied instead: they are smaller.
        """
        if self.liveness.after(statement, base) or self.is_chosen_after(statement, base):
            return None
        if not isinstance(base.type, Array):
            return []
        views = [v for v in self.views.get(base, ()) if self.seen_after(statement, v)]
        if any(v.op not in (section, index) or self.is_bound(statement, v, body) for v in views):
            return None
        return [kept for view in views for kept in self.set_aside(statement, view, body, position)]

    def _fresh_values(self) -> set[Value]:
        """Values that are certainly lists of the function's own making.

        So are the variables of derivative code that are written to: :meth:`move` copies what is
        not before they get it.
        """
        sources: dict[Value, list[Value]] = {}
        found: set[Value] = set()
        for statement in walk(self.plan.body):
            if isinstance(statement, Define) and (
                statement.value.op in (*FRESH, COMPREHENSION, RAISED)
                or is_new_array(statement.value)
            ):
                found.add(statement.value)
            elif isinstance(statement, Move):
                for target, source in zip(statement.targets, statement.sources, strict=True):
                    changed = target not in self.going_on and self.webs.is_changed(target)
                    if target.derivative and changed:
                        found.add(target)
                    sources.setdefault(target, []).append(source)
        found -= self._in_callers_memory()
        variables = set(sources) - found
        while True:
            bad = {
                v
                for v in variables
                if any(s not in found and s not in variables for s in sources[v])
            }
            if not bad:
                return found | variables
            variables -= bad

    def _in_callers_memory(self) -> set[Value]:
        """What f makes of the caller's lists and arrays by writing into them."""
        found = set(self.left)
        while True:
            more = {
                target
                for target, source in self._handed_on()
                if source in found and target not in found and not target.derivative
            }
            if not more:
                return found - set(self.left)
            found |= more

    def _handed_on(self) -> Iterator[tuple[Value, Value]]:
        """New versions and other names, each with what it is one of."""
        for statement in walk(self.plan.body):
            if isinstance(statement, Move):
                yield from zip(statement.targets, statement.sources, strict=True)
            elif isinstance(statement, Define) and is_update(statement.value):
                yield statement.value, statement.value.args[0]

    def _is_rewritten(self, value: Value) -> bool:
        """Whether an array is written to under this name, or one that it is handed on to."""
        stack, seen = [value], set()
        while stack:
            current = stack.pop()
            if current in seen:
                continue
            seen.add(current)
            stack.extend(self.views.get(current, ()))
            for target, source in self._handed_on():
                # What derivative code goes on with is copied.
                if source is current and not target.derivative:
                    if is_update(target):
                        return True
                    stack.append(target)
        return False

    def run(self) -> None:
        self.block(self.plan.body)

    def block(self, statements: list[Statement]) -> None:
        position = 0
        while position < len(statements):
            statement = statements[position]
            made: list[Value] = []
            if isinstance(statement, Define) and statement.value.op is LEAVE:
                if is_left_so(self.plan, statement):
                    del statements[position]
                    continue
                made = self._kept_when_left(statement, statements, position)
            elif isinstance(statement, Define):
                if not self._through_view(statement, statements, position):
                    value = statement.value
                    if is_update(value) and not value.derivative:
                        made = self._kept_for_readers(
                            statement, value.args[0], statements, position
                        )
                    if made:
                        self.askers.ask_newer(statements, position, value.args[0], value)
                    made = made or self.define(statement, statements, position)
                    self._stays_inside(statement.value)
            elif isinstance(statement, Move):
                made = self.move(statement, statements, position)
            for inner in statement.blocks():
                self.block(inner)
            statements[position:position] = [Define(value) for value in made]
            position += 1 + len(made)

    def _through_view(self, statement: Define, body: list[Statement], position: int) -> bool:
        """Whether a write into a view may go through to the memory that it looks into.

        It may where what it looks into is replaced by just this, as in ``row = a[1]``,
        ``row[j] = v``, ``a[1] = row``: the write back is left out then.
        """
        value = statement.value
        if not is_update(value) or not is_view(value.args[0]):
            return False
        chain = [value.args[0]]
        while is_view(chain[-1]):
            chain.append(chain[-1].args[0])
        root = chain[-1]
        if not all(looks_for_certain(member) for member in chain[:-1]):
            return False
        if value.derivative and root not in self.fresh:
            return False
        last = value
        backs: list[int] = []
        seen = self._looking_into(chain)
        wanted = len(chain) - 1 + (root in self.left and not is_store(chain[-2]))
        for at in range(position + 1, len(body)):
            following = body[at]
            made = following.value if isinstance(following, Define) else None
            if made is not None and self._writes_back(made, last, chain, len(backs)):
                backs.append(at)
                last = made
                if made.type == root.type and len(backs) == wanted:
                    break
            elif any(read in seen for read in entries_read(following)) or following.blocks():
                return False
        if len(backs) != wanted:
            return False
        if any(self.seen_after(body[backs[-1]], member) for member in chain):
            return False
        for back, looked_into in zip(backs, [*chain[1:], root], strict=False):
            define = body[back]
            assert isinstance(define, Define)
            new = define.value
            new.op, new.args, new.params = VARIABLE, [], ()
            body[back] = Move([new], [looked_into])
            self.liveness.position[body[back]] = self.liveness.position[define]
        self.askers.ask_newer(body, backs[-1], root, last)
        # What was written through the views looks into the new version.
        made_between = [body[back].targets[0] for back in backs[:-1]]  # type: ignore[attr-defined]
        self.views.setdefault(last, []).extend([value, *made_between])
        if root in self.inside:
            self.inside[last] = self.inside[root]
        if wanted == len(chain):
            # What was put into the caller's array is read nowhere else.
            del body[backs[-2]]
        return True

    def _stays_inside(self, value: Value) -> None:
        """Note that an update lies where its first argument does."""
        if is_update(value) and value.args[0] in self.inside and "new" not in value.params:
            self.inside[value] = self.inside[value.args[0]]

    def _looking_into(self, arrays: list[Value]) -> set[Value]:
        """The arrays and all views of them."""
        found: set[Value] = set()
        stack = list(arrays)
        while stack:
            value = stack.pop()
            if value not in found:
                found.add(value)
                stack.extend(self.views.get(value, ()))
        return found

    def _writes_back(self, made: Value, last: Value, chain: list[Value], done: int) -> bool:
        """Whether ``made`` is the array in which ``last`` replaces what a view of it sees.

        ``done`` of the views in ``chain`` have been written back before.
        """
        if not made.args or last not in (made.args[0], made.args[-1]):
            return False
        if done == len(chain) - 1:
            return made.op is section_set and made.params[0] == "e" and made.args[0] is chain[-1]
        view = chain[done]
        if is_store(view):
            stores = section_set if view.op is section else index_set
            if made.op is not stores or made.args[0] is not view.args[0]:
                return False
            return view.args[1:] == made.args[1:-1] and view.params[:1] == made.params[:1]
        if view.op in TURNED_BACK:
            back = TURNED_BACK[view.op](*view.params[:-1])
            return made.op is view.op and made.params[:-1] == back
        return made.op is reshaped and made.args[1] is view.args[0]

    def _kept_for_readers(
        self, statement: Statement, base: Value, body: list[Statement], position: int
    ) -> list[Value]:
        """A copy of what the caller gave for later readers of what f itself overwrites."""
        given = self.inside.get(base)
        if given is None or not is_held(base.type) or not self.keeps(statement, base, body):
            return []
        made = []
        seen = [view for view in self.views.get(base, ()) if self.seen_after(statement, view)]
        if not all(is_view(view) or self.keeps(statement, view, body) for view in seen):
            return []
        for view in seen:
            if self.seen_after(statement, view):
                made += self.set_aside(statement, view, body, position)
        if not self.liveness.after(statement, base):
            return made
        kept = copied(base, base, DEEP, aside=True)
        kept.user_name, kept.hint = None, f"{given.user_name or given.hint or 'data'}_before"
        for later in walk(body[position + 1 :]):
            if later is not self.left[given]:
                later.replace_reads({base: kept})
        return [*made, kept]

    def _kept_when_left(
        self, statement: Define, body: list[Statement], position: int
    ) -> list[Value]:
        """Copies of all that lies where the caller's array gets what it holds in the end."""
        given, left = statement.value.args
        made: list[Value] = []
        for value in self._lying_in(given):
            if value is left:
                continue
            kept = self._kept_for_readers(statement, value, body, position)
            home = self._home(value)
            if home is self.plan.body:
                made += kept
            else:
                self._put_behind(home, value, kept)
        return made

    def _lying_in(self, given: Value) -> list[Value]:
        return [value for value, root in self.inside.items() if root is given]

    def in_memory_of(self, given: Value) -> list[Value]:
        """What lies where one of the caller's arrays or lists does, and what looks into that."""
        found = self._lying_in(given)
        return [*found, *(view for value in found for view in self.views.get(value, ()))]

    def _put_behind(self, block: list[Statement], value: Value, copies: list[Value]) -> None:
        """Make copies where ``value`` is assigned for the last time on each way through a block."""
        if not copies:
            return
        for position in reversed(range(len(block))):
            statement = block[position]
            if not assigns([statement], value):
                continue
            if any(isinstance(each, (Break, Continue, Return)) for each in walk([statement])):
                for inner in statement.blocks():
                    self._put_behind(inner, value, copies)
            else:
                block[position + 1 : position + 1] = [Define(each) for each in copies]
                return

    def _home(self, value: Value) -> list[Statement]:
        """The innermost block that all assignments to ``value`` stand in."""
        home = self.plan.body
        while True:
            inner = [block for statement in home for block in statement.blocks()]
            whole = sum(value in defined_by(each) for each in walk(home))
            deeper = next(
                (b for b in inner if sum(value in defined_by(each) for each in walk(b)) == whole),
                None,
            )
            if deeper is None or whole == 0:
                return home
            home = deeper

    def define(self, statement: Define, body: list[Statement], position: int) -> list[Value]:
        value = statement.value
        made: list[Value] = []
        if value.op is POP and len(value.args) > 1:
            self._keep_rows(statement, value.args[0])
        if is_update(value):
            base = value.args[0]
            if _levels_written(value) > 1 and isinstance(base.type, Sequence):
                self._keep_rows(statement, base)
            aside = self._needed_after(statement, base, body, position)
            lives = aside is None or is_view(base)
            made += aside or ()
            if value.op in AT_ENDS and lives:
                # [*a, v] and a[:-1] are new lists anyway.
                value.params = (*value.params, "new")
            elif lives or (value.derivative and base not in self.fresh):
                value.args[0] = copied(base, value, _levels_written(value))
                made.append(value.args[0])
            elif isinstance(base.type, Array):
                self.askers.ask_newer(body, position, base, value)
        elif isinstance(value.type, Array):
            self._own(statement)
        array = isinstance(value.type, Array)
        stored = value.args if value.op is display else []
        if is_update(value) or value.op is COMPREHENSION:
            stored = value.args[1:]
        for k, arg in enumerate(stored, len(value.args) - len(stored)):
            given_away = arg in self.fresh and is_held(arg.type)
            given_away = given_away and not self.seen_after(statement, arg)
            if given_away or is_made_for_each(value, arg):
                continue
            if isinstance(arg.type, Sequence) and self.aliases.is_written_as_row(arg):
                # It goes on as what it is now.
                value.args[k] = stored_copy(arg, value, made)
                continue
            if arg.op is array_copy:
                continue
            base = root_of(arg) if value.op is COMPREHENSION else arg
            changes = not array and value.derivative and self._may_change(base)
            if changes and not self.anew.stays(base, body, position):
                value.args[k] = stored_copy(arg, value, made)
        return made

    def _keep_rows(self, statement: Define, base: Value) -> None:
        """Copy rows of a list that are read behind ``statement``, which writes to one of them."""
        same = set(self.webs.together(base))
        for other in walk(self.plan.body):
            if not isinstance(other, Define) or other is statement:
                continue
            row = other.value
            reads = row.op is index and isinstance(row.type, Sequence) and row.args[0] in same
            if reads and self.liveness.after(statement, row):
                seen = Value(row.op, row.args, row.params, row.type, row.origin, row.serial)
                seen.captive = True
                row.op, row.args, row.params = copy, [seen], (1,)

    def _may_change(self, stored: Value) -> bool:
        """Whether what a list holds may be written to under another name."""
        if isinstance(stored.type, Sequence):
            return self.aliases.is_written(stored)
        return is_held(stored.type) and self.webs.is_written(stored)

    def _own(self, statement: Define) -> None:
        """Remember a sum or product whose first argument's memory may take the result."""
        value = statement.value
        if value.op not in (add, subtract, multiply, divide):
            return
        for position in value.whole:
            arg = value.args[position]
            same = self.webs.together(arg)
            others = [other for other in same if other is not value]
            # What one step of a loop makes is what the next begins with.
            if (
                arg in self.fresh
                and not self.stored.intersection(same)
                and not any(self.seen_after(statement, other) for other in others)
                and not any(self.is_chosen_after(statement, other) for other in same)
            ):
                self.owned.add((value, arg))

    def _is_recorded(self, value: Value) -> bool:
        """Whether a list that goes on under this name is put into a tape as it is."""
        if not isinstance(value.type, Sequence):
            return False
        return any(
            isinstance(statement, Define)
            and statement.value.op is append
            and statement.value.args[1] is value
            for statement in walk(self.plan.body)
        )

    def move(self, statement: Move, body: list[Statement], position: int) -> list[Value]:
        made: list[Value] = []
        pairs = list(enumerate(zip(statement.targets, statement.sources, strict=True)))
        # Of what is copied of a view nothing looks into the array any more.
        for k, (target, source) in sorted(pairs, key=lambda pair: not is_view(pair[1][1])):
            if not is_held(target.type) and isinstance(source.type, Sequence):
                # A name that has no list on another path.
                if source.op is index and self.aliases.is_written_as_row(source):
                    statement.sources[k] = copied(source, source, 1)
                    made.append(statement.sources[k])
                continue
            # A name that a loop binds first begins as None, which nobody copies.
            held = is_held(target.type) and is_held(source.type)
            if not held or target in self.going_on or not self.webs.is_changed(target):
                continue
            if source in self.inside and not target.derivative and not self._is_recorded(target):
                kept = []
                if self._is_rewritten(source):
                    kept = self._kept_for_readers(statement, source, body, position)
                if kept or not (self.seen_after(statement, source) and self._is_rewritten(source)):
                    self.inside[target] = self.inside[source]
                    made += kept
                    continue
            foreign = target.derivative and source not in self.fresh
            looked_into = is_view(source) and self.seen_after(statement, root_of(source))
            # What two names begin with must not be one array when both are written to.
            twice = statement.sources.count(source) > 1
            # A tape must not hold what the caller's list is overwritten by in the end.
            needed = foreign or looked_into or twice or self.seen_after(statement, source)
            needed = needed or self.is_chosen_after(statement, source, target)
            needed = needed or (source in self.inside and self._is_recorded(target))
            if looked_into and not twice and self.is_copied_where_made(statement, target, source):
                continue
            if needed or self._reshaped(target, source, body[position + 1 :]):
                fresh = self.copied_for(target, source, body[position + 1 :])
                statement.sources[k] = fresh
                made.append(fresh)
            elif isinstance(target.type, Array):
                ask_newer(body[position + 1 :], source, target)
        return made

    def _reshaped(self, state: Value, source: Value, after: list[Statement]) -> bool:
        """Whether a loop may leave another shape in the place of one that is asked for later."""
        changes = state in self.plan.states and state not in self.plan.keeping
        return changes and asks_shape(after, source)


def _levels_written(update: Value) -> int:
    """How many levels of nested lists an update writes to."""
    if update.op is drop_last_in:
        return len(update.args)
    return len(update.args) - (1 if update.op is append_in else 2)
