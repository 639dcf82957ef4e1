"""Calls that stay as they are: of NumPy, SciPy and others, through which no derivative flows."""

from __future__ import annotations

import ast
import inspect
import sys
import types
from typing import Any

from chainrule.errors import ChainruleError, NotDifferentiableError, UnsupportedError
from chainrule.graph.block import CONSTANT
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, DYNAMIC, INT, OPAQUE, is_complex
from chainrule.lift.arrays.boxes import is_numeric
from chainrule.lift.calls.callees import home_of, out_by_name
from chainrule.lift.lifted import assemble
from chainrule.lift.objects.holders import WrittenInto
from chainrule.lift.objects.in_place import InPlace
from chainrule.lift.spelling import argument_places
from chainrule.lift.values import (
    ArrayBox,
    Closure,
    DictBox,
    Generator,
    ListBox,
    ObjectBox,
    Place,
    Rest,
    Static,
    TupleValue,
    Value,
    View,
    is_made,
)
from chainrule.primitives.declare import constant_value
from chainrule.primitives.effect import CALL
from chainrule.primitives.namespaces import primitive_of

# Functions of NumPy and of the standard library that change an argument.
WRITERS = {
    "copyto", "fill_diagonal", "delitem", "setitem", "iconcat",
    "iadd", "iand", "ifloordiv", "ilshift", "imatmul", "imod", "imul", "ior", "ipow", "irshift",
    "isub", "itruediv", "ixor",
    "insort", "insort_left", "insort_right",
    "nan_to_num", "partition", "place", "put", "put_along_axis", "putmask", "setattr", "shuffle",
    "at", "_place", "_putmask",
}  # fmt: skip
# What is a mutable object, beside lists.
MUTABLE = (DictBox, ObjectBox, Place, View)
# Methods that change their owner, of the containers of Python.
CHANGING = {
    "add", "append", "appendleft", "clear", "discard", "extend", "extendleft", "insert", "pop",
    "popitem", "popleft", "remove", "reverse", "setdefault", "sort", "update",
}  # fmt: skip
# Methods of a ufunc that read only.
READERS = {"reduce", "accumulate", "outer", "reduceat"}
NUMBERS = (int, float)
# Classes of NumPy whose objects tell of a dtype.
MACHINE_LIMITS = ("finfo", "iinfo")
# Functions that read or write files begin so.
FILES = ("save", "load", "open", "memmap", "from", "tofile", "show", "test")

UNREAD = (
    "Its code is not read: write it with functions of NumPy, or register its derivative with "
    "chainrule.define_derivative."
)


class Foreign(InPlace):
    """Lifts calls whose code is not read."""

    def opaque_call(
        self,
        function: Node,
        args: list[Value],
        keywords: dict[str, Value],
        node: ast.AST,
        refusal: ChainruleError | None,
    ) -> Value:
        """A call that stays as it is; no derivative may flow through it."""
        if function.op is CONSTANT:
            # Where a flag stands for "no function" such a call is never reached.
            called = type(constant_value(function)).__name__
            self.always_raises(f"TypeError(\"'{called}' object is not callable\")")
        if function.type not in (OPAQUE, DYNAMIC):
            raise self.unsupported(
                "a call of what is no function", "Call a function, or pass one in.", node
            )
        found = self.graph.references.get(function.params[0]) if function.params else None
        if self.globals_are_set() and not self.is_foreign(found) and not _is_builtin(found):
            raise self.unsupported(
                "a call that is kept as it is, where a context manager has set a global",
                "Move the context manager out of the function.",
                node,
            )
        named = out_by_name(found, args, keywords)[1]
        if self.static_value(named.get("out", Static(None))) != (True, None):
            self._check_written([named["out"]], node, "writes", (ListBox, *MUTABLE, TupleValue))
        self._check_untouched(function, [*args, *keywords.values()], node)
        method = _method_name(found, self.read(args[0])) if args else None
        nodes = [function] if method is None else []
        parts = argument_places(len(args), keywords, len(nodes))
        nodes += map(self.node, [*args, *keywords.values()])
        text = ast.unparse(node.func) if isinstance(node, ast.Call) else "this function"
        if any(is_complex(each.type) for each in nodes):
            raise self.unsupported(
                f"`{text}` of complex numbers",
                "Write it with functions that are understood for complex numbers, or pass its "
                "value in as a parameter.",
                node,
            )
        if refusal is None and callable(found) and primitive_of(found) is not None:
            refusal = self.unsupported(
                f"this call of `{text}`", "Call it with the arguments that it takes.", node
            )
        elif refusal is None:
            refusal = self.unsupported(
                f"cannot differentiate through `{text}`",
                "It has neither Python source nor a rule. Register its derivative with "
                "chainrule.define_derivative, or pass its value in as a parameter.",
                node,
            )
        template = f"_0_({', '.join(parts)})"
        if method is not None:
            template = f"_0_.{method}({', '.join(parts[1:])})"
        example = self._example(found, args, keywords)
        kind = self.static_type(example) if is_numeric(example) else DYNAMIC
        made = self.block.add(CALL, tuple(nodes), (template, kind, refusal), kind)
        if isinstance(example, tuple) and example and all(map(is_numeric, example)):
            return TupleValue(
                tuple(
                    self.boxed(
                        self.verbatim(f"_0_[{k}]", made, type=self.static_type(item), pure=True)
                    )
                    for k, item in enumerate(example)
                )
            )
        if isinstance(found, type) and kind == DYNAMIC:
            self.kept_kinds[made] = found
        if kind == DYNAMIC and (self.is_foreign(found) or _computes_with_arrays(found)):
            self.unshaped[made] = text
        return self.boxed(made)

    def constant_call(
        self, function: Static, args: list[Value], keywords: dict[str, Value]
    ) -> Value | None:
        """A table of SciPy's that depends on nothing: ``hann(5)``, ``leggauss(8)``; None of others.

        Its code is not read: the call says more than what is behind it.
        """
        found = function.value
        tables = home_of(found).startswith(("scipy.", "numpy.polynomial."))
        example = self._example(found, args, keywords) if tables else None
        parts = example if isinstance(example, tuple) else (example,)
        if not parts or not all(is_numeric(part) or type(part) in NUMBERS for part in parts):
            return None
        values = [*args, *keywords.values()]
        nodes = [self.static_node(function), *map(self.node, values)]
        text = f"_0_({', '.join(argument_places(len(args), keywords))})"
        if parts is not example:
            kind = self.static_type(example)
            return self.boxed(self.verbatim(text, *nodes, type=kind, pure=True))
        made = self.verbatim(text, *nodes, pure=True, carries=False)
        items = [
            self.boxed(self.verbatim(f"_0_[{k}]", made, type=self.static_type(item), pure=True))
            for k, item in enumerate(parts)
        ]
        return TupleValue(tuple(items), type(example) if hasattr(example, "_fields") else None)

    def machine_limits(self, function: Static, args: list[Value]) -> Value | None:
        """``np.finfo(float)``, whose numbers are read where they are used; None of others."""
        found = function.value
        name = getattr(found, "__name__", "")
        if home_of(found) != "numpy" or name not in MACHINE_LIMITS or len(args) != 1:
            return None
        known, kind = self.static_value(args[0])
        if not known:
            return None
        import numpy

        # A dtype is an object without a name, its type has one.
        is_dtype = isinstance(kind, numpy.dtype)

        def node() -> Node:
            given = self.node(Static(kind.type if is_dtype else kind))
            return self.verbatim("_0_(_1_)", self.static_node(function), given, pure=True)

        return Static(found(kind), node)

    def _example(self, found: Any, args: list[Value], keywords: dict[str, Value]) -> Any:
        """What a function of NumPy gives for arguments that are known: its type is that of each
        call.  None where it cannot be told.
        """
        name = getattr(found, "__name__", "")
        if not self.is_foreign(found) or name in WRITERS or name.startswith(FILES):
            return None
        known = [self.static_value(value) for value in (*args, *keywords.values())]
        plain = all(k and isinstance(v, (int, float, str, tuple, type(None))) for k, v in known)
        if not plain:
            return None
        values = [value for _, value in known]
        try:
            named = dict(zip(keywords, values[len(args) :], strict=True))
            return found(*values[: len(args)], **named)
        except (ArithmeticError, LookupError, TypeError, ValueError):
            # It raises when the function is called, too.
            return None

    def as_told(self, value: Value) -> Value:
        """What may be told of a value: of an object of the function's own, one that is like it."""
        found = self.read(value)
        if isinstance(found, ObjectBox) and is_made(found) and found not in self.object_nodes:
            return assemble(self.graph, self.structure(found))
        return value

    def _check_untouched(self, function: Node, args: list[Value], node: ast.AST) -> None:
        """Refuse to hand an array or a list to a function that may write to it."""
        found = self.graph.references.get(function.params[0]) if function.params else None
        if getattr(found, "__name__", "") in WRITERS:
            self._check_written(args, node, "writes", (ListBox, *MUTABLE, TupleValue))
        elif found is None:
            self._check_written(args, node, "may write", (ListBox, *MUTABLE))
        if not any(isinstance(self.read(arg), (ArrayBox, View)) for arg in args):
            return
        home = home_of(found).partition(".")[0] if found is not None else ""
        ufunc = type(found).__name__ == "ufunc" and len(args) <= getattr(found, "nin", 0)
        foreign = home in ("numpy", "scipy") and not _is_internal(found)
        harmless = ufunc or home in sys.stdlib_module_names or foreign
        writes = getattr(found, "__name__", "") in WRITERS
        if not harmless or writes:
            text = ast.unparse(node.func) if isinstance(node, ast.Call) else "this function"
            raise self.unsupported(
                f"`{text}` may write to the array that it is given",
                "Write to the array with subscripts, or give it a copy outside of the function."
                if writes
                else UNREAD,
                node,
            )

    def _check_written(
        self, args: list[Value], node: ast.AST, does: str, kinds: tuple[type, ...]
    ) -> None:
        """Refuse to hand a list, a dict or an object to a function that writes to it."""
        if any(isinstance(self.read(arg), kinds) for arg in args):
            text = ast.unparse(node.func) if isinstance(node, ast.Call) else "this function"
            arrays = any(isinstance(self.read(arg), (ArrayBox, View)) for arg in args)
            raise self.unsupported(
                f"`{text}` {does} to what it is given",
                UNREAD if arrays and does == "may write" else "Write it with the methods of lists.",
                node,
            )

    def _check_method(self, owner: Value, name: str, args: list[Value], node: ast.AST) -> None:
        """Refuse a method that writes to a copy, or may write to an array that it is given."""
        if owner in self.picked and name in CHANGING:
            self.check_chosen(owner, node)
            raise self.unsupported(
                f"`.{name}` of a list, dict or object that is chosen at run time",
                "Choose it by `if`, and write to it in each arm.",
                node,
            )
        if not any(isinstance(self.read(arg), (ArrayBox, View)) for arg in args):
            return
        home = type(owner.value).__module__ if isinstance(owner, Static) else ""
        module = home.partition(".")[0]
        ufunc = isinstance(owner, Static) and type(owner.value).__name__ == "ufunc"
        reads = name in READERS if ufunc else name not in WRITERS
        words = isinstance(owner, Static) and isinstance(owner.value, str)
        if not words and (not reads or module not in ("numpy", "scipy")):
            text = ast.unparse(node.func) if isinstance(node, ast.Call) else f"the method {name}"
            raise self.unsupported(
                f"`{text}` may write to the array that it is given",
                "Write to the array with subscripts, or give it a copy outside of the function.",
                node,
            )

    def globals_are_set(self) -> bool:
        """Whether a context manager around has set a global."""
        return any(isinstance(key, tuple) and key[-1] == "global" for key in self.state)

    def is_foreign(self, found: Any) -> bool:
        return home_of(found).partition(".")[0] in ("numpy", "scipy")

    def inside_foreign(self) -> bool:
        """Whether the code of NumPy or SciPy is being read already."""
        sources = [source for source, _ in self.calls]
        return any(self.is_foreign(source.function) for source in sources)

    def foreign_refusal(
        self, args: list[Value], keywords: dict[str, Value], node: ast.AST, error: ChainruleError
    ) -> UnsupportedError:
        """What is said of a function of NumPy whose own code is not understood: where it stands."""
        text = ast.unparse(node.func) if isinstance(node, ast.Call) else "this function"
        refusal = self.unsupported(
            f"cannot differentiate through `{text}`",
            f"Its own code is not understood ({error.found}). Write it with other functions of "
            "NumPy, or pass its value in as a parameter.",
            node,
        )
        if any(isinstance(arg, (Closure, Generator)) for arg in [*args, *keywords.values()]):
            raise refusal from None
        return refusal


def _computes_with_arrays(function: Any) -> bool:
    """Whether the code of a user's function, or of one that it calls by name, names NumPy.

    What such a function returns may be an array; what others do is a number.
    """
    waiting, seen = [function], []
    while waiting:
        code = getattr(function := inspect.unwrap(waiting.pop()), "__code__", None)
        if code is None or code in seen:
            continue
        seen.append(code)
        names = getattr(function, "__globals__", {})
        for name in code.co_names:
            found = names.get(name)
            home = found.__name__ if isinstance(found, types.ModuleType) else home_of(found)
            if home.partition(".")[0] == "numpy":
                return True
            if isinstance(found, types.FunctionType):
                waiting.append(found)
    return False


def _is_internal(found: Any) -> bool:
    """Whether a function is compiled code of SciPy's own, which often fills an array it is given.

    What SciPy offers to its users gives its result instead.
    """
    inside = any(part.startswith("_") for part in home_of(found).split("."))
    compiled = not isinstance(found, (types.FunctionType, types.MethodType, type))
    return inside and compiled and home_of(found).startswith("scipy.")


def _method_name(found: Any, owner: Value) -> str | None:
    """The name of a function of which the class of its first argument makes a method."""
    if not isinstance(found, types.FunctionType) or not isinstance(owner, ObjectBox):
        return None
    name = found.__name__
    return name if inspect.getattr_static(owner.type, name, None) is found else None


def _is_builtin(found: Any) -> bool:
    return getattr(found, "__module__", None) in ("builtins", "math")


def is_lifted_only(error: ChainruleError, args: list[Value]) -> bool:
    """Whether a call cannot be kept: what the caller sees may change, or slopes."""
    shared = (ListBox, View, DictBox, Place, ObjectBox, Closure, Rest)
    if isinstance(error, NotDifferentiableError) or any(isinstance(a, shared) for a in args):
        return True
    numbers = [arg for arg in args if isinstance(arg, Node) and arg.op is not CONSTANT]
    sloping = any(arg.type not in (INT, BOOL, OPAQUE) for arg in numbers)
    return isinstance(error, WrittenInto) and sloping
