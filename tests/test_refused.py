"""Every class of refusal, in full: each file of ``tests/refused`` ends in the message it gets.

A file defines ``f``, and ``ARGUMENTS`` with which its gradient is asked for.
``python -m tests.test_refused`` writes the messages.
"""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from chainrule import ChainruleError, grad

FOLDER = Path(__file__).parent / "refused"
FILES = sorted(FOLDER.glob("*.py"))
MARK = "# The message:\n"


def message(file: Path) -> str:
    """The message of the refusal, with the file's name in the place of its path."""
    names = runpy.run_path(str(file))
    arguments = names.get("ARGUMENTS", (2.0,))
    with pytest.raises(ChainruleError) as caught:
        grad(names["f"], names.get("WRT", 0), mode=names.get("MODE", "auto"))(*arguments)
    return str(caught.value).replace(str(file), file.name)


def commented(text: str) -> str:
    return "".join(f"# {line}".rstrip() + "\n" for line in text.splitlines())


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_refusal_says_where_what_and_what_to_do(file: Path) -> None:
    _, _, expected = file.read_text(encoding="utf-8").partition(MARK)
    assert commented(message(file)) == expected
    first, *_, remedy = message(file).splitlines()
    assert first.startswith(f"{file.name}:") and remedy.endswith((".", "`", ")"))


def test_every_file_is_told_apart_by_its_message() -> None:
    texts = [file.read_text(encoding="utf-8").partition(MARK)[2] for file in FILES]
    assert len(set(texts)) == len(texts) >= 45


def reads_a_file(x):
    with open("table") as file:
        return x * float(file.read())


@pytest.mark.parametrize("arguments", [(1.0,), ([1.0],)])
def test_the_traceback_of_a_refusal_stops_at_the_call(arguments: tuple[object]) -> None:
    with pytest.raises(ChainruleError) as refused:
        grad(reads_a_file)(*arguments)
    through = [entry for entry in refused.traceback if "chainrule/lift" in str(entry.path)]
    assert not through
    assert f"{__file__}:{reads_a_file.__code__.co_firstlineno + 1}:" in str(refused.value)


if __name__ == "__main__":
    for refused in FILES:
        start = refused.read_text(encoding="utf-8").partition(MARK)[0].rstrip()
        refused.write_text(f"{start}\n\n\n{MARK}{commented(message(refused))}", encoding="utf-8")
