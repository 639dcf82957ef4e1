"""The refusals of chainrule, one tree.

    ChainruleError
    ├── UnsupportedError        the function uses syntax or a call that is not understood
    ├── NotDifferentiableError  no derivative exists here, or ``wrt`` names what has none
    ├── SourceError             no source can be had for the function
    ├── ArgumentError           chainrule itself was called wrongly (also a TypeError)
    └── InternalError           a fault of chainrule; asks for a report

Every refusal says where, what, and what to do instead.  Exceptions that the user's own
function raises are the user's and never wrapped.
"""

from __future__ import annotations

import os
import sys
import types

from chainrule.records import dataclass


@dataclass(frozen=True)
class Position:
    """A stretch of source text.

    Lines count from 1, columns from 0, as in :mod:`ast`.
    """

    file: str
    line: int
    column: int = 0
    end_line: int | None = None
    end_column: int | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column + 1}"

    def picture(self) -> str:
        """The source line with carets under the stretch; empty when it cannot be read."""
        import linecache

        text = linecache.getline(self.file, self.line).rstrip("\n")
        if not text.strip():
            return ""
        end = self.end_column if self.end_line in (None, self.line) else len(text)
        end = len(text) if end is None else end
        # ast counts columns in UTF-8 bytes, the picture in characters.
        data = text.encode()
        start = len(data[: self.column].decode(errors="replace"))
        width = max(1, len(data[self.column : end].decode(errors="replace")))
        gutter = f"{self.line:>6} | "
        margin = " " * (len(gutter) - 2) + "| "
        return f"\n{gutter}{text}\n{margin}{' ' * start}{'^' * width}"


# So many of the calls that led to a place are told: the innermost ones, and the outermost.
MOST_CALLS = 8


class ChainruleError(Exception):
    """Root of all refusals of chainrule.

    Parameters
    ----------
    found:
        What was met, one clause without a full stop.
    remedy:
        What to do instead, whole sentences.
    position:
        Where in the user's source, when there is such a place.
    chain:
        The calls that led there, outermost first, each as ``name (file:line)``.
    """

    def __init__(
        self,
        found: str,
        *,
        remedy: str,
        position: Position | None = None,
        chain: tuple[str, ...] = (),
    ) -> None:
        self.found = found
        self.remedy = remedy
        self.position = position
        self.chain = chain
        super().__init__(self.message())

    def message(self) -> str:
        where = f"{self.position}: " if self.position else ""
        picture = self.position.picture() if self.position else ""
        calls = [f"called from {call}" for call in reversed(self.chain)]
        if len(calls) > MOST_CALLS:
            calls[MOST_CALLS - 1 : -1] = [f"... and {len(calls) - MOST_CALLS} calls more"]
        called = "".join(f"\n    {call}" for call in calls)
        return f"{where}{self.found}{picture}{called}\n{self.remedy}"


def leave(refusal: ChainruleError, engine: str = os.path.dirname(__file__) + os.sep) -> None:
    """Let the traceback of a refusal end where the user called; with ``-X dev`` it goes on.

    It names the user's line itself: the way to it through chainrule helps nobody.  A bare ``raise``
    must follow, which adds no line of its own.
    """
    if sys.flags.dev_mode:
        return
    users = []
    step = refusal.__traceback__
    while step is not None:
        if not step.tb_frame.f_code.co_filename.startswith(engine):
            users.append(step)
        step = step.tb_next
    kept: types.TracebackType | None = None
    for step in reversed(users):
        kept = types.TracebackType(kept, step.tb_frame, step.tb_lasti, step.tb_lineno)
    refusal.__traceback__ = kept
    if sys.version_info < (3, 11):
        # There a bare ``raise`` brings back the traceback that was.
        raise refusal


class UnsupportedError(ChainruleError):
    """The function uses syntax, a call or a mutation that chainrule does not understand."""


class ForwardRefused(UnsupportedError):
    """Tangents cannot be told from what is known; adjoints may be."""


class NotDifferentiableError(ChainruleError):
    """No derivative exists here, or ``wrt`` names something that has none."""


class SourceError(ChainruleError):
    """No source can be had: a C function, ``exec``-ed code, two lambdas on one line."""


class ArgumentError(ChainruleError, TypeError):
    """A transform was called wrongly: unknown ``wrt``, a result that is no scalar."""


class InternalError(ChainruleError):
    """A fault of chainrule itself, never of the user's function."""

    def __init__(self, found: str, *, position: Position | None = None) -> None:
        super().__init__(
            f"internal error: {found}",
            remedy="This is a fault of chainrule: please report it with the function's source.",
            position=position,
        )
