"""Blocks of nodes, and the graph that is made of them.

A block is a list of *steps* in evaluation order.  Blocks nest: a structured node (``if``,
``loop``, ``try``) owns blocks, and a node of an inner block may use any value of the blocks
around it.  It may also use a value of the *sibling* block that certainly ran (the pulled-back
arm of an ``if`` uses values of the forward arm): in the emitted Python these are simply local
names.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any

from chainrule.graph.answer import Answer
from chainrule.graph.function import Function
from chainrule.graph.guard import Given, Guard, Route
from chainrule.graph.node import NOWHERE, Node, Op, Origin
from chainrule.graph.types import BOOL, FLOAT, INT, OPAQUE, Array, Type
from chainrule.records import dataclass


class Leaf(Op):
    """A value that is not computed: a constant, a parameter, a global name."""

    def infer(self, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Type:
        raise NotImplementedError


CONSTANT = Leaf("constant")  # params: (value,)
PARAMETER = Leaf("parameter")  # params: (name,)
GLOBAL = Leaf("global")  # params: (name of module, name); value in Graph.globals
REFERENCE = Leaf("reference")  # params: (key,); the object in Graph.references
UNDEFINED = Leaf("undefined")  # the value of a name on a path where nothing uses it


class Projection(Op):
    """One of several results of a structured operation; params: (index,)."""

    def infer(self, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Type:
        items: tuple[Type, ...] = getattr(args[0].type, "items")  # noqa: B009
        index = params[0]
        assert isinstance(index, int)
        return items[index]


ITEM = Projection("item")


def result_number(item: Node) -> int:
    """Which result of its owner an item is."""
    number = item.params[0]
    assert isinstance(number, int)
    return number


def constant_type(value: object) -> Type:
    """Type of a Python constant."""
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int):
        return INT
    if isinstance(value, float):
        return FLOAT
    if isinstance(value, complex):
        return Array("complex128", ())
    return OPAQUE


def constant_key(value: object) -> tuple[str, str]:
    """Identity of a constant: 0.0, -0.0, 0 and False are four values."""
    return (type(value).__name__, repr(value))


class Block:
    """Parameters, steps in evaluation order, results.

    Attributes
    ----------
    parameters:
        Values that the owner hands in (state and index of a loop).
    steps:
        The computed values, in the order in which f evaluates them.
    results:
        What the block hands out.
    completes:
        False when the block always ends by raising; its results are then undefined.
    owner:
        The structured node that the block is part of, once there is one.
    mirrored:
        The block that certainly ran before and whose values are in reach here, too: of the
        pullback of a block the block itself.
    """

    def __init__(
        self, graph: Graph, parent: Block | None = None, mirrored: Block | None = None
    ) -> None:
        self.graph = graph
        self.parent = parent
        self.mirrored = mirrored
        self.parameters: tuple[Node, ...] = ()
        self.steps: list[Node] = []
        self.results: tuple[Node, ...] = ()
        self.completes = True
        self.owner: Node | None = None
        graph.blocks.append(self)

    def add(
        self,
        op: Op,
        args: tuple[Node, ...] = (),
        params: tuple[Hashable, ...] = (),
        type: Type | None = None,
    ) -> Node:
        """The node of this operation here: an equal one in reach, or a new last step."""
        # A node is equal to itself only.
        key = (op, args, params)
        graph = self.graph
        homes = graph.interned.get(key)
        if homes is not None and op.pure and not op.effect:
            known = self._among(homes)
            if known is not None:
                if known.origin.derivative and not graph.origin.derivative:
                    # f computes it too: from now on it is a value of f's own.
                    known.origin = graph.origin
                return known
        node = graph.new_node(op, args, params, type or op.infer(args, params), self)
        for param in params:
            if isinstance(param, Block):
                param.owner = node
        if op is not ITEM:
            self.steps.append(node)
        if homes is None:
            graph.interned[key] = node
        elif isinstance(homes, Node):
            graph.interned[key] = {homes.block: homes, self: node}
        else:
            homes[self] = node
        return node

    def known(
        self, op: Op, args: tuple[Node, ...], params: tuple[Hashable, ...] = ()
    ) -> Node | None:
        """The node of this operation where there is one in reach."""
        homes = self.graph.interned.get((op, args, params))
        return None if homes is None else self._among(homes)

    def shared(self, op: Op, args: tuple[Node, ...], params: tuple[Hashable, ...] = ()) -> Node:
        """As :meth:`add` for what makes an object: here it does not count which of equal ones."""
        known = self.known(op, args, params)
        return self.add(op, args, params) if known is None else known

    def _among(self, homes: Node | dict[Block, Node]) -> Node | None:
        """The one of equal nodes that is in reach."""
        block: Block | None = self
        if isinstance(homes, Node):
            home = homes.block
            while block is not None:
                if block is home or block.mirrored is home:
                    return homes
                block = block.parent
            return None
        while block is not None:
            found = homes.get(block)
            if found is None and block.mirrored is not None:
                found = homes.get(block.mirrored)
            if found is not None:
                return found
            block = block.parent
        return None

    def forget(self, count: int) -> None:
        """Drop the steps after the first ``count``: an attempt that was given up."""
        for node in self.steps[count:]:
            key = (node.op, node.args, node.params)
            homes = self.graph.interned.get(key)
            if homes is node:
                del self.graph.interned[key]
            elif isinstance(homes, dict) and homes.get(self) is node:
                del homes[self]
        del self.steps[count:]

    def parameter(self, name: str, type: Type) -> Node:
        """A new parameter of this block."""
        node = self.graph.new_node(PARAMETER, (), (name,), type, self)
        self.parameters += (node,)
        return node

    def item(self, node: Node, index: int) -> Node:
        """Result ``index`` of a structured node."""
        return node.block.add(ITEM, (node,), (index,))

    @property
    def depth(self) -> int:
        return 0 if self.parent is None else self.parent.depth + 1

    def around(self) -> Iterator[Block]:
        """This block and those around it, inner ones first."""
        block: Block | None = self
        while block is not None:
            yield block
            block = block.parent

    def owners(self) -> Iterator[Node]:
        """The branches, loops and tries around, from the innermost outwards."""
        block: Block | None = self
        while block is not None and block.owner is not None:
            yield block.owner
            block = block.parent

    def encloses(self, block: Block | None) -> bool:
        """Whether ``block`` is this one or stands in it."""
        while block is not None:
            if block is self:
                return True
            block = block.parent
        return False


def inside(node: Node, block: Block) -> bool:
    """Whether ``node`` is defined in ``block`` or in a block inside it."""
    if node.op is not ITEM and node in block.parameters:
        return True
    return block.encloses(node.block)


NO_DEFAULT = object()


@dataclass(frozen=True)
class SignatureParameter:
    """One parameter of the function as its caller sees it.

    ``kind`` is one of :class:`inspect.Parameter`'s kinds by name (``"POSITIONAL_OR_KEYWORD"``,
    ``"VAR_POSITIONAL"`` ...); ``default`` is the default's value or ``NO_DEFAULT``;
    ``annotation`` is the text of the user's, if there is one.  ``node`` is the parameter's value
    in the body, None when the body was specialised on the argument and does not read it: where
    it is a function (``called``) it cannot.
    """

    name: str
    kind: str = "POSITIONAL_OR_KEYWORD"
    default: Any = NO_DEFAULT
    annotation: str | None = None
    node: Node | None = None
    called: bool = False

    @property
    def has_default(self) -> bool:
        return self.default is not NO_DEFAULT


@dataclass(frozen=True)
class Told:
    """What a choice is told of the equality that it rests on.

    Each of ``flags`` holds where a search has found the values beside it equal to something;
    ``pairs`` are equal at the one point where arm ``arm`` is taken.
    """

    flags: tuple[tuple[Node, tuple[Node, ...]], ...]
    arm: int = 0
    pairs: tuple[tuple[Node, Node], ...] = ()

    def map(self, change: Callable[[Node], Node]) -> Told:
        """The same of other nodes."""
        flags = tuple((change(flag), tuple(map(change, moving))) for flag, moving in self.flags)
        pairs = tuple((change(left), change(right)) for left, right in self.pairs)
        return Told(flags, self.arm, pairs)


class Graph:
    """A function: parameters, a body, results.

    Attributes
    ----------
    name:
        Name of the function.
    body:
        Its outermost block; ``body.parameters`` are the function's, ``body.results`` hold one
        node, the returned value.
    signature:
        The parameters as the caller sees them, in order.
    docstring:
        The text of the emitted function's docstring.
    module:
        The ``__name__`` of the module whose globals the function reads.
    names:
        The user's names of values, first binding first.
    rows:
        Of the index of a loop over rows, the user's name of the row.
    globals, references:
        Values of ``GLOBAL`` nodes and objects of ``REFERENCE`` nodes.
    spellings:
        How the user writes numbers that expressions of constants give: ``2 * pi``.
    found:
        What choices are told of equalities that they rest on; None where the derivative has seen
        to it.
    given:
        Arrays and ints that are handed in from outside, as they were when the code was made.
    lengths:
        What is known of the lengths of axes (:mod:`chainrule.primitives.arrays.measured`).
    bounds:
        Between which numbers values lie (:mod:`chainrule.primitives.bounds`).
    steepness:
        What is 0 where adjoints are infinite (:mod:`chainrule.primitives.steepness`).
    by_fields:
        Whether it reads lists of records field by field, for lists of any length.
    mixed_result:
        Whether only the run tells of which kind the result is, of which one has slopes.
    raises_by_kind:
        Whether it raises somewhere what only the kinds of values make f raise.
    keeps_calls:
        Whether it calls functions as they are that may be understood where loops are written out or
        objects are in arenas.
    cheap_tapes:
        Whether an entry of a tape takes less time than a function of ``math``, as in compiled code.
    looks_first:
        Whether it asks before its loops that all subscripts of arrays are within them.
    cursor:
        The block into which operators on nodes build.
    numpy:
        Whether functions of numbers that are built are NumPy's.
    whole:
        Nodes that are taken as they are: what is built of them is built of nothing behind them.
    tells_lists:
        Whether a name that may be one of two lists is told which, and not what it holds.
    of_literals:
        Lists that loops carry which begin with nothing but what is written in the code.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.cheap_tapes = False
        self.tells_lists = False
        self.of_literals: set[Node] = set()
        self.looks_first = False
        self.by_fields = False
        self.mixed_result = False
        self.raises_by_kind = False
        self.keeps_calls = False
        # The number of the newest node.
        self.last_serial = -1
        # All that were made, in use or not.
        self.blocks: list[Block] = []
        self._leaves: dict[Hashable, Node] = {}
        # The node of each operation, or its nodes by their blocks: what is new is told by one
        # look-up, however deep blocks nest.
        self.interned: dict[Hashable, Node | dict[Block, Node]] = {}
        self.body = Block(self)
        self.signature: tuple[SignatureParameter, ...] = ()
        self.docstring = ""
        # Where results are kept as ``functools.lru_cache`` keeps them: for how many calls.
        self.keeps: str | None = None
        # What it is given as attributes where it is defined.
        self.attributes: tuple[tuple[str, Any], ...] = ()
        # The places of the parameters that it writes into: nobody else has them.
        self.overwrites: tuple[int, ...] = ()
        # The parameters that stand for reals, whatever numbers are given: what is derived by.
        self.reals: tuple[str, ...] = ()
        self.module = "__main__"
        self.names: dict[Node, str] = {}
        self.rows: dict[Node, str] = {}
        # What functions call their arguments, where these bear no name: no more than a hint.
        self.arguments: dict[Node, str] = {}
        # Which adjoints and tangents nodes are, or are parts of: no more than hints either.
        self.answers: dict[Node, tuple[Answer, ...]] = {}
        self.found: dict[Node, Told | None] = {}
        # Branches whose arms for single points have the slopes of the other arm.
        self.continued: set[Node] = set()
        self.globals: dict[tuple[str, str], Any] = {}
        self.references: dict[Hashable, Any] = {}
        self.spellings: dict[float, str] = {}
        # The dictionaries of the modules that are read, and the cells of closures.
        self.scopes: dict[str, dict[str, Any]] = {}
        self.cells: dict[str, Any] = {}
        # What the code rests on besides its arguments.
        self.guards: dict[Hashable, Guard] = {}
        self.given: dict[Node, Given] = {}
        self.lengths: dict[Node, Any] = {}
        self.bounds: dict[Node, Any] = {}
        self.steepness: dict[Node, frozenset[Node]] = {}
        # Functions kept apart, and their graphs once all is ready to be written.
        self.functions: dict[Hashable, Function] = {}
        self.callees: dict[Hashable, Graph] = {}
        # Every function whose text went in, as (file, line, text).
        self.sources: tuple[tuple[str, int, str], ...] = ()
        self.cursor = self.body
        self.origin: Origin = NOWHERE
        self.numpy = False
        self.whole: frozenset[Node] = frozenset()

    def new_node(
        self,
        op: Op,
        args: tuple[Node, ...],
        params: tuple[Hashable, ...],
        type: Type,
        block: Block,
    ) -> Node:
        self.last_serial += 1
        return Node(op, args, params, type, self.origin, block, self.last_serial)

    def leaf(self, op: Op, params: tuple[Hashable, ...], key: Hashable, type: Type) -> Node:
        """The leaf of this key; leaves belong to the whole graph and are no steps."""
        known = self._leaves.get((op, key))
        if known is None:
            known = self.new_node(op, (), params, type, self.body)
            self._leaves[op, key] = known
        return known

    def constant(self, value: object) -> Node:
        """The node of a Python constant."""
        key = constant_key(value)
        known = self._leaves.get((CONSTANT, key))
        if known is None:
            known = self.leaf(CONSTANT, (value,), key, constant_type(value))
        return known

    def undefined(self) -> Node:
        """The value of a name that no one may use."""
        return self.leaf(UNDEFINED, (), (), OPAQUE)

    def global_name(self, module: str, name: str, value: object, type: Type) -> Node:
        """A module-level value of the user's, read when the derivative is called."""
        self.globals[module, name] = value
        return self.leaf(GLOBAL, (module, name), (module, name), type)

    def key_of(self, known: Any, names: Mapping[str, Any]) -> Hashable:
        """The key of an object that has no name of its own: the same each time it is asked for.

        One of ``names`` may hold it.
        """
        held = (key for key, other in self.references.items() if other is known)
        shown = (name for name, other in names.items() if other is known and name[0] != "_")
        free = (("", name) for name in shown if ("", name) not in self.references)
        fallback = ("", f"{type(known).__name__}_{len(self.references)}")
        return next(held, next(free, fallback))

    def reference(self, key: Hashable, value: object) -> Node:
        """A Python object (function, class, table) that the emitted code refers to by name."""
        self.references[key] = value
        return self.leaf(REFERENCE, (key,), key, OPAQUE)

    def guard(self, route: Route, form: str, expected: Any) -> None:
        """The graph is right only as long as this condition holds."""
        guard = Guard(route, form, expected)
        self.guards.setdefault(guard.key, guard)

    def forget_guards(self, count: int) -> None:
        """Keep the first ``count`` guards only: what was read since then is of no use."""
        for key in list(self.guards)[count:]:
            del self.guards[key]

    def dissolve(self) -> None:
        """Let go of all values, once nothing asks for them: this graph is of no use any more.

        Nodes, blocks and their graph hold one another; without this only the search for cycles
        finds them, which takes as long as it took to make them.
        """
        for block in self.blocks:
            block.steps, block.parameters, block.results, block.owner = [], (), (), None
        self.blocks = []
        self.signature = ()
        self.interned, self._leaves = {}, {}
        self.names, self.rows, self.found, self.given = {}, {}, {}, {}
        self.continued = set()
        self.arguments, self.answers = {}, {}
        self.lengths, self.bounds, self.steepness = {}, {}, {}

    def inside(self, block: Block) -> _Inside:
        """Operators build into ``block`` within this context."""
        return _Inside(self, block)

    def like(self, node: Node) -> _Of:
        """New functions of numbers are NumPy's within this context where that of ``node`` is.

        They give nan and infinities where those of ``math`` raise.
        """
        names = (*node.params, *getattr(node.op, "callables", ()))
        spelled = next((p for p in names if isinstance(p, str) and "." in p), "")
        library = spelled.startswith(("numpy.", "scipy."))
        return _Of(self, library and not isinstance(node.type, Array))

    def answering(self, origin: Origin) -> _Answering:
        """New nodes are marked as coming from ``origin`` within this context."""
        return _Answering(self, origin)


class _Of:
    """The context in which what is built are numbers of the kind of another."""

    __slots__ = ("before", "graph", "numpy")

    def __init__(self, graph: Graph, numpy: bool) -> None:
        self.graph = graph
        self.numpy = numpy

    def __enter__(self) -> None:
        self.before, self.graph.numpy = self.graph.numpy, self.numpy

    def __exit__(self, *raised: object) -> None:
        self.graph.numpy = self.before


class _Inside:
    """The context in which a graph is built into a block."""

    __slots__ = ("before", "block", "graph")

    def __init__(self, graph: Graph, block: Block) -> None:
        self.graph = graph
        self.block = block

    def __enter__(self) -> Block:
        self.before, self.graph.cursor = self.graph.cursor, self.block
        return self.block

    def __exit__(self, *raised: object) -> None:
        self.graph.cursor = self.before


class _Answering:
    """The context in which what is built comes from an origin."""

    __slots__ = ("before", "graph", "origin")

    def __init__(self, graph: Graph, origin: Origin) -> None:
        self.graph = graph
        self.origin = origin

    def __enter__(self) -> None:
        self.before, self.graph.origin = self.graph.origin, self.origin

    def __exit__(self, *raised: object) -> None:
        self.graph.origin = self.before
