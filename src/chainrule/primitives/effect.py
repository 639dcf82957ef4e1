"""What is carried over in the user's own words: opaque expressions, raise, print, assignment.

The first parameter of each is a template: Python source in which ``_0_``, ``_1_``, ... stand for
the arguments.
"""

from __future__ import annotations

from collections.abc import Hashable

from chainrule.errors import ChainruleError
from chainrule.graph.node import Node, Op
from chainrule.graph.types import OPAQUE, Type


class Verbatim(Op):
    """An expression that no derivative flows through; params ``(template, type, refusal)``.

    ``refusal`` is None, or the :class:`~chainrule.errors.ChainruleError` that is raised when a
    derivative would have to flow through the expression after all.
    """

    door = "verbatim"

    def infer(self, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Type:
        type = params[1]
        return type if isinstance(type, Type) else OPAQUE

    def refuse(self, node: Node) -> ChainruleError | None:
        refusal = node.params[2]
        return refusal if isinstance(refusal, ChainruleError) else None


class OrderedVerbatim(Verbatim):
    """A verbatim expression that may raise or look at changing state: kept where it stands."""

    pure = False


class Effect(Op):
    """A statement kept as it is, in its place; params ``(template,)``."""

    door = "effect"
    effect = True
    pure = False

    def infer(self, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Type:
        return OPAQUE


VERBATIM = Verbatim("verbatim")
ORDERED = OrderedVerbatim("ordered")
# A number by which something is looked up: it must not be one that a derivative is taken by.
KEY = Verbatim("key")
# What depends on no number: the shape of an array, the class of an object.
FACT = OrderedVerbatim("fact")
# The imaginary part of a power, which is complex where its base is negative.
IMAGINARY = "_0_.imag"
IS_COMPLEX = "isinstance(_0_, complex)"
# A call that is made for its effect too, and whose value may be used.
CALL = OrderedVerbatim("call")
CALL.effect = True
# What is drawn from a generator of random numbers, which keeps nothing of what it is given.
DRAW = OrderedVerbatim("draw")
DRAW.effect = True
RAISE = Effect("raise")
STATEMENT = Effect("statement")
# What an attribute or an entry outside is set to: the last argument, which lives on there.
STORE = Effect("store")
# What the caller's array, the first argument, holds in the end: the second.
LEAVE = Effect("leave")
# The caller's records, the first argument, get what the others hold in the fields of this name.
LEAVE_FIELDS = Effect("leave_fields")
# Raises what the primitive of this name (the parameter) raises of its arguments, or does nothing.
DOMAIN = Effect("domain")


def too_few(wanted: int | str) -> str:
    """What Python raises when fewer values than ``wanted`` are unpacked; ``_0_`` are given."""
    return f"ValueError(f'not enough values to unpack (expected {wanted}, got {{_0_}})')"


def too_many(wanted: int) -> str:
    """What Python raises when more values than ``wanted`` are unpacked."""
    return f"ValueError('too many values to unpack (expected {wanted})')"
