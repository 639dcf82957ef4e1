"""chainrule on the unmodified functions of a package, at the arguments of their doctests.

    python benchmarks/corpus_more.py chemicals --module viscosity --show wrong

`chemicals`, `ht`, `iapws`, `seawater` and `numpy_financial` have such examples; any package may
be named that is installed.  With ``--private`` functions are taken, too, whose names begin with
an underscore.
"""

from __future__ import annotations

import argparse
import importlib
import sys

from corpus import main
from doctests import subjects

DERIVED = ("numba", "numba_vectorized", "units", "vectorized", "test", "tests", "testing")
"""Submodules that only wrap the functions of others for arrays, units or compilers, and tests."""

if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("package")
    parser.add_argument("--private", action="store_true")
    options, others = parser.parse_known_args()
    package = importlib.import_module(options.package)
    version = getattr(package, "__version__", "")
    found = subjects(package, DERIVED, options.private)
    sys.exit(main(f"{options.package} {version}".strip(), found, others))
