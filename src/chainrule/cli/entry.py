"""One derivative that was asked for, and the module text of several."""

from __future__ import annotations

import hashlib
import shlex
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chainrule.cli.output import MARK
from chainrule.cli.target import Target
from chainrule.emit.module import EmittedModule, render
from chainrule.graph.block import Graph
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

    def graphs(self) -> list[Graph]:
        """The derivative's graphs, ready to render."""
        return list(
            derive(
                self.target.load(),
                self.transform,
                wrt=self.wrt,
                mode=self.mode,
                name=self.name,
                kinds=dict(self.kinds) or None,
            )
        )

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
            words += ["--kind", f"{name}={kind}"]
        return shlex.join(words)


def generate(entries: Sequence[Entry], target: str = "math", comments: bool = True) -> str:
    """The text of a module with these derivatives, under a header that tells how it was made."""
    graphs = [graph for entry in entries for graph in entry.graphs()]
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
