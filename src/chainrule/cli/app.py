"""The commands.  Exit codes: 0 done, 1 a check failed, 2 wrong use or a refusal."""

from __future__ import annotations

import difflib
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from chainrule.cli import output
from chainrule.cli.entry import Entry, generate
from chainrule.cli.project import Module, find_project, read_project
from chainrule.cli.target import Target
from chainrule.cli.verify import Question, verify
from chainrule.emit import targets
from chainrule.errors import ArgumentError
from chainrule.version import __version__

SUMMARIES = {
    "grad": "the gradient of a function with one number as its result",
    "value_and_grad": "the value together with the gradient",
    "jacobian": "all first derivatives of a function with several results",
    "hessian": "all second derivatives",
    "jvp": "the derivative along a direction (forward mode)",
    "vjp": "the weighted sum of the results' gradients (reverse mode)",
    "hvp": "the product of the Hessian and a vector",
}

app = typer.Typer(
    name="chainrule",
    help="Write the derivative of an ordinary Python function as readable Python source.",
    epilog="Example: chainrule grad examples/black_scholes.py:call_price --wrt S,sigma",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Mode(str, Enum):
    """Order in which the chain rule is applied."""

    auto = "auto"
    forward = "forward"
    reverse = "reverse"


# What the emitted code is written for.
Home = Enum("Home", {name: name for name in targets.names()}, type=str)  # type: ignore[misc]
MATH = Home("math")


TargetArgument = Annotated[
    str,
    typer.Argument(
        metavar="FUNCTION",
        help="The function: FILE.py:FUNC, package.module:FUNC or FILE.py:Class.method.",
        show_default=False,
    ),
]
WrtOption = Annotated[
    str | None,
    typer.Option(
        "--wrt",
        metavar="NAMES",
        help="Parameters to differentiate with respect to, joined by commas; the first one if "
        "not given.",
    ),
]
RealsOption = Annotated[
    str | None,
    typer.Option(
        "--wrt",
        metavar="NAMES",
        help="Parameters to differentiate with respect to, joined by commas; all that hold "
        "numbers if not given.",
    ),
]
ModeOption = Annotated[Mode, typer.Option("--mode", help="Mode of differentiation.")]
NameOption = Annotated[
    str | None, typer.Option("--name", metavar="NAME", help="Name of the generated function.")
]
HomeOption = Annotated[Home, typer.Option("--target", help="What to write the code for.")]
CommentsOption = Annotated[
    bool,
    typer.Option("--comments/--no-comments", help="Comments that point to the original lines."),
]
KindOption = Annotated[
    list[str] | None,
    typer.Option(
        "--arg",
        metavar="NAME=KIND",
        help=r"What a parameter is where the function does not tell: x=float, X=float\[n,m]; "
        "may be repeated.",
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option(
        "-o", "--output", metavar="FILE", help="Write a module instead of printing (- prints)."
    ),
]
ForceOption = Annotated[
    bool, typer.Option("--force", help="Replace a file that chainrule did not generate.")
]
ProjectOption = Annotated[
    Path | None,
    typer.Option(
        "--project", metavar="FILE", help="The pyproject.toml; the nearest one if not given."
    ),
]


def print_version(wanted: bool) -> None:
    """Print the version and leave."""
    if wanted:
        typer.echo(f"chainrule {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=print_version, is_eager=True),
    ] = False,
) -> None:
    """Options of the program itself."""


def names(text: str | None) -> tuple[str, ...] | None:
    """Names joined by commas."""
    if text is None:
        return None
    parts = tuple(part.strip() for part in text.split(","))
    if not all(part.isidentifier() for part in parts):
        raise ArgumentError(
            f"--wrt {text!r} is not a list of parameter names", remedy="Write it as --wrt S,sigma."
        )
    return parts


def pairs(texts: list[str] | None) -> tuple[tuple[str, str], ...]:
    """``NAME=KIND`` options."""
    found = []
    for text in texts or ():
        name, equals, kind = text.partition("=")
        if not (equals and name.strip().isidentifier() and kind.strip()):
            raise ArgumentError(
                f"--arg {text!r} cannot be read", remedy="Write it as --arg x=float."
            )
        found.append((name.strip(), kind.strip()))
    return tuple(found)


def add_transform(transform: str, summary: str) -> None:
    """The subcommand of one transform."""
    command = transform.replace("_", "-")

    def run(
        function: TargetArgument,
        wrt: WrtOption = None,
        mode: ModeOption = Mode.auto,
        name: NameOption = None,
        target: HomeOption = MATH,
        comments: CommentsOption = True,
        kind: KindOption = None,
        file: OutputOption = None,
        force: ForceOption = False,
    ) -> None:
        found = Target.parse(function)
        if file == Path("-"):
            file = None
        if file is not None:
            protect(file, found, force)
            # The user's module may change the folder when it is imported.
            file = file.absolute()
        entry = Entry(found, transform, names(wrt), mode.value, name, pairs(kind))
        text = generate([entry], target.value, comments)
        if file is None:
            output.show(text)
        else:
            output.write(file, text, force)

    app.command(
        command,
        help=f"Print {summary}, as Python source.",
        epilog=f"Example: chainrule {command} examples/black_scholes.py:call_price --wrt S,sigma",
    )(run)


def protect(file: Path, target: Target, force: bool) -> None:
    """Refuse to write over a file of the user's, before any work is done."""
    if target.file is not None and file.resolve() == target.file.resolve():
        raise ArgumentError(
            f"{file} holds the function itself", remedy="Write the derivative to another file."
        )
    output.read_generated(file, force)


for transform, summary in SUMMARIES.items():
    add_transform(transform, summary)


@app.command("write", epilog="Example: chainrule write")
def write_modules(project: ProjectOption = None, force: ForceOption = False) -> None:
    r"""Write all modules that `\[tool.chainrule]` in pyproject.toml asks for."""
    file = (project or find_project(Path.cwd())).resolve()
    modules = read_project(file)
    for module in modules:
        for entry in module.entries:
            protect(module.output, entry.target, force)
    # Everything is generated before anything is written.
    for module, text in [(module, module.text()) for module in modules]:
        changed = output.write(module.output, text, force)
        typer.echo(f"{shown(module, file)}: {'written' if changed else 'up to date'}")


@app.command("check", epilog="Example: chainrule check")
def check_modules(project: ProjectOption = None) -> None:
    """Fail, with the difference, if a generated module is not what `write` would write."""
    file = (project or find_project(Path.cwd())).resolve()
    stale = 0
    for module in read_project(file):
        expected, name = module.text(), shown(module, file)
        found = None
        if module.output.exists():
            found = output.read_generated(module.output)
        if found == expected:
            continue
        stale += 1
        if found is None:
            typer.echo(f"{name} is missing: run `chainrule write`.", err=True)
            continue
        lines = difflib.unified_diff(
            found.splitlines(), expected.splitlines(), name, f"{name} (regenerated)", lineterm=""
        )
        output.show("\n".join(lines) + "\n", lexer="diff")
        typer.echo(f"{name} is out of date: run `chainrule write`.", err=True)
    if stale:
        raise typer.Exit(1)


def shown(module: Module, project: Path) -> str:
    """The module's file as the project knows it."""
    try:
        return module.output.relative_to(project.parent).as_posix()
    except ValueError:
        return str(module.output)


@app.command(
    "verify",
    epilog="Example: chainrule verify examples/black_scholes.py:call_price "
    "--range S=50:150 --at 'K=95, T=1.0, r=0.05, sigma=0.2'",
)
def verify_derivative(
    function: TargetArgument,
    at: Annotated[
        list[str] | None,
        typer.Option(
            "--at",
            metavar="VALUES",
            help=r"A point, as 'S=100, K=95' or 'x=array(\[1.0, 2.0])'. May be repeated.",
        ),
    ] = None,
    range_: Annotated[
        list[str] | None,
        typer.Option(
            "--range",
            metavar="S=50:150",
            help="Draw a parameter from this range: as many numbers as --at gives it, else one.",
        ),
    ] = None,
    samples: Annotated[
        int, typer.Option("--samples", min=1, help="How many points to draw from the ranges.")
    ] = 20,
    seed: Annotated[int, typer.Option("--seed", help="Start of the random numbers.")] = 0,
    wrt: RealsOption = None,
    mode: ModeOption = Mode.auto,
    target: HomeOption = MATH,
    tolerance: Annotated[
        float, typer.Option("--tolerance", min=1e-15, help="Largest relative error that passes.")
    ] = 1e-6,
) -> None:
    """Compare the derivative with numerical differentiation, without using chainrule's rules.

    Differences are taken in 50 digits where the function allows it, else in floats with
    Richardson extrapolation.
    """
    question = Question(Target.parse(function), names(wrt), mode.value, target.value, tolerance)
    if not verify(question, at or [], range_ or [], samples, seed):
        raise typer.Exit(1)
