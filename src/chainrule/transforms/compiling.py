"""What a compiler does not take, told as a refusal: by the user's line, and in one clause.

Compiled code is compiled at its first call.  What a target does not find beforehand shows there.
"""

from __future__ import annotations

import linecache
import re
import types
from collections.abc import Callable
from typing import Any

from chainrule.errors import Position, UnsupportedError

# What answers a line of the user's stands below a comment that tells which.
COMMENT = re.compile(r"\s*# line (\d+): ")
# What Numba says of lists of which it does not see what they hold.
UNTYPED = ("can't unbox heterogeneous list", "cannot compute fingerprint of empty list")
# What is said by a compiler's messages besides the reason.
FRAME = ("Failed in ", "During: ", "File ", "This error may have been")


def is_of_compiler(error: Exception, compiler: str) -> bool:
    """Whether an error comes out of a compiler, also where that breaks down itself."""
    if type(error).__module__.partition(".")[0] == compiler or str(error).startswith(UNTYPED):
        return True
    trace = error.__traceback__
    while trace is not None:
        if str(trace.tb_frame.f_globals.get("__name__")).partition(".")[0] == compiler:
            return True
        trace = trace.tb_next
    return False


def not_compiled(error: Exception, name: str, plain: Callable[..., Any], source: str) -> Exception:
    """The refusal of a function whose derivative ``name`` has a ``source`` nobody compiles."""
    known = type(error).__module__.partition(".")[0] == "numba"
    reason = _reason(str(error)) if known else f"it breaks off with {type(error).__name__}: {error}"
    number = getattr(getattr(error, "loc", None), "line", None)
    lines = source.splitlines()
    at = number - 1 if isinstance(number, int) and 0 < number <= len(lines) else None
    told = f", in `{lines[at].strip()}`" if at is not None and not _is_head(lines[at]) else ""
    return UnsupportedError(
        f"Numba does not compile {name}{told}: {reason}",
        remedy="Use target='math', or pass arrays, numbers and tuples in its place.",
        position=None if at is None or not told else _position(lines, at, plain),
    )


def _is_head(line: str) -> bool:
    return not line.strip() or line.startswith(("@", "def ", ")"))


def _reason(text: str) -> str:
    """The line of a message that says why; of a call that is unknown also its arguments."""
    lines = [line.strip(" -") for line in text.splitlines() if line.strip(" -")]
    told = [line for line in lines if "annot" in line]
    told = told or [line for line in lines if not line.startswith(FRAME)] or lines
    call = next((line.strip("> ") for line in lines if line.startswith(">>>")), "")
    return f"{told[0]} {call}".strip() if told[0].endswith(":") else told[0]


def _position(lines: list[str], at: int, plain: Callable[..., Any]) -> Position | None:
    """The user's line that a line of the derivative is, or that it answers."""
    code = getattr(plain, "__code__", None)
    if not isinstance(code, types.CodeType):
        return None
    numbers = sorted({line for _, _, line in code.co_lines() if line})
    own = {number: linecache.getline(code.co_filename, number).strip() for number in numbers}
    same = [number for number, text in own.items() if text and text == lines[at].strip()]
    above = (COMMENT.match(line) for line in reversed(lines[: at + 1]))
    told = next((int(found[1]) for found in above if found), None)
    number = same[0] if same and (told is None or len(same) == 1) else told
    if number is None or number not in own:
        return None
    text = linecache.getline(code.co_filename, number).rstrip("\n")
    margin = len(text) - len(text.lstrip())
    return Position(code.co_filename, number, margin, number, len(text.encode()))
