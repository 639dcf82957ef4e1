"""What Numba cannot compile and shows only in a function as a whole: refused beforehand."""

from __future__ import annotations

from typing import Any

from chainrule.emit.plan import Attempt, Define, Plan, Value, reads_deep, walk
from chainrule.emit.targets import Target
from chainrule.emit.targets.numba.python import NESTED, unknown_in
from chainrule.errors import UnsupportedError
from chainrule.graph.block import PARAMETER
from chainrule.graph.types import Sequence, Type
from chainrule.primitives.effect import LEAVE, Effect

# Tables in globals with more entries are not written down.
LARGEST = 400
# fmt: off
UNKNOWN = frozenset({
    "math.cbrt", "math.comb", "math.dist", "math.factorial", "math.fma", "math.fmod", "math.fsum",
    "math.isclose", "math.isqrt", "math.lcm", "math.modf", "math.perm", "math.prod",
    "math.remainder", "math.sumprod", "math.ulp", "builtins.all", "builtins.any", "builtins.bin",
    "builtins.callable", "builtins.format", "builtins.hex", "builtins.oct",
})
# fmt: on


LOST = ("writing to a list in a container", "Pass the list as a parameter of its own.")


def check(plan: Plan, target: Target) -> None:
    """Refuse parameters, handlers and effects that Numba has no type for."""
    for name, value in plan.parameters.items():
        if (
            isinstance(value.type, Sequence)
            and value.type.kind == "list"
            and _holds_lists(value.type)
        ):
            found, remedy = NESTED
            raise target.refusal(value, f"{found} (`{name}`)", remedy)
    for statement in walk(plan.body):
        if isinstance(statement, Attempt):
            _check_handlers(statement, target)
        if isinstance(statement, Define) and isinstance(statement.value.op, Effect):
            found_ = unknown_in(statement.value)
            if found_:
                raise target.refusal(statement.value, found_, "Give the message as a plain string.")
        for value in reads_deep(statement):
            if value.origin.managers:
                raise target.refusal(value, f"`with {value.origin.managers[0]}`", "Leave it out.")
            if _is_lost(value):
                raise target.refusal(value, *LOST)
            if value.op.name == "reference":
                _check_object(plan, value, target)


def _holds_lists(kind: Type) -> bool:
    """Whether lists are entries, or in entries, of lists and tuples of this type."""
    item = getattr(kind, "item", None)
    return isinstance(item, Sequence) and (item.kind == "list" or _holds_lists(item))


def _is_lost(value: Value) -> bool:
    """Whether it is a list in the caller's container that is written to: compiled, it is a copy."""
    return (
        value.op is LEAVE
        and isinstance(value.args[0].type, Sequence)
        and value.args[0].op is not PARAMETER
    )


def _check_handlers(attempt: Attempt, target: Target) -> None:
    for template, name, _ in attempt.handlers:
        if template not in (None, "Exception") or name is not None:
            raise UnsupportedError(
                f"a handler of `{template}`, which target {target.name!r} cannot express: Numba "
                "catches all exceptions or none",
                remedy="Use `except Exception`, or test for the case before.",
                position=attempt.origin.position,
            )


def _check_object(plan: Plan, value: Value, target: Target) -> None:
    known = plan.graph.references[value.params[0]]
    if isinstance(known, dict):
        raise target.refusal(value, "a dict in a global", "Use tuples, or pass what is needed.")
    size = getattr(known, "size", 0)
    if isinstance(size, int) and size > LARGEST:
        raise target.refusal(
            value,
            "a large array in a global, which Numba would freeze",
            "Pass it in as a parameter.",
        )


def frozen(value: Any) -> Any:
    """A global as Numba takes it: lists become tuples, which nothing can change."""
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return tuple(frozen(item) for item in value)
    return value
