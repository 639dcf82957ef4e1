import functools

ARGUMENTS = (2.0, 5)


def f(x, n):
    @functools.lru_cache(maxsize=None)
    def power(k):
        return 1.0 if k == 0 else x * power(k - 1)

    return power(n)


# The message:
# cached_closure.py:7:6: `lru_cache` of a function that is defined inside another
#      7 |     @functools.lru_cache(maxsize=None)
#        |      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
# Define it outside, with all that it reads as arguments, or fill a dict.
