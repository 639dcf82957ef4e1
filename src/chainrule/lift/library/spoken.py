"""What a library itself gives, in the place of which a formula is lifted.

The calls below are read by the lifter.  ``text`` is a template: ``_0_`` is the class of the
library, ``_1_`` and so on are the parts.
"""

from __future__ import annotations

from typing import Any


def made(kind: Any, text: str, *parts: Any) -> Any:
    """An object that the library makes, through which no slopes go."""
    raise NotImplementedError


def told(own: Any, text: str, *parts: Any) -> Any:
    """What the library gives, with the slopes of ``own``."""
    raise NotImplementedError


def asked(axes: int, text: str, *parts: Any) -> Any:
    """Numbers that the library gives, without slopes: an array of so many axes."""
    raise NotImplementedError


def places(axes: int, text: str, *parts: Any) -> Any:
    """Whole numbers that the library gives: an array of so many axes."""
    raise NotImplementedError


def fixed(axes: int, what: str, kind: Any, text: str, *parts: Any) -> Any:
    """Numbers that the library gives, of which slopes are not known."""
    raise NotImplementedError


def settled(question: Any, owner: Any) -> bool:
    """Whether something is known of an object of the library while the function is lifted."""
    raise NotImplementedError


def unknown(what: str) -> Any:
    """The formula does not understand such a call."""
    raise NotImplementedError
