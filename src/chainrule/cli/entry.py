"""One derivative that was asked for, and the module text of several."""

from __future__ import annotations

import hashlib
import inspect
import shlex
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from keyword import iskeyword

from chainrule.cli.output import MARK
from chainrule.cli.target import Target
from chainrule.emit.module import EmittedModule, render
from chainrule.emit.targets import target as target_named
from chainrule.errors import ArgumentError
from chainrule.graph.block import Graph
from chainrule.records import dataclass
from chainrule.transforms.derive import derive
from chainrule.version import __version__

TRANSFORMS = ("grad", "value_and_grad", "jacobian", "hessian", "jvp", "vjp", "hvp")


@dataclass(frozen=True)
class Entry:
    """A transform of a function, with its options."""

    target: Target
    transform: str = "grad"
    wrt: tuple[str, ...] | None = None
    mode: str = "auto"
    name: str | None = None
    kinds: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if self.name is not None and (not self.name.isidentifier() or iskeyword(self.name)):
            raise ArgumentError(
                f"{self.name!r} cannot be the name of a function",
                remedy="Use letters, digits and underscores, and no keyword.",
            )

    def graphs(self, cheap_tapes: bool = False) -> list[Graph]:
        """The derivative's graphs, ready to render."""
        function = self.target.load()
        parameters = list(inspect.signature(function).parameters)
        for kind, _ in self.kinds:
            if kind not in parameters:
                raise ArgumentError(
                    f"`{self.target.name}` has no parameter `{kind}`",
                    remedy=f"Its parameters are {', '.join(parameters) or 'none'}.",
                )
        wrt, name = self.wrt, self.name
        if wrt is None and "." in self.target.name and parameters[:1] == ["self"]:
            wrt = tuple(parameters[1:2])
        if name is None and getattr(function, "__name__", "") == "<lambda>":
            name = f"{self.transform}_{self.target.name.rpartition('.')[2]}"
        kinds = dict(self.kinds)
        # One name asks for the gradient itself, several for a tuple of gradients.
        wanted = wrt[0] if wrt is not None and len(wrt) == 1 else wrt
        made = derive(
            function, self.transform, wanted, self.mode, name, kinds, cheap_tapes=cheap_tapes
        )
        if not made[0].body.completes:
            raise ArgumentError(
                f"`{self.target.name}` raises whatever numbers it is given",
                remedy='Tell what its parameters are, as in --arg "x=float[n]" for an array.',
            )
        return made

    def __str__(self) -> str:
        """The command that asks for this derivative, without the name of the program."""
        words = [self.transform.replace("_", "-"), str(self.target)]
        if self.wrt is not None:
            words += ["--wrt", ",".join(self.wrt)]
        if self.mode != "auto":
            words += ["--mode", self.mode]
        if self.name is not None:
            words += ["--name", self.name]
        for name, kind in self.kinds:
            words += ["--arg", f"{name}={kind}"]
        return shlex.join(words)


def generate(entries: Sequence[Entry], target: str = "math", comments: bool = True) -> str:
    """The text of a module with these derivatives, under a header that tells how it was made."""
    cheap = target_named(target).allocates
    graphs = [graph for entry in entries for graph in entry.graphs(cheap)]
    for name, count in Counter(graph.name for graph in graphs).items():
        if count > 1:
            raise ArgumentError(
                f"{count} derivatives in one module are called `{name}`",
                remedy="Give each a name of its own: name = ... in its entry.",
            )
    module: EmittedModule = render(
        graphs, target=target, comments=comments, header=header(entries, graphs, target, comments)
    )
    return module.source


def header(entries: Sequence[Entry], graphs: Iterable[Graph], target: str, comments: bool) -> str:
    """The module's docstring: version, commands, and the hash of all source that went in."""
    options = "" if target == "math" else f" --target {target}"
    options += "" if comments else " --no-comments"
    return "\n".join(
        [
            f"{MARK} {__version__}; changes made by hand will be lost.".removeprefix('"""'),
            "",
            *(f"    chainrule {entry}{options}" for entry in entries),
            "",
            f"Source: sha256 {fingerprint(graphs)}",
            "",
        ]
    )


def fingerprint(graphs: Iterable[Graph]) -> str:
    """A hash over the source of the functions and of everything they call.

    Where the text stands does not count, nor how deep it is indented.
    """
    digest = hashlib.sha256()
    seen: set[str] = set()
    for graph in graphs:
        for _file, _line, text in graph.sources:
            lines = textwrap.dedent(text).splitlines()
            plain = "\n".join(line.rstrip() for line in lines).strip()
            if plain not in seen:
                seen.add(plain)
                digest.update(plain.encode() + b"\0")
    return digest.hexdigest()
