"""Functions of NumPy and SciPy, and methods of arrays, that are no call of one primitive."""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Callable
from typing import Any

from chainrule.lift.arrays import complex_numbers as numpy_complex
from chainrule.lift.arrays import converting as numpy_converting
from chainrule.lift.arrays import filtering as numpy_filtering
from chainrule.lift.arrays import forms as numpy_forms
from chainrule.lift.arrays import kinds as numpy_kinds
from chainrule.lift.arrays import linear_algebra as numpy_linear
from chainrule.lift.arrays import mapping as numpy_mapping
from chainrule.lift.arrays import one_by_one as numpy_one_by_one
from chainrule.lift.arrays import padding as numpy_padding
from chainrule.lift.arrays import positions as numpy_positions
from chainrule.lift.arrays import read_only as numpy_read_only
from chainrule.lift.arrays import several as numpy_several
from chainrule.lift.arrays import splitting as numpy_splitting
from chainrule.lift.arrays import updates as numpy_updates
from chainrule.lift.arrays.updates import SpecialForm

FORMS: dict[str, SpecialForm] = {
    **{
        name if name.startswith("scipy.") else f"numpy.{name}": form
        for name, form in numpy_forms.SPECIAL.items()
    },
    **numpy_several.FORMS,
    **numpy_filtering.FORMS,
    **numpy_complex.FORMS,
    **numpy_converting.FORMS,
    **numpy_linear.FORMS,
    **numpy_mapping.FORMS,
    **numpy_one_by_one.FORMS,
    **numpy_padding.FORMS,
    **numpy_splitting.FORMS,
    **numpy_positions.FORMS,
    **numpy_updates.FORMS,
    **numpy_kinds.FORMS,
}
METHODS: dict[str, Callable[..., Any]] = {
    **numpy_forms.METHODS,
    **numpy_complex.METHODS,
    **numpy_converting.METHODS,
    **numpy_positions.METHODS,
    **numpy_read_only.METHODS,
    **numpy_updates.METHODS,
}


def special_form(found: Any) -> SpecialForm | None:
    """How a function is lifted that is no call of one primitive."""
    loaded = tuple(home for home in _homes() if home in sys.modules)
    try:
        return _forms(loaded).get(found)
    except TypeError:
        return None


@functools.lru_cache(maxsize=1)
def _homes() -> tuple[str, ...]:
    """The modules in which the functions live."""
    return ("numpy", *dict.fromkeys(name.rpartition(".")[0] for name in FORMS))


@functools.lru_cache(maxsize=8)
def _forms(loaded: tuple[str, ...]) -> dict[Any, SpecialForm]:
    found = {}
    for name, form in FORMS.items():
        home = max((home for home in loaded if name.startswith(f"{home}.")), key=len, default="")
        owner: Any = sys.modules.get(home)
        for part in name[len(home) + 1 :].split("."):
            # NumPy loads parts of itself when it is asked for them as attributes.
            is_module = isinstance(owner, types.ModuleType)
            owner = vars(owner).get(part) if is_module else getattr(owner, part, None)
        if owner is not None:
            found[owner] = form
    return found
