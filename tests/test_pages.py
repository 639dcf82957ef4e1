"""docs/tutorial.md, reading.md and errors.md show what is generated, raised and written."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import typer.main

from chainrule import ChainruleError, grad
from chainrule.cli.app import app

DOCS = Path(__file__).parent.parent / "docs"
TUTORIAL, READING, ERRORS = (
    (DOCS / f"{name}.md").read_text(encoding="utf-8") for name in ("tutorial", "reading", "errors")
)


def followed_by(language: str, page: str) -> list[tuple[str, str]]:
    """Each block of Python with the block in ``language`` that follows it."""
    pattern = rf"```python\n((?:(?!```).)*)```\n\n```{language}\n(.*?)```"
    return re.findall(pattern, page, re.DOTALL)


def run(text: str, file: Path) -> ModuleType:
    """The module of this text, as if it stood in a file."""
    file.write_text(text, encoding="utf-8")
    module = ModuleType(file.stem)
    exec(compile(text, str(file), "exec"), vars(module))
    return module


@pytest.mark.parametrize(("function", "generated"), followed_by("py", READING))
def test_a_derivative_on_the_page_is_what_is_generated(
    function: str, generated: str, tmp_path: Path
) -> None:
    module = run(function, tmp_path / f"model_{len(function)}.py")
    ((call, value),) = re.findall(r"^(slope\(.*)  # (-?[\d.]+)$", function, re.MULTILINE)
    assert eval(call, vars(module)) == pytest.approx(float(value), rel=1e-15)
    source = re.sub(r'    """.*?"""\n', "", module.slope.source, flags=re.DOTALL)
    assert source.strip() == generated.strip()


@pytest.mark.parametrize(("function", "message"), followed_by("text", ERRORS))
def test_a_message_on_the_page_is_what_is_raised(
    function: str, message: str, tmp_path: Path
) -> None:
    file = tmp_path / f"model_{len(function)}.py"
    module = run(function, file)
    with pytest.raises(ChainruleError) as caught:
        grad(module.f)(*vars(module).get("ARGUMENTS", (2.0,)))
    told = f"{type(caught.value).__name__}: {caught.value}".replace(str(file), "model.py")
    assert told == message.rstrip("\n")


def test_the_pages_have_examples() -> None:
    assert len(followed_by("py", READING)) == READING.count("```python")
    assert len(followed_by("text", ERRORS)) == ERRORS.count("```python")


def test_the_project_of_the_tutorial_is_written_and_checked(tmp_path: Path) -> None:
    model = next(iter(re.findall(r"```python\n(.*?)```", TUTORIAL, re.DOTALL)))
    (tmp_path / "cooling.py").write_text(model, encoding="utf-8")
    (project,) = re.findall(r"```toml\n(.*?)```", TUTORIAL, re.DOTALL)
    (tmp_path / "pyproject.toml").write_text(project, encoding="utf-8")
    for words, code in (("write", 0), ("check", 0)):
        assert program(tmp_path, words) == code
    module = run((tmp_path / "cooling_slope.py").read_text(encoding="utf-8"), tmp_path / "slope.py")
    assert module.value_and_grad_cooled(0.1, 5)[0] == pytest.approx(61.3343, rel=1e-12)
    changed = model.replace("20.0", "18.0")
    (tmp_path / "cooling.py").write_text(changed, encoding="utf-8")
    assert program(tmp_path, "check") == 1


def program(folder: Path, *words: str) -> int:
    """The exit code of the program in a folder."""
    command = [sys.executable, "-m", "chainrule", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode


def test_commands_of_the_tutorial_exist() -> None:
    known = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    used = re.findall(r"^    chainrule (.*)$|`chainrule (.*?)`", TUTORIAL, re.MULTILINE)
    assert used
    for words in (shlex.split(line or quoted) for line, quoted in used):
        options = {option for parameter in known[words[0]].params for option in parameter.opts}
        assert {word for word in words if word.startswith("-")} <= options
