"""What a gradient hands out is called after what it is by: ``S_bar``, ``sigma_bar``."""

from __future__ import annotations

from chainrule.graph.answer import Answer
from chainrule.graph.node import Node
from chainrule.lift.lifted import Lifted
from chainrule.primitives.nouns import called
from chainrule.transforms.pipeline import Wrt, wanted

# Where the gradient stands in what a transform gives; None is all of it.
PLACES: dict[str, int | None] = {"grad": None, "value_and_grad": 1, "vjp": 1, "hvp": 0}


def name_slots(result: Lifted, transform: str, lifted: Lifted, wrt: Wrt) -> None:
    """Tell the graph of a derivative which of its nodes are the gradient by which input."""
    if transform not in PLACES:
        return
    place = PLACES[transform]
    gradient = result.result if place is None else result.result.parts[place]
    inputs, slots = wanted(lifted, wrt).inputs, list(gradient.leaves())
    if len(inputs) != len(slots):
        return
    for given, slot in zip(inputs, slots, strict=True):
        name = called(given)
        if name is not None and slot.args:
            _answer(result, slot, name)


def _answer(result: Lifted, slot: Node, name: str) -> None:
    answers = result.graph.answers
    answers[slot] = (*answers.get(slot, ()), Answer(None, name, "_bar"))
