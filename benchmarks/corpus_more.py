"""chainrule on the unmodified functions of a package, at the arguments of their doctests.

    python benchmarks/corpus_more.py chemicals --module viscosity --show wrong
    python benchmarks/corpus_more.py psychrolib --sample --first "SetUnitSystem(SI)"

`chemicals`, `ht`, `iapws`, `seawater` and `numpy_financial` have such examples; any package may
be named that is installed.  With ``--sample`` functions need no examples: arguments are drawn
from what their parameters are called and documented as; ``--first`` is run in the package
before.  What numba has compiled has no Python source: ``--without numba`` leaves it as it is.
With ``--private`` functions are taken, too, whose names begin with an underscore.
"""

from __future__ import annotations

import argparse
import importlib
import sys

import doctests
import sampling
from corpus import main

DERIVED = ("numba", "numba_vectorized", "units", "vectorized", "test", "tests", "testing")
"""Submodules that only wrap the functions of others for arrays, units or compilers, and tests."""

if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("package")
    parser.add_argument("--private", action="store_true")
    parser.add_argument("--sample", action="store_true")
    parser.add_argument("--first", metavar="STATEMENT", default="")
    parser.add_argument("--without", metavar="MODULE", help="as if this were not installed")
    options, others = parser.parse_known_args()
    if options.without:
        sys.modules[options.without] = None  # type: ignore[assignment]
    package = importlib.import_module(options.package)
    version = getattr(package, "__version__", "")
    exec(options.first, vars(package))
    source = sampling if options.sample else doctests
    found = source.subjects(package, DERIVED, options.private)
    sys.exit(main(f"{options.package} {version}".strip(), found, others))
