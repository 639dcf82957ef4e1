"""What numbers say of themselves: NumPy's know their shape and dtype, Python's do not."""

from __future__ import annotations

import ast
import types
from collections.abc import Hashable

from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, FLOAT, INT, OPAQUE, Type, dtype_of, is_complex
from chainrule.lift.arrays.boxes import Arrays
from chainrule.lift.arrays.memory import is_new
from chainrule.lift.library.definitions import DEFINITIONS
from chainrule.lift.values import Method, Static, TupleValue, Value
from chainrule.primitives.arrays import indexing, shaping
from chainrule.primitives.arrays.complex_parts import PARTS
from chainrule.primitives.complex_powers import may_be_complex
from chainrule.primitives.declare import Primitive
from chainrule.primitives.effect import FACT, IMAGINARY, IS_COMPLEX, STATEMENT

# What is read when the derivative runs, and depends on no number.
FACTS: dict[str, Type] = {
    "ndim": INT, "size": INT, "itemsize": INT, "nbytes": INT, "shape": OPAQUE, "dtype": OPAQUE,
    "flags": OPAQUE, "strides": OPAQUE,
}  # fmt: skip
PYTHONS = (float, int, bool)


def _integers() -> tuple[type, ...]:
    import numpy

    return (int, bool, numpy.int64, numpy.bool_)


def is_property(kind: type, name: str) -> bool:
    """Whether an attribute of a class is computed where it is read, and no method."""
    found = getattr(kind, name, None)
    return isinstance(found, (property, types.GetSetDescriptorType, types.MemberDescriptorType))


class NumberAttributes(Arrays):
    """Lifts the attributes of numbers, and those of arrays that are no part of their type."""

    def complex_part(self, node: Node, name: str) -> Node:
        """The real or the imaginary part."""
        return self.block.add(PARTS[name], (node,))

    def number_attribute(self, owner: Node, name: str) -> Value | None:
        """An attribute that some kind of number has; None if it is a method of no meaning here."""
        kinds = self.python_types(owner)
        if name == "is_integer" and kinds and all(issubclass(kind, float) for kind in kinds):
            return Method(Static(DEFINITIONS[float.is_integer]), owner)
        if not any(is_property(kind, name) for kind in kinds or (self._array(),)):
            return None
        if name in ("real", "imag") and may_be_complex(owner):
            return self._part_of_power(owner, name)
        if name == "real" and (owner.type != BOOL or not set(PYTHONS).intersection(kinds)):
            return owner
        if name == "imag" and set(kinds) <= {float, int}:
            return self.graph.constant(kinds[0](0) if len(kinds) == 1 else 0.0)
        if name in ("real", "imag"):
            type_ = INT if owner.type == BOOL else owner.type
            return self.block.add(FACT, (owner,), (f"_0_.{name}", type_, None), type_)
        strange = name == "dtype" and owner.type == FLOAT and not set(kinds).isdisjoint(_integers())
        if strange or not all(hasattr(kind, name) for kind in kinds):
            # Where it is a number of Python's this raises, as it does in f.
            if name != "T":
                return self.read_attribute(owner, name)
            self.check_method(owner, name)
        match name:
            case "dtype":
                import numpy

                return Static(numpy.dtype(dtype_of(owner.type)))
            case "shape":
                return TupleValue(())
            case "ndim" | "size":
                return self.graph.constant(int(name == "size"))
            case "T":
                return self._transposed(owner)
        return self.read_attribute(owner, name)

    def check_item_of_number(self, base: Value, key: Value, value: Value) -> None:
        """Raise what Python does where something is written into a number as into a list.

        What is computed entry by entry of numbers and arrays without axes is a number.
        """
        number = isinstance(base, Node) and base.type in (FLOAT, INT, BOOL)
        if number and isinstance(base.op, Primitive) and base.op.broadcasts:
            self.raises_itself("_0_[_1_] = _2_", base, self.node(key), self.node(value))

    def raise_if(self, predicate: Node, text: str, *args: Node) -> None:
        raise NotImplementedError

    def _part_of_power(self, owner: Node, name: str) -> Value:
        """A part of what is complex where a power of a negative number is."""
        if name == "imag":
            return self.verbatim(IMAGINARY, owner, type=FLOAT, pure=True)
        self.raise_if_complex(owner, "the real part")
        return owner

    def raise_if_complex(self, number: Node, of: str = "what is made of it") -> None:
        """Raise where a number is complex, of which reverse mode knows its real part alone."""
        if may_be_complex(number):
            asked = self.verbatim(IS_COMPLEX, number, type=BOOL, pure=True)
            text = f"the power is complex: the slope of {of} is not known"
            self.raise_if(asked, f'ArithmeticError("{text}")')

    def primitive(self, op: Primitive, *args: Node, params: tuple[Hashable, ...] = ()) -> Node:
        if op.name == "absolute":
            self.raise_if_complex(args[0], "its magnitude")
        elif op.takes_complex and any(is_complex(arg.type) for arg in args):
            for arg in args:
                self.raise_if_complex(arg)
        return super().primitive(op, *args, params=params)

    def check_method(self, owner: Node, name: str) -> None:
        """Raise where a number is one of Python's, which has no such method, as it does in f."""
        kinds = self.python_types(owner)
        if not all(hasattr(kind, name) for kind in kinds):
            self.block.add(STATEMENT, (owner,), (f"_0_.{name}",))

    def attribute_or(self, owner: Node, name: str, default: Node, node: ast.AST) -> Node:
        """``getattr(owner, name, default)`` of a number that may or may not have the attribute."""
        type_ = FACTS.get(name)
        if type_ is None:
            raise self.unsupported(
                f"`{name}` of what may be a number of Python's or one of NumPy's",
                "Make it one of NumPy's first: np.asarray(...).",
                node,
            )
        type_ = type_ if type_ == default.type else OPAQUE
        return self.block.add(
            FACT, (owner, default), (f"getattr(_0_, {name!r}, _1_)", type_, None), type_
        )

    def read_attribute(self, owner: Node, name: str) -> Value:
        """What an attribute is when the derivative runs."""
        flags = owner.op is FACT and owner.params[0] == "_0_.flags"
        if flags and name == "writeable" and is_new(owner.args[0]):
            return Static(True)
        text = f"_0_.{name}"
        if name not in FACTS and owner.op is not FACT:
            return self.verbatim(text, owner)
        type_ = FACTS.get(name, OPAQUE)
        return self.block.add(FACT, (owner,), (text, type_, None), type_)

    def _transposed(self, owner: Node) -> Node:
        return self.block.add(shaping.transpose, (owner,), (None, "attribute"))

    def _array(self) -> type:
        import numpy

        return numpy.ndarray

    def number_part(self, base: Node, pattern: str) -> Value:
        """``base[...]`` or ``base[None]`` of a number: ``base[()]`` takes it out of its array."""
        kinds = set(self.python_types(base))
        if not kinds.isdisjoint(PYTHONS):
            parts = ", ".join({"n": "None", "e": "..."}[letter] for letter in pattern)
            if kinds <= {*PYTHONS}:
                self.raises_itself(f"_0_[{parts or '()'}]", base)
            self.block.add(STATEMENT, (base,), (f"_0_[{parts or '()'}]",))
        if rank := pattern.count("n"):
            return self.with_axes(base, rank)
        return self.block.add(indexing.section, (base,), (pattern,))
