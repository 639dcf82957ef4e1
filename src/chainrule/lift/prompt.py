"""The text of functions that were typed at Python's prompt, out of its history.

From Python 3.13 on the prompt enters what is typed into :mod:`linecache` by itself.
"""

from __future__ import annotations

import linecache
import re
import sys
import types

PROMPT = "<stdin>"
# Lines that go on with a definition: its body, or what closes the brackets of its head.
GOES_ON = re.compile(r"[ \t)\]}]|\s*$")


def typed_file(code: types.CodeType) -> str:
    """The file in linecache that holds the definition of a code, which is entered there.

    That of the code itself where it was not typed, or the prompt keeps no history.
    """
    if code.co_filename != PROMPT:
        return code.co_filename
    readline = sys.modules.get("readline")
    count = readline.get_current_history_length() if readline is not None else 0
    typed = [readline.get_history_item(k + 1) or "" for k in range(count)] if readline else []
    lines = _definition(typed, code.co_name)
    if lines is None:
        return PROMPT
    entered = [name for name in linecache.cache if name.startswith(f"<typed {code.co_name}")]
    for name in entered:
        if linecache.getlines(name) == lines:
            return name
    name = f"<typed {code.co_name}{f' #{len(entered) + 1}' if entered else ''}>"
    linecache.cache[name] = (sum(map(len, lines)), None, lines, name)
    return name


def _definition(typed: list[str], name: str) -> list[str] | None:
    """The lines of what was defined last under a name, or of the last line with a lambda."""
    head = r".*\blambda\b" if name == "<lambda>" else rf"(async\s+)?def\s+{re.escape(name)}\b"
    first = next((k for k in reversed(range(len(typed))) if re.match(head, typed[k])), None)
    if first is None:
        return None
    last = first + 1
    while last < len(typed) and name != "<lambda>" and GOES_ON.match(typed[last]):
        last += 1
    while first and typed[first - 1].startswith("@"):
        first -= 1
    return [f"{line}\n" for line in typed[first:last]]
