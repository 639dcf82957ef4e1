from scipy.optimize import root_scalar


def f(a):
    solution = root_scalar(lambda x: x**3 - a, bracket=[0.0, 10.0])
    return solution.root if solution.converged else 0.0


# The message:
# convergence_of_a_root.py:5:16: `converged` of what `root_scalar` gives is used
#      5 |     solution = root_scalar(lambda x: x**3 - a, bracket=[0.0, 10.0])
#        |                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
# Take the root alone; `brentq` raises where it does not converge.
