"""Plain Python and NumPy under ``@njit``: what Numba compiles, and how it wants it written."""

from __future__ import annotations

from chainrule.emit.containers.shells import with_shell
from chainrule.emit.targets import Target
from chainrule.emit.targets.numba.axisless import AXISLESS
from chainrule.emit.targets.numba.calls import CALLS, FORMS
from chainrule.emit.targets.numba.limits import UNKNOWN, check, frozen
from chainrule.emit.targets.numba.looking_first import looking_first
from chainrule.emit.targets.numba.parts import by_function
from chainrule.emit.targets.numba.python import PYTHON
from chainrule.emit.targets.numba.special import SPECIAL
from chainrule.emit.targets.numba.subscripts import options
from chainrule.emit.targets.numba.updates import READS, UPDATES

TARGET = Target(
    name="numba",
    modules=(("math", "cmath", "builtins"), ("numpy", "numpy.linalg"), ("operator",)),
    forms={**AXISLESS, **PYTHON, **SPECIAL, **FORMS, **READS},
    updates=UPDATES,
    parts=by_function,
    sees_overlaps=False,
    calls=CALLS,
    dtypes={"bool": "numpy.bool_"},
    decorator=("numba", "njit"),
    options=options,
    ready=looking_first,
    allocates=True,
    one_kind=True,
    versions=True,
    unknown=UNKNOWN,
    frozen=frozen,
    check=check,
    around=with_shell,
)
