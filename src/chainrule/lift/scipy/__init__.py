"""SciPy's solvers, integrals, curves and distributions, on functions of the user's."""
