"""Objects as a whole: what is computed of one by Python's own means depends on what it holds."""

from __future__ import annotations

import dataclasses
from typing import Any

from chainrule.graph.guard import is_of_argument
from chainrule.graph.node import Node
from chainrule.graph.structure import Structure
from chainrule.lift.containers.sharing import boxes_in
from chainrule.lift.library.object_sets import IN_PLACE_OF
from chainrule.lift.objects.hooks import Hooks
from chainrule.lift.values import Either, Generator, ObjectBox, TupleValue, Value


class WholeObjects(Hooks):
    """Gives the nodes of objects that exist at run time."""

    # Whether the objects in a parameter are taken apart whatever their class, and those around.
    by_attributes = False

    def structure(self, value: Value) -> Structure:
        """The layout of a value, given by :class:`~chainrule.lift.parameters.Parameters`."""
        raise NotImplementedError

    def object_node(self, box: ObjectBox) -> Node:
        """The node of an object that exists at run time."""
        if box.node is not None:
            return box.node
        if box in self.object_nodes:
            return self.object_nodes[box]()
        kind = IN_PLACE_OF.get(box.type, box.type)
        raise self.unsupported(
            f"a {kind.__name__} that the function makes is used as a whole",
            "Use its attributes.",
        )

    def node(self, value: Value, what: str = "this value") -> Node:
        if isinstance(value, ObjectBox):
            return self._whole_object(value)
        if isinstance(value, Generator):
            return self.node(self.listed(value), what)
        return super().node(value, what)

    def _whole_object(self, box: ObjectBox) -> Node:
        """The node of an object used as a whole; it depends on the numbers that are in it."""
        found = self.object_node(box)
        if box.instance is None:
            return found
        if dataclasses.is_dataclass(box.type) or self._is_differentiated_by(box):
            held = self._numbers_held(box)
        else:
            held = self._numbers_written_to(box)
        return self.verbatim("_0_", found, *held, pure=True) if held else found

    def _is_differentiated_by(self, box: ObjectBox) -> bool:
        return is_of_argument(box.route) and box.route.root.name in self.wanted

    def _numbers_held(self, box: ObjectBox) -> list[Node]:
        """The numbers that an object of the caller's holds, also those in objects in it."""
        by_attributes, self.by_attributes = self.by_attributes, True
        try:
            leaves = self.structure(box).leaves()
            return [leaf for leaf in leaves if leaf.type.differentiable]
        finally:
            self.by_attributes = by_attributes

    def _numbers_written_to(self, box: ObjectBox) -> list[Node]:
        """The numbers that were written to an object, or to what it holds."""
        found: dict[Node, None] = {}
        waiting: list[Any] = [box]
        met: set[Any] = set()
        while waiting:
            value = waiting.pop()
            if isinstance(value, Node):
                if value.type.differentiable:
                    found[value] = None
            elif isinstance(value, TupleValue):
                waiting.extend(value.items)
            elif isinstance(value, Either):
                waiting.extend((value.then, value.orelse))
            elif isinstance(value, (list, dict)):
                waiting.extend(value.values() if isinstance(value, dict) else value)
            else:
                boxes = [each for each in boxes_in(value) if each not in met]
                met.update(boxes)
                waiting.extend(self.state.get(each) for each in boxes)
                waiting.extend(
                    self.attributes.get(each) for each in boxes if isinstance(each, ObjectBox)
                )
        return list(found)
