"""Python's builtin functions and the methods of lists and dicts."""

from __future__ import annotations

import ast
import builtins
import contextlib
import functools
import math
import operator
import types
from collections.abc import Callable, Hashable
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, FLOAT, INT, OPAQUE
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.arrays.made_of import check_no_axes
from chainrule.lift.calls.calling import Builtin
from chainrule.lift.calls.signatures import BINDING
from chainrule.lift.core import Completion, LoopExits
from chainrule.lift.library.complex_numbers import COMPLEX_CALLS
from chainrule.lift.objects.inspection import QUESTIONS, Inspection
from chainrule.lift.spelling import argument_places
from chainrule.lift.values import (
    Columns,
    DictBox,
    Either,
    Enumerate,
    Generator,
    Indexed,
    ListBox,
    Mapped,
    ObjectBox,
    PartialCall,
    Range,
    RecordsBox,
    Reversed,
    Slice,
    Static,
    TableBox,
    TupleValue,
    Value,
    Yields,
    Zip,
)
from chainrule.primitives import arithmetic, extremes, rounding, sequence, special
from chainrule.primitives.arrays.creation import rows_of
from chainrule.primitives.arrays.samples import (
    distance,
    length_of_list,
)
from chainrule.primitives.declare import TABLE
from chainrule.primitives.effect import Verbatim

Arguments = list[Value]
Keywords = dict[str, Value]


class Builtins(Inspection):
    """Lifts calls of builtins."""

    # Whether the entries of short lists are taken one by one.
    by_entries = False

    def builtin(self, found: Any) -> Builtin | None:
        try:
            return BUILTINS.get(found)
        except TypeError:
            return None

    def may_move(self, box: RecordsBox) -> bool:
        raise NotImplementedError

    def ordered_among(
        self, value: Value, key: Value, backwards: bool, node: ast.AST
    ) -> RecordsBox | None:
        """Known objects in the order of their keys; None of what is no list of such."""
        raise NotImplementedError

    def positional(
        self, args: Arguments, keywords: Keywords, node: ast.AST, low: int, high: int, name: str
    ) -> None:
        """Refuse calls of builtins with arguments that are not understood."""
        if keywords or not low <= len(args) <= high:
            raise self.unsupported(
                f"this call of `{name}`",
                "Call it with positional arguments as its documentation says.",
                node,
            )

    def extreme(self, args: Arguments, keywords: Keywords, node: ast.AST, name: str) -> Value:
        """``max`` and ``min``, as Python compares: the first of equal ones."""
        if len(args) == 1:
            items = self.known_iteration(args[0]) or []
            if not items and "default" in keywords:
                return keywords["default"]
        else:
            items = args
        key = keywords.get("key")
        if not items or set(keywords) - {"key", "default"}:
            raise self.unsupported(f"`{name}` of nothing", "Give it at least one value.", node)
        if isinstance(key, Static) and key.value is None:
            key = None
        if key is None and all(isinstance(self.read(item), Node) for item in items):
            return functools.reduce(
                lambda a, b: self.primitive(TABLE[f"python_{name}"], a, b), map(self.node, items)
            )
        kind = ast.Gt if name == "max" else ast.Lt
        best = items[0]
        best_key = best if key is None else self.call(key, [best], {}, node)
        for item in items[1:]:
            item_key = item if key is None else self.call(key, [item], {}, node)
            better = self._better(kind, item_key, best_key, node)
            known, truth = self.truth(better)
            if known:
                best, best_key = (item, item_key) if truth else (best, best_key)
                continue
            predicate = self.predicate(better)
            best, old_key, old = self._choose_value(predicate, item, best), best_key, best
            best_key = best if key is None else self._choose_value(predicate, item_key, old_key)
            del old
        return best

    def _better(self, kind: type, key: Value, best: Value, node: ast.AST) -> Value:
        """Whether a key comes before the best so far, which may be of either of two objects."""
        if not isinstance(best, Either):
            return self.compare(kind, key, best, node)
        then, orelse = best.then, best.orelse
        return self.choose(
            best.tag,
            lambda: self.predicate(self._better(kind, key, then, node)),
            lambda: self.predicate(self._better(kind, key, orelse, node)),
            "expression",
        )

    def _choose_value(self, predicate: Node, then: Value, orelse: Value) -> Value:
        return self.choose_kind(predicate, lambda: then, lambda: orelse, "expression")

    def as_list(self, value: Value, node: ast.AST) -> Value:
        """Any iterable as a list or tuple."""
        value = self.read(value)
        if isinstance(value, Generator):
            return self.listed(value)
        if isinstance(value, TableBox):
            return self.keys_of(value)
        if isinstance(value, DictBox):
            keys = ListBox()
            self.state[keys] = self.known_items(value)
            return keys
        if self.is_array(value):
            return self.boxed(self.call_array(rows_of, (self.node(value),), ()))
        if isinstance(value, (Zip, Enumerate, Reversed, Mapped, Range, Indexed)):
            items = self.known_iteration(value)
            box = ListBox()
            if items is not None:
                self.state[box] = items
                return box
            kind, bounds, item = self.iteration(value, node)
            return self.gathered(bounds[1], item, node, kind, bounds)
        return value

    def gathered(
        self,
        count: Node,
        item: Callable[[Node], Value],
        node: ast.AST,
        kind: str = "range",
        bounds: tuple[Node, ...] = (),
    ) -> Value:
        """A list made by a loop: ``item`` of every index."""
        box = self.new_list(node)
        if not isinstance(box, RecordsBox):
            self.state[box] = self.display((), "list")
        bounds = bounds or (self.graph.constant(0), count, self.graph.constant(1))
        exits = LoopExits()
        self.loops.append(exits)

        def action(index: Node | None) -> Completion:
            assert index is not None
            self.append(box, item(index), node)
            return Completion.FALLS

        try:
            self.run_loop(kind, bounds, [], exits, None, action)
        finally:
            self.loops.pop()
        return box

    def _running_product(self, items: Value, keywords: Keywords, node: ast.AST) -> Value:
        """``math.prod`` of a run-time list, multiplied in its order."""
        start = keywords.get("start", self.graph.constant(1))
        return self.running(
            "product", start, items, lambda a, b: self.binary(ast.Mult, a, b, node), node
        )

    def rounded(self, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        self.positional(args, keywords, node, 1, 2, "round")
        nodes = [self.node(arg) for arg in args]
        kinds = self.python_types(args[0])
        if kinds and not any(hasattr(kind, "__round__") for kind in kinds):  # An array of NumPy's.
            self.raises_itself("round(_0_)", nodes[0])
        if len(nodes) == 1:
            return self.python_int("round", nodes[0])
        return self.primitive(TABLE["round_digits"], *nodes)


def _range(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    self.positional(args, keywords, node, 1, 3, "range")
    nodes = [self.node(arg) for arg in args]
    if any(map(self.is_certainly_float, args)):
        self.raises_itself(f"range({', '.join(f'_{k}_' for k in range(len(nodes)))})", *nodes)
    zero, one = self.graph.constant(0), self.graph.constant(1)
    if len(nodes) == 1:
        return Range(zero, nodes[0], one)
    return Range(nodes[0], nodes[1], nodes[2] if len(nodes) == 3 else one)


def _slice(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    self.positional(args, keywords, node, 1, 3, "slice")
    none = Static(None)
    if len(args) == 1:
        return Slice(none, args[0], none)
    return Slice(args[0], args[1], args[2] if len(args) == 3 else none)


def _length(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    self.positional(args, keywords, node, 1, 1, "len")
    return self.length_of(self.read(args[0]))


def _reversed(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    value = self.read(args[0])
    if isinstance(value, Range):
        return Range(value.start, value.stop, value.step, not value.backwards)
    return Reversed(value)


def make_list(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``list(items)``."""
    if not args:
        return self.new_list(node)
    value = self.as_list(args[0], node)
    if isinstance(self.read(args[0]), Yields):
        return value
    if isinstance(value, RecordsBox):
        return self.copied_records(value, node)
    items = self.known_iteration(value)
    if items is not None:
        return list_of(self, items, self.site_of(node), node)
    base = self.node(value)
    if isinstance(base.type, SequenceType):
        box = ListBox()
        self.state[box] = self.primitive(sequence.copy, base)
        return box
    return self.verbatim("list(_0_)", base)


def list_of(self: Builtins, items: list[Value], site: Hashable, node: ast.AST) -> ListBox:
    """A new list of these items, made at ``site``."""
    box = self.list_at(site)
    if isinstance(box, RecordsBox):
        for item in items:
            self.append(box, item, node)
    else:
        self.state[box] = items
    return box


def _dict(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    content: dict[Any, Value] = {}
    if args:
        base = self.read(args[0])
        if isinstance(base, TableBox):
            given = ((Static(name), value) for name, value in keywords.items())
            return self.made_dict([(base, base), *given], node)
        content.update(
            self.entries(base) if isinstance(base, DictBox) else paired(self, base, node)
        )
    content.update(keywords)
    box = DictBox()
    self.state[box] = content
    return box


def paired(self: Builtins, pairs: Value, node: ast.AST) -> dict[Any, Value]:
    """The entries of a dict that are given as pairs of a key and a value."""
    given = pairs.value if isinstance(pairs, Static) else None
    if isinstance(given, (dict, types.MappingProxyType)):
        self.watch_layout(pairs)
        return {key: self.static_item(pairs, key) for key in given}
    kind = pairs.type if isinstance(pairs, ObjectBox) else type(given)
    if hasattr(kind, "keys"):
        raise self.unsupported(
            f"a dict of a {kind.__name__}", "Make it of pairs: a comprehension over its keys.", node
        )
    known_pairs = self.known_iteration(pairs)
    if known_pairs is None and isinstance(pairs, Zip) and not pairs.strict:
        known_pairs = _named_entries(self, pairs, node)
    if known_pairs is None:
        raise self.unsupported(
            "a dict of pairs whose number is known at run time only",
            "Use lists, or let a loop fill the dict.",
            node,
        )
    content: dict[Any, Value] = {}
    for pair in known_pairs:
        parts = self.spread(pair, node)
        if len(parts) != 2:
            raise self.unsupported("a dict of what are no pairs", "Use a dict display.", node)
        known, key = self.static_value(parts[0])
        if not known:
            raise self.unsupported("a dict key known at run time only", "Use a list.", node)
        content[key] = parts[1]
    return content


def _named_entries(self: Builtins, pairs: Zip, node: ast.AST) -> list[Value] | None:
    """The pairs of ``zip(names, values)`` where the names are known; how many values there are
    shapes the code then."""
    if len(pairs.parts) != 2:
        return None
    keys = self.known_iteration(pairs.parts[0])
    values = self.read(pairs.parts[1])
    if keys is None or not (self.is_array(values) or isinstance(values, (ListBox, Node))):
        return None
    found = self.unpack_node(values, self.length_now(values, node), node)
    return [TupleValue(pair) for pair in zip(keys, found, strict=False)]


def _written_out(text: Node) -> list[Node]:
    """The numbers that a text shows: reading it back, a derivative would have to flow by them."""
    found: list[Node] = []
    waiting, seen = [text], {text}
    while waiting and isinstance(text.op, Verbatim):
        for arg in waiting.pop().args:
            if arg in seen:
                continue
            seen.add(arg)
            if arg.type.differentiable:
                found.append(arg)
            elif isinstance(arg.op, Verbatim):
                waiting.append(arg)
    return found


def _number(name: str) -> Builtin:
    def convert(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        self.positional(args, keywords, node, 0, 2, name)
        if not args:
            return self.graph.constant(0.0 if name == "float" else 0)
        known, found = self.static_value(args[0])
        if known and len(args) == 1 and isinstance(found, (str, bool)):
            with contextlib.suppress(ValueError):
                return self.graph.constant(float(found) if name == "float" else int(found))
        if len(args) == 1 and not self.is_array(args[0]):
            _check_no_container(self, name, self.read(args[0]))
        value = self.node(args[0])
        if value.type == OPAQUE or len(args) > 1:
            rest = ", ".join(argument_places(len(args), first=0))
            numbers = _written_out(value) if name == "float" else []
            refusal = self.unsupported(
                "a derivative would have to flow through a text that is read back",
                "Use the number itself, or round(x, n) of it.",
                node,
            )
            return self.verbatim(
                f"{name}({rest})",
                *(self.node(arg) for arg in args),
                *numbers,
                type=FLOAT if name == "float" else INT,
                refusal=refusal if numbers else None,
            )
        check_no_axes(self, value)
        if name == "int":
            own = self.python_types(value) == (int,)
            return value if own else self.python_int("to_int", value)
        if known and type(found) is float:
            return value
        if self.is_array_entry(value):
            return self.python_number(value)
        return self.primitive(TABLE["to_float"], value)

    return convert


def _check_no_container(self: Builtins, name: str, value: Value) -> None:
    """A list, tuple or dict is no number: Python says so."""
    plain = isinstance(value, TupleValue) and value.named is None
    empty: Any = [] if isinstance(value, ListBox) else {} if isinstance(value, DictBox) else ()
    if plain or empty != ():
        try:
            getattr(builtins, name)(empty)
        except TypeError as error:
            self.always_raises(f"TypeError({str(error)!r})")


def _bool(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    known, truth = self.truth(args[0])
    if known:
        return Static(truth)
    return self.verbatim("bool(_0_)", self.predicate(args[0]), type=BOOL, pure=True)


def _string(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    known, found = self.static_value(args[0])
    if known:
        return Static(str(found))
    return self.verbatim("str(_0_)", self.node(args[0]), carries=False)


def _divmod(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    a, b = (self.node(arg) for arg in args)
    return TupleValue(
        (self.primitive(arithmetic.floor_divide, a, b), self.primitive(arithmetic.remainder, a, b))
    )


def _power(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    self.positional(args, keywords, node, 2, 3, "pow")
    if len(args) == 3:
        return self.verbatim("pow(_0_, _1_, _2_)", *(self.node(arg) for arg in args), type=INT)
    return self.binary(ast.Pow, args[0], args[1], node)


def _map(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    return Mapped(args[0], tuple(args[1:]))


def _refused(name: str, remedy: str) -> Builtin:
    def refuse(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        raise self.unsupported(f"`{name}` inside a function", remedy, node)

    return refuse


def _exact_total(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    self.positional(args, keywords, node, 1, 1, "fsum")
    return self.primitive(sequence.exact_total, self.node(self.as_list(args[0], node)))


def _product(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    items = self.known_iteration(args[0])
    if items is None:
        return self._running_product(args[0], keywords, node)
    result: Value = keywords.get("start", self.graph.constant(1))
    for item in items:
        result = self.binary(ast.Mult, result, item, node)
    return result


def _partial(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    return PartialCall(args[0], tuple(args[1:]), keywords)


def _logarithm(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    self.positional(args, keywords, node, 1, 2, "log")
    nodes = [self.node(arg) for arg in args]
    return self.primitive(TABLE["log" if len(nodes) == 1 else "log_base"], *nodes)


def _hypotenuse(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    nodes = [self.node(arg) for arg in args]
    if len(nodes) == 1 and isinstance(nodes[0].type, SequenceType):
        return self.call_array(length_of_list, tuple(nodes), ())
    if len(nodes) == 1:
        return self.primitive(TABLE["absolute"], *nodes, params=("math.fabs",))
    if len(nodes) in (2, 3):
        return self.primitive(TABLE["hypot" if len(nodes) == 2 else "hypot3"], *nodes)
    return self.call_array(length_of_list, (self.display(tuple(nodes), "list"),), ())


def _distance(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``math.dist(p, q)``, which is computed as ``hypot`` of the differences."""
    columns = [self.known_iteration(arg) for arg in args]
    first, second = (columns[0] or [], columns[1] or []) if len(columns) == 2 else ([], [])
    if not first or len(first) != len(second):
        self.positional(args, keywords, node, 2, 2, "dist")
        return self.call_array(distance, tuple(self.node(self.as_list(a, node)) for a in args), ())
    parts: list[Value] = [
        self.binary(ast.Sub, a, b, node) for a, b in zip(first, second, strict=True)
    ]
    return _hypotenuse(self, parts, {}, node)


def _fraction_and_exponent(
    self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    """``math.frexp(x)``: x scaled by a power of 2 between steps, and its exponent."""
    self.positional(args, keywords, node, 1, 1, "frexp")
    value = self.node(args[0])
    exponent = self.primitive(TABLE["binary_exponent"], value)
    opposite = self.primitive(arithmetic.negative, exponent)
    return TupleValue((self.primitive(TABLE["ldexp"], value, opposite), exponent))


def _zip(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    known, strict = self.truth(keywords.get("strict", Static(False)))
    if not known or keywords.keys() - {"strict"}:
        raise self.unsupported("`strict` of a zip that is not known", "Write True or False.", node)
    if len(args) == 1 and isinstance(args[0], Columns):
        if strict and isinstance(args[0].items, Indexed):
            raise self.unsupported(
                "`zip` of run-time rows with `strict=True`", "Check their lengths before.", node
            )
        return args[0].items
    return Zip(tuple(args), strict)


def _operator(kind: type) -> Builtin:
    return lambda self, args, keywords, node: self.binary(kind, args[0], args[1], node)


def _modulo_parts(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``math.modf(x)``: fraction and whole part."""
    value = self.node(args[0])
    if self.python_types(value) != (float,):
        value = self.primitive(TABLE["to_float"], value)
    whole = self.primitive(TABLE["to_float"], self.primitive(TABLE["trunc"], value))
    return TupleValue((self.primitive(arithmetic.subtract, value, whole), whole))


def _whole_number(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``operator.index(n)``, which is n; of floats it raises."""
    value = self.read(args[0])
    called = self.static_node(Static(operator.index))
    if isinstance(value, Node) and value.type == FLOAT:
        self.raises_itself("_0_(_1_)", called, value)
    if (known := self.static_int(value)) is not None:
        return self.graph.constant(known)
    if isinstance(value, Node) and self.python_types(value) == (int,):
        return value
    return self.opaque_call(called, args, keywords, node, None)


BUILTINS: dict[Any, Builtin] = {
    **QUESTIONS,
    **BINDING,
    builtins.range: _range,
    builtins.slice: _slice,
    builtins.len: _length,
    builtins.zip: _zip,
    builtins.enumerate: lambda self, args, keywords, node: Enumerate(
        args[0],
        self.node(args[1] if len(args) > 1 else keywords.get("start", self.graph.constant(0))),
    ),
    builtins.reversed: _reversed,
    builtins.list: make_list,
    builtins.dict: _dict,
    builtins.float: _number("float"),
    builtins.int: _number("int"),
    builtins.bool: _bool,
    builtins.str: _string,
    builtins.round: lambda self, args, keywords, node: self.rounded(args, keywords, node),
    builtins.divmod: _divmod,
    builtins.pow: _power,
    builtins.map: _map,
    builtins.open: _refused("open", "Read the file outside and pass its content in."),
    builtins.input: _refused("input", "Pass the value in as a parameter."),
    builtins.eval: _refused("eval", "Write the expression into the function."),
    builtins.exec: _refused("exec", "Write the statements into the function."),
    **COMPLEX_CALLS,
    math.fsum: _exact_total,
    math.prod: _product,
    math.log: _logarithm,
    math.hypot: _hypotenuse,
    math.modf: _modulo_parts,
    math.dist: _distance,
    math.frexp: _fraction_and_exponent,
    functools.partial: _partial,
    operator.index: _whole_number,
    operator.add: _operator(ast.Add),
    operator.sub: _operator(ast.Sub),
    operator.mul: _operator(ast.Mult),
    operator.truediv: _operator(ast.Div),
    operator.pow: _operator(ast.Pow),
}


# Modules that are imported for what they enter into the table.
FILLED = (extremes, rounding, special)
