"""Nouns for conditions that bear no name: ``disc_is_negative``, ``t_below_best``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainrule.graph.block import CONSTANT, ITEM
from chainrule.primitives.control import TRY
from chainrule.primitives.effect import VERBATIM
from chainrule.primitives.nouns import LONGEST, Value

# What is said of a number that is compared with zero.
OF_ZERO = {
    "less": "is_negative",
    "less_equal": "not_positive",
    "greater": "is_positive",
    "greater_equal": "not_negative",
    "equal": "is_zero",
    "not_equal": "not_zero",
}
# What is said of a number and of another one.
BETWEEN = {
    "less": "below",
    "less_equal": "below",
    "greater": "above",
    "greater_equal": "above",
    "equal": "is",
    "not_equal": "not",
}
TURNED = {
    "less": "greater",
    "less_equal": "greater_equal",
    "greater": "less",
    "greater_equal": "less_equal",
    "equal": "equal",
    "not_equal": "not_equal",
}
# What is said of a number that is compared with one without a name that fits.
SIDES = {
    "less": "is_low",
    "less_equal": "is_low",
    "greater": "is_high",
    "greater_equal": "is_high",
}
# A name of a number and the longest of these endings.
MOST = LONGEST + 6


def condition_noun(value: Value, word_of: Callable[[Any], str | None]) -> str:
    """What a condition says, where ``word_of`` has words for what it compares."""
    return _compared(value, word_of) or _within(value, word_of) or "branch"


def _within(value: Value, word_of: Callable[[Any], str | None]) -> str | None:
    """``x_in_range`` for ``a <= x < b``."""
    if value.op.name != "and" or len(value.args) != 2:
        return None
    first, second = value.args
    if not {first.op.name, second.op.name} <= SIDES.keys() or first.args[1] is not second.args[0]:
        return None
    lower, upper = (name.op.name.partition("_")[0] for name in (first, second))
    return _fitting(word_of(second.args[0]), "in_range") if lower == upper else None


def _compared(value: Value, word_of: Callable[[Any], str | None]) -> str | None:
    name = value.op.name
    if value.op is VERBATIM and len(value.args) == 1:
        told = {"_0_ is None": "is_none", "_0_ is not None": "is_given"}.get(value.params[0])
        word = word_of(value.args[0])
        return _fitting(word, told)
    if name == "not":
        word = word_of(value.args[0])
        return word and _fitting("not", word)
    if name not in BETWEEN or len(value.args) != 2:
        return None
    left, right = value.args
    if left.op is ITEM and left.args[0].op is TRY and right.op is CONSTANT:
        # Which block of the statement has ended it: the first is its body.
        body = right.params[0] == 0
        return "succeeded" if body and name == "equal" else "failed" if body else None
    if left.op is CONSTANT:
        left, right, name = right, left, TURNED[name]
    word = word_of(left)
    if right.op is not CONSTANT:
        other = word_of(right)
        told = _fitting(word, other and f"{BETWEEN[name]}_{other}")
        return told or _fitting(word, SIDES.get(name))
    bound = right.params[0]
    if isinstance(bound, (bool, str)) or not isinstance(bound, (int, float)):
        return None
    if bound == 0:
        return _fitting(word, OF_ZERO[name])
    whole = bound > 0 and bound == int(bound) if abs(bound) < 1e6 else False
    return _fitting(word, f"{BETWEEN[name]}_{int(bound)}" if whole else SIDES.get(name))


def _fitting(word: str | None, told: str | None) -> str | None:
    if word is None or told is None:
        return None
    noun = f"{word}_{told}"
    return noun if noun.isidentifier() and len(noun) <= MOST else None
