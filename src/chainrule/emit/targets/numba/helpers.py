"""Functions that a module for Numba brings itself: what NumPy has and Numba has not.

Each is its name and its text.  What depends on the number of axes is written for that number: the
axis in question is brought to the front, where a subscript reaches it.
"""

from __future__ import annotations

from collections.abc import Callable

Helper = tuple[str, str]


def _order(rank: int, axis: int) -> list[int]:
    """The axes with ``axis`` in front."""
    return [axis, *(k for k in range(rank) if k != axis)]


def _front(name: str, rank: int, axis: int) -> str:
    """``name`` seen with ``axis`` in front."""
    if axis == 0:
        return name
    return f"{name}.T" if rank == 2 else f"{name}.transpose({tuple(_order(rank, axis))})"


def _suffix(rank: int, axis: int) -> str:
    """What tells the helpers of a kind apart."""
    return f"axis_{axis}" if rank == 2 else f"axis_{axis}_of_{rank}"


def mean_along(rank: int, axis: int) -> Helper:
    """Means along one axis."""
    name = f"mean_{_suffix(rank, axis)}"
    return (
        name,
        f'''
@{{numba.njit}}
def {name}(a):
    """Means along axis {axis}."""
    return {{np}}.sum(a, axis={axis}) / a.shape[{axis}]
''',
    )


VAR_ALL = '''
@{numba.njit}
def var_all(a, ddof):
    """Variance with `ddof` degrees of freedom taken off."""
    return {np}.var(a) * a.size / (a.size - ddof)
'''


def running(kind: str) -> Callable[[int, int], Helper]:
    """Running sums or products along one axis."""

    def make(rank: int, axis: int) -> Helper:
        name = f"{kind}_{_suffix(rank, axis)}"
        symbol, what = ("+", "sums") if kind == "cumsum" else ("*", "products")
        return (
            name,
            f'''
@{{numba.njit}}
def {name}(a):
    """Running {what} along axis {axis}."""
    found = a.copy()
    rows = {_front("found", rank, axis)}
    for k in range(1, len(rows)):
        rows[k] = rows[k - 1] {symbol} rows[k]
    return found
''',
        )

    return make


def roll_along(rank: int, axis: int) -> Helper:
    """Rows moved around."""
    name = f"roll_{_suffix(rank, axis)}"
    return (
        name,
        f'''
@{{numba.njit}}
def {name}(a, shift):
    """Entries moved by `shift` along axis {axis}, and around the end."""
    found = {{np}}.empty_like(a)
    rows = {_front("a", rank, axis)}
    moved = {_front("found", rank, axis)}
    for k in range(len(rows)):
        moved[(k + shift) % len(rows)] = rows[k]
    return found
''',
    )


def repeat_along(rank: int, axis: int) -> Helper:
    """Rows repeated."""
    name = f"repeat_{_suffix(rank, axis)}"
    return (
        name,
        f'''
@{{numba.njit}}
def {name}(a, repeats):
    """Entries repeated along axis {axis}."""
    positions = {{np}}.repeat({{np}}.arange(a.shape[{axis}]), repeats)
    return a[{", ".join([":"] * axis + ["positions"])}]
''',
    )


def take_along(rank: int, axis: int) -> Helper:
    """Entries picked along an axis by an array of positions."""
    name = f"take_along_{_suffix(rank, axis)}"
    at = ", ".join("indices[p]" if k == axis else f"p[{k}]" for k in range(rank))
    return (
        name,
        f'''
@{{numba.njit}}
def {name}(a, indices):
    """The entries of `a` at positions along axis {axis}."""
    found = {{np}}.empty(indices.shape, a.dtype)
    for p in {{np}}.ndindex(indices.shape):
        found[p] = a[{at}]
    return found
''',
    )


def sort_along(kind: str, rank: int, axis: int) -> Helper:
    """``sort`` or ``argsort`` of every row."""
    name = f"{kind}_{_suffix(rank, axis)}"
    order = [k for k in range(rank) if k != axis] + [axis]

    def last(of: str) -> str:
        if axis == rank - 1:
            return of
        return f"{of}.T" if rank == 2 else f"{of}.transpose({tuple(order)})"

    what = "Entries in order" if kind == "sort" else "Positions that put entries in order"
    made = "a.copy()" if kind == "sort" else "{np}.empty(a.shape, {np}.int64)"
    return (
        name,
        f'''
@{{numba.njit}}
def {name}(a):
    """{what} along axis {axis}."""
    found = {made}
    rows = {last("a")}
    ordered = {last("found")}
    for p in {{np}}.ndindex(rows.shape[:-1]):
        ordered[p] = {{np}}.{kind}(rows[p])
    return found
''',
    )


def diff_along(rank: int, axis: int) -> Helper:
    """Differences of neighbours."""
    name = "diff" if rank == 1 else f"diff_{_suffix(rank, axis)}"
    key = ":, " * axis
    return (
        name,
        f'''
@{{numba.njit}}
def {name}(a):
    """Differences of neighbours along axis {axis}."""
    return a[{key}1:] - a[{key}:-1]
''',
    )


def trapezoid_along(rank: int, axis: int) -> Helper:
    """The trapezoidal rule along one axis."""
    name = "trapezoid" if rank == 1 else f"trapezoid_{_suffix(rank, axis)}"
    key = ":, " * axis
    total = "" if rank == 1 else f", axis={axis}"
    return (
        name,
        f'''
@{{numba.njit}}
def {name}(y, dx):
    """Trapezoidal rule along axis {axis}, of values `dx` apart."""
    return {{np}}.sum(dx * (y[{key}1:] + y[{key}:-1]) / 2.0{total})
''',
    )


TRAPEZOID = '''
@{numba.njit}
def trapezoid_over(y, x):
    """Trapezoidal rule over the points `x`."""
    return {np}.sum((x[1:] - x[:-1]) * (y[1:] + y[:-1]) / 2.0)
'''

RUNNING = '''
@{numba.njit}
def running_trapezoid(y, dx):
    """Trapezoidal rule up to each of the values, which are `dx` apart."""
    return {np}.cumsum(dx * (y[1:] + y[:-1]) / 2.0)
'''

RUNNING_OVER = '''
@{numba.njit}
def running_trapezoid_over(y, x):
    """Trapezoidal rule up to each of the points `x`."""
    return {np}.cumsum((x[1:] - x[:-1]) * (y[1:] + y[:-1]) / 2.0)
'''

GRADIENT = '''
@{numba.njit}
def gradient(f, width):
    """Central differences of values `width` apart, one-sided at both ends."""
    if len(f) < 2:
        raise ValueError("a gradient needs two values")
    found = {np}.empty_like(f)
    for k in range(1, len(f) - 1):
        found[k] = (f[k + 1] - f[k - 1]) / (2.0 * width)
    found[0] = (f[1] - f[0]) / width
    found[-1] = (f[-1] - f[-2]) / width
    return found
'''

TILE = '''
@{numba.njit}
def tile(a, count):
    """A vector several times, one behind the other."""
    found = {np}.empty(a.size * count, a.dtype)
    for k in range(count):
        for i in range(a.size):
            found[k * a.size + i] = a[i]
    return found
'''

NORM_ALL = '''
@{numba.njit}
def norm_of_all(a):
    """Root of the sum of squares of all entries."""
    return {np}.sqrt({np}.sum(a * a))
'''


def norm_along(rank: int, axis: int) -> Helper:
    """Lengths of the vectors along one axis."""
    name = f"norm_{_suffix(rank, axis)}"
    return (
        name,
        f'''
@{{numba.njit}}
def {name}(a):
    """Lengths of the vectors along axis {axis}."""
    return {{np}}.sqrt({{np}}.sum(a * a, axis={axis}))
''',
    )


SOFT = {
    "logsumexp": '''
@{numba.njit}
def logsumexp(a):
    """Logarithm of the sum of exponentials, without overflow."""
    top = {np}.max(a)
    if not {np}.isfinite(top):
        top = 0.0
    return {np}.log({np}.sum({np}.exp(a - top))) + top
''',
    "softmax": '''
@{numba.njit}
def softmax(a):
    """Exponentials divided by their sum, without overflow."""
    grown = {np}.exp(a - {np}.max(a))
    return grown / {np}.sum(grown)
''',
    "log_softmax": '''
@{numba.njit}
def log_softmax(a):
    """Logarithms of exponentials divided by their sum, without overflow."""
    moved = a - {np}.max(a)
    return moved - {np}.log({np}.sum({np}.exp(moved)))
''',
}


def soft_along(kind: str, rank: int, axis: int) -> Helper:
    """``logsumexp`` and its kin of every vector along one axis."""
    name = f"{kind}_{_suffix(rank, axis)}"
    rows = _front("a", rank, axis)
    begin = f'''
@{{numba.njit}}
def {name}(a):
    """`{kind}` along axis {axis}."""
    rows = {rows}
    top = rows[0].copy()
    for k in range(1, len(rows)):
        top = {{np}}.maximum(top, rows[k])
'''
    if kind == "logsumexp":
        return (
            name,
            begin
            + """    top = {np}.where({np}.isfinite(top), top, 0.0)
    total = {np}.zeros_like(top)
    for k in range(len(rows)):
        total += {np}.exp(rows[k] - top)
    return {np}.log(total) + top
""",
        )
    result = "rows[k] - top"
    end = f"""    found = {{np}}.empty_like(a)
    seen = {_front("found", rank, axis)}
    total = {{np}}.zeros_like(top)
    for k in range(len(rows)):
        seen[k] = {result if kind == "log_softmax" else "{np}.exp(rows[k] - top)"}
        total += {"{np}.exp(seen[k])" if kind == "log_softmax" else "seen[k]"}
    for k in range(len(rows)):
        seen[k] {"-= {np}.log(total)" if kind == "log_softmax" else "/= total"}
    return found
"""
    return name, begin + end


def pad(rank: int, widths: list[tuple[int, int]]) -> Helper:
    """A margin of one number."""
    name = "pad_" + "_".join(f"{before}_{behind}" for before, behind in widths)
    sizes = ", ".join(f"a.shape[{k}] + {sum(pair)}" for k, pair in enumerate(widths))
    key = ", ".join(
        f"{before} : {before} + a.shape[{k}]" if before else f": a.shape[{k}]"
        for k, (before, _) in enumerate(widths)
    )
    return (
        name,
        f'''
@{{numba.njit}}
def {name}(a, value):
    """`a` with a margin of `value`."""
    found = {{np}}.full(({sizes}{"," if rank == 1 else ""}), a.dtype.type(value))
    found[{key}] = a
    return found
''',
    )
