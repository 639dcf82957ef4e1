import functools


@functools.lru_cache
def square(x):
    print("squared")
    return x * x


def f(x):
    return square(x) + square(x)


# The message:
# cached_effect.py:11:12: a function with a cache that does more than to return a value
#     11 |     return square(x) + square(x)
#        |            ^^^^^^^^^
# What it does besides hangs on what the cache holds: call `__wrapped__`, or take the cache away.
