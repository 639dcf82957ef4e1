"""The README's Python runs, and gives what it says; its commands are those of the program."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from types import ModuleType

import pytest
import typer.main

from chainrule.cli.app import app
from chainrule.cli.project import read_project

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """Fenced blocks of the README in this language."""
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_python_of_the_readme_gives_what_its_comments_say(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, text in enumerate(blocks("python")):
        claims = re.findall(r"^(\S.*?)  +# (-?[\d.]+)$", text, flags=re.MULTILINE)
        assert claims, text
        file = tmp_path / f"readme_{number}.py"
        file.write_text(text, encoding="utf-8")
        module = ModuleType(file.stem)
        exec(compile(text, str(file), "exec"), vars(module))
        for expression, value in claims:
            assert eval(expression, vars(module)) == pytest.approx(float(value), rel=1e-15)
        printed = re.sub(r'    """.*?"""\n', "", capsys.readouterr().out, flags=re.DOTALL)
        assert printed.strip() == blocks("py")[number].strip()


@pytest.mark.parametrize("page", ["language", "transforms", "tutorial"])
def test_python_of_the_docs_gives_what_its_comments_say(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL))
    # Lambdas are found by the lines on which they stand.
    told = re.sub(r"^(\S.*?)  # (-?[\d.]+)$", r"CLAIMS.append((\1, \2))", code, flags=re.MULTILINE)
    assert told != code
    file = tmp_path / f"{page}_page.py"
    file.write_text(told, encoding="utf-8")
    module = ModuleType(file.stem)
    monkeypatch.setitem(sys.modules, file.stem, module)
    vars(module)["CLAIMS"] = claims = []
    exec(compile(told, str(file), "exec"), vars(module))
    for found, value in claims:
        assert found == pytest.approx(value, rel=1e-12)


def test_commands_of_the_readme_exist() -> None:
    known = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    used = [shlex.split(line) for line in re.findall(r"^    (chainrule .*)$", README, re.MULTILINE)]
    assert used
    for words in used:
        assert words[1] in known
        options = {option for parameter in known[words[1]].params for option in parameter.opts}
        assert {word for word in words if word.startswith("-")} <= options


def test_settings_of_the_readme_are_understood(tmp_path: Path) -> None:
    (text,) = blocks("toml")
    file = tmp_path / "pyproject.toml"
    file.write_text(text, encoding="utf-8")
    (module,) = read_project(file)
    assert [entry.transform for entry in module.entries] == ["grad", "hessian"]
