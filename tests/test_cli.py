"""The command line: what it prints and writes, each exit code, each message."""

from __future__ import annotations

import ast
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from chainrule.cli import main
from chainrule.version import __version__

ROOT = Path(__file__).resolve().parent.parent
CALL_PRICE = f"{ROOT}/examples/black_scholes.py:call_price"

MODEL = '''\
"""A model as users have them."""

import math
import random

from chainrule import stop_gradient


def area(r):
    return math.pi * r**2


def norm(x, y):
    return math.sqrt(square(x) + square(y))


def square(x):
    return x * x


def powers(x, n=3):
    return x, x**2, x**n


def noisy(x):
    return x + random.gauss(0.0, 1.0)


def frozen(x):
    return x * stop_gradient(x)


class Spring:
    stiffness = 2.0

    @staticmethod
    def energy(x):
        return 0.5 * 2.0 * x**2

    def force(self, x):
        return -self.stiffness * x


cube = lambda x: x * x * x


def outer(x):
    def inner(z):
        return z * z

    return inner(x)


def constant():
    return 1.0

LIMIT = 3.0
'''


@dataclass
class Outcome:
    """Exit code and what was printed."""

    code: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """The program, run in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("COLUMNS", "200")
    modules = set(sys.modules)

    def call(*arguments: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["chainrule", *arguments])
        code = 0
        try:
            main()
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err, printed.err
        return Outcome(code, printed.out, printed.err)

    yield call
    for name in set(sys.modules) - modules:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A user's file in the current folder."""
    file = tmp_path / "model.py"
    file.write_text(MODEL)
    return file


def program(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    """The program in a process of its own."""
    command = [sys.executable, "-m", "chainrule", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload, no-any-return]


# What is printed


def test_a_pipe_gets_plain_source_that_runs() -> None:
    found = program("grad", "examples/black_scholes.py:call_price", "--wrt", "S,sigma", cwd=ROOT)
    assert found.returncode == 0, found.stderr
    assert found.stderr == ""
    assert "\x1b" not in found.stdout
    namespace: dict[str, object] = {"__name__": "emitted"}
    exec(found.stdout, namespace)
    delta, vega = namespace["grad_call_price"](100.0, 95.0, 1.0, 0.05, 0.2)  # type: ignore[operator]
    assert delta == pytest.approx(0.727897480059, rel=1e-11)
    assert vega == pytest.approx(33.1927295337, rel=1e-9)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_terminal_gets_colours() -> None:
    import pty

    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "chainrule", "grad", CALL_PRICE]
    environment = {**os.environ, "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    subprocess.run(command, stdout=follower, env=environment, check=True)
    os.close(follower)
    assert b"\x1b[" in os.read(leader, 4096)
    os.close(leader)


@pytest.mark.parametrize(
    "command", ["grad", "value-and-grad", "jacobian", "hessian", "jvp", "vjp", "hvp"]
)
def test_every_transform_has_a_subcommand_that_prints_a_module(
    run: Run, model: Path, command: str
) -> None:
    found = run(command, "model.py:norm", "--wrt", "x,y", "--arg", "x=float", "--arg", "y=float")
    assert found.code == 0, found.err
    names = [n.name for n in ast.parse(found.out).body if isinstance(n, ast.FunctionDef)]
    assert f"{command.replace('-', '_')}_norm" in names


@pytest.mark.parametrize(
    "command", ["grad", "value-and-grad", "jacobian", "hessian", "jvp", "vjp", "hvp"]
)
def test_help_of_every_transform_shows_an_example(run: Run, command: str) -> None:
    found = run(command, "--help")
    assert found.code == 0
    assert f"chainrule {command} examples/black_scholes.py:call_price" in found.out


@pytest.mark.parametrize("command", ["write", "check", "verify"])
def test_help_of_every_other_command_shows_an_example(run: Run, command: str) -> None:
    found = run(command, "--help")
    assert found.code == 0
    assert f"chainrule {command}" in found.out.split("Example", 1)[1]


def test_help_lists_all_commands(run: Run) -> None:
    found = run("--help")
    assert found.code == 0
    for command in ("grad", "value-and-grad", "jacobian", "hessian", "write", "check", "verify"):
        assert command in found.out


def test_version(run: Run) -> None:
    found = run("--version")
    assert (found.code, found.out) == (0, f"chainrule {__version__}\n")


def test_one_operation_is_told_in_the_singular(run: Run, model: Path) -> None:
    assert "    1 operation; square itself takes 1.\n" in run("grad", "model.py:square").out


def test_help_shows_kinds_of_arrays_in_brackets(run: Run) -> None:
    assert "X=float[n,m]" in " ".join(run("grad", "--help").out.split())


def test_shell_completion_is_offered(run: Run) -> None:
    assert "--install-completion" in run("--help").out
    assert "[tool.chainrule]" in run("--help").out


def test_name_comments_and_target_are_options(run: Run, model: Path) -> None:
    found = run("grad", "model.py:norm", "--name", "slope", "--no-comments", "--target", "numba")
    assert found.code == 0, found.err
    assert "def slope(" in found.out
    assert "from numba import njit" in found.out
    body = found.out.split("def slope(", 1)[1]
    assert "    # " not in body


def test_static_methods_are_named_by_their_class(run: Run, model: Path) -> None:
    found = run("grad", "model.py:Spring.energy")
    assert found.code == 0, found.err
    assert "def grad_energy(x)" in found.out


def test_a_method_is_differentiated_by_its_first_parameter_after_self(
    run: Run, model: Path
) -> None:
    found = run("grad", "model.py:Spring.force")
    assert found.code == 0, found.err
    assert "def grad_force(self, x)" in found.out


def test_a_lambda_is_named_by_its_variable(run: Run, model: Path) -> None:
    assert "def grad_cube(x)" in run("grad", "model.py:cube").out


def test_modules_are_named_by_their_dotted_name(run: Run, tmp_path: Path) -> None:
    package = tmp_path / "pricing_pkg"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "rates.py").write_text(
        "from .base import SCALE\n\n\ndef f(x):\n    return SCALE * x * x\n"
    )
    (package / "base.py").write_text("SCALE = 2.0\n")
    by_name = run("grad", "pricing_pkg.rates:f")
    by_file = run("grad", "pricing_pkg/rates.py:f")
    assert by_name.code == by_file.code == 0, by_name.err + by_file.err
    assert by_name.out.split('"""', 2)[2] == by_file.out.split('"""', 2)[2]


def test_a_line_of_another_file_is_shown_with_its_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "damping.py").write_text("def damp(x):\n    return x + x * x\n")
    (tmp_path / "beam.py").write_text(
        "from damping import damp\n\n\ndef f(x, y):\n    return y + damp(x)\n"
    )
    found = run("grad", "beam.py:f", "--wrt", "x")
    assert "    # damping.py:2: return x + x * x\n" in found.out
    assert "# line" not in found.out


def test_an_attribute_of_an_unknown_kind_is_made_a_float_once(run: Run, tmp_path: Path) -> None:
    (tmp_path / "gauge.py").write_text(
        "class Gauge:\n    def read(self, x):\n        return self.gain * x * x\n"
    )
    found = run("grad", "gauge.py:Gauge.read")
    assert found.out.endswith("    return 2.0 * x * float(self.gain)\n")


def test_the_docstring_gives_the_command_that_asks_for_the_same(run: Run, model: Path) -> None:
    command = [
        "grad",
        "model.py:Spring.energy",
        "--wrt",
        "x",
        "--mode",
        "reverse",
        "--name",
        "pull",
    ]
    found = run(*command)
    assert f"(chainrule {' '.join(command)})." in found.out.split("def pull")[1]


def test_what_the_users_module_prints_stays_out_of_the_source(run: Run, tmp_path: Path) -> None:
    (tmp_path / "loud.py").write_text("print('loading')\n\n\ndef f(x):\n    return x * x\n")
    found = run("grad", "loud.py:f")
    assert found.code == 0
    assert "loading" not in found.out
    assert "loading" in found.err


def test_the_same_input_gives_the_same_text(run: Run, model: Path) -> None:
    texts = {
        program(
            "grad", "model.py:norm", cwd=model.parent, env={**os.environ, "PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(texts) == 1


# Files


def test_a_module_is_written_and_written_again(run: Run, model: Path, tmp_path: Path) -> None:
    assert run("grad", "model.py:norm", "-o", "slopes.py").code == 0
    first = (tmp_path / "slopes.py").read_text()
    assert first == run("grad", "model.py:norm").out
    assert run("grad", "model.py:norm", "--wrt", "x,y", "-o", "slopes.py").code == 0
    assert (tmp_path / "slopes.py").read_text() != first
    assert sorted(file.name for file in tmp_path.iterdir() if file.suffix) == [
        "model.py",
        "slopes.py",
    ]


def test_the_header_tells_version_options_and_source(run: Run, model: Path) -> None:
    found = run("grad", "model.py:norm", "--wrt", "x,y", "--mode", "reverse")
    lines = found.out.splitlines()
    assert lines[0].startswith(f'"""Generated by chainrule {__version__};')
    assert "    chainrule grad model.py:norm --wrt x,y --mode reverse" in lines
    assert any(line.startswith("Source: sha256 ") for line in lines)


def test_the_hash_follows_helpers_and_ignores_other_code(run: Run, model: Path) -> None:
    def fingerprint() -> str:
        found = program("grad", "model.py:norm", cwd=model.parent)
        return next(line for line in found.stdout.splitlines() if "sha256" in line)

    first = fingerprint()
    model.write_text(MODEL.replace("LIMIT = 3.0", "LIMIT = 4.0"))
    assert fingerprint() == first
    model.write_text(MODEL.replace("return x * x", "return x * x * 1.0"))
    assert fingerprint() != first


def test_a_file_of_the_users_is_never_overwritten(run: Run, model: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.py").write_text("precious = 1\n")
    found = run("grad", "model.py:norm", "-o", "notes.py")
    assert found.code == 2
    assert "notes.py exists and was not generated by chainrule" in found.err
    assert "--force" in found.err
    assert (tmp_path / "notes.py").read_text() == "precious = 1\n"
    assert run("grad", "model.py:norm", "-o", "notes.py", "--force").code == 0
    assert "def grad_norm" in (tmp_path / "notes.py").read_text()


def test_the_functions_own_file_is_never_overwritten(run: Run, model: Path) -> None:
    found = run("grad", "model.py:norm", "-o", "model.py", "--force")
    assert found.code == 2
    assert "model.py holds the function itself" in found.err
    assert model.read_text() == MODEL


def test_a_refusal_leaves_the_old_file(run: Run, model: Path, tmp_path: Path) -> None:
    run("grad", "model.py:norm", "-o", "slopes.py")
    before = (tmp_path / "slopes.py").read_text()
    assert run("grad", "model.py:noisy", "-o", "slopes.py").code == 2
    assert (tmp_path / "slopes.py").read_text() == before


def test_a_folder_that_is_not_there_is_told(run: Run, model: Path) -> None:
    found = run("grad", "model.py:norm", "-o", "nowhere/slopes.py")
    assert found.code == 2
    assert "there is no folder nowhere" in found.err


def test_a_write_that_fails_is_told_and_leaves_nothing(
    run: Run, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*paths: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    found = run("grad", "model.py:norm", "-o", "slopes.py")
    assert found.code == 2
    assert "slopes.py cannot be written: No space left on device" in found.err
    assert not [file for file in model.parent.iterdir() if "slopes" in file.name]


def test_permissions_of_a_written_file_are_the_usual_ones(run: Run, model: Path) -> None:
    run("grad", "model.py:norm", "-o", "slopes.py")
    written = model.parent / "slopes.py"
    assert written.stat().st_mode & 0o777 == model.stat().st_mode & 0o777
    written.chmod(0o640)
    run("grad", "model.py:norm", "--wrt", "y", "-o", "slopes.py")
    assert written.stat().st_mode & 0o777 == 0o640


# A user's mistakes


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["grad", "missing.py:f"], "there is no file missing.py"),
        (["grad", "model.py"], "`model.py` does not name a function"),
        (["grad", "model.py:"], "`model.py:` does not name a function"),
        (["grad", "model.py:nrom"], "Did you mean norm?"),
        (["grad", "model.py:Spring.enrgy"], "Did you mean energy?"),
        (["grad", "model.py:LIMIT"], "`LIMIT` in model.py is a float, not a function"),
        (["grad", "no_such_package.rates:f"], "No module named 'no_such_package'"),
        (["grad", "model.py:Spring"], "`Spring` in model.py is a class, not a function"),
        (["grad", "model.py:norm", "--name", "2nd"], "'2nd' cannot be the name of a function"),
        (["grad", "model.py:norm", "--name", "class"], "'class' cannot be the name"),
        (["grad", "model.py:norm", "--arg", "z=float"], "`norm` has no parameter `z`"),
        (["grad", "model.py:outer.inner"], "What is defined inside `outer` has no name outside"),
        (["grad", "model.py:constant"], "`constant` has no parameters"),
        (["grad", "model.py::norm"], "`model.py::norm` does not name a function"),
        (["grad", ".model:norm"], "`.model:norm` does not name a function"),
        (["grad", "model.py:norm", "--wrt", "z"], "`norm` has no parameter 'z'"),
        (["grad", "model.py:norm", "--wrt", "x;y"], "is not a list of parameter names"),
        (["grad", "model.py:norm", "--mode", "sideways"], "sideways"),
        (["grad", "model.py:norm", "--target", "fortran"], "fortran"),
        (["grad", "model.py:norm", "--arg", "x"], "--arg 'x' cannot be read"),
        (["grad", "model.py:norm", "--arg", "x=complicated"], "complicated"),
        (["grad", "model.py:noisy"], "random.gauss"),
        (["grad"], "FUNCTION"),
        (["gard", "model.py:norm"], "gard"),
        (["grad", "model.py:norm", "--unknown"], "--unknown"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_ends_with_code_2_and_a_message(
    run: Run, model: Path, arguments: list[str], message: str
) -> None:
    found = run(*arguments)
    assert found.code == 2
    assert message in found.err
    assert found.out == ""


def test_a_syntax_error_in_the_users_file_is_shown_with_its_place(run: Run, tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def f(x):\n    return x +\n")
    found = run("grad", "broken.py:f")
    assert found.code == 2
    assert "broken.py:2:" in found.err
    assert "return x +" in found.err
    assert str(tmp_path) not in found.err


def test_an_import_that_fails_is_shown_with_its_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "needy.py").write_text(
        "import math\nimport absent_library\n\n\ndef f(x): return x\n"
    )
    found = run("grad", "needy.py:f")
    assert found.code == 2
    assert "needy.py:2:1" in found.err
    assert "No module named 'absent_library'" in found.err


def test_an_error_on_import_that_cannot_be_shown_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mute.py").write_text(
        "class Mute(Exception):\n    def __str__(self): return 1\n\n\nraise Mute\n"
    )
    found = run("grad", "mute.py:f")
    assert found.code == 2
    assert "mute.py:5:1" in found.err and "Mute" in found.err


def test_a_module_that_answers_names_by_raising_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "lazy.py").write_text("def __getattr__(name): raise RuntimeError(name)\n")
    found = run("grad", "lazy.py:f")
    assert found.code == 2
    assert "lazy.py has no function `f`" in found.err


def test_relative_imports_of_a_lone_file_ask_for_its_package(run: Run, tmp_path: Path) -> None:
    (tmp_path / "lone.py").write_text("from .near import g\n\n\ndef f(x): return g(x)\n")
    found = run("grad", "lone.py:f")
    assert found.code == 2
    assert "as package.module:FUNC" in found.err


def test_a_module_that_changes_the_folder_does_not_move_the_output(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "mover.py").write_text('import os\nos.chdir("below")\n\n\ndef f(x): return x\n')
    assert run("grad", "mover.py:f", "-o", "slope.py").code == 0
    assert (tmp_path / "slope.py").is_file()


def test_a_closed_output_and_one_without_the_letters_are_told(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text("def größe(x): return x * x\n", encoding="utf-8")
    command = [sys.executable, "-m", "chainrule", "grad", "model.py:größe"]
    plain = {**os.environ, "PYTHONIOENCODING": "ascii"}
    found = subprocess.run(
        command, cwd=tmp_path, env=plain, capture_output=True, text=True, check=False
    )
    assert found.returncode == 2
    assert "PYTHONIOENCODING=utf-8" in found.stderr and "Traceback" not in found.stderr
    closed = f"{shlex.join(command)} >&-"
    found = subprocess.run(
        closed, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert found.returncode == 2
    assert "output is closed" in found.stderr and "Traceback" not in found.stderr


def test_a_module_that_ends_the_program_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text("import sys\nsys.exit(3)\n\n\ndef f(x): return x\n")
    found = run("grad", "script.py:f")
    assert found.code == 2
    assert "SystemExit" in found.err


def test_a_refusal_points_at_the_line(run: Run, model: Path) -> None:
    found = run("grad", "model.py:noisy")
    assert found.err.startswith("UnsupportedError: model.py:26:")
    assert "^^^" in found.err


# The project's modules

PROJECT = """\
[tool.chainrule]

[[tool.chainrule.modules]]
output = "slopes.py"
entries = [
    { function = "model.py:norm", wrt = ["x", "y"] },
    { function = "model.py:area", transform = "value-and-grad", name = "area_and_slope" },
]

[[tool.chainrule.modules]]
output = "quick.py"
target = "numba"
comments = false
entries = [{ function = "model.py:area", mode = "forward" }]
"""


@pytest.fixture
def project(model: Path, tmp_path: Path) -> Path:
    """A project with two generated modules."""
    file = tmp_path / "pyproject.toml"
    file.write_text(PROJECT)
    return file


def test_write_makes_all_modules_and_check_accepts_them(run: Run, project: Path) -> None:
    found = run("write")
    assert (found.code, found.out) == (0, "slopes.py: written\nquick.py: written\n")
    text = (project.parent / "slopes.py").read_text()
    assert "def grad_norm(" in text
    assert "def area_and_slope(" in text
    assert "njit" in (project.parent / "quick.py").read_text()
    assert run("check").code == 0
    assert run("write").out == "slopes.py: up to date\nquick.py: up to date\n"


def test_commands_find_the_project_from_a_folder_inside(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = project.parent / "deep" / "inside"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    assert run("write").code == 0
    assert (project.parent / "slopes.py").is_file()
    assert run("check", "--project", str(project)).code == 0


def test_check_fails_with_a_difference_when_the_function_changed(run: Run, project: Path) -> None:
    run("write")
    model = project.parent / "model.py"
    model.write_text(MODEL.replace("math.pi * r**2", "2.0 * math.pi * r**2"))
    found = program("check", cwd=project.parent)
    assert found.returncode == 1
    assert "slopes.py is out of date: run `chainrule write`." in found.stderr
    assert "+++ slopes.py (regenerated)" in found.stdout
    assert "-Source: sha256" in found.stdout


def test_check_fails_when_a_module_was_changed_by_hand_or_is_missing(
    run: Run, project: Path
) -> None:
    run("write")
    file = project.parent / "slopes.py"
    file.write_text(file.read_text() + "\nextra = 1\n")
    assert run("check").code == 1
    file.unlink()
    found = run("check")
    assert found.code == 1
    assert "slopes.py is missing" in found.err


def test_write_touches_nothing_when_one_function_is_refused(run: Run, project: Path) -> None:
    project.write_text(PROJECT.replace("model.py:area", "model.py:noisy"))
    assert run("write").code == 2
    assert not (project.parent / "slopes.py").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no section [tool.chainrule]"),
        ("[tool.chainrule", "is not valid TOML"),
        ("tool = 3", "has no section [tool.chainrule]"),
        (PROJECT[PROJECT.index("[[") :] * 2, "two modules have the output"),
        (PROJECT.replace("entries = [", "entries = []\nrest = [", 1), "unknown key `rest`"),
        ("[tool.chainrule]\n", "`modules` in [tool.chainrule] must be a list of tables"),
        (PROJECT.replace("output", "ouput", 1), "Did you mean `output`?"),
        (PROJECT.replace("wrt =", "with ="), "unknown key `with`"),
        (PROJECT.replace('["x", "y"]', "3"), "`wrt` in entries[0] must be a list of"),
        (PROJECT.replace('"value-and-grad"', '"gradient"'), "must be one of grad, value_and_grad"),
        (PROJECT.replace("false", '"no"'), "`comments` in modules[1] must be true or false"),
        (PROJECT.replace('"forward"', '"sideways"'), "`mode` in entries[0] must be one of auto"),
        (PROJECT.replace('"numba"', '"fortran"'), "fortran"),
        (PROJECT.replace("area_and_slope", "grad_norm"), "2 derivatives in one module are called"),
    ],
)
def test_a_mistake_in_the_project_file_is_told(
    run: Run, project: Path, text: str, message: str
) -> None:
    project.write_text(text)
    found = run("write")
    assert found.code == 2
    assert message in found.err


def test_a_module_outside_of_the_project_is_written_and_shown_in_full(
    run: Run, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "slopes.py"
    project.write_text(
        f'[[tool.chainrule.modules]]\noutput = "{outside}"\n'
        'entries = [{ function = "model.py:norm" }]\n'
    )
    assert run("write").out == f"{outside}: written\n"
    assert run("check").code == 0


def test_check_refuses_to_compare_with_a_file_of_the_users(run: Run, project: Path) -> None:
    project.write_text(
        '[[tool.chainrule.modules]]\noutput = "model.py"\nentries = [{ function = "model:norm" }]\n'
    )
    found = run("check")
    assert found.code == 2
    assert "was not generated by chainrule" in found.err and found.out == ""


def test_a_folder_without_a_project_is_told(run: Run) -> None:
    found = run("check")
    assert found.code == 2
    assert "there is no pyproject.toml" in found.err


# Verification


def test_verify_accepts_a_right_derivative_at_given_points(run: Run) -> None:
    found = run("verify", CALL_PRICE, "--at", "S=100, K=95, T=1.0, r=0.05, sigma=0.2")
    assert found.code == 0, found.err
    assert "worst disagreement" in found.out
    assert "50 digits" in found.out


def test_verify_draws_points_from_ranges(run: Run) -> None:
    at = "T=1.0, r=0.05, sigma=0.2"
    ranges = ["--range", "S=50:150", "--range", "K=50:150", "--samples", "5", "--seed", "7"]
    found = run("verify", CALL_PRICE, "--at", at, *ranges)
    assert found.code == 0, found.err
    assert found.out == run("verify", CALL_PRICE, "--at", at, *ranges).out
    assert "5 points" in found.out


def test_verify_judges_functions_with_several_results(run: Run, model: Path) -> None:
    found = run("verify", "model.py:powers", "--at", "x=1.5", "--wrt", "x")
    assert found.code == 0, found.err


ARRAYS = """\
import numpy as np

from chainrule import stop_gradient


def layer(A, x):
    return A @ x


def picked(x, labels):
    return np.sum(x[labels] ** 2)


def report(p, k):
    return {"sums": p["W"] @ p["b"] * k, "rest": [p["b"][0] * k, 2.0]}


def frozen(x):
    return np.sum(x * stop_gradient(x))
"""


def test_verify_judges_every_entry_of_arrays(run: Run, tmp_path: Path) -> None:
    (tmp_path / "arrays.py").write_text(ARRAYS)
    found = run("verify", "arrays.py:layer", "--at", "A=array([[1.0, 2.0], [3.0, 4.0]]), x=ones(2)")
    assert found.code == 0, found.err
    assert "agrees at 1 point (12 by" in found.out
    assert "d result[1] / d A[1, 0] " in found.out
    found = run("verify", "arrays.py:picked", "--at", "x=np.ones(3), labels=array([0, 0, 2])")
    assert found.code == 0, found.err
    assert "agrees at 1 point (3 by" in found.out
    at = "p={'W': eye(2), 'b': array([1.5, 2.5])}, k=2.0"
    found = run("verify", "arrays.py:report", "--at", at)
    assert found.code == 0, found.err
    assert "agrees at 1 point (28 by" in found.out


def test_verify_finds_the_wrong_entry_of_an_array(run: Run, tmp_path: Path) -> None:
    (tmp_path / "arrays.py").write_text(ARRAYS)
    found = run("verify", "arrays.py:frozen", "--at", "x=array([0.0, 3.0])")
    assert found.code == 1
    assert "worst disagreement 5.0e-01 (tolerance 1e-06): d result / d x[1]" in found.out


def test_verify_draws_as_many_numbers_as_an_array_has(run: Run, tmp_path: Path) -> None:
    (tmp_path / "arrays.py").write_text(ARRAYS)
    ranges = ["--range", "A=-1:1", "--range", "x=2:3", "--samples", "3"]
    found = run("verify", "arrays.py:layer", "--at", "A=zeros((3, 2)), x=zeros(2)", *ranges)
    assert found.code == 0, found.err
    assert "agrees at 3 points (72 by" in found.out


@pytest.mark.parametrize("made", ["array()", "load('x')", "np.load('x')", "os.array([1.0])"])
def test_verify_makes_nothing_but_arrays(run: Run, tmp_path: Path, made: str) -> None:
    (tmp_path / "arrays.py").write_text(ARRAYS)
    found = run("verify", "arrays.py:frozen", "--at", f"x={made}")
    assert found.code == 2
    assert "cannot be read" in found.err


def test_verify_fails_above_the_tolerance(run: Run, model: Path) -> None:
    # The gradient that stop_gradient asks for is not that of the function as a whole.
    found = run("verify", "model.py:frozen", "--at", "x=3.0")
    assert found.code == 1
    assert "worst disagreement 5.0e-01" in found.out
    assert run("verify", "model.py:frozen", "--at", "x=3.0", "--tolerance", "0.6").code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no value for the parameter `x`"),
        (["--at", "x=3, z=1"], "the function has no parameter `z`"),
        (["--at", "x=3, y=inf*2"], "cannot be read"),
        (["--at", "x 3"], '--at "x 3" cannot be read'),
        (["--at", "x=3, x=4, y=1"], "cannot be read"),
        (["--at", "x=3, **{'y': 1}"], "cannot be read"),
        (["--range", "x=3"], '--range "x=3" cannot be read'),
        (["--range", "x=5:3"], '--range "x=5:3" cannot be read'),
        (["--at", "x=3.0, y='far'"], "TypeError"),
        (["--at", "x=3.0, y=1.0", "--wrt", "q"], "q"),
    ],
)
def test_a_mistake_in_the_points_is_told(
    run: Run, model: Path, arguments: list[str], message: str
) -> None:
    found = run("verify", "model.py:norm", *arguments)
    assert found.code == 2
    assert message in found.err


def test_verify_survives_functions_that_write_to_their_arguments(run: Run, tmp_path: Path) -> None:
    text = "def f(x):\n    x[0] = x[0] * x[1]\n    return x[0] * x[1]\n"
    (tmp_path / "writes.py").write_text(text)
    found = run("verify", "writes.py:f", "--at", "x=[2.0, 3.0]")
    assert found.code == 0, found.err + found.out
    assert "12" in found.out


def test_verify_says_what_it_cannot_decide(run: Run, tmp_path: Path) -> None:
    (tmp_path / "kink.py").write_text("def f(x, y):\n    return abs(x) + y\n")
    found = run("verify", "kink.py:f", "--at", "x=0.0, y=1.0")
    assert found.code == 0
    assert "undecided: d result / d x at x=0.0, y=1.0" in found.out
    found = run("verify", "kink.py:f", "--at", "x=0.0, y=1.0", "--wrt", "x")
    assert found.code == 1
    assert "nothing could be judged" in found.out


def test_verify_skips_points_at_which_the_function_raises(run: Run, tmp_path: Path) -> None:
    (tmp_path / "edge.py").write_text("import math\n\n\ndef f(x):\n    return math.log(x)\n")
    found = run("verify", "edge.py:f", "--range", "x=-1:2", "--samples", "10")
    assert found.code == 0
    assert "skipped: edge.py:f raised ValueError at x=" in found.out


def test_what_raises_for_all_numbers_is_asked_for_its_kinds(run: Run, tmp_path: Path) -> None:
    (tmp_path / "means.py").write_text("def f(x):\n    return (x * x).mean()\n")
    found = run("grad", "means.py:f")
    assert found.code == 2
    assert found.out == ""
    assert "x=float[n]" in found.err
    assert run("grad", "means.py:f", "--arg", "x=float[n]").code == 0


@pytest.mark.parametrize("target", ["math", "numba"])
def test_what_the_text_does_not_read_is_not_imported(run: Run, tmp_path: Path, target: str) -> None:
    text = "def f(w, X, y):\n    r = X @ w - y\n    return 0.5 * (r @ r) / y.size\n"
    (tmp_path / "losses.py").write_text(text)
    kinds = ["--arg", "w=float[n]", "--arg", "X=float[m,n]", "--arg", "y=float[m]"]
    found = run("grad", "losses.py:f", *kinds, "--target", target)
    assert found.code == 0, found.err
    assert "X.T @" in found.out
    assert "import numpy" not in found.out
