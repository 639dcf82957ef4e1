"""Dates and times: what they are is read when the derivative runs; no derivative flows there."""

from __future__ import annotations

import sys
from typing import Any

KINDS = ("date", "datetime", "time", "timedelta")


def is_date(value: Any) -> bool:
    """Whether it is one of Python's own dates, times or spans of time, which nothing changes."""
    datetime = sys.modules.get("datetime")
    return datetime is not None and type(value) in [getattr(datetime, kind) for kind in KINDS]


def are_days(*kinds: type | None) -> bool:
    """Whether values of these kinds are days of the calendar, whose order is never refused."""
    datetime = sys.modules.get("datetime")
    return datetime is not None and all(kind is datetime.date for kind in kinds)
