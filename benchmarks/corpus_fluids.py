"""chainrule on the unmodified functions of `fluids`, at the arguments of their doctests.

python benchmarks/corpus_fluids.py --module friction --show wrong
"""

from __future__ import annotations

import sys

import fluids
from corpus import main
from doctests import subjects

DERIVED = ("numba", "numba_vectorized", "units", "vectorized")
"""Submodules that only wrap the functions of others for arrays, units or compilers."""

if __name__ == "__main__":
    sys.exit(main(f"fluids {fluids.__version__}", subjects(fluids, DERIVED)))
