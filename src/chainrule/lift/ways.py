"""The ways in which a function is lifted, one after the other until one is understood."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping

from chainrule.errors import InternalError
from chainrule.graph.reach import parts
from chainrule.graph.types import Type
from chainrule.lift.calls.repeated import Repeated
from chainrule.lift.objects.holders import Container, Written
from chainrule.lift.records.arenas import EnteredInArm
from chainrule.lift.records.growth import RecordsMade
from chainrule.lift.records.late_fields import FieldGiven
from chainrule.lift.records.layout import RecordLayout
from chainrule.lift.records.links import PLAIN, NoneHeld
from chainrule.lift.records.variants import NOTHING, SeveralClasses, layout_of_classes
from chainrule.lift.values import RecordsBox
from chainrule.records import replace

# A dict has known keys if these are written in so many steps of loops, written out.
MOST_STEPS = 12
# So many loops are written out one after the other where the code is not understood.
MOST_LOOPS = 4


class Ways:
    """How containers are lifted that may be in several ways.

    ``tables`` are the places where dicts of run-time keys are made, ``sites`` those of lists of
    records.  The records of the caller's lists, ``record_lists``, are read field by field, written
    to so, or taken one by one.  Tuples of values of several types are records where ``mixed`` is
    set, else rows of numbers.  The names whose lists loops carry by their entries are ``rows``; it
    is None where they carry all lists as a whole.
    """

    def __init__(
        self,
        written: bool = False,
        unrolled: bool = False,
        mixed: bool = True,
        rows: list[Hashable] | None = None,
    ) -> None:
        self.tables: set[Hashable] = set()
        # The loops that are written out so that the keys of a dict are known.
        self.loops_of_keys: dict[Hashable, set[Hashable]] = {}
        # Those where sets of objects are made.
        self.object_sets: set[Hashable] = set()
        # Those where sets of known entries are made that the function changes.
        self.changed_sets: set[Hashable] = set()
        # What sets hold that are kept, by where they are made.
        self.set_types: dict[Hashable, Type] = {}
        self.sites: dict[Hashable, RecordLayout | None] = {}
        self.record_lists: list[RecordsBox] = []
        self.written = written
        self.unrolled = unrolled
        self.mixed = mixed
        # Where iterators are made that are asked for their items one by one.
        self.iterators: set[Hashable] = set()
        # Loops that are written out, and what was found of others.
        self.loops: set[Hashable] = set()
        self.loops_found: list[Hashable] = []
        # What is written outside of the function.
        self.outside = Written()
        self.written_into: dict[int, Container] = {}
        self.changed: list[Container] = []
        self.rows = rows
        # The classes whose objects are in arenas; None where lists hold their records themselves.
        self.arenas: dict[type, RecordLayout] | None = None
        # Whether these are linked: names and attributes may hold one of them, or None.
        self.linking = False
        # The classes of which some way has made objects that hold None, or one another.
        self.linkable: dict[type, bool] = {}
        # Those whose constructors put the object into a list on some paths only.
        self.entered_before_arms: set[type] = set()
        # Whether some way has met a list of objects that may be written to.
        self.objects_met = False
        # Whether functions of the user's that are called have to be understood.
        self.lifts_calls = False
        # Whether ints that are read outside are known by their values, and those that were not.
        self.known_ints = False
        self.ints_read: list[int] = []
        # Whether floats outside that are 0 are known to be, and those that were read.
        self.known_zeros = False
        self.zeros_read: list[float] = []
        # Whether short lists of the caller's are taken entry by entry.
        self.by_entries = False
        # Whether dicts that get a key on some paths only are of run-time keys.
        self.some_keys = False
        # What is given the text of each function that is lifted.
        self.read_text: Callable[[str], None] | None = None
        # The functions that are kept apart by their size.
        self.repeated = Repeated()

    def write_into(self, container: Container) -> None:
        """From now on a container outside is one that is written into, with all that it holds."""
        for part in parts((container,)):
            self.written_into.pop(id(part), None)
        self.written_into[id(container)] = container

    def find_keys(self, site: Hashable, loops: Mapping[Hashable, int]) -> None:
        """From now on a dict has keys that are known in ``loops`` of few steps, or is a table."""
        if site in self.tables:
            raise InternalError("a dict of run-time keys is lifted as another") from None
        few = {loop for loop in loops if loop not in self.loops}
        if few and site not in self.loops_of_keys and math.prod(loops.values()) <= MOST_STEPS:
            self.loops_of_keys[site] = few
            self.loops |= few
            return
        self.loops -= self.loops_of_keys.pop(site, set())
        self.tables.add(site)

    def note(self, made: RecordsMade | FieldGiven | NoneHeld | EnteredInArm) -> None:
        """From now on a list of records is made where one was found to be."""
        if isinstance(made, EnteredInArm):
            self.entered_before_arms.add(made.kind)
            return
        if isinstance(made, FieldGiven):
            self._note_field(made)
            return
        if isinstance(made, NoneHeld):
            self.linkable[made.kind] = False
            return
        if made.site in self.sites:
            raise InternalError("a list of records is lifted as another") from None
        layout, objects = made.layout, made.objects
        if layout is not None and layout.kind == "object" and not layout.is_fixed:
            objects = (layout,)
        self.objects_met |= bool(objects)
        arenas = {} if self.arenas is None else self.arenas
        if arenas is not self.arenas or all(each.type in arenas for each in made.objects):
            self.sites[made.site] = layout
        arenas.update({each.type: each for each in objects if each.type not in arenas})
        self.record_lists.clear()

    def _note_field(self, given: FieldGiven) -> None:
        """From now on the records of a list have a field that a loop gives to all of them."""
        layout = self.sites[given.site]
        if layout is None or given.key in layout.keys:
            raise InternalError("a field of records is given twice") from None
        self.sites[given.site] = replace(
            layout,
            keys=(*layout.keys, given.key),
            types=(*layout.types, None),
            late=(*layout.late, (given.key, given.placeholder)),
        )

    def note_several(self, found: SeveralClasses) -> None:
        """From now on a list of objects of several classes is made where one was found to be."""
        known = self.sites.get(found.site)
        before = known.classes if known is not None else ()
        types = (layout.type for layout in found.layouts)
        classes = tuple(dict.fromkeys((*before, *types)))
        if classes == before:
            raise InternalError("a list of several classes is lifted as another") from None
        self.sites[found.site] = layout_of_classes(classes)
        self.arenas = {} if self.arenas is None else self.arenas
        for layout in found.layouts:
            if layout is not NOTHING:
                self.arenas.setdefault(layout.type, layout)
        self.record_lists.clear()

    def with_loop_written_out(self) -> Ways | None:
        """The way in which the innermost loop that is not understood is written out, too."""
        found = next((site for site in self.loops_found if site not in self.loops), None)
        if found is None or len(self.loops) >= MOST_LOOPS:
            return None
        following = self._anew(Ways())
        following.loops = {*self.loops, found}
        return following

    def with_arenas(self) -> Ways | None:
        """The way in which objects that lists hold are in arenas."""
        if self.arenas is not None or not self.objects_met:
            return None
        following = self._anew(Ways(rows=[]))
        following.arenas = {}
        return following

    def with_links(self) -> Ways | None:
        """The way in which objects that are linked are in arenas."""
        if self.linking or not self.linkable:
            return None
        following = self._anew(Ways(rows=[]))
        following.arenas, following.linking = {}, True
        return following

    def link(self, layout: RecordLayout) -> None:
        """From now on the objects of a class are linked."""
        assert self.arenas is not None
        known = self.arenas.get(layout.type)
        if known is not None and known.keys == layout.keys:
            # What was found once of an attribute stays.
            pairs = zip(layout.types, known.types, strict=True)
            types = tuple(PLAIN if PLAIN in pair else pair[0] or pair[1] for pair in pairs)
            layout = replace(layout, types=types)
        if known == layout:
            raise InternalError("an object that is linked is lifted as another") from None
        self.arenas[layout.type] = layout
        self.sites.clear()
        self.record_lists.clear()

    def _anew(self, following: Ways) -> Ways:
        """Another way that knows what was found of the world outside."""
        following.outside, following.iterators = self.outside, self.iterators
        following.written_into, following.object_sets = self.written_into, self.object_sets
        following.changed_sets, following.set_types = self.changed_sets, self.set_types
        return self._keeping(following)

    def other(self, examples: bool) -> Ways | None:
        """The way to be gone where the code is not understood in this; None if there is none."""
        if self.rows:
            return self._keeping(Ways(self.written, self.unrolled, self.mixed))
        made = (layout for layout in self.sites.values() if layout is not None)
        if self.mixed and any(layout.kind == "tuple" for layout in made):
            return self._beside(Ways(self.written, self.unrolled, mixed=False))
        if self.unrolled or not self.record_lists or not (examples or self.written_into):
            return None
        return self._beside(Ways(unrolled=True) if self.written else Ways(written=True))

    def _beside(self, following: Ways) -> Ways:
        """Another way with the same loops written out."""
        following.object_sets, following.changed_sets = self.object_sets, self.changed_sets
        following.set_types = self.set_types
        following.loops, following.written_into = self.loops, self.written_into
        return self._keeping(following)

    def _keeping(self, following: Ways) -> Ways:
        """Another way with objects where they are in this."""
        following.arenas = None if self.arenas is None else {}
        following.linking = self.linking
        if self.linking:
            following.arenas = self.arenas
        following.linkable = self.linkable
        following.entered_before_arms = self.entered_before_arms
        following.objects_met, following.lifts_calls = self.objects_met, self.lifts_calls
        following.known_ints, following.by_entries = self.known_ints, self.by_entries
        following.read_text, following.ints_read = self.read_text, self.ints_read
        following.some_keys = self.some_keys
        following.known_zeros, following.zeros_read = self.known_zeros, self.zeros_read
        return following
