"""Values that shape the generated code, and the guards that watch them.

Numbers in globals, closure cells, attributes and tables are read when the derivative runs.  A
string, a flag, None, a helper function, or the layout of a table is used up while lifting: it
decided which code there is.  Each is noted here with the route along which it was found, so that
the generated function can check that it is still the same object.

Modules, functions and classes of the standard library, NumPy and SciPy under their own names are
taken to be what they are.
"""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

from chainrule.errors import ArgumentError, ChainruleError
from chainrule.graph.block import GLOBAL
from chainrule.graph.guard import Guard, Route, is_of_argument
from chainrule.graph.keys import key_text
from chainrule.graph.node import Node
from chainrule.graph.reach import ApartFrom, is_apart
from chainrule.lift.branches.deciding import Deciding
from chainrule.lift.library.dates import is_date
from chainrule.lift.library.draws import is_generator
from chainrule.lift.state import same_value
from chainrule.lift.values import DictBox, ListBox, ObjectBox, Static, Value
from chainrule.primitives.arithmetic import negative

Box = ListBox | DictBox | ObjectBox
BOXES = (ListBox, DictBox, ObjectBox)

SETTLED = sys.stdlib_module_names | {"builtins", "chainrule", "numpy", "scipy"}


# What classes are that Python code defines (Py_TPFLAGS_HEAPTYPE): objects may change them.
WRITTEN = 1 << 9

# What refusals say where the value of an int may decide of what kind another is.
OF_KINDS = (
    "of different kinds on different paths",
    "in some steps only",
    "which cuts off its fraction",
)


class Watching(Deciding):
    """Makes values of Python objects, and remembers where they were found."""

    # The parameters that are differentiated by.
    wanted: tuple[str, ...] = ()

    def __init__(self, graph: Any) -> None:
        super().__init__(graph)
        # Where numbers that are read at run time come from.
        self.routes: dict[Node, Route] = {}
        # Whether ints there are known by their values, and those of which it was not asked.
        self.known_ints = False
        self.ints_read: list[int] = []
        # The same of floats that are 0.
        self.known_zeros = False
        self.zeros_read: list[float] = []
        # Whether a dict that gets a key on some paths only is begun anew as one of run-time keys.
        self.some_keys = False
        # How the caller's lists, arrays, dicts and objects are reached, and what was in them.
        self.reached: dict[Box, tuple[Route, Any]] = {}
        # The classes of what is certainly a date or a time.
        self.known_classes: dict[Node, type] = {}
        # Parameters of whose kind nothing is told: they are taken for what they are used as.
        self.guessed: tuple[str, ...] = ()
        # Those of them that no call will show: the module is written to a file.
        self.untold: tuple[str, ...] = ()

    def reach(self, box: Value, route: Route | None, content: Any = None) -> None:
        """Note the route to what may be written to; ``content`` is what is in it."""
        if isinstance(box, BOXES) and is_of_argument(route):
            self.reached[box] = route, self.state.get(box, content)

    def watch_sharing(self, arguments: Mapping[str, Any]) -> None:
        """What was written to must not be reached from the arguments in a second way.

        Raises
        ------
        ArgumentError
            When it is, from the ``arguments`` at hand.
        """
        names = dict.fromkeys(route.root.name for route, _ in self.reached.values())
        outside = self._read_outside()
        for box, (route, before) in self.reached.items():
            if same_value(self.state.get(box, before), before):
                continue
            watched = route.beside(names)
            text = route.text.replace("_0_", route.root.name)
            for apart, other in (
                (is_apart, "another argument or with itself"),
                (outside, "what the function reads outside of its arguments"),
            ):
                guard = Guard(watched, "apart", apart)
                if guard.concerns(arguments) and not guard.holds(apart, arguments):
                    raise ArgumentError(
                        f"`{text}` is written to, and shares memory with {other}",
                        remedy="Pass a copy of one of them, or write to a copy in the function.",
                    )
            is_alone = not outside.containers and not outside.names
            self.graph.guard(watched, "apart", is_apart if is_alone else outside)

    def _read_outside(self) -> ApartFrom:
        """The lists, dicts and arrays that are no arguments and are read by their names."""
        found = [
            guard.expected
            for guard in self.graph.guards.values()
            if guard.form == "is" and isinstance(guard.expected, (list, dict))
        ]
        arrays = [
            (self.graph.scopes[str(module)], str(name))
            for (module, name), value in self.graph.globals.items()
            if hasattr(value, "shape") and module in self.graph.scopes
        ]
        held = [
            (vars(owner.instance), name)
            for owner, read in self.attributes.items()
            if owner.parameter and not is_of_argument(owner.route)
            for name, value in read.items()
            if isinstance(value, (ListBox, DictBox)) and hasattr(owner.instance, "__dict__")
        ]
        return ApartFrom(tuple(found), (*arrays, *held))

    def kept_node(self, value: Value) -> Node:
        """``value`` as somebody outside keeps it: a list or dict of the caller's is that itself."""
        return self.node(value)

    def wrap(
        self,
        value: Any,
        node: Callable[[], Node] | None = None,
        route: Route | None = None,
        name: str = "",
    ) -> Value:
        """A Python object known while lifting, as a value; ``route`` is watched from now on."""
        if type(value) is int and route is not None and self.known_ints:
            self.watch_object(route, value)
            return self.graph.constant(value)
        wanted = is_of_argument(route) and route.root.name in self.wanted
        if type(value) is float and value == 0.0 and not wanted:
            self.zeros_read.append(value)
            if route is not None and self.known_zeros:
                self.watch_object(route, value)
                return self.graph.constant(value)
        if type(value) in (int, float) and node is not None:
            made = node()
            if type(value) is int:
                self.ints_read.append(value)
            if route is not None:
                self.routes[made] = route
                # A table, or a number of another kind, in its place is other code.
                self.graph.guard(route, "type", type(value))
            return made
        if node is not None and (is_date(value) or is_generator(value)):
            if route is not None:
                self.graph.guard(route, "type", type(value))
            return self.known_object(node(), value)
        if route is not None and not is_settled(name, value):
            self.watch_object(route, value)
        if type(value) in (int, float):
            return self.graph.constant(value)
        return Static(value, node)

    def known_object(self, node: Node, value: Any) -> Node:
        """A node that is of the class of ``value``, and hence not None, whenever it is read."""
        self.known_classes[node] = type(value)
        return node

    def ints_may_tell(self, refusal: ChainruleError) -> bool:
        """Whether more may be understood where ints outside are known by their values."""
        told = bool(self.ints_read) or any(words in refusal.found for words in OF_KINDS)
        return told and not self.known_ints

    def is_read_whole(self, found: Any) -> bool:
        """Whether it is a list or a tuple, and none of ints that are known by their values."""
        holds = type(found) is tuple and int in map(type, found)
        if holds and not self.known_ints:
            self.ints_read.append(found[0])
        return type(found) in (list, tuple) and not (holds and self.known_ints)

    def watched_number(self, value: Value) -> tuple[bool, Any]:
        """``(known, number)`` of a number outside whose value shapes the code: it is watched."""
        if isinstance(value, Node) and value.op is negative:
            known, found = self.watched_number(value.args[0])
            return known, -found if known else None
        if not isinstance(value, Node) or value.op is not GLOBAL or value not in self.routes:
            return False, None
        module, name = value.params
        found = self.graph.globals[str(module), str(name)]
        self.graph.guard(self.routes[value], "equals", found)
        return True, found

    def watch_object(self, route: Route, found: Any) -> None:
        """What is at the end of ``route`` is this object, of the class that it has now."""
        self.graph.guard(route, "is", found)
        kind = type(found)
        if not isinstance(found, (type, types.FunctionType)) and kind.__flags__ & WRITTEN:
            self.graph.guard(route, "type", kind)

    def watch_same(self, route: Route | None, known: Route | None, found: Any) -> None:
        """What two routes lead to, one of them from an argument, is one object."""
        if not is_of_argument(route):
            route, known = known, route
        if not is_of_argument(route):
            return
        if not is_of_argument(known):
            self.graph.guard(route, "is", found)
        elif (route.root, route.text) != (known.root, known.text):
            other = known.text.replace("_0_", known.root.name)
            self.graph.guard(Route(route.root, f"({route.text} is {other})"), "is", True)

    def watched_keywords(self, found: functools.partial[Any]) -> dict[str, Any]:
        """The keywords that a partial has bound; all that it has bound shapes the code."""
        route = Route(found)
        self.graph.guard(route.attribute("func"), "is", found.func)
        self.graph.guard(route.attribute("args"), "is", found.args)
        bound = route.attribute("keywords")
        self.graph.guard(bound, "keys", list(found.keywords))
        for name, value in found.keywords.items():
            self.graph.guard(bound.item(name), "is", value)
        return found.keywords

    def watch_layout(self, value: Value) -> None:
        """The number of entries of a list, or the keys of a dict, shape the code."""
        found = value.value if isinstance(value, Static) else None
        if isinstance(found, list):
            self.graph.guard(Route(found), "length", len(found))
        elif isinstance(found, dict):
            self.graph.guard(Route(found), "keys", list(found))
        elif isinstance(found, set):
            self.graph.guard(Route(found), "equals", set(found))

    def watch_content(self, value: Value) -> None:
        """The entries of a list, dict or set shape the code."""
        found = value.value if isinstance(value, Static) else None
        if isinstance(found, (list, dict, set)):
            self.graph.guard(Route(found), "equals", found.copy())

    def watch_membership(self, key: Any, value: Value) -> None:
        """Whether ``key`` is in a container shapes the code."""
        found = value.value if isinstance(value, Static) else None
        if not isinstance(found, (list, dict, set)):
            return
        text = key_text(key)
        if text is not None:
            self.graph.guard(Route(found, f"({text} in _0_)"), "is", key in found)
        else:
            self.watch_content(value)

    def watch_type(self, value: Value) -> None:
        """The type of a number that is read at run time shapes the code."""
        route = self.routes.get(value) if isinstance(value, Node) else None
        if route is not None:
            found = self.graph.globals.get(value.params) if value.op.name == "global" else None
            self.graph.guard(route, "type", type(found) if found is not None else _kind(value))

    def must_be_told(self, other: Value) -> None:
        """What is compared with a text is hardly the number for which it is taken."""
        if self.guessed and isinstance(other, Static) and isinstance(other.value, str):
            names = " or ".join(f"`{name}`" for name in self.guessed)
            raise self.unsupported(
                f"a number is compared with a text, and nothing tells the kind of {names}",
                f"Annotate it, or tell with --arg {self.guessed[0]}=str or list[str] what it is.",
            )


def _kind(node: Node) -> type:
    return {"float": float, "int": int, "bool": bool}.get(str(node.type), object)


def is_plain_sequence(kind: type) -> bool:
    """Whether objects of a class are lists, or tuples, also with names: not of a class written
    for more."""
    home = kind.__module__.partition(".")[0]
    return issubclass(kind, (list, tuple)) and (home in SETTLED or hasattr(kind, "_fields"))


def is_settled(name: str, found: Any) -> bool:
    """Whether what is called ``name`` is one of Python's own modules, functions or classes."""
    if isinstance(found, types.ModuleType):
        return found.__name__.partition(".")[0] in SETTLED
    if not callable(found) or getattr(found, "__name__", None) != name:
        return False
    home = getattr(found, "__module__", None) or type(found).__module__
    return str(home).partition(".")[0] in SETTLED
