"""What is copied so that its later readers do not see what is written in the meantime."""

from __future__ import annotations

from chainrule.emit.memory.liveness import Liveness
from chainrule.emit.memory.views import is_held, is_update, is_view
from chainrule.emit.memory.webs import Webs
from chainrule.emit.plan import COMPREHENSION, Define, Move, Plan, Statement, Value, walk
from chainrule.graph.types import Array, Sequence
from chainrule.primitives.arrays.creation import array_copy
from chainrule.primitives.effect import LEAVE
from chainrule.primitives.sequence import copy, display

# Deeper than any list of lists.
DEEP = 99


class Asides:
    """Copies of views, arrays and lists.

    ``views`` are the views of each array, ``moved`` the variables that a view may be.
    """

    plan: Plan
    liveness: Liveness
    webs: Webs
    views: dict[Value, list[Value]]
    moved: dict[Value, list[Value]]
    # The names that each array may have besides its own.
    chosen: dict[Value, list[Value]]

    def set_aside(
        self, statement: Statement, view: Value, body: list[Statement], position: int
    ) -> list[Value]:
        """Copies of what a view sees, for those who read it behind ``statement``.

        Sums and products depend to the last bit on how their arguments lie in memory: f goes on
        with the view itself where it takes such of it.
        """
        inner = any(self.seen_after(statement, each) for each in self.views.get(view, ()))
        moved = any(self.seen_after(statement, each) for each in self.moved.get(view, ()))
        keeps = not (inner or moved) and self._is_summed(view) and self.keeps(statement, view, body)
        if is_view(view) and not keeps:
            self.copy_view(view)
            return []
        if inner:
            parts = [v for v in self.views[view] if self.seen_after(statement, v)]
            made = [c for v in parts for c in self.set_aside(statement, v, body, position)]
            if not self.liveness.after(statement, view):
                return made
        else:
            made = []
        kept = copied(view, view, 1, aside=True)
        kept.user_name, kept.hint = None, f"{view.user_name or view.hint or 'data'}_before"
        for later in walk(body[position + 1 :]):
            later.replace_reads({view: kept})
        return [*made, kept]

    def is_bound(self, statement: Statement, view: Value, body: list[Statement]) -> bool:
        """Whether a view has to stay one: f sums it, and who reads it later cannot be told."""
        return is_view(view) and self._is_summed(view) and not self.keeps(statement, view, body)

    def _is_summed(self, view: Value) -> bool:
        """Whether f computes of a view what is not entry by entry."""
        return any(
            view in statement.value.args
            and not statement.value.derivative
            and not is_update(statement.value)
            and not is_view(statement.value)
            and not getattr(statement.value.op, "broadcasts", False)
            for statement in walk(self.plan.body)
            if isinstance(statement, Define)
        )

    def is_copied_where_made(self, statement: Move, target: Value, view: Value) -> bool:
        """Whether a view that goes on as ``target`` is an array of its own where it is defined."""
        if target not in self.plan.states:
            # What was written through a view goes on under another name.
            return False
        self._parts(view, target)
        if view.captive or self.seen_after(statement, view) or self._is_summed(view):
            return False
        for other in walk(self.plan.body):
            if isinstance(other, Define) and is_update(other.value) and other.value.args[0] is view:
                return False
        self.copy_view(view)
        return True

    def copied_for(self, target: Value, source: Value, rest: list[Statement]) -> Value:
        """A copy of ``source``, all of it, that goes on as ``target`` in ``rest``.

        f itself sums the view as it lies in memory, which tells in the last bit.
        """
        self._parts(source, target)
        for later in rest if is_view(source) and self._is_summed(target) else ():
            if not isinstance(later, Define) or is_update(later.value) or later.value.op is LEAVE:
                break
            if not later.value.derivative:
                later.replace_reads({target: source})
        # Rows of a list of lists are written to as well.
        return copied(source, target, DEEP)

    def _parts(self, view: Value, target: Value) -> None:
        """Note that a view does not go on as ``target``."""
        self.moved[view] = [other for other in self.moved.get(view, ()) if other is not target]

    def copy_view(self, view: Value) -> None:
        """Make what looked into an array one of its own."""
        self.views[view.args[0]].remove(view)
        seen = Value(view.op, view.args, view.params, view.type, view.origin, view.serial)
        seen.captive = True
        view.op, view.args, view.params = array_copy, [seen], (None, "method")

    def seen_after(self, statement: Statement, base: Value) -> bool:
        """Whether ``base``, or a view of it, is needed after ``statement``."""
        stack, seen = [base], set()
        while stack:
            value = stack.pop()
            if value in seen:
                continue
            seen.add(value)
            if self.liveness.after(statement, value):
                return True
            views = self.views.get(value, ())
            if not isinstance(value.type, Array):
                # An array stays as it is when another takes its place in a list.
                views = [view for view in views if self.webs.is_changed(view)]
            stack.extend(views)
            stack.extend(self.moved.get(value, ()))
        return False

    def is_chosen_after(self, statement: Statement, base: Value, new: Value | None = None) -> bool:
        """Whether an array is needed after ``statement`` as what a branch has chosen it for.

        From there on it may go by the name of ``new`` as well.
        """
        own = [*self.webs.together(base), *(self.webs.together(new) if new else ())]
        stack = [name for name in self.chosen.get(base, ()) if name not in own]
        seen = set(stack)
        while stack:
            name = stack.pop()
            if self.seen_after(statement, name):
                return True
            more = [each for each in self.chosen.get(name, ()) if each not in seen]
            seen.update(more)
            stack += more
        return False

    def keeps(self, statement: Statement, base: Value, body: list[Statement]) -> bool:
        """Whether those who read ``base`` later can be told to read a copy instead.

        They cannot beyond an arm or a loop: a copy is written to there, and put in place in the
        end.
        """
        last = isinstance(statement, Define) and statement.value.op is LEAVE
        return last or not self.seen_after(body[-1], base)


def copied(base: Value, like: Value, depth: int, aside: bool = False) -> Value:
    """A copy; unless it is for others, f goes on with it, and it lies in memory as ``base``."""
    if isinstance(base.type, Array):
        axes = len(base.type.unit_axes or ())
        form = "method" if aside or like.derivative or axes < 2 else "function"
        new = Value(array_copy, [base], (None, form), base.type, like.origin, like.serial)
        new.user_name, new.hint = like.user_name, like.hint
        return new
    nested = 0
    type = base.type
    while isinstance(type, Sequence) and isinstance(type.item, Sequence):
        nested, type = nested + 1, type.item
    value = Value(
        copy, [base], (min(max(depth, 1), 1 + nested),), base.type, like.origin, like.serial
    )
    value.user_name, value.hint = like.user_name, like.hint
    return value


def is_made_for_each(listing: Value, entry: Value) -> bool:
    """Whether a comprehension makes an entry anew, with nothing in it that others hold."""
    if listing.op is not COMPREHENSION or not entry.captive or entry.op is not display:
        return False
    return all(not is_held(arg.type) or is_made_for_each(listing, arg) for arg in entry.args)


def stored_copy(entry: Value, into: Value, made: list[Value]) -> Value:
    """A copy that a list gets: ``made`` before it, or another one for each of its entries."""
    new = copied(entry, into, 1)
    if into.op is COMPREHENSION:
        new.captive, new.user_name, new.hint = True, None, None
    else:
        made.append(new)
    return new
