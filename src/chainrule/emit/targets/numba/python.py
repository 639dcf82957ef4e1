"""Python's own constructs in the words that Numba knows."""

from __future__ import annotations

import ast

from chainrule.emit.containers.shells import ROWS
from chainrule.emit.plan import ALLOCATE, RANGE, REVERSED, Value
from chainrule.emit.targets import Form, Spelling
from chainrule.graph.block import CONSTANT
from chainrule.graph.types import INT, Array
from chainrule.graph.types import Sequence as SequenceType
from chainrule.primitives import sequence
from chainrule.primitives.effect import CALL, DRAW, VERBATIM
from chainrule.primitives.effect import ORDERED as ORDERED_VERBATIM

MINUS_ONE = ast.UnaryOp(ast.USub(), ast.Constant(1))


def shifted(node: ast.expr, by: int) -> ast.expr:
    """``node + by``, with what is constant counted together."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        total = node.value + by
        return ast.Constant(total) if total >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-total))
    match node:
        case ast.BinOp(left, ast.Add() | ast.Sub() as op, ast.Constant(int() as known)):
            by += known if isinstance(op, ast.Add) else -known
            node = left
    if by == 0:
        return node
    return ast.BinOp(node, ast.Add() if by > 0 else ast.Sub(), ast.Constant(abs(by)))


def reversed_(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``reversed(...)``: a range counts down, a list is read from its end."""
    (base,) = value.args
    written = args[0]
    if base.op is not RANGE:
        return ast.Subscript(written, ast.Slice(None, None, MINUS_ONE), ast.Load())
    if not isinstance(written, ast.Call):
        return written
    bounds = written.args
    first, last = bounds[:2] if len(bounds) > 1 else (ast.Constant(0), bounds[0])
    step = base.args[2]
    if step.op is not CONSTANT or step.params[0] == 0:
        raise speller.refusal(
            value, "a loop with steps of unknown size, backwards", "Give the step as a number."
        )
    size = step.params[0]
    if size in (1, -1):
        begin = shifted(last, -size)
    else:
        # The number that the loop has reached last.
        ahead = shifted(ast.BinOp(last, ast.Sub(), first), -1 if size > 0 else 1)
        steps = ast.BinOp(ahead, ast.FloorDiv(), speller.constant(size))
        reached = ast.BinOp(steps, ast.Mult(), speller.constant(size))
        begin = ast.BinOp(first, ast.Add(), reached)
    end = shifted(first, -1 if size > 0 else 1)
    return speller.call("range", begin, end, speller.constant(-size))


def list_copy(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """A copy of a list; the entries of a list of lists are copied too."""
    depth = value.params[0] if value.params and isinstance(value.params[0], int) else 1
    if depth > 1:
        row = ast.Name("row", ast.Load())
        inner = ast.Call(ast.Attribute(row, "copy", ast.Load()), [], [])
        generator = ast.comprehension(ast.Name("row", ast.Store()), args[0], [], 0)
        return ast.ListComp(inner, [generator])
    if getattr(value.args[0].type, "kind", "list") == "tuple":
        return speller.call("list", args[0])
    return ast.Call(ast.Attribute(args[0], "copy", ast.Load()), [], [])


def append(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``list + [entry]``: a display takes no star."""
    return ast.BinOp(args[0], ast.Add(), ast.List([args[1]], ast.Load()))


def total(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``sum`` of a list: there are no generators."""
    if isinstance(value.args[0].type, Array):
        return speller.usual(value, args)
    call = speller.usual(value, args)
    assert isinstance(call, ast.Call)
    first = call.args[0]
    if isinstance(first, ast.GeneratorExp):
        call.args[0] = ast.ListComp(first.elt, first.generators)
    return call


FSUM = '''
@{numba.njit}
def fsum(values):
    """Sum without the loss of digits (Shewchuk, 1997)."""
    partials = [0.0]
    for x in values:
        kept = 0
        for k in range(len(partials)):
            y = partials[k]
            if abs(x) < abs(y):
                x, y = y, x
            high = x + y
            low = y - (high - x)
            if low != 0.0:
                partials[kept] = low
                kept += 1
            x = high
        partials = partials[:kept]
        partials.append(x)
    found = 0.0
    for k in range(len(partials)):
        found += partials[k]
    return found
'''


def exact_total(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``math.fsum``."""
    return ast.Call(speller.helper("fsum", FSUM), [args[0]], [])


ORDER = '''
@{numba.njit}
def order_of(values):
    """Positions of the entries in ascending order, equal ones in their own order."""
    order = list(range(len(values)))
    for k in range(1, len(order)):
        at = order[k]
        j = k
        while j > 0 and values[order[j - 1]] > values[at]:
            order[j] = order[j - 1]
            j -= 1
        order[j] = at
    return order
'''
ORDERED = "sorted(range(len(_0_)), key=_0_.__getitem__)"
UNKNOWN = {
    ast.Dict: "a dict",
    ast.DictComp: "a dict",
    ast.GeneratorExp: "a generator expression",
    ast.JoinedStr: "an f-string",
    ast.Lambda: "a function made on the spot",
    ast.Set: "a set",
    ast.SetComp: "a set",
    ast.Starred: "a starred argument",
}


def verbatim(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """The user's own words, as far as Numba knows them."""
    text = str(value.params[0])
    if text == ORDERED:
        return ast.Call(speller.helper("order_of", ORDER), args, [])
    found = unknown_in(value)
    if found:
        raise speller.refusal(value, found)
    return speller.usual(value, args)


def unknown_in(value: Value) -> str | None:
    """What Numba does not know in a piece of the user's text."""
    for node in ast.walk(ast.parse(str(value.params[0]).strip())):
        if isinstance(node, ast.JoinedStr) and _shows_ints_only(node, value):
            continue
        if type(node) in UNKNOWN:
            return UNKNOWN[type(node)]
        match node:
            case ast.Subscript(slice=ast.Constant(str())):
                return "an entry of a dict"
    return None


def _shows_ints_only(text: ast.JoinedStr, value: Value) -> bool:
    """Whether an f-string shows whole numbers as they are: Numba has no text of a float."""
    for part in text.values:
        if isinstance(part, ast.FormattedValue):
            if part.format_spec is not None or part.conversion != -1:
                return False
            slot = part.value.id if isinstance(part.value, ast.Name) else ""
            position = slot.strip("_")
            if not position.isdigit() or value.args[int(position)].type != INT:
                return False
    return True


def record(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """Containers of known layout: tuples, lists of one kind of entries, named tuples."""
    kind = value.params[0]
    if kind == "dict":
        raise speller.refusal(value, "a dict of results", "Take and return tuples.")
    if kind == "list" and len({str(arg.type) for arg in value.args}) > 1:
        raise speller.refusal(value, "a list of different kinds", "Take and return tuples.")
    if kind == "list" and any(isinstance(arg.type, SequenceType) for arg in value.args):
        raise speller.refusal(value, *NESTED)
    return speller.usual(value, args)


NESTED = ("a list of lists as a parameter or result", "Pass an array, or a tuple of lists.")


def allocated(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """Memory for what a loop records, as long as the loop has steps."""
    sizes: list[ast.expr] = []
    first = 0
    for count in value.params[1]:
        size = args[first] if count == 1 else ast.BinOp(args[first], ast.Sub(), args[first + 1])
        if count > 1 or value.args[first].op.name not in ("dimension", "length"):
            size = speller.call("max", size, ast.Constant(0))
        sizes.append(size)
        first += count
    shape = sizes[0] if len(sizes) == 1 else ast.Tuple(sizes, ast.Load())
    dtypes = {"float": "", "int": ", np.int64", "bool": ", np.bool_"}
    return speller.written(f"np.empty(_0_{dtypes[value.params[0]]})", shape)


LISTS_OF = '''
@{numba.njit}
def lists_of(entries, counts):
    """Lists of so many entries each, one after the other."""
    rows = []
    first = 0
    for count in counts:
        rows.append(entries[first : first + count])
        first += count
    return rows
'''


def lists_of(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """A list of lists, of what has been handed in of it."""
    return ast.Call(speller.helper("lists_of", LISTS_OF), args, [])


def drawn(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """Numba has generators of its own, with other seeds."""
    raise speller.refusal(
        value, "a draw from a generator of random numbers", "Pass the sample in as a parameter."
    )


PYTHON: dict[str, Form] = {
    REVERSED.name: reversed_,
    ALLOCATE.name: allocated,
    sequence.copy.name: list_copy,
    sequence.append.name: append,
    sequence.total.name: total,
    sequence.exact_total.name: exact_total,
    sequence.record.name: record,
    VERBATIM.name: verbatim,
    ROWS.name: lists_of,
    ORDERED_VERBATIM.name: verbatim,
    CALL.name: verbatim,
    DRAW.name: drawn,
}
