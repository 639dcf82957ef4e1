"""Reductions along axes that Numba has of whole arrays only, as loops over the entries."""

from __future__ import annotations

from chainrule.records import dataclass

Helper = tuple[str, str]

LETTERS = "ijklmnopqr"


@dataclass(frozen=True)
class Fold:
    """How entries are put together.

    Attributes
    ----------
    what:
        What is found, in words.
    begins:
        What every variable begins with, by name: the first entries where that is None.
    step:
        What is done with an entry ``@``, the entries of variables being marked by ``[]``.
    result:
        What is returned.
    """

    what: str
    begins: dict[str, str | None]
    step: tuple[str, ...]
    result: str = "found"


# nan stays where one is met, as in NumPy.
FOLDS = {
    "max": Fold(
        "Largest entries", {"found": None}, ("if @ > found[] or @ != @:", "    found[] = @")
    ),
    "min": Fold(
        "Smallest entries", {"found": None}, ("if @ < found[] or @ != @:", "    found[] = @")
    ),
    "ptp": Fold(
        "Largest less smallest entries",
        {"high": None, "low": None},
        ("if @ > high[] or @ != @:", "    high[] = @", "if @ < low[] or @ != @:", "    low[] = @"),
        "high - low",
    ),
    "prod": Fold("Products", {"found": "{np}.ones(^, a.dtype)"}, ("found[] *= @",)),
    "nansum": Fold(
        "Sums without nan", {"found": "{np}.zeros(^)"}, ("if @ == @:", "    found[] += @")
    ),
    "all": Fold(
        "Whether all entries are true",
        {"found": "{np}.ones(^, {np}.bool_)"},
        ("if not @:", "    found[] = False"),
    ),
    "any": Fold(
        "Whether some entry is true",
        {"found": "{np}.zeros(^, {np}.bool_)"},
        ("if @:", "    found[] = True"),
    ),
}


def folded(kind: str, rank: int, axes: tuple[int, ...]) -> Helper:
    """A function that reduces arrays of so many axes along some of them."""
    fold = FOLDS[kind]
    kept = [axis for axis in range(rank) if axis not in axes]
    name, along = _called(kind, rank, axes)
    lines = ["@{numba.njit}", f"def {name}(a):", f'    """{fold.what} along {along}."""']
    if None in fold.begins.values():
        empty = " or ".join(f"a.shape[{axis}] == 0" for axis in axes)
        lines.append(f"    if {empty}:")
        lines.append('        raise ValueError("there is no entry along an axis")')
    shape = ", ".join(f"a.shape[{axis}]" for axis in kept)
    shape = f"({shape},)" if len(kept) == 1 else f"({shape})"
    first = f"a[{', '.join('0' if axis in axes else ':' for axis in range(rank))}].copy()"
    for variable, begin in fold.begins.items():
        lines.append(f"    {variable} = {first if begin is None else begin.replace('^', shape)}")
    lines += _loops(fold.step, rank, axes)
    return name, "\n".join([*lines, f"    return {fold.result}"])


def variance(rank: int, axes: tuple[int, ...]) -> Helper:
    """A function that gives variances along some axes of arrays of so many."""
    name, along = _called("var", rank, axes)
    mean = "a"
    for axis in sorted(axes, reverse=True):
        mean = f"{{np}}.sum({mean}, axis={axis})"
    lines = [
        "@{numba.njit}",
        f"def {name}(a, ddof):",
        f'    """Variances along {along}, with `ddof` degrees of freedom taken off."""',
        f"    count = {' * '.join(f'a.shape[{axis}]' for axis in axes)}",
        f"    mean = {mean} / count",
        "    found = {np}.zeros_like(mean)",
        *_loops(("found[] += (@ - mean[]) ** 2",), rank, axes),
        "    return found / (count - ddof)",
    ]
    return name, "\n".join(lines)


def _called(kind: str, rank: int, axes: tuple[int, ...]) -> tuple[str, str]:
    """The name of a function, and along what it works."""
    word = "axis" if len(axes) == 1 else "axes"
    name = "_".join([kind, word, *map(str, axes)]) + ("" if rank == 2 else f"_of_{rank}")
    return name, f"{word} {', '.join(map(str, axes))}"


def _loops(step: tuple[str, ...], rank: int, axes: tuple[int, ...]) -> list[str]:
    """The loops over all entries, in the order in memory.

    Where what is folded lies together, it is gone through innermost.
    """
    kept = [axis for axis in range(rank) if axis not in axes]
    lines = []
    for depth, axis in enumerate([*kept, *axes] if rank - 1 in axes else range(rank), 1):
        lines.append("    " * depth + f"for {LETTERS[axis]} in range(a.shape[{axis}]):")
    entry = f"a[{', '.join(LETTERS[:rank])}]"
    place = f"[{', '.join(LETTERS[axis] for axis in kept)}]"
    margin = "    " * (rank + 1)
    return lines + [margin + line.replace("@", entry).replace("[]", place) for line in step]
