"""What of the arguments of a call generated code depends on.

A key tells kinds of arguments apart; :func:`fits` is the same question about one kind, for which
no key has to be built: most calls are like the one before.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from chainrule.graph.identity import Identity
from chainrule.graph.reach import held_by
from chainrule.graph.traits import has, is_array_like
from chainrule.lift.parameters import column_type, example_type
from chainrule.lift.records.layout import attributes_of, layout_of

PLAIN = (float, int, bool, complex)
# Types of arrays that were met: telling them from others again takes no questions.
ARRAYS: set[type] = set()
Fits = Callable[[tuple[Any, ...], dict[str, Any]], bool]
# Conditions beyond which a key takes hardly longer.
MOST_TESTS = 100


def never(args: tuple[Any, ...], keywords: dict[str, Any]) -> bool:
    """Fits nothing."""
    return False


def fits(
    args: tuple[Any, ...], keywords: dict[str, Any], function: Any, bound: Sequence[Any] = ()
) -> Fits:
    """A quick check for arguments of the same kinds as these; one that fits none if it were long.

    It may be stricter than the key, never laxer: lists have the lengths that they have here, and
    names stand in this order.  The ``function`` must have the defaults that it has now, and
    ``bound`` must stand.
    """
    tests = _Tests()
    if not tests.of_items(args, "args") or not tests.of_names(keywords, "keywords"):
        return never
    tests.names.update(function=function, defaults=function.__defaults__, names=tuple(keywords))
    named = "tuple(keywords) == names" if keywords else "not keywords"
    found = [named, "function.__defaults__ is defaults", f"len(args) == {len(args)}", *tests.found]
    if bound:
        tests.names["bound"] = bound
        found.insert(2, "all([each.stands() for each in bound])")
    return eval(f"lambda args, keywords: {' and '.join(found)}", tests.names)  # type: ignore[no-any-return]


class _Tests:
    """Conditions that values are of the kinds of those which are shown, as text."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.names: dict[str, Any] = {}

    def of_items(self, values: Sequence[Any], holder: str) -> bool:
        """Whether the entries of what is called ``holder`` have conditions, which are added."""
        return all(self._of(value, f"{holder}[{k}]") for k, value in enumerate(values))

    def of_names(self, values: dict[str, Any], holder: str) -> bool:
        """Whether what a dict holds under names has conditions, which are added."""
        return all(self._of(value, f"{holder}[{key!r}]") for key, value in values.items())

    def _of(self, value: Any, read: str) -> bool:
        if len(self.found) > MOST_TESTS:
            return False
        kind = type(value)
        name = f"value_{len(self.found)}"
        self.found.append(f"type({name} := {read}) is {self._name(kind)}")
        if kind in ARRAYS and hasattr(value, "ndim"):
            self.found.append(f"{name}.dtype is {self._name(value.dtype)}")
            self.found += _lengths_are_alike(name, value.shape)
            return True
        if kind in (list, tuple):
            self.found.append(f"len({name}) == {len(value)}")
            return self.of_items(value, name)
        if kind is dict and all(type(key) is str for key in value):
            self.found.append(f"tuple({name}) == {self._name(tuple(value))}")
            return self.of_names(value, name)
        return kind in PLAIN

    def _name(self, value: Any) -> str:
        """The name of something that the conditions read."""
        name = f"known_{len(self.names)}"
        self.names[name] = value
        return name


def _lengths_are_alike(name: str, shape: tuple[int, ...]) -> list[str]:
    """Conditions that there are as many axes, and that the same have length 1."""
    if 1 not in shape:
        return [f"len(shape := {name}.shape) == {len(shape)}", *(["1 not in shape"] * bool(shape))]
    axes = (f"shape[{k}] {'==' if one == 1 else '!='} 1" for k, one in enumerate(shape))
    return [f"len(shape := {name}.shape) == {len(shape)}", *axes]


def kind_key(value: Any) -> Any:
    """What of an argument the generated code depends on, as something hashable."""
    kind = type(value)
    if kind in ARRAYS:
        shape = value.shape
        ones = tuple([length == 1 for length in shape]) if 1 in shape else len(shape)
        return (kind, value.dtype, ones)
    if kind in PLAIN:
        return kind
    if is_array_like(value):
        ARRAYS.add(kind)
        return kind_key(value)
    if value is None or isinstance(value, (str, bytes)):
        return (kind, value)
    if isinstance(value, (list, tuple)):
        return (kind, sequence_key(value))
    if isinstance(value, dict):
        return (kind, tuple((_exact(key), kind_key(item)) for key, item in value.items()))
    if has(value, "__dataclass_fields__") and kind is not type:
        return (kind, tuple((name, kind_key(entry)) for name, entry in held_by(value).items()))
    held = _attributes_key(value)
    if held is not None:
        return (kind, held)
    if callable(value) or hasattr(value, "__dict__"):
        # An object may come to be of another class.
        return (kind, Identity(value))
    return kind


def _exact(key: Hashable) -> Hashable:
    """The key of a dict, told from what equals it: 1 from True and 1.0."""
    if isinstance(key, tuple):
        return tuple(map(_exact, key))
    return key if type(key) is str else (type(key), key)


# Objects in objects that are told apart by what they hold; others are by which they are.
DEEPEST = 20


def _attributes_key(value: Any, depth: int = 0) -> Hashable | None:
    """Kinds of what an object holds, if that is numbers, words and such objects, and no more."""
    names = attributes_of(value) if depth < DEEPEST else ()
    found: list[Hashable] = []
    for name in names:
        entry = getattr(value, name)
        held: Hashable | None = kind_key(entry) if _is_data(entry) else None
        if held is None and entry is not None:
            held = _attributes_key(entry, depth + 1)
            if held is None:
                return None
        found.append((name, held))
    return tuple(found) if found else None


def _is_data(value: Any) -> bool:
    """Whether a value is a number, a word, an array or a container of these."""
    if isinstance(value, (list, tuple)):
        return all(map(_is_data, value))
    if isinstance(value, dict):
        return all(map(_is_data, value.values()))
    return value is None or type(value) in (*PLAIN, str) or is_array_like(value)


def _column_key(values: list[Any]) -> Hashable:
    """Kinds of one field of records: where all are alike their number does not matter."""
    inner = [str if type(value) is str else kind_key(value) for value in values]
    return inner[0] if len(set(inner)) == 1 else tuple(inner)


def sequence_key(value: list[Any] | tuple[Any, ...]) -> Hashable:
    """Kinds of the entries; lists of numbers of any length are alike, tuples and others are not."""
    kinds = set(map(type, value))
    if kinds <= {float, int}:
        if isinstance(value, tuple):
            return tuple(map(type, value))
        return tuple(kind for kind in (float, int) if kind in kinds)
    layout = layout_of(value, column_type) if isinstance(value, list) else None
    if layout is not None and isinstance(value, list):
        columns = tuple(_column_key(layout.values(value, key)) for key in layout.keys)
        return ("records", layout.kind, layout.type, layout.keys, columns)
    inner = [kind_key(item) for item in value]
    numbers = isinstance(value, list) and not isinstance(value[0], dict)
    if numbers and len(set(inner)) == 1 and example_type(value) is not None:
        return ("all", inner[0])
    return tuple(inner)
