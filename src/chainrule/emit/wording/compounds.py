"""Names of numbers that say what they are computed from: ``eps_over_D``, ``half_h``.

They stand where several numbers would be called alike: ``ratio``, ``ratio_1``, ``ratio_2``.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from chainrule.emit.plan import Value
from chainrule.graph.block import CONSTANT, GLOBAL
from chainrule.graph.node import Op
from chainrule.graph.types import FLOAT
from chainrule.primitives.arithmetic import add, divide, multiply, negative, power, subtract
from chainrule.primitives.nouns import LONGEST

WORDS: dict[Op, str] = {add: "plus", subtract: "minus", multiply: "times", divide: "over"}
NUMBERS = {0.5: "half", 1.0: "one", 2.0: "twice"}
# Names given to what bears none, which say nothing of it.
_PLAIN = re.compile(
    r"(t|scale|ratio|gap|twice|half|total|product|power|square|value|root|sine|cosine|angle|"
    r"exponential|logarithm|magnitude|hypotenuse|inverse)(_?\d+)?"
)


def is_compound(value: Value) -> bool:
    """Whether a number is a sum, a product, a quotient or a power of two."""
    return (value.op in WORDS or value.op is power) and value.type == FLOAT and len(value.args) == 2


def compound(value: Value, name_of: Callable[[Value], str | None]) -> str | None:
    """A name made of those of the two arguments, where they have such."""
    left, right = (_word(arg, name_of) for arg in value.args)
    if value.op is power:
        left, right = (None if left in NUMBERS.values() else left), "power"
    word = WORDS.get(value.op, "")
    if value.op is divide and value.args[1].op is CONSTANT:
        left, right = ("half", left) if right == "twice" else (None, None)
        word = ""
    elif right in NUMBERS.values():
        left = None
    elif value.op is multiply and left in ("half", "twice"):
        word = ""
    elif left in ("half", "twice") or (left == "one" and value.op not in (add, subtract)):
        left = None
    if left is None or right is None or (word == "times" and value.derivative):
        # What an adjoint is multiplied by says nothing of what it is then.
        return None
    name = "_".join(part for part in (left, word, right) if part)
    return name if len(name) <= LONGEST else None


def word_of(value: Value, name_of: Callable[[Value], str | None]) -> str | None:
    """A name that says something, also of a number that is computed in place or is a global."""
    if value.op is GLOBAL:
        return str(value.params[1])
    if not value.captive:
        return _telling(value, name_of)
    if value.op is negative:
        word = word_of(value.args[0], name_of)
        return None if word is None else f"minus_{word}"
    return compound(value, name_of) if is_compound(value) else None


def _telling(value: Value, name_of: Callable[[Value], str | None]) -> str | None:
    """The name of a value, if it says something: the user's always do."""
    name = name_of(value)
    plain = name is None or (value.user_name is None and _PLAIN.fullmatch(name))
    return None if plain else name


def _word(arg: Value, name_of: Callable[[Value], str | None]) -> str | None:
    if arg.op is CONSTANT:
        number = arg.params[0]
        return NUMBERS.get(number) if isinstance(number, (int, float)) else None
    return str(arg.params[1]) if arg.op is GLOBAL else _telling(arg, name_of)
