"""Large arrays that nobody reads again are let go before the most memory is needed.

    gaps_sums = np.einsum("ijk,ijk->ij", gaps, gaps)
    del gaps

A name keeps its array to the end of the function.  How much is needed at once is counted over the
statements of the function, with every axis that may be long taken for equally long, and names are
deleted only where that saves an eighth, as late as it does, and in a few lines.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from itertools import accumulate
from operator import add

from chainrule.emit.memory.made import is_entrywise, makes_array
from chainrule.emit.memory.reuse import SharedMemory, holds_memory, is_saved_by_numpy
from chainrule.emit.memory.views import is_update
from chainrule.emit.names import Names
from chainrule.emit.plan import Define, Plan, Statement, Value, captives, walk
from chainrule.emit.printing import Answer
from chainrule.graph.classes import Classes
from chainrule.graph.types import Array, Type, dtype_of
from chainrule.graph.types import Sequence as SequenceType
from chainrule.records import dataclass

# How many entries an axis is taken to have, in the units of a number of eight bytes.
LENGTH = 8.0
# More than this times what is needed is too much.
MOST = 1.15
# What is less than this part of all that is needed is not worth a word.
LEAST = 0.04
# A function that makes less arrays than so many is left as it is.
FEW = 6
# Where more lines were needed for it, they would be in the way of a reader.
MOST_LINES = 3
# What they give has as many entries as their first argument.
RESHAPING = ("reshape", "reshaped", "ravel", "transpose", "swapaxes", "squeeze", "expand_dims",
             "moveaxis", "flip", "array_copy")  # fmt: skip
# As many columns may the names in one line take.
WIDTH = 66
# They read when they are called, or gone through.
CLOSED = (ast.Lambda, ast.FunctionDef, ast.GeneratorExp)


@dataclass
class _Held:
    """Memory that the function makes: its names, their first and last statements, its size."""

    names: list[str]
    first: int
    last: int
    size: float


def with_deletions(
    body: list[ast.stmt],
    origins: Mapping[ast.stmt, Statement],
    answers: dict[ast.stmt, Answer],
    plan: Plan,
    names: Names,
) -> list[ast.stmt]:
    """``body`` with deletions, each of which belongs to what stands before it."""
    if sum(holds_memory(value.type) for value in names.order) < FEW:
        return body
    sizes = _Sizes(plan)
    arrays = _held(body, plan, names, sizes)
    # What is returned is there in the end.
    steps = body[:-1] if body and isinstance(body[-1], ast.Return) else body
    beside = [sizes.beside(origins.get(statement)) for statement in steps]
    needed = _most(arrays, beside, [each.last for each in arrays])
    kept = _most(arrays, beside, [len(steps)] * len(arrays))
    large = [each for each in arrays if each.size >= LEAST * needed]
    if len(large) < FEW or kept <= MOST * needed:
        return body
    deletions, taken = _deletions(arrays, beside, needed, deletable(body))
    if kept <= MOST * taken or len(deletions) > MOST_LINES:
        return body
    found: list[ast.stmt] = []
    for number, statement in enumerate(body):
        if number in deletions:
            deleted = ast.Delete([ast.Name(name, ast.Del()) for name in deletions[number]])
            answers[deleted] = answers[found[-1]]
            found.append(deleted)
        found.append(statement)
    return found


def _held(body: list[ast.stmt], plan: Plan, names: Names, sizes: _Sizes) -> list[_Held]:
    """The arrays that the function makes, in the order in which they are made."""
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for number, statement in enumerate(body):
        for name in _names_in(statement):
            first.setdefault(name, number)
            last[name] = number
    memory = SharedMemory(plan, plan.into.items())
    together: Classes[str] = Classes()
    classes: dict[Value, str] = {}
    largest: dict[str, float] = {}
    foreign: list[str] = []
    for value in names.order:
        name = names[value]
        if name in first and holds_memory(value.type):
            together.join(classes.setdefault(memory.find(value), name), name)
            largest[name] = max(largest.get(name, 0.0), sizes.of(value))
            if memory.of(value) is None:
                foreign.append(name)
    outside = {together.find(name) for name in foreign}
    found: dict[str, _Held] = {}
    for name in sorted(largest, key=lambda name: first[name]):
        root = together.find(name)
        if root not in outside:
            held = found.setdefault(root, _Held([], first[name], 0, 0.0))
            held.names.append(name)
            held.last = max(held.last, last[name])
            held.size = max(held.size, largest[name])
    return list(found.values())


def _most(arrays: list[_Held], beside: list[float], ends: list[int]) -> float:
    """The most that is taken at a statement, where arrays are held up to these."""
    change = [0.0] * (len(beside) + 1)
    for held, end in zip(arrays, ends, strict=True):
        change[min(held.first, len(beside))] += held.size
        change[min(end + 1, len(beside))] -= held.size
    taken = map(add, accumulate(change), beside)
    return max(taken, default=0.0)


def _deletions(
    arrays: list[_Held], beside: list[float], needed: float, free: set[str]
) -> tuple[dict[int, list[str]], float]:
    """The names to be deleted in front of statements, and the most that is taken then."""
    most = MOST * needed
    beginning: dict[int, float] = {}
    ending: dict[int, list[_Held]] = {}
    for held in arrays:
        beginning[held.first] = beginning.get(held.first, 0.0) + held.size
        if held.size >= LEAST * needed and free >= set(held.names):
            ending.setdefault(held.last, []).append(held)
    found: dict[int, list[str]] = {}
    finished: list[_Held] = []
    taken = peak = 0.0
    for number, more in enumerate(beside):
        taken += beginning.get(number, 0.0)
        if taken + more > most:
            gone = _fitting(finished)
            if gone:
                found[number] = [name for held in gone for name in held.names]
                finished = [held for held in finished if held not in gone]
                taken -= sum(held.size for held in gone)
            # What cannot be helped may be taken again.
            most = max(most, taken + more)
        peak = max(peak, taken + more)
        finished += ending.get(number, [])
    return found, peak


def _fitting(arrays: list[_Held]) -> list[_Held]:
    """The largest of these arrays, as many as one line has room for the names of."""
    ordered = sorted(arrays, key=lambda held: -held.size)
    ends = accumulate(sum(len(name) + 2 for name in held.names) for held in ordered)
    return [held for held, end in zip(ordered, ends, strict=True) if end <= WIDTH]


def deletable(body: list[ast.stmt]) -> set[str]:
    """Names that the statements of the function themselves bind, and nothing inside them holds."""
    bound: set[str] = set()
    held: set[str] = set()
    for statement in body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        bound.update(target.id for target in targets if isinstance(target, ast.Name))
        for inner in ast.walk(statement):
            if isinstance(inner, CLOSED):
                held.update(_names_in(inner))
    return bound - held


def _names_in(tree: ast.AST) -> Iterator[str]:
    return (node.id for node in ast.walk(tree) if isinstance(node, ast.Name))


class _Sizes:
    """How much arrays take, or lists of such."""

    def __init__(self, plan: Plan) -> None:
        self.entries: dict[Value, float] = {}
        self.elsewhere = {*plan.into, *plan.filled}

    def of(self, value: Value) -> float:
        """The size of a value in numbers of eight bytes."""
        entries = self._entries(value)
        return entries / 8.0 if dtype_of(value.type) == "bool" else entries

    def _entries(self, value: Value) -> float:
        """How many entries a value has: as many as what it is computed from entry by entry."""
        chain = [value]
        while chain[-1] not in self.entries:
            before = _as_large(chain[-1])
            if before is None:
                self.entries[chain[-1]] = _entries_of(chain[-1].type)
            else:
                chain.append(before)
        self.entries.update(dict.fromkeys(chain, self.entries[chain[-1]]))
        return self.entries[value]

    def beside(self, statement: Statement | None) -> float:
        """What the parts of a statement's expressions take that have no name."""
        if statement is None:
            return 0.0
        found = 0.0
        for inner in walk([statement]):
            roots = [inner.value] if isinstance(inner, Define) else inner.reads()
            parts = [part for root in roots for part in (root, *captives(root))]
            pairs = [(part, arg) for part in parts for arg in part.args if arg.captive]
            made = [arg for part, arg in pairs if makes_array(arg) and not self.takes(part, arg)]
            found = max(found, sum(map(self.of, made)))
        return found

    def takes(self, value: Value, part: Value) -> bool:
        """Whether NumPy writes ``value`` over a part of its expression."""
        own = value not in self.elsewhere and is_saved_by_numpy(value)
        return own and value.type == part.type


def _as_large(value: Value) -> Value | None:
    """An argument of an array that has as many entries."""
    if not isinstance(value.type, Array) or not value.args:
        return None
    if is_update(value) or value.op.name in RESHAPING:
        return value.args[0]
    if is_entrywise(value):
        return next((arg for arg in value.args if _is_alike(arg.type, value.type)), None)
    return None


def _is_alike(one: Type, other: Array) -> bool:
    """Whether arrays have as many axes, and the same of length 1."""
    return isinstance(one, Array) and one.unit_axes == other.unit_axes


def _entries_of(kind: Type) -> float:
    """How many entries an array or a list has whose axes may be long."""
    if isinstance(kind, SequenceType):
        return LENGTH * max(1.0, _entries_of(kind.item))
    if not isinstance(kind, Array):
        return 0.0
    return LENGTH ** sum(not unit for unit in kind.unit_axes)
