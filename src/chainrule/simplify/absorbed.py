"""What a branch can take in: the additions of what is zero on one of its arms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import field

from chainrule.graph.block import ITEM, PARAMETER, Leaf, inside, result_number
from chainrule.graph.node import Node
from chainrule.primitives.arithmetic import add, divide, multiply, negative, subtract
from chainrule.primitives.arrays.indexing import section_add
from chainrule.primitives.choices import where
from chainrule.primitives.control import IF, LOOP, owned_blocks
from chainrule.primitives.cost import mentioned, nodes_of
from chainrule.primitives.declare import Linear, Primitive, is_constant
from chainrule.primitives.sequence import index_add
from chainrule.records import dataclass

AT_PLACES = (index_add, section_add)
SUMS = (add, subtract)
ADDITIONS = (*AT_PLACES, *SUMS)
# More steps than this between a branch and what it takes in are not followed.
MOST = 40


@dataclass(frozen=True)
class Taken:
    """An addition to ``base``, which the branch hands out as result ``slot``.

    ``made`` are the steps that compute what is added from results of the branch; on the arm
    ``idle`` it is zero.
    """

    step: Node
    base: Node
    slot: int
    idle: int
    made: frozenset[Node]


@dataclass
class Sunk:
    """What one branch takes in, in order.

    ``made`` are the steps that its arms make for that; those of ``ahead`` come before it.
    """

    taken: list[Taken] = field(default_factory=list)
    made: list[Node] = field(default_factory=list)
    ahead: list[Node] = field(default_factory=list)


@dataclass(frozen=True)
class Reached:
    """All that uses one result of a branch: steps, and the additions that they end in."""

    made: dict[Node, None] = field(default_factory=dict)
    additions: dict[Node, None] = field(default_factory=dict)


class Search:
    """The search for what one branch can take in.

    ``absorbed`` are additions that other branches take in, with the branch, and ``moved`` the
    steps that go with them.
    """

    def __init__(
        self,
        branch: Node,
        uses: Counter[Node],
        users: Mapping[Node, Sequence[Node]],
        absorbed: Mapping[Node, Node],
        moved: Container[Node],
    ) -> None:
        self.branch = branch
        self.block = branch.block
        self.arms = owned_blocks(branch)
        self.uses = uses
        self.users = users
        self.absorbed = absorbed
        self.moved = moved
        owner = self.block.owner
        self.in_loop = owner is not None and owner.op is LOOP
        self.made: dict[Node, None] = {}

    def found(self) -> Sunk | None:
        """What it takes in; None where that is nothing."""
        if not all(arm.completes for arm in self.arms):
            return None
        reached: dict[Node, Reached] = {}
        for k, pair in enumerate(zip(*(arm.results for arm in self.arms), strict=True)):
            zeros = [is_constant(result, 0) for result in pair]
            item = self.block.item(self.branch, k)
            if zeros[0] != zeros[1] and (all_uses := self._reached(item)) is not None:
                reached[item] = all_uses
        while reached:
            self.made = {step: None for each in reached.values() for step in each.made}
            additions = {step for each in reached.values() for step in each.additions}
            sunk = Sunk(made=_in_order(self.made))
            refused = next(
                (step for step in _in_order(additions) if not self._takes(step, sunk)), None
            )
            if refused is None:
                return None if self._reads_well(sunk) else sunk
            reached = {
                item: each for item, each in reached.items() if refused not in each.additions
            }
        return None

    def _reads_well(self, sunk: Sunk) -> bool:
        """Whether a conditional expression does as well: what it gives is added as it is."""
        return self.branch.params[-1] == "expression" and len(sunk.taken) == 1 and not sunk.made

    # --- all uses of a result -------------------------------------------------------------

    def _reached(self, item: Node) -> Reached | None:
        """What uses a result of the branch; None where it ends in something else too."""
        found = Reached()
        work = [item]
        while work:
            node = work.pop()
            users = self.users.get(node, ())
            if len(users) != self.uses[node] or len(found.made) > MOST:
                return None
            for user in users:
                step = self._here(user)
                if step is None or not step.origin.derivative or self._is_moved(step):
                    return None
                if step.op in AT_PLACES or (step.op in SUMS and self._base(step) is not None):
                    if step.args.count(node) != 1 or node is not self._value(step):
                        return None
                    found.additions[step] = None
                elif not _is_pure(step) or not self._is_closed(step):
                    return None
                elif step not in found.made:
                    found.made[step] = None
                    work += self._results(step)
        return found if found.additions else None

    def _is_closed(self, step: Node) -> bool:
        """Whether nothing else reads what stands in the blocks of a step."""
        return all(
            self._here(user) is step
            for block in owned_blocks(step)
            for node in nodes_of(block)
            for user in self.users.get(node, ())
        )

    def _here(self, step: Node) -> Node | None:
        """The step of the branch's own block in which a step stands."""
        while step.block is not self.block:
            if step.block.owner is None:
                return None
            step = step.block.owner
        return step

    def _is_moved(self, step: Node) -> bool:
        return step in self.moved or step in self.absorbed

    def _results(self, step: Node) -> list[Node]:
        if step.op is not IF:
            return [step]
        return [self.block.item(step, k) for k in range(len(owned_blocks(step)[0].results))]

    # --- an addition ----------------------------------------------------------------------

    def _base(self, step: Node) -> Node | None:
        """What is added to: of sums what a loop carries on, or what is that and a sum already."""
        if step.op in AT_PLACES:
            return step.args[0]
        for arg in step.args[: 1 if step.op is subtract else 2]:
            start = arg
            while start.op in SUMS and start.block is self.block and self.uses[start] == 1:
                start = start.args[0]
            carried = self.in_loop and start.op is PARAMETER and start.block is self.block
            if carried and self.uses[arg] == 1 and step.type == arg.type:
                return arg
        return None

    def _value(self, step: Node) -> Node:
        base = self._base(step)
        if step.op in SUMS and step.args[1] is base:
            return step.args[0]
        return step.args[-1]

    def _takes(self, step: Node, sunk: Sunk) -> bool:
        """Whether the branch takes in an addition after those before it, which it then does."""
        base, value = self._base(step), self._value(step)
        idle = [self._vanishes(value, position) for position in (0, 1)]
        if base is None or self.uses[base] != 1 or idle[0] == idle[1]:
            return False
        slots = {each.step: each.slot for each in sunk.taken}
        if base in slots:
            slot = slots[base]
        elif base.op is ITEM and base.args[0] is self.branch:
            slot = result_number(base)
        elif self._stands_before(base):
            slot = max(len(self.arms[0].results), *(each + 1 for each in slots.values()), 0)
        else:
            return False
        made = self._made_for(value)
        inputs = [arg for arg in step.args if arg is not base and arg is not value]
        for each in made:
            inputs += _needed_by(each)
        ahead = self._ahead(inputs)
        if ahead is None:
            return False
        sunk.taken.append(Taken(step, base, slot, idle.index(True), frozenset(made)))
        sunk.ahead = _in_order({*sunk.ahead, *ahead})
        return True

    def _stands_before(self, base: Node) -> bool:
        """Whether the branch can hand out what is added to: it is made before, in its block."""
        if base.block is not self.block:
            return False
        if base.op is PARAMETER:
            return True
        return _owner(self.absorbed.get(base, base)).serial < self.branch.serial

    def _made_for(self, value: Node) -> set[Node]:
        """The steps that compute a value from results of the branch."""
        found: set[Node] = set()
        work = [value]
        while work:
            node = _owner(work.pop())
            if node in self.made and node not in found:
                found.add(node)
                work += _needed_by(node)
        return found

    def _ahead(self, inputs: Iterable[Node]) -> set[Node] | None:
        """Steps after the branch that compute inputs without it; None where they need it."""
        found: set[Node] = set()
        work = [
            node
            for node in inputs
            if _owner(node) is not self.branch and _owner(node) not in self.made
        ]
        while work:
            node = _owner(work.pop())
            if node is self.branch or node in self.made:
                return None
            after = node.block is self.block and node.serial > self.branch.serial
            if not after or node in found or _is_leaf(node):
                continue
            if not _is_pure(node) or node.op is IF or self._is_moved(node) or len(found) > MOST:
                return None
            found.add(node)
            work += node.args
        return found

    def _vanishes(self, node: Node, position: int) -> bool:
        """Whether a value is zero on an arm, since what it is computed from is."""
        if is_constant(node):
            return is_constant(node, 0)
        if node.op is ITEM:
            owner, k = node.args[0], result_number(node)
            if owner is self.branch:
                return is_constant(self.arms[position].results[k], 0)
            blocks = owned_blocks(owner) if owner.op is IF and self._is_made(owner) else ()
            results = [block.results[k] for block in blocks if block.completes]
            return bool(results) and all(self._vanishes(each, position) for each in results)
        if not self._is_made(node):
            return False
        op, args = node.op, node.args
        if op is multiply:
            return any(self._vanishes(arg, position) for arg in args)
        if op is divide or op is negative:
            return self._vanishes(args[0], position)
        if op is where:
            return all(self._vanishes(arg, position) for arg in args[1:])
        if op in SUMS:
            return all(self._vanishes(arg, position) for arg in args)
        if isinstance(op, Linear):
            places = range(len(args)) if op.linear_in is None else op.linear_in
            return all(self._vanishes(args[place], position) for place in places)
        return False

    def _is_made(self, node: Node) -> bool:
        """Whether a step computes with results of the branch, or stands in one that does."""
        return node in self.made or any(
            inside(node, block) for step in self.made for block in owned_blocks(step)
        )


def _is_leaf(node: Node) -> bool:
    """Whether a value is no step of a block."""
    return isinstance(node.op, Leaf)


def _is_pure(step: Node) -> bool:
    """Whether a step may be made elsewhere: a computation, or a choice between some."""
    if step.op is IF:
        blocks = owned_blocks(step)
        return all(block.completes for block in blocks) and all(
            _is_pure(node) for block in blocks for node in block.steps
        )
    return isinstance(step.op, Primitive) and step.op.pure and not step.op.effect


def _needed_by(step: Node) -> Iterator[Node]:
    """The arguments of a step, and of what stands in its blocks."""
    yield from step.args
    for block in owned_blocks(step):
        yield from mentioned(block)


def _owner(node: Node) -> Node:
    """The step that a value is a result of."""
    return node.args[0] if node.op is ITEM else node


def _in_order(steps: Iterable[Node]) -> list[Node]:
    return sorted(steps, key=lambda node: node.serial)
