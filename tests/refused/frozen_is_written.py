from dataclasses import dataclass


@dataclass(frozen=True)
class Spring:
    k: float


def f(x):
    spring = Spring(x)
    spring.k = x * x
    return spring.k


# The message:
# frozen_is_written.py:11:5: assignment to `k` of a `Spring`, which is frozen
#     11 |     spring.k = x * x
#        |     ^^^^^^^^
# Make a new one: `dataclasses.replace(...)`.
