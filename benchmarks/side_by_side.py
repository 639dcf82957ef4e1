"""Generated gradients of array code beside the same written by hand, as a page of the docs.

    python benchmarks/side_by_side.py > docs/arrays.md

What these cost is measured by arrays.py.
"""

from __future__ import annotations

import inspect
import re
import textwrap

from array_workloads import ARRAY_WORKLOADS, ArrayWorkload

import chainrule

SHOWN = ("logistic", "kmeans", "gaussian_process", "perceptron_loss", "heat_misfit")
HEAD = """\
# Gradients of array code, generated and written by hand

Five functions of `examples/`, what chainrule makes of them, and the gradient that an expert wrote.
`python benchmarks/arrays.py` times both, and other tools, in one run; the table there says by how
much either is faster on the machine at hand. This page is written by
`python benchmarks/side_by_side.py`.
"""


def body(text: str) -> str:
    """A function without its docstring, and without the module around it."""
    text = text[text.index("def ") :].rstrip()
    return re.sub(r'\n    """.*?"""', "", text, count=1, flags=re.DOTALL)


def section(workload: ArrayWorkload) -> str:
    """The function, its generated gradient, and the one written by hand."""
    wrt = workload.wrt if len(workload.wrt) > 1 else workload.wrt[0]
    slope = chainrule.grad(workload.function, wrt=wrt)
    slope(*workload.arguments(*workload.small))
    parts = [
        f"## {workload.name}",
        body(textwrap.dedent(inspect.getsource(workload.function))),
        "Generated:",
        body(slope.source),
        "By hand:",
        body(textwrap.dedent(inspect.getsource(workload.hand))),
    ]
    return "\n\n".join(
        f"```python\n{part}\n```" if part.startswith("def ") else part for part in parts
    )


def page() -> str:
    """The page as Markdown."""
    known = {workload.name: workload for workload in ARRAY_WORKLOADS}
    return "\n".join([HEAD, *(section(known[name]) + "\n" for name in SHOWN)])


if __name__ == "__main__":
    print(page(), end="")
